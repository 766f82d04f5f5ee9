"""What a lab is made of: cases in tiers, and the classic mistakes. All of it is pure; a run is given by others."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sim.bench.trace import Difference, Stimulus

__all__ = ["Case", "Complaint", "Lab", "Mistake", "Outcome", "Tier", "Unit", "broken"]


class Complaint(Difference):
    """What a design did wrong, in words: what must be, what was seen, where, and a drawing of it as lines of text.

    ``time`` is in seconds since reset was released; ``place`` says which bit or byte it is. A check that knows the
    ``mistake`` itself gives it.
    """

    def __init__(self, expected, seen, *, time=None, place="", drawing=(), mistake=None):
        self.expected = expected
        self.seen = seen
        self.time = time
        self.place = place
        self.drawing = list(drawing)
        self.mistake = mistake
        super().__init__(f"{expected}; {seen}")

    @property
    def where(self):
        """Place and time in words; empty if there is neither."""
        moment = "" if self.time is None else f"{self.time * 1e6:.1f} us"
        return ", ".join(filter(None, (self.place, moment)))


class Unit(NamedTuple):
    """A component as it is tested: the name of its class, its clock in Hz, and how it is made of that class."""

    component: str
    clk_freq: float
    make: Callable


class Case(NamedTuple):
    """What is done to a unit, and ``check(trace)``, which raises :exc:`Complaint`.

    ``facts`` is what the mistakes of the lab want to know of it.
    """

    title: str
    unit: Unit
    stimulus: Stimulus
    check: Callable
    facts: object = None


@dataclass(frozen=True)
class Tier:
    """A step on the way to a whole block: cases that must all pass. Each hint says more than the one before it."""

    name: str
    cases: list
    hints: tuple


class Outcome(NamedTuple):
    """What became of a case: its trace, and the complaint or ``None``."""

    case: Case
    trace: object
    complaint: Complaint | None


class Mistake(NamedTuple):
    """A classic mistake.

    ``explains(outcome, outcomes)`` is true if the mistake does just what was seen, false if it does something else, and
    ``None`` if it says nothing about such a case; ``outcomes`` are all of the component. ``text`` tells a student what
    is wrong, and not what is right. A ``fallback`` is less exact, and named only if nothing else explains it.
    """

    name: str
    text: str
    explains: Callable
    fallback: bool = False


@dataclass(frozen=True)
class Lab:
    """A lab: what is to be written, and how it is judged.

    ``components`` are the classes of ``hdl`` by name, which are the solution too. ``checks`` look at the classes
    without a run, by the name of the tier they belong to: they return a :class:`Complaint` or ``None``.
    ``annotate(complaint, outcomes)`` may add to the drawing of the first complaint.
    """

    number: int
    folder: str
    title: str
    components: dict
    tiers: list
    mistakes: list
    checks: dict = field(default_factory=dict)
    annotate: Callable | None = None

    @property
    def starter(self):
        """Path of the file that a student edits, from the root of the project."""
        return f"docs/labs/{self.folder}/starter.py"

    def alone(self, component):
        """The same lab with the tiers of one of its components."""
        tiers = [tier for tier in self.tiers if tier.cases[0].unit.component == component]
        return replace(self, components={component: self.components[component]}, tiers=tiers)

    @property
    def units(self):
        """All units, each once."""
        return list(dict.fromkeys(case.unit for tier in self.tiers for case in tier.cases))


def broken(trace, *streams):
    """When an output stream first did not offer what it offered before and nobody took; ``None`` if it never did.

    Only a run in Amaranth's simulator records that.
    """
    edges = [edge for name in streams for edge in trace.levels.get(f"{name}__broken", ())[1:]]
    return min(edges)[0] if edges else None
