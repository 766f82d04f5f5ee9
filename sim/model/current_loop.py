"""The current loop: what flows from pin 4 through the receiver's LED to pin 5, and what a wrong plug lets flow.

The sender joins pin 4 to its supply through one resistor, and pin 5 through another to a buffer that either pulls it
to ground, which is a 0 and lights the LED, or leaves it alone, which is a 1. The receiver has the LED of its
optocoupler between the two, in series with a third resistor::

    supply -- source -- pin 4 -- cable -- pin 4 -- receiver -- LED -- pin 5 -- cable -- pin 5 -- sink -- buffer

Resistors are those of CA-033, *MIDI 1.0 Electrical Specification Update* (2014), for 5 V and for 3.3 V. The cable's
own few ohms are left out.
"""

from dataclasses import dataclass, replace
from math import isfinite

__all__ = ["SENDERS", "TOLERANCE", "TYPICAL_LED", "WORST_LED", "CurrentLoop"]

TYPICAL_LED = 1.4
"""Volts across the LED while current flows, typically (CA-033)."""

WORST_LED = 1.9
"""Volts across the LED of the worst part (CA-033)."""

TOLERANCE = 0.05
"""By how much the supply and each resistor are off in the worst case.

CA-033's stated worst cases come out to the last digit with it, and with none of the other usual ones.
"""


@dataclass(frozen=True)
class CurrentLoop:
    """A sender and a receiver, and the cable between them.

    Parameters
    ----------
    supply : :class:`float`
        Volts of the sender.
    source, sink : :class:`float`
        Ohms between the supply and pin 4, and between pin 5 and the buffer.
    receiver : :class:`float`
        Ohms in series with the LED.
    low : :class:`float`
        Volts that are left at the buffer's output when it pulls to ground.

    Raises
    ------
    :exc:`ValueError`
        If a value is not possible.
    """

    supply: float
    source: float
    sink: float
    receiver: float = 220.0
    low: float = 0.0

    def __post_init__(self):
        if not (self.supply > 0 and isfinite(self.supply)):
            raise ValueError(f"Supply must be a voltage above 0, such as 3.3, not {self.supply!r}")
        for name in ("source", "sink", "receiver"):
            value = getattr(self, name)
            if not (value > 0 and isfinite(value)):
                raise ValueError(
                    f"Resistor {name} must have more than 0 ohm, as it limits the current when a plug joins what it "
                    f"should not, not {value!r}"
                )
        if not 0 <= self.low < self.supply:
            raise ValueError(f"Buffer's low must be from 0 to below the supply of {self.supply:g} V, not {self.low!r}")

    @property
    def resistance(self):
        """Ohms of the whole loop without the LED."""
        return self.source + self.sink + self.receiver

    def current(self, led=TYPICAL_LED):
        """Amperes that flow for a 0 with ``led`` volts across the LED; none if the supply does not reach that."""
        if not (led > 0 and isfinite(led)):
            raise ValueError(f"LED must have a forward voltage above 0, such as {TYPICAL_LED:g} V, not {led!r}")
        return max(0.0, self.supply - self.low - led) / self.resistance

    def pins(self, led=TYPICAL_LED):
        """Volts against the sender's ground of pin 4 and pin 5 while current flows for a 0."""
        current = self.current(led)
        return self.supply - current * self.source, self.low + current * self.sink

    def weakest(self, tolerance=TOLERANCE):
        """The same loop with the lowest supply and the highest resistors: least current."""
        return self._off(tolerance, -1)

    def strongest(self, tolerance=TOLERANCE):
        """The same loop with the highest supply and the lowest resistors: most current."""
        return self._off(tolerance, 1)

    def _off(self, tolerance, sign):
        if not 0 <= tolerance < 1:
            raise ValueError(f"Tolerance must be a part of 1, such as 0.05 for 5 %, not {tolerance!r}")
        off = sign * tolerance
        resistors = {name: getattr(self, name) * (1 - off) for name in ("source", "sink", "receiver")}
        return replace(self, supply=self.supply * (1 + off), **resistors)

    @property
    def grounded(self):
        """Amperes through the source resistor when pin 4 touches ground, such as that of pin 2."""
        return self.supply / self.source

    @property
    def grounded_power(self):
        """Watts that the source resistor turns into heat then."""
        return self.supply**2 / self.source

    @property
    def joined(self):
        """Amperes into the buffer's low output when pin 4 touches pin 5."""
        return (self.supply - self.low) / (self.source + self.sink)

    @property
    def driven(self):
        """Amperes out of a buffer that also drives high, to its supply, when pin 5 touches ground."""
        return self.supply / self.sink


SENDERS = {"5 V": CurrentLoop(5.0, 220.0, 220.0), "3.3 V": CurrentLoop(3.3, 33.0, 10.0)}
"""The two senders of CA-033, by their supply, each before its receiver."""
