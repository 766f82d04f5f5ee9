"""The bits of wire.md: how they look behind an optocoupler, and where the receiver samples them."""

from docs.figure import Figure, number
from docs.page import table
from docs.wire_chain import BIT, BOTH_ENDS
from sim.model.chain import Chain, chain
from sim.model.edges import Clock, frame_edges, frames, level_at
from sim.model.line import line
from sim.model.optocoupler import PARTS, optocoupler

__all__ = ["byte_on_the_wire", "eye", "filter_table"]


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
    for n, hops in enumerate(shown):
        _eye(figure, 30 + 280 * n, 85, part, hops)
    figure.text("0 us is where the receiver takes each bit to begin, counted from the fall of the start bit.", 20, 306)
    return figure.svg()


def _eye(figure, left, top, part, hops):
    """One eye, with what its last edge leaves of the time before the sample."""
    begin, end = -8e-6, 40e-6

    def x(time):
        return left + (time - begin) / (end - begin) * 240

    def y(level):
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
    figure.text(f"the last edge comes {number(abs(room))} us {'before' if room > 0 else 'after'} it", left, top + 168)
    figure.text("every bit right" if room > 0 else "a wrong bit", left, top + 188)


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
