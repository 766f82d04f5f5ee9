"""Bench of :class:`hdl.port.Port` whose received bytes go straight to its output."""

import random

from hdl.port import Port
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frames
from sim.model.port import echo
from tests.bench_receiver import bad_stop, noise, send

BIT = 1 / BAUD

# Each was planted in hdl/port.py and must be found: what it is, the line, and what was put in its place.
PLANTED = {
    "leads the input to the wrong pin": ("self.midi_thru.eq(thru.level_out)", "self.midi_thru.eq(line.level)"),
    "sends nothing": ("self.midi_out.eq(transmitter.level)", "self.midi_out.eq(1)"),
    "has no glitch filter": ("LineInput(clk_freq, glitch)", "LineInput(clk_freq, 0)"),
    "mixes up its errors": ("self.break_.eq(receiver.break_)", "self.break_.eq(receiver.framing_error)"),
    "hides overrun": ("self.overrun.eq(receiver.overrun)", "self.overrun.eq(0)"),
    "runs its transmitter a little slow": ("Transmitter(clk_freq, baud)", "Transmitter(clk_freq, baud * 16 / 17)"),
}


def bench(clk_freq, component=Port):
    """The bench for a port at ``clk_freq``."""
    design = Design.of(component(clk_freq, BAUD), clk_freq, joins={"received": "send"})
    cases = {}
    for name, stimulus in stimuli():
        cases[name] = Case(stimulus, checker(stimulus, design.clock))
    return Bench(design, cases)


def checker(stimulus, clock):
    """Bytes, errors and both pins must be what the model says, to the clock."""

    def check(trace):
        midi_in = stimulus.levels["midi_in"]
        model = echo(midi_in, clock)
        near = 0.25 / clock.freq
        expect_equal("received", trace.streams["received"], model.received.bytes, tolerance=near)
        expect_equal("midi_out", trace.line("midi_out"), model.midi_out, tolerance=near)
        expect_equal("midi_thru", trace.line("midi_thru"), model.midi_thru, tolerance=near)
        for signal, times in (
            ("framing_error", model.received.framing_errors),
            ("break_", model.received.breaks),
            ("overrun", model.received.overruns),
        ):
            pulses = [(time, 1) for time in trace.pulses(signal)]
            expect_equal(signal, pulses, [(time, 1) for time in times], tolerance=near)
        sent = [byte for _, byte in trace.streams["received"]]
        seen = frames(trace.line("midi_out"))
        if bad := [frame for frame in seen if not frame.stop]:
            raise Difference(f"stop bit at midi_out must be high, not low, in the frame at {bad[0].time * 1e6:.3f} us")
        if (read := [frame.byte for frame in seen]) != sent:
            raise Difference(f"midi_out must read {bytes(sent).hex(' ')}, not {bytes(read).hex(' ')}")

    return check


def stimuli():
    """Name and stimulus."""
    rng = random.Random(7)

    def line(edges, until):
        return Stimulus(until + 25 * BIT, {"midi_in": edges})

    yield "bytes one by one", line(*send(rng.randbytes(20), gaps=[rng.uniform(0, 20 * BIT) for _ in range(20)]))
    yield "bytes back to back", line(*send(rng.randbytes(40)))
    yield "a sender one percent slow", line(*send(rng.randbytes(40), baud_error=-0.01))
    yield "a sender so fast that it overruns the output", line(*send(rng.randbytes(60), baud_error=0.04))
    edges = [(BIT, 0), (BIT + 2.5e-6, 1), (4 * BIT, 0), (40 * BIT, 1), *bad_stop(45 * BIT, 0x53)]
    yield "a glitch, a break and a bad stop bit", line([*edges, *send(b"ok", start=70 * BIT)[0]], 95 * BIT)
    for n in range(3):
        stimulus = noise(rng, 200, 5 * BIT)
        yield f"a line of noise, number {n}", line(stimulus.levels["level"], stimulus.until)
