"""The score of the canon: what each part plays, and when.

Three violins play the same line over a ground bass of two bars that never changes. Each violin enters one statement of
the ground after the one before, so the line is written here once and the canon is nothing but delay. The song takes
the first ten variations, in the note values of the original, and ends where all three violins happen to arrive on
one chord of D major: each goes on by one note of the line, and holds it.
"""

from sim.songs.notation import BAR, QUARTER, Note, pitch, read

__all__ = [
    "CADENCE", "CHORDS", "END", "GROUND", "RELEASE", "START", "STATEMENT", "STATEMENTS", "VARIATIONS",
    "cello", "entry", "line", "violin",
]  # fmt: skip

STATEMENT = 2 * BAR

GROUND = "1/4 D3 A2 B2 F#2 | G2 D2 G2 A2"

# The harmony over the ground, one chord for each of its notes, and at the same time what the lute plays. The outer
# parts move against each other, because a continuo player avoids parallel fifths with the bass.
CHORDS = ("A3 D4 F#4", "A3 C#4 E4", "F#3 B3 D4", "F#3 A3 C#4", "D3 G3 B3", "D3 F#3 A3", "D3 G3 B3", "C#3 E3 A3")

VARIATIONS = (
    # 1: the descending scale that everyone knows
    "1/4 F#5 E5 D5 C#5 | B4 A4 B4 C#5",
    # 2: the same, a third lower
    "1/4 D5 C#5 B4 A4 | G4 F#4 G4 E4",
    # 3
    "1/8 D4 F#4 A4 G4 F#4 D4 F#4 E4 | D4 B3 D4 A4 G4 B4 A4 G4",
    # 4
    "1/8 F#4 D4 E4 C#5 D5 F#5 A5 A4 | B4 G4 A4 F#4 D4 D5 3/16 D5 1/16 C#5",
    # 5
    "1/16 D5 C#5 D5 D4 C#4 A4 E4 F#4 D4 D5 C#5 B4 C#5 F#5 A5 B5 | G5 F#5 E5 G5 F#5 E5 D5 C#5 B4 A4 G4 F#4 E4 G4 F#4 E4",
    # 6
    "1/16 D4 E4 F#4 G4 A4 E4 A4 G4 F#4 B4 A4 G4 A4 G4 F#4 E4 | D4 B3 B4 C#5 D5 C#5 B4 A4 G4 F#4 E4 B4 A4 B4 A4 G4",
    # 7: a rest for the ear before the run
    "1/8 F#4 F#5 1/4 E5 1/8 - D5 1/4 F#5 | B5 A5 B5 C#6",
    # 8
    "1/8 D6 D5 1/4 C#5 1/8 - B4 1/4 D5 | 3/8 D5 1/8 D5 D5 G5 E5 A5",
    # 9: the run
    "1/16 A5 1/32 F#5 G5 1/16 A5 1/32 F#5 G5 A5 A4 B4 C#5 D5 E5 F#5 G5"
    " 1/16 F#5 1/32 D5 E5 1/16 F#5 1/32 F#4 G4 A4 B4 A4 G4 A4 F#4 G4 A4 |"
    " 1/16 G4 1/32 B4 A4 1/16 G4 1/32 F#4 E4 F#4 E4 D4 E4 F#4 G4 A4 B4"
    " 1/16 G4 1/32 B4 A4 1/16 B4 1/32 C#5 D5 A4 B4 C#5 D5 E5 F#5 G5 A5",
    # 10: the run, a third lower
    "1/16 F#5 1/32 D5 E5 1/16 F#5 1/32 E5 D5 E5 C#5 D5 E5 F#5 E5 D5 C#5"
    " 1/16 D5 1/32 B4 C#5 1/16 D5 1/32 D4 E4 F#4 G4 F#4 E4 F#4 D5 C#5 D5 |"
    " 1/16 B4 1/32 D5 C#5 1/16 B4 1/32 A4 G4 A4 G4 F#4 G4 A4 B4 C#5 D5"
    " 1/16 B4 1/32 D5 C#5 1/16 D5 1/32 C#5 B4 C#5 D5 E5 D5 C#5 D5 B4 C#5",
)
# The line goes on in the original; this is the first note of its eleventh variation, on which the first violin ends.
ARRIVAL = "D5"

STATEMENTS = 1 + len(VARIATIONS)  # the ground is heard once alone
# A synthesizer needs a moment after GM System On, so one beat of silence comes before the music and holds the setup.
START = QUARTER
CADENCE = START + STATEMENTS * STATEMENT
RELEASE = CADENCE + 3 * QUARTER
END = CADENCE + BAR


def line(variations: int = len(VARIATIONS)) -> list[Note]:
    """Return the first variations of the line that all violins play, from time 0 on."""
    return [note for index in range(variations) for note in read(VARIATIONS[index], index * STATEMENT)]


def entry(number: int) -> int:
    """Return when a violin enters: the first after the ground has been heard alone, each next a statement later."""
    return START + (1 + number) * STATEMENT


def violin(number: int) -> list[Note]:
    """Return what a violin plays: the line, delayed by its entry, and the next note of it held as the last."""
    variations = len(VARIATIONS) - number
    notes = [Note(entry(number) + note.start, note.length, note.pitch) for note in line(variations)]
    last = read(VARIATIONS[variations])[0].pitch if number else pitch(ARRIVAL)
    return [*notes, Note(CADENCE, RELEASE - CADENCE, last)]


def cello() -> list[Note]:
    """Return the ground, once for every statement, and its last D an octave lower for weight."""
    notes = [note for index in range(STATEMENTS) for note in read(GROUND, START + index * STATEMENT)]
    return [*notes, Note(CADENCE, RELEASE - CADENCE, pitch("D2"))]
