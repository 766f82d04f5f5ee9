"""Bench of :class:`hdl.encoder.Encoder`, alone and with a parser behind it.

Each of these bugs was planted in the design, and found: keeps running status on System Common; clears running
status on real-time; keeps running status on a byte it does not know; takes another channel for the same status;
never repeats a status; repeats a status a clock late; repeats a status a clock early; counts the age from when a
status was offered; takes back the byte on offer; lets real-time wait for the end of a message; loses real-time
behind the byte on offer; lets anything stand inside a message; sends packets with reserved codes; sends a byte too
many; begins in the middle of a packet.
"""

import random

from hdl.encoder import Encoder as HardwareEncoder
from sim.bench.bench import Bench, Case
from sim.bench.run import Build, Design, choose
from sim.bench.trace import Difference, Stimulus
from sim.model.encoder import Encoder
from sim.model.midi import KINDS, Packet, packets
from sim.model.parser import parser
from tests.random_midi import random_stream
from tests.watched import Watched

CLK_FREQ = 12e6

REPEAT = 40
"""Clocks after which a status is repeated, in the bench that is about that."""

BYTE = 16
"""Clocks of a byte on the line, where a consumer that is ready once in so many stands for one."""

SLIPPING = (0xFC, 0xFE, 0xFF)
"""Real-time that comes on the stream of its own where it comes at random, and never in packets: so both can be told."""

# Each was planted in hdl/encoder.py and must be found: what it is, the line, and what was put in its place.
PLANTED = {
    "keeps running status on System Common": (
        "[3:].all()):\n                m.d.sync += fresh.eq(0)",
        "[3:].all()):\n                pass",
    ),
    "clears running status on real-time": ("with m.Elif((code != 0xF) | ~packet.data[0][3:].all())", "with m.Else()"),
    "keeps running status on a byte it does not know": ("(code != 0xF) | ~packet.data[0][3:].all()", "code != 0xF"),
    "takes another channel for the same status": ("(status == packet.data[0])", "(status[4:] == packet.data[0][4:])"),
    "never repeats a status": ("with m.If(~age[-1])", "with m.If(0)"),
    "repeats a status a clock late": (
        "eq((1 << width) + self.repeat_clocks - 3)",
        "eq((1 << width) + self.repeat_clocks - 2)",
    ),
    "repeats a status a clock early": (
        "eq((1 << width) + self.repeat_clocks - 3)",
        "eq((1 << width) + self.repeat_clocks - 4)",
    ),
    "counts the age from when a status was offered": (
        "with m.If(begins & channel)",
        "with m.If(~fresh & channel & ~held & self.packets.valid)",
    ),
    "takes back the byte on offer": ("slips.eq(self.realtime.valid & ~held)", "slips.eq(self.realtime.valid)"),
    "lets real-time wait for the end of a message": (
        "self.realtime.valid & ~held)",
        "self.realtime.valid & ~held & (place == 0))",
    ),
    "loses real-time behind the byte on offer": (
        "self.realtime.ready.eq(self.bytes.ready & ~held)",
        "self.realtime.ready.eq(self.bytes.ready)",
    ),
    "lets anything stand inside a message": ("Cat(self.realtime.payload[:3], C(0x1F, 5))", "self.realtime.payload"),
    "sends packets with reserved codes": ("offers.eq(self.packets.valid & ~reserved", "offers.eq(self.packets.valid"),
    "sends a byte too many": ("(code == 0x6) | (code == 0xC)", "(code == 0x6)"),
    "begins in the middle of a packet": ("place.eq(Mux(last, 0, place + 1))", "place.eq(place + 1)"),
}

# What each rule comes to: packets, each given as a message or as its code and bytes; and the bytes that must be sent.
RULES = {
    "every message is sent whole": (
        "80 01 02, f2 08 09, c3 04, f1 05, f3 06, f6, f0 01 02 03 f7, e0 00 40",
        "80 01 02 f2 08 09 c3 04 f1 05 f3 06 f6 f0 01 02 03 f7 e0 00 40",
    ),
    "a repeated channel status is left out": (
        "90 3c 40, 90 3d 41, 90 3c 00, c1 01, c1 02",
        "90 3c 40 3d 41 3c 00 c1 01 02",
    ),
    "another status or channel is sent": (
        "90 3c 40, 80 3c 40, 81 3c 40, 90 3c 40",
        "90 3c 40 80 3c 40 81 3c 40 90 3c 40",
    ),
    "System Common clears running status": (
        "90 3c 40, f1 01, 90 3c 40, f2 01 02, 90 3c 40, f3 01, 90 3c 40, f6, 90 3c 40, 90 3c 40",
        "90 3c 40 f1 01 90 3c 40 f2 01 02 90 3c 40 f3 01 90 3c 40 f6 90 3c 40 3c 40",
    ),
    "SysEx clears running status": (
        "90 3c 40, 4: f0 01 02, 90 3c 40, 5: f7, 90 3c 40, 6: f0 f7, 90 3c 40, 7: f0 01 f7, 90 3c 40",
        "90 3c 40 f0 01 02 90 3c 40 f7 90 3c 40 f0 f7 90 3c 40 f0 01 f7 90 3c 40",
    ),
    "System Common has no running status itself": ("f1 01, f1 01, f3 02, f3 02", "f1 01 f1 01 f3 02 f3 02"),
    "real-time leaves running status alone": ("90 3c 40, f8, 90 3c 40, ff, 90 3c 40", "90 3c 40 f8 3c 40 ff 3c 40"),
    "reserved codes make no bytes and change nothing": (
        "90 3c 40, 0: 91 01 02, 90 3c 40, 1: f6, 90 3c 40",
        "90 3c 40 3c 40 3c 40",
    ),
    "a single byte that is no real-time clears running status": (
        "90 3c 40, f: 3c, 90 3c 40, f: 91, 90 3c 40, f: f6, 90 3c 40",
        "90 3c 40 3c 90 3c 40 91 90 3c 40 f6 90 3c 40",
    ),
    "a single byte that is the last status is sent all the same": (
        "90 3c 40, f: 90, 90 3c 40, 90 3c 40",
        "90 3c 40 90 90 3c 40 3c 40",
    ),
}
RULES_WITHOUT = {
    "without running status every status is sent": (
        "90 3c 40, 90 3c 40, f8, 90 3c 40, c1 02, c1 02",
        "90 3c 40 90 3c 40 f8 90 3c 40 c1 02 c1 02",
    ),
}

# Real-time bytes, and when they come to a line which takes bytes in clocks 16, 32 and so on; and what the line carries.
SLIPS = {
    "real-time goes before a message that comes with it": ("90 3c 40", [(0, 0xF8)], "f8 90 3c 40"),
    "real-time slips between the bytes of a message": ("90 3c 40", [(20, 0xFA)], "90 3c fa 40"),
    "real-time slips into a SysEx": ("f0 01 02 03 f7", [(20, 0xF8), (52, 0xFE)], "f0 01 f8 02 fe 03 f7"),
    "real-time stays in order": ("90 3c 40", [(4, 0xFA), (4, 0xF8), (4, 0xFC)], "90 fa f8 fc 3c 40"),
    "nothing but real-time slips in": ("90 3c 40", [(4, 0x92), (4, 0x04)], "90 fa fc 3c 40"),
}


def ages(repeat):
    """When a note comes, in clocks, and how long the line is stalled at first; and what is sent: by name."""
    return {
        "a status is left out until its time is over": ([0, repeat - 1], 0, "90 3c 40 3c 40"),
        "a status is repeated when its time is over": ([0, repeat], 0, "90 3c 40 90 3c 40"),
        "a status that was left out grows old all the same": ([0, repeat - 20, repeat], 0, "90 3c 40 3c 40 90 3c 40"),
        "a repeated status is young again": ([0, repeat, 2 * repeat - 1], 0, "90 3c 40 90 3c 40 3c 40"),
        "a status grows old from when it was taken": ([0, 20 + repeat - 1], 20, "90 3c 40 3c 40"),
        "a status that waited is repeated in its time": ([0, 20 + repeat], 20, "90 3c 40 90 3c 40"),
        "a status that is old stays old": ([0, *(n * 999 for n in range(1, 9))], 0, " ".join(["90 3c 40"] * 9)),
    }


def bench(component=HardwareEncoder, rules=RULES, seeds=6, repeat=None, **options):
    """The bench for an encoder, but for the time after which it repeats a status: ``repeat``, in clocks."""
    seconds = {} if repeat is None else {"repeat": repeat / CLK_FREQ}
    result = Bench(Design.of(Watched(component(CLK_FREQ, **seconds, **options)), CLK_FREQ))

    def add(name, items, realtime=(), ready=(), expected=None):
        stimulus = in_clocks(result.design.clock, "bytes", items, realtime, ready)
        result.cases[name] = Case(stimulus, checker(stimulus, expected, repeat=repeat, **options))

    for name, (offered, expected) in rules.items():
        items = [(0, packet) for packet in read(offered)]
        add(name, items, expected=expected)
        add(f"{name}, with stalls", items, ready=stalls(random.Random(0), 200))
    for name, (offered, realtime, expected) in SLIPS.items():
        add(name, [(0, packet) for packet in read(offered)], realtime, line(200), expected)
    add("real-time of every kind in every place", *real_time_everywhere())
    for seed in range(seeds):
        rng = random.Random(seed)
        ready = (line(9000), stalls(rng, 9000), ())[seed % 3]
        add(f"packets and real-time at random, number {seed}", *random_items(rng), ready)
        items = _times(rng, [Packet.from_int(rng.getrandbits(32)) for _ in range(300)], 8)
        add(f"packets of any content at random, number {seed}", items, ready=ready)
    return result


def age_bench(component=HardwareEncoder, repeat=REPEAT):
    """The bench for the time after which a status is repeated, in clocks."""
    result = Bench(Design.of(Watched(component(CLK_FREQ, repeat=repeat / CLK_FREQ)), CLK_FREQ))

    def add(name, items, ready, **options):
        stimulus = in_clocks(result.design.clock, "bytes", items, (), ready)
        result.cases[name] = Case(stimulus, checker(stimulus, **options))

    for name, (times, stall, expected) in ages(repeat).items() if repeat >= REPEAT else ():
        items = [(time, *read("90 3c 40")) for time in times]
        add(name, items, [(0, 0), (stall, 1)] if stall else (), expected=expected)
    if repeat >= REPEAT:
        add("a status of each kind grows old", each_kind(repeat), (), repeat=repeat)
    for seed in range(3):
        rng = random.Random(seed)
        notes = rng.choices(read("90 3c 40, 91 3c 40, f8, f6"), (12, 1, 1, 1), k=300)
        items = _times(rng, notes, repeat * 2 // 3)
        add(f"a status grows old to the clock, number {seed}", items, (), repeat=repeat)
        add(f"a status that waited grows old to the clock, number {seed}", items, stalls(rng, 9000), repeat=repeat)
    return result


def checker(stimulus, expected=None, *, running_status=True, repeat=None):
    """Bytes must be those ``expected`` or, if that is ``None``, those of the model; real-time must come in its time.

    ``repeat`` is in clocks; ``None`` is longer than any case.
    """
    slipping = {byte | 0xF8 for _, byte in stimulus.streams["realtime"]}

    def check(trace):
        clock = trace.clock
        check_offers(stimulus, trace)
        sent = [(clock.after(time) - 1, byte) for time, byte in trace.streams["bytes"]]
        if expected is not None:
            equal("bytes", [byte for _, byte in sent], [*bytes.fromhex(expected)])
        else:
            own = [(at, byte) for at, byte in sent if byte not in slipping]
            looked_at = _offered(stimulus.streams["packets"], trace.streams["packets"], clock)
            live = Encoder(running_status=running_status, repeat=repeat or float("inf"))
            equal("bytes of packets", [byte for _, byte in own], _encoded(live, looked_at, own))
        slipped = [at for at, byte in sent if byte in slipping]
        offered = _offered(stimulus.streams["realtime"], trace.streams["realtime"], clock)
        equal("real-time", [byte for _, byte in sent if byte in slipping], [byte | 0xF8 for _, byte in offered])
        for at, (since, byte) in zip(slipped, offered, strict=True):
            passed = sum(clock.sees(stimulus.ready.get("bytes", ()), n) for n in range(since, at))
            if passed > 1:
                raise Difference(f"{byte:02x} offered at clock {since} must wait for one byte, not for {passed}")

    return check


def _encoded(live, packets, sent):
    """Bytes that a model makes of packets, told when each was looked at, and when the first byte of it really left."""
    made = []
    for at, value in packets:
        whole = live.step(Packet.from_int(value), at)
        if whole and len(made) < len(sent):
            live.left(sent[len(made)][0])
        made += whole
    return made


def check_offers(stimulus, trace):
    """Nothing that is on offer may be taken back, and all that is offered must be taken."""
    if times := trace.pulses("unstable"):
        raise Difference(f"What is on offer must stay until it is taken, but did not at {times[0] * 1e6:.3f} us")
    for name, items in stimulus.streams.items():
        if (taken := len(trace.streams[name])) != len(items):
            raise Difference(f"{len(items)} {name} must be taken, not {taken}")


def equal(what, got, wanted):
    """Raise :exc:`Difference` at the first place at which two lists differ."""
    if got != wanted:
        n = next((n for n, pair in enumerate(zip(got, wanted, strict=False)) if pair[0] != pair[1]), len(wanted))
        got, wanted = got[max(0, n - 4) : n + 4], wanted[max(0, n - 4) : n + 4]
        raise Difference(f"{what} around number {n} must be {_show(wanted)}, not {_show(got)}")


def _show(values):
    return " ".join(f"{value:02x}" if isinstance(value, int) else str(value) for value in values) or "none"


def _offered(items, taken, clock):
    """The clock edge that first sees each of the items; those never offered are left out."""
    before = [0, *(clock.after(time) for time, _ in taken)]
    return [(max(clock.after(time), free), value) for (time, value), free in zip(items, before, strict=False)]


def read(text):
    """Packets of messages in hex, or of ``code: bytes``, with commas between them."""
    found = []
    for part in text.split(", "):
        code, colon, counting = part.rpartition(": ")
        found += [Packet.of(int(code, 16), bytes.fromhex(counting))] if colon else packets(bytes.fromhex(part))
    return found


def in_clocks(clock, out, items, realtime, ready):
    """Stimulus of times in clocks; ``out`` is the stream that ``ready`` is of. There is time for the pace of a line."""

    def timed(events):
        return [(at / clock.freq, value) for at, value in events]

    last = max(at for at, _ in (*items, *realtime, *ready))
    until = (last + BYTE * (4 * len(items) + len(realtime) + 2)) / clock.freq
    streams = {"packets": timed((at, packet.to_int()) for at, packet in items), "realtime": timed(realtime)}
    return Stimulus(until, streams=streams, ready={out: timed(ready)})


def line(until):
    """A consumer that takes a byte now and then, as a transmitter does."""
    return [(0, 0), *((at + more, 1 - more) for at in range(BYTE, until, BYTE) for more in (0, 1)), (until, 1)]


def stalls(rng, until):
    """A consumer that stalls at random."""
    edges, time = [], 0
    while time < until:
        edges += [(time, 0), (time + rng.randint(1, 12), 1)]
        time = edges[-1][0] + rng.randint(1, 12)
    return edges


def _times(rng, values, longest):
    times = [rng.choice((0, rng.randint(0, longest))) for _ in values]
    return [(sum(times[: n + 1]), value) for n, value in enumerate(values)]


def real_time_everywhere():
    """Packets and, where the consumer takes a byte a clock, real-time of every kind behind every byte of some."""
    # Of the notes and the like the second leaves out its status.
    wholes = (
        read(f"{status:02x} 3c 40, {status:02x} 3c 40, f2 01 02, f0 01 02 03 04 f7")
        for status in (0x80, 0x91, 0xA2, 0xB3, 0xE4, 0x85, 0x96, 0xA7)
    )
    # Each has real-time of one kind for 30 clocks, of which every other is left to the packets.
    items = [(30 * n, packet) for n, whole in enumerate(wholes) for packet in whole]
    return items, [(at, 0xF8 + at // 30) for at in range(0, 8 * 30, 2)]


def each_kind(repeat):
    """Three packets of each kind that has a channel: the status of the first is still young, and then too old."""
    kinds = [Packet.of(kind.code, (kind.status, 1, 2)[: 1 + kind.data]) for kind in KINDS if kind.has_channel]
    return [(n * (repeat + 20) + at, packet) for n, packet in enumerate(kinds) for at in (0, repeat - 5, repeat + 10)]


def random_items(rng):
    """Packets as a parser makes them, and real-time that is not among them, each at its time."""
    data = [byte for _ in range(40) for byte in random_stream(rng) if byte is not None and byte not in SLIPPING]
    made = [packet._replace(cut=False) for _, packet in parser([*enumerate(data)])]
    return _times(rng, made, 20), _times(rng, rng.choices(SLIPPING, k=80), 60)


def encode(jobs):
    """What :func:`tests.conformance.run` wants of an encoder, done by the hardware."""
    answers = [None] * len(jobs)
    for choice in (False, True):
        design = Design.of(HardwareEncoder(CLK_FREQ, running_status=choice), CLK_FREQ)
        places = [n for n, (running_status, _) in enumerate(jobs) if running_status is choice]
        stimuli = [in_clocks(design.clock, "bytes", [(0, packet) for packet in jobs[n][1]], (), ()) for n in places]
        for n, trace in zip(places, Build(design, choose("auto", design)).run(stimuli), strict=True):
            answers[n] = [byte for _, byte in trace.streams["bytes"]]
    return answers
