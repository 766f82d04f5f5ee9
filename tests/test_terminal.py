"""What a person sees: a message as a picture of its bits, and text that stays text."""

import os
import re
import subprocess
import sys

import pytest

from sim.__main__ import main
from sim.bench.simulators import ROOT

PICTURE = [
    "program_change channel=1 program=40, bit by bit:",
    "        start    c0    stop start    28    stop",
    "        0 0 0 0 0 0 0 1 1 1 0 0 0 0 1 0 1 0 0 1",
    "IN    ──┐             ┌─────┐       ┌─┐ ┌─┐   ┌───",
    "        └─────────────┘     └───────┘ └─┘ └───┘",
    "OUT   ──┐             ┌─────┐       ┌─┐ ┌─┐   ┌───",
    "        └─────────────┘     └───────┘ └─┘ └───┘",
    "each bit lasts 32 us, the least significant first; OUT is 958 us behind IN",
]


@pytest.fixture
def shown(tmp_path, capsys):
    """Plays raw bytes; returns the lines that are printed."""

    def run(data, *options, name="any.bin"):
        (tmp_path / name).write_bytes(data)
        assert main(["play", str(tmp_path / name), *options]) == 0
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return run


def test_the_table_says_how_much_went_in_and_came_out_and_how_late(shown):
    lines = shown(b"\x90\x3c\x40")
    (received,) = [line for line in lines if line.lstrip().startswith("received")]
    assert re.fullmatch(r" *received +3 +90 3c 40 +31\d\.00 +31\d\.00 +31\d\.00", received)
    assert all(len(line) <= 80 for line in lines)


def test_a_song_that_did_not_come_through_is_told_though_the_chip_did_what_it_must(shown):
    assert shown(b"\x90\x3c\x40\xf8")[-2:] == [
        "complete  all 2 messages that went in came out at OUT unchanged",
        "match",
    ]
    *_, song, chip = shown(b"\x90\x3c\x40\x91", "--baud-error", "20")
    assert re.fullmatch(r"incomplete  0 of 1 message that went in came out at OUT unchanged", song)
    assert chip == "match"


def test_the_first_message_that_is_not_real_time_is_drawn_bit_by_bit(shown):
    # A clock stands between its bytes and is no part of it.
    lines = shown(bytes.fromhex("f8 c0 f8 28 90 3c 40"))
    begin = lines.index(f"  {PICTURE[0]}")
    assert [line[2:] for line in lines[begin : begin + len(PICTURE)]] == PICTURE


def test_of_a_sysex_the_first_three_bytes_are_drawn(shown):
    lines = shown(bytes.fromhex("f0 01 02 03 f7"))
    begin = lines.index("  sysex data=01 02 03, bit by bit:")
    assert lines[begin + 1] == "          start    f0    stop start    01    stop start    02    stop"


def test_a_wire_without_a_whole_message_is_not_drawn(shown):
    assert not any("bit by bit" in line for line in shown(b"\x01\x02\xf8"))


def test_a_terminal_that_knows_only_ascii_gets_a_picture_of_that(tmp_path):
    (tmp_path / "é.bin").write_bytes(bytes.fromhex("c0 28"))
    command = [sys.executable, "-m", "sim", "play", str(tmp_path / "é.bin")]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "?.bin at 0.5 MHz in " in ended.stdout
    for line in PICTURE[3:7]:
        assert line.translate(str.maketrans("─┐└┘┌", "-++++")) in ended.stdout


def test_a_name_is_no_markup(shown):
    assert shown(b"\x90\x3c\x40", name="[red]a[b].bin")[0].startswith("[red]a[b].bin at 0.5 MHz in ")
