"""What the benches reach of the hardware and of the protocol: ``python -m tests.coverage [COMPONENT ...]``.

Every component runs through its benches in Verilator. Counted are, by line of ``hdl/``, the statements that had their
turn at a clock edge and both ways of every branch; the bits that rose and fell; and the pairs of state and event of the
protocol (docs/protocol.md) that were met. ``--report FILE`` writes a page, ``--json FILE`` the figures. What is not
reached has its reason in ``tests/coverage/explained.toml``.

Exit status: 0; 1 if a bench fails, or something was neither reached nor explained, or an explanation is needless; 2 if
the call is wrong or Verilator is missing; 130 after Ctrl-C. What was measured until then is written all the same.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from sim.bench.run import SIMULATORS, SimulatorError
from tests.command_line import ArgumentParser, count
from tests.coverage import page
from tests.coverage.hardware import Found, measure, measured_components, quiet
from tests.coverage.summary import summary

__all__ = ["main"]

INTERRUPTED = 130
"""Exit status behind Ctrl-C."""


def main(arguments=None):
    """The command line; returns the exit status."""
    components = measured_components()
    parser = ArgumentParser(prog="python -m tests.coverage", description=__doc__.splitlines()[0])
    parser.add_argument("components", nargs="*", metavar="COMPONENT", help=f"default: all of {', '.join(components)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write a page, such as build/coverage.html")
    parser.add_argument(
        "--jobs", type=count("Number of jobs"), default=os.cpu_count() or 1, metavar="N", help="default: one a core"
    )
    options = parser.parse_args(arguments)
    if problem := _problem(options, components):
        print(f"error: {problem}", file=sys.stderr)
        return 2
    chosen = {name: components[name] for name in options.components or components}
    found, status = _measure_all(chosen, options.jobs)
    figures = summary(found, chosen)
    for path, text in (
        (options.json, json.dumps(figures, indent=1, ensure_ascii=False) + "\n"),
        (options.report, page.html(found, figures)),
    ):
        if path:
            try:
                path.write_text(text, encoding="utf-8", newline="\n")
            except OSError as error:
                print(f"error: {path} must be a file that can be written: {error.strerror}", file=sys.stderr)
                return 2
    # Of what was only begun most would be told as not reached.
    _print(figures, lists=status != INTERRUPTED)
    return status or int(_leaves_something(figures))


def _problem(options, components):
    if unknown := [name for name in options.components if name not in components]:
        return f"Component must be one of {', '.join(components)}, not {unknown[0]}"
    if missing := SIMULATORS["verilator"].missing:
        return f"Coverage is counted by Verilator, which cannot run here; install {missing}"
    for path in filter(None, (options.json, options.report)):
        if not path.absolute().parent.is_dir():
            return f"{path} must be in a folder that exists"
    return None


def _measure_all(chosen, jobs):
    """What each component reached, and the exit status so far."""
    found, status = {component: Found(component) for component in chosen}, 0
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        left = [name for names in chosen.values() for name in names]
        task = progress.add_task("", total=len(left))
        # Processes, since to start a simulator changes the environment of its own.
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=quiet)
        try:
            waiting = {pool.submit(measure, name): (each, name) for each, names in chosen.items() for name in names}
            for job in _as_told(waiting, progress, task, left):
                component, name = waiting[job]
                try:
                    found[component].add(job.result())
                except (AssertionError, ValueError, SimulatorError) as error:
                    progress.console.print(f"FAILED: {name}: {str(error).splitlines()[0]}", markup=False)
                    found[component].failed.append(name)
                    status = 1
        except BrokenProcessPool:
            print("error: a process of the measurement died; what was measured until then is told", file=sys.stderr)
            status = 1
        except KeyboardInterrupt:
            # What waits in the pool's pipe is not cancelled by it, and would be compiled still.
            for worker in active_children():
                worker.terminate()
            print("stopped; what was measured until then is told", file=sys.stderr)
            status = INTERRUPTED
        finally:
            pool.shutdown(cancel_futures=True)
    # What was not measured at all would look as if nothing were reached.
    return {name: each for name, each in found.items() if each.places or each.failed}, status


def _as_told(waiting, progress, task, left):
    """Each job when it is done; and the name of the one that has been under way the longest."""
    progress.update(task, description=left[0])
    for job in as_completed(waiting):
        yield job
        left.remove(waiting[job][1])
        progress.update(task, advance=1, description=left[0] if left else "")


def _leaves_something(figures):
    return any(each["open"] or each["needless"] or each["failed"] for each in figures["components"].values())


def _print(figures, lists):
    table = Table(title="Reached, of all there is")
    for name in ("component", "lines", "branches", "bits", "pairs", "explained", "left"):
        table.add_column(name, justify="left" if name == "component" else "right", no_wrap=True)
    for name, each in figures["components"].items():
        parts = [f"{each[what][0]}/{each[what][1]}" for what in ("lines", "branches", "bits", "pairs")]
        left = len(each["open"])
        table.add_row(name, *parts, str(len(each["explained"])), f"[red]{left}[/]" if left else "0")
    Console().print(table)
    for name, each in figures["components"].items() if lists else ():
        for what, where in each["open"]:
            print(f"{name}: {what} not reached, and not explained: {where}")
        for where in each["needless"]:
            print(f"{name}: reached, so explained.toml need not explain it: {where}")


if __name__ == "__main__":
    sys.exit(main())
