"""A piece of a line as text: how it must be, how it was, and what is to be seen there."""

from itertools import pairwise

from sim.model.edges import level_at, settled

__all__ = ["FRAME", "ascii_only", "draw", "draw_bytes", "mark_row"]

FRAME = ("start", *"01234567", "stop")
"""Names of the ten bits of a frame."""

COLUMNS = 5
"""Characters to a bit."""

SHOWN = len(FRAME) + 2
"""Bits of a frame, and one before and behind it."""

LABEL = 14
"""Characters for the names of the lines."""


def draw(rows, start, bit, *, names=FRAME, before=1, after=1, marks=()):
    """Lines of text.

    Parameters
    ----------
    rows : list of ``(name, edges)``
        The lines, one below the other.
    start, bit : :class:`float`
        When the first of the bits in ``names`` begins, and how long each lasts, in seconds.
    before, after : :class:`int`
        Bits to be shown before the first and behind the last.
    marks : list of ``(name, times)``
        Moments to be marked below the lines.
    """
    count = before + len(names) + after
    first = start - before * bit
    lines = [_row("", "".join(f"{name:^{COLUMNS}}" for name in ("",) * before + tuple(names)))]
    for name, edges in rows:
        lines += _wire(name, settled(edges), first, bit, count)
    for name, times in marks:
        row = mark_row(name, times, start, bit, before=before, count=count)
        lines += [row] if row.endswith("^") else []
    return lines


def _row(name, text):
    return f"{name:{LABEL}}{text}".rstrip()


def _wire(name, edges, first, bit, count):
    column = bit / COLUMNS
    # The middle of each column decides, so that an edge stands where it fell to a tenth of a bit.
    levels = [level_at(edges, first + (n + 0.5) * column) for n in range(-1, count * COLUMNS)]
    high = low = ""
    for before, level in pairwise(levels):
        if level == before:
            high, low = high + ("─" if level else " "), low + (" " if level else "─")
        else:
            high, low = high + ("┌" if level else "┐"), low + ("┘" if level else "└")
    return [_row(name, high), _row("", low)]


def draw_bytes(rows, mark=None):
    """Lines of bytes, each a name and words; ``mark`` is the number of the word to be marked in all of them."""
    lines = [_row(name, " ".join(words)) for name, words in rows]
    if mark is not None and rows:
        words = max((words for _, words in rows), key=len)
        at = sum(len(word) + 1 for word in words[:mark])
        lines.append(_row("", " " * at + "^^"))
    return lines


def ascii_only(text):
    """The same for a terminal that has no other characters."""
    return text.translate(str.maketrans("─┐└┘┌", "-++++"))


def mark_row(name, times, start, bit, *, before=1, count=SHOWN):
    """A line of marks to go below what :func:`draw` made."""
    columns = [" "] * count * COLUMNS
    for time in times:
        at = int((time - start + before * bit) / bit * COLUMNS)
        if 0 <= at < len(columns):
            columns[at] = "^"
    return _row(name, "".join(columns))
