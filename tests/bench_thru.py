"""Bench of the three kinds of :mod:`hdl.thru`.

Each of these bugs was planted in the design, and found: turns the line over; has no glitch filter; hands on the
line and not the bytes; calls a framing error an overrun; samples a bit early; counts one clock too many to a bit;
takes the last data bit for the stop bit; sends nine data bits; shortens the stop bit; sends frames that it should
drop; drops every other frame; drops every frame behind a sender too fast; never says overrun; lets two samples make
a start bit; hides a bad stop bit; takes a start bit before the line was ever idle; lets a glitch after the stop bit
cost a frame; ends a break at the first glitch; sends half a bad stop bit.
"""

import random
from bisect import bisect_right
from itertools import zip_longest

from hdl.thru import DirectThru, RetimedThru, StoredThru
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.distortion import distort
from sim.model.edges import BAUD, frame_edges, frames, settled
from sim.model.thru import THRUS
from tests.bench_receiver import bad_stop, meeting, send

BIT = 1 / BAUD

# Each was planted in hdl/thru.py and must be found: what it is, in which kind, the line, and what was put in its place.
PLANTED = {
    "turns the line over": (DirectThru, "eq(self.level_in)", "eq(~self.level_in)"),
    "has no glitch filter": (StoredThru, "LineInput(clk_freq)", "LineInput(clk_freq, 0)"),
    "hands on the line and not the bytes": (StoredThru, "eq(transmitter.level)", "eq(line.level)"),
    "calls a framing error an overrun": (StoredThru, "eq(receiver.overrun)", "eq(receiver.framing_error)"),
    "samples a bit early": (RetimedThru, "self.half = (self.divisor - 1) // 2", "self.half = 3"),
    "counts one clock too many to a bit": (RetimedThru, "+ clocks - 2", "+ clocks - 1"),
    "takes the last data bit for the stop bit": (RetimedThru, "bits.eq(9)", "bits.eq(8)"),
    "sends nine data bits": (RetimedThru, "bits.eq(9)", "bits.eq(10)"),
    "shortens the stop bit": (RetimedThru, "- self.half - 1", "- self.half - 2"),
    "sends frames that it should drop": (RetimedThru, "mark.eq(~line & clear)", "mark.eq(~line)"),
    "drops every other frame": (RetimedThru, "clear.eq(1)", "clear.eq(clear)"),
    "drops every frame behind a sender too fast": (RetimedThru, "clear.eq(~clear)", "clear.eq(0)"),
    "never says overrun": (RetimedThru, "self.overrun.eq(begins & ~clear)", "self.overrun.eq(0)"),
    "lets two samples make a start bit": (RetimedThru, "(previous ^ level)", "(line & previous & ~level)"),
    "hides a bad stop bit": (RetimedThru, "line.eq(level)", "line.eq(level | (busy & (bits == 1)))"),
    "takes a start bit before the line was ever idle": (RetimedThru, "line = Signal()", "line = Signal(init=1)"),
    "lets a glitch after the stop bit cost a frame": (
        RetimedThru,
        "with m.If(line & level):\n                m.d.sync += wait(self.guard)",
        "pass",
    ),
    "ends a break at the first glitch": (RetimedThru, "wait(self.half)", "wait(Mux(line, self.half, 2))"),
    "sends half a bad stop bit": (RetimedThru, "(bits[1:] != 0) | (bits[0] & ~level)", "bits[1:] != 0"),
}  # fmt: skip


def bench(clk_freq, component):
    """The bench for a kind of thru at ``clk_freq``."""
    kind = component.__name__.removesuffix("Thru").lower()
    design = Design.of(component(clk_freq, BAUD), clk_freq)
    stimulus = cut_off()
    cases = {"a reset in the middle of a byte": Case(stimulus, cut_off_checker(stimulus, design.clock, kind))}
    for n, (name, edges, expected, overruns) in enumerate(stimuli(design.clock, kind)):
        # Two bytes can still be on their way through a stored thru. Each case ends at another moment of a bit, so that
        # the reset which comes next finds the timers anywhere.
        stimulus = Stimulus(edges[-1][0] + (32 + n % 16 / 16) * BIT, {"level_in": edges})
        cases[name] = Case(stimulus, checker(stimulus, design.clock, kind, expected, overruns))
    return Bench(design, cases)


def cut_off():
    """Bytes that end in the middle of the third. What comes next finds a receiver and a transmitter at work."""
    until = 26.5 * BIT
    return Stimulus(until, {"level_in": [edge for edge in send(bytes(3))[0] if edge[0] < until]})


def cut_off_checker(stimulus, clock, kind):
    """Until it ends, the output must be what the model says."""

    def check(trace):
        model = THRUS[kind](stimulus.levels["level_in"], clock, BAUD).level
        must = [edge for edge in model if edge[0] < trace.end]
        expect_equal("level_out", trace.line("level_out"), must, tolerance=0.25 / clock.freq)

    return check


def checker(stimulus, clock, kind, expected, overruns):
    """The output must be what the model says, to the clock; and, whatever the model says, made of legal frames.

    Where they are known, ``expected`` is what an ideal receiver must read off it: bytes, or ``(byte, stop bit)``; and
    ``overruns`` is how many there must be.
    """
    divisor = round(clock.freq / BAUD)

    def check(trace):
        level_in, level_out = stimulus.levels["level_in"], trace.line("level_out")
        if kind != "direct":
            expect_legal(level_out, clock, divisor)
        if kind == "retimed":
            expect_latency(level_in, level_out, clock, divisor)
        pulses = trace.pulses("overrun")
        if overruns is not None and len(pulses) != overruns:
            raise Difference(f"overrun must pulse {overruns} times, not {len(pulses)}")
        if expected is not None:
            got = [(f.byte, f.stop) for f in frames(level_out, clock.freq / divisor)]
            must = [(byte, True) if isinstance(byte, int) else byte for byte in expected]
            for n, (one, other) in enumerate(zip_longest(got, must)):
                if one != other:
                    raise Difference(f"byte {n} of {len(must)} must be {show(other)}, not {show(one)}")
        model = THRUS[kind](level_in, clock, BAUD)
        expect_equal("level_out", level_out, model.level, tolerance=0.25 / clock.freq)
        expect_equal("overrun", [(t, 1) for t in pulses], [(t, 1) for t in model.overruns], tolerance=0.25 / clock.freq)

    return check


def expect_legal(line, clock, divisor):
    """Start and data bits must be exact, each stop bit at least 0.7 of a bit, and each bad one at least a bit."""
    edges = [(round((time - clock.start) * clock.freq), level) for time, level in line]
    over, n = float("-inf"), 0
    while n < len(edges):
        start = edges[n][0]
        where = f"frame at {line[n][0] * 1e6:.3f} us"
        if start - over < 0.7 * divisor:
            raise Difference(f"{where}: the stop bit before it must be 0.7 of {divisor} clocks, not {start - over}")
        level = 1
        while n < len(edges) and (clocks := edges[n][0] - start) <= 9 * divisor:
            if clocks % divisor:
                raise Difference(f"{where}: all edges must be {divisor} clocks apart, but one comes after {clocks}")
            level = edges[n][1]
            n += 1
        over = start + 9 * divisor
        if not level:
            if n == len(edges):
                raise Difference(f"{where}: the line must rise again")
            if edges[n][0] < over + divisor:
                raise Difference(f"{where}: a bad stop bit must last a bit, not {edges[n][0] - over} clocks")
            over = edges[n][0]
            n += 1


def expect_latency(level_in, level_out, clock, divisor):
    """Each start bit must come half a bit and three clocks after a clock saw the input fall, and see it stay low."""
    seen = settled([(clock.time(clock.after(time)), level) for time, level in level_in])
    half = (divisor - 1) // 2
    over = float("-inf")
    for time, level in level_out:
        if level or time < over:
            continue
        over = time + 9.5 * divisor / clock.freq
        n = bisect_right(seen, time - half / clock.freq, key=lambda edge: edge[0]) - 1
        fell, low = seen[n] if n >= 0 else (float("-inf"), 0)
        clocks = (time - fell) * clock.freq
        rose = seen[n + 1][0] if n + 1 < len(seen) else float("inf")
        if low or abs(clocks - half - 3) > 0.5 or (rose - fell) * clock.freq < half:
            raise Difference(
                f"start bit at {time * 1e6:.3f} us must come {half} + 3 clocks after the input fell, and stay low "
                f"for {half}; it fell {clocks:.1f} clocks before, for {(rose - fell) * clock.freq:.1f}"
            )


def show(frame):
    """A byte in words, or that there is none."""
    return "none" if frame is None else f"{frame[0]:#04x}{'' if frame[1] else ' with a bad stop bit'}"


def stimuli(clock, kind):
    """Name, edges, and, where they do not follow from the model alone, the frames and overruns that must come."""
    rng = random.Random(31250)
    period = 1 / clock.freq
    fine = clock.freq > 10e6
    retimed, direct = kind == "retimed", kind == "direct"

    edges, _ = send(range(256), gaps=[rng.uniform(0, BIT) for _ in range(256)])
    yield "every byte comes through", edges, list(range(256)), 0

    # 0.7 of a bit is left of the stop bit at 3 %, less what a slow clock makes of it.
    for error in (-0.04, -0.01, 0.0, 0.01, 0.028 if fine else 0.02):
        data = rng.randbytes(40)
        edges, _ = send(data, start=BIT + rng.random() * period, baud_error=error)
        yield f"40 bytes back to back at {error:+.1%} baud", edges, list(data), 0

    data = rng.randbytes(120)
    edges, _ = send(data, baud_error=0.02)
    if retimed:
        yield "a sender 2 % fast is followed without end", edges, list(data), 0
    else:
        yield "a sender 2 % fast is followed while it can be", edges, list(data) if direct else None, None

    for error in (-0.02, -0.01, 0.0, 0.01, 0.02):
        # The limit of lows that are longer, at 2 %, is 9.9 us, less what a slow clock makes of it.
        for skew in (-9e-6, 9e-6) if fine else (-6e-6, 6e-6):
            data = rng.randbytes(12)
            edges, _ = send(data, baud_error=error)
            name = f"lows {'longer' if skew > 0 else 'shorter'} by {abs(skew) * 1e6:g} us at {error:+.0%} baud"
            yield name, distort(edges, skew), None if direct else list(data), 0

    edges = []
    for n in range(1, 20):
        # From a fortieth of a bit to what a clock cannot tell from half a one.
        width = n * BIT / 41 - 2 * period
        edges += [(n * BIT, 0), (n * BIT + width, 1)] if width > period else []
    yield "a glitch on the idle line never passes", edges, [] if retimed else None, 0

    edges, time = [], BIT
    for _ in range(200):
        edges += [(time, 0), (time := time + 0.4 * BIT, 1)]
        time += 0.1 * BIT
    yield "nor does a burst of them", edges, [] if retimed else None, 0

    bad = {"retimed": [(0x55, False), (0x0F, False), 0x90], "stored": [0x90], "direct": None}[kind]
    edges = [*bad_stop(BIT, 0x55, low=1), *bad_stop(12 * BIT, 0x0F, low=20), *frame_edges(42 * BIT, 0x90, BIT)]
    yield "a bad stop bit is not hidden, and the byte after one bit of idle is right", edges, bad, 0

    edges, time = [], BIT
    for length in (9.6, 10, 11, 25.3, 100):
        # A break ends in the middle of a bit at the earliest, and the output must be low for ten and idle for 0.7.
        pause = 1 if length >= 10 else 1.2
        edges += [(time, 0), (time + length * BIT, 1), *frame_edges(time + (length + pause) * BIT, 0xA5, BIT)]
        time += (length + 12.5) * BIT
    passed = {"retimed": [(0, False), 0xA5] * 5, "stored": [0xA5] * 5, "direct": None}[kind]
    yield "a break is a break further on and the next byte is right", edges, passed, 0

    edges = [(BIT, 0), (21 * BIT, 1), (21.4 * BIT, 0), (40 * BIT, 1), *frame_edges(41 * BIT, 0xA5, BIT)]
    yield "a glitch does not end a break", edges, [(0, False), 0xA5] if retimed else None, 0 if retimed else None

    edges = [(0.0, 0), (7 * BIT, 1), (7.3 * BIT, 0), (9 * BIT, 1), *frame_edges(10 * BIT, 0xC3, BIT)]
    yield "a line that is low after reset must be idle first", edges, [0xC3] if retimed else None, 0

    soon = random.Random(8)
    for n in range(16):
        edges = frame_edges(soon.uniform(0.05, 1.1) * BIT, 0xC3, BIT)
        yield f"a byte soon after reset, number {n}", edges, None if retimed or direct else [0xC3], None

    edges, time = [], BIT
    for n in range(-12, 13):
        frame, time = send([0x55, 0x2A], start=time, gaps=[0, -0.3 * BIT + n * period / 3])
        edges += frame
        time += 12 * BIT
    yield "a start bit is sent if it leaves 0.7 of a stop bit, and else none of the frame", edges, None, None

    data = rng.randbytes(41)
    edges, _ = send(data, baud_error=0.045 if fine else 0.04)
    yield (
        "a sender far too fast loses frames, and whole ones",
        edges,
        data[::2] if retimed else None,
        20 if retimed else None,
    )

    data = rng.randbytes(20)
    edges = []
    for n, byte in enumerate(data):
        time = (1 + 10 * n) * BIT
        # Behind the middle of the stop bit, where the next start bit would be too soon; wide enough for a slow clock.
        glitch = time + rng.uniform(9.51, 9.55) * BIT
        edges += [*frame_edges(time, byte, BIT), (glitch, 0), (glitch + 0.065 * BIT, 1)]
    yield "a glitch in the stop bit's second half costs nothing", edges, list(data) if retimed else None, 0

    for n in range(3):
        edges, time = [], BIT
        for byte in (data := rng.randbytes(40)):
            time += rng.choice((0, 0, rng.uniform(0, 3))) * BIT
            frame, time = send([byte], start=time, baud_error=rng.uniform(-0.01, 0.01))
            edges += frame
        skew = rng.uniform(-4e-6, 4e-6)
        yield (
            f"random bytes, pauses, rates and distortion, number {n}",
            distort(edges, skew),
            None if direct else list(data),
            0,
        )

    for n, longest in enumerate((0.3, 1, 2, 3, 8)):
        edges, time, level = [], BIT, 1
        for _ in range(200):
            time += rng.uniform(0, longest * BIT)
            level = 1 - level
            edges.append((time, level))
        yield f"a line of noise, number {n}", edges, None, None

    for name, edges in meeting(clock) if kind == "stored" else ():
        yield name, edges, None, 0
