"""Where each byte went: from its start bit at MIDI In to the receiver, to OUT and to THRU."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sim.model.chain import chain
from sim.model.edges import BAUD, frame_edges
from sim.model.line import line
from sim.model.receiver import frames

__all__ = ["Journey", "Sampled", "follow", "sampled"]

REAL_TIME = 0xF8
"""From here on a status is real-time."""

FRAME = 10 / BAUD
"""Seconds that a byte takes on the line."""

LATEST = 3.5 * FRAME
"""Seconds for which a byte may wait to be taken: while a message of three bytes is sent, and some more."""

EXACT = 1e-9
"""Seconds by which times that are the same may differ once they have been computed with."""


class Sampled(NamedTuple):
    """A frame that the receiver took.

    ``time`` is the moment of the line that is sampled for the start bit, the other nine samples follow at distances of
    the receiver's bit; ``known`` is the moment at which the chip has sampled the last of them.
    """

    time: float
    known: float
    byte: int
    stop: int
    dark: bool


def sampled(edges, clock):
    """Frames that the model's receiver sees in the edges at MIDI In: a list of :class:`Sampled`.

    The receiver looks at a level that the synchronizer and the filter have delayed. The times of the samples are told
    without that delay, so that they stand over what is seen in them.
    """
    (made, _), *_ = line([(0.0, 0)], clock)
    delay = clock.after(made) - clock.after(0.0)
    divisor = round(clock.freq / BAUD)
    return [
        Sampled(clock.time(n - 9 * divisor - delay), clock.time(n), byte, stop, dark)
        for n, byte, stop, dark in frames(line(edges, clock), clock)
    ]


def follow(before, after, latest):
    """Which of the events ``before`` each of the events ``after`` is; events are ``(time, byte)``, in order.

    Nothing overtakes, what is missing is passed over, and what waits and does not come out as it is was changed.
    Returns for each event of ``after`` its number in ``before``, or ``None`` if nothing was waiting that came
    ``latest`` seconds before it, or sooner.
    """
    found, at = [], 0
    for time, byte in after:
        while at < len(before) and before[at][0] + latest < time:
            at += 1
        until = bisect_right(before, time, lo=at, key=lambda event: event[0])
        source = next((n for n in range(at, until) if before[n][1] == byte), at if at < until else None)
        found.append(source)
        if source is not None:
            at = source + 1
    return found


def _origin(packet, received, last):
    """For each byte of a packet its number among the bytes received up to number ``last``, or ``None``."""
    numbers, at = [], last
    for byte in reversed(packet):
        # Real-time may stand between any two bytes of anything else.
        while at >= 0 and received[at] >= REAL_TIME > byte:
            at -= 1
        here = at >= 0 and received[at] == byte
        numbers.append(at if here else None)
        at -= here
    return numbers[::-1]


@dataclass
class Journey:
    """What became of each byte of a :class:`sim.play.Result`.

    A sent byte, a frame that the receiver took, a received byte and a byte at OUT are told by their numbers, each
    counted on its own; where one comes from is the number of what it was before, or ``None``.
    """

    result: object

    @cached_property
    def sampled(self):
        """Frames that the receiver took."""
        return sampled(self.result.edges, self.result.trace.clock)

    @cached_property
    def starts(self):
        """When each of the frames that the receiver took began at MIDI In."""
        times = [time for time, _ in self.result.edges]
        return [times[bisect_right(times, frame.time) - 1] for frame in self.sampled]

    @cached_property
    def overrun(self):
        """Numbers of the frames whose byte was lost because the one before it had not been taken."""
        return self._struck(self.result.heard.overruns)

    def _struck(self, overruns):
        known = [frame.known for frame in self.sampled]
        slack = 0.5 / self.result.clk_freq
        return {bisect_right(known, time + slack) - 1 for time in overruns}

    def _from_good(self, events, lost):
        """Which of the good frames that were not ``lost`` each event is."""
        good = [n for n, frame in enumerate(self.sampled) if frame.stop and n not in lost]
        sources = follow([(self.sampled[n].known, self.sampled[n].byte) for n in good], events, LATEST)
        return [None if source is None else good[source] for source in sources]

    @cached_property
    def delay(self):
        """Seconds from the sender to the pin for a byte that need not wait anywhere."""
        through = self.result.through
        # The longest low that a byte can have gets through whatever lets a byte through at all.
        edges = chain(frame_edges(FRAME, 0, 1 / BAUD), through) if through else ()
        return next((time - FRAME for time, level in edges if not level), 0.0)

    @cached_property
    def sent_from(self):
        """For each frame that the receiver took the number of the sent byte that it is, or ``None``.

        A receiver that has lost its way takes the edge of a data bit for a start bit: that byte was never sent.
        """
        wire, through = self.result.wire, self.result.through
        # A frame may come half a bit sooner or later; behind stored thrus, later by as many as can wait there.
        waits = FRAME * (through.hops - 1) if through and through.thru == "stored" else 0.0
        sent = [(time + self.delay - wire.bit / 2, byte) for time, byte in zip(wire.times, wire.bytes, strict=True)]
        frames = [(start, frame.byte) for start, frame in zip(self.starts, self.sampled, strict=True)]
        return follow(sent, frames, wire.bit + waits)

    @cached_property
    def arrived(self):
        """When each sent byte began at the pin; or would have, if the receiver took no such frame."""
        found = {source: self.starts[frame] for frame, source in enumerate(self.sent_from) if source is not None}
        times, late = [], self.delay
        for n, time in enumerate(self.result.wire.times):
            late = found[n] - time if n in found else late
            times.append(max(time + late, times[-1] if times else 0.0))
        return times

    def song_time(self, time):
        """Seconds of the song at a moment at the pin."""
        last = max(bisect_right(self.arrived, time + EXACT) - 1, 0)
        return self.result.wire.song_times[last] + time - self.arrived[last]

    @cached_property
    def received_from(self):
        """For each received byte the number of the frame that it is, or ``None``."""
        return self._from_good(self.result.heard.received, self.overrun)

    @cached_property
    def packets_from(self):
        """For each packet that left the parser, the numbers of the received bytes that its bytes are.

        ``None`` stands for a byte that was not there: a status that was left out, or an F7 that was inserted.
        """
        heard = self.result.heard
        received = [byte for _, byte in heard.received]
        origins, used = [], set()
        for (_, packet), last in zip(heard.packets, heard.made_by, strict=False):
            numbers = _origin(packet.bytes, received, last)
            if packet.cut:
                # What cut off a SysEx is a status that came behind its bytes, or a loss, and then no byte at all.
                behind = _origin(packet.bytes, received, last - 1)
                if not used.intersection(behind[:-1]) and None not in behind[:-1]:
                    numbers = behind
            used.update(numbers)
            origins.append(numbers)
        return origins

    @cached_property
    def out_from(self):
        """For each byte at OUT the number of the frame at MIDI In that it is, or ``None``.

        A packet is handed over when the last of its bytes goes to the transmitter; the others went before it without a
        rest. So the time of a byte alone tells which one it is, whatever it has become.
        """
        heard = self.result.heard
        over = [time for time, _ in heard.packets]
        frame = 10 * round(self.result.trace.clock.freq / BAUD) / self.result.trace.clock.freq
        sources = []
        for time, _ in heard.out:
            packet = bisect_left(over, time - frame / 2)
            numbers = self.packets_from[packet] if packet < len(self.packets_from) else ()
            place = len(numbers) - 1 - round((over[packet] - time) / frame) if numbers else -1
            source = numbers[place] if place >= 0 else None
            sources.append(None if source is None else self.received_from[source])
        return sources

    @cached_property
    def out_sent(self):
        """For each byte at OUT the number of the sent byte that it is, or ``None``."""
        return [None if frame is None else self.sent_from[frame] for frame in self.out_from]

    @cached_property
    def waiting(self):
        """Numbers of the sent bytes with which messages were complete that OUT had not sent when the record ended."""
        heard = self.result.heard
        # A packet is handed over when its last byte begins.
        sent = bisect_right(heard.packets, self.result.trace.end - FRAME - EXACT, key=lambda event: event[0])
        frames = {self.received_from[number] for number in heard.made_by[sent:] if number < len(heard.received)}
        return {self.sent_from[frame] for frame in frames - {None}}

    @cached_property
    def thru_from(self):
        """For each byte at THRU the number of the frame at MIDI In that it is, or ``None``."""
        heard = self.result.heard
        if self.result.thru == "stored":
            return self._from_good(heard.thru, self._struck(heard.thru_overruns))
        # The others delay the line by less than half a frame, whatever the receiver makes of it.
        begun = [(time, bisect_right(self.starts, time + EXACT) - 1) for time, _ in heard.thru]
        return [n if n >= 0 and time - self.starts[n] < FRAME / 2 else None for time, n in begun]

    @cached_property
    def latencies(self):
        """Seconds from the fall of a start bit at MIDI In to the byte's receipt, and to its start at OUT and THRU."""
        heard = self.result.heard

        def since(events, sources):
            pairs = zip(events, sources, strict=True)
            return [max(time - self.starts[n], 0.0) for (time, _), n in pairs if n is not None]

        return {
            "receive": since(heard.received, self.received_from),
            "out": since(heard.out, self.out_from),
            "thru": since(heard.thru, self.thru_from),
        }
