"""The default circuit on a breadboard: which pin goes into which hole, in which order, and what a meter shows then.

A hole is a row and a column, such as ``e8``; the rows a to e of a column are joined, and so are f to j. The rails are
``T+`` and ``T-`` along the top, ``B+`` and ``B-`` along the bottom. An isolator or a buffer on its adapter stands
across the trough, notch to the left, pin 1 in row e.
"""

from dataclasses import dataclass

from board.circuit.catalogue import BUFFERS
from board.circuit.description import Choices, describe
from board.circuit.judge import loop_of
from sim.model.current_loop import TYPICAL_LED

__all__ = ["COLUMNS", "LEADS", "PLACES", "WIRES", "Check", "Step", "chip", "default", "steps"]

COLUMNS = 63
"""Columns of a full-size breadboard."""


def chip(column, pins=6):
    """Pin number to hole for a package across the trough whose pin 1 is in ``column``."""
    half = pins // 2
    lower = {str(n + 1): f"e{column + n}" for n in range(half)}
    return lower | {str(half + n + 1): f"f{column + half - 1 - n}" for n in range(half)}


PLACES = {
    "R1": {"1": "d3", "2": "d8"},
    "D1": {"A": "b12", "K": "b8"},
    "U1": chip(8),
    "C1": {"1": "i8", "2": "i9"},
    "R2": {"1": "h15", "2": "h10"},
    "U2": chip(24),
    "C2": {"1": "h25", "2": "h21"},
    "R4": {"1": "i29", "2": "i34"},
    "R5": {"1": "h31", "2": "h26"},
    "U3": chip(46),
    "C3": {"1": "h47", "2": "h43"},
    "R6": {"1": "i51", "2": "i56"},
    "R7": {"1": "h53", "2": "h48"},
}
"""Reference to pin to hole."""

LEADS = {
    ("J1", "4"): "a3",
    ("J1", "5"): "a12",
    ("J4", "1"): "a18",
    ("J4", "2"): "a24",
    ("J4", "3"): "a46",
    ("J4", "5"): "B-34",
    ("J4", "6"): "B+35",
    ("J2", "4"): "j34",
    ("J2", "2"): "T-36",
    ("J2", "5"): "j31",
    ("J3", "4"): "j56",
    ("J3", "2"): "T-58",
    ("J3", "5"): "j53",
}
"""Pins of what stands beside the board, and the hole that each is led to."""

WIRES = {
    "top + to bottom +": ("T+61", "B+61"),
    "top - to bottom -": ("T-62", "B-62"),
    "cathode": ("c12", "c9"),
    "U1 supply": ("j8", "T+8"),
    "U1 ground": ("j9", "T-9"),
    "R2 supply": ("j15", "T+15"),
    "MIDI_IN": ("g10", "g18"),
    "MIDI_IN over the trough": ("f18", "e18"),
    "U2 supply": ("j25", "T+25"),
    "U2 ground": ("a25", "B-25"),
    "U2 inputs": ("b24", "b26"),
    "U2 outputs": ("g24", "g26"),
    "C2 ground": ("j21", "T-21"),
    "R4 supply": ("j29", "T+29"),
    "U3 supply": ("j47", "T+47"),
    "U3 ground": ("a47", "B-47"),
    "U3 inputs": ("b46", "b48"),
    "U3 outputs": ("g46", "g48"),
    "C3 ground": ("j43", "T-43"),
    "R6 supply": ("j51", "T+51"),
}
"""Wires by name, and the two holes of each."""


def default():
    """The circuit that is built here."""
    return describe(Choices())


@dataclass(frozen=True)
class Check:
    """A reading of a multimeter.

    Parameters
    ----------
    red, black : :class:`str`
        Where its leads go: a pin such as ``U1.4``, or a rail.
    mode : :class:`str`
        ``ohm``, ``diode`` or ``volt``.
    expects : :class:`float` or ``None``
        What it shows; ``None`` for no connection.
    words : :class:`str`
        The same in words, with what is still right.
    """

    red: str
    black: str
    mode: str
    expects: float | None
    words: str


@dataclass(frozen=True)
class Step:
    """A step of the guide: what is put where, in words what else to do, and what a meter shows then."""

    name: str
    parts: tuple = ()
    leads: tuple = ()
    wires: tuple = ()
    before: str = ""
    checks: tuple = ()


def _ohms(red, black, ohms):
    # A meter's leads and a breadboard's contacts have some tenths of an ohm.
    words = "less than 1 ohm" if not ohms else f"{ohms:g} ohm ({ohms * 0.95:.4g} to {ohms * 1.05 + 1:.4g})"
    return Check(red, black, "ohm", ohms, words)


def _open(red, black):
    return Check(red, black, "ohm", None, "no connection")


def _volts(red, black, volts, words=""):
    return Check(red, black, "volt", volts, words or f"{volts:.2f} V")


def _output(side, numbers):
    jack, chip_number, source, sink, capacitor = numbers
    name, line = f"U{chip_number}", "MIDI_OUT" if side == "OUT" else "MIDI_THRU"
    return Step(
        f"MIDI {side}",
        (name, f"C{capacitor}", f"R{source}", f"R{sink}"),
        tuple((f"J{jack}", pin) for pin in "425"),
        (
            *(f"{name} {what}" for what in ("supply", "ground", "inputs", "outputs")),
            f"C{capacitor} ground",
            f"R{source} supply",
        ),
        f"Board unplugged. The adapter of {name} stands like a DIP-6. Leave {line} open for now.",
        (
            _ohms(f"J{jack}.4", "T+", 33.0),
            _ohms(f"J{jack}.5", f"{name}.4", 10.0),
            _ohms(f"{name}.4", f"{name}.6", 0.0),
            _ohms(f"J{jack}.2", "T-", 0.0),
            # The unpowered board itself conducts a little from rail to rail, so this is no open circuit.
            Check(f"J{jack}.4", f"J{jack}.5", "ohm", None, "more than 100 ohm"),
            _ohms(f"{name}.1", f"{name}.3", 0.0),
        ),
    )


def steps():
    """The steps of the guide, in their order."""
    least, most = (loop_of(3.3, (33.0, 10.0), on=on).current(TYPICAL_LED) for on in (BUFFERS["74LVC2G07"].on, 0.0))

    def across(ohms):
        """Volts across a resistor that is off by 5 %, with a buffer at its worst and with none."""
        return f"{least * ohms * 0.95:.2f} to {most * ohms * 1.05:.2f} V: {least * 1e3:.1f} to {most * 1e3:.1f} mA"

    return (
        Step(
            "Power",
            leads=(("J4", "5"), ("J4", "6")),
            wires=("top + to bottom +", "top - to bottom -"),
            before="Where your board's rails have a gap in the middle, bridge it first. Plug the FPGA board in for the "
            "reading only.",
            checks=(
                _volts("T+", "T-", 3.3, "3.14 to 3.46 V"),
                _volts("B+", "B-", 3.3, "3.14 to 3.46 V"),
            ),
        ),
        Step(
            "The opto-isolator",
            ("U1", "C1"),
            wires=("U1 supply", "U1 ground"),
            before="Board unplugged.",
            checks=(
                _ohms("U1.6", "T+", 0.0),
                _ohms("U1.5", "T-", 0.0),
                _open("U1.1", "T-"),
                _open("U1.2", "T-"),
            ),
        ),
        Step(
            "The current loop of MIDI IN",
            ("R1", "D1"),
            (("J1", "4"), ("J1", "5")),
            ("cathode",),
            "Board unplugged. The ring of D1 goes to U1's pin 1. Pin 2 of this jack stays open.",
            (
                _ohms("J1.4", "U1.1", 220.0),
                _ohms("J1.5", "U1.2", 0.0),
                _open("J1.2", "T-"),
                _open("J1.5", "T-"),
                Check("U1.2", "U1.1", "diode", 0.6, "0.5 to 0.7 V: D1"),
                Check("U1.1", "U1.2", "diode", 1.2, "1.0 to 1.4 V: the LED in U1"),
            ),
        ),
        Step(
            "To the FPGA",
            ("R2",),
            (("J4", "1"),),
            ("R2 supply", "MIDI_IN", "MIDI_IN over the trough"),
            "Board unplugged for the first reading, plugged in for the second.",
            (
                _ohms("T+", "U1.4", 270.0),
                _volts("J4.1", "T-", 3.3, "3.14 to 3.46 V: no current, a 1"),
            ),
        ),
        _output("OUT", (2, 2, 4, 5, 2)),
        _output("THRU", (3, 3, 6, 7, 3)),
        Step(
            "A loop by hand",
            before="A MIDI cable from OUT to IN; a loose wire from U2's pin 1 to the - rail, which is a 0; plug in.",
            checks=(
                _volts("U1.1", "U1.2", TYPICAL_LED, "1.1 to 1.5 V: the LED is lit"),
                _volts("J1.4", "U1.1", least * 220, f"{across(220)} in R1"),
                _volts("T+", "J2.4", least * 33, f"{across(33)} in R4"),
                _volts("J4.1", "T-", 0.0, "below 0.4 V: a 0"),
            ),
        ),
        Step(
            "To the FPGA, at last",
            leads=(("J4", "2"), ("J4", "3")),
            before="Take the loose wire away. Board unplugged while you wire; then plugged in and flashed.",
            checks=(
                _volts("J4.2", "T-", 3.3, "3.14 to 3.46 V: idle"),
                _volts("J4.1", "T-", 3.3, "3.14 to 3.46 V: idle, through the cable"),
            ),
        ),
    )
