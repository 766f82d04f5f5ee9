# amaranth: UnusedElaboratable=no
"""The interface: hardware against model at the pins of a board, from wire to host and back."""

import re

import pytest

from board.designs import interface as design
from board.designs.interface import Interface
from board.top import AtPins
from sim.bench.run import Build, Design, choose
from sim.bench.trace import Stimulus
from sim.model import interface as model
from sim.model.edges import BAUD, frame_edges, frames
from tests import bench_interface
from tests.conftest import cases, planted

BIT = 1 / BAUD

BENCHES = {name: bench_interface.bench(setting) for name, setting in bench_interface.SETTINGS.items()}


@pytest.mark.parametrize(("kind", "case"), cases(BENCHES))
def test_interface_equals_model(kind, case):
    BENCHES[kind].check(case)


@pytest.mark.parametrize("bug", bench_interface.PLANTED)
def test_bench_finds_planted_bug(bug):
    right, wrong, case = bench_interface.PLANTED[bug]
    # The setting whose thru is one that can overrun.
    assert bench_interface.bench(bench_interface.INVERTED, planted(Interface, right, wrong)).only(case).fails()


def test_cases_reach_what_they_are_about():
    bench = BENCHES["slow"]
    sent = {
        name: [frame.byte for frame in frames(trace.line("host_tx"), bench_interface.SLOW.parameters["host_baud"])]
        for name, trace in bench.traces().items()
    }
    from_midi, _ = bench_interface.losses(sent[bench_interface.STOPS])
    _, from_host = bench_interface.losses(sent[bench_interface.LOSSES])
    assert from_midi > 1
    assert from_host > 1
    told_to_stop = [trace.levels["host_rts"] for trace in bench.traces().values() if len(trace.levels["host_rts"]) > 2]
    assert told_to_stop


@pytest.mark.parametrize("baud", [1_000_000, 500_000, 115_200])
def test_a_byte_leaves_within_a_microsecond_and_the_filter_behind_its_stop_bit(baud):
    clk_freq = 12e6
    design = Design.of(AtPins(Interface(clk_freq, host_baud=baud)), clk_freq)
    bit = 1 / baud
    midi, host = [BIT + 40 * BIT * n for n in range(4)], [7 * BIT + 40 * BIT * n for n in range(4)]
    stimulus = Stimulus(
        170 * BIT,
        {
            "midi_in": [edge for time in midi for edge in frame_edges(time, 0x55, BIT)],
            "host_rx": [edge for time in host for edge in frame_edges(time, 0x55, bit)],
        },
    )
    (trace,) = Build(design, choose("auto", design, 1e5, 100)).run([stimulus])
    microsecond, filtered = 1e-6, 3e-6 + 1 / clk_freq
    to_host, to_midi = frames(trace.line("host_tx"), baud), frames(trace.line("midi_out"))
    for frame, start in zip(to_host, midi, strict=True):
        assert 0 < frame.time - (start + 9.5 * BIT) <= microsecond + filtered
    for frame, start in zip(to_midi, host, strict=True):
        assert 0 < frame.time - (start + 9.5 * bit) <= microsecond


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"thru": "fast"}, "Thru must be one of direct, stored, retimed, not 'fast'"),
        ({"depth": 1000}, "Depth must be a power of two"),
        ({"depth": 64}, "from 128 on, not 64"),
        ({"host_baud": 5e6}, "at least"),
        ({"host_baud": 1.1e6}, "within 0.5%"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Interface(12e6, **parameters)


def test_marks_are_those_of_the_model():
    assert (design.LOST_FROM_MIDI, design.LOST_FROM_HOST) == (model.LOST_FROM_MIDI, model.LOST_FROM_HOST)
