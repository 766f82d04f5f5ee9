"""What the teacher's guide says of variants: each recipe, done in memory, leaves a lab that its solution passes.

Each entry is the file that is changed and what stands there now and then; the guide must name the file and what is
changed in it.
"""

import importlib
import importlib.abc
import importlib.machinery
import re
import sys
from contextlib import contextmanager

import pytest

from sim.bench.simulators import ROOT

pytestmark = pytest.mark.filterwarnings("ignore:.* created but never used")

GUIDE = (ROOT / "docs" / "labs" / "teacher.md").read_text(encoding="utf-8").split("## Variants")[1].split("\n## ")[0]

BAUD = {"tests.lab.wire": [("BAUD = edges.BAUD", "BAUD = 38_400")]}
CLOCK = {"tests.lab.wire": [("CLK_FREQ = 500e3", "CLK_FREQ = 750e3")]}
FRAME = {
    "tests.lab.wire": [("for n in range(8)), 1]", "for n in range(8)), 1, 1]")],
    "sim.model.edges": [("for k in range(8)), 1)):", "for k in range(8)), 1, 1)):")],
}
PART = {
    "tests.lab.lab_optocoupler": [
        ("LOWS = ((BIT, 2e-6, 10e-6),", "LOWS = ((BIT, 1e-6, 4e-6),"),
        ("(2e-6, 5e-6, 0.0, BIT),", "(1e-6, 4e-6, 0.0, BIT),"),
    ]
}
INSTRUMENT = {
    "tests.lab.lab_instrument": [
        ("IN_TUNE = 2.0", "IN_TUNE = 5.0"),
        ("def scale(notes=(69, 84, 91, 98, 106)", "def scale(notes=(81, 93)"),
        ("def _last_note():", "def _last_note():"),
    ]
}


class _Loader(importlib.machinery.SourceFileLoader):
    """A module with parts of its text replaced."""

    def __init__(self, name, path, changes):
        super().__init__(name, path)
        self.changes = changes

    def get_code(self, fullname):
        source = self.get_data(self.path).decode("utf-8")
        for right, wrong in self.changes:
            assert source.count(right) == 1, f"{fullname} must have {right!r} once for the recipe to be done"
            source = source.replace(right, wrong)
        return compile(source, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, changes):
        self.changes = changes

    def find_spec(self, name, path, target=None):
        if name not in self.changes:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        spec.loader = _Loader(name, spec.origin, self.changes[name])
        return spec


@contextmanager
def changed(changes):
    """Import the grader anew, with these changes; behind it all is as it was."""
    ours = re.compile(r"(sim|tests)\.(lab|model|bench_\w+)(\.|$)")
    kept = {name: module for name, module in sys.modules.items() if ours.match(name)}
    finder = _Finder(changes)
    for name in kept:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        yield importlib.import_module
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if ours.match(name)]:
            del sys.modules[name]
        sys.modules.update(kept)
        # A package knows its modules by attributes, too.
        for name, module in kept.items():
            package, _, last = name.rpartition(".")
            setattr(sys.modules[package], last, module)


def test_what_is_changed_is_in_the_guide():
    for changes in (BAUD, CLOCK, FRAME, PART, INSTRUMENT):
        for module, replaced in changes.items():
            assert f"`{module.replace('.', '/')}.py`" in GUIDE
            for right, _ in replaced:
                # The name of what is changed: that of a constant or a function.
                name = re.match(r"(?:def )?([A-Za-z_]\w+)", right)
                assert name is None or name[1] == "for" or f"`{name[1]}" in GUIDE, right


@pytest.mark.parametrize("changes", [CLOCK, BAUD], ids=["another clock", "another baud rate"])
@pytest.mark.parametrize(("module", "component"), [("transmitter", "Transmitter"), ("receiver", "Receiver")])
def test_the_block_in_hdl_passes_a_variant_in_numbers(changes, module, component):
    with changed(changes) as load:
        lab = load(f"tests.lab.lab_{module}").LAB
        run = load("tests.lab.worker").runner("amaranth")
        graded = load("tests.lab.grading").grade(lab, lab.components, run)
        assert graded.percent == 100, graded.error or str(graded.first_failed.complaint)
        if changes is BAUD:
            unit = lab.units[0]
            assert unit.make(lab.components[component]).divisor == round(unit.clk_freq / 38_400)


@pytest.mark.parametrize(
    ("changes", "module"),
    [(BAUD, "lab_byte"), (FRAME, "lab_byte"), (PART, "lab_optocoupler")],
    ids=["another baud rate", "another frame", "another part"],
)
def test_what_is_asked_follows_from_the_variant(changes, module, tmp_path):
    """Right answers are those of the changed reference, and old ones are wrong where it matters."""
    with changed(changes) as load:
        found = load(f"tests.lab.{module}")
        asked = [each for tier in found.LAB.tiers for each in tier.asked if hasattr(each, "right")]
        for each in asked:
            for arguments in each.arguments:
                each.right(*arguments)
        if changes is FRAME:
            assert found.bits(0x90) == [0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1]
            assert found.byte(found.bits(0x90)) == 0x90
            assert found.byte(found.bits(0x90)[:10]) is None
            assert len(found.sample_times(0.0, 1.0)) == 11
            assert found.line_time(1, 11) == 1
            assert found.read(found._line(b"\x90\x00\xff"), found.BIT) == [0x90, 0x00, 0xFF]
        if changes is BAUD:
            rates = {arguments for each in asked if each.name == "bit_time" for arguments in each.arguments}
            assert (38_400,) in rates


def test_an_instrument_can_be_judged_otherwise():
    with changed(INSTRUMENT) as load:
        lab = load("tests.lab.lab_instrument")
        assert lab.IN_TUNE == 5
        [song] = [case.facts for tier in lab.LAB.tiers for case in tier.cases if tier.name == "in tune"]
        assert [heard.note for heard in song.heard if heard.note] == [81, 93]
