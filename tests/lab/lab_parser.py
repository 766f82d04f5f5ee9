"""Lab 5: the parser."""

import random
from typing import NamedTuple

from hdl.parser import Parser
from sim.bench.streams import random_ready
from sim.bench.trace import Stimulus
from sim.model.parser import Parser as Model
from tests.bench_parser import RULES, RULES_WHERE_RESET_CLEARS
from tests.lab.case import Case, Complaint, Lab, Tier, Unit, broken
from tests.lab.drawing import draw_bytes
from tests.lab.mistakes_parser import MISTAKES, packets_of, predict
from tests.random_midi import random_stream

__all__ = ["LAB"]

CLK_FREQ = 1e6

PACE = 16 / CLK_FREQ
"""Seconds from byte to byte where nothing else is said: a parser may take its time."""

UNIT = Unit("Parser", CLK_FREQ, lambda Parser: Parser())
RESETTING = Unit("Parser", CLK_FREQ, lambda Parser: Parser(reset_clears=True))


class Sent(NamedTuple):
    """The bytes of a case, ``None`` for a loss, and how they come."""

    kind: str
    events: list
    reset_clears: bool = False


def case(title, events, kind="paced", at=UNIT, seed=0):
    """Bytes, and what must be made of them."""
    pace = 0 if kind == "fast" else PACE
    items = [(PACE * 2 + n * pace, byte) for n, byte in enumerate(events) if byte is not None]
    # Between two bytes, so that it is clear before which it was.
    lost = [PACE * 2 + n * pace for n, byte in enumerate(events) if byte is None]
    pulses = [edge for time in lost for edge in ((time, 1), (time + 1 / CLK_FREQ, 0))]
    until = (len(events) + 6) * PACE
    ready = []
    if kind == "stall":
        ready = [*random_ready(random.Random(seed), until, 3 * PACE), (until, 1)]
        until *= 3
    stimulus = Stimulus(until, {"lost": pulses}, {"bytes": items}, {"packets": ready})
    sent = Sent(kind, events, at is RESETTING)
    must = predict(Model(reset_clears=sent.reset_clears), events)
    return Case(title, at, stimulus, lambda trace: check(sent, must, trace), sent)


def words(packet):
    """A packet as people read it."""
    return f"{packet.code:x}: {bytes(packet.bytes or packet.data).hex(' ')}{' cut' * packet.cut}"


def check(sent, must, trace):
    """Packets in their order, and all bytes taken."""
    got = packets_of(trace)
    count = sum(event is not None for event in sent.events)
    if got[: len(must)] != must or len(got) > len(must):
        n = next(
            (n for n, pair in enumerate(zip(got, must, strict=False)) if pair[0] != pair[1]), min(len(got), len(must))
        )
        expected = f"packet {n} must be {_show(must, n)}" if n < len(must) else f"there must be {len(must)} packets"
        seen = f"it is {_show(got, n)}" if n < min(len(got), len(must)) else f"another one comes: {_show(got, n)}"
        raise Complaint(
            expected,
            seen if n < len(got) else "it never came",
            time=trace.streams["packets"][n][0] if n < len(got) else _due(sent, n),
            place=f"packet {n}",
            drawing=_drawing(sent, must, got, n),
        )
    if len(trace.streams["bytes"]) != count:
        raise Complaint(f"all {count} bytes must be taken", f"{len(trace.streams['bytes'])} were", place="the end")
    if broken(trace, "packets"):
        raise Complaint("a packet that nobody has taken yet must stay as it is", "it changed or went away",
                        time=broken(trace, "packets"))  # fmt: skip


def _due(sent, number):
    """When the byte or the loss is offered that makes a packet; ``None`` if that depends on who takes them."""
    model = Model(reset_clears=sent.reset_clears)
    made = [n for n, byte in enumerate(sent.events) for _ in (model.lose() if byte is None else model.step(byte))]
    return PACE * (2 + made[number]) if sent.kind not in ("fast", "stall") and number < len(made) else None


def _show(packets, n):
    return words(packets[n]) if n < len(packets) else "nothing"


def _drawing(sent, must, got, n):
    # Around what is wrong, as far as a line goes.
    first = max(0, n - 2)
    shown = [[f"{words(packet)} |" for packet in packets[first : first + 5]] or ["nothing"] for packets in (must, got)]
    more = [["..."] * (len(packets) > first + 5) for packets in (must, got)]
    shown = [["..."] * (first > 0) + each + rest for each, rest in zip(shown, more, strict=True)]
    events = ["--" if byte is None else f"{byte:02x}" for byte in sent.events]
    lines = [events[k : k + 20] for k in range(0, min(len(events), 60), 20)]
    rows = [("bytes" if k == 0 else "", line) for k, line in enumerate(lines)]
    if len(events) > 60:
        rows.append(("", [f"... {len(events) - 60} more"]))
    return draw_bytes([*rows, ("must make", shown[0]), ("made", shown[1])])


# --- Tiers ---


def _hex(text):
    return [None if word == "--" else int(word, 16) for word in text.split()]


def _rule(name, rules=RULES, at=UNIT):
    return case(name, _hex(rules[name][0]), at=at)


_MANY = [byte for seed in range(12) for byte in random_stream(random.Random(seed)) if byte is not None][:260]
_SYSEX = _hex("90 3c 40 f0 01 02 03 04 f7 c1 05 f8 06 f0 f0 01 f6 91 02 03 04 f8 05 f0 01 02 03 90 3c 00")

_F4 = "F4 and F5 are ignored and clear running status"

TIERS = [
    Tier("one message",
         [case("90 3c 40", _hex("90 3c 40"))],
         ("A status byte has its top bit set, data bytes do not. Three bytes make a Note On.",
          "Keep the status and the first data byte. When the second one is offered, so is the packet.",
          "The code of a channel message is the upper half of its status.")),
    Tier("every kind",
         [_rule("a message is complete with its last byte")],
         ("How many data bytes each status has is in sim/model/midi.py, in the table KINDS, and so is its code.",
          "C and D have one data byte. Of the System Common messages F1 and F3 have one, F2 two, F6 none.")),
    Tier("running status",
         [_rule("running status serves channel messages"),
          case("a chord, let go with velocity 0", _hex("90 3c 40 40 40 43 40 3c 00 40 00 43 00")),
          _rule("another status ends running status"), _rule("data without a status is ignored")],
         ("A second pair of data bytes without a status is a second message with the same status.",
          "After a message, forget its data and not its status.",
          "The packet holds the status even where the line did not.")),
    Tier("real-time",
         [case("real-time between any two bytes", _hex("90 f8 3c fa 40 fb 3d fc 41 f2 fe 01 ff 02"), "real-time")],
         ("F8 to FF may come between any two bytes, and change nothing: it is as if they were not there.",
          "Look at real-time before you look at anything else. It makes a packet of its own, with code F.")),
    Tier("undefined",
         [case("F9 and FD are ignored and keep running status", _hex("90 f9 3c fd 40 f9 3d 41 fd c1 f9 05 06"), "F9"),
          case("F4 and F5 are ignored and clear running status", _hex(RULES[_F4][0]), "F4")],
         ("F9 and FD stand among the real-time bytes, F4 and F5 among System Common. Ignored does not mean the same.",
          "F9 leaves everything as it is. F4 ends what was going on, and makes nothing itself.")),
    Tier("System Common",
         [case("System Common clears running status", _hex(RULES["System Common clears running status"][0]), "common"),
          case("a status inside a message takes effect at once", _hex("90 3c 91 01 02 f2 08 c0 01 90 f6 90 01 d0 01"))],
         ("Running status is for channel messages only. After F1, F2, F3 and F6 there is none.",
          "A status that comes too soon wins: what was unfinished is dropped.")),
    Tier("SysEx",
         [_rule("a SysEx comes in threes"), _rule("real-time inside a SysEx comes at once"),
          _rule("System Reset leaves running status alone"), _rule("F9 and FD are ignored and keep running status"),
          _rule("SysEx clears running status"), _rule("F7 without a SysEx is ignored and clears running status")],
         ("A SysEx is as long as it likes, so it travels in packets of three bytes, code 4; the F7 counts as one of "
          "them.",
          "The last packet has one, two or three bytes, and code 5, 6 or 7 says how many. Bytes that do not count "
          "are 0.",
          "F7 outside of a SysEx belongs to nothing.")),
    Tier("SysEx cut off",
         [_rule("a SysEx that is cut off is closed"), _rule("a SysEx that cuts a SysEx off begins its own"),
          _rule("F6 that cuts a SysEx off makes two packets")],
         ("Any status but real-time ends a SysEx. A receiver must hear of that: put in the F7 that is missing.",
          "The status that cut it off must wait until the closing packet is taken: ready is low in that clock.",
          "cut is high while that packet is offered, and never else.")),
    Tier("a loss",
         [_rule("a loss drops the message in progress"), _rule("a loss clears running status"),
          _rule("a loss closes a SysEx")],
         ("The byte that is missing may have been a status. What do you know for certain after that?",
          "Forget all but an open SysEx, and close that.")),
    Tier("a taker that waits",
         [case("a SysEx and notes, with stalls", _SYSEX, "stall", seed=1),
          case("bytes at random, with stalls", _MANY, "stall", seed=2)],
         ("A packet that is not taken stays as it is, valid and payload. And the byte that made it?",
          "While a packet waits take no byte that would need its place.")),
    Tier("full speed",
         [case("a byte in every clock", _SYSEX, "fast"), case("bytes at random in every clock", _MANY, "fast")],
         ("The next byte may be on offer in the clock after one was taken. Is everything settled by then?",)),
    Tier("reset_clears",
         [_rule(name, RULES_WHERE_RESET_CLEARS, RESETTING) for name in RULES_WHERE_RESET_CLEARS],
         ("With reset_clears=True, FF does what System Common does, and makes its packet all the same.",)),
]  # fmt: skip

LAB = Lab(5, "5-parser", "The parser", {"Parser": Parser}, TIERS, MISTAKES)
