"""Merger: hardware against the rules of its model, the model against what breaks them, and two lines made into one."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

# amaranth: UnusedElaboratable=no
from hdl.encoder import Encoder
from hdl.merger import Merger
from hdl.parser import Parser
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus
from sim.model.edges import Clock
from sim.model.merger import Merged, Rules, merger
from sim.model.midi import messages
from sim.model.parser import parser
from tests import bench_merger
from tests.bench_merger import BYTE, CLK_FREQ, PLANTED, at, now_and_then, sysex
from tests.conftest import cases, planted

BENCHES = {name: bench_merger.bench(name) for name in bench_merger.DESIGNS}


@pytest.mark.parametrize(("design", "case"), cases(BENCHES))
def test_merger_breaks_no_rule(design, case):
    BENCHES[design].check(case)


@pytest.mark.parametrize(("design", "bug"), [(name, bug) for name, bugs in PLANTED.items() for bug in bugs])
def test_bench_finds_planted_bug(design, bug):
    broken = planted(Merger, *PLANTED[design][bug])
    assert bench_merger.bench(design, broken).fails()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"inputs": 0}, "1 to 16, not 0"),
        ({"inputs": 17}, "1 to 16, not 17"),
        ({"inputs": 1.5}, "1 to 16, not 1.5"),
        ({"depth": 48}, "power of two, 4 to 32768, not 48"),
        ({"depth": 2}, "not 2"),
        ({"clk_freq": 0}, "positive number of Hz, not 0"),
        ({"timeout": 1e-5}, "1.6e-05 s or longer, not 1e-05"),
        ({"timeout": float("nan")}, "not nan"),
        ({"soft_thru": (0, 2)}, "soft_thru must be inputs, 0 to 1"),
        ({"waits": (-1,)}, "waits must be inputs, 0 to 1"),
    ],
)
def test_arguments_that_make_no_merger_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        Merger(**{"clk_freq": CLK_FREQ} | wrong)


# --- The model must be able to find fault ---

CLOCK = Clock(CLK_FREQ)
RULES = Rules(depth=4, timeout=1e-3)


def edges(*numbers):
    """Times of clock edges."""
    return [CLOCK.time(number) for number in numbers]


def packets_at(*timed):
    """Packets ``(clock edge, code, bytes ...)``, the code with the cable before it: 0x19 is code 9 on cable 1."""
    made = [at(CLOCK.time(edge), code & 0xF, *bytes_) for edge, code, *bytes_ in timed]
    return [(time, packet._replace(cable=code >> 4)) for (time, packet), (_, code, *_) in zip(made, timed, strict=True)]


def record(**changed):
    """A merger that did all right: a SysEx and a note at input 0, a note and a clock at input 1."""
    first = packets_at((10, 4, 0xF0, 1, 2), (30, 5, 0xF7), (50, 9, 0x90, 3, 3))
    second = packets_at((11, 9, 0x91, 4, 4), (51, 0xF, 0xF8))
    came = packets_at((14, 4, 0xF0, 1, 2), (34, 5, 0xF7), (36, 0x19, 0x91, 4, 4), (54, 9, 0x90, 3, 3))
    offered = [[(time - 3e-6, packet) for time, packet in packets] for packets in (first, second)]
    right = Merged(
        CLOCK, 5e-4, offered, [first, second], came, [(CLOCK.time(52), 0xF8)], [[], []], [[], []], {"packets": []}
    )
    return replace(right, **changed)


def test_model_finds_no_fault_with_what_is_right():
    assert merger(record(), RULES) == []


FAULTS = {
    "mixes": ({"packets": [record().packets[n] for n in (0, 2, 1, 3)]}, "inside a SysEx of input 0"),
    "loses": ({"packets": record().packets[:3]}, "must have been offered by"),
    "doubles": ({"packets": [*record().packets, (4e-4, record().packets[-1][1])]}, "came from no input"),
    "changes": ({"packets": packets_at((14, 4, 0xF0, 1, 3))}, "the next packet of input 0 must be"),
    "foresees": ({"packets": packets_at((9, 4, 0xF0, 1, 2))}, "the next packet of input 0 must be"),
    "is late": ({"packets": [(time + 1e-4, packet) for time, packet in record().packets]}, "must have been offered by"),
    "loses real-time": ({"realtime": []}, "f8 must have come by"),
    "invents real-time": ({"realtime": [*record().realtime, (4e-4, 0xFA)]}, "fa came from no input"),
    "changes real-time": ({"realtime": [(CLOCK.time(52), 0xFA)]}, "the next byte must be f8"),
    "delays real-time": ({"realtime": [(4e-4, 0xF8)]}, "f8 must have come by"),
    "counts nothing": ({"overruns": [edges(77), []]}, "none was taken"),
    "counts what came": ({"overruns": [edges(50), []]}, "there was room for what was dropped"),
    "counts an end": ({"overruns": [edges(30), []]}, "must not be counted as lost"),
    "closes what is not open": ({"timeouts": [[], edges(77)]}, "no SysEx is open"),
    "closes too early": ({"timeouts": [edges(20), []]}, "must be closed after"),
    "leaves a silent SysEx open": (
        {"end": 9e-3, "taken": [record().taken[0][:1], []], "offered": [record().offered[0][:1], []]},
        "be open still",
    ),
    "lets a line wait": ({"taken": [record().taken[0], record().taken[1][:1]]}, "its packet must have been taken"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_model_finds_fault(fault):
    changed, words = FAULTS[fault]
    assert any(words in complaint for complaint in merger(record(**changed), RULES))


def test_model_finds_an_input_that_has_two_turns():
    lines = [packets_at((10, 0xC, 0xC0, 1), (20, 0xC, 0xC0, 2), (30, 0xC, 0xC0, 3)), packets_at((12, 0xC, 0xC1, 1))]
    came = packets_at((100, 0xC, 0xC0, 1), (105, 0xC, 0xC0, 2), (110, 0x1C, 0xC1, 1), (115, 0xC, 0xC0, 3))
    unfair = record(offered=lines, taken=lines, packets=came, realtime=[], ready={"packets": [(0, 0), (198e-6, 1)]})
    assert any("input 0 had two turns while input 1 waited" in complaint for complaint in merger(unfair, RULES))


def test_model_finds_loss_at_an_input_that_can_wait():
    dropped = record(overruns=[edges(50), []])
    assert any("must lose nothing" in complaint for complaint in merger(dropped, RULES._replace(waits=(0,))))


# --- Two lines at full rate made into one ---


class TwoLines(wiring.Component):
    """Two lines as bytes, parsed, merged and made bytes again.

    Parameters
    ----------
    merger : component class
        What to merge them with.

    Members
    -------
    lines : ``In(stream.Signature(8)).array(2)``
        What the receivers of the lines deliver.
    bytes : ``Out(stream.Signature(8))``
        What goes to the transmitter.
    overrun : ``Out(1).array(2)``
        Pulses for each message that is lost.
    """

    def __init__(self, merger=Merger):
        self.merger = merger
        byte = stream.Signature(8)
        super().__init__({"lines": In(byte).array(2), "bytes": Out(byte), "overrun": Out(1).array(2)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.merger = merged = self.merger(CLK_FREQ, 2, depth=16)
        m.submodules.encoder = encoder = Encoder(CLK_FREQ)
        for n in (0, 1):
            m.submodules[f"parser_{n}"] = parsed = Parser()
            connect(m, flipped(self.lines[n]), parsed.bytes)
            connect(m, parsed.packets, merged.inputs[n])
            m.d.comb += self.overrun[n].eq(merged.overrun[n])
        connect(m, merged.packets, encoder.packets)
        connect(m, merged.realtime, encoder.realtime)
        connect(m, encoder.bytes, flipped(self.bytes))
        return m


CLOCKS = 0xF8, 0xFA
"""What each line has for real-time that goes through."""


def full(n, data):
    """Bytes of line ``n`` without a pause, each when it is complete; the lines are half a byte apart."""
    return [((k + 1 + n / 2) * BYTE, byte) for k, byte in enumerate(data)]


def notes(n, count, clocks=False):
    """Running status on a channel of input ``n``; with ``clocks`` a little less than a quarter of it is real-time."""
    data = [0x90 + n, *(byte for k in range(count) for byte in (k % 128, 1 + k // 128))]
    if clocks:
        data = [
            byte for k, byte in enumerate(data) for byte in ((byte, CLOCKS[n]) if k % 3 == 0 and k % 30 else (byte,))
        ]
    return data


def mixture(rng, n, count):
    """SysEx, notes and real-time of input ``n``; each SysEx and each note tells its number and its input."""
    data = []
    for k in range(count):
        note = [0x90 + n, k, 1]
        data += rng.choice((note, note, [0xC0 + n, k], [0xF0, n, k, *bytes.fromhex(sysex(rng.randrange(2, 90)))[1:]]))
        data += rng.choice(([], [], [CLOCKS[n]], [0xFE], [0xFF]))
    return data


def two_lines(lines, **bounds):
    """A case of both lines at full rate, and one output that is no faster than one of them."""
    longest = max(map(len, lines)) * BYTE
    until = longest + 200 * BYTE
    stimulus = Stimulus(
        until,
        streams={f"lines__{n}": full(n, lines[n]) for n in (0, 1)},
        ready={"bytes": now_and_then(BYTE, until)},
    )
    return Case(stimulus, lambda trace: judge(stimulus, trace, longest, **bounds))


def judge(stimulus, trace, longest, lateness=None, gap=None):
    """Each message that got through is whole, in order, and those that did not are counted."""
    came = messages(parser(trace.streams["bytes"]))
    for n in (0, 1):
        sent = [message for _, message in messages(parser(stimulus.streams[f"lines__{n}"])) if is_of(n, message)]
        mine = [message for _, message in came if is_of(n, message)]
        lost, left = 0, iter(sent)
        for message in mine:
            for candidate in left:
                if candidate == message:
                    break
                lost += 1
                # One that did not fit was closed: a part of it came, and it is lost all the same.
                if len(message.bytes) > 3 and candidate.bytes[: len(message.bytes) - 1] == message.bytes[:-1]:
                    break
            else:
                raise Difference(f"{message.text} must be a message of input {n}, in its order")
        counted = len(trace.pulses(f"overrun__{n}"))
        lost += len(list(left))
        if not lost == counted > 0:
            raise Difference(f"all that input {n} lost must be counted, {lost} messages, not {counted}")
        times = [time for time, message in came if is_of(n, message) and time < longest]
        if gap and (waited := max(later - time for time, later in pairwise(times))) > gap * BYTE:
            raise Difference(f"input {n} must have its turn in {gap} byte times, not {waited / BYTE:.1f}")
    sent = sorted(event for n in (0, 1) for event in stimulus.streams[f"lines__{n}"] if event[1] == CLOCKS[n])
    clocks = [event for event in trace.streams["bytes"] if event[1] >= 0xF8]
    if [byte for _, byte in clocks] != [byte for _, byte in sent]:
        raise Difference(f"all {len(sent)} real-time bytes must come, not {len(clocks)}")
    late = max((time - came for (time, _), (came, _) in zip(clocks, sent, strict=True)), default=0) / BYTE
    if lateness and late > lateness:
        raise Difference(f"real-time must be at most {lateness} byte times late, not {late:.2f}")


def is_of(n, message):
    """Whether a message is no real-time and of input ``n``."""
    return message.bytes[0] < 0xF8 and (message.bytes[1] if message.name == "sysex" else message.bytes[0] % 16) == n


LINES = {
    "notes": two_lines([notes(0, 200), notes(1, 200)], gap=7),
    "notes below real-time of almost half the rate": two_lines(
        [notes(0, 200, clocks=True), notes(1, 200, clocks=True)], lateness=3.5, gap=14
    ),
    "SysEx and all else": two_lines([mixture(random.Random(n), n, 60) for n in (0, 1)]),
}
BENCH = Bench(Design.of(TwoLines(), CLK_FREQ), LINES)


@pytest.mark.parametrize("case", LINES)
def test_two_full_lines_become_one_of_whole_messages(case):
    BENCH.check(case)


@pytest.mark.parametrize(
    ("bug", "case"),
    [
        ("gives the turn away inside a SysEx", "SysEx and all else"),
        ("drops messages without a word", "notes"),
        ("hands on Active Sensing", "SysEx and all else"),
        ("stays with an input that has more", "notes"),
    ],
)
def test_two_lines_find_planted_bug(bug, case):
    broken = planted(Merger, *PLANTED["two"][bug])
    assert Bench(Design.of(TwoLines(broken), CLK_FREQ), {case: LINES[case]}).fails()
