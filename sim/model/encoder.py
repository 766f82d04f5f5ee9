"""Packets to bytes, with running status.

Pages are those of the *MIDI 1.0 Detailed Specification 4.2.1*.
"""

from sim.model.midi import SYSEX_END

__all__ = ["Encoder", "encoder"]


class Encoder:
    """Twin of :class:`hdl.encoder.Encoder`, a packet at a time.

    Running status leaves out the status of a channel message if it equals the last channel status that was sent. It is
    cleared by SysEx and System Common, and real-time leaves it alone (p. 5, A-1). The code of a packet alone says how
    many of its bytes are sent; packets with the reserved codes 0 and 1 are ignored. One line has no cables: the cable
    of a packet is not looked at.

    Parameters
    ----------
    running_status : :class:`bool`
        Whether a status may be left out at all.
    repeat : :class:`float`
        Seconds. A status is sent again when this long has passed since it was last sent, so that a receiver which was
        plugged in late, or has lost it, need not wait for ever (p. A-2 recommends every few seconds).
    """

    def __init__(self, *, running_status=True, repeat=1.0):
        if not repeat > 0:
            raise ValueError(
                f"Time to repeat a status must be above 0 s, not {repeat!r}; running_status=False sends every status"
            )
        self.running_status = running_status
        self.repeat = repeat
        self._status = None
        self._sent = None
        self._left_status = False

    def step(self, packet, time=None):
        """Take a packet; return the list of its bytes as sent.

        ``time`` is in seconds and never goes back. Without it a status is not repeated for its age.
        """
        self._left_status = False
        sent = list(packet.bytes)
        if not sent or (packet.code == 0xF and sent[0] > SYSEX_END):
            return sent
        if not 0x8 <= packet.code <= 0xE:
            # SysEx, System Common, or a single byte of which nothing is known.
            self._status = None
            return sent
        if self.running_status and sent[0] == self._status and not self._is_old(time):
            return sent[1:]
        self._status, self._sent, self._left_status = sent[0], time, True
        return sent

    def left(self, time):
        """Say when what :meth:`step` returned last really left, if that was later than at the time it was given."""
        if self._left_status:
            self._sent = time

    def _is_old(self, time):
        return time is not None and self._sent is not None and time - self._sent >= self.repeat


def encoder(packets, *, running_status=True, repeat=1.0):
    """Bytes of a list of ``(time, packet)``: a list of ``(time, byte)``, each at the time of its packet.

    When a line carries them is the transmitter's affair. A time of ``None`` is no time: see :meth:`Encoder.step`.
    """
    live = Encoder(running_status=running_status, repeat=repeat)
    return [(time, byte) for time, packet in packets for byte in live.step(packet, time)]
