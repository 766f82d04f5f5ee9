"""Who does the work of a sweep: processes on this machine, or a Dask cluster; and what they are given to do.

A worker compiles the hardware once, if that was not done on its machine before, and then runs points through it.
"""

import hashlib
import logging
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing import active_children, get_context
from pathlib import Path
from urllib.parse import urlsplit

from sim.bench.run import Build, Design, choose
from sim.points import SWEEPS, port

__all__ = [
    "Local",
    "WorkersError",
    "cluster",
    "first_line",
    "identity",
    "is_lost",
    "is_whole",
    "measure",
    "prepare",
    "stopped",
]

PATIENCE = "10s"
"""How long a scheduler has to answer."""

LOST = (BrokenExecutor, CancelledError, ConnectionError, ImportError)
"""What says that a worker is gone, or cannot work."""

_compiling = threading.Lock()

stopped = threading.Event()
"""Set when runs are to end early and no more to begin; in a worker of :class:`Local` it is one for all of them."""


class WorkersError(Exception):
    """There is nobody to do the work; one line says what to do."""


@cache
def _design(make, clk_freq, kind):
    return Design.of(make(clk_freq, kind), clk_freq)


def _build(make, clk_freq, kind, simulator, clocks):
    """The design, compiled; by one thread at a time, as a compiler finds its tools by the environment of all."""
    design = _design(make, clk_freq, kind)
    with _compiling:
        build = Build(design, choose(simulator, design, clocks))
        build.compile()
    return build


def identity(sweep, clk_freq, make=port):
    """What tells the designs that a sweep measures from all others: equal for equal hardware."""
    texts = (_design(make, clk_freq, kind).intermediate for kind in sweep.kinds)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def prepare(*how):
    """Compile what all workers of a machine need."""
    _build(*how)


def measure(name, points, *how):
    """What came of points of the sweep called ``name``, or of fewer of them after Ctrl-C."""
    return [] if stopped.is_set() else SWEEPS[name].measure(_build(*how), points, _watch)


def _watch(*_):
    if stopped.is_set():
        raise KeyboardInterrupt


def is_whole(found, points):
    """Whether something came of all points."""
    return len(found) == len(points) and None not in found


class Local(ProcessPoolExecutor):
    """Processes on this machine: as many ``workers``, or one for each core that this program may use.

    When the event ``stopped`` is set, all their runs end early.
    """

    def __init__(self, workers=None):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        # Spawned and not forked, as the progress bar has a thread.
        context = get_context("spawn")
        self.stopped = context.Event()
        self._others = set(active_children())
        super().__init__(workers or cores, context, _enlist, (self.stopped,))
        # Ctrl-C reaches every process of the terminal. One that ignores it from its first moment on says nothing of it.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for _ in range(workers or cores):
                self.submit(int)
        finally:
            signal.signal(signal.SIGINT, before)

    def __exit__(self, *_):
        self.shutdown(wait=False, cancel_futures=True)
        for worker in set(active_children()) - self._others:
            # One that is still at work was given up by a second Ctrl-C.
            worker.join(2)
            worker.terminate()


def _enlist(event):
    """Begin as a worker. While it runs a simulator, Ctrl-C ends that run early; else it has nothing to end."""
    global stopped  # noqa: PLW0603 -- an event of processes can only be handed to them as they begin.
    stopped = event
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def cluster(address):
    """An executor for the workers of a Dask scheduler at ``address``.

    Raises
    ------
    :exc:`WorkersError`
        If Dask is not installed, no scheduler answers, or it has no workers, or not this version of the project.
    """
    try:
        import distributed  # noqa: PLC0415 -- who does not ask for a cluster needs none.
    except ImportError:
        raise WorkersError("--scheduler needs Dask, which is not installed: pip install distributed") from None
    try:
        place = urlsplit(address if "://" in address else f"tcp://{address}")
        known = place.scheme in ("tcp", "tls", "ws", "wss") and place.hostname and place.port
    except ValueError:
        known = False
    if not known:
        raise WorkersError(f"Scheduler must be an address such as tcp://192.168.1.5:8786, not {address!r}")
    # What went wrong is said in one line, and not in pages of what the cluster's own parts said to each other.
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    start = f"in this project's folder: python -m dask scheduler; and on each machine: python -m dask worker {address}"
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except OSError as error:
        raise WorkersError(
            f"Scheduler must answer, and at {address} none does ({first_line(error)}); start one {start} --nthreads 1"
        ) from None
    try:
        if not client.scheduler_info()["workers"]:
            raise WorkersError(
                f"Scheduler at {address} must have workers, and has none; start them {start} --nthreads 1"
            )
        executor = client.get_executor(pure=False)
        try:
            found = {*client.run(project).values(), executor.submit(project).result()}
        except Exception as error:
            raise WorkersError(
                f"Scheduler and workers must find this project ({first_line(error)}); start them {start} --nthreads 1"
            ) from None
        if found != {project()}:
            raise WorkersError("All workers must have this version of the project, and not all do; update them")
        yield executor
    finally:
        client.close()


def project():
    """What tells this version of the project from all others."""
    root = Path(__file__).parents[1]
    files = sorted(path for folder in ("hdl", "sim") for path in (root / folder).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def is_lost(error):
    """Whether an error says that a worker, or the whole cluster, is gone or cannot work."""
    return isinstance(error, LOST) or type(error).__module__.startswith("distributed")


def first_line(error):
    """What an error says, or its name if it says nothing."""
    return str(error).partition("\n")[0] or type(error).__name__
