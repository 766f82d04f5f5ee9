"""A receiver behind a transmitter: every byte arrives, unchanged and in order."""

from amaranth.hdl import C, Cat, Mux, Signal

from hdl.midi import BAUD
from hdl.receiver import Receiver
from hdl.transmitter import Transmitter
from tests.formal.proof_receiver import Heard
from tests.formal.proof_transmitter import Sent
from tests.formal.statement import DIVISORS, Bug, Proof

__all__ = ["PROOFS", "joined"]


def joined(statement, sent, heard, half):
    """How what is heard hangs together with what is sent, where the line between them has no delay."""
    begins = (sent.slot == 0) & (sent.tick == 0)
    over = (sent.slot == 9) & (sent.tick > half)
    statement.lemma(
        heard.busy == (sent.busy & ~begins & ~over),
        ~heard.busy | ((heard.slot == sent.slot) & (heard.tick == sent.tick)),
        ~(sent.busy & begins) | heard.previous,
    )
    for number, bit in enumerate(Cat(C(0, 1), sent.byte)):
        looked = (sent.slot > number) | ((sent.slot == number) & (sent.tick > half))
        statement.lemma(~sent.busy | ~looked | (heard.seen[number] == bit))


def bytes_through(statement, divisor):
    """What goes in at the transmitter comes out of the receiver."""
    transmitter = statement.component(Transmitter, divisor * BAUD, name="transmitter")
    receiver = statement.component(Receiver, divisor * BAUD, name="receiver")
    statement.m.d.comb += receiver.level.eq(transmitter.level)
    sent, heard = Sent(statement, transmitter), Heard(statement, receiver)
    joined(statement, sent, heard, heard.half)

    bytes = receiver.bytes
    came = (bytes.valid & ~statement.before(bytes.valid & ~bytes.ready)) | statement.before(receiver.overrun)
    due = Signal(name="due")
    with statement.m.If(came):
        statement.m.d.sync += due.eq(0)
    with statement.m.If(sent.takes):
        statement.m.d.sync += due.eq(1)
    dropped = statement.before(receiver.overrun)
    untaken = statement.since(bytes.ready, 10 * divisor)

    statement.claim("what comes was sent, and comes once: nothing else makes a byte, or an overrun", ~came | due)
    statement.claim("a byte comes as it was sent", ~came | dropped | (bytes.payload == sent.byte))
    statement.claim("a byte came, or was overrun, before the next one is taken to be sent", ~sent.takes | came | ~due)
    statement.claim(
        "a byte comes half a bit into its stop bit",
        came == statement.before(sent.busy & (sent.slot == 9) & (sent.tick == heard.half)),
    )
    statement.claim("there is never a break or a framing error", ~(receiver.break_ | receiver.framing_error))
    statement.claim(
        "a byte is overrun only when the one before it was not taken for the time of a byte",
        ~receiver.overrun | (untaken == 10 * divisor),
    )
    # A byte that is held came in the middle of the last stop bit.
    ended = (sent.slot == 9) & (sent.tick > heard.half)
    elapsed = Mux(ended, sent.tick, sent.slot * divisor + sent.tick + divisor)
    statement.lemma(~bytes.valid | (untaken >= Mux(sent.busy, elapsed, divisor) - heard.half))
    over = sent.busy & ((sent.slot != 9) | (sent.tick <= heard.half))
    statement.lemma(due == (over | statement.before(heard.whole)), statement.before(heard.whole) == came)
    statement.cover("A5 comes", came & (bytes.payload == 0xA5))
    statement.cover("two bytes without a gap come", came & statement.happened(came))
    statement.cover("a byte waits to be taken until it is overrun", receiver.overrun)


PROOFS = [
    Proof(
        "transmitter_receiver",
        (Transmitter, Receiver),
        bytes_through,
        parameters={"divisor": 384},
        small={"divisor": 8},
        also=DIVISORS,
        depth=3,
        reach=170,
        planted={
            "the receiver takes bits from the other end": Bug(
                Receiver, "Cat(frame[1:], self.level)", "Cat(self.level, frame[:8])"
            ),
            "the stop bit lasts half a bit": Bug(
                Transmitter,
                "self.bytes.ready.eq(~timer[-1]",
                "self.bytes.ready.eq((~timer[-1] | (timer[:-1] < 4) & (bits == 15))",
            ),
            "the transmitter sends seven bits": Bug(Transmitter, "16 + 8", "16 + 7"),
            "the receiver is ready for the next byte a bit late": Bug(
                Receiver, "complete | (sample", "(complete & 0) | (sample"
            ),
        },
    )
]
