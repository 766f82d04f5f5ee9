"""The ports: their parts are joined as they should be, and nothing is lost in silence."""

from amaranth.hdl import Cat, Signal, Value

from hdl.midi import BAUD
from hdl.port import PacketPort, Port
from tests.formal.proof_receiver import Heard
from tests.formal.proof_transmitter import Sent
from tests.formal.statement import DIVISORS, Bug, Proof

__all__ = ["PROOFS"]


def _line_out(statement, port, transmitter):
    sent = Sent(statement, transmitter)
    statement.claim("MIDI Out is high in reset and when idle", sent.busy | port.midi_out)
    statement.claim(
        "a frame at MIDI Out is exactly ten bits of `divisor` clocks: start bit, what went in, least significant "
        "first, stop bit",
        ~sent.busy | (port.midi_out == sent.level),
    )
    statement.claim("MIDI Thru is MIDI In, in the same clock", port.midi_thru == port.midi_in)
    return sent


def bytes_in_and_out(statement, divisor):
    """What a port promises, but for what its filter and its receiver do with the pin."""
    port = statement.component(Port, divisor * BAUD)
    parts = statement.inside(port)
    sent, heard = _line_out(statement, port, parts.transmitter), Heard(statement, parts.receiver)
    statement.holds_stream("received", port.received)
    new = port.received.valid & ~statement.before(port.received.valid & ~port.received.ready)
    statement.claim(
        "a byte comes only of a whole frame on the filtered line, and is its data bits",
        ~new | (statement.before(heard.good) & (port.received.payload == heard.seen[1:])),
    )
    statement.claim(
        "a whole frame makes a byte or an overrun, one with a bad stop bit a break or a framing error",
        (heard.good == (port.overrun | heard.good & (~port.received.valid | port.received.ready)))
        & (heard.bad == (port.break_ | port.framing_error)),
    )
    statement.claim("what is sent is taken only when the line is free", port.send.ready == (~sent.busy | sent.last))
    statement.claim("a direct thru never overruns", ~port.thru_overrun)
    statement.cover("A5 comes in", new & (port.received.payload == 0xA5))
    statement.cover("A5 goes out", sent.busy & sent.last & (sent.byte == 0xA5))


def packets_in_and_out(statement, divisor, depth):
    """What a port of packets promises, but for what its parser and its encoder make of bytes."""
    port = statement.component(PacketPort, divisor * BAUD, depth=depth)
    parts = statement.inside(port)
    inner = statement.inside(parts.port)
    statement.feeds_stream("packets_in", port.packets_in)
    statement.feeds_stream("realtime", port.realtime)
    _line_out(statement, port, inner.transmitter)
    statement.holds_stream("packets_out", port.packets_out)
    waiting = port.packets_out.valid & ~port.packets_out.ready
    statement.claim(
        "`cut` does not change while a packet is offered",
        ~statement.before(waiting) | (port.cut == statement.before(port.cut)),
    )

    received, parser = parts.port.received, parts.parser
    statement.claim(
        "each byte is shown once, when the parser takes it",
        (port.received.valid == (received.valid & received.ready)) & (port.received.payload == parser.bytes.payload),
    )
    statement.claim(
        "each error of the receiver is told to the parser in its clock",
        parser.lost == (port.framing_error | port.break_ | port.overrun),
    )
    _in_order(statement, port, parts)
    statement.cover("a packet waits", port.packets_out.valid & ~port.packets_out.ready)


def _in_order(statement, port, parts):
    m, fifo = statement.m, statement.inside(parts.waiting)
    places = fifo.storage.depth
    made, given = parts.parser.packets, port.packets_out
    puts, gets = made.valid & made.ready, given.valid & given.ready
    # Any packet at all: the ``number``-th, counted round.
    number, into, out_of = statement.constant(8, "number"), Signal(8, name="went_in"), Signal(8, name="came_out")
    packet, cut = Signal(32, name="packet"), Signal(name="was_cut")
    with m.If(puts):
        m.d.sync += into.eq(into + 1)
        with m.If(into == number):
            m.d.sync += [packet.eq(Value.cast(made.payload)), cut.eq(parts.parser.cut)]
    with m.If(gets):
        m.d.sync += out_of.eq(out_of + 1)
    statement.claim(
        "packets come out as the parser made them, in order, none missing and none twice",
        ~(given.valid & (out_of == number)) | ((Value.cast(given.payload) == packet) & (port.cut == cut)),
    )
    statement.claim("nothing comes out that did not go in", ~given.valid | (into != out_of))

    ahead, behind = (number - out_of)[:8], (into - number)[:8]
    window = fifo.storage_windows[0]
    m.d.comb += window.addr.eq(fifo.produce - behind)
    in_storage = (ahead >= given.valid) & (ahead < (into - out_of)[:8])
    statement.lemma(
        (into - out_of)[:8] == fifo.inner_level + given.valid,
        fifo.inner_level <= places,
        ((fifo.produce - fifo.consume) % places) == fifo.inner_level % places,
        ~in_storage | (window.data == Cat(packet, cut)),
        ~(given.valid & (ahead == 0)) | (parts.waiting.r_data == Cat(packet, cut)),
    )
    statement.cover("a packet comes out", gets & (out_of == number))


PROOFS = [
    Proof(
        "port",
        (Port,),
        bytes_in_and_out,
        parameters={"divisor": 384},
        small={"divisor": 8},
        also=DIVISORS,
        depth=3,
        reach=100,
        planted={
            "MIDI Out is not joined": Bug(Port, "self.midi_out.eq(transmitter.level)", "self.midi_out.eq(1)"),
            "overrun and break change places": Bug(
                Port, "self.break_.eq(receiver.break_)", "self.break_.eq(receiver.overrun)"
            ),
        },
    ),
    Proof(
        "packet_port",
        (PacketPort,),
        packets_in_and_out,
        parameters={"divisor": 384, "depth": 5},
        small={"divisor": 8, "depth": 3},
        also=({"divisor": 9, "depth": 9},),
        depth=3,
        reach=95,
        planted={
            "a framing error is not told": Bug(PacketPort, "port.framing_error | port.break_ |", "port.break_ |"),
            "a packet comes out with its bits shifted": Bug(PacketPort, "waiting.r_data[:32]", "waiting.r_data[1:33]"),
            "a byte is shown turned over": Bug(
                PacketPort, "payload.eq(port.received.payload)", "payload.eq(~port.received.payload)"
            ),
        },
    ),
]
