"""A bench: a design, and the cases that it must stand. Each case is a stimulus and a check of the trace.

Neither knows a simulator, so that the same cases judge a component, a netlist, a mutant, and what a student wrote.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from sim.bench.run import Build, Design, choose
from sim.bench.trace import Stimulus

__all__ = ["FIRST", "Bench", "Case"]

FIRST, GROWTH = 15_000, 6
"""Clocks of the first run of :meth:`Bench.runs`, and how many times longer each run is than the one before."""


class Case(NamedTuple):
    """What is done to a design; and ``check(trace)``: raises :exc:`sim.bench.trace.Difference` if it did wrong."""

    stimulus: Stimulus
    check: Callable


@dataclass(eq=False)
class Bench:
    """Cases by name, each a sentence, for one design."""

    design: Design
    cases: dict = field(default_factory=dict)

    @cache  # noqa: B019 -- a bench lives as long as the program, and its one run serves all its cases.
    def traces(self, simulator="auto"):
        """What the design did in each case, by name; all in one run of the simulator."""
        stimuli = [case.stimulus for case in self.cases.values()]
        clocks = self.design.clk_freq * sum(stimulus.until for stimulus in stimuli)
        edges = sum(
            len(events) for s in stimuli for events in (*s.levels.values(), *s.ready.values(), *s.streams.values())
        )
        build = Build(self.design, choose(simulator, self.design, clocks, edges))
        return dict(zip(self.cases, build.run(stimuli), strict=True))

    def check(self, name, simulator="auto"):
        """Raise :exc:`sim.bench.trace.Difference` if the design did wrong in the case called ``name``."""
        self.cases[name].check(self.traces(simulator)[name])

    def only(self, *names):
        """The bench with these cases alone."""
        return Bench(self.design, {name: self.cases[name] for name in names})

    def runs(self):
        """Names of the cases in runs of the simulator, short ones first: few broken designs come through those."""
        clocks = {name: case.stimulus.until * self.design.clk_freq for name, case in self.cases.items()}
        runs, limit, total = [[]], FIRST, 0
        for name in sorted(clocks, key=clocks.get):
            if runs[-1] and total + clocks[name] > limit:
                runs.append([])
                limit, total = limit * GROWTH, 0
            runs[-1].append(name)
            total += clocks[name]
        return [[name for name in self.cases if name in run] for run in runs]

    def fails(self, simulator="auto"):
        """Whether the design does wrong in any case; no more of them are run than it takes to know."""
        return any(self.only(*names).failures(simulator) for names in self.runs())

    def failures(self, simulator="auto"):
        """What the design did wrong, by name of the case."""
        found = {}
        for name in self.cases:
            try:
                self.check(name, simulator)
            except AssertionError as difference:
                found[name] = str(difference)
        return found
