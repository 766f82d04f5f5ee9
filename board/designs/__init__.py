"""Whole designs that run on any board, by name.

A design is a component whose members are plain pins at their logical level; :mod:`board.top` leads them to a board's
pins. Its class has ``SUMMARY``, one line; ``LEDS``, what each of its ``leds`` says, the most important first; and
``add_arguments(parser)``, whose options have the names of its constructor's keywords.
"""

from board.designs.instrument import Instrument
from board.designs.interface import Interface
from board.designs.loopback import Loopback
from board.designs.monitor import Monitor
from board.designs.thru_box import ThruBox

__all__ = ["DESIGNS"]

DESIGNS = {
    "interface": Interface,
    "thru_box": ThruBox,
    "monitor": Monitor,
    "loopback": Loopback,
    "instrument": Instrument,
}
"""Class of each design, constructed with ``clk_freq`` and its options."""
