"""The mutants of a subject: all that Yosys can make, those that are drawn, and their Verilog.

Yosys names cells by number, which another line in the source would change. So a mutant is named by what a reader can
find: the text of its source line, which cell of that line, which bit of which port, and what was done to it.
"""

import json
import linecache
import random
import re
from pathlib import Path
from typing import NamedTuple

from amaranth.back import rtlil

from sim.bench.cache import folder
from sim.bench.simulators import ROOT

__all__ = ["Mutant", "all_mutants", "base", "draw", "prepare", "write"]

MODES = {
    "inv": "is inverted",
    "const0": "is stuck at 0",
    "const1": "is stuck at 1",
    "cnot0": "is inverted while bit {} is 0",
    "cnot1": "is inverted while bit {} is 1",
}
"""What Yosys can do to a bit of a port, in words; the last two name another bit of the same port."""

NO_LOGIC = {("dff", "CLK"), ("memrd_v2", "CLK"), ("memwr_v2", "CLK"), ("", "clk")}
"""Kinds of cells, none for an instance, and ports at which a fault is one of the clock and not of the logic."""

ALL = 1_000_000
"""More than any component has; Yosys draws so many, and warns."""


class Mutant(NamedTuple):
    """One fault in a component.

    ``place`` is the source file and line, ``line`` the text there; ``cell`` a kind of cell, with its number among those
    of that kind at that line; ``port`` the port and bit; ``mode`` a key of :data:`MODES`, perhaps with the other bit.
    ``options`` is what Yosys must be told, and is good for this version of the source and of Yosys alone.
    """

    subject: str
    place: str
    line: str
    cell: str
    port: str
    mode: str
    options: str

    @property
    def name(self):
        """What it is known by for as long as its source line stays what it is."""
        return " | ".join(self[:1] + self[2:6])

    @property
    def text(self):
        """What is wrong with it, in words."""
        mode, _, other = self.mode.partition(" ")
        return f"{self.cell} {self.port} {MODES[mode].format(other)}"


def prepare(subject):
    """What Yosys is to do to the text of a design before it is mutated."""
    # A wire from an input to an output has no cell that could be mutated, but for this one.
    return "; ".join(
        ("read_rtlil base.il; hierarchy -top dut; proc; opt_clean", *(f"insbuf dut/w:{name}" for name in subject.wires))
    )


def base(subject):
    """The design of a subject as RTLIL, with source lines."""
    return rtlil.convert(subject.bench.design.component, name="dut")


def all_mutants(subject, tools, text=None):
    """Every mutant of a subject that Yosys can make, in a fixed order."""
    with folder("mutants-") as work:
        (work / "base.il").write_text(text or base(subject))
        tools.yosys(f"{prepare(subject)}; write_json base.json; mutate -list {ALL} -o list", work)
        modules = json.loads((work / "base.json").read_text())["modules"]
        found = [_options(line) for line in (work / "list").read_text().splitlines()]
    cells = _Cells(subject, modules)
    mutants = {}
    for options, line in found:
        if mutant := cells.mutant(options, line):
            # The same fault can be met from both ends of a wire; the same name is the same fault.
            mutants.setdefault(mutant.name, mutant)
    return list(mutants.values())


def draw(mutants, count, seed):
    """``count`` of the mutants, at random, but from every source line one before from any line two."""
    rng = random.Random(f"{seed} {mutants[0].subject}" if mutants else seed)
    lines = {}
    for mutant in mutants:
        lines.setdefault(mutant.place, []).append(mutant)
    groups = list(lines.values())
    for group in groups:
        rng.shuffle(group)
    drawn = []
    while len(drawn) < min(count, len(mutants)):
        rng.shuffle(groups)
        drawn += [group.pop() for group in groups if group]
    return drawn[:count]


def write(subject, text, mutants, tools):
    """The Verilog of a design, given as RTLIL, and of each mutant: a list, the unharmed design first."""
    with folder("mutants-") as work:
        (work / "base.il").write_text(text)
        script = [prepare(subject), "design -save base", "write_verilog -noattr 0.v"]
        for n, mutant in enumerate(mutants, start=1):
            script += ["design -load base", f"mutate {mutant.options}"]
            if mutant.cell.startswith("pmux."):
                # Where a fault selects two of its inputs, Verilog would take the first; gates, and so the solver, join
                # them.
                script.append("techmap t:$pmux")
            script.append(f"write_verilog -noattr {n}.v")
        (work / "script.ys").write_text("\n".join("\n".join(script).split("; ")))
        tools.yosys("script script.ys", work)
        return [(work / f"{n}.v").read_text() for n in range(len(mutants) + 1)]


def _options(line):
    """What a line of ``mutate -list`` says: its options by name, with all source lines in one list; and the line."""
    options = {"src": []}
    for key, value in re.findall(r"-(\w+) (\S+)", line.removeprefix("mutate ")):
        if key == "src":
            options["src"].append(value)
        else:
            options[key] = value
    return options, re.sub(r" -(src|wire|wirebit) \S+", "", line).removeprefix("mutate ")


class _Cells:
    """The cells of a design, and which of them are the subject's own."""

    def __init__(self, subject, modules):
        self.subject = subject
        self.file, class_name = subject.source
        self.head = next(
            f"{self.file}:{number}"
            for number, line in enumerate(Path(self.file).read_text().splitlines(), start=1)
            if line.startswith(f"class {class_name}(")
        )
        self.modules = modules
        self.numbers = {}
        self.own = {}
        for module in sorted(modules):
            self.own[module] = self._is_own(module)

    def _is_own(self, module):
        """A module is that of the file its cells come from; one of a library belongs to where it is used."""
        sources = [source for cell in self._cells(module) for source in _sources(cell)]
        ours = {source.rpartition(":")[0] for source in sources if _is_ours(source)}
        if ours:
            return self.file in ours
        return self.own.get(module.rpartition(".")[0], True)

    def _cells(self, module):
        return self.modules[module]["cells"].values()

    def mutant(self, options, line):
        """The :class:`Mutant`, or ``None`` if it is no logic, or in a part that is a component of its own."""
        module, cell, port = options["module"], options["cell"], options["port"]
        around = module == "dut" and cell == "component" and "dut.component" in self.modules
        if not (self.own[module] or around):
            return None
        found = self.modules[module]["cells"][cell]
        kind = found["type"].removeprefix("$") if found["type"].startswith("$") else ""
        # What a memory begins with is no logic either, and Yosys does not let it be changed.
        if (kind, port) in NO_LOGIC or kind.startswith("meminit"):
            return None
        # Of a bit that is constant there is one mutant, its inverse; the others are that again, or none.
        if isinstance(found["connections"][port][int(options["portbit"])], str) and options["mode"] != "inv":
            return None
        place = self._place(module, cell, options["src"])
        if len(found["connections"][port]) > 1:
            port += f"[{options['portbit']}]"
        # Numbers of Amaranth, which mean nothing.
        port = re.sub(r"\$\d+", "", port)
        mode = f"{options['mode']} {options['ctrlbit']}" if "ctrlbit" in options else options["mode"]
        path, _, number = place.rpartition(":")
        text = linecache.getline(path, int(number)).strip()
        named = self._numbered(place, kind, (module, cell)) if kind else f"instance {cell}"
        return Mutant(self.subject.name, f"{_short(path)}:{number}", text, named, port, mode, line)

    def _place(self, module, cell, sources):
        """The line of the component, or else of a library, that a cell comes from; or else where the class begins."""
        sources = [*self._sources(module, cell), *sources]
        inside = [source for source in sources if source.startswith(f"{self.file}:")]
        # In a part that is a library's all lines are.
        library = [source for source in sources if not _is_ours(source)]
        is_library = not any(_is_ours(source) for found in self._cells(module) for source in _sources(found))
        return (inside or (library if is_library else ()) or [self.head])[0]

    def _sources(self, module, cell):
        """Where a cell comes from or, if nothing says so, what is next on the way of its output."""
        cells, seen = self.modules[module]["cells"], {cell}
        front = [cell]
        while front:
            if sources := [source for name in front for source in _sources(cells[name])]:
                return sources
            bits = {bit for name in front for bit in cells[name]["connections"].get("Y", ())}
            front = [name for name in cells if name not in seen and bits & _inputs(cells[name])]
            seen.update(front)
        return []

    def _numbered(self, place, kind, cell):
        """A kind of cell with the number of this one among those at the same line."""
        cells = self.numbers.setdefault((place, kind), {})
        return f"{kind}.{cells.setdefault(cell, len(cells))}"


def _inputs(cell):
    return {bit for port, bits in cell["connections"].items() if port not in ("Y", "Q", "DATA") for bit in bits}


def _sources(cell):
    return list(filter(None, cell["attributes"].get("src", "").split("|")))


def _is_ours(path):
    """Whether a source is the project's, not a library's, which may be installed in a folder below it."""
    path = Path(path)
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


def _short(path):
    """A path from the root of the project, or of the library."""
    path = Path(path)
    if _is_ours(path):
        return str(path.relative_to(ROOT))
    return "/".join(path.parts[path.parts.index("amaranth") :])
