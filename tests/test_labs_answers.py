"""Labs 0, 3 and 8, which ask for answers: right ones pass, starters fail, and classic mistakes are named."""

import inspect
import re
import subprocess
import sys

import pytest

from sim.bench.simulators import ROOT
from tests.lab import dry_run, lab_byte, lab_on_the_board, lab_optocoupler, wave
from tests.lab.answers import Asked
from tests.lab.grading import SubmissionError

LABS = {lab.number: lab for lab in (lab_byte.LAB, lab_optocoupler.LAB, lab_on_the_board.LAB)}
MODULES = {0: lab_byte, 3: lab_optocoupler}


def questions(number):
    return {asked.name: asked for tier in LABS[number].tiers for asked in tier.asked if isinstance(asked, Asked)}


def solution(number, changed="", body=""):
    """A student's file with the reference's own answers, but for one of them."""
    module = MODULES[number].__name__
    lines = [f"from {module} import *", f"import {module} as reference", ""]
    for name, asked in questions(number).items():
        answer = f"reference.LAB.components[{name!r}]"
        lines.append(f"{name} = {answer}()" if asked.is_number else f"{name} = {answer}")
    return "\n".join([*lines, body if changed else "", ""])


def judged(number, text, tmp_path):
    path = tmp_path / "work.py"
    path.write_text(text, encoding="utf-8")
    return LABS[number].judge(path)


@pytest.mark.parametrize("number", MODULES)
def test_the_models_answers_are_right(number, tmp_path):
    grade = judged(number, solution(number), tmp_path)
    assert grade["percent"] == 100, grade["complaint"]


@pytest.mark.parametrize("number", LABS)
def test_starter_has_all_that_is_asked_and_no_tier(number):
    lab = LABS[number]
    grade = lab.judge(ROOT / lab.starter)
    assert grade["percent"] == 0
    assert not any(tier["passed"] for tier in grade["tiers"])
    assert grade["complaint"]["hints"]


WRONG = [
    (number, name, n, wrong.name)
    for number in MODULES
    for name, asked in questions(number).items()
    for n, wrong in enumerate(asked.mistakes)
]


@pytest.mark.parametrize(("number", "name", "n", "mistake"), WRONG, ids=[f"{w[0]} {w[1]}: {w[3]}" for w in WRONG])
def test_mistake_is_found_and_named(number, name, n, mistake, tmp_path):
    asked = questions(number)[name]
    wrong = f"next(q for t in reference.LAB.tiers for q in t.asked if q.name == {name!r}).mistakes[{n}].answer"
    names = ", ".join(inspect.signature(asked.right).parameters)
    body = f"{name} = {wrong}()" if asked.is_number else f"def {name}({names}):\n    return {wrong}({names})"
    grade = judged(number, solution(number, name, body), tmp_path)
    assert grade["percent"] < 100
    assert grade["mistake"]["name"] == mistake


def test_at_least_ten_mistakes_of_each_are_known():
    assert len([wrong for wrong in WRONG if wrong[0] == 0]) >= 10
    assert len([wrong for wrong in WRONG if wrong[0] == 3]) >= 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def bits(:", "cannot be imported: line 1: SyntaxError"),
        ("", "the file must define bit_time"),
        (solution(0) + "bits = 5", "bits must be a function, not 5"),
        (solution(0) + "def bits(x): pass", r"bits must take \(byte\), not \(x\)"),
        ("raise SystemExit", "cannot be imported"),
    ],
)
def test_file_that_cannot_be_graded_is_told_in_one_line(text, words, tmp_path):
    with pytest.raises(SubmissionError, match=words):
        judged(0, text, tmp_path)


@pytest.mark.parametrize("body", ["return 1 / 0", "return [None]", "return 'x' * 10**6", "return object()"])
def test_answer_of_any_kind_is_graded(body, tmp_path):
    grade = judged(0, solution(0, "bits", f"def bits(byte):\n    {body}"), tmp_path)
    assert [tier["passed"] for tier in grade["tiers"]].count(False) == 1
    assert len(grade["complaint"]["seen"]) < 400


def test_other_ways_to_write_it_are_right(tmp_path):
    body = """
def bits(byte):
    return tuple([0] + [int(c) for c in f"{byte:08b}"[::-1]] + [1])
def byte(bits):
    if bits[0] or not bits[-1]:
        return None
    return int("".join(str(b) for b in bits[8:0:-1]), 2)
def edges(time, byte, bit):
    found, before = [], 1
    for n, level in enumerate(bits(byte)):
        if level != before:
            found.append([time + n * bit, level])
        before = level
    return found
def sample_times(start, bit):
    return tuple(start + bit / 2 + n * bit for n in range(10))
def level_at(line, time):
    return ([1] + [level for moment, level in line if moment <= time])[-1]
def read(line, bit):
    found, over = [], -1
    for time, level in line:
        if level == 0 and time > over:
            looks = sample_times(time, bit)
            found.append(byte([level_at(line, look) for look in looks]))
            over = looks[-1]
    return found
"""
    assert judged(0, solution(0, "all", body), tmp_path)["percent"] == 100


def test_eye_and_table_of_the_page_have_the_numbers_that_are_asked():
    eye = (ROOT / "docs" / "figures" / "eye.svg").read_text(encoding="utf-8")
    asked = questions(3)
    after = re.search(r"the last edge comes ([\d.]+) us after it", eye).group(1)
    assert float(after) == pytest.approx(asked["WRONG_AT_4_HOPS"].right(), abs=0.01)
    assert (asked["PC900_HOPS"].right(), asked["PC900_HOPS_2_PERCENT"].right()) == (5, 3)


# --- Drawing a byte ---


def test_page_of_lab_0_has_the_picture_that_the_program_draws():
    text = (ROOT / "docs/labs/0-a-byte-on-the-wire/README.md").read_text(encoding="utf-8")
    drawn = text.split("<!-- picture -->\n```text\n")[1].split("\n```")[0]
    assert drawn.splitlines() == [line.rstrip() for line in wave.picture(0x90)]


@pytest.mark.parametrize("arguments", [["zz"], ["100"], ["-1"], ["90", "--baud", "0"], ["90", "--baud", "nan"], []])
def test_bytes_that_cannot_be_drawn_are_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        wave.main(arguments)
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_drawing_needs_nothing_but_python():
    # -S leaves site-packages out, and -I all that could lead elsewhere.
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.lab.wave import main; main(['90'])"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, encoding="utf-8", timeout=60, check=True,
        env={"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert "90 = 1001 0000" in done.stdout


# --- On the board ---

PASS = "pass    {} bytes     0 wrong     0 missing     0 extra     0 framing     0 breaks"
SEEN = {
    "SIMULATED": False,
    "BOARD": "icebreaker",
    "CELLS": 421,
    "FMAX": 45.2,
    "LOOPBACK": "\n".join(PASS.format(n) for n in (10000, 20000, 30000)),
    "FAULT": "no cable\nno cable\n" + PASS.format(10000) + "\nfail    20000 bytes     2 wrong     1 missing     0 extra"
    "     0 framing     0 breaks",
    "FRAME": 320.5,
    "BIT": 32.1,
    "IDLE_VOLTS": 3.28,
    "START_VOLTS": 0.2,
    "MONITOR": "90 3C 15 note on\n90 3C 00 note off\n90 3C 62 note on\nF8       clock\n90 3C 00 note off",
    "ENDS_WITH": 0x90,
}


def report(**changed):
    return "\n".join(f"{name} = {value!r}" for name, value in {**SEEN, **changed}.items())


def test_report_of_a_board_that_works_is_right(tmp_path):
    assert judged(8, report(), tmp_path)["percent"] == 100


@pytest.mark.parametrize(
    ("changed", "tier", "mistake"),
    [
        ({"BOARD": "arduino"}, "built", None),
        ({"BOARD": None}, "built", None),
        ({"CELLS": 5280}, "built", None),
        ({"FMAX": 7}, "built", None),
        ({"LOOPBACK": PASS.format(10000)}, "it says pass", "the page's own example"),
        ({"LOOPBACK": PASS.format(20000)}, "it says pass", "too few lines"),
        ({"LOOPBACK": SEEN["FAULT"]}, "it says pass", "errors taken for a pass"),
        ({"LOOPBACK": "no cable"}, "it says pass", "no cable"),
        ({"LOOPBACK": "it worked"}, "it says pass", None),
        ({"FAULT": "no cable"}, "it says fail", None),
        ({"FAULT": SEEN["LOOPBACK"]}, "it says fail", None),
        ({"FRAME": 288}, "on the scope", "bits forgotten"),
        ({"FRAME": 340}, "on the scope", None),
        ({"BIT": 32e-6}, "on the scope", None),
        ({"IDLE_VOLTS": 0.1, "START_VOLTS": 3.2}, "on the scope", "line turned over"),
        ({"START_VOLTS": 1.5}, "on the scope", "low that is no low"),
        ({"IDLE_VOLTS": 5.0}, "on the scope", None),
        ({"MONITOR": "errors 002 lost 000\n" + SEEN["MONITOR"]}, "a keyboard", "damaged bytes"),
        ({"MONITOR": "90 3C 40 note on\n90 3C 00 note off"}, "a keyboard", "one velocity only"),
        ({"ENDS_WITH": 0x80}, "a keyboard", "ends of notes mistaken"),
    ],
)
def test_report_that_cannot_be_so_is_told(changed, tier, mistake, tmp_path):
    grade = judged(8, report(**changed), tmp_path)
    assert [each["name"] for each in grade["tiers"] if not each["passed"]] == [tier]
    assert (grade["mistake"] or {}).get("name") == mistake


def test_dry_run_says_what_can_be_handed_in(tmp_path):
    good, bad = dry_run.loopback_says()
    changed = {
        "SIMULATED": True,
        "LOOPBACK": "\n".join(good),
        "FAULT": "\n".join(bad),
        "MONITOR": "\n".join(dry_run.monitor_says()),
    }
    grade = judged(8, report(**changed), tmp_path)
    assert grade["percent"] == 100, grade["complaint"]
