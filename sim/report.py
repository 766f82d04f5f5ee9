"""The page a person looks at: what went in, what came out, and the wire in between.

One HTML file that needs nothing else, neither a network nor a program that serves it. Its figures and tables are plain
HTML; what is drawn is drawn by the page's script (``sim/page/``) from the record that the page carries.
"""

import base64
import hashlib
from html import escape
from pathlib import Path
from string import Template

from sim.model.edges import BAUD
from sim.page.coding import pack
from sim.page.fates import FATES, compare_ends, fates, notes
from sim.page.tables import (
    differences_table,
    errors_table,
    eye_lead,
    facts,
    fates_table,
    figures,
    latency_lead,
    latency_table,
    out_lead,
    verdict,
)

__all__ = ["page", "record", "write_report"]

PAGE = Path(__file__).parent / "page"

SCRIPTS = (
    "vendor/uPlot.iife.min.js",
    "decode.js", "words.js", "view.js", "gestures.js", "drawing.js",
    "waveform.js", "roll.js", "list.js", "eye.js", "histogram.js", "main.js",
)  # fmt: skip
"""The page's script: one worry a file, in the order in which they need each other."""

STYLES = ("vendor/uPlot.min.css", "style.css")

ERRORS = ("framing_errors", "breaks", "overruns")
"""Errors at MIDI In, which the drawings show in their place."""

NOTE_FATES = (*FATES, "held")


def write_report(path, result):
    """Write a :class:`sim.play.Result` as one HTML page.

    Raises
    ------
    :exc:`OSError`
        If the file cannot be written.
    """
    # The name of a song may hold letters that are none.
    Path(path).write_text(page(result), encoding="utf-8", errors="replace")


def page(result):
    """The text of the page."""
    journey = result.journey
    sent, out = fates(journey)
    columns, about, played = record(result, journey, sent, out)
    style, script = ("\n".join((PAGE / name).read_text("utf-8") for name in names) for names in (STYLES, SCRIPTS))
    # The page may run this script and load nothing: whatever a file's name says, it stays text.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template((PAGE / "template.html").read_text("utf-8")).substitute(
        policy=f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        title=escape(result.song.name),
        facts=facts(result),
        verdict=verdict(result, sent, out, played[0]),
        figures=figures(result),
        fates=fates_table(sent, out, *played),
        differences=differences_table(result),
        errors=errors_table(result),
        eye=eye_lead(result),
        out=out_lead(result),
        times=latency_lead(result),
        latency=latency_table(result),
        style=style,
        record=pack(columns, about),
        script=script,
    )


def record(result, journey, sent, out):
    """What is drawn, as columns of whole numbers and words, and what else is to be known; and the notes at IN and OUT.

    Times of the wire are in nanoseconds at the pins of the chip, times of the song in microseconds.
    """
    heard, wire, clock = result.heard, result.wire, result.trace.clock
    columns = {}

    def wire_times(name, times):
        columns[name] = [round(time * 1e9) for time in times]

    wire_times("in.edge", [time for time, _ in result.edges])
    for name, line, events in (("out", "midi_out", heard.out), ("thru", "midi_thru", heard.thru)):
        wire_times(f"{name}.edge", [time for time, _ in result.trace.line(line) if time <= result.trace.end])
        wire_times(f"{name}.time", [time for time, _ in events])
        columns[f"{name}.byte"] = [byte for _, byte in events]
    wire_times("in.time", journey.arrived[: len(result.sent)])
    columns["in.byte"] = list(result.sent)
    columns["in.song"] = [round(time * 1e6) for time in wire.song_times[: len(result.sent)]]
    columns["out.sent"] = [-1 if source is None else source for source in journey.out_sent]

    wire_times("sampled.time", [frame.time for frame in journey.sampled])
    columns["sampled.byte"] = [frame.byte for frame in journey.sampled]
    columns["sampled.bad"] = [
        3 if n in journey.overrun else 0 if frame.stop else 1 + frame.dark for n, frame in enumerate(journey.sampled)
    ]
    for name in ERRORS:
        wire_times(name, getattr(heard, name))
    for name, seconds in journey.latencies.items():
        wire_times(f"latency.{name}", seconds)

    # Most messages of a song are repeated, so the words of each are kept once.
    numbers = {}
    song_out = [journey.song_time(time) for time, _ in heard.out]
    played = []
    for name, line, times in (("in", sent, wire.song_times), ("out", out, song_out)):
        columns[f"{name}.message.first"] = [passage.first for passage in line]
        columns[f"{name}.message.last"] = [passage.last for passage in line]
        columns[f"{name}.message.words"] = [numbers.setdefault(p.message, len(numbers)) for p in line]
        columns[f"{name}.message.fate"] = [FATES.index(passage.fate) for passage in line]
        columns[f"{name}.message.partner"] = [-1 if p.partner is None else p.partner for p in line]
        played.append(notes(line, times, journey.song_time(result.trace.end)))
    columns["words"] = [message.text for message in numbers]
    columns["hex"] = [bytes(message.bytes).hex(" ") for message in numbers]

    compare_ends(*played, out)
    for name, found in zip(("in", "out"), played, strict=True):
        for what in ("begin", "end"):
            columns[f"{name}.note.{what}"] = [round(getattr(note, what) * 1e6) for note in found]
        for what in ("on", "channel", "key", "velocity"):
            columns[f"{name}.note.{what}"] = [getattr(note, what) for note in found]
        columns[f"{name}.note.fate"] = [NOTE_FATES.index(note.fate) for note in found]

    divisor = round(clock.freq / BAUD)
    # A thru that makes each bit anew makes it as long as it should be.
    remade = result.through and result.through.hops > 1 and result.through.thru != "direct"
    about = {
        "bit": 1e9 / BAUD if remade else wire.bit * 1e9,
        "sampledBit": divisor / clock.freq * 1e9,
        "clock": 1e9 / clock.freq,
        "end": result.trace.end * 1e9,
        "fates": NOTE_FATES,
    }
    return columns, about, played
