"""Every design that fits is built for every board with an iCE40 LP or HX, and keeps up with its clock."""

import pytest

from board.designs import DESIGNS
from board.listing import SIZES
from tests.built import check, largest, pairs


def is_lp_or_hx(fpga):
    return not fpga.startswith("UP")


@pytest.mark.parametrize(("board", "design"), pairs(is_lp_or_hx))
def test_a_design_that_fits_is_built_and_keeps_up(board, design):
    check(board, design)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_list_says_what_a_design_needs_and_not_much_more(design):
    cells = largest(is_lp_or_hx, design)
    size = SIZES[design].cells
    assert size - 50 < cells <= size, f"SIZES of {design} must be {cells} cells, rounded up to fifties, not {size}"
