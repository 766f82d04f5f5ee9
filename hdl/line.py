"""A pin of the outside world becomes a level of this clock domain."""

import math

from amaranth.hdl import Module, Signal
from amaranth.lib import cdc, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["LineInput"]


class LineInput(wiring.Component):
    """Synchronizer and glitch filter.

    ``level`` follows ``pin`` two clocks late. With a filter of ``n`` samples it follows ``n`` clocks later
    still, and only when that many samples in a row differ from it: a pulse of up to ``glitch`` seconds, of
    either polarity, leaves no trace. Both edges are delayed alike, so that the filter itself adds no
    pulse-width distortion. At a slow clock the filter is coarse: it has ``ceil(glitch * clk_freq) + 1`` samples.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    glitch : :class:`float`
        Longest pulse to be removed, in seconds. 0 leaves the filter out, for a fast host line.

    Members
    -------
    pin : ``In(1)``
        The asynchronous input; idle high.
    level : ``Out(1)``
        The same line in this clock domain; high in reset.

    Raises
    ------
    :exc:`ValueError`
        If ``glitch`` is negative or no number, or ``clk_freq`` is not positive.
    """

    def __init__(self, clk_freq, glitch=3e-6):
        if not isinstance(clk_freq, (int, float)) or not 0 < clk_freq < float("inf"):
            raise ValueError(f"Clock frequency must be a positive number of Hz, not {clk_freq!r}")
        if not isinstance(glitch, (int, float)) or not 0 <= glitch < float("inf"):
            raise ValueError(f"Glitch must be a time in seconds, 0 or longer, not {glitch!r}")
        # A product such as 3e-6 * 12e6 is a hair off 36 in floating point; the rounding keeps
        # a whole number of clocks whole.
        self.samples = math.ceil(round(glitch * clk_freq, 6)) + 1 if glitch else 0
        super().__init__({"pin": In(1, init=1), "level": Out(1, init=1)})

    def elaborate(self, platform):
        m = Module()

        if not self.samples:
            m.submodules.synchronizer = cdc.FFSynchronizer(self.pin, self.level, init=1)
            return m

        pin = Signal(init=1)
        m.submodules.synchronizer = cdc.FFSynchronizer(self.pin, pin, init=1)

        # The counter runs down to -1, so that its sign says "long enough" without a comparison.
        wait = Signal(range(-1, self.samples - 1), init=self.samples - 2)
        m.d.sync += wait.eq(wait - 1)
        with m.If((pin == self.level) | (wait < 0)):
            m.d.sync += wait.eq(self.samples - 2)
        with m.If(wait < 0):
            m.d.sync += self.level.eq(pin)

        return m
