"""The folder in which builds are kept by content, and in which builds and runs do their work."""

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.bench.simulators import ROOT, SimulatorError

__all__ = ["CACHE", "DAY", "digest", "folder", "used"]

CACHE = ROOT / "build"

DAY = 86_400
KEPT = {"icarus-*": 30 * DAY, "verilator-*": 30 * DAY, "board-*": 30 * DAY, "new-*": DAY, "run-*": DAY}
"""Seconds for which what nobody uses is kept: builds, and what a program that died at work left behind."""


def digest(*texts):
    """A name for what these texts say."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def used(path):
    """Note that what was kept is of use still."""
    # It may be another's, and then that one is to keep it.
    with suppress(OSError):
        os.utime(path)


@contextmanager
def folder(kind):
    """A new folder whose name begins with ``kind``. It goes at the end, unless a simulator failed: its log is in it."""
    try:
        CACHE.mkdir(exist_ok=True)
        _tidy()
        work = Path(tempfile.mkdtemp(dir=CACHE, prefix=kind))
    except OSError as error:
        raise SimulatorError(f"{CACHE} must be a folder that can be written, for builds: {error.strerror}") from None
    try:
        yield work
    except SimulatorError:
        raise
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    shutil.rmtree(work, ignore_errors=True)


def _tidy():
    for pattern, seconds in KEPT.items():
        for path in CACHE.glob(pattern):
            # Another program may tidy up at the same time.
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > seconds:
                    shutil.rmtree(path)
