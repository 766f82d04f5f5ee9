"""Lab 5: the parser. You write elaborate; README.md beside this file says how to begin."""

from amaranth.hdl import C, Cat, Module, Mux, Signal  # noqa: F401 -- what you will need.
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.midi import Packet

__all__ = ["Parser"]


class Parser(wiring.Component):
    """The rules of MIDI 1.0 for what a receiver makes of bytes.

    Running status, real-time anywhere, SysEx in threes, undefined and stray bytes: as the specification says. A message
    makes one packet when its last byte is there; a SysEx makes one for every three bytes, and a last one with code 5,
    6 or 7. What is undefined or unfinished makes none. Every packet is on cable 0.

    A SysEx that another status cuts off, or a loss, is closed with an F7 that was never sent: ``cut``. After a loss the
    message in progress is dropped and data is ignored until the next status, because a status may be what was lost.

    A packet is offered in the clock in which the byte that completes it is offered, and that byte is taken with it. The
    end of a SysEx comes before the byte that cut it off: that one waits, as every byte does while a packet waits. Bytes
    that make no packet are taken at once, but for one clock after a loss.

    Parameters
    ----------
    reset_clears : :class:`bool`
        What System Reset FF does. False: what any real-time byte does, nothing to running status and to an open
        message (p. 30). True: it clears running status (p. 33) and, as System Common does, ends what is open.

    Members
    -------
    bytes : ``In(stream.Signature(8))``
        The bytes as they were received.
    lost : ``In(1)``
        Pulses for one clock when bytes are missing: after the byte that is offered in that clock, taken or not; if none
        is, before the next one. Several pulses at the same place are one loss.
    packets : ``Out(stream.Signature(Packet))``
        The packets, one for each message or for up to three bytes of a SysEx. ``valid`` does not depend on ``ready``.
    cut : ``Out(1)``
        High while the packet that is offered closes a SysEx which was cut off, otherwise low.
    """

    def __init__(self, *, reset_clears=False):
        self.reset_clears = bool(reset_clears)
        super().__init__(
            {
                "bytes": In(stream.Signature(8)),
                "lost": In(1),
                "packets": Out(stream.Signature(Packet)),
                "cut": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()

        # TODO: make packets of bytes.
        #   self.bytes.valid, .payload, .ready                  one byte after the other
        #   self.packets.valid, .payload.code, .data[0..2]      what you offer
        #   self.packets.ready                                  whether it is taken in this clock
        #   self.lost, self.cut                                 for the last tiers
        return m
