"""Shapes and constants that all blocks share; no logic.

Sources: *MIDI 1.0 Detailed Specification 4.2.1* (hardware section) for the wire, *USB Device Class
Definition for MIDI Devices 1.0*, section 4, for the event packet.
"""

from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out

__all__ = ["BAUD", "CLK_FREQ_ERROR", "Packet", "Tap", "divide"]


BAUD = 31_250
"""Bits per second of a MIDI line; the specification allows +-1 %."""

CLK_FREQ_ERROR = 0.005
"""Largest part by which a divided clock may miss the baud rate: half of what the line allows."""


class Packet(data.Struct):
    """USB-MIDI 1.0 event packet: one MIDI message, or up to three bytes of a SysEx.

    ``code`` is the code index number: it says what the packet holds and how many of its bytes count
    (table 4-1). ``cable`` is the virtual cable. Bytes of ``data`` that do not count are 0. The fields
    lie in the order in which USB sends them, least significant byte first.
    """

    code: 4
    cable: 4
    data: data.ArrayLayout(8, 3)


Tap = wiring.Signature({"valid": Out(1), "payload": Out(8)})
"""Bytes to be looked at in passing: ``valid`` is high for the one clock in which each is handed over."""


def divide(clk_freq, baud):
    """Clock cycles per bit.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    baud : :class:`int` or :class:`float`
        Bits per second.

    Returns
    -------
    :class:`int`
        At least 8: with fewer, the middle of a bit cannot be told from its edges.

    Raises
    ------
    :exc:`ValueError`
        If a frequency is no positive number, if there are fewer than 8 clocks to a bit, or if the nearest whole number
        of clocks misses the baud rate by more than 0.5 %.
    """
    for name, value in (("Clock frequency", clk_freq), ("Baud rate", baud)):
        if not isinstance(value, (int, float)) or not 0 < value < float("inf"):
            raise ValueError(f"{name} must be a positive number of Hz, not {value!r}")
    divisor = round(clk_freq / baud)
    if divisor < 8:
        raise ValueError(
            f"Clock must have at least 8 cycles to a bit of {baud} baud, {8 * baud} Hz, "
            f"not {clk_freq!r} Hz; choose a faster clock"
        )
    error = clk_freq / divisor / baud - 1
    if abs(error) > CLK_FREQ_ERROR:
        raise ValueError(
            f"Clock must divide to {baud} baud within {CLK_FREQ_ERROR:.1%}, not {clk_freq!r} Hz, "
            f"which makes {clk_freq / divisor:.1f} baud ({error:+.2%}); "
            f"the nearest that divides exactly is {divisor * baud} Hz"
        )
    return divisor
