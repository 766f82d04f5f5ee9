"""Twin of :mod:`hdl.line`: a pin becomes a level of a clock domain."""

from math import ceil

from sim.model.edges import settled

__all__ = ["line"]


def line(pin, clock, glitch=3e-6):
    """Edges of the level that a :class:`hdl.line.LineInput` makes of the edges of a pin.

    Parameters
    ----------
    pin : list of ``(time, level)``
        What happens at the pin, in seconds; idle high.
    clock : :class:`sim.model.edges.Clock`
        The clock that samples it.
    glitch : :class:`float`
        Longest pulse to be removed, in seconds; 0 for no filter.

    Returns
    -------
    list of ``(time, level)``
        Each edge at the moment of the clock edge that made it.
    """
    samples = ceil(round(glitch * clock.freq, 6)) + 1 if glitch else 0
    # What clock edge n samples shows behind the synchronizer's second register after clock edge n + 1.
    sampled = settled([(clock.after(time), level) for time, level in pin])
    level, edges = 1, []
    for n, (at, new) in enumerate(sampled):
        lasts = sampled[n + 1][0] - at if n + 1 < len(sampled) else float("inf")
        # The filter acts upon the sample that completes the row of equal ones.
        if new != level and lasts >= max(samples, 1):
            level = new
            edges.append((clock.time(at + 1 + samples), level))
    return edges
