"""Columns of whole numbers and of words, packed into little text that a page can carry.

A record is a few long columns: times of edges, bytes, words. A column of numbers is written as the differences from
each number to the next, which are small and repeat; then all is deflated and turned into base64. ``decode.js`` is
the twin of :func:`unpack`.

Before it is deflated a record is: the length of its header in four bytes, least significant first; the header as JSON;
the columns. The header has what the record is ``about``, and of each column its name, its kind (``numbers`` or
``words``) and its length in bytes, or in ``same`` the name of an earlier column that is equal.
"""

import json
import zlib
from base64 import b64decode, b64encode

__all__ = ["pack", "unpack"]


def pack(columns, about=None):
    """Text of a record.

    Parameters
    ----------
    columns : :class:`dict`
        Lists of whole numbers, or of words, by name.
    about : :class:`dict`
        What else is to be known: anything that JSON can hold.

    Returns
    -------
    :class:`str`
        ASCII, without any character that HTML gives a meaning.
    """
    header, bodies, seen = [], [], {}
    for name, values in columns.items():
        if same := seen.get(tuple(values)):
            header.append({"name": name, "same": same})
            continue
        seen[tuple(values)] = name
        words = bool(values) and isinstance(values[0], str)
        body = json.dumps(values).encode() if words else _numbers_to_bytes(values)
        header.append({"name": name, "kind": "words" if words else "numbers", "length": len(body)})
        bodies.append(body)
    front = json.dumps({"about": about or {}, "columns": header}).encode()
    return b64encode(zlib.compress(b"".join((len(front).to_bytes(4, "little"), front, *bodies)), 9)).decode()


def unpack(text):
    """The ``(columns, about)`` that :func:`pack` was given."""
    data = zlib.decompress(b64decode(text))
    at = 4 + int.from_bytes(data[:4], "little")
    front = json.loads(data[4:at])
    columns = {}
    for column in front["columns"]:
        if "same" in column:
            columns[column["name"]] = columns[column["same"]]
            continue
        body = data[at : at + column["length"]]
        at += column["length"]
        columns[column["name"]] = json.loads(body) if column["kind"] == "words" else _bytes_to_numbers(body)
    return columns, front["about"]


def _numbers_to_bytes(numbers):
    """Each difference with its sign in bit 0, seven bits a byte, the least significant first; bit 7: more follow."""
    written = bytearray()
    last = 0
    for number in numbers:
        rest = number - last << 1 if number >= last else (last - number << 1) - 1
        last = number
        while rest > 0x7F:
            written.append(rest & 0x7F | 0x80)
            rest >>= 7
        written.append(rest)
    return bytes(written)


def _bytes_to_numbers(data):
    numbers = []
    last = rest = shift = 0
    for byte in data:
        rest |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            last += -(rest + 1 >> 1) if rest & 1 else rest >> 1
            numbers.append(last)
            rest = shift = 0
    return numbers
