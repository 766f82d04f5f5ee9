"""Plays a tune on an instrument in simulation, and writes what is heard: ``python -m tests.lab.listen [FILE]``."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from board.designs.instrument import Instrument
from sim.bench import pysim
from sim.bench.design import Design
from sim.bench.simulators import ROOT
from sim.bench.trace import Stimulus
from sim.model.edges import frame_edges, settled
from tests.command_line import ArgumentParser
from tests.lab import sound
from tests.lab.answers import loaded
from tests.lab.grading import SubmissionError
from tests.lab.lab_instrument import CLK_FREQ
from tests.lab.submission import words_for
from tests.lab.wire import BIT

__all__ = ["main", "tune"]

BEAT = 0.12
"""Seconds of a note."""

TUNE = (60, 64, 67, 72, 67, 76, 72, 79)
"""A chord, taken apart."""


def tune(notes=TUNE, beat=BEAT):
    """Edges at MIDI In, and seconds that it lasts: each note softer or louder than the one before it, then silence."""
    edges = []

    def send(message, at):
        for n, byte in enumerate(message):
            edges.extend(frame_edges(at + 10 * n * BIT, byte, BIT))

    for n, note in enumerate(notes):
        send((0x90, note, 40 + 80 * n // len(notes)), n * beat + BIT)
        # Let go of a little later than the next is pressed, as a player does.
        send((0x90, note, 0), (n + 1) * beat + 40 * BIT)
    return settled(edges), (len(notes) + 1) * beat


def _component(path):
    if path is None:
        return Instrument
    found = getattr(loaded(path), "Instrument", None)
    if found is None:
        raise SubmissionError(f"{path} must define the class Instrument")
    return found


def main(arguments=None):
    """What the command line says; returns the exit status."""
    parser = ArgumentParser(prog="python -m tests.lab.listen", description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="with the class Instrument; default: the reference")
    parser.add_argument("--notes", metavar="N,...", help="the tune, as numbers of notes; 60 is the middle C")
    parser.add_argument("--beat", type=float, default=BEAT, metavar="S", help=f"seconds of a note; default: {BEAT:g}")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "instrument.wav", help="default: build/instrument.wav"
    )
    options = parser.parse_args(arguments)
    try:
        notes = [int(note) for note in options.notes.split(",")] if options.notes else TUNE
        if not all(0 <= note < 128 for note in notes) or not 0.01 <= options.beat <= 2:
            raise ValueError
    except ValueError:
        print(
            "error: --notes must be numbers from 0 to 127 with commas between, --beat from 0.01 to 2", file=sys.stderr
        )
        return 2
    try:
        component = _component(options.file)
        edges, until = tune(notes, options.beat)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("playing", total=until)
            design = Design.of(component(CLK_FREQ), CLK_FREQ)
            [trace] = pysim.run(
                design,
                [Stimulus(until, {"midi_in": edges})],
                progress=lambda _, time: progress.update(task, completed=time),
            )
        sound.write(options.out, settled(trace.levels["audio"], idle=0), until)
    except SubmissionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename} cannot be used: {error.strerror}", file=sys.stderr)
        return 2
    except Exception as error:
        words = words_for(options.file)(error) if options.file else f"{type(error).__name__}: {error}"
        print(f"error: {options.file or 'the reference'}: {words}", file=sys.stderr)
        return 2
    print(f"{until:.2f} s of {len(notes)} notes: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
