"""Twin of :mod:`board.designs.loopback`: what the self-test makes of what comes back."""

from enum import Enum
from typing import NamedTuple

from sim.model.edges import BAUD, settled
from sim.model.line import line
from sim.model.receiver import frames

__all__ = ["AHEAD", "COUNTS", "Looped", "Sent", "loopback", "sequence"]

AHEAD = 3
"""Bytes that may be on their way."""

COUNTS = ("bytes", "wrong", "missing", "extra", "framing", "breaks")
"""What is counted, in the order of the line."""


class Sent(Enum):
    """How it was with a byte that was sent."""

    AT_ONCE = "nothing held it back since the byte before"
    LATER = "it had to wait first"
    TOO_SOON = "it still had to wait"


class Looped(NamedTuple):
    """What a self-test says: its lines of text, the edges of each of its lights; and how it was with each byte sent."""

    lines: list
    leds: list
    sent: list


def sequence(count):
    """The states of the shift register: the first ``count`` of them. The low eight bits of each are a byte.

    A byte is sent behind a pause if the upper three bits of its *predecessor's* state are 0.
    """
    state = 0
    for _ in range(count):
        yield state
        for _ in range(8):
            new = 1 ^ state >> 15 ^ state >> 13 ^ state >> 12 ^ state >> 10
            state = (state << 1 | new & 1) & 0xFFFF


def loopback(midi_in, sent, clock, end, *, every=10_000, host_baud=115_200, glitch=3e-6, blink=0.25, baud=BAUD):
    """What a :class:`board.designs.loopback.Loopback` makes of the edges at MIDI In.

    Parameters
    ----------
    midi_in : list of ``(time, level)``
        Edges at the pin.
    sent : list of :class:`float`
        When it began to send each byte of its :func:`sequence`, in seconds.
    clock : :class:`sim.model.edges.Clock`
        The design's clock.
    end : :class:`float`
        When to stop looking, in seconds.
    every, host_baud, glitch, blink, baud
        As for the design.

    Returns
    -------
    :class:`Looped`
    """
    period = round(clock.freq * blink)
    last = clock.after(end)
    # A byte is offered by the clock edge that samples its stop bit; an error is told at that edge.
    answers = {
        frame.clock + 1 if frame.stop else frame.clock: (
            frame.byte if frame.stop else "breaks" if frame.dark else "framing"
        )
        for frame in frames(line(midi_in, clock, glitch), clock, baud)
    }
    starts = {clock.after(time) - 1 for time in sent}
    test = _Test(every, [state & 0xFF for state in sequence(len(sent))], 10 * round(clock.freq / host_baud))
    ticks = set(range(period - 1, last, period))
    for n in sorted(answers.keys() | starts | ticks):
        if n < last:
            test.step(n, n in ticks, n in starts, answers.get(n))
    lights = [settled([(clock.time(n), lit[k]) for n, lit in sorted(test.lights)], idle=0) for k in (0, 1)]
    return Looped(test.lines, lights, test.sent)


class _Test:
    """The test from one clock edge at which something happens to the next."""

    def __init__(self, every, data, frame):
        self.every = every
        self.data = data
        self.frame = frame
        self.lines = []
        self.lights = []
        self.counts = dict.fromkeys(COUNTS, 0)
        # Numbers of the next byte that must come back, and of the next one to be sent.
        self.back = self.front = 0
        self.cable = self.failed = self.passed = self.phase = False
        self.alive = self.answered = self.due = self.settles = False
        self.sent, self.held = [], False
        # While a line is written, and what was counted meanwhile.
        self.writes_until, self.once = -1, set()

    def step(self, n, tick, sent, answer):
        """Clock edge ``n``: whether the timer ticks, a byte is sent; and the byte or error that comes."""
        flies = self.front > self.back
        if sent:
            self.sent.append(Sent.TOO_SOON if self._must_wait(n) else Sent.LATER if self.held else Sent.AT_ONCE)
            self.held = False
        returned = answer is not None and flies
        silence = tick and flies and not self.alive and not sent and answer is None
        unplugged = silence and not self.answered
        wrong = None
        if begins := returned and not self.cable:
            self.counts = dict.fromkeys(COUNTS, 0)
            self.cable, self.failed = True, False
        if self.cable and (sent or begins):
            self._count(n, "bytes")
            self.due |= not self.counts["bytes"] % self.every
        if isinstance(answer, str):
            wrong = answer
        elif answer is not None and not flies:
            wrong = "extra"
        elif answer is not None and answer != self.data[self.back]:
            wrong = "wrong"
        self.back += returned
        self.front += sent
        self.alive = (self.alive and not tick) or sent or answer is not None
        self.answered = (self.answered and not silence) or returned
        self.phase ^= tick
        self.cable = self.cable and not unplugged
        self.due |= unplugged
        # What is given up is counted from the next clock on.
        later = silence and self.cable
        if not later:
            self._fail(n, wrong)
        self._light(n + 1)
        if silence:
            for _ in range(self.front - self.back):
                self._fail(n + 1, "missing")
            self.back = self.front
            self._light(n + 2)
        if self.due and self.front == self.back:
            self._say(n + 1)
        self.settles = self.settles and self.front > self.back
        self.held |= begins or self._must_wait(n)

    def _must_wait(self, n):
        flying = self.front - self.back
        return self.due or self.settles or n < self.writes_until or flying >= (AHEAD if self.cable else 1)

    def _count(self, n, what):
        if n <= self.writes_until:
            if what in self.once:
                return
            self.once.add(what)
        self.counts[what] += 1

    def _fail(self, n, what):
        if what is None or not self.cable:
            return
        self._count(n, what)
        self.due |= not self.failed
        # To count takes some clocks.
        self.failed = self.settles = self.held = True

    def _say(self, n):
        self.due = False
        if not self.cable:
            self.lines.append("no cable")
        else:
            texts = [f"{self.counts[what]:{9 if what == COUNTS[0] else 6}} {what}" for what in COUNTS]
            self.lines.append(("fail" if self.failed else "pass") + "".join(texts))
        self.writes_until, self.once = n + (len(self.lines[-1]) + 1) * self.frame, set()
        self.passed = self.cable
        self._light(n + 1)

    def _light(self, n):
        lit = self.cable and not self.failed and (self.passed or self.phase)
        self.lights.append((n, (int(lit), int(self.failed if self.cable else self.phase))))
