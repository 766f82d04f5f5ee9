"""The receiver: a byte is what was on the line in the middle of ten bits, and nothing else ever is one."""

from amaranth.hdl import C, Cat, Mux, Signal

from hdl.midi import BAUD
from hdl.receiver import Receiver
from tests.formal.statement import DIVISORS, Bug, Proof

__all__ = ["PROOFS", "Heard"]


class Heard:
    """What a receiver should be hearing: counts bits and clocks from the falling edge of an idle line.

    ``slot`` is the number of the bit, 0 the start bit and 9 the stop bit, ``tick`` the clock within it; bit ``slot`` is
    looked at once, at tick ``half``. ``seen`` are the bits that were looked at.
    """

    def __init__(self, statement, receiver):
        m, level, divisor = statement.m, receiver.level, receiver.divisor
        self.half = half = (divisor - 1) // 2
        self.busy = Signal(name="hears")
        self.slot = Signal(4, name="heard_slot")
        self.tick = Signal(range(divisor), name="heard_tick")
        self.seen = Signal(9, name="heard_bits")
        self.previous = statement.before(level, name="heard_before")

        self.looks = self.busy & (self.tick == half)
        self.starts = ~self.busy & self.previous & ~level
        self.whole = self.looks & (self.slot == 9)
        self.good = self.whole & level
        self.bad = self.whole & ~level
        with m.If(self.starts):
            m.d.sync += [self.busy.eq(1), self.slot.eq(0), self.tick.eq(1)]
        with m.If(self.busy):
            m.d.sync += self.tick.eq(self.tick + 1)
            with m.If(self.tick == divisor - 1):
                m.d.sync += [self.tick.eq(0), self.slot.eq(self.slot + 1)]
        with m.If(self.looks):
            m.d.sync += self.seen.bit_select(self.slot, 1).eq(level)
        with m.If(self.whole | (self.looks & (self.slot == 0) & level)):
            m.d.sync += self.busy.eq(0)
        # Of what it hears, one byte is kept until it is taken.
        self.held = Signal(name="held")
        self.byte = Signal(8, name="held_byte")
        with m.If(receiver.bytes.ready):
            m.d.sync += self.held.eq(0)
        with m.If(self.good & (~self.held | receiver.bytes.ready)):
            m.d.sync += [self.held.eq(1), self.byte.eq(self.seen[1:])]

        self._lemmas(statement, receiver)

    def _lemmas(self, statement, receiver):
        inside, half, divisor = statement.inside(receiver), self.half, receiver.divisor
        looked = self.tick > half
        count = self.slot + looked
        begin = (1 << inside.width) - 1 + half
        statement.lemma(
            inside.busy == self.busy,
            ~self.busy | ((self.slot <= 9) & (self.tick < divisor)),
            ~self.busy | (self.slot != 0) | (self.tick != 0),
            ~self.busy | (self.slot != 9) | ~looked,
            ~self.busy | (inside.timer == begin - self.tick + Mux(looked, divisor, 0)),
            ~self.busy | (inside.first == (count == 0)),
            ~self.busy | (count == 0) | ~self.seen[0],
            inside.previous == self.previous,
            receiver.bytes.valid == self.held,
            ~self.held | (receiver.bytes.payload == self.byte),
        )
        for number in range(10):
            frame = Cat(C((1 << 9 - number) - 1, 9 - number), self.seen[:number])
            dark = ~self.seen[:number].any()
            statement.lemma(
                ~self.busy | (count != number) | ((inside.frame == frame) & (inside.dark == dark)),
            )


def bytes_and_errors(statement, divisor):
    """All that a receiver promises."""
    receiver = statement.component(Receiver, divisor * BAUD)
    bytes, level = receiver.bytes, receiver.level
    heard = Heard(statement, receiver)
    statement.holds_stream("bytes", bytes)

    # A byte is new in the clock after the one that saw its stop bit.
    new = bytes.valid & ~statement.before(bytes.valid & ~bytes.ready)
    statement.claim(
        "a byte comes only of a start bit, eight data bits and a high stop bit, each looked at in its middle as "
        "counted from the falling edge of the start bit, and is these data bits",
        ~new | (statement.before(heard.good) & (bytes.payload == heard.seen[1:])),
    )
    statement.claim(
        "of every such frame comes its byte, in the clock after the middle of its stop bit, unless it was overrun",
        ~statement.before(heard.good & ~receiver.overrun) | new,
    )
    statement.claim(
        "`overrun` pulses whenever and only when a whole byte finds another that is not being taken, and is dropped",
        receiver.overrun == (heard.good & bytes.valid & ~bytes.ready),
    )
    arrives = new | statement.before(receiver.overrun)
    since = statement.since(arrives, 10 * divisor)
    statement.claim(
        "two bytes are never closer than 9.5 bits, be they kept or overrun",
        ~arrives | (2 * since >= 19 * divisor),
    )
    dark = ~heard.seen.any()
    statement.claim(
        "`break_` pulses whenever and only when start bit, eight data bits and stop bit were all low",
        receiver.break_ == (heard.bad & dark),
    )
    statement.claim(
        "`framing_error` pulses whenever and only when the stop bit was low and some data bit high",
        receiver.framing_error == (heard.bad & ~dark),
    )
    error = receiver.break_ | receiver.framing_error
    low_since = Signal(name="low_since_error")
    statement.m.d.sync += low_since.eq((low_since | error) & ~level)
    statement.claim(
        "after a break or a framing error nothing comes until the line was high, neither byte nor error",
        ~low_since | ~(error | heard.good | receiver.overrun | (new & ~statement.before(heard.good))),
    )
    statement.lemma(~low_since | ~heard.busy, ~low_since | ~heard.previous)
    # A frame begins only when the one before it was whole.
    statement.lemma(
        ~heard.busy | (since >= heard.slot * divisor + heard.tick) | (since == 10 * divisor),
        ~arrives | ~heard.busy,
    )

    statement.cover("the byte A5 comes", new & (bytes.payload == 0xA5))
    statement.cover("a byte is overrun", receiver.overrun)
    statement.cover("two bytes come one after the other", new & (since < 10 * divisor))
    statement.cover("a break", receiver.break_)
    statement.cover("a framing error", receiver.framing_error)
    statement.cover("a byte comes after a break", new & statement.happened(receiver.break_))


PROOFS = [
    Proof(
        "receiver",
        (Receiver,),
        bytes_and_errors,
        parameters={"divisor": 384},
        small={"divisor": 8},
        also=DIVISORS,
        depth=3,
        reach=172,
        planted={
            "a byte 00 comes at power-up": Bug(Receiver, "sample & busy & ~frame[0]", "sample & ~frame[0]", reach=4),
            "the stop bit is not looked at": Bug(Receiver, "good.eq(complete & self.level)", "good.eq(complete)"),
            "the most significant bit comes first": Bug(
                Receiver, "Cat(frame[1:], self.level)", "Cat(self.level, frame[:8])"
            ),
            "a new byte takes the place of the held one": Bug(Receiver, "good & ~self.overrun", "good"),
            "bits are looked at a quarter of a bit early": Bug(Receiver, "// 2", "// 4"),
            "a break is heard again and again": Bug(Receiver, "previous & ~self.level", "~self.level"),
            "a glitch on the idle line begins a frame": Bug(
                Receiver, "m.Elif(complete | (sample & first & self.level))", "m.Elif(complete)"
            ),
            "every bad stop bit is a break": Bug(Receiver, "~self.level & dark)", "~self.level)"),
            "overrun when the held byte is just being taken": Bug(Receiver, "valid & ~self.bytes.ready", "valid"),
        },
    )
]
