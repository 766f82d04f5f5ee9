"""One component measured: all its benches in Verilator, with what they reached of lines, branches, bits and pairs."""

import os
import re
import signal
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from amaranth.hdl import UnusedElaboratable

from sim.bench.run import SIMULATORS, Build, Design
from tests.coverage.counts import OPTIONS, Bit, read
from tests.coverage.probes import LINE, Probed
from tests.coverage.subjects import SUBJECTS, TABLES
from tests.mutation.subjects import components_of

__all__ = ["Found", "measure", "measured_components", "pairs_reached", "quiet"]


@dataclass
class Found:
    """What the benches of a component reached.

    ``places`` maps each :class:`tests.coverage.probes.Place` to the clocks in which it had its turn, ``None`` for what
    stands outside any branch and has it always; ``bits`` each :class:`tests.coverage.counts.Bit` to how often it rose
    and fell; ``pairs`` each table of functional coverage, by its title, to a counter of ``(state, event)``.
    """

    component: str
    places: dict = field(default_factory=dict)
    bits: dict = field(default_factory=dict)
    pairs: dict = field(default_factory=dict)
    clocks: int = 0
    failed: list = field(default_factory=list)

    @property
    def lines(self):
        """Count of each line that holds a statement."""
        return {place: count for place, count in self.places.items() if place.kind == LINE}

    @property
    def branches(self):
        """Count of each branch, and of each ``If`` or ``Switch`` that was passed by."""
        return {place: count for place, count in self.places.items() if place.kind != LINE}

    def add(self, other):
        """Add what another subject of the same component reached."""
        for place, count in other.places.items():
            old = self.places.get(place, 0)
            self.places[place] = None if None in (old, count) else old + count
        for bit, (rises, falls) in other.bits.items():
            old = self.bits.get(bit, (0, 0))
            self.bits[bit] = (old[0] + rises, old[1] + falls)
        for title, counts in other.pairs.items():
            self.pairs[title] = self.pairs.get(title, Counter()) + counts
        self.clocks += other.clocks


def measured_components():
    """Names of the subjects of each component."""
    return {name: [each.name for each in subjects] for name, subjects in components_of(SUBJECTS.values()).items()}


def pairs_reached(component, bench, traces):
    """Counts of each table of functional coverage of a component, by its title."""
    return {table.title: table.counted(bench, traces) for table in TABLES if table.component == component}


def measure(name):
    """What the benches of a subject reach, as :class:`Found`.

    Raises
    ------
    :exc:`AssertionError`
        If a bench fails: what a wrong design reaches says nothing.
    :exc:`sim.bench.run.SimulatorError`
        If Verilator cannot run, or fails.
    """
    subject = SUBJECTS[name]
    bench = subject.bench
    probed = Probed(bench.design.component)
    text, looked_at = probed.verilog("dut")
    design = Design.of(bench.design.component, bench.design.clk_freq, bench.design.joins, text)
    build = Build(design, SIMULATORS["verilator"], options=OPTIONS)
    stimuli = [case.stimulus for case in bench.cases.values()]

    with tempfile.TemporaryDirectory() as work:
        path = Path(work, "coverage.dat")
        traces = dict(zip(bench.cases, build.run(stimuli, coverage=path), strict=True))
        lines, bits = read(path, text, looked_at)
    for case, trace in traces.items():
        bench.cases[case].check(trace)

    # What is part of it counts where it is at home.
    file = Path(subject.source[0]).name
    places = dict.fromkeys(looked_at.values(), 0) | lines | dict.fromkeys(probed.always)
    return Found(
        subject.component,
        {place: count for place, count in places.items() if Path(place.file).name == file},
        _of_file(bits, text, file),
        pairs_reached(subject.component, bench, traces),
        round(sum(stimulus.until for stimulus in stimuli) * design.clk_freq),
    )


def quiet():
    """Keep Amaranth from wondering about designs that benches of a subject make, and one design is taken for all.

    Ctrl-C ends the process without a word. It is not ignored, as the compilers that it started would do that, too.
    """
    warnings.simplefilter("ignore", UnusedElaboratable)
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))


def _of_file(bits, text, file):
    """The bits of modules that come from a file, but for wires that lead to a part of it and are counted there."""
    source, modules = None, {}
    for line in text.splitlines():
        if attribute := re.fullmatch(r'\(\* src = "(.*):\d+" \*\)', line):
            source = Path(attribute[1]).name
        elif begins := re.match(r"module (\S+?) ?\(", line):
            modules[begins[1].lstrip("\\").partition(".")[2]] = source
    return {
        Bit(_plain(bit.module, modules, file), bit.signal, bit.bit): counts
        for bit, counts in bits.items()
        # Where a name is taken Amaranth adds a number to that of the part's wire.
        if modules[bit.module] == file and not re.search(r"\$\d+$", bit.signal)
    }


def _plain(module, modules, file):
    """A module's place without the wrapper that a bench puts round a component."""
    outer = module.split(".")[0]
    return module.removeprefix(outer).lstrip(".") if modules.get("") != file and modules.get(outer) == file else module
