"""``python -m tests.lab 2`` grades lab 2; ``python -m tests.lab all FOLDER --report grades.html`` a whole class."""

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sim.bench.simulators import ROOT
from tests.lab.handed_in import handed_in
from tests.lab.isolated import Limits, grade_file
from tests.lab.labs import LABS
from tests.lab.report import page
from tests.lab.words import screen

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
    parser.add_argument(
        "--waves", metavar="FILE", help="where the waves of the first failure go, build/lab/*.vcd by default"
    )
    parser.add_argument("--simulator", choices=("amaranth", "auto", "icarus", "verilator"), default="amaranth",
                        help="what runs it: Amaranth's own simulator (default), or one of those that the benches "
                            "use")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=60.0, help="time for one file (default 60)")
    return parser


def main(arguments=None):
    """Grade what the command line says; returns 0 if all of it is right, 1 if not, 2 for bad input."""
    try:
        options = _argument_parser().parse_args(arguments)
        if not 0 < options.seconds < float("inf"):
            raise _BadInputError(f"--seconds must be above 0, not {options.seconds:g}")
        if options.lab == "all":
            return _grade_all(options)
        return _grade_one(options)
    except _BadInputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename or ''} cannot be used: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _grade_one(options):
    lab = LABS.get(int(options.lab)) if options.lab.isdecimal() else None
    if lab is None:
        there = ", ".join(f"{number} {each.title.lower()}" for number, each in LABS.items())
        raise _BadInputError(f"a lab that can be graded must be one of {there}, or all, not {options.lab!r}")
    if options.report:
        raise _BadInputError("--report is for a class: lab all FOLDER --report grades.html")
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
    if options.path:
        work = handed_in(Path(options.path), LABS.values())
        if not work:
            raise _BadInputError(
                f"{options.path} must hold a folder for each student, with lab1.py or 1-transmitter/starter.py in it"
            )
    else:
        work = {"this clone": {number: ROOT / lab.starter for number, lab in LABS.items()}}
    for target in filter(None, (options.report, options.json)):
        if target != "-" and not Path(target).absolute().parent.is_dir():
            raise _BadInputError(f"{target} must be in a folder that is there")
    jobs = [(student, number, path) for student, files in work.items() for number, path in files.items()]
    grades = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for grade in pool.map(lambda job: _one_of_many(*job, options), jobs):
            grades.append(grade)
            if options.json != "-":
                text = grade["error"] or (grade["mistake"] or {}).get("name", "")
                text = text if grade["path"] else "not handed in"
                print(f"{len(grades):4} of {len(jobs)}  {grade['student']:24.24} lab {grade['lab']}  "
                      f"{grade['percent']:3} %  {text}", flush=True)  # fmt: skip
    if options.report:
        name = Path(options.path).resolve().name if options.path else "this clone"
        Path(options.report).write_text(page(f"Grades: {name}", grades, list(LABS.values())), encoding="utf-8")
    _write_json(options.json, grades)
    return 0


def _one_of_many(student, number, path, options):
    lab = LABS[number]
    grade = {"percent": 0, "tiers": [], "error": None, "mistake": None, "complaint": None, "waves": None}
    if path:
        grade = grade_file(lab, path, simulator=options.simulator, limits=Limits(options.seconds))
    return {"student": student, "path": str(path) if path else ""} | grade | {"lab": number, "title": lab.title}


def _write_json(target, grades):
    text = json.dumps(grades, indent=2, ensure_ascii=False)
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
