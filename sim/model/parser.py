"""Bytes to packets: the rules of MIDI 1.0 for what a receiver makes of a stream of bytes.

Pages are those of the *MIDI 1.0 Detailed Specification 4.2.1*.
"""

from heapq import merge

from sim.model.midi import KIND_OF, RESET, SYSEX, SYSEX_CODE, SYSEX_END, Packet

__all__ = ["Parser", "parser"]


class Parser:
    """Twin of :class:`hdl.parser.Parser`, a byte at a time.

    Parameters
    ----------
    reset_clears : :class:`bool`
        What System Reset FF does. False: what any real-time byte does, nothing to running status and to an open
        message (p. 30, A-2). True: it clears running status (p. 33), and as System Common does, ends what is open.

    A complete message makes one packet; a SysEx one for every three bytes, as soon as the third is there, and a last
    one with code 5, 6 or 7. Packets are on cable 0.
    """

    def __init__(self, *, reset_clears=False):
        self.reset_clears = reset_clears
        # The status that data bytes belong to. At power-up there is none (p. A-3). Of a channel message it stays
        # as running status; of a System Common message it goes when that is complete; F0 stands for an open SysEx.
        self._status = None
        # Bytes that wait for their packet: the data bytes so far, or up to two bytes of a SysEx.
        self._waiting = ()

    def step(self, byte):
        """Take a byte; return the packets that it completes, at most two."""
        if byte not in range(256):
            raise ValueError(f"A byte must be 0 to 255, not {byte!r}; a lost one is told by lose()")
        if byte < 0x80:
            return self._take_data(byte)
        kind = KIND_OF[byte]
        if kind.is_real_time and not (byte == RESET and self.reset_clears):
            # Real-time may stand between any two bytes and changes nothing (p. 30). Undefined F9 and FD are
            # ignored, running status is kept (p. A-2).
            return [] if kind.code is None else [Packet.of(kind.code, (byte,))]

        # Any other status takes effect at once: the unfinished message is dropped (p. 5), a SysEx is closed (T-8).
        closed = self._close(cut=byte != SYSEX_END)
        if kind.data == 0:
            # F6 is complete. Undefined F4 and F5 are ignored (p. A-2), and F7 has done its work or has none to do.
            # Being System Common, all of them have cleared running status.
            alone = kind.code is not None and byte != SYSEX_END
            return [*closed, Packet.of(kind.code, (byte,))] if alone else closed
        self._status = byte
        if byte == SYSEX:
            self._waiting = (byte,)
        return closed

    def lose(self):
        """Note that bytes were lost here; return the packet that closes an open SysEx, if one was open.

        A lost byte may have been a status, so the message in progress is dropped, running status is cleared, and data
        is ignored until the next status. The specification does not say; a lost note is better than one that hangs.
        """
        return self._close(cut=True)

    def _take_data(self, byte):
        if self._status is None:
            # Data without a status is ignored (p. A-3).
            return []
        self._waiting += (byte,)
        kind, waiting = KIND_OF[self._status], self._waiting
        if len(waiting) < (3 if self._status == SYSEX else kind.data):
            return []
        self._waiting = ()
        if self._status == SYSEX:
            return [Packet.of(SYSEX_CODE, waiting)]
        packet = Packet.of(kind.code, (self._status, *waiting))
        if not kind.has_channel:
            # Running status is for channel messages only (p. 5, A-1).
            self._status = None
        return [packet]

    def _close(self, cut):
        """Forget status and waiting bytes; an open SysEx gets its last packet, its F7 sent or, if ``cut``, inserted."""
        last = (*self._waiting, SYSEX_END)
        closed = [Packet.of(SYSEX_CODE + len(last), last, cut=cut)] if self._status == SYSEX else []
        self._status, self._waiting = None, ()
        return closed


def parser(bytes, lost=(), *, reset_clears=False):
    """Packets of a stream of bytes.

    ``bytes`` is a list of ``(time, byte)``; ``lost`` a list of the times at which a byte was lost (framing error, break
    or overrun), each in order. A loss at the time of a byte comes before it. Returns a list of ``(time, packet)``: the
    time is that of the byte, or the loss, that made the packet. In hardware a byte may be offered for a while before it
    is taken; what counts is when it was first offered.
    """
    live = Parser(reset_clears=reset_clears)
    # What merges equal times keeps them in the order of its arguments: losses first.
    events = merge(((time, None) for time in lost), bytes, key=lambda event: event[0])
    return [(time, packet) for time, byte in events for packet in (live.lose() if byte is None else live.step(byte))]
