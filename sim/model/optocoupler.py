"""Edges through an optocoupler, and the parts that people put behind a MIDI In, with what is known of their delays.

Levels are those of the line: 0 while current flows through the LED, and then the output of each of these parts is low,
by the data sheet's word for it an inverter. A part is written as the command line has it::

    6N138@2.7k                     a part of the table: its name, and the circuit or case its figures are for
    H11L1:tphl=1.2us,tplh=2us      a part with delays of one's own
    PC900:jitter=100ns,seed=3      each edge up to so much earlier or later, at random but the same for the same seed
    custom:tphl=2us,tplh=5us,inverted   any part; one whose output is high while current flows

*tPHL* is the time from the current's beginning to the output's fall, *tPLH* from its end to the output's rise. A delay
that nobody has found is no number to make up: a part without one takes the user's, or says that it is unknown.
"""

import difflib
import random
import re
from dataclasses import dataclass, replace

from sim.model.edges import settled

__all__ = ["PARTS", "Optocoupler", "optocoupler", "parse", "seconds"]


@dataclass(frozen=True)
class Optocoupler:
    """A part in its circuit.

    Parameters
    ----------
    name : :class:`str`
        As it is written on the command line.
    tphl, tplh : :class:`float`
        Delay of the falling and the rising edge, in seconds; ``None`` if unknown.
    source : :class:`str`
        Where these come from.
    note : :class:`str`
        What to know before one uses it.
    jitter : :class:`float`
        Longest time by which chance makes an edge earlier or later, in seconds; evenly distributed.
    seed : :class:`int`
        What chance begins with.
    shortest : :class:`float`
        Pulses of the current, or pauses, below this many seconds do not pass. ``None``: those below the delay of the
        edge they begin with, as the output would turn when the input has long turned back.
    inverted : :class:`bool`
        Whether the output is high while current flows.
    """

    name: str
    tphl: float | None = None
    tplh: float | None = None
    source: str = ""
    note: str = ""
    jitter: float = 0.0
    seed: int = 0
    shortest: float | None = None
    inverted: bool = False

    @property
    def is_known(self):
        """Whether both delays are known."""
        return None not in (self.tphl, self.tplh)

    @property
    def skew(self):
        """Seconds by which a low comes out longer than it went in: ``tPLH - tPHL``. Negative if shorter."""
        self.require_delays()
        return self.tplh - self.tphl

    def at(self, hop):
        """The part of hop number ``hop`` in a chain of equal ones: its jitter is its own."""
        return replace(self, seed=self.seed + hop)

    def require_delays(self):
        """Raise :exc:`ValueError`, saying what to do, if a delay is unknown."""
        if self.is_known:
            return
        unknown = [name for name in ("tphl", "tplh") if getattr(self, name) is None]
        raise ValueError(
            f"Optocoupler {self.name} must have delays, and {' and '.join(unknown)} of it "
            f"{'are' if len(unknown) > 1 else 'is'} unknown: {self.source or 'none was given'}; take them from your "
            f"part's data sheet: {self.name}:{','.join(f'{name}=...us' for name in unknown)}"
        )


FORUM = "a measurement on a forum"
SYNTH_DIY = "tPHL from the data sheet at 2.2 k; tPLH measured on the synth-diy list in 2000"

_PARTS = (
    # Of the 6N138 the circuit decides, so the name alone is no part.
    Optocoupler("6N138@2.7k", 2e-6, 10e-6, SYNTH_DIY, "pull-up of 2.7 k: a Darlington, slow to turn off"),
    Optocoupler("6N138@220", 2e-6, 2e-6, SYNTH_DIY, "pull-up of 220 ohm"),
    Optocoupler("PC900", 2e-6, 5e-6, FORUM, "also sold as PC900V"),
    Optocoupler(
        "PC900V0NSZXF",
        0.0,
        0.5e-6,
        "data sheet, at most 0.5 us for either edge: here the worst of it, one edge at once and the other last",
    ),
    Optocoupler("6N136", 0.2e-6, 0.2e-6, "data sheet (Vishay), typical, at 16 mA and 1.9 k", "MIDI has 5 mA"),
    Optocoupler(
        "6N136@max",
        0.0,
        0.8e-6,
        "data sheet (Vishay), at most 0.8 us for either edge, at 16 mA and 1.9 k: here the worst of it",
        "MIDI has 5 mA",
    ),
    Optocoupler("6N137", None, None, "tens of ns, but no figure was found"),
    Optocoupler("VO2601", None, None, "tens of ns, but no figure was found"),
    Optocoupler("VO2611", None, None, "tens of ns, but no figure was found"),
    Optocoupler("VO2630", None, None, "tens of ns, but no figure was found", "two in one package"),
    Optocoupler(
        "TLP2361",
        55e-9,
        80e-9,
        "the maker's page at second hand: at most 80 ns, and 25 ns of distortion: here the worst of it",
        "totem pole: no pull-up",
    ),
    Optocoupler("H11L1", None, None, "1 MHz NRZ typical, but no table of delays was found", "Schmitt trigger"),
    Optocoupler("custom", None, None, "a part of one's own"),
)

PARTS = {part.name: part for part in _PARTS}
"""The parts by name."""

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def seconds(text):
    """Seconds of a time such as ``1.2us``; raises :exc:`ValueError` if it is none, 0 or longer."""
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)(?:e([+-]?\d{1,3}))?(s|ms|us|µs|ns)", text.strip())
    if not match:
        raise ValueError(
            f"A time must be a number, 0 or more, with its unit s, ms, us or ns, such as 1.2us; not {text!r}"
        )
    number, exponent, unit = match.groups()
    return float(f"{number}e{exponent or 0}") * UNITS[unit]


def parse(text):
    """The :class:`Optocoupler` that a text such as ``6N138@2.7k`` or ``H11L1:tphl=1.2us,tplh=2us`` names.

    Raises
    ------
    :exc:`ValueError`
        If there is no such part, naming those that are near; if an option is none; or if a delay stays unknown.
    """
    name, _, options = text.partition(":")
    part = _find(name.strip())
    changes = {}
    for option in options.split(",") if options else ():
        key, equals, value = (piece.strip() for piece in option.partition("="))
        if key in changes:
            raise ValueError(f"Optocoupler's {key} must be given once, not twice, in {text!r}")
        if key in ("tphl", "tplh", "jitter", "shortest"):
            changes[key] = seconds(value)
        elif key == "seed" and re.fullmatch(r"\d{1,18}", value):
            changes[key] = int(value)
        elif key == "inverted" and not equals:
            changes[key] = True
        else:
            raise ValueError(
                "Optocoupler's options must be tphl=, tplh=, jitter= or shortest= with a time, seed= with a whole "
                f"number, or inverted, with a comma between; not {option!r}"
            )
    if changes.keys() & {"tphl", "tplh"}:
        changes["source"] = "yours"
    part = replace(part, **changes)
    part.require_delays()
    return part


def _find(name):
    by_name = {known.lower(): part for known, part in PARTS.items()}
    by_name["pc900v"] = PARTS["PC900"]
    if part := by_name.get(name.lower()):
        return part
    cases = [known for known in PARTS if known.lower().startswith(f"{name.lower()}@")]
    # What is left of a part number that is not known says more than a letter that is wrong in the middle.
    near = cases or [
        PARTS.get(known, by_name[known]).name
        for known in difflib.get_close_matches(name.lower(), by_name, n=3, cutoff=0.5)
    ]
    near = list(dict.fromkeys(near))
    advice = f"did you mean {' or '.join(near)}?" if near else f"it knows {', '.join(PARTS)}"
    raise ValueError(f"Optocoupler must be one of the table, or custom:tphl=...us,tplh=...us, not {name!r}; {advice}")


def optocoupler(edges, part):
    """Edges at the output of an optocoupler.

    A pulse that is too short to pass vanishes as a whole.

    Parameters
    ----------
    edges : list of ``(time, level)``
        The line, in seconds; idle high, which is no current.
    part : :class:`Optocoupler`
        What it goes through; its delays must be known.

    Returns
    -------
    list of ``(time, level)``
        The output. An inverted one begins with a fall at time 0.
    """
    part.require_delays()
    rng = random.Random(part.seed)
    passed = []
    line = settled(edges)
    previous = 1
    for n, (time, level) in enumerate(line):
        delay = part.tplh if level else part.tphl
        if part.jitter:
            delay = max(0.0, delay + rng.uniform(-part.jitter, part.jitter))
        lasts = line[n + 1][0] - time if n + 1 < len(line) else float("inf")
        if level == previous or lasts < (delay if part.shortest is None else part.shortest):
            # What has not turned the output needs no turning back.
            continue
        moment = time + delay
        # Only with a shortest pulse of one's own can an edge overtake the one before it: then neither is seen.
        if passed and moment <= passed[-1][0]:
            passed.pop()
        else:
            passed.append((moment, level))
        previous = level
    if part.inverted:
        return settled([(0.0, 0), *((time, 1 - level) for time, level in passed)])
    return passed
