"""Twin of :mod:`hdl.transmitter`: bytes to level."""

from typing import NamedTuple

from sim.model.edges import BAUD, frame_edges

__all__ = ["Transmitted", "transmitter"]


class Transmitted(NamedTuple):
    """The line's edges ``(time, level)``, and the transfers ``(time, byte)`` that made them."""

    level: list
    bytes: list


def transmitter(bytes, clock, baud=BAUD):
    """What a :class:`hdl.transmitter.Transmitter` sends.

    Parameters
    ----------
    bytes : list of ``(time, byte)``
        Each byte and the moment from which it is offered, unless the one before it is still waiting then.
    clock : :class:`sim.model.edges.Clock`
        The transmitter's clock.
    baud : :class:`float`
        Its baud rate.

    Returns
    -------
    :class:`Transmitted`
    """
    divisor = round(clock.freq / baud)
    bit = divisor / clock.freq
    sent = Transmitted([], [])
    free = 0
    for time, byte in bytes:
        taken = max(clock.after(time), free)
        sent.bytes.append((clock.time(taken), byte))
        sent.level.extend(frame_edges(clock.time(taken), byte, bit))
        free = taken + 10 * divisor
    return sent
