"""A design becomes a bitstream: a file that a board can be flashed with.

What was built is kept under ``build/`` by its content: the same design, pins, seed and tools give the same file, at
once.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from board import boards, pins, toolchain
from board.designs import DESIGNS
from board.errors import BoardError
from board.top import Top

__all__ = ["KEPT", "RESOURCES", "Built", "Plan", "Request", "build", "plan"]

KEPT = Path(__file__).parent.parent / "build"
"""The folder in which builds are kept, as ``board-*``."""

DAY = 24 * 60 * 60.0
"""Seconds for which the logs of a build that failed stay there."""

RESOURCES = {"ICESTORM_LC": "logic cells", "ICESTORM_RAM": "block RAMs", "SB_IO": "pins"}
"""What a design uses, by nextpnr's names."""


@dataclass(frozen=True)
class Request:
    """What is to be built.

    Parameters
    ----------
    board, design : :class:`str`
        A key of :data:`board.boards.BOARDS`, one of :data:`board.designs.DESIGNS`.
    options : :class:`dict`
        The design's own options.
    pins : :class:`dict`
        A list of texts for each member whose pins are not the board's default; see :func:`board.pins.find_pin`.
    inverted : :class:`tuple` of :class:`str`
        Members whose pins are inverted.
    seed : :class:`int`
        Where the search for places begins.
    clk_freq : :class:`float` or None
        What the board's oscillator makes, in Hz, if it is another than the one it is sold with.
    """

    board: str
    design: str = "interface"
    options: dict = None
    pins: dict = None
    inverted: tuple = ()
    seed: int = 1
    clk_freq: float | None = None


@dataclass(frozen=True)
class Plan:
    """A design on a board's pins, ready for the tools.

    ``work`` is Amaranth's build plan, ``where`` a list of :class:`board.pins.Place` for each member, ``clk_freq`` the
    frequency of the design's clock in Hz.
    """

    request: Request
    work: object
    where: dict
    clk_freq: float

    @property
    def board_key(self):
        """The board's key in :data:`board.boards.BOARDS`."""
        return boards.find(self.request.board)[0]


@dataclass(frozen=True)
class Built:
    """What came of a build.

    Parameters
    ----------
    plan : :class:`Plan`
    folder : :class:`~pathlib.Path`
        Where all of it is kept: ``top.bin``, and ``top.json``, ``top.pcf``, ``top.asc`` on the way there.
    used : :class:`dict`
        Logic cells, block RAMs and pins that are used, by nextpnr's names.
    speeds : :class:`dict`
        For each clock the frequency that it may have and the one that it must have, in Hz.
    kept : :class:`bool`
        Whether it had been built before.
    """

    plan: Plan
    folder: Path
    used: dict
    speeds: dict
    kept: bool

    @property
    def file(self):
        """What a board is flashed with."""
        return self.folder / "top.bin"

    @property
    def too_slow(self):
        """The clocks that the design cannot keep up with."""
        return [clock for clock, (reached, needed) in self.speeds.items() if reached < needed]


def plan(request):
    """The :class:`Plan` of a :class:`Request`.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If board, design, pins, polarity or clock are none that can be.
    """
    _, board = boards.find(request.board)
    if request.design not in DESIGNS:
        raise BoardError(f"Design must be one of {', '.join(DESIGNS)}, not {request.design!r}")
    platform = board.platform(request.clk_freq)
    clk_freq = boards.clock_of(platform)
    try:
        design = DESIGNS[request.design](clk_freq, **(request.options or {}))
        members = pins.widths(design)
        where = pins.places(board, platform, members, request.pins or {})
        top = Top(design, pins.ports(board, platform, members, where, request.inverted))
    except ValueError as error:
        raise BoardError(f"{request.design} on {board.title}: {error}") from None
    work = platform.prepare(
        top,
        "top",
        # Where a line of the source stands changes nothing in what is built.
        emit_src=False,
        debug_verilog=False,
        # A design that is too slow is to be told with its figures.
        nextpnr_opts=f"--seed {request.seed} --timing-allow-fail --report top.report.json",
    )
    if board.has_serial_port and "host_rx" in members and "host_rx" not in where:
        where |= {name: [place] for name, place in pins.serial_port(platform).items() if name in members}
    return Plan(request, work, where, clk_freq)


def build(request, notify=lambda text: None):
    """Build, or find what was built before.

    Parameters
    ----------
    request : :class:`Request`
    notify : function
        Called with a line of text for the person who waits, at each step.

    Returns
    -------
    :class:`Built`

    Raises
    ------
    :exc:`board.errors.BoardError`
        If something in the request cannot be, the design is too big, or a tool is missing or fails.
    """
    planned = plan(request)
    commands = json.loads(planned.work.files["build_top.json"])["commands"]
    folder = KEPT / f"board-{_digest(planned.work, [name for name, *_ in commands])}"
    kept = (folder / "top.bin").is_file()
    if kept:
        # It may be another's, and then that one is to keep it.
        with suppress(OSError):
            os.utime(folder)
    else:
        with _new(folder) as work:
            planned.work.extract(work)
            for name, *arguments in commands:
                try:
                    toolchain.call(name, arguments, work, notify)
                finally:
                    check_size(planned, work)
    report = json.loads((folder / "top.report.json").read_text())
    return Built(
        planned,
        folder,
        {name: report["utilization"][name]["used"] for name in RESOURCES},
        {clock: (speed["achieved"] * 1e6, speed["constraint"] * 1e6) for clock, speed in report["fmax"].items()},
        kept,
    )


def _digest(work, tools):
    """A name for what will be built."""
    texts = [work.digest().hex(), *(toolchain.version(tool) for tool in tools)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


@contextmanager
def _new(folder):
    """A folder that takes its place among what is kept when all in it is done. After a failure its logs stay."""
    try:
        KEPT.mkdir(exist_ok=True)
        _clear()
        work = Path(tempfile.mkdtemp(dir=KEPT, prefix="new-board-"))
    except OSError as error:
        raise BoardError(f"{KEPT} must be a folder that can be written, for builds: {error.strerror}") from None
    try:
        yield work
    except BoardError:
        raise
    except OSError as error:
        shutil.rmtree(work, ignore_errors=True)
        raise BoardError(f"{KEPT} must have room for what is built: {error.strerror}") from None
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    try:
        work.rename(folder)
    except OSError:
        # Another program built the same at the same time.
        shutil.rmtree(work, ignore_errors=True)


def _clear():
    """Remove what failed long ago: whoever wanted to read its logs has."""
    for folder in KEPT.glob("new-board-*"):
        # Another program may do the same.
        with suppress(OSError):
            if folder.stat().st_mtime < time.time() - DAY:
                shutil.rmtree(folder, ignore_errors=True)


def check_size(planned, work):
    """Say what a design has too much of, as soon as nextpnr has counted."""
    log = work / "top.tim"
    if not log.is_file():
        return
    _, board = boards.find(planned.request.board)
    there = {"ICESTORM_LC": board.fpga.cells, "ICESTORM_RAM": board.fpga.rams}
    for name, count in there.items():
        counted = re.search(rf"{name}: *(\d+)/", log.read_text(errors="replace"))
        if counted and int(counted[1]) > count:
            raise BoardError(
                f"{planned.request.design} with these options needs {int(counted[1]):,} {RESOURCES[name]}, and "
                f"{board.title}'s {board.fpga.title} has {count:,}; choose another board, or options that need less"
            )
