"""``python -m tests.lab 2`` grades lab 2; ``python -m tests.lab all FOLDER --report grades.html`` a whole class."""

import argparse
import json
import os
import sys
from contextlib import closing
from pathlib import Path

from sim.bench.simulators import ROOT
from tests.lab.isolated import Limits, grade_file
from tests.lab.labs import LABS
from tests.lab.report import page
from tests.lab.whole_class import WholeClass
from tests.lab.words import fit, screen

__all__ = ["main"]


class _BadInputError(Exception):
    pass


class _ArgumentParser(argparse.ArgumentParser):
    def error(self, message):
        raise _BadInputError(f"{message}; {self.prog} --help lists what there is")


def _argument_parser():
    labs = ", ".join(f"{number} {lab.title.lower()}" for number, lab in LABS.items())
    parser = _ArgumentParser(
        prog="lab",
        description=f"Grades a lab in tiers, and says what is wrong. There are: {labs}.",
    )
    parser.add_argument("lab", help=f"number of the lab ({', '.join(map(str, LABS))}), or all")
    parser.add_argument("path", nargs="?", help="the file to be graded, if it is not the lab's starter.py; for "
        "all, the "
                        "folder with a folder for each student")  # fmt: skip
    parser.add_argument("--hint", action="count", default=0, help="one hint more; twice, two more")
    parser.add_argument(
        "--json", metavar="FILE", help="write the grades as JSON, too; - for standard output, and no text"
    )
    parser.add_argument("--report", metavar="FILE", help="with all: write the grades as a page")
    parser.add_argument("--labs", type=_numbers, metavar="N,N", default=(),
                        help="with all: these labs only; by default all that anybody handed in")  # fmt: skip
    parser.add_argument(
        "--waves", metavar="FILE", help="where the waves of the first failure go, build/lab/*.vcd by default"
    )
    parser.add_argument("--simulator", choices=("amaranth", "auto", "icarus", "verilator"), default="amaranth",
                        help="what runs it: Amaranth's own simulator (default), or one of those that the benches "
                            "use")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=60.0,
                        help="of the processor's time for one file (default 60); ten times that by the "
                            "clock")  # fmt: skip
    return parser


def _numbers(text):
    try:
        numbers = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        numbers = ()
    if not numbers or not set(numbers) <= LABS.keys():
        raise argparse.ArgumentTypeError(f"must be numbers of labs such as 2,3, not {text!r}")
    return numbers


def main(arguments=None):
    """Grade what the command line says; returns 0 if all of it is right, 1 if not, 2 for bad input."""
    try:
        options = _argument_parser().parse_intermixed_args(arguments)
        if not 0 < options.seconds < float("inf"):
            raise _BadInputError(f"--seconds must be above 0, not {options.seconds:g}")
        if options.lab == "all":
            return _grade_all(options)
        return _grade_one(options)
    except _BadInputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        _nothing_more_to_standard_output()
        return 1
    except OSError as error:
        what = f"{error.filename} cannot be used" if error.filename else "it cannot go on"
        print(f"error: {what}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _grade_one(options):
    lab = LABS.get(int(options.lab)) if options.lab.isdecimal() else None
    if lab is None:
        there = ", ".join(f"{number} {each.title.lower()}" for number, each in LABS.items())
        raise _BadInputError(f"a lab that can be graded must be one of {there}, or all, not {options.lab!r}")
    if options.report or options.labs:
        option = "--report" if options.report else "--labs"
        raise _BadInputError(f"{option} is for a class: lab all FOLDER --report grades.html --labs 1,2")
    path = Path(options.path) if options.path else ROOT / lab.starter
    if not path.is_file():
        raise _BadInputError(
            f"{path} must be a file with {' and '.join(lab.components)}; the one to begin with is {lab.starter}"
        )
    waves = Path(options.waves) if options.waves else ROOT / "build" / "lab" / f"{lab.folder}.vcd"
    grade = grade_file(lab, path, simulator=options.simulator, waves=waves.resolve(), limits=Limits(options.seconds))
    grade = {"student": "", "path": str(path)} | grade
    if grade["waves"]:
        grade["waves"] = _shown(grade["waves"])
    if options.json != "-":
        print("\n".join(screen(grade, _shown(path), 1 + options.hint, sys.stdout.encoding)))
    _write_json(options.json, grade)
    return 0 if grade["percent"] == 100 else 1


def _grade_all(options):
    if options.path and not Path(options.path).is_dir():
        raise _BadInputError(f"{options.path} must be a folder with a folder for each student")
    whole = WholeClass(options.path, options.labs)
    if not whole.jobs:
        names = " or ".join(f"lab{number}.py" for number in options.labs) or "lab1.py or 1-transmitter/starter.py"
        raise _BadInputError(f"{options.path} must hold a folder for each student, with {names} in it{_instead(whole)}")
    for target in filter(None, (options.report, options.json)):
        if target != "-" and not Path(target).absolute().parent.is_dir():
            raise _BadInputError(f"{target} must be in a folder that is there")
    interrupted = False
    try:
        with closing(whole.graded(options.simulator, options.seconds)) as grades:
            for done, grade in enumerate(grades, 1):
                if options.json != "-":
                    _say(f"{done:4} of {len(whole.jobs)}  {_row(grade)}")
    except KeyboardInterrupt:
        interrupted = True
    if options.json != "-":
        _tell_of_all(whole)
    if options.report:
        title = f"Grades: {whole.name}" + ", as far as it was graded" * interrupted
        text = page(title, whole.grades, whole.labs, whole.work, whole.astray())
        Path(options.report).write_text(text, encoding="utf-8")
    _write_json(options.json, whole.grades)
    if interrupted:
        raise KeyboardInterrupt
    return 0


def _row(grade):
    text = grade["error"] or (grade["mistake"] or {}).get("name", "")
    return f"{grade['student']:24.24} lab {grade['lab']}  {grade['percent']:3} %  {text}"


def _tell_of_all(whole):
    """Behind the rows: who is missing, what was not taken, and what next week's lesson is about."""
    for lab in whole.labs:
        if missing := [grade["student"] for grade in whole.grades if grade["lab"] == lab.number and not grade["path"]]:
            _say(f"lab {lab.number} not handed in: {', '.join(missing)}")
    for student, files in whole.astray().items():
        _say(f"not taken for a lab: {', '.join(f'{student}/{file}' if student else file for file in files)}")
    for grade in whole.grades:
        if grade["remarks"]:
            _say(f"remark: {grade['student']}, lab {grade['lab']}: {'; '.join(grade['remarks'])}")
    for number, summary in whole.summaries.items():
        _say(f"lab {number}: mean {summary.mean:.0f} %; {summary.words}")


def _instead(whole):
    found = [f"{student}/{file}" if student else file for student, files in whole.astray().items() for file in files]
    return f"; there is {', '.join(found[:3])}" if found else ""


def _nothing_more_to_standard_output():
    """Who reads has seen enough: what is still to be written at the end would be an error once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text):
    print(fit(text, sys.stdout.encoding), flush=True)


def _write_json(target, grades):
    # Names of folders need not be text that can be written.
    text = json.dumps(grades, indent=2)
    if target == "-":
        print(text)
    elif target:
        Path(target).write_text(text + "\n", encoding="utf-8")


def _shown(path):
    """A path as seen from here."""
    path = Path(path).resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
