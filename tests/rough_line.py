"""Lines as bad as they come, in pieces from which they can be made again; and how one that fails is cut down.

A piece is a list of a word and numbers, as JSON holds it; all lengths are in bits of 32 us:

==================================  ==================================================================================
``["bytes", hex, rate, gap, skew]``  frames at ``rate`` times the baud rate, with ``gap`` bits between them, each low
                                     longer by ``skew``
``["bad stop", byte, low]``          a frame whose stop bit is low, for ``low`` bits
``["break", low]``                   a line that is low
``["idle", high]``                   a line that is high
``["cut", byte, after, level, rest]``  a frame that ends ``after`` bits, the line then at ``level`` for ``rest`` bits
``["noise", seed, edges, longest]``  edges at random, up to ``longest`` bits apart
==================================  ==================================================================================
"""

import random

from sim.model.distortion import distort
from sim.model.edges import BAUD, frame_edges, settled
from tests.random_midi import random_stream

__all__ = ["KINDS", "edges", "pieces_of", "random_pieces", "shrink", "smaller"]

BIT = 1 / BAUD


def edges(pieces, start=2 * BIT):
    """The edges of a line, and when it is over: high, and for a bit at least."""
    line, time = [], start
    for piece in pieces:
        more, time = _MAKE[piece[0]](time, *piece[1:])
        line += more
    return settled(sorted([*line, (time, 1)], key=lambda edge: edge[0])), time + BIT


def _bytes(time, text, rate, gap, skew):
    bit, line = BIT / rate, []
    for byte in bytes.fromhex(text):
        line += frame_edges(time, byte, bit)
        time += (10 + gap) * bit
    return distort(line, skew * BIT), time


def _bad_stop(time, byte, low):
    line = [(time + n * BIT, level) for n, level in enumerate([0, *(byte >> bit & 1 for bit in range(8)), 0])]
    return [*line, (time + (9 + low) * BIT, 1)], time + (10 + low) * BIT


def _break(time, low):
    return [(time, 0), (time + low * BIT, 1)], time + (low + 1) * BIT


def _idle(time, high):
    return [(time, 1)], time + high * BIT


def _cut(time, byte, after, level, rest):
    until = time + after * BIT
    line = [edge for edge in frame_edges(time, byte, BIT) if edge[0] < until]
    return [*line, (until, level), (until + rest * BIT, 1)], until + (rest + 1) * BIT


def _noise(time, seed, count, longest):
    rng, line, level = random.Random(seed), [], 1
    for _ in range(count):
        level = 1 - level
        line.append((time, level))
        time += rng.uniform(0, longest) * BIT
    return [*line, (time, 1)], time + BIT


_MAKE = {
    "bytes": _bytes, "bad stop": _bad_stop, "break": _break, "idle": _idle, "cut": _cut, "noise": _noise,
}  # fmt: skip


KINDS = tuple(_MAKE)
"""The words with which pieces begin."""


def random_pieces(rng, count):
    """Pieces with about ``count`` bytes among them: mostly what senders send, some of it what no line should."""
    pieces, left = [], count
    while left > 0:
        kind = rng.choices(list(_RANDOM), _RANDOM.values())[0]
        piece = kind(rng)
        pieces.append(piece)
        left -= pieces_of([piece])
    return pieces


def pieces_of(pieces):
    """How many bytes pieces stand for: that of noise is as long as it."""
    return sum(
        len(piece[1]) // 2 if piece[0] == "bytes" else 1 + int(piece[2] * piece[3] / 20) if piece[0] == "noise" else 1
        for piece in pieces
    )


def _round(value):
    # So that what is kept as JSON is the same line, and short.
    return round(value, 4)


def _some_bytes(rng):
    data = [byte for byte in random_stream(rng, rng.choice((3, 14, 60))) if byte is not None]
    if rng.random() < 0.2:
        data = rng.randbytes(rng.randint(1, 30))
    rate = rng.choice((1.0, rng.uniform(0.99, 1.01), rng.uniform(0.96, 1.04)))
    gap = rng.choice((0, 0, 0, rng.uniform(0, 30), rng.uniform(-0.4, 0)))
    return ["bytes", bytes(data).hex(), _round(rate), _round(gap), _round(rng.choice((0, 0, rng.uniform(-0.3, 0.3))))]


_RANDOM = {
    _some_bytes: 60,
    lambda rng: ["bad stop", rng.randrange(256), _round(rng.choice((1.0, rng.uniform(0.1, 30))))]: 4,
    lambda rng: ["break", _round(rng.choice((rng.uniform(0.05, 1), rng.uniform(5, 12), rng.uniform(9, 200))))]: 6,
    lambda rng: ["idle", _round(rng.uniform(0, 40))]: 8,
    lambda rng: ["cut", rng.getrandbits(8), _round(10 * rng.random()), rng.getrandbits(1), _round(9 * rng.random())]: 6,
    lambda rng: ["noise", rng.getrandbits(24), rng.randint(2, 60), _round(rng.choice((0.3, 1, 4, 12)))]: 5,
}  # fmt: skip


def shrink(pieces, fails):
    """What is left of pieces that fail when none can be left out and none made smaller.

    ``fails(lists)`` says of each of several lists of pieces whether it fails; they are given together, so that one run
    of a simulator can answer for all.
    """
    size = max(1, len(pieces) // 2)
    while size:
        shorter = [pieces[:n] + pieces[n + size :] for n in range(0, len(pieces), size)]
        left = _first(shorter, fails)
        if left is None:
            size //= 2
        else:
            pieces = left
            size = min(size, max(1, len(pieces) // 2))
        if len(pieces) == 1:
            break
    while left := _first(_simpler(pieces), fails):
        pieces = left
    return pieces


def _simpler(pieces):
    return [[*pieces[:n], less, *pieces[n + 1 :]] for n, piece in enumerate(pieces) for less in smaller(piece)]


def _first(candidates, fails):
    results = fails(candidates) if candidates else ()
    return next((candidate for candidate, wrong in zip(candidates, results, strict=True) if wrong), None)


def smaller(piece):
    """Simpler pieces of the same kind."""
    kind, *values = piece
    if kind == "bytes":
        text, rate, gap, skew = values
        half = len(text) // 4 * 2
        if half:
            yield [kind, text[:half], rate, gap, skew]
            yield [kind, text[half:], rate, gap, skew]
        if len(text) > 4:
            yield [kind, text[2:], rate, gap, skew]
            yield [kind, text[:-2], rate, gap, skew]
        for plain in ([text, 1.0, gap, skew], [text, rate, 0, skew], [text, rate, gap, 0]):
            if plain != values:
                yield [kind, *plain]
    elif kind == "noise" and values[1] > 2:
        yield [kind, values[0], values[1] // 2, values[2]]
        yield [kind, values[0], values[1] - 1, values[2]]
    elif kind in ("break", "idle", "bad stop", "cut"):
        last = values[-1]
        for less in (float(int(last)), _round(last / 2)):
            if less != last and less > 0.04:
                yield [kind, *values[:-1], less]
