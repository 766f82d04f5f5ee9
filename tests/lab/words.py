"""What a student sees on the terminal: one screen."""

import textwrap
from itertools import groupby

from tests.lab.drawing import ascii_only
from tests.lab.given import plain

__all__ = ["fit", "screen"]

WIDTH = 84

OPEN = 3
"""Open tiers that are named."""

PRINTED = 20
"""Lines of what the file printed that are shown."""


def screen(grade, path, hints=1, encoding="utf-8"):
    """Lines of text for a grade; as many hints as asked for."""
    return [fit(line, encoding) for line in [*_printed(grade), *_lines(grade, path, hints)]]


def fit(line, encoding):
    """A line as a terminal of that encoding can show it."""
    encoding = encoding or "ascii"
    try:
        line = plain(line)
        line.encode(encoding)
    except UnicodeEncodeError:
        line = ascii_only(line).encode(encoding, "replace").decode(encoding)
    return line


def _printed(grade):
    # A block is made for each of its cases, and prints the same each time.
    printed = groupby(grade.get("printed", "").rstrip().splitlines())
    lines = [(line, sum(1 for _ in same)) for line, same in printed]
    if lines:
        yield "You printed:"
        for line, times in lines[:PRINTED]:
            shown = line if len(line) <= WIDTH else f"{line[: WIDTH - 4]} ..."
            yield f"  {shown}" + (f"  ({times} times)" if times > 1 else "")
        if len(lines) > PRINTED:
            yield "  ... and more"
        yield ""


def _lines(grade, path, hints):
    tiers = grade["tiers"]
    done = sum(tier["counts"] for tier in tiers)
    title = f"Lab {grade['lab']}, {grade['title'][0].lower()}{grade['title'][1:]}"
    if grade["error"]:
        yield f"{title}: 0 %"
        yield from _wrapped("  wrong   ", f"{path}: {grade['error']}")
        yield from _hints(grade.get("hints", ()), hints)
        return
    yield f"{title}: {done} of {len(tiers)} tiers, {grade['percent']} %"
    yield ""
    early = any(tier["passed"] and not tier["counts"] for tier in tiers)
    for word, wanted in (("passed", True), ("open", False)):
        if names := [tier["name"] for tier in tiers if tier["passed"] is wanted]:
            # Which ones are open matters little before the first of them is done.
            more = f", and {len(names) - OPEN} more" if not wanted and len(names) > OPEN else ""
            note = " (a tier counts once the first one of its block passes)" if wanted and early else ""
            yield from _wrapped(f"  {word:8}", ", ".join(names[:OPEN] if more else names) + more + note)
    complaint = grade["complaint"]
    if complaint is None:
        yield ""
        yield f"  All of it is right: {path}"
        return
    yield ""
    yield f"Next: {complaint['tier']} ({complaint['case']})"
    yield from _wrapped("  wanted  ", complaint["expected"])
    yield from _wrapped("  seen    ", complaint["seen"])
    if where := _where(complaint):
        yield from _wrapped("  where   ", where)
    if complaint["drawing"]:
        yield ""
        yield from (f"  {line}".rstrip() for line in complaint["drawing"])
    yield ""
    if grade["mistake"]:
        yield from _wrapped("  Looks like: ", f"{grade['mistake']['name']}. {grade['mistake']['text']}")
    yield from _hints(complaint["hints"], hints)
    if grade["waves"]:
        yield from _wrapped("  Waves:  ", f"{grade['waves']}, to open in GTKWave or Surfer")


def _where(complaint):
    where = [complaint["place"]]
    if complaint["time"] is not None:
        where.append(
            f"{complaint['time'] * 1e6:.1f} us after reset ({complaint['time_in_waves'] * 1e6:.1f} us in the waves)"
        )
    return ", ".join(filter(None, where))


def _hints(hints, count):
    for n, hint in enumerate(hints[:count]):
        more = " (--hint says more)" if count < len(hints) and n == count - 1 else ""
        yield from _wrapped(f"  Hint {n + 1} of {len(hints)}: ", hint + more)


def _wrapped(label, text):
    return textwrap.wrap(
        text, WIDTH, initial_indent=label, subsequent_indent=" " * 10, break_on_hyphens=False, break_long_words=False
    )
