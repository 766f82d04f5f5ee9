"""Standard MIDI Files: what one asks to be sent, and when; and a file of what was sent, written as it comes.

Rules are those of *Standard MIDI Files 1.0*. mido makes a SysEx of its own of every packet of a divided one and of
every escaped byte, refuses a whole file for one meta event that it does not understand, and writes no escapes. That
would put other bytes on the wire than the file asks for, or none, so files are read here, and recordings written.
"""

from typing import NamedTuple

from sim.model.midi import KIND_OF, SYSEX, SYSEX_END

__all__ = ["Event", "File", "Track", "read"]

META, TEXT, END_OF_TRACK, TEMPO = 0xFF, 0x01, 0x2F, 0x51

DEFAULT_TEMPO = 500_000
"""Microseconds to a quarter note until a file says otherwise."""

MOST = (1 << 28) - 1
"""The largest number that four pieces of seven bits can hold."""

FILM_FRAMES = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}
"""Frames a second by the number that a division by film frames has; 29 stands for 30 with frames dropped."""


class Event(NamedTuple):
    """Something in a track, so many ticks after the track's beginning.

    ``sent`` are bytes to be sent, none if the event is not for the wire; ``tempo`` is a new tempo in microseconds to a
    quarter note, or ``None``.
    """

    ticks: int
    sent: bytes = b""
    tempo: int | None = None


class File(NamedTuple):
    """A file: its type (0, 1 or 2), its ticks to a quarter note or, of a film, to a second, and its tracks.

    The one that does not hold is ``None``. A track is a list of :class:`Event` and ends with one that sends nothing.
    """

    type: int
    quarter: int | None
    second: float | None
    tracks: list

    def timed(self):
        """Lists of ``(seconds, event)``, each in the order of time.

        All tracks together are one list. Those of type 2 are pieces of their own: a list for each, which begins at the
        default tempo and at the time at which the one before it ended.
        """
        together = [sorted((event for track in self.tracks for event in track), key=lambda event: event.ticks)]
        pieces, time = [], 0.0
        for events in self.tracks if self.type == 2 else together:
            tempo, ticks, piece = DEFAULT_TEMPO, 0, []
            for event in events:
                # Film frames pass alike at every tempo.
                ticks_passed, ticks = event.ticks - ticks, event.ticks
                time += ticks_passed * (tempo * 1e-6 / self.quarter if self.quarter else 1 / self.second)
                tempo = event.tempo or tempo
                piece.append((time, event))
            pieces.append(piece)
        return pieces


def read(data):
    """Read the bytes of a file.

    Raises
    ------
    :exc:`ValueError`
        If they are no whole Standard MIDI File, saying what must be and at which byte it is not.
    """
    if data[:4] != b"MThd":
        raise ValueError(f"must begin with MThd, not {data[:4]!r}; it is no Standard MIDI File")
    chunks = _chunks(data)
    _, place, end = next(chunks)
    if end - place < 6:
        raise ValueError(f"must have a header of 6 bytes or more, not {end - place}; get a whole copy")
    kind, count, division = (int.from_bytes(data[place + n : place + n + 2], "big") for n in (0, 2, 4))
    if kind > 2:
        raise ValueError(f"must be of type 0, 1 or 2, not {kind}; nothing is known of others")
    tracks = []
    while len(tracks) < count:
        name, place, end = next(chunks, (None, 0, 0))
        if name is None:
            raise ValueError(f"must have {count} tracks, not {len(tracks)}; it was cut short, get a whole copy")
        # Chunks with other names are for later standards, and to be passed over.
        if name == b"MTrk":
            tracks.append(list(_Track(data, place, end).events()))
    return File(kind, *_division(division), tracks)


def _division(division):
    if not division & 0x8000:
        if not division:
            raise ValueError("must have at least 1 tick to a quarter note, not 0; its header is broken")
        return division, None
    frames, ticks = 256 - (division >> 8), division & 0xFF
    if frames not in FILM_FRAMES or not ticks:
        raise ValueError(
            f"must count 24, 25, 29 or 30 frames a second, each of 1 to 255 ticks, "
            f"not {frames} of {ticks}; its header is broken"
        )
    return None, FILM_FRAMES[frames] * ticks


def _chunks(data):
    """Name of each chunk, where its content begins, and where it ends."""
    place = 0
    while place < len(data):
        name, size, place = data[place : place + 4], data[place + 4 : place + 8], place + 8
        end = place + int.from_bytes(size, "big")
        if len(size) < 4 or end > len(data):
            raise ValueError(f"ends at byte {len(data)}, in the middle of a chunk; it was cut short, get a whole copy")
        yield name, place, end
        place = end


class _Track:
    """Reads the track whose content stands from ``place`` to ``end`` in ``data``."""

    def __init__(self, data, place, end):
        self.data, self.place, self.end = data, place, end

    def events(self):
        ticks, status = 0, None
        while self.place < self.end:
            ticks += self.number()
            first = self.take(1)[0]
            if first == META:
                kind, content = self.take(1)[0], self.take(self.number())
                if kind == END_OF_TRACK:
                    break
                if kind == TEMPO:
                    yield Event(ticks, tempo=self.tempo(content))
            elif first in (SYSEX, SYSEX_END):
                # F0 stands for itself. F7 is not sent: it says that what follows is to be sent as it is, a further
                # packet of a SysEx or anything else.
                content = self.take(self.number())
                if sent := bytes([SYSEX]) + content if first == SYSEX else content:
                    yield Event(ticks, sent)
            else:
                # The standard ends running status at SysEx and meta events. Files that go on mean what they say.
                data = b""
                if first < 0x80:
                    if status is None:
                        raise ValueError(
                            f"must have a status before data, not {first:02x}, at byte {self.place - 1}; it is broken"
                        )
                    first, data = status, bytes([first])
                yield Event(ticks, self.message(first, data))
                if first < SYSEX:
                    status = first
        yield Event(ticks)

    def message(self, status, data):
        kind = KIND_OF[status]
        if kind.code is None:
            raise ValueError(f"must not hold the undefined status {status:02x}, at byte {self.place - 1}; it is broken")
        data += self.take(kind.data - len(data))
        if any(byte >= 0x80 for byte in data):
            raise ValueError(
                f"must have {kind.data} data bytes below 80 in a {kind.name}, not {data.hex(' ')}, "
                f"before byte {self.place}; it is broken"
            )
        return bytes([status]) + data

    def tempo(self, content):
        if len(content) != 3 or not any(content):
            raise ValueError(
                f"must have a tempo above 0 in three bytes, not {content.hex(' ') or 'none'}, "
                f"before byte {self.place}; it is broken"
            )
        return int.from_bytes(content, "big")

    def number(self):
        """A number in pieces of seven bits, of which all but the last have the top bit set."""
        number = 0
        for _ in range(4):
            byte = self.take(1)[0]
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                return number
        raise ValueError(f"must have numbers of at most 4 bytes, not more before byte {self.place}; it is broken")

    def take(self, count):
        if self.place + count > self.end:
            raise ValueError(f"must end its track at byte {self.end}, but an event goes on; it is broken")
        self.place += count
        return self.data[self.place - count : self.place]


class Track:
    """The one track of a file that is written while its music is played.

    Parameters
    ----------
    quarter : :class:`int`
        Ticks to a quarter note.
    tempo : :class:`int`
        Microseconds to a quarter note.
    """

    def __init__(self, quarter, tempo=DEFAULT_TEMPO):
        if quarter not in range(1, 1 << 15):
            raise ValueError(f"A quarter note must have 1 to {(1 << 15) - 1} ticks, not {quarter!r}")
        if tempo not in range(1, 1 << 24):
            raise ValueError(f"A tempo must be 1 to {(1 << 24) - 1} microseconds to a quarter note, not {tempo!r}")
        self._header = b"MThd" + b"".join(n.to_bytes(size, "big") for n, size in ((6, 4), (0, 2), (1, 2), (quarter, 2)))
        self._content = bytearray(b"\0" + bytes((META, TEMPO, 3)) + tempo.to_bytes(3, "big"))
        self._ticks = 0

    def add(self, ticks, sent):
        """Add bytes that were sent so many ticks after the beginning.

        One whole channel message stands as it is, whole SysEx as an F0 event; all else is escaped by an F7 event, as
        the standard wants it of System Common and real-time. Ticks never go back.
        """
        self._content += self._event(ticks, sent)
        self._ticks = ticks

    def file(self, more=(), end=0):
        """Bytes of a file of all that was added, then ``more`` of ``(ticks, sent)``, that ends at ``end`` or later."""
        ticks, tail = self._ticks, b""
        for moment, sent in more:
            tail += self._event(moment, sent, ticks)
            ticks = moment
        tail += _pause(max(end - ticks, 0)) + bytes((META, END_OF_TRACK, 0))
        return self._header + b"MTrk" + (len(self._content) + len(tail)).to_bytes(4, "big") + self._content + tail

    def _event(self, ticks, sent, before=None):
        before = self._ticks if before is None else before
        if ticks < before:
            raise ValueError(f"Events must be given in order; tick {ticks} comes before {before}")
        kind = KIND_OF.get(sent[0])
        if kind and kind.has_channel and len(sent) == 1 + kind.data and max(sent[1:]) < 0x80:
            return _pause(ticks - before) + bytes(sent)
        if sent[0] == SYSEX and sent[-1] == SYSEX_END and max(sent[1:-1], default=0) < 0x80:
            return _pause(ticks - before) + bytes((SYSEX, *_number(len(sent) - 1), *sent[1:]))
        return _pause(ticks - before) + bytes((SYSEX_END, *_number(len(sent)), *sent))


def _pause(ticks):
    """The ticks that pass before an event: a longer pause than one number can say has empty texts in it."""
    texts, rest = divmod(ticks, MOST)
    return (_number(MOST) + bytes((META, TEXT, 0))) * texts + _number(rest)


def _number(value):
    """A number in pieces of seven bits, of which all but the last have the top bit set."""
    pieces = [value & 0x7F]
    while value := value >> 7:
        pieces.insert(0, value & 0x7F | 0x80)
    return bytes(pieces)
