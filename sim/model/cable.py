"""Edges through a cable: late by its length, and by what its slopes need to reach the threshold behind it.

Levels are those of the line: 1 while no current flows, 0 while current does. A MIDI cable has 15 m at most, and its
ends rise and fall within 2 us (*MIDI 1.0 Detailed Specification*, hardware section).
"""

from dataclasses import dataclass

from sim.model.edges import settled

__all__ = ["LONGEST", "Cable", "cable"]

LONGEST = 15.0
"""Metres that the specification allows."""


@dataclass(frozen=True)
class Cable:
    """A cable, its driver, and the threshold of what listens at its end.

    Each slope is a straight line from one level to the other. What is behind the cable sees an edge when its slope
    crosses the threshold, so that a threshold out of the middle makes lows longer or shorter; and a pulse that turns
    back before it has crossed is never seen.

    Parameters
    ----------
    length : :class:`float`
        Metres, 0 to 15.
    delay : :class:`float`
        Seconds a metre. The default is that of a signal at two thirds of the speed of light, as is usual in plastic.
    rise, fall : :class:`float`
        Seconds that the whole way from 0 to 1, or from 1 to 0, takes. The default is an ideal edge.
    threshold : :class:`float`
        Where between the two levels 0 and 1 the edge is seen.

    Raises
    ------
    :exc:`ValueError`
        If a value is not possible.
    """

    length: float = 0.0
    delay: float = 5e-9
    rise: float = 0.0
    fall: float = 0.0
    threshold: float = 0.5

    def __post_init__(self):
        if not 0 <= self.length <= LONGEST:
            raise ValueError(
                f"Cable must be 0 to {LONGEST:g} m long, as the MIDI specification allows, not {self.length!r} m; "
                f"for more, put a thru between two cables: one more hop"
            )
        for name in ("delay", "rise", "fall"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ValueError(f"Cable's {name} must be a time in seconds, 0 or longer, not {value!r}")
        if not 0 < self.threshold < 1:
            raise ValueError(f"Cable's threshold must lie between the levels 0 and 1, not at {self.threshold!r}")

    @property
    def skew(self):
        """Seconds by which a low comes out longer than it went in; negative if shorter."""
        return self.threshold * self.rise - (1 - self.threshold) * self.fall


def cable(edges, cable):
    """Edges at the end of a cable.

    Parameters
    ----------
    edges : list of ``(time, level)``
        What the sender does, in seconds; idle high.
    cable : :class:`Cable`
        What it goes through.

    Returns
    -------
    list of ``(time, level)``
        What is seen of it behind the cable.
    """
    late = cable.length * cable.delay
    seen = []
    # Where the slope began, when, and where to.
    value, since, target = 1.0, 0.0, 1
    crossing = None
    for time, level in settled(edges):
        if crossing and crossing[0] <= time:
            seen.append(crossing)
        crossing = None
        value = _value(cable, value, time - since, target)
        since, target = time, level
        # Where the slope before did not cross the threshold there is nothing to cross on the way back.
        if level != (seen[-1][1] if seen else 1):
            way = max(0.0, (cable.threshold - value) * cable.rise if level else (value - cable.threshold) * cable.fall)
            crossing = (time + way, level)
    if crossing:
        seen.append(crossing)
    return settled([(time + late, level) for time, level in seen])


def _value(cable, value, seconds, target):
    """Where a slope is that began at ``value`` so many seconds ago."""
    if target:
        return min(1.0, value + seconds / cable.rise) if cable.rise else 1.0
    return max(0.0, value - seconds / cable.fall) if cable.fall else 0.0
