"""Bench of :class:`hdl.receiver.Receiver`.

Each of these bugs was planted in the design, and found: takes a byte with a bad stop bit; samples a bit early;
reverses the order of bits; takes a glitch for a start bit; does not wait for idle after a bad stop bit; calls every
bad stop bit a break; overwrites the held byte; never says overrun; counts one clock too many to a bit.
"""

import random

from hdl.receiver import Receiver
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.streams import random_ready
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frame_edges
from sim.model.receiver import receiver

BIT = 1 / BAUD

# Each was planted in hdl/receiver.py and must be found: what it is, the line, and what was put in its place.
PLANTED = {
    "takes a byte with a bad stop bit": ("good.eq(complete & self.level)", "good.eq(complete)"),
    "samples a bit early": ("half = (self.divisor - 1) // 2", "half = 3"),
    "reverses the order of bits": ("held.eq(frame[1:])", "held.eq(frame[:0:-1])"),
    "takes a glitch for a start bit": ("sample & first & self.level", "0"),
    "does not wait for idle after a bad stop bit": ("busy.eq(previous & ~self.level)", "busy.eq(~self.level)"),
    "calls every bad stop bit a break": ("complete & ~self.level & dark", "complete & ~self.level"),
    "overwrites the held byte": ("with m.If(good & ~self.overrun)", "with m.If(good)"),
    "never says overrun": ("good & self.bytes.valid & ~self.bytes.ready", "0"),
    "counts one clock too many to a bit": ("(1 << width) + self.divisor - 2", "(1 << width) + self.divisor - 1"),
}


def bench(clk_freq, component=Receiver):
    """The bench for a receiver at ``clk_freq``."""
    design = Design.of(component(clk_freq, BAUD), clk_freq)
    cases = {}
    for name, stimulus, expected in stimuli(clk_freq):
        cases[name] = Case(stimulus, checker(stimulus, design.clock, expected))
    return Bench(design, cases)


def checker(stimulus, clock, expected):
    """The trace must be what the model says, to the clock; and hold the bytes ``expected``, if they are known."""

    def check(trace):
        model = receiver(stimulus.levels["level"], clock, BAUD, stimulus.ready.get("bytes", ()))
        got = [byte for _, byte in trace.streams["bytes"]]
        if expected is not None and got != expected:
            raise Difference(f"bytes must be {bytes(expected).hex(' ')}, not {bytes(got).hex(' ')}")
        expect_equal("bytes", trace.streams["bytes"], model.bytes, tolerance=0.25 / clock.freq)
        for signal, times in (
            ("framing_error", model.framing_errors),
            ("break_", model.breaks),
            ("overrun", model.overruns),
        ):
            pulses = [(time, 1) for time in trace.pulses(signal)]
            expect_equal(signal, pulses, [(time, 1) for time in times], tolerance=0.25 / clock.freq)

    return check


def send(data, *, start=BIT, baud_error=0.0, gaps=(), bit=BIT):
    """Edges of frames one after the other, and the time at which the last one is over."""
    bit /= 1 + baud_error
    edges, time = [], start
    gaps = iter(gaps)
    for byte in data:
        time += next(gaps, 0.0)
        edges += frame_edges(time, byte, bit)
        time += 10 * bit
    return edges, time


def stimuli(clk_freq):
    """Name, stimulus and, where they do not follow from the model alone, the bytes that must come."""
    rng = random.Random(31250)
    period = 1 / clk_freq

    def line(edges, until, ready=()):
        return Stimulus(until + 12 * BIT, {"level": edges}, ready={"bytes": ready} if ready else {})

    edges, until = send(range(256), gaps=[rng.uniform(0, BIT) for _ in range(256)])
    yield "every byte comes through", line(edges, until), list(range(256))

    limit = 0.051 if clk_freq > 10e6 else 0.045
    for error in (-limit, -0.02, -0.01, 0.0, 0.01, 0.02, limit):
        data = rng.randbytes(64)
        edges, until = send(data, start=BIT + rng.random() * period, baud_error=error)
        yield f"64 bytes back to back at {error:+.1%} baud", line(edges, until), list(data)

    edges = []
    for n in range(1, 20):
        # From a fortieth of a bit to just short of half a one.
        edges += [(n * BIT, 0), (n * BIT + n * BIT / 41 - period, 1)] if n * BIT / 41 > period else []
    yield "a glitch on the idle line leaves nothing", line(edges, 20 * BIT), []

    edges = [*bad_stop(BIT, 0x55), *frame_edges(14 * BIT, 0x90, BIT)]
    yield "a byte with a bad stop bit is dropped", line(edges, 30 * BIT), [0x90]

    edges, time = [], BIT
    for length in (9.6, 10, 11, 25.3, 100):
        edges += [(time, 0), (time + length * BIT, 1), *frame_edges(time + (length + 1) * BIT, 0xA5, BIT)]
        time += (length + 12.5) * BIT
    yield "a break is one error however long and the next byte is right", line(edges, time), [0xA5] * 5

    edges = [*bad_stop(BIT, 0x0F, low=40), *frame_edges(60 * BIT, 0x3C, BIT)]
    yield "a framing error is one error however long the line stays low", line(edges, 75 * BIT), [0x3C]

    edges, until = send(bytes(range(10)))
    ready = [(0.0, 0), (55 * BIT, 1)]
    yield "on overrun the held byte stays and the new one is dropped", line(edges, until, ready), [0, 5, 6, 7, 8, 9]

    edges, until = send(b"ABC")
    yield "a byte is held until it is taken", line(edges, 60 * BIT, [(0.0, 0), (58 * BIT, 1)]), [ord("A")]

    for n in range(4):
        data = rng.randbytes(80)
        edges, until = send(data, baud_error=rng.uniform(-0.04, 0.04), gaps=[rng.choice((0, 0, BIT * 7))] * 80)
        ready = random_ready(rng, until, 15 * BIT)
        yield f"random stalls, number {n}", line(edges, until, ready), None

    for n, longest in enumerate((0.2, 1, 3, 8)):
        yield f"a line of noise, number {n}", noise(rng, 120, longest * BIT), None


def bad_stop(time, byte, low=3):
    """A frame whose stop bit is low, and the line after it for ``low`` bits in all."""
    edges = [edge for edge in frame_edges(time, byte, BIT) if edge[0] < time + 8.9 * BIT]
    if not byte & 0x80:
        return [*edges, (time + (9 + low) * BIT, 1)]
    return [*edges, (time + 9 * BIT, 0), (time + (9 + low) * BIT, 1)]


def noise(rng, count, longest):
    """Edges at random."""
    edges, time, level = [], BIT, 1
    for _ in range(count):
        time += rng.uniform(0, longest)
        level = 1 - level
        edges.append((time, level))
    return Stimulus(time + 30 * BIT, {"level": edges})
