"""Ends what a file started and left behind, in whatever group or session it is by now.

All that is started to grade a file has a random word in its environment, and hands it on to what it starts itself.
"""

import os
import signal
import time
from pathlib import Path

__all__ = ["MARK", "end_all"]

MARK = "FIVEPIN_GRADING"
"""Name of the variable that holds the word."""

ROUNDS = 200
"""Looks at all that runs: what starts others faster than they end is followed no longer than these."""


def end_all(word):
    """Kill every process that was started with this word; only where there is ``/proc``, as on Linux."""
    if not Path("/proc/self/environ").exists():
        return
    needle = f"{MARK}={word}".encode()
    for _ in range(ROUNDS):
        found = [int(entry) for entry in os.listdir("/proc") if entry.isdecimal() and _has(entry, needle)]
        if not found:
            return
        for pid in found:
            _kill(pid)
        time.sleep(0.01)


def _has(pid, needle):
    try:
        # A process that is over and waits to be asked for has nothing in it.
        return needle in Path("/proc", pid, "environ").read_bytes().split(b"\0")
    except OSError:
        # It is another user's, or it ended in the meantime.
        return False


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        # It ended in the meantime.
        return
