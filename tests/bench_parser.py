"""Bench of :class:`hdl.parser.Parser`.

Each of these bugs was planted in the design, and found: lets real-time break a message; makes a packet of F9; keeps
running status on F4 to F7; forgets running status; gives System Common running status; ignores a loss; forgets a
loss behind a packet that waits; puts a loss before the byte on offer; waits for ever when a SysEx is lost; drops
the F6 that cuts a SysEx off; does not close a SysEx; says cut of every end; does not say cut after a loss; says cut
when nothing is; fills up with an old byte; takes F2 for a message of two bytes; changes a packet that nobody takes.
"""

import random
from itertools import product

from hdl.parser import Parser
from sim.bench.bench import Bench, Case
from sim.bench.run import Build, Design, choose
from sim.bench.trace import Difference
from sim.model.midi import KINDS, messages
from tests.packed import PACE, Stream, WrongStream, pack
from tests.random_midi import random_stream, shortest, text
from tests.watched import Watched

CLK_FREQ = 12e6

# Each was planted in hdl/parser.py and must be found: what it is, the line, and what was put in its place.
PLANTED = {
    "lets real-time break a message": ("real_time.eq(system & byte[3]", "real_time.eq(system & byte[3] & 0"),
    "makes a packet of F9": ("byte[1] | ~byte[0]", "1"),
    "keeps running status on F4 to F7": ("begun.eq(~(system & byte[2]))", "begun.eq(begun | ~(system & byte[2]))"),
    "forgets running status": ("begun.eq(~once)", "begun.eq(0)"),
    "gives System Common running status": ("begun.eq(~once)", "begun.eq(1)"),
    "ignores a loss": ("((lost_later | self.lost) & ~waits)", "0"),
    "forgets a loss behind a packet that waits": ("eq((lost_later | self.lost) & waits)", "eq(0)"),
    "puts a loss before the byte on offer": ("((lost_later | self.lost) & ~waits)", "self.lost"),
    "waits for ever when a SysEx is lost": ("closes.eq(ends & sysex)", "closes.eq(ends & sysex & ~lost_now)"),
    "drops the F6 that cuts a SysEx off": ("self.bytes.ready.eq(~closes & ", "self.bytes.ready.eq("),
    "does not close a SysEx": ("closes.eq(ends & sysex)", "closes.eq(0)"),
    "says cut of every end": ("closes & (lost_now | ~system | (byte[:4] != 7))", "closes"),
    "does not say cut after a loss": ("closes & (lost_now | ~system", "closes & ~lost_now & (~system"),
    "says cut when nothing is": ("self.cut.eq(closes & (", "self.cut.eq(~self.packets.valid | closes & ("),
    "fills up with an old byte": ("counting[1].eq(latest)", "counting[1].eq(second)"),
    "takes F2 for a message of two bytes": ("(byte[4] & byte[0])", "byte[4]"),
    "changes a packet that nobody takes": ("with m.If(~begun | (ends & ~sysex))", "with m.If(~begun | ends)"),
}

# What each rule comes to: bytes, and the messages that must be made of them.
RULES = {
    "a message is complete with its last byte": (
        "80 01 02 f2 08 09 c3 04 f1 05 f3 06 f6",
        "80 01 02, f2 08 09, c3 04, f1 05, f3 06, f6",
    ),
    "running status serves channel messages": (
        "90 3c 40 3d 41 3e 42 d5 01 02",
        "90 3c 40, 90 3d 41, 90 3e 42, d5 01, d5 02",
    ),
    "another status ends running status": (
        "90 3c 40 c0 01 02 81 3c 40 3d 41",
        "90 3c 40, c0 01, c0 02, 81 3c 40, 81 3d 41",
    ),
    "data without a status is ignored": ("3c 40 00 7f", ""),
    "System Common clears running status": (
        "90 3c 40 f1 00 3d 41 90 3c 40 f2 00 01 3d 41 90 3c 40 f3 00 3d 41 90 3c 40 f6 3d 41",
        "90 3c 40, f1 00, 90 3c 40, f2 00 01, 90 3c 40, f3 00, 90 3c 40, f6",
    ),
    "SysEx clears running status": ("90 3c 40 f0 01 f7 3d 41", "90 3c 40, f0 01 f7"),
    "a status inside a message takes effect at once": (
        "90 3c 91 01 02 f2 08 c0 01 90 f6 90 01 f0 01 f7",
        "91 01 02, c0 01, f6, f0 01 f7",
    ),
    "real-time may stand between any two bytes": (
        "90 f8 3c fa 40 fb 3d fc 41 f2 fe 01 ff 02",
        "f8, fa, 90 3c 40, fb, fc, 90 3d 41, fe, ff, f2 01 02",
    ),
    "real-time inside a SysEx comes at once": ("f0 f8 01 02 fe 03 fa f7", "f8, fe, fa, f0 01 02 03 f7"),
    "F9 and FD are ignored and keep running status": (
        "90 f9 3c fd 40 f9 3d 41 f0 01 fd f7",
        "90 3c 40, 90 3d 41, f0 01 f7",
    ),
    "F4 and F5 are ignored and clear running status": (
        "90 3c 40 f4 3d 41 90 3c 40 f5 3d 41 90 3c f4 40",
        "90 3c 40, 90 3c 40",
    ),
    "F7 without a SysEx is ignored and clears running status": ("f7 90 3c 40 f7 3d 41 90 3c f7 40", "90 3c 40"),
    "a SysEx comes in threes": (
        "f0 f7 f0 01 f7 f0 01 02 f7 f0 01 02 03 f7 f0 01 02 03 04 f7 f0 01 02 03 04 05 f7",
        "f0 f7, f0 01 f7, f0 01 02 f7, f0 01 02 03 f7, f0 01 02 03 04 f7, f0 01 02 03 04 05 f7",
    ),
    "a SysEx that is cut off is closed": (
        "f0 90 01 02 f0 01 c0 01 f0 01 02 f2 01 02 f0 01 02 03 f4 05",
        "f0 cut, 90 01 02, f0 01 cut, c0 01, f0 01 02 cut, f2 01 02, f0 01 02 03 cut",
    ),
    "a SysEx that cuts a SysEx off begins its own": ("f0 01 f0 02 f7 f0 f0 f7", "f0 01 cut, f0 02 f7, f0 cut, f0 f7"),
    "F6 that cuts a SysEx off makes two packets": (
        "f0 f6 f0 01 f6 f0 01 02 f6 f0 01 02 03 f6",
        "f0 cut, f6, f0 01 cut, f6, f0 01 02 cut, f6, f0 01 02 03 cut, f6",
    ),
    "System Reset leaves running status alone": (
        "90 3c 40 ff 3d ff 41 f0 01 ff f7",
        "90 3c 40, ff, ff, 90 3d 41, ff, f0 01 f7",
    ),
    "a loss drops the message in progress": ("90 3c -- 40 3d 41 f2 08 -- 00 91 3e 42", "91 3e 42"),
    "a loss clears running status": ("90 3c 40 -- 3d 41 f8 01", "90 3c 40, f8"),
    "a loss closes a SysEx": (
        "f0 -- 02 f7 f0 01 -- f7 f0 01 02 -- f6 f0 01 02 03 -- 90 3c 40",
        "f0 cut, f0 01 cut, f0 01 02 cut, f6, f0 01 02 03 cut, 90 3c 40",
    ),
}
RULES_WHERE_RESET_CLEARS = {
    "System Reset clears running status": ("90 3c 40 ff 3d 41 90 3c ff 40 f2 01 ff 02", "90 3c 40, ff, ff, ff"),
    "System Reset ends a SysEx": ("f0 01 ff 02 f7 f0 ff f0 01 02 ff", "f0 01 cut, ff, f0 cut, ff, f0 01 02 cut, ff"),
    "other real-time leaves all alone": ("90 3c f8 40 fe 3d 41 f0 fb f9 f7", "f8, 90 3c 40, fe, 90 3d 41, fb, f0 f7"),
}

# Bytes that bring a parser into each of its states.
STATES = (
    "", "90", "90 3c", "90 3c 40", "c0", "c0 05", "f1", "f2", "f2 01", "f3",
    "f0", "f0 01", "f0 01 02", "f0 01 02 03", "f0 01 02 03 04",
)  # fmt: skip


def bench(component=Parser, rules=RULES, **options):
    """The bench for a parser: rule by rule, and some streams at random."""
    cases = {}
    for name, (words, expected) in rules.items():
        events = [None if word == "--" else int(word, 16) for word in words.split()]
        cases[name] = [Stream(events)], expected
        cases[f"{name}, with stalls"] = [Stream(events, seed) for seed in range(8)], None
    cases["a stalled consumer loses nothing"] = [*stalled_streams()], None
    cases["streams at random"] = random_streams(range(200)), None
    return _bench(component, options, cases)


def thorough_benches(**options):
    """Benches of one case each, for what takes longer."""
    cases = {
        "after every byte in every state the next message is right": walk(),
        "every pair of kinds of status": pairs(),
        "every triple of kinds of status": triples(),
    }
    return {name: _bench(Parser, options, {name: ([*streams], None)}) for name, streams in cases.items()}


def random_bench(first, count, component=Parser, **options):
    """The bench for ``count`` streams at random, with seeds from ``first`` on."""
    streams = random_streams(range(first, first + count))
    return _bench(component, options, {f"{count} streams at random": (streams, None)})


def _bench(component, options, cases):
    bench = Bench(Design.of(Watched(component(**options)), CLK_FREQ))
    for name, (streams, expected) in cases.items():
        packed = pack(streams, bench.design.clock)
        bench.cases[name] = Case(packed.stimulus, checker(packed, options, expected))
    return bench


def checker(packed, options, expected):
    """Packets must be what the model says, in each stream; and make the messages ``expected``, if these are known."""

    def check(trace):
        packed.check(trace, **options)
        if expected is not None:
            (seen,) = packed.observed(trace)
            got = ", ".join(bytes(message.bytes).hex(" ") + " cut" * message.cut for _, message in messages(seen.came))
            if got != expected:
                raise Difference(f"messages must be {expected}, not {got}")

    return check


def random_streams(seeds):
    """A stream for each seed."""
    return [Stream(random_stream(random.Random(seed)), seed) for seed in seeds]


def stalled_streams():
    """A SysEx, and notes behind it, with a loss at every place and many stalls."""
    whole = [0xF0, 1, 2, 3, 0xF6, 0x90, 0x3C, 0x40, 0x3D, 0x41]
    for place, seed in product(range(len(whole) + 1), range(10)):
        yield Stream([*whole[:place], None, *whole[place:]], seed)


def walk():
    """Every byte and a loss in every state, and a message behind it."""
    for state, byte, message in product(STATES, (*range(256), None), (b"\x90\x3c\x40", b"\xf0\x11\xf7")):
        yield Stream([*bytes.fromhex(state), byte, *message], message=message)


def pairs():
    """Each kind of status with none to three bytes of data, then each other with two."""
    for one, other, count in product(KINDS, KINDS, range(4)):
        yield Stream([one.status, *range(1, 1 + count), other.status, 0x11, 0x12])


def triples(size=200):
    """Each kind of status, each other, and each other, with and without data between them; ``size`` in a stream."""
    # The last kind that does not make a triple again is always one that leads on to all others.
    chain, seen = [0, 0], set()
    while triple := next(((*chain[-2:], n) for n in reversed(range(len(KINDS))) if (*chain[-2:], n) not in seen), None):
        seen.add(triple)
        chain.append(triple[-1])
    rng = random.Random(3)
    for first in range(0, len(chain) - 2, size):
        kinds = [KINDS[n] for n in chain[first : first + size + 2]]
        yield Stream([byte for kind in kinds for byte in (kind.status, *range(rng.randint(0, 4)))])


def check_streams(bench, component=Parser, **options):
    """Check the only case of a bench; a stream that fails is told in its shortest form, too."""
    (name,) = bench.cases
    try:
        bench.check(name)
    except WrongStream as wrong:
        raise Difference(f"{wrong}\nThe shortest form: {_shortest_failure(wrong.stream, component, options)}") from None


def _shortest_failure(stream, component, options):
    design = Design.of(Watched(component(**options)), CLK_FREQ)
    build = Build(design, choose("auto", design))
    complaints = {}

    def fails(candidates):
        packs = [pack([stream._replace(events=events)], design.clock) for events in candidates]
        for packed, trace in zip(packs, build.run([packed.stimulus for packed in packs]), strict=True):
            try:
                packed.check(trace, **options)
                yield False
            except Difference as difference:
                complaints[text(packed.streams[0].events)] = str(difference)
                yield True

    left = text(shortest(stream.events, fails))
    return complaints.get(left, f"none, for alone it passes, or any byte less makes it pass: {left}")


def parse(streams, **options):
    """What :func:`tests.conformance.run` wants of a parser, done by the hardware."""
    design = Design.of(Watched(Parser(**options)), CLK_FREQ)
    packs = [pack([Stream(stream)], design.clock) for stream in streams]
    traces = Build(design, choose("auto", design)).run([packed.stimulus for packed in packs])
    answers = []
    for stream, packed, trace in zip(streams, packs, traces, strict=True):
        (seen,) = packed.observed(trace)
        numbered = [((at - packed.starts[0]) // PACE, packet) for at, packet in seen.came]
        # The loss behind a stream is none of its own.
        answers.append([(n, packet) for n, packet in numbered if n < len(stream)])
    return answers
