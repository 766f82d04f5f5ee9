"""The connector of wire.md: which pin is where, seen from either side."""

from math import cos, pi, sin

from docs.figure import Figure

__all__ = ["JACK", "PLUG", "connector"]

PLUG = (1, 4, 2, 5, 3)
"""Pins of a plug from left to right, as one looks at them with the notch up."""

JACK = tuple(reversed(PLUG))
"""Holes of a jack, as one looks into it with the notch up."""

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
