"""Standard MIDI Files are read as the standard says, and where mido says the same, as mido does."""

import io
import random

import mido
import pytest

from sim.model import smf
from sim.songs import canon
from tests.smf_bytes import END, chunk, event, file, packet, tempo

NOTE = event(0, 0x90, 60, 100)


def sent(data):
    """What a file sends, as ``(ticks, hex)``, its tracks one after another."""
    return [(each.ticks, each.sent.hex(" ")) for track in smf.read(data).tracks for each in track if each.sent]


def test_every_event_comes_at_its_tick_and_the_end_of_track_last():
    (track,) = smf.read(file(NOTE + event(200, 0x80, 60, 0) + event(100_000, 0xFF, 0x2F, 0))).tracks
    assert track == [(0, b"\x90\x3c\x64", None), (200, b"\x80\x3c\x00", None), (100_200, b"", None)]


def test_running_status_is_read_in_full():
    assert sent(file(NOTE + event(1, 62, 1) + event(1, 64, 2) + END)) == [
        (0, "90 3c 64"),
        (1, "90 3e 01"),
        (2, "90 40 02"),
    ]


def test_running_status_goes_on_behind_meta_events_and_sysex():
    track = NOTE + event(0, 0xFF, 0x01, 2, 0x41, 0x42) + event(1, 62, 1) + packet(0, 0xF0, 1, 0xF7) + event(1, 64, 2)
    assert [text for _, text in sent(file(track + END))] == ["90 3c 64", "90 3e 01", "f0 01 f7", "90 40 02"]


def test_meta_events_that_mean_nothing_on_a_wire_are_passed_over_whatever_they_hold():
    # A key that there is none of: mido refuses the whole file for it.
    key = event(0, 0xFF, 0x59, 2, 0x50, 0x07)
    assert sent(file(key + event(0, 0xFF, 0x60, 0) + NOTE + END)) == [(0, "90 3c 64")]
    with pytest.raises(mido.KeySignatureError):
        mido.MidiFile(file=io.BytesIO(file(key + NOTE + END)))


def test_packets_of_a_divided_sysex_are_sent_as_they_are_where_mido_makes_three_of_one():
    track = packet(0, 0xF0, 0x43, 0x12) + packet(200, 0xF7, 0x43, 0x13) + packet(100, 0xF7, 0x14, 0xF7) + END
    assert sent(file(track)) == [(0, "f0 43 12"), (200, "43 13"), (300, "14 f7")]
    read = mido.MidiFile(file=io.BytesIO(file(track))).tracks[0][:3]
    assert [bytes(message.bytes()).hex(" ") for message in read] == ["f0 43 12 f7", "f0 43 13 f7", "f0 14 f7"]


def test_escaped_bytes_are_sent_as_they_are_where_mido_refuses_the_file():
    track = packet(0, 0xF7, 0xF8) + packet(1, 0xF7, 0xF3, 0x01) + packet(1, 0xF7) + END
    assert sent(file(track)) == [(0, "f8"), (1, "f3 01")]
    with pytest.raises(ValueError, match="data byte must be in range"):
        mido.MidiFile(file=io.BytesIO(file(track)))


def test_a_tempo_is_an_event_that_sends_nothing():
    (track,) = smf.read(file(tempo(5, 400_000) + END)).tracks
    assert track == [(5, b"", 400_000), (5, b"", None)]


def test_what_follows_the_end_of_a_track_is_no_part_of_it():
    assert sent(file(NOTE + END + NOTE)) == [(0, "90 3c 64")]


def test_chunks_of_unknown_name_long_headers_and_bytes_behind_the_last_track_are_passed_over():
    header = chunk(b"MThd", bytes((0, 0, 0, 1, 0, 96, 1, 2)))
    data = header + chunk(b"XFIH", b"anything") + chunk(b"MTrk", NOTE + END) + b"rest"
    assert sent(data) == [(0, "90 3c 64")]
    assert smf.read(data).quarter == 96


@pytest.mark.parametrize(
    ("division", "ticks"), [(0xE828, 24 * 40), (0xE728, 1000), (0xE350, 30_000 / 1001 * 80), (0xE201, 30)]
)
def test_film_frames_divide_a_second(division, ticks):
    read = smf.read(file(NOTE + END, division=division))
    assert (read.quarter, read.second) == (None, ticks)


# What must be said, and of which file.
BROKEN = {
    "must begin with MThd, not b'RIFF'": b"RIFF1234",
    "header of 6 bytes or more, not 3": chunk(b"MThd", b"\0\0\0"),
    "must be of type 0, 1 or 2, not 3": file(END, kind=3),
    "at least 1 tick to a quarter note, not 0": file(END, division=0),
    "not 25 of 0": file(END, division=0xE700),
    "not 100 of 40": file(END, division=0x9C28),
    "must have 2 tracks, not 1": chunk(b"MThd", bytes((0, 1, 0, 2, 1, 0))) + chunk(b"MTrk", END),
    "status before data, not 3c, at byte 23": file(event(0, 60, 100) + END),
    "2 data bytes below 80 in a note_on, not 3c 80": file(event(0, 0x90, 60, 0x80) + END),
    "undefined status f4, at byte 23": file(event(0, 0xF4) + END),
    "numbers of at most 4 bytes": file(bytes((0x81, 0x82, 0x83, 0x84, 0x05)) + END),
    "end its track at byte 25, but an event goes on": file(event(0, 0x90, 60)),
    "must end its track at byte 30, but an event goes on": file(event(0, 0xFF, 0x01, 0x7F) + END),
    "a tempo above 0 in three bytes, not 00 00 00": file(tempo(0, 0) + END),
    "a tempo above 0 in three bytes, not 09": file(event(0, 0xFF, 0x51, 1, 9) + END),
}


@pytest.mark.parametrize("words", BROKEN)
def test_what_is_broken_is_refused_with_the_place_and_in_one_line(words):
    with pytest.raises(ValueError, match=r"^(must|ends) ") as refused:
        smf.read(BROKEN[words])
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_mido_writes_is_read_as_mido_reads_it():
    for data in (canon.PATH.read_bytes(), *(written(random.Random(seed)) for seed in range(20))):
        for track, expected in zip(smf.read(data).tracks, mido.MidiFile(file=io.BytesIO(data)).tracks, strict=True):
            ticks, events = 0, []
            for message in expected:
                ticks += message.time
                if message.type in ("set_tempo", "end_of_track"):
                    events.append((ticks, b"", getattr(message, "tempo", None)))
                elif not message.is_meta:
                    events.append((ticks, bytes(message.bytes()), None))
            assert track == events


def written(rng):
    """A file that mido writes, of random messages."""
    track = mido.MidiTrack()
    for _ in range(50):
        kind = rng.choice(("note_on", "program_change", "pitchwheel", "sysex", "songpos", "set_tempo", "text"))
        values = {
            "note_on": {"note": rng.randrange(128), "channel": rng.randrange(2)},
            "pitchwheel": {"pitch": rng.randrange(-8192, 8192)},
            "sysex": {"data": list(rng.randbytes(rng.randrange(300)).translate(bytes(n & 0x7F for n in range(256))))},
            "songpos": {"pos": rng.randrange(1 << 14)},
            "set_tempo": {"tempo": rng.randrange(1, 1 << 24)},
        }.get(kind, {})
        make = mido.MetaMessage if kind in ("set_tempo", "text") else mido.Message
        track.append(make(kind, time=rng.choice((0, 1, 200, 20_000, 3_000_000)), **values))
    data = io.BytesIO()
    mido.MidiFile(type=1, tracks=[track, track]).save(file=data)
    return data.getvalue()
