"""Bench of :class:`board.designs.interface.Interface`, at the pins of a board.

Each of these bugs was planted in the design, and found: leads MIDI In to the wrong thru; does not say what is
missing; says it a byte late; says it a byte early; forgets a loss behind a byte that waits; does not tell of bytes
lost from the host; lets a byte pass for its mark; sends to a host that cannot take; lets the host's word cut a frame;
lets a full FIFO overflow; stops the host too late; never lets the host go on; filters the host's line; has a FIFO
half as deep; mixes up its lights; does not show what was lost; shows no loss of the thru.
"""

import random

from board.designs.interface import Interface
from sim.bench.bench import Bench
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frames
from sim.model.interface import LOST_FROM_HOST, LOST_FROM_MIDI, interface
from tests.at_pins import Setting, at_pins, case, expect_lights
from tests.bench_receiver import bad_stop, noise, send

BIT = 1 / BAUD

TOLD = "a bad stop bit and breaks are told where they were"
STOPS = "a host that stops for too long"
LOSSES = "a loss of each kind while bytes wait"
SHORT = "a sender with short stop bits"

# Each was planted in board/designs/interface.py and must be found: what it is, the line, what was put in its place,
# and the case that must find it with inverted pins.
PLANTED = {
    "leads MIDI In to the wrong thru": ("midi_thru.eq(port.midi_thru)", "midi_thru.eq(self.midi_in)", TOLD),
    "does not say what is missing": ("to_host.damaged.eq(damaged)", "to_host.damaged.eq(0)", TOLD),
    "says it a byte late": ("m.d.sync += before.eq(1)", "m.d.sync += behind.eq(1)", TOLD),
    "says it a byte early": ("m.d.sync += behind.eq(1)", "m.d.sync += before.eq(1)", STOPS),
    "forgets a loss behind a byte that waits": ("[before.eq(behind), behind.eq(0)]", "behind.eq(0)", STOPS),
    "does not tell of bytes lost from the host": ("to_host.lost.eq(lost)", "to_host.lost.eq(0)", TOLD),
    "lets a byte pass for its mark": ("waiting.w_rdy & ~mark", "waiting.w_rdy", STOPS),
    "sends to a host that cannot take": ("to_host.waiting.valid & may_send.level", "to_host.waiting.valid", STOPS),
    "lets the host's word cut a frame": ("eq(transmitter.level)", "eq(transmitter.level | ~may_send.level)", STOPS),
    "lets a full FIFO overflow": ("receiver.bytes.ready.eq(from_host.w_rdy)", "receiver.bytes.ready.eq(1)", LOSSES),
    "stops the host too late": ("from_host.depth - 1 - SPARE", "from_host.depth - SPARE", STOPS),
    "never lets the host go on": ("self.host_rts.eq(from", "self.host_rts.eq(self.host_rts & from", STOPS),
    "filters the host's line": ("self._line = LineInput(clk_freq, glitch=0)", "self._line = LineInput(clk_freq)", TOLD),
    "has a FIFO half as deep": ("_ToHost(depth)", "_ToHost(depth // 2)", STOPS),
    "mixes up its lights": ("port.thru_overrun, came, went", "port.thru_overrun, went, came", TOLD),
    "does not show what was lost": ("damaged | lost | port", "lost | port", TOLD),
    "shows no loss of the thru": ("damaged | lost | port.thru_overrun", "damaged | lost", SHORT),
}


# A slow clock with 8 clocks to a bit of the host's line; and as it is on a board.
SLOW = Setting(500e3, (), {"host_baud": 62_500, "depth": 128, "blink": 0.001})
INVERTED = Setting(500e3, ("midi_in", "midi_out", "host_cts", "leds"), {**SLOW.parameters, "thru": "retimed"})
FULL = Setting(12e6)
SETTINGS = {"slow": SLOW, "inverted": INVERTED, "at 12 MHz": FULL}


def bench(setting, component=Interface, text=None):
    """The bench for an interface; ``text`` is Verilog to take its place, with the same ports."""
    design = Design.of(at_pins(setting, component), setting.clk_freq, text=text)
    cases = {}
    for name, stimulus in stimuli(setting):
        cases[name] = case(design, setting, stimulus, checker(stimulus, design.clock, setting.parameters))
    return Bench(design, cases)


def checker(stimulus, clock, parameters):
    """Every pin must do what the model says, to the clock; and no pin may carry a frame without a stop bit."""

    def check(trace):
        model = interface(
            stimulus.levels.get("midi_in", ()),
            stimulus.levels.get("host_rx", ()),
            clock,
            host_cts=stimulus.levels.get("host_cts", ()),
            **parameters,
        )
        near = 0.25 / clock.freq
        baud = parameters.get("host_baud", 1e6)
        for line, sent, rate in (("host_tx", model.to_host, baud), ("midi_out", model.to_midi, BAUD)):
            seen = frames(trace.line(line), clock.freq / round(clock.freq / rate))
            if bad := [frame for frame in seen if not frame.stop]:
                raise Difference(
                    f"stop bit at {line} must be high, not low, in the frame at {bad[0].time * 1e6:.3f} us"
                )
            expect_equal(f"bytes at {line}", [(f.time, f.byte) for f in seen], sent, tolerance=near)
        for line in ("host_tx", "midi_out", "midi_thru", "host_rts"):
            expect_equal(line, trace.line(line), getattr(model, line), tolerance=near)
        expect_lights(trace, model.leds)

    return check


def stimuli(setting):
    """Name and stimulus, at the levels of the design."""
    rng = random.Random(5)
    slow = setting.clk_freq < 1e6
    parameters = setting.parameters
    host_bit = 1 / parameters.get("host_baud", 1e6)

    def both(midi_in, host_rx, until, host_cts=()):
        return Stimulus(until, {"midi_in": midi_in, "host_rx": host_rx, "host_cts": list(host_cts)})

    def host(data, start=BIT, baud_error=0.0, gaps=()):
        return send(data, start=start, baud_error=baud_error, gaps=gaps, bit=host_bit)[0]

    count = 60 if slow else 12
    midi, until = send(rng.randbytes(count))
    yield "both ways at once", both(midi, host(rng.randbytes(count)), until + 12 * BIT)
    midi, until = send(rng.randbytes(count), baud_error=-0.01, gaps=[rng.uniform(0, 9 * BIT) for _ in range(count)])
    rx = host(rng.randbytes(count), baud_error=0.01, gaps=[rng.uniform(0, 12 * BIT) for _ in range(count)])
    yield "with pauses, a sender slow and a host fast", both(midi, rx, until + 120 * BIT)

    midi = [*bad_stop(5 * BIT, 0x53), (30 * BIT, 0), (50 * BIT, 1), *send(b"\x90\x3c\x40", start=60 * BIT)[0]]
    rx = [(20 * host_bit, 0), (50 * host_bit, 1), *host(b"\x80\x3c\x40", start=80 * host_bit)]
    yield TOLD, both(midi, rx, 130 * BIT)

    midi, until = send(rng.randbytes(count), gaps=[-0.4 * BIT] * count)
    yield SHORT, both(midi, [], until + 60 * BIT)

    if not slow:
        return

    yield "a host that stops and goes on", _stalled(rng, both, host, 150)
    # More than waits anywhere, so that bytes are lost on both ways, and the marks wait as well.
    midi, until = send(rng.randbytes(200))
    stalls = [(10 * BIT, 0), (until - 300 * BIT, 1), (until - 297 * BIT, 0), (until - 200 * BIT, 1)]
    yield STOPS, both(midi, host(rng.randbytes(180)), until + 1000 * BIT, stalls)
    edges = [*midi, *bad_stop(until, 0x00), *send(b"\x91\x40\x41", start=until + 20 * BIT)[0]]
    rx = host(rng.randbytes(300), start=until - 60 * BIT)
    stalls = [(10 * BIT, 0), (until + 70 * BIT, 1)]
    yield LOSSES, both(edges, rx, until + 3000 * BIT, stalls)
    jitter = [(until - 500 * BIT + n * 0.7 * BIT, n & 1) for n in range(800)]
    yield "a host that changes its mind all the time", both(midi, [], until + 1000 * BIT, jitter)
    for n in range(3):
        line = noise(rng, 250, 4 * BIT).levels["level"]
        rx = noise(rng, 250, 9 * host_bit).levels["level"]
        yield f"noise on both lines, number {n}", both(line, rx, line[-1][0] + 600 * BIT)


def _stalled(rng, both, host, count):
    midi, until = send(rng.randbytes(count), gaps=[rng.choice((0, 0, 0, 20 * BIT)) for _ in range(count)])
    cts, time = [], 5 * BIT
    while time < until - 200 * BIT:
        cts += [(time, 0), (time := time + rng.uniform(0, 300 * BIT), 1)]
        time += rng.uniform(0, 60 * BIT)
    return both(midi, host(rng.randbytes(100)), until + 1000 * BIT, cts)


def losses(stream):
    """Marks of each kind in bytes that went to the host."""
    return sum(byte == LOST_FROM_MIDI for byte in stream), sum(byte == LOST_FROM_HOST for byte in stream)
