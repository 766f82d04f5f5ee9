"""``python -m sim sweep``: how far the hardware can be pushed before it fails, found out in the simulator.

*tolerance*: rate error against distortion. *hops*: how long a chain can be, for each optocoupler and kind of thru.
*glitch*: the width of a pulse against its place in a frame. Results are kept in a file for each as they come, and the
same command goes on from there. At the end they are printed beside the ideal and other cores, and drawn.

Exit status: 0; 1 if the hardware falls short of what is promised; 2 if the call is wrong or something failed; 130 after
Ctrl-C. What was measured until then is kept all the same.
"""

import argparse
import sys
from concurrent.futures import as_completed, wait
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sim import workers
from sim.bench.run import SIMULATORS, SimulatorError
from sim.model.chain import MOST_HOPS
from sim.model.optocoupler import PARTS, parse
from sim.points import SWEEPS, Hops, port
from sim.results import Results, ResultsError
from sim.summary import draw, falls_short, show
from sim.terminal import console
from sim.workers import Local, WorkersError, cluster

__all__ = ["Plan", "SweepError", "add_arguments", "main", "plan", "run", "sweep"]

CLK_FREQ = 12e6
"""Clock of the hardware, in Hz: that of most boards."""

RUN_SECONDS = 0.5
"""Seconds of wire in one run of the simulator: some five seconds of work at 12 MHz, and one to begin."""


class SweepError(Exception):
    """A sweep cannot begin or go on; one line says what to do."""


class Plan(NamedTuple):
    """One of :data:`sim.points.SWEEPS`, the points of it that are wanted, and the :class:`Results` to keep them in."""

    sweep: type
    points: list
    results: Results


class Batch(NamedTuple):
    """Points for one run of the simulator."""

    plan: Plan
    kind: str
    points: list


def batches(plan):
    """The points that are still to be measured, in portions of one run each."""

    def group(point):
        # The rate error of a chain sets the length of its message, and that how long its run takes.
        return (point[3], point[4] > 0) if plan.sweep is Hops else (plan.sweep.kinds[0],)

    for (kind, *_), points in groupby(sorted(plan.results.missing(plan.points), key=group), key=group):
        portion, seconds = [], 0.0
        for point in points:
            portion.append(point)
            seconds += plan.sweep.seconds(point)
            # Chains go on together from hop to hop, each hop a run: all in one portion is least work.
            if seconds >= RUN_SECONDS and plan.sweep is not Hops:
                yield Batch(plan, kind, portion)
                portion, seconds = [], 0.0
        if portion:
            yield Batch(plan, kind, portion)


def sweep(plans, executor, *, clk_freq=CLK_FREQ, simulator="auto", make=port, tick=None):
    """Measure what is missing of some plans, and keep it as it comes.

    Parameters
    ----------
    plans : list of :class:`Plan`
        What is wanted.
    executor : :class:`concurrent.futures.Executor`
        Who does it; any will do.
    clk_freq : :class:`float`
        Clock of the hardware, in Hz.
    simulator : :class:`str`
        ``icarus``, ``verilator``, or ``auto`` for that which should be done first.
    make : function
        What makes the port of a clock frequency and a kind of thru.
    tick : function
        Called with the :class:`Plan`, and the seconds of wire that were simulated for it.

    Returns
    -------
    :class:`bool`
        Whether all was measured; ``False`` after Ctrl-C.

    Raises
    ------
    :exc:`SweepError`
        If the executor fails, or results cannot be written; what was measured until then is kept.
    :exc:`sim.bench.run.SimulatorError`
        If the simulator fails.
    """
    work = sorted((batch for plan in plans for batch in batches(plan)), key=_seconds, reverse=True)
    clocks = {
        kind: clk_freq * sum(_seconds(batch) for batch in work if batch.kind == kind)
        for kind in dict.fromkeys(batch.kind for batch in work)
    }
    how = {kind: (make, clk_freq, kind, simulator, count) for kind, count in clocks.items()}
    futures, kept = {}, set()
    stop = getattr(executor, "stopped", workers.stopped)
    stop.clear()

    def keep(future):
        kept.add(future)
        batch, measures = futures[future], future.result()
        batch.plan.results.add(batch.points, measures)
        if tick:
            tick(batch.plan, _seconds(batch))
        return workers.is_whole(measures, batch.points)

    try:
        for future in [executor.submit(workers.prepare, *how[kind]) for kind in how]:
            future.result()
        for batch in work:
            future = executor.submit(workers.measure, batch.plan.sweep.name, batch.points, *how[batch.kind])
            futures[future] = batch
        for future in as_completed(futures):
            if not keep(future):
                raise KeyboardInterrupt
    except BaseException as error:
        stop.set()
        _wind_up(futures, kept, keep)
        if rescued := [plan.results.rescue() for plan in plans if plan.results.unsaved]:
            raise SweepError("; ".join(rescued)) from None
        if isinstance(error, KeyboardInterrupt):
            return False
        if workers.is_lost(error):
            raise SweepError(
                f"Workers must stay until the end and must have this project; one failed: {workers.first_line(error)}. "
                "What was measured is kept: the same command goes on from there"
            ) from None
        raise
    return True


def _wind_up(futures, kept, keep):
    """Begin nothing more, but keep what is being measured; a second Ctrl-C gives that up."""
    for future in futures:
        future.cancel()
    with suppress(KeyboardInterrupt):
        wait(futures)
    for future in futures:
        if future.done() and future not in kept and not future.cancelled():
            try:
                keep(future)
            except (Exception, KeyboardInterrupt):
                # Its rows wait to be rescued, or it has none, and why is about to be told.
                continue


def _seconds(batch):
    return sum(map(batch.plan.sweep.seconds, batch.points))


def add_arguments(parser):
    """Give a command line the options of a sweep."""
    parser.add_argument("sweeps", nargs="*", metavar="SWEEP", help=f"{', '.join(SWEEPS)}; default: all")
    parser.add_argument("--out", type=Path, default=Path("sweep"), metavar="FOLDER", help="default: %(default)s")
    parser.add_argument("--fine", action="store_true", help="more points; takes five times as long")
    parser.add_argument(
        "--optocoupler",
        action="append",
        metavar="PART",
        help="only this one, by its name or with delays of your own, as H11L1:tphl=1.2us,tplh=2us; can be repeated",
    )
    parser.add_argument("--hops", metavar="N", help="hops to try at most; default: 12, or 40 with --fine")
    parser.add_argument("--clk-freq", default=CLK_FREQ, metavar="HZ", help="clock of the chip; default: %(default)g")
    parser.add_argument("--simulator", choices=("auto", *SIMULATORS), default="auto", help="default: auto")
    parser.add_argument("--workers", metavar="N", help="processes; default: as many as there are cores")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, to work there instead")


def _count(text, what, most):
    if text is not None and (not text.isdecimal() or not 1 <= int(text) <= most):
        raise SweepError(f"{what} must be a whole number from 1 to {most}, not {text!r}")
    return None if text is None else int(text)


def plan(options):
    """The plans that the options ask for, and the clock frequency."""
    if unknown := [name for name in options.sweeps if name not in SWEEPS]:
        raise SweepError(f"Sweep must be one of {', '.join(SWEEPS)}, not {unknown[0]!r}")
    most_hops = _count(options.hops, "Hops", MOST_HOPS)
    try:
        clk_freq = float(options.clk_freq)
    except ValueError:
        raise SweepError(f"Clock frequency must be a number of Hz, not {options.clk_freq!r}") from None
    parts = options.optocoupler or [part.name for part in PARTS.values() if part.is_known]
    plans = []
    try:
        # By the name in the table, however it was written: one name for one row of the file.
        parts = list(dict.fromkeys(part if ":" in part else parse(part).name for part in parts))
        for name in dict.fromkeys(options.sweeps or SWEEPS):
            measured = SWEEPS[name]
            points = (
                measured.points(parts, options.fine, most_hops) if measured is Hops else measured.points(options.fine)
            )
            results = Results(options.out / f"{name}.csv", measured, clk_freq, workers.identity(measured, clk_freq))
            plans.append(Plan(measured, points, results))
    except (ValueError, ResultsError) as error:
        raise SweepError(str(error)) from None
    return plans, clk_freq


def run(options):
    """The command; returns the exit status."""
    try:
        count = _count(options.workers, "Workers", 1000)
        plans, clk_freq = plan(options)
        done = True
        if any(plan.results.missing(plan.points) for plan in plans):
            helpers = cluster(options.scheduler) if options.scheduler else Local(count)
            with helpers as executor, _progress(plans) as tick:
                done = sweep(plans, executor, clk_freq=clk_freq, simulator=options.simulator, tick=tick)
        show(plans, clk_freq)
        for path in draw(plans, options.out):
            console.print(f"wrote {path}", markup=False)
    except (SweepError, WorkersError, SimulatorError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what was measured is kept", file=sys.stderr)
        return 130
    if not done:
        left = sum(len(plan.results.missing(plan.points)) for plan in plans)
        print(f"interrupted; {left} points are left, and the same command goes on from here", file=sys.stderr)
        return 130
    return int(bool(falls_short(plans, clk_freq)))


@contextmanager
def _progress(plans):
    """A bar for each sweep, where somebody sees it move; yields a function for :func:`sweep`'s ``tick``."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks = {}
        for plan in plans:
            total = sum(map(plan.sweep.seconds, plan.points))
            left = sum(map(plan.sweep.seconds, plan.results.missing(plan.points)))
            tasks[plan.sweep] = progress.add_task(plan.sweep.title, total=total, completed=total - left)
        yield lambda plan, seconds: progress.advance(tasks[plan.sweep], seconds)


def main(arguments=None):
    """``python -m sim.sweep``; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sim sweep", description=__doc__.partition("\n")[0])
    add_arguments(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
