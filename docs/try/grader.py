"""Grades a lab inside a browser: there Python is Pyodide, without processes, and with Amaranth's simulator alone.

It is the worker of the labs that judges, so what it says is what ``nox -s lab`` says.
"""

import contextlib
import importlib
import io
import json
import sys
from pathlib import Path
from types import ModuleType

MODULES = {0: "tests.lab.lab_byte", 1: "tests.lab.lab_transmitter", 5: "tests.lab.lab_parser"}
"""Labs that can be graded here."""

ABSENT = ("cocotb", "cocotb.simtime", "cocotb.triggers", "cocotb_tools", "cocotb_tools.runner")
"""What modules of ours import and nothing here ever calls: it drives simulators that are processes."""

MEGABYTES = 2000
"""What a submission may take before it is told so; Pyodide has little more."""

FOLDER = Path("submission")

PRINTED = 2000
"""Characters of what a submission prints that are shown."""


class _Absent(ModuleType):
    """A module that gives any name, and nothing behind it."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)


for _name in ABSENT:
    sys.modules.setdefault(_name, _Absent(_name))

# All labs together would need more than is here.
sys.modules["tests.lab.labs"] = _labs = ModuleType("tests.lab.labs")
_labs.LABS = {number: importlib.import_module(module).LAB for number, module in MODULES.items()}

from tests.lab import lab_byte, lab_parser, lab_transmitter, words, worker  # noqa: E402, F401 -- first what they need.

for _name in ABSENT:
    # A submission that imports one must be told that it is not there.
    if isinstance(sys.modules[_name], _Absent):
        del sys.modules[_name]


class _Beginning(io.TextIOBase):
    """Keeps the beginning of what is printed, so that a megabyte of it harms nothing."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text[: PRINTED - len(self.text)]
        return len(text)


def grade(number, text):
    """Grade a file; returns JSON.

    ``percent`` and ``tiers`` are those of :func:`tests.lab.worker.as_dict`; ``lines`` the screen without its hints,
    which are in ``hints``; ``printed`` the beginning of what the file printed; ``waves`` a VCD file or ``None``.
    """
    lab = _labs.LABS[number]
    FOLDER.mkdir(exist_ok=True)
    path, job, result, waves = (FOLDER / name for name in ("starter.py", "job.json", "grade.json", f"{lab.folder}.vcd"))
    for old in (result, waves):
        old.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
    job.write_text(json.dumps({"lab": number, "path": str(path), "simulator": "amaranth", "megabytes": MEGABYTES,
                               "waves": str(waves), "result": str(result)}), encoding="utf-8")  # fmt: skip
    printed = _Beginning()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            worker.main(job)
        graded = {"error": None} | json.loads(result.read_text(encoding="utf-8"))
    except (SystemExit, KeyboardInterrupt) as error:
        graded = {"lab": number, "title": lab.title, "percent": 0, "tiers": [], "mistake": None, "complaint": None,
                  "waves": None, "error": f"it ended the program itself: {type(error).__name__}"}  # fmt: skip
    if graded["waves"]:
        graded["waves"] = waves.name
    return json.dumps({
        "percent": graded["percent"],
        "tiers": graded["tiers"],
        "lines": words.screen(graded, path.name, hints=0),
        "hints": (graded["complaint"] or graded).get("hints", []),
        "printed": printed.text,
        "waves": waves.read_text(encoding="utf-8") if graded["waves"] else None,
        "waves_name": waves.name,
    })  # fmt: skip
