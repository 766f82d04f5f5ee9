"""LEDs that show events too short to be seen."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Lights"]


class Lights(wiring.Component):
    """Makes each event last long enough for an eye.

    An event lights its LED from the next clock on. At every tick of a timer that all share, each LED goes out that had
    no event since the tick before. So a LED stays lit for one to two periods behind its last event.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    count : :class:`int`
        Number of LEDs.
    seconds : :class:`float`
        Period of the timer, in seconds; it ticks every ``round(clk_freq * seconds)`` clocks, at least 2.

    Members
    -------
    events : ``In(count)``
        A bit for each LED: a pulse of one clock or longer.
    leds : ``Out(count)``
        The LEDs, 1 = lit. Dark in reset.

    Raises
    ------
    :exc:`ValueError`
        If there are no LEDs, or the period is shorter than two clocks.
    """

    def __init__(self, clk_freq, count, *, seconds=0.05):
        if not isinstance(count, int) or count < 1:
            raise ValueError(f"Number of lights must be a whole number, 1 or more, not {count!r}")
        if not isinstance(seconds, (int, float)) or not 2 <= clk_freq * seconds < float("inf"):
            raise ValueError(f"Lights must stay lit for two clocks of {clk_freq!r} Hz or longer, not {seconds!r} s")
        self.period = round(clk_freq * seconds)
        super().__init__({"events": In(count), "leds": Out(count)})

    def elaborate(self, platform):
        m = Module()

        # It counts up and is compared: to load so wide a counter would cost another cell for each of its bits.
        timer = Signal(range(self.period))
        tick = Signal()
        m.d.comb += tick.eq(timer == self.period - 1)
        m.d.sync += timer.eq(timer + 1)
        with m.If(tick):
            m.d.sync += timer.eq(0)

        seen = Signal.like(self.events)
        m.d.sync += seen.eq(seen | self.events)
        m.d.sync += self.leds.eq(self.leds | self.events)
        with m.If(tick):
            m.d.sync += seen.eq(self.events)
            m.d.sync += self.leds.eq(seen | self.events)

        return m
