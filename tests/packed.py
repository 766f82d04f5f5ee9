"""Many short streams of bytes in one run of a parser, each in a time of its own, and a check of each."""

import random
from bisect import bisect_left
from itertools import pairwise
from typing import NamedTuple

from sim.bench.trace import Difference, Stimulus
from sim.model.midi import Packet, packets
from sim.model.parser import parser
from tests.random_midi import text

__all__ = ["PACE", "Packed", "Seen", "Stream", "WrongStream", "pack"]


PACE = 4
"""Clocks from byte to byte where the timing is not random: enough for all that a byte can bring about."""


class Stream(NamedTuple):
    """Bytes, ``None`` for a loss, and when they come.

    Without a ``seed`` they come at an even pace, and packets are taken at once. With one they come at random or as soon
    as they are taken, and the consumer stalls. ``message`` are the bytes of a message that must come out last, whatever
    was before it.
    """

    events: list
    seed: int | None = None
    message: tuple = ()


class Seen(NamedTuple):
    """What became of a stream: times are in clocks.

    ``offered`` are the bytes with the clock edge that first saw each; ``taken`` the edges that took them; ``came`` the
    packets with the edges that took them. A loss has half a clock more than the edge that saw it, and so comes behind a
    byte on offer and before the next.
    """

    offered: list
    taken: list
    lost: list
    came: list


class WrongStream(Difference):
    """The design did wrong in ``stream``."""

    def __init__(self, number, stream, what):
        self.stream = stream
        super().__init__(f"stream {number}, seed {stream.seed}, {text(stream.events)}: {what}")


class Packed(NamedTuple):
    """One stimulus, its streams, and the clock edge at which each begins and the last one ends."""

    stimulus: Stimulus
    streams: list
    starts: list

    def observed(self, trace):
        """What became of each stream: a list of :class:`Seen`."""
        clock = trace.clock
        taken = [clock.after(time) - 1 for time, _ in trace.streams["bytes"]]
        # A byte is offered at its time, or when the one before it was taken.
        items = [(clock.after(time), byte) for time, byte in self.stimulus.streams["bytes"]]
        offered = [(at, (max(at, before + 1), byte)) for (at, byte), before in zip(items, [0, *taken], strict=False)]
        lost = [clock.after(time) - 1 for time in trace.pulses("lost")]
        came = [(clock.after(time) - 1, value) for time, value in trace.streams["packets"]]
        came = [(at, (at, _packet(trace, at, value))) for at, value in came]
        lists = offered, [(at, at) for at in taken], [(at, at + 0.5) for at in lost], came
        return [Seen(*seen) for seen in zip(*map(self._split, lists), strict=True)]

    def _split(self, events):
        places = [bisect_left(events, start, key=lambda event: event[0]) for start in self.starts]
        return [[value for _, value in events[first:last]] for first, last in pairwise(places)]

    def check(self, trace, **options):
        """Raise :exc:`WrongStream` for the first stream of which a model with these ``options`` says something else."""
        for number, (stream, seen) in enumerate(zip(self.streams, self.observed(trace), strict=True)):
            if complaint := _complaint(stream, seen, options):
                raise WrongStream(number, stream, complaint)
        if times := trace.pulses("unstable"):
            raise Difference(f"A packet must stay as it is until it is taken, but did not at {times[0] * 1e6:.3f} us")
        edges = [trace.clock.after(time) - 1 for time, _ in trace.streams["packets"]]
        for time in trace.pulses("cut"):
            n = bisect_left(edges, trace.clock.after(time) - 1)
            if n == len(edges) or not trace.clock.sees(trace.levels["cut"], edges[n]):
                raise Difference(f"cut must be high only while a packet is offered, not at {time * 1e6:.3f} us")


def _complaint(stream, seen, options):
    count = sum(event is not None for event in stream.events)
    if len(seen.taken) != count:
        return f"{count} bytes must be taken, not {len(seen.taken)}"
    right = parser(seen.offered, seen.lost, **options)
    got, wanted = [packet for _, packet in seen.came], [packet for _, packet in right]
    if got != wanted:
        return f"packets must be {_show(wanted)}, not {_show(got)}"
    if stream.seed is None:
        made = [at for at, _ in right]
        for (at, packet), its, before in zip(seen.came, made, [None, *made], strict=False):
            # Of two packets of one byte the second comes a clock later.
            if at > its + (1 if its == before else 0.5):
                return f"packet {_show([packet])} must come at once, not {at - its:g} clocks late"
    if stream.message:
        last = packets(stream.message)
        if got[-len(last) :] != last:
            return f"the last packets must be {_show(last)}, not {_show(got)}"
    return ""


def _packet(trace, at, value):
    """The packet that clock edge ``at`` took; it is cut if that edge saw ``cut`` high."""
    return Packet.from_int(value)._replace(cut=bool(trace.clock.sees(trace.levels["cut"], at)))


def _show(packets):
    return ", ".join(f"{p.code:x}: {bytes(p.data).hex(' ')}{' cut' * p.cut}" for p in packets) or "none"


def pack(streams, clock):
    """Streams one after the other. A loss follows each, so that the next one finds no status to belong to."""
    items, lost, ready, starts = [], [], [], [PACE]
    for stream in streams:
        starts.append(_place(stream, starts[-1], items, lost, ready))

    def timed(events):
        return [(at / clock.freq, value) for at, value in events]

    pulses = [edge for at in lost for edge in ((at, 1), (at + 1, 0))]
    until = starts[-1] / clock.freq
    stimulus = Stimulus(until, {"lost": timed(pulses)}, {"bytes": timed(items)}, {"packets": timed(ready)})
    return Packed(stimulus, streams, starts)


def _place(stream, start, items, lost, ready):
    """Put a stream where it belongs, in clocks; returns when the next one may begin."""
    rng = random.Random(stream.seed)
    pauses, stalls = (PACE,), 0
    if stream.seed is not None:
        pauses, stalls = rng.choice(((0,), (0, 1), (0, 6))), rng.choice((0, 1, 3))
    time = start
    for event in stream.events:
        if event is None:
            # Between two pulses there must be a clock without one.
            time = max(time, lost[-1] + 2) if lost else time
            lost.append(time)
        else:
            items.append((time, event))
        time += rng.choice(pauses)
    free = start
    for _ in range(stalls):
        begin = rng.randint(free, max(free, time))
        free = begin + rng.randint(2, 10)
        ready += [(begin, 0), (free - 1, 1)]
    # What may still wait by then: each byte for the end of a SysEx, for its own packet, and a clock after a loss.
    end = max(time, free) + 3 * len(stream.events) + PACE
    lost.append(end)
    return end + PACE
