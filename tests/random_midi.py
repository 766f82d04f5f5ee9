"""Streams of bytes as a line might carry them, at random; and how one that fails is made short.

A stream is a list of bytes, with ``None`` for a loss.
"""

from sim.model.midi import KINDS, SYSEX, SYSEX_END

__all__ = ["random_stream", "shortest", "text"]

_CHANNEL = [kind for kind in KINDS if kind.has_channel]
_COMMON = [kind for kind in KINDS if 0xF1 <= kind.status <= 0xF6 and kind.code is not None]


def random_stream(rng, length=14):
    """Messages whole, unfinished, with and without running status, and what must be ignored; about ``length`` bytes."""
    stream = []
    while len(stream) < length:
        piece = rng.choices(list(_PIECES), _PIECES.values())[0](rng)
        if rng.random() < 0.25:
            # A status in the middle of what follows it, or the cable was pulled out.
            piece = piece[: rng.randint(0, len(piece))]
        if rng.random() < 0.3:
            piece.insert(rng.randint(0, len(piece)), rng.randint(0xF8, 0xFF))
        stream += piece
    return stream


def _data(rng, count):
    # Few values, but those at both ends among them, so that equal bytes meet.
    return [rng.choice((0x00, 0x01, 0x3C, 0x40, 0x77, 0x7F)) for _ in range(count)]


def _channel_message(rng):
    kind = rng.choice(_CHANNEL)
    # With a second and third message under the same status now and then.
    return [kind.status + rng.choice((0, 0, 1, 15)), *_data(rng, kind.data * rng.choice((1, 1, 2, 3)))]


def _common_message(rng):
    kind = rng.choice(_COMMON)
    return [kind.status, *_data(rng, kind.data + rng.choice((0, 0, 1)))]


def _sysex(rng):
    return [SYSEX, *_data(rng, rng.randint(0, 7)), SYSEX_END]


_PIECES = {
    _channel_message: 6,
    _common_message: 2,
    _sysex: 4,
    lambda rng: _data(rng, rng.randint(1, 4)): 2,
    lambda rng: [rng.randint(0x80, 0xFF)]: 3,
    lambda rng: [rng.choice((0xF4, 0xF5, 0xF6, 0xF7, 0xF9, 0xFD))]: 3,
    lambda rng: [None]: 2,
}


def text(stream):
    """Bytes in hex, ``--`` for a loss."""
    return " ".join("--" if byte is None else f"{byte:02x}" for byte in stream) or "nothing"


def shortest(stream, fails):
    """What is left of a list that fails when nothing more can be left out of it.

    ``fails(lists)`` says of each of several lists whether it fails. They are given together, so that one run of a
    simulator can answer for all.
    """
    while True:
        shorter = [
            stream[:n] + stream[n + size :] for size in range(len(stream), 0, -1) for n in range(len(stream) + 1 - size)
        ]
        left = next((candidate for candidate, wrong in zip(shorter, fails(shorter), strict=True) if wrong), None)
        if left is None:
            return stream
        stream = left
