"""Functional coverage of Active Sensing: both ends."""

from collections import Counter

from tests.coverage.table import Table, cases_of

__all__ = ["TABLES"]

DISARMED, ARMED = "disarmed", "armed"
FE, REALTIME, OTHER, LAST, SILENCE = "FE", "other real-time", "another byte", "a byte in the last clock", "silence"

WAITS, OFFERS = "waits for its time", "FE is on offer"
SENT, OVER, TAKEN, IN_TIME = "a byte is sent", "its time is over", "FE is taken", "a byte in the last clock in time"


def count_receiver(bench, traces):
    """Bytes and silence, by whether an FE came before."""
    counts, clocks = Counter(), _component(bench).clocks
    for stimulus, trace in cases_of(bench, traces):
        clock, armed, before = trace.clock, False, None
        levels = stimulus.levels["received__valid"], stimulus.levels["received__payload"]
        bytes_ = [(clock.after(time), byte) for (time, valid), (_, byte) in zip(*levels, strict=True) if valid]
        silent = [(clock.after(time) - 1, None) for time in trace.pulses("silent")]
        for at, byte in sorted([*bytes_, *silent], key=lambda event: event[0]):
            state = ARMED if armed else DISARMED
            if byte is None:
                counts[state, SILENCE] += 1
                armed = False
                continue
            counts[state, FE if byte == 0xFE else REALTIME if byte >= 0xF8 else OTHER] += 1
            if before is not None and at - before == clocks:
                counts[state, LAST] += 1
            armed, before = armed or byte == 0xFE, at
    return counts


def count_sender(bench, traces):
    """What else is sent, and FE."""
    counts, clocks = Counter(), _component(bench).clocks
    for _, trace in cases_of(bench, traces):
        clock = trace.clock
        sent = [(clock.after(time) - 1, SENT) for time in trace.pulses("sent")]
        taken = [(clock.after(time) - 1, TAKEN) for time, _ in trace.streams["realtime"]]
        since = -1
        for at, event in sorted([*sent, *taken]):
            offered = at >= since + clocks
            if offered and event == TAKEN:
                counts[WAITS, OVER] += 1
            counts[OFFERS if offered else WAITS, event] += 1
            if at == since + clocks - 1 and event == SENT:
                counts[WAITS, IN_TIME] += 1
            since = at if event == TAKEN or not offered else since
    return counts


def _component(bench):
    return bench.design.component


def impossible_receiver(state, event):
    """What is disarmed tells of no silence."""
    return "it is armed by FE alone" if (state, event) == (DISARMED, SILENCE) else ""


def impossible_sender(state, event):
    """FE is taken where it is offered, and nothing else ends."""
    if state == OFFERS and event in (OVER, IN_TIME):
        return "its time is over already"
    return "FE is not on offer" if (state, event) == (WAITS, TAKEN) else ""


TABLES = (
    Table(
        "Active Sensing, the receiver's end",
        "sensing_receiver",
        (DISARMED, ARMED),
        (FE, REALTIME, OTHER, LAST, SILENCE),
        lambda state, event: "R52" if state == DISARMED and event != FE else "R51",
        impossible_receiver,
        count_receiver,
    ),
    Table(
        "Active Sensing, the sender's end",
        "sensing_sender",
        (WAITS, OFFERS),
        (SENT, IN_TIME, OVER, TAKEN),
        lambda state, event: "R50",
        impossible_sender,
        count_sender,
    ),
)
