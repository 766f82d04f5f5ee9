"""The parser against the rules of MIDI 1.0, written down as one step: what a byte makes of what came before it."""

from amaranth.hdl import Cat, Mux, Signal
from amaranth.lib import data

from hdl.midi import Packet
from hdl.parser import Parser
from tests.formal.statement import Bug, Proof

__all__ = ["PROOFS", "Rules"]

NOTHING, MESSAGE, SYSEX = range(3)
"""What is open: nothing, a message or a running status, a SysEx."""

CLEARS = [0xF4, 0xF5, 0xF6, 0xF7]
"""System Common that begins nothing: two are undefined, one is whole, one ends a SysEx."""

REAL_TIME = [0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF]
"""Real-time that is defined; F9 and FD are not."""


class Rules:
    """The rules R10 to R41 as a table, and what they say of the bytes that a parser takes.

    ``due`` says that a packet is to be made of what is offered, ``packet`` and ``cut`` say which.
    """

    def __init__(self, m, parser, lost):
        self.m = m
        bytes, packets = parser.bytes, parser.packets
        byte = self.byte = bytes.payload
        # What is open, the status that it has, and the bytes that wait for their packet.
        self.open = Signal(2, name="open")
        self.status = Signal(8, name="open_status")
        self.count = Signal(2, name="waiting_count")
        self.waiting = Signal(data.ArrayLayout(8, 2), name="waiting")
        # Bytes are missing: before the one that is offered, or after it.
        self.lost = Signal(name="lost_before")
        self.lost_after = Signal(name="lost_after")

        self.is_data = ~byte[7]
        self.real_time = (byte >= 0xF8) & ~((byte == 0xFF) & parser.reset_clears)
        self.interrupts = bytes.valid & byte[7] & ~self.real_time
        self.closes = (self.open == SYSEX) & (self.lost | self.interrupts)
        self._say_what_is_due(m, bytes)

        waits = bytes.valid & ~bytes.ready
        m.d.sync += [
            self.lost_after.eq((self.lost_after | lost) & waits),
            self.lost.eq(((self.lost_after | lost) & ~waits) | (self.lost & (self.open == SYSEX))),
        ]
        with m.If(self.closes):
            with m.If(packets.ready):
                m.d.sync += [self.open.eq(NOTHING), self.count.eq(0)]
        with m.Elif(self.lost):
            m.d.sync += [self.open.eq(NOTHING), self.count.eq(0)]
        # R10: a status takes effect at once, even one that waits to be taken with its packet.
        with m.Elif(bytes.valid & (packets.ready | ~self.due | self.interrupts)):
            self._take(m, byte)

    def _needs_one(self, status):
        return (status[5:] == 0b110) | (status == 0xF1) | (status == 0xF3)

    def _say_what_is_due(self, m, bytes):
        self.due, self.cut = Signal(name="due"), Signal(name="due_cut")
        self.packet = packet = Signal(Packet, name="due_packet")
        byte, status, waiting, count = self.byte, self.status, self.waiting, self.count
        with m.If(self.closes):
            # R31: an F7 is inserted where none came; R30: the code says how many bytes there are.
            m.d.comb += [self.due.eq(1), self.cut.eq(self.lost | (byte != 0xF7)), packet.code.eq(5 + count)]
            for number in range(3):
                with m.If(count == number):
                    m.d.comb += [packet.data[n].eq([*waiting, 0][n]) for n in range(number)]
                    m.d.comb += packet.data[number].eq(0xF7)
        with m.Elif(bytes.valid & ~self.lost & byte[7]):
            m.d.comb += packet.data[0].eq(byte)
            with m.Switch(byte):
                with m.Case(*REAL_TIME):
                    m.d.comb += [self.due.eq(1), packet.code.eq(0xF)]
                with m.Case(0xF6):
                    m.d.comb += [self.due.eq(1), packet.code.eq(5)]
        with m.Elif(bytes.valid & ~self.lost & (self.open == SYSEX)):
            m.d.comb += [self.due.eq(count == 2), packet.code.eq(4), packet.data.eq(Cat(waiting, byte))]
        with m.Elif(bytes.valid & ~self.lost & (self.open == MESSAGE)):
            m.d.comb += self.due.eq(self._needs_one(status) | (count == 1))
            m.d.comb += packet.data.eq(Mux(self._needs_one(status), Cat(status, byte), Cat(status, waiting[0], byte)))
            with m.Switch(status):
                with m.Case(0xF1, 0xF3):
                    m.d.comb += packet.code.eq(2)
                with m.Case(0xF2):
                    m.d.comb += packet.code.eq(3)
                with m.Default():
                    m.d.comb += packet.code.eq(status >> 4)

    def _take(self, m, byte):
        with m.If(self.is_data & (self.open != NOTHING)):
            m.d.sync += [self.waiting[0].eq(Mux(self.count == 0, byte, self.waiting[0])), self.waiting[1].eq(byte)]
            m.d.sync += self.count.eq(Mux(self.due, 0, self.count + 1))
            # R20: running status is for channel messages.
            with m.If(self.due & (self.status >= 0xF1)):
                m.d.sync += self.open.eq(NOTHING)
        with m.Elif(self.interrupts):
            m.d.sync += [self.open.eq(MESSAGE), self.status.eq(byte), self.count.eq(0)]
            with m.Switch(byte):
                with m.Case(0xF0):
                    m.d.sync += [self.open.eq(SYSEX), self.count.eq(1), self.waiting[0].eq(0xF0)]
                with m.Case(*CLEARS, 0xFF):
                    m.d.sync += self.open.eq(NOTHING)

    def lemmas(self, inside):
        """How the parser's registers hang together with these."""
        message, sysex = self.open == MESSAGE, self.open == SYSEX
        status, count = self.status, self.count
        return [
            self.open <= SYSEX,
            count <= Mux(sysex, 2, message),
            ~message | ~self._needs_one(status) | (count == 0),
            ~message | (status[7] & (status != 0xF0) & (status <= 0xF3)),
            ~sysex | (status == 0xF0),
            inside.sysex == sysex,
            inside.lost_now == self.lost,
            inside.lost_later == self.lost_after,
            inside.begun == (message | (sysex & (count != 0))),
            ~message | (inside.first == status),
            ~message | (inside.room == (count == 0)),
            ~message | (count == 0) | (inside.second == self.waiting[0]),
            ~message | (inside.single == self._needs_one(status)),
            ~message | (inside.once == (status >= 0xF0)),
            ~sysex | ~inside.single & inside.once,
            ~sysex | (count == 0) | (inside.first == self.waiting[0]),
            ~sysex | (count == 0) | (inside.room == (count == 1)),
            ~sysex | (count != 2) | (inside.second == self.waiting[1]),
            (count == 0) | ~message | ~self.waiting[0][7],
            (count != 2) | ~self.waiting[1][7],
        ]


def packets_of_bytes(statement, reset_clears):
    """All that a parser promises."""
    parser = statement.component(Parser, reset_clears=reset_clears)
    bytes, packets = parser.bytes, parser.packets
    statement.feeds_stream("bytes", bytes)
    rules = Rules(statement.m, parser, parser.lost)
    statement.lemma(*rules.lemmas(statement.inside(parser)))

    statement.holds_stream("packets", packets)
    statement.claim(
        "a packet is offered when the rules make one of the byte that is offered, or of a loss, and at no other time",
        packets.valid == rules.due,
    )
    statement.claim("it is the packet of the rules", ~packets.valid | (packets.payload == rules.packet))
    statement.claim(
        "`cut` is high while a packet is offered that closes a SysEx cut off, otherwise low", parser.cut == rules.cut
    )
    statement.claim(
        "a byte is taken with the packet that it completes, at once if it makes none, and not before a SysEx is closed "
        "or in the one clock that a loss takes",
        ~bytes.valid | (bytes.ready == (~rules.closes & ~rules.lost & (packets.ready | ~rules.due))),
    )
    taken = packets.valid & packets.ready
    for code, words in ((0x9, "a Note On"), (0x2, "a Song Select"), (0x4, "three bytes of a SysEx"), (0x7, "its end")):
        statement.cover(f"{words} is made", taken & (packets.payload.code == code) & ~parser.cut)
    statement.cover("a SysEx that a loss cuts off is closed", taken & parser.cut & rules.lost)
    statement.cover("a SysEx that a Tune Request cuts off is closed", taken & parser.cut & (rules.byte == 0xF6))


def _proof(name, reset_clears, planted):
    parameters = {"reset_clears": reset_clears}
    return Proof(name, (Parser,), packets_of_bytes, parameters=parameters, small=parameters, reach=9, planted=planted)


PROOFS = [
    _proof(
        "parser",
        False,
        {
            "real-time ends a message": Bug(Parser, "status & ~real_time)", "status)"),
            "running status is kept by System Common": Bug(Parser, "begun.eq(~(system & byte[2]))", "begun.eq(1)"),
            "Song Select has two bytes of data": Bug(Parser, "(byte[4] & byte[0])", "(byte[4] & byte[0] & ~byte[1])"),
            "a loss is forgotten while a byte waits": Bug(
                Parser, "(lost_later | self.lost) & waits", "self.lost & waits"
            ),
            "a SysEx that F7 ends counts as cut": Bug(Parser, "(byte[:4] != 7)", "(byte[:4] != 6)"),
            "F9 makes a packet": Bug(Parser, "byte[1] | ~byte[0]", "byte[1] | 1"),
            "a message of System Common leaves running status": Bug(Parser, "begun.eq(~once)", "begun.eq(1)"),
            "a packet changes while it waits": Bug(
                Parser,
                "with m.If(self.packets.ready):\n                m.d.sync += sysex",
                "with m.If(1):\n                m.d.sync += sysex",
            ),
        },
    ),
    _proof(
        "parser_reset_clears",
        True,
        {
            "System Reset clears nothing": Bug(Parser, "~(self.reset_clears & byte[:3].all())", "1"),
        },
    ),
]
