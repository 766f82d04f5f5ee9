"""Bytes from the board as messages, each with the time at which it began, and word of all that makes none."""

from typing import NamedTuple

from sim.model.interface import LOST_FROM_HOST, LOST_FROM_MIDI
from sim.model.midi import SYSEX_CODE, SYSEX_END, TUNE_REQUEST, Message
from sim.model.parser import Parser

__all__ = ["Counts", "Heard", "Listener", "whole"]


class Heard(NamedTuple):
    """A message and when its first byte came; or, where ``message`` is ``None``, a loss and what it cost.

    ``lost`` is where: ``"midi"`` for bytes at MIDI In, ``"host"`` for bytes from the host, ``"board"`` if the board was
    gone. ``dropped`` is the number of bytes that are of no use any more.
    """

    time: float
    message: Message | None
    lost: str = ""
    dropped: int = 0


class Counts:
    """What came, and what did not: messages, losses at MIDI In and on the way from the host, useless bytes."""

    def __init__(self):
        self.messages = self.losses = self.host_losses = self.dropped = self.ignored = 0

    def lines(self):
        """Of all that was lost or ignored, a line each."""
        if self.losses:
            cost = f"; {plural(self.dropped, 'byte')} of damaged messages dropped" if self.dropped else ""
            losses = plural(self.losses, "loss", "losses")
            yield f"{losses} at MIDI In, of bytes without a stop bit or room for them{cost}"
        elif self.dropped:
            yield f"{plural(self.dropped, 'byte')} of damaged messages dropped"
        if self.host_losses:
            yield (
                f"{plural(self.host_losses, 'loss', 'losses')} at the board, "
                f"of bytes from the computer without a stop bit or room for them"
            )
        if self.ignored:
            yield f"{plural(self.ignored, 'byte')} ignored: undefined, unfinished, or without a status"


class Listener:
    """Makes messages of bytes.

    A byte F4 stands for bytes that were lost at MIDI In: what it breaks off is dropped. It drops nothing in silence:
    every byte is part of a message, of a loss, or counted as ignored.
    """

    def __init__(self):
        self.counts = Counts()
        self.begun = None
        """When the message began that is not complete yet, or ``None``."""
        self._parser = Parser()
        self._open = 0
        self._sysex = []

    def feed(self, time, data):
        """Take bytes that came at a time; returns a list of :class:`Heard`."""
        return [heard for byte in data for heard in self._step(time, byte)]

    def lose(self, time, where="midi"):
        """Note that bytes are missing here; returns a list of one :class:`Heard`."""
        # What the parser closes is a SysEx with a hole in it.
        self._parser.lose()
        self.counts.losses += where == "midi"
        dropped, self._open, self._sysex, self.begun = self._open, 0, [], None
        self.counts.dropped += dropped
        return [Heard(time, None, where, dropped)]

    def finish(self):
        """Count what is still unfinished; returns the counts."""
        self.counts.ignored += self._open
        self._open = 0
        return self.counts

    def _step(self, time, byte):
        if byte == LOST_FROM_MIDI:
            return self.lose(time)
        if byte == LOST_FROM_HOST:
            self.counts.host_losses += 1
            return [Heard(time, None, "host")]
        packets = self._parser.step(byte)
        if byte > SYSEX_END:
            # Real-time is a message of its own, inside whatever is open.
            self.counts.ignored += not packets
            return [self._heard(time, Message(packet.bytes)) for packet in packets]

        # What a status ends without completing it makes no message.
        ends, was_begun = byte >= 0x80, self.begun
        if ends and byte != SYSEX_END and not (packets and packets[0].cut):
            self.counts.ignored += self._open
        if self._open == 0 or (ends and byte != SYSEX_END):
            self._open, self.begun = 0, time
        self._open += 1
        heard = []
        for packet in packets:
            if (message := self._join(packet)) is None:
                continue
            # A SysEx that this status cut off began long ago.
            heard.append(self._heard(was_begun if message.cut else self.begun, message))
            if not message.cut:
                self._open, self.begun = 0, None
        return heard

    def _join(self, packet):
        if not SYSEX_CODE <= packet.code <= SYSEX_CODE + 3 or packet.bytes == (TUNE_REQUEST,):
            return Message(packet.bytes)
        self._sysex += packet.bytes
        if packet.code == SYSEX_CODE:
            return None
        data, self._sysex = self._sysex, []
        return Message(data[:-1], cut=True) if packet.cut else Message(data)

    def _heard(self, time, message):
        self.counts.messages += 1
        return Heard(time, message)


def whole(message):
    """Bytes of a message; a SysEx that another status ended has its F7 (p. T-8: that status counts as its end)."""
    return bytes((*message.bytes, SYSEX_END) if message.cut else message.bytes)


def plural(count, one, many=None):
    """Such as ``1 byte`` or ``2 bytes``."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"
