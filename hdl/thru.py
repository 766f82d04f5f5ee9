"""Pin to pin: what comes in at MIDI In goes out at MIDI Thru."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl.midi import BAUD, divide

__all__ = ["DirectThru"]


class DirectThru(wiring.Component):
    """The copy that the specification draws: the pin itself, with no clock between.

    Adds no latency, and hands on whatever distortion the line already has; see FACTS on chains of instruments.

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
