"""Functional coverage of the merger: every kind of packet, with and without a SysEx open, with and without room."""

from collections import Counter

from sim.model.midi import Packet
from tests.coverage.table import Table, cases_of

__all__ = ["TABLES"]

STATES = ("no SysEx open, kept", "no SysEx open, no room", "SysEx open, kept", "SysEx open, no room")

SYSTEM = {
    0xF8: "F8", 0xF9: "F9", 0xFA: "FA", 0xFB: "FB", 0xFC: "FC", 0xFD: "FD", 0xFE: "FE", 0xFF: "FF",
}  # fmt: skip
CHANNEL, MODE, COMMON, TUNE = "channel message", "mode 123 to 127", "System Common", "F6"
SINGLE = "another single byte"
BEGINS, WHOLE, GOES_ON, ENDS, RESERVED, SILENCE = (
    "SysEx begins", "whole SysEx", "SysEx goes on", "SysEx ends", "reserved code", "silence",
)  # fmt: skip
EVENTS = (CHANNEL, MODE, COMMON, TUNE, SINGLE, BEGINS, WHOLE, GOES_ON, ENDS, *SYSTEM.values(), RESERVED, SILENCE)


def kind(packet):
    """The column of a packet."""
    first, second = packet.data[:2]
    if packet.code == 0xF:
        return SYSTEM.get(first, SINGLE)
    if packet.code in range(4, 8):
        return _kind_of_sysex(packet.code, first)
    if packet.code >= 8:
        return MODE if packet.code == 0xB and second >= 123 else CHANNEL
    return RESERVED if packet.code <= 1 else COMMON


def _kind_of_sysex(code, first):
    if first < 0x80 or first == 0xF7:
        return GOES_ON if code == 4 else ENDS
    return {4: BEGINS, 5: TUNE}.get(code, WHOLE)


def count(bench, traces):
    """What each input took, and what became of it."""
    counts = Counter()
    # What is left out changes nothing.
    left_out = {*SYSTEM.values(), RESERVED, *((MODE,) if bench.design.component._intake.filter_modes else ())}
    for stimulus, trace in cases_of(bench, traces):
        for n in range(len(stimulus.streams)):
            _count_input(trace, n, left_out, counts)
    return counts


def _count_input(trace, n, left_out, counts):
    overruns = {round(time * trace.clock.freq) for time in trace.pulses(f"overrun__{n}")}
    events = [(round(time * trace.clock.freq), None) for time in trace.pulses(f"timeout__{n}")]
    events += [(round(time * trace.clock.freq), Packet.from_int(v)) for time, v in trace.streams[f"inputs__{n}"]]
    is_open = False
    for edge, packet in sorted(events, key=lambda event: event[0]):
        lost = edge in overruns
        counts[STATES[2 * is_open + lost], SILENCE if packet is None else kind(packet)] += 1
        if packet is None:
            is_open = False
        elif (what := kind(packet)) in (GOES_ON, ENDS):
            is_open &= what == GOES_ON and not lost
        elif what not in left_out:
            is_open = what == BEGINS and not lost


def impossible(state, event):
    """What asks for no room can find none, and what is silent must be open."""
    if event == SILENCE and state != STATES[2]:
        return "only an open SysEx can fall silent, and there is always a place for what closes it"
    if state in (STATES[1], STATES[3]):
        if event in (RESERVED, "FE"):
            return "it is left out, and asks for no room"
        if event == ENDS:
            return "there is always a place for what closes a SysEx, and where none is open it is left out"
        if event == GOES_ON and state == STATES[1]:
            return "it belongs to nothing, and is left out"
    return ""


def rule(state, event):
    """What docs/protocol.md says of it."""
    if event == SILENCE:
        return "R75"
    if event in ("FE", "FF"):
        return "R73"
    if state in (STATES[1], STATES[3]):
        return "R75" if event == GOES_ON else "R72"
    if event in SYSTEM.values():
        return "R70"
    return "R74" if event == MODE else "" if event == RESERVED else "R71"


TABLES = (Table("Merger: packets, and what became of them", "merger", STATES, EVENTS, rule, impossible, count),)
