"""The transmitter: ten bits of exactly ``divisor`` clocks for every byte, and an idle line otherwise."""

from amaranth.hdl import C, Cat, Mux, Signal

from hdl.midi import BAUD
from hdl.transmitter import Transmitter
from tests.formal.statement import DIVISORS, Bug, Proof

__all__ = ["PROOFS", "Sent"]


class Sent:
    """What a transmitter should be doing: counts bits and clocks from the moment it took a byte.

    ``slot`` is the number of the bit, 0 the start bit and 9 the stop bit, ``tick`` the clock within it.
    """

    def __init__(self, statement, transmitter):
        m, divisor = statement.m, transmitter.divisor
        self.busy = Signal(name="sends")
        self.slot = Signal(4, name="sent_slot")
        self.tick = Signal(range(divisor), name="sent_tick")
        self.byte = Signal(8, name="sent_byte")
        self.takes = transmitter.bytes.valid & transmitter.bytes.ready
        self.last = (self.slot == 9) & (self.tick == divisor - 1)

        with m.If(self.tick == divisor - 1):
            m.d.sync += [self.tick.eq(0), self.slot.eq(self.slot + 1)]
        with m.Else():
            m.d.sync += self.tick.eq(self.tick + 1)
        with m.If(~self.busy | self.last):
            m.d.sync += [self.slot.eq(0), self.tick.eq(0), self.busy.eq(0)]
        with m.If(self.takes):
            m.d.sync += [self.slot.eq(0), self.tick.eq(0), self.busy.eq(1), self.byte.eq(transmitter.bytes.payload)]

        bits = Cat(C(0, 1), self.byte, C(1, 1))
        self.level = Mux(self.busy, bits.bit_select(self.slot, 1), 1)

        # How the transmitter's own counters hang together with these.
        inside = statement.inside(transmitter)
        ones = (~self.byte << 1 | 1)[:9]
        statement.lemma(
            (self.slot <= 9) & (self.tick < divisor),
            self.busy | ((self.slot == 0) & (self.tick == 0)),
            Mux(self.busy, inside.timer == inside.load - self.tick, ~inside.timer[-1]),
            Mux(self.busy, inside.bits == 24 - self.slot, ~inside.bits[-1]),
            inside.mark == Mux(self.busy, ones >> self.slot, 0),
        )


def frames(statement, divisor):
    """All that a transmitter promises."""
    transmitter = statement.component(Transmitter, divisor * BAUD)
    bytes, level = transmitter.bytes, transmitter.level
    sent = Sent(statement, transmitter)

    statement.claim("the line is high in reset and when idle", sent.busy | level)
    statement.claim(
        "a frame is exactly ten bits of `divisor` clocks: start bit, what went in, least significant first, stop bit",
        ~sent.busy | (level == sent.level),
    )
    statement.claim(
        "a byte is taken when the line is idle and in the last clock of the stop bit, and at no other time",
        bytes.ready == (~sent.busy | sent.last),
    )
    statement.cover("a whole frame of A5 is sent", sent.busy & sent.last & (sent.byte == 0xA5))
    statement.cover("a byte follows without a gap", sent.busy & sent.last & sent.takes)


PROOFS = [
    Proof(
        "transmitter",
        (Transmitter,),
        frames,
        parameters={"divisor": 384},
        small={"divisor": 8},
        also=DIVISORS,
        reach=83,
        planted={
            "the frame ends a bit early": Bug(Transmitter, "bits.eq(16 + 8)", "bits.eq(16 + 7)"),
            "the most significant bit goes first": Bug(Transmitter, "~self.bytes.payload", "~self.bytes.payload[::-1]"),
            "a bit is a clock too long": Bug(Transmitter, "self.divisor - 2\n", "self.divisor - 1\n"),
            "the line is low in reset": Bug(Transmitter, "mark = Signal(9)", "mark = Signal(9, init=1)"),
            "a byte is taken inside a frame": Bug(Transmitter, "~timer[-1] & ~bits[-1]", "~timer[-1]"),
        },
    )
]
