"""What is heard at a pin: the pulses behind a low-pass, their pitch by counting, and a file to listen to.

All of it is pure Python. An edge is ``(time, level)`` as everywhere; a sample is from 0 to 1.
"""

import struct
import wave
from bisect import bisect_right
from math import ceil, exp, inf, log2, pi

from sim.model.edges import level_at

__all__ = ["RATE", "cents", "filtered", "loudness", "pitch", "write"]

RATE = 44_100
"""Samples a second of a file."""


def filtered(edges, until, rate=RATE, tau=10e-6, *, start=0.0, idle=0):
    """Samples of the voltage behind a resistor and a capacitor, two times in a row; none before ``start``.

    Parameters
    ----------
    edges : list of ``(time, level)``
        The pin.
    until, start : :class:`float`
        Seconds from and to which samples are taken.
    rate : :class:`float`
        Samples a second.
    tau : :class:`float`
        Resistance times capacitance, in seconds.
    """
    samples, keep = [], exp(-1 / (rate * tau))
    edges = [edge for edge in edges if edge[0] < until]
    # The capacitors are given some time to forget what they are not told.
    warm = ceil(8 * tau * rate)
    now = start - warm / rate
    first = second = float(level_at([(-inf, idle), *edges], now))
    level, n = int(first), bisect_right(edges, now, key=lambda edge: edge[0])
    for sample in range(1, warm + int((until - start) * rate + 1e-6) + 1):
        at = start + (sample - warm) / rate
        # The first stage exactly, from edge to edge; the second from sample to sample.
        while n < len(edges) and edges[n][0] < at:
            first = level + (first - level) * exp(-(edges[n][0] - now) / tau)
            now, level = edges[n]
            n += 1
        first = level + (first - level) * exp(-(at - now) / tau)
        now = at
        second = first + (second - first) * keep
        if sample > warm:
            samples.append(second)
    return samples


def loudness(samples):
    """Height of what is heard: from the lowest to the highest sample, 0 to 1."""
    return max(samples, default=0) - min(samples, default=0)


def pitch(samples, rate=RATE):
    """Hertz of a tone, by counting its whole periods; ``None`` if there are fewer than two, or it is too soft."""
    low, high = min(samples, default=0), max(samples, default=0)
    middle, margin = (low + high) / 2, (high - low) / 6
    if high - low < 0.01:
        return None
    # A period is over where the tone rises through the middle, having been well below it.
    rises, below, before = [], False, samples[0]
    for n, sample in enumerate(samples):
        if sample < middle - margin:
            below = True
        elif below and sample >= middle:
            rises.append((n - 1 + (middle - before) / (sample - before)) / rate)
            below = False
        before = sample
    return (len(rises) - 1) / (rises[-1] - rises[0]) if len(rises) > 2 else None


def cents(freq, reference):
    """How far a frequency is above another, in hundredths of a semitone."""
    return 1200 * log2(freq / reference)


def write(path, edges, until, rate=RATE):
    """Write what is heard at a pin as a .wav: one channel, 16 bits."""
    samples = filtered(edges, until, rate)
    # The capacitor that leads to an amplifier holds back what does not change.
    heard, kept, before = [], 0.0, samples[0] if samples else 0.0
    keep = exp(-2 * pi * 20 / rate)
    for sample in samples:
        kept = keep * (kept + sample - before)
        before = sample
        heard.append(kept)
    loudest = max(map(abs, heard), default=0) or 1
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(heard)}h", *(round(28_000 * value / loudest) for value in heard)))
