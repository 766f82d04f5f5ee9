"""Standard MIDI Files byte by byte, for tests: also such as no library writes."""

END = bytes((0x00, 0xFF, 0x2F, 0x00))
"""The event that ends a track."""


def file(*tracks, kind=1, division=480):
    """A file of tracks, each given as the bytes of its events."""
    header = b"".join(number.to_bytes(2, "big") for number in (kind, len(tracks), division & 0xFFFF))
    return chunk(b"MThd", header) + b"".join(chunk(b"MTrk", track) for track in tracks)


def chunk(name, content):
    """A chunk of a file."""
    return name + len(content).to_bytes(4, "big") + content


def number(value):
    """A number as a file has it: seven bits to a byte, all but the last with the top bit set."""
    rest = [value & 0x7F]
    while value := value >> 7:
        rest.insert(0, value & 0x7F | 0x80)
    return bytes(rest)


def event(ticks, *data):
    """An event of a track: so many ticks after the one before, these bytes."""
    return number(ticks) + bytes(data)


def tempo(ticks, microseconds):
    """An event that sets the tempo, in microseconds to a quarter note."""
    return number(ticks) + bytes((0xFF, 0x51, 3)) + microseconds.to_bytes(3, "big")


def packet(ticks, kind, *data):
    """An F0 or F7 event: a SysEx, a packet of one, or bytes that are escaped."""
    return number(ticks) + bytes((kind, *number(len(data)), *data))
