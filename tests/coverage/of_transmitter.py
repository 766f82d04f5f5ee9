"""Functional coverage of the transmitter: what is offered, and a reset, in every bit of a frame."""

from collections import Counter

from sim.model.edges import BAUD
from tests.coverage.of_line import BITS, IDLE, START, STOP
from tests.coverage.table import Table, cases_of

__all__ = ["TABLES"]

LAST = "last clock of the stop bit"

NOTHING, COMES, WAITS, RESET = "nothing is offered", "a byte comes", "a byte waits", "reset"


def count(bench, traces):
    """What is offered in each bit, and in which bit a case ends: there the reset of the next one is."""
    counts, cases = Counter(), cases_of(bench, traces)
    for n, (stimulus, trace) in enumerate(cases):
        clock = trace.clock
        end = clock.after(trace.end)
        taken = [clock.after(time) - 1 for time, _ in trace.streams["bytes"]]
        comes = [clock.after(time) for time, _ in stimulus.streams["bytes"]]
        k = 0
        for state, first, last in _states(taken, round(clock.freq / BAUD), end):
            # The byte that is offered last in this bit, or is taken in it.
            while k < len(taken) and taken[k] < first:
                k += 1
            if k < len(comes) and comes[k] <= min(last, end - 1):
                counts[state, COMES if comes[k] >= first else WAITS] += 1
            else:
                counts[state, NOTHING] += 1
            if first <= end <= last and n < len(cases) - 1:
                counts[state, RESET] += 1
    return counts


def _states(taken, divisor, end):
    """Each bit with its first and last clock edge, up to the one that sees the reset."""
    first = 0
    for at in taken:
        if at >= first:
            yield IDLE, first, at
        first = at + 1
        for state, clocks in ((START, divisor), *((bit, divisor) for bit in BITS), (STOP, divisor - 1), (LAST, 1)):
            if first > end:
                return
            yield state, first, first + clocks - 1
            first += clocks
    if first <= end:
        yield IDLE, first, end


TABLES = (
    Table(
        "Transmitter: what is offered, bit by bit",
        "transmitter",
        (IDLE, START, *BITS, STOP, LAST),
        (NOTHING, COMES, WAITS, RESET),
        lambda state, event: "R3" if event == WAITS else "R7" if event == RESET or state == IDLE else "R1",
        lambda state, event: "what waits is taken in the last clock before" if (state, event) == (IDLE, WAITS) else "",
        count,
    ),
)
