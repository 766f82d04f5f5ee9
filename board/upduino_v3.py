"""UPduino v3 with the clock that MIDI needs."""

from amaranth_boards import upduino_v3

__all__ = ["UpduinoV3Platform"]


class UpduinoV3Platform(upduino_v3.UpduinoV3Platform):
    """The board of :mod:`amaranth_boards`, run from its oscillator of 12 MHz.

    Its OSC jumper must be soldered. What is the default there, the FPGA's own oscillator, is 10 % off at worst (iCE40
    UltraPlus data sheet FPGA-DS-02008, table 4.11), and a MIDI port may be 1 % off, of which a divided clock gets half.
    """

    default_clk = "clk12"
