"""Cable: what its length and its slopes do to edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.cable import Cable, cable
from sim.model.edges import BAUD, frame_edges, frames

BIT = 1 / BAUD

lines = st.lists(st.floats(1e-8, 1e-4), max_size=30).map(
    lambda gaps: [(1e-4 + sum(gaps[: n + 1]), n % 2) for n in range(len(gaps))]
)


def expect_edges(got, expected):
    assert [level for _, level in got] == [level for _, level in expected]
    assert [time for time, _ in got] == pytest.approx([time for time, _ in expected], abs=1e-15)


@given(lines)
def test_ideal_cable_changes_nothing(edges):
    assert cable(edges, Cable()) == edges


@given(lines)
def test_length_delays_every_edge_alike(edges):
    expect_edges(cable(edges, Cable(15.0, delay=6e-9)), [(time + 90e-9, level) for time, level in edges])


def test_each_edge_waits_for_its_slope_to_reach_the_threshold():
    slow = Cable(rise=2e-6, fall=1e-6, threshold=0.25)
    # Down three quarters of 1 us; up one quarter of 2 us.
    expect_edges(cable([(10e-6, 0), (50e-6, 1)], slow), [(10.75e-6, 0), (50.5e-6, 1)])
    assert slow.skew == pytest.approx(-0.25e-6)


def test_threshold_in_the_middle_of_equal_slopes_leaves_lows_as_long_as_they_were():
    even = Cable(rise=2e-6, fall=2e-6)
    assert even.skew == 0
    (fall, _), (rise, _) = cable([(10e-6, 0), (15e-6, 1)], even)
    assert rise - fall == pytest.approx(5e-6)


@pytest.mark.parametrize(("width", "passes"), [(0.99e-6, False), (1.01e-6, True)])
def test_pulse_passes_only_if_its_slope_crosses_the_threshold(width, passes):
    slow = Cable(rise=2e-6, fall=2e-6)
    assert bool(cable([(10e-6, 0), (10e-6 + width, 1)], slow)) == passes
    high = cable([(10e-6, 0), (30e-6, 1), (30e-6 + width, 0), (60e-6, 1)], slow)
    assert len(high) == (4 if passes else 2)


def test_line_is_not_stuck_when_a_slope_turns_back_just_at_the_threshold():
    for n in range(2000):
        start = 1e-4 + n * 1.7e-7
        for width in (1e-6, 1e-6 + 1e-20, 1e-6 - 1e-20):
            seen = cable([(start, 0), (start + width, 1)], Cable(rise=2e-6, fall=2e-6))
            assert [level for _, level in seen] in ([], [0, 1])


def test_slope_that_turns_back_early_is_early_at_the_threshold():
    # Down to 0.25 after 1.5 us; up again from there it needs 0.5 us to the middle, and not 1 us.
    expect_edges(cable([(10e-6, 0), (11.5e-6, 1)], Cable(rise=2e-6, fall=2e-6)), [(11e-6, 0), (12e-6, 1)])


def test_slope_goes_on_from_where_a_vanished_pulse_left_it():
    # A glitch goes down to 0.6 and up to 0.8 again; from there it is 0.3 of 2 us to the middle.
    edges = [(10e-6, 0), (10.8e-6, 1), (11.2e-6, 0), (40e-6, 1)]
    expect_edges(cable(edges, Cable(rise=2e-6, fall=2e-6)), [(11.8e-6, 0), (41e-6, 1)])


@given(lines, st.floats(0, 2e-6), st.floats(0, 2e-6), st.floats(0.05, 0.95))
def test_what_is_seen_is_a_line(edges, rise, fall, threshold):
    seen = cable(edges, Cable(3.0, rise=rise, fall=fall, threshold=threshold))
    assert [level for _, level in seen] == [n % 2 for n in range(len(seen))]
    assert [time for time, _ in seen] == sorted(time for time, _ in seen)
    assert (seen[-1][1] if seen else 1) == (edges[-1][1] if edges else 1)


def test_longest_cable_with_slowest_legal_slopes_harms_no_byte():
    edges = [edge for byte in range(256) for edge in frame_edges(byte * 10 * BIT, byte, BIT)]
    slow = Cable(15.0, rise=2e-6, fall=2e-6, threshold=0.3)
    assert [frame.byte for frame in frames(cable(edges, slow))] == list(range(256))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"length": 16}, "0 to 15 m long.*not 16 m"),
        ({"length": -1}, "0 to 15 m"),
        ({"length": float("nan")}, "0 to 15 m"),
        ({"rise": -1e-6}, "rise must be a time"),
        ({"fall": float("inf")}, "fall must be a time"),
        ({"delay": -1}, "delay must be a time"),
        ({"threshold": 1}, "between the levels"),
        ({"threshold": 0}, "between the levels"),
    ],
)
def test_impossible_cable_is_refused_in_words(wrong, words):
    with pytest.raises(ValueError, match=words):
        Cable(**wrong)
