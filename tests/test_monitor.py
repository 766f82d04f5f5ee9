# amaranth: UnusedElaboratable=no
"""The monitor: hardware against model at the pins of a board."""

import argparse
import re

import pytest

from board.designs import monitor as design
from board.designs import printer
from board.designs.monitor import Monitor
from sim.model import monitor as model
from sim.model.midi import Packet
from tests import bench_monitor
from tests.conftest import cases, planted

BENCHES = {name: bench_monitor.bench(setting) for name, setting in bench_monitor.SETTINGS.items()}


@pytest.mark.parametrize(("kind", "case"), cases(BENCHES))
def test_monitor_equals_model(kind, case):
    BENCHES[kind].check(case)


@pytest.mark.parametrize("bug", bench_monitor.PLANTED)
def test_bench_finds_planted_bug(bug):
    right, wrong, case = bench_monitor.PLANTED[bug]
    assert bench_monitor.bench(bench_monitor.SLOW, planted(Monitor, right, wrong)).only(case).fails()


@pytest.mark.parametrize("bug", bench_monitor.PLANTED_IN_PRINTER)
def test_bench_finds_bug_planted_in_printer(bug, monkeypatch):
    right, wrong, case = bench_monitor.PLANTED_IN_PRINTER[bug]
    monkeypatch.setattr(design, "Printer", planted(printer.Printer, right, wrong))
    assert bench_monitor.bench(bench_monitor.SLOW).only(case).fails()


def test_cases_reach_what_they_are_about():
    traces = BENCHES["slow"].traces()
    text = {name: bench_monitor.lines(trace, 62_500) for name, trace in traces.items()}
    told = [line for line in text[bench_monitor.FULL_MEMORY] if line.startswith("errors")]
    assert re.fullmatch(r"errors 004 lost 0[1-9]\d", told[-1])
    assert text[bench_monitor.ERRORS][-2:] == ["errors 103 lost 001", ""]


@pytest.mark.parametrize(
    ("packet", "line"),
    [
        (Packet.of(0x9, (0x90, 0x3C, 0x64)), "90 3C 64 note on"),
        (Packet.of(0x9, (0x90, 0x3C, 0x00)), "90 3C 00 note off"),
        (Packet.of(0xF, (0xF8,)), "F8       clock"),
        (Packet.of(0x4, (0xF0, 0x7E, 0x7F)), "F0 7E 7F sysex"),
        (Packet.of(0x6, (0x01, 0xF7), cut=True), "01 ..    sysex, cut off"),
        (Packet.of(0x5, (0xF6,)), "F6       tune request"),
    ],
)
def test_lines_are_as_the_page_says(packet, line):
    assert model.line_of(packet) == f"{line}\r\n"


def test_a_full_cable_of_any_message_is_text_at_a_million_baud():
    kinds = [Packet.of(code, (0x80 | code << 4, 1, 2)) for code in range(0x8, 0xF)]
    kinds += [Packet.of(0xF, (0xFE,)), Packet.of(0x4, (1, 2, 3)), Packet.of(0x3, (0xF2, 1, 2))]
    for packet in kinds:
        # Running status: a channel message takes as few bytes as it has data.
        bits = 10 * (len(packet.bytes) - (packet.data[0] in range(0x80, 0xF0))) or 10
        assert 10 * len(model.line_of(packet)) / 1e6 < bits / 31_250


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"thru": "fast"}, "Thru must be one of direct, stored, retimed, not 'fast'"),
        ({"host_baud": 5e6}, "at least"),
        ({"blink": -1}, "Lights must stay lit for two clocks"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Monitor(12e6, **parameters)


def test_options_are_those_of_the_constructor():
    parser = argparse.ArgumentParser()
    Monitor.add_arguments(parser)
    built = Monitor(12e6, **vars(parser.parse_args(["--host-baud", "1e6", "--thru", "stored"])))
    assert len(built.leds) == len(Monitor.LEDS)
