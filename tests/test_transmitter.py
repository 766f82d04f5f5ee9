"""Transmitter: hardware against model, and against what an ideal receiver reads."""

import pytest

from hdl.midi import divide
from hdl.receiver import Receiver
from hdl.transmitter import Transmitter
from tests import bench_transmitter
from tests.conftest import cases, planted

BENCHES = {clk_freq: bench_transmitter.bench(clk_freq) for clk_freq in (500e3, 12e6)}


@pytest.mark.parametrize(("clk_freq", "case"), cases(BENCHES))
def test_transmitter_equals_model(clk_freq, case):
    BENCHES[clk_freq].check(case)


@pytest.mark.parametrize("bug", bench_transmitter.PLANTED)
def test_bench_finds_planted_bug(bug):
    broken = planted(Transmitter, *bench_transmitter.PLANTED[bug])
    assert bench_transmitter.bench(500e3, broken).fails()


@pytest.mark.parametrize("component", [Receiver, Transmitter])
@pytest.mark.parametrize(("clk_freq", "divisor"), [(500e3, 16), (12e6, 384), (25e6, 800), (3.3e6, 106), (100e6, 3200)])
def test_clock_between_500_khz_and_100_mhz_is_divided(component, clk_freq, divisor):
    assert component(clk_freq).divisor == divisor


def test_clock_that_misses_the_baud_rate_is_refused_with_both_frequencies_and_the_error():
    message = r"^Clock must divide to 31250 baud within 0.5%, not 515000.0 Hz, which makes 32187.5 baud \(\+3.00%\); "
    with pytest.raises(ValueError, match=message + "the nearest that divides exactly is 500000 Hz"):
        divide(515e3, 31250)


@pytest.mark.parametrize(("clk_freq", "baud"), [(0, 31250), (-12e6, 31250), ("12e6", 31250), (12e6, 0), (12e6, None)])
def test_frequency_that_is_no_positive_number_is_refused(clk_freq, baud):
    with pytest.raises(ValueError, match="must be a positive number of Hz, not "):
        divide(clk_freq, baud)


def test_clock_too_slow_to_see_a_bit_is_refused():
    with pytest.raises(ValueError, match=r"^Clock must have at least 8 cycles to a bit of 31250 baud, 250000 Hz, not"):
        divide(200e3, 31250)
