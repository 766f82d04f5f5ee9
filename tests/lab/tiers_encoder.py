"""Lab 6: what an encoder must do, tier by tier."""

import random
from typing import NamedTuple

from sim.bench.streams import random_ready
from sim.bench.trace import Stimulus
from sim.model.encoder import Encoder as Model
from tests.bench_encoder import BYTE, RULES, RULES_WITHOUT, SLIPS, line, read
from tests.lab.case import Case, Complaint, Tier, Unit, broken
from tests.lab.drawing import draw_bytes

__all__ = ["TIERS", "Offered"]

CLK_FREQ = 1e6

REPEAT = 400
"""Clocks after which a status is repeated, in the cases that are about that."""

UNIT = Unit("Encoder", CLK_FREQ, lambda Encoder: Encoder(CLK_FREQ))
REPEATING = Unit("Encoder", CLK_FREQ, lambda Encoder: Encoder(CLK_FREQ, repeat=REPEAT / CLK_FREQ))
PLAIN = Unit("Encoder", CLK_FREQ, lambda Encoder: Encoder(CLK_FREQ, running_status=False))


class Offered(NamedTuple):
    """A case: its kind, packets with the clock at which each is offered, real-time likewise, and the bytes to come."""

    kind: str
    packets: list
    realtime: list
    bytes: list


def case(title, packets, realtime=(), expected=None, *, kind="rule", at=UNIT, ready=()):
    """Packets ``(clock, packet)``, and the bytes that must be sent: ``expected`` in hex, or what the model says."""
    if expected is None:
        live = Model(repeat=REPEAT if at is REPEATING else float("inf"), running_status=at is not PLAIN)
        sent = [byte for clock, packet in packets for byte in live.step(packet, clock)]
    else:
        sent = list(bytes.fromhex(expected))

    def timed(events):
        return [((clock + 4) / CLK_FREQ, value) for clock, value in events]

    last = max(clock for clock, _ in (*packets, *realtime, *ready))
    until = (last + BYTE * (4 * len(packets) + len(realtime) + 6)) / CLK_FREQ
    streams = {"packets": timed((clock, packet.to_int()) for clock, packet in packets), "realtime": timed(realtime)}
    stimulus = Stimulus(until, streams=streams, ready={"bytes": timed(ready)})
    offered = Offered(kind, list(packets), list(realtime), sent)
    return Case(title, at, stimulus, lambda trace: check(offered, trace), offered)


def check(offered, trace):
    """Bytes in their order, all packets taken, and nothing taken back."""
    got, must = [byte for _, byte in trace.streams["bytes"]], offered.bytes
    if got != must:
        n = next(
            (n for n, pair in enumerate(zip(got, must, strict=False)) if pair[0] != pair[1]), min(len(got), len(must))
        )
        time = trace.streams["bytes"][n][0] if n < len(got) else None
        expected = f"byte {n} must be {must[n]:02x}" if n < len(must) else f"there must be {len(must)} bytes"
        seen = (
            "it never came" if n >= len(got) else f"it is {got[n]:02x}" if n < len(must) else f"{got[n]:02x} comes, too"
        )
        raise Complaint(expected, seen, time=time, place=f"byte {n}", drawing=_drawing(offered, got, n))
    for name, count in (("packets", len(offered.packets)), ("realtime", len(offered.realtime))):
        if len(trace.streams[name]) != count:
            raise Complaint(f"all {count} {name} must be taken", f"{len(trace.streams[name])} were", place="the end")
    if broken(trace, "bytes"):
        raise Complaint("a byte that nobody has taken yet must stay as it is", "it changed or went away",
                        time=broken(trace, "bytes"))  # fmt: skip


def _drawing(offered, got, n):
    first = max(0, n - 12)
    # With its code before each, as it says how many bytes count.
    packets = [f"{packet.code:x}: {bytes(packet.bytes or packet.data).hex(' ')} |" for _, packet in offered.packets]
    rows = [("packets", packets[:6] + ["..."] * (len(packets) > 6))]
    if offered.realtime:
        rows.append(("real-time", [f"{byte:02x}" for _, byte in offered.realtime]))
    for name, values in (("must send", offered.bytes), ("sent", got)):
        rows.append((name, [f"{byte:02x}" for byte in values[first : first + 20]] or ["nothing"]))
    return draw_bytes(rows[:-2]) + draw_bytes(rows[-2:], n - first)


def _packets(text, pause=0):
    return [(n * pause, packet) for n, packet in enumerate(read(text))]


def _rule(name, rules=RULES, at=UNIT, **options):
    return case(name, _packets(rules[name][0]), (), rules[name][1], at=at, **options)


def _slip(name):
    offered, realtime, expected = SLIPS[name]
    # Four clocks are added to all times, so that the line takes bytes at clocks 20, 36 and so on.
    return case(name, _packets(offered), realtime, expected, kind="slip", ready=line(200))


def _ages(title, times):
    return case(title, [(time, *read("90 3c 40")) for time in times], kind="age", at=REPEATING)


_MANY = "90 3c 40, 90 40 40, f8, f0 01 02 03 f7, 90 3c 00, 90 40 00, c2 05, c2 06, f6, c2 07, e2 00 40, 0: 91 01 02"

TIERS = [
    Tier("encoder: one message",
         [case("90 3c 40", _packets("90 3c 40"))],
         ("A packet goes out byte by byte, the first one in data[0]. It is taken with its last byte.",
          "Count which byte is next. valid is the packet's, and ready is high only with the last byte.")),
    Tier("encoder: every kind",
         [_rule("every message is sent whole"),
          case("code 0 is reserved", _packets("90 3c 40, 0: 91 01 02"), (), "90 3c 40"),
          case("code 1 is reserved", _packets("80 3c 40, 1: 91 01 02"), (), "80 3c 40")],
         ("The code alone says how many bytes count: 5 and F one, 2, 6, C and D two, all others three.",
          "Codes 0 and 1 are reserved. Take such a packet and send nothing.")),
    Tier("encoder: running status",
         [_rule("a repeated channel status is left out"), _rule("another status or channel is sent")],
         ("A channel status that is the same as the last one sent need not be sent again.",
          "Keep the last channel status that was sent. If a packet begins with it, begin with its second byte.")),
    Tier("encoder: what ends it",
         [_rule("System Common clears running status"), _rule("SysEx clears running status"),
          _rule("System Common has no running status itself"), _rule("real-time leaves running status alone"),
          _rule("reserved codes make no bytes and change nothing")],
         ("A receiver forgets the status with every SysEx and every System Common. So must you.",
          "Real-time goes by without a trace: code F with F8 to FF. So do packets with the reserved codes 0 and 1.")),
    Tier("encoder: without",
         [_rule("without running status every status is sent", RULES_WITHOUT, PLAIN)],
         ("running_status=False is a parameter of the constructor. elaborate can ask for it with a plain if.",)),
    Tier("encoder: real-time slips in",
         [_slip(name) for name in SLIPS],
         ("What comes on realtime goes before the next byte of the packet, even in the midst of a message.",
          "A byte that is on offer and not taken must stay, so real-time waits for that one.",
          "Only its low three bits count: put the upper five ones there yourself.")),
    Tier("encoder: a taker that waits",
         [case(f"packets and real-time with stalls, number {seed}", _packets(_MANY), (), kind="stall",
               ready=[(round(time * CLK_FREQ), level) for time, level in random_ready(random.Random(seed), 6e-4, 4e-5)]
               + [(600, 1)]) for seed in (1, 2)],
         ("A byte that is not taken stays, valid and payload.",)),
    Tier("encoder: repeats a status",
         [_ages("a status is left out while it is young", [0, REPEAT * 3 // 4]),
          _ages("a status is repeated when it is old", [0, REPEAT * 5 // 4]),
          _ages("a status that was left out grows old all the same", [0, REPEAT * 3 // 4, REPEAT * 5 // 4]),
          _ages("a repeated status is young again", [0, REPEAT * 5 // 4, REPEAT * 2])],
         ("Who plugs in late has never heard the status. After `repeat` seconds it is sent again.",
          "Set a timer when a status is sent, and only then. Whoever leaves the status out does not set it.")),
]  # fmt: skip
