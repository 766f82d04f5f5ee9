# amaranth: UnusedElaboratable=no
"""The thru box: hardware against model at the pins of a board."""

import argparse
import re

import pytest

from board.designs.thru_box import ThruBox
from tests import bench_thru_box
from tests.conftest import cases, planted

BENCHES = {name: bench_thru_box.bench(setting) for name, setting in bench_thru_box.SETTINGS.items()}


@pytest.mark.parametrize(("kind", "case"), cases(BENCHES))
def test_thru_box_equals_model(kind, case):
    BENCHES[kind].check(case)


@pytest.mark.parametrize("bug", bench_thru_box.PLANTED)
def test_bench_finds_planted_bug(bug):
    right, wrong, case = bench_thru_box.PLANTED[bug]
    assert bench_thru_box.bench(bench_thru_box.STORED, planted(ThruBox, right, wrong)).only(case).fails()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"thru": "fast"}, "Thru must be one of direct, stored, retimed, not 'fast'"),
        ({"outs": 0}, "Number of outputs must be a whole number, 1 or more, not 0"),
        ({"outs": 1.5}, "not 1.5"),
        ({"blink": 0}, "Lights must stay lit for two clocks"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        ThruBox(12e6, **parameters)


def test_options_are_those_of_the_constructor():
    parser = argparse.ArgumentParser()
    ThruBox.add_arguments(parser)
    box = ThruBox(12e6, **vars(parser.parse_args(["--outs", "6", "--thru", "stored"])))
    assert len(box.outs) == 6
    assert len(box.leds) == len(ThruBox.LEDS)
