"""What students hand in: read, limited, graded each for itself, and shown on the terminal, as JSON and as a page."""

import json
import re
import time
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sim.bench.simulators import ROOT
from tests.lab.__main__ import main
from tests.lab.isolated import Limits, grade_file
from tests.lab.labs import LABS
from tests.lab.pictures import PICTURES, renewed
from tests.lab.words import screen

STARTER = (ROOT / LABS[1].starter).read_text(encoding="utf-8")

HEAD, BODY = STARTER.split("        m = Module()\n")

# What a bad submission is, and what its one line must say.
BAD = {
    "does not parse": ("def f(:\n", "line 1: SyntaxError"),
    "does not import": (f"import no_such_module\n{STARTER}", "ModuleNotFoundError: No module named 'no_such_module'"),
    "ends the program": ("import sys\nsys.exit(0)\n", "cannot be imported: line 2: SystemExit"),
    "has no class": ("x = 1\n", "must define the class Transmitter"),
    "has a class of another kind": ("class Transmitter:\n    pass\n", "must define the class Transmitter"),
    "has other parameters": (STARTER.replace("clk_freq, baud=BAUD)", "clk_freq)"), "parameters must be"),
    "has another default": (STARTER.replace("baud=BAUD)", "baud=9600)"), "parameters must be"),
    "lacks a member": (STARTER.replace(', "level": Out(1, init=1)', ""), "must have the member level"),
    "has another member": (STARTER.replace('"level": Out(1, init=1)', '"level": Out(2, init=1)'), "member level"),
    "has a member too many": (
        STARTER.replace('"level": Out', '"busy": Out(1), "level": Out'),
        "not have the member busy",
    ),
    "raises in elaborate": (f"{HEAD}        raise KeyError('oh')\n", "KeyError: 'oh'"),
    "drives a signal twice": (
        f"{HEAD}        m = Module()\n        m.d.comb += self.level.eq(1)\n        m.d.sync += self.level.eq(1)\n",
        "driven",
    ),
    "depends on itself": (
        f"{HEAD}        m = Module()\n        m.d.comb += self.level.eq(~self.level)\n        return m\n",
        "depends on itself",
    ),
    "returns nothing": (f"{HEAD}        pass\n", "elaborate"),
    "drives nothing": (STARTER, "drives nothing"),
    "loops for ever": (f"{HEAD}        while True:\n            pass\n", "not done after"),
    "prints a megabyte": (f"print('x' * 1_000_000)\n{STARTER}", "prints more than"),
    "eats memory": (f"x = bytearray(3 << 30)\n{STARTER}", "memory"),
    "is killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "sudden end"),
    "is no text": ("\0\1\2", "cannot be imported"),
}


def written(folder, text):
    path = folder / "lab1.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_submission_is_one_clear_line_and_no_points(bad, tmp_path):
    text, line = BAD[bad]
    seconds = 4 if bad == "loops for ever" else 60
    grade = grade_file(LABS[1], written(tmp_path, text), limits=Limits(seconds))
    assert grade["percent"] == 0
    assert line in grade["error"]
    assert "\n" not in grade["error"]
    assert len(grade["error"]) < 400


def test_what_a_submission_starts_ends_with_it(tmp_path):
    mark = tmp_path / "alive"
    script = f"import time\nwhile True:\n    open({str(mark)!r}, 'a').write('.')\n    time.sleep(0.05)"
    text = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {script!r}])\nwhile True:\n    pass\n"
    grade = grade_file(LABS[1], written(tmp_path, text), limits=Limits(6))
    assert "not done" in grade["error"]
    size = mark.stat().st_size
    assert size
    time.sleep(0.5)
    assert mark.stat().st_size == size


def test_a_right_submission_on_the_terminal(capsys):
    assert main(["1", str(ROOT / "hdl" / "transmitter.py")]) == 0
    assert "7 of 7 tiers, 100 %" in capsys.readouterr().out


def half_done(folder):
    """A transmitter with one classic mistake."""
    text = (ROOT / "hdl" / "transmitter.py").read_text(encoding="utf-8")
    return written(folder, text.replace("~self.bytes.payload)", "~self.bytes.payload[::-1])"))


def test_a_failure_on_the_terminal_is_one_screen_with_all_that_helps(tmp_path, capsys):
    waves = tmp_path / "waves.vcd"
    assert main(["1", str(half_done(tmp_path)), "--waves", str(waves), "--json", str(tmp_path / "grade.json")]) == 1
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert len(lines) <= 24
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 90
    for part in (
        "data bit 0 must be 0",
        "112.0 us",
        "start  0    1",
        "Looks like: reversed bits",
        "Hint 1 of 3",
        str(waves.name),
    ):
        assert part in out
    assert "$enddefinitions" in waves.read_text(encoding="utf-8")
    assert re.search(r"\bpayload|__tap|timer", waves.read_text(encoding="utf-8"))
    grade = json.loads((tmp_path / "grade.json").read_text(encoding="utf-8"))
    assert grade["mistake"]["name"] == "reversed bits"
    assert grade["complaint"]["expected"].startswith("the line must read 90")
    assert [tier["name"] for tier in grade["tiers"]] == [tier.name for tier in LABS[1].tiers]


def test_hints_say_more_and_more(tmp_path, capsys):
    path = half_done(tmp_path)
    grade = grade_file(LABS[1], path)
    shown = ["\n".join(screen(grade, path, count)) for count in (1, 2, 3)]
    assert [text.count("Hint ") for text in shown] == [1, 2, 3]
    assert main(["1", str(path), "--hint", "--waves", str(tmp_path / "w.vcd")]) == 1
    assert capsys.readouterr().out.count("Hint ") == 2


def test_a_terminal_without_box_drawing_gets_ascii(tmp_path):
    grade = grade_file(LABS[1], half_done(tmp_path))
    assert all(line.isascii() for line in screen(grade, "x.py", encoding="ascii"))


def test_json_alone_goes_to_standard_output(capsys):
    assert main(["1", "--json", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["percent"] == 0


def test_a_simulator_of_the_benches_does_it_too(capsys):
    assert main(["5", str(ROOT / "hdl" / "parser.py"), "--simulator", "auto"]) == 0
    assert "100 %" in capsys.readouterr().out


# --- A class ---


class _Page(HTMLParser):
    """Counts what must be there, and what must not."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.targets, self.links, self.outside = {}, set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.targets |= {values["id"]} if "id" in values else set()
        self.links |= {values["href"][1:]} if values.get("href", "").startswith("#") else set()
        self.outside += [value for key, value in attributes if key in ("src", "href") and not value.startswith("#")]
        if tag == "th":
            assert values.get("scope") in ("row", "col")


def test_a_class_is_graded_whatever_some_of_it_hands_in(tmp_path, capsys):
    class_ = tmp_path / "class"
    half_done(class_ / "Ada")
    written(class_ / "Bo <script>", BAD["loops for ever"][0])
    written(class_ / "Cy", "def f(:\n")
    starter = class_ / "Di" / LABS[1].folder / "starter.py"
    starter.parent.mkdir(parents=True)
    starter.write_text((ROOT / "hdl" / "transmitter.py").read_text(encoding="utf-8"), encoding="utf-8")
    (class_ / "Ed").mkdir()
    report, grades = tmp_path / "grades.html", tmp_path / "grades.json"
    arguments = ["all", str(class_), "--report", str(report), "--json", str(grades), "--seconds", "8"]
    assert main(arguments) == 0
    found = {(grade["student"], grade["lab"]): grade for grade in json.loads(grades.read_text(encoding="utf-8"))}
    assert len(found) == 5 * len(LABS)
    assert found["Ada", 1]["mistake"]["name"] == "reversed bits"
    assert "not done" in found["Bo <script>", 1]["error"]
    assert "SyntaxError" in found["Cy", 1]["error"]
    assert found["Di", 1]["percent"] == 100
    assert not found["Ed", 1]["path"]
    text = report.read_text(encoding="utf-8")
    page = _Page(text)
    assert page.links <= page.targets
    assert not page.outside
    assert page.tags["caption"] == 1
    assert "script" not in page.tags
    assert "not handed in" in text
    assert "reversed bits" in text
    assert f"{len(found)} of {len(found)}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["17"], "must be one of 0 a byte on the wire"),
        (["two"], "must be one of 0 a byte on the wire"),
        ([], "required"),
        (["1", "no_such_file.py"], "no_such_file.py must be a file with Transmitter"),
        (["all", "no_such_folder"], "must be a folder with a folder for each student"),
        (["all", "."], "must hold a folder for each student"),
        (["1", "--report", "x.html"], "--report is for a class"),
        (["1", "--seconds", "0"], "--seconds must be above 0"),
        (["1", "--simulator", "magic"], "invalid choice"),
        (["all", "--report", "no_such_folder/x.html"], "must be in a folder that is there"),
    ],
)
def test_bad_input_is_one_line(arguments, words, tmp_path, monkeypatch, capsys):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert words in error


# --- Pages ---

# Pages of the other labs are looked at in tests/test_labs_pages.py.
PAGES = {number: ROOT / "docs" / "labs" / LABS[number].folder / "README.md" for number in PICTURES}

ELSEWHERE = {"chain", "conformance"}
"""Sessions that pages name and other tests run."""


@pytest.mark.parametrize("number", PAGES)
def test_the_picture_of_a_page_is_what_the_code_draws(number):
    path, text = renewed(number)
    assert path.read_text(encoding="utf-8") == text, "run python -m tests.lab.pictures"


@pytest.mark.parametrize("number", PAGES)
def test_a_page_has_what_a_student_needs_and_names_nothing_that_is_not_there(number):
    text = PAGES[number].read_text(encoding="utf-8")
    for part in ("**Goal.**", "## Steps", "## Try this", "## Questions"):
        assert part in text
    steps = text.partition("## Steps")[2].partition("## Try this")[0]
    assert 3 <= len(re.findall(r"^\d\. ", steps, re.MULTILINE)) <= 5
    for name in re.findall(r"`((?:hdl|sim|tests|docs)/[\w./-]+)`", text):
        assert (ROOT / name).exists(), f"{PAGES[number]} must not name {name}, which is not there"


@pytest.mark.parametrize("number", PAGES)
def test_the_commands_of_a_page_run(number, capsys, monkeypatch):
    # What differs between two of them is only how much is shown.
    graded = cache(lambda path: grade_file(LABS[number], path))
    monkeypatch.setattr("tests.lab.__main__.grade_file", lambda lab, path, **options: dict(graded(path)))
    commands = re.findall(
        r"^ +\.venv/bin/nox -s (\w+)(?: -- (.*))?$", PAGES[number].read_text(encoding="utf-8"), re.MULTILINE
    )
    assert ("lab", str(number)) in commands
    sessions = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    for session, arguments in dict.fromkeys(commands):
        assert f"def {session}(" in sessions
        if session == "lab":
            # A starter fails, and says so.
            assert main(arguments.split()) == 1
            assert f"Lab {number}" in capsys.readouterr().out
        else:
            assert session in ELSEWHERE


def test_the_words_of_lab_1_about_hardware_are_true():
    text = PAGES[1].read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    names = {}
    exec("from amaranth.hdl import Module, Signal\n", names)
    m = names["m"] = names["Module"]()
    names["self"] = type("Component", (), {"level": names["Signal"]()})()
    exec(compile(code, str(Path("README.md")), "exec"), names)
    assert m is names["m"]
