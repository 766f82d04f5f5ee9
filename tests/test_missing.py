"""``python -m sim`` where something is missing, room or a package: one line, and exit status 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim import command, play
from sim.__main__ import main
from sim.bench.simulators import ROOT

NEEDS_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without room")


@pytest.fixture
def song(tmp_path):
    """Path of three bytes of music."""
    (tmp_path / "any.bin").write_bytes(bytes.fromhex("90 3c 40"))
    return str(tmp_path / "any.bin")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            OSError(28, "No space left on device", "build/x/design.v"),
            "build/x/design.v could not be written: No space left on device; make room for it, and begin again",
        ),
        (
            OSError(28, "No space left on device"),
            "A file or the output could not be written: No space left on device; make room",
        ),
        (
            PermissionError(13, "Permission denied", "build/x"),
            "build/x could not be read or written: Permission denied",
        ),
    ],
)
def test_a_disk_that_fills_up_while_it_works_is_told_in_one_line(song, capsys, monkeypatch, error, line):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(play.PortBuild, "is_done", True)
    monkeypatch.setattr(play.PortBuild, "run", refuse)
    assert main(["play", song]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {line}")
    assert said.count("\n") == 1


@NEEDS_FULL
def test_output_to_a_full_disk_is_told_in_one_line(song):
    with open("/dev/full", "wb") as full:
        ended = ran(full, "play", song)
    line = (
        "error: A file or the output could not be written: No space left on device; make room for it, and begin again\n"
    )
    assert (ended.returncode, ended.stderr) == (2, line)


def test_whoever_stops_reading_is_not_scolded(song):
    # The reader's end is closed before anything is written.
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as output:
        ended = ran(output, "play", song)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_a_package_that_is_missing_is_named_with_what_installs_it():
    # -S: without what pip has installed.
    words = [sys.executable, "-S", "-m", "sim", "play"]
    ended = subprocess.run(
        words, cwd=ROOT, env=plain_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.endswith(" must be installed for this; nox -s simulate installs all it needs\n")


def test_ctrl_c_before_it_began_is_no_traceback(monkeypatch, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupted)
    assert main(["play"]) == 130
    assert capsys.readouterr().err == "interrupted; nothing more was written\n"


def plain_environment():
    """The environment without what changes Python: where its packages are, and that it writes at once."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONUNBUFFERED"}}


def ran(output, *words):
    """``python -m sim`` as a program."""
    command = [sys.executable, "-m", "sim", *words]
    return subprocess.run(
        command, cwd=ROOT, env=plain_environment(), stdout=output, stderr=subprocess.PIPE, text=True, timeout=120,
        check=False,
    )  # fmt: skip
