"""The chain of wire.md: behind how many hops every byte is still right, measured and by the formula."""

from functools import cache

from docs.figure import Figure, number
from docs.page import table
from sim.model.chain import lasting_hops
from sim.model.edges import BAUD, frame_edges, frames
from sim.model.optocoupler import PARTS, optocoupler

__all__ = ["BIT", "BOTH_ENDS", "MOST_SHOWN", "example", "hops_until_failure", "lasts", "parts_table"]

BIT = 1 / BAUD
BIT_US = 1e6 / BAUD

BOTH_ENDS = 0.02
"""Rate error of a sender and a receiver that are each off by the 1 % that is allowed, in opposite directions."""

MOST_SHOWN = 20
"""Hops that the figure has room for; behind more nothing is looked at."""

LEFT, TOP, ROW, WIDE = 150, 70, 21, 25
"""Where the bars begin, how far apart they are, and how wide a hop is."""


@cache
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
    height = TOP + 2 * ROW * len(parts)
    figure = Figure(
        860,
        height + 85,
        "Hops of a chain of direct thrus until a byte is wrong",
        "Bars are what an ideal receiver still reads right, strokes are what the formula promises.",
    )
    for n in range(0, MOST_SHOWN + 1, 5):
        figure.path((LEFT + n * WIDE, TOP - 8), (LEFT + n * WIDE, height), kind="faint")
        figure.text(str(n), LEFT + n * WIDE, height + 17, "small", "middle")
    for n, part in enumerate(parts):
        figure.text(part.name, 20, TOP + 2 * n * ROW + 19)
        for k, rate_error in enumerate((0.0, BOTH_ENDS)):
            _bar(figure, TOP + (2 * n + k) * ROW, part, rate_error)
    figure.text("hops; the percentage is by how much the sender is slow in the eyes of the receiver", LEFT, height + 38)
    figure.box(LEFT, height + 57, 14, 12, "bar")
    figure.text("right behind that many hops, measured on the model", LEFT + 22, height + 68)
    figure.path((LEFT + 400, height + 54), (LEFT + 400, height + 72), kind="limit")
    figure.text("by the formula", LEFT + 410, height + 68)
    return figure.svg()


def _bar(figure, y, part, rate_error):
    """What one part lasts, measured as a bar, promised as a stroke, and both in words."""
    measured = lasts(part, rate_error)
    promised = lasting_hops(part.skew, rate_error)
    figure.box(LEFT, y + 2, measured * WIDE, ROW - 7, "bar")
    mark = MOST_SHOWN if promised is None else min(promised, MOST_SHOWN)
    if promised == mark:
        figure.path((LEFT + mark * WIDE, y - 1), (LEFT + mark * WIDE, y + ROW - 2), kind="limit")
    more = " or more" if measured == MOST_SHOWN else ""
    formula = "no limit" if promised is None else promised
    figure.text(
        f"{number(rate_error * 100)} %: {measured}{more}, formula {formula}",
        LEFT + max(measured, mark) * WIDE + 10,
        y + ROW - 8,
        "small",
    )


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
