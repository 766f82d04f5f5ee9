"""Twin of :mod:`hdl.receiver`: level to bytes."""

from typing import NamedTuple

from sim.model.edges import BAUD

__all__ = ["Received", "ReceivedFrame", "frames", "receiver", "take"]


class ReceivedFrame(NamedTuple):
    """A complete frame: the clock edge that sampled its stop bit, byte, stop bit, and whether all ten bits were low."""

    clock: int
    byte: int
    stop: int
    dark: bool


class Received(NamedTuple):
    """What a receiver tells, each a list in order of time: transfers ``(time, byte)``, and the times of its errors."""

    bytes: list
    framing_errors: list
    breaks: list
    overruns: list


def frames(level, clock, baud=BAUD):
    """Every frame a receiver sees in a line that is synchronous to its clock, good or bad."""
    divisor = round(clock.freq / baud)
    half = (divisor - 1) // 2
    found = []
    free = 0
    for time, new in level:
        # An edge made by clock edge n is seen by clock edge n + 1.
        start = clock.after(time)
        if new or start < free:
            continue

        def sample(bit, start=start):
            return clock.sees(level, start + half + bit * divisor)

        if sample(0):
            free = start + half + 1
            continue
        bits = [sample(bit) for bit in range(1, 10)]
        stop = start + half + 9 * divisor
        byte = sum(bit << n for n, bit in enumerate(bits[:8]))
        found.append(ReceivedFrame(stop, byte, bits[8], not any(bits)))
        free = stop + 1
    return found


def take(frames, clock, ready):
    """Hold each good byte until it is taken.

    ``ready(n)`` is the first clock edge from ``n`` on that finds the taker ready, or ``None`` if it never is.
    """
    received = Received([], [], [], [])
    taken = -1
    for frame in frames:
        moment = clock.time(frame.clock)
        if not frame.stop:
            (received.breaks if frame.dark else received.framing_errors).append(moment)
        elif taken > frame.clock:
            received.overruns.append(moment)
        elif (taken := ready(frame.clock + 1)) is None:
            # Nobody ever takes this one, and so no other.
            taken = float("inf")
        else:
            received.bytes.append((clock.time(taken), frame.byte))
    return received


def receiver(level, clock, baud=BAUD, ready=()):
    """What a :class:`hdl.receiver.Receiver` delivers and complains of.

    Parameters
    ----------
    level : list of ``(time, level)``
        The line, synchronous to the clock: what :func:`sim.model.line.line` returns.
    clock : :class:`sim.model.edges.Clock`
        The receiver's clock.
    baud : :class:`float`
        The receiver's baud rate.
    ready : list of ``(time, level)``
        When the taker is ready; high before the first edge.

    Returns
    -------
    :class:`Received`
        Transfers at the clock edge at which they take place; errors at the clock edge that sees the pulse.
    """

    return take(frames(level, clock, baud), clock, lambda n: clock.first_high(ready, n))
