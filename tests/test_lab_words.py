"""Words for one who knows Python and no Amaranth: what a line of theirs does, or why it does nothing."""

import inspect
from types import SimpleNamespace

import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring

from sim.bench.simulators import ROOT
from tests.lab.driven import driven_input
from tests.lab.in_words import TABLE, advice
from tests.lab.labs import LABS
from tests.lab.too_narrow import too_narrow
from tests.lab.without_effect import without_effect
from tests.lab.worker import judged

SLIPS = {
    "old.eq(self.level)": "line 4 does nothing: it must be m.d.sync += old.eq(self.level)",
    "m.If(self.level)": "line 4 does nothing: it must be with m.If(self.level):",
    "self.level == 0": "line 4 does nothing: self.level == 0 compares",
    "self.bytes.valid = old": "line 4 gives a name in Python and drives nothing: it must be m.d.comb += self.bytes",
    "self.level = old": "line 4 gives a name in Python",
    'next = "DATA"': "line 4 changes no state: it must be m.next",
    "old = Signal(8)\n        with m.If(x):\n            old = old + 1": "line 6 drives nothing, = and += are Python's",
    "old = Signal(8)\n        with m.If(x):\n            old += 1": "line 6 drives nothing, = and += are Python's",
}


def slips(tmp_path, line):
    path = tmp_path / "lab.py"
    begin = 'class R:\n    def __init__(self): super().__init__({"level": 1, "bytes": 2})\n'
    path.write_text(f"{begin}    def elaborate(self, platform):\n        {line}\n", encoding="utf-8")
    return without_effect(path)


@pytest.mark.parametrize("line", SLIPS)
def test_a_line_that_does_nothing_is_found(line, tmp_path):
    (found,) = slips(tmp_path, line)
    assert found.startswith(SLIPS[line])


@pytest.mark.parametrize(
    "line",
    [
        "m.d.sync += old.eq(1)",
        "rows.append(old.eq(1))",
        "with m.If(x): pass",
        'm.next = "DATA"',
        "self.counter = Signal(8)",
        "parity = Signal()\n        for n in range(8):\n            parity = parity ^ x[n]",
        "old = Signal(8)\n        with m.If(x):\n            later = old + 1",
    ],
)
def test_a_line_that_does_something_is_none(line, tmp_path):
    assert slips(tmp_path, line) == []


@pytest.mark.parametrize("path", sorted((ROOT / "hdl").glob("*.py")), ids=lambda path: path.stem)
def test_the_project_s_own_blocks_have_no_line_without_effect(path):
    assert without_effect(path) == []


class _Narrow(wiring.Component):
    """A counter of four bits, and what is done to it in one line."""

    def __init__(self, line):
        self.line = line
        super().__init__({"level": wiring.In(1), "high": wiring.Out(1)})

    def elaborate(self, platform):
        m = Module()
        names = {"m": m, "self": self, "count": Signal(4, name="count"), "level": Signal(signed(3), name="level")}
        exec(compile(self.line, "lab.py", "exec"), names)
        return m


NARROW = {
    "m.d.sync += count.eq(16)": ["line 1 puts 16 into count, which holds 0 to 15: it becomes 0"],
    "with m.If(self.level):\n  m.d.sync += count.eq(17)": [
        "line 2 puts 17 into count, which holds 0 to 15: it becomes 1"
    ],
    "m.d.sync += level.eq(4)": ["line 1 puts 4 into level, which holds -4 to 3: it becomes -4"],
    "with m.If(self.level & (count == 16)):\n  m.d.sync += count.eq(0)": [
        "line 1 compares count, which holds 0 to 15, with 16: they are never equal"
    ],
    "m.d.comb += self.high.eq(count == 99)": [
        "line 1 compares count, which holds 0 to 15, with 99: they are never equal"
    ],
    "m.d.sync += count.eq(15)": [],
    "m.d.sync += count.eq(-1)": [],
    "m.d.sync += count.eq(count + 16)": [],
    "with m.If(count == 15):\n  m.d.sync += level.eq(3)": [],
}


@pytest.mark.parametrize("line", NARROW)
def test_a_number_that_does_not_fit_is_found(line):
    assert too_narrow(_Narrow(line), "lab.py") == NARROW[line]


def test_an_input_that_is_driven_is_found_wherever_it_is():
    assert driven_input(_Narrow("m.d.sync += self.high.eq(1)")) is None
    line = "with m.If(self.high):\n  with m.If(self.high):\n    m.d.sync += self.level.eq(1)"
    assert driven_input(_Narrow(line)) == ("level", "lab.py", 3)
    inner = "m.submodules.inner = inner = type(m)()\ninner.d.comb += self.level.eq(1)"
    assert driven_input(_Narrow(inner)) == ("level", "lab.py", 2)


@pytest.mark.parametrize(("number", "name"), [(n, name) for n in (1, 2, 4, 5, 6, 9) for name in LABS[n].components])
def test_the_project_s_own_blocks_hold_their_numbers_and_drive_no_input(number, name):
    unit = next(unit for unit in LABS[number].units if unit.component == name)
    component = LABS[number].components[name]
    path = inspect.getsourcefile(component)
    assert too_narrow(unit.make(component), path) == []
    assert driven_input(unit.make(component)) is None


AMARANTH = {
    "if self.level: pass": "with m.If",
    "not self.level": "with m.If",
    "m.d.sync += self.level == 1": "x.eq(y) drives x",
    "m.d.sync += a.eq(1); m.d.comb += a.eq(1)": "one domain",
    "a[b]": "bit_select",
    "m.d.sync += a.eq(16 / 2)": "// divides",
    "connect(m, a, b)": "a wire is m.d.comb",
    "(1).eq(a)": "Signal(8) makes one",
    "if m.If(a): pass": "with m.If(...) is hardware's",
    "m.next = 'X'": "with m.FSM()",
    "m.next": "never read",
}


@pytest.mark.parametrize("line", AMARANTH)
def test_what_amaranth_says_leads_to_what_to_do(line):
    names = {}
    exec("from amaranth.hdl import Module, Signal\nfrom amaranth.lib.wiring import connect\n", names)
    names["m"] = names["Module"]()
    names |= {"a": names["Signal"](8), "b": names["Signal"](8), "self": SimpleNamespace(level=names["Signal"]())}
    assert AMARANTH[line] in advice(_raised(line, names))


def _raised(line, names):
    try:
        exec(line, names)
    except Exception as error:
        # Amaranth has exceptions of its own that no module gives out.
        return f"{type(error).__name__}: {error}"
    return pytest.fail(f"{line} must raise")


def test_every_row_of_the_table_is_reachable():
    assert len({words for _, words in TABLE}) == len(TABLE)
    assert not advice("KeyError: 'x'")


@pytest.mark.filterwarnings("ignore:.* created but never used")
def test_a_number_that_does_not_fit_is_told_beside_the_mistake(tmp_path):
    text = (ROOT / "hdl" / "transmitter.py").read_text(encoding="utf-8")
    line = "        small = Signal(4)\n        m.d.sync += small.eq(16)\n"
    path = tmp_path / "lab1.py"
    for body in (text.replace("~self.bytes.payload)", "~self.bytes.payload[::-1])"), text.replace("16 + 8", "16 + 3")):
        path.write_text(body.replace("        m = Module()\n", f"        m = Module()\n{line}"), encoding="utf-8")
        grade = judged({"lab": 1, "path": str(path), "megabytes": 0, "simulator": "amaranth", "waves": ""})
        assert "puts 16 into small, which holds 0 to 15: it becomes 0." in grade["mistake"]["text"]
