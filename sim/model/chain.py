"""From one MIDI port to the next: sender, cable, optocoupler, pin; and from pin to cable again through a thru.

    sender -> cable -> optocoupler -> pin          the first hop
              pin -> thru -> cable -> optocoupler -> pin      each further one

:func:`add_arguments` and :func:`from_options` put a chain on a command line.
"""

from dataclasses import dataclass, field

from sim.model.cable import Cable, cable
from sim.model.edges import BAUD, Clock
from sim.model.optocoupler import PARTS, Optocoupler, optocoupler, parse
from sim.model.thru import THRUS

__all__ = ["MOST_HOPS", "Chain", "add_arguments", "chain", "from_options", "hop", "lasting_hops"]

MOST_HOPS = 1000
"""More hops than any chain of wire has had."""

CLOCK = Clock(12e6, 1e-12)
"""That of most boards."""


def hop(edges, part=None, line=None):
    """Edges at the pin behind a cable and an optocoupler; without ``part`` or ``line`` that one is ideal."""
    if line is not None:
        edges = cable(edges, line)
    return edges if part is None else optocoupler(edges, part)


@dataclass(frozen=True)
class Chain:
    """What stands between a sender and a pin.

    Parameters
    ----------
    hops : :class:`int`
        How many times the line goes through cable and optocoupler, at least once.
    part : :class:`sim.model.optocoupler.Optocoupler`
        That of each hop, or ``None`` for an ideal one. The seed of its jitter goes up by one from hop to hop.
    line : :class:`sim.model.cable.Cable`
        The cable of each hop.
    thru : :class:`str`
        What joins two hops: a name in :data:`sim.model.thru.THRUS`.
    clock : :class:`sim.model.edges.Clock`
        That of each thru.

    Raises
    ------
    :exc:`ValueError`
        If a value is not possible.
    """

    hops: int = 1
    part: Optocoupler | None = None
    line: Cable = field(default_factory=Cable)
    thru: str = "direct"
    clock: Clock = CLOCK

    def __post_init__(self):
        if not isinstance(self.hops, int) or not 1 <= self.hops <= MOST_HOPS:
            raise ValueError(
                f"Hops must be a whole number from 1, which is one cable with an optocoupler at its end, "
                f"to {MOST_HOPS}, not {self.hops!r}"
            )
        if self.thru not in THRUS:
            raise ValueError(f"Thru must be one of {', '.join(THRUS)}, not {self.thru!r}")
        if self.part is not None:
            self.part.require_delays()
            if self.part.inverted and self.hops > 1:
                raise ValueError(
                    f"Optocoupler {self.part.name} must not be inverted when there is more than one hop, as a thru "
                    "needs a line that idles high; leave out 'inverted', as if its pin turned the line over again"
                )

    def __str__(self):
        part = self.part.name if self.part else "an ideal optocoupler"
        hops = f"{self.hops} hops, {self.thru} thru" if self.hops > 1 else "1 hop"
        metres = f", cable of {self.line.length:g} m" if self.line.length else ""
        return f"{part}, {hops}{metres}"


def chain(edges, chain, baud=BAUD):
    """Edges at the last pin of a :class:`Chain` when a sender makes ``edges``."""
    for n in range(chain.hops):
        if n:
            edges = THRUS[chain.thru](edges, chain.clock, baud).level
        edges = hop(edges, chain.part and chain.part.at(n), chain.line)
    return edges


def lasting_hops(skew, rate_error, thru="direct", baud=BAUD):
    """Hops after which a receiver must still be right, by the formula; ``None`` for any number.

    ``hops * |skew| < half a bit - 9.5 bits * |rate error|``, as a direct thru adds up what each optocoupler does to
    the lows. The other kinds send each bit anew, so that only one hop counts. ``skew`` is in seconds; ``rate_error``
    is the part by which the sender's bits are shorter or longer than the receiver's.
    """
    room = (0.5 - 9.5 * abs(rate_error)) / baud
    if thru != "direct":
        return None if abs(skew) < room else 0
    if room <= 0:
        return 0
    hops = 0
    # Counted, as a division in floating point would not know whether a bound is met or just missed.
    while skew and hops < MOST_HOPS and (hops + 1) * abs(skew) < room * (1 - 1e-9):
        hops += 1
    return hops if skew and hops < MOST_HOPS else None


def add_arguments(parser):
    """Give a command line the options of a chain."""
    group = parser.add_argument_group("between the sender and the chip")
    group.add_argument(
        "--optocoupler",
        metavar="PART",
        help=f"one of {', '.join(part.name for part in PARTS.values() if part.is_known)}, or any other with delays of "
        "your own, such as H11L1:tphl=1.2us,tplh=2us; default: an ideal one",
    )
    group.add_argument("--hops", metavar="N", help="cables, each with its optocoupler; default: 1")
    group.add_argument("--thru", metavar="KIND", help=f"what joins two hops: {', '.join(THRUS)}; default: direct")
    group.add_argument("--cable", metavar="METRES", help="length of each cable, at most 15; default: 0")


def from_options(options, clk_freq=12e6):
    """The :class:`Chain` that the options ask for, or ``None`` if they ask for none.

    ``clk_freq`` is that of each thru, in Hz. Raises :exc:`ValueError`, in one line, if they ask for what cannot be.
    """
    given = (options.optocoupler, options.hops, options.thru, options.cable)
    if all(value is None for value in given):
        return None
    part = parse(options.optocoupler) if options.optocoupler is not None else None
    chain = {}
    if options.hops is not None:
        chain["hops"] = _number(options.hops, int, "Hops must be a whole number")
    if options.thru is not None:
        chain["thru"] = options.thru
    if options.cable is not None:
        chain["line"] = Cable(_number(options.cable, float, "Cable must be a length in metres"))
    return Chain(part=part, clock=Clock(clk_freq, CLOCK.start), **chain)


def _number(text, kind, what):
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{what}, not {text!r}") from None
