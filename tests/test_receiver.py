"""Receiver: hardware against model, and against what it must never do."""

import pytest

from hdl.receiver import Receiver
from tests import bench_receiver
from tests.conftest import cases, planted

BENCHES = {clk_freq: bench_receiver.bench(clk_freq) for clk_freq in (500e3, 12e6)}


@pytest.mark.parametrize(("clk_freq", "case"), cases(BENCHES))
def test_receiver_equals_model(clk_freq, case):
    BENCHES[clk_freq].check(case)


@pytest.mark.parametrize("bug", bench_receiver.PLANTED)
def test_bench_finds_planted_bug(bug):
    broken = planted(Receiver, *bench_receiver.PLANTED[bug])
    assert bench_receiver.bench(500e3, broken).failures()
