"""Grading: the project's own blocks and those written otherwise are right, and each mistake is named."""

import importlib
import inspect

import pytest

from sim.bench.simulators import ROOT
from tests.lab.grading import grade
from tests.lab.labs import LABS
from tests.lab.planted import PLANTED, broken
from tests.lab.submission import load, signature_differs
from tests.lab.synchronizer import flip_flops_before_logic
from tests.lab.worker import runner

simulate = runner("amaranth")

# Those whose solution is a block of hdl/; the others have tests of their own.
BLOCK_LABS = {number: LABS[number] for number in PLANTED}

BLOCKS = [(number, name) for number, lab in BLOCK_LABS.items() for name in lab.components]

VARIANTS = [
    (number, name, variant)
    for number, name in BLOCKS
    for module in ("transmitter", "receiver", "thru", "parser", "encoder", "merger")
    for variant in importlib.import_module(f"tests.lab.variants.{module}").VARIANTS
    if issubclass(variant, LABS[number].components[name])
]

# What a reset-less component that is only looked at makes Amaranth warn of.
pytestmark = pytest.mark.filterwarnings("ignore:.* created but never used")


def told(graded):
    """What a grade says, for a test that fails."""
    failed = graded.first_failed
    return graded.error or (failed and f"{failed.name}: {failed.case.title}: {failed.complaint}")


@pytest.mark.parametrize(("number", "name"), BLOCKS)
def test_the_block_in_hdl_is_the_solution(number, name):
    lab = LABS[number].alone(name)
    graded = grade(lab, lab.components, simulate)
    assert graded.percent == 100, told(graded)
    assert graded.mistake is None


@pytest.mark.parametrize(("number", "name", "variant"), VARIANTS, ids=lambda value: getattr(value, "__name__", None))
def test_a_block_that_is_written_otherwise_is_right_too(number, name, variant):
    graded = grade(LABS[number].alone(name), {name: variant}, simulate)
    assert graded.percent == 100, told(graded)


def test_there_are_enough_variants_and_mistakes():
    assert len(VARIANTS) >= 20
    assert len({(number, row.mistake) for number, rows in PLANTED.items() for row in rows}) >= 20


@pytest.mark.parametrize("number", BLOCK_LABS)
def test_each_mistake_has_a_name_of_its_own_and_each_tier_a_hint(number):
    lab = LABS[number]
    exact = [mistake.name for mistake in lab.mistakes if not mistake.fallback]
    assert len(exact) == len(set(exact))
    assert all(tier.hints for tier in lab.tiers)
    assert len({tier.name for tier in lab.tiers}) == len(lab.tiers)
    assert all(len({case.unit.component for case in tier.cases}) == 1 for tier in lab.tiers)
    assert lab.checks.keys() <= {tier.name for tier in lab.tiers}


# --- Starters ---


@pytest.mark.parametrize("number", BLOCK_LABS)
def test_a_starter_is_the_block_with_its_body_taken_out(number):
    lab = LABS[number]
    classes = load(lab, ROOT / lab.starter)
    text = (ROOT / lab.starter).read_text(encoding="utf-8")
    assert text.count("# TODO") == len(classes)
    for name, component in classes.items():
        solution = lab.components[name]
        assert not signature_differs(component, solution)
        assert inspect.getdoc(component) == inspect.getdoc(solution)
        for unit in lab.units:
            if unit.component == name:
                assert unit.make(component).signature.members == unit.make(solution).signature.members
        assert component.elaborate is not solution.elaborate


@pytest.mark.parametrize("number", BLOCK_LABS)
def test_a_starter_fails(number):
    lab = LABS[number]
    graded = grade(lab, load(lab, ROOT / lab.starter), simulate)
    assert graded.percent == 0
    assert "drives nothing" in graded.error


def test_a_signature_that_differs_is_found():
    class Other:
        def __init__(self, clk_freq, speed):
            pass

    assert "parameters" in signature_differs(Other, LABS[1].components["Transmitter"])


# --- What else is looked at ---


@pytest.mark.parametrize(
    ("number", "name", "pin", "passed"),
    [(4, "DirectThru", "level_in", 0), (4, "StoredThru", "level_in", 2), (4, "RetimedThru", "level_in", 2),
     (2, "Receiver", "level", 0)],
)  # fmt: skip
def test_the_synchronizer_is_found_in_the_netlist(number, name, pin, passed):
    assert flip_flops_before_logic(LABS[number].components[name](500e3), pin) == passed


def test_no_tier_counts_before_the_first_one_passes():
    rows = [row for row in PLANTED[2] if row.mistake == "reversed bits"]
    graded = grade(LABS[2], {"Receiver": broken(rows[0])}, simulate)
    assert any(tier.passed for tier in graded.tiers)
    assert graded.percent == 0


def test_what_is_shown_first_is_of_a_block_that_is_begun():
    """Blocks of a lab may be written in any order."""
    lab, [mistake, *_] = LABS[4], [row for row in PLANTED[4] if row.component == "RetimedThru"]
    begun = load(lab, ROOT / lab.starter) | {"RetimedThru": broken(mistake)}
    graded = grade(lab, begun, simulate)
    assert graded.first_failed.component == "RetimedThru"
    assert graded.mistake.name == mistake.mistake
    done = load(lab, ROOT / lab.starter) | {"RetimedThru": lab.components["RetimedThru"]}
    assert grade(lab, done, simulate).first_failed.component == "DirectThru"
