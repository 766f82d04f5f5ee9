"""What an iCE40's pin does before there is a design."""

__all__ = ["PULL_UP"]

PULL_UP = (11e-6, 128e-6)
"""Current in amperes of a pin's own pull-up at 3.3 V, least and most, as long as the pin is below 0.65 of that.

A pin has it before and while the FPGA configures itself (Lattice answer 5044; *iCE40 LP/HX Family Data Sheet* DS1040
3.4, *iCE40 UltraPlus Family Data Sheet* FPGA-DS-02008, table 4.5: the same figures).
"""
