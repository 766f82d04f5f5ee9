"""Optocoupler: what its delays do to edges; the table of parts; what is said to one that is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.edges import BAUD, frame_edges, frames
from sim.model.optocoupler import PARTS, Optocoupler, optocoupler, parse, seconds

BIT = 1 / BAUD
SLOW = Optocoupler("slow", 2e-6, 5e-6)


def line(widths, start=1e-4):
    """Edges of a line that stays at each level for each of ``widths``, the last for ever."""
    edges, time = [(start, 0)], start
    for n, width in enumerate(widths):
        time += width
        edges.append((time, (n + 1) % 2))
    return edges


lines = st.lists(st.floats(1e-8, 1e-4), max_size=30).map(line)


@given(st.lists(st.floats(6e-6, 1e-4), max_size=30).map(line))
def test_falls_wait_tphl_and_rises_tplh(edges):
    assert optocoupler(edges, SLOW) == [(time + (5e-6 if level else 2e-6), level) for time, level in edges]


@pytest.mark.parametrize(("width", "passes"), [(1.99e-6, False), (2.01e-6, True)])
def test_low_pulse_shorter_than_tphl_vanishes(width, passes):
    assert len(optocoupler(line([width]), SLOW)) == (2 if passes else 0)


@pytest.mark.parametrize(("width", "passes"), [(4.99e-6, False), (5.01e-6, True)])
def test_high_pulse_shorter_than_tplh_vanishes(width, passes):
    passed = optocoupler(line([20e-6, width, 20e-6]), SLOW)
    assert len(passed) == (4 if passes else 2)
    assert passed[0] == (1e-4 + 2e-6, 0)
    assert passed[-1][0] == pytest.approx(1e-4 + 40e-6 + width + 5e-6)


@pytest.mark.parametrize(("width", "passes"), [(0.99e-6, False), (8e-6, True)])
def test_shortest_pulse_can_be_said(width, passes):
    part = Optocoupler("own", 2e-6, 3e-6, shortest=1e-6)
    assert len(optocoupler(line([width]), part)) == (2 if passes else 0)


def test_edge_that_overtakes_the_one_before_takes_it_along():
    part = Optocoupler("own", 2e-6, 10e-6, shortest=0.0)
    # Up 10 us late and down 2 us late: a high pulse of 7 us would end before it begins.
    assert [level for _, level in optocoupler(line([20e-6, 7e-6, 20e-6]), part)] == [0, 1]
    assert [level for _, level in optocoupler(line([20e-6, 9e-6, 20e-6]), part)] == [0, 1, 0, 1]


@given(
    lines,
    st.floats(0, 1e-5),
    st.floats(0, 1e-5),
    st.floats(0, 3e-6),
    st.none() | st.floats(0, 1e-5),
)
def test_what_passes_is_a_line_that_ends_as_the_input_does(edges, tphl, tplh, jitter, shortest):
    passed = optocoupler(edges, Optocoupler("any", tphl, tplh, jitter=jitter, shortest=shortest))
    assert [level for _, level in passed] == [n % 2 for n in range(len(passed))]
    assert [time for time, _ in passed] == sorted(time for time, _ in passed)
    assert (passed[-1][1] if passed else 1) == edges[-1][1]


def test_jitter_stays_within_its_bound_and_reaches_it():
    edges = line([20e-6] * 2000)
    passed = optocoupler(edges, Optocoupler("own", 2e-6, 5e-6, jitter=1e-6))
    errors = [
        after - before - (5e-6 if level else 2e-6) for (after, level), (before, _) in zip(passed, edges, strict=True)
    ]
    assert max(errors) == pytest.approx(1e-6, rel=0.02)
    assert min(errors) == pytest.approx(-1e-6, rel=0.02)


def test_jitter_makes_no_edge_come_before_its_cause():
    edges = line([20e-6] * 100)
    passed = optocoupler(edges, Optocoupler("own", 0.0, 0.5e-6, jitter=1e-6))
    assert all(after >= before for (after, _), (before, _) in zip(passed, edges, strict=True))


def test_jitter_is_the_same_for_the_same_seed_and_another_for_another():
    edges = line([20e-6] * 100)

    def jittered(seed):
        return optocoupler(edges, Optocoupler("own", 2e-6, 5e-6, jitter=1e-6, seed=seed))

    assert jittered(1) == jittered(1)
    assert jittered(1) != jittered(2)


def test_inverted_output_is_high_while_current_flows():
    part = Optocoupler("own", 2e-6, 5e-6, inverted=True)
    got = optocoupler(line([20e-6]), part)
    assert [level for _, level in got] == [0, 1, 0]
    assert [time for time, _ in got] == pytest.approx([0.0, 1e-4 + 2e-6, 1.2e-4 + 5e-6])


@pytest.mark.parametrize("part", [part for part in PARTS.values() if part.is_known], ids=lambda part: part.name)
def test_every_byte_comes_through_each_part_once(part):
    edges = [edge for byte in range(256) for edge in frame_edges((1 + byte * 10) * BIT, byte, BIT)]
    assert [frame.byte for frame in frames(optocoupler(edges, part))] == list(range(256))


def test_every_part_has_a_source():
    assert all(part.source for part in PARTS.values())


def test_part_is_found_whatever_its_case():
    assert parse("6n138@2.7K").tplh == 10e-6
    assert parse("pc900v") == PARTS["PC900"]


def test_options_take_the_place_of_what_the_table_says():
    part = parse("PC900: tplh=4.5us, jitter=100ns, seed=7, shortest=1e3ns, inverted")
    assert (part.tphl, part.tplh) == (2e-6, pytest.approx(4.5e-6))
    assert (part.jitter, part.seed) == (pytest.approx(100e-9), 7)
    assert part.shortest == pytest.approx(1e-6)
    assert part.inverted
    assert part.source == "yours"


def test_part_without_delays_takes_those_of_the_user():
    part = parse("H11L1:tphl=1.2us,tplh=2us")
    assert part.skew == pytest.approx(0.8e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("H11L1", "tphl and tplh of it are unknown.*H11L1:tphl=...us,tplh=...us"),
        ("6N137:tphl=50ns", "tplh of it is unknown"),
        ("6N138", "6N138@2.7k or 6N138@220"),
        ("6N1388@2.7k", "did you mean 6N138@2.7k"),
        ("PC90", "did you mean PC900"),
        ("H11L2", "did you mean H11L1"),
        ("", "knows 6N138@2.7k"),
        ("valve", "knows 6N138@2.7k"),
        ("PC900:tphl=5", "with its unit s, ms, us or ns, such as 1.2us; not '5'"),
        ("PC900:tphl=-5us", "0 or more"),
        ("PC900:tphl=fast", "with its unit"),
        ("PC900:speed=5us", "options must be tphl=.*not 'speed=5us'"),
        ("PC900:inverted=1", "options must be"),
        ("PC900:seed=x", "options must be"),
        ("PC900:", None),
        ("PC900:tphl=1us,tphl=2us", "once, not twice"),
        ("PC900:tphl=1us,", "options must be.*not ''"),
    ],
)
def test_wrong_part_is_refused_with_what_to_do(text, words):
    if words is None:
        assert parse(text) is not None
        return
    with pytest.raises(ValueError, match=words) as error:
        parse(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("text", "value"), [("1.2us", 1.2e-6), ("80ns", 80e-9), (".5ms", 5e-4), ("2e-6s", 2e-6)])
def test_times_have_units(text, value):
    assert seconds(text) == pytest.approx(value)


def test_unknown_delay_is_never_used():
    with pytest.raises(ValueError, match="unknown"):
        optocoupler(line([20e-6]), PARTS["H11L1"])
    with pytest.raises(ValueError, match="unknown"):
        _ = PARTS["H11L1"].skew
