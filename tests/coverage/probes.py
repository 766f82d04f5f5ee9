"""A component with probes: one for each of its statements and branches, so that a simulator can count them by line.

Yosys writes Verilog in which a statement has lost its place in the source. So each gets a probe while that is known: a
signal that is high wherever the statement has its turn. In the text each probe is looked at at every clock edge outside
reset, by an ``if`` on a line of its own, which is what Verilator's line coverage counts. The probes drive nothing.
Statements outside any branch have their turn always and need none.
"""

import re
from pathlib import Path
from typing import NamedTuple

from amaranth.back import verilog
from amaranth.hdl import Elaboratable, Fragment, Signal

# What a module is made of has no public name.
from amaranth.hdl._ast import Assign, Switch

from sim.bench.simulators import ROOT

__all__ = ["LINE", "PASSED", "TAKEN", "Place", "Probed", "place_of"]

LINE, TAKEN, PASSED = "line", "taken", "passed by"
"""What is counted: a statement; a branch that is taken; an ``If`` or ``Switch`` of which no branch is."""

PROBE = "coverage_probe_"


class Place(NamedTuple):
    """A line of a source, its file as seen from the root of the project, and what is counted there."""

    file: str
    line: int
    kind: str = LINE


def place_of(src_loc, kind=LINE):
    """The :class:`Place` of what Amaranth says of a source; ``None`` if it is not in :mod:`hdl`."""
    path = Path(src_loc[0])
    if not path.is_relative_to(ROOT / "hdl"):
        return None
    return Place(path.relative_to(ROOT).as_posix(), src_loc[1], kind)


class Probed(Elaboratable):
    """A component, to be elaborated with probes.

    Once :meth:`verilog` was called ``places`` maps the name of each probe to its :class:`Place`, and ``always`` holds
    the places of statements outside any branch.
    """

    def __init__(self, component):
        self._component = component
        self.places = {}
        self.always = set()

    def __getattr__(self, name):
        return getattr(self._component, name)

    def elaborate(self, platform):
        fragment = Fragment.get(self._component, platform)
        self._add(fragment)
        return fragment

    def verilog(self, name):
        """Verilog text with the probes looked at, and the :class:`Place` of each line that does so, by its number."""
        text = verilog.convert(self, name=name)
        lines, found, inside, clocks, resets = [], {}, [], False, False
        for line in text.splitlines():
            if line.startswith("module "):
                inside, clocks, resets = [], False, False
            clocks |= bool(re.fullmatch(r"  input clk;", line))
            resets |= bool(re.fullmatch(r"  input rst;", line))
            if probe := re.fullmatch(rf"  (?:reg|wire) ({PROBE}\d+)(?: = 1'h[01])?;", line):
                inside.append(probe[1])
            if line == "endmodule" and inside:
                # A module without a clock has no moments; whatever it settles at counts.
                lines.append(f"  always {'@(posedge clk)' if clocks else '@*'} begin")
                for probe in inside:
                    lines.append(f"    if ({probe}{' & ~rst' if resets else ''}) begin end")
                    found[len(lines)] = self.places[probe]
                lines.append("  end")
            lines.append(line)
        if missing := len(self.places) - len(found):
            raise ValueError(f"{missing} probes are not in the Verilog text of {name}")
        return "\n".join(lines) + "\n", found

    def _add(self, fragment):
        for domain in list(fragment.statements):
            statements = fragment.statements[domain]
            self.always |= {place_of(each.src_loc) for each in statements if isinstance(each, Assign)} - {None}
            branches = [each for each in statements if isinstance(each, Switch)]
            fragment.add_statements("comb", *self._mirrored(branches))
        for inner, _, _ in fragment.subfragments:
            self._add(inner)

    def _mirrored(self, statements):
        """Statements with the same branches that set probes and nothing else."""
        mirrored, lines = [], set()
        for statement in statements:
            if isinstance(statement, Switch):
                cases = [
                    (patterns, [*self._probe(place_of(source, TAKEN)), *self._mirrored(inner)], source)
                    for patterns, inner, source in statement.cases
                    if source is not None
                ]
                if _may_pass(statement):
                    cases.append((None, [*self._probe(place_of(statement.src_loc, PASSED))], statement.src_loc))
                mirrored.append(Switch(statement.test, cases, src_loc=statement.src_loc))
            elif isinstance(statement, Assign):
                lines.add(place_of(statement.src_loc))
        return [*mirrored, *(probe for place in sorted(lines - {None}) for probe in self._probe(place))]

    def _probe(self, place):
        if place is not None:
            name = f"{PROBE}{len(self.places)}"
            self.places[name] = place
            yield Signal(name=name).eq(1)


def _may_pass(switch):
    """Whether there is a value of which none of its cases is."""
    patterns = [patterns for patterns, _, _ in switch.cases]
    if None in patterns:
        return False
    values = {value for each in patterns for value in each if "-" not in value}
    return len(values) < 2 ** len(switch.test)
