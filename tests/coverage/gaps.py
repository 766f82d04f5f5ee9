"""Cases for what the tables of coverage showed that no bench had reached; the benches' own checks judge them."""

import random

from hdl.port import Port
from hdl.sensing import ACTIVE_SENSING
from hdl.thru import StoredThru
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.trace import Stimulus, expect_equal
from sim.model.edges import BAUD, frame_edges, frames
from sim.model.midi import KINDS, Packet, packets
from sim.model.parser import parser
from sim.model.thru import stored_thru
from tests import bench_encoder, bench_merger, bench_port, bench_receiver, bench_sensing
from tests.bench_merger import CLOCK, at

__all__ = ["GAPS", "port_with_stored_thru"]

BIT = 1 / BAUD

CLK_FREQ = 500e3
"""Frequency of the clock of a port, in Hz."""


def receiver(bench):
    """A short pulse in every bit of a frame; errors while a byte is held; a line that never rises again."""
    clock = bench.design.clock
    period = 1 / clock.freq

    def case(edges, until, ready=()):
        stimulus = Stimulus(until, {"level": edges}, ready={"bytes": ready} if ready else {})
        return Case(stimulus, bench_receiver.checker(stimulus, clock, None))

    rng, edges, time = random.Random(8), [], BIT
    for n in range(200):
        # Between two samples: bits 0 to 7 have their ends there, and their middles at half bits.
        begin = time + (n % 10 + rng.choice((0.1, 0.6))) * BIT
        edges += _with_pulse(frame_edges(time, rng.getrandbits(8), BIT), begin, begin + 3 * period)
        time += 13 * BIT
    yield "a short pulse anywhere in a frame", case(edges, time)

    for name, low in (("a framing error", 0x2C), ("a break", None)):
        for held in (True, False):
            bad = [(20 * BIT, 0), (31 * BIT, 1)] if low is None else _moved(bench_receiver.bad_stop(BIT, low), 19 * BIT)
            # The byte before it is taken at the very clock edge that samples the bad stop bit, or long after.
            divisor = round(clock.freq / BAUD)
            sample = clock.after(20 * BIT) + (divisor - 1) // 2 + 9 * divisor
            taken = 40 * BIT if held else clock.time(sample - 0.5)
            ready = [(0.0, 0), (taken, 1)]
            edges = [*frame_edges(BIT, 0xA5, BIT), *bad, *frame_edges(50 * BIT, 0x5A, BIT)]
            words = "while a byte is held" if held else "in the clock in which a byte is taken"
            yield f"{name} {words}", case(edges, 65 * BIT, ready)
    yield "a break without an end", case([(BIT, 0)], 40 * BIT)


def _moved(edges, by):
    return [(time + by, level) for time, level in edges]


def _with_pulse(edges, begin, end):
    """A line turned over from ``begin`` to ``end``."""
    level = next((value for time, value in reversed(edges) if time <= begin), 1)
    inside = [value for time, value in edges if begin < time <= end]
    after = inside[-1] if inside else level
    kept = [edge for edge in edges if not begin < edge[0] <= end]
    return sorted([*kept, (begin, 1 - level), (end, after)])


def encoder(bench):
    """Every real-time byte in every place of every kind of packet; and every kind of status grows old."""
    rng = random.Random(3)
    wholes = [(kind.status, *range(1, 1 + kind.data)) for kind in KINDS if kind.code not in (None, 4, 5, 0xF)]
    wholes += [(0xF0, *range(1, 1 + n), 0xF7) for n in range(6)]
    # Each twice, so that the second has running status where there is any.
    offered = [packet for whole in wholes for _ in range(2) for packet in packets(whole)]
    until = bench_encoder.BYTE * 3 * len(offered)
    for n in range(24):
        realtime = sorted((rng.randrange(until), rng.randrange(0xF8, 0x100)) for _ in range(len(offered)))
        ready = bench_encoder.line(until)
        yield from _encoder_case(bench, f"real-time of all kinds everywhere, number {n}", offered, realtime, ready)

    repeat = _inside(bench).repeat_clocks
    kinds = [Packet.of(kind.code, (kind.status, 1, 2)[: 1 + kind.data]) for kind in KINDS if kind.has_channel]
    items = [(n * 2 * repeat, packet) for n, packet in enumerate(packet for kind in kinds for packet in (kind, kind))]
    stimulus = bench_encoder.in_clocks(bench.design.clock, "bytes", items, (), ())
    check = bench_encoder.checker(stimulus, repeat=repeat)
    yield "a status of each kind grows old", Case(stimulus, check)


def _inside(bench):
    return bench.design.component._component


def _encoder_case(bench, name, offered, realtime, ready):
    items = [(0, packet) for packet in offered]
    stimulus = bench_encoder.in_clocks(bench.design.clock, "bytes", items, realtime, ready)
    check = bench_encoder.checker(stimulus, repeat=_inside(bench).repeat_clocks)
    yield name, Case(stimulus, check)


def merger(name):
    """What makes cases for the merger called ``name``: everything meets a full queue, and cables of all numbers."""
    inputs, rules = bench_merger.DESIGNS[name]
    turn = 4 * inputs * CLOCK

    def make(bench):
        for case, offered, until, ready in _merger_cases(inputs, rules, turn):
            # The cable of what comes in is not looked at, so it may be any.
            rng = random.Random(case)
            streams = {
                f"inputs__{n}": [(time, packet._replace(cable=rng.randrange(16)).to_int()) for time, packet in items]
                for n, items in enumerate(offered)
            }
            stimulus = Stimulus(until, streams=streams, ready=ready)
            yield case, Case(stimulus, bench_merger.checker(stimulus, rules, {}))

    return make


MEETING = {
    "a channel message": (0x9, 0x90, 0x3C, 0x40),
    "a mode message": (0xB, 0xB0, 123, 0),
    "System Common": (0x3, 0xF2, 1, 2),
    "F6": (0x5, 0xF6),
    "another single byte": (0xF, 0x3C),
    "a SysEx": (0x4, 0xF0, 1, 2),
    "a whole SysEx": (0x7, 0xF0, 1, 0xF7),
    "the rest of a SysEx": (0x4, 1, 2, 3),
    "the end of a SysEx": (0x6, 1, 0xF7),
    **{f"{byte:02X}": (0xF, byte) for byte in range(0xF8, 0x100)},
}
"""What meets a merger in each of its states."""


def _merger_cases(inputs, rules, turn):
    room = rules.depth - 2
    # The last input that cannot wait: where not all are echoed it is one that is not.
    number = max(n for n in range(inputs) if n not in rules.waits)
    stalled = {"packets": [(0.0, 0), (100 * turn, 1)], "realtime": [(0.0, 0), (100 * turn, 1)]}
    for what, packet in MEETING.items():
        for is_open in (False, True):
            for full in (False, True):
                before = [(0x8, 0x80, n, 0) for n in range(room if full else 0)]
                # Behind a SysEx there is one place less, and what cuts it off takes the last one.
                if is_open:
                    before = [*before[1:], (0x4, 0xF0, 1, 2)]
                before += [(0xF, 0xF8)] * (4 if full else 0)
                row = [at(turn * n, *each) for n, each in enumerate([*before, packet])]
                words = f"{'no room' if full else 'room'} and {'an' if is_open else 'no'} open SysEx"
                offered = [row if n == number else [] for n in range(inputs)]
                yield f"{what} meets {words}", offered, 100 * turn + 2.5 * rules.timeout, stalled
    busy = [[at(k * turn, 0x9, 0x90 + n, k, 64) for k in range(20)] for n in range(inputs)]
    yield "cables of all numbers", busy, 200 * turn, {}
    silent = [[at(n * turn, 0x4, 0xF0, 1, 2)] for n in range(inputs)]
    yield "a SysEx of each input falls silent", silent, 6 * rules.timeout, {}


def sensing_receiver(bench):
    """A byte at the last moment, where nothing is armed."""
    clock, clocks = bench.design.clock, bench.design.component.clocks
    valid = bench_sensing.pulse(clock, [10, 10 + clocks])
    payload = [(time, 0x90 if level else ACTIVE_SENSING) for time, level in valid]
    stimulus = Stimulus(clock.time(4 * clocks), {"received__valid": valid, "received__payload": payload})
    check = bench_sensing.receiver_checker(stimulus, clock, clocks / clock.freq, 0)
    yield "a byte in the last clock arms nothing", Case(stimulus, check)


def packet_port(bench):
    """Real-time of all kinds, with anything in the bits that are not looked at, among what is echoed."""
    rng = random.Random(40)
    edges, until = bench_receiver.send([0x90, *range(60)], gaps=[rng.uniform(5 * BIT, 30 * BIT) for _ in range(61)])
    realtime = [(time, rng.getrandbits(8)) for time in sorted(rng.uniform(0, until) for _ in range(60))]
    stimulus = Stimulus(until + 150 * 10 * BIT, {"midi_in": edges}, streams={"realtime": realtime})

    def check(trace):
        sent = [frame.byte for frame in frames(trace.line("midi_out"))]
        expect_equal("real-time", [(0.0, b) for b in sent if b >= 0xF8], [(0.0, b | 0xF8) for _, b in realtime])
        # A status may be sent again after its time, so what is compared is messages.
        echoed, given = (parser([(0.0, b) for b in row if b < 0xF8]) for row in (sent, (0x90, *range(60))))
        expect_equal("the rest", echoed, given)

    yield "real-time from the application goes among what is echoed", Case(stimulus, check)


def port_with_stored_thru():
    """The bench of a port whose thru can overrun."""
    design = Design.of(Port(CLK_FREQ, BAUD, thru=StoredThru), CLK_FREQ, joins={"received": "send"})
    cases = {}
    for name, stimulus in bench_port.stimuli():

        def check(trace, stimulus=stimulus):
            model = stored_thru(stimulus.levels["midi_in"], design.clock)
            near = 0.25 / design.clk_freq
            expect_equal("midi_thru", trace.line("midi_thru"), model.level, tolerance=near)
            pulses = [(time, 1) for time in trace.pulses("thru_overrun")]
            expect_equal("thru_overrun", pulses, [(time, 1) for time in model.overruns], tolerance=near)

        cases[f"{name}, with a stored thru"] = Case(stimulus, check)
    return Bench(design, cases)


GAPS = {
    "receiver": receiver,
    "encoder": encoder,
    "merger": merger("two"),
    "merger, filters": merger("three with filters"),
    "merger, waits": merger("two of which one waits"),
    "sensing_receiver": sensing_receiver,
    "packet_port": packet_port,
}
"""What makes cases for a subject, by its name; each is told the bench of it."""
