"""Lab 4: three kinds of thru. You write each elaborate; README.md beside this file says how to begin."""

from amaranth.hdl import C, Cat, Module, Mux, Signal  # noqa: F401 -- what you will need.
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect  # noqa: F401 -- what you will need.

from hdl.line import LineInput
from hdl.midi import BAUD, divide
from hdl.receiver import Receiver
from hdl.transmitter import Transmitter

__all__ = ["DirectThru", "RetimedThru", "StoredThru"]


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

        # TODO: hand on self.level_in at self.level_out.
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
        m.submodules.line = self._line
        m.submodules.receiver = self._receiver
        m.submodules.transmitter = self._transmitter

        # TODO: join the three blocks: self.level_in -> line.pin, line.level -> receiver.level, receiver.bytes ->
        # transmitter.bytes, transmitter.level -> self.level_out. And who says overrun?
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
        super().__init__({"level_in": In(1, init=1), "level_out": Out(1, init=1), "overrun": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.synchronizer = self._synchronizer
        m.d.comb += self._synchronizer.pin.eq(self.level_in)

        # TODO: in the middle of each bit take its level from the line, and show it for self.divisor clocks.
        #   self._synchronizer.level   the line, safe to look at
        #   self.level_out             high in reset
        return m
