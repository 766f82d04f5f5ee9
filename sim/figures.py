"""Figures of what the sweeps found, as SVG: light or dark as the reader has it, and to be read without colours too."""

from itertools import pairwise

import drawsvg

from sim.model.edges import BAUD

__all__ = ["glitch", "hops", "ideal_distortion", "tolerance"]

BIT_US = 1e6 / BAUD

STYLE = """
svg { font-family: system-ui, sans-serif; background: #fff; }
text { fill: #222; font-size: 12px; }
.small { font-size: 10px; }
.title { font-size: 15px; font-weight: 600; }
.axis, .tick { stroke: #555; fill: none; }
.right { fill: #2f6db5; } .part { fill: #e9b44c; } .wrong { fill: #f3dfd3; }
.ideal { stroke: #111; stroke-width: 2; fill: none; }
@media (prefers-color-scheme: dark) {
  svg { background: #16181c; } text { fill: #ddd; } .axis, .tick { stroke: #999; }
  .right { fill: #5b9be6; } .part { fill: #a87a1d; } .wrong { fill: #3a2f2b; } .ideal { stroke: #fff; }
}
"""

TOP, RIGHT, BOTTOM = 60, 30, 80


class _Plot:
    """A drawing with a frame, and a place in it for each pair of values."""

    def __init__(self, title, size, x_range, y_range, left=90):
        self.left = left
        self.width, self.height = size
        self.x_range, self.y_range = x_range, y_range
        self.drawing = drawsvg.Drawing(left + self.width + RIGHT, TOP + self.height + BOTTOM)
        self.drawing.append_css(STYLE)
        self.text(title, left, 24, class_="title")

    def x(self, value):
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * self.width

    def y(self, value):
        low, high = self.y_range
        return TOP + self.height - (value - low) / (high - low) * self.height

    def text(self, text, x, y, **how):
        self.drawing.append(drawsvg.Text(text, 12, x, y, **how))

    def box(self, across, up, kind, title):
        """A rectangle between two values each way, with what it says when one points at it."""
        (left, right), (bottom, top) = map(self.x, across), map(self.y, up)
        box = drawsvg.Rectangle(left, top, right - left, bottom - top, class_=kind)
        box.append_title(title)
        self.drawing.append(box)

    def frame(self, x_label, y_label, x_ticks, y_ticks):
        """Axes; ticks are pairs of a value and its text."""
        self.drawing.append(drawsvg.Rectangle(self.left, TOP, self.width, self.height, class_="axis"))
        bottom = TOP + self.height
        for value, text in x_ticks:
            self.drawing.append(drawsvg.Line(self.x(value), bottom, self.x(value), bottom + 5, class_="tick"))
            self.text(text, self.x(value), bottom + 19, text_anchor="middle")
        for value, text in y_ticks:
            self.drawing.append(drawsvg.Line(self.left - 5, self.y(value), self.left, self.y(value), class_="tick"))
            self.text(text, self.left - 9, self.y(value) + 4, text_anchor="end")
        self.text(x_label, self.left + self.width / 2, bottom + 40, text_anchor="middle")
        middle = TOP + self.height / 2
        self.text(y_label, 20, middle, text_anchor="middle", transform=f"rotate(-90 20 {middle})")

    def legend(self, *kinds):
        """What each kind of box stands for."""
        x, y = self.left, TOP + self.height + 68
        for kind, text in kinds:
            if kind == "ideal":
                self.drawing.append(drawsvg.Line(x, y - 4, x + 14, y - 4, class_=kind))
            else:
                self.drawing.append(drawsvg.Rectangle(x, y - 10, 14, 12, class_=kind))
            self.text(text, x + 20, y)
            x += 50 + 6.4 * len(text)

    def svg(self):
        return self.drawing.as_svg()


IDEAL_RATES = (-1 / 17, 1 / 19)
"""Rate errors that an ideal receiver stands with the distortion that suits it best.

A fast sender's next start bit must not fall before the stop bit was sampled, 9.5 bits behind the first one. A slow
one's last data bit must have fallen when it is sampled, 8.5 bits behind; its stop bit may be late if lows are shorter.
"""


def ideal_distortion(rate_error):
    """Microseconds by which lows may be shorter and longer before the ideal receiver goes wrong: two positive numbers.

    It samples each bit in its middle, counted from the fall of the start bit, to the instant. A rise that belongs to
    the border before bit ``k`` must come behind the sample before that and ahead of the one after it.
    """
    pace = 1 + rate_error
    shorter = min(k / pace - (k - 0.5) for k in range(1, 10))
    longer = min(k + 0.5 - k / pace for k in range(1, 10))
    return shorter * BIT_US, longer * BIT_US


def tolerance(known):
    """Rate error against distortion: which of the points of the map were received right."""
    cells = {(rate, skew): (right, count) for (rate, skew, count, seed), (right, _) in known if seed == 0}
    rates, skews = (sorted({cell[n] for cell in cells}) for n in (0, 1))
    across, up = _half_step(rates), _half_step(skews)
    ranges = (rates[0] - across, rates[-1] + across), (skews[0] - up, skews[-1] + up)
    plot = _Plot("What the receiver stands: rate error against distortion", (560, 440), *ranges)
    for (rate, skew), (right, count) in cells.items():
        title = f"{rate:+g} % baud, lows {skew:+g} us longer: {right} of {count} bytes before the first wrong one"
        place = (rate - across, rate + across), (skew - up, skew + up)
        plot.box(*place, "right" if right == count else "wrong", title)
    path = drawsvg.Path(class_="ideal")
    slow, fast = IDEAL_RATES
    places = [100 * (slow + (fast - slow) * n / 200) for n in range(201)]
    corners = [(place, ideal_distortion(place / 100)[1]) for place in places]
    corners += [(place, -ideal_distortion(place / 100)[0]) for place in reversed(places)]
    for n, (rate, skew) in enumerate(corners):
        (path.L if n else path.M)(plot.x(rate), plot.y(skew))
    plot.drawing.append(path.Z())
    plot.frame(
        "sender too slow (-) or too fast (+), %",
        "lows shorter (-) or longer (+), us",
        [(n, f"{n:+d}" if n else "0") for n in range(-6, 7, 2) if ranges[0][0] <= n <= ranges[0][1]],
        [(n, f"{n:+d}" if n else "0") for n in range(-16, 17, 8) if ranges[1][0] <= n <= ranges[1][1]],
    )
    plot.legend(("right", "every byte right"), ("wrong", "a byte wrong"), ("ideal", "limit of an ideal receiver"))
    return plot.svg()


def _half_step(values):
    return min((b - a for a, b in pairwise(values)), default=1.0) / 2


def glitch(known, count):
    """Glitch width against its place in the frame: how many of ``count`` bytes were received right."""
    cells = {(width, place): right for (width, place), (right, _) in known}
    widths, places = (sorted({cell[n] for cell in cells}) for n in (0, 1))
    across = _half_step(places)
    ranges = (places[0] - across, places[-1] + across), (0, len(widths))
    plot = _Plot(
        f"What an inverted pulse does to a frame, by its width and place; {count} bytes each", (760, 260), *ranges
    )
    for (width, place), right in cells.items():
        row = widths.index(width)
        kind = "right" if right == count else "part" if right else "wrong"
        title = f"{width:g} us inverted from {place:g} us behind the start bit's fall: {right} of {count} bytes right"
        plot.box((place - across, place + across), (row, row + 1), kind, title)
    bits = ["start", *"01234567", "stop"]
    plot.frame(
        "where the pulse begins: the bits of the frame, each 32 us",
        "width, us",
        [((n + 0.5) * BIT_US, bit) for n, bit in enumerate(bits)],
        [(row + 0.5, f"{width:g}") for row, width in enumerate(widths)],
    )
    for n in range(11):
        x = plot.x(n * BIT_US)
        plot.drawing.append(drawsvg.Line(x, TOP, x, TOP + plot.height, class_="tick", stroke_dasharray="2 4"))
    plot.legend(("right", "every byte right"), ("part", "some wrong"), ("wrong", "all wrong"))
    return plot.svg()


def hops(known):
    """Hops until the first wrong byte, for each optocoupler, kind of thru and rate error; the formula beside it."""
    rows = sorted(known, key=lambda pair: (pair[0][2] - pair[0][1], pair[0][0], pair[0][3], pair[0][4]))
    most = max(point[6] for point, _ in rows)
    size = (560, 17 * len(rows))
    left = max(90, 20 + 6 * max(len(point[0]) for point, _ in rows))
    plot = _Plot("Hops of a chain before the first wrong byte", size, (0, most * 1.3), (0, len(rows)), left)
    previous = None
    for n, (point, (lasts, formula)) in enumerate(rows):
        part, _, _, kind, rate, count, limit = point
        low = len(rows) - n - 1
        more = " or more" if lasts == limit else ""
        title = (
            f"{part}, {kind} thru, {rate:+g} %: right for {lasts} hops{more}, by the formula {formula}; {count} bytes"
        )
        plot.box((0, lasts), (low + 0.15, low + 0.85), "right", title)
        mark = plot.x(formula)
        plot.drawing.append(drawsvg.Line(mark, plot.y(low), mark, plot.y(low + 1), class_="ideal"))
        plot.text(
            f"{lasts}{'+' * bool(more)}  {kind} {rate:+g} %".replace("+0 ", "0 "),
            plot.x(max(lasts, formula)) + 8,
            plot.y(low) - 4,
        )
        if part != previous:
            plot.text(part, left - 9, plot.y(low) - 4, text_anchor="end", class_="small")
            previous = part
    plot.frame("hops", "", [(n, str(n)) for n in range(0, most + 1, 2 if most < 20 else 5)], [])
    plot.legend(("right", "measured (+: or more)"), ("ideal", "by the formula"))
    return plot.svg()
