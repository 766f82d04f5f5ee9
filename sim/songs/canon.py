"""Pachelbel's Canon in D, as it is played: the MIDI file that the score (:mod:`sim.songs.canon_score`) writes.

Johann Pachelbel died in 1706; the music is in the public domain. The dynamics, the lute and the ending are this
project's.

`python -m sim.songs.canon` writes `canon.mid` beside this file and prints what the song costs on a MIDI cable. The
file is meant as real music data for a port: five channels, chords, controllers, pitch bend, two universal SysEx
messages, and Note Off in both its forms.
"""

import io
import math
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import mido

from sim.songs import canon_score as score
from sim.songs.budget import budget
from sim.songs.notation import BAR, QUARTER, Note, pitch

PATH = Path(__file__).with_name("canon.mid")

# How loud each variation is struck, and how far the bow swells in it: (velocity, lowest, highest expression, beats
# between two steps of expression). The bare quarter notes of the beginning show every step, so they get more of them.
DYNAMICS = (
    (66, 78, 104, 1),
    (64, 76, 100, 2),
    (66, 84, 102, 2),
    (70, 86, 106, 2),
    (72, 88, 108, 2),
    (70, 88, 104, 2),
    (78, 86, 114, 2),
    (80, 90, 116, 2),
    (82, 96, 116, 2),
    (84, 98, 120, 2),
)

# Quarter notes per minute, from a beat of the music on. The last bar broadens into the cadence.
TEMPI = ((0, 76), (84, 74), (85, 71), (86, 67), (86.5, 63), (87, 58), (87.5, 52), (88, 54))

GM_SYSTEM_ON = (0x7E, 0x7F, 0x09, 0x01)
MASTER_VOLUME = (0x7F, 0x7F, 0x04, 0x01, 0x00, 0x78)  # 14 bits, low byte first

MODULATION, DATA_ENTRY, VOLUME, PAN, EXPRESSION, SUSTAIN = 1, 6, 7, 10, 11, 64
DATA_ENTRY_LOW, PARAMETER_LOW, PARAMETER_HIGH = 38, 100, 101

SEMITONE = 8192 // 2  # in steps of pitch bend, at the range of two semitones that the first violin asks for


class Part(NamedTuple):
    """An instrument: its place in the orchestra, and what it sounds like in General MIDI."""

    name: str
    instrument: str
    channel: int
    program: int
    volume: int
    pan: int


VIOLINS = (
    Part("Violin 1", "Violin", 0, 40, 100, 34),
    Part("Violin 2", "Violin", 1, 40, 96, 94),
    Part("Violin 3", "Violin", 2, 40, 94, 64),
)
CELLO = Part("Cello", "Cello", 3, 42, 98, 76)
LUTE = Part("Lute", "Acoustic Guitar (nylon)", 4, 24, 88, 50)


def swell(time: int) -> float:
    """Return where the breath of a two-bar phrase stands: 0 at its ends, 1 in its middle."""
    return math.sin(math.pi * (time % score.STATEMENT) / score.STATEMENT)


def velocity(note: Note, time: int, loudness: int) -> int:
    """Return how hard to strike a note that stands at a time of the music."""
    accent = -4 if time % QUARTER else (7, 1, 4, 2)[time % BAR // QUARTER]
    height = (note.pitch - pitch("D5")) / 3
    return max(1, min(127, round(loudness + accent + height + 6 * swell(time))))


def sounding(note: Note, time: int) -> int:
    """Return how long a note that stands at a time of the music sounds.

    Runs are bound, quarter notes leave room for the bow to turn, and eighth notes are bound in pairs.
    """
    if note.length >= QUARTER:
        return note.length - QUARTER // 16
    if note.length >= QUARTER // 2 and time % QUARTER:
        return note.length - QUARTER // 12
    return note.length


class Track:
    """The messages of one part, collected in any order and written in the order of time."""

    def __init__(self, part: Part):
        self.part = part
        self.events: list[tuple[int, int, mido.Message | mido.MetaMessage]] = []

    def add(self, time: int, kind: str, **fields):
        """Add a message. Of those at one time, a note ends before the next begins, so that both share a status byte."""
        message = mido.Message(kind, channel=self.part.channel, **fields)
        ending = kind == "note_off" or (kind == "note_on" and message.velocity == 0)
        self.events.append((time, 2 if ending else 3 if kind == "note_on" else 1, message))

    def note(self, time: int, end: int, key: int, force: int, release: int | None = None):
        """Add a note that ends with velocity 0, for the sake of running status, or with a release velocity."""
        self.add(time, "note_on", note=key, velocity=force)
        if release is None:
            self.add(end, "note_on", note=key, velocity=0)
        else:
            self.add(end, "note_off", note=key, velocity=release)

    def control(self, time: int, control: int, value: int):
        """Add a control change."""
        self.add(time, "control_change", control=control, value=value)

    def text(self, time: int, kind: str, **fields):
        """Add a meta event, which is for readers of the file and never reaches the cable."""
        self.events.append((time, 0, mido.MetaMessage(kind, **fields)))

    def setup(self, time: int):
        """Add what names the part and chooses its sound."""
        self.text(0, "track_name", name=self.part.name)
        self.text(0, "instrument_name", name=self.part.instrument)
        self.add(time, "program_change", program=self.part.program)
        self.control(time, VOLUME, self.part.volume)
        self.control(time, PAN, self.part.pan)
        self.control(time, EXPRESSION, 100)

    def fade(self, steps: int = 5):
        """Let the held last note die away."""
        for step in range(1, steps + 1):
            time = score.CADENCE + QUARTER // 2 + step * (score.RELEASE - score.CADENCE - QUARTER // 2) // (steps + 1)
            self.control(time, EXPRESSION, round(98 - 40 * (step / steps) ** 1.5))

    def written(self) -> mido.MidiTrack:
        """Return the track as mido wants it, with times as differences."""
        return deltas([(time, message) for time, _, message in sorted(self.events, key=lambda event: event[:2])])


def deltas(events: list[tuple[int, mido.Message | mido.MetaMessage]]) -> mido.MidiTrack:
    """Return a track of messages in the order of their times in ticks."""
    times = [0, *(time for time, _ in events)]
    track = mido.MidiTrack(
        message.copy(time=after - before) for (before, after), (_, message) in zip(pairwise(times), events, strict=True)
    )
    track.append(mido.MetaMessage("end_of_track", time=score.END - times[-1]))
    return track


def conductor() -> mido.MidiTrack:
    """Return the track that holds what concerns everyone: names, metre, key, tempo and the two SysEx messages."""
    events = [
        (0, mido.MetaMessage("track_name", name="Canon in D")),
        (0, mido.MetaMessage("text", text="Johann Pachelbel (1653-1706), Canon in D, variations 1 to 10")),
        (0, mido.MetaMessage("copyright", text="The composition is in the public domain.")),
        (0, mido.MetaMessage("key_signature", key="D")),
        (0, mido.MetaMessage("time_signature", numerator=1, denominator=4)),
        (0, mido.Message("sysex", data=GM_SYSTEM_ON)),
        (QUARTER // 4, mido.Message("sysex", data=MASTER_VOLUME)),
        (score.START, mido.MetaMessage("time_signature", numerator=4, denominator=4)),
        (score.START, mido.MetaMessage("marker", text="The ground alone")),
        *(
            (score.START + index * score.STATEMENT, mido.MetaMessage("marker", text=f"Variation {index}"))
            for index in range(1, score.STATEMENTS)
        ),
        (score.CADENCE, mido.MetaMessage("marker", text="Cadence")),
    ]
    for beat, tempo in TEMPI:
        # The first tempo already holds in the beat of silence.
        time = score.START + round(beat * QUARTER) if beat else 0
        events.append((time, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))))
    return deltas(sorted(events, key=lambda event: event[0]))


def violin_track(number: int) -> mido.MidiTrack:
    """Return the track of a violin. Its dynamics belong to the line, so the other violins repeat them too."""
    track = Track(VIOLINS[number])
    setup = QUARTER // 4 + (number + 1) * QUARTER // 10
    track.setup(setup)
    first = score.entry(number)
    *notes, last = score.violin(number)
    for note in notes:
        time = note.start - first
        loudness = DYNAMICS[time // score.STATEMENT][0]
        track.note(note.start, note.start + sounding(note, time), note.pitch, velocity(note, time, loudness))
    track.note(last.start, last.start + last.length, last.pitch, 84)

    sent = None
    for index in range(len(score.VARIATIONS) - number):
        _, lowest, highest, beats = DYNAMICS[index]
        for beat in range(0, 8, beats):
            time = index * score.STATEMENT + beat * QUARTER
            value = round(lowest + (highest - lowest) * swell(time + beats * QUARTER // 2))
            # On either side of the middle of a phrase the value is the same, and need not be sent again.
            if value != sent:
                track.control(first + time, EXPRESSION, value)
            sent = value
    track.fade()

    # Vibrato warms the quarter notes of the opening, and would blur the faster variations.
    track.control(first, MODULATION, 24)
    track.control(first + 2 * score.STATEMENT, MODULATION, 0)
    if number:
        track.control(score.CADENCE + QUARTER // 3, MODULATION, 30)
    else:
        bend(track, setup)
    return track.written()


def bend(track: Track, setup: int):
    """Let a player lean into the last note from just below, and let the vibrato grow while it is held."""
    # The range of pitch bend is a registered parameter (number 0). Naming it makes the bends below mean the same on
    # every instrument; the null parameter afterwards keeps a stray data entry from changing it.
    for control, value in (
        (PARAMETER_HIGH, 0),
        (PARAMETER_LOW, 0),
        (DATA_ENTRY, 2),
        (DATA_ENTRY_LOW, 0),
        (PARAMETER_HIGH, 127),
        (PARAMETER_LOW, 127),
    ):
        track.control(setup, control, value)

    scoop = (-0.32, -0.24, -0.15, -0.08, -0.03, 0)
    for step, depth in enumerate(scoop):
        track.add(score.CADENCE + step * 12, "pitchwheel", pitch=round(depth * SEMITONE))

    cycle, points, cycles = 84, 6, 8  # about five turns a second at the last tempo
    begin = score.CADENCE + QUARTER
    for step in range(1, cycles * points):
        growth = math.sin(math.pi * step / (cycles * points))
        depth = 0.14 * growth * math.sin(2 * math.pi * step / points)
        track.add(begin + step * cycle // points, "pitchwheel", pitch=round(depth * SEMITONE))
    track.add(begin + cycles * cycle, "pitchwheel", pitch=0)


def cello_track() -> mido.MidiTrack:
    """Return the track of the cello, which ends its notes with a true Note Off and a release velocity."""
    track = Track(CELLO)
    track.setup(QUARTER // 4 + 4 * QUARTER // 10)
    *notes, last = score.cello()
    for index, note in enumerate(notes):
        time = note.start - score.START
        # The ground carries more as the violins above it become more.
        loudness = 64 + 2 * (time // score.STATEMENT)
        force = velocity(note._replace(pitch=pitch("D5")), time, loudness)
        track.note(note.start, note.start + sounding(note, time), note.pitch, force, release=40 + force // 4)
        if index < 8:
            track.text(note.start, "text", text=score.GROUND.replace("|", "").split()[1:][index])
    track.note(last.start, last.start + last.length, last.pitch, 88, release=20)
    track.fade()
    return track.written()


def lute_track() -> mido.MidiTrack:
    """Return the track of the lute: chords over the bare ground until a violin enters, and the last one, rolled."""
    track = Track(LUTE)
    track.setup(QUARTER // 4 + 5 * QUARTER // 10)
    for index, chord in enumerate(score.CHORDS):
        time = index * QUARTER
        start = score.START + time
        for name in chord.split():
            note = Note(start, QUARTER, pitch(name))
            track.note(start, start + QUARTER - QUARTER // 8, note.pitch, velocity(note, time, 58))

    # The strings ring on after the hand has left them: the pedal stands for what a lute does by itself.
    track.control(score.CADENCE, SUSTAIN, 127)
    for index, name in enumerate(("D3", "A3", "D4", "F#4")):
        time = score.CADENCE + index * QUARTER // 20
        track.note(time, score.CADENCE + QUARTER, pitch(name), 64 + 3 * index)
    track.control(score.RELEASE + QUARTER // 4, SUSTAIN, 0)
    return track.written()


def song() -> mido.MidiFile:
    """Return the whole song, a file of type 1."""
    tracks = [conductor(), *(violin_track(number) for number in range(len(VIOLINS))), cello_track(), lute_track()]
    return mido.MidiFile(type=1, ticks_per_beat=QUARTER, tracks=tracks)


def file_bytes() -> bytes:
    """Return the MIDI file, byte for byte."""
    buffer = io.BytesIO()
    song().save(file=buffer)
    return buffer.getvalue()


def main():
    """Write the file and print its budget."""
    PATH.write_bytes(file_bytes())
    cost = budget(song())
    print(f"{PATH.name}: {PATH.stat().st_size} bytes in the file")
    print(f"{cost.seconds:.1f} s, {cost.notes} notes")
    print(
        f"{cost.total_bytes} bytes on the cable: {cost.message_bytes} of messages with running status"
        f" and {cost.clock_bytes} of MIDI Clock"
    )
    print(
        f"busiest second: {cost.busiest_second} of 3125 bytes; longest wait for a message's last byte:"
        f" {1000 * cost.longest_wait:.1f} ms"
    )


if __name__ == "__main__":
    main()
