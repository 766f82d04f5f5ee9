"""What to do about what Amaranth and Python say to one who is new to them."""

import re

__all__ = ["advice"]

TABLE = (
    ("Object None is not an 'Elaboratable'", "elaborate must return the module: it must end with return m"),
    (
        "Amaranth value to Python boolean",
        "if, and, or, not, min, max are Python's and run before there is hardware: write with m.If(...), and &, |, ~",
    ),
    (
        "Driver-driver conflict",
        "each bit of a signal has one domain: drive it always in m.d.sync or always in m.d.comb",
    ),
    (r"driven from domain|driven from module", "each bit of a signal is driven in one place and one domain"),
    ("Cannot index value with a value", "x[i] is for a number i; for a signal i: x.bit_select(i, 1), or Array"),
    ("is not an Amaranth statement", "== compares, x.eq(y) drives x with y"),
    (
        r"Object -?\d+\.\d+(e[-+]?\d+)? cannot be converted",
        "hardware has whole numbers only: // divides to one, / does not",
    ),
    ("must have a 'signature'", "connect joins streams and interfaces; a wire is m.d.comb += a.eq(b)"),
    ("'(int|bool|NoneType)' object has no attribute 'eq'", "only signals can be driven: x = Signal(8) makes one"),
    ("DriverConflict", "an input is driven: x.eq(y) is a wire from y to x"),
    ("'Module' object has no attribute 'next'|Only assignment to `m.next`", 'm.next = "STATE" is written, never read'),
    (r"`m\.next = ", "m.next belongs into with m.State(...), which belongs into with m.FSM()"),
    (r"does not work; use `with m", "if is Python's; with m.If(...) is hardware's"),
)
"""A part of what an exception says, and what is to be done."""


def advice(text):
    """A sentence, or nothing."""
    return next((words for pattern, words in TABLE if re.search(pattern, text)), "")
