"""A bench: a design, and the cases that it must stand. Each case is a stimulus and a check of the trace.

Neither knows a simulator, so that the same cases judge a component, a netlist, a mutant, and what a student wrote.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from sim.bench.run import Build, Design, choose
from sim.bench.trace import Stimulus

__all__ = ["Bench", "Case"]


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

    def failures(self, simulator="auto"):
        """What the design did wrong, by name of the case."""
        found = {}
        for name in self.cases:
            try:
                self.check(name, simulator)
            except AssertionError as difference:
                found[name] = str(difference)
        return found
