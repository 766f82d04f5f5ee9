"""Finds an input of a component that the component drives itself: x.eq(y), the wrong way round."""

from amaranth.hdl import Fragment, Value
from amaranth.lib.wiring import In

__all__ = ["driven_input", "switches_and_assignments"]


def driven_input(component):
    """Name of the input, file and line of the statement; ``None`` if there is none.

    Raises whatever the component raises in ``elaborate``.
    """
    inputs = {}
    for place, member, value in component.signature.flatten(component):
        if member.flow == In:
            name = ".".join(map(str, place))
            inputs |= {id(signal): name for signal in Value.cast(value)._lhs_signals()}
    for statement in switches_and_assignments(Fragment.get(component, None)):
        for signal in statement.lhs._lhs_signals() if hasattr(statement, "lhs") else ():
            if id(signal) in inputs:
                return inputs[id(signal)], *statement.src_loc
    return None


def switches_and_assignments(fragment):
    """All of a fragment and its parts: what has ``lhs`` is an assignment, what has ``cases`` holds some."""
    for statements in fragment.statements.values():
        yield from _within(statements)
    for part, *_ in fragment.subfragments:
        # A part of another kind, such as an instance of something given, has no statements of ours.
        if hasattr(part, "statements"):
            yield from switches_and_assignments(part)


def _within(statements):
    for statement in statements:
        if hasattr(statement, "lhs") or hasattr(statement, "cases"):
            yield statement
        for _, inner, *_ in getattr(statement, "cases", ()):
            yield from _within(inner)
