"""The song that ships with the repository: it is what its score says, it is a canon, and it fits its budget."""

from itertools import pairwise

import mido
import pytest

from sim.songs import canon, notation
from sim.songs import canon_score as score
from sim.songs.budget import Budget, budget


@pytest.fixture(scope="module")
def file() -> mido.MidiFile:
    """The file on disk, not the one that the program would write now."""
    return mido.MidiFile(canon.PATH)


def messages(file: mido.MidiFile) -> list[tuple[int, mido.Message]]:
    """Return what reaches the cable, with its time in ticks."""
    time = 0
    found = []
    for message in mido.merge_tracks(file.tracks):
        time += message.time
        if not message.is_meta:
            found.append((time, message))
    return found


def notes(file: mido.MidiFile, channel: int) -> list[tuple[int, int, int, int]]:
    """Return the notes of a channel as (start, length, key, velocity). Fail if one hangs or is struck twice."""
    open_notes = {}
    found = []
    for time, message in messages(file):
        if message.type not in ("note_on", "note_off") or message.channel != channel:
            continue
        if message.type == "note_on" and message.velocity:
            assert message.note not in open_notes, f"key {message.note} is struck twice at tick {time}"
            open_notes[message.note] = (time, message.velocity)
        else:
            assert message.note in open_notes, f"key {message.note} is released at tick {time} without being held"
            start, velocity = open_notes.pop(message.note)
            found.append((start, time - start, message.note, velocity))
    assert not open_notes, f"keys {sorted(open_notes)} are never released"
    return sorted(found)


def test_the_file_on_disk_is_what_the_program_writes():
    assert canon.PATH.read_bytes() == canon.file_bytes(), "run python -m sim.songs.canon"


def test_the_file_is_of_type_1_with_a_track_for_each_part(file):
    assert file.type == 1
    assert [track.name for track in file.tracks] == ["Canon in D", "Violin 1", "Violin 2", "Violin 3", "Cello", "Lute"]


# The score


@pytest.mark.parametrize("text", [score.GROUND, *score.VARIATIONS])
def test_every_variation_lasts_exactly_two_bars(text):
    assert text.count("|") == 1
    notation.read(text)  # It raises where a bar is not exactly full.
    last = notation.read(text)[-1]
    assert last.start + last.length == score.STATEMENT == 8 * notation.QUARTER


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1/4 D4 D4 D4", "bar 1 is 3/4 long"),
        ("1/4 D4 D4 D4 D4 | 1/2 D4 D4 D4", "bar 2 is 3/2 long"),
        ("1/4 D4 D4 D4 H4", "'H4' is not a note"),
        ("D4", "bar 1: D4 has no length"),
        ("1/7680 D4", "bar 1: 1/7680 is finer than a tick"),
    ],
)
def test_a_wrong_score_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        notation.read(text)


def test_the_score_is_read_as_written():
    assert notation.read("1/4 C4 - 1/8 F#5 A4 1/4 D2", 100) == [
        (100, 480, 60),
        (1060, 240, 78),
        (1300, 240, 69),
        (1540, 480, 38),
    ]


# On the last beat of variation 4 and the fourth of variation 8 a D stands over a chord that has none: a suspension that
# falls to C sharp, and a chord of the sixth over F sharp.
FOREIGN = {(4, 8): "D", (8, 4): "D"}


@pytest.mark.parametrize("number", range(1, len(score.VARIATIONS) + 1))
def test_every_variation_fits_the_harmony_of_the_ground(number):
    for note in notation.read(score.VARIATIONS[number - 1]):
        beat, rest = divmod(note.start, notation.QUARTER)
        if rest:
            continue
        chord = {notation.pitch(name) % 12 for name in score.CHORDS[beat].split()}
        if (number, beat + 1) in FOREIGN:
            assert note.pitch % 12 not in chord
            assert note.pitch % 12 == notation.pitch(FOREIGN[number, beat + 1] + "4") % 12
        else:
            assert note.pitch % 12 in chord, f"variation {number}, beat {beat + 1}"


def test_every_chord_stands_on_its_note_of_the_ground():
    for note, chord in zip(notation.read(score.GROUND), score.CHORDS, strict=True):
        assert note.pitch % 12 in {notation.pitch(name) % 12 for name in chord.split()}


# The music in the file


@pytest.mark.parametrize("number", [1, 2])
def test_the_canon_is_a_canon(file, number):
    delay = number * 2 * 4 * file.ticks_per_beat
    first = notes(file, 0)
    later = notes(file, number)
    *followed, last = later
    assert followed == [(start + delay, length, key, force) for start, length, key, force in first[: len(followed)]]
    # Where the music ends, each violin takes one more note of the line and holds it.
    assert last[2] == first[len(followed)][2]
    assert last[:2] == first[-1][:2]


def test_the_ground_never_changes(file):
    keys = [key for _, _, key, _ in notes(file, 3)]
    ground = [note.pitch for note in notation.read(score.GROUND)]
    assert keys == ground * score.STATEMENTS + [notation.pitch("D2")]


def test_the_last_chord_is_d_major_and_is_held(file):
    last = [notes(file, channel)[-1] for channel in range(4)]
    assert [key for _, _, key, _ in last] == [notation.pitch(name) for name in ("D5", "F#5", "A5", "D2")]
    assert {length for _, length, _, _ in last} == {3 * file.ticks_per_beat}


@pytest.mark.parametrize("channel", range(5))
def test_every_note_on_has_its_note_off(file, channel):
    assert notes(file, channel)
    assert all(length > 0 for _, length, _, _ in notes(file, channel))


def test_velocities_breathe(file):
    for channel in range(4):
        assert len({force for _, _, _, force in notes(file, channel)}) >= 15


# What a port is to be tried with


def test_the_messages_are_of_many_kinds(file):
    found = [message for _, message in messages(file)]
    kinds = {message.type for message in found}
    assert kinds == {"sysex", "program_change", "control_change", "pitchwheel", "note_on", "note_off"}
    assert {message.control for message in found if message.type == "control_change"} >= {1, 7, 10, 11, 64}
    assert {message.channel for message in found if message.type == "program_change"} == {0, 1, 2, 3, 4}
    # Both forms of Note Off occur.
    assert any(message.type == "note_on" and message.velocity == 0 for message in found)
    assert any(message.type == "note_off" and message.velocity not in (0, 64) for message in found)


def test_gm_system_on_comes_first_and_master_volume_next(file):
    found = messages(file)
    assert found[0] == (0, mido.Message("sysex", data=(0x7E, 0x7F, 0x09, 0x01)))
    assert found[1][1].bytes()[:5] == [0xF0, 0x7F, 0x7F, 0x04, 0x01]
    assert [message.type for _, message in found].count("sysex") == 2


def test_pitch_bend_and_pedal_come_to_rest(file):
    bends = [message.pitch for _, message in messages(file) if message.type == "pitchwheel"]
    assert bends[-1] == 0
    assert max(map(abs, bends)) < canon.SEMITONE / 2
    pedal = [message.value for _, message in messages(file) if message.is_cc(canon.SUSTAIN)]
    assert pedal == [127, 0]


def test_meta_events_name_metre_and_key_and_the_tempo_slows_at_the_end(file):
    meta = [message for message in file.tracks[0] if message.is_meta]
    assert [message.key for message in meta if message.type == "key_signature"] == ["D"]
    metres = [(message.numerator, message.denominator) for message in meta if message.type == "time_signature"]
    assert metres[-1] == (4, 4)
    tempi = [message.tempo for message in meta if message.type == "set_tempo"]
    assert tempi[:-1] == sorted(tempi[:-1])
    assert len(tempi) > 3


# What it costs


@pytest.fixture(scope="module")
def cost(file) -> Budget:
    """What the song on disk costs."""
    return budget(file)


def test_the_budget_of_a_small_file_is_that_counted_by_hand():
    # A tick is 1/1024 s, so that nothing is rounded, and a clock is due every 20 ticks.
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=480 * 10**6 // 1024)])
    times = (0, 1024, 1500, 2000, 2047, 2048)
    track += [mido.Message("note_on", note=60, time=time - before) for before, time in pairwise((0, *times))]
    track.append(mido.MetaMessage("end_of_track", time=2100 - times[-1]))
    cost = budget(mido.MidiFile(ticks_per_beat=480, tracks=[track]))
    assert (cost.seconds, cost.notes) == (2100 / 1024, 6)
    assert (cost.message_bytes, cost.clock_bytes) == (3 + 5 * 2, 105)
    # From tick 1040 on: 52 clocks, and four notes without their status.
    assert cost.busiest_second == 52 + 4 * 2


def test_the_song_lasts_between_60_and_85_seconds(file, cost):
    assert 60 <= file.length <= 85
    assert cost.seconds == pytest.approx(file.length)


def test_the_song_keeps_to_its_bytes(cost):
    assert cost.clock_bytes == 24 * (score.END // notation.QUARTER)
    assert 4000 <= cost.total_bytes <= 6500


def test_the_cable_is_never_crowded(cost):
    assert cost.busiest_second < 3125 / 10
    assert cost.longest_wait < 0.010


def test_the_program_writes_the_file_and_prints_the_budget(cost, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(canon, "PATH", tmp_path / "canon.mid")
    canon.main()
    assert (tmp_path / "canon.mid").read_bytes() == canon.file_bytes()
    printed = capsys.readouterr().out
    assert f"{cost.total_bytes} bytes on the cable" in printed
