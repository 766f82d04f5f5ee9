"""What a student sees on the terminal: one screen."""

import textwrap

from tests.lab.drawing import ascii_only

__all__ = ["screen"]

WIDTH = 84

OPEN = 3
"""Open tiers that are named."""


def screen(grade, path, hints=1, encoding="utf-8"):
    """Lines of text for a grade; as many hints as asked for."""
    lines = list(_lines(grade, path, hints))
    try:
        "".join(lines).encode(encoding or "ascii")
    except UnicodeEncodeError:
        lines = [ascii_only(line) for line in lines]
    return lines


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
    yield from _wrapped("  must be ", complaint["expected"])
    yield from _wrapped("  but     ", complaint["seen"])
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
