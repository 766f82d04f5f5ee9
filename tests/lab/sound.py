"""What is heard at a pin: the pulses behind a low-pass, their pitch by counting, and a file to listen to.

All of it is pure Python. An edge is ``(time, level)`` as everywhere; a sample is from 0 to 1.
"""

import struct
import wave
from bisect import bisect_right
from math import ceil, exp, inf, log2, pi
from operator import itemgetter
from statistics import fmean

from sim.model.edges import level_at, settled
from tests.lab.drawing import draw

__all__ = ["RATE", "cents", "drawn", "filtered", "loudness", "pitch", "write"]

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
    """Hertz of a tone, by its whole periods; ``None`` if there are fewer than two, or it is too soft."""
    low, high = min(samples, default=0), max(samples, default=0)
    middle, margin = (low + high) / 2, (high - low) / 6
    if high - low < 0.01:
        return None
    # The steeper flank tells more: where the other one is slow, the pulses beside the tone move it to and fro.
    flanks = [
        _crossings(each, middle_of, margin, rate)
        for each, middle_of in ((samples, middle), ([-sample for sample in samples], -middle))
    ]
    fits = [_period(times) for times in flanks if len(times) > 2]
    return 1 / min(fits, key=itemgetter(1))[0] if fits else None


def _crossings(samples, middle, margin, rate):
    """When a tone rises through the middle, having been well below it, in seconds."""
    times, below, before = [], False, samples[0]
    for n, sample in enumerate(samples):
        if sample < middle - margin:
            below = True
        elif below and sample >= middle:
            times.append((n - 1 + (middle - before) / (sample - before)) / rate)
            below = False
        before = sample
    return times


def _period(times):
    """The period that fits best to all of these times, by least squares, and how far they are off it on average."""
    steps = [n - (len(times) - 1) / 2 for n in range(len(times))]
    center = fmean(times)
    period = sum(step * time for step, time in zip(steps, times, strict=True)) / sum(step**2 for step in steps)
    return period, fmean(abs(time - center - step * period) for step, time in zip(steps, times, strict=True))


def drawn(samples, rate, freq):
    """Lines of text: the halves of a tone's periods as they must be, and those that are heard."""
    low, high = min(samples, default=0), max(samples, default=0)
    if high - low < 0.01:
        return []
    levels = [int(sample > (low + high) / 2) for sample in samples]
    heard = settled([(n / rate, level) for n, level in enumerate(levels)], idle=0)
    first = next((time for time, level in heard if level and time), 0.0)
    half = 0.5 / freq
    must = [(first + n * half, (n + 1) % 2) for n in range(-1, 30)]
    before = [(-1.0, 0)]
    rows = [("must sound", before + must), ("is heard", before + heard)]
    return draw(rows, first, half, names=("",) * 10)[1:]


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
