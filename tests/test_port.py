"""Port: hardware against model, from pin to pin."""

import pytest

from hdl.port import Port
from tests import bench_port
from tests.conftest import cases, planted

BENCHES = {clk_freq: bench_port.bench(clk_freq) for clk_freq in (500e3, 12e6)}


@pytest.mark.parametrize(("clk_freq", "case"), cases(BENCHES))
def test_port_equals_model(clk_freq, case):
    BENCHES[clk_freq].check(case)


@pytest.mark.parametrize("bug", bench_port.PLANTED)
def test_bench_finds_planted_bug(bug):
    broken = planted(Port, *bench_port.PLANTED[bug])
    assert bench_port.bench(500e3, broken).failures()
