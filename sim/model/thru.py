"""Twins of :mod:`hdl.thru`: pin to pin."""

from typing import NamedTuple

from sim.model.edges import BAUD, frame_edges, settled
from sim.model.line import line
from sim.model.receiver import frames, take

__all__ = ["THRUS", "Thru", "direct_thru", "retimed_thru", "stored_thru"]


class Thru(NamedTuple):
    """What a thru does: edges ``(time, level)`` at its output, and the times of its overruns."""

    level: list
    overruns: list


def direct_thru(level_in):
    """Edges that a :class:`hdl.thru.DirectThru` makes of the edges at its input: the same, at the same times."""
    return settled(level_in)


def stored_thru(level_in, clock, baud=BAUD, glitch=3e-6):
    """What a :class:`hdl.thru.StoredThru` makes of the edges at its input.

    Parameters
    ----------
    level_in : list of ``(time, level)``
        The pin, idle high.
    clock : :class:`sim.model.edges.Clock`
        The clock, as it runs.
    baud : :class:`float`
        Bits per second, by that clock: a clock that is 1 % fast makes 1 % more of them.
    glitch : :class:`float`
        Longest pulse that its filter removes, by that clock.

    Returns
    -------
    :class:`Thru`
        Edges at the clock edges that make them; overruns at the clock edges that see the pulse.
    """
    divisor = round(clock.freq / baud)
    free = 0

    def ready(n):
        # The transmitter is asked once for each byte that the receiver holds, and takes it when it is free.
        nonlocal free
        taken = max(n, free)
        free = taken + 10 * divisor
        return taken

    received = take(frames(line(level_in, clock, glitch), clock, baud), clock, ready)
    bit = divisor / clock.freq
    edges = [edge for time, byte in received.bytes for edge in frame_edges(time, byte, bit)]
    return Thru(edges, received.overruns)


def retimed_thru(level_in, clock, baud=BAUD):
    """What a :class:`hdl.thru.RetimedThru` makes of the edges at its input.

    Parameters, and what is returned, are those of :func:`stored_thru`; there is no filter.
    """
    divisor = round(clock.freq / baud)
    half = (divisor - 1) // 2
    guard = -(-7 * divisor // 10) - half - 1
    # Which clock edge is the first to see a new level, behind the synchronizer. The first of all sees the line high,
    # which it was not before as far as the thru knows.
    seen = [(0, 1), *((clock.after(time), new) for time, new in line(level_in, clock, glitch=0)), (float("inf"), 1)]
    found = Thru([], [])
    # The last sample; and whether the stop bit that was sent is long enough, or the frame that is coming in is sent.
    last, clear = 0, False

    def show(n, level):
        if clear:
            # From the sample on it takes a clock more to the pin.
            found.level.append((clock.time(n + 1), level))

    n = 0
    while n < len(seen) - 1:
        (start, level), (until, _) = seen[n], seen[n + 1]
        n += 1
        if level == last:
            # A glitch is over, and the guard begins anew.
            clear = clear or (level == 1 and until > start + guard)
            continue
        moment = start + half
        if until <= moment:
            continue
        last = level
        if level:
            show(moment, 1)
        else:
            if not clear:
                found.overruns.append(clock.time(moment))
            show(moment, 0)
            for bit in range(10):
                if bit == 9 and last:
                    # A good stop bit; after a bad one comes another bit of it.
                    break
                moment += divisor
                while seen[n][0] <= moment:
                    n += 1
                last = seen[n - 1][1]
                show(moment, last)
            until = seen[n][0]
        if last:
            clear = not clear or until > moment + guard
    return Thru(settled(found.level), found.overruns)


def _direct(level_in, clock, baud=BAUD):
    return Thru(direct_thru(level_in), [])


THRUS = {"direct": _direct, "stored": stored_thru, "retimed": retimed_thru}
"""Each kind by its name, all called with ``(level_in, clock, baud)`` and returning a :class:`Thru`."""
