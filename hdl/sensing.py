"""Active Sensing, both ends: FE says that the cable is still there when there is nothing else to say."""

from math import inf

from amaranth.hdl import Module, Mux, ResetSignal, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.midi import Tap

__all__ = ["SensingReceiver", "SensingSender"]

ACTIVE_SENSING = 0xFE

LONGEST_INTERVAL = 0.3
"""Seconds without a byte that a receiver must stand; specification, page 32."""


class SensingSender(wiring.Component):
    """Offers an FE whenever nothing was sent for ``interval`` seconds.

    It is on offer that long, to the clock, after the last byte was sent, or after reset; without a reset at power-up
    the first is on offer at once. The specification allows 0.3 seconds; the default of 0.27 leaves room for a clock
    that is 1 % off, and for what the FE has to wait for. An FE that is on offer stays so until it is taken, even if
    something else is sent by then: one more does no harm.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    interval : :class:`float`
        Seconds, at least two clocks, at most 0.3; rounded to a whole number of clocks.

    Members
    -------
    sent : ``In(1)``
        High for one clock for each byte that is sent, whatever it is: when the transmitter takes it.
    realtime : ``Out(stream.Signature(8))``
        The FE; what :class:`hdl.encoder.Encoder` sends first. The interval begins anew when it is taken.

    Raises
    ------
    :exc:`ValueError`
        If ``clk_freq`` is no positive number, or ``interval`` is too short or too long.
    """

    def __init__(self, clk_freq, interval=0.270):
        self.clocks = _clocks("Interval", clk_freq, interval)
        if interval > LONGEST_INTERVAL:
            raise ValueError(
                f"Interval must be at most {LONGEST_INTERVAL} s, not {interval!r} s: a receiver that waits no longer "
                "takes the cable for pulled out"
            )
        super().__init__({"sent": In(1), "realtime": Out(stream.Signature(8))})

    def elaborate(self, platform):
        m = Module()

        # The timer runs down to -1 and stays there: its sign is the offer. Reset is one more reason to load it; as its
        # initial value, the number would cost an iCE40 an inverter for each of its ones.
        width = (self.clocks - 2).bit_length()
        timer = Signal(width + 1, reset_less=True)
        waiting = timer[-1]

        m.d.comb += self.realtime.valid.eq(~waiting)
        m.d.comb += self.realtime.payload.eq(ACTIVE_SENSING)
        m.d.sync += timer.eq(timer - waiting)
        with m.If(Mux(waiting, self.sent, self.realtime.ready) | ResetSignal(allow_reset_less=True)):
            m.d.sync += timer.eq((1 << width) + self.clocks - 2)

        return m


class SensingReceiver(wiring.Component):
    """Says when to turn all voices off, because a sender that uses Active Sensing has fallen silent.

    The first FE arms it. From then on any byte begins the wait anew; ``timeout`` seconds after the last one, to the
    clock, ``silent`` pulses, and it is disarmed until the next FE. A sender that never sends an FE may be silent for as
    long as it likes. A sender may leave 0.3 seconds between bytes; the default of 0.33 leaves room for clocks that are
    1 % off.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    timeout : :class:`float`
        Seconds, at least two clocks; rounded to a whole number of clocks.

    Members
    -------
    received : ``In(Tap)``
        Each byte that is received, real-time included.
    silent : ``Out(1)``
        Pulses for one clock when all voices are to be turned off. A byte in that very clock is in time, and it does
        not.

    Raises
    ------
    :exc:`ValueError`
        If ``clk_freq`` is no positive number, or ``timeout`` is too short.
    """

    def __init__(self, clk_freq, timeout=0.330):
        self.clocks = _clocks("Timeout", clk_freq, timeout)
        super().__init__({"received": In(Tap), "silent": Out(1)})

    def elaborate(self, platform):
        m = Module()

        # What it counts means nothing until a byte has armed it, and each byte gives it its value.
        width = (self.clocks - 2).bit_length()
        timer = Signal(width + 1, reset_less=True)
        over = ~timer[-1]
        armed = Signal()

        m.d.comb += self.silent.eq(armed & over & ~self.received.valid)
        m.d.sync += timer.eq(timer - 1)
        with m.If(self.received.valid):
            m.d.sync += timer.eq((1 << width) + self.clocks - 2)
            with m.If(self.received.payload == ACTIVE_SENSING):
                m.d.sync += armed.eq(1)
        with m.Elif(over):
            m.d.sync += armed.eq(0)

        return m


def _clocks(name, clk_freq, seconds):
    if not isinstance(clk_freq, (int, float)) or not 0 < clk_freq < inf:
        raise ValueError(f"Clock frequency must be a positive number of Hz, not {clk_freq!r}")
    if not isinstance(seconds, (int, float)) or not 2 <= seconds * clk_freq < inf:
        raise ValueError(f"{name} must be a time of at least two clocks, {2 / clk_freq:g} s, not {seconds!r}")
    return round(seconds * clk_freq)
