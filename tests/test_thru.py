"""The three kinds of thru: hardware against model, and as many in a row as they are good for."""

import pytest

# amaranth: UnusedElaboratable=no
from hdl.port import Port
from hdl.thru import DirectThru, RetimedThru, StoredThru
from sim.bench.run import Build, Design, choose
from sim.bench.trace import Stimulus, expect_equal
from sim.model.chain import lasting_hops
from sim.model.distortion import distort
from sim.model.edges import BAUD, Clock, frame_edges, frames
from sim.model.thru import retimed_thru, stored_thru
from tests import bench_thru
from tests.bench_receiver import bad_stop
from tests.chain import CLK_FREQ, DIVISOR, ERROR, SKEW, chain, in_hardware, in_model, main, rows, send
from tests.conftest import cases, planted

BIT = 1 / BAUD
KINDS = (DirectThru, StoredThru, RetimedThru)

BENCHES = {
    f"{component.__name__}, {clk_freq:g} Hz": bench_thru.bench(clk_freq, component)
    for clk_freq, component in (*((500e3, kind) for kind in KINDS), (12e6, RetimedThru))
}

# Every value once, and then those again whose last bits a late edge harms first.
BYTES = (*range(256), *(0x00, 0x7F, 0xFF, 0x55) * 20)


@pytest.mark.parametrize(("kind", "case"), cases(BENCHES))
def test_thru_equals_model(kind, case):
    BENCHES[kind].check(case)


@pytest.mark.parametrize("bug", bench_thru.PLANTED)
def test_bench_finds_planted_bug(bug):
    component, right, wrong = bench_thru.PLANTED[bug]
    assert bench_thru.bench(500e3, planted(component, right, wrong)).fails()


@pytest.mark.parametrize("component", KINDS)
def test_clock_that_misses_the_baud_rate_is_refused_by_each_kind(component):
    with pytest.raises(ValueError, match=r"^Clock must divide to 31250 baud within 0\.5%, not 515000\.0 Hz"):
        component(515e3)


def test_guard_leaves_seven_tenths_of_a_stop_bit_and_no_clock_more_at_any_divisor():
    for divisor in range(8, 4000):
        thru = RetimedThru(divisor * BAUD)
        stop = thru.guard + 1 + thru.half
        assert (stop - 1) / divisor < 0.7 <= stop / divisor, divisor
        assert thru.guard >= 2, divisor


def test_sixteen_retimed_thrus_in_a_row_lose_nothing_at_full_rate():
    through, hops = in_hardware("retimed"), []

    def checked(edges, error):
        found = through(edges, error)
        clock = Design.of(RetimedThru(CLK_FREQ), CLK_FREQ * (1 + error)).clock
        # To the picosecond at which the simulator played them.
        played = Stimulus(0.0, {"level_in": list(edges)}).levels["level_in"]
        model = retimed_thru(played, clock, clock.freq / DIVISOR)
        expect_equal(f"hop {len(hops) + 1}", found.level, model.level, tolerance=0.25 / clock.freq)
        return found

    # Every other odd byte, as the last bits of those are what a late edge harms.
    for hop in chain(BYTES[1::4], checked, ERROR):
        hops.append(hop)
        assert hop.wrong is None, f"byte {hop.wrong} is wrong behind hop {hop.number}"
        assert hop.overruns == []
        # Half a bit and at most four clocks, of clocks that are as much off.
        assert min(hop.latencies) > (BIT / 2 - 1 / CLK_FREQ) / (1 + ERROR)
        assert max(hop.latencies) < (BIT / 2 + 4 / CLK_FREQ) / (1 - ERROR)
    assert len(hops) == 16


@pytest.mark.parametrize(
    ("skew", "sender_error", "receiver_error"),
    [(8e-6, -0.01, 0.01), (3e-6, -0.01, 0.01), (3e-6, -0.005, 0.005), (3e-6, 0.0, 0.0), (2.6e-6, -0.01, 0.01)],
)
def test_direct_thru_fails_at_the_hop_that_the_formula_says(skew, sender_error, receiver_error):
    lasting = lasting_hops(skew, receiver_error - sender_error)
    data = (0x00, 0x7F, 0x55, 0x2A, 0x00, 0xFF)
    lines = [send(data, sender_error)]
    for _ in range(lasting + 1):
        lines.append(distort(lines[-1], skew))
    stimuli = [Stimulus(line[-1][0] + 12 * BIT, {"midi_in": line}) for line in lines[1:]]
    # An instrument of the chain: its input, and its thru for the next.
    design = Design.of(Port(CLK_FREQ, thru=DirectThru), CLK_FREQ * (1 + receiver_error))
    traces = Build(design, choose("auto", design, CLK_FREQ * sum(s.until for s in stimuli))).run(stimuli)
    for hop, (stimulus, trace) in enumerate(zip(stimuli, traces, strict=True), start=1):
        got = tuple(byte for _, byte in trace.streams["received"])
        assert (got == data) == (hop <= lasting), f"behind {hop} hops: {bytes(got).hex(' ')}"
        expect_equal("midi_thru", trace.line("midi_thru"), stimulus.levels["midi_in"], tolerance=1e-12)


def test_chain_of_models_tells_kinds_apart():
    found = {(row["kind"], row["sender"]): row for row in rows(120)}
    for sender in (ERROR, -ERROR):
        direct, stored, retimed = (found[kind, sender] for kind in ("direct", "stored", "retimed"))
        assert direct["fails"] == direct["formula"] == 2
        assert retimed["fails"] is None
        assert max(map(abs, direct["latency"])) < 1e-9
        assert 304e-6 < stored["latency"][0] < stored["latency"][1] < 640e-6
        assert 15.8e-6 < retimed["latency"][0] < retimed["latency"][1] < 16.6e-6
    assert found["stored", ERROR]["fails"] == 1
    assert found["stored", -ERROR]["fails"] is None


@pytest.mark.parametrize("sender_error", [ERROR, -ERROR])
def test_retimed_thrus_stand_every_distortion_up_to_the_limit(sender_error):
    inside, outside = (
        list(chain(BYTES[200:300], in_model("retimed"), sender_error, skew=skew))[-1] for skew in (9.9e-6, 10.2e-6)
    )
    assert (inside.number, inside.wrong) == (16, None)
    assert outside.wrong is not None


def test_thirty_five_retimed_thrus_lose_nothing():
    last = list(chain(BYTES[:100], in_model("retimed"), ERROR, hops=35))[-1]
    assert (last.number, last.wrong, last.overruns) == (35, None, [])


@pytest.mark.parametrize("skew", [-SKEW, 0.0, SKEW])
def test_bad_stop_bit_and_break_are_the_same_behind_sixteen_retimed_thrus(skew):
    edges = [
        *frame_edges(BIT, 0x90, BIT),
        *bad_stop(12 * BIT, 0x55, low=1),
        *frame_edges(23 * BIT, 0x3C, BIT),
        *((34 * BIT, 0), (60 * BIT, 1)),
        # The end of a break, with no start bit near, is the one edge whose distortion adds up: 128 us, four bits.
        *frame_edges(65.1 * BIT, 0x40, BIT),
    ]
    sent = [frame[1:] for frame in frames(edges)]
    assert sent == [(0x90, True), (0x55, False), (0x3C, True), (0x00, False), (0x40, True)]
    for hop in range(16):
        edges = distort(edges, skew)
        clock = Clock(CLK_FREQ * (1 + (-ERROR, ERROR)[hop % 2]))
        edges = retimed_thru(edges, clock, clock.freq / DIVISOR).level
        assert [frame[1:] for frame in frames(edges)] == sent


def test_stored_thru_loses_every_fiftieth_byte_behind_a_sender_two_per_cent_fast():
    clock = Clock(CLK_FREQ)
    found = stored_thru(send(bytes(1000), 0.02), clock)
    assert len(found.overruns) == pytest.approx(1000 / 50, abs=2)


def test_command_line_prints_a_row_for_each_kind_and_sender(capsys):
    assert main(["--bytes", "20", "--hops", "3"]) == 0
    printed = capsys.readouterr().out
    assert [printed.count(kind) for kind in ("direct", "stored", "retimed")] == [2, 2, 2]


def test_command_line_fails_if_a_retimed_thru_does():
    assert main(["--bytes", "20", "--hops", "2", "--skew", "12"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bytes", "0"], "argument --bytes: Number of bytes must be a whole number from 1 on, not '0'"),
        (["--hops", "many"], "argument --hops: Number of hops must be a whole number from 1 on, not 'many'"),
        (["--skew", "-1"], "argument --skew: must be microseconds, from 0 to less than a bit of 32, not '-1'"),
        (["--skew", "long"], "argument --skew: must be microseconds, from 0 to less than a bit of 32, not 'long'"),
    ],
)
def test_command_line_refuses_what_cannot_be(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert message in capsys.readouterr().err
