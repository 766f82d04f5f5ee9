"""Functional coverage of the line input: how long a pin differs from the level, and how long it did not before that."""

from collections import Counter

from sim.model.edges import settled
from tests.coverage.table import Table, cases_of

__all__ = ["TABLES"]

NEVER, SHORT, LONG = "right behind its edge", "the pin was that for a few samples", "the pin was that for long"
STATES = {
    (level, since): f"{word}; {since}" for level, word in enumerate(("low", "high")) for since in (NEVER, SHORT, LONG)
}

ONE, SOME, LESS, ENOUGH, MORE = "1 sample", "2 and more", "1 too few", "just enough", "more"


def count(bench, traces):
    """How long the pin differs from the level, each time it does, by the level and how long they were the same."""
    counts, samples = Counter(), bench.design.component.samples
    for stimulus, trace in cases_of(bench, traces):
        after, level, same = trace.clock.after, 1, samples
        pin = settled([(after(time), value) for time, value in stimulus.levels["pin"]])
        for (begin, value), (end, _) in zip(pin, [*pin[1:], (after(trace.end), 0)], strict=True):
            length = end - begin
            if value == level:
                same = length
                continue
            since = LONG if same >= samples else SHORT if same else NEVER
            counts[STATES[level, since], _event(length, samples)] += 1
            if length >= samples:
                level, same = value, length - samples
    return counts


def _event(length, samples):
    if length >= samples:
        return ENOUGH if length == samples else MORE
    return ONE if length == 1 else LESS if length == samples - 1 else SOME


TABLES = (
    Table(
        "Line: the level, and how long the pin is another",
        "line_input",
        tuple(STATES.values()),
        (ONE, SOME, LESS, ENOUGH, MORE),
        lambda state, event: "R1" if event in (ENOUGH, MORE) else "R6",
        lambda state, event: "",
        count,
    ),
)
