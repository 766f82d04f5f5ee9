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
from sim.model.edges import BAUD, frame_edges, level_at
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
    for name, stimulus, expected in stimuli(design.clock):
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


def stimuli(clock):
    """Name, stimulus and, where they do not follow from the model alone, the bytes that must come."""
    rng = random.Random(31250)
    period = 1 / clock.freq

    def line(edges, until, ready=()):
        return Stimulus(until + 12 * BIT, {"level": edges}, ready={"bytes": ready} if ready else {})

    edges, until = send(range(256), gaps=[rng.uniform(0, BIT) for _ in range(256)])
    yield "every byte comes through", line(edges, until), list(range(256))

    limit = 0.051 if clock.freq > 10e6 else 0.045
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

    edges, time = [], BIT
    for place in range(20):
        for byte in (0x00, 0xFF):
            # Between two samples, which are in the middles of the bits.
            frame, begin = frame_edges(time, byte, BIT), time + (place / 2 + 0.1) * BIT
            level = level_at(frame, begin)
            edges += sorted([*frame, (begin, 1 - level), (begin + 3 * period, level)])
            time += 12 * BIT
    yield "a pulse between two samples leaves nothing, anywhere in a frame", line(edges, time), [0x00, 0xFF] * 20

    for what in ("framing error", "break"):
        edges = [*frame_edges(BIT, 0xA5, BIT), *ENDINGS[what](20 * BIT), *frame_edges(33 * BIT, 0x5A, BIT)]
        taken = clock.time(stop_bit(clock, 20 * BIT) - 0.5)
        for words, moment in (("while a byte is held", 32.5 * BIT), ("in the clock in which a byte is taken", taken)):
            yield f"a {what} {words}", line(edges, 43 * BIT, [(0.0, 0), (moment, 1)]), [0xA5, 0x5A]
    yield "a break without an end", line([(BIT, 0)], 20 * BIT), []


def stop_bit(clock, time):
    """The clock edge that samples the stop bit of a frame that begins at ``time``."""
    divisor = round(clock.freq / BAUD)
    return clock.after(time) + (divisor - 1) // 2 + 9 * divisor


ENDINGS = {
    "good byte": lambda time: frame_edges(time, 0x2C, BIT),
    "framing error": lambda time: bad_stop(time, 0x2C),
    "break": lambda time: [(time, 0), (time + 11 * BIT, 1)],
}
"""What can become of a frame, by name: edges of one that begins at a time."""


def catching_up(clock, *endings):
    """Frames as close as a receiver bears, before a transmitter that takes each when it has sent the one before it.

    Behind 23 good ones come those of ``endings``, which are in ``ENDINGS``. The transmitter takes the last good one in
    the very clock that samples the stop bit of the first of these, and that one waits when the next is over.
    """
    divisor, count = round(clock.freq / BAUD), 23
    # What the line gains on the transmitter in so many frames is one of them, less the clock between sample and take.
    behind = 10 * divisor * (count - 1) + 1
    starts = [clock.time(20 * divisor + n * behind // count + 0.5) for n in range(count + len(endings))]
    edges = [edge for n, time in enumerate(starts[:count]) for edge in frame_edges(time, n, BIT)]
    return edges + [edge for time, each in zip(starts[count:], endings, strict=True) for edge in ENDINGS[each](time)]


def meeting(clock):
    """Name and edges: an error while a byte is sent, with and without another that waits for that."""
    yield "a break right behind a byte", [*frame_edges(BIT, 0x55, BIT), *ENDINGS["break"](10.6 * BIT)]
    for ending in ("framing error", "break"):
        yield f"a {ending} in the clock in which a byte is sent on", catching_up(clock, ending)
        yield f"a {ending} while a byte waits", catching_up(clock, "good byte", ending)


def bad_stop(time, byte, low=3, bit=BIT):
    """A frame whose stop bit is low, and the line after it for ``low`` bits in all."""
    edges = [edge for edge in frame_edges(time, byte, bit) if edge[0] < time + 8.9 * bit]
    if not byte & 0x80:
        return [*edges, (time + (9 + low) * bit, 1)]
    return [*edges, (time + 9 * bit, 0), (time + (9 + low) * bit, 1)]


def noise(rng, count, longest):
    """Edges at random."""
    edges, time, level = [], BIT, 1
    for _ in range(count):
        time += rng.uniform(0, longest)
        level = 1 - level
        edges.append((time, level))
    return Stimulus(time + 30 * BIT, {"level": edges})
