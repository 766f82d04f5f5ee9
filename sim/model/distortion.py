"""What a bad line does to edges: lows that come out longer or shorter, pulses that were never sent."""

from bisect import bisect_left

from sim.model.edges import level_at, settled

__all__ = ["distort", "invert"]


def distort(edges, skew):
    """The line with each low ``skew`` seconds longer; shorter, if that is negative.

    It is the later edge of the two that moves: rises for longer lows, falls for shorter ones. A pulse that would end
    before it begins vanishes.
    """
    line = []
    for time, level in settled(edges):
        moved = time + max(skew if level else -skew, 0.0)
        if line and moved <= line[-1][0]:
            line.pop()
        else:
            line.append((moved, level))
    return line


def invert(edges, time, width):
    """The line with ``width`` seconds from ``time`` on turned over."""
    first, last = (bisect_left(edges, moment, key=lambda edge: edge[0]) for moment in (time, time + width))
    inside = [(moment, 1 - level) for moment, level in edges[first:last]]
    before = level_at(edges[:first], time)
    after = level_at(edges[:last], time + width)
    # Settled, as an edge at the very moment at which the inversion ends is taken back by it.
    return edges[:first] + settled([(time, 1 - before), *inside, (time + width, after), *edges[last:]], idle=before)
