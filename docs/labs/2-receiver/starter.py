"""Lab 2: the receiver. You write elaborate; README.md beside this file says how to begin."""

from amaranth.hdl import C, Cat, Module, Mux, Signal  # noqa: F401 -- what you will need.
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.midi import BAUD, divide

__all__ = ["Receiver"]


class Receiver(wiring.Component):
    """UART receiver, 8N1.

    A falling edge on the idle line starts a frame. Start bit, eight data bits (least significant first) and stop
    bit are sampled once each in their middle, as counted from that edge; a start bit that is high in its middle
    was a glitch and leaves no trace. A byte is delivered only after its stop bit was seen high, half a bit
    before the frame ends, so that a fast sender is followed without end. After a bad stop bit the line must be
    high once before the next start bit counts.

    The byte is held until it is taken. ``valid`` stays and the payload does not change until then.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz; at least 8 clocks a bit.
    baud : :class:`int` or :class:`float`
        Bits per second. Must come within 0.5 % of a whole number of clocks.

    Members
    -------
    level : ``In(1)``
        The line, synchronous to this clock: :class:`hdl.line.LineInput`.
    bytes : ``Out(stream.Signature(8))``
        The bytes.
    framing_error : ``Out(1)``
        Pulses for one clock when a stop bit was low and some data bit was high; the byte is dropped.
    break_ : ``Out(1)``
        Pulses for one clock when start, data and stop bit were all low; once, however long the break.
    overrun : ``Out(1)``
        Pulses for one clock when a byte is complete while the one before it is neither taken nor being taken;
        the new byte is dropped, the held one stays.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate; see :func:`hdl.midi.divide`.
    """

    def __init__(self, clk_freq, baud=BAUD):
        self.divisor = divide(clk_freq, baud)
        super().__init__(
            {
                "level": In(1, init=1),
                "bytes": Out(stream.Signature(8)),
                "framing_error": Out(1),
                "break_": Out(1),
                "overrun": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()

        # TODO: read the bytes off the line. A bit lasts self.divisor clocks.
        #   self.level                                        the line; idle high
        #   self.bytes.valid, self.bytes.payload              what you offer
        #   self.bytes.ready                                  whether it is taken in this clock
        #   self.framing_error, self.break_, self.overrun     pulses of one clock
        return m
