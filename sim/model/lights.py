"""Twin of :mod:`board.designs.lights`: LEDs that show events too short to be seen."""

__all__ = ["lights"]


def lights(events, clock, seconds=0.05):
    """What one LED of a :class:`board.designs.lights.Lights` does.

    Parameters
    ----------
    events : list of :class:`int`
        Numbers of the clock edges that see its event high, in order.
    clock : :class:`sim.model.edges.Clock`
        The clock, as it runs.
    seconds : :class:`float`
        Period of the timer, by that clock.

    Returns
    -------
    list of ``(time, level)``
        Edges of the LED, which begins dark, at the clock edges that make them.
    """
    period = round(clock.freq * seconds)
    edges = []
    out = -1
    for n in events:
        if n > out:
            if edges:
                edges.append((clock.time(out), 0))
            edges.append((clock.time(n), 1))
        # The timer ticks at the last clock edge of each period. It is the second tick behind the last event that finds
        # nothing new; an event at that very tick still keeps the LED lit.
        out = period * ((n + 1) // period + 2) - 1
    if edges:
        edges.append((clock.time(out), 0))
    return edges
