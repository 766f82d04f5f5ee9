"""The encoder: packets become bytes whole and in order, and only real-time stands between."""

from amaranth.hdl import C, Cat, Mux, Signal

from hdl.encoder import Encoder
from tests.formal.statement import Bug, Proof

__all__ = ["PROOFS"]

LENGTHS = [0, 0, 2, 3, 3, 1, 2, 3, 3, 3, 3, 3, 2, 2, 3, 1]
"""Bytes that count, by the code of the packet; USB-MIDI 1.0, table 4-1."""


def bytes_of_packets(statement, repeat, running_status=True):
    """All that an encoder promises."""
    encoder = statement.component(Encoder, 1e6, repeat=repeat, running_status=running_status)
    m, packets, realtime, bytes = statement.m, encoder.packets, encoder.realtime, encoder.bytes
    statement.feeds_stream("packets", packets)
    statement.feeds_stream("realtime", realtime)
    packet, code = packets.payload, packets.payload.code

    # Which byte of the packet is next, what the last channel status was, and for how long it holds.
    place, status, known = Signal(2, name="next_byte"), Signal(8, name="last_status"), Signal(name="status_is_known")
    clocks = encoder.repeat_clocks or 2
    young = Signal(name="status_is_young")
    length = Signal(2, name="length")
    with m.Switch(code):
        for number, count in enumerate(LENGTHS):
            with m.Case(number):
                m.d.comb += length.eq(count)
    channel = (code >= 0x8) & (code <= 0xE)
    first = packet.data[0]
    may_skip = packets.valid & (place == 0) & channel & known & (status == first) & young & int(running_status)
    taken = bytes.valid & bytes.ready
    # A byte on offer stays, and real-time takes its turn before any other.
    held = statement.before(bytes.valid & ~bytes.ready)
    # Whether it is real-time that is on offer.
    slips, slipped = Signal(name="slips"), Signal(name="slipped_before")
    m.d.comb += slips.eq(Mux(held, slipped, realtime.valid))
    m.d.sync += slipped.eq(slips)
    sends_packet = taken & ~slips
    with m.If(may_skip):
        m.d.sync += place.eq(1)
    with m.Elif(sends_packet):
        m.d.sync += place.eq(Mux(packets.ready, 0, place + 1))
    begins = sends_packet & (place == 0)
    with m.If(begins & channel):
        m.d.sync += [status.eq(first), known.eq(1)]
    with m.Elif(begins & ((code != 0xF) | (first < 0xF8))):
        m.d.sync += known.eq(0)
    age = statement.since(begins & channel, clocks)
    m.d.comb += young.eq((age < clocks) | int(encoder.repeat_clocks is None))

    statement.holds_stream("bytes", bytes)
    statement.claim(
        "real-time goes before all but a byte that is on offer already",
        ~(realtime.valid & ~held) | (bytes.valid & (bytes.payload == Cat(realtime.payload[:3], C(0x1F, 5)))),
    )
    statement.claim(
        "real-time is taken when it goes, and only then",
        ~realtime.valid | (realtime.ready == (taken & slips)),
    )
    statement.claim(
        "any other byte is the next one of the packet, of as many as its code says",
        ~bytes.valid | slips | (packets.valid & (place < length) & (bytes.payload == packet.data[place]) & ~may_skip),
    )
    statement.claim(
        "a packet is taken with its last byte, or at once if its code is reserved, and never before",
        ~packets.valid | (packets.ready == Mux(length == 0, 1, sends_packet & (place + 1 == length))),
    )
    statement.claim(
        "a status is left out if and only if it is the last channel status that was sent, no SysEx or System Common "
        "came since, and it is not too old; that takes a clock",
        ~packets.valid | (length == 0) | bytes.valid | may_skip,
    )
    inside = statement.inside(encoder)
    statement.lemma(
        inside.place == place,
        ~held | (inside.held == ~slipped),
        held | ~inside.held,
        ~(held & slipped) | realtime.valid,
        ~packets.valid | (place == 0) | (place < length),
        (place == 0) | statement.before(packets.valid),
    )
    if running_status:
        statement.lemma(inside.fresh == (known & young), ~inside.fresh | (inside.status == status))
        if encoder.repeat_clocks is not None:
            load = (1 << inside.width) + clocks - 3
            statement.lemma((age == 0) | (age >= clocks) | (inside.age == load + 1 - age), age > 0)
        statement.cover("a status is left out", may_skip)
        if encoder.repeat_clocks is not None:
            statement.cover("a status is too old", packets.valid & known & (status == first) & channel & ~young)
    statement.cover("real-time goes inside a packet", realtime.valid & realtime.ready & taken & (place == 1))
    statement.cover("real-time waits for a byte on offer", realtime.valid & held & ~slips)
    statement.cover("a reserved packet is dropped", packets.valid & packets.ready & (length == 0))


PROOFS = [
    Proof(
        "encoder",
        (Encoder,),
        bytes_of_packets,
        parameters={"repeat": 1.0},
        small={"repeat": 5e-6},
        depth=2,
        reach=14,
        planted={
            "real-time takes the place of a byte on offer": Bug(
                Encoder, "self.realtime.valid & ~held", "self.realtime.valid"
            ),
            "real-time that goes is not taken": Bug(Encoder, "self.bytes.ready & ~held", "self.bytes.ready & held"),
            "System Common keeps running status": Bug(
                Encoder, "with m.Elif((code != 0xF)", "with m.Elif((code == 0x4)"
            ),
            "real-time clears running status": Bug(Encoder, "(code != 0xF) | ~packet.data[0][3:].all()", "1"),
            "a status is repeated a clock late": Bug(Encoder, "+ self.repeat_clocks - 3)", "+ self.repeat_clocks - 2)"),
            "a Program Change has three bytes": Bug(Encoder, "(code == 0xC) | ", ""),
        },
    ),
    Proof(
        "encoder_that_repeats_none",
        (Encoder,),
        bytes_of_packets,
        parameters={"repeat": float("inf")},
        small={"repeat": float("inf")},
        depth=2,
        reach=14,
        planted={"any status is left out": Bug(Encoder, "fresh & (status == packet.data[0])", "fresh")},
    ),
    Proof(
        "encoder_without_running_status",
        (Encoder,),
        bytes_of_packets,
        parameters={"repeat": 1.0, "running_status": False},
        small={"repeat": 1.0, "running_status": False},
        depth=2,
        reach=14,
        planted={"reserved packets are sent": Bug(Encoder, "reserved.eq(code[1:] == 0)", "reserved.eq(0)")},
    ),
]
