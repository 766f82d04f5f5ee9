"""Bench of line input and receiver together, at 12 MHz: what no line may do to them. No peer stands all of it.

Each of these bugs was planted in the design, and found: has no filter; has a filter of half the length; filters low
pulses only; counts samples that are not in a row; takes every fall for a start bit; delivers a byte with a bad stop
bit; begins anew while a break lasts; takes every bad stop bit for a break; samples a microsecond early; samples a
microsecond late; counts one clock too many to a bit; counts one clock too few to a bit.
"""

import random

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hdl.line import LineInput
from hdl.receiver import Receiver
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.distortion import distort, invert
from sim.model.edges import BAUD, frame_edges
from sim.model.line import line
from sim.model.receiver import receiver
from tests.bench_receiver import bad_stop, send

BIT = 1 / BAUD
CLK_FREQ = 12e6
PERIOD = 1 / CLK_FREQ
GLITCH = 3e-6
"""Longest pulse that must harm nothing, in seconds."""

# Each was planted and must be found: what it is, in which component, the text, what was put in its place, and the case
# that must find it.
PLANTED = {
    "has no filter": (
        LineInput, "if not self.samples:", "if True:", "a glitch of up to 3 us between two bytes leaves nothing",
    ),
    "has a filter of half the length": (
        LineInput, "glitch * clk_freq", "glitch / 2 * clk_freq", "3 us of a frame of ff inverted anywhere harm nothing",
    ),
    "filters low pulses only": (
        LineInput, "with m.If(wait < 0):", "with m.If((wait < 0) | pin):",
        "3 us of a frame of 00 inverted anywhere harm nothing",
    ),
    "counts samples that are not in a row": (
        LineInput, "(pin == self.level) | (wait < 0)", "wait < 0", "bursts of glitches on the idle line leave nothing",
    ),
    "takes every fall for a start bit": (
        Receiver, "sample & first & self.level", "0", "a low of up to half a bit on the idle line leaves nothing",
    ),
    "delivers a byte with a bad stop bit": (
        Receiver, "good.eq(complete & self.level)", "good.eq(complete)",
        "a byte with a bad stop bit is one framing error and never delivered",
    ),
    "begins anew while a break lasts": (
        Receiver, "busy.eq(previous & ~self.level)", "busy.eq(~self.level)",
        "a break is one break however long and the next byte needs one bit of idle",
    ),
    "takes every bad stop bit for a break": (
        Receiver, "complete & ~self.level & dark", "complete & ~self.level",
        "a line that goes low inside a frame and stays low is one error",
    ),
    "samples a microsecond early": (
        Receiver, "half = (self.divisor - 1) // 2", "half = (self.divisor - 1) // 2 - 12",
        "+0.0 % baud, lows +15.5 us longer",
    ),
    "samples a microsecond late": (
        Receiver, "half = (self.divisor - 1) // 2", "half = (self.divisor - 1) // 2 + 12",
        "+0.0 % baud, lows -15.5 us longer",
    ),
    "counts one clock too many to a bit": (
        Receiver, "self.divisor - 2)", "self.divisor - 1)", "+5.2 % baud, lows +0.0 us longer",
    ),
    "counts one clock too few to a bit": (
        Receiver, "self.divisor - 2)", "self.divisor - 3)", "-5.2 % baud, lows +0.0 us longer",
    ),
}  # fmt: skip


class Input(wiring.Component):
    """Line input and receiver, joined as in :class:`hdl.port.Port`."""

    def __init__(self, line_input=LineInput, receiver=Receiver):
        self._line = line_input(CLK_FREQ, GLITCH)
        self._receiver = receiver(CLK_FREQ, BAUD)
        errors = {"framing_error": Out(1), "break_": Out(1), "overrun": Out(1)}
        super().__init__({"pin": In(1, init=1), "bytes": Out(stream.Signature(8)), **errors})

    def elaborate(self, platform):
        m = Module()
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.d.comb += [
            line.pin.eq(self.pin),
            receiver.level.eq(line.level),
            self.framing_error.eq(receiver.framing_error),
            self.break_.eq(receiver.break_),
            self.overrun.eq(receiver.overrun),
        ]
        connect(m, receiver.bytes, flipped(self.bytes))
        return m


def bench(component=None):
    """The bench."""
    design = Design.of(component or Input(), CLK_FREQ)
    cases = {}
    for name, edges, *expected in stimuli():
        stimulus = Stimulus(edges[-1][0] + 12 * BIT, {"pin": edges})
        cases[name] = Case(stimulus, checker(stimulus, design.clock, *expected))
    return Bench(design, cases)


def checker(stimulus, clock, data, framing_errors=0, breaks=0):
    """These bytes and so many errors must come, and nothing else; and to the clock what the model says."""

    def check(trace):
        got = bytes(byte for _, byte in trace.streams["bytes"])
        if got != bytes(data):
            n = next((n for n, (a, b) in enumerate(zip(got, data, strict=False)) if a != b), min(len(got), len(data)))
            must, came = (bytes(values)[n : n + 4].hex(" ") or "nothing more" for values in (data, got))
            raise Difference(f"bytes: {len(data)} must come, not {len(got)}; from number {n} on {must}, not {came}")
        model = receiver(line(stimulus.levels["pin"], clock, GLITCH), clock, BAUD)
        near = 0.25 / clock.freq
        expect_equal("bytes", trace.streams["bytes"], model.bytes, tolerance=near)
        for signal, count, times in (
            ("framing_error", framing_errors, model.framing_errors),
            ("break_", breaks, model.breaks),
            ("overrun", 0, model.overruns),
        ):
            pulses = [(time, 1) for time in trace.pulses(signal)]
            if len(pulses) != count:
                raise Difference(f"{signal} must pulse {count} times, not {len(pulses)}")
            expect_equal(signal, pulses, [(time, 1) for time in times], tolerance=near)

    return check


def stimuli():
    """Name, edges, the bytes that must come, and how many framing errors and breaks."""
    rng = random.Random(5)
    yield from glitches(rng)
    yield from inversions(rng)
    yield from bad_stops(rng)
    yield from breaks(rng)
    yield from tolerances(rng)
    yield "all of it on one line", *everything(rng)


def glitches(rng):
    """Lows on the idle line, one by one and in bursts."""
    # Between two bytes, from where the stop bit ends to where the start bit falls, in steps that are no whole clocks.
    edges, time, data = [], BIT, []
    for width in (0.2e-6, 1e-6, 2.9e-6, GLITCH):
        for n in range(40):
            place = rng.uniform(0, 2 * BIT - width) if n else 0.0
            start = time + 10 * BIT
            edges += [*frame_edges(time, 0xA5, BIT), (start + place, 0), (start + place + width, 1)]
            time = start + 2 * BIT
            data.append(0xA5)
    yield "a glitch of up to 3 us between two bytes leaves nothing", edges, data

    edges, time = [], BIT
    for n in range(60):
        for _ in range(rng.randrange(1, 12)):
            edges += [(time, 0), (time + (GLITCH if n % 2 else rng.uniform(0, GLITCH)), 1)]
            # Two clocks of high between them are sure to be seen.
            time += GLITCH + rng.uniform(2 * PERIOD, 1e-6)
        time += BIT
    yield "bursts of glitches on the idle line leave nothing", [*edges, *send([0x90], start=time)[0]], [0x90]

    edges, time = [], BIT
    for n in range(80):
        edges += [(time, 0), (time + (n + 1) * (BIT / 2 - 2 * PERIOD) / 80, 1)]
        time += BIT + rng.random() * PERIOD
    yield "a low of up to half a bit on the idle line leaves nothing", edges, []


def inversions(rng):
    """Three microseconds inverted at each place of a frame, in steps of one, its borders included."""
    for byte in (0x00, 0xFF, 0x55, 0x90):
        # Back to back, so that it meets the bits of the next frame as well.
        data = [byte] * 330
        edges, _ = send(data)
        for n in range(330):
            place = n * 1e-6 - GLITCH + rng.uniform(0, 1e-6)
            edges = invert(edges, BIT + n * 10 * BIT + place, GLITCH)
        yield f"3 us of a frame of {byte:02x} inverted anywhere harm nothing", edges, data


def bad_stops(rng):
    """Bytes with a bad stop bit, a good byte after each; with a glitch in every other stop bit."""
    edges, time, data = [], BIT, []
    for byte in (*range(1, 256, 5), 2, 4, 8, 32, 64, 128):
        low = rng.uniform(1.02, 3)
        frame = bad_stop(time, byte, low)
        if byte % 2:
            frame = invert(frame, time + 9 * BIT + rng.uniform(0, BIT - GLITCH), GLITCH)
        # One bit of idle, and the next byte.
        after = time + (10 + low) * BIT
        edges += [*frame, *frame_edges(after, byte ^ 0xFF, BIT)]
        data.append(byte ^ 0xFF)
        time = after + (10 + rng.random()) * BIT
    yield "a byte with a bad stop bit is one framing error and never delivered", edges, data, len(data)


def breaks(rng):
    """Breaks of all lengths, and those that begin inside a frame."""
    edges, time, data = [], BIT, []
    for length in (9.6, 9.9, 10, 10.4, 11, 15, 20, 21.3, 30, 77, 100, 400):
        frame = [(time, 0), (time + length * BIT, 1)]
        for _ in range(int(length / 5)):
            frame = invert(frame, time + rng.uniform(0, length * BIT - GLITCH), rng.uniform(0, GLITCH))
        time += (length + 1) * BIT
        edges += [*frame, *frame_edges(time, 0xA5, BIT)]
        data.append(0xA5)
        time += 10 * BIT + rng.uniform(0, BIT)
    yield "a break is one break however long and the next byte needs one bit of idle", edges, data, 0, len(data)

    edges, time, data, framing_errors, count = [], BIT, [], 0, 0
    for n in range(100):
        # What of a stop bit is seen, or of the first data bit, is clear but for a clock in its middle.
        place = n / 10 + rng.uniform(0.01, 0.09) if n % 5 else n / 10 + 0.02
        frame = [edge for edge in frame_edges(time, 0xFF, BIT) if edge[0] < time + place * BIT]
        if not frame or frame[-1][1]:
            frame.append((time + place * BIT, 0))
        if place < 1.5:
            count += 1
        elif place < 9.5:
            framing_errors += 1
        else:
            # The stop bit was seen, so the byte is good, and what follows is a break of its own.
            data.append(0xFF)
            count += 1
        time += 30 * BIT
        edges += [*frame, (time, 1), *frame_edges(time + BIT, 0x90, BIT)]
        data.append(0x90)
        time += 12 * BIT
    name = "a line that goes low inside a frame and stays low is one error"
    yield name, edges, data, framing_errors, count


def tolerances(rng):
    """Rate errors in percent with distortion in microseconds that must harm no byte."""
    for error, skew in (
        (5.2, 0), (-5.2, 0), (0, 15.5), (0, -15.5), (1, 12.9), (1, -12.9), (-1, 12.9), (-1, -12.9),
    ):  # fmt: skip
        # Each second bit of a byte, and both values of the last one, at all phases of the clock.
        data = [0x00, 0xFF, 0x7F, 0x80, 0x55, 0xAA, *rng.randbytes(42)]
        edges, _ = send(data, start=BIT + rng.random() * PERIOD, baud_error=error / 100)
        if not error:
            # At the exact rate each byte would meet the clock at the same phase.
            edges, _ = send(data, start=BIT, gaps=[rng.random() * PERIOD for _ in data])
        yield f"{error:+.1f} % baud, lows {skew:+.1f} us longer", distort(edges, skew * 1e-6), data


def everything(rng):
    """A sender one percent off, distortion, glitches, inversions, breaks and bad stop bits, by turns."""
    edges, time, data, framing_errors, count = [], BIT, [], 0, 0
    for n in range(150):
        bit = BIT / (1 + (0.01, -0.01)[n % 2])
        byte = rng.randrange(1, 256)
        match rng.randrange(6):
            case 0:
                frame = [(time, 0), (time + rng.uniform(9.8, 30) * bit, 1)]
                count += 1
            case 1:
                frame = bad_stop(time, byte, rng.uniform(1.2, 4))
                framing_errors += 1
            case 2:
                frame = [(time, 0), (time + rng.uniform(0, GLITCH), 1)]
            case _:
                frame = frame_edges(time, byte, bit)
                data.append(byte)
        over = max(frame[-1][0], time + 10 * bit)
        frame = distort(frame, rng.uniform(-6e-6, 6e-6) if frame[-1][0] - time > GLITCH else 0.0)
        if frame[-1][0] - time > GLITCH:
            frame = invert(frame, rng.uniform(time, over - GLITCH), GLITCH)
        edges += frame
        time = over + bit + rng.random() * PERIOD
    return edges, data, framing_errors, count
