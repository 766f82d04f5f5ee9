"""What students hand in: read, limited, graded each for itself, and shown on the terminal, as JSON and as a page."""

import json
import re
import threading
import time
from functools import cache
from pathlib import Path

import pytest

from sim.bench.simulators import ROOT
from tests.lab import lab_prove_it
from tests.lab.__main__ import main
from tests.lab.given import NoGradeError, plain, received
from tests.lab.isolated import Limits, grade_file
from tests.lab.labs import LABS
from tests.lab.pictures import PICTURES, renewed
from tests.lab.words import fit, screen
from tests.lab.worker import judged

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
    "is no text": ("\0\1\2", "cannot be imported"),
    "has only the solution's": ("from hdl.transmitter import Transmitter\n", "line 1: hdl.transmitter is imported"),
    "has the solution's, hidden": (
        "import importlib\nTransmitter = importlib.import_module('hdl.transmitter').Transmitter\n",
        "is that of hdl/transmitter.py",
    ),
    "inherits from the solution": (
        "import sys, hdl.verilog\nhdl.verilog.components()\n"
        "class Transmitter(sys.modules['hdl.transmitter'].Transmitter):\n    pass\n",
        "is that of hdl/transmitter.py",
    ),
    "reaches for the grader": (f"import tests.lab.grading\n{STARTER}", "line 1: the grader is imported"),
    "drives an input": (
        f"{HEAD}        m = Module()\n        with m.If(self.level):\n"
        "            m.d.sync += self.bytes.valid.eq(1)\n        return m\n",
        "bytes.valid of Transmitter is an input, and is driven",
    ),
    "drives nothing, by a line without effect": (
        f"{HEAD}        m = Module()\n        self.level.eq(0)\n        return m\n",
        "does nothing: it must be m.d.sync += self.level.eq(0)",
    ),
}

# What only a process of its own can show.
WILD = {
    "loops for ever": (f"{HEAD}        while True:\n            pass\n", "s of work; look for a loop"),
    "prints a megabyte": (f"print('x' * 1_000_000)\n{STARTER}", "prints more than"),
    "eats memory": (f"x = bytearray(3 << 30)\n{STARTER}", "memory"),
    "gives itself a grade": (
        "import os\nfor place in range(3, 30):\n    try:\n        os.write(place, b'percent')\n"
        "    except OSError:\n        pass\nos._exit(0)\n",
        "as its grade is none",
    ),
    "is killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "sudden end"),
}


def written(folder, text):
    path = folder / "lab1.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def judged_here(text, folder):
    """The grade of a transmitter, without a process of its own."""
    return judged({"lab": 1, "path": str(written(folder, text)), "megabytes": 0, "simulator": "amaranth", "waves": ""})


# What a component that is only looked at makes Amaranth warn of.
@pytest.mark.filterwarnings("ignore:.* created but never used")
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_submission_is_one_clear_line_and_no_points(bad, tmp_path):
    text, line = BAD[bad]
    is_one_line(judged_here(text, tmp_path), line)


@pytest.mark.parametrize("bad", WILD)
def test_a_wild_submission_is_one_clear_line_and_no_points(bad, tmp_path):
    text, line = WILD[bad]
    seconds = 1 if bad == "loops for ever" else 60
    is_one_line(grade_file(LABS[1], written(tmp_path, text), limits=Limits(seconds)), line)


def is_one_line(grade, line):
    assert grade["percent"] == 0
    assert line in grade["error"]
    assert "\n" not in grade["error"]
    assert len(grade["error"]) < 400


def test_what_a_submission_starts_ends_with_it(tmp_path):
    """In a session of its own, too."""
    mark = tmp_path / "alive"
    script = f"import time\nwhile True:\n    open({str(mark)!r}, 'a').write('.')\n    time.sleep(0.05)"
    text = (
        "import subprocess, sys, os\n"
        f"subprocess.Popen([sys.executable, '-c', {script!r}], start_new_session=True)\n"
        f"while not os.path.exists({str(mark)!r}):\n    pass\nos._exit(0)\n"
    )
    assert "sudden end" in grade_file(LABS[1], written(tmp_path, text))["error"]
    size = mark.stat().st_size
    assert size
    time.sleep(0.5)
    assert mark.stat().st_size == size


def test_what_waits_is_ended_and_so_is_what_is_no_longer_wanted(tmp_path):
    path = written(tmp_path, "import time\ntime.sleep(1000)\n")
    grade = grade_file(LABS[1], path, limits=Limits(0.3))
    assert grade["error"] == "it is not done after 3 s; it waits or loops"
    cancelled = threading.Event()
    cancelled.set()
    assert grade_file(LABS[1], path, limits=Limits(2), cancelled=cancelled)["error"] == "interrupted"


def test_a_file_may_have_parts_beside_it_that_take_no_name_away(tmp_path):
    (tmp_path / "my_parts.py").write_text("half = 2\n", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise ValueError\n", encoding="utf-8")
    assert "drives nothing" in judged_here(f"import json, my_parts\nmy_parts.half\n{STARTER}", tmp_path)["error"]


def test_what_a_file_prints_is_shown_first_and_only_its_beginning(tmp_path):
    text = f"print('\\x1b[31mred')\nprint('twice\\ntwice')\nfor n in range(30):\n    print('n', n)\n{STARTER}"
    grade = grade_file(LABS[1], written(tmp_path, text))
    lines = screen(grade, "x.py")
    assert lines[:3] == ["You printed:", "  ?[31mred", "  twice  (2 times)"]
    assert lines[20:23] == ["  n 17", "  ... and more", ""]
    assert grade["printed"].count("\n") == 33


@pytest.mark.filterwarnings("ignore:.* created but never used")
def test_a_line_without_effect_is_what_is_wrong(tmp_path):
    text = (ROOT / "hdl" / "transmitter.py").read_text(encoding="utf-8")
    text = text.replace("m = Module()\n", "m = Module()\n        self.level.eq(0)\n")
    text = text.replace("~self.bytes.payload)", "~self.bytes.payload[::-1])")
    mistake = judged_here(text, tmp_path)["mistake"]
    assert mistake["name"] == "a line without effect"
    assert re.match(r"Line \d+ does nothing: it must be m\.d\.sync \+= self\.level\.eq\(0\)", mistake["text"])


# --- A grade comes from a stranger ---

FULL = {
    "lab": 1, "title": "", "percent": 100, "error": None, "mistake": None, "complaint": None, "waves": None,
    "hints": [], "tiers": [{"name": tier.name, "passed": True, "counts": True} for tier in LABS[1].tiers],
}  # fmt: skip

COMPLAINT = {"tier": "", "component": "", "case": "", "expected": "", "seen": "", "place": "", "drawing": [],
             "hints": [], "time": None, "time_in_waves": None}  # fmt: skip

OPEN = [*FULL["tiers"][:-1], {"name": LABS[1].tiers[-1].name, "passed": False, "counts": False}]


def sent(grade):
    return f"word{json.dumps(grade)}".encode()


def test_a_grade_that_a_lab_can_give_is_taken():
    assert received(LABS[1], sent(FULL), "word") == FULL
    half = FULL | {"tiers": OPEN, "percent": 86, "complaint": COMPLAINT | {"seen": "\x1b[31m\ud800\u202e"}}
    assert received(LABS[1], sent(half), "word")["complaint"]["seen"] == "?[31m??"
    refused = FULL | {"percent": 0, "tiers": [], "error": "no"}
    assert received(LABS[1], sent(refused), "word") == refused


@pytest.mark.filterwarnings("ignore:.* created but never used")
@pytest.mark.parametrize("number", [n for n, lab in LABS.items() if hasattr(lab, "judge")])
def test_a_grade_of_every_lab_of_another_kind_is_taken(number, monkeypatch):
    """Those of hardware are alike, and tests of processes show it. What proves and measures does not run here."""
    if number == 7:
        monkeypatch.setattr(lab_prove_it, "missing_tools", lambda: "")
        monkeypatch.setattr(lab_prove_it.Claimed, "judge", lambda *_: (None, None))
        monkeypatch.setattr(lab_prove_it.Inductive, "judge", lambda *_: (None, None))
    grade = judged(
        {"lab": number, "path": str(ROOT / LABS[number].starter), "megabytes": 0, "simulator": "amaranth", "waves": ""}
    )
    assert not grade["error"]
    assert received(LABS[number], sent(grade), "word") == grade


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"word",
        b"{nonsense",
        b"word{nonsense",
        b"word[]",
        b"word" + b"[" * 100_000,
        b"\xff\xfe",
        sent({"percent": 1000}),
        b"drow" + sent(FULL)[4:],
        sent(FULL | {"percent": 1000}),
        sent(FULL | {"tiers": [{"name": "everything", "passed": True, "counts": True}]}),
        sent(FULL | {"tiers": OPEN}),
        sent(FULL | {"tiers": OPEN, "percent": 86}),
        sent(FULL | {"tiers": [tier | {"passed": False} for tier in FULL["tiers"]]}),
        sent(FULL | {"error": "no"}),
        sent(FULL | {"mistake": {"name": 1, "text": "x"}}),
        sent(FULL | {"tiers": OPEN, "percent": 86, "complaint": {"seen": "x"}}),
        sent(FULL | {"tiers": OPEN, "percent": 86, "complaint": COMPLAINT | {"drawing": "x"}}),
        sent(FULL | {"tiers": OPEN, "percent": 86, "complaint": COMPLAINT | {"time": "x"}}),
    ],
)
def test_a_grade_that_is_none_is_not_taken(data):
    with pytest.raises(NoGradeError):
        received(LABS[1], data, "word")


def test_what_a_terminal_would_obey_is_taken_out():
    assert plain("a\tb\n\x1b]0;x\x07\r\x9b 学生 \udce9") == "a\tb\n?]0;x??? 学生 ?"


# --- On the terminal ---


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
    assert fit("学生/x.py: ─┐\x1b[m", "ascii") == "??/x.py: -+?[m"


def test_json_alone_goes_to_standard_output(capsys):
    assert main(["1", "--json", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["percent"] == 0


def test_a_simulator_of_the_benches_does_it_too(capsys):
    assert main(["5", str(ROOT / "hdl" / "parser.py"), "--simulator", "auto"]) == 0
    assert "100 %" in capsys.readouterr().out


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
        (["1", "--labs", "1"], "--labs is for a class"),
        (["all", "--labs", "1,17"], "must be numbers of labs such as 2,3, not '1,17'"),
        (["all", "--labs", ""], "must be numbers of labs"),
        (["1", "--hint", "no_such_file.py"], "no_such_file.py must be a file with Transmitter"),
        (["1", "--json", "no_such_folder/x.json"], "cannot be used"),
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
