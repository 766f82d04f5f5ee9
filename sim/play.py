"""The main job: a song through the chip, byte by byte from pin to pin, and what came of it beside what must."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from statistics import median

from hdl.port import Port
from sim.bench.run import Build, Design, choose
from sim.bench.trace import Stimulus
from sim.model.edges import BAUD, frames, level_at
from sim.model.midi import messages
from sim.model.parser import parser
from sim.model.port import echo

__all__ = ["CLK_FREQ", "Heard", "Result", "build", "play"]

CLK_FREQ = 500e3
"""Default clock: the slowest with 16 clocks to a bit, so that a song takes seconds."""

TAIL = 2.5e-3
"""Seconds of idle line behind the last byte, in which the chip sends what it still holds."""


@dataclass
class Heard:
    """What was heard of the design, or what the model says must be heard.

    ``received``, ``out`` and ``thru`` are ``(time, byte)``: of the transfer, and of the start bit's fall at the pin.
    ``bad`` are the times of bad stop bits seen at the pins. ``messages`` are ``(time, Message)``. The others are times
    of errors.
    """

    received: list
    out: list
    thru: list
    bad: list
    framing_errors: list
    breaks: list
    overruns: list
    messages: list = field(init=False)

    def __post_init__(self):
        # The byte that an overrun costs comes behind the one that is being held, which is handed over next.
        after = [next((time for time, _ in self.received if time >= overrun), overrun) for overrun in self.overruns]
        lost = sorted([*self.framing_errors, *self.breaks, *(time + 1e-9 for time in after)])
        self.messages = messages(parser(self.received, lost))

    @classmethod
    def until(cls, end, received, errors, midi_out, midi_thru):
        """What was complete by ``end``: of the bytes, of the three kinds of errors, and of the frames at both pins."""
        out, thru = ([f for f in frames(edges) if f.time + 10 / BAUD <= end] for edges in (midi_out, midi_thru))
        return cls(
            [event for event in received if event[0] <= end],
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

    @cached_property
    def edges(self):
        """What happened at MIDI In, up to the end of the record."""
        return [edge for edge in self.trace.line("midi_in") if edge[0] <= self.trace.end]

    @cached_property
    def heard(self):
        """What the design did."""
        trace = self.trace
        errors = [trace.pulses(name) for name in ("framing_error", "break_", "overrun")]
        pins = trace.line("midi_out"), trace.line("midi_thru")
        return Heard.until(trace.end, trace.streams["received"], errors, *pins)

    @cached_property
    def expected(self):
        """What the model says must come of these edges."""
        model = echo(self.edges, self.trace.clock)
        received, *errors = model.received
        return Heard.until(self.trace.end, received, errors, model.midi_out, model.midi_thru)

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
        for what in ("framing_errors", "breaks", "overruns"):
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
        starts = [frame.time for frame in frames(self.edges)]
        n = bisect_right(starts, time)
        if not n:
            return "idle"
        start = starts[n - 1]
        bits = "".join(str(level_at(self.edges, start + (bit + 0.5) * self.wire.bit)) for bit in range(10))
        return f"{bits} (start, eight data bits from the least significant, stop) from {start * 1e6:.3f} us"

    @cached_property
    def match(self):
        """Whether all that came is what must come."""
        return not self.differences

    @cached_property
    def latency(self):
        """Minimum, median and maximum of seconds from the fall of a start bit at IN.

        To the byte's handshake, to the fall of its start bit at OUT, and of that at THRU.
        """
        starts = [frame.time for frame in frames(self.edges)]

        def since(times, at_least):
            return [time - starts[n - 1] for time in times if (n := bisect_right(starts, time - at_least))]

        # A byte is handed over when its stop bit has begun, so it comes from the latest frame that was as far by then.
        received = [time for time, _ in self.heard.received]
        receive = since(received, 9 * self.wire.bit)
        out = [start - time + delay for (start, _), time, delay in zip(self.heard.out, received, receive, strict=False)]
        thru = since([time for time, _ in self.heard.thru], 0)
        return {
            name: {"min": min(values), "median": median(values), "max": max(values)} if values else None
            for name, values in (("receive", receive), ("out", out), ("thru", thru))
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
            **{what: len(getattr(self.heard, what)) for what in ("framing_errors", "breaks", "overruns")},
            "latency": self.latency,
            "match": self.match,
            "differences": self.differences,
        }


def build(song_wire, clk_freq=CLK_FREQ, simulator="auto"):
    """The port, echoing what it receives, for the simulator that should be done with this first; not compiled yet."""
    design = Design.of(Port(clk_freq), clk_freq, joins={"received": "send"})
    clocks = (song_wire.end + TAIL) * clk_freq
    return Build(design, choose(simulator, design, clocks, 12 * len(song_wire.bytes)))


def play(song, song_wire, build, *, progress=None, dump=None):
    """Send a song through a port in the simulator.

    ``progress(time)`` is called with the seconds of wire that are done; :exc:`KeyboardInterrupt` ends the run early,
    and what was recorded until then is the result.
    """
    stimulus = Stimulus(song_wire.end + TAIL, {"midi_in": song_wire.edges})
    watch = (lambda _, time: progress(time)) if progress else None
    (trace,) = build.run([stimulus], progress=watch, dump=dump)
    interrupted = trace.end < stimulus.until - 1e-9
    return Result(song, song_wire, trace, build.simulator.name, build.design.clk_freq, interrupted)
