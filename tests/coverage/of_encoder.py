"""Functional coverage of the encoder: every kind of packet with every running status, and where real-time slips in."""

from collections import Counter

from sim.model.midi import Packet
from tests.coverage.table import Table, cases_of

__all__ = ["TABLES"]

EMPTY, SAME, SAME_OLD, OTHER = "no running status", "the same status", "the same status, too old", "another status"
STATES = (EMPTY, SAME, SAME_OLD, OTHER, "sent without running status")

CODES = {
    0x0: "0 reserved", 0x1: "1 reserved", 0x2: "2 System Common", 0x3: "3 System Common", 0x4: "4 SysEx",
    0x5: "5 end, or F6", 0x6: "6 end", 0x7: "7 end", 0x8: "8 Note Off", 0x9: "9 Note On", 0xA: "A pressure",
    0xB: "B controller", 0xC: "C program", 0xD: "D pressure", 0xE: "E bend",
}  # fmt: skip
REALTIME, SINGLE = "F real-time", "F another byte"

BETWEEN = "between packets"
PLACES = {
    "channel": ("status sent, 1 byte sent", "status sent, 2 bytes sent", "status left out, first data sent"),
    "common": ("System Common, 1 byte sent", "System Common, 2 bytes sent"),
    "sysex": ("SysEx, 1 byte sent", "SysEx, 2 bytes sent"),
}


def kind(packet):
    """The column of a packet."""
    return CODES.get(packet.code) or (REALTIME if packet.data[0] >= 0xF8 else SINGLE)


def is_channel(code):
    """Whether packets of a code have running status."""
    return 0x8 <= code <= 0xE


def packets_of(trace):
    """Each packet, the clock edges and values of its bytes, and the real-time bytes among them by what was sent.

    Real-time comes first and in order, so a byte that leaves in the clock in which real-time was taken is that.
    """
    slipped = {round(time * trace.clock.freq): byte | 0xF8 for time, byte in trace.streams["realtime"]}
    sent = [(round(time * trace.clock.freq), byte) for time, byte in trace.streams["bytes"]]
    own = [(at, byte) for at, byte in sent if at not in slipped]
    found = []
    for time, value in trace.streams["packets"]:
        edge, packet, bytes_ = round(time * trace.clock.freq), Packet.from_int(value), []
        # A packet is taken with its last byte.
        while packet.bytes and own and own[0][0] <= edge:
            bytes_.append(own.pop(0))
        found.append((edge, packet, bytes_))
    return found, slipped


def count_status(bench, traces):
    """How often each kind of packet met each running status."""
    component = getattr(bench.design.component, "_component", bench.design.component)
    counts = Counter()
    for _, trace in cases_of(bench, traces):
        status = None
        for _, packet, sent in packets_of(trace)[0]:
            if not component.running_status:
                state = STATES[4]
            elif status is None:
                state = EMPTY
            elif packet.data[0] != status or not is_channel(packet.code):
                state = OTHER
            else:
                state = SAME if len(sent) < len(packet.bytes) else SAME_OLD
            counts[state, kind(packet)] += 1
            if is_channel(packet.code):
                status = packet.data[0]
            elif packet.bytes and kind(packet) != REALTIME:
                status = None
    return counts


def rule_status(state, event):
    """What docs/protocol.md says of it."""
    if event.endswith("reserved"):
        return "R12"
    if event == REALTIME:
        return "R40"
    if not is_channel(int(event[0], 16)):
        return "R21"
    return "R22" if state == STATES[4] else "R24"


def impossible_status(state, event):
    """Only a channel message can have the same status as the one before it."""
    if state in (SAME, SAME_OLD) and not is_channel(int(event[0], 16)):
        return "only a channel message can repeat a status"
    return ""


def count_places(bench, traces):
    """How often each real-time byte slipped into each place."""
    counts = Counter()
    for _, trace in cases_of(bench, traces):
        found, slipped = packets_of(trace)
        spans = [(packet, sent, packet.bytes and len(packet.bytes) - len(sent)) for _, packet, sent in found if sent]
        n = 0
        for at, byte in sorted(slipped.items()):
            while n < len(spans) and spans[n][1][-1][0] < at:
                n += 1
            counts[_place(spans[n], at) if n < len(spans) else BETWEEN, f"{byte:02X}"] += 1
    return counts


def _place(span, at):
    packet, sent, left_out = span
    gone = sum(edge < at for edge, _ in sent)
    if not gone:
        return BETWEEN
    if is_channel(packet.code):
        return PLACES["channel"][2] if left_out else PLACES["channel"][gone - 1]
    return PLACES["sysex" if packet.code in (4, 6, 7) else "common"][gone - 1]


TABLES = (
    Table(
        "Encoder: packets, and the running status before them",
        "encoder",
        STATES,
        (*CODES.values(), REALTIME, SINGLE),
        rule_status,
        impossible_status,
        count_status,
    ),
    Table(
        "Encoder: where real-time slips in",
        "encoder",
        (BETWEEN, *(place for places in PLACES.values() for place in places)),
        tuple(f"{byte:02X}" for byte in range(0xF8, 0x100)),
        lambda state, event: "R42",
        lambda state, event: "",
        count_places,
    ),
)
