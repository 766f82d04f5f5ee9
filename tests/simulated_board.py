"""A board with the interface design, as the computer sees it: a serial port whose time is simulated.

Nothing here waits: a read that finds nothing moves the simulated clock on to the next byte, or to the end of its
timeout. A byte takes ten bits on each line; the FIFO to MIDI Out is as deep as the board's.
"""

from argparse import ArgumentParser
from collections import deque

from board.errors import BoardError
from board.host import command
from sim.model.edges import BAUD, Clock, frame_edges, frames
from sim.model.interface import LOST_FROM_HOST, LOST_FROM_MIDI, interface
from sim.model.midi import messages
from sim.model.parser import parser

__all__ = [
    "SimulatedBoard",
    "SimulatedClock",
    "asked",
    "heard_by_the_host",
    "host",
    "sent_by_the_board",
    "whole_messages",
]

BYTE = 10 / BAUD

ROUNDING = 1e-9
"""Seconds by which times may differ that were added up in different ways, and still be the same."""


class SimulatedClock:
    """The host's clock, that only moves when somebody waits."""

    def __init__(self, now=1000.0):
        self.time = now

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds


class SimulatedBoard:
    """What :func:`board.host.link.open_port` returns, for a board that is not there.

    Parameters
    ----------
    clock : :class:`SimulatedClock`
        Its time. Times below count from where it stands.
    to_host : list of ``(time, byte)``
        When each byte is complete at the host.
    gone : list of ``(from, until)``
        When the cable is out.
    """

    def __init__(self, clock, to_host=(), *, baud=1_000_000, depth=2048, gone=()):
        self.clock = clock
        self.begin = clock.now()
        self.baud, self.depth, self.gone = baud, depth, gone
        self.timeout = 0
        self.from_host = []
        """``(time, byte)``: when each start bit fell on the host's line."""
        self.midi_out = []
        """``(time, byte)``: when each start bit fell at MIDI Out."""
        self.overruns = 0
        self.is_open = False
        self._to_host = deque(to_host)
        self._line_free = self._wire_free = 0.0
        self._in_fifo = deque()

    @property
    def now(self):
        return self.clock.now() - self.begin

    def open(self):
        """Open the port."""
        if self._is_gone():
            raise BoardError("there is none of that name")
        # What came while nobody had it open is lost.
        while self._to_host and self._to_host[0][0] < self.now:
            self._to_host.popleft()
        self.is_open = True
        return self

    def _is_gone(self):
        return any(begin <= self.now + ROUNDING < end for begin, end in self.gone)

    def _check(self):
        if self._is_gone() or not self.is_open:
            self.is_open = False
            raise OSError("device disconnected")

    def read(self, size=1):
        self._check()
        arrival = self._to_host[0][0] if self._to_host else float("inf")
        unplugged = min((begin for begin, _ in self.gone if begin > self.now), default=float("inf"))
        self.clock.time = max(
            self.clock.time, min(self.clock.time + self.timeout, self.begin + min(arrival, unplugged))
        )
        self._check()
        data = bytearray()
        while len(data) < size and self.in_waiting:
            data.append(self._to_host.popleft()[1])
        return bytes(data)

    @property
    def in_waiting(self):
        return sum(1 for _ in self._arrived())

    def _arrived(self):
        for time, byte in self._to_host:
            if time > self.now + ROUNDING:
                return
            yield byte

    def write(self, data):
        self._check()
        for byte in data:
            start = max(self.now, self._line_free)
            self._line_free = start + 10 / self.baud
            self.from_host.append((start, byte))
            self._take(self._line_free, byte)
        return len(data)

    def _take(self, time, byte):
        while self._in_fifo and self._in_fifo[0] <= time:
            self._in_fifo.popleft()
        if len(self._in_fifo) >= self.depth:
            self.overruns += 1
            return
        start = max(time, self._wire_free)
        self._wire_free = start + BYTE
        self._in_fifo.append(start)
        self.midi_out.append((start, byte))

    def close(self):
        self.is_open = False


def asked(*words):
    """Options of the command line, as they are after ``python -m board host``."""
    parser = ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def host(board, *words, told=None):
    """Run a command with a simulated board; returns its exit status and the lines that it told, also in ``told``."""
    told = [] if told is None else told
    status = command.run(asked(*words), clock=board.clock, open=board.open, say=told.append)
    return status, told


# What the model of the design makes of the lines


def heard_by_the_host(midi_in, *, clk_freq=12e6, baud=1_000_000):
    """When the host has which byte, of ``(time, byte)`` at MIDI In; ``None`` is a byte with a bad stop bit."""
    edges = [edge for time, byte in midi_in for edge in _frame(time, byte)]
    seen = interface(edges, [], Clock(clk_freq), host_baud=baud)
    return [(frame.time + 10 / baud, frame.byte) for frame in frames(seen.host_tx, baud)]


def _frame(time, byte):
    if byte is not None:
        return frame_edges(time, byte, 1 / BAUD)
    # A byte 55 whose stop bit is low.
    return [*frame_edges(time, 0x55, 1 / BAUD)[:-1], (time + 10 / BAUD, 1)]


def sent_by_the_board(from_host, *, clk_freq=12e6, baud=1_000_000):
    """Bytes at MIDI Out, with the time of their start bit, of bytes on the host's line."""
    edges = [edge for time, byte in from_host for edge in frame_edges(time, byte, 1 / baud)]
    seen = interface([], edges, Clock(clk_freq), host_baud=baud)
    return [(frame.time, frame.byte) for frame in frames(seen.midi_out)]


def whole_messages(bytes):
    """Messages of ``(time, byte)``, as ``(time, message)`` at the time of the last byte."""
    return messages(parser(bytes))


def marks(stream):
    """A stream with ``None`` for a loss, as the board tells it; what looks like a mark and is none is left out."""
    return [LOST_FROM_MIDI if byte is None else byte for byte in stream if byte not in (LOST_FROM_MIDI, LOST_FROM_HOST)]
