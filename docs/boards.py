"""Makes what is computed in boards.md: ``python -m docs.boards``.

Boards are those of :mod:`board.boards`. What stands in the page between ``<!-- name:begin -->`` and
``<!-- name:end -->`` is made anew; all else is left alone.
"""

import sys

from board import boards, flash, listing
from docs import page
from docs.page import DOCS, table

__all__ = ["PAGE", "REPORTED", "TABLES", "made", "main", "refreshed"]

PAGE = DOCS / "boards.md"

REPORTED = {}
"""Boards of which someone has reported that a design runs on them: the board's name, and a link to the report."""


def boards_table():
    """The boards: what is on them, and where their lines are."""
    rows = []
    for name, board in boards.BOARDS.items():
        found = listing.described(board)
        clock = f"{found['clk_freq'] / 1e6:g} MHz"
        if found["design_clk_freq"] != found["clk_freq"]:
            clock += f", divided by {found['clk_freq'] / found['design_clk_freq']:g}"
        host = ", ".join(f"{line.removeprefix('host_')} {place}" for line, place in found["host"].items())
        rows.append(
            [
                f"[{board.title}](#{name.replace('_', '-')})",
                f"{found['fpga']}, {found['cells']:,} cells",
                clock,
                *found["midi"].values(),
                host if found["serial_port"] else f"an adapter: {host}",
            ]
        )
    return table(["board", "FPGA", "clock", "IN", "OUT", "THRU", "host's serial port"], rows)


def each_board():
    """A section for each board: from its box to the first note."""
    return "\n\n".join(_section(name, board) for name, board in boards.BOARDS.items())


def _section(name, board):
    found = listing.described(board)
    tested = (
        f"[reported to work]({REPORTED[name]})"
        if name in REPORTED
        else "built and simulated, not yet tried on hardware"
    )
    midi = ", ".join(f"{line.removeprefix('midi_').upper()} at {place}" for line, place in found["midi"].items())
    ways = [f"{way}: {flash.PROGRAMMERS[way].install}" for way in board.programmers]
    lines = [f"### {name.replace('_', '-')}", "", f"{board.title}: **{tested}**.", ""]
    steps = [f"Wire {midi}, as [wiring.md](wiring.md) shows it."]
    if not found["serial_port"]:
        pins = ", ".join(f"{line.removeprefix('host_')} at {place}" for line, place in found["host"].items())
        steps.append(
            f"It has no serial port of its own: join a serial adapter of 3.3 V (rx is what the adapter sends): {pins}."
        )
    steps += board.notes
    steps.append(f"Install a programmer ({'; or '.join(ways)}).")
    if board.to_flash:
        steps.append(board.to_flash)
    steps.append(f"`nox -s flash -- {name} loopback`, a cable from OUT to IN: {_passed(found)}")
    steps.append(f"`nox -s flash -- {name}`, and plug in a keyboard.")
    lines += [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    if len(found["lights"]) > 1:
        lines += ["", f"Lights, the first one first: {', '.join(found['lights'])}."]
    if rule := flash.udev_rule(board):
        lines += ["", f"Rule for udev: `{rule}`"]
    left = [f"`{design}` does not fit: {why}." for design, why in found["designs"].items() if why]
    if left:
        lines += ["", " ".join(left)]
    return "\n".join(lines)


def _passed(found):
    """How the lights say that the loopback passed, and how that it did not."""
    first, *others = found["lights"]
    if others:
        return f"{first} is steady when it passed, {others[0]} lights up when it did not, and blinks without a cable."
    return f"its one light, {first}, is steady when it passed; dark is a fail or no cable: the serial port says which."


def left_out():
    """Boards that are not supported, and why."""
    return "\n".join(f"- {why}." for why in boards.LEFT_OUT.values())


TABLES = {"boards": boards_table, "each": each_board, "left": left_out}
"""What makes each computed part of the page, by the name in its markers."""


def refreshed(text):
    """The page with its computed parts made anew; raises :exc:`ValueError` if one has no place."""
    return page.refreshed(text, TABLES, PAGE.name)


def made():
    """What this program makes: for each file its text."""
    return {PAGE: refreshed(PAGE.read_text(encoding="utf-8"))}


def main():
    """Write the page; returns the exit status."""
    return page.write(made, "docs.boards")


if __name__ == "__main__":
    sys.exit(main())
