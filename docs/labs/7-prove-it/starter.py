"""Lab 7: prove it. You write the claims; README.md beside this file says how to begin.

Each function gets a statement, the transmitter that it is about, and what an observer knows:

    statement.claim("in words", condition)   what must hold in every clock
    statement.happened(condition)            whether something was in an earlier clock
    statement.since(condition, limit)        clocks since something last was: 1 in the clock after; limit if never
    transmitter.bytes, transmitter.level     the ports of hdl/transmitter.py
    transmitter.divisor                      clocks of a bit
    sent.takes                               a byte is taken in this clock
    sent.busy, sent.slot, sent.tick          whether a frame is on its way; which of its bits, 0 to 9; which clock of it
    sent.byte                                the byte that is on its way

Conditions are Amaranth expressions. "If a then b" is ``~a | b``.
"""

from amaranth.hdl import C, Cat, Mux  # noqa: F401 -- what you may need.

__all__ = ["carries", "lemmas", "never_inside", "rests", "starts"]


def rests(statement, transmitter, sent):
    """Before the first byte is taken, and whenever no frame is on its way, the line is high."""
    # TODO: this is too much to claim. See which counterexample is found, and mend it.
    statement.claim("the line is always high", transmitter.level)


def starts(statement, transmitter, sent):
    """A frame begins in the clock after its byte was taken, with a start bit of ``divisor`` clocks."""
    # TODO


def never_inside(statement, transmitter, sent):
    """No byte is taken inside a frame: from one to the next there are at least ten bits."""
    # TODO


def carries(statement, transmitter, sent):
    """The data bits are those of the byte, least significant first, and the stop bit is high."""
    # TODO


def lemmas(statement, transmitter, sent):
    """How the registers hang together with what the observer knows, so that all claims follow by induction.

    ``inside = statement.inside(transmitter)`` has the registers by the names in hdl/transmitter.py: ``inside.timer``,
    ``inside.bits``, ``inside.mark`` and ``inside.load``. ``statement.lemma(condition)`` says what must hold in every
    clock, and is proved together with the claims.
    """
    # TODO
