"""Level to bytes."""

from amaranth.hdl import Cat, Module, Signal
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

        # The timer runs down to -1: its sign is the moment to sample, without a comparison. It stands at
        # half a bit while the line is idle. The first low sample is half a clock late on average,
        # which the rounding down of the half makes good.
        half = (self.divisor - 1) // 2
        width = (self.divisor - 2).bit_length()
        timer = Signal(width + 1, reset_less=True)
        sample = ~timer[-1]

        busy = Signal()
        first = Signal(reset_less=True)
        previous = Signal()
        # The start bit itself marks the end: it is the first 0 to reach the far end of nine ones.
        frame = Signal(9, reset_less=True)
        dark = Signal(reset_less=True)
        complete = Signal()
        good = Signal()

        m.d.sync += previous.eq(self.level)
        m.d.sync += timer.eq(timer - 1)
        with m.If(sample):
            m.d.sync += timer.eq((1 << width) + self.divisor - 2)
            m.d.sync += frame.eq(Cat(frame[1:], self.level))
            m.d.sync += dark.eq(dark & ~self.level)
            m.d.sync += first.eq(0)
        with m.If(~busy):
            m.d.sync += timer.eq((1 << width) + half - 2)
            m.d.sync += frame.eq(0x1FF)
            m.d.sync += dark.eq(1)
            m.d.sync += first.eq(1)
            m.d.sync += busy.eq(previous & ~self.level)
        with m.Elif(complete | (sample & first & self.level)):
            m.d.sync += busy.eq(0)

        m.d.comb += [
            complete.eq(sample & busy & ~frame[0]),
            good.eq(complete & self.level),
            self.framing_error.eq(complete & ~self.level & ~dark),
            self.break_.eq(complete & ~self.level & dark),
            self.overrun.eq(good & self.bytes.valid & ~self.bytes.ready),
        ]

        held = Signal(8, reset_less=True)
        m.d.comb += self.bytes.payload.eq(held)
        with m.If(self.bytes.ready):
            m.d.sync += self.bytes.valid.eq(0)
        with m.If(good & ~self.overrun):
            m.d.sync += held.eq(frame[1:])
            m.d.sync += self.bytes.valid.eq(1)

        return m
