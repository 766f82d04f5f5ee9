"""What a sweep measures: each point is something done to a port in the simulator, and what came of it.

Three sweeps, by name in :data:`SWEEPS`. Each has ``parameters``, which say what a point is, and ``measures``, which
say what came of it: names of columns, with their units in them. A point is a tuple of parameters. ``kinds`` are the
kinds of thru whose ports it measures; where there is more than one, a parameter ``thru`` says which.
"""

import random
from typing import NamedTuple

from hdl import thru
from hdl.port import Port
from sim.bench.trace import Stimulus
from sim.model.chain import Chain, hop, lasting_hops
from sim.model.distortion import distort, invert
from sim.model.edges import BAUD, frame_edges
from sim.model.optocoupler import parse
from sim.model.thru import THRUS

__all__ = ["BIT", "SWEEPS", "Glitch", "Hops", "Tolerance", "port"]

BIT = 1 / BAUD

TELLING = (0x00, 0xFF, 0x7F, 0x80, 0x55, 0xAA, 0x01, 0xFE, 0x90, 0x3C, 0x0F, 0xF0)
"""Bytes between which every change of level stands somewhere, first and last bits included."""

TAIL = 12 * BIT
"""Seconds of idle line behind the last byte, in which what is still coming comes."""

LONG_TAIL = 34 * BIT
"""The same behind a thru: a stored one can hold two bytes and be sending a third."""

RECEIVED, PIN, THRU = "received", "midi_in", "midi_thru"


def port(clk_freq, kind):
    """The design that is measured: a :class:`hdl.port.Port` with that kind of thru, its filter on."""
    return Port(clk_freq, BAUD, thru=getattr(thru, f"{kind.title()}Thru"))


def message(count, seed):
    """So many bytes: the telling ones and then any."""
    return bytes((*TELLING, *random.Random(seed).randbytes(max(0, count - len(TELLING)))))[:count]


def frames(data, bit, start):
    """Edges of bytes back to back."""
    return [edge for n, byte in enumerate(data) for edge in frame_edges(start + 10 * n * bit, byte, bit)]


def right(got, data):
    """How many bytes came before the first that is wrong, missing or too many."""
    got = [byte for _, byte in got]
    if got == list(data):
        return len(data)
    same = 0
    while same < min(len(got), len(data)) and got[same] == data[same]:
        same += 1
    # With one too many at the end, the last one that is right is not the last one.
    return min(same, len(data) - 1)


def errors(trace):
    """How many errors the receiver told."""
    return sum(len(trace.pulses(name)) for name in ("framing_error", "break_", "overrun"))


class Tolerance:
    """A sender whose rate is off, on a line that makes lows longer or shorter: bytes until the first wrong one."""

    name = "tolerance"
    title = "rate error against distortion"
    parameters = ("baud_error_percent", "distortion_us", "bytes", "seed")
    measures = ("right", "errors")
    kinds = ("direct",)

    @staticmethod
    def points(fine=False):
        """A map, and closer together where the limits should be."""
        step, skew_step, seeds = (0.25, 1.0, 6) if fine else (0.5, 2.0, 2)
        baud, skew = int(6.5 / step), int(20 / skew_step)
        found = [(n * step, m * skew_step, 12, 0) for n in range(-baud, baud + 1) for m in range(-skew, skew + 1)]
        for seed in range(1, seeds + 1):
            for sign in (1, -1):
                found += [(sign * n * 0.02, 0, 32, seed) for n in range(256, 267)]
                found += [(0, sign * n * 0.05, 32, seed) for n in range(308, 324)]
                found += [(rate, sign * n * 0.05, 32, seed) for rate in (-1, 1) for n in range(256, 268)]
        return [(round(rate, 6), round(skew, 6), count, seed) for rate, skew, count, seed in found]

    @staticmethod
    def seconds(point):
        """Seconds of wire that a point takes."""
        return 10 * point[2] * BIT + TAIL

    @staticmethod
    def measure(build, points, watch):
        """What came of each point, in order; of fewer than all if the run was stopped."""
        stimuli, sent = [], []
        for rate, skew, count, seed in points:
            data, chance = message(count, seed), random.Random(f"{rate} {skew} {seed}")
            bit = BIT / (1 + rate / 100)
            edges = frames(data, bit, BIT + chance.random() / build.design.clk_freq)
            stimuli.append(Stimulus(edges[-1][0] + TAIL, {PIN: distort(edges, skew * 1e-6)}))
            sent.append(data)
        traces = complete(build, stimuli, watch)
        return [
            (right(trace.streams[RECEIVED], data), errors(trace)) for trace, data in zip(traces, sent, strict=False)
        ]


class Glitch:
    """A pulse of the wrong level at a place in a frame: how many of four bytes come through it, and nothing else."""

    name = "glitch"
    title = "glitch width against position"
    parameters = ("width_us", "place_us")
    measures = ("right", "errors")
    kinds = ("direct",)
    data = (0x00, 0xFF, 0x55, 0x90)
    pause = 12 * BIT
    """Seconds from the end of a frame to the next, in which the receiver must find its way again."""

    @classmethod
    def points(cls, fine=False):
        """From one bit before the start bit falls to one bit behind the stop bit."""
        step = 1 if fine else 4
        widths = (1, 2, 3, 3.2, 3.5, 4, 5, 6, 8, 10, 12, 14, 16, 20) if fine else (1, 2, 3, 3.5, 5, 8, 12, 16)
        # Half a microsecond off, so that no glitch begins just where a bit does.
        return [(width, place + 0.5) for width in widths for place in range(-32, 352, step)]

    @classmethod
    def seconds(cls, point):
        """Seconds of wire that a point takes."""
        return len(cls.data) * (10 * BIT + cls.pause)

    @classmethod
    def measure(cls, build, points, watch):
        """What came of each point, in order; of fewer than all if the run was stopped."""
        apart = 10 * BIT + cls.pause
        stimuli = []
        for width, place in points:
            edges = []
            for n, byte in enumerate(cls.data):
                # Each byte meets the clock at a phase of its own.
                start = cls.pause / 2 + n * apart + n / len(cls.data) / build.design.clk_freq
                edges += invert(frame_edges(start, byte, BIT), start + place * 1e-6, width * 1e-6)
            stimuli.append(Stimulus(len(cls.data) * apart, {PIN: edges}))
        found = []
        for trace in complete(build, stimuli, watch):
            came = [[] for _ in cls.data]
            for time, byte in trace.streams[RECEIVED]:
                came[min(int(time / apart), len(came) - 1)].append(byte)
            found.append((sum(got == [byte] for got, byte in zip(came, cls.data, strict=True)), errors(trace)))
        return found


class Link(NamedTuple):
    """A chain on its way: what arrives at the next optocoupler, and the bytes that must."""

    edges: list
    data: bytes


class Hops:
    """Instruments in a row, each behind an optocoupler: hops until the first wrong byte.

    The sender's clock and those of the others are off by half the rate error each, one way and the other. Behind a
    retimed or stored thru the next clock is again the sender's, and so on by turns, so that each hop sees the whole
    error; a direct thru has no clock. ``formula`` is the number of hops by :func:`sim.model.chain.lasting_hops`; both
    measures end at ``most_hops``.
    """

    name = "hops"
    title = "hops in a chain against optocoupler"
    parameters = ("optocoupler", "tphl_us", "tplh_us", "thru", "rate_error_percent", "bytes", "most_hops")
    measures = ("hops", "formula")
    kinds = tuple(THRUS)

    @staticmethod
    def points(parts, fine=False, most_hops=None):
        """Each part with each kind of thru, at rates as far apart as the specification lets them be.

        The rate error is that of the sender. For lows that get longer the slow sender is the worst, so direct thru is
        spared the other, and has equal rates beside it, as its distortion adds up. Behind a fast sender a stored thru
        fills up, which takes some fifty bytes.
        """
        most = most_hops or (40 if fine else 12)
        found = []
        for part in parts:
            known = parse(part)
            # It refuses what cannot be joined to another.
            Chain(2, known)
            own = (part, round(known.tphl * 1e6, 6), round(known.tplh * 1e6, 6))
            worst = -2 if known.skew >= 0 else 2
            found += [(*own, "direct", rate, 16, most) for rate in (0, worst)]
            for kind in ("retimed", "stored"):
                found += [(*own, kind, rate, 60 if rate > 0 else 16, most) for rate in (-2, 2)]
        return found

    @staticmethod
    def seconds(point):
        """Seconds of wire that a point takes if it fails at no hop."""
        return point[6] * (10 * point[5] * BIT + LONG_TAIL)

    @classmethod
    def measure(cls, build, points, watch):
        """What came of each point, in order; ``None`` for those that the run was stopped before."""
        links, found = {}, [None] * len(points)
        for n, point in enumerate(points):
            data = message(point[5], 0)
            links[n] = Link(frames(data, BIT / (1 + point[4] / 200), 0.0), data)
        number = 0
        while links:
            number += 1
            going = cls._one_hop(build, points, links, watch, number=number)
            if going is None:
                break
            for n in list(links):
                _, tphl, tplh, kind, rate, _, most = points[n]
                if n not in going or number == most:
                    lasts = number if n in going else number - 1
                    formula = lasting_hops((tplh - tphl) * 1e-6, rate / 100, kind)
                    found[n] = (lasts, most if formula is None else min(formula, most))
            links = {n: link for n, link in going.items() if found[n] is None}
        return found

    @staticmethod
    def _one_hop(build, points, links, watch, *, number):
        """Every chain one hop further: those that are still right. ``None`` if the run was stopped."""
        freq = build.design.clk_freq
        stimuli, clocks = [], []
        for n, link in links.items():
            part, _, _, kind, rate, *_ = points[n]
            arrived = hop(link.edges, parse(part).at(number))
            # A port whose clock is 1 % fast sees a slow world: its simulation has the right clock and a world to match.
            against = -1 if kind == "direct" or number % 2 else 1
            pace = 1 + against * rate / 200
            first = arrived[0][0] if arrived else 0.0
            origin = first - (BIT + random.Random(f"{part} {number}").random() / freq) / pace
            edges = [((time - origin) * pace, level) for time, level in arrived]
            stimuli.append(Stimulus((edges[-1][0] if edges else 0.0) + LONG_TAIL, {PIN: edges}))
            clocks.append((origin, pace))
        traces = complete(build, stimuli, watch)
        if len(traces) < len(stimuli):
            return None
        going = {}
        for (n, link), trace, (origin, pace) in zip(links.items(), traces, clocks, strict=True):
            if right(trace.streams[RECEIVED], link.data) == len(link.data):
                edges = [(time / pace + origin, level) for time, level in trace.line(THRU)]
                going[n] = Link(edges, link.data)
        return going


def complete(build, stimuli, watch):
    """Traces of the stimuli up to the first that was stopped before its end, by Ctrl-C or what ``watch`` raises."""
    traces = build.run(stimuli, progress=watch)
    pairs = zip(traces, stimuli, strict=False)
    return [trace for trace, stimulus in pairs if trace.end > stimulus.until - 1e-9]


SWEEPS = {sweep.name: sweep for sweep in (Tolerance, Hops, Glitch)}
"""The sweeps by name."""
