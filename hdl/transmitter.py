"""Bytes to level."""

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.midi import BAUD, divide

__all__ = ["Transmitter"]


class Transmitter(wiring.Component):
    """UART transmitter, 8N1.

    A byte that is taken in one clock begins in the next with its start bit. Start bit, eight data bits (least
    significant first) and stop bit each last exactly ``clk_freq / baud`` clocks, rounded to a whole number. The next
    byte is taken in the last clock of the stop bit, so that a stream that never waits makes a line without
    gaps, ten bits a byte.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz; at least 8 clocks a bit.
    baud : :class:`int` or :class:`float`
        Bits per second. Must come within 0.5 % of a whole number of clocks.

    Members
    -------
    bytes : ``In(stream.Signature(8))``
        The bytes. ``ready`` does not depend on ``valid``.
    level : ``Out(1)``
        The line, straight from a register; high in reset and when idle.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate; see :func:`hdl.midi.divide`.
    """

    def __init__(self, clk_freq, baud=BAUD):
        self.divisor = divide(clk_freq, baud)
        super().__init__({"bytes": In(stream.Signature(8)), "level": Out(1, init=1)})

    def elaborate(self, platform):
        m = Module()
        width = (self.divisor - 2).bit_length()

        # Both counters run down through 0, and the top bit that falls there says "bit over" and "stop bit" without a
        # comparison. What stands below it then does not matter, so all can begin at 0, the only value an iCE40
        # register begins with at no cost.
        timer = Signal(width + 1)
        bits = Signal(5)
        mark = Signal(9)

        m.d.comb += self.level.eq(~mark[0])
        m.d.comb += self.bytes.ready.eq(~timer[-1] & ~bits[-1])

        load = (1 << width) + self.divisor - 2
        with m.If(timer[-1]):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(bits[-1]):
            m.d.sync += timer.eq(load)
            m.d.sync += bits.eq(bits - 1)
            m.d.sync += mark.eq(mark[1:])
        with m.Elif(self.bytes.valid):
            m.d.sync += timer.eq(load)
            m.d.sync += bits.eq(16 + 8)
            m.d.sync += mark.eq(Cat(C(1, 1), ~self.bytes.payload))

        return m
