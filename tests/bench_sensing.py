"""Bench of both ends of :mod:`hdl.sensing`.

Each of these bugs was planted in the design, and found: offers a clock late; does not hear what is sent; withdraws
an FE that is on offer; offers an FE right after reset; sends another byte; sends FE after FE; is armed from the
start; is armed by any byte; is never armed; is never disarmed; is disarmed by any other byte; gives up on a byte
that is in time; waits for FE and no other byte; gives up too soon.
"""

import random

from hdl.sensing import SensingReceiver, SensingSender
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.streams import random_ready
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.sensing import ACTIVE_SENSING, sensing_receiver, sensing_sender

# Each was planted in hdl/sensing.py and must be found: what it is, at which end, the line, and what was put in its
# place.
PLANTED = {
    "offers a clock late": (SensingSender, "+ self.clocks - 2)", "+ self.clocks - 1)"),
    "does not hear what is sent": (SensingSender, "Mux(waiting, self.sent", "Mux(waiting, 0"),
    "withdraws an FE that is on offer": (
        SensingSender,
        "Mux(waiting, self.sent, self.realtime.ready)",
        "self.sent | (~waiting & self.realtime.ready)",
    ),
    "offers an FE right after reset": (SensingSender, "ResetSignal(allow_reset_less=True)", "0"),
    "sends another byte": (SensingSender, "ACTIVE_SENSING = 0xFE", "ACTIVE_SENSING = 0xFF"),
    "sends FE after FE": (SensingSender, "self.realtime.ready)", "0)"),
    "is armed from the start": (SensingReceiver, "armed = Signal()", "armed = Signal(init=1)"),
    "is armed by any byte": (SensingReceiver, "self.received.payload == ACTIVE_SENSING", "1"),
    "is never armed": (SensingReceiver, "armed.eq(1)", "armed.eq(0)"),
    "is never disarmed": (SensingReceiver, "armed.eq(0)", "armed.eq(armed)"),
    "is disarmed by any other byte": (
        SensingReceiver,
        "with m.If(self.received.payload == ACTIVE_SENSING):\n                m.d.sync += armed.eq(1)",
        "m.d.sync += armed.eq(self.received.payload == ACTIVE_SENSING)",
    ),
    "gives up on a byte that is in time": (SensingReceiver, "armed & over & ~self.received.valid", "armed & over"),
    "waits for FE and no other byte": (
        SensingReceiver,
        "with m.If(self.received.valid)",
        "with m.If(self.received.valid & (self.received.payload == ACTIVE_SENSING))",
    ),
    "gives up too soon": (SensingReceiver, "(1 << width) + self.clocks - 2", "self.clocks - 2"),
}


def bench(clk_freq, seconds, component):
    """The bench for the end that ``component`` is, which waits for ``seconds``."""
    design = Design.of(component(clk_freq, seconds), clk_freq)
    is_sender = component.__name__ == "SensingSender"
    cases = {}
    for name, stimulus, expected in (sender_stimuli if is_sender else receiver_stimuli)(design.clock, seconds):
        check = (sender_checker if is_sender else receiver_checker)(stimulus, design.clock, seconds, expected)
        cases[name] = Case(stimulus, check)
    return Bench(design, cases)


def sender_checker(stimulus, clock, seconds, expected):
    """What is sent must be what the model says, to the clock; ``expected`` times FE, if that is known."""

    def check(trace):
        got = trace.streams["realtime"]
        if expected is not None and [byte for _, byte in got] != [ACTIVE_SENSING] * expected:
            raise Difference(
                f"FE must be sent {expected} times, not: {bytes(byte for _, byte in got).hex(' ') or 'none'}"
            )
        ready = stimulus.ready.get("realtime", ())
        model = sensing_sender(stimulus.levels["sent"], clock, trace.end, seconds, ready)
        expect_equal("realtime", got, model, tolerance=0.25 / clock.freq)

    return check


def receiver_checker(stimulus, clock, seconds, expected):
    """The pulses must be where the model says, to the clock; ``expected`` of them, if that is known."""

    def check(trace):
        got = trace.pulses("silent")
        if expected is not None and len(got) != expected:
            raise Difference(f"silent must pulse {expected} times, not {len(got)}")
        levels = stimulus.levels["received__valid"], stimulus.levels["received__payload"]
        # A byte is there from just before the clock edge that takes it to just behind it.
        received = [
            (clock.time(clock.after(time)), byte) for (time, valid), (_, byte) in zip(*levels, strict=True) if valid
        ]
        model = sensing_receiver(received, clock, trace.end, seconds)
        expect_equal("silent", [(t, 1) for t in got], [(t, 1) for t in model], tolerance=0.25 / clock.freq)

    return check


def pulse(clock, numbers):
    """Edges of a pulse at each of these clock edges."""
    return [edge for n in numbers for edge in ((clock.time(n - 0.5), 1), (clock.time(n + 0.5), 0))]


def sender_stimuli(clock, seconds):
    """Name, stimulus and, where it is known, how often FE must be sent."""
    rng = random.Random(270)
    clocks = round(seconds * clock.freq)

    def case(numbers, until, ready=()):
        levels = {"sent": pulse(clock, numbers)}
        return Stimulus(until * seconds, levels, ready={"realtime": list(ready)} if ready else {})

    yield "FE is sent again and again when nothing else is", case([], 5.5), 5
    yield "nothing is added to a busy line", case(range(clocks // 2, 6 * clocks, clocks // 2), 6.4), 0
    yield "a byte in the last clock before the offer is in time", case([clocks - 2], 1.9), 0
    yield "a byte in the clock of the offer is too late", case([clocks - 1], 1.9), 1
    yield "a byte in the first clock after reset counts", case([0], 1 - 0.5 / clocks), 0
    waiting = [(0.5 * seconds, 0), (1.8 * seconds, 1)]
    yield "an FE on offer stays when another byte is sent", case([round(1.4 * clocks)], 2.7, waiting), 1
    yield "an FE that nobody takes is offered once", case([], 5.9, [(0.0, 0), (5.3 * seconds, 1)]), 1
    for n in range(4):
        times = sorted(rng.sample(range(20 * clocks), 30))
        ready = random_ready(rng, 20 * seconds, seconds) if n % 2 else ()
        yield f"bytes and stalls at random, number {n}", case([t for t in times if t + 1 not in times], 20, ready), None


def receiver_stimuli(clock, seconds):
    """Name, stimulus and, where it is known, how often ``silent`` must pulse."""
    rng = random.Random(330)
    clocks = round(seconds * clock.freq)

    def case(items, until):
        valid = pulse(clock, [n for n, _ in items])
        payload = [(time, byte) for (_, byte), (time, _) in zip(items, valid[::2], strict=True)]
        # Behind a byte something else is there, which is not to be heard.
        payload = [item for n, byte in enumerate(payload) for item in (byte, (valid[2 * n + 1][0], ACTIVE_SENSING))]
        return Stimulus(until * seconds, {"received__valid": valid, "received__payload": payload})

    half = clocks // 2
    yield "a sender that never sends FE may fall silent", case([(10, 0x90), (12, 0x3C), (14, 0x40)], 3), 0
    yield "after FE silence is told once", case([(10, 0xFE)], 5), 1
    yield "any byte begins the wait anew", case([(10 + n * half, 0x00 if n else 0xFE) for n in range(8)], 4.6), 1
    yield "a byte in the very clock is in time", case([(10, 0xFE), (10 + clocks, 0xF8)], 1.9), 0
    yield "a byte one clock later is not", case([(10, 0xFE), (11 + clocks, 0xF8)], 1.9), 1
    later = [(10, 0xFE), *((2 * clocks + n * half, 0x90) for n in range(4))]
    yield "other bytes do not arm it again", case(later, 7), 1
    yield "another FE does", case([*later, (6 * clocks, 0xFE)], 9), 2
    others = [(10 + 2 * byte, byte) for byte in range(256) if byte != 0xFE]
    yield "no byte but FE arms it", case(others, 3 + others[-1][0] / clocks), 0
    yield "a byte in the last clock arms nothing", case([(10, 0x90), (10 + clocks, 0x90)], 3), 0
    for n in range(4):
        numbers = sorted(rng.sample(range(2, 20 * clocks), 30))
        items = [(t, rng.choice((0xFE, 0xF8, rng.getrandbits(8)))) for t in numbers if t + 1 not in numbers]
        yield f"bytes at random, number {n}", case(items, 20), None
