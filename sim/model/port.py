"""Twin of :mod:`hdl.port`: a MIDI port whose received bytes go straight to its output."""

from typing import NamedTuple

from sim.model.edges import BAUD
from sim.model.line import line
from sim.model.receiver import Received, frames, take
from sim.model.thru import direct_thru
from sim.model.transmitter import transmitter

__all__ = ["Echo", "echo"]


class Echo(NamedTuple):
    """What came of the edges at MIDI In: the bytes and errors of the receiver, and the edges at the other two pins."""

    received: Received
    midi_out: list
    midi_thru: list


def echo(midi_in, clock, baud=BAUD, glitch=3e-6):
    """What a :class:`hdl.port.Port` does whose ``received`` is joined to its ``send``.

    A byte that arrives while the transmitter is busy waits in the receiver, and the next one after it is lost
    there: a sender that is fast and never pauses overruns it in the end.

    Parameters
    ----------
    midi_in : list of ``(time, level)``
        Edges at the pin.
    clock : :class:`sim.model.edges.Clock`
        The port's clock.
    baud, glitch : :class:`float`
        As for the port.

    Returns
    -------
    :class:`Echo`
    """
    frame = 10 * round(clock.freq / baud)
    free = 0

    def ready(n):
        nonlocal free
        taken = max(n, free)
        free = taken + frame
        return taken

    received = take(frames(line(midi_in, clock, glitch), clock, baud), clock, ready)
    # The moment of a transfer is just behind what the transmitter sees at that clock edge, so it is offered half a
    # clock earlier.
    offered = [(time - 0.5 / clock.freq, byte) for time, byte in received.bytes]
    return Echo(received, transmitter(offered, clock, baud).level, direct_thru(midi_in))
