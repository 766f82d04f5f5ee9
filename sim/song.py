"""Files of music as timed messages, and timed messages as the bytes that a sequencer puts on the wire."""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from sim.model import smf
from sim.model.edges import BAUD, frame_edges
from sim.model.encoder import Encoder
from sim.model.midi import KIND_OF, SYSEX, SYSEX_END, packets

__all__ = ["Song", "SongError", "Wire", "load", "wire"]

CLOCK, START, STOP = 0xF8, 0xFA, 0xFC

SECONDS_AFTER_START = 1e-3
"""A sender leaves this long between Start and the first Clock (MIDI 1.0, p. 30)."""

LEAD = 320e-6
"""Seconds of idle line before the first byte."""

MOST_CLOCKS = 1_000_000
"""A song with more, five hours and a half at a usual tempo, is taken for a file that is broken."""


class SongError(ValueError):
    """A file cannot be played; one line says why and what to do."""


@dataclass
class Song:
    """What a file asks to be sent.

    ``messages`` are ``(time, bytes)``: whole channel messages, and whatever else a file holds, such as a SysEx, whole
    or in packets, which is sent byte for byte. ``clocks`` are the times of the MIDI clock, 24 to a quarter note by the
    tempo map. Times are seconds from the beginning. ``raw`` are bytes to be sent back to back, and nothing with them.
    """

    name: str
    messages: list = field(default_factory=list)
    clocks: list = field(default_factory=list)
    raw: bytes = b""


@dataclass
class Wire:
    """Bytes and the moments at which their start bits fall: on the wire, and in the song.

    They differ where gaps were shortened and where the wire was busy.
    """

    bytes: list = field(default_factory=list)
    times: list = field(default_factory=list)
    song_times: list = field(default_factory=list)
    bit: float = 1 / BAUD

    @property
    def edges(self):
        """Edges of the line."""
        starts = zip(self.times, self.bytes, strict=True)
        return [edge for time, byte in starts for edge in frame_edges(time, byte, self.bit)]

    def position(self, time):
        """Bytes that have begun at a moment of the wire, and the seconds of the song that it stands for."""
        begun = bisect_right(self.times, time)
        last = max(begun - 1, 0)
        return begun, self.song_times[last] + time - self.times[last]

    @property
    def end(self):
        """When the last stop bit is over, in seconds of the wire."""
        return self.times[-1] + 10 * self.bit if self.times else 0.0


def load(path):
    """Read a Standard MIDI File (``.mid``, types 0, 1 and 2), a ``.syx``, or raw MIDI bytes (``.bin``).

    Raises
    ------
    :exc:`SongError`
        If the file cannot be read, is not what its name says, ends too early, or holds nothing to send.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SongError(f"File must be readable: {path}: {error.strerror}") from None
    if not data:
        raise SongError(f"File must hold music, but {path} is empty")
    kind = path.suffix.lower()
    if kind in (".mid", ".midi", ".smf", ".kar"):
        song = _standard_midi_file(path, data)
    elif kind == ".syx":
        song = Song(path.name, [(0.0, message) for message in _exclusives(path, data)])
    elif kind == ".bin":
        song = Song(path.name, raw=data)
    else:
        raise SongError(f"File must be .mid, .syx or .bin (raw MIDI bytes), not {path.name!r}; rename it to what it is")
    if not (song.messages or song.raw):
        raise SongError(f"File must hold events, but {path} has none that are sent: no notes, no controllers, no SysEx")
    return song


def _standard_midi_file(path, data):
    song, start = Song(path.name), 0.0
    try:
        for piece in smf.read(data).timed():
            _add(piece, start, song)
            start = piece[-1][0] if piece else start
    except ValueError as error:
        raise SongError(f"{path} {error}") from None
    return song


def _add(piece, start, song):
    """Add to a song a piece that begins at ``start``: its messages, and the clocks that its tempo asks for."""
    tempo, clock = smf.DEFAULT_TEMPO, start
    for time, event in piece:
        while clock < time - 1e-9:
            song.clocks.append(clock)
            clock += tempo * 1e-6 / 24
            if len(song.clocks) > MOST_CLOCKS:
                raise ValueError(
                    f"must need at most {MOST_CLOCKS} clocks, 24 to a quarter note, not more after {clock:.3g} s; "
                    f"its tempo or a time in it is broken"
                )
        if event.tempo:
            # What is left until the next clock passes at the new tempo.
            clock = time + (clock - time) * event.tempo / tempo
            tempo = event.tempo
        if event.sent:
            song.messages.append((time, event.sent))


def _exclusives(path, data):
    begin = 0
    while begin < len(data):
        end = data.find(SYSEX_END, begin) + 1
        if data[begin] != SYSEX or not end:
            raise SongError(f"A .syx must hold whole SysEx messages, F0 to F7; {path} does not at byte {begin}")
        for n in range(begin + 1, end - 1):
            if data[n] >= 0x80:
                raise SongError(f"Data of a SysEx must be 00 to 7f, not {data[n]:02x}, which is at byte {n} of {path}")
        yield data[begin:end]
        begin = end


def wire(song, *, baud_error=0.0, idle_limit=0.5e-3, clock=True, running_status=True, until=None):
    """Send a song as a sequencer does.

    Messages leave at their times, or as soon after as the wire is free; clock bytes come first, also between the bytes
    of another message (p. 30). Start and Stop stand round a song that has a clock.

    Parameters
    ----------
    song : :class:`Song`
        What to send.
    baud_error : :class:`float`
        Part by which the sender is too fast.
    idle_limit : :class:`float`
        Longest gap between two bytes on the wire, in seconds; what is longer in the song is shortened to it.
    clock, running_status : :class:`bool`
        Whether to send those.
    until : :class:`float`
        Seconds of the song from which on no byte begins.

    Returns
    -------
    :class:`Wire`
    """
    bit = 1 / BAUD / (1 + baud_error)
    if song.raw:
        waiting, real_time = deque((0.0, (byte,)) for byte in song.raw), deque()
    else:
        waiting = deque(_encoded(song, running_status))
        real_time = deque(_clock(song) if clock else ())
        if real_time:
            waiting.append((max(queue[-1][0] for queue in (real_time, waiting) if queue), (STOP,)))
    sent = Wire(bit=bit)
    free = shift = 0.0
    message = deque()
    while waiting or real_time or message:
        due = [queue[0][0] for queue in (real_time, waiting) if queue]
        time = free if message else max(free, min(due))
        if until is not None and time >= until:
            break
        if real_time and real_time[0][0] <= time:
            byte = real_time.popleft()[1]
        else:
            if not message:
                message.extend(waiting.popleft()[1])
            byte = message.popleft()
        gap = time - free
        if not sent.bytes:
            shift = LEAD - time
        elif gap > idle_limit:
            shift -= gap - idle_limit
        sent.bytes.append(byte)
        sent.song_times.append(time)
        sent.times.append(time + shift)
        free = time + 10 * bit
    return sent


def _encoded(song, running_status):
    encoder = Encoder(running_status=running_status)
    for time, message in song.messages:
        if _is_channel_message(message):
            (packet,) = packets(message)
            yield time, encoder.step(packet, time)
        else:
            # Sent as it is. What running status it leaves behind is the receiver's affair: a status follows.
            yield time, message
            encoder = Encoder(running_status=running_status)


def _is_channel_message(message):
    kind = KIND_OF.get(message[0])
    return kind and kind.has_channel and len(message) == 1 + kind.data and max(message[1:]) < 0x80


def _clock(song):
    for n, time in enumerate(song.clocks):
        if n == 0:
            yield time, START
        yield max(time, song.clocks[0] + SECONDS_AFTER_START), CLOCK
