"""What became of each message and of each note between MIDI In and OUT."""

from dataclasses import dataclass
from typing import NamedTuple

from sim.model.edges import BAUD
from sim.model.midi import SYSEX_END, Message, messages
from sim.model.parser import parser

__all__ = ["FATES", "Note", "Passage", "Summary", "counted", "fates", "notes", "passages", "summary"]

FATES = ("passed", "lost", "changed", "added", "open", "closed")
"""What can become of a message; ``open``: the record ends before it could come out; ``closed``: a SysEx that was cut
off came out with the F7 that it lacked."""

PENDING = 45 / BAUD
"""Seconds before the end of the record in which a byte may have come in and not yet be received: a frame, and as long
as a full chip makes it wait."""

SAME = 5e-3
"""Seconds by which the end of a note may differ and still be the same to a listener."""


@dataclass
class Passage:
    """A message on a line, what became of it, and its like on the other line.

    ``first`` and ``last`` are the numbers of its first and last byte; with running status it has no status of its own.
    Byte ``ended`` is what completed it: the last, or behind a SysEx that was cut off the status that did that.
    """

    message: Message
    first: int
    last: int
    ended: int
    fate: str = "passed"
    partner: int | None = None


@dataclass
class Note:
    """A note: the passages that begin and end it (``off`` is ``None`` if nothing does), and how it differs.

    ``begin`` and ``end`` are seconds of the song. ``fate`` is that of its Note On, or ``held`` if it passed and yet
    ends at another time.
    """

    on: int
    off: int | None
    begin: float
    end: float
    channel: int
    key: int
    velocity: int
    fate: str


def passages(values):
    """Messages in the bytes of a line: a list of :class:`Passage` in the order in which they were complete."""
    # The times of the parser are the numbers of the bytes here.
    return [
        Passage(message, *_extent(values, message, number), number)
        for number, message in messages(parser(list(enumerate(values))))
    ]


def _extent(values, message, last):
    """Numbers of the first and the last byte of a message that byte ``last`` completed."""
    if message.kind.is_real_time:
        return last, last
    if message.cut:
        # It is the byte behind a cut SysEx that ends it.
        last = next(n for n in range(last - 1, -1, -1) if values[n] < 0xF8)
    left, first = len(message.bytes), last
    for n in range(last, -1, -1):
        if values[n] >= 0xF8:
            continue
        # The status comes last on the way back, and with running status what stands there is another message's.
        if left == 1 and values[n] != message.bytes[0]:
            break
        first, left = n, left - 1
        if not left:
            break
    return first, last


def fates(journey):
    """Passages at IN and at OUT, each with its fate and its partner on the other line.

    OUT sends messages and not bytes: a status may have been left out, a real-time message may have gone first. A
    passage at OUT is the message at IN of which it has its last byte, an inserted F7 not counted. If their bytes
    differ, the message was changed.
    """
    sent = passages(journey.result.sent)
    values = [byte for _, byte in journey.result.heard.out]
    out = passages(values)
    _join(sent, out, [_last_source(passage, values, journey.out_sent) for passage in out])
    for passage in out:
        if passage.partner is None:
            passage.fate = "added"
    for passage in sent:
        if passage.partner is None:
            late = journey.arrived[passage.ended] > journey.result.trace.end - PENDING
            passage.fate = "open" if late or passage.ended in journey.waiting else "lost"
    return sent, out


class Summary(NamedTuple):
    """Whether all that went in came out as it was, but for SysEx that were closed; and that in words."""

    whole: bool
    words: str


def summary(sent, out, notes=0):
    """A :class:`Summary` of passages with their fates; ``notes`` is how many of them are notes."""
    kept, closed, underway = (sum(passage.fate == fate for passage in sent) for fate in ("passed", "closed", "open"))
    whole = kept + closed + underway == len(sent) and all(passage.fate in ("passed", "closed") for passage in out)
    if not whole:
        words = f"{kept:,} of {counted(len(sent), 'message')} that went in came out at OUT unchanged"
    else:
        among = f", {counted(notes, 'note')} among them" if notes else ""
        words = f"all {counted(kept + closed, 'message')} that went in came out at OUT unchanged{among}"
        words += f"; {counted(closed, 'SysEx', 'SysEx')} that was cut off got its F7" if closed else ""
    if underway:
        words += f"; {counted(underway, 'message')} more had not yet come out when the record ended"
    return Summary(whole, words)


def counted(number, what, many=None):
    """Such as ``1 note`` or ``1,234 notes``."""
    return f"{number:,} {what if number == 1 else many or f'{what}s'}"


def _last_source(passage, values, out_sent):
    """Number of the sent byte that a passage at OUT ends with; ``None`` if none of its bytes was sent."""
    for number in range(passage.last, passage.first - 1, -1):
        own = passage.message.kind.is_real_time or values[number] < 0xF8
        if own and out_sent[number] is not None:
            return out_sent[number]
    return None


def _join(sent, out, sources):
    """Set the partners of passages, and the fates of those that have one."""
    whose = {}
    for n, passage in enumerate(sent):
        # Real-time between the bytes of a message was complete before it.
        whose |= {number: n for number in range(passage.first, passage.last + 1) if number not in whose}
    pairs = [(n, whose[source], source) for n, source in enumerate(sources) if source in whose]
    # Where more than one has bytes of the same message, it is the one that ends as it does.
    for n, m, _ in sorted(pairs, key=lambda pair: sent[pair[1]].last != pair[2]):
        if out[n].partner is None and sent[m].partner is None:
            out[n].partner, sent[m].partner = m, n
            out[n].fate = sent[m].fate = _fate(sent[m].message, out[n].message)


def _fate(message, came):
    if message == came:
        return "passed"
    return "closed" if message.cut and came.bytes == (*message.bytes, SYSEX_END) else "changed"


def notes(passages, times, end):
    """Notes of a line.

    ``times`` are the seconds of the song at which each byte began, ``end`` is when a note ends that nothing ends. A
    note that begins while its key sounds ends the one before it.
    """
    found, sounding = [], {}
    for n, passage in enumerate(passages):
        message = passage.message
        if not (message.is_note_on or message.is_note_off):
            continue
        key = message.channel, message.fields["note"]
        time = times[passage.first]
        if (note := sounding.pop(key, None)) is not None:
            note.off, note.end = n, time
        if message.is_note_on:
            sounding[key] = Note(n, None, time, end, *key, message.fields["velocity"], passage.fate)
            found.append(sounding[key])
    return found


def compare_ends(sent_notes, out_notes, out):
    """Set the fate ``held`` where a note passed and yet ends at another time at OUT."""
    by_on = {note.on: note for note in sent_notes}
    for note in out_notes:
        source = by_on.get(out[note.on].partner) if note.fate == "passed" else None
        if source and abs(source.end - note.end) > SAME:
            note.fate = source.fate = "held"
