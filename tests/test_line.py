"""Line input: hardware against model."""

import pytest

from hdl.line import LineInput
from sim.model.edges import Clock
from sim.model.line import line
from tests import bench_line
from tests.conftest import cases, planted

BENCHES = {
    f"{clk_freq:g} Hz, {glitch * 1e6:g} us": bench_line.bench(clk_freq, glitch)
    for clk_freq, glitch in ((500e3, 0), (500e3, 3e-6), (12e6, 3e-6))
}


@pytest.mark.parametrize(("kind", "case"), cases(BENCHES))
def test_line_equals_model(kind, case):
    BENCHES[kind].check(case)


@pytest.mark.parametrize("bug", bench_line.PLANTED)
def test_bench_finds_planted_bug(bug):
    broken = planted(LineInput, *bench_line.PLANTED[bug])
    assert bench_line.bench(12e6, 3e-6, broken).fails()


def test_model_removes_pulse_of_three_microseconds_at_12_mhz():
    assert line([(1e-4, 0), (1.03e-4, 1)], Clock(12e6)) == []


def test_model_passes_pulse_a_clock_longer_with_its_length():
    (fall, low), (rise, high) = line([(1e-4, 0), (1.0325e-4, 1)], Clock(12e6))
    assert (low, high) == (0, 1)
    assert rise - fall == pytest.approx(39 / 12e6)


@pytest.mark.parametrize("glitch", [-1e-9, float("nan"), float("inf"), "3"])
def test_glitch_that_is_no_time_is_refused(glitch):
    with pytest.raises(ValueError, match=r"^Glitch must be a time in seconds, 0 or longer, not "):
        LineInput(12e6, glitch)


@pytest.mark.parametrize("clk_freq", [0, -1, float("nan"), float("inf"), None])
def test_clock_that_is_no_frequency_is_refused(clk_freq):
    with pytest.raises(ValueError, match=r"^Clock frequency must be a positive number of Hz, not "):
        LineInput(clk_freq)


@pytest.mark.parametrize(("clk_freq", "samples"), [(12e6, 37), (500e3, 3), (100e6, 301), (48e6, 145), (1e6, 4)])
def test_filter_has_as_many_samples_as_documented(clk_freq, samples):
    assert LineInput(clk_freq).samples == samples
