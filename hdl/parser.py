"""Bytes to packets."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
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
        byte = self.bytes.payload

        # What the byte is.
        status = byte[7]
        system = Signal()
        real_time = Signal()
        alone = Signal()
        m.d.comb += [
            system.eq(byte[4:].all()),
            real_time.eq(system & byte[3] & ~(self.reset_clears & byte[:3].all())),
            # A packet by itself: F6, and real-time but for F9 and FD.
            alone.eq(system & Mux(byte[3], byte[1] | ~byte[0], byte[:3] == 6)),
        ]

        # What came before it. ``first`` is the status that data belongs to or, in a SysEx, the first of the three
        # bytes to come; ``begun`` says that it counts, and ``room`` that ``second`` does not.
        sysex = Signal()
        begun = Signal()
        room = Signal(reset_less=True)
        first = Signal(8, reset_less=True)
        second = Signal(7, reset_less=True)
        # The message takes one byte of data; it leaves no running status.
        single = Signal(reset_less=True)
        once = Signal(reset_less=True)

        # A loss waits its turn behind the byte that was offered when it happened.
        lost_later = Signal()
        lost_now = Signal()
        waits = Signal()
        m.d.comb += waits.eq(self.bytes.valid & ~self.bytes.ready)
        m.d.sync += lost_later.eq((lost_later | self.lost) & waits)
        m.d.sync += lost_now.eq(((lost_later | self.lost) & ~waits) | (lost_now & sysex))

        ends = Signal()
        closes = Signal()
        completes = Signal()
        m.d.comb += [
            ends.eq((self.bytes.valid & status & ~real_time) | lost_now),
            closes.eq(ends & sysex),
            completes.eq(~status & begun & (single | ~room)),
            self.packets.valid.eq(closes | (self.bytes.valid & ~lost_now & (alone | completes))),
            # What closes a SysEx is looked at again when that is done: it may be a whole message itself.
            self.bytes.ready.eq(~closes & ~lost_now & (self.packets.ready | ~(alone | completes))),
            self.cut.eq(closes & (lost_now | ~system | (byte[:4] != 7))),
        ]

        # An F7 takes the place of whatever closes a SysEx; what is left then differs only in how many bytes count.
        latest = Signal(8)
        joins = Signal()
        code = Signal(4)
        counting = Signal(data.ArrayLayout(8, 3))
        m.d.comb += [
            latest.eq(Mux(closes, 0xF7, byte)),
            joins.eq(begun & (closes | ~status)),
            self.packets.payload.eq(Cat(code, C(0, 4), counting)),
            counting[0].eq(latest),
        ]
        with m.If(joins):
            m.d.comb += counting[0].eq(first)
            m.d.comb += counting[1].eq(latest)
            with m.If(~room):
                m.d.comb += counting[1].eq(second)
                m.d.comb += counting[2].eq(latest)

        with m.If(closes):
            m.d.comb += code.eq(Mux(begun, Mux(room, 6, 7), 5))
        with m.Elif(status):
            m.d.comb += code.eq(Mux(byte[3], 15, 5))
        with m.Elif(sysex):
            m.d.comb += code.eq(4)
        with m.Elif(once):
            m.d.comb += code.eq(Mux(single, 2, 3))
        with m.Else():
            m.d.comb += code.eq(first[4:])

        with m.If(closes):
            with m.If(self.packets.ready):
                m.d.sync += sysex.eq(0)
                m.d.sync += begun.eq(0)
        with m.Elif(lost_now):
            m.d.sync += begun.eq(0)
        with m.Elif(ends):
            m.d.sync += sysex.eq(system & ~byte[:3].any())
            # F4 to F7 begin nothing.
            m.d.sync += begun.eq(~(system & byte[2]))
            m.d.sync += once.eq(system)
            # Cx, Dx, F1 and F3.
            m.d.sync += single.eq(byte[6] & (~byte[5] | (byte[4] & byte[0])))
        with m.Elif(self.bytes.valid & ~status):
            with m.If(completes):
                with m.If(self.packets.ready):
                    m.d.sync += begun.eq(~once)
                    m.d.sync += room.eq(1)
            with m.Elif(begun):
                m.d.sync += room.eq(0)
            with m.Else():
                m.d.sync += begun.eq(sysex)

        # While they do not count these may be anything, and to follow every byte costs the fewest cells.
        with m.If(~begun | (ends & ~sysex)):
            m.d.sync += first.eq(byte)
            m.d.sync += room.eq(1)
        with m.If(room):
            m.d.sync += second.eq(byte)

        return m
