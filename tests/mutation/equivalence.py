"""Whether a mutant can be told from its component at all, whatever comes in.

Both stand side by side with the same inputs, and it is asserted that all outputs are the same. ABC, which is a part of
Yosys, then either finds inputs for which they are not, or an inductive invariant that forbids it: for any length of
time, from power-up on, and with a reset at any moment. Taken for granted is what every bench keeps to: what a stream
offers stays until it is taken; a reset lasts six clocks or more, all inputs are idle meanwhile, and nobody looks at the
outputs.
"""

import re
from contextlib import suppress
from typing import NamedTuple

from sim.bench.cache import folder
from tests.formal.prove import ToolError
from tests.mutation.mutants import prepare

__all__ = ["DIFFERENT", "EQUIVALENT", "UNDECIDED", "Answer", "compare"]

EQUIVALENT, DIFFERENT, UNDECIDED = "equivalent", "different", "undecided"

SECONDS = 240
"""How long ABC may look for an invariant."""

RESET = 6
"""Clocks that a reset lasts, or more; :mod:`sim.bench.inside`."""

GATES = (
    "prep -flatten -top top; async2sync; opt; techmap; simplemap; dffunmap; simplemap; aigmap; opt_clean; "
    "setundef -undriven -zero; write_aiger -zinit -map top.map top.aig"
)

# Registers that are always the same in both are merged first; then little is left to be found. ABC prints nothing that
# could be read from here, but leaves a file for either end.
ABC = (
    f"+read_aiger,top.aig;fold;strash;scorr;write_aiger,left.aig;pdr,-T,{SECONDS},-d,-I,invariant;write_cex,-n,example"
)

# ABC runs inside of Yosys alone, for a module that is to be optimised; it reads another in its place.
PLACEHOLDER = "module placeholder(input a, b, output y); assign y = a & b; endmodule\n"


class Answer(NamedTuple):
    """What the solver says of a mutant; ``words`` say how it was shown."""

    outcome: str
    words: str


def compare(subject, text, mutant, tools):
    """The :class:`Answer` for a mutant of a subject whose RTLIL is ``text``; ``tools`` run Yosys."""
    with folder("equivalence-") as work:
        (work / "base.il").write_text(text)
        (work / "top.v").write_text("\n".join(_top(subject.bench.design, text)))
        (work / "placeholder.v").write_text(PLACEHOLDER)
        try:
            tools.yosys(_side_by_side(subject, mutant), work)
            # Yosys misses what it was to read back, and says so.
            with suppress(ToolError):
                tools.yosys(f"read_verilog placeholder.v; prep; techmap; abc -script {ABC}", work)
        except TimeoutError:
            return Answer(UNDECIDED, f"no answer in {tools.timeout:g} s")
        return _answer(work)


def _answer(work):
    if (example := work / "example").exists():
        return Answer(DIFFERENT, _told(example.read_text(), (work / "top.map").read_text()))
    # A header, and the first output, of which 0 says that it is never high.
    header, output = (work / "left.aig").read_bytes().split(b"\n")[:2]
    if header.split()[4:] == [b"1", b"0"] and output == b"0":
        return Answer(EQUIVALENT, "each register and gate is the same as in the component, or makes no difference")
    text = (work / "invariant").read_text() if (work / "invariant").exists() else ""
    if not text.startswith("# Inductive invariant"):
        return Answer(UNDECIDED, f"no invariant was found in {SECONDS} s")
    clauses = next(line.split()[1] for line in text.splitlines() if line.startswith(".p "))
    return Answer(EQUIVALENT, f"by an inductive invariant of {clauses} clauses")


def _told(example, names):
    """Inputs that make a difference: clock by clock, those that are not 0."""
    places = {}
    for line in names.splitlines():
        if line.startswith("input "):
            _, number, bit, name = line.split()
            places[int(number)] = name, int(bit)
    clocks = [{} for _ in range(int(re.search(r"LENGTH: (\d+)", example)[1]))]
    for number, clock in re.findall(r"^pi0*(\d+)@(\d+)=1", example, re.MULTILINE):
        # What is no input is what a memory shows at power-up, which nobody knows.
        name, bit = places.get(int(number), ("power-up", int(number)))
        inputs = clocks[int(clock)]
        inputs[name] = inputs.get(name, 0) | 1 << bit
    told = "; ".join(" ".join(f"{name}={value:x}" for name, value in inputs.items()) or "-" for inputs in clocks)
    return f"in clock {len(clocks)}, by {told}"


def _side_by_side(subject, mutant):
    """What makes gates of a component, its mutant, and what is asserted of them."""
    start = f"{prepare(subject)}; design -save base"
    one = "flatten; memory_collect; memory_map"
    return (
        f"{start}; {one}; rename dut gold; write_rtlil gold.il; design -load base; mutate {mutant.options}; {one}; "
        "rename dut gate; write_rtlil gate.il; design -reset; read_rtlil gold.il; read_rtlil gate.il; "
        f"read_verilog -formal top.v; hierarchy -top top; {GATES}"
    )


def _top(design, text):
    """Verilog of both side by side."""
    # A component without registers has neither clock nor reset.
    absent = {name for name in ("clk", "rst") if not re.search(rf"\binput \d+\s+\\{name}\b", text)}
    inputs = {"clk": 1, "rst": 1} | {name: width for name, (width, _) in design.pins_in.items()}
    outputs = {name: width for name, (width, _) in design.pins_out.items()}
    for name, width in design.streams_in.items():
        inputs |= {f"{name}__valid": 1, f"{name}__payload": width}
        outputs[f"{name}__ready"] = 1
    for name, width in design.streams_out.items():
        inputs[f"{name}__ready"] = 1
        outputs |= {f"{name}__valid": 1, f"{name}__payload": width}
    for name, width in design.taps.items():
        outputs |= {f"{name}__valid": 1, f"{name}__payload": width}
    yield f"module top({', '.join(f'input [{width - 1}:0] {name}' for name, width in inputs.items())});"
    for side in ("gold", "gate"):
        for name, width in outputs.items():
            yield f"  wire [{width - 1}:0] {side}_{name};"
        joined = [f".{name}({name})" for name in inputs if name not in absent] + [
            f".{name}({side}_{name})" for name in outputs
        ]
        yield f"  {side} {side}({', '.join(joined)});"
    # One assertion for all: of several, ABC would look at the first that fails.
    same = " & ".join(_same(name, outputs) for name in outputs)
    yield f"  always @* assert (rst | ({same}));"
    idle = {name: value for name, (_, value) in design.pins_in.items()}
    idle |= {f"{name}__valid": 0 for name in design.streams_in}
    yield "  reg [2:0] resetting = 0;"
    yield f"  always @(posedge clk) resetting <= ~rst ? 0 : resetting == {RESET} ? {RESET} : resetting + 1;"
    yield f"  always @* assume (rst | resetting == 0 | resetting == {RESET});"
    for name, value in idle.items():
        yield f"  always @* assume (~rst | {name} == {value});"
    for name, width in design.streams_in.items():
        yield from _offer_stays(name, width, f"gold_{name}__ready")
    yield "endmodule\n"


def _same(name, outputs):
    # A payload is nobody's business while it is not valid.
    stream, _, part = name.rpartition("__")
    meant = f"~gold_{stream}__valid | " if part == "payload" and f"{stream}__valid" in outputs else ""
    return f"({meant}gold_{name} == gate_{name})"


def _offer_stays(name, width, ready):
    """Verilog that takes for granted what every source keeps to."""
    yield f"  reg {name}_waits = 0;"
    yield f"  reg [{width - 1}:0] {name}_offered = 0;"
    yield f"  always @(posedge clk) {name}_waits <= {name}__valid & ~{ready} & ~rst;"
    yield f"  always @(posedge clk) {name}_offered <= {name}__payload;"
    yield f"  always @* assume (~{name}_waits | {name}__valid & ({name}__payload == {name}_offered));"
