"""Bench of :class:`board.designs.lights.Lights`.

Each of these bugs was planted in the design, and found: forgets an event at the tick; goes out at the first tick; never
goes out; ticks a clock late; shows the neighbour's events; lights a clock late.
"""

import random

from board.designs.lights import Lights
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.trace import Stimulus, expect_equal
from sim.model.edges import settled
from sim.model.lights import lights

# Each was planted in board/designs/lights.py and must be found: what it is, the line, and what was put in its place.
PLANTED = {
    "forgets an event at the tick": ("seen.eq(self.events)", "seen.eq(0)"),
    "goes out at the first tick": ("leds.eq(seen | self.events)\n\n", "leds.eq(self.events)\n\n"),
    "never goes out": ("leds.eq(seen | self.events)\n\n", "leds.eq(self.leds | self.events)\n\n"),
    "ticks a clock late": ("timer == self.period - 1", "timer == self.period"),
    "shows the neighbour's events": ("leds.eq(self.leds | self.events)", "leds.eq(self.leds | self.events[::-1])"),
    "lights a clock late": ("leds.eq(self.leds | self.events)", "leds.eq(self.leds | seen)"),
}

COUNT = 3


def bench(clk_freq, component=Lights, clocks=20):
    """The bench for lights with a period of ``clocks`` clocks."""
    seconds = clocks / clk_freq
    design = Design.of(component(clk_freq, COUNT, seconds=seconds), clk_freq)
    cases = {}
    for name, numbers, until in stimuli(clocks):
        stimulus = Stimulus(design.clock.time(until), {"events": edges(numbers, design.clock)})
        cases[name] = Case(stimulus, checker(numbers, design.clock, clocks))
    return Bench(design, cases)


def checker(numbers, clock, clocks):
    """Each LED must do what the model says, to the clock, and be lit for one to two periods behind its last event."""

    def check(trace):
        for led in range(COUNT):
            line = [(time, value >> led & 1) for time, value in trace.levels["leds"]]
            expected = lights([n for n, bits in numbers if bits >> led & 1], clock, clocks / clock.freq)
            expected = [edge for edge in expected if edge[0] < trace.end]
            expect_equal(f"led {led}", settled(line, idle=0), expected, tolerance=0.25 / clock.freq)

    return check


def edges(numbers, clock):
    """Levels of ``events``: each of the clock edges ``(number, bits)`` sees those bits high."""
    found = []
    for n, bits in numbers:
        # Half a clock before the edge that sees them, until half a clock behind it.
        found += [(clock.time(n - 0.5), bits), (clock.time(n + 0.5), 0)]
    return settled(found, idle=0)


def stimuli(clocks):
    """Name; the clock edges at which there are events, ``(number, bits)``; and the clock edge at which it ends."""
    rng = random.Random(3)
    # Further apart than a LED stays lit, at every place of the period.
    step = 3 * clocks + 1
    numbers = [(4 + n * step, 1 << n % COUNT) for n in range(2 * clocks)]
    yield "one event at each place of the period", numbers, 2 * clocks * step + 3 * clocks
    numbers = [(n, 0b101) for n in range(7, 7 + 5 * clocks)]
    yield "an event that lasts for five periods", numbers, 9 * clocks
    numbers = [(n, rng.randrange(1, 1 << COUNT)) for n in sorted(rng.sample(range(1, 100 * clocks), 90))]
    yield "events at random", numbers, 104 * clocks
    yield "no event", [], 4 * clocks
