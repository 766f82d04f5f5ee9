"""Active Sensing: hardware against model, and the specification's times."""

import pytest

# amaranth: UnusedElaboratable=no
from hdl.sensing import SensingReceiver, SensingSender
from tests import bench_sensing
from tests.conftest import cases, planted

# The times of the specification at a slow clock, and short ones at a fast one.
BENCHES = {
    f"{component.__name__}, {clk_freq:g} Hz": bench_sensing.bench(clk_freq, seconds, component)
    for component, default in ((SensingSender, 0.270), (SensingReceiver, 0.330))
    for clk_freq, seconds in ((5e3, default), (1e6, 2e-3))
}


@pytest.mark.parametrize(("end", "case"), cases(BENCHES))
def test_sensing_equals_model(end, case):
    BENCHES[end].check(case)


@pytest.mark.parametrize("bug", bench_sensing.PLANTED)
def test_bench_finds_planted_bug(bug):
    component, right, wrong = bench_sensing.PLANTED[bug]
    assert bench_sensing.bench(1e6, 0.2e-3, planted(component, right, wrong)).fails()


@pytest.mark.parametrize("clk_freq", [5e3, 12e6, 16e6, 25e6, 48e6, 100e6])
def test_defaults_are_the_times_of_the_specification_with_clocks_one_per_cent_off(clk_freq):
    sender, receiver = SensingSender(clk_freq), SensingReceiver(clk_freq)
    assert sender.clocks / (0.99 * clk_freq) < 0.3 < receiver.clocks / (1.01 * clk_freq)
    assert sender.clocks / clk_freq == pytest.approx(0.270, rel=1e-3)
    assert receiver.clocks / clk_freq == pytest.approx(0.330, rel=1e-3)


@pytest.mark.parametrize("seconds", [0, -0.27, 1e-6, float("nan"), float("inf"), None, "0.27"])
@pytest.mark.parametrize(("component", "name"), [(SensingSender, "Interval"), (SensingReceiver, "Timeout")])
def test_time_that_is_none_or_too_short_is_refused(component, name, seconds):
    with pytest.raises(ValueError, match=f"^{name} must be a time of at least two clocks, 2e-06 s, not "):
        component(1e6, seconds)


def test_interval_longer_than_a_receiver_waits_is_refused():
    with pytest.raises(
        ValueError, match=r"^Interval must be at most 0\.3 s, not 0\.5 s: a receiver that waits no longer"
    ):
        SensingSender(12e6, 0.5)


@pytest.mark.parametrize("component", [SensingSender, SensingReceiver])
@pytest.mark.parametrize("clk_freq", [0, -1, float("nan"), float("inf"), None])
def test_clock_that_is_no_frequency_is_refused(component, clk_freq):
    with pytest.raises(ValueError, match=r"^Clock frequency must be a positive number of Hz, not "):
        component(clk_freq)


@pytest.mark.parametrize("component", [SensingSender, SensingReceiver])
def test_shortest_time_is_two_clocks(component):
    assert component(1e6, 2e-6).clocks == 2
