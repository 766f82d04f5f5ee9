"""Bench of :class:`hdl.transmitter.Transmitter`.

Each of these bugs was planted in the design, and found: reverses the order of bits; turns the line over; is low in
reset; counts one clock too many to a bit; sends half a stop bit; sends two stop bits; takes a byte inside a frame;
has no start bit.
"""

import random

from hdl.transmitter import Transmitter
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.streams import random_times
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frames
from sim.model.transmitter import transmitter

BIT = 1 / BAUD

# Each was planted in hdl/transmitter.py and must be found: what it is, the line, and what was put in its place.
PLANTED = {
    "reverses the order of bits": ("~self.bytes.payload)", "~self.bytes.payload[::-1])"),
    "turns the line over": ("self.level.eq(~mark[0])", "self.level.eq(mark[0])"),
    "is low in reset": ("mark = Signal(9)", "mark = Signal(9, init=1)"),
    "counts one clock too many to a bit": ("+ self.divisor - 2", "+ self.divisor - 1"),
    "sends half a stop bit": ("bits.eq(16 + 8)", "bits.eq(16 + 7)"),
    "sends two stop bits": ("bits.eq(16 + 8)", "bits.eq(16 + 9)"),
    "takes a byte inside a frame": ("self.bytes.ready.eq(~timer[-1] & ~bits[-1])", "self.bytes.ready.eq(~timer[-1])"),
    "has no start bit": ("Cat(C(1, 1), ~self.bytes.payload)", "Cat(~self.bytes.payload, C(0, 1))"),
}


def bench(clk_freq, component=Transmitter):
    """The bench for a transmitter at ``clk_freq``."""
    design = Design.of(component(clk_freq, BAUD), clk_freq)
    cases = {}
    # What comes next finds a transmitter in the middle of things.
    for name, item, until in cut_off(design.clock):
        stimulus = Stimulus(until, streams={"bytes": [item]})
        cases[name] = Case(stimulus, cut_off_checker(stimulus, design.clock))
    for name, items, gapless in stimuli(design.clock):
        stimulus = Stimulus(items[-1][0] + (len(items) + 1) * 10.5 * BIT, streams={"bytes": items})
        cases[name] = Case(stimulus, checker(stimulus, design.clock, gapless))
    return Bench(design, cases)


def cut_off(clock):
    """Name, a byte with the time from which it is offered, and when the case ends: in each bit of that."""
    # It comes soon, and behind an idle line all the same.
    time = clock.time(2.5)
    places = ("start bit", *(f"data bit {n}" for n in range(8)), "stop bit")
    for n, place in enumerate(places):
        yield f"a reset in a {place}", (time, 0x00), time + (n + 0.2 + n % 3 / 4) * BIT
    last = clock.time(clock.after(time) + 10 * round(clock.freq / BAUD) - 0.5)
    yield "a reset in the last clock of a stop bit", (time, 0x00), last


def cut_off_checker(stimulus, clock):
    """Until it ends, all must be what the model says."""

    def check(trace):
        model = transmitter(stimulus.streams["bytes"], clock, BAUD)
        expect_equal("bytes", trace.streams["bytes"], model.bytes, tolerance=0.25 / clock.freq)
        level = [edge for edge in model.level if edge[0] < trace.end]
        expect_equal("level", trace.line("level"), level, tolerance=0.25 / clock.freq)

    return check


def checker(stimulus, clock, gapless):
    """The line must be what the model says, to the clock, and an ideal receiver must read the bytes off it."""

    def check(trace):
        items = stimulus.streams["bytes"]
        seen = frames(trace.line("level"), clock.freq / round(clock.freq / BAUD))
        for frame in seen:
            if not frame.stop:
                raise Difference(f"stop bit of {frame.byte:#04x} at {frame.time * 1e6:.3f} us must be high")
        got, expected = [frame.byte for frame in seen], [byte for _, byte in items]
        if got != expected:
            raise Difference(f"the line must read {bytes(expected).hex(' ')}, not {bytes(got).hex(' ')}")
        if gapless:
            length = round((seen[-1].time - seen[0].time) * clock.freq)
            must = 10 * round(clock.freq / BAUD) * (len(seen) - 1)
            if length != must:
                raise Difference(f"{len(seen) - 1} bytes without gaps must last {must} clocks, not {length}")
        model = transmitter(items, clock, BAUD)
        expect_equal("bytes", trace.streams["bytes"], model.bytes, tolerance=0.25 / clock.freq)
        expect_equal("level", trace.line("level"), model.level, tolerance=0.25 / clock.freq)

    return check


def stimuli(clock):
    """Name, the bytes with the times from which they are offered, and whether the line must have no gaps."""
    rng = random.Random(16)
    yield "every byte, one after the other without gaps", [(BIT, byte) for byte in range(256)], True
    yield "one byte, long after reset", [(20 * BIT, 0x90)], False
    yield "two bytes with a pause", [(BIT, 0), (25 * BIT, 255)], False
    for n in range(3):
        yield f"random bytes at random times, number {n}", random_times(rng, rng.randbytes(60), 25 * BIT), False
    divisor, items = round(clock.freq / BAUD), [(BIT, 0x55)]
    for place in range(10):
        # Frame by frame, and a bit later in each.
        items.append((clock.time(clock.after(BIT) + (11 * place + 0.3) * divisor), 0xAA ^ place))
    yield "a byte that comes in each bit of the one before it", items, True
    last = clock.time(clock.after(BIT) + 10 * divisor - 0.5)
    yield "a byte that comes in the last clock of a stop bit leaves no gap", [(BIT, 0x55), (last, 0xAA)], True
