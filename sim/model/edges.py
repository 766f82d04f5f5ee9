"""What a line does, as a list of edges; and the clock that looks at it.

A line is a list of ``(time, level)``: times in seconds, never going back, levels 0 and 1 by turns. Before its first
edge a line is high, as an idle MIDI line is.
"""

from bisect import bisect_right
from math import floor
from typing import NamedTuple

__all__ = ["BAUD", "Clock", "Frame", "frame_edges", "frames", "level_at", "pulses", "settled"]


BAUD = 31_250
"""Bits per second of a MIDI line; the specification allows +-1 %."""


ROUNDING = 0.25e-12
"""Seconds by which times may differ and still mean the same moment: events of a bench lie on whole picoseconds."""


class Clock(NamedTuple):
    """A clock with its rising edges at ``start + n / freq``, in seconds.

    What happens at the very moment of a rising edge is seen by the next one: outputs of a register change just after
    the edge that moved them.
    """

    freq: float
    start: float = 0.0

    def time(self, n):
        """Moment of rising edge ``n``, in seconds."""
        return self.start + n / self.freq

    def after(self, time):
        """Number of the first rising edge later than ``time``: the one that sees what happened then."""
        return floor((time + ROUNDING - self.start) * self.freq) + 1

    def sees(self, edges, n):
        """Level of a line that rising edge ``n`` sees: the one just before it."""
        return level_at(edges, self.time(n) - ROUNDING)

    def first_high(self, edges, n):
        """The first rising edge from ``n`` on that sees a line high, or ``None`` if none does."""
        if self.sees(edges, n):
            return n
        at = bisect_right(edges, self.time(n) - ROUNDING, key=lambda edge: edge[0])
        for time, level in edges[at:]:
            # A rise that falls again before the next clock edge was seen by none.
            if level and self.sees(edges, n := self.after(time)):
                return n
        return None


class Frame(NamedTuple):
    """Ten bits seen on a line: when the start bit fell (seconds), the byte, and whether the stop bit was high."""

    time: float
    byte: int
    stop: bool


def settled(edges, idle=1):
    """The same line without edges that change nothing: of several at one moment the last counts."""
    line = []
    for time, level in edges:
        if line and line[-1][0] == time:
            line.pop()
        if level != (line[-1][1] if line else idle):
            line.append((time, level))
    return line


def level_at(edges, time):
    """Level of the line at ``time``, an edge at that moment included."""
    n = bisect_right(edges, time, key=lambda edge: edge[0])
    return edges[n - 1][1] if n else 1


def frame_edges(time, byte, bit):
    """Edges of one frame that begins at ``time``, with bits of ``bit`` seconds; ends high."""
    edges, level = [], 1
    for n, next_level in enumerate((0, *(byte >> k & 1 for k in range(8)), 1)):
        if next_level != level:
            edges.append((time + n * bit, next_level))
            level = next_level
    return edges


def frames(edges, baud=BAUD):
    """What an ideal receiver reads off a line: each bit sampled in its middle, to the instant.

    A start bit that is high in its middle is no frame. After a low stop bit the line must rise before the next frame.
    Returns a list of :class:`Frame`; one with ``stop`` false is a framing error or a break.
    """
    bit = 1 / baud
    found = []
    over = float("-inf")
    # A list of the times alone is searched ten times faster than one of edges, and a song has 100,000 of them.
    times, levels = [time for time, _ in edges], [1, *(level for _, level in edges)]

    def sample(time):
        return levels[bisect_right(times, time)]

    for time, level in edges:
        if level or time < over or sample(time + bit / 2):
            continue
        byte = sum(sample(time + (n + 1.5) * bit) << n for n in range(8))
        over = time + 9.5 * bit
        found.append(Frame(time, byte, bool(sample(over))))
    return found


def pulses(edges, clock, end):
    """Moments of the rising clock edges up to ``end`` that see a signal high, for a signal that idles low.

    A signal that stays high for three clocks is three pulses.
    """
    times = []
    for n, (time, level) in enumerate(line := settled(edges, idle=0)):
        if level:
            until = line[n + 1][0] if n + 1 < len(line) else end
            times += [clock.time(k) for k in range(clock.after(time), clock.after(until))]
    return times
