"""Pin to pin: what comes in at MIDI In goes out at MIDI Thru."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from hdl.line import LineInput
from hdl.midi import BAUD, divide
from hdl.receiver import Receiver
from hdl.transmitter import Transmitter

__all__ = ["THRUS", "DirectThru", "RetimedThru", "StoredThru"]


class DirectThru(wiring.Component):
    """The copy that the specification draws: the pin itself, with no clock between.

    Adds no latency, and hands on whatever distortion the line already has. An optocoupler that makes each low longer by
    ``skew`` does so at every hop, so that a receiver at the end is right only while
    ``hops * skew < 16 us - 9.5 bits * rate error``.

    Parameters
    ----------
    clk_freq, baud : :class:`int` or :class:`float`
        Not used by this kind but checked, so that one kind can take the place of another.

    Members
    -------
    level_in : ``In(1)``
        The pin of MIDI In, idle high; need not be synchronous.
    level_out : ``Out(1)``
        The pin of MIDI Thru.
    overrun : ``Out(1)``
        Never high.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate; see :func:`hdl.midi.divide`.
    """

    def __init__(self, clk_freq, baud=BAUD):
        divide(clk_freq, baud)
        super().__init__({"level_in": In(1, init=1), "level_out": Out(1, init=1), "overrun": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.level_out.eq(self.level_in)
        return m


class StoredThru(wiring.Component):
    """A second UART: receives each byte whole, then sends it anew.

    Distortion does not add up along a chain, but each hop takes 9.5 bits and the 3 us of the glitch filter, and up to a
    whole byte more at full rate. It sends ten bits a byte and no less, so that a sender that is faster than its own
    clock outruns it in the end: 2 % faster at full rate costs every fiftieth byte. A byte with a bad stop bit and a
    break are dropped, and nothing tells of them: the next in the chain sees an idle line.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz; at least 8 clocks a bit.
    baud : :class:`int` or :class:`float`
        Bits per second. Must come within 0.5 % of a whole number of clocks.

    Members
    -------
    level_in : ``In(1)``
        The pin of MIDI In, idle high; need not be synchronous.
    level_out : ``Out(1)``
        The pin of MIDI Thru, straight from a register; high in reset.
    overrun : ``Out(1)``
        Pulses for one clock when a byte is dropped: the one before it still waits for the one that is being sent.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate; see :func:`hdl.midi.divide`.
    """

    def __init__(self, clk_freq, baud=BAUD):
        self._line = LineInput(clk_freq)
        self._receiver = Receiver(clk_freq, baud)
        self._transmitter = Transmitter(clk_freq, baud)
        super().__init__({"level_in": In(1, init=1), "level_out": Out(1, init=1), "overrun": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.submodules.transmitter = transmitter = self._transmitter
        m.d.comb += [
            line.pin.eq(self.level_in),
            receiver.level.eq(line.level),
            self.level_out.eq(transmitter.level),
            self.overrun.eq(receiver.overrun),
        ]
        connect(m, receiver.bytes, transmitter.bytes)
        return m


class RetimedThru(wiring.Component):
    """Waits until the middle of each bit, then sends it anew with exact timing.

    *Latency* is half a bit and at most four clocks: 16.3 us at 12 MHz.

    *A frame* begins when the line has been low for half a bit without interruption, so that no shorter glitch on the
    idle line, nor any burst of them, ever passes. Start bit and data bits are each sent exactly ``clk_freq / baud``
    clocks long, rounded to a whole number, whatever the sender's rate and the distortion. The stop bit lasts until the
    next start bit, half a bit after that of the sender: it is longer behind a slow sender and shorter behind a fast
    one, and either is followed without end.

    *The stop bit* is at least 0.7 of a bit, rounded up to a clock. Behind a sender 1 % fast, with a clock 1 % slow, it
    is 0.8 of one. As each hop moves each start bit by up to one clock, more than 35 hops can stand in a row at 12 MHz
    before the worst of chances eats up the difference. A start bit that comes sooner, which takes a sender 3 % too
    fast, begins a frame that is dropped as a whole and never sent broken; the next frame finds the line idle.

    *Distortion* of up to ``16 us - 9.5 bits * rate error`` at each hop harms nothing, and none of it reaches the next:
    the falling edge of the start bit is the reference, and the stop bit, the last to be sampled, is sampled 9.5 bits
    after it. With the sender 1 % slow and this clock 1 % fast lows may be 9.9 us longer or shorter.

    *A bad stop bit* goes out as one, so that no receiver further on takes the byte for a good one: low for a bit, and
    if the input is low then, until it has been high for half a bit without interruption. A break thus keeps its length,
    but for distortion, which adds up in this one case as its end is far from any start bit. Behind a break, behind a
    bad stop bit of a whole bit, and after reset one bit of idle line at the input is enough for the next byte to be
    right.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz; at least 8 clocks a bit.
    baud : :class:`int` or :class:`float`
        Bits per second. Must come within 0.5 % of a whole number of clocks.

    Members
    -------
    level_in : ``In(1)``
        The pin of MIDI In, idle high; need not be synchronous.
    level_out : ``Out(1)``
        The pin of MIDI Thru, straight from a register; high in reset.
    overrun : ``Out(1)``
        Pulses for one clock when a frame is dropped, as the stop bit before it would be shorter than 0.7 of a bit.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate; see :func:`hdl.midi.divide`.
    """

    def __init__(self, clk_freq, baud=BAUD):
        self.divisor = divide(clk_freq, baud)
        self._synchronizer = LineInput(clk_freq, glitch=0)
        # As in the receiver: the first low sample is half a clock late on average, and rounding down makes it good.
        self.half = (self.divisor - 1) // 2
        # What has to pass of a stop bit before the next start bit may fall at the input: with the half bit that the
        # start bit then waits, and the clock that sees it fall, 0.7 of a bit.
        self.guard = -(-7 * self.divisor // 10) - self.half - 1
        super().__init__({"level_in": In(1, init=1), "level_out": Out(1, init=1), "overrun": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.synchronizer = synchronizer = self._synchronizer
        m.d.comb += synchronizer.pin.eq(self.level_in)
        level = synchronizer.level

        # As in the receiver the timer runs down to -1, where its sign says "over" without a comparison.
        width = (self.divisor - 2).bit_length()
        timer = Signal(width + 1, reset_less=True)
        over = ~timer[-1]

        def wait(clocks):
            return timer.eq((1 << width) + clocks - 2)

        busy = Signal()
        # Samples still to be taken in a frame: 1 at the stop bit, 0 at the bit that follows upon a bad one.
        bits = Signal(4, reset_less=True)
        # The last sample. It begins low, as after a bad stop bit: the line must prove to be idle first.
        line = Signal()
        # Between frames: the stop bit that was sent is long enough. In a frame: this one is sent, not dropped.
        clear = Signal()
        previous = Signal()
        mark = Signal()
        edge = Signal()
        sample = Signal()
        begins = Signal()
        ends = Signal()

        # Between frames each edge begins the wait anew, so that only what lasts is sampled.
        m.d.comb += [
            edge.eq(~busy & (previous ^ level)),
            sample.eq(over & ~edge),
            begins.eq(sample & ~busy & line & ~level),
            ends.eq(sample & level & Mux(busy, bits[1:] == 0, ~line)),
            self.overrun.eq(begins & ~clear),
        ]
        m.d.sync += previous.eq(level)
        m.d.sync += timer.eq(timer - 1)
        with m.If(sample):
            m.d.sync += wait(self.divisor)
            m.d.sync += line.eq(level)
            m.d.sync += busy.eq(Mux(busy, (bits[1:] != 0) | (bits[0] & ~level), line & ~level))
            with m.If(busy):
                m.d.sync += bits.eq(bits - 1)
        with m.If(begins):
            m.d.sync += bits.eq(9)
        with m.If(edge):
            m.d.sync += wait(self.half)
            with m.If(line & level):
                m.d.sync += wait(self.guard)
        with m.If(sample & ~busy & line & level):
            m.d.sync += clear.eq(1)
        with m.If(ends):
            # After a dropped frame the line has been idle for long; after one that was sent it has not.
            m.d.sync += clear.eq(~clear)
            m.d.sync += wait(self.guard)

        # A register of its own, turned over so that it begins at 0: nothing but a bit ever shows at the pin.
        m.d.sync += mark.eq(~line & clear)
        m.d.comb += self.level_out.eq(~mark)

        return m


THRUS = {"direct": DirectThru, "stored": StoredThru, "retimed": RetimedThru}
"""Each kind by its name, all constructed with ``(clk_freq, baud)``."""
