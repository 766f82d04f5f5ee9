"""A second reading of the parser's rules, for comparison only.

It sees the whole stream at once, as text, and cuts it into segments with regular expressions: nothing is carried from
byte to byte. Lengths and codes are written out here and not taken from the model's table, so that an error there shows.
"""

import re

__all__ = ["naive_parser"]


# A loss takes a character of its own, behind those of the 256 bytes.
_LOST = chr(256)

# From one status, or loss, to the next.
_SEGMENT = re.compile("([^\x00-\x7f]?)([\x00-\x7f]*)")

# What follows the status: the data of one message; code index number.
_REPEATED = {
    0x8: ("(?s:..)", 8),
    0x9: ("(?s:..)", 9),
    0xA: ("(?s:..)", 10),
    0xB: ("(?s:..)", 11),
    0xC: ("(?s:.)", 12),
    0xD: ("(?s:.)", 13),
    0xE: ("(?s:..)", 14),
}
_ONCE = {0xF1: ("(?s:.)", 2), 0xF2: ("(?s:..)", 3), 0xF3: ("(?s:.)", 2), 0xF6: ("", 5), 0xFF: ("", 15)}


def naive_parser(stream, reset_clears=False):
    """Packets of a whole stream: a list of ``(place, code, three bytes, cut)``.

    ``stream`` is a list of bytes, with ``None`` for each loss; ``place`` is the index of what completed the packet.
    """
    # Real-time is taken out first: for all the rest it might as well not have been there.
    aside = set(range(0xF8, 0xFF if reset_clears else 0x100))
    found = [
        (n, 15, (byte, 0, 0), False) for n, byte in enumerate(stream) if byte in aside and byte not in (0xF9, 0xFD)
    ]
    places = [n for n, byte in enumerate(stream) if byte not in aside]
    text = "".join(_LOST if stream[n] is None else chr(stream[n]) for n in places)
    for segment in _SEGMENT.finditer(text):
        head = ord(segment[1] or _LOST)
        if head == 0xF0:
            found += _sysex(segment, text, places)
        elif head < 0xF0:
            data, code = _REPEATED[head >> 4]
            found += [_packet(places[part.end() - 1], code, chr(head) + part[0])
                      for part in re.compile(data).finditer(text, *segment.span(2))]  # fmt: skip
        elif head in _ONCE:
            data, code = _ONCE[head]
            part = re.compile(data).match(text, *segment.span(2))
            found += [_packet(places[part.end() - 1], code, chr(head) + part[0])] if part else []
    # A status that cuts a SysEx may itself make a packet: the end of what was before comes first.
    return sorted(found, key=lambda packet: (packet[0], not packet[3]))


def _sysex(segment, text, places):
    follower = text[segment.end() : segment.end() + 1]
    # Whatever stands behind a SysEx ends it, with an F7 of its own or an inserted one.
    whole = segment[0] + ("\xf7" if follower else "")
    for start in range(0, len(whole), 3):
        group = whole[start : start + 3]
        end = segment.start() + start + len(group) - 1
        if group.endswith("\xf7"):
            yield _packet(places[end], 4 + len(group), group, follower != "\xf7")
        elif len(group) == 3:
            yield _packet(places[end], 4, group)


def _packet(place, code, characters, cut=False):
    return place, code, tuple(map(ord, characters.ljust(3, "\0"))), cut
