"""Makes the figures of wire.md, and the tables in it that are computed: ``python -m docs.wire``.

Everything that is drawn or tabled comes out of the model that the page describes. A table stands in the page between
``<!-- name:begin -->`` and ``<!-- name:end -->``; what is between these is made anew, and all else is left alone.
"""

import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from math import cos, pi, sin
from pathlib import Path

from docs import page
from docs.page import table
from sim.model.chain import Chain, chain, lasting_hops
from sim.model.current_loop import SENDERS, TOLERANCE, TYPICAL_LED, WORST_LED
from sim.model.edges import BAUD, Clock, frame_edges, frames, level_at
from sim.model.line import line
from sim.model.optocoupler import PARTS, optocoupler

__all__ = ["FIGURES", "PAGE", "TABLES", "made", "main", "refreshed"]

DOCS = Path(__file__).parent
PAGE = DOCS / "wire.md"

BIT = 1 / BAUD
BIT_US = 1e6 / BAUD

BOTH_ENDS = 0.02
"""Rate error of a sender and a receiver that are each off by the 1 % that is allowed, in opposite directions."""

BUFFER_LOW = 0.4
"""Volts at the output of an ordinary logic gate that sinks some milliamperes, at most: an example."""

STYLE = """
svg { font-family: system-ui, sans-serif; background: #fff; color: #333; }
text { fill: currentColor; font-size: 13px; }
.title { font-size: 15px; font-weight: 600; }
.small { font-size: 11px; }
.wire, .box, .axis { stroke: currentColor; stroke-width: 1.5; fill: none; }
.dot { fill: currentColor; }
.axis { stroke-width: 1; }
.faint { stroke: currentColor; stroke-width: 1; stroke-dasharray: 3 4; fill: none; opacity: 0.5; }
.device { stroke: currentColor; stroke-width: 1; fill: none; opacity: 0.6; }
.flow { stroke: #c2410c; stroke-width: 2.5; fill: none; }
.flowing { fill: #c2410c; }
.line { stroke: #2f6db5; stroke-width: 2; fill: none; }
.bar, .sample { fill: #2f6db5; }
.limit { stroke: currentColor; stroke-width: 3; }
.back { fill: #fff; }
@media (prefers-color-scheme: dark) {
  svg { background: #16181c; color: #ddd; }
  .flow { stroke: #fb923c; } .flowing { fill: #fb923c; }
  .line { stroke: #5b9be6; } .bar, .sample { fill: #5b9be6; }
  .back { fill: #16181c; }
}
"""


def number(value, digits=2):
    """A number without zeros at its end."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def milliamperes(amperes):
    return f"{amperes * 1e3:.2f} mA"


class Figure:
    """A drawing in SVG, with a title and a description for those who do not see it."""

    def __init__(self, width, height, title, description):
        self.root = ET.Element(
            "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", width=str(width), role="img"
        )
        ET.SubElement(self.root, "title").text = title
        ET.SubElement(self.root, "desc").text = description
        ET.SubElement(self.root, "style").text = STYLE
        self.text(title, 20, 26, "title")

    def text(self, text, x, y, kind="", anchor="start"):
        attributes = {"x": number(x), "y": number(y)}
        if kind:
            attributes["class"] = kind
        if anchor != "start":
            attributes["text-anchor"] = anchor
        ET.SubElement(self.root, "text", attributes).text = text

    def path(self, *points, kind="wire"):
        """A line through points."""
        places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        ET.SubElement(self.root, "polyline", {"points": places, "class": kind})

    def box(self, x, y, width, height, kind="box"):
        values = {"x": x, "y": y, "width": width, "height": height}
        ET.SubElement(self.root, "rect", {**{k: number(v) for k, v in values.items()}, "class": kind})

    def circle(self, x, y, radius, kind="box"):
        values = {"cx": x, "cy": y, "r": radius}
        ET.SubElement(self.root, "circle", {**{k: number(v) for k, v in values.items()}, "class": kind})

    def polygon(self, *points, kind="box"):
        places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        ET.SubElement(self.root, "polygon", {"points": places, "class": kind})

    def svg(self):
        ET.indent(self.root, "")
        return ET.tostring(self.root, encoding="unicode") + "\n"


# Left to right with the notch up.
PLUG = (1, 4, 2, 5, 3)
JACK = tuple(reversed(PLUG))
CARRIES = {1: "nothing", 2: "shield", 3: "nothing", 4: "source", 5: "sink"}


def connector():
    """The plug and the jack, each as one looks at it."""
    figure = Figure(
        760,
        335,
        "The same five pins, seen from the two sides",
        f"With the notch up, the pins of a plug are {', '.join(map(str, PLUG))} from left to right, and the holes of "
        f"a jack {', '.join(map(str, JACK))}.",
    )
    for middle, order, kind, what in (
        (190, PLUG, "dot", "the plug, looking at its pins"),
        (570, JACK, "box", "the jack, looking into it"),
    ):
        y = 155
        figure.circle(middle, y, 95)
        figure.box(middle - 10, y - 99, 20, 16, "back")
        figure.path((middle - 10, y - 94), (middle - 10, y - 83), (middle + 10, y - 83), (middle + 10, y - 94))
        for n, pin in enumerate(order):
            angle = pi - n * pi / 4
            across, down = cos(angle), sin(angle)
            figure.circle(middle + 68 * across, y + 68 * down, 7, kind)
            figure.text(str(pin), middle + 46 * across, y + 46 * down + 5, "title", "middle")
            anchor = ("end", "end", "middle", "start", "start")[n]
            figure.text(CARRIES[pin], middle + 108 * across, y + 108 * down + 5, "small", anchor)
        figure.text(what, middle, y + 145, anchor="middle")
        figure.text(" ".join(map(str, order)), middle, y + 165, "title", "middle")
    return figure.svg()


def _resistor(figure, x, y, text, kind):
    figure.path((x, y), (x + 10, y), kind=kind)
    figure.box(x + 10, y - 8, 60, 16, "wire")
    figure.path((x + 70, y), (x + 80, y), kind=kind)
    figure.text(text, x + 40, y - 14, "small", "middle")


def current_loop():
    """Both states of the loop, with what flows and the voltages at the pins."""
    three, five = SENDERS["3.3 V"], SENDERS["5 V"]
    figure = Figure(
        860,
        640,
        "The current loop in its two states",
        f"For a 1 the switch is open, no current flows and the LED is dark. For a 0 the switch is closed and "
        f"{milliamperes(three.current())} flow from a sender of 3.3 V, {milliamperes(five.current())} from one of 5 V.",
    )
    _loop(figure, 68, three, five, False)
    _loop(figure, 370, three, five, True)
    return figure.svg()


def _loop(figure, top, three, five, flows):
    kind = "flow" if flows else "wire"
    high, low = top + 83, top + 203
    state = "0: the switch is closed, the LED is lit" if flows else "1: the switch is open, the LED is dark"
    figure.text(state, 20, top)
    figure.box(20, top + 18, 270, 235, "device")
    figure.text("sender (3.3 V; in brackets 5 V)", 30, top + 36, "small")
    figure.box(480, top + 18, 360, 235, "device")
    figure.text("receiver", 490, top + 36, "small")
    # The sender: supply, resistors, switch.
    figure.text("3.3 V (5 V)", 38, high - 12, "small")
    figure.circle(50, high, 3, "dot")
    figure.path((50, high), (110, high), kind=kind)
    _resistor(figure, 110, high, f"{three.source:g} ohm ({five.source:g})", kind)
    figure.path((190, high), (520, high), kind=kind)
    _resistor(figure, 520, high, f"{three.receiver:g} ohm", kind)
    figure.path((600, high), (690, high), (690, high + 45), kind=kind)
    figure.path((690, low - 45), (690, low), (190, low), kind=kind)
    _resistor(figure, 110, low, f"{three.sink:g} ohm ({five.sink:g})", kind)
    figure.path((110, low), (95, low), kind=kind)
    figure.path((95, low), (65, low if flows else low - 16), kind=kind)
    for x in (95, 65):
        figure.circle(x, low, 2.5, "dot")
    figure.path((65, low), (50, low), (50, low + 14), kind=kind)
    _ground(figure, 50, low + 14)
    figure.text("buffer", 78, low + 24, "small", "middle")
    # The shield, at ground on the sender's side alone.
    middle = (high + low) / 2
    figure.path((240, middle + 14), (240, middle), (290, middle))
    _ground(figure, 240, middle + 14)
    figure.path((290, middle), (480, middle), kind="faint")
    figure.text("shield", 385, middle - 6, "small", "middle")
    for x, anchor, away in ((290, "end", -10), (480, "start", 10)):
        for y, pin in ((high, 4), (middle, 2), (low, 5)):
            figure.circle(x, y, 5, "back")
            figure.circle(x, y, 5)
            figure.text(f"pin {pin}", x + away, y - 9, "small", anchor)
    figure.text("not connected", 490, middle + 16, "small")
    # The LED and what protects it.
    _diode(figure, 690, high + 45, 30, kind)
    figure.path((640, high), (640, high + 45))
    _diode(figure, 640, high + 75, -30)
    figure.path((640, high + 75), (640, low))
    figure.text("1N914", 630, high + 64, "small", "end")
    figure.text("LED", 660, high + 100, "small")
    for n in range(2 if flows else 0):
        y = high + 52 + 14 * n
        figure.path((710, y), (734, y), kind="flow")
        figure.polygon((734, y - 4), (742, y), (734, y + 4), kind="flowing")
    figure.text("optocoupler's output", 832, high + 34, "small", "end")
    figure.text("low" if flows else "high", 752, high + 65, "title")
    # Numbers.
    if not flows:
        figure.text("0 mA", 385, high - 12, "title", "middle")
        return
    figure.text(f"{milliamperes(three.current())} ({milliamperes(five.current())})", 385, high - 12, "title", "middle")
    for n, y in enumerate((high, low)):
        volts = f"at {three.pins()[n]:.2f} V ({five.pins()[n]:.2f} V)"
        figure.text(volts, 385, y + 18, "small", "middle")
    figure.text(f"{TYPICAL_LED:g} V", 702, high + 94, "small")


def _ground(figure, x, y):
    for n, half in enumerate((9, 6, 3)):
        figure.path((x - half, y + 4 * n), (x + half, y + 4 * n))


def _diode(figure, x, y, height, kind="wire"):
    """A diode from ``y`` on; with a negative height it points up."""
    half, fill = 10, "flowing" if kind == "flow" else "box"
    figure.polygon((x - half, y + height * 0.15), (x + half, y + height * 0.15), (x, y + height * 0.85), kind=fill)
    figure.path((x - half, y + height * 0.85), (x + half, y + height * 0.85), kind=kind)
    figure.path((x, y), (x, y + height * 0.15), kind=kind)
    figure.path((x, y + height * 0.85), (x, y + height), kind=kind)


def _trace(edges, begin, end, x, y):
    """Points of a line from ``begin`` to ``end``, places given by two functions of time and level."""
    level = level_at(edges, begin)
    points = [(x(begin), y(level))]
    for time, new in edges:
        if begin < time <= end:
            points += [(x(time), y(level)), (x(time), y(new))]
            level = new
    return [*points, (x(end), y(level))]


def byte_on_the_wire():
    """The status byte 0x90 before and behind a slow optocoupler, with the moments at which a receiver samples."""
    part, byte = PARTS["6N138@2.7k"], 0x90
    sent = frame_edges(0.0, byte, BIT)
    seen = optocoupler(sent, part)
    (frame,) = frames(seen)
    figure = Figure(
        860,
        330,
        f"0x{byte:02X} on the wire, and behind a {part.name}",
        f"Every fall comes {number(part.tphl * 1e6)} us late and every rise {number(part.tplh * 1e6)} us, so that "
        f"lows are {number(part.skew * 1e6)} us longer. A receiver that samples in the middle of each bit reads "
        f"0x{frame.byte:02X}.",
    )
    left, wide = 130, 62

    def x(time):
        return left + 0.4 * wide + time / BIT * wide

    begin, end = -0.4 * BIT, 10.9 * BIT
    for n, name in enumerate(["start", *(f"bit {n}" for n in range(8)), "stop"]):
        figure.path((x(n * BIT), 62), (x(n * BIT), 262), kind="faint")
        figure.text(name, x((n + 0.5) * BIT), 58, "small", "middle")
        figure.text(str(level_at(sent, (n + 0.5) * BIT)), x((n + 0.5) * BIT), 78, anchor="middle")
    figure.path((x(10 * BIT), 62), (x(10 * BIT), 262), kind="faint")
    for top, edges, text, one, zero in ((92, sent, "sent", "dark", "5 mA"), (182, seen, "behind", "high", "low")):
        figure.text(text, 20, top + 30)
        figure.text(f"1: {one}", left - 8, top + 9, "small", "end")
        figure.text(f"0: {zero}", left - 8, top + 55, "small", "end")
        figure.path(*_trace(edges, begin, end, x, lambda level, top=top: top + 50 * (1 - level)), kind="line")
    for n in range(10):
        time = frame.time + (n + 0.5) * BIT
        figure.circle(x(time), 182 + 50 * (1 - level_at(seen, time)), 4, "flowing")
        figure.text(str(level_at(seen, time)), x(time), 280, anchor="middle")
    figure.text(f"read: 0x{frame.byte:02X}", 20, 280)
    figure.text(
        f"Each low is {number(part.skew * 1e6)} us longer, each high as much shorter. "
        "Dots are where the receiver samples.",
        20,
        314,
    )
    return figure.svg()


def eye():
    """All bits of all bytes laid over each other, for a few hops, with the sampling point in the middle."""
    part = PARTS["PC900"]
    shown = (1, 3, 4)
    figure = Figure(
        860,
        320,
        f"Every bit of every byte, laid over one another, behind hops with a {part.name}",
        "The sender is 2 % slow in the eyes of the receiver. Behind 1 and 3 hops every edge has come before the "
        "middle of the bit, where the receiver samples; behind 4 hops some come after it.",
    )
    begin, end = -8e-6, 40e-6
    for n, hops in enumerate(shown):
        left, top = 30 + 280 * n, 85

        def x(time, left=left):
            return left + (time - begin) / (end - begin) * 240

        def y(level, top=top):
            return top + 110 * (1 - level)

        windows = _windows(part, hops, begin, end)
        for level, edges in windows:
            figure.path(*_trace([(begin, level), *edges], begin, end, x, y), kind="line")
        last = max(time for _, edges in windows for time, _ in edges if time < BIT)
        for time in (0.0, BIT):
            figure.path((x(time), top - 14), (x(time), top + 126), kind="faint")
        figure.path((x(BIT / 2), top - 14), (x(BIT / 2), top + 126), kind="flow")
        figure.text("1 hop" if hops == 1 else f"{hops} hops", left, 62, "title")
        figure.text("sample", x(BIT / 2), top - 20, "small", "middle")
        for time in (0.0, BIT / 2, BIT):
            figure.text(f"{number(time * 1e6)} us", x(time), top + 142, "small", "middle")
        room = (BIT / 2 - last) * 1e6
        figure.text(
            f"the last edge comes {number(abs(room))} us {'before' if room > 0 else 'after'} it", left, top + 168
        )
        figure.text("every bit right" if room > 0 else "a wrong bit", left, top + 188)
    figure.text("0 us is where the receiver takes each bit to begin, counted from the fall of the start bit.", 20, 306)
    return figure.svg()


def _windows(part, hops, begin, end):
    """What is seen around each bit: the different pairs of a level and the edges that follow, times from its begin."""
    found = set()
    for byte in range(256):
        edges = chain(frame_edges(0.0, byte, BIT * (1 + BOTH_ENDS)), Chain(hops, part))
        start = edges[0][0]
        for n in range(10):
            at = start + n * BIT
            inside = [(round(time - at, 9), level) for time, level in edges if begin < time - at < end]
            found.add((level_at(edges, at + begin), tuple(inside)))
    return sorted(found)


MOST_SHOWN = 20


def lasts(part, rate_error, most=MOST_SHOWN):
    """Hops behind which an ideal receiver still reads every byte, at most ``most``: all 256 of them without a pause."""
    bit = BIT * (1 + rate_error)
    edges = [edge for byte in range(256) for edge in frame_edges(byte * 10 * bit, byte, bit)]
    for hops in range(most):
        edges = optocoupler(edges, part.at(hops))
        if [(frame.byte, frame.stop) for frame in frames(edges)] != [(byte, True) for byte in range(256)]:
            return hops
    return most


def hops_until_failure():
    """Hops of a chain with direct thrus before the first wrong byte, for each part; the formula beside it."""
    parts = sorted((part for part in PARTS.values() if part.is_known), key=lambda part: (-abs(part.skew), part.name))
    left, top, row, wide = 150, 70, 21, 25
    height = top + 2 * row * len(parts)
    figure = Figure(
        860,
        height + 85,
        "Hops of a chain of direct thrus until a byte is wrong",
        "Bars are what an ideal receiver still reads right, strokes are what the formula promises.",
    )
    for n in range(0, MOST_SHOWN + 1, 5):
        figure.path((left + n * wide, top - 8), (left + n * wide, height), kind="faint")
        figure.text(str(n), left + n * wide, height + 17, "small", "middle")
    y = top
    for part in parts:
        figure.text(part.name, 20, y + 19)
        for rate_error in (0.0, BOTH_ENDS):
            measured = lasts(part, rate_error)
            promised = lasting_hops(part.skew, rate_error)
            figure.box(left, y + 2, measured * wide, row - 7, "bar")
            mark = MOST_SHOWN if promised is None else min(promised, MOST_SHOWN)
            if promised == mark:
                figure.path((left + mark * wide, y - 1), (left + mark * wide, y + row - 2), kind="limit")
            more = " or more" if measured == MOST_SHOWN else ""
            formula = "no limit" if promised is None else promised
            figure.text(
                f"{number(rate_error * 100)} %: {measured}{more}, formula {formula}",
                left + max(measured, mark) * wide + 10,
                y + row - 8,
                "small",
            )
            y += row
    figure.text("hops; the percentage is by how much the sender is slow in the eyes of the receiver", left, height + 38)
    figure.box(left, height + 57, 14, 12, "bar")
    figure.text("right behind that many hops, measured on the model", left + 22, height + 68)
    figure.path((left + 400, height + 54), (left + 400, height + 72), kind="limit")
    figure.text("by the formula", left + 410, height + 68)
    return figure.svg()


FIGURES = {
    "connector.svg": connector,
    "current-loop.svg": current_loop,
    "byte.svg": byte_on_the_wire,
    "eye.svg": eye,
    "hops.svg": hops_until_failure,
}
"""What makes each figure, by its name in ``docs/figures``."""


def loop_table():
    """What flows for a 0."""
    rows = []
    for name, loop in SENDERS.items():
        resistors = f"{loop.source:g} + {loop.sink:g} + {loop.receiver:g} ohm"
        for led in (TYPICAL_LED, WORST_LED):
            cases = (loop, replace(loop, low=BUFFER_LOW), loop.weakest(), loop.strongest())
            rows.append([name, resistors, f"{led:g} V", *(milliamperes(case.current(led)) for case in cases)])
    off = f"{TOLERANCE * 100:g} %"
    cases = ["nominal", f"buffer's low at {BUFFER_LOW:g} V", f"weakest by {off}", f"strongest by {off}"]
    return table(["sender", "resistors", "LED", *cases], rows)


def faults_table():
    """What a wrong plug lets flow."""
    rows = []
    for name, loop in SENDERS.items():
        most = loop.strongest()
        rows.append(
            [
                name,
                f"{most.grounded * 1e3:.0f} mA, {most.grounded_power:.3f} W",
                f"{most.joined * 1e3:.0f} mA",
                f"{most.driven * 1e3:.0f} mA",
            ]
        )
    heading = ["sender", "pin 4 at ground: in its resistor", "pin 4 at pin 5: into the low buffer"]
    return table([*heading, "pin 5 at ground: out of a buffer that drives high"], rows)


def stated_table():
    """CA-033's figures for 3.3 V beside what comes out here."""
    loop = SENDERS["3.3 V"]
    most, off = loop.strongest(), f"{TOLERANCE * 100:g} %"
    rows = [
        [f"loop current, LED {TYPICAL_LED:g} V", "7.2 mA", milliamperes(loop.current()), "nothing is off"],
        [
            f"loop current, LED {WORST_LED:g} V",
            "4.472 mA",
            f"{loop.weakest().current(WORST_LED) * 1e3:.3f} mA",
            f"supply {off} low, every resistor {off} high",
        ],
        ["pin 4 at ground", "0.111 A", f"{most.grounded:.3f} A", f"supply {off} high, resistor {off} low"],
        ["heat in the 33 ohm then", "0.383 W", f"{most.grounded_power:.3f} W", "the same"],
    ]
    return table(["what", "CA-033", "computed", "with the buffer's low at 0 V and"], rows)


def parts_table():
    """The optocouplers that the model knows by name."""
    rows = []
    for part in PARTS.values():
        if part.name == "custom":
            continue
        delays = ["unknown" if each is None else f"{number(each * 1e6, 3)} us" for each in (part.tphl, part.tplh)]
        skew = hops = "unknown"
        if part.is_known:
            skew = f"{number(part.skew * 1e6, 3)} us"
            promised = lasting_hops(part.skew, BOTH_ENDS)
            hops = "no limit" if promised is None else str(promised)
        rows.append([f"`{part.name}`", *delays, skew, hops, part.source, part.note])
    return table(["part", "tPHL", "tPLH", "lows longer by", "hops", "source", "note"], rows)


def example():
    """The formula with numbers."""
    part = PARTS["PC900"]
    hops = lasting_hops(part.skew, BOTH_ENDS)
    skew = part.skew * 1e6
    rate = 9.5 * BOTH_ENDS * BIT_US
    room = BIT_US / 2 - rate
    return "\n".join(
        (
            "```text",
            f"{'half a bit':32}  {BIT_US / 2:6.2f} us",
            f"{f'9.5 bits * {BOTH_ENDS * 100:g} % * {BIT_US:g} us':32}- {rate:6.2f} us",
            f"{'what the hops may use up':32}= {room:6.2f} us",
            "",
            f"{hops} hops * {skew:g} us = {hops * skew:5.2f} us < {room:.2f} us   every byte is right",
            f"{hops + 1} hops * {skew:g} us = {(hops + 1) * skew:5.2f} us > {room:.2f} us   some byte may be wrong",
            "```",
        )
    )


def filter_table():
    """What comes of a short pulse and of a bit, through the line input at 12 MHz."""
    clock = Clock(12e6, 1e-12)
    rows = []
    for width in (0.5e-6, 1e-6, 3e-6, 4e-6, BIT):
        edges = line([(1e-3, 0), (1e-3 + width, 1)], clock)
        if edges:
            (fall, _), (rise, _) = edges
            result = f"a low of {number((rise - fall) * 1e6, 1)} us, {number((fall - 1e-3) * 1e6, 1)} us later"
        else:
            result = "nothing"
        rows.append([f"{number(width * 1e6, 1)} us", result])
    return table(["low at the pin", "what the receiver gets"], rows)


TABLES = {
    "loop": loop_table,
    "faults": faults_table,
    "stated": stated_table,
    "parts": parts_table,
    "example": example,
    "filter": filter_table,
}
"""What makes each computed part of the page, by the name in its markers."""


def refreshed(text):
    """The page with its computed parts made anew; raises :exc:`ValueError` if one has no place."""
    return page.refreshed(text, TABLES, PAGE.name)


def made():
    """What this program makes: for each file its text."""
    files = {DOCS / "figures" / name: draw() for name, draw in FIGURES.items()}
    return {PAGE: refreshed(PAGE.read_text(encoding="utf-8")), **files}


def main():
    """Write the page and its figures; returns the exit status."""
    return page.write(made, "docs.wire")


if __name__ == "__main__":
    sys.exit(main())
