"""Benches of :class:`hdl.port.Port` and :class:`hdl.port.PacketPort`, each sending what it receives.

Each of these bugs was planted in the design, and found: leads the input to the wrong pin; sends nothing; has no
glitch filter; mixes up its errors; hides overrun; runs its transmitter a little slow; loses the mark of a cut
SysEx; does not tell the parser of framing errors; does not tell the parser of breaks; does not tell the parser of
overruns; drops packets when the FIFO is full; has a FIFO half as deep; sends every status; never repeats a status;
leaves out the application's real-time; shows bytes before they are taken.
"""

import random
from itertools import product

from hdl.port import PacketPort, Port
from hdl.thru import THRUS as HARDWARE_THRUS
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frames
from sim.model.midi import Packet
from sim.model.parser import parser
from sim.model.port import echo, packet_echo
from sim.model.thru import THRUS
from tests.bench_receiver import ENDINGS, bad_stop, meeting, noise, send

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

RESET = "a reset in the middle of a SysEx"
CUT_SYSEX = "a SysEx that a framing error cuts off"
REALTIME = "real-time from the application goes among what is echoed"
CUT_NOTE = "a note that a break cuts off"
BACK_TO_BACK = "messages back to back at +0.0% baud"
TOO_MUCH = "more than the output can send"

# The same in PacketPort, and the case that must find it.
PLANTED_IN_PACKET_PORT = {
    "loses the mark of a cut SysEx": ("Cat(parser.packets.payload, parser.cut)", "parser.packets.payload", CUT_SYSEX),
    "does not tell the parser of framing errors": ("lost.eq(port.framing_error | ", "lost.eq(", CUT_SYSEX),
    "does not tell the parser of breaks": ("| port.break_ | port.overrun)", "| port.overrun)", CUT_NOTE),
    "does not tell the parser of overruns": ("| port.break_ | port.overrun)", "| port.break_)", TOO_MUCH),
    "drops packets when the FIFO is full": (
        "parser.packets.ready.eq(waiting.w_rdy)",
        "parser.packets.ready.eq(1)",
        TOO_MUCH,
    ),
    "has a FIFO half as deep": ("width=33, depth=depth", "width=33, depth=depth // 2", TOO_MUCH),
    "sends every status": ("running_status=running_status, repeat", "running_status=False, repeat", RESET),
    "never repeats a status": (
        "repeat=repeat)\n        self._waiting",
        "repeat=99 * repeat)\n        self._waiting",
        TOO_MUCH,
    ),
    "leaves out the application's real-time": (
        "connect(m, flipped(self.realtime), encoder.realtime)",
        "pass",
        REALTIME,
    ),
    "shows bytes before they are taken": (
        "port.received.valid & port.received.ready",
        "port.received.valid",
        BACK_TO_BACK,
    ),
}


def bench(clk_freq, component=Port, thru="direct"):
    """The bench for a port at ``clk_freq`` with a kind of thru."""
    design = Design.of(component(clk_freq, BAUD, thru=HARDWARE_THRUS[thru]), clk_freq, joins={"received": "send"})
    # What comes next finds a port that was in the middle of things.
    stimulus = cut_off([0x55, 0xAA, 0x0F, 0x00], 2.55)
    cases = {"a reset in the middle of a byte": Case(stimulus, cut_off_checker(stimulus, design.clock, thru))}
    for name, stimulus in stimuli(design.clock):
        cases[name] = Case(stimulus, checker(stimulus, design.clock, thru))
    return Bench(design, cases)


def cut_off(data, count):
    """A line that carries bytes, but ends after ``count`` of them; with a part of a byte there."""
    until = BIT + 10 * count * BIT
    return Stimulus(until, {"midi_in": [edge for edge in send(data)[0] if edge[0] < until]})


def cut_off_checker(stimulus, clock, thru="direct"):
    """Until it ends, all must be what the model says."""
    return lambda trace: expect_twin(trace, before(trace.end, twin(stimulus, clock, thru)[0]), clock)


def twin(stimulus, clock, thru):
    """What a port with a kind of thru must do, and the overruns of that."""
    midi_in = stimulus.levels["midi_in"]
    handed_on = THRUS[thru](midi_in, clock, BAUD)
    return echo(midi_in, clock)._replace(midi_thru=handed_on.level), handed_on.overruns


def before(end, model):
    """What a model says of the time up to ``end``."""
    if isinstance(model, list):
        return [event for event in model if (event[0] if isinstance(event, tuple) else event) < end]
    return model._make(before(end, part) for part in model)


def checker(stimulus, clock, thru="direct"):
    """Bytes, errors and both pins must be what the model says, to the clock."""

    def check(trace):
        model, overruns = twin(stimulus, clock, thru)
        expect_twin(trace, model, clock)
        pulses = [(time, 1) for time in trace.pulses("thru_overrun")]
        expect_equal("thru_overrun", pulses, [(time, 1) for time in overruns], tolerance=0.25 / clock.freq)
        sent = [byte for _, byte in trace.streams["received"]]
        seen = frames(trace.line("midi_out"))
        if bad := [frame for frame in seen if not frame.stop]:
            raise Difference(f"stop bit at midi_out must be high, not low, in the frame at {bad[0].time * 1e6:.3f} us")
        if (read := [frame.byte for frame in seen]) != sent:
            raise Difference(f"midi_out must read {bytes(sent).hex(' ')}, not {bytes(read).hex(' ')}")

    return check


def expect_twin(trace, model, clock):
    """What both kinds of port have: received bytes, the pins, and the errors, to the clock."""
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


def packet_bench(clk_freq, component=PacketPort, **parameters):
    """The bench for a packet port; ``parameters`` are those that its model has, too."""
    design = Design.of(component(clk_freq, BAUD, **parameters), clk_freq, joins={"packets_out": "packets_in"})
    # What comes next finds a port with full hands, and in the middle of a SysEx.
    stimulus = cut_off([0xC0, *range(14), 0xF0, 1, 2, 3, 4, 5], 18.55)
    cases = {RESET: Case(stimulus, packet_checker(stimulus, design.clock, parameters))}
    for name, stimulus in packet_stimuli(300 if clk_freq < 1e6 else 45, design.component._waiting.depth):
        cases[name] = Case(stimulus, packet_checker(stimulus, design.clock, parameters))
    cases[REALTIME] = with_realtime()
    return Bench(design, cases)


def packet_checker(stimulus, clock, parameters):
    """Packets in their order, cut or not; bytes, errors and both pins to the clock."""

    def check(trace):
        model = before(trace.end, packet_echo(stimulus.levels["midi_in"], clock, **parameters))
        expect_twin(trace, model, clock)
        cut = trace.levels["cut"]
        packets = [
            (time, Packet.from_int(number)._replace(cut=bool(clock.sees(cut, clock.after(time) - 1))))
            for time, number in trace.streams["packets_out"]
        ]
        expect_equal("packets", packets, model.packets, tolerance=0.25 / clock.freq)

    return check


def packet_stimuli(count, depth):
    """Name and stimulus, of up to ``count`` bytes; the rules of the byte stream have theirs in ``bench_parser``."""
    rng = random.Random(9)

    def line(edges, until, tail=0.01):
        return Stimulus(until + tail, {"midi_in": edges})

    for error in (0.0, 0.01, -0.02, 0.045):
        edges, until = send(music(rng, count), baud_error=error)
        yield f"messages back to back at {error:+.1%} baud", line(edges, until)
    yield "messages with pauses", line(*send(music(rng, count // 5), gaps=[rng.uniform(0, 0.01) for _ in range(count)]))
    # One byte in three comes back out as two: the FIFO fills, and what no longer fits is lost.
    edges, until = send([byte for n in range(count // 3) for byte in (0xC0, n, n, n)])
    yield TOO_MUCH, line(edges, until, tail=0.01 + count * 250e-6)
    edges, until = send([0xF0, 1, 2, 3, 4])
    edges += bad_stop(until, 0x55)
    yield (
        CUT_SYSEX,
        line([*edges, *send(b"\x90\x3c\x40", start=until + 20 * BIT)[0]], until),
    )
    edges, until = send([0x90, 60])
    edges += [(until, 0), (until + 30 * BIT, 1), *send([61, 62, 0x91, 63, 64], start=until + 32 * BIT)[0]]
    yield CUT_NOTE, line(edges, until)
    stimulus = noise(rng, count, 5 * BIT)
    yield "a line of noise", line(stimulus.levels["level"], stimulus.until)
    if depth <= 8:
        yield "errors while packets wait", line(*errors(random.Random(64)))


def errors(rng):
    """Edges of errors, in a SysEx and in none, while a short FIFO is empty, as it fills, and when it is full."""
    beginnings = ([0xF0], [0xF0, 1], [], [0xF8, 0xF8], [0xF0, 0xF8, 0xF8], [0xF0, 1, 0xF8, 0xF8, 0xF8, 0xF8])
    each = [*product(("framing error", "break"), beginnings)]
    edges, time = [], BIT
    for n in range(32):
        alone = n < len(each)
        ending, begins = each[n] if alone else rng.choice(each)
        # Of these each comes back out as two bytes, so that the FIFO fills.
        programs = [] if alone else [0xC0, *range(6), *[0xC0, n, n] * rng.randrange(3)]
        frames_, time = send([*programs, *begins], start=time)
        edges += frames_
        if alone or rng.random() < 0.8:
            edges += ENDINGS[ending](time)
        # The next byte comes while the F7 that closes a SysEx still waits for its place.
        time += 13 * BIT
    return edges, time


def with_realtime():
    """Notes, and real-time from the application with anything in the bits that are not looked at."""
    rng, notes = random.Random(40), [0x90, *range(20)]
    edges, until = send(notes, gaps=[rng.uniform(5 * BIT, 15 * BIT) for _ in notes])
    realtime = [(time, rng.getrandbits(8)) for time in sorted(rng.uniform(0, until) for _ in range(12))]

    def check(trace):
        sent = [frame.byte for frame in frames(trace.line("midi_out"))]
        expect_equal("real-time", [(0.0, b) for b in sent if b >= 0xF8], [(0.0, b | 0xF8) for _, b in realtime])
        # A status may be sent again, or every time, so what is compared is messages.
        echoed, given = (parser([(0.0, b) for b in row if b < 0xF8]) for row in (sent, notes))
        expect_equal("the rest", echoed, given)

    return Case(Stimulus(until + 60 * BIT, {"midi_in": edges}, streams={"realtime": realtime}), check)


def music(rng, count):
    """Bytes of messages of all kinds, some unfinished, some undefined."""
    data = []
    while len(data) < count:
        kind = rng.randrange(8)
        if kind < 4:
            data += [0x90 + rng.randrange(2)] * (rng.random() < 0.5) + [rng.randrange(128) for _ in range(2)]
        elif kind == 4:
            data += [0xF0, *(rng.randrange(128) for _ in range(rng.randrange(8)))] + [0xF7] * (rng.random() < 0.7)
        elif kind == 5:
            data.append(rng.choice((0xF8, 0xF9, 0xFE, 0xFF, 0xF6, 0xF4, 0xF7)))
        else:
            data.append(rng.randrange(256))
    return data[:count]


def stimuli(clock):
    """Name and stimulus."""
    rng = random.Random(7)

    def line(edges, until):
        return Stimulus(until + 25 * BIT, {"midi_in": edges})

    yield "a byte right after reset", line(*send([0x3C], start=1e-6))
    yield "bytes one by one", line(*send(rng.randbytes(20), gaps=[rng.uniform(0, 20 * BIT) for _ in range(20)]))
    yield "bytes back to back", line(*send(rng.randbytes(40)))
    yield "a sender one percent slow", line(*send(rng.randbytes(40), baud_error=-0.01))
    yield "a sender so fast that it overruns the output", line(*send(rng.randbytes(60), baud_error=0.04))
    edges = [(BIT, 0), (BIT + 2.5e-6, 1), (4 * BIT, 0), (40 * BIT, 1), *bad_stop(45 * BIT, 0x53)]
    yield "a glitch, a break and a bad stop bit", line([*edges, *send(b"ok", start=70 * BIT)[0]], 95 * BIT)
    for n in range(3):
        stimulus = noise(rng, 200, 5 * BIT)
        yield f"a line of noise, number {n}", line(stimulus.levels["level"], stimulus.until)
    for name, edges in meeting(clock):
        yield name, line(edges, edges[-1][0])
