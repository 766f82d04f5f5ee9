"""The ports: their parts are joined as they should be, and nothing is lost in silence."""

from math import ceil

from amaranth.hdl import Cat, Signal, Value

from hdl.midi import BAUD
from hdl.port import PacketPort, Port
from tests.formal.proof_receiver import Heard
from tests.formal.proof_transmitter import Sent
from tests.formal.statement import DIVISORS, Bug, Proof

__all__ = ["PROOFS"]

GLITCH = 3e-6
"""Longest pulse in seconds that a port removes, where nothing else is said."""


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


def _line_in(statement, port, parts):
    samples = ceil(GLITCH * parts.receiver.divisor * BAUD) + 1
    statement.claim(
        "the receiver hears MIDI In through a filter of 3 us",
        (parts.line.pin == port.midi_in) & (parts.receiver.level == parts.line.level) & (parts.line.samples == samples),
    )


def _same_stream(one, other):
    """Whether two streams are one."""
    same = Value.cast(one.payload) == Value.cast(other.payload)
    return (one.valid == other.valid) & (one.ready == other.ready) & same


def bytes_in_and_out(statement, divisor):
    """What a port promises, but for what its filter does with the pin."""
    port = statement.component(Port, divisor * BAUD)
    parts = statement.inside(port)
    sent, heard = _line_out(statement, port, parts.transmitter), Heard(statement, parts.receiver)
    _line_in(statement, port, parts)
    statement.holds_stream("received", port.received)
    new = port.received.valid & ~statement.before(port.received.valid & ~port.received.ready)
    statement.claim(
        "a byte comes only of a whole frame on the filtered line, and is its data bits",
        ~new | (statement.before(heard.good) & (port.received.payload == heard.seen[1:])),
    )
    dropped, dark = heard.good & port.received.valid & ~port.received.ready, ~heard.seen.any()
    statement.claim(
        "of every whole frame comes its byte, in the clock after the middle of its stop bit, unless it was overrun",
        ~statement.before(heard.good & ~port.overrun) | new,
    )
    statement.claim(
        "a whole frame that finds another byte which is not being taken makes an overrun, one with a bad stop bit a "
        "break if all of it was low, and else a framing error; nothing else makes any of these",
        (port.overrun == dropped) & (port.break_ == (heard.bad & dark)) & (port.framing_error == (heard.bad & ~dark)),
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
    _line_in(statement, port, inner)
    _joined(statement, port, parts, inner)
    statement.holds_stream("packets_out", port.packets_out)
    waiting = port.packets_out.valid & ~port.packets_out.ready
    statement.claim(
        "`cut` does not change while a packet is offered",
        ~statement.before(waiting) | (port.cut == statement.before(port.cut)),
    )

    received, parser = inner.receiver.bytes, parts.parser
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


def _joined(statement, port, parts, inner):
    encoder, receiver = parts.encoder, inner.receiver
    statement.claim(
        "the encoder is given `packets_in` and `realtime` as they are, and the transmitter its bytes; it leaves a "
        "status out for a second",
        _same_stream(encoder.packets, port.packets_in)
        & (encoder.running_status and encoder.repeat_clocks == receiver.divisor * BAUD)
        & _same_stream(encoder.realtime, port.realtime)
        & _same_stream(inner.transmitter.bytes, encoder.bytes),
    )
    statement.claim("the parser is given the bytes of the receiver", _same_stream(parts.parser.bytes, receiver.bytes))
    statement.claim(
        "each error is that of the receiver, in its clock; a direct thru never overruns",
        (port.framing_error == receiver.framing_error)
        & (port.break_ == receiver.break_)
        & (port.overrun == receiver.overrun)
        & ~port.thru_overrun,
    )


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
            "framing error and break change places": Bug(
                Port, "self.framing_error.eq(receiver.framing_error)", "self.framing_error.eq(receiver.break_)"
            ),
            "there is no filter": Bug(Port, "LineInput(clk_freq, glitch)", "LineInput(clk_freq, 0)", reach=5),
            "the receiver hears MIDI Out": Bug(Port, "line.pin.eq(self.midi_in)", "line.pin.eq(self.midi_out)"),
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
            "every status is sent": Bug(PacketPort, "running_status=running_status", "running_status=False", reach=5),
            "real-time does not reach the encoder": Bug(
                PacketPort,
                "connect(m, flipped(self.realtime), encoder.realtime)",
                "m.d.comb += self.realtime.ready.eq(1)",
                reach=10,
            ),
            "framing error and break change places": Bug(
                PacketPort, "self.break_.eq(port.break_)", "self.break_.eq(port.framing_error)"
            ),
            "a packet comes out with its bits shifted": Bug(PacketPort, "waiting.r_data[:32]", "waiting.r_data[1:33]"),
            "a byte is shown turned over": Bug(
                PacketPort, "payload.eq(port.received.payload)", "payload.eq(~port.received.payload)"
            ),
        },
    ),
]
