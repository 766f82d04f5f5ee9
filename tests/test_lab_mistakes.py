"""Grading: each classic mistake, planted, is named."""

import pytest

from tests.lab.grading import grade
from tests.lab.labs import LABS
from tests.lab.planted import PLANTED, broken
from tests.lab.worker import runner

simulate = runner("amaranth")

pytestmark = pytest.mark.filterwarnings("ignore:.* created but never used")


@pytest.mark.parametrize(
    ("number", "planted"),
    [pytest.param(n, row, id=f"{n}-{row.component}-{row.mistake}") for n, rows in PLANTED.items() for row in rows],
)
def test_a_classic_mistake_is_named(number, planted):
    graded = grade(LABS[number].alone(planted.component), {planted.component: broken(planted)}, simulate)
    assert graded.percent < 100
    assert graded.mistake, graded.first_failed
    assert graded.mistake.name == planted.mistake, str(graded.first_failed.complaint)
