"""Fuzzing: lines that failed once, a short run of new ones, and how a line that fails is cut down."""

import json
import random

import pytest

from hdl.port import PacketPort
from sim.model.edges import frames, settled
from sim.model.parser import Parser
from tests import bench_port, fuzz, rough_line
from tests.conftest import planted
from tests.fuzz import differences, keep, kept, main, models, one
from tests.rough_line import edges, pieces_of, random_pieces, shrink

KEPT = kept()


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_lines_that_failed_once_fail_no_more(target):
    cases = {name: lines for name, (of, lines) in KEPT.items() if of == target}
    wrong = differences(target, list(cases.values())) if cases else []
    assert [pair for pair in zip(cases, wrong, strict=True) if pair[1]] == []


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_new_lines_go_through_hardware_as_through_the_model(target):
    # Others in every run would make a failure that is gone in the next one; ``nox -s fuzz`` has others.
    count, found = one(target, "a short run")
    assert count >= 1000
    assert found is None


def test_models_agree_on_a_stream():
    count, difference = models("a short run", 50_000)
    assert count >= 50_000
    assert difference is None


def test_a_difference_between_the_models_is_told(monkeypatch):
    step = Parser.step

    def forgets_running_status(self, byte):
        packets = step(self, byte)
        if packets:
            self._status = None
        return packets

    monkeypatch.setattr(Parser, "step", forgets_running_status)
    _, difference = models("a short run", 1000)
    assert difference


def test_a_kept_line_finds_the_bug_for_which_it_was_kept():
    [name] = [name for name in KEPT if "mark of a cut SysEx" in (fuzz.KEPT / f"{name}.json").read_text()]
    target, lines = KEPT[name]
    broken = planted(PacketPort, *bench_port.PLANTED_IN_PACKET_PORT["loses the mark of a cut SysEx"][:2])
    assert "cut=True" in differences(target, [lines], make=broken)[0]


def test_a_line_is_cut_down_to_what_makes_it_fail():
    rng = random.Random(4)
    pieces = [*random_pieces(rng, 200), ["bytes", "903c40f0f8f7", 1.01, 2, 0.2], *random_pieces(rng, 100)]
    assert len(pieces) > 20
    runs = []

    def fails(candidates):
        runs.append(len(candidates))
        # As if a byte f8 behind an f0 did it, but only where a low was made longer.
        return [any(p[0] == "bytes" and "f0f8" in p[1] and p[4] == 0.2 for p in one) for one in candidates]

    assert shrink(pieces, fails) == [["bytes", "f0f8", 1.0, 0, 0.2]]
    assert len(runs) < 40


def test_what_fails_is_kept_and_found_again(tmp_path):
    found = fuzz.Found("packet_port", [[["break", 12.5], ["bytes", "9040", 1.0, 0, 0]]], "midi_out: nothing came")
    path = keep(found, tmp_path)
    assert json.loads(path.read_text())["was"] == "midi_out: nothing came"
    assert kept(tmp_path) == {path.stem: (found.target, found.lines)}
    assert keep(found, tmp_path) == path


def test_pieces_are_the_line_that_they_say():
    line, over = edges([["bytes", "903c", 1.0, 0, 0], ["idle", 5], ["bad stop", 0x40, 3], ["bytes", "40", 0.99, 0, 0]])
    assert [(frame.byte, frame.stop) for frame in frames(line)] == [
        (0x90, True),
        (0x3C, True),
        (0x40, False),
        (0x40, True),
    ]
    assert line[-1][1] == 1
    assert over > line[-1][0]


def test_random_pieces_are_lines_and_of_all_kinds():
    rng = random.Random(9)
    kinds = set()
    for _ in range(20):
        pieces = random_pieces(rng, 100)
        kinds |= {piece[0] for piece in pieces}
        assert pieces_of(pieces) >= 100
        line, over = edges(json.loads(json.dumps(pieces)))
        assert line == edges(pieces)[0] == settled(line)
        assert [time for time, _ in line] == sorted(time for time, _ in line)
        assert over > line[-1][0]
    assert kinds == set(rough_line.KINDS)


def test_command_counts_what_went_through(tmp_path, capsys):
    counts = tmp_path / "counts.json"
    call = ["--bytes", "1", "--models", "1", "--target", "stored_thru", "--jobs", "1", "--json", str(counts)]
    assert main(call) == 0
    assert "Bytes without a difference" in " ".join(capsys.readouterr().out.split())
    done = json.loads(counts.read_text())
    assert done["differences"] == 0
    assert done["bytes"]["stored_thru"] > 1000
    assert main([*call, "--simulator", "none"]) == 2
    assert "error: Simulator must be" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--bytes", "-1"], ["--models", "many"], ["--target", "synthesizer"]])
def test_a_wrong_call_ends_with_status_2(wrong, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(wrong)
    assert stopped.value.code == 2
    assert "error" in capsys.readouterr().err
