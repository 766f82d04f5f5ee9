"""The circuit round the FPGA, once: every part with its pins, the nets they join, and why it is there.

Netlist, schematic, parts list, breadboard and check all come from what :func:`describe` returns. Resistors have the
letters of CA-033, *MIDI 1.0 Electrical Specification Update* (2014), figures 1 and 2, in their reasons: RA and RC at
OUT, RB and RD at IN, RE and RF at THRU.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from board.circuit.catalogue import BARE_PIN, BUFFERS, ISOLATORS, Buffer, Isolator
from board.errors import BoardError
from sim.model.current_loop import SENDERS

__all__ = ["BASE_RESISTOR", "PMOD", "STANDARD", "THRUS", "Choices", "Circuit", "Part", "describe", "supply_class"]

STANDARD = {loop.supply: (loop.source, loop.sink) for loop in SENDERS.values()}
"""Ohms of RA and RC by the sender's volts (CA-033 p. 2)."""

SUPPLY_TOLERANCE = {5.0: 0.10, 3.3: 0.05}
"""By how much a sender's supply may be off (CA-033 p. 2)."""

BASE_RESISTOR = 10e3
"""Ohms from a 6N138's base to ground, which let the charge in it go."""

PMOD = {"1": "MIDI_IN", "2": "MIDI_OUT", "3": "MIDI_THRU", "5": "GND", "6": "3V3"}
"""Pins of the FPGA's Pmod and their nets."""

PMOD_PINS = {"1": "4", "2": "2", "3": "47", "4": "45", "7": "3", "8": "48", "9": "46", "10": "44"}
"""Pins of the Pmod PMOD1A of an iCEBreaker and those of its FPGA; 5 and 11 are ground, 6 and 12 are 3.3 V."""

THRUS = ("fpga", "direct", "none")
"""Where THRU takes its line: the FPGA's third pin, straight from the isolator, or there is none."""


def supply_class(volts):
    """The supply of CA-033, 3.3 or 5 V, that ``volts`` are within the tolerance of.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If CA-033 has none.
    """
    for nominal, tolerance in SUPPLY_TOLERANCE.items():
        if abs(volts - nominal) <= tolerance * nominal + 1e-9:
            return nominal
    raise BoardError(
        f"Supply must be 3.3 V within 5 % or 5 V within 10 %, as CA-033 (p. 2) has no other, not {volts:g} V"
    )


@dataclass(frozen=True)
class Choices:
    """What may be chosen about the circuit.

    Parameters
    ----------
    isolator : :class:`Isolator`
        At IN.
    supply : :class:`float`
        Volts of the current loops of OUT and THRU.
    out : (:class:`float`, :class:`float`)
        Ohms of RA and RC, and of RE and RF; ``None`` for those of CA-033.
    pull_up : :class:`float`
        Ohms of RD; ``None`` for the isolator's own.
    buffer : :class:`Buffer`
        At OUT and THRU.
    pull_down : :class:`float`
        Ohms from a buffer's input to ground; ``None`` for none.
    thru : :class:`str`
        One of :data:`THRUS`.
    ferrites, shield : :class:`bool`
        Whether CA-033's optional ferrite beads, and its capacitor from IN's pin 2 to ground, are there.
    """

    isolator: Isolator = ISOLATORS["H11L1"]
    supply: float = 3.3
    out: tuple | None = None
    pull_up: float | None = None
    buffer: Buffer = BUFFERS["74LVC2G07"]
    pull_down: float | None = None
    thru: str = "fpga"
    ferrites: bool = False
    shield: bool = False

    def __post_init__(self):
        supply_class(self.supply)
        if self.thru not in THRUS:
            raise BoardError(f"Thru must be one of {', '.join(THRUS)}, not {self.thru!r}")
        if self.thru == "direct" and self.buffer.inverts:
            raise BoardError(
                f"Thru straight from the isolator must have a buffer that does not invert, not {self.buffer.name}: "
                "current would flow whenever the line is idle; take the FPGA's pin, or another buffer"
            )
        if self.pull_up is not None and self.isolator.pull_up is None:
            raise BoardError(f"{self.isolator.name} must have no pull-up, as its output drives both ways")
        for ohms in (*(self.out or ()), self.pull_up, self.pull_down):
            if ohms is not None and not 0 < ohms < float("inf"):
                raise BoardError(f"A resistor must have more than 0 ohm, not {ohms:g}; leave it out to have none")

    @property
    def resistors(self):
        """Ohms of RA and RC."""
        return self.out or STANDARD[supply_class(self.supply)]

    @property
    def pulled_up(self):
        """Ohms of RD; ``None`` for none."""
        return self.pull_up or self.isolator.pull_up


@dataclass(frozen=True)
class Part:
    """A part of the circuit.

    Parameters
    ----------
    reference, kind, value, rating : :class:`str`
        As a parts list has them.
    pins : :class:`dict`
        Pin to net; ``None`` for one that is left open.
    names : :class:`dict`
        Pin to what it is called.
    why : :class:`str`
        What the part is there for, with its source.
    substitutes : :class:`str`
        What may stand in its place.
    quantity : :class:`float`
        Ohms or farads.
    model : object
        The part of the catalogue.
    """

    reference: str
    kind: str
    value: str
    pins: dict
    why: str
    rating: str = ""
    names: dict = field(default_factory=dict)
    substitutes: str = ""
    quantity: float | None = None
    model: object = None

    def pin(self, name):
        """Numbers of the pins that are called ``name``."""
        return [pin for pin, called in self.names.items() if called == name]


@dataclass(frozen=True)
class Circuit:
    """Parts, and the choices that led to them."""

    choices: Choices
    parts: tuple

    def __getitem__(self, reference):
        return self.by_reference[reference]

    @cached_property
    def by_reference(self):
        """The parts by their reference."""
        return {part.reference: part for part in self.parts}

    @cached_property
    def nets(self):
        """Net to the set of ``(reference, pin)`` that it joins."""
        found = defaultdict(set)
        for part in self.parts:
            for pin, net in part.pins.items():
                if net:
                    found[net].add((part.reference, pin))
        return dict(found)


def ohms_text(ohms):
    """Ohms as a parts list has them."""
    return f"{ohms / 1000:g} k" if ohms >= 1000 else f"{ohms:g} ohm"


def _resistor(reference, ohms, nets, why, watts=0.25):
    return Part(
        reference,
        "resistor",
        ohms_text(ohms),
        dict(zip("12", nets, strict=True)),
        why,
        rating=f"{watts:g} W, 5 %",
        quantity=ohms,
        substitutes="the next value of the E24 series within 5 %, or a higher rating",
    )


def _capacitor(reference, one, other, why):
    return Part(
        reference,
        "capacitor",
        "0.1 uF",
        {"1": one, "2": other},
        why,
        rating="16 V, ceramic",
        quantity=100e-9,
        substitutes="any ceramic one from 47 nF to 220 nF",
    )


def _jack(reference, name, nets, why):
    names = {"1": "not used", "2": "shield", "3": "not used", "4": "source", "5": "sink"}
    return Part(
        reference,
        "jack",
        f"DIN 5 pins 180 degrees, MIDI {name}",
        {"1": None, "2": nets[2], "3": None, "4": nets[0], "5": nets[1]},
        why,
        rating="panel or board, female",
        names=names,
        substitutes="SWITCHCRAFT 57PC5F is CA-033's example (p. 3); a TRS jack by RP-054",
    )


def _at_jack(choices, side, pin, number):
    """The net inside a jack's pin, and the ferrite between the two if there is one."""
    jack = f"{side}{pin}"
    if not choices.ferrites:
        return jack, ()
    inside = f"{side}{pin}_INSIDE"
    bead = Part(
        f"FB{number}",
        "ferrite",
        "1 k at 100 MHz",
        {"1": jack, "2": inside},
        f"keeps radio off the cable (CA-033 p. 2 and 6, optional); as near pin {pin} as it goes",
        rating="nearly 0 ohm for direct current",
        substitutes="MMZ1608Y102BT is CA-033's example; a piece of wire",
    )
    return inside, (bead,)


def _input(choices):
    isolator = choices.isolator
    rail = "3V3" if isolator.supply == 3.3 else "5V"
    four, first = _at_jack(choices, "IN", 4, 3)
    five, second = _at_jack(choices, "IN", 5, 4)
    nets = {
        "anode": "LED_ANODE",
        "cathode": five,
        "output": "MIDI_IN",
        "ground": "GND",
        "supply": rail,
        "base": "BASE",
        "enable": rail,
    }
    numbers = {str(n): isolator.pins.get(str(n)) for n in range(1, isolator.count + 1)}
    yield _jack("J1", "IN", ("IN4", "IN5", "IN2"), "the cable from a sender's OUT or THRU")
    yield from (*first, *second)
    yield _resistor("R1", 220.0, (four, "LED_ANODE"), "RB: limits the LED's current together with the sender's two")
    yield Part(
        "D1",
        "diode",
        "1N4148",
        {"A": five, "K": "LED_ANODE"},
        "across the LED, the other way round: carries the current of a plug wired backwards (CA-033 p. 3)",
        rating="100 V, 200 mA",
        names={"A": "anode", "K": "cathode, the ring"},
        substitutes="1N914, which CA-033 names; any small fast silicon diode",
    )
    yield Part(
        "U1",
        "isolator",
        isolator.name,
        {pin: nets.get(function) for pin, function in numbers.items()},
        "keeps the two grounds apart (CA-033 p. 2); its output is low while current flows",
        rating=isolator.package,
        names={pin: function or "not connected" for pin, function in numbers.items()},
        substitutes=isolator.substitutes,
        model=isolator,
    )
    if choices.pulled_up:
        why = "RD: pulls the output up to the FPGA's 3.3 V, never to 5 V"
        yield _resistor("R2", choices.pulled_up, ("3V3", "MIDI_IN"), why)
    if "base" in isolator.pins.values():
        why = "lets the charge of the output transistor's base go, so that it turns off sooner"
        yield _resistor("R3", BASE_RESISTOR, ("BASE", "GND"), why)
    yield _capacitor("C1", rail, "GND", "next to U1: the current that its switching needs")
    if choices.shield:
        why = "the cable's shield to ground for radio, not for direct current (CA-033 p. 3 and 6, optional)"
        yield _capacitor("C4", "IN2", "GND", why)


def _output(choices, side, line, numbers):
    """OUT or THRU. ``numbers`` are those of jack, buffer, resistors, capacitor, ferrites and pull-down."""
    jack, chip, source, sink, capacitor, beads, down = numbers
    buffer, loop = choices.buffer, "3V3" if supply_class(choices.supply) == 3.3 else "5V"
    letters = ("RA", "RC") if side == "OUT" else ("RE", "RF")
    pulled = line if buffer is BARE_PIN else f"{side}_BUFFER"
    four, first = _at_jack(choices, side, 4, beads)
    five, second = _at_jack(choices, side, 5, beads + 1)
    standard = 0.5 if loop == "3V3" else 0.25
    yield _jack(f"J{jack}", side, (f"{side}4", f"{side}5", "GND"), "the cable to a receiver's IN; pin 2 is ground")
    yield from (*first, *second)
    why = f"{letters[0]}: limits the current, also when pin 4 touches ground"
    yield _resistor(f"R{source}", choices.resistors[0], (loop, four), why, standard)
    why = f"{letters[1]}: limits the current, also when pin 5 touches pin 4"
    yield _resistor(f"R{sink}", choices.resistors[1], (five, pulled), why)
    if choices.pull_down:
        why = "holds the buffer's input low while the FPGA configures itself and pulls its pins up"
        yield _resistor(f"R{down}", choices.pull_down, (line, "GND"), why)
    if buffer is BARE_PIN:
        return
    nets = {"input": line, "output": pulled, "ground": "GND", "supply": "3V3"}
    numbers = {str(n): buffer.pins.get(str(n)) for n in range(1, int(buffer.package.rpartition("-")[2]) + 1)}
    yield Part(
        f"U{chip}",
        "buffer",
        buffer.name,
        {pin: nets.get(function) for pin, function in numbers.items()},
        "pulls the loop to ground for a 0 and leaves it alone for a 1; an FPGA's pin would not stand a short circuit",
        rating=f"{buffer.package}, on an adapter",
        names={pin: function or "not connected" for pin, function in numbers.items()},
        substitutes=buffer.substitutes,
        model=buffer,
    )
    if "supply" in buffer.pins.values():
        yield _capacitor(f"C{capacitor}", "3V3", "GND", f"next to U{chip}: the current that its switching needs")


def _feeds(used):
    pins = {pin: net for pin, net in PMOD.items() if net in used}
    yield Part(
        "J4",
        "header",
        "Pmod, upper row",
        {str(n): pins.get(str(n)) for n in range(1, 7)},
        "to the FPGA, and where ground and 3.3 V come from",
        rating="6 pins, 2.54 mm",
        names={str(n): PMOD.get(str(n), "not used") for n in range(1, 7)},
        substitutes="any five pins of a board with 3.3 V: name them on the command line",
    )
    if "5V" in used:
        yield Part(
            "J5",
            "header",
            "5 V",
            {"1": "5V", "2": "GND"},
            "5 V from elsewhere, as a Pmod has none",
            rating="2 pins",
            names={"1": "5V", "2": "GND"},
            substitutes="a pin of the board that carries USB's 5 V",
        )


def describe(choices=None):
    """The :class:`Circuit` of :class:`Choices`, by default an H11L1 and 3.3 V."""
    choices = choices or Choices()
    parts = [*_input(choices), *_output(choices, "OUT", "MIDI_OUT", (2, 2, 4, 5, 2, 1, 8))]
    if choices.thru != "none":
        line = "MIDI_THRU" if choices.thru == "fpga" else "MIDI_IN"
        parts += _output(choices, "THRU", line, (3, 3, 6, 7, 3, 5, 9))
    used = {net for part in parts for net in part.pins.values()}
    return Circuit(choices, (*parts, *_feeds(used)))
