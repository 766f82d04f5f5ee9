"""A table of functional coverage: what may happen in which state, and by which rule of docs/protocol.md."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Table", "cases_of"]


@dataclass(frozen=True)
class Table:
    """States by events.

    Parameters
    ----------
    title : :class:`str`
        What is looked at.
    component : :class:`str`
        Name of the component whose benches fill it.
    states, events : :class:`tuple`
        All there are, in the words of the page.
    rule : function
        The rule that says what ``(state, event)`` comes to, such as ``"R13"``; ``""`` where it follows from none but
        the component's own contract.
    impossible : function
        Why ``(state, event)`` can never happen, in words; ``""`` if it can.
    count : function
        How often each pair was met, of ``(bench, traces)``: a :class:`collections.Counter` of ``(state, event)``.
    """

    title: str
    component: str
    states: tuple
    events: tuple
    rule: Callable
    impossible: Callable
    count: Callable

    @property
    def pairs(self):
        """All pairs that can happen."""
        return [(s, e) for s in self.states for e in self.events if not self.impossible(s, e)]

    def counted(self, bench, traces):
        """How often each pair was met.

        Raises
        ------
        :exc:`ValueError`
            If one was met that the table has not, or says to be impossible.
        """
        counts = Counter(self.count(bench, traces))
        for state, event in counts:
            if state not in self.states or event not in self.events:
                raise ValueError(f"{self.title}: ({state}, {event}) was met, which the table has not")
            if why := self.impossible(state, event):
                raise ValueError(f"{self.title}: ({state}, {event}) was met, and must be impossible: {why}")
        return counts


def cases_of(bench, traces):
    """Stimulus and trace of each case."""
    return [(case.stimulus, traces[name]) for name, case in bench.cases.items()]
