"""Twin of :mod:`board.designs.interface`: MIDI to a host's serial line and back."""

from heapq import merge
from typing import NamedTuple

from sim.model.edges import BAUD, frame_edges, settled
from sim.model.fifo import Fifo
from sim.model.lights import lights
from sim.model.line import line
from sim.model.receiver import frames
from sim.model.thru import THRUS

__all__ = ["LOST_FROM_HOST", "LOST_FROM_MIDI", "Interfaced", "interface"]

LOST_FROM_MIDI = 0xF4
"""Stands in the stream to the host where bytes from MIDI In are missing."""

LOST_FROM_HOST = 0xFD
"""Stands anywhere in the stream to the host when bytes from it were lost."""

SPARE = 64
"""Bytes from the host that still fit when it is told to stop."""


class Interfaced(NamedTuple):
    """What came of the edges at MIDI In and from the host.

    Edges at the pins ``host_tx``, ``midi_out``, ``midi_thru`` and ``host_rts``, and of each light; the bytes that were
    sent to the host and to MIDI Out, ``(time, byte)`` at the clock edge at which the transmitter took each; and the
    times of the clock edges that saw a frame from MIDI In or from the host lost.
    """

    host_tx: list
    midi_out: list
    midi_thru: list
    host_rts: list
    leds: list
    to_host: list
    to_midi: list
    lost_from_midi: list
    lost_from_host: list


def interface(
    midi_in,
    host_rx,
    clock,
    *,
    host_cts=(),
    host_baud=1_000_000,
    thru="direct",
    depth=2048,
    glitch=3e-6,
    blink=0.05,
    baud=BAUD,
):
    """What a :class:`board.designs.interface.Interface` does.

    Parameters
    ----------
    midi_in, host_rx, host_cts : list of ``(time, level)``
        Edges at the pins.
    clock : :class:`sim.model.edges.Clock`
        The design's clock.
    host_baud, thru, depth, glitch, blink, baud
        As for the design.

    Returns
    -------
    :class:`Interfaced`
    """
    copied = THRUS[thru](midi_in, clock, baud)
    may_send = line(host_cts, clock, 0)
    from_host = _from_host(frames(line(host_rx, clock, 0), clock, host_baud), depth, 10 * round(clock.freq / baud))
    to_host = _to_host(
        frames(line(midi_in, clock, glitch), clock, baud),
        from_host.lost,
        depth,
        lambda n: clock.first_high(may_send, n),
        10 * round(clock.freq / host_baud),
    )
    wrong = [*to_host.damaged, *from_host.lost, *(clock.after(time) - 1 for time in copied.overruns)]
    came, went = to_host.took, [n for n, _ in from_host.sent]
    return Interfaced(
        _line(to_host.sent, clock, host_baud),
        _line(from_host.sent, clock, baud),
        copied.level,
        _room(from_host, depth, clock),
        [lights(sorted(events), clock, blink) for events in (came + went, wrong, came, went)],
        [(clock.time(n), byte) for n, byte in to_host.sent],
        [(clock.time(n), byte) for n, byte in from_host.sent],
        [clock.time(n) for n in to_host.damaged],
        [clock.time(n) for n in from_host.lost],
    )


class _Way(NamedTuple):
    """One way through the interface, all in numbers of clock edges.

    ``took`` are those at which a byte was taken off the receiver, ``sent`` those at which the transmitter took one,
    with the byte; ``damaged`` and ``lost`` those that saw a loss.
    """

    took: list
    sent: list
    damaged: list
    lost: list


def _from_host(received, depth, frame):
    way = _Way([], [], [], [])
    fifo = Fifo(depth + 1)
    free, taken = 0, -1
    for seen in received:
        if not seen.stop or taken > seen.clock:
            way.lost.append(seen.clock)
            continue
        taken = fifo.write(seen.clock + 1)
        way.took.append(taken)
        leaves = max(fifo.offered, free)
        fifo.take(leaves)
        way.sent.append((leaves, seen.byte))
        free = leaves + frame
    return way


def _to_host(received, lost, depth, may_send, frame):
    way = _Way([], [], [], [])
    fifo = Fifo(depth + 1)
    free = 0
    held = None
    before = behind = tell = False
    # Of frames and losses at one clock edge it does not matter which is looked at first.
    events = iter([*merge(((seen.clock, seen) for seen in received), ((n, None) for n in lost), key=lambda e: e[0])])
    event = next(events, None)
    n = -1
    while True:
        waits = before or tell or held is not None
        n, room = _next(event, fifo.room(n + 1) if waits else None)
        if n is None:
            return way
        was_held = held is not None
        if room:
            fifo.write(n)
            if before:
                byte, before = LOST_FROM_MIDI, False
            elif tell:
                byte, tell = LOST_FROM_HOST, False
            else:
                byte, held = held, None
                way.took.append(n)
                before, behind = behind, False
            # A host that never takes anything again lets everything wait for ever.
            leaves = may_send(max(fifo.offered, free))
            leaves = float("inf") if leaves is None else leaves
            fifo.take(leaves)
            free = leaves + frame
            if leaves < float("inf"):
                way.sent.append((leaves, byte))
        # What was held before this clock edge and is not taken by it comes before what is lost at it.
        stays = was_held and held is not None
        while event is not None and event[0] == n:
            _, seen = event
            event = next(events, None)
            if seen is None:
                tell = True
            elif seen.stop and not stays:
                held = seen.byte
            else:
                way.damaged.append(n)
                before, behind = (before, True) if stays else (True, behind)


def _next(event, room):
    """The next clock edge at which something happens, or ``None``; and whether something can be written at it."""
    if event is None and room is None:
        return None, False
    n = min(float("inf") if event is None else event[0], float("inf") if room is None else room)
    return (None, False) if n == float("inf") else (n, n == room)


def _line(sent, clock, baud):
    bit = round(clock.freq / baud) / clock.freq
    return [edge for n, byte in sent for edge in frame_edges(clock.time(n), byte, bit)]


def _room(way, depth, clock):
    """Edges of ``host_rts``, a register of whether there is room."""
    changes = sorted([(n, 1) for n in way.took] + [(n, -1) for n, _ in way.sent])
    count, edges = 0, []
    for n, change in changes:
        count += change
        edges.append((clock.time(n + 1), int(count <= depth - SPARE)))
    return settled(edges)
