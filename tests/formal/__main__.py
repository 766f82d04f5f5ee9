"""Proofs of the components, by induction: for every input and for all time.

``python -m tests.formal`` proves all, ``python -m tests.formal receiver parser`` what is named; ``--json FILE`` writes
the table to a file, a list of objects with the keys ``proof``, ``components``, ``property``, ``parameters``, ``depth``,
``seconds``, ``outcome``, ``reason`` and ``trace``. ``--planted`` plants the bugs, too, and shows that each is found.

Exit status: 0 if all that was asked for is proved; 1 if not; 2 if the call is wrong or a tool is missing; 130 after
Ctrl-C. What was done until then is printed and written all the same.
"""

import argparse
import importlib
import json
import os
import pkgutil
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import tests.formal
from tests.command_line import ArgumentParser, count
from tests.formal.page import page
from tests.formal.prove import FOUND, INTERRUPTED, PROVED, Tools, Verdict, find, missing_tools, prove

__all__ = ["main", "proofs"]

DIRECTORY = Path("build", "formal")
"""Where traces and what the tools read are written."""


def proofs():
    """All proofs by name, from the modules ``proof_X``."""
    modules = sorted(name for _, name, _ in pkgutil.iter_modules(tests.formal.__path__) if name.startswith("proof_"))
    found = [proof for name in modules for proof in importlib.import_module(f"tests.formal.{name}").PROOFS]
    return {proof.name: proof for proof in found}


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"Timeout must be a number of seconds above 0, not {text!r}")
    return seconds


def _argument_parser():
    parser = ArgumentParser(prog="python -m tests.formal", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="proofs; default: all of " + ", ".join(proofs()))
    parser.add_argument(
        "--jobs",
        type=count("Number of jobs"),
        default=os.cpu_count() or 1,
        metavar="N",
        help="at the same time; default: cores",
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=300.0,
        metavar="S",
        help="seconds that one question to the solver may take; default: %(default)g",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the table")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write what is proved as a page, and prove nothing")
    parser.add_argument("--planted", action="store_true", help="plant the bugs, too, and see that each is found")
    return parser


def _run(jobs, tools, count, progress):
    """Run functions that return verdicts, several at a time; give the verdicts in the order of the functions."""
    task = progress.add_task("proofs", total=len(jobs))
    verdicts = {}
    with ThreadPoolExecutor(count) as pool:
        futures = {pool.submit(job): name for name, job in jobs.items()}
        try:
            for future in as_completed(futures):
                name = futures[future]
                verdicts[name] = verdict = future.result()
                progress.update(task, advance=1, description=f"{verdict.name}: {verdict.outcome}")
        except KeyboardInterrupt:
            tools.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            for future, name in futures.items():
                done = future.done() and not future.cancelled()
                verdicts[name] = future.result() if done else _interrupted(name)
    return {name: verdicts[name] for name in jobs}


def _interrupted(name):
    return Verdict(name if isinstance(name, str) else ": ".join(name), INTERRUPTED, reason="interrupted")


def _jobs(known, tools, planted):
    """A function for each proof and, if bugs are ``planted``, for each of them."""
    jobs = {name: lambda proof=proof: prove(proof, tools, DIRECTORY / proof.name) for name, proof in known.items()}
    for proof in known.values() if planted else ():
        for number, what in enumerate(proof.planted):
            place = DIRECTORY / f"{proof.name}_bug_{number}"
            jobs[proof.name, what] = lambda p=proof, what=what, place=place: find(p, what, tools, place)
    return jobs


def _table(verdicts, known):
    table = Table("proof, and what holds", title="Proved by induction, for every input and for all time")
    for name in ("k", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("outcome")
    for name, verdict in verdicts.items():
        table.add_section()
        depth, seconds = str(known[name].depth), f"{verdict.seconds:.1f}"
        style = "bold" if verdict.outcome == PROVED else "bold red"
        table.add_row(f"{name}, {known[name].variants_as_text}", depth, seconds, verdict.outcome, style=style)
        for words, outcome in verdict.claims:
            table.add_row(f"  {words}", "", "", outcome, style="" if outcome == PROVED else "red")
        for words in verdict.premises:
            table.add_row(f"  taken for granted: {words}", style="dim")
    return table


def _table_of_bugs(verdicts):
    table = Table("proof", "bug", "shown by", "outcome", title="Bugs that were planted, and the claim that fails")
    for (proof, what), verdict in verdicts.items():
        words = verdict.claims[0][0] if verdict.claims else verdict.reason
        table.add_row(proof, what, words, verdict.outcome, style="" if verdict.outcome == FOUND else "red")
    return table


def _records(verdicts, known):
    return [
        {
            "proof": name,
            "components": [component.__name__ for component in known[name].components],
            "property": words,
            "parameters": [dict(parameters) for parameters in known[name].variants],
            "depth": known[name].depth,
            "seconds": round(verdict.seconds, 2),
            "outcome": outcome,
            "reason": verdict.reason,
            "trace": str(verdict.trace) if verdict.trace else None,
        }
        for name, verdict in verdicts.items()
        for words, outcome in (verdict.claims or [("", verdict.outcome)])
    ]


def _write(path, text):
    try:
        path.write_text(text)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _wrong(options, known):
    """One line on what is wrong with the call or missing on this machine; empty if nothing."""
    if unknown := [name for name in options.names if name not in known]:
        return f"There is no proof {unknown[0]!r}; there are {', '.join(known)}"
    if options.json and not options.json.absolute().parent.is_dir():
        return f"--json must name a file in a folder that exists, not {options.json}"
    return "" if options.page else missing_tools()


def main(arguments=None, known=None):
    """The command line; returns the exit status that the module's docstring tells."""
    options = _argument_parser().parse_args(arguments)
    known = proofs() if known is None else known
    if wrong := _wrong(options, known):
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    known = {name: proof for name, proof in known.items() if not options.names or name in options.names}
    if options.page:
        return _write(options.page, page(known))

    tools, messages = Tools(options.timeout), Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=messages) as progress:
        tools.first(messages.print)
        verdicts = _run(_jobs(known, tools, options.planted), tools, options.jobs, progress)
    status = _report(verdicts, known)
    if options.json:
        proved = {name: verdict for name, verdict in verdicts.items() if name in known}
        status = _write(options.json, json.dumps(_records(proved, known), indent=2) + "\n") or status
    return status


def _report(verdicts, known):
    """Print what came of it; returns the exit status."""
    found = {name: verdict for name, verdict in verdicts.items() if name not in known}
    Console().print(_table({name: verdicts[name] for name in known}, known))
    if found:
        Console().print(_table_of_bugs(found))
    failures = [verdict for verdict in verdicts.values() if verdict.outcome not in (PROVED, FOUND)]
    for verdict in failures:
        trace = f"; look at {verdict.trace}" if verdict.trace else ""
        print(f"{verdict.name}: {verdict.outcome}: {verdict.reason}{trace}", file=sys.stderr)
    return 130 if any(verdict.outcome == INTERRUPTED for verdict in failures) else int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
