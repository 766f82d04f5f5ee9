"""Twin of :mod:`board.designs.instrument`: what is heard of the edges at MIDI In."""

from math import ceil, log2
from typing import NamedTuple

from sim.model.edges import BAUD, settled
from sim.model.lights import lights
from sim.model.line import line
from sim.model.midi import RESET
from sim.model.parser import Parser
from sim.model.receiver import frames
from sim.model.thru import THRUS

__all__ = ["Heard", "Keys", "frequency", "instrument"]

FULL = 128
"""Clocks of which the pin is high for as many as the velocity says."""


class Heard(NamedTuple):
    """What came of the edges at MIDI In.

    Edges at the pins ``audio`` and ``midi_thru`` and of each of the lights, and ``tones``: ``(time, (note,
    velocity))`` for each change of what sounds, velocity 0 being silence, at the clock edge that took the packet.
    """

    audio: list
    midi_thru: list
    leds: list
    tones: list


def frequency(note, a4=440.0):
    """Hertz of a note: twelve equal steps to an octave, note 69 being ``a4``."""
    return a4 * 2 ** ((note - 69) / 12)


def instrument(midi_in, clock, end, *, channel=0, keys=8, a4=440.0, thru="direct", glitch=3e-6, blink=0.05, baud=BAUD):
    """What a :class:`board.designs.instrument.Instrument` does.

    Parameters
    ----------
    midi_in : list of ``(time, level)``
        Edges at the pin.
    clock : :class:`sim.model.edges.Clock`
        The design's clock.
    end : :class:`float`
        When to stop listening, in seconds.
    channel, keys, a4, thru, glitch, blink, baud
        As for the design.

    Returns
    -------
    :class:`Heard`
    """
    parser, held, changes, errors, taken = Parser(), Keys(keys, channel), [], [], 0
    for frame in frames(line(midi_in, clock, glitch), clock, baud):
        if not frame.stop:
            errors.append(frame.clock)
        for packet in parser.step(frame.byte) if frame.stop else parser.lose():
            taken = max(taken, frame.clock) + 1
            before = held.sounds
            held.packet(packet)
            if held.sounds != before:
                changes.append((taken, held.sounds))
    sounds = [(clock.time(n), int(velocity > 0)) for n, (_, velocity) in changes]
    return Heard(
        _audio(changes, clock, clock.after(end), a4),
        THRUS[thru](midi_in, clock, baud).level,
        [settled(sounds, idle=0), lights(errors, clock, blink)],
        [(clock.time(n), tone) for n, tone in changes],
    )


class Keys:
    """The keys that are held, the one that was pressed last in front. ``held`` is a list of ``(note, velocity)``."""

    def __init__(self, count=8, channel=0):
        self.count = count
        self.channel = channel
        self.held = []

    @property
    def sounds(self):
        """Note and velocity of what sounds; ``(0, 0)`` if nothing does."""
        return self.held[0] if self.held else (0, 0)

    def packet(self, packet):
        """Press and let go of keys, as a packet says."""
        status, first, second = packet.data
        if status == RESET:
            self.held = []
        if status >= 0xF0 or packet.code not in (0x8, 0x9, 0xB) or (self.channel and status % 16 != self.channel - 1):
            return
        if packet.code == 0xB:
            if first == 120 or first >= 123:
                self.held = []
            return
        self.held = [key for key in self.held if key[0] != first]
        if packet.code == 0x9 and second:
            self.held = [(first, second), *self.held][: self.count]


def _audio(changes, clock, end, a4):
    """Edges at the pin. A change at clock edge n is heard from n + 2 on."""
    edges, phase, rest = [], 0, 0
    fine = 2048
    bits = max(1, ceil(log2(fine * clock.freq / frequency(120, a4))))
    for (begin, (note, velocity)), (over, _) in zip(changes, [*changes[1:], (end, None)], strict=True):
        if not velocity:
            edges.append((clock.time(begin + 2), 0))
            phase = rest = 0
            continue
        step = round(frequency(120 + note % 12, a4) * (1 << bits) / clock.freq)
        # A bit of phase more for each octave that the note is lower.
        half = 1 << bits - 1 + 10 - note // 12
        for n in range(begin + 2, min(over + 2, end)):
            carry, rest = divmod(rest + velocity, FULL)
            edges.append((clock.time(n), int(bool(phase & half) and carry)))
            phase += step
    return settled(edges, idle=0)
