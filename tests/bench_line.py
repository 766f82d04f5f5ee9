"""Bench of :class:`hdl.line.LineInput`.

Each of these bugs was planted in the design, and found: passes a pulse one sample short of the filter; waits one
sample too many; counts samples that are not in a row; does not begin anew behind an edge; has no filter; turns the
line over; has one register instead of two.
"""

import random
from itertools import product

from hdl.line import LineInput
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frame_edges
from sim.model.line import line

BIT = 1 / BAUD

# Each was planted in hdl/line.py and must be found: what it is, the line, and what was put in its place.
PLANTED = {
    "passes a pulse one sample short of the filter": (
        "m.d.sync += wait.eq(self.samples - 2)",
        "m.d.sync += wait.eq(self.samples - 3)",
    ),
    "waits one sample too many": ("m.d.sync += wait.eq(self.samples - 2)", "m.d.sync += wait.eq(self.samples - 1)"),
    "counts samples that are not in a row": ("(pin == self.level) | (wait < 0)", "wait < 0"),
    "does not begin anew behind an edge": ("(pin == self.level) | (wait < 0)", "pin == self.level"),
    "has no filter": ("if not self.samples:", "if True:"),
    "turns the line over": ("self.level.eq(pin)", "self.level.eq(~pin)"),
    "has one register instead of two": (
        "FFSynchronizer(self.pin, pin, init=1)",
        "FFSynchronizer(self.pin, pin, init=1, stages=3)",
    ),
}


def bench(clk_freq, glitch, component=LineInput):
    """The bench for a line input at ``clk_freq`` with a filter for pulses of ``glitch`` seconds."""
    design = Design.of(component(clk_freq, glitch), clk_freq)
    cases = {}
    for name, edges, quiet in stimuli(design.clock, glitch, design.component.samples):
        stimulus = Stimulus(edges[-1][0] + 2 * BIT, {"pin": edges})
        cases[name] = Case(stimulus, checker(stimulus, design.clock, glitch, quiet))
    return Bench(design, cases)


def checker(stimulus, clock, glitch, quiet):
    """The level must be what the model says, to the clock; and must never move, if ``quiet``."""

    def check(trace):
        got = trace.line("level")
        if quiet and got:
            raise Difference(f"level must stay high, but changed at {got[0][0] * 1e6:.3f} us")
        expect_equal("level", got, line(stimulus.levels["pin"], clock, glitch), tolerance=0.25 / clock.freq)

    return check


def stimuli(clock, glitch, samples):
    """Name, edges of the pin, and whether the level must stay high all the time."""
    rng = random.Random(5)
    period = 1 / clock.freq

    # What comes next finds a line that is high, whatever it was before the reset.
    yield "a reset while the line is low", [(BIT, 0)], False

    edges, time = [], BIT
    for byte in rng.randbytes(20):
        edges += frame_edges(time, byte, BIT)
        time += 10 * BIT + rng.random() * BIT
    yield "bytes", edges, False

    if glitch:
        edges = []
        for n in range(40):
            edges += [((n + 1) * BIT + n * period / 41, 0), ((n + 1) * BIT + n * period / 41 + glitch, 1)]
        yield "low pulses as long as the filter leave no trace", edges, True

        edges = [(BIT, 0)]
        for n in range(40):
            edges += [((n + 2) * BIT + n * period / 41, 1), ((n + 2) * BIT + n * period / 41 + glitch, 0)]
        yield "high pulses as long as the filter leave no trace", [*edges, (50 * BIT, 1)], False

        long, lengths = 3 * samples, (1, samples // 2, samples - 1, samples, samples + 1)
        # How long the pin was what the level is when it is another, and for how long it is that.
        pairs = product((samples, samples + 2, 2 * samples), lengths)
        runs, edges, at = [length for pair in pairs for length in (long, *pair, long)], [], 16
        # The second time with the other level, as an odd number of edges comes before it.
        for length in (*runs, long, *runs):
            edges.append((clock.time(at + 0.5), len(edges) % 2))
            at += length
        yield "pulses of every length right behind each other", edges, False

    longest = max(4 * glitch, 12 * period)
    for n in range(3):
        edges, time, level = [], BIT, 1
        for _ in range(400):
            time += rng.uniform(0, longest)
            level = 1 - level
            edges.append((time, level))
        yield f"noise, number {n}", edges, False
