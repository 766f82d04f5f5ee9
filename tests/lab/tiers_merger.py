"""Lab 6: what a merger must do, tier by tier."""

from typing import NamedTuple

from sim.bench.trace import Stimulus
from sim.model.midi import Packet
from tests.bench_merger import BYTE, CLK_FREQ, at, line, now_and_then, sysex
from tests.lab.case import Case, Complaint, Tier, Unit, broken
from tests.lab.drawing import draw_bytes

__all__ = ["TIERS", "Offered", "told"]

TIMEOUT, QUEUE = 1e-3, 8

UNIT = Unit("Merger", CLK_FREQ, lambda Merger: Merger(CLK_FREQ, 2, depth=QUEUE, timeout=TIMEOUT))

CUTTING = 200 / CLK_FREQ
"""Seconds from packet to packet where there is plenty of time."""


class Offered(NamedTuple):
    """A case: its kind, and what must come out of each input, of all as real-time, and in which whole order if "
    "known."""

    kind: str
    own: list
    realtime: list
    order: list | None = None
    overruns: list | None = None
    timeouts: tuple = (0, 0)
    turns: bool = False


def case(title, kind, inputs, until, ready=None, *, own=None, realtime=(), order=None, overruns=(0, 0), timeouts=(0, 0),
         turns=False):  # fmt: skip
    """Packets of both inputs; what must come of each is what it offers, but for what is said."""
    streams = {f"inputs__{n}": [(time, packet.to_int()) for time, packet in items] for n, items in enumerate(inputs)}
    own = own or [[told(packet._replace(cable=n)) for _, packet in items] for n, items in enumerate(inputs)]
    offered = Offered(kind, own, list(realtime), order, overruns, timeouts, turns)
    stimulus = Stimulus(until, streams=streams, ready=dict(ready or {}))
    return Case(title, UNIT, stimulus, lambda trace: check(offered, trace), offered)


def told(packet):
    """A packet in short: input and bytes."""
    return f"{packet.cable}: {bytes(packet.bytes).hex(' ')}"


def came(trace):
    """Packets that came out, in short."""
    return [told(Packet.from_int(value)) for _, value in trace.streams["packets"]]


def check(offered, trace):
    """Each input in its order, each SysEx whole, real-time on its own stream, and errors in their number."""
    got = came(trace)
    if offered.kind in ("room", "sysex room"):
        return _room(offered, got, trace)
    for n, must in enumerate(offered.own):
        # A packet that carries no input at all is one of input 0.
        its = [packet for packet in got if packet.startswith(f"{n}:")]
        _same(f"input {n}", its, must, trace, got)
    strange = [packet for packet in got if packet[:2] not in ("0:", "1:")]
    if strange:
        raise Complaint("cable must be the number of the input, 0 or 1", f"a packet says {strange[0]}")
    _whole(got, trace)
    if offered.order is not None:
        _same("all", got, offered.order, trace, got)
    realtime = [f"{byte:02x}" for _, byte in trace.streams["realtime"]]
    if realtime != offered.realtime:
        raise Complaint(f"realtime must be {' '.join(offered.realtime) or 'nothing'}",
                        f"it is {' '.join(realtime) or 'nothing'}",
                        drawing=draw_bytes([("must be", offered.realtime), ("is", realtime)]))  # fmt: skip
    if offered.turns:
        _turns(got, trace)
    for name, must in (("overrun", offered.overruns), ("timeout", offered.timeouts)):
        seen = tuple(len(trace.pulses(f"{name}__{n}")) for n in range(2))
        if must is not None and seen != must:
            raise Complaint(f"{name} must pulse {must[0]} times for input 0 and {must[1]} times for input 1",
                            f"it pulses {seen[0]} and {seen[1]} times")  # fmt: skip
    if broken(trace, "packets", "realtime"):
        raise Complaint("what nobody has taken yet must stay as it is", "it changed or went away")


def _same(what, got, must, trace, all_):
    if got == must:
        return
    n = next((n for n, pair in enumerate(zip(got, must, strict=False)) if pair[0] != pair[1]), min(len(got), len(must)))
    expected = f"packet {n} of {what} must be {must[n]}" if n < len(must) else f"{what} must make {len(must)} packets"
    seen = (
        f"it is {got[n]}"
        if n < min(len(got), len(must))
        else f"{got[n]} comes, too"
        if n < len(got)
        else "it never came"
    )
    first = max(0, n - 2)
    rows = [(name, [f"{packet} |" for packet in packets[first : first + 5]] or ["nothing"])
            for name, packets in (("must be", must), ("is", got))]  # fmt: skip
    whole = [f"{packet} |" for packet in all_]
    raise Complaint(expected, seen, place=f"packet {n} of {what}",
                    drawing=draw_bytes([*rows, *_lines("all that came", whole)]))  # fmt: skip


def _lines(name, words):
    lines, line = [], []
    for word in words:
        if sum(len(each) + 1 for each in (*line, word)) > 64:
            lines.append(line)
            line = []
        line.append(word)
    lines.append(line)
    return [(name if n == 0 else "", each) for n, each in enumerate(lines[:4])]


def _whole(got, trace):
    """Nothing stands inside a SysEx."""
    inside = None
    for n, packet in enumerate(got):
        cable, data = packet.split(": ")
        if inside not in (None, cable):
            raise Complaint(f"a SysEx of input {inside} is open, and nothing else must stand in it",
                            f"{packet} does", time=trace.streams["packets"][n][0],
                            drawing=draw_bytes(_lines("all that came", [f"{each} |" for each in got])))  # fmt: skip
        is_open = len(data) == 8 and not data.endswith("f7") and (data.startswith("f0") or inside == cable)
        inside = cable if is_open else None


def _room(offered, got, trace):
    """The first messages are kept, the others dropped and counted; a SysEx is closed where it does not fit."""
    its, must = [packet for packet in got if packet.startswith("0:")], offered.own[0]
    overruns = len(trace.pulses("overrun__0"))
    whole = _lines("all that came", [f"{packet} |" for packet in got])
    if offered.kind == "sysex room":
        if not its or its[-1] != "0: f7":
            raise Complaint("a SysEx that does not fit must be closed with f7",
                            f"the last packet is {its[-1] if its else 'none'}", drawing=draw_bytes(whole))  # fmt: skip
        its, lost = its[:-1], 1
    else:
        lost = len(must) - len(its)
    if its != must[: len(its)] or len(its) < QUEUE - 4:
        raise Complaint(
            f"the first packets of input 0, {QUEUE - 2} or so, must be kept, and in order",
            f"{len(its)} came",
            drawing=draw_bytes([("offered", [f"{packet} |" for packet in must[:5]]), *whole]),
        )
    if len(its) > QUEUE + 3:
        raise Complaint(f"what does not fit a queue of {QUEUE} must be dropped: a line cannot wait",
                        f"all of {len(its)} packets came in the end", drawing=draw_bytes(whole))  # fmt: skip
    if overruns != lost:
        messages = "message" if lost == 1 else "messages"
        raise Complaint(f"{lost} {messages} of input 0 did not fit, so overrun must pulse {lost} times",
                        f"it pulses {overruns} times", drawing=draw_bytes(whole))  # fmt: skip


def _turns(got, trace):
    """While both inputs wait they come by turns."""
    for n, (one, other, third) in enumerate(zip(got, got[1:], got[2:], strict=False)):
        if one[0] == other[0] == third[0] and any(packet[0] != one[0] for packet in got[n + 3 :]):
            raise Complaint("while both inputs have something, they must take turns", f"input {one[0]} has three "
                f"in a row",
                            time=trace.streams["packets"][n][0],
                            drawing=draw_bytes(_lines("all that came", [f"{each} |" for each in got])))  # fmt: skip


def _notes(channel, count, **options):
    return line(*[f"9{channel}{k:02x}40" for k in range(count)], **options)


def _sysexes():
    both = [line(*[sysex(11, 40 * n)] * 2, byte=(8 + 3 * n) / CLK_FREQ) for n in (0, 1)]
    return case("two SysEx at once", "sysex", both, 3e-3, {"packets": now_and_then(BYTE, 3e-3)})


def _stalled():
    inputs = [line("903c40", "f8", "fa", start=n * BYTE * 5) for n in range(2)]
    own = [["0: 90 3c 40"], ["1: 90 3c 40"]]
    stalls = {"packets": [(0, 0), (1.5e-3, 1)]}
    return case("real-time while packets stand still", "realtime", inputs, 2.5e-3, stalls, own=own,
                realtime=["f8", "fa", "f8", "fa"])  # fmt: skip


def _no_room():
    inputs = [_notes(0, 20, byte=BYTE / 2), line("c106")]
    stalls = {"packets": [(0, 0), (2.5e-3, 1)]}
    return case("twenty notes, and nobody takes them", "room", inputs, 4e-3, stalls)


def _sysex_no_room():
    inputs = [line(sysex(60), start=BYTE), []]
    stalls = {"packets": [(0, 0), (4e-3, 1)]}
    return case("a SysEx that does not fit", "sysex room", inputs, 6e-3, stalls)


def _cut():
    begun = [at(0, 4, 0xF0, 1, 1), at(CUTTING, 9, 0x90, 5, 5), at(2 * CUTTING, 4, 0xF0, 7, 7)]
    begun += [at(3 * CUTTING, 7, 0xF0, 8, 0xF7)]
    own = [["0: f0 01 01", "0: f7", "0: 90 05 05", "0: f0 07 07", "0: f7", "0: f0 08 f7"], []]
    return case("a SysEx that another message cuts off", "cut", [begun, []], 3e-3, own=own)


def _silent():
    inputs = [[at(0, 4, 0xF0, 0, 1)], line(*["c107"] * 3, start=BYTE)]
    own = [["0: f0 00 01", "0: f7"], ["1: c1 07"] * 3]
    return case("a SysEx that falls silent", "silent", inputs, 4 * TIMEOUT, own=own, timeouts=(1, 0))


TIERS = [
    Tier("merger: one input",
         [case("three notes at input 0", "one", [_notes(0, 3), []], 1e-3),
          case("three notes at input 1", "one", [[], _notes(1, 3)], 1e-3)],
         ("Begin with a queue for each input, such as amaranth.lib.fifo.SyncFIFO, and one of them after the other "
          "on packets.",
          "cable of each packet is the number of the input it came from.")),
    Tier("merger: two inputs",
         [case("both inputs at once", "two", [_notes(0, 5, byte=BYTE / 2), _notes(1, 5, byte=BYTE / 2)], 2e-3)],
         ("Each input keeps its own order. What is taken of one must not be lost while another is served.",)),
    Tier("merger: real-time first",
         [_stalled()],
         ("Real-time does not wait in the queues. It has a stream of its own, as plain bytes.",
          "A packet with code F and a byte of F8 and above is real-time. Decide that before the queue.")),
    Tier("merger: filters",
         [case("FE, FF and others", "filters", [line("fe", "f8", "ff", "fa", "fe", "903c40"), []], 2e-3,
               own=[["0: 90 3c 40"], []], realtime=["f8", "fa"])],
         ("Active Sensing is each end's own affair, and System Reset is never echoed.",)),
    Tier("merger: a SysEx is one message",
         [_sysexes()],
         ("From the first packet of a SysEx to its last nothing else may stand on packets, or a receiver takes the "
          "rest for rubbish.",
          "Code 4 says that there is more to come. Stay with this input until another code.")),
    Tier("merger: turns",
         [case("both inputs have much to say", "turns", [_notes(n, 5, byte=(5 - n) / CLK_FREQ) for n in (0, 1)], 2e-3,
               {"packets": [(0, 0), (1e-3, 1)]}, turns=True)],
         ("An input that always has something must not keep the other waiting for ever. One message each.",)),
    Tier("merger: no room",
         [_no_room(), _sysex_no_room()],
         ("What does not fit is dropped as a whole message, and overrun pulses once for it. depth - 2 others can wait.",
          "A SysEx of which the first part went out must be closed, so its last packet needs a place at all times.")),
    Tier("merger: cut off and silent",
         [_cut(), _silent()],
         ("If a SysEx never ends the other input waits for ever. Put in an F7 when something else comes, or nothing.",
          "A timer for each input that is set by each packet of its SysEx.")),
]  # fmt: skip
