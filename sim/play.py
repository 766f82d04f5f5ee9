"""The main job: a song through the chip, byte by byte from pin to pin, and what came of it beside what must."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from itertools import zip_longest
from statistics import median

from hdl.port import PacketPort
from hdl.thru import THRUS
from sim.bench.run import Build, Design, choose
from sim.bench.trace import Stimulus
from sim.journey import Journey
from sim.model.chain import chain
from sim.model.edges import BAUD, frames, level_at
from sim.model.midi import Packet, messages
from sim.model.parser import Parser
from sim.model.port import packet_echo

__all__ = ["CLK_FREQ", "Heard", "Result", "build", "play"]

CLK_FREQ = 500e3
"""Default clock: the slowest with 16 clocks to a bit, so that a song takes seconds."""

ERRORS = ("framing_errors", "breaks", "overruns", "thru_overruns")

DEPTH = 256
"""Packets that can wait in the chip."""

TAIL = 4e-3
"""Seconds of idle line behind the last byte, in which the chip sends what it usually still holds."""


@dataclass
class Heard:
    """What was heard of the design, or what the model says must be heard.

    ``received``, ``out`` and ``thru`` are ``(time, byte)``: of the transfer, and of the start bit's fall at the pin.
    ``packets`` are ``(time, Packet)`` as they went from parser to encoder; ``made_by`` has for each the number of the
    received byte that completed it, and ``messages`` are these packets as ``(time, Message)`` at the time of that byte.
    ``bad`` are the times of bad stop bits seen at the pins. The others are times of errors.
    """

    received: list
    packets: list
    out: list
    thru: list
    bad: list
    framing_errors: list
    breaks: list
    overruns: list
    thru_overruns: list
    made_by: list = field(init=False)
    messages: list = field(init=False)

    def __post_init__(self):
        # The byte that an overrun costs comes behind the one that is being held, which is handed over next.
        times = [*(time for time, _ in self.received), float("inf")]
        after = [min(times[bisect_left(times, overrun)], overrun + 1) for overrun in self.overruns]
        lost = ((time + 1e-9, None) for time in sorted([*self.framing_errors, *self.breaks, *after]))
        parser, number, self.made_by = Parser(), -1, []
        for _, byte in merge(self.received, lost, key=lambda event: event[0]):
            number += byte is not None
            made = parser.lose() if byte is None else parser.step(byte)
            self.made_by += [max(number, 0)] * len(made)
        completed = [self.received[number][0] for number in self.made_by[: len(self.packets)] if self.received]
        # Packets that the model would not have made keep the time at which they came.
        completed += [time for time, _ in self.packets[len(completed) :]]
        self.messages = messages([(time, packet) for time, (_, packet) in zip(completed, self.packets, strict=True)])

    @classmethod
    def until(cls, end, received, packets, errors, pins):
        """What was complete by ``end``: of bytes, packets, the four kinds of errors, and the frames at both pins."""
        out, thru = ([f for f in frames(edges) if f.time + 10 / BAUD <= end] for edges in pins)
        return cls(
            [event for event in received if event[0] <= end],
            [event for event in packets if event[0] <= end],
            [(frame.time, frame.byte) for frame in out if frame.stop],
            [(frame.time, frame.byte) for frame in thru if frame.stop],
            [frame.time for frame in (*out, *thru) if not frame.stop],
            *([time for time in times if time <= end] for times in errors),
        )


@dataclass
class Result:
    """A song that was played: the wire, the trace, what was heard and what must have been."""

    song: object
    wire: object
    trace: object
    simulator: str
    clk_freq: float
    interrupted: bool
    thru: str = "direct"
    through: object = None

    @cached_property
    def edges(self):
        """What happened at MIDI In, up to the end of the record."""
        return [edge for edge in self.trace.line("midi_in") if edge[0] <= self.trace.end]

    @cached_property
    def heard(self):
        """What the design did."""
        trace = self.trace
        errors = [trace.pulses(name) for name in ("framing_error", "break_", "overrun", "thru_overrun")]
        pins = trace.line("midi_out"), trace.line("midi_thru")
        return Heard.until(trace.end, trace.streams["received"], self._packets, errors, pins)

    @cached_property
    def _packets(self):
        """Packets as they were handed over, with what ``cut`` said of each at that moment."""
        clock, cut = self.trace.clock, self.trace.levels["cut"]
        return [
            (time, Packet.from_int(number)._replace(cut=bool(clock.sees(cut, clock.after(time) - 1))))
            for time, number in self.trace.streams["packets_out"]
        ]

    @cached_property
    def expected(self):
        """What the model says must come of these edges."""
        model = packet_echo(self.edges, self.trace.clock, thru=self.thru, depth=DEPTH)
        received, *errors = model.received
        errors.append(model.thru_overruns)
        return Heard.until(self.trace.end, received, model.packets, errors, (model.midi_out, model.midi_thru))

    @cached_property
    def sent(self):
        """Bytes whose frames were complete at MIDI In when the record ended."""
        over = bisect_right(self.wire.times, self.trace.end - 10 * self.wire.bit)
        return self.wire.bytes[:over]

    def song_time(self, time):
        """Seconds of the song at a moment of the simulation."""
        return self.wire.position(time)[1]

    @cached_property
    def differences(self):
        """Where the design did not do what it must, in words; empty on a match."""
        found = []
        for what in ("received", "out", "thru"):
            found += self._compare(what, "{:02x}".format)
        found += self._compare("messages", "'{}'".format)
        for what in ERRORS:
            got, must = len(getattr(self.heard, what)), len(getattr(self.expected, what))
            if got != must:
                found.append(f"{what}: must be {must}, not {got}")
        if len(self.heard.bad) != len(self.expected.bad):
            found.append(f"bad stop bits at OUT and THRU: must be {len(self.expected.bad)}, not {len(self.heard.bad)}")
        return found

    def _compare(self, what, show):
        """The first that differs of what was heard and must be heard, in words; a list of one or none."""
        pairs = zip_longest(getattr(self.heard, what), getattr(self.expected, what), fillvalue=(None, None))
        for n, ((came_at, came), (must_at, must)) in enumerate(pairs):
            if came != must:
                time = came_at if must is None else must_at
                return [
                    f"{what}: number {n} must be {'nothing more' if must is None else show(must)}, "
                    f"not {'nothing' if came is None else show(came)}; at {self.song_time(time):.6f} s of the song, "
                    f"{time * 1e6:.3f} us of the wire, where IN was {self._on_the_wire(time)}"
                ]
        return []

    def _on_the_wire(self, time):
        before = bisect_right(starts := self.journey.starts, time)
        if not before:
            return "idle"
        start = starts[before - 1]
        bits = "".join(str(level_at(self.edges, start + (bit + 0.5) * self.wire.bit)) for bit in range(10))
        return f"{bits} (start, eight data bits from the least significant, stop) from {start * 1e6:.3f} us"

    @cached_property
    def match(self):
        """Whether all that came is what must come."""
        return not self.differences

    @cached_property
    def journey(self):
        """Where each byte went."""
        return Journey(self)

    @cached_property
    def latency(self):
        """Minimum, median and maximum of seconds from the fall of a start bit at IN.

        To the byte's handshake, to the fall of its start bit at OUT, and of that at THRU. ``None`` where nothing came.
        A message leaves when all of it is there, so a byte is as late at OUT as its message is long.
        """
        return {
            name: {"min": min(values), "median": median(values), "max": max(values)} if values else None
            for name, values in self.journey.latencies.items()
        }

    def as_json(self):
        """What the command line writes for other programs: plain lists, numbers and words."""

        def in_hex(values):
            return bytes(values).hex(" ")

        def listed(time, message):
            entry = {"time": round(self.song_time(time), 9), "bytes": in_hex(message.bytes), "text": message.text}
            return entry | {"cut": True} if message.cut else entry

        return {
            "input": self.song.name,
            "clk_freq": self.clk_freq,
            "simulator": self.simulator,
            "interrupted": self.interrupted,
            "sent": in_hex(self.sent),
            **{what: in_hex(byte for _, byte in getattr(self.heard, what)) for what in ("received", "out", "thru")},
            "messages": [listed(*event) for event in self.heard.messages],
            **{
                what: len(getattr(self.heard, what))
                for what in ("framing_errors", "breaks", "overruns", "thru_overruns")
            },
            "latency": self.latency,
            "match": self.match,
            "differences": self.differences,
        }


@dataclass
class PortBuild(Build):
    """A port compiled for a simulator, and the kind of its thru."""

    thru: str = "direct"


def build(song_wire, clk_freq=CLK_FREQ, simulator="auto", thru="direct"):
    """The port, sending what it receives, for the simulator that should be done with this first; not compiled yet."""
    port = PacketPort(clk_freq, thru=THRUS[thru], depth=DEPTH)
    design = Design.of(port, clk_freq, joins={"packets_out": "packets_in"})
    clocks = (song_wire.end + TAIL) * clk_freq
    return PortBuild(design, choose(simulator, design, clocks, 12 * len(song_wire.bytes)), thru=thru)


def play(song, song_wire, build, *, through=None, progress=None, dump=None):
    """Send a song through a port in the simulator.

    Parameters
    ----------
    song, song_wire : :class:`sim.song.Song`, :class:`sim.song.Wire`
        What to play, and how it is sent.
    build : :class:`sim.bench.run.Build`
        What :func:`build` made.
    through : :class:`sim.model.chain.Chain`
        What stands between the sender and the pin; ``None`` for nothing.
    progress : function
        Called with the seconds of wire that are done. :exc:`KeyboardInterrupt` ends the run early, and what was
        recorded until then is the result.
    dump : path
        Where to write all signals of the design; Icarus only.

    Returns
    -------
    :class:`Result`
    """
    edges = chain(song_wire.edges, through) if through else song_wire.edges
    stimulus = Stimulus(song_wire.end + TAIL, {"midi_in": edges})
    watch = (lambda _, time: progress(time)) if progress else None
    (trace,) = build.run([stimulus], progress=watch, dump=dump)
    interrupted = trace.end < stimulus.until - 1e-9
    return Result(song, song_wire, trace, build.simulator.name, build.design.clk_freq, interrupted, build.thru, through)
