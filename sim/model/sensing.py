"""Twins of :mod:`hdl.sensing`: Active Sensing, both ends."""

from sim.model.edges import pulses

__all__ = ["ACTIVE_SENSING", "sensing_receiver", "sensing_sender"]

ACTIVE_SENSING = 0xFE


def sensing_sender(sent, clock, end, interval=0.270, ready=()):
    """What a :class:`hdl.sensing.SensingSender` sends.

    Parameters
    ----------
    sent : list of ``(time, level)``
        Its input of that name; low before the first edge.
    clock : :class:`sim.model.edges.Clock`
        Its clock; reset ends before edge 0.
    end : :class:`float`
        Seconds after which nothing matters.
    interval : :class:`float`
        Seconds without a byte.
    ready : list of ``(time, level)``
        When the taker is ready; high before the first edge.

    Returns
    -------
    list of ``(time, byte)``
        Transfers, at the clock edge at which they take place.
    """
    clocks = round(interval * clock.freq)
    # Numbers of clock edges that see a byte sent. The last edge of reset counts as one.
    others = [clock.after(time) - 1 for time in pulses(sent, clock, end)]
    last, transfers = -1, []
    while clock.time(offered := last + clocks) < end:
        if (byte := next((n for n in others if last < n < offered), None)) is not None:
            last = byte
            continue
        taken = offered
        if not clock.sees(ready, taken):
            taken = next((n for time, level in ready if level and (n := clock.after(time)) > offered), None)
            if taken is None:
                break
        transfers.append((clock.time(taken), ACTIVE_SENSING))
        last = taken
    return [transfer for transfer in transfers if transfer[0] < end]


def sensing_receiver(received, clock, end, timeout=0.330):
    """When a :class:`hdl.sensing.SensingReceiver` says ``silent``.

    Parameters
    ----------
    received : list of ``(time, byte)``
        Bytes, at the clock edges at which they are received.
    clock : :class:`sim.model.edges.Clock`
        Its clock.
    end : :class:`float`
        Seconds after which nothing matters.
    timeout : :class:`float`
        Seconds without a byte.

    Returns
    -------
    list of :class:`float`
        Times of the clock edges that see the pulse.
    """
    clocks = round(timeout * clock.freq)
    # From a time on a clock edge to the number of that edge.
    numbers = [clock.after(time) - 1 for time, _ in received]
    armed, silent = False, []
    for n, (_, byte) in enumerate(received):
        armed = armed or byte == ACTIVE_SENSING
        over = numbers[n] + clocks
        if armed and clock.time(over) < end and (n + 1 == len(received) or numbers[n + 1] > over):
            silent.append(clock.time(over))
            armed = False
    return silent
