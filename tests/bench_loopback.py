"""Bench of :class:`board.designs.loopback.Loopback`, at the pins of a board, with a cable that can be harmed.

Each of these bugs was planted in the design, and found: sends another row of bytes; never pauses; always pauses; checks
nothing; waits for each byte; does not settle behind an error; gives up too soon; does not count what is missing; does
not know a cable from none; goes on with old counts; counts no breaks; overlooks a byte out of nowhere; says pass after
all; lights pass too soon; leaves MIDI Thru dark; forgets to carry; does not count from a blank; loses a count that
comes with another; rounds too late; says one word for another.
"""

import random

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from board.designs.loopback import Loopback
from hdl.thru import StoredThru
from sim.bench.bench import Bench
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frame_edges, frames
from sim.model.loopback import Sent, loopback, sequence
from tests.at_pins import Setting, at_pins, case, expect_lights
from tests.bench_monitor import lines

BIT = 1 / BAUD


class Cable(wiring.Component):
    """A self-test and a cable from its MIDI Out to its MIDI In.

    Members are the pins of the self-test; ``cut``, which makes the line idle, and ``flip``, which turns it over, for as
    long as they are high; and ``came``, the level at MIDI In. The cable goes through a thru if there is one.
    """

    def __init__(self, pins, inverted=(), thru=None):
        self._pins = pins
        self._inverted = inverted
        self._thru = thru
        outs = {name: member for name, member in pins.signature.members.items() if member.flow is Out}
        super().__init__({**outs, "came": Out(1, init=1), "cut": In(1), "flip": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.pins = pins = self._pins
        for name, member in pins.signature.members.items():
            if member.flow is Out:
                m.d.comb += getattr(self, name).eq(getattr(pins, name))
        level = pins.midi_out ^ ("midi_out" in self._inverted)
        if self._thru:
            m.submodules.thru = thru = self._thru
            m.d.comb += thru.level_in.eq(level)
            level = thru.level_out
        m.d.comb += self.came.eq((level | self.cut) ^ self.flip)
        m.d.comb += pins.midi_in.eq(self.came ^ ("midi_in" in self._inverted))
        return m


GOOD = "a good cable"
LATE_GOOD = "a good cable that comes late"
PULLED = "a cable that is pulled and put back"
WRONG = "a bit that is wrong"
MISSING = "bytes that are missing"
TURNED = "a line that is turned over for a while"
INTERFERENCE = "a line with interference"
EXTRA = "a byte out of nowhere"

# Each was planted in board/designs/loopback.py and must be found: what it is, the line, what was put in its place, and
# the case that must find it.
PLANTED = {
    "sends another row of bytes": ("state[10 - n])", "state[9 - n])", GOOD),
    "never pauses": ("with m.If(sent & (coming[13:] == 0))", "with m.If(0)", GOOD),
    "always pauses": ("with m.If(sent & (coming[13:] == 0))", "with m.If(sent)", GOOD),
    "checks nothing": ("(receiver.bytes.payload != expected[:8])", "0", WRONG),
    "waits for each byte": ("Mux(cable, flying != AHEAD, none_flies)", "none_flies", LATE_GOOD),
    "does not settle behind an error": ("~gives_up & ~settles", "~gives_up", INTERFERENCE),
    "gives up too soon": ("tick & ~none_flies & ~alive", "tick & ~none_flies", MISSING),
    "does not count what is missing": ("cable & given_up", "0", MISSING),
    "does not know a cable from none": ("silence & ~answered", "0", PULLED),
    "goes on with old counts": ("tally.clear.eq(begins)", "tally.clear.eq(0)", PULLED),
    "counts no breaks": ("counts & receiver.break_", "0", TURNED),
    "overlooks a byte out of nowhere": ("cable & receiver.bytes.valid & none_flies", "0", EXTRA),
    "says pass after all": ("failed.eq((failed & ~begins) | error)", "failed.eq(error)", EXTRA),
    "lights pass too soon": ("(passed | phase)", "1", GOOD),
    "leaves MIDI Thru dark": ("self.midi_thru.eq(transmitter.level)", "self.midi_thru.eq(1)", GOOD),
}

# The same for board/designs/tally.py.
PLANTED_IN_TALLY = {
    "forgets to carry": ("counts.eq(is_nine)", "counts.eq(0)", GOOD),
    "does not count from a blank": ("(is_digit | is_blank)", "is_digit", GOOD),
    "loses a count that comes with another": ("(waiting & ~served)", "(waiting & 0)", EXTRA),
    "rounds too late": ("units[0] - self.places", "units[0] - self.places - 1", GOOD),
    "says one word for another": ("place.eq(start)", "place.eq(starts[0])", PULLED),
}


SLOW = Setting(500e3, (), {"every": 100, "host_baud": 62_500, "blink": 0.005})
INVERTED = Setting(500e3, ("midi_in", "midi_out", "leds", "host_tx"), {**SLOW.parameters, "every": 10})
LATE = Setting(500e3, ("midi_in",), SLOW.parameters)
FULL = Setting(12e6, ("midi_out", "midi_thru"), {"every": 10, "host_baud": 1e6, "blink": 0.003})
SETTINGS = {"slow": SLOW, "inverted": INVERTED, "behind a stored thru": LATE, "at 12 MHz": FULL}


def bench(setting, component=Loopback, text=None):
    """The bench for a self-test; ``text`` is Verilog to take its place, with the same ports."""
    thru = StoredThru(setting.clk_freq) if setting is LATE else None
    design = Design.of(Cable(at_pins(setting, component), setting.inverted, thru), setting.clk_freq, text=text)
    cases = {}
    for name, stimulus in stimuli(setting):
        cases[name] = case(design, setting, stimulus, checker(stimulus, design.clock, setting.parameters))
    return Bench(design, cases)


def checker(stimulus, clock, parameters):
    """It must send its row of bytes, each frame perfect, and say of what comes back what the model says."""
    baud = parameters.get("host_baud", 115_200)

    def check(trace):
        sent = expect_row(trace, clock)
        model = loopback(trace.line("came"), [frame.time for frame in sent], clock, trace.end, **parameters)
        expect_pauses(sent, model.sent, clock)
        expect_equal("midi_thru", trace.line("midi_thru"), trace.line("midi_out"), tolerance=0.0)
        got = lines(trace, clock.freq / round(clock.freq / baud))
        for n, (line, must) in enumerate(zip(got[:-1], model.lines, strict=False)):
            if line != must:
                raise Difference(f"line {n} must be {must!r}, not {line!r}")
        if len(got) not in (len(model.lines), len(model.lines) + 1):
            raise Difference(f"there must be {len(model.lines)} lines, the last perhaps begun, not {len(got) - 1}")
        expect_lights(trace, model.leds)

    return check


def expect_row(trace, clock):
    """Frames at MIDI Out: the bytes of the row, and bits that are exact."""
    divisor = round(clock.freq / BAUD)
    out = trace.line("midi_out")
    sent = [frame for frame in frames(out, clock.freq / divisor) if frame.time + 10 * BIT < trace.end]
    exact = [edge for f in sent for edge in frame_edges(f.time, f.byte, divisor / clock.freq)]
    expect_equal("midi_out", out[: len(exact)], exact, tolerance=0.25 / clock.freq)
    expect_equal("bytes", [f[:2] for f in sent], [(0, state & 0xFF) for state in sequence(len(sent))])
    return sent


def expect_pauses(sent, how, clock):
    """Each byte must come right behind the one before it, or its pause; or later, but only where it had to wait."""
    frame = 10 * round(clock.freq / BAUD)
    wide = min(16, (2 * frame - 1).bit_length())
    for n, state in enumerate(sequence(len(sent) - 1)):
        clocks = round((sent[n + 1].time - sent[n].time) * clock.freq)
        least = max(frame, state % (1 << wide) + 2 if state < 1 << 13 else 0)
        where = f"byte {n + 1} at {sent[n + 1].time * 1e6:.3f} us"
        if how[n + 1] is Sent.TOO_SOON:
            raise Difference(f"{where} must wait")
        if clocks < least or (how[n + 1] is Sent.AT_ONCE and clocks > least):
            raise Difference(f"{where} must come {least} clocks behind the one before it, not {clocks}")


def stimuli(setting):
    """Name and stimulus: what happens to the cable."""
    rng = random.Random(77)

    def cable(until, cut=(), flip=()):
        return Stimulus(until, {"cut": list(cut), "flip": list(flip)})

    if setting is FULL:
        yield GOOD, cable(0.02)
        yield PULLED, cable(0.04, cut=[(0.006, 1), (0.025, 0)])
        return
    if setting is LATE:
        yield LATE_GOOD, cable(0.1)
        return
    yield GOOD, cable(0.1)
    yield PULLED, cable(0.2, cut=[(0, 1), (0.025, 0), (0.07, 1), (0.12, 0)])
    if setting is INVERTED:
        return
    yield WRONG, cable(0.12, flip=_flips([0.01, 0.025, 0.07], BIT))
    yield MISSING, cable(0.15, cut=_flips([0.01, 0.08], 25 * BIT))
    yield TURNED, cable(0.14, flip=[(0.0513, 1), (0.0713, 0)])
    noise = sorted(rng.uniform(0.01, 0.18) for _ in range(30))
    yield INTERFERENCE, cable(0.2, flip=_flips(noise, 3 * BIT))
    yield EXTRA, cable(0.12, flip=[(0.045 + time, 1 - level) for time, level in frame_edges(0, 0x5A, BIT)])


def _flips(times, length):
    return [edge for time in times for edge in ((time, 1), (time + length, 0))]
