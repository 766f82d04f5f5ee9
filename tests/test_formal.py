# amaranth: UnusedElaboratable=no
"""Proofs: every component has them, the quick ones hold, and what is no proof is never taken for one."""

import json
from concurrent.futures import as_completed
from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
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


def counter(state, **options):
    """A proof of the counter: ``state`` says what, given a statement and the component."""

    def build(statement):
        state(statement, statement.component(Counter))

    return Proof("counter", (Counter,), build, parameters={}, small={}, **{"reach": 5, **options})


def judge(proof, directory):
    return prove.prove(proof, Tools(60), directory)


# --- What there is ---


def test_every_component_has_a_proof():
    proved = {component for proof in PROOFS.values() for component in proof.components}
    assert [name for name, component in verilog.components().items() if component not in proved] == []


def streams(component):
    """Names of the streams that a component offers, those of an array with their numbers."""
    for path, member in component.signature.members.flatten():
        # A stream that is always taken has no rules, and neither has a tap.
        if path[-1] == "valid" and member.flow is Out and (*path[:-1], "ready") in dict(
            component.signature.members.flatten()
        ):
            yield path[0] + "".join(f"[{n}]" for n in path[1:-1])


@pytest.mark.parametrize("name", PROOFS)
def test_every_stream_of_the_component_has_its_rules_proved(name):
    proof = PROOFS[name]
    if len(proof.components) > 1:
        return
    made = []
    component = proof.components[0]
    original = component.__init__

    statement = proof.statement()
    statement.text()
    del made, original
    claimed = {words.partition(": ")[0] for words in statement.claims if "what is offered stays" in words}
    assert set(offered_streams(statement, component)) <= claimed


@pytest.mark.parametrize("name", PROOFS)
def test_proof_has_claims_covers_and_planted_bugs(name):
    proof = PROOFS[name]
    statement = proof.statement()
    statement.text()
    assert statement.claims
    assert statement.covers
    assert len(set(statement.claims)) == len(statement.claims)
    assert proof.planted
    for bug in proof.planted.values():
        assert bug.broken


def test_page_says_what_is_proved():
    text = (Path(__file__).parents[1] / "docs/proofs.md").read_text()
    assert text == page(PROOFS), "write it anew: python -m tests.formal --page docs/proofs.md"
