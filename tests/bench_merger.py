"""Bench of :class:`hdl.merger.Merger`.

Each of these bugs was planted in the design, and found: hands on Active Sensing; echoes System Reset; takes F6 for
the end of a SysEx; hands on the rest of a closed SysEx; keeps no place for the end of a SysEx; keeps no place for
the F7 it inserts; leaves a place unused; does not close a SysEx that does not fit; does not close a SysEx that is
cut off; does not close a silent SysEx; closes a SysEx at the first tick; lets real-time keep a SysEx open; leaves
an open SysEx for another input; gives the turn away inside a SysEx; stays with an input that has more; drops
real-time without a word; drops messages without a word; lets lines wait; offers what was not read yet; loses the
number of the input; echoes no System Reset at all; filters All Sound Off; does not filter Poly; drops from an input
that can wait.
"""

import random
from collections import Counter
from typing import NamedTuple

from hdl.merger import Merger
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.streams import random_ready, random_times
from sim.bench.trace import Difference, Stimulus
from sim.model.merger import Merged, Rules, merger
from sim.model.midi import Packet, packets

CLK_FREQ = 500e3
CLOCK = 1 / CLK_FREQ
BYTE = 20 * CLOCK
"""A merger knows no baud rate, so lines are eight times faster here than MIDI is."""

# What the benches of the merger are run with: the number of inputs, and all else that its constructor is told.
DESIGNS = {
    "two": (2, Rules(depth=8, timeout=1e-3)),
    "one": (1, Rules(depth=16, timeout=1e-3)),
    "three with filters": (3, Rules(depth=4, timeout=2e-3, soft_thru=(0,), filter_modes=True)),
    "two of which one waits": (2, Rules(depth=8, timeout=2e-3, waits=(1,))),
}

# Each was planted in hdl/merger.py and must be found: by which bench, what it is, the line, and what was put there.
PLANTED = {
    "two": {
        "hands on Active Sensing": ("(first[:3] != 6) & ", ""),
        "echoes System Reset": ("n not in self.soft_thru", "1"),
        "takes F6 for the end of a SysEx": ("(~first[7] | first[0])", "1"),
        "hands on the rest of a closed SysEx": ("continues & is_open)", "continues)"),
        "keeps no place for the end of a SysEx": ("room | is_open & ~stays_open", "room"),
        "keeps no place for the F7 it inserts": ("used[1:] != self.depth // 2 - 1", "~used.all()"),
        "leaves a place unused": ("self.depth // 2 - 1", "self.depth // 2 - 2"),
        "does not close a SysEx that does not fit": ("is_open & belongs & full & ~can_wait", "0"),
        "does not close a SysEx that is cut off": ("cut.eq(offered & begins & is_open)", "cut.eq(0)"),
        "does not close a silent SysEx": ("tick & is_quiet & is_open", "0 & is_open"),
        "closes a SysEx at the first tick": ("tick & is_quiet & is_open", "tick & is_open"),
        "lets real-time keep a SysEx open": ("m.If(~is_open | offered & continues)", "m.If(~is_open | offered)"),
        "leaves an open SysEx for another input": ("m.Elif(~waiting & ~locked)", "m.Elif(~waiting)"),
        "gives the turn away inside a SysEx": ("with m.If(read.data.code != SYSEX)", "with m.If(1)"),
        "stays with an input that has more": ("with m.If(read.data.code != SYSEX)", "with m.If(~waiting)"),
        "drops real-time without a word": ("| self.realtime.valid & ~self.realtime.ready)", ")"),
        "drops messages without a word": ("full.eq(belongs & ~cut & ~fits |", "full.eq("),
        "lets lines wait": ("can_wait.eq(n in self.waits)", "can_wait.eq(1)"),
        "offers what was not read yet": ("with m.Elif(waiting & read.en)", "with m.Elif(waiting)"),
        "loses the number of the input": ("stored.payload.cable.eq(turn)", "stored.payload.cable.eq(0)"),
    },
    "three with filters": {
        "echoes no System Reset at all": ("n not in self.soft_thru", "0"),
        "filters All Sound Off": ("(second >= 123)", "(second >= 120)"),
        "does not filter Poly": ("(second >= 123)", "(second == 123)"),
    },
    "two of which one waits": {
        "drops from an input that can wait": ("can_wait.eq(n in self.waits)", "can_wait.eq(0)"),
    },
}


class Situation(NamedTuple):
    """What each input offers and until when, when the outputs are ready, and what is expected beyond the rules."""

    offered: list
    until: float
    ready: dict = {}  # noqa: RUF012 -- a tuple's default, which nobody changes.
    expected: dict = {}  # noqa: RUF012


def bench(name, component=Merger):
    """The bench for the merger of :data:`DESIGNS` that is called ``name``."""
    inputs, rules = DESIGNS[name]
    cases = {}
    for case, it in situations(inputs, rules):
        # The cable of what comes in is not looked at, so it may be any.
        rng = random.Random(case)
        streams = {
            f"inputs__{n}": [(time, packet._replace(cable=rng.randrange(16)).to_int()) for time, packet in items]
            for n, items in enumerate(it.offered)
        }
        stimulus = Stimulus(it.until, streams=streams, ready=dict(it.ready))
        cases[case] = Case(stimulus, checker(stimulus, rules, it.expected))
    return Bench(Design.of(component(CLK_FREQ, inputs, **rules._asdict()), CLK_FREQ), cases)


def checker(stimulus, rules, expected):
    """No rule of the model may be broken; and what is ``expected`` beyond that must have come."""

    def check(trace):
        did = merged(stimulus, trace)
        if complaints := merger(did, rules):
            raise Difference("; ".join(complaints[:3]))
        for what, right in expected.items():
            if (got := TOLD[what](did)) != right:
                raise Difference(f"{what} must be {right}, not {got}")

    return check


def merged(stimulus, trace):
    """A trace in the terms of the model."""

    def timed(events):
        return [(time, Packet.from_int(value)) for time, value in events]

    inputs = range(len(stimulus.streams))
    return Merged(
        trace.clock,
        trace.end,
        [timed(stimulus.streams[f"inputs__{n}"]) for n in inputs],
        [timed(trace.streams[f"inputs__{n}"]) for n in inputs],
        timed(trace.streams["packets"]),
        trace.streams["realtime"],
        [trace.pulses(f"overrun__{n}") for n in inputs],
        [trace.pulses(f"timeout__{n}") for n in inputs],
        stimulus.ready,
    )


def told(packet):
    """A packet in short: input and bytes."""
    return f"{packet.cable}: {bytes(packet.bytes).hex(' ')}"


TOLD = {
    "packets": lambda did: [told(packet) for _, packet in did.packets],
    "realtime": lambda did: bytes(byte for _, byte in did.realtime).hex(" "),
    "count of real-time": lambda did: Counter(f"{byte:02x}" for _, byte in did.realtime),
    "overruns": lambda did: [len(times) for times in did.overruns],
    "timeouts": lambda did: [len(times) for times in did.timeouts],
}
"""What a situation may expect, and how it is told."""


# --- Stimuli ---


def line(*messages, start=0.0, byte=BYTE):
    """Packets of a line that carries these messages, in hex, without a pause: each when its last byte is complete."""
    items, time = [], start
    for message in messages:
        for packet in packets(bytes.fromhex(message)):
            time += byte * len(packet.bytes)
            items.append((time, packet))
    return items


def at(time, *bytes_):
    """One packet, from its code on."""
    return (time, Packet(bytes_[0], 0, (*bytes_[1:], 0, 0, 0)[:3]))


def sysex(length, first=0):
    """A SysEx of ``length`` bytes in hex, F0 and F7 counted."""
    return bytes([0xF0, *((first + n) % 128 for n in range(length - 2)), 0xF7]).hex()


def anything(rng, number, n):
    """Messages of every kind at random, in hex; channel messages on the channel of input ``n``."""
    kinds = f"9{n}3c40 8{n}3c40 e{n}0040 c{n}05 b{n}0740 b{n}7a00 b{n}7b00 b{n}7f00 f24301 f110 f6 f8 f8 fa fc fe ff"
    lengths = (2, 3, 4, 5, 6, 9, 20, 60)
    return [rng.choice((*kinds.split(), *[sysex(rng.choice(lengths), k)] * 3)) for k in range(number)]


def shaken(rng, items, longest):
    """The same at other times, some lost, and some where nobody expects them."""
    strays = ((0xF, 0xF8), (0xF, 0xFA), (0xF, 0xFE), (0xF, 0xFF), (5, 0xF7), (0, 0), (4, 1, 2, 3), (7, 1, 2, 0xF7))
    values = []
    for _, packet in items:
        values += [packet] if rng.random() < 0.9 else []
        values += [at(0, *rng.choice(strays))[1]] if rng.random() < 0.4 else []
    return random_times(rng, values, longest)


def any_packet(rng):
    """A packet of any content, but most often one that is a bit away from what the rules are about."""
    realtime = (0xF8 + rng.randrange(8)) ^ rng.choice((0, 0, 0x08, 0x10, 0x20, 0x40, 0x80))
    first = rng.choice((rng.randrange(256), realtime, 0xF0, 0xF6, 0xF7, rng.randrange(128)))
    code = rng.choice((rng.randrange(16), rng.randrange(4, 8), 0x4, 0xB, 0xF, 0xF if first > 0xF7 else 0x9))
    if code in (4, 5, 6, 7) and first > 0x80 and first != 0xF7:
        # No status but F7 is odd there: F0 and F6 are all that a parser makes.
        first &= 0xFE
    return Packet(code, 0, (first, rng.choice((rng.randrange(128), rng.randrange(119, 128))), rng.randrange(128)))


def now_and_then(every, until):
    """A ``ready`` that is high for one clock in every so many seconds."""
    edges = [(0.0, 0)]
    for n in range(int(until / every)):
        edges += [(n * every, 1), (n * every + CLOCK, 0)]
    return edges


def situations(inputs, rules):
    """All that a merger must stand, by name."""
    rng = random.Random(f"{inputs} {rules}")
    yield from any_merger(rng, inputs)
    yield from filters(inputs, rules)
    offered = [line(*["c001"] * (rules.depth - 4), sysex(9), byte=(8 + n) * CLOCK) for n in range(inputs)]
    situation = Situation(offered, 4e-3, {"packets": [(0, 0), (2e-3, 1)]}, {"overruns": [0] * inputs})
    yield "the end of a SysEx has the last place of each queue", situation
    yield from meetings(inputs, rules)
    offered = [[at(n * 4 * inputs * CLOCK, 4, 0xF0, 1, 2)] for n in range(inputs)]
    situation = Situation(offered, 2.5 * rules.timeout, expected={"timeouts": [1] * inputs})
    yield "a SysEx of each input falls silent", situation
    if inputs == 2 and not rules.waits:
        yield from two_lines(rules.timeout)
        yield from no_room()


def any_merger(rng, inputs):
    """What depends on nothing, and is judged by the model alone."""
    for n in range(2):
        offered = [line(*anything(rng, 40, k)) for k in range(inputs)]
        end = max(items[-1][0] for items in offered)
        ready = {"packets": random_ready(rng, end, 8 * BYTE), "realtime": random_ready(rng, end, BYTE)}
        yield f"lines with random stalls, number {n}", Situation(offered, end + 1e-3, ready)
    for n, (number, longest) in enumerate(((40, 4), (40, 30), (40, 100), (12, 1500))):
        offered = [shaken(rng, line(*anything(rng, number, k)), longest * CLOCK) for k in range(inputs)]
        end = max(items[-1][0] for items in offered) + 1e-3
        ready = {name: random_ready(rng, end, rng.choice((6, 40, 200)) * CLOCK) for name in ("packets", "realtime")}
        yield f"streams of anything with random stalls, number {n}", Situation(offered, end + 1e-3, ready)

    rng = random.Random(f"anything {inputs}")
    for n, (number, longest) in enumerate(((300, 3), (200, 30), (60, 300), (20, 1500))):
        offered = [random_times(rng, [any_packet(rng) for _ in range(number)], longest * CLOCK) for _ in range(inputs)]
        # Enough for each to have its turn, even if a SysEx has to be closed for it.
        end = max(items[-1][0] for items in offered) + number * 4 * inputs * CLOCK
        ready = {name: random_ready(rng, end, rng.choice((6, 40, 200)) * CLOCK) for name in ("packets", "realtime")}
        yield f"packets of any content with random stalls, number {n}", Situation(offered, end + 1e-3, ready)

    bytes_ = [[at(0, 0xF, rng.choice((0xF8, 0xFA, 0xFB, 0xFC, 0xFD)))[1] for _ in range(200)] for _ in range(inputs)]
    offered = [random_times(rng, packets, 20 * CLOCK) for packets in bytes_]
    ready = {"realtime": random_ready(rng, 8e-3, 12 * CLOCK)}
    yield "real-time at any moment", Situation(offered, 9e-3, ready)

    offered = [line(*["f8", "fa", "fb", "fc"] * 3, byte=(8 + n) * CLOCK) for n in range(inputs)]
    yield "more real-time than can wait", Situation(offered, 2e-3, {"realtime": [(0, 0), (1e-3, 1)]})

    offered = [line(*[f"9{n}{k:02x}40" for k in range(60)], byte=CLOCK) for n in range(inputs)]
    yield "all inputs as fast as they can", Situation(offered, 2e-3)
    offered = [line(*["f8", "903c40"] * 20, start=n * BYTE) for n in range(inputs)]
    ready = {"packets": now_and_then(4 * BYTE, 7e-3), "realtime": now_and_then(BYTE, 7e-3)}
    yield "real-time of all lines at once", Situation(offered, 8e-3, ready)
    offered = [line(sysex(9), *["f8"] * 9, "f6", start=n * BYTE, byte=inputs * BYTE) for n in range(inputs)]
    expected = {"count of real-time": {"f8": 9 * inputs}}
    yield "real-time passes what stands still", Situation(offered, 4e-3, {"packets": [(0, 0), (2e-3, 1)]}, expected)


MEETING = (
    (0x9, 0x90, 0x3C, 0x40),
    (0xB, 0xB0, 123, 0),
    (0x3, 0xF2, 1, 2),
    (0x5, 0xF6),
    (0xF, 0x3C),
    (0x4, 0xF0, 1, 2),
    (0x7, 0xF0, 1, 0xF7),
    (0x4, 1, 2, 3),
    (0x6, 1, 0xF7),
)
"""A packet of each kind but real-time."""

REALTIME = tuple((0xF, byte) for byte in range(0xF8, 0x100))


def meetings(inputs, rules):
    """Every kind of packet in every state of an input: with and without a SysEx open, with and without room."""
    # The last input that cannot wait: where not all are echoed it is one that is not.
    number = max(n for n in range(inputs) if n not in rules.waits)
    turn, room, opened, closed = 4 * inputs * CLOCK, rules.depth - 2, (0x4, 0xF0, 1, 2), (0x5, 0xF7)
    each = [*MEETING, *REALTIME]
    fill = [*[(0x8, 0x80, n, 0) for n in range(room - 1)], *REALTIME[:1] * 4]

    def situation(rounds, stalled):
        """Packets of each round, offered at an output that stands still, if it is so, until all of them are there."""
        items, edges, time = [], [], 0.0
        for packets_ in rounds:
            items += [at(time + n * turn, *packet) for n, packet in enumerate(packets_)]
            edges += [(time, 0), (time + len(packets_) * turn, 1)]
            time += (len(packets_) + rules.depth + 4) * turn
        ready = {"packets": edges, "realtime": edges} if stalled else {}
        return Situation([items if n == number else [] for n in range(inputs)], time, ready)

    yield "every packet, and no SysEx is open", situation([[packet, closed] for packet in each], False)
    yield "every packet meets an open SysEx", situation([[opened, packet, closed] for packet in each], False)
    yield "every packet meets a full queue", situation([[*fill, fill[0], *each]], True)
    # Behind a SysEx there is one place less, and what cuts it off takes the last one.
    rounds = [*([packet] for packet in MEETING), REALTIME]
    rounds = [[*fill, opened, *packets_, closed] for packets_ in rounds]
    yield "every packet meets an open SysEx and a full queue", situation(rounds, True)


def filters(inputs, rules):
    """What is left out."""
    offered = [line("fe", "f8", "ff", "fa", "fe", "fb", "fc", "ff", byte=(9 + n) * CLOCK) for n in range(inputs)]
    echoing = range(inputs) if rules.soft_thru is None else rules.soft_thru
    count = Counter({"f8": inputs, "fa": inputs, "fb": inputs, "fc": inputs, "ff": 2 * (inputs - len(echoing))})
    situation = Situation(offered, 1e-3, expected={"count of real-time": +count})
    yield "FE is not handed on and FF is not echoed", situation

    modes = [f"b0{number:02x}00" for number in (64, 119, 120, 121, 122, 123, 124, 125, 126, 127)]
    offered = [line(*modes), *[[]] * (inputs - 1)]
    passed = [told(packet) for _, packet in line(*modes[: 5 if rules.filter_modes else None])]
    situation = Situation(offered, 2e-3, expected={"packets": passed})
    yield "modes 123 to 127 are left out if asked for", situation


def two_lines(timeout):
    """Turns of two inputs, and how a SysEx ends."""
    offered = [line(*[f"9{n}{k:02x}40" for k in range(6)], byte=(5 - n) * CLOCK) for n in (0, 1)]
    expected = {"packets": [f"{n}: 9{n} {k:02x} 40" for k in range(6) for n in (1, 0)]}
    yield "inputs take turns", Situation(offered, 2e-3, {"packets": [(0, 0), (1e-3, 1)]}, expected)

    both = [line(*[sysex(11, 40 * n)] * 2, byte=(8 + 3 * n) * CLOCK) for n in (0, 1)]
    parts = [[told(packet._replace(cable=n)) for _, packet in both[n][:4]] for n in (0, 1)]
    expected = {"packets": [*parts[0], *parts[1]] * 2}
    yield "two SysEx at once do not mix", Situation(both, 2e-3, {"packets": now_and_then(BYTE, 2e-3)}, expected)

    strays = [
        at(0, 5, 0xF7),
        at(0, 4, 1, 2, 3),
        at(0, 7, 1, 2, 0xF7),
        at(0, 0),
        at(0, 1, 0x90, 1, 1),
        at(0, 6, 1, 0xF7),
    ]
    expected = {"packets": ["0: 91 3c 40"], "overruns": [0, 0]}
    situation = Situation([[*strays, *line("913c40", start=1e-4)], []], 1e-3, expected=expected)
    yield "the rest of no SysEx and what is reserved are left out", situation

    begun = [at(0, 4, 0xF0, 1, 1), at(1e-4, 0xF, 0xF8), at(2e-4, 4, 2, 3, 4), at(3e-4, 9, 0x90, 5, 5)]
    begun += [at(4e-4, 4, 0xF0, 6, 6), at(5e-4, 5, 0xF6), at(6e-4, 4, 0xF0, 7, 7), at(7e-4, 7, 0xF0, 8, 0xF7)]
    begun += [at(8e-4, 4, 0xF0, 9, 9), at(9e-4, 4, 0xF0, 1, 2), at(1e-3, 6, 3, 0xF7)]
    expected = "f0 01 01|02 03 04|f7|90 05 05|f0 06 06|f7|f6|f0 07 07|f7|f0 08 f7|f0 09 09|f7|f0 01 02|03 f7"
    expected = {"packets": [f"0: {part}" for part in expected.split("|")], "overruns": [0, 0], "timeouts": [0, 0]}
    yield "what cuts a SysEx off closes it", Situation([begun, []], 2e-3, expected=expected)

    rest = line(sysex(12), "c005", "c006", start=2.2 * timeout)[1:]
    offered = [[at(0, 4, 0xF0, 0, 1), *rest], line(*["c107"] * 3, start=BYTE)]
    expected = ["0: f0 00 01", "0: f7", *["1: c1 07"] * 3, "0: c0 05", "0: c0 06"]
    situation = Situation(offered, 4 * timeout, expected={"packets": expected, "timeouts": [1, 0]})
    yield "a SysEx that falls silent is closed and locks nothing", situation

    offered = [line(sysex(4), start=n * timeout / 5)[:1] for n in (0, 1)]
    expected = {"timeouts": [1, 1], "packets": ["0: f0 00 01", "0: f7", "1: f0 00 01", "1: f7"]}
    stalled = {"packets": [(0, 0), (3 * timeout, 1)]}
    yield "two SysEx fall silent and wait for nobody", Situation(offered, 4 * timeout, stalled, expected)

    situation = Situation([line(sysex(12), byte=0.32 * timeout), []], 5 * timeout, expected={"timeouts": [0, 0]})
    yield "a SysEx that is slow but not silent stays whole", situation

    offered = [[at(0, 4, 0xF0, 0, 1), *line(*["f8"] * 40, byte=timeout / 16)], []]
    situation = Situation(offered, 3 * timeout, expected={"timeouts": [1, 0], "count of real-time": {"f8": 40}})
    yield "real-time does not keep a silent SysEx open", situation


def no_room():
    """Queues of eight places, of which six may wait, and a consumer that stands still."""
    stalled = {"packets": [(0, 0), (1.5e-3, 1)]}
    after = line("c005", start=2e-3)

    offered = [[*line(*[f"90{n:02x}40" for n in range(9)], byte=BYTE / 2), *after], line("c106")]
    expected = {"packets": ["0: 90 00 40", "1: c1 06", *[f"0: 90 {n:02x} 40" for n in range(1, 6)], "0: c0 05"]}
    yield "whole messages are dropped", Situation(offered, 3e-3, stalled, expected | {"overruns": [3, 0]})

    offered = [[*line("c001", sysex(30), sysex(9), "c002", byte=BYTE / 2), *after], line(sysex(40, 50))]
    expected = [told(packet) for _, packet in offered[0][:6]] + ["0: f7", "0: c0 05"]
    parts = [told(packet._replace(cable=1)) for _, packet in offered[1][:6]] + ["1: f7"]
    expected = {"packets": [*expected[:1], *parts, *expected[1:]], "overruns": [3, 1]}
    yield "a SysEx that does not fit is closed and counts once", Situation(offered, 3e-3, stalled, expected)

    offered = [[*line(*["c001"] * 4, sysex(9)), *after], []]
    expected = {"packets": [told(packet) for _, packet in offered[0]], "overruns": [0, 0]}
    yield "the end of a SysEx has a place", Situation(offered, 3e-3, stalled, expected)

    offered = [line(sysex(120)), []]
    expected = {"packets": [told(packet) for _, packet in offered[0]], "overruns": [0, 0]}
    yield "a SysEx longer than the queue goes through", Situation(offered, 6e-3, expected=expected)

    offered = [line("f8", "fa", "fb", "fc", "f8", "fa", "903c40"), []]
    expected = {"realtime": "f8 fa fb fc", "overruns": [2, 0], "packets": ["0: 90 3c 40"]}
    yield "four real-time messages wait", Situation(offered, 2e-3, {"realtime": [(0, 0), (1e-3, 1)]}, expected)
