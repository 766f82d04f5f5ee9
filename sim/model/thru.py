"""Twin of :mod:`hdl.thru`: pin to pin."""

from sim.model.edges import settled

__all__ = ["direct_thru"]


def direct_thru(level_in):
    """Edges that a :class:`hdl.thru.DirectThru` makes of the edges at its input: the same, at the same times."""
    return settled(level_in)
