"""The three kinds of thru: what comes out at MIDI Thru is a line that the next receiver can rely on."""

from math import ceil

from amaranth.hdl import C, Cat, Mux, Signal

from hdl.midi import BAUD
from hdl.thru import DirectThru, RetimedThru, StoredThru
from tests.formal.proof_receiver import Heard
from tests.formal.proof_transmitter import Sent
from tests.formal.statement import DIVISORS, Bug, Proof

__all__ = ["PROOFS"]

IDLE, FRAME, TAIL = range(3)
"""What a line is in: idle, a frame, or the rest of a bad stop bit."""


def direct(statement, divisor):
    """All that a direct thru promises."""
    thru = statement.component(DirectThru, divisor * BAUD)
    statement.claim("what goes out is what comes in, in the same clock", thru.level_out == thru.level_in)
    statement.claim("`overrun` is never high", ~thru.overrun)
    statement.cover("the line falls", statement.before(thru.level_out) & ~thru.level_out)


def stored(statement, divisor):
    """All that a stored thru promises of what its filter lets through."""
    thru = statement.component(StoredThru, divisor * BAUD)
    parts = statement.inside(thru)
    sent, heard = Sent(statement, parts.transmitter), Heard(statement, parts.receiver)
    statement.claim(
        "the receiver hears the pin through a filter of 3 us",
        (parts.line.pin == thru.level_in)
        & (parts.receiver.level == parts.line.level)
        & (parts.line.samples == ceil(3e-6 * divisor * BAUD) + 1),
    )
    statement.claim("the line is high in reset and when idle", sent.busy | thru.level_out)
    statement.claim(
        "a frame is exactly ten bits of `divisor` clocks, the last of them high",
        ~sent.busy | (thru.level_out == sent.level),
    )
    statement.claim(
        "each byte that is sent was received, and is sent once",
        ~sent.takes | (heard.held & (parts.transmitter.bytes.payload == heard.byte)),
    )
    statement.claim("a byte that was received waits only while another is sent", ~heard.held | sent.busy | sent.takes)
    statement.claim(
        "`overrun` pulses whenever and only when a byte is dropped, as the one before it still waits",
        thru.overrun == (heard.good & heard.held & ~sent.takes),
    )
    statement.cover("a byte is sent", sent.busy & sent.last & (sent.byte == 0xA5))
    statement.cover("a byte waits for another", heard.held & sent.busy)


class Watched:
    """A line as it is seen from outside: where it is in a frame, and for how many clocks it has been high.

    ``highs`` counts those before this clock, ``frame`` says that this clock belongs to bit ``slot``, its ``tick``.
    """

    def __init__(self, statement, level, divisor, enough):
        m = statement.m
        self.phase = Signal(2, name="line_is_in")
        slot, tick = Signal(4, name="next_slot"), Signal(range(divisor), name="next_tick")
        highs = Signal(range(enough + 1), name="line_was_high")
        good_stop = (self.phase == FRAME) & (slot == 9) & (tick == 0) & level
        self.ends = good_stop | ((self.phase == TAIL) & level)
        self.idle = self.ends | ((self.phase == IDLE) & level)
        self.begins = (self.phase == IDLE) & ~level
        self.frame = self.begins | ((self.phase == FRAME) & ~good_stop)
        self.slot, self.tick = Mux(self.begins, 0, slot), Mux(self.begins, 0, tick)
        self.highs = Mux(self.ends, 0, highs)

        with m.If(self.idle):
            m.d.sync += [self.phase.eq(IDLE), highs.eq(Mux(self.highs == enough, enough, self.highs + 1))]
        with m.Elif(self.frame & (self.tick == divisor - 1)):
            m.d.sync += [self.phase.eq(Mux(slot == 9, TAIL, FRAME)), slot.eq(slot + 1), tick.eq(0)]
        with m.Elif(self.frame):
            m.d.sync += [self.phase.eq(FRAME), slot.eq(self.slot), tick.eq(self.tick + 1)]
        statement.lemma(highs <= enough, (self.phase != FRAME) | ((slot <= 9) & (tick < divisor)), self.phase <= TAIL)


def _two_clocks_late(statement, thru, level):
    once = statement.before(thru.level_in, init=1, reset_less=True)
    twice = statement.before(once, init=1, reset_less=True)
    statement.claim("what is looked at, the input, is the pin two clocks late", level == twice)


def retimed_any(statement, divisor):
    """What a retimed thru promises whatever comes in."""
    thru = statement.component(RetimedThru, divisor * BAUD)
    inside, out = statement.inside(thru), thru.level_out
    least = -(-7 * divisor // 10)
    _two_clocks_late(statement, thru, inside.level)
    line = Watched(statement, out, divisor, least + 2)
    high_for, low_for = (Signal(range(divisor + 1), name=f"input_was_{level}") for level in ("high", "low"))
    for clocks, level in ((high_for, inside.level), (low_for, ~inside.level)):
        statement.m.d.sync += clocks.eq(Mux(level, Mux(clocks == divisor, divisor, clocks + 1), 0))

    statement.claim(
        "a start bit comes only after the line was high for at least 0.7 of a bit",
        ~line.begins | (line.highs >= least),
    )
    lasted = statement.before(statement.before(~inside.level & (low_for >= thru.half)))
    statement.claim(
        "a start bit comes only when the input was low for half a bit without interruption, so that no shorter glitch "
        "on the idle line passes, nor any burst of them",
        ~line.begins | lasted,
    )
    statement.claim(
        "start bit, data bits and a low stop bit each last at least `divisor` clocks, and change only after whole bits",
        ~line.frame | (line.tick == 0) | (out == statement.before(out, init=1)),
    )
    ended = statement.before(statement.before(inside.level & (high_for >= thru.half)))
    statement.claim(
        "a bad stop bit longer than a bit ends only when the input was high for half a bit without interruption",
        (line.phase != TAIL) | (statement.before(line.phase) != TAIL) | ~out | ended,
    )
    rested = Signal(range(divisor + 1), name="input_rested")
    with statement.m.If((high_for != 0) & ~inside.level):
        statement.m.d.sync += rested.eq(high_for)
    statement.claim(
        "a frame is dropped only if the stop bit before it would be shorter than 0.7 of a bit, or if the input was "
        "high before it, as behind a glitch, for no more than 0.2 of a bit, rounded up to a clock",
        ~thru.overrun | (line.highs + 2 < least) | (5 * (rested - 1) < divisor),
    )
    dropping = Signal(name="dropping")
    with statement.m.If(inside.ends):
        statement.m.d.sync += dropping.eq(0)
    with statement.m.If(thru.overrun):
        statement.m.d.sync += dropping.eq(1)
    dropped = statement.since(thru.overrun, 9 * divisor)
    statement.claim(
        "a frame that is dropped leaves no trace, in nine bits from there and until its stop bit was high",
        (~dropping & (dropped == 9 * divisor)) | out,
    )
    sent = statement.before(statement.before(inside.begins & ~thru.overrun))
    statement.claim("a frame that begins goes out two clocks later, or `overrun` pulses", ~sent | line.begins)
    statement.lemma(*_retimed_lemmas(statement, thru, line, (high_for, low_for, dropped, rested)))
    statement.lemma(~dropping | (~inside.clear & line.idle), ~dropping | inside.busy | ~inside.line)

    statement.cover("a frame is dropped", thru.overrun)
    statement.cover("a bad stop bit goes out", (line.phase == TAIL) & ~out)
    statement.cover("a good frame goes out", line.ends & (line.phase == FRAME))


def _retimed_lemmas(statement, thru, line, counts):
    high_for, low_for, dropped, rested = counts
    divisor, half, guard, inside = thru.divisor, thru.half, thru.guard, statement.inside(thru)
    least = half + 1 + guard
    # Clocks until the next sample, and since the last one.
    rest = inside.timer - ((1 << inside.width) - 1)
    since = divisor - 1 - rest
    out, bits, sends = thru.level_out, inside.bits, inside.busy & inside.clear
    drops = inside.busy & ~inside.clear
    idle = ~inside.busy & inside.line
    low = ~inside.busy & ~inside.line
    ended = statement.before(inside.ends)
    last = line.frame & (line.tick == divisor - 1)
    return [
        (rest >= 0) & (rest < divisor) | (low & ~inside.previous),
        ~inside.busy | ((bits <= 9) & (~inside.line | ((bits != 9) & (bits != 0)))),
        # In a frame that is sent the output is one clock behind.
        ~sends
        | (since == 0)
        | (line.frame & (line.slot == 9 - bits) & (line.tick == since - 1) & (out == inside.line)),
        ~sends | (since != 0) | Mux(bits == 9, line.idle & (line.highs >= least - 1), last & (line.slot == 8 - bits)),
        ~drops | (line.idle & ((line.highs >= least) | (bits == 9) & (line.highs + 1 >= since))),
        # Between frames.
        ~idle | Mux(ended & ~inside.clear, last & (line.slot >= 8) | (line.phase == TAIL) & ~out, line.idle),
        ~(idle & ended) | inside.previous,
        ~(idle & ended & ~inside.clear) | (rest == guard - 1),
        ~(idle & ~ended & ~inside.clear & inside.previous) | (line.highs + rest >= guard - 2),
        ~(idle & ~inside.clear & inside.previous & ~ended)
        | (high_for + rest <= guard)
        | (line.highs + rest <= guard - 2),
        ~(idle & ~inside.clear & ~inside.previous) | (rested <= guard) | (line.highs + rest <= guard + half - 2),
        ~(idle & inside.clear) | (line.highs >= guard - 1),
        ~(idle & inside.clear & ~inside.previous) | (line.highs + rest >= least - 2),
        # Behind a bad stop bit, and after reset.
        ~(low & inside.clear) | (~out & ((line.phase == TAIL) | (last & (line.slot == 9)))),
        ~(low & ~inside.clear) | (line.idle & (~inside.previous | (line.highs + rest >= half - 1))),
        ~(low & inside.previous) | (high_for + rest >= half),
        ~(idle & ~inside.previous) | (low_for + rest >= half),
        (high_for <= divisor) & (low_for <= divisor),
        # The samples of a frame are whole bits apart.
        ~drops | Mux(bits == 0, dropped == 9 * divisor, dropped == (9 - bits) * divisor + since + 1),
        drops | (dropped == 9 * divisor),
    ]


class Legal:
    """A sender whose frames are legal, as the synchronized input shows them; what it sends is free.

    Each bit is right in its middle, as counted from the falling edge of the start bit, and the start bit is low until
    then. Everywhere else anything may happen: edges may come early, late and often.
    """

    def __init__(self, statement, level, divisor, least):
        m, half = statement.m, (divisor - 1) // 2
        self.busy = Signal(name="input_is_busy")
        self.slot, self.tick = Signal(4, name="input_slot"), Signal(range(divisor), name="input_tick")
        self.byte, self.next = Signal(8, name="input_byte"), statement.free(8, "next_byte")
        self.bits = Cat(C(0, 1), self.byte, C(1, 1))
        self.falls = ~self.busy & ~level
        # Clocks since the start bit, to where the next one may follow; and since reset.
        self.shortest = 9 * divisor + least
        self.since = statement.since(self.falls, self.shortest)
        self.fresh = statement.since(0, divisor, init=0)
        self.looks = self.busy & (self.tick == half)
        self.over = self.looks & (self.slot == 9)
        with m.If(self.falls):
            m.d.sync += [self.busy.eq(1), self.slot.eq(0), self.tick.eq(1), self.byte.eq(self.next)]
        with m.If(self.busy):
            m.d.sync += self.tick.eq(self.tick + 1)
            with m.If(self.tick == divisor - 1):
                m.d.sync += [self.tick.eq(0), self.slot.eq(self.slot + 1)]
        with m.If(self.over):
            m.d.sync += self.busy.eq(0)

        statement.premise(
            "the middle of each bit is right, and the start bit is low until its middle",
            Mux(self.looks, level == self.bits.bit_select(self.slot, 1), 1)
            & (~self.busy | (self.slot != 0) | (self.tick >= half) | ~level),
        )
        statement.premise(
            "the next start bit falls 9.7 bits behind the one before, or later, and not within a bit of reset",
            ~self.falls | ((self.since == self.shortest) & (self.fresh == divisor)) | statement.rst,
        )
        statement.lemma(
            ~self.busy | ((self.slot <= 9) & (self.tick < divisor) & (self.since == self.slot * divisor + self.tick)),
            ~self.busy | (self.slot != 9) | (self.tick <= half),
            ~self.busy | (self.tick != 0) | (self.slot != 0),
            self.busy | (self.since > 9 * divisor + half),
            ~self.busy & (self.since == self.shortest) | (self.fresh == divisor),
        )


def retimed_legal(statement, divisor):
    """What a retimed thru makes of a legal line."""
    thru = statement.component(RetimedThru, divisor * BAUD)
    inside, m, half = statement.inside(thru), statement.m, thru.half
    _two_clocks_late(statement, thru, inside.level)
    came = Legal(statement, inside.level, divisor, -(-7 * divisor // 10))

    # What should go out: start bit and data bits, two clocks behind the middle of those that came.
    goes, slot, tick = Signal(name="sends"), Signal(4, name="sent_slot"), Signal(range(divisor), name="sent_tick")
    byte = Signal(8, name="sent_byte")
    with m.If(goes):
        m.d.sync += tick.eq(tick + 1)
        with m.If(tick == divisor - 1):
            m.d.sync += [tick.eq(0), slot.eq(slot + 1), goes.eq(slot != 8)]
    with m.If(came.busy & (came.slot == 0) & (came.tick == half + 1)):
        m.d.sync += [goes.eq(1), slot.eq(0), tick.eq(0), byte.eq(came.byte)]

    bits = Cat(C(0, 1), byte)
    statement.claim(
        "of a legal frame comes the same frame, each bit exactly `divisor` clocks long, half a bit and four clocks "
        "behind the pin, and high otherwise: start bit, data, least significant first, stop bit until the next start",
        thru.level_out == Mux(goes, bits.bit_select(slot, 1), 1),
    )
    statement.claim("no legal frame is dropped", ~thru.overrun)
    begins = goes & (slot == 0) & (tick == 0)
    highs = statement.since(~thru.level_out, divisor, init=0)
    statement.lemma(*_legal_lemmas(thru, inside, came, (goes, slot, tick, byte)))
    statement.cover("A5 goes out", goes & (slot == 8) & (tick == 5) & (byte == 0xA5))
    statement.cover("a frame follows after 9.7 bits", begins & (highs < divisor) & statement.happened(goes))


def _legal_lemmas(thru, inside, came, sent):
    divisor, half, guard = thru.divisor, thru.half, thru.guard
    goes, slot, tick, byte = sent
    rest = inside.timer - ((1 << inside.width) - 1)
    looked = came.tick > half
    count = came.slot + looked
    begun, idle = came.busy & (count != 0), ~came.busy & (came.fresh > half)
    stopped = ~came.busy & (came.since == 9 * divisor + half + 1)
    # How far the output is behind the input, which is half a bit and two clocks.
    ahead = came.tick >= half + 2
    return [
        ~(came.busy | idle) | ((rest >= 0) & (rest < divisor)),
        ~came.busy | (came.fresh == divisor),
        ~came.busy | (rest == half - came.tick + Mux(looked, divisor, 0)),
        ~came.busy | ~inside.previous | (count != 0),
        ~came.busy | (inside.clear & (inside.busy == begun)),
        ~came.busy | begun | inside.line,
        ~begun | ((inside.bits == 10 - count) & (inside.line == came.bits.bit_select((count - 1)[:4], 1))),
        came.busy | (~inside.busy & (inside.line == idle)),
        ~idle | inside.previous,
        ~idle | (inside.clear == (came.since == came.shortest)),
        ~idle | inside.clear | (rest == guard + 9 * divisor + half - came.since),
        came.busy | idle | (~inside.clear & (came.since == came.shortest)),
        came.busy | idle | Mux(came.fresh == 0, ~inside.previous, inside.previous & (rest == half - came.fresh)),
        goes == ((came.busy & (came.slot * divisor + came.tick >= half + 2)) | stopped),
        ~goes | ((slot <= 8) & (tick < divisor)),
        ~(goes & came.busy) | (byte == came.byte),
        ~(goes & came.busy & ahead) | ((slot == came.slot) & (tick == came.tick - half - 2)),
        ~(goes & came.busy & ~ahead) | ((slot + 1 == came.slot) & (tick == came.tick + divisor - half - 2)),
        ~(goes & stopped) | ((slot == 8) & (tick == divisor - 1)),
    ]


PROOFS = [
    Proof(
        "thru_direct",
        (DirectThru,),
        direct,
        parameters={"divisor": 384},
        small={"divisor": 384},
        planted={
            "the output is turned over": Bug(
                DirectThru, "eq(self.level_in)\n        return", "eq(~self.level_in)\n        return"
            )
        },
    ),
    Proof(
        "thru_stored",
        (StoredThru,),
        stored,
        parameters={"divisor": 384},
        small={"divisor": 8},
        also=DIVISORS,
        depth=3,
        reach=175,
        planted={
            "a bad stop bit counts as overrun": Bug(StoredThru, "receiver.overrun)", "receiver.framing_error)"),
            "the receiver hears the output": Bug(
                StoredThru, "line.pin.eq(self.level_in)", "line.pin.eq(self.level_out)"
            ),
            "bytes are turned over": Bug(
                StoredThru,
                "connect(m, receiver.bytes, transmitter.bytes)",
                "m.d.comb += [transmitter.bytes.valid.eq(receiver.bytes.valid), "
                "transmitter.bytes.payload.eq(~receiver.bytes.payload), "
                "receiver.bytes.ready.eq(transmitter.bytes.ready)]",
            ),
            "the output is the input": Bug(
                StoredThru, "self.level_out.eq(transmitter.level)", "self.level_out.eq(line.level)"
            ),
        },
    ),
    Proof(
        "thru_retimed",
        (RetimedThru,),
        retimed_any,
        parameters={"divisor": 384},
        small={"divisor": 8},
        also=DIVISORS,
        depth=3,
        reach=180,
        planted={
            "an overrun is not told": Bug(
                RetimedThru, "self.overrun.eq(begins & ~clear)", "self.overrun.eq(begins & 0)"
            ),
            "the stop bit is a clock too short": Bug(RetimedThru, "- self.half - 1", "- self.half - 2"),
            "a glitch on the idle line begins a frame": Bug(
                RetimedThru,
                "edge.eq(~busy & (previous ^ level))",
                "edge.eq(~busy & ~line & (previous ^ level))",
                reach=40,
            ),
            "the line is turned over": Bug(
                RetimedThru, "synchronizer.pin.eq(self.level_in)", "synchronizer.pin.eq(~self.level_in)", reach=8
            ),
            "a glitch costs a frame long after it": Bug(
                RetimedThru, "with m.If(line & level)", "with m.If(0)", reach=150, guided=False
            ),
            "a frame that is dropped ends with its first high bit": Bug(
                RetimedThru,
                "Mux(busy, bits[1:] == 0, ~line)",
                "Mux(busy, (bits[1:] == 0) | ~clear, ~line)",
                reach=150,
                guided=False,
            ),
            "a frame that is dropped is sent from its middle": Bug(
                RetimedThru, "mark.eq(~line & clear)", "mark.eq(~line)"
            ),
            "a bad stop bit ends at once": Bug(RetimedThru, "sample.eq(over & ~edge)", "sample.eq(over)"),
        },
    ),
    Proof(
        "thru_retimed_legal",
        (RetimedThru,),
        retimed_legal,
        parameters={"divisor": 384},
        small={"divisor": 8},
        also=DIVISORS,
        depth=3,
        reach=190,
        planted={
            "bits are taken a quarter of a bit early": Bug(
                RetimedThru, "self.half = (self.divisor - 1) // 2", "self.half = (self.divisor - 1) // 4"
            ),
            "the guard is a clock too long": Bug(RetimedThru, "- self.half - 1", "- self.half"),
        },
    ),
]
