"""The drawings of wiring.md: jacks, pins of the parts, the Pmod and the breadboard.

In the breadboard's picture each hole is a circle in the group ``holes``, each end of a part a circle whose title is
its reference and pin, and each wire a line of class ``jumper`` from end to end. A test reads these back and compares
what they join with the description.
"""

import xml.etree.ElementTree as ET
from math import cos, pi, sin

from board.circuit import breadboard
from board.circuit.catalogue import BUFFERS, ISOLATORS
from board.circuit.description import PMOD, PMOD_PINS
from docs.figure import Figure, number
from docs.wire_connector import JACK, PLUG

__all__ = ["breadboard_picture", "jacks", "packages", "place", "pmod"]

STYLE = """
.holes { fill: currentColor; opacity: 0.3; }
.board, .part { stroke: currentColor; stroke-width: 1; fill: #f3f1ea; }
.part { fill: #fff; }
.end { fill: currentColor; }
.jumper { fill: none; stroke-width: 2.5; stroke: #2f6db5; stroke-linejoin: round; stroke-linecap: round; }
.jumper.supply { stroke: #c2410c; } .jumper.ground { stroke: #6b7280; }
.tiny { font-size: 9px; }
@media (prefers-color-scheme: dark) {
  .board { fill: #22252b; } .part { fill: #16181c; }
  .jumper { stroke: #5b9be6; } .jumper.supply { stroke: #fb923c; } .jumper.ground { stroke: #9ca3af; }
}
"""

WHERE = {
    "J1": {"4": "R1", "5": "U1 pin 2", "2": "open"},
    "J2": {"4": "R4", "5": "R5", "2": "ground"},
    "J3": {"4": "R6", "5": "R7", "2": "ground"},
}
"""Where the contacts of each jack lead."""


def _figure(width, height, title, description):
    figure = Figure(width, height, title, description)
    figure.root.find("style").text += STYLE
    return figure


def _jack(figure, middle, y, order, where):
    """A jack from one side: the notch up, each contact with its number and where it leads."""
    figure.circle(middle, y, 76)
    figure.box(middle - 9, y - 80, 18, 14, "back")
    figure.path((middle - 9, y - 75), (middle - 9, y - 66), (middle + 9, y - 66), (middle + 9, y - 75))
    for n, pin in enumerate(order):
        angle = pi - n * pi / 4
        across, down = cos(angle), sin(angle)
        figure.circle(middle + 54 * across, y + 54 * down, 6, "dot" if order == PLUG else "box")
        figure.text(str(pin), middle + 34 * across, y + 34 * down + 5, "title", "middle")
        anchor = ("end", "end", "middle", "start", "start")[n]
        figure.text(where.get(str(pin), ""), middle + 88 * across, y + 88 * down + 8, "small", anchor)


def jacks():
    """Each jack from the back, where one solders, and from the front."""
    figure = _figure(
        920,
        500,
        "The jacks, notch up: where each contact leads",
        f"From the back the contacts are {', '.join(map(str, PLUG))} from left to right, looking into the jack "
        f"{', '.join(map(str, JACK))}. At IN 4 leads to R1 and 5 to the isolator; at OUT and THRU 4 and 5 to their "
        "resistors and 2 to ground.",
    )
    for row, (order, seen) in enumerate(((PLUG, "solder side"), (JACK, "front"))):
        y = 130 + 225 * row
        for middle, jack, name in ((170, "J1", "IN"), (465, "J2", "OUT"), (760, "J3", "THRU")):
            _jack(figure, middle, y, order, WHERE[jack])
            figure.text(f"{jack} MIDI {name}, {seen}", middle, y + 118, anchor="middle")
    return figure.svg()


def _package(figure, x, y, part, names):
    """A package from above, notch to the left of pin 1 and up, with the name of each pin."""
    count = int(part.package.rpartition("-")[2])
    half = (count + 1) // 2
    height = 24 * half + 12
    figure.text(f"{part.name}, {part.package}", x + 45, y - 10, anchor="middle")
    figure.box(x, y, 90, height, "part")
    figure.circle(x + 26, y + 10, 3, "dot")
    for n in range(1, count + 1):
        left = n <= half
        # SOT-23-3 has its third lead in the middle of the other side, and 5 leads leave the middle one out.
        row = n - 1 if left else {3: 0.5, 5: (0, 2)[n % 2 == 0] if n > 3 else 0}.get(count, count - n)
        at = y + 18 + 24 * row
        edge, away = (x, -1) if left else (x + 90, 1)
        if part.name in LEFT_OUT and n == LEFT_OUT[part.name]:
            continue
        figure.path((edge, at), (edge + 10 * away, at))
        figure.text(str(n), edge - 8 * away, at + 4, "small", "start" if left else "end")
        figure.text(names.get(str(n), "open"), edge + 14 * away, at + 4, "small", "end" if left else "start")


LEFT_OUT = {"TLP2361": 2}
"""Leads that a package does not have."""


def packages():
    """Isolators and buffers from above."""
    figure = _figure(
        920,
        535,
        "Pins of the isolators and buffers, from above",
        "; ".join(
            f"{part.name}: {', '.join(f'{pin} {name}' for pin, name in part.pins.items())}"
            for part in [*ISOLATORS.values(), *BUFFERS.values()]
            if part.pins
        ),
    )
    shown = [*ISOLATORS.values(), *(part for part in BUFFERS.values() if part.pins)]
    for n, part in enumerate(shown):
        _package(figure, 80 + 225 * (n % 4), 80 + 175 * (n // 4), part, part.pins)
    return figure.svg()


def pmod():
    """The Pmod's two rows as one looks into the board's socket, with the FPGA's pins."""
    figure = _figure(
        760,
        250,
        "PMOD1A of an iCEBreaker, looking into its socket, the board's upper side up",
        "Upper row from left to right: 6 3.3 V, 5 ground, 4 FPGA 45, 3 FPGA 47 MIDI_THRU, 2 FPGA 2 MIDI_OUT, 1 FPGA 4 "
        "MIDI_IN. Lower row: 12 3.3 V, 11 ground, 10 FPGA 44, 9 FPGA 46, 8 FPGA 48, 7 FPGA 3.",
    )
    figure.box(110, 95, 6 * 90, 80, "part")
    for row, first in enumerate((6, 12)):
        for n in range(6):
            pin = str(first - n)
            x, y = 155 + 90 * n, 117 + 38 * row
            used = PMOD.get(pin)
            figure.box(x - 9, y - 9, 18, 18, "dot" if used else "box")
            figure.text(pin, x + 14, y + 5, "title")
            supply = {"5": "GND", "6": "3.3 V", "11": "GND", "12": "3.3 V"}.get(pin)
            figure.text(supply or f"FPGA {PMOD_PINS[pin]}", x, 87 if not row else 194, "small", "middle")
            if used and not supply:
                figure.text(used, x, 66, "small", "middle")
    figure.text("Filled: used here. Find pin 1 by the board's print; between 5 and 6 a meter shows 3.3 V.", 110, 228)
    return figure.svg()


PITCH = 15
LEFT = 20
ROWS = {row: 182 + PITCH * n for n, row in enumerate("jihgf")} | {row: 272 + PITCH * n for n, row in enumerate("edcba")}
RAILS = {"T+": 140, "T-": 155, "B+": 360, "B-": 375}


def place(hole):
    """Where a hole is in the picture."""
    row = hole[:2] if hole[:2] in RAILS else hole[0]
    return LEFT + PITCH * int(hole[len(row) :]), RAILS.get(row) or ROWS[row]


HEADERS = {
    "J1": ("bottom", 3, {"4": 3, "5": 12, "1": 6, "2": 7, "3": 8}),
    "J4": ("bottom", 26, {"1": 26, "2": 27, "3": 28, "4": 29, "5": 30, "6": 31}),
    "J2": ("top", 29, {"5": 31, "4": 34, "2": 36, "1": 32, "3": 33}),
    "J3": ("top", 51, {"5": 53, "4": 56, "2": 58, "1": 54, "3": 55}),
}
"""Where the pins of what stands beside the board are: the side, and pin to column."""

LANES = {("J4", "1"): 400, ("J4", "2"): 410, ("J4", "3"): 420, ("J4", "5"): 400, ("J4", "6"): 410}


def _beside(jack, pin):
    side, _, columns = HEADERS[jack]
    return LEFT + PITCH * columns[pin], (450 if side == "bottom" else 92)


def _end(figure, x, y, name):
    circle = ET.SubElement(figure.root, "circle", cx=number(x), cy=number(y), r="3.2", attrib={"class": "end"})
    ET.SubElement(circle, "title").text = name


def _wire(figure, points, kind, name):
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    line = ET.SubElement(figure.root, "polyline", points=places, attrib={"class": f"jumper {kind}".strip()})
    ET.SubElement(line, "title").text = name


def _kind(net):
    return {"GND": "ground", "3V3": "supply", "5V": "supply"}.get(net, "")


def _holes(figure):
    group = ET.SubElement(figure.root, "g", attrib={"class": "holes"})
    for column in range(1, breadboard.COLUMNS + 1):
        for row in (*RAILS, *ROWS):
            x, y = place(f"{row}{column}")
            ET.SubElement(group, "circle", cx=number(x), cy=number(y), r="1.8")


def _grid(figure):
    width = PITCH * (breadboard.COLUMNS + 1)
    figure.box(LEFT, 127, width, 262, "board")
    _holes(figure)
    for rail, y in RAILS.items():
        figure.text(rail[1], LEFT - 10, y + 5, "title", "middle")
    for row, y in ROWS.items():
        figure.text(row, LEFT - 10, y + 4, "small", "middle")
    for column in (1, *range(5, breadboard.COLUMNS, 5)):
        x, _ = place(f"a{column}")
        figure.text(str(column), x, 262, "tiny", "middle")


def _two(figure, part, pins):
    """A part with two ends: its leads, its body, and its name on it."""
    (one, start), (other, stop) = ((pin, place(hole)) for pin, hole in pins.items())
    figure.path(start, stop)
    middle, y = (start[0] + stop[0]) / 2, start[1]
    label = {"resistor": f"{part.reference} {part.value.split()[0]}"}.get(part.kind, part.reference)
    wide = min(abs(stop[0] - start[0]) - 10, 7 * len(label) + (22 if part.kind == "diode" else 6))
    if wide < 12:
        figure.circle(middle, y, 6, "part")
        figure.text(label, middle - 20, y - 8, "small", "middle")
    else:
        figure.box(middle - wide / 2, y - 6.5, wide, 13, "part")
        figure.text(label, middle, y + 4, "small", "middle")
    if part.kind == "diode":
        # The ring, on the side of the cathode.
        ring = middle + (wide / 2 - 4) * (1 if stop[0] > start[0] else -1)
        figure.path((ring, y - 6.5), (ring, y + 6.5), kind="limit")
    _end(figure, *start, f"{part.reference}.{one}")
    _end(figure, *stop, f"{part.reference}.{other}")


def _chip(figure, part, pins):
    corners = [place(hole) for hole in pins.values()]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    figure.box(left - 8, top + 5, right - left + 16, bottom - top - 10, "part")
    figure.path((left - 8, (top + bottom) / 2 - 4), (left - 3, (top + bottom) / 2), (left - 8, (top + bottom) / 2 + 4))
    figure.text(part.reference, (left + right) / 2 + 2, (top + bottom) / 2 + 4, "small", "middle")
    for pin, hole in pins.items():
        x, y = place(hole)
        _end(figure, x, y, f"{part.reference}.{pin}")
        if pin in ("1", str(len(pins))):
            figure.text(pin, x - 8, y + (13 if hole[0] == "e" else -6), "tiny", "middle")


def _beside_board(figure, circuit):
    for jack, (side, _, columns) in HEADERS.items():
        first, last = min(columns.values()), max(columns.values())
        y = 450 if side == "bottom" else 92
        top = y - 12 if side == "bottom" else y - 34
        figure.box(LEFT + PITCH * first - 14, top, PITCH * (last - first) + 28, 46, "part")
        name = circuit[jack].value.rpartition(", ")[2] if jack != "J4" else "Pmod"
        text_y = y + 29 if side == "bottom" else y - 23
        figure.text(f"{jack} {name}", LEFT + PITCH * (first + last) / 2, text_y, "small", "middle")
        for pin, column in columns.items():
            x = LEFT + PITCH * column
            figure.text(pin, x, y + 15 if side == "bottom" else y - 9, "small", "middle")
            _end(figure, x, y, f"{jack}.{pin}")


def breadboard_picture():
    """The breadboard with all parts and wires."""
    circuit = breadboard.default()
    figure = _figure(
        LEFT * 2 + PITCH * (breadboard.COLUMNS + 1),
        505,
        "The circuit on a breadboard",
        "; ".join(
            f"{reference} {', '.join(f'{pin} in {hole}' for pin, hole in pins.items())}"
            for reference, pins in breadboard.PLACES.items()
        ),
    )
    _grid(figure)
    nets = _nets(circuit)
    for name, (one, other) in breadboard.WIRES.items():
        _wire(figure, (place(one), place(other)), _kind(nets.get(one) or nets.get(other)), f"{name}: {one} to {other}")
    for (jack, pin), hole in breadboard.LEADS.items():
        (x, y), (at, down) = _beside(jack, pin), place(hole)
        lane = LANES.get((jack, pin), y)
        points = [(x, y), (x, lane), (at, lane), (at, down)] if x != at else [(x, y), (at, down)]
        _wire(figure, points, _kind(circuit[jack].pins[pin]), f"{jack} pin {pin} to {hole}")
    for reference, pins in breadboard.PLACES.items():
        draw = _chip if len(pins) > 2 else _two
        draw(figure, circuit[reference], pins)
    _beside_board(figure, circuit)
    return figure.svg()


def _nets(circuit):
    """Hole on a rail, or with an end in it, to its net; for the colour of a wire."""
    found = {f"{rail}{n}": {"+": "3V3", "-": "GND"}[rail[1]] for rail in RAILS for n in range(breadboard.COLUMNS + 1)}
    for reference, pins in breadboard.PLACES.items():
        found |= {hole: circuit[reference].pins[pin] for pin, hole in pins.items()}
    return found
