"""Messages on their way to MIDI Out, at the pace of its wire."""

from collections import deque

from sim.model.encoder import Encoder
from sim.model.midi import KIND_OF, SYSEX, SYSEX_END, packets

__all__ = ["BYTE_TIME", "Sender", "Sounding"]

BYTE_TIME = 320e-6 * 1.0002
"""Seconds that MIDI Out needs for a byte. A board's crystal may be slower than the computer's, by less than this is
more: so the board never holds more bytes than is thought here."""

PEDAL = 64
"""Controller of the pedal that keeps notes sounding."""


class Sender:
    """Decides which byte goes to the board next, and when.

    Bytes stand ready here and not in the board, which never has more than a few of them; so a real-time byte need not
    wait for more than those. One whose time is known in advance stands where it would on a wire that is never behind:
    before the first byte that begins at its time or later, inside a SysEx too.

    Parameters
    ----------
    ahead : :class:`int`
        Bytes that the board may hold, with the one on the wire; no more than its FIFO has room for.
    running_status : :class:`bool`
        Whether a status may be left out, as it may on a wire.
    """

    def __init__(self, *, ahead=16, running_status=True):
        self.ahead = ahead
        self.latest = 0.0
        """Seconds by which a message began too late at most, because the wire was busy."""
        self.free = float("-inf")
        """When the wire has carried all that the board was given."""
        self.sounding = Sounding()
        self._running_status = running_status
        self._encoder = Encoder(running_status=running_status)
        self._messages, self._real_time = deque(), deque()
        self._message, self._rest = b"", deque()
        self._shift = 0.0
        self._sysex_is_open = False

    def put(self, due, data):
        """Take a message that is due at a time, or any bytes that are to be sent as they are.

        Times of real-time messages never go back, nor do those of all others.
        """
        real_time = len(data) == 1 and data[0] > SYSEX_END
        (self._real_time if real_time else self._messages).append((due - self._shift, bytes(data)))

    def take(self, now):
        """Bytes that the board is to be given now."""
        taken = bytearray()
        while (start := max(self.free, now)) <= now + (self.ahead - 1) * BYTE_TIME:
            byte = self._next_byte(start)
            if byte is None:
                break
            taken.append(byte)
            self.free = start + BYTE_TIME
        return bytes(taken)

    def next(self, now):
        """When :meth:`take` is to be called again: infinity if there is nothing to send."""
        dues = [queue[0][0] + self._shift for queue in (self._messages, self._real_time) if queue]
        if self._rest:
            dues.append(now)
        if not dues:
            return float("inf")
        # Half of what the board may hold is kept for a computer that wakes up late.
        return max(min(dues), self.free - (self.ahead - 1) * BYTE_TIME / 2)

    def is_done(self, now):
        """Whether all that was put has left MIDI Out."""
        return self.waiting == 0 and self.free <= now

    @property
    def waiting(self):
        """Messages that have not been given to the board as a whole."""
        return len(self._messages) + len(self._real_time) + bool(self._rest)

    def delay(self, seconds):
        """Let everything wait so much longer; begin the message anew that was being sent, and all statuses."""
        self._shift += seconds
        self._encoder = Encoder(running_status=self._running_status)
        self._sysex_is_open = False
        self.free = float("-inf")
        if self._rest:
            self._rest.clear()
            self._messages.appendleft((float("-inf"), self._message))

    def anew(self):
        """A sender like this one was when it was new."""
        return Sender(ahead=self.ahead, running_status=self._running_status)

    def silence(self):
        """Finish what was begun, drop the rest, end every note; returns how many messages were dropped.

        An open SysEx is closed, not finished: it may be long.
        """
        dropped = len(self._messages) + len(self._real_time)
        self._messages.clear()
        self._real_time.clear()
        if self._sysex_is_open:
            dropped += bool(self._rest)
            self._rest = deque((SYSEX_END,))
        # These were due whenever there is room for them, and so are never late.
        for message in self.sounding.ends():
            self.put(float("-inf"), message)
        return dropped

    def _next_byte(self, start):
        if self._real_time and self._real_time[0][0] + self._shift <= start:
            due, data = self._real_time.popleft()
            self._begin(start, due)
            return data[0]
        if not self._rest:
            if not self._messages or self._messages[0][0] + self._shift > start:
                return None
            due, self._message = self._messages.popleft()
            self._begin(start, due)
            self._rest.extend(self._encoded(start, self._message))
            self.sounding.hear(self._message)
        byte = self._rest.popleft()
        if 0x80 <= byte <= SYSEX_END:
            self._sysex_is_open = byte == SYSEX
        return byte

    def _begin(self, start, due):
        if due > float("-inf"):
            self.latest = max(self.latest, start - due - self._shift)

    def _encoded(self, time, data):
        kind = KIND_OF.get(data[0])
        if kind and kind.has_channel and len(data) == 1 + kind.data and max(data[1:]) < 0x80:
            (packet,) = packets(data)
            return self._encoder.step(packet, time)
        # Whatever this leaves of running status, a status follows.
        self._encoder = Encoder(running_status=self._running_status)
        return data


class Sounding:
    """Which notes sound and which pedals are down, of all messages that were heard."""

    def __init__(self):
        self._notes = {}
        self._pedals = {}

    def hear(self, message):
        """Take note of a message, given as its bytes."""
        channel, kind = message[0] & 0xF, message[0] & 0xF0
        if kind in (0x80, 0x90) and len(message) == 3:
            if kind == 0x90 and message[2]:
                self._notes[channel, message[1]] = True
            else:
                self._notes.pop((channel, message[1]), None)
        elif kind == 0xB0 and len(message) == 3 and message[1] == PEDAL:
            if message[2]:
                self._pedals[channel] = True
            else:
                self._pedals.pop(channel, None)

    def ends(self):
        """Messages that end it all; from then on nothing sounds."""
        ends = [bytes((0xB0 + channel, PEDAL, 0)) for channel in self._pedals]
        ends += [bytes((0x80 + channel, note, 64)) for channel, note in self._notes]
        self._notes.clear()
        self._pedals.clear()
        return ends
