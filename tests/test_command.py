"""The command line from outside: as a program in a terminal, interrupted, and with options that cannot be."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from vcd.reader import TokenKind, tokenize

from sim.__main__ import main
from sim.bench.run import SIMULATORS
from sim.bench.simulators import ROOT
from sim.song import load, wire
from sim.songs import canon
from tests.smf_bytes import END, event, file

BIN = bytes.fromhex("90 3c 40")

# What is asked for, and what must be said of it.
BAD = {
    "play --clk-freq fast": "clock frequency must be a number from 1 to 1e+09, not 'fast'",
    "play --clk-freq nan": "clock frequency must be a number from 1 to 1e+09, not 'nan'",
    "play --clk-freq -1": "clock frequency must be a number from 1 to 1e+09, not '-1'",
    "play --clk-freq 100e3": "at least 8 cycles to a bit",
    "play --clk-freq 700e3": "must divide to 31250 baud within 0.5%, not 700000.0 Hz",
    "play --baud-error 100": "baud error must be a number from -50 to 50, not '100'",
    "play --baud-error x": "baud error must be a number from -50 to 50, not 'x'",
    "play --idle-limit -1": "idle limit must be a number from 0 to 1e+06, not '-1'",
    "play --until 0": "end must be a number from 1e-06 to 1e+09, not '0'",
    "play --simulator modelsim": "invalid choice: 'modelsim'",
    "play --loud": "unrecognized arguments: --loud",
    "play nothing.mid": "File must be readable: nothing.mid: No such file",
    "play --json nowhere/out.json": "nowhere/out.json must be in a folder that exists; make nowhere first",
    "play --waves nowhere/out.vcd": "nowhere/out.vcd must be in a folder that exists; make nowhere first",
    "play --waves .": "must be a file that can be written, not a folder",
    "play --waves out.png": "Waves must be .vcd or .fst, not 'out.png'",
    "play --waves out.fst --simulator verilator": "needs --simulator icarus, not verilator",
    f"play {canon.PATH.relative_to(ROOT)} --json {canon.PATH.relative_to(ROOT)}": "must not be the song itself",
    "sing": "invalid choice: 'sing'",
    "": "required: COMMAND",
}


@pytest.fixture
def song(tmp_path):
    """Path of three bytes of music."""
    (tmp_path / "any.bin").write_bytes(BIN)
    return str(tmp_path / "any.bin")


@pytest.mark.parametrize("options", BAD)
def test_bad_options_are_refused_in_one_line(capsys, monkeypatch, options):
    monkeypatch.chdir(ROOT)
    status = main(options.split())
    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert BAD[options] in printed.err


def test_an_end_before_the_first_event_is_refused(tmp_path, capsys):
    (tmp_path / "late.mid").write_bytes(file(event(480, 0xC0, 1) + END))
    assert main(["play", str(tmp_path / "late.mid"), "--until", "0.1", "--no-clock"]) == 2
    assert "has nothing to send before 0.1 s; choose a later --until" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without room")
def test_a_file_that_cannot_be_written_after_all_is_told_of_in_one_line(song, capsys):
    assert main(["play", song, "--json", "/dev/full"]) == 2
    assert capsys.readouterr().err == "error: /dev/full must be a file that can be written: No space left on device\n"


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_simulator_that_is_not_on_the_path_is_asked_for_in_one_line(song, simulator):
    command = [sys.executable, "-m", "sim", "play", song, "--simulator", simulator]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: Simulator {simulator} cannot run here; install ")
    assert ended.stderr.count("\n") == 1


def test_python_m_sim_plays_and_its_exit_status_says_that_it_matched(song):
    command = [sys.executable, "-m", "sim", "play", song]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "match"


def test_ctrl_c_in_mid_song_reports_and_writes_what_was_recorded(tmp_path):
    # A terminal of its own, so that progress is shown, and Ctrl-C reaches the simulator too. At 12 MHz the song takes
    # a minute with any simulator.
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "sim", "play", "--clk-freq", "12e6", "--json", "out.json", "--waves", "out.vcd"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=its, stderr=its, stdin=its, start_new_session=True
    )
    os.close(its)
    try:
        printed = read(ours, until=b" bytes/s")
        os.killpg(process.pid, signal.SIGINT)
        printed += read(ours)
        assert process.wait() == 130
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert b"interrupted" in printed
    assert b"Traceback" not in printed
    result = json.loads((tmp_path / "out.json").read_text())
    whole = bytes(wire(load(canon.PATH)).bytes).hex(" ")
    assert (result["interrupted"], result["match"]) == (True, True)
    assert len(result["sent"]) < len(whole)
    assert whole.startswith(result["sent"])
    assert result["sent"].startswith(result["received"])
    with (tmp_path / "out.vcd").open("rb") as waves:
        names = {token.data.reference for token in tokenize(waves) if token.kind is TokenKind.VAR}
    assert {"midi_in", "midi_out", "midi_thru"} <= names


def read(terminal, until=None):
    """What is printed on a terminal until these bytes come, or until the last program at its other end has gone."""
    printed = b""
    while until is None or until not in printed:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            # This is how Linux says that nobody is there any more.
            part = b""
        if not part:
            assert until is None, f"{until} must be printed, not only {printed}"
            break
        printed += part
    return printed
