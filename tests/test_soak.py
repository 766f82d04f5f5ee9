"""The soak: a long run on both sides at once, and what must be noticed in it."""

import pytest

from board.designs.interface import Interface
from sim.bench.trace import Difference
from sim.model.interface import LOST_FROM_MIDI
from tests import bench_interface
from tests.conftest import planted
from tests.soak import explain, main, soak

MARK = bytes([LOST_FROM_MIDI])
SENT = b"a note that is held and another one"


def test_two_thousand_bytes_each_way_with_a_host_that_stops_at_random():
    done = soak(2000)
    assert done.from_midi == done.from_host == 2000
    assert done.stalls > 3
    # A stall too long for the FIFO was among them, and what it cost was told.
    assert done.lost > done.marks > 0


@pytest.mark.parametrize("bug", ["does not say what is missing", "says it a byte early", "has a FIFO half as deep"])
def test_soak_finds_planted_bug(bug):
    broken = planted(Interface, *bench_interface.PLANTED[bug][:2])
    with pytest.raises(Difference):
        soak(900, seed=17, component=broken)


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        (SENT, (0, 0)),
        (SENT[:7] + MARK + SENT[9:], (2, 1)),
        (SENT[:7] + MARK + SENT[9:12] + MARK + SENT[20:], (10, 2)),
        (MARK + SENT[5:], (5, 1)),
        (SENT[:-1] + MARK, (1, 1)),
    ],
)
def test_what_is_missing_behind_a_mark_is_explained(heard, found):
    assert explain(SENT, heard) == found


@pytest.mark.parametrize("heard", [SENT[1:], SENT[:7] + SENT[8:], SENT[:7] + MARK + SENT[7:], SENT[:-3], SENT + b"e"])
def test_what_is_missing_or_added_without_a_mark_is_a_difference(heard):
    with pytest.raises(Difference):
        explain(SENT, heard)


def test_command_says_what_came_of_it(capsys):
    assert main(["--bytes", "20", "--seed", "2"]) == 0
    assert "both ways at once" in capsys.readouterr().out
    assert main(["--bytes", "20", "--simulator", "none"]) == 2
    assert "error: Simulator must be" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["--bytes", "0"])
    assert stopped.value.code == 2
