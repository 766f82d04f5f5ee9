"""What the self-test of a board says is printed, and judged."""

import pytest

from board.host.loopback import LINE
from sim.model.edges import BAUD, Clock, frame_edges
from sim.model.loopback import loopback, sequence
from tests.simulated_board import SimulatedBoard, SimulatedClock, host

BIT = 1 / BAUD
PASS = "pass{:9} bytes     0 wrong     0 missing     0 extra     0 framing     0 breaks"
FAIL = "fail{:9} bytes     2 wrong     1 missing     0 extra     0 framing     0 breaks"


def judged(text, *options, gone=()):
    """Status, lines, and bytes a millisecond apart of what the board writes."""
    to_host = [(0.001 * n, byte) for n, byte in enumerate(text.encode("latin-1"), 1)]
    return host(SimulatedBoard(SimulatedClock(), to_host, gone=gone), "loopback", "--seconds", 2, *options)


def written(*lines):
    return "".join(f"{line}\r\n" for line in lines)


def test_enough_bytes_that_came_back_right_are_a_pass(capsys):
    text = written("no cable", PASS.format(10_000), PASS.format(20_000), PASS.format(30_000))
    status, told = judged(text, "--bytes", 20_000)
    assert status == 0
    assert told == ["no cable", PASS.format(10_000), PASS.format(20_000)]
    assert capsys.readouterr().err == "waiting until 20,000 bytes are tested; Ctrl-C ends\n"


def test_errors_are_a_fail_when_enough_was_judged():
    status, told = judged(written(PASS.format(10_000), FAIL.format(10_350), FAIL.format(20_000)), "--bytes", 20_000)
    assert status == 1
    assert told[1:] == [FAIL.format(10_350), FAIL.format(20_000)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no line came; is the design flashed, and is this its port?"),
        (written(PASS.format(10_000)), "only 10,000 bytes were tested"),
        (written(PASS.format(10_000), "no cable"), "there is no cable from OUT to IN"),
    ],
)
def test_a_test_that_was_not_long_enough_is_none(capsys, text, why):
    assert judged(text)[0] == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"no verdict: {why}"


def test_what_had_begun_before_and_what_is_no_line_is_left_out(capsys):
    _, told = judged(written("0 extra     0 framing     0 breaks", PASS.format(10_000)), "--bytes", 10_000)
    assert told == [PASS.format(10_000)]
    # The interface design, say, or this one at another baud rate.
    assert judged(600 * "\xf8") == (1, [])
    assert capsys.readouterr().err.count("what comes is no line of the loopback design") == 1


def test_a_board_that_was_gone_goes_on(capsys):
    text = written(*map(PASS.format, (10_000, 11_000, 12_000, 13_000, 20_000)))
    status, told = judged(text, "--bytes", 20_000, gone=[(0.05, 0.06)])
    assert (status, told[-1]) == (0, PASS.format(20_000))
    assert len(told) < 5
    assert "the board is back" in capsys.readouterr().err


@pytest.mark.parametrize("harmed", [False, True])
def test_every_line_of_the_design_is_known(harmed):
    clock = Clock(500e3)
    sent = [(10 + 40 * n) * BIT for n in range(40)]
    edges = [
        edge
        for n, (time, state) in enumerate(zip(sent, sequence(40), strict=True))
        for edge in frame_edges(time, state & 0xFF ^ (harmed and n > 5), BIT)
    ]
    found = loopback(edges, sent, clock, 60 * 40 * BIT, every=10, host_baud=62_500, blink=0.005).lines
    assert any(line.startswith("fail" if harmed else "pass") for line in found)
    assert all(LINE.fullmatch(line) or line == "no cable" for line in found)
