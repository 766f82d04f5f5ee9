"""Parts with pins of their own: opto-isolators for an input, buffers for an output. Each figure has its source.

What was not found is ``None``, and who needs it says so. All these isolators pull their output low while the LED is
lit, which for a MIDI line is upright: current is a 0, and the output is low. A maker calls that *inverting*, with
the LED as the input; nothing has to be turned over at the FPGA.
"""

import difflib
from dataclasses import dataclass

from board.errors import BoardError
from sim.model.optocoupler import PARTS

__all__ = ["BARE_PIN", "BUFFERS", "ISOLATORS", "Buffer", "Isolator", "find"]

DIP8 = {"2": "anode", "3": "cathode", "5": "ground", "6": "output", "8": "supply"}
DIP6 = {"1": "anode", "2": "cathode", "4": "output", "5": "ground", "6": "supply"}


@dataclass(frozen=True)
class Isolator:
    """An opto-isolator as it is wired here.

    Parameters
    ----------
    name, package : :class:`str`
        As it is sold.
    pins : :class:`dict`
        Pin number to function: anode, cathode, output, ground, supply, base or enable. Others are not connected.
    supply : :class:`float`
        Volts at which it is run here, 3.3 or 5; the output is pulled up to 3.3 V in any case.
    pull_up : :class:`float`
        Ohms that are used unless others are asked for; ``None`` where the output drives both ways.
    threshold : :class:`float`
        Amperes in the LED with which every part has turned on; ``None`` where its transfer ratio decides.
    ratio, ratio_at : :class:`float`
        Least current transfer ratio, and the amperes in the LED for which the maker states it.
    sinks : :class:`float`
        Amperes that the output takes at 0.4 V, at least; ``None`` if that was not found.
    led_limit : :class:`float`
        Amperes that the LED stands for ever; ``None`` if that was not found.
    delays : :class:`dict`
        Pull-up in ohms to the name in ``sim.model.optocoupler.PARTS``; the key ``None`` stands for any pull-up.
    source, note, substitutes : :class:`str`
        Where the figures come from, what to know before one uses it, and what may stand in its place.
    """

    name: str
    package: str
    pins: dict
    supply: float
    pull_up: float | None
    source: str
    threshold: float | None = None
    ratio: float | None = None
    ratio_at: float | None = None
    sinks: float | None = None
    led_limit: float | None = None
    delays: dict | None = None
    note: str = ""
    substitutes: str = ""

    @property
    def count(self):
        """How many pins the package has, counted ones that are left out included."""
        return int(self.package.rpartition("-")[2])

    def timing(self, pull_up):
        """The :class:`sim.model.optocoupler.Optocoupler` with what is known of its delays, or ``None``."""
        names = self.delays or {}
        name = names.get(pull_up, names.get(None))
        return PARTS[name] if name else None


_ISOLATORS = (
    Isolator(
        "H11L1",
        "DIP-6",
        DIP6,
        3.3,
        270.0,
        "onsemi H11L3M/D (2019): pins, 3 to 16 V, sinks 16 mA at 0.4 V, LED 30 mA; threshold at second hand",
        threshold=1.6e-3,
        sinks=16e-3,
        led_limit=30e-3,
        delays={None: "H11L1"},
        note="Schmitt trigger, open collector; runs from the 3.3 V of a Pmod",
        substitutes="PC900V (same pins); not H11L2 or H11L3, which need more current",
    ),
    Isolator(
        "PC900V",
        "DIP-6",
        DIP6,
        3.3,
        270.0,
        "CA-033 p. 4: 4 mA with 280 ohm at 5 V; pins from a transcribed data sheet; 270 ohm at 3.3 V as on one board",
        threshold=4e-3,
        delays={None: "PC900"},
        note="named by CA-033; no longer made, sold from stock",
        substitutes="H11L1 (same pins)",
    ),
    Isolator(
        "6N138",
        "DIP-8",
        {**DIP8, "7": "base"},
        5.0,
        270.0,
        "Everlight DPC-0000019: pins, LED 20 mA, output 60 mA; Siemens, Sharp: ratio 300 % at 1.6 mA",
        ratio=3.0,
        ratio_at=1.6e-3,
        sinks=60e-3,
        led_limit=20e-3,
        delays={2700.0: "6N138@2.7k", 220.0: "6N138@220"},
        note="Darlington, slow to turn off: 10 k from its base to ground helps; named by CA-033",
        substitutes="6N139",
    ),
    Isolator(
        "6N137",
        "DIP-8",
        {**DIP8, "7": "enable"},
        5.0,
        330.0,
        "Vishay 6N137: pins, low input current 5 mA; Lite-On DS70-2008-0035: low while lit, also made for 3.3 V",
        threshold=5e-3,
        delays={None: "6N137"},
        note="its maker promises no less than 5 mA, and CA-033 wants less than 5 mA",
        substitutes="VO2601, VO2611",
    ),
    Isolator(
        "6N136",
        "DIP-8",
        {**DIP8},
        5.0,
        4700.0,
        "Vishay 83604: pins, ratio 19 % at 16 mA and 0.4 V, output 8 mA, LED 25 mA",
        ratio=0.19,
        ratio_at=16e-3,
        sinks=8e-3,
        led_limit=25e-3,
        note="its delays are stated for 16 mA and 1.9 k, not for this circuit; pin 7, the base, stays open",
        substitutes="none with a worse ratio, such as 6N135",
    ),
    Isolator(
        "TLP2361",
        "SO-6",
        {"1": "anode", "3": "cathode", "4": "ground", "5": "output", "6": "supply"},
        3.3,
        None,
        "the maker's page at second hand; pins and polarity from two published designs",
        threshold=1.6e-3,
        delays={None: "TLP2361"},
        note="drives both ways, no pull-up; pin 2 is not there; needs an adapter",
        substitutes="none with an open collector unless a pull-up is added",
    ),
)

ISOLATORS = {part.name: part for part in _ISOLATORS}
"""The opto-isolators by name; the first is what is used if nothing else is said."""


@dataclass(frozen=True)
class Buffer:
    """What pulls the current loop to ground.

    Parameters
    ----------
    name, package : :class:`str`
        As it is sold.
    pins : :class:`dict`
        Pin number to function: input, output, ground or supply. Gates of one package stand side by side.
    gates : :class:`int`
        How many of them share the current.
    inverts : :class:`bool`
        Whether a high input lets current flow.
    drives_high : :class:`bool`
        Whether it also drives high, to 3.3 V.
    resistance : :class:`float`
        Ohms to ground of one gate that is on, at most.
    limit : :class:`float`
        Amperes that one gate stands at most.
    low : :class:`float`
        Volts at the input, up to which it is surely low.
    high : :class:`float`
        Volts at the input, from which on it is surely high.
    source, note, substitutes : :class:`str`
        As with :class:`Isolator`.
    """

    name: str
    package: str
    pins: dict
    gates: int
    inverts: bool
    resistance: float
    limit: float
    low: float
    high: float
    source: str
    drives_high: bool = False
    note: str = ""
    substitutes: str = ""

    @property
    def on(self):
        """Ohms to ground of all gates together."""
        return self.resistance / self.gates


TWO_GATES = {"1": "input", "2": "ground", "3": "input", "4": "output", "5": "supply", "6": "output"}
ONE_GATE = {"2": "input", "3": "ground", "4": "output", "5": "supply"}
LVC = (
    "Nexperia 74LVC1G07, 74LVC2G07: open drain, 24 mA at 3 V, stands 5 V at input and output; pins of one gate by TI "
    "(SN74LVC1G06), of two from published designs; 0.55 V at 24 mA, 50 mA a gate and 100 mA a package are the family's "
    "usual limits"
)
_LVC = {"resistance": 0.55 / 24e-3, "limit": 50e-3, "low": 0.8, "high": 2.0, "source": LVC}

_BUFFERS = (
    Buffer(
        "74LVC2G07",
        "SC-74-6",
        TWO_GATES,
        2,
        False,
        **_LVC,
        note="both gates side by side, so that pins 4 and 5 of the plug may touch",
        substitutes="any two open-drain gates with 50 mA each, such as two of a 74LVC07A",
    ),
    Buffer(
        "74LVC1G07",
        "SC-74A-5",
        ONE_GATE,
        1,
        False,
        **_LVC,
        note="enough at 5 V, where 220 ohm limit the current; not at 3.3 V",
        substitutes="half a 74LVC2G07",
    ),
    Buffer(
        "74LVC2G06",
        "SC-74-6",
        TWO_GATES,
        2,
        True,
        **_LVC,
        note="turns the line over: needs --invert in the FPGA and a pull-down at its input",
        substitutes="two gates of a 74LVC06A",
    ),
    Buffer(
        "BSS138",
        "SOT-23-3",
        {"1": "input", "2": "ground", "3": "output"},
        1,
        True,
        6.0,
        0.22,
        0.8,
        3.0,
        "BSS138: threshold 0.8 to 1.5 V, 220 mA, 6 ohm at 4.5 V; at 3.3 V no figure was found",
        note="one transistor; turns the line over: needs --invert in the FPGA and a pull-down at its input",
        substitutes="2N3904 with 1 k at its base",
    ),
    Buffer(
        "fpga",
        "none",
        {},
        1,
        False,
        0.4 / 8e-3,
        8e-3,
        0.8,
        2.0,
        "an output of an iCE40 UltraPlus at 3.3 V: 8 mA at 0.4 V (Lattice FPGA-DS-02008, table 4.13)",
        drives_high=True,
        note="the bare pin, to see why not",
    ),
)

BUFFERS = {part.name: part for part in _BUFFERS}
"""The buffers by name; the first is what is used if nothing else is said."""

BARE_PIN = BUFFERS["fpga"]


def find(table, name, what):
    """The part of ``table`` that is called ``name``, in upper or lower case.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If there is none; names those that are near.
    """
    by_name = {known.lower(): part for known, part in table.items()}
    if part := by_name.get(name.strip().lower()):
        return part
    near = [by_name[known].name for known in difflib.get_close_matches(name.strip().lower(), by_name, n=2, cutoff=0.6)]
    advice = f"did you mean {' or '.join(near)}?" if near else "choose one of them"
    raise BoardError(f"{what} must be one of {', '.join(table)}, not {name!r}; {advice}")
