"""Waveforms of what was recorded, for GTKWave and Surfer."""

from bisect import bisect_right
from itertools import groupby
from pathlib import Path

from vcd import VCDWriter
from vcd.gtkw import GTKWSave

from sim.model.edges import BAUD
from sim.model.midi import messages
from sim.model.parser import parser

__all__ = ["write_vcd"]

BYTE_SHOWN, MESSAGE_SHOWN = 9 / BAUD, 30 / BAUD
"""Seconds for which a byte is shown, which is up to its stop bit, and a message, from its last byte on."""

APART = 1 / BAUD
"""Seconds of nothing before the next, so that equal ones in a row are seen apart."""

LEAD = 2 / BAUD
"""Seconds of idle line that GTKWave shows before the first byte."""

ZOOM = -19
"""Of GTKWave: nanoseconds to 200 pixels, as a power of two, negated. Eight bytes fill a thousand pixels."""

FORMATS = {"wire": "bin", "reg": "hex", "string": "ascii"}
"""How GTKWave shows each kind of variable."""


def write_vcd(path, result):
    """Write a :class:`sim.play.Result` as a VCD file, in nanoseconds of the wire; and beside it what GTKWave needs.

    The three lines; over each byte its value, and from the last byte of a message on the message in words, with ``z``
    and nothing in between; the moments at which a byte was received, and the errors, as pulses of a clock. The file
    beside it, with the suffix ``.gtkw``, opens the waves in GTKWave with all of that arranged. One that is there stays
    as it is: somebody may have arranged it anew.
    """
    path = Path(path)
    variables = _variables(result)
    # The song's name may hold any letter, and even none.
    with path.open("w", encoding="utf-8", errors="replace") as file:
        writer = VCDWriter(file, timescale="1 ns", comment=result.song.name)
        changes = []
        for (scope, name), (kind, options, events) in variables.items():
            variable = writer.register_var(scope, name, kind, **options)
            changes += [(round(time * 1e9), variable, value) for time, value in events]
        last = 0
        for last, variable, value in sorted(changes, key=lambda change: change[0]):
            writer.change(variable, last, value)
        writer.close(max(last, round(result.trace.end * 1e9)))
    view = path.with_suffix(".gtkw")
    if not view.exists():
        with view.open("w", encoding="utf-8", errors="replace") as file:
            _arrange(GTKWSave(file), view.name, path.name, variables, result)


def _variables(result):
    """What is written: by scope and name, the kind of the variable, how it is declared, and its changes."""
    heard = result.heard
    begun = _begun(result)
    line, byte, text = {"size": 1, "init": 1}, {"size": 8, "init": "z"}, {"init": ""}
    received = [(begin, value) for begin, (_, value) in zip(begun, heard.received, strict=True)]
    found = {}
    for scope, pin, name, values in (
        ("in", "midi_in", "received_byte", received),
        ("out", "midi_out", "out_byte", heard.out),
        ("thru", "midi_thru", "thru_byte", heard.thru),
    ):
        edges = [edge for edge in result.trace.line(pin) if edge[0] <= result.trace.end]
        found[scope, pin] = "wire", line, edges
        found[scope, name] = "reg", byte, _shown(values, "z", BYTE_SHOWN)
    # A message came with a byte, and is shown from where that began.
    times = [time for time, _ in heard.received]
    came = [(begun[max(bisect_right(times, time) - 1, 0)] if begun else time, m) for time, m in heard.messages]
    for scope, name, told in (("in", "message", came), ("out", "out_message", messages(parser(heard.out)))):
        found[scope, name] = "string", text, _shown([(time, message.text) for time, message in told], "", MESSAGE_SHOWN)
    width = 1 / result.trace.clock.freq
    pulses = {"received": ("in", times), "thru_overrun": ("thru", heard.thru_overruns)}
    for name in ("framing_errors", "breaks", "overruns"):
        pulses[name.removesuffix("s")] = "in", getattr(heard, name)
    for name, (scope, moments) in pulses.items():
        edges = [edge for time in moments for edge in ((time - width, 1), (time, 0))]
        found[scope, name] = "wire", {"size": 1, "init": 0}, edges
    return found


def _begun(result):
    """When each received byte began at IN; one of which that is not known, when it was received."""
    starts, sources = result.journey.starts, result.journey.received_from
    pairs = zip(result.heard.received, sources, strict=True)
    return [time if source is None else starts[source] for (time, _), source in pairs]


def _shown(events, idle, length):
    """Changes of a variable that has each value for ``length`` or until the next, and ``idle`` in between."""
    changes = []
    groups = [(time, [value for _, value in group]) for time, group in groupby(events, key=lambda event: event[0])]
    following = [time for time, _ in groups[1:]] + [float("inf")]
    for (time, values), after in zip(groups, following, strict=True):
        over = min(time + length, max(after - APART, (time + after) / 2))
        # A byte that cuts off a SysEx may be a message itself: then both share its time.
        part = (over - time) / len(values)
        changes += [(time + k * part, value) for k, value in enumerate(values)]
        changes.append((over, idle))
    return changes


def _arrange(save, name, dump, variables, result):
    """Write how GTKWave shows the file ``dump``; both lie in the same folder, wherever that may go."""
    save.dumpfile(dump, abspath=False)
    save.savefile(name, abspath=False)
    first = next((time for time, _ in result.edges), LEAD)
    save.timestart(max(round((first - LEAD) * 1e9), 0))
    save.zoom_markers(ZOOM)
    save.size(1400, 700)
    save.signals_width(180)
    save.sst_expanded(is_expanded=False)
    for scope, label in (("in", "MIDI In"), ("out", "MIDI Out"), ("thru", "MIDI Thru")):
        with save.group(label):
            for (where, variable), (kind, _, _) in variables.items():
                if where == scope:
                    suffix = "[7:0]" if kind == "reg" else ""
                    save.trace(f"{scope}.{variable}{suffix}", datafmt=FORMATS[kind])
