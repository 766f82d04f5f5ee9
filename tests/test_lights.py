"""Lights: hardware against model."""

# amaranth: UnusedElaboratable=no
import pytest

from board.designs.lights import Lights
from sim.model.edges import Clock
from sim.model.lights import lights
from tests import bench_lights
from tests.conftest import cases, planted

BENCHES = {clocks: bench_lights.bench(500e3, clocks=clocks) for clocks in (2, 20)}


@pytest.mark.parametrize(("clocks", "case"), cases(BENCHES))
def test_lights_equal_model(clocks, case):
    BENCHES[clocks].check(case)


@pytest.mark.parametrize("bug", bench_lights.PLANTED)
def test_bench_finds_planted_bug(bug):
    assert bench_lights.bench(500e3, planted(Lights, *bench_lights.PLANTED[bug])).fails()


def test_a_light_lasts_for_one_to_two_periods():
    clock = Clock(1000.0)
    for n in range(200):
        (on, _), (off, _) = lights([n], clock, seconds=0.05)
        assert 50 < round((off - on) * 1000) <= 100


@pytest.mark.parametrize(
    ("count", "seconds", "message"),
    [
        (0, 0.05, "Number of lights must be a whole number, 1 or more, not 0"),
        (3, 1e-6, r"Lights must stay lit for two clocks of 500000\.0 Hz or longer, not 1e-06 s"),
        (3, "long", "not 'long' s"),
    ],
)
def test_lights_that_cannot_be_are_refused(count, seconds, message):
    with pytest.raises(ValueError, match=message):
        Lights(500e3, count, seconds=seconds)
