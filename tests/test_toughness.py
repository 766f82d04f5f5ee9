"""Line input and receiver together: the six things that no peer can do all at once."""

import pytest

from hdl.line import LineInput
from hdl.receiver import Receiver
from tests import bench_toughness
from tests.conftest import cases, planted

BENCHES = {"12 MHz": bench_toughness.bench()}


@pytest.mark.parametrize(("clk_freq", "case"), cases(BENCHES))
def test_line_and_receiver_stand(clk_freq, case):
    BENCHES[clk_freq].check(case)


@pytest.mark.parametrize("bug", bench_toughness.PLANTED)
def test_bench_finds_planted_bug(bug):
    component, right, wrong, case = bench_toughness.PLANTED[bug]
    broken = planted(component, right, wrong)
    parts = {"line_input" if component is LineInput else "receiver": broken}
    assert component in (LineInput, Receiver)
    assert bench_toughness.bench(bench_toughness.Input(**parts)).only(case).fails()
