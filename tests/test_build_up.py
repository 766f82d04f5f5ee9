"""Every design that fits is built for every board with an UltraPlus, and keeps up with its clock."""

import pytest

from tests.built import check, pairs


@pytest.mark.parametrize(("board", "design"), pairs(lambda fpga: fpga.startswith("UP")))
def test_a_design_that_fits_is_built_and_keeps_up(board, design):
    check(board, design)
