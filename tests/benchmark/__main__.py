"""The figures of this project, measured anew: cells and clock of each component, speed of each simulator.

``python -m tests.benchmark`` prints them beside those of other cores; ``--json FILE`` writes ours to a file::

    {"components": {"receiver": {"up5k": {"cells": 53, "fmax_mhz": 50.1}, "hx1k": {...}}, ...},
     "simulation": {"icarus": {"12000000": 60.2, "500000": 700.3}, ...}}

*Cells* are logic cells (ICESTORM_LC) after place and route, at 12 MHz and 31,250 baud, without a FIFO, with reset a
real pin. *fmax* is the highest clock frequency in MHz, the median of several seeds; ``null`` where there is no register
to limit it. Paths from and to a pin do not count. *Simulation* is the main job, a port that echoes what it receives,
with all pins watched: bytes of the wire in a second, start-up and build aside. Seconds are those of the processor that
the simulator has for itself: on a machine with nothing else to do the clock on the wall agrees within one percent.

Exit status: 0; 1 if something could not be measured; 2 if the call is wrong or a tool is missing; 130 after Ctrl-C.
What was measured until then is printed and written all the same.
"""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sim.bench.run import SIMULATORS, Build, SimulatorError, available
from tests.benchmark.components import rows, text_of
from tests.benchmark.placer import DEVICES, Placer
from tests.benchmark.speed import SIMULATED_FREQS, echo, speed
from tests.benchmark.tables import component_table, simulation_table
from tests.benchmark.tools import missing_tools
from tests.command_line import ArgumentParser, count

__all__ = ["main"]


def _measure(options, figures, failures, progress):
    """Fill ``figures`` and ``failures``; on Ctrl-C both hold what there was until then."""
    names = {name: make for name, make in rows().items() if not options.components or name in options.components}
    each = len(DEVICES) * options.seeds
    places = progress.add_task("place and route", total=len(names) * each)
    with Placer(options.seeds, lambda: progress.advance(places), progress.console.print) as placer:
        try:
            for name, make in names.items():
                # A row that cannot be made must not cost the others.
                try:
                    placer.add(name, text_of(make()))
                except Exception as error:
                    failures.append(
                        f"{name}: {type(error).__name__}: {error}; a component that cannot be made with clk_freq "
                        f"alone must have a line in ROWS of tests/benchmark/components.py"
                    )
                    progress.advance(places, each)
            placer.place()
            builds = _build(available() if options.simulation else {}, failures, progress)
            failures += placer.wait()
        finally:
            figures["components"].update(placer.figures())
    # Only now, with the machine to themselves: where all cores are at work, each of them is slower.
    _simulate(builds, figures["simulation"], failures, progress)


def _build(simulators, failures, progress):
    """Compile the main job's design for each simulator at each clock."""
    builds = {}
    if not simulators:
        return builds
    task = progress.add_task("build for the simulators", total=len(simulators) * len(SIMULATED_FREQS))
    for name, simulator in simulators.items():
        for clk_freq in SIMULATED_FREQS:
            build = Build(echo(clk_freq), simulator)
            try:
                build.compile()
                builds[name, clk_freq] = build
            except SimulatorError as error:
                failures.append(str(error))
            progress.advance(task)
    return builds


def _simulate(builds, figures, failures, progress):
    """Find out how fast each simulator is."""
    if not builds:
        return
    runs = progress.add_task("simulation", total=len(builds))
    for (name, clk_freq), build in builds.items():
        progress.update(runs, description=f"simulation with {name} at {clk_freq / 1e6:g} MHz")
        try:
            figures.setdefault(name, {})[str(clk_freq)] = round(speed(build), 1)
        except SimulatorError as error:
            failures.append(str(error))
        progress.advance(runs)


def _argument_parser():
    parser = ArgumentParser(prog="python -m tests.benchmark", description=__doc__.splitlines()[0])
    parser.suggest_on_error = True
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument(
        "--components",
        nargs="+",
        choices=list(rows()),
        metavar="NAME",
        help="place these only; default: all of " + ", ".join(rows()),
    )
    parser.add_argument("--no-simulation", dest="simulation", action="store_false", help="leave the simulators out")
    parser.add_argument(
        "--seeds",
        type=count("Number of seeds"),
        default=5,
        metavar="N",
        help="places of each component; default: %(default)s",
    )
    return parser


def main(arguments=None):
    """The command line; returns the exit status that the module's docstring tells."""
    options = _argument_parser().parse_args(arguments)
    messages = Console(stderr=True)
    if missing := missing_tools():
        print(f"error: {missing}", file=sys.stderr)
        return 2
    if options.json and not options.json.absolute().parent.is_dir():
        print(f"error: --json must name a file in a folder that exists, not {options.json}", file=sys.stderr)
        return 2
    if options.simulation:
        for simulator in SIMULATORS.values():
            if simulator.missing:
                messages.print(f"{simulator.name} is left out; to measure it, install {simulator.missing}")

    figures, failures, interrupted = {"components": {}, "simulation": {}}, [], False
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=messages) as progress:
        try:
            _measure(options, figures, failures, progress)
        except KeyboardInterrupt:
            interrupted = True

    console = Console()
    if figures["components"]:
        console.print(component_table(figures["components"]))
    if figures["simulation"]:
        console.print(simulation_table(figures["simulation"]))
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    if interrupted:
        print("Stopped; the figures above are what was measured until then.", file=sys.stderr)
    if options.json:
        try:
            options.json.write_text(json.dumps(figures, indent=2) + "\n")
        except OSError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    return 130 if interrupted else 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
