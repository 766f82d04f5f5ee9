"""A song is loaded from every kind of file and put on the wire as a sequencer would; what is broken is refused."""

import random

import mido
import pytest

from sim.model.edges import frames
from sim.model.midi import messages
from sim.model.parser import parser
from sim.song import LEAD, MOST_CLOCKS, Song, SongError, load, wire
from sim.songs import canon
from tests.smf_bytes import END, event, file, packet, tempo

BYTE = 320e-6
NOTE_ON, NOTE_OFF = event(0, 0x90, 60, 100), event(480, 0x80, 60, 0)


@pytest.fixture
def loaded(tmp_path):
    """Loads bytes as if they were a file of that name."""

    def load_bytes(data, name="song.mid"):
        (tmp_path / name).write_bytes(data)
        return load(tmp_path / name)

    return load_bytes


def times(song):
    """Messages of a song in hex, with their times in milliseconds."""
    return [(round(time * 1e3, 3), message.hex(" ")) for time, message in song.messages]


def in_hex(sent):
    return bytes(sent.bytes).hex(" ")


# What a file asks for


def test_type_0_is_loaded_at_half_a_second_to_a_quarter(loaded):
    song = loaded(file(NOTE_ON + NOTE_OFF + END, kind=0))
    assert times(song) == [(0, "90 3c 64"), (500, "80 3c 00")]
    assert (song.name, song.raw) == ("song.mid", b"")


def test_tracks_of_type_1_are_merged_by_time_and_share_the_tempo_of_any(loaded):
    song = loaded(file(tempo(0, 1_000_000) + END, NOTE_ON + NOTE_OFF + END, event(240, 0xC1, 5) + END))
    assert times(song) == [(0, "90 3c 64"), (500, "c1 05"), (1000, "80 3c 00")]


def test_tracks_of_type_2_follow_each_other_each_with_its_own_tempo(loaded):
    song = loaded(file(tempo(0, 1_000_000) + NOTE_ON + NOTE_OFF + END, NOTE_ON + NOTE_OFF + END, kind=2))
    assert times(song) == [(0, "90 3c 64"), (1000, "80 3c 00"), (1000, "90 3c 64"), (1500, "80 3c 00")]
    assert len(song.clocks) == 48


def test_a_tempo_counts_from_where_it_stands(loaded):
    song = loaded(file(tempo(0, 500_000) + event(480, 0xC0, 1) + tempo(0, 250_000) + event(480, 0xC0, 2) + END))
    assert times(song) == [(500, "c0 01"), (750, "c0 02")]


def test_film_frames_pass_alike_at_every_tempo(loaded):
    song = loaded(file(tempo(0, 250_000) + event(25 * 40, 0xC0, 1) + END, division=0xE728))
    assert times(song) == [(1000, "c0 01")]
    assert len(song.clocks) == 4 * 24


def test_there_are_24_clocks_to_a_quarter_up_to_the_end_of_the_last_track(loaded):
    song = loaded(file(NOTE_ON + event(480 * 4, 0xFF, 0x2F, 0), END))
    assert len(song.clocks) == 4 * 24
    assert song.clocks == pytest.approx([n * 0.5 / 24 for n in range(96)])


def test_clocks_go_by_the_tempo_map_also_where_it_changes_between_two_of_them(loaded):
    # The tempo halves a quarter of the way from the tenth clock to the eleventh: 205 of 480 ticks are 10.25 clocks.
    song = loaded(file(NOTE_ON + tempo(205, 1_000_000) + event(480 - 205, 0x80, 60, 0) + END))
    clock = 0.5 / 24
    late = 10.25 * clock + 0.75 * 2 * clock
    assert song.clocks == pytest.approx([n * clock for n in range(11)] + [late + n * 2 * clock for n in range(13)])


def test_the_song_that_ships_has_24_clocks_to_each_of_its_quarters():
    sent = wire(load(canon.PATH))
    music = mido.MidiFile(canon.PATH)
    ticks = max(sum(message.time for message in track) for track in music.tracks)
    assert sent.bytes.count(0xF8) == 24 * ticks / music.ticks_per_beat
    assert (sent.bytes[0], sent.bytes[-1]) == (0xFA, 0xFC)
    assert (sent.bytes.count(0xFA), sent.bytes.count(0xFC)) == (1, 1)


def test_syx_files_hold_one_message_after_the_other(loaded):
    song = loaded(bytes.fromhex("f0 7e 7f 09 01 f7 f0 f7"), "dump.SYX")
    assert times(song) == [(0, "f0 7e 7f 09 01 f7"), (0, "f0 f7")]
    assert in_hex(wire(song)) == "f0 7e 7f 09 01 f7 f0 f7"


def test_raw_bytes_are_sent_back_to_back_as_they_are(loaded):
    data = bytes.fromhex("3c 90 f8 f4 90 3c fd 00 f7")
    sent = wire(loaded(data, "any.bin"), running_status=True, clock=True)
    assert bytes(sent.bytes) == data
    assert sent.times == pytest.approx([LEAD + n * BYTE for n in range(len(data))])


# What is put on the wire


def test_the_edges_of_the_wire_are_the_bytes_at_their_times(loaded):
    sent = wire(load(canon.PATH), until=10)
    seen = frames(sent.edges)
    assert [frame.byte for frame in seen] == sent.bytes
    assert all(frame.stop for frame in seen)
    assert [frame.time for frame in seen] == pytest.approx(sent.times)


def test_a_fast_sender_has_short_bits():
    assert wire(Song("x", raw=b"ab"), baud_error=0.25).times == pytest.approx([LEAD, LEAD + BYTE / 1.25])


def test_a_status_is_left_out_where_it_repeats_and_sent_again_after_a_second_and_after_sysex(loaded):
    track = NOTE_ON + event(48, 0x90, 62, 1) + event(1000, 0x90, 64, 1) + packet(0, 0xF0, 1, 0xF7) + NOTE_ON + END
    song = loaded(file(track))
    assert in_hex(wire(song, clock=False)) == "90 3c 64 3e 01 90 40 01 f0 01 f7 90 3c 64"
    whole = "90 3c 64 90 3e 01 90 40 01 f0 01 f7 90 3c 64"
    assert in_hex(wire(song, clock=False, running_status=False)) == whole


def test_a_status_follows_whatever_bytes_a_file_escapes(loaded):
    track = NOTE_ON + packet(0, 0xF7, 0x90, 1, 2, 0x91, 3) + event(0, 0x90, 62, 1) + packet(0, 0xF7, 0xF8) + NOTE_ON
    sent = wire(loaded(file(track + END)), clock=False)
    assert in_hex(sent) == "90 3c 64 90 01 02 91 03 90 3e 01 f8 90 3c 64"


def test_a_sysex_in_packets_stays_one_with_clocks_between_them(loaded):
    song = loaded(file(packet(0, 0xF0, 0x43, 0x12) + packet(48, 0xF7, 0x13) + packet(48, 0xF7, 0x14, 0xF7) + END))
    sent = wire(song)
    whole = [message for _, message in messages(parser(list(zip(sent.times, sent.bytes, strict=True))))]
    assert [message.text for message in whole if message.name == "sysex"] == ["sysex data=43 12 13 14"]
    assert in_hex(sent) == "fa f0 43 12 f8 f8 f8 13 f8 f8 14 f7 fc"
    assert sent.song_times[7] == pytest.approx(0.05)


def test_start_comes_first_and_its_first_clock_at_least_a_millisecond_later_and_stop_last(loaded):
    sent = wire(loaded(file(NOTE_ON + event(480, 0x80, 60, 0) + event(480, 0xFF, 0x2F, 0))))
    assert (sent.bytes[0], sent.bytes[-1]) == (0xFA, 0xFC)
    assert 1e-3 <= sent.song_times[sent.bytes.index(0xF8)] < 1e-3 + BYTE
    # The clock runs on to the end of the track, and so does the song.
    assert sent.song_times[-1] == pytest.approx(1 - 0.5 / 24 + BYTE)
    assert sent.bytes.count(0xF8) == 48


def test_no_clock_means_neither_clock_nor_start_nor_stop(loaded):
    sent = wire(loaded(file(NOTE_ON + NOTE_OFF + END)), clock=False)
    assert in_hex(sent) == "90 3c 64 80 3c 00"


def test_a_clock_that_is_due_goes_between_the_bytes_of_a_message():
    song = Song("x", [(0.0, bytes([0xF0, *range(10), 0xF7]))], [0.0, 5.5 * BYTE])
    assert in_hex(wire(song)) == "fa f0 00 01 f8 02 f8 03 04 05 06 07 08 09 f7 fc"


def test_messages_that_come_at_once_leave_one_after_the_other_in_their_order():
    chord = [(1.0, bytes((0x90 + n, 60, 100))) for n in range(4)]
    sent = wire(Song("x", chord))
    assert bytes(sent.bytes) == b"".join(message for _, message in chord)
    assert sent.song_times == pytest.approx([1 + n * BYTE for n in range(12)])


def test_long_gaps_are_shortened_on_the_wire_and_not_in_the_song():
    # Two bytes take 0.64 ms, so that the gaps are 0.36 ms, 0.7 ms and 7 s long.
    song = Song("x", [(2.0, b"\xc0\x01"), (2.001, b"\xc1\x01"), (2.00234, b"\xc2\x01"), (9.0, b"\xc3\x01")])
    sent = wire(song, idle_limit=0.5e-3)
    assert sent.song_times[::2] == pytest.approx([2.0, 2.001, 2.00234, 9.0])
    assert sent.times[::2] == pytest.approx([LEAD, LEAD + 1e-3, LEAD + 2.14e-3, LEAD + 3.28e-3])
    assert wire(song, idle_limit=0).times == pytest.approx([LEAD + n * BYTE for n in range(8)])
    assert wire(song, idle_limit=100).times == pytest.approx([time - 2.0 + LEAD for time in sent.song_times])


def test_a_moment_of_the_wire_stands_for_one_of_the_song():
    sent = wire(Song("x", [(2.0, b"\xc0\x01"), (9.0, b"\xc2\x01")]))
    assert sent.position(0.0) == (0, pytest.approx(2.0 - LEAD))
    for n, (time, song_time) in enumerate(zip(sent.times, sent.song_times, strict=True)):
        assert sent.position(time) == (n + 1, pytest.approx(song_time))
        assert sent.position(time + 1e-4) == (n + 1, pytest.approx(song_time + 1e-4))
    assert sent.end == pytest.approx(sent.times[-1] + BYTE)


def test_nothing_begins_from_the_end_on_that_was_asked_for():
    song = load(canon.PATH)
    whole, part = wire(song), wire(song, until=20.0)
    assert 100 < len(part.bytes) < len(whole.bytes)
    assert part.bytes == whole.bytes[: len(part.bytes)]
    assert part.song_times[-1] < 20.0 <= whole.song_times[len(part.bytes)]
    assert wire(song, until=1e-9).bytes == [0xFA]


# What is broken


def test_every_truncation_of_a_file_is_refused_in_one_line(loaded):
    data = file(tempo(0, 400_000) + NOTE_ON + NOTE_OFF + END, packet(3, 0xF0, 1, 2, 0xF7) + event(5, 0xC0, 1) + END)
    assert len(loaded(data).messages) == 4
    for end in range(len(data)):
        with pytest.raises(SongError) as refused:
            loaded(data[:end])
        assert "\n" not in str(refused.value)


def test_every_truncation_of_the_song_that_ships_is_refused(loaded):
    data = canon.PATH.read_bytes()
    for end in random.Random(1).sample(range(len(data)), 100):
        with pytest.raises(SongError, match=r"cut short|empty|must begin with MThd"):
            loaded(data[:end])


def refusals(loaded, files):
    """Load every one of these files; what was said of those that were refused."""
    said = []
    for data in files:
        try:
            wire(loaded(data), until=1)
        except SongError as error:
            said.append(str(error))
    return said


def test_random_bytes_are_a_song_or_refused_in_one_line_and_nothing_else(loaded):
    rng = random.Random(2)
    heads = (b"MThd", file(END)[:14], file(END)[:22], file(b"", division=0xE728)[:14] + b"MTrk\0\0\0")
    said = refusals(loaded, [rng.choice(heads) + rng.randbytes(rng.randrange(60)) for _ in range(3000)])
    assert 0 < len(said) < 3000
    assert not any("\n" in text for text in said)


def test_changed_bytes_make_a_song_or_are_refused_in_one_line_and_nothing_else(loaded):
    rng = random.Random(3)
    whole = file(tempo(0, 400_000) + NOTE_ON + NOTE_OFF + END, packet(3, 0xF0, 1, 2, 0xF7) + event(5, 0xC0, 1) + END)
    files = [bytearray(whole) for _ in range(2000)]
    for data in files:
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    said = refusals(loaded, files)
    assert 100 < len(said) < 1900
    assert not any("\n" in text for text in said)


# What must be said, and of which file.
BROKEN = {
    "must begin with MThd, not b'ID3 '": ("no.mid", b"ID3 this is no MIDI file"),
    "no.mid is empty": ("no.mid", b""),
    "no.syx is empty": ("no.syx", b""),
    "no.bin is empty": ("no.bin", b""),
    "has none that are sent": ("no.mid", file(tempo(0, 1) + END)),
    "must hold events": ("no.mid", file()),
    "must be .mid, .syx or .bin (raw MIDI bytes), not 'no.wav'": ("no.wav", b"RIFF"),
    "must be .mid, .syx or .bin (raw MIDI bytes), not 'none'": ("none", b"\x90"),
    "does not at byte 3": ("no.syx", b"\xf0\x01\xf7\x01"),
    "does not at byte 4": ("no.syx", b"\xf0\x01\x02\xf7\xf0\x01"),
    "not f8, which is at byte 2": ("no.syx", b"\xf0\x01\xf8\xf7"),
    f"at most {MOST_CLOCKS} clocks": ("no.mid", file(event(MOST_CLOCKS // 24 + 1, 0xC0, 1) + END, division=1)),
}


@pytest.mark.parametrize("words", BROKEN)
def test_a_bad_file_is_refused_with_what_must_be(loaded, words):
    name, data = BROKEN[words]
    with pytest.raises(SongError) as refused:
        loaded(data, name)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_song_of_five_hours_is_no_broken_file(loaded):
    song = loaded(file(event(MOST_CLOCKS // 24, 0xC0, 1) + END, division=1))
    assert song.messages[0][0] > 5 * 3600


def test_a_path_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(SongError, match=r"must be readable: .*nothing\.mid: No such file"):
        load(tmp_path / "nothing.mid")
    with pytest.raises(SongError, match=r"must be readable: .*: Is a directory"):
        load(tmp_path)


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    # The super-user may read everything, so the refusal is played.
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(SongError, match=r"must be readable: .*secret\.mid: Permission denied"):
        load(tmp_path / "secret.mid")
