"""Packets to bytes."""

from math import ceil, inf

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.midi import Packet

__all__ = ["Encoder"]


class Encoder(wiring.Component):
    """Packets as the bytes of one line, with running status.

    The code of a packet says how many of its bytes are sent; the cable is not looked at. A packet is taken with
    its last byte. Packets with the reserved codes 0 and 1 are taken and make no bytes.

    Running status leaves out the status of a channel message if it equals the last channel status that was sent. SysEx
    and System Common clear it, real-time on either input leaves it alone. To leave a status out takes one clock.

    Real-time slips between any two bytes: it comes before all but a byte that is on offer already, which stays until it
    is taken. Behind a transmitter it is so at most two byte times late, that byte and the one on the line.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    running_status : :class:`bool`
        Whether a status may be left out at all.
    repeat : :class:`float`
        Seconds. A status is sent again when this long has passed since it was last sent, so that a receiver which was
        plugged in late need not wait for ever. Infinity repeats none and saves the timer.

    Members
    -------
    packets : ``In(stream.Signature(Packet))``
        The packets; real-time may be among them, in its place.
    realtime : ``In(stream.Signature(8))``
        Real-time bytes that are to go first. Only the low three bits are looked at, so that nothing but real-time
        can ever stand inside a message.
    bytes : ``Out(stream.Signature(8))``
        The bytes. ``valid`` does not depend on ``ready``.

    Raises
    ------
    :exc:`ValueError`
        If ``clk_freq`` is no positive number, or ``repeat`` is no time of at least two clocks.
    """

    def __init__(self, clk_freq, *, running_status=True, repeat=1.0):
        if not isinstance(clk_freq, (int, float)) or not 0 < clk_freq < inf:
            raise ValueError(f"Clock frequency must be a positive number of Hz, not {clk_freq!r}")
        # The rounding keeps a whole number of clocks whole where the product is a hair off it.
        if not isinstance(repeat, (int, float)) or not round(repeat * clk_freq, 6) >= 2:
            raise ValueError(
                f"Time to repeat a status must be at least two clocks, {2 / clk_freq:g} s, not {repeat!r}; "
                f"running_status=False sends every status"
            )
        self.running_status = bool(running_status)
        self.repeat_clocks = None if repeat == inf else ceil(round(repeat * clk_freq, 6))
        super().__init__(
            {
                "packets": In(stream.Signature(Packet)),
                "realtime": In(stream.Signature(8)),
                "bytes": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        packet = self.packets.payload
        code = packet.code

        # Which of its bytes the packet is to send next, and whether that is the last one.
        place = Signal(2)
        last = Signal()
        with m.Switch(place):
            with m.Case(0):
                m.d.comb += last.eq((code == 0x5) | (code == 0xF))
            with m.Case(1):
                m.d.comb += last.eq((code == 0x2) | (code == 0x6) | (code == 0xC) | (code == 0xD))
            with m.Default():
                m.d.comb += last.eq(1)

        skips = Signal()
        offers = Signal()
        reserved = Signal()
        # What was offered stays until it is taken, real-time or not.
        held = Signal()
        slips = Signal()
        taken = Signal()
        m.d.comb += [
            reserved.eq(code[1:] == 0),
            offers.eq(self.packets.valid & ~reserved & ~skips),
            slips.eq(self.realtime.valid & ~held),
            taken.eq(self.bytes.ready & ~slips),
            self.packets.ready.eq(reserved | (taken & last)),
            self.realtime.ready.eq(self.bytes.ready & ~held),
            self.bytes.valid.eq(offers | slips),
            self.bytes.payload.eq(Mux(slips, Cat(self.realtime.payload[:3], C(0x1F, 5)), packet.data[place])),
        ]
        m.d.sync += held.eq(offers & ~slips & ~self.bytes.ready)

        with m.If(skips):
            m.d.sync += place.eq(1)
        with m.Elif(offers & taken):
            m.d.sync += place.eq(Mux(last, 0, place + 1))

        if not self.running_status:
            return m

        status = Signal(8, reset_less=True)
        # The status may be left out: it was neither cleared nor sent too long ago.
        fresh = Signal()
        begins = Signal()
        channel = code[3] & (code != 0xF)
        m.d.comb += begins.eq(offers & taken & (place == 0))
        m.d.comb += skips.eq(self.packets.valid & (place == 0) & channel & fresh & (status == packet.data[0]))

        if self.repeat_clocks is not None:
            # The age runs down, and the top bit that falls says "too old" without a comparison. One clock goes from
            # there to ``fresh``, and one from the status to here.
            width = max(self.repeat_clocks - 3, 0).bit_length()
            age = Signal(width + 1, reset_less=True)
            m.d.sync += age.eq(age - 1)
            with m.If(~age[-1]):
                m.d.sync += fresh.eq(0)
            with m.If(begins & channel):
                m.d.sync += age.eq((1 << width) + self.repeat_clocks - 3)

        with m.If(begins):
            with m.If(channel):
                m.d.sync += status.eq(packet.data[0])
                m.d.sync += fresh.eq(1)
            with m.Elif((code != 0xF) | ~packet.data[0][3:].all()):
                m.d.sync += fresh.eq(0)

        return m
