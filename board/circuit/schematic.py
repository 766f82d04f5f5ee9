"""The schematic, drawn with schemdraw from the description.

Each part stands where a table here puts it; which pins are joined is drawn from the description's nets by hand-laid
lines, and a test reads the lines back and compares.
"""

import re
from itertools import pairwise

from board.circuit.catalogue import BARE_PIN
from board.circuit.description import supply_class
from board.circuit.wires import junctions
from board.errors import BoardError

try:
    import schemdraw
    from schemdraw import elements
except ImportError:
    # Who asks for no schematic needs none.
    schemdraw = None

__all__ = ["INK", "SCALE", "Sheet", "schematic", "sheet"]

INK = "#010203"
"""Colour by which wires are known in schemdraw's SVG; it does not reach the file."""

SCALE = 36.0
"""Units of the SVG for one of the drawing."""

STYLE = """
svg { background: #fff; color: #333; }
text { fill: currentColor; font-family: system-ui, sans-serif; }
.wire, .part { stroke: currentColor; stroke-width: 1.6; fill: none; stroke-linecap: round; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) { svg { background: #16181c; color: #ddd; } }
"""


class Sheet:
    """A drawing, and where its pins, lines and labels are."""

    def __init__(self):
        if schemdraw is None:
            raise BoardError("A schematic needs schemdraw, which is not installed: pip install schemdraw")
        schemdraw.use("svg")
        schemdraw.svgconfig.text = "text"
        self.drawing = schemdraw.Drawing(show=False, fontsize=11, unit=2.5, lw=1.6)
        self.pins, self.lines, self.labels = {}, [], []

    def two(self, part, start, end, ends=("1", "2"), side="top"):
        """A part with two ends, from ``start`` to ``end``."""
        start, end = (tuple(round(each, 3) for each in point) for point in (start, end))
        kinds = {"resistor": "Resistor", "capacitor": "Capacitor", "diode": "Diode", "ferrite": "Inductor2"}
        element = getattr(elements, kinds[part.kind])().at(start).to(end)
        self.drawing += element.label(f"{part.reference}\n{part.value}", loc=side, ofst=0.15)
        self.pins[part.reference, ends[0]], self.pins[part.reference, ends[1]] = start, end

    def box(self, part, at, sides, *, width=2.8, spacing=1.4, label=None):
        """A part with many pins: ``sides`` has, for left, right, top and bottom, its pins from the top or left."""
        pins = []
        for side, numbers in sides.items():
            for n, number in enumerate(numbers):
                slot = n + 1 if side in "TB" else len(numbers) - n
                shown = {"anode": "A", "cathode": "K", "not connected": "NC"}.get(part.names[number])
                shown = shown or part.names[number]
                pins.append(
                    elements.IcPin(
                        name=shown, pin=number, side=side, slot=f"{slot}/{len(numbers)}", anchorname=f"p{number}"
                    )
                )
        height = spacing * max(len(numbers) for side, numbers in sides.items() if side in "LR") + 0.2
        element = elements.Ic(pins=pins, size=(width, height), lsize=11, lofst=0.1, plblsize=10, pinspacing=spacing)
        element = (
            element.theta(0).at(at).anchor("center").label(label or f"{part.reference}  {part.value}", "top", ofst=0.35)
        )
        placed = self.drawing.add(element)
        for numbers in sides.values():
            for number in numbers:
                x, y = placed.absanchors[f"p{number}"]
                self.pins[part.reference, number] = (round(x, 3), round(y, 3))

    def at(self, reference, pin):
        """Where a pin is."""
        return self.pins[reference, pin]

    def wire(self, *points):
        """A line through points."""
        points = [(round(x, 3), round(y, 3)) for x, y in points]
        for one, other in pairwise(points):
            if one != other:
                self.drawing += elements.Line(color=INK).at(one).to(other)
                self.lines.append((one, other))

    def power(self, net, at):
        """A supply or ground symbol."""
        if net == "GND":
            self.drawing += elements.Ground().theta(0).at(at)
        else:
            self.drawing += elements.Vdd().theta(0).at(at).label(net, "top")
        self.labels.append((net, at))

    def name(self, net, at, side):
        """A net's name at the end of a line."""
        tag = elements.Tag(width=0.7 + 0.23 * len(net)).at(at).label(net)
        self.drawing += tag.theta(0 if side == "right" else 180)
        self.labels.append((net, at))

    def _size(self):
        """The attributes of the SVG's size: from where things are, as no two machines agree on how wide a text is."""
        places = [*self.pins.values(), *(point for line in self.lines for point in line)]
        places += [at for _, at in self.labels]
        across, up = ([place[n] for place in places] for n in (0, 1))
        # Names stand before the first pins, and so do the boxes round the place 0.
        left, top = SCALE * min(min(across) - 3.2, -2.2), -SCALE * (max(up) + 1)
        width, height = SCALE * (max(across) + 2.7) - left, SCALE * (1.2 - min(up)) - top
        return f'viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" width="{width:.0f}" role="img"'

    def svg(self, title):
        """The drawing as SVG, equal each time, with a dark side."""
        for point in junctions(list(self.pins.values()), self.lines):
            self.drawing += elements.Dot(radius=0.07).at(point)
        text = self.drawing.get_imagedata("svg").decode()
        text = re.sub(r"-?\d+\.\d+(?:e-?\d+)?", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), text)
        text = re.sub(rf'style="stroke:{INK};[^"]*"', 'class="wire"', text)
        text = re.sub(r'style="stroke:black;fill:none;[^"]*"', 'class="part"', text).replace("black", "currentColor")
        size = self._size()
        text = re.sub(r'height="[^"]*" width="[^"]*" viewBox="[^"]*"', size, text, count=1)
        head = f"<title>{title}</title><desc>{title}: every part with its reference, value and pins.</desc>"
        return re.sub(r"(<svg[^>]*>)", rf"\1{head}<style>{STYLE}</style>", text, count=1).rstrip() + "\n"


def _bead(drawing, circuit, jack, start, end):
    """A ferrite from ``start`` to ``end``, or a piece of wire where there is none."""
    for part in circuit.parts:
        if part.kind == "ferrite" and part.pins["1"] == jack:
            drawing.two(part, start, end, side="top" if jack.endswith("4") else "bottom")
            return
    drawing.wire(start, end)


def _input(drawing, circuit, y):
    isolator, jack = circuit["U1"], circuit["J1"]
    drawing.box(jack, (0, y), {"R": ["4", "2", "5"]}, label="J1  MIDI IN")
    four, two, five = (drawing.at("J1", pin) for pin in "425")
    right = [pin for pin in ("8", "7", "6", "5", "4") if pin in isolator.model.pins and pin not in "123"]
    order = {"supply": 0, "base": 1, "enable": 1, "output": 2, "ground": 3}
    right.sort(key=lambda pin: order[isolator.names[pin]])
    left = [*isolator.pin("anode"), *isolator.pin("cathode")]
    drawing.box(isolator, (12, y), {"L": left, "R": right}, width=3.6, spacing=1.6)
    anode, cathode = drawing.at("U1", left[0]), drawing.at("U1", left[1])
    top, bottom = (four[0] + 2.5, y + 1.8), (five[0] + 2.5, y - 1.8)
    drawing.wire(four, (four[0] + 0.4, four[1]), (four[0] + 0.4, top[1]))
    drawing.wire(five, (five[0] + 0.4, five[1]), (five[0] + 0.4, bottom[1]))
    _bead(drawing, circuit, "IN4", (four[0] + 0.4, top[1]), top)
    _bead(drawing, circuit, "IN5", (five[0] + 0.4, bottom[1]), bottom)
    after = (top[0] + 2.5, top[1])
    drawing.two(circuit["R1"], top, after)
    drawing.two(circuit["D1"], (after[0] + 0.8, bottom[1]), (after[0] + 0.8, top[1]), ends=("A", "K"), side="bottom")
    drawing.wire(after, (after[0] + 0.8, top[1]), (anode[0] - 0.4, top[1]), (anode[0] - 0.4, anode[1]), anode)
    corner = (after[0] + 0.8, bottom[1])
    drawing.wire(bottom, corner, (cathode[0] - 0.4, bottom[1]), (cathode[0] - 0.4, cathode[1]), cathode)
    if "C4" in circuit.by_reference:
        drawing.wire(two, (two[0] + 1, two[1]))
        drawing.two(circuit["C4"], (two[0] + 1, two[1]), (two[0] + 3.5, two[1]))
        drawing.wire((two[0] + 3.5, two[1]), (two[0] + 3.5, two[1] - 0.4))
        drawing.power("GND", (two[0] + 3.5, two[1] - 0.4))
    _input_right(drawing, circuit, y)


def _input_right(drawing, circuit, y):
    isolator = circuit["U1"]
    place = {isolator.names[pin]: drawing.at("U1", pin) for pin in isolator.names if ("U1", pin) in drawing.pins}
    supply, output, ground = place["supply"], place["output"], place["ground"]
    rail = isolator.pins[isolator.pin("supply")[0]]
    x = supply[0] + 0.5
    drawing.wire(supply, (x, supply[1]), (x, y + 3.4))
    drawing.power(rail, (x, y + 3.4))
    drawing.wire(ground, (x, ground[1]), (x, y - 3.6))
    drawing.power("GND", (x, y - 3.6))
    if "enable" in place:
        drawing.wire(place["enable"], (x, place["enable"][1]), (x, supply[1]))
    if "R3" in circuit.by_reference:
        base = place["base"]
        drawing.wire(base, (x + 4.6, base[1]), (x + 4.6, output[1] - 0.6))
        drawing.two(circuit["R3"], (x + 4.6, output[1] - 0.6), (x + 4.6, y - 3.6), side="bottom")
        drawing.power("GND", (x + 4.6, y - 3.6))
    drawing.wire(output, (x + 2, output[1]), (x + 6.4, output[1]))
    drawing.name("MIDI_IN", (x + 6.4, output[1]), "right")
    if "R2" in circuit.by_reference:
        above = y + 3.4
        drawing.two(circuit["R2"], (x + 2, above), (x + 2, max(output[1] + 0.6, above - 2.5)), side="bottom")
        drawing.wire((x + 2, max(output[1] + 0.6, above - 2.5)), (x + 2, output[1]))
        drawing.power("3V3", (x + 2, above))
    _decoupling(drawing, circuit["C1"], (x + 9.6, y))


def _decoupling(drawing, part, at):
    x, y = at
    drawing.two(part, (x, y + 1.25), (x, y - 1.25), side="bottom")
    drawing.power(part.pins["1"], (x, y + 1.25))
    drawing.power("GND", (x, y - 1.25))


def _output(drawing, circuit, name, y, numbers):
    side, line = name
    jack, chip, source, sink, capacitor, down = numbers
    loop = "3V3" if supply_class(circuit.choices.supply) == 3.3 else "5V"
    drawing.box(circuit[f"J{jack}"], (16, y), {"L": ["4", "2", "5"]}, label=f"J{jack}  MIDI {side}")
    four, two, five = (drawing.at(f"J{jack}", pin) for pin in "425")
    upper, lower = y + 1.8, y - 1.8
    drawing.power(loop, (8.6, upper + 0.5))
    drawing.wire((8.6, upper + 0.5), (8.6, upper), (8.9, upper))
    drawing.two(circuit[f"R{source}"], (8.9, upper), (11.4, upper))
    drawing.two(circuit[f"R{sink}"], (11.4, lower), (8.9, lower), side="bottom")
    _bead(drawing, circuit, f"{side}4", (four[0] - 0.4, upper), (11.4, upper))
    _bead(drawing, circuit, f"{side}5", (five[0] - 0.4, lower), (11.4, lower))
    drawing.wire((four[0] - 0.4, upper), (four[0] - 0.4, four[1]), four)
    drawing.wire((five[0] - 0.4, lower), (five[0] - 0.4, five[1]), five)
    drawing.wire(two, (two[0] - 1.1, two[1]), (two[0] - 1.1, two[1] - 0.5))
    drawing.power("GND", (two[0] - 1.1, two[1] - 0.5))
    if circuit.choices.buffer is BARE_PIN:
        drawing.wire((8.9, lower), (2, lower))
        drawing.name(line, (2, lower), "left")
        return
    part = circuit[f"U{chip}"]
    sides = {"L": part.pin("input"), "R": part.pin("output"), "B": part.pin("ground")}
    if part.pin("supply"):
        sides["T"] = part.pin("supply")
    drawing.box(part, (4.4, lower), sides, width=3.2, label=" ")
    drawing.drawing += (
        elements.Label().theta(0).at((6.3, lower + 2.1)).label(f"{part.reference}  {part.value}", "right")
    )
    if part.pin("supply"):
        drawing.power("3V3", drawing.at(part.reference, part.pin("supply")[0]))
        _decoupling(drawing, circuit[f"C{capacitor}"], (21, y))
    drawing.power("GND", drawing.at(part.reference, part.pin("ground")[0]))
    inputs = [drawing.at(part.reference, pin) for pin in part.pin("input")]
    outputs = [drawing.at(part.reference, pin) for pin in part.pin("output")]
    _together(drawing, outputs, outputs[0][0] + 0.4, (8.9, lower))
    start = (inputs[0][0] - 1.8, lower)
    _together(drawing, inputs, inputs[0][0] - 0.4, start)
    drawing.name(line, start, "left")
    if f"R{down}" in circuit.by_reference:
        at = (inputs[0][0] - 1.1, lower)
        drawing.two(circuit[f"R{down}"], at, (at[0], lower - 2.5), side="bottom")
        drawing.power("GND", (at[0], lower - 2.5))


def _together(drawing, pins, x, end):
    """Lines from several pins to a column at ``x``, and from there to ``end``."""
    for pin in pins:
        drawing.wire(pin, (x, pin[1]), (x, end[1]))
    drawing.wire((x, end[1]), end)


def _headers(drawing, circuit, y):
    part = circuit["J4"]
    pins = [pin for pin, net in part.pins.items() if net]
    drawing.box(part, (0, y), {"R": pins}, width=3.4, spacing=0.9, label="J4  Pmod")
    for pin in pins:
        x, height = drawing.at("J4", pin)
        drawing.wire((x, height), (x + 0.8, height))
        drawing.name(part.pins[pin], (x + 0.8, height), "right")
    if "J5" in circuit.by_reference:
        drawing.box(circuit["J5"], (8, y), {"R": ["1", "2"]}, width=2, spacing=0.9, label="J5  5 V")
        for pin in "12":
            x, height = drawing.at("J5", pin)
            drawing.wire((x, height), (x + 0.8, height))
            drawing.name(circuit["J5"].pins[pin], (x + 0.8, height), "right")


def sheet(circuit):
    """The :class:`Sheet` of a circuit: IN, OUT, THRU and what leads to the FPGA, one below the other."""
    drawing = Sheet()
    _input(drawing, circuit, 0)
    _output(drawing, circuit, ("OUT", "MIDI_OUT"), -10.5, (2, 2, 4, 5, 2, 8))
    bottom = -19
    if "J3" in circuit.by_reference:
        line = "MIDI_THRU" if circuit.choices.thru == "fpga" else "MIDI_IN"
        _output(drawing, circuit, ("THRU", line), -20, (3, 3, 6, 7, 3, 9))
        bottom = -28.5
    _headers(drawing, circuit, bottom)
    return drawing


def schematic(circuit):
    """The schematic of a circuit as SVG."""
    choices = circuit.choices
    source, sink = choices.resistors
    title = f"MIDI interface with {choices.isolator.name} at IN; {source:g} and {sink:g} ohm at {choices.supply:g} V"
    return sheet(circuit).svg(title)
