"""The notation in which a score is written, a line of text for a part.

A fraction is the length of the notes that follow it, in parts of a whole note; a note is its name and its octave, where
C4 is middle C; `-` is a rest; `|` is a bar line, and every bar is checked to be full: it has four quarters.
"""

import re
from fractions import Fraction
from typing import NamedTuple

__all__ = ["BAR", "QUARTER", "Note", "pitch", "read"]

QUARTER = 480  # ticks
BAR = 4 * QUARTER


class Note(NamedTuple):
    """A note of the score: start and length in ticks, pitch as a MIDI key number."""

    start: int
    length: int
    pitch: int


def pitch(name: str) -> int:
    """Return the key number of a note such as `F#5`. Raise `ValueError` if it is no note."""
    match = re.fullmatch(r"([A-G])(#?)(\d)", name)
    if match is None:
        raise ValueError(f"{name!r} is not a note")
    letter, sharp, octave = match.groups()
    return 12 * (int(octave) + 1) + {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[letter] + len(sharp)


def read(text: str, start: int = 0) -> list[Note]:
    """Read a score from `start` on. Raise `ValueError` unless every bar of it is exactly full."""
    notes = []
    time = start
    length = None
    for number, bar in enumerate(text.split("|"), 1):
        for token in bar.split():
            if "/" in token:
                ticks = Fraction(token) * BAR
                if ticks.denominator != 1:
                    raise ValueError(f"bar {number}: {token} is finer than a tick")
                length = int(ticks)
                continue
            if length is None:
                raise ValueError(f"bar {number}: {token} has no length")
            if token != "-":
                notes.append(Note(time, length, pitch(token)))
            time += length
        if time != start + number * BAR:
            raise ValueError(f"bar {number} is {Fraction(time - start - (number - 1) * BAR, BAR)} long")
    return notes
