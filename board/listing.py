# amaranth: UnusedElaboratable=no
"""``python -m board list``: the boards, and which designs fit them."""

import json
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from board import boards, pins
from board.designs import DESIGNS
from board.errors import BoardError
from board.top import Top

__all__ = ["SIZES", "Size", "add_arguments", "described", "fits", "run"]


class Size(NamedTuple):
    """What a design needs: logic cells on the board where it needs most, and block RAMs."""

    cells: int
    rams: int


SIZES = {
    "interface": Size(550, 8),
    "thru_box": Size(150, 0),
    "monitor": Size(650, 4),
    "loopback": Size(450, 1),
    "instrument": Size(600, 0),
}
"""Of each design with its default options, as measured by building it for every board, rounded up to fifties.

The tests build all of them and hold this table to what comes of it.
"""


def fits(board, name):
    """Why a design with its default options does not fit a board; empty if it does."""
    size = SIZES.get(name, Size(0, 0))
    for needed, there, what in (
        (size.cells, board.fpga.cells, "logic cells"),
        (size.rams, board.fpga.rams, "block RAMs"),
    ):
        if needed > there:
            return f"needs {needed:,} {what}, has {there:,}"
    platform = board.platform()
    # A line that this board has no place for is found as a build would find it.
    try:
        design = DESIGNS[name](boards.clock_of(platform))
        members = pins.widths(design)
        Top(design, pins.ports(board, platform, members, pins.places(board, platform, members, {})))
    except (BoardError, ValueError) as error:
        return str(error)
    return ""


def described(board):
    """All that is to be said of a board, for a program to read; of each design why it does not fit, if so."""
    platform = board.platform()
    where = {name: str(pins.find_pin(board, platform, getattr(board, name))) for name in MIDI}
    if board.has_serial_port:
        host = {name: str(place) for name, place in pins.serial_port(platform).items()}
    else:
        host = {name: str(pins.find_pin(board, platform, getattr(board, name))) for name in ("host_rx", "host_tx")}
    return {
        "title": board.title,
        "fpga": board.fpga.title,
        "cells": board.fpga.cells,
        "block_rams": board.fpga.rams,
        "clk_freq": platform.default_clk_frequency,
        "design_clk_freq": boards.clock_of(platform),
        "designs": {name: fits(board, name) for name in DESIGNS},
        "midi": where,
        "host": host,
        "serial_port": board.has_serial_port,
        "lights": [str(place) for place in pins.lights(board, platform)],
        "flashed_by": list(board.programmers),
        "notes": list(board.notes),
    }


MIDI = ("midi_in", "midi_out", "midi_thru")


def add_arguments(parser):
    """Options of ``list``."""
    parser.add_argument("--json", action="store_true", help="for other programs to read")


def run(options):
    """``python -m board list``; returns the exit status."""
    found = {name: described(board) for name, board in boards.BOARDS.items()}
    if options.json:
        print(json.dumps({"boards": found, "left_out": boards.LEFT_OUT}, indent=2))
        return 0
    Console().print(_table(found))
    for name, board in found.items():
        for design, why in board["designs"].items():
            if why:
                print(f"{design} does not fit {name}: {why}.")
    for name, board in found.items():
        print(f"Lights of {name}, the first one first: {', '.join(board['lights'])}.")
    print("Below a board's name is what flashes it; in brackets are the FPGA's pins.")
    for text in boards.LEFT_OUT.values():
        print(f"Left out: {text}.")
    print("next: python -m board build BOARD [DESIGN]")
    return 0


def _table(found):
    # Without lines between the columns it fits a terminal of 80.
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("board", "FPGA", "MIDI", "host's serial", "designs"):
        # On a narrower one nothing is cut off.
        table.add_column(title, overflow="fold", no_wrap=title == "board")
    for name, board in found.items():
        clock = f"{board['clk_freq'] / 1e6:g} MHz"
        if board["design_clk_freq"] != board["clk_freq"]:
            clock += f" / {board['clk_freq'] / board['design_clk_freq']:g}"
        midi = [f"{line.removeprefix('midi_').upper()} {place}" for line, place in board["midi"].items()]
        host = [f"{line.removeprefix('host_')} {place}" for line, place in board["host"].items()]
        table.add_row(
            "\n".join((name, *board["flashed_by"])),
            f"{board['fpga']}\n{board['cells']:,} cells\n{clock}",
            "\n".join(midi),
            "\n".join(host + ([] if board["serial_port"] else ["of an adapter"])),
            "\n".join(design for design, why in board["designs"].items() if not why),
        )
        table.add_row()
    return table
