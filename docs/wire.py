"""Makes the figures of wire.md, and the tables in it that are computed: ``python -m docs.wire``.

Everything that is drawn or tabled comes out of the model that the page describes. A table stands in the page between
``<!-- name:begin -->`` and ``<!-- name:end -->``; what is between these is made anew, and all else is left alone.
"""

import sys

from docs import page
from docs.page import DOCS
from docs.wire_bits import byte_on_the_wire, eye, filter_table
from docs.wire_chain import example, hops_until_failure, parts_table
from docs.wire_connector import connector
from docs.wire_loop import current_loop, faults_table, loop_table, stated_table

__all__ = ["FIGURES", "PAGE", "TABLES", "made", "main", "refreshed"]

PAGE = DOCS / "wire.md"

FIGURES = {
    "connector.svg": connector,
    "current-loop.svg": current_loop,
    "byte.svg": byte_on_the_wire,
    "eye.svg": eye,
    "hops.svg": hops_until_failure,
}
"""What makes each figure, by its name in ``docs/figures``."""

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
    text = refreshed(PAGE.read_text(encoding="utf-8"))
    return {PAGE: text, **{DOCS / "figures" / name: draw() for name, draw in FIGURES.items()}}


def main():
    """Write the page and its figures; returns the exit status."""
    return page.write(made, "docs.wire")


if __name__ == "__main__":
    sys.exit(main())
