"""Finds numbers that a signal cannot hold: put into it they become others, compared with it they are never equal."""

from pathlib import Path

from amaranth.hdl import Const, Fragment, Signal

from tests.lab.driven import switches_and_assignments

__all__ = ["too_narrow"]

DEEP = 6
"""Levels of an expression that are looked at."""


def too_narrow(component, path):
    """What each such line of the file is, in its order.

    Raises whatever the component raises in ``elaborate``.
    """
    found = set()
    for statement in switches_and_assignments(Fragment.get(component, None)):
        file, line = statement.src_loc
        if Path(file).resolve() == Path(path).resolve():
            found |= {(line, words) for words in _of_a_statement(statement)}
    return [f"line {line} {words}" for line, words in sorted(found)]


def _of_a_statement(statement):
    if hasattr(statement, "lhs"):
        if number := _unheld(statement.lhs, statement.rhs):
            low, high = _range(statement.lhs)
            left = (number - low) % (high - low + 1) + low
            yield f"puts {number} into {statement.lhs.name}, which holds {low} to {high}: it becomes {left}"
        yield from _compared(statement.rhs)
    else:
        yield from _compared(statement.test)


def _compared(value, depth=0):
    if depth == DEEP:
        return
    operands = getattr(value, "operands", None) or getattr(value, "parts", ())
    if getattr(value, "operator", "") == "==":
        for signal, other in (operands, operands[::-1]):
            if number := _unheld(signal, other):
                low, high = _range(signal)
                yield f"compares {signal.name}, which holds {low} to {high}, with {number}: they are never equal"
    for operand in operands:
        yield from _compared(operand, depth + 1)


def _unheld(signal, other):
    """The number above all that a signal holds; one below, such as -1 for all ones, is meant to be cut."""
    if isinstance(signal, Signal) and isinstance(other, Const) and other.value > _range(signal)[1]:
        return other.value
    return None


def _range(signal):
    width, signed = len(signal), signal.shape().signed
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
