"""Chain: hops of cable and optocoupler with a thru between, and the command line's words for it."""

import argparse

import pytest

from sim.model.cable import Cable
from sim.model.chain import Chain, add_arguments, chain, from_options, hop, lasting_hops
from sim.model.edges import BAUD, Clock, frame_edges, frames
from sim.model.optocoupler import Optocoupler, parse
from sim.model.thru import stored_thru

BIT = 1 / BAUD
DATA = bytes((0x00, 0xFF, 0x55, 0xAA, 0x80, 0x7F, 0x01, 0xFE, 0x90, 0x3C))
EDGES = [edge for n, byte in enumerate(DATA) for edge in frame_edges((1 + n * 10) * BIT, byte, BIT)]


def options(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return from_options(parser.parse_args(arguments))


def heard(edges):
    return bytes(frame.byte for frame in frames(edges) if frame.stop)


def test_hop_is_cable_then_optocoupler():
    slow = hop([(1e-4, 0), (2e-4, 1)], Optocoupler("own", 2e-6, 5e-6), Cable(10.0, delay=1e-7))
    assert [level for _, level in slow] == [0, 1]
    assert [time for time, _ in slow] == pytest.approx([1e-4 + 3e-6, 2e-4 + 6e-6])


def test_direct_hops_add_up():
    part = Optocoupler("own", 1e-6, 3e-6)
    once, thrice = (chain(EDGES, Chain(hops, part)) for hops in (1, 3))
    for n, (time, level) in enumerate(EDGES):
        assert once[n] == pytest.approx((time + (3e-6 if level else 1e-6), level))
        assert thrice[n] == pytest.approx((time + (9e-6 if level else 3e-6), level))


@pytest.mark.parametrize("thru", ["retimed", "stored"])
def test_other_thrus_add_up_no_distortion(thru):
    part = parse("6N138@2.7k")
    assert heard(chain(EDGES, Chain(1, part, thru=thru))) == DATA
    assert heard(chain(EDGES, Chain(6, part, thru=thru))) == DATA
    assert heard(chain(EDGES, Chain(6, part))) != DATA


def test_thru_stands_between_hops_and_behind_none():
    part = Optocoupler("own", 1e-6, 3e-6)
    clock = Clock(12e6, 1e-12)
    between = stored_thru(hop(EDGES, part), clock).level
    assert chain(EDGES, Chain(2, part, thru="stored", clock=clock)) == hop(between, part)


def test_each_hop_has_a_jitter_of_its_own():
    part = Optocoupler("own", 5e-6, 5e-6, jitter=1e-6)
    once = [time for time, _ in chain(EDGES, Chain(1, part))]
    twice = [time for time, _ in chain(EDGES, Chain(2, part))]
    first = [late - time for late, (time, _) in zip(once, EDGES, strict=True)]
    second = [late - time for late, time in zip(twice, once, strict=True)]
    assert first != pytest.approx(second, abs=1e-8)


@pytest.mark.parametrize(
    ("skew", "rate_error", "thru", "hops"),
    [
        (3e-6, 0.02, "direct", 3),
        (3e-6, 0.0, "direct", 5),
        (-3e-6, -0.02, "direct", 3),
        (8e-6, 0.0, "direct", 1),
        (0.5e-6, 0.0, "direct", 31),
        (20e-6, 0.0, "direct", 0),
        (3e-6, 0.06, "direct", 0),
        (0.0, 0.0, "direct", None),
        (0.0, 0.06, "direct", 0),
        (8e-6, 0.02, "retimed", None),
        (10e-6, 0.02, "stored", 0),
    ],
)
def test_formula_says_how_many_hops_last(skew, rate_error, thru, hops):
    assert lasting_hops(skew, rate_error, thru) == hops


def test_no_option_is_no_chain():
    assert options() is None


def test_options_make_a_chain():
    made = options("--optocoupler", "PC900", "--hops", "3", "--thru", "retimed", "--cable", "4.5")
    assert (made.part.name, made.hops, made.thru, made.line.length) == ("PC900", 3, "retimed", 4.5)
    assert str(made) == "PC900, 3 hops, retimed thru, cable of 4.5 m"


def test_each_option_can_stand_alone():
    assert options("--hops", "2").hops == 2
    assert options("--thru", "stored").thru == "stored"
    assert options("--cable", "15").line.length == 15
    assert str(options("--optocoupler", "6N138@220")) == "6N138@220, 1 hop"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--hops", "-1"), "from 1.*not -1"),
        (("--hops", "0"), "from 1"),
        (("--hops", "1e9"), "whole number, not '1e9'"),
        (("--hops", "100000"), "to 1000, not 100000"),
        (("--hops", "2.5"), "whole number, not '2.5'"),
        (("--thru", "wireless"), "direct, stored, retimed, not 'wireless'"),
        (("--cable", "20"), "0 to 15 m"),
        (("--cable", "long"), "length in metres, not 'long'"),
        (("--optocoupler", "6N139"), "did you mean"),
        (("--optocoupler", "H11L1"), "unknown"),
        (("--optocoupler", "PC900:inverted", "--hops", "2"), "must not be inverted"),
    ],
)
def test_impossible_chain_is_refused_in_one_line(arguments, words):
    with pytest.raises(ValueError, match=words) as error:
        options(*arguments)
    assert "\n" not in str(error.value)
