"""What every build must be: the tests of the boards share it, a file for each half of them, so that both cores work."""

import re

import pytest

from board import boards
from board.bitstream import Request, build
from board.designs import DESIGNS
from board.listing import SIZES, fits

SYNCHRONIZATION = bytes.fromhex("7eaa997e")
"""What a bitstream of an iCE40 begins with, behind a comment."""


def pairs(wanted):
    """Parameters of a test for every board whose FPGA is wanted, and every design that fits it."""
    return [
        pytest.param(key, design, id=f"{key}-{design}")
        for key, board in boards.BOARDS.items()
        if wanted(board.fpga.title)
        for design in DESIGNS
        if not fits(board, design)
    ]


def largest(wanted, design):
    """Logic cells of a design on the board where it takes most, of those that are wanted."""
    built = [build(Request(*pair.values)) for pair in pairs(wanted) if pair.values[1] == design]
    return max(each.used["ICESTORM_LC"] for each in built)


def check(key, design):
    """Build, and compare with what ``list`` and the table of boards promise."""
    _, board = boards.find(key)
    built = build(Request(key, design))
    assert not built.too_slow, f"{design} must keep up with {board.title}'s clock: {built.speeds}"
    assert SYNCHRONIZATION in built.file.read_bytes()[:64]

    cells, rams = built.used["ICESTORM_LC"], built.used["ICESTORM_RAM"]
    size = SIZES[design]
    assert cells <= size.cells, f"SIZES of {design} must be {cells} cells or more, not {size.cells}"
    assert rams == size.rams, f"SIZES of {design} must be {rams} block RAMs, not {size.rams}"

    # Column 0 is bank 3 of an LP or HX, where a pin has no pull-up of the design's; an UltraPlus has no such bank.
    places = dict(
        re.findall(r"constrained '(\w+__io(?:\[\d+\])?)' to bel 'X(\d+)/", (built.folder / "top.tim").read_text())
    )
    outputs = {name: column for name, column in places.items() if re.match(r"midi_0__(out|thru)", name)}
    assert outputs or design not in ("interface", "thru_box")
    if board.fpga.title != "UP5K":
        assert "0" not in outputs.values()
