"""Twin of :mod:`board.designs.monitor`: what is on a MIDI cable, for people."""

from typing import NamedTuple

from sim.model.edges import BAUD, frame_edges, settled
from sim.model.lights import lights
from sim.model.line import line
from sim.model.midi import KIND_OF, RESET, SYSEX_CODE
from sim.model.parser import Parser
from sim.model.receiver import frames
from sim.model.thru import THRUS

__all__ = ["BAR", "Monitored", "line_of", "monitor"]

BAR = (32, 64, 80, 96, 112)
"""Velocities from which each light of the bar is lit."""

PULSES = 128
"""Clocks of which a light is on for as many as the velocity says."""

SEGMENTS = (
    "abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc",
    "abcdefg", "abcdfg", "abcefg", "cdefg", "adef", "bcdeg", "adefg", "aefg",
)  # fmt: skip
"""Segments that are lit for each hexadecimal digit: a is at the top, then clockwise, g in the middle."""


class Monitored(NamedTuple):
    """What came of the edges at MIDI In.

    Edges at the pins ``host_tx`` and ``midi_thru``, and of each of the lights; ``(time, value)`` of ``digits``; and
    the characters sent to the host, ``(time, byte)`` at the clock edge at which the transmitter took each.
    """

    host_tx: list
    midi_thru: list
    leds: list
    digits: list
    text: list


def monitor(midi_in, clock, end, *, host_baud=115_200, thru="direct", depth=256, glitch=3e-6, blink=0.05, baud=BAUD):
    """What a :class:`board.designs.monitor.Monitor` does.

    Parameters
    ----------
    midi_in : list of ``(time, level)``
        Edges at the pin.
    clock : :class:`sim.model.edges.Clock`
        The design's clock.
    end : :class:`float`
        When to stop looking, in seconds.
    host_baud, thru, depth, glitch, blink, baud
        As for the design.

    Returns
    -------
    :class:`Monitored`
    """
    heard = frames(line(midi_in, clock, glitch), clock, baud)
    divisor = round(clock.freq / host_baud)
    printer = Printer(10 * divisor, depth - 1)
    packets, wrong = _listen(heard, printer)
    text = [(clock.time(n), byte) for n, byte in printer.text]
    bright, bar, digits = _show(packets, clock, clock.after(end))
    return Monitored(
        [edge for time, byte in text for edge in frame_edges(time, byte, divisor / clock.freq)],
        THRUS[thru](midi_in, clock, baud).level,
        [bright, lights(wrong, clock, blink), lights([n for n, _ in packets], clock, blink), *bar],
        digits,
        text,
    )


def line_of(packet):
    """The line of text that tells of a packet."""
    status = packet.data[0]
    shown = [f"{byte:02X}" for byte in packet.bytes]
    name = KIND_OF[status].name.replace("_", " ") if status >= 0x80 else ""
    if packet.code in range(SYSEX_CODE, SYSEX_CODE + 4) and name != "tune request":
        name = "sysex, cut off" if packet.cut else "sysex"
        shown[-1:] = [".."] if packet.cut else shown[-1:]
    if name == "note on" and not packet.data[2]:
        name = "note off"
    return f"{' '.join(shown):8} {name}\r\n"


class Printer:
    """Twin of :class:`board.designs.printer.Printer`: when each line is written. All in numbers of clock edges.

    Parameters
    ----------
    frame : :class:`int`
        Clocks that the host's transmitter takes to send a character.
    depth : :class:`int`
        Lines that can wait, the one being written included.
    """

    def __init__(self, frame, depth):
        self.frame = frame
        self.depth = depth
        self.errors = self.losses = 0
        self.lost = []
        # Lines and when they were put into the memory; when each was done, as far as that is known.
        self._lines, self._written, self._done = [], [], []
        self._sent = []
        # Since when a line of errors is to be written.
        self._tell = None

    def error(self, n):
        """Note an error at clock edge ``n``."""
        self.settle(n)
        self.errors = min(self.errors + 1, 999)
        self._tell = n if self._tell is None else self._tell

    def packet(self, n, packet):
        """Put in a packet that is offered at clock edge ``n``; returns when it was taken."""
        self.settle(n - 1)
        if self._tell is not None and self._has_room(n):
            self._write_errors(n)
            n += 1
        if self._has_room(n):
            self._write(n, line_of(packet))
        else:
            self.lost.append(n)
            self.losses = min(self.losses + 1, 999)
            self._tell = n if self._tell is None else self._tell
        return n

    def settle(self, until):
        """Write the line of errors if it can be, up to clock edge ``until``."""
        if self._tell is None:
            return
        n = self._tell + 1
        self._advance(until + 1)
        while n <= until and not self._has_room(n):
            # There is room behind the clock edge at which a line is done.
            n = next((done + 1 for done in self._done if done >= n), until + 1)
        if n <= until:
            self._write_errors(n)

    @property
    def text(self):
        """All characters, as ``(clock edge, byte)``; nothing more may come behind this."""
        self.settle(float("inf"))
        self._advance(float("inf"))
        return self._sent

    def _write_errors(self, n):
        self._tell = None
        self._write(n, f"errors {self.errors:03} lost {self.losses:03}\r\n")

    def _write(self, n, text):
        self._advance(n)
        self._lines.append(text)
        self._written.append(n)

    def _has_room(self, n):
        self._advance(n)
        return len(self._written) - sum(done < n for done in self._done) < self.depth

    def _advance(self, n):
        """Work out the lines that begin before clock edge ``n``."""
        while (number := len(self._done)) < len(self._lines):
            before = self._done[-1] if self._done else 0
            begins = max(before, self._written[number]) + 1
            # The memory is not read while it is written to.
            while begins in self._written[number:]:
                begins += 1
            if begins >= n:
                return
            free = self._sent[-1][0] + self.frame if self._sent else 0
            first = max(begins + 3, free)
            text = self._lines[number].encode()
            self._sent += [(first + k * self.frame, byte) for k, byte in enumerate(text)]
            self._done.append(self._sent[-1][0] + 2)


def _listen(heard, printer):
    """Packets and the clock edges at which the printer took each; and those that saw something go wrong."""
    parser, packets, wrong = Parser(), [], []
    taken = 0
    for frame in heard:
        if frame.stop:
            found = parser.step(frame.byte)
        else:
            found = parser.lose()
            printer.error(frame.clock)
            wrong.append(frame.clock)
        for packet in found:
            taken = printer.packet(max(taken, frame.clock) + 1, packet)
            packets.append((taken, packet))
    # The last line of errors may still have to wait.
    printer.settle(float("inf"))
    return packets, sorted([*wrong, *printer.lost])


def _show(packets, clock, end):
    """Edges of the light that is brighter or darker and of the bar, and values of the display."""
    bright, bar, digits = [], [[] for _ in BAR], []
    key, since, velocity = None, 0, 0

    def hold(until):
        for n in range(since, until if key else since):
            bright.append((clock.time(n), int((n + 1) % PULSES < velocity)))

    for n, packet in [*packets, (end, None)]:
        status, first, second = packet.data if packet else (0, 0, 0)
        kind = status & 0xF0 if status < 0xF0 else status
        begins = kind == 0x90 and second
        off = kind in (0x80, 0x90) and (status & 0xF, first) == key
        mode = kind == 0xB0 and key and status & 0xF == key[0] and (first == 120 or first >= 123)
        if not (begins or off or mode or kind == RESET or packet is None):
            continue
        hold(n)
        if begins:
            key, velocity = (status & 0xF, first), second
            digits.append((clock.time(n + 1), _segments(first >> 4) | _segments(first & 0xF) << 7))
        else:
            key = None
        since = n
        bright.append((clock.time(n), int(key is not None and (n + 1) % PULSES < velocity)))
        for edges, least in zip(bar, BAR, strict=True):
            edges.append((clock.time(n), int(key is not None and velocity >= least)))
    return settled(bright, idle=0), [settled(edges, idle=0) for edges in bar], settled(digits, idle=0)


def _segments(digit):
    return sum(1 << "abcdefg".index(segment) for segment in SEGMENTS[digit])
