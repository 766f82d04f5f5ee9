"""Current loop: CA-033's own figures come out of its resistors."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.current_loop import SENDERS, TYPICAL_LED, WORST_LED, CurrentLoop

FIVE, THREE = SENDERS["5 V"], SENDERS["3.3 V"]


def significant(value, digits):
    return float(f"{value:.{digits}g}")


def stated(loop, tolerance):
    """The worst cases of CA-033 as they come out with a tolerance, to as many digits as it states."""
    most = loop.strongest(tolerance)
    return (
        significant(loop.weakest(tolerance).current(WORST_LED) * 1e3, 4),
        significant(most.grounded, 3),
        significant(most.grounded_power, 3),
    )


def test_typical_current_is_that_of_the_electrical_specification():
    assert significant(THREE.current(TYPICAL_LED) * 1e3, 2) == 7.2


def test_worst_cases_are_those_of_the_electrical_specification_at_five_percent():
    assert stated(THREE, 0.05) == (4.472, 0.111, 0.383)


@pytest.mark.parametrize("tolerance", [0.0, 0.01, 0.02, 0.1])
def test_no_other_usual_tolerance_gives_any_of_these_worst_cases(tolerance):
    assert not {4.472, 0.111, 0.383} & set(stated(THREE, tolerance))


def test_these_figures_leave_nothing_for_the_low_of_the_buffer():
    assert significant(replace(THREE, low=0.05).weakest().current(WORST_LED) * 1e3, 4) != 4.472
    assert significant(replace(THREE, low=0.05).current(TYPICAL_LED) * 1e3, 2) != 7.2


def test_five_volts_and_three_resistors_of_220_ohm_make_some_five_milliamperes():
    assert FIVE.current(TYPICAL_LED) == pytest.approx(3.6 / 660)
    assert FIVE.current(WORST_LED) == pytest.approx(3.1 / 660)


def test_wrong_plug_lets_flow_what_the_resistors_let():
    assert THREE.driven == pytest.approx(0.33)
    assert THREE.strongest().joined == pytest.approx(0.085, abs=0.0005)


def test_ratings_of_the_resistors_stand_a_pin_4_at_ground():
    assert FIVE.strongest().grounded_power < 0.25 < THREE.strongest().grounded_power < 0.5


@given(st.sampled_from([FIVE, THREE]), st.floats(0.5, 2.5), st.floats(0, 0.5))
def test_voltages_around_the_loop_add_up(loop, led, low):
    loop = replace(loop, low=low)
    source, sink = loop.pins(led)
    current = loop.current(led)
    assert source - sink == pytest.approx(led + current * loop.receiver)


@given(st.sampled_from([FIVE, THREE]), st.floats(0, 0.2), st.floats(1, 2))
def test_weakest_and_strongest_lie_on_both_sides(loop, tolerance, led):
    weak, nominal, strong = (each.current(led) for each in (loop.weakest(tolerance), loop, loop.strongest(tolerance)))
    assert weak <= nominal <= strong


def test_nothing_flows_where_the_supply_does_not_reach_the_led():
    assert CurrentLoop(1.8, 10.0, 10.0).current(1.9) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CurrentLoop(0, 33, 10), "Supply must be a voltage above 0"),
        (lambda: CurrentLoop(float("inf"), 33, 10), "Supply must be a voltage above 0"),
        (lambda: CurrentLoop(3.3, 0, 10), "Resistor source must have more than 0 ohm"),
        (lambda: CurrentLoop(3.3, 33, -1), "Resistor sink must have more than 0 ohm"),
        (lambda: CurrentLoop(3.3, 33, 10, float("nan")), "Resistor receiver must have more than 0 ohm"),
        (lambda: CurrentLoop(3.3, 33, 10, low=3.3), "Buffer's low must be from 0 to below the supply of 3.3 V"),
        (lambda: THREE.current(0), "LED must have a forward voltage above 0"),
        (lambda: THREE.weakest(1), "Tolerance must be a part of 1"),
        (lambda: THREE.weakest(-0.05), "Tolerance must be a part of 1"),
        (lambda: THREE.strongest(5), "Tolerance must be a part of 1, such as 0.05 for 5 %"),
    ],
)
def test_what_cannot_be_is_refused_in_words(make, message):
    with pytest.raises(ValueError, match=message):
        make()
