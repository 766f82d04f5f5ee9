"""Functional coverage of what looks at a line: the receiver and the retimed thru, in every bit of a frame."""

from collections import Counter

from sim.model.edges import BAUD
from sim.model.line import line as synchronized
from tests.coverage.table import Table, cases_of

__all__ = ["TABLES"]

HIGH, LOW, FALLS, RISES = "stays high", "stays low", "falls", "rises"
PULSE_HIGH, PULSE_LOW = "is high for a moment", "is low for a moment"
EVENTS = (HIGH, LOW, FALLS, RISES, PULSE_HIGH, PULSE_LOW)

IDLE, START, STOP, WAITS = "idle", "start bit", "stop bit", "waits for the line to rise"
BITS = tuple(f"data bit {n}" for n in range(8))
BAD = "bit behind a bad stop bit"

GOOD, FRAMING, BREAK = "good byte", "framing error", "break"
FREE, PASSING, HELD = "no byte is held", "one is taken in that clock", "one is held"


class Line:
    """A line as a clock sees it: ``edges`` are ``(number of the first clock edge to see it, level)``."""

    def __init__(self, level, clock, first=1):
        self.edges, self.first = [(clock.after(time), value) for time, value in level], first
        self.at = 0

    def level(self, n):
        """Level that clock edge ``n`` sees."""
        seen = [value for edge, value in self.edges[max(0, self.at - 24) :] if edge <= n] if self.edges else []
        return seen[-1] if seen else self.first

    def next(self, n, value):
        """The first clock edge behind ``n`` that sees the line change to ``value``; ``None`` if none does."""
        while self.at < len(self.edges) and self.edges[self.at][0] <= n:
            self.at += 1
        return next((edge for edge, level in self.edges[self.at :] if level == value), None)

    def event(self, begin, end):
        """What the line does behind clock edge ``begin``, up to and with ``end``."""
        while self.at < len(self.edges) and self.edges[self.at][0] <= begin:
            self.at += 1
        was, now, changes = self.level(begin), self.level(end), 0
        for edge, _ in self.edges[self.at :]:
            if edge > end:
                break
            changes += 1
        if was == now:
            return (PULSE_LOW if now else PULSE_HIGH) if changes else (HIGH if now else LOW)
        return RISES if now else FALLS


def _samples(clock):
    divisor = round(clock.freq / BAUD)
    return divisor, (divisor - 1) // 2


def receiver_frames(trace, counts=None):
    """Each frame: the clock edge that samples its stop bit, and what it is; ``counts`` gets states and events."""
    clock = trace.clock
    line, (divisor, half) = Line(trace.line("level"), clock), _samples(clock)
    counts = Counter() if counts is None else counts
    last, n, found = clock.after(trace.end) - 1, 0, []
    while True:
        start = line.next(n, 0)
        if start is None or start + half + 9 * divisor > last:
            counts[IDLE, HIGH if start is None else FALLS] += 1
            return found
        counts[IDLE, FALLS] += 1
        sample = start + half
        counts[START, line.event(start, sample)] += 1
        n = sample
        if line.level(sample):
            continue
        bits = []
        for state in (*BITS, STOP):
            counts[state, line.event(sample, sample + divisor)] += 1
            sample += divisor
            bits.append(line.level(sample))
        found.append((sample, GOOD if bits[8] else FRAMING if any(bits) else BREAK))
        n = sample
        if not bits[8]:
            rises = line.next(sample, 1)
            counts[WAITS, LOW if rises is None or rises > last else RISES] += 1
            if rises is None:
                return found
            n = rises


def count_receiver(bench, traces):
    """States and events of the line."""
    counts = Counter()
    for _, trace in cases_of(bench, traces):
        receiver_frames(trace, counts)
    return counts


def impossible_receiver(state, event):
    """What a state begins with, it cannot be without."""
    if state == IDLE:
        return "" if event in (HIGH, FALLS) else "a frame begins as soon as the line falls"
    if state == START:
        return "" if event in (LOW, RISES, PULSE_HIGH) else "it begins low"
    if state == WAITS:
        return "" if event in (LOW, RISES) else "it begins low, and ends as soon as the line rises"
    return _behind_low(state, BITS[0], event)


def _behind_low(state, first, event):
    begins_high = state == first and event in (HIGH, FALLS, PULSE_LOW)
    return "it begins low, with the end of the start bit" if begins_high else ""


def rule_receiver(state, event):
    """What docs/protocol.md says of it."""
    if state in (IDLE, STOP) and event in (HIGH, FALLS, RISES, PULSE_LOW):
        return "R4" if state == STOP and event == FALLS else "R1"
    if state == START:
        return "R6" if event == RISES else "R1"
    return "R4" if state in (STOP, WAITS) else "R1"


def count_outcomes(bench, traces):
    """What each frame was, and what was held of the one before it."""
    counts = Counter()
    for stimulus, trace in cases_of(bench, traces):
        ready, taken = stimulus.ready.get("bytes", ()), -1
        for sample, outcome in receiver_frames(trace):
            state = FREE if taken < sample else PASSING if taken == sample else HELD
            counts[state, outcome] += 1
            if outcome == GOOD and state != HELD:
                first = trace.clock.first_high(ready, sample + 1)
                taken = float("inf") if first is None else first
    return counts


# --- Retimed thru ---

SILENT, GUARD, READY = "waits for an idle line", "the stop bit is too short as yet", "idle"
SENT = (*(f"sends {bit}" for bit in (*BITS, STOP)), f"sends {BAD}")
DROPPED = "drops a frame"


def count_thru(bench, traces):
    """States of a retimed thru, and events of the line, as its twin walks through them."""
    counts = Counter()
    for _, trace in cases_of(bench, traces):
        _count_thru(trace, counts)
    return counts


def _count_thru(trace, counts):
    clock = trace.clock
    divisor, half = _samples(clock)
    guard = -(-7 * divisor // 10) - half - 1
    line = Line(synchronized(trace.line("level_in"), clock, glitch=0), clock)
    seen = [(0, 1), *line.edges, (float("inf"), 1)]
    last, clear, n = 0, False, 0
    while n < len(seen) - 1:
        (start, level), until = seen[n], seen[n + 1][0]
        n += 1
        state = SILENT if not last else READY if clear else GUARD
        if level == last:
            if level:
                counts[state, PULSE_LOW if start else HIGH] += 1
                clear = clear or until > start + guard
            else:
                counts[state, PULSE_HIGH] += 1
            continue
        moment = start + half
        if until <= moment:
            continue
        counts[state, RISES if level else FALLS] += 1
        last = level
        if not level:
            for bit in range(10):
                if bit == 9 and last:
                    break
                name = SENT[bit] if clear else DROPPED
                counts[name, line.event(moment, moment + divisor)] += 1
                moment += divisor
                while seen[n][0] <= moment:
                    n += 1
                last = seen[n - 1][1]
            until = seen[n][0]
        if last:
            clear = not clear or until > moment + guard


def impossible_thru(state, event):
    """What a state begins with, it cannot be without; only what lasts counts between frames."""
    if state == SILENT:
        return "" if event in (RISES, PULSE_HIGH) else "it begins low, and a line that never rises ends nothing"
    if state in (GUARD, READY):
        return "" if event in (FALLS, PULSE_LOW) else "it begins high, and what does not fall ends nothing"
    if state == SENT[9] and event in (HIGH, FALLS, PULSE_LOW):
        return "it is only there behind a low stop bit"
    return _behind_low(state, SENT[0], event)


def rule_thru(state, event):
    """What docs/protocol.md says of it."""
    return "R6" if event in (PULSE_HIGH, PULSE_LOW) and state in (SILENT, GUARD, READY) else "R62"


TABLES = (
    Table(
        "Receiver: the line, bit by bit",
        "receiver",
        (IDLE, START, *BITS, STOP, WAITS),
        EVENTS,
        rule_receiver,
        impossible_receiver,
        count_receiver,
    ),
    Table(
        "Receiver: what a frame was, and the byte before it",
        "receiver",
        (FREE, PASSING, HELD),
        (GOOD, FRAMING, BREAK),
        lambda state, event: "R4" if event != GOOD else "R5" if state == HELD else "R3",
        lambda state, event: "",
        count_outcomes,
    ),
    Table(
        "Retimed thru: the line, bit by bit",
        "retimed_thru",
        (SILENT, GUARD, READY, *SENT, DROPPED),
        EVENTS,
        rule_thru,
        impossible_thru,
        count_thru,
    ),
)
