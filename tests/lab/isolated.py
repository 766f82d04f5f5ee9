"""Runs the grading of one file in a process of its own, so that nothing that is in it can harm the others.

It has a time, an amount of memory, and an amount of text that it may print. It is no sandbox: a file may do whatever
its owner may do.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from sim.bench.simulators import ROOT

__all__ = ["Limits", "grade_file"]


@dataclass(frozen=True)
class Limits:
    """Seconds for all of it, megabytes of memory (0: no limit), and bytes that may be printed."""

    seconds: float = 60
    megabytes: int = 2048
    printed: int = 65_536


def grade_file(lab, path, *, simulator="amaranth", waves=None, limits=None):
    """The grade of a file as :func:`tests.lab.worker.as_dict` has it; what cannot be graded has an ``error``."""
    limits = limits or Limits()
    with tempfile.TemporaryDirectory() as work:
        job, result = Path(work, "job.json"), Path(work, "result.json")
        # The simulators that compile reserve far more than they use.
        reserves = simulator != "amaranth" or getattr(lab, "runs_programs", False)
        megabytes = 0 if reserves else limits.megabytes
        job.write_text(
            json.dumps(
                {
                    "lab": lab.number,
                    "path": str(Path(path).resolve()),
                    "result": str(result),
                    "simulator": simulator,
                    "waves": waves and str(waves),
                    "megabytes": megabytes,
                }
            ),
            encoding="utf-8",
        )
        said, stopped = _watch([sys.executable, "-m", "tests.lab.worker", str(job)], limits)
        if stopped:
            return _failed(lab, stopped)
        if not result.exists():
            last = said.strip().splitlines()[-1:] or ["it ended without a word"]
            return _failed(lab, f"grading it came to a sudden end: {last[0][:200]}")
        return json.loads(result.read_text(encoding="utf-8"))


def _failed(lab, error):
    return {
        "lab": lab.number, "title": lab.title, "percent": 0, "error": error, "tiers": [], "mistake": None,
        "complaint": None, "waves": None,
    }  # fmt: skip


def _watch(command, limits):
    """Run a command; returns what it printed, and why it was stopped if it was."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
        # A group of its own, so that whatever it starts ends with it.
        start_new_session=True,
    )
    printed, stopped = bytearray(), []

    def read():
        while piece := process.stdout.read1(4096):
            printed.extend(piece)
            if len(printed) > limits.printed:
                stopped.append(f"it prints more than {limits.printed // 1024} kB; take the print out")
                _kill(process)
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        process.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        stopped.append(f"it is not done after {limits.seconds:g} s; look for a loop without an end")
    finally:
        # A process that it started may live on and hold the pipe open.
        _kill(process)
        process.wait()
        reader.join(5)
        if not reader.is_alive():
            process.stdout.close()
    return printed.decode(errors="replace"), stopped[0] if stopped else ""


def _kill(process):
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except OSError:
        # It was over by then.
        return
