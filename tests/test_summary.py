"""Summary and figures: what the sweeps found, in words, numbers and boxes."""

from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from sim import figures, summary
from sim.points import Glitch, Tolerance


def known(which, points):
    """A plan for which this was measured: pairs of a point and its measures."""
    return SimpleNamespace(sweep=which, points=None, results=SimpleNamespace(of=lambda _: points))


def test_limits_are_the_last_values_below_which_nothing_was_wrong():
    rows = [
        ((rate, 0, 32, seed), (32 if abs(rate) < 5.21 else 4, 0))
        for rate in (-5.3, -5.2, 0, 5.2, 5.22)
        for seed in (1, 2)
    ]
    rows += [((0, skew, 32, 1), (32, int(skew == 15.7))) for skew in (-15.9, 15.5, 15.6, 15.7, 15.8)]
    rows += [((rate, 12.9 + n / 10, 32, 1), (32 if n < 2 - rate else 0, 0)) for rate in (-1, 1) for n in range(5)]
    stands = summary.stands([known(Tolerance, rows)])
    assert stands == summary.Stands(5.2, 5.2, 15.6, None, pytest.approx(12.9), None, None)


def test_glitch_is_stood_if_no_place_is_harmed():
    rows = [((width, place), (4 - (width > 3 and place > 9), 0)) for width in (1, 3, 5) for place in (0, 10, 20, 30)]
    assert summary.glitches(rows) == {1: 0.0, 3: 0.0, 5: 0.75}
    assert summary.stands([known(Glitch, rows)]).glitch == 3


def test_receiver_below_its_promise_is_told():
    rows = [((rate, 0, 32, 1), (32 if rate < 5.1 else 0, 0)) for rate in (0, 4, 5, 5.1, 5.2)]
    assert summary.falls_short([known(Tolerance, rows)], 12e6) == ["fast"]
    assert summary.falls_short([known(Tolerance, rows)], 500e3) == []


def boxes(svg, kind):
    """Titles of the boxes of a kind."""
    space = "{http://www.w3.org/2000/svg}"
    found = ElementTree.fromstring(svg).iter(f"{space}rect")
    return [box.find(f"{space}title").text for box in found if box.get("class") == kind and len(box)]


def test_figures_show_every_point():
    rows = [((rate, skew, 12, 0), (12 if rate < 1 else 3, 0)) for rate in (-1, 0, 1) for skew in (-2, 0, 2)]
    svg = figures.tolerance(rows)
    assert (len(boxes(svg, "right")), len(boxes(svg, "wrong"))) == (6, 3)
    assert "+1 % baud, lows -2 us longer: 3 of 12 bytes before the first wrong one" in boxes(svg, "wrong")

    rows = [((width, place), (width, 0)) for width in (0, 2, 4) for place in (0.5, 4.5)]
    svg = figures.glitch(rows, 4)
    assert [len(boxes(svg, kind)) for kind in ("right", "part", "wrong")] == [2, 2, 2]

    rows = [(("<own>", 2, 5, kind, -2, 16, 12), (hops, 3)) for kind, hops in (("direct", 3), ("retimed", 12))]
    titles = boxes(figures.hops(rows), "right")
    assert titles[0].startswith("<own>, direct thru, -2 %: right for 3 hops, by the formula 3")
    assert "right for 12 hops or more" in titles[1]


def test_ideal_receiver_has_the_limits_that_are_printed_for_it():
    assert figures.ideal_distortion(0) == pytest.approx((16, 16))
    # The formula takes 9.5 bits where the stop bit's border is at 9, so that it is a little on the safe side.
    assert figures.ideal_distortion(-0.01)[1] == pytest.approx(13.1, abs=0.05)
    assert figures.ideal_distortion(0.01)[0] == pytest.approx(13.15, abs=0.05)
