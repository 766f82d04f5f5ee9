"""Functional coverage of the parser: every kind of byte, and a loss, in every state."""

from collections import Counter

from sim.model.midi import KINDS
from tests.coverage.table import Table, cases_of

__all__ = ["TABLES"]

NOTHING = "no status"
LOSS, DATA, CLEARS = "loss", "data", "FF, which clears"

# Bytes of data that a status asks for, by the first digit of a channel status or the whole of a System Common one.
CHANNEL = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
COMMON = {0xF1: 1, 0xF2: 2, 0xF3: 1}

# Where data belongs, how many bytes of it came, and the same for what follows.
SYSEX = ("F0", "F0 and one byte", "SysEx, 0 of 3 wait", "SysEx, 1 of 3 waits", "SysEx, 2 of 3 wait")
AFTER_DATA = {
    NOTHING: NOTHING,
    "status of 1 byte": "running status of 1 byte",
    "running status of 1 byte": "running status of 1 byte",
    "status of 2 bytes": "status of 2 bytes, 1 came",
    "status of 2 bytes, 1 came": "running status of 2 bytes",
    "running status of 2 bytes": "running status of 2 bytes, 1 came",
    "running status of 2 bytes, 1 came": "running status of 2 bytes",
    "F1": NOTHING,
    "F3": NOTHING,
    "F2": "F2, 1 came",
    "F2, 1 came": NOTHING,
    SYSEX[0]: SYSEX[1],
    SYSEX[1]: SYSEX[2],
    SYSEX[2]: SYSEX[3],
    SYSEX[3]: SYSEX[4],
    SYSEX[4]: SYSEX[2],
}

EVENTS = (DATA, *(f"{kind.status >> 4:X}x" if kind.has_channel else f"{kind.status:02X}" for kind in KINDS))


def event_of(byte, reset_clears=False):
    """The column of a byte; ``None`` is a loss."""
    if byte is None:
        return LOSS
    if byte < 0x80:
        return DATA
    if byte < 0xF0:
        return f"{byte >> 4:X}x"
    return CLEARS if reset_clears and byte == 0xFF else f"{byte:02X}"


def after(state, byte, reset_clears=False):
    """The state behind a byte, or a loss."""
    if byte is None:
        return NOTHING
    if byte < 0x80:
        return AFTER_DATA[state]
    if byte < 0xF0:
        return "status of 1 byte" if CHANNEL[byte >> 4] == 1 else "status of 2 bytes"
    if byte >= 0xF8:
        return NOTHING if reset_clears and byte == 0xFF else state
    return {0xF0: SYSEX[0], 0xF1: "F1", 0xF2: "F2", 0xF3: "F3"}.get(byte, NOTHING)


ANYWHERE = {LOSS: "R19", "F9": "R15", "FD": "R15", "FF": "R41", CLEARS: "R41"}
UNDEFINED = {"F4": "R14", "F5": "R14", "F7": "R33"}


def rule(state, event):
    """What docs/protocol.md says of it."""
    if event in ANYWHERE:
        return ANYWHERE[event]
    if state in SYSEX:
        return _rule_in_sysex(event)
    if event == DATA:
        return "R13" if state == NOTHING else "R20" if state.startswith("running") else "R11"
    if event >= "F8":
        return "R40"
    whole = (
        "R23" if state == NOTHING else "R21" if state.startswith("running") and not state.endswith("came") else "R10"
    )
    return UNDEFINED.get(event, whole)


def _rule_in_sysex(event):
    if event == DATA:
        return "R30"
    return "R32" if event >= "F8" else {"F7": "R30", "F6": "R34"}.get(event, "R31")


def count(bench, traces):
    """What each case comes to, as its trace says it: bytes in the order in which they were offered, and losses."""
    reset_clears = getattr(bench.design.component, "_component", bench.design.component).reset_clears
    counts = Counter()
    for stimulus, trace in cases_of(bench, traces):
        clock, state = trace.clock, NOTHING
        taken = [clock.after(time) for time, _ in trace.streams["bytes"]]
        items = [(clock.after(time), byte) for time, byte in stimulus.streams["bytes"]]
        # A byte is offered at its time, or when the one before it was taken; a loss stands behind what is on offer.
        offered = [(max(at, before), byte) for (at, byte), before in zip(items, [0, *taken], strict=False)]
        lost = [(clock.after(time) - 0.5, None) for time in trace.pulses("lost")]
        for _, byte in sorted([*offered, *lost], key=lambda event: event[0]):
            counts[state, event_of(byte, reset_clears)] += 1
            state = after(state, byte, reset_clears)
    return counts


TABLES = (
    Table(
        "Parser: what comes, and what was before it",
        "parser",
        tuple(AFTER_DATA),
        (*EVENTS, CLEARS, LOSS),
        rule,
        lambda state, event: "",
        count,
    ),
)
