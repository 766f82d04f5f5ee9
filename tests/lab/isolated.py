"""Runs the grading of one file in a process of its own, so that nothing that is in it can harm the others.

It has time, memory, and an amount of text that it may print, and what it started ends with it. It is no sandbox: a file
may do whatever its owner may do.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from sim.bench.simulators import ROOT
from tests.lab import remarks
from tests.lab.given import NoGradeError, failed, plain, received
from tests.lab.left_alive import MARK, end_all
from tests.lab.limits import CAN_LIMIT

__all__ = ["Limits", "grade_file"]

RESULT_BYTES = 1 << 20

SHOWN = 4000
"""Letters of what a file prints that are kept."""

PATIENCE = 10 if CAN_LIMIT else 1
"""Times that a file may take by the clock on the wall: it is not to blame for all else that a machine does."""


@dataclass(frozen=True)
class Limits:
    """Seconds of the processor's time, megabytes of memory (0: no limit), and bytes that may be printed."""

    seconds: float = 60
    megabytes: int = 2048
    printed: int = 65_536


def grade_file(lab, path, *, simulator="amaranth", waves=None, limits=None, cancelled=None):
    """The grade of a file as :func:`tests.lab.worker.as_dict` has it; what cannot be graded has an ``error``.

    Besides: ``printed`` is the beginning of what the file printed; ``remarks`` are lines for a teacher, of
    :mod:`tests.lab.remarks`. ``cancelled`` is a :class:`threading.Event` that ends it early.
    """
    limits = limits or Limits()
    # The simulators that compile reserve far more than they use.
    reserves = simulator != "amaranth" or getattr(lab, "runs_programs", False)
    job = {
        "lab": lab.number,
        "path": str(Path(path).resolve()),
        "simulator": simulator,
        "waves": waves and str(waves),
        "megabytes": 0 if reserves else limits.megabytes,
        "seconds": limits.seconds,
        "word": secrets.token_hex(16),
    }
    run = _Run(job, limits)
    run.wait(limits.seconds * PATIENCE, cancelled or threading.Event())
    printed = plain(run.printed.data[:SHOWN].decode(errors="replace"))
    return _grade(lab, run, job["word"], printed) | {"printed": printed, "remarks": remarks.of(lab, path)}


def _grade(lab, run, word, printed):
    if run.stopped:
        return failed(lab, run.stopped)
    if hasattr(signal, "SIGXCPU") and run.status == -signal.SIGXCPU:
        return failed(lab, f"it is not done after {run.limits.seconds:g} s of work; look for a loop without an end")
    try:
        return received(lab, bytes(run.result.data), word)
    except NoGradeError:
        if run.result.data:
            return failed(lab, "what it left as its grade is none; look what it writes")
        last = printed.strip().splitlines()[-1:] or ["it ended without a word"]
        return failed(lab, f"grading it came to a sudden end: {last[0][:200]}")


class _Reader(threading.Thread):
    """Keeps what comes out of a pipe; ``too_much()`` is called if it is more than so many bytes."""

    def __init__(self, pipe, limit, too_much):
        super().__init__(daemon=True)
        self.pipe, self.limit, self.too_much = pipe, limit, too_much
        self.data = bytearray()
        self.start()

    def run(self):
        while piece := self.pipe.read1(4096):
            self.data.extend(piece)
            if len(self.data) > self.limit:
                self.too_much()
                return

    def end(self):
        self.join(5)
        if not self.is_alive():
            self.pipe.close()


class _Run:
    """The process: ``result`` and ``printed`` are what came, ``stopped`` says why it was ended if it was."""

    def __init__(self, job, limits):
        self.limits, self.stopped = limits, ""
        self.mark = secrets.token_hex(16)
        ours = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", MARK: self.mark}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.alone"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | ours,
            # A group of its own, so that most of what it starts ends with it.
            start_new_session=True,
        )
        self.result = _Reader(self.process.stdout, RESULT_BYTES, self._left_too_much)
        self.printed = _Reader(self.process.stderr, limits.printed, self._printed_too_much)
        try:
            self.process.stdin.write(json.dumps(job).encode())
            self.process.stdin.close()
        except BrokenPipeError:
            # It ended before it read, and the status will tell.
            return

    @property
    def status(self):
        """How it ended: negative if by a signal."""
        return self.process.returncode

    def wait(self, seconds, cancelled):
        """Until it is over, or is ended because it took too long."""
        until = time.monotonic() + seconds
        try:
            while (left := until - time.monotonic()) > 0:
                if cancelled.is_set():
                    self._stop("interrupted")
                    return
                try:
                    self.process.wait(min(left, 0.25))
                    return
                except subprocess.TimeoutExpired:
                    continue
            self._stop(f"it is not done after {seconds:g} s; it waits or loops")
        finally:
            self._kill()
            end_all(self.mark)
            self.process.wait()
            self.result.end()
            self.printed.end()

    def _left_too_much(self):
        self._stop("what it left as its grade is none; look what it writes")

    def _printed_too_much(self):
        self._stop(f"it prints more than {self.limits.printed // 1024} kB; take the print out")

    def _stop(self, why):
        self.stopped = self.stopped or why
        self._kill()

    def _kill(self):
        try:
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        except OSError:
            # It was over by then.
            return
