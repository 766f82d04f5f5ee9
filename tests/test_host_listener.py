"""Bytes from the board as messages with the time at which they began; every byte is told of or counted."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.host.listener import Listener, whole
from sim.model.interface import LOST_FROM_HOST, LOST_FROM_MIDI
from sim.model.midi import Message, messages
from sim.model.parser import Parser
from tests.random_midi import random_stream
from tests.simulated_board import marks


def heard(text):
    """What is heard of bytes in hex, number n at time n: ``(time, message in hex or loss)``."""
    listener = Listener()
    told = [each for time, byte in enumerate(bytes.fromhex(text)) for each in listener.feed(time, bytes([byte]))]
    return [(each.time, bytes(each.message.bytes).hex(" ") if each.message else each.lost) for each in told], listener


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90 3c 40", [(0, "90 3c 40")]),
        ("90 3c 40 3e 40 40 40", [(0, "90 3c 40"), (3, "90 3e 40"), (5, "90 40 40")]),
        ("90 f8 3c fe 40 f8 3e 41", [(1, "f8"), (3, "fe"), (0, "90 3c 40"), (5, "f8"), (6, "90 3e 41")]),
        ("f0 01 f8 02 03 04 f7", [(2, "f8"), (0, "f0 01 02 03 04 f7")]),
        ("f0 f7 f6 f2 01 02", [(0, "f0 f7"), (2, "f6"), (3, "f2 01 02")]),
    ],
)
def test_a_message_has_the_time_of_its_first_byte(text, expected):
    told, listener = heard(text)
    assert told == expected
    assert [*listener.finish().lines()] == []


def test_a_sysex_that_a_status_ends_is_whole_and_the_status_counts():
    told, listener = heard("f0 01 02 03 90 3c 40")
    assert told == [(0, "f0 01 02 03"), (4, "90 3c 40")]
    assert whole(Message(bytes.fromhex("f0 01"), cut=True)) == bytes.fromhex("f0 01 f7")
    assert listener.finish().ignored == 0


def test_a_loss_drops_the_message_in_progress_and_running_status_and_is_counted():
    told, listener = heard("90 3c f4 40 3e 40 90 3c 41")
    assert told == [(2, "midi"), (6, "90 3c 41")]
    counts = listener.finish()
    assert (counts.messages, counts.losses, counts.dropped, counts.ignored) == (1, 1, 2, 3)
    assert [*counts.lines()] == [
        "1 loss at MIDI In, of bytes without a stop bit or room for them; 2 bytes of damaged messages dropped",
        "3 bytes ignored: undefined, unfinished, or without a status",
    ]


def test_a_sysex_with_a_hole_in_it_is_no_message():
    told, listener = heard("f0 01 02 03 04 f4 05 f7")
    assert told == [(5, "midi")]
    assert (listener.counts.dropped, listener.finish().ignored) == (5, 2)


def test_a_loss_on_the_way_from_the_host_harms_no_message():
    told, listener = heard("90 3c fd 40")
    assert told == [(2, "host"), (0, "90 3c 40")]
    assert [*listener.finish().lines()] == [
        "1 loss at the board, of bytes from the computer without a stop bit or room for them"
    ]


def test_a_board_that_was_gone_is_no_loss_at_midi_in():
    listener = Listener()
    listener.feed(0, b"\x90\x3c")
    assert [each.lost for each in listener.lose(1, "board")] == ["board"]
    assert listener.feed(2, b"\x40") == []
    assert (listener.counts.losses, listener.counts.dropped) == (0, 2)
    # The byte behind it has no status any more.
    assert [*listener.finish().lines()] == [
        "2 bytes of damaged messages dropped",
        "1 byte ignored: undefined, unfinished, or without a status",
    ]


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_heard_is_what_the_model_makes_of_it_and_every_byte_is_counted(seed):
    stream = marks(random_stream(random.Random(seed), 60))
    listener, model, packets = Listener(), Parser(), []
    told = [each for time, byte in enumerate(stream) for each in listener.feed(time, bytes([byte]))]
    for time, byte in enumerate(stream):
        packets += [(time, packet) for packet in (model.lose() if byte == LOST_FROM_MIDI else model.step(byte))]
    # The SysEx that a loss cuts off has a hole in it.
    expected = [message for time, message in messages(packets) if stream[time] != LOST_FROM_MIDI]
    assert [each.message for each in told if each.message] == expected

    in_messages = sum(len(each.message.bytes) - (stream[each.time] < 0x80) for each in told if each.message)
    counts = listener.finish()
    told_of = counts.ignored + counts.dropped + stream.count(LOST_FROM_MIDI) + stream.count(LOST_FROM_HOST)
    assert in_messages + told_of == len(stream)
