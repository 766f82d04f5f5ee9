"""Lab 1: the transmitter. You write elaborate; README.md beside this file says how to begin."""

from amaranth.hdl import C, Cat, Module, Signal  # noqa: F401 -- what you will need.
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

        # TODO: make a frame of each byte that is taken. A bit lasts self.divisor clocks.
        #   self.bytes.valid, self.bytes.payload   what the source offers
        #   self.bytes.ready                       whether you take it in this clock
        #   self.level                             the line
        return m
