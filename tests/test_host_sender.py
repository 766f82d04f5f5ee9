"""Bytes for MIDI Out leave in the order of a wire that is never behind, and never too many at a time."""

import random

import pytest

from board.host import sender as sender_module
from board.host.sender import BYTE_TIME, Sender, Sounding
from sim.song import Song, load, wire
from sim.songs import canon
from tests.simulated_board import BYTE

NOTE = bytes.fromhex("90 3c 40")


def drain(sender, now=0.0, until=float("inf")):
    """Bytes that a computer which always wakes up in time gives the board, as ``(time, byte)``."""
    given = []
    while now < until:
        given += [(now, byte) for byte in sender.take(now)]
        following = sender.next(now)
        if following == float("inf"):
            break
        assert following > now
        now = following
    return given


def on_the_wire(given):
    """When the start bit of each byte falls, and how many bytes wait in the board at most."""
    free, starts, most = 0.0, [], 0
    for time, byte in given:
        start = max(time, free)
        free = start + BYTE
        starts.append((start, byte))
        # Those that the wire has not carried to the end; times are rounded.
        most = max(most, sum(1 for begin, _ in starts[-100:] if begin + BYTE > time + 1e-9))
    return starts, most


@pytest.mark.parametrize("ahead", [1, 2, 16, 64])
@pytest.mark.parametrize("running_status", [True, False])
def test_the_order_is_that_of_a_sequencer_with_a_wire_of_its_own(monkeypatch, ahead, running_status):
    # What this adds for the difference of two crystals would let a clock fall one byte later now and then.
    monkeypatch.setattr(sender_module, "BYTE_TIME", BYTE)
    song = load(canon.PATH)
    dump = bytes((0xF0, *(n & 0x7F for n in range(700)), 0xF7))
    messages = sorted([*song.messages, (3.0001, dump)], key=lambda event: event[0])
    song = Song("with a dump", messages, song.clocks)
    sent = wire(song, idle_limit=float("inf"), running_status=running_status, until=10)
    sender = Sender(ahead=ahead, running_status=running_status)
    for time, data in messages:
        sender.put(time, data)
    sender.put(song.clocks[0], b"\xfa")
    for clock in song.clocks:
        sender.put(max(clock, song.clocks[0] + 1e-3), b"\xf8")
    given = drain(sender, until=9)
    assert bytes(byte for _, byte in given) == bytes(sent.bytes[: len(given)])
    starts, most = on_the_wire(given)
    assert most <= ahead
    late = [start - time for (start, _), time in zip(starts, sent.song_times, strict=False)]
    assert min(late) > -1e-9
    assert max(late) < 1e-6


def test_real_time_that_comes_unforeseen_waits_for_what_the_board_holds_and_no_more():
    sender = Sender(ahead=4)
    sender.put(0.0, bytes((0xF0, *range(100), 0xF7)))
    assert sender.take(0.0) == bytes((0xF0, 0, 1, 2))
    sender.put(1e-6, b"\xf8")
    assert sender.take(0.9 * BYTE_TIME) == b""
    assert sender.take(1.1 * BYTE_TIME) == b"\xf8"
    assert sender.take(2.1 * BYTE_TIME) == b"\x03"


def test_a_wire_that_is_idle_carries_a_message_at_its_time_and_not_before():
    sender = Sender()
    sender.put(5.0, NOTE)
    assert sender.take(4.999) == b""
    assert sender.next(4.999) == 5.0
    assert sender.take(5.0) == NOTE
    assert (sender.waiting, sender.is_done(5.0), sender.is_done(5.001)) == (0, False, True)


def test_how_late_it_was_is_known():
    sender = Sender()
    for _ in range(10):
        sender.put(1.0, NOTE)
    drain(sender)
    # The first note has three bytes, and each of the others two.
    assert sender.latest == pytest.approx((3 + 8 * 2) * BYTE, rel=0.01)


def test_statuses_are_left_out_only_where_they_may_be():
    sender = Sender(ahead=1000)
    for data in ("90 3c 40", "90 3e 40", "f8", "f6", "90 40 40", "f0 01 02", "03 f7", "90 41 40", "91 41 40"):
        sender.put(0.0, bytes.fromhex(data))
    assert sender.take(0.0).hex(" ") == ("f8 90 3c 40 3e 40 f6 90 40 40 f0 01 02 03 f7 90 41 40 91 41 40")
    plain = Sender(ahead=1000, running_status=False)
    plain.put(0.0, NOTE)
    plain.put(0.0, NOTE)
    assert plain.take(0.0) == NOTE + NOTE


def test_after_a_delay_the_message_that_was_being_sent_begins_anew():
    sender = Sender(ahead=4)
    for time, data in ((0.0, NOTE), (0.0, b"\x90\x3e\x41"), (9.0, b"\x90\x3e\x00")):
        sender.put(time, data)
    assert sender.take(0.0).hex(" ") == "90 3c 40 3e"
    sender.delay(100.0)
    assert sender.take(1.0).hex(" ") == "90 3e 41"
    assert sender.next(2.0) == 109.0
    assert sender.take(109.0).hex(" ") == "90 3e 00"


def test_silence_finishes_a_message_drops_the_rest_and_ends_every_note_and_pedal():
    sender = Sender(ahead=5)
    for data in ("90 3c 40", "b0 40 7f", "91 3c 40", "90 3e 40"):
        sender.put(0.0, bytes.fromhex(data))
    assert sender.take(0.0).hex(" ") == "90 3c 40 b0 40"
    assert sender.silence() == 2
    assert bytes(byte for _, byte in drain(sender, 1e-9)).hex(" ") == "7f 40 00 80 3c 40"


def test_silence_closes_an_open_sysex_and_does_not_finish_it():
    sender = Sender(ahead=3)
    sender.put(0.0, bytes((0xF0, *range(100), 0xF7)))
    assert sender.take(0.0).hex(" ") == "f0 00 01"
    assert sender.silence() == 1
    assert bytes(byte for _, byte in drain(sender, 1e-9)) == b"\xf7"
    divided = Sender()
    divided.put(0.0, b"\xf0\x01\x02")
    assert divided.take(0.0).hex(" ") == "f0 01 02"
    assert divided.silence() == 0
    assert divided.take(1.0) == b"\xf7"


def test_silence_of_what_was_never_played_is_silence():
    sender = Sender()
    for n in range(5):
        sender.put(float(n), NOTE)
    assert sender.silence() == 5
    assert (sender.next(0.0), sender.is_done(0.0)) == (float("inf"), True)


def test_what_sounds_is_known_of_any_order_of_messages():
    rng = random.Random(3)
    sounding, notes = Sounding(), set()
    for _ in range(500):
        status, note, velocity = rng.choice((0x80, 0x90)), rng.randrange(3), rng.choice((0, 64))
        sounding.hear((status, note, velocity))
        (notes.add if status == 0x90 and velocity else notes.discard)(note)
        if rng.random() < 0.05:
            assert sorted(end[1] for end in sounding.ends()) == sorted(notes)
            assert sounding.ends() == []
            notes.clear()
