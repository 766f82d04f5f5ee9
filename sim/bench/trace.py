"""What goes into a run and what was recorded of it. Knows no simulator and no MIDI.

All times are seconds since the moment at which reset was released.
"""

from dataclasses import dataclass, field

from sim.model.edges import Clock, pulses, settled

__all__ = ["Difference", "Stimulus", "Trace", "expect_equal"]


@dataclass(frozen=True)
class Stimulus:
    """What happens to a design, from reset to ``until``.

    ``levels`` maps an input to its edges ``(time, level)``; before its first edge it has the value that
    the design's signature gives it. ``streams`` maps an input stream to its items ``(time, value)``: each is offered at
    its time or, if the design has not taken the one before it by then, right after that. ``ready`` maps an output
    stream to the edges of its ``ready``, which is high where nothing is said.
    """

    until: float
    levels: dict = field(default_factory=dict)
    streams: dict = field(default_factory=dict)
    ready: dict = field(default_factory=dict)

    def __post_init__(self):
        # To the picosecond that the simulator will use, so that the model is told exactly what the design sees. The
        # clock rises at odd picoseconds and all else happens at even ones, so that nothing can ever meet a clock edge,
        # where the order of events would be the simulator's choice.
        for kind in (self.levels, self.streams, self.ready):
            for name, events in kind.items():
                kind[name] = [(round(time * 0.5e12) * 2e-12, value) for time, value in events]


@dataclass
class Trace:
    """What a design did.

    ``levels`` maps each pin, driven or not, to ``(time, value)``, beginning with its value at time 0. ``streams`` maps
    each stream to its transfers ``(time, value)``, the time being that of the clock edge. ``clock`` is the clock that
    ran; ``end`` the moment at which the record ends, earlier than asked if the run was stopped.
    """

    clock: Clock
    end: float = 0.0
    levels: dict = field(default_factory=dict)
    streams: dict = field(default_factory=dict)

    def line(self, name):
        """Edges of a line: idle high."""
        return settled(self.levels[name])

    def pulses(self, name):
        """Times of the clock edges that saw an error or the like high."""
        return pulses(self.levels[name], self.clock, self.end)


class Difference(AssertionError):
    """What a design did is not what the model says: in words, with the time and the place."""


def expect_equal(what, got, expected, *, tolerance=None):
    """Compare two lists of ``(time, value)`` and tell the first that differs.

    Values must be equal, in the same order and number; times too within ``tolerance`` seconds, unless it is
    ``None``. What was expected and never came is a difference, and so is what came and nobody expected.

    Raises
    ------
    :exc:`Difference`
        Saying what was expected, what came, where in the list, and when.
    """
    for n, ((got_time, got_value), (time, value)) in enumerate(zip(got, expected, strict=False)):
        if got_value != value:
            raise Difference(
                f"{what}: number {n} must be {_show(value)} at {time * 1e6:.3f} us, "
                f"not {_show(got_value)} at {got_time * 1e6:.3f} us"
            )
        if tolerance is not None and abs(got_time - time) > tolerance:
            raise Difference(
                f"{what}: number {n}, {_show(value)}, must come at {time * 1e6:.3f} us, not {got_time * 1e6:.3f} us"
            )
    if len(got) < len(expected):
        time, value = expected[len(got)]
        raise Difference(
            f"{what}: number {len(got)} must be {_show(value)} at {time * 1e6:.3f} us, "
            f"but nothing came; {len(got)} of {len(expected)} did"
        )
    if len(got) > len(expected):
        time, value = got[len(expected)]
        raise Difference(
            f"{what}: nothing more must come after {len(expected)}, not {_show(value)} at {time * 1e6:.3f} us"
        )


def _show(value):
    return f"{value:#04x}" if isinstance(value, int) and value > 1 else str(value)
