"""A parser behind an encoder: every legal packet comes out as it went in."""

from amaranth.hdl import C, Cat, Mux, Signal
from amaranth.lib.wiring import connect

from hdl.encoder import Encoder
from hdl.parser import Parser
from tests.formal.proof_encoder import LENGTHS
from tests.formal.proof_parser import MESSAGE, NOTHING, REAL_TIME, SYSEX, Rules
from tests.formal.statement import Bug, Proof

__all__ = ["PROOFS"]


def _is_legal(m, packet, is_open):
    """Whether USB-MIDI 1.0, table 4-1, and MIDI 1.0 allow a packet, behind a SysEx that ``is_open`` or not."""
    code, (first, second, third) = packet.code, (packet.data[n] for n in range(3))
    is_data = [~byte[7] for byte in (first, second, third)]
    begins = Mux(is_open, is_data[0], first == 0xF0)
    legal = Signal(name="packet_is_legal")
    with m.Switch(code):
        with m.Case(0x2):
            m.d.comb += legal.eq(~is_open & ((first == 0xF1) | (first == 0xF3)) & is_data[1] & (third == 0))
        with m.Case(0x3):
            m.d.comb += legal.eq(~is_open & (first == 0xF2) & is_data[1] & is_data[2])
        with m.Case(0x4):
            m.d.comb += legal.eq(begins & is_data[1] & is_data[2])
        with m.Case(0x5):
            m.d.comb += legal.eq((first == Mux(is_open, 0xF7, 0xF6)) & (second == 0) & (third == 0))
        with m.Case(0x6):
            m.d.comb += legal.eq(begins & (second == 0xF7) & (third == 0))
        with m.Case(0x7):
            m.d.comb += legal.eq(begins & is_data[1] & (third == 0xF7))
        with m.Case(0xC, 0xD):
            m.d.comb += legal.eq(~is_open & (first[4:] == code) & is_data[1] & (third == 0))
        with m.Case(0x8, 0x9, 0xA, 0xB, 0xE):
            m.d.comb += legal.eq(~is_open & (first[4:] == code) & is_data[1] & is_data[2])
        with m.Case(0xF):
            m.d.comb += legal.eq(_any_of(first, REAL_TIME) & (second == 0) & (third == 0))
    return legal


def _any_of(value, numbers):
    return Cat(value == number for number in numbers).any()


def identity(statement, repeat):
    """What an encoder sends a parser reads as the same packets."""
    encoder = statement.component(Encoder, 1e6, repeat=repeat, name="encoder")
    parser = statement.component(Parser, name="parser")
    m = statement.m
    connect(m, encoder.bytes, parser.bytes)
    statement.feeds_stream("packets", encoder.packets)
    statement.feeds_stream("realtime", encoder.realtime)
    rules = Rules(m, parser, C(0))
    m.d.comb += parser.lost.eq(0)
    statement.lemma(*rules.lemmas(statement.inside(parser)))

    given, made, byte = encoder.packets, parser.packets, encoder.realtime.payload
    takes, makes = given.valid & given.ready, made.valid & made.ready
    is_open = Signal(name="sysex_is_open")
    with m.If(takes & (given.payload.code[2:] == 1)):
        m.d.sync += is_open.eq(given.payload.code == 4)
    statement.premise(
        "packets are legal: their bytes are those that their code and MIDI 1.0 allow, and each SysEx is whole",
        ~given.valid | _is_legal(m, given.payload, is_open),
    )

    is_real_time, given_real_time = made.payload.code == 0xF, given.payload.code == 0xF
    came = Signal(name="came_already")
    with m.If(takes):
        m.d.sync += came.eq(0)
    with m.Elif(makes & ~is_real_time):
        m.d.sync += came.eq(1)
    same = (made.payload.code == given.payload.code) & (made.payload.data == given.payload.data)
    statement.claim(
        "a packet that comes out is the one that is going in, on cable 0, and comes once",
        ~makes | is_real_time | (given.valid & same & ~came & (made.payload.cable == 0)),
    )
    statement.claim("each packet came out when it has gone in", ~takes | given_real_time | came | makes)
    slips = encoder.realtime.valid & encoder.realtime.ready
    defined = (byte[:3] != 1) & (byte[:3] != 5)
    statement.claim(
        "real-time comes out as it goes in, in the same clock, and F9 and FD do not",
        (makes & is_real_time) == Mux(slips, defined, takes & given_real_time),
    )
    statement.claim(
        "it is the same byte",
        ~(makes & is_real_time)
        | (made.payload.data.as_value() == Mux(slips, Cat(byte[:3], C(0x1F, 5)), given.payload.data[0]))
        & (made.payload.cable == 0),
    )
    statement.claim("no SysEx is cut off", ~parser.cut)
    statement.lemma(*_lemmas(statement, encoder, rules, is_open, came))

    statement.cover("a Note On comes with running status", makes & (made.payload.code == 9) & statement.happened(makes))
    statement.cover("a SysEx of two packets ends", makes & (made.payload.code == 7) & is_open)
    statement.cover("real-time slips into a SysEx", makes & is_real_time & slips & is_open)


def _lemmas(statement, encoder, rules, is_open, came):
    inside, packet, valid = statement.inside(encoder), encoder.packets.payload, encoder.packets.valid
    code, place, waiting = packet.code, inside.place, rules.waiting
    length = Signal(2, name="packet_length")
    with statement.m.Switch(code):
        for number, count in enumerate(LENGTHS):
            with statement.m.Case(number):
                statement.m.d.comb += length.eq(count)
    nothing, message, sysex = (rules.open == kind for kind in (NOTHING, MESSAGE, SYSEX))
    in_sysex, of_sysex = place != 0, code[2:] == 1
    running = message & (rules.count == 0) & (rules.status < 0xF0)
    return [
        ~rules.lost & ~rules.lost_after,
        (place == 0) | (valid & (place < length)),
        came | (place != 0) | Mux(is_open, sysex & (rules.count == 0), nothing | running),
        ~inside.fresh | ~running | (inside.status == rules.status),
        # A Tune Request clears running status even while it waits to be taken.
        ~inside.fresh | is_open | (place != 0) | running | (inside.held & (code == 0x5)),
        ~inside.fresh | ~is_open,
        ~(in_sysex & ~of_sysex) | (message & (rules.status == packet.data[0]) & (rules.count == place - 1)),
        ~(in_sysex & ~of_sysex & (place == 2)) | (waiting[0] == packet.data[1]),
        ~(in_sysex & of_sysex & ~came) | (sysex & (rules.count == place) & (waiting[0] == packet.data[0])),
        ~(in_sysex & of_sysex & ~came & (place == 2)) | (waiting[1] == packet.data[1]),
        ~came | (valid & of_sysex & (code != 4) & (place + 1 == length) & nothing & inside.held),
        ~came | (packet.data[0] != 0xF6),
        ~inside.held | valid,
        ~in_sysex | ~inside.fresh | (inside.status == packet.data[0]) | (code < 8),
        ~in_sysex | ~inside.fresh | (code >= 8),
    ]


def _proof(name, repeat, small, planted):
    return Proof(
        name,
        (Encoder, Parser),
        identity,
        parameters={"repeat": repeat},
        small={"repeat": small},
        depth=2,
        reach=16,
        planted=planted,
    )


PROOFS = [
    _proof(
        "encoder_parser",
        1.0,
        5e-6,
        {
            "the encoder keeps running status behind a SysEx": Bug(
                Encoder, "(code != 0xF) | ~packet.data[0][3:].all()", "code[1:] == 1"
            ),
            "the parser takes Program Change for three bytes": Bug(Parser, "byte[6] & (~byte[5] |", "byte[6] & ("),
            "real-time ends a message": Bug(Parser, "status & ~real_time)", "status)"),
        },
    ),
    _proof(
        "encoder_parser_that_repeats_none",
        float("inf"),
        float("inf"),
        {
            "any status is left out": Bug(Encoder, "fresh & (status == packet.data[0])", "fresh"),
        },
    ),
]
