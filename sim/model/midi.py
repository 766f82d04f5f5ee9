"""MIDI 1.0 messages: one table, and the two forms that a message has between stages.

:class:`Packet` is the form that stages pass on, :class:`Message` the form for people. Bytes are whole numbers 0 to 255
and travel in tuples; Python's ``bytes`` are taken wherever a message is given. Lengths, code index numbers and texts
all come from :data:`KINDS`.

Pages are those of the *MIDI 1.0 Detailed Specification 4.2.1*; code index numbers are those of the *USB Device Class
Definition for MIDI Devices 1.0*, table 4-1.
"""

from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "CHANNEL_MODES", "KINDS", "KIND_OF", "RESET", "SYSEX", "SYSEX_CODE", "SYSEX_END",
    "Kind", "Message", "Packet", "messages", "packets",
]  # fmt: skip


SYSEX, TUNE_REQUEST, SYSEX_END, RESET = 0xF0, 0xF6, 0xF7, 0xFF

SYSEX_CODE = 0x4
"""Code of three SysEx bytes that do not end it; the last one to three bytes of a SysEx have this code + 1 to + 3."""

SHOWN = 16
"""Data bytes of a SysEx that its text shows; the text of a longer one tells its length and ends in dots."""


class Kind(NamedTuple):
    """One row of the table: what a status byte means.

    ``status`` is the status byte, on channel 1 where there is a channel. ``data`` is the number of data bytes, ``None``
    for any number. ``fields`` gives each field its bits: data bytes are one number, seven bits each, first byte lowest,
    and fields take its bits from the lowest up. ``code`` is the code index number, ``None`` for what is undefined.
    """

    status: int
    name: str
    data: int | None
    fields: dict
    code: int | None
    category: str
    page: str

    @property
    def has_channel(self):
        """Whether the low four bits of the status are a channel."""
        return self.status < SYSEX

    @property
    def is_real_time(self):
        """Whether it may stand inside any other message, as F9 and FD may, though undefined."""
        return self.status > SYSEX_END


KINDS = (
    Kind(0x80, "note_off", 2, {"note": 7, "velocity": 7}, 0x8, "channel voice", "10"),
    Kind(0x90, "note_on", 2, {"note": 7, "velocity": 7}, 0x9, "channel voice", "10"),
    Kind(0xA0, "poly_pressure", 2, {"note": 7, "pressure": 7}, 0xA, "channel voice", ""),
    # Controllers 120 to 127 are channel mode messages: see CHANNEL_MODES.
    Kind(0xB0, "control_change", 2, {"controller": 7, "value": 7}, 0xB, "channel voice", "11"),
    Kind(0xC0, "program_change", 1, {"program": 7}, 0xC, "channel voice", ""),
    Kind(0xD0, "channel_pressure", 1, {"pressure": 7}, 0xD, "channel voice", ""),
    Kind(0xE0, "pitch_bend", 2, {"bend": 14}, 0xE, "channel voice", "19"),
    Kind(0xF0, "sysex", None, {}, 0x4, "exclusive", "5, 27, 29, T-8"),
    Kind(0xF1, "quarter_frame", 1, {"value": 4, "piece": 3}, 0x2, "system common", "27-29"),
    Kind(0xF2, "song_position", 2, {"beats": 14}, 0x3, "system common", "27-29"),
    Kind(0xF3, "song_select", 1, {"song": 7}, 0x2, "system common", ""),
    Kind(0xF4, "undefined", 0, {}, None, "undefined", "A-2"),
    Kind(0xF5, "undefined", 0, {}, None, "undefined", "A-2"),
    Kind(0xF6, "tune_request", 0, {}, 0x5, "system common", ""),
    Kind(0xF7, "end_of_exclusive", 0, {}, 0x5, "system common", "5, 27, 29, T-8"),
    Kind(0xF8, "clock", 0, {}, 0xF, "real-time", "30"),
    Kind(0xF9, "undefined", 0, {}, None, "undefined", "A-2"),
    Kind(0xFA, "start", 0, {}, 0xF, "real-time", "30"),
    Kind(0xFB, "continue", 0, {}, 0xF, "real-time", "30"),
    Kind(0xFC, "stop", 0, {}, 0xF, "real-time", "30"),
    Kind(0xFD, "undefined", 0, {}, None, "undefined", "A-2"),
    Kind(0xFE, "active_sensing", 0, {}, 0xF, "real-time", "32, 33"),
    Kind(0xFF, "reset", 0, {}, 0xF, "real-time", "30, 33"),
)
"""All status bytes of MIDI 1.0, a row for each kind of message."""

CHANNEL_MODES = {
    120: "all_sound_off",
    121: "reset_all_controllers",
    122: "local_control",
    123: "all_notes_off",
    124: "omni_off",
    125: "omni_on",
    126: "mono",
    127: "poly",
}
"""Controllers of a control change that set the mode of a channel (p. 20)."""

KIND_OF = {kind.status + n: kind for kind in KINDS for n in range(16 if kind.has_channel else 1)}
"""Row of each status byte."""

# A SysEx travels in threes; all other messages fit one packet. Codes 0 and 1 are reserved: nothing in them counts.
_COUNTS = {kind.code: 1 + kind.data for kind in KINDS if kind.code is not None and kind.data is not None}
_COUNTS |= {SYSEX_CODE: 3} | {SYSEX_CODE + n: n for n in (1, 2, 3)}

# What a field says when all its bits are 0: channels count from 1, and pitch bend is 0 in its centre, 00 40 (p. 19).
_LOWEST = {"channel": 1, "bend": -(1 << 13)}


class Packet(NamedTuple):
    """USB-MIDI 1.0 event packet: one MIDI message, or up to three bytes of a SysEx.

    ``code`` is the code index number, ``cable`` the virtual cable, ``data`` three bytes; those that do not count are 0.
    ``cut`` marks the packet that closes a SysEx which another status or a lost byte cut off: its F7 was inserted.
    """

    code: int
    cable: int
    data: tuple
    cut: bool = False

    @classmethod
    def of(cls, code, counting, cable=0, cut=False):
        """Packet with the bytes ``counting``, one to three, and zeros after them."""
        return cls(code, cable, (*counting, 0, 0)[:3], cut)

    @property
    def bytes(self):
        """The bytes that count; none if the code is reserved."""
        return self.data[: _COUNTS.get(self.code, 0)]

    def to_int(self):
        """The 32 bits in the order of USB: code in bits 3:0, cable in 7:4, then the three bytes; ``cut`` is no part."""
        return self.code | self.cable << 4 | self.data[0] << 8 | self.data[1] << 16 | self.data[2] << 24

    @classmethod
    def from_int(cls, number):
        """Packet of 32 bits in the order of USB."""
        if not 0 <= number < 1 << 32:
            raise ValueError(f"A packet must be a number of 32 bits, not {number:#x}; give one packet at a time")
        return cls(number & 0xF, number >> 4 & 0xF, (number >> 8 & 0xFF, number >> 16 & 0xFF, number >> 24))


@dataclass(frozen=True)
class Message:
    """One whole MIDI message.

    ``bytes`` begins with the status; a SysEx has its F0 and F7. ``cut`` marks a SysEx that was cut off: it has the
    bytes that were really sent, so no F7. What is no MIDI 1.0 message raises :exc:`ValueError`.
    """

    bytes: tuple
    cut: bool = False

    def __post_init__(self):
        object.__setattr__(self, "bytes", tuple(self.bytes))
        _check(self.bytes, self.cut)

    @property
    def kind(self):
        """Its row of the table."""
        return KIND_OF[self.bytes[0]]

    @property
    def name(self):
        """Name of the message, ``note_on`` for one with velocity 0 too."""
        return self.kind.name

    @property
    def category(self):
        """Category of the table, or ``channel mode``."""
        return "channel mode" if self.mode else self.kind.category

    @property
    def mode(self):
        """Name of the channel mode message that a control change is, or ``None``."""
        return CHANNEL_MODES.get(self.bytes[1]) if self.name == "control_change" else None

    @property
    def channel(self):
        """1 to 16, or ``None``."""
        return self.bytes[0] % 16 + 1 if self.kind.has_channel else None

    @property
    def fields(self):
        """Values of the fields by name; ``bend`` is signed, ``data`` of a SysEx is what stands between F0 and F7."""
        if self.kind.data is None:
            return {"data": self.bytes[1:] if self.cut else self.bytes[1:-1]}
        number = sum(byte << 7 * n for n, byte in enumerate(self.bytes[1:]))
        values = {}
        for name, bits in self.kind.fields.items():
            values[name] = number % (1 << bits) + _LOWEST.get(name, 0)
            number >>= bits
        return values

    @property
    def is_note_on(self):
        """Whether a note begins."""
        return self.name == "note_on" and self.fields["velocity"] > 0

    @property
    def is_note_off(self):
        """Whether a note ends: a Note On with velocity 0 is a Note Off (p. 10)."""
        return self.name == "note_off" or (self.name == "note_on" and self.fields["velocity"] == 0)

    @property
    def text(self):
        """Such as ``note_on channel=1 note=60 velocity=100`` or ``sysex data=7e 7f 09 01``."""
        words = [self.name]
        if self.channel:
            words.append(f"channel={self.channel}")
        if self.kind.data is None:
            data = self.fields["data"]
            shown = f"data={_hex(data[:SHOWN])}"
            words += [shown] if len(data) <= SHOWN else [f"length={len(data)}", shown, "..."]
        else:
            words += [f"{name}={value}" for name, value in self.fields.items()]
        if self.mode:
            words.append(f"({self.mode})")
        if self.cut:
            words.append("cut")
        return " ".join(words)

    __str__ = text.fget

    @classmethod
    def from_text(cls, text):
        """Message whose :attr:`text` this is; fields may come in any order, and dots cannot be read back."""
        name, *words = text.split() or [""]
        kinds = {kind.name: kind for kind in KINDS if kind.code is not None and kind.status != SYSEX_END}
        if name not in kinds:
            raise ValueError(f"A text must begin with a message, not {name!r}; choose one of {', '.join(kinds)}")
        kind = kinds[name]
        if kind.data is None:
            cut = "cut" in words
            digits = " ".join(word.removeprefix("data=") for word in words if word != "cut")
            try:
                data = tuple(bytes.fromhex(digits))
            except ValueError:
                raise ValueError(f"A SysEx must list all its data in hex, not {text!r}; use its bytes") from None
            return cls((SYSEX, *data) if cut else (SYSEX, *data, SYSEX_END), cut)
        bits = {"channel": 4} | kind.fields if kind.has_channel else kind.fields
        allowed = {field: range(low := _LOWEST.get(field, 0), low + (1 << bits[field])) for field in bits}
        try:
            values = {word.partition("=")[0]: int(word.partition("=")[2]) for word in words if not word.startswith("(")}
        except ValueError:
            values = {text: 0}  # names no field
        if values.keys() != allowed.keys() or not all(values[field] in allowed[field] for field in allowed):
            wanted = " ".join(f"{field}={numbers[0]}..{numbers[-1]}" for field, numbers in allowed.items())
            raise ValueError(f"{name} must have {wanted or 'no fields'}, not {text!r}; give each as a whole number")
        number = shift = 0
        for field, numbers in allowed.items():
            number |= numbers.index(values[field]) << shift
            shift += bits[field]
        channel, number = (number % 16, number >> 4) if kind.has_channel else (0, number)
        return cls((kind.status + channel, *(number >> 7 * n & 0x7F for n in range(kind.data))))


def _hex(data):
    return bytes(data).hex(" ")


def _check(data, cut):
    """Raise :exc:`ValueError` if ``data`` is no whole message."""
    if not all(isinstance(byte, int) and 0 <= byte <= 0xFF for byte in data):
        raise ValueError(f"A message must consist of whole numbers 0 to 255, not {data!r}; give its bytes")
    if not data or data[0] < 0x80:
        raise ValueError(
            f"A message must begin with a status byte, not {_hex(data) or 'be empty'}; "
            f"running status is for the wire, so give the status of each message in full"
        )
    kind, what = KIND_OF[data[0]], _hex(data)
    if kind.code is None:
        raise ValueError(f"A message must be one that MIDI 1.0 defines, not {what}; leave {data[0]:02x} out")
    if data[0] == SYSEX_END:
        raise ValueError(f"f7 must end a SysEx, not stand alone as in {what}; give the SysEx from its f0 on")
    body = data[1:]
    if kind.data is None:
        if not cut:
            if data[-1] != SYSEX_END:
                raise ValueError(f"A SysEx must end with f7, not as {what}; add f7")
            body = data[1:-1]
    elif cut:
        raise ValueError(f"Only a SysEx can be cut, not {kind.name} ({what}); leave an unfinished one out")
    elif len(body) != kind.data:
        raise ValueError(
            f"{kind.name} must have {kind.data} data bytes, not {len(body)} as in {what}; give one whole message"
        )
    wrong = [byte for byte in body if byte >= 0x80]
    if wrong:
        raise ValueError(
            f"Data bytes of {kind.name} must be 00 to 7f, not {_hex(wrong)} as in {what}; "
            f"give any other status as a message of its own"
        )


def packets(message, cable=0):
    """Packets of one whole message, given as its bytes: one, or for a SysEx one for every three bytes begun."""
    message = Message(message)
    if cable not in range(16):
        raise ValueError(f"A cable must be 0 to 15, not {cable!r}; a packet has four bits for it")
    if message.kind.data is not None:
        return [Packet.of(message.kind.code, message.bytes, cable)]
    groups = [message.bytes[n : n + 3] for n in range(0, len(message.bytes), 3)]
    last = groups.pop()
    return [Packet(SYSEX_CODE, cable, group) for group in groups] + [Packet.of(SYSEX_CODE + len(last), last, cable)]


def messages(packets):
    """Messages of a list of ``(time, packet)``: a list of ``(time, message)`` in the order in which they were complete.

    A SysEx is put together, on each cable for itself; a real-time message inside it comes before it. A SysEx that is
    still open at the end and packets with a reserved code make no message. Packets that no parser may make, such as a
    SysEx that goes on without having begun, raise :exc:`ValueError`.
    """
    found = []
    begun = {}
    for time, packet in packets:
        part = packet.bytes
        if not part:
            continue
        try:
            if SYSEX_CODE <= packet.code <= SYSEX_CODE + 3 and part != (TUNE_REQUEST,):
                if (part[0] == SYSEX) == (packet.cable in begun):
                    raise ValueError("a SysEx must begin with f0 once; see that the one before it was closed")
                whole = begun.pop(packet.cable, ()) + part
                if packet.code == SYSEX_CODE:
                    begun[packet.cable] = whole
                else:
                    # A cut one must have its inserted F7 too, before that is taken off.
                    message = Message(whole)
                    found.append((time, Message(whole[:-1], cut=True) if packet.cut else message))
                continue
            message = Message(part, packet.cut)
            if packet.code != message.kind.code:
                raise ValueError(f"{message.name} must have code {message.kind.code:x}; take it from the table")
            if packet.cable in begun and not message.kind.is_real_time:
                raise ValueError("an open SysEx must be closed before the next message; insert f7")
        except ValueError as error:
            raise ValueError(f"{packet} at {time}: {error}") from None
        found.append((time, message))
    return found
