"""What the programs of the pages share: tables in Markdown, parts of a page that are made anew, and files written.

A computed part stands in its page between ``<!-- name:begin -->`` and ``<!-- name:end -->``.
"""

import re
import sys
from pathlib import Path

__all__ = ["DOCS", "refreshed", "table", "write"]

DOCS = Path(__file__).parent
"""Where the pages are."""


def table(heading, rows):
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def refreshed(page, tables, name):
    """A page with its computed parts made anew, and all else left alone.

    Parameters
    ----------
    page : :class:`str`
        The text.
    tables : :class:`dict`
        What makes each part, by the name in its markers.
    name : :class:`str`
        What the page is called in an error.

    Raises
    ------
    :exc:`ValueError`
        If a pair of markers is not there exactly once.
    """
    for part, make in tables.items():
        begin, end = f"<!-- {part}:begin -->", f"<!-- {part}:end -->"
        if page.count(begin) != 1 or page.count(end) != 1 or page.index(end) < page.index(begin):
            raise ValueError(f"{name} must have {begin} once and {end} once behind it, where it belongs")
        before, rest = page.split(begin)
        page = f"{before}{begin}\n{make()}\n{end}{rest.split(end)[1]}"
    unknown = set(re.findall(r"<!-- (\w+):(?:begin|end) -->", page)) - tables.keys()
    if unknown:
        raise ValueError(f"{name} must have markers of {', '.join(tables)} only, not {', '.join(sorted(unknown))}")
    return page


def write(made, program):
    """Write the files that ``made()`` gives, as path to text; returns the exit status of ``program``."""
    try:
        for path, text in made().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    return 0
