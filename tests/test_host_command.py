"""The computer's end from outside: programs with a pty for a board, that are interrupted, killed and unplugged."""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time

import pytest

from board.__main__ import main
from sim.bench.simulators import ROOT
from sim.model import smf
from tests.simulated_board import whole_messages
from tests.smf_bytes import END, event, file, packet

WAIT = 30.0
"""Seconds after which something that must come is given up."""

# What is asked for, and what must be said of it.
BAD = {
    "monitor --port /dev/nothing": "Port /dev/nothing cannot be opened at 1000000 baud: there is none of that name",
    "monitor --port loop:// --baud 9600": "baud must be a whole number from 31250 to 1.2e+07, not '9600'",
    "monitor --port loop:// --hide noise": "Messages to hide must be among",
    "monitor --port loop:// --seconds soon": "seconds must be a number from 0 to 1e+09, not 'soon'",
    "record": "required: OUT.mid",
    "record nowhere/out.mid --port loop://": "nowhere/out.mid must be a file that can be written: No such file",
    "record . --port loop:// --force": "must be a file that can be written, not a folder",
    "record README.md --port loop://": "README.md must not be written over; choose another name, or say --force",
    "record out.mid --ticks 1": "ticks must be a whole number from 24 to 32767, not '1'",
    "record out.mid --tempo 0": "tempo must be a number from 4 to 60000, not '0'",
    "record out.mid --keep some": "invalid choice: 'some'",
    "play nothing.mid --port loop://": "File must be readable: nothing.mid: No such file",
    "play README.md --port loop://": "README.md must begin with MThd",
    "play sim/songs/canon.mid --port loop:// --ahead 0": "ahead must be a whole number from 1 to 1024, not '0'",
    "connect --port loop:// --midi tcp:127.0.0.1:1": "TCP port 127.0.0.1:1 cannot be reached: nobody listens there",
    "connect --port loop:// --midi tcp:nowhere": "MIDI over TCP must be tcp:HOST:PORT",
    "loopback --port loop:// --bytes 0": "number of bytes must be a whole number from 1 to 9e+07, not '0'",
    "sing": "invalid choice: 'sing'",
}


@pytest.mark.parametrize("options", BAD)
def test_bad_input_is_refused_in_one_line(capsys, monkeypatch, options):
    monkeypatch.chdir(ROOT)
    status = main(["host", *options.split()])
    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert BAD[options] in printed.err


class Cable:
    """A pty that looks like the board's serial port, under a name of its own so that it can be plugged in again."""

    def __init__(self, path):
        self.path = path
        self.board = self.port = None

    def plug_in(self):
        self.board, self.port = pty.openpty()
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self.port))

    def pull_out(self):
        if self.board is not None:
            os.close(self.port)
            os.close(self.board)
            self.board = self.port = None

    def write(self, text):
        os.write(self.board, bytes.fromhex(text))

    def read(self, count):
        data = b""
        while len(data) < count:
            assert select.select([self.board], [], [], WAIT)[0], f"{count} bytes must come, not only {data.hex(' ')}"
            data += os.read(self.board, count - len(data))
        return data

    def read_until(self, end):
        data = b""
        while not data.endswith(end):
            data += self.read(1)
        return data


@pytest.fixture
def cable(tmp_path):
    cable = Cable(tmp_path / "board")
    cable.plug_in()
    yield cable
    cable.pull_out()


class Program:
    """``python -m board host``, whose lines can be waited for."""

    def __init__(self, *words):
        command = [sys.executable, "-m", "board", "host", *map(str, words)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.printed = ""

    def wait_for(self, text):
        """Read on until a text was printed."""
        end = time.monotonic() + WAIT
        while text not in self.printed:
            left = max(end - time.monotonic(), 0)
            assert select.select([self._process.stdout], [], [], left)[0], f"{text!r} must come, not {self.printed!r}"
            part = os.read(self._process.stdout.fileno(), 4096)
            assert part, f"{text!r} must come, and not the end after {self.printed!r}"
            self.printed += part.decode()

    def end(self, number=None):
        """Send it a signal, wait for its end; returns its exit status."""
        if number is not None:
            self._process.send_signal(number)
        self.printed += self._process.communicate(timeout=WAIT)[0].decode()
        assert "Traceback" not in self.printed
        return self._process.returncode

    def stop_reading(self):
        self._process.stdout.close()

    def wait(self):
        return self._process.wait(WAIT)

    def clean_up(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def program():
    programs = []

    def start(*words):
        programs.append(Program(*words))
        return programs[-1]

    yield start
    for each in programs:
        each.clean_up()


def until(condition):
    """Wait for something that another program does."""
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, "it must come, but it did not"
        time.sleep(0.01)


def sent(path):
    """What a file sends, in hex."""
    (track,) = smf.read(path.read_bytes()).tracks
    return [each.sent.hex(" ") for each in track if each.sent]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_recording_that_is_ended_is_saved(cable, program, tmp_path, number):
    path = tmp_path / "take.mid"
    recording = program("record", path, "--port", cable.path)
    recording.wait_for("recording; Ctrl-C ends")
    cable.write("90 3c 40 f8 3e 41 f0 01 02 f7 fe")
    # Whether bytes that were written a moment ago have come cannot be asked of a pty.
    until(lambda: path.exists() and len(sent(path)) == 4)
    before = path.read_bytes()
    assert recording.end(number) == 0
    assert sent(path) == ["90 3c 40", "f8", "90 3e 41", "f0 01 02 f7"]
    # It ends when the recording ended.
    assert path.read_bytes() != before
    assert recording.printed.splitlines()[-2:] == [
        "1 active_sensing message left out; --keep all keeps all",
        f"wrote {path}: 4 messages",
    ]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["board", "take.mid"]


def test_a_recording_that_is_killed_loses_seconds_at_most(cable, program, tmp_path):
    path = tmp_path / "take.mid"
    recording = program("record", path, "--port", cable.path)
    recording.wait_for("recording")
    cable.write("90 3c 40")
    until(path.exists)
    recording.end(signal.SIGKILL)
    assert sent(path) == ["90 3c 40"]


def test_a_cable_that_is_pulled_out_saves_at_once_and_plugged_in_again_it_goes_on(cable, program, tmp_path):
    path = tmp_path / "take.mid"
    recording = program("record", path, "--port", cable.path)
    recording.wait_for("recording")
    cable.write("90 3c 40 90 3e")
    until(path.exists)
    cable.pull_out()
    recording.wait_for("the board is gone; waiting")
    cable.plug_in()
    recording.wait_for("the board is back after")
    cable.write("40 80 3c 00")
    until(lambda: len(sent(path)) == 2)
    assert recording.end(signal.SIGINT) == 0
    assert sent(path) == ["90 3c 40", "80 3c 00"]
    assert "1 byte ignored" in recording.printed
    assert "the board was gone once, for " in recording.printed


def test_a_recording_whose_board_never_comes_back_is_saved_when_it_ends(cable, program, tmp_path):
    path = tmp_path / "take.mid"
    recording = program("record", path, "--port", cable.path)
    recording.wait_for("recording")
    cable.write("90 3c 40")
    until(path.exists)
    cable.pull_out()
    recording.wait_for("the board is gone")
    assert recording.end(signal.SIGINT) == 0
    assert sent(path) == ["90 3c 40"]


def test_a_file_is_played_in_full(cable, program, tmp_path):
    path = tmp_path / "song.mid"
    notes = b"".join(event(48, 0x90, 60 + n, 64) + event(48, 0x80, 60 + n, 0) for n in range(5))
    path.write_bytes(file(notes + packet(0, 0xF0, *[1] * 500, 0xF7) + END))
    playing = program("play", path, "--port", cable.path, "--no-running-status")
    expected = b"".join(bytes((0x90, 60 + n, 64, 0x80, 60 + n, 0)) for n in range(5))
    assert cable.read(len(expected)) == expected
    assert cable.read(502) == bytes((0xF0, *[1] * 500, 0xF7))
    assert playing.end() == 0
    # How late it was is the machine's affair.
    assert playing.printed.splitlines()[-1] == "played 11 messages"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_file_that_is_interrupted_leaves_nothing_sounding(cable, program, tmp_path, number):
    path = tmp_path / "song.mid"
    path.write_bytes(file(event(0, 0x90, 60, 64) + event(0, 0x91, 62, 64) + event(480 * 1000, 0x80, 60, 0) + END))
    playing = program("play", path, "--port", cable.path)
    assert cable.read(6) == bytes.fromhex("90 3c 40 91 3e 40")
    assert playing.end(number) == 130
    assert cable.read(6) == bytes.fromhex("80 3c 40 81 3e 40")
    assert playing.printed.splitlines()[-1] == "ended early; 1 message of 3 not played"


def test_a_file_waits_while_the_board_is_gone(cable, program, tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(file(event(0, 0xC0, 1) + event(960, 0xC0, 2) + event(1, 0xC0, 3) + END))
    playing = program("play", path, "--port", cable.path)
    assert cable.read(2) == b"\xc0\x01"
    cable.pull_out()
    playing.wait_for("the board is gone; waiting")
    cable.plug_in()
    assert cable.read(3) == b"\xc0\x02\x03"
    assert playing.end() == 0


def test_messages_are_printed_as_they_come(cable, program):
    monitor = program("monitor", "--port", cable.path)
    monitor.wait_for("listening")
    cable.write("90 3c 40")
    monitor.wait_for("note_on channel=1 note=60 velocity=64\n")
    cable.write("91 f4")
    monitor.wait_for(
        "LOSS: bytes were lost at MIDI In, without a stop bit or room for them; 1 byte of a message dropped"
    )
    assert monitor.end(signal.SIGINT) == 0


def test_a_reader_who_has_seen_enough_ends_the_monitor(cable, program):
    monitor = program("monitor", "--port", cable.path)
    monitor.wait_for("listening")
    monitor.stop_reading()
    cable.write("fe")
    assert monitor.wait() == 0


def test_a_port_that_is_in_use_is_busy(cable, program, capsys):
    monitor = program("monitor", "--port", cable.path)
    monitor.wait_for("listening")
    assert main(["host", "monitor", "--port", str(cable.path)]) == 2
    assert "it is busy; close the program that uses it" in capsys.readouterr().err


def joined(program, port):
    """A connection to a board's port over TCP; returns the program and a socket."""
    running = program("connect", "--port", port, "--midi", "tcp-listen:127.0.0.1:0")
    running.wait_for("; Ctrl-C ends")
    number = int(running.printed.partition("tcp-listen:127.0.0.1:")[2].partition(";")[0])
    return running, socket.create_connection(("127.0.0.1", number), timeout=WAIT)


def test_a_board_is_joined_to_programs_that_speak_tcp(cable, program):
    running, theirs = joined(program, cable.path)
    with theirs:
        running.wait_for("is connected")
        cable.write("90 3c 40 3e 40")
        got = b""
        while len(got) < 6:
            got += theirs.recv(6)
        assert got == bytes.fromhex("90 3c 40 90 3e 40")
        theirs.sendall(bytes.fromhex("91 3c 40"))
        assert cable.read(3) == bytes.fromhex("91 3c 40")
        assert running.end(signal.SIGINT) == 0
        # Nothing sounds on, at neither end.
        assert cable.read(3) == bytes.fromhex("81 3c 40")
        got = b""
        while len(got) < 6:
            got += theirs.recv(6)
        assert got == bytes.fromhex("80 3c 40 80 3e 40")
    assert "2 messages from MIDI In, 1 message to MIDI Out" in running.printed


def test_a_loop_brings_back_what_is_sent(program):
    running, theirs = joined(program, "loop://")
    data = b"".join(bytes((0x90 + n % 16, n % 128, n % 127 + 1)) for n in range(300))
    with theirs:
        theirs.sendall(data)
        got = b""
        while len(got) < len(data):
            got += theirs.recv(4096)
        assert whole_messages(list(enumerate(got))) == whole_messages(list(enumerate(data)))
    assert running.end(signal.SIGTERM) == 0


def test_in_a_terminal_a_file_and_a_recording_show_how_far_they_are(cable, tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(file(event(0, 0xC0, 1) + event(960 * 50, 0xC0, 2) + END))
    for words in (["play", str(path)], ["record", str(tmp_path / "take.mid")]):
        ours, its = pty.openpty()
        command = [sys.executable, "-m", "board", "host", *words, "--port", str(cable.path)]
        environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=its, stderr=its, stdin=its)
        os.close(its)
        try:
            printed = b""
            while b"0:00:01" not in printed:
                assert select.select([ours], [], [], WAIT)[0], f"time must be shown, not {printed}"
                printed += os.read(ours, 4096)
            process.send_signal(signal.SIGINT)
            assert process.wait(WAIT) == (130 if words[0] == "play" else 0)
        finally:
            process.kill()
            process.wait()
            os.close(ours)
        assert b"Traceback" not in printed
