"""What the process that grades a file may take. It sets the limits itself, before it looks at the file."""

import math
import os
from pathlib import Path

__all__ = ["CAN_LIMIT", "limit_memory", "limit_the_rest"]

try:
    import resource
except ImportError:
    # It is not there on Windows and in a browser.
    resource = None

CAN_LIMIT = resource is not None
"""Whether there are limits at all."""

FILE_BYTES = 1 << 30
"""Of one file that is written; the waves of the longest run are a tenth of it."""

PROCESSES = 4096
"""More of this user than there are. So many, as those of a user are counted on all of a machine, not all are seen, and
a tool that cannot start would be blamed on the file."""


def limit_memory(megabytes):
    """Of this process, and of each that it starts."""
    if resource:
        _lower(resource.RLIMIT_AS, megabytes << 20)


def limit_the_rest(seconds):
    """Time of the processor from now on, the size of a file, the number of processes; and no core is dumped."""
    if not resource:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
    # First a signal that says why; a second later one that cannot be ignored.
    _lower(resource.RLIMIT_CPU, limit, limit + 1)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, FILE_BYTES)
    if hasattr(resource, "RLIMIT_NPROC") and (there := _tasks_of_this_user()):
        _lower(resource.RLIMIT_NPROC, there + PROCESSES)


def _lower(kind, soft, hard=None):
    """Never above what there is, which would be refused."""
    ceilings = [each for each in resource.getrlimit(kind) if each != resource.RLIM_INFINITY]
    try:
        resource.setrlimit(kind, tuple(min([each, *ceilings]) for each in (soft, hard or soft)))
    except (ValueError, OSError):
        # A system that refuses one limit has the others; and that of the clock on the wall is not its own.
        return


def _tasks_of_this_user():
    found = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.stat().st_uid == os.getuid():
                found += len(os.listdir(entry / "task"))
        except OSError:
            # It ended in the meantime.
            continue
    return found
