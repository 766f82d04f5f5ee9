"""The MIDI connector of a board: where it is, which way round, and what its lines do before there is a design.

A line is idle high: a high level is no current in the loop. What stands between a pin and its line may turn it over: an
optocoupler whose output is inverted, an inverting buffer or a transistor at OUT. Then the pin is *inverted*, and the
design sees and says the same as before.

**Before the design.** While an iCE40 configures itself, its pins float, each pulled up weakly: 11 to 128 uA at 3.3 V as
long as the pin is below 0.65 of the supply (*iCE40 LP/HX Family Data Sheet* DS1040 3.4, "Typical I/O Behavior During
Power-up" and "DC Electrical Characteristics"; *iCE40 UltraPlus Family Data Sheet* FPGA-DS-02008, sections 3.1.9 and
4.9; the same figures). An OUT or THRU that is not inverted is idle then, and no pull-down may be fitted. An inverted
one carries current until the design runs, unless a resistor from the pin to ground holds it low: one of
:data:`PULL_DOWN`, and :data:`PULL_DOWN_MAX` at most, at a buffer's input or the gate of a transistor, one of
:data:`PULL_DOWN_BASE` at the base of a bipolar transistor.
In reset a design's lines are high, so that no pin, of either polarity, carries current. (A direct thru has no reset: it
is what comes in.) :func:`carries_current` is all this as a function.
"""

import enum
import math
import re

from amaranth.build import Attrs, Pins, Resource, Subsignal
from amaranth.hdl import Shape

from board.errors import BoardError
from board.ice40 import PULL_UP

__all__ = [
    "PULL_DOWN",
    "PULL_DOWN_BASE",
    "PULL_DOWN_MAX",
    "Phase",
    "Place",
    "carries_current",
    "connectors",
    "find_pin",
    "lights",
    "midi_resource",
    "pin_volts",
    "places",
    "ports",
    "serial_port",
    "taken",
    "widths",
]

SUPPLY = 3.3
"""Supply of the pins, in volts."""

LOW, HIGH = 0.8, 2.0
"""Volts up to which a buffer's input with TTL's thresholds is low, and from which it is high."""

PULL_DOWN_MAX = LOW / PULL_UP[1]
"""Largest resistor in ohms that holds a pin low against its pull-up."""

PULL_DOWN = 4700
"""Ohms to fit at an inverted OUT or THRU: 0.60 V at most."""

PULL_DOWN_BASE = 2200
"""Ohms to fit where a bipolar transistor's base hangs at the pin: 0.28 V at most; 1.5 mA for the design to drive."""


class Phase(enum.Enum):
    """What the FPGA does."""

    CONFIGURATION = "while the FPGA configures itself"
    RESET = "in reset"


def pin_volts(pull_down=math.inf):
    """Lowest and highest volts of a pin while the FPGA configures itself, with so many ohms to ground."""
    if not pull_down > 0:
        raise ValueError(f"Pull-down must be a positive number of ohms, not {pull_down!r}")
    # Above 0.65 of the supply the pull-up gives less than it must; the data sheets do not say how much less.
    least = SUPPLY if math.isinf(pull_down) else min(PULL_UP[0] * pull_down, 0.65 * SUPPLY)
    return least, min(PULL_UP[1] * pull_down, SUPPLY)


def carries_current(phase, *, inverted, pull_down=math.inf):
    """Whether an OUT or THRU carries current, or may.

    Parameters
    ----------
    phase : :class:`Phase`
    inverted : :class:`bool`
        Whether a high pin is current.
    pull_down : :class:`float`
        Ohms from the pin to ground.
    """
    if phase is Phase.RESET:
        # The design holds its line high, and a driven pin is stronger than any of these resistors.
        return False
    lowest, highest = pin_volts(pull_down)
    return highest > LOW if inverted else lowest < HIGH


class Place:
    """A pin of the FPGA, and the connector's pin that it is led to.

    ``str()`` of it is what is printed: ``PMOD1A.3 (47)``.
    """

    def __init__(self, pin, name=""):
        self.pin = pin
        self.name = name

    def __str__(self):
        return f"{self.name} ({self.pin})" if self.name else self.pin


def widths(design):
    """Number of pins of each member of a design, by its name."""
    return {name: Shape.cast(member.shape).width for name, member in design.signature.members.items()}


def connectors(board, platform):
    """Pin of the FPGA by the name of each connector's pin, such as ``PMOD1A.3``."""
    wires = dict(wire for connector in platform.connectors.values() for wire in connector)
    found = {}
    for label, (name, number) in board.connectors.items():
        for connector_pin in platform.connectors[name, number].mapping:
            pin = f"{name}_{number}:{connector_pin}"
            # A connector may itself be plugged into another.
            while pin in wires:
                pin = wires[pin]
            found[f"{label}.{connector_pin}"] = pin
    return found


def taken(platform):
    """What each pin of the FPGA is wired to on the board itself, by pin."""
    found = {}
    for (name, _), resource in platform.resources.items():
        for pin in _pins(resource):
            found.setdefault(pin, next((text for start, text in WIRED.items() if name.startswith(start)), name))
    # A pin may have two names; the clock is what it is for.
    found |= dict.fromkeys(_pins(platform.lookup(platform.default_clk)), "clock")
    return found


WIRED = {
    "uart": "serial port",
    "led": "LED",
    "rgb_led": "LED",
    "display": "display",
    "spi_flash": "flash memory",
    "sram": "memory",
    "usb": "USB",
}
"""What people call what Amaranth calls so."""


def _pins(resource):
    for part in resource.ios:
        if isinstance(part, Subsignal):
            yield from _pins(part)
        else:
            yield from part.names


def find_pin(board, platform, text):
    """The :class:`Place` that a text names: a pin of the FPGA, or a connector and its pin as in ``PMOD1A.3``.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If nothing on the board is known to be at that pin.
    """
    led = connectors(board, platform)
    # ``pmod:1A:3`` is how some write it.
    *label, pin = re.split(r"[.:]", text.strip().upper())
    for name, ball in led.items():
        if (label and name.upper() == f"{''.join(label)}.{pin}") or (not label and ball.upper() == pin):
            return Place(ball, name)
    # A pin that is no connector's is in use on the board itself, or there is none of that name.
    if not label and pin in {wired.upper() for wired in taken(platform)}:
        return Place(pin)
    labels = ", ".join(f"{label}.1" for label in list(board.connectors)[:3])
    raise BoardError(
        f"Pin must be one that {board.title} leads to a connector, as the FPGA's pin or as connector and number "
        f"({labels}, ...), not {text!r}"
    )


def places(board, platform, members, chosen):
    """Where each member of a design lies on a board.

    Parameters
    ----------
    board : :class:`board.boards.Board`
    platform : Amaranth's platform of that board
    members : :class:`dict`
        Number of pins of each member, by its name.
    chosen : :class:`dict`
        For some members a list of texts, each of which names a pin; the others have the board's default.

    Returns
    -------
    :class:`dict`
        A list of :class:`Place` for each member. What the board's own serial port, LEDs and display serve is left out.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If a pin does not exist, is given twice, or is in use, or if there are too few.
    """
    for name in chosen:
        if name not in members:
            raise BoardError(
                f"Pins must be for one of {', '.join(members)}, not for {name}: this design has no such line"
            )
    found, users = {}, {}
    wired = taken(platform)
    for name, count in members.items():
        texts = chosen.get(name) or default_pins(board, name, count)
        if texts is None:
            continue
        if len(texts) != count:
            raise BoardError(f"{name} must have {count} {'pin' if count == 1 else 'pins'}, not {len(texts)}")
        found[name] = [find_pin(board, platform, text) for text in texts]
        for place in found[name]:
            if place.pin in wired:
                raise BoardError(
                    f"{name} must have a pin that is free on {board.title}, not {place}: that is its {wired[place.pin]}"
                )
            if place.pin in users:
                raise BoardError(f"{name} must have a pin of its own, not {place}, which {users[place.pin]} has")
            users[place.pin] = name
    return found


def serial_port(platform):
    """The :class:`Place` of each line of the board's own serial port."""
    lines = {part.name: part.ios[0].names[0] for part in platform.lookup("uart", 0).ios}
    names = {"host_rx": "rx", "host_tx": "tx", **HANDSHAKE}
    return {name: Place(lines[line]) for name, line in names.items() if line in lines}


def lights(board, platform):
    """The :class:`Place` of each of a board's lights, the most important first."""
    return [Place(platform.lookup("led", number).ios[0].names[0], name) for number, name in enumerate(board.lights)]


def default_pins(board, name, count):
    """Texts of a board's default pins for a member of a design, or None if the board itself has what it needs."""
    if name == "outs":
        if count > len(board.outs):
            raise BoardError(
                f"{board.title} has places for {len(board.outs)} outputs, not {count}; name them: --out-pins"
            )
        return list(board.outs[:count])
    text = getattr(board, PLACE_OF.get(name, name), "")
    return [text] if text else None


PLACE_OF = {"audio": "midi_out"}
"""Members whose default place is that of another, which no design has beside them."""


def midi_resource(*, midi_in, midi_out="", midi_thru="", outs=(), inverted=()):
    """The MIDI connector as an Amaranth resource, ``midi`` 0.

    Parameters
    ----------
    midi_in, midi_out, midi_thru : :class:`str`
        Pins of the FPGA; the subsignals are ``in``, ``out`` and ``thru``. Empty: there is none.
    outs : collection of :class:`str`
        Pins of many outputs, the subsignal ``outs``.
    inverted : collection of :class:`str`
        Those of ``midi_in``, ``midi_out``, ``midi_thru`` and ``outs`` whose pins are inverted. OUT and THRU need a
        pull-down then; see :data:`PULL_DOWN`.
    """
    parts = []
    if midi_in:
        # An IN to which nothing is connected is idle. An inverted one cannot be, for want of pull-downs in an iCE40.
        pull = {} if "midi_in" in inverted else {"PULLUP": 1}
        parts.append(_line("in", midi_in, "i", "midi_in" in inverted, **pull))
    for name, pins in (("midi_out", midi_out), ("midi_thru", midi_thru), ("outs", " ".join(outs))):
        if pins:
            parts.append(_line(name.removeprefix("midi_"), pins, "o", name in inverted))
    return Resource("midi", 0, *parts)


def _line(name, pins, direction, inverted, **attributes):
    return Subsignal(name, Pins(pins, dir=direction, invert=inverted), Attrs(IO_STANDARD="SB_LVCMOS", **attributes))


HANDSHAKE = {"host_cts": "rts", "host_rts": "cts"}
"""Lines by which host and board hold each other back, and the host's own names for them. Their pins are low-active."""


def ports(board, platform, members, where, inverted=()):
    """The ports of a platform for each member of a design, as :class:`board.top.Top` takes them.

    Parameters
    ----------
    members : :class:`dict`
        Number of pins of each member, by its name.
    where : :class:`dict`
        What :func:`places` returned.
    inverted : collection of :class:`str`
        Members whose pins are inverted.
    """
    for name in inverted:
        if name not in members or name == "leds":
            lines = ", ".join(member for member in members if member != "leds")
            raise BoardError(f"Inverted must be among {lines}, not {name!r}")
    found = {}
    pins = {name: " ".join(place.pin for place in some) for name, some in where.items()}

    midi = {name: pins[name] for name in ("midi_in", "midi_out", "midi_thru") if name in pins}
    if "outs" in pins:
        midi["outs"] = pins["outs"].split()
    if midi:
        midi.setdefault("midi_in", "")
        platform.add_resources([midi_resource(**midi, inverted=inverted)])
        group = platform.request("midi", 0, dir="-")
        found |= {name: getattr(group, name.removeprefix("midi_")) for name, text in midi.items() if text}

    if "audio" in pins:
        parts = Pins(pins["audio"], dir="o", invert="audio" in inverted), Attrs(IO_STANDARD="SB_LVCMOS")
        platform.add_resources([Resource("audio", 0, *parts)])
        found["audio"] = platform.request("audio", 0, dir="-")

    host = [name for name in members if name.startswith("host_")]
    if any(name in pins for name in host):
        lines = [
            _line(name.removeprefix("host_"), pins[name], direction, name in HANDSHAKE, **pull)
            for name, direction, pull in (
                ("host_rx", "i", {"PULLUP": 1}),
                ("host_tx", "o", {}),
                ("host_cts", "i", {"PULLUP": 1}),
                ("host_rts", "o", {}),
            )
            if name in pins
        ]
        platform.add_resources([Resource("host", 0, *lines)])
        group = platform.request("host", 0, dir="-")
        found |= {name: getattr(group, name.removeprefix("host_")) for name in host if name in pins}
    elif host:
        uart = platform.request("uart", 0, dir="-")
        found |= {"host_rx": uart.rx, "host_tx": uart.tx}
        found |= {name: ~getattr(uart, line) for name, line in HANDSHAKE.items() if hasattr(uart, line)}
    found |= {name: ~found[name] for name in inverted if name in host and name in found}
    if missing := [name for name in ("host_rx", "host_tx") if name in host and name not in found]:
        raise BoardError(f"{' and '.join(missing)} must have a pin, too: both or neither")

    if "leds" in members and (lit := _leds(platform)):
        found["leds"] = _joined(lit[: members["leds"]])
    if "digits" in members and ("display_7seg", 1) in platform.resources:
        digits = [platform.request("display_7seg", number, dir="-") for number in (0, 1)]
        found["digits"] = _joined([getattr(digit, segment) for digit in digits for segment in "abcdefg"])
    return {name: port for name, port in found.items() if name in members}


def _leds(platform):
    """The ports of a board's LEDs, in their order."""
    lit = []
    while ("led", len(lit)) in platform.resources:
        lit.append(platform.request("led", len(lit), dir="-"))
    return lit


def _joined(ports):
    port, *others = ports
    for other in others:
        port += other
    return port
