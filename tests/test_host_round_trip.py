"""What was played, recorded and played again is what was played, to the millisecond of simulated time."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.designs.interface import Interface
from board.host.listener import whole
from board.top import AtPins
from sim.bench.run import Build, Design, available, choose
from sim.bench.trace import Stimulus
from sim.model import smf
from sim.model.edges import BAUD, frame_edges, frames
from sim.model.midi import Message, messages
from sim.model.parser import parser
from sim.song import Song, load, wire
from sim.songs import canon
from tests.random_midi import random_stream
from tests.simulated_board import (
    BYTE,
    SimulatedBoard,
    SimulatedClock,
    heard_by_the_host,
    host,
    sent_by_the_board,
    whole_messages,
)

NEAR = 1e-3
"""Seconds by which a message may be off."""


def expect_same(played, again):
    """Both are bytes with their times: messages must be the same, and their times but for when it all began.

    Real-time messages are compared by themselves: less than a tick away from another message they may change places.
    Returns by how much the times differ.
    """
    off = []
    began, began_again = (messages_of(stream)[0][0][0] for stream in (played, again))
    for before, after in zip(messages_of(played), messages_of(again), strict=True):
        assert [text for _, text in after] == [text for _, text in before]
        off += [(time - began) - (later - began_again) for (time, _), (later, _) in zip(before, after, strict=True)]
    assert max(map(abs, off)) < NEAR
    return max(map(abs, off))


def messages_of(stream):
    """Real-time messages of bytes with their times, and all others: lists of ``(time, text)``."""
    found = whole_messages(stream)
    return [
        [(time, message.text) for time, message in found if (message.category == "real-time") == real_time]
        for real_time in (True, False)
    ]


def recorded(path, to_host, *options):
    """Record what the host gets; returns the lines that it was told."""
    clock = SimulatedClock()
    board = SimulatedBoard(clock, to_host)
    seconds = to_host[-1][0] + 0.5
    status, told = host(board, "record", path, "--seconds", seconds, *options)
    assert status == 0
    return told


def played(path, *options):
    """Play a file; returns what was written to the board."""
    board = SimulatedBoard(SimulatedClock())
    status, _ = host(board, "play", path, *options)
    assert (status, board.overruns) == (0, 0)
    return board.from_host


def performance(seconds=12):
    """The canon with its clock as a sequencer sends it, and a long SysEx into which the clock falls."""
    song = load(canon.PATH)
    rng = random.Random(1)
    dump = bytes((0xF0, 0x43, *(rng.randrange(128) for _ in range(1500)), 0xF7))
    messages = sorted([*song.messages, (5.001, dump), (7.0, b"\xf2\x10\x20")], key=lambda event: event[0])
    sent = wire(Song("performance", messages, song.clocks), idle_limit=float("inf"), until=seconds)
    return list(zip(sent.times, sent.bytes, strict=True))


def test_record_then_play_gives_back_the_same_messages_at_the_same_times(tmp_path):
    before = performance()
    told = recorded(tmp_path / "take.mid", heard_by_the_host(before))
    assert told[-1].startswith(f"wrote {tmp_path / 'take.mid'}: ")
    expect_same(before, sent_by_the_board(played(tmp_path / "take.mid")))


def test_play_then_record_gives_back_the_file_to_the_tick(tmp_path):
    (tmp_path / "first.mid").write_bytes(canon.PATH.read_bytes())
    wire_bytes = sent_by_the_board(played(tmp_path / "first.mid"))
    recorded(tmp_path / "again.mid", heard_by_the_host(wire_bytes), "--trim")
    first, again = (
        [(time, event.sent) for time, event in smf.read(path.read_bytes()).timed()[0] if event.sent]
        for path in (tmp_path / "first.mid", tmp_path / "again.mid")
    )
    assert [sent for _, sent in again] == [sent for _, sent in first]
    begin = first[0][0]
    late = [time_again - (time - begin) for (time, _), (time_again, _) in zip(first, again, strict=True)]
    # Notes of a chord come after each other on a wire, up to a dozen at a time.
    assert min(late) > -NEAR / 2
    assert max(late) < 12 * 3 * BYTE


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 16, 64, 300]))
def test_any_stream_comes_back_as_the_same_messages(tmp_path_factory, seed, ahead):
    folder = tmp_path_factory.mktemp("any")
    rng = random.Random(seed)
    stream = [byte for byte in random_stream(rng, 60) if byte not in (0xF4, 0xFD)]
    time, before = 0.0, []
    for byte in stream:
        time += BYTE + rng.choice((0, 0, 0, rng.uniform(0, 0.02)))
        before.append((time, byte))
        # Behind a bad stop bit the line must be high once before the next byte.
        time += 3 / BAUD if byte is None else 0
    recorded(folder / "any.mid", heard_by_the_host(before), "--keep", "all")
    expected = undamaged(before)
    if any(expected):
        after = messages_of(sent_by_the_board(played(folder / "any.mid", "--ahead", ahead)))
        assert [[text for _, text in kind] for kind in after] == expected


def undamaged(stream):
    """Texts of the messages of a stream, real-time and others; a SysEx that a loss cut off is none."""
    lost = [time for time, byte in stream if byte is None]
    found = messages(parser([event for event in stream if event[1] is not None], lost))
    left = [message for time, message in found if not (message.cut and time in lost)]
    closed = [Message(whole(message)) for message in left]
    return [[message.text for message in closed if (message.category == "real-time") == kind] for kind in (True, False)]


SLOW = {"host_baud": 62_500, "depth": 128, "blink": 0.001}
"""Options of the design at 500 kHz, where a short piece takes a simulator a second or two."""


@pytest.mark.skipif(not available(), reason="needs a simulator: Icarus Verilog or Verilator")
def test_record_then_play_through_the_hardware_gives_back_the_same(tmp_path):
    design = Design.of(AtPins(Interface(500e3, **SLOW)), 500e3)
    build = Build(design, choose("auto", design))
    notes = [(0.01, b"\xf0\x43\x10\x4c\x00\x00\x7e\x00\x01\x02\x03\x04\xf7")]
    notes += [(0.012 + 0.004 * n, bytes((0x90, 60 + n % 5, n))) for n in range(40)]
    sent = wire(Song("short", notes, [0.01 * n for n in range(17)]), idle_limit=float("inf"))
    before = list(zip(sent.times, sent.bytes, strict=True))

    (trace,) = build.run([Stimulus(sent.end + 0.01, {"midi_in": sent.edges})])
    seen = frames(trace.line("host_tx"), SLOW["host_baud"])
    assert all(frame.stop for frame in seen)
    recorded(tmp_path / "take.mid", [(frame.time + 10 / SLOW["host_baud"], frame.byte) for frame in seen])

    clock = SimulatedClock()
    board = SimulatedBoard(clock, baud=SLOW["host_baud"], depth=SLOW["depth"])
    assert host(board, "play", tmp_path / "take.mid")[0] == 0
    bit = 1 / SLOW["host_baud"]
    edges = [edge for time, byte in board.from_host for edge in frame_edges(time, byte, bit)]
    (trace,) = build.run([Stimulus(edges[-1][0] + 0.05, {"host_rx": edges})])
    seen = frames(trace.line("midi_out"))
    assert all(frame.stop for frame in seen)
    expect_same(before, [(frame.time, frame.byte) for frame in seen])
