# amaranth: UnusedElaboratable=no
"""The self-test: hardware against model at the pins of a board, with a cable that can be harmed."""

import argparse
import re

import pytest

from board.designs import loopback as design
from board.designs import tally
from board.designs.loopback import Loopback
from sim.model.loopback import sequence
from tests import bench_loopback
from tests.conftest import cases, planted

BENCHES = {name: bench_loopback.bench(setting) for name, setting in bench_loopback.SETTINGS.items()}


@pytest.mark.parametrize(("kind", "case"), cases(BENCHES))
def test_loopback_equals_model(kind, case):
    BENCHES[kind].check(case)


@pytest.mark.parametrize("bug", bench_loopback.PLANTED)
def test_bench_finds_planted_bug(bug):
    right, wrong, case = bench_loopback.PLANTED[bug]
    setting = bench_loopback.LATE if case == bench_loopback.LATE_GOOD else bench_loopback.SLOW
    assert bench_loopback.bench(setting, planted(Loopback, right, wrong)).only(case).fails()


@pytest.mark.parametrize("bug", bench_loopback.PLANTED_IN_TALLY)
def test_bench_finds_bug_planted_in_tally(bug, monkeypatch):
    right, wrong, case = bench_loopback.PLANTED_IN_TALLY[bug]
    monkeypatch.setattr(design, "Tally", planted(tally.Tally, right, wrong))
    assert bench_loopback.bench(bench_loopback.SLOW).only(case).fails()


def counts(case):
    """The lines of a case but for the last, that may not be whole: its word, and its counts."""
    found = bench_loopback.lines(BENCHES["slow"].traces()[case], 62_500)[:-1]
    return [(re.match("no cable|pass|fail", line)[0], [int(n) for n in re.findall(r"\d+", line)]) for line in found]


def test_good_cable_passes():
    assert counts(bench_loopback.GOOD) == [("pass", [n, 0, 0, 0, 0, 0]) for n in (100, 200)]


def test_a_cable_that_is_put_back_begins_anew():
    words = [word for word, _ in counts(bench_loopback.PULLED)]
    assert re.fullmatch("(no cable )+(pass )+fail (no cable )+(pass ?)+", " ".join(words))


def test_each_kind_of_error_is_counted_for_what_it_is():
    for case, kinds in (
        (bench_loopback.WRONG, {"wrong"}),
        (bench_loopback.MISSING, {"missing"}),
        (bench_loopback.TURNED, {"framing", "breaks"}),
        (bench_loopback.EXTRA, {"extra"}),
    ):
        word, (_, *errors) = counts(case)[-1]
        assert word == "fail"
        assert kinds <= {kind for kind, count in zip(tally.Tally.COUNTS[1:], errors, strict=True) if count}, case


def test_every_value_is_sent_before_the_first_pass():
    states = [*sequence(65_536)]
    assert {state & 0xFF for state in states[:10_000]} == set(range(256))
    # It goes on for ever, and comes back to where it began.
    assert len(set(states[:-1])) == 65_535
    assert states[-1] == states[0]


def test_most_bytes_come_back_to_back_and_some_do_not():
    pauses = sum(state < 1 << 13 for state in sequence(10_000))
    assert 1000 < pauses < 1500


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"every": 1000.0}, "Bytes from line to line must be 10, 100, 1000 or so on, not 1000.0"),
        ({"every": 1}, "or so on, not 1"),
        ({"every": 300}, "or so on, not 300"),
        ({"host_baud": 5e6}, "at least"),
        ({"blink": 0.001}, "Blink must be 0.00256 s or longer, not 0.001"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Loopback(12e6, **parameters)


def test_options_are_those_of_the_constructor():
    parser = argparse.ArgumentParser()
    Loopback.add_arguments(parser)
    built = Loopback(12e6, **vars(parser.parse_args(["--host-baud", "1e6", "--every", "1000"])))
    assert len(built.leds) == len(Loopback.LEDS)
