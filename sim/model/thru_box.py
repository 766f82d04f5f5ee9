"""Twin of :mod:`board.designs.thru_box`: one input, any number of outputs that are all alike."""

from typing import NamedTuple

from sim.model.edges import BAUD
from sim.model.lights import lights
from sim.model.line import line
from sim.model.receiver import receiver
from sim.model.thru import THRUS

__all__ = ["ThruBox", "thru_box"]


class ThruBox(NamedTuple):
    """What came of the edges at MIDI In: the edges of each output, and those of each light."""

    outs: list
    leds: list


def thru_box(midi_in, clock, end, *, thru="direct", glitch=3e-6, blink=0.05, baud=BAUD):
    """What a :class:`board.designs.thru_box.ThruBox` does.

    Parameters
    ----------
    midi_in : list of ``(time, level)``
        Edges at the pin.
    clock : :class:`sim.model.edges.Clock`
        The design's clock.
    end : :class:`float`
        When to stop looking, in seconds.
    thru, glitch, blink, baud
        As for the design.

    Returns
    -------
    :class:`ThruBox`
    """
    copied = THRUS[thru](midi_in, clock, baud)
    level = line(midi_in, clock, glitch)
    heard = receiver(level, clock, baud)
    wrong = sorted([*heard.framing_errors, *heard.breaks, *copied.overruns])
    wrong = [clock.after(time) - 1 for time in wrong]
    return ThruBox(copied.level, [lights(_low(level, clock, end, blink), clock, blink), lights(wrong, clock, blink)])


def _low(level, clock, end, blink):
    """Clock edges that see the line low, so many of them that a light notes no difference."""
    step = max(1, round(clock.freq * blink))
    found = []
    for n, (time, new) in enumerate(level):
        if not new:
            first = clock.after(time)
            last = clock.after(level[n + 1][0] if n + 1 < len(level) else end) - 1
            found += [*range(first, last, step), last]
    return found
