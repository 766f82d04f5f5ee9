"""The merger: what it takes comes out, in order and whole, unless it says so; and nobody waits for ever."""

from amaranth.hdl import C, Cat, Mux, Signal, Value

from hdl.merger import Merger
from hdl.midi import Packet
from tests.formal.statement import Bug, Proof

__all__ = ["PROOFS"]


def _continues(packet):
    """Whether a packet goes on with a SysEx: it begins with data or F7."""
    return (packet.code[2:] == 1) & (~packet.data[0][7] | (packet.data[0] == 0xF7))


class Kept:
    """What the merger keeps of one of its inputs, any of them, and of any two packets in a row: which they are.

    Packets are counted round. ``packets[n]`` is that whose number is ``number + n``, once it was kept; ``queued[n]``
    says that it is in the queue.
    """

    def __init__(self, statement, merger):
        m, parts = statement.m, statement.inside(merger)
        queues = self.inside = statement.inside(parts.queues)
        self.which = statement.constant(range(len(merger.inputs)), "which_input")
        number = statement.constant(8, "which_packet")
        stored, chosen = parts.queues.messages, queues.chosen
        self.keeps = stored.valid & (stored.payload.cable == self.which)
        self.gives = merger.packets.valid & merger.packets.ready & (chosen == self.which)
        self.into, self.out_of = Signal(8, name="went_in"), Signal(8, name="came_out")
        with m.If(self.keeps):
            m.d.sync += self.into.eq(self.into + 1)
        with m.If(self.gives):
            m.d.sync += self.out_of.eq(self.out_of + 1)
        self.level = (self.into - self.out_of)[:8]
        self.numbers = [(number + n)[:8] for n in range(2)]
        self.packets = [Signal(Packet, name=f"kept_packet_{n}") for n in range(2)]
        self.queued = [(each - self.out_of)[:8] < self.level for each in self.numbers]

        self.offered = [
            merger.packets.valid & (chosen == self.which) & (self.out_of == number) for number in self.numbers
        ]
        places = merger._queues.depth
        bits = places.bit_length() - 1
        start, end = (Cat(values).word_select(self.which, bits) for values in (queues.starts, queues.ends))
        statement.lemma(start == self.out_of[:bits], end == self.into[:bits], self.level < places)
        for n, window in enumerate(queues.memory_windows):
            with m.If(self.keeps & (self.into == self.numbers[n])):
                m.d.sync += self.packets[n].eq(stored.payload)
            m.d.comb += window.addr.eq(Cat(self.numbers[n][:bits], self.which))
            statement.lemma(
                ~self.queued[n] | (Value.cast(window.data) == Value.cast(self.packets[n])),
                ~self.offered[n] | self.queued[n] & (merger.packets.payload == self.packets[n]),
                ~self.queued[n] | (self.packets[n].cable == self.which),
            )
        statement.lemma(~merger.packets.valid | (chosen != self.which) | (self.level != 0))


def whole_and_in_order(statement, inputs, depth, timeout):
    """What a merger promises."""
    merger = statement.component(Merger, 1e6, inputs, depth=depth, timeout=timeout)
    parts = statement.inside(merger)
    intake = statement.inside(parts.intake)
    stored = parts.queues.messages
    for n, packets in enumerate(merger.inputs):
        statement.feeds_stream(f"inputs[{n}]", packets)
        first = packets.payload.data[0]
        begins = ~first[7] | (first == 0xF0) | (first == 0xF7) | (first == 0xF6)
        statement.premise(
            f"inputs[{n}]: packets with the codes of a SysEx begin with data, F0, F6 or F7",
            ~packets.valid | (packets.payload.code[2:] != 1) | begins,
        )
    kept = Kept(statement, merger)
    # The packet that is offered is any packet: that of any number, of any input.
    statement.holds_stream("packets", merger.packets, kept.offered[0])
    about_real_time = _claim_realtime(statement, merger, parts)
    statement.holds_stream("realtime", merger.realtime, about_real_time)
    is_open = Signal(inputs, name="last_kept_is_open_sysex")
    for n in range(inputs):
        _claim_intake(statement, merger, parts, is_open, n)
    statement.lemma(Cat(intake.is_open.elems) == is_open, intake.turn < inputs)
    _claim_queue(statement, merger, kept, is_open)
    statement.cover(
        "a SysEx is cut off by another message", (stored.payload.data[0] == 0xF7) & stored.valid & intake.cut
    )
    statement.cover("a message is lost", merger.overrun[0])
    statement.cover("a SysEx falls silent", merger.timeout[1])
    statement.cover(
        "both inputs are merged", kept.gives & statement.happened(merger.packets.payload.cable != kept.which)
    )


def _claim_intake(statement, merger, parts, is_open, n):
    packets, stored, intake = merger.inputs[n], parts.queues.messages, parts.intake
    packet, takes = packets.payload, packets.valid & packets.ready
    keeps = stored.valid & (stored.payload.cable == n)
    with statement.m.If(keeps):
        statement.m.d.sync += is_open[n].eq(stored.payload.code == 4)
    same = keeps & (stored.payload.code == packet.code) & (stored.payload.data == packet.data)
    real_time = (packet.code == 0xF) & (packet.data[0] >= 0xF8)
    hands_on = (
        real_time & intake.realtime.valid & intake.realtime.ready & (intake.realtime.payload == packet.data[0][:3])
    )
    left_out = (real_time & (packet.data[0] >= 0xFE)) | (packet.code < 2) | (_continues(packet) & ~is_open[n])
    statement.claim(
        f"inputs[{n}]: each packet that is taken is kept or, if real-time, handed on, unless `overrun` pulses or it is "
        "to be left out: Active Sensing, System Reset, reserved codes, and what is left of a SysEx that was closed",
        ~takes | Mux(merger.overrun[n], ~same, same | hands_on | left_out),
    )
    statement.claim(f"inputs[{n}]: `overrun` pulses only when a packet is taken", ~merger.overrun[n] | takes)
    statement.claim(
        f"inputs[{n}]: behind the beginning of a SysEx only what goes on with it is kept, and nowhere else",
        ~keeps | (_continues(stored.payload) == is_open[n]),
    )
    inserted = keeps & ~(takes & same)
    statement.claim(
        f"inputs[{n}]: what is kept and was not taken is an F7 that closes a SysEx: cut off, silent or overrun",
        ~inserted
        | is_open[n]
        & (stored.payload.code == 5)
        & (stored.payload.data.as_value() == 0xF7)
        & (merger.overrun[n] | merger.timeout[n] | packets.valid & ~_continues(packet)),
    )


def _claim_queue(statement, merger, kept, is_open):
    chosen, locked = kept.inside.chosen, kept.inside.locked
    packets, m, stored = merger.packets, statement.m, statement.inside(merger).queues.messages.valid
    which = Signal(name="which_is_open")
    m.d.comb += which.eq(is_open.bit_select(kept.which, 1))
    offered = kept.offered
    statement.claim(
        "packets of an input come out as they were kept, in order, none missing and none twice; `cable` is the input",
        ~offered[0]
        | ((packets.payload == kept.packets[0]) & (packets.payload.cable == kept.which) & (kept.level != 0)),
    )
    statement.claim("a queue never overflows", ~kept.keeps | (kept.level < merger._queues.depth - 1))

    sysex, cable = Signal(name="sysex_is_coming_out"), Signal(4, name="last_cable")
    with m.If(packets.valid & packets.ready):
        m.d.sync += [sysex.eq(packets.payload.code == 4), cable.eq(chosen)]
    statement.claim(
        "behind the beginning of a SysEx comes only what goes on with it, of the same input, and nowhere else",
        ~offered[1] | (_continues(packets.payload) == sysex) & (~sysex | (packets.payload.cable == cable)),
    )
    passed = Signal(2, name="messages_of_others")
    ends = packets.valid & packets.ready & (packets.payload.code != 4) & (chosen != kept.which)
    with m.If((chosen == kept.which) | (kept.level == 0)):
        m.d.sync += passed.eq(0)
    with m.Elif(ends & (passed != 3)):
        m.d.sync += passed.eq(passed + 1)
    others = len(merger.inputs) - 1
    statement.claim("an input that has a message waits for no more than one message of each other", passed <= others)
    # A clock in which a packet is kept is none in which one can be read, and never are there two in a row.
    could = (chosen == kept.which) & (kept.level != 0) & ~(packets.valid & packets.ready) & ~stored
    statement.claim("in its turn a queue offers its packet within two clocks", ~statement.before(could) | packets.valid)

    for n, (start, end) in enumerate(zip(kept.inside.starts, kept.inside.ends, strict=True)):
        used = (end - start)[: len(end)]
        statement.lemma(~is_open[n] | (used != merger._queues.depth - 1), ~packets.valid | (chosen != n) | (used != 0))
    ours = locked & (chosen == kept.which)
    opens = [packet.code == 4 for packet in kept.packets]
    last = [(number + 1)[:8] == kept.into for number in kept.numbers]
    statement.lemma(
        chosen < len(merger.inputs),
        sysex == locked,
        ~ours | (cable == kept.which),
        ~which | (kept.level < merger._queues.depth - 1),
        ~(kept.queued[0] & kept.queued[1]) | (opens[0] == _continues(kept.packets[1])),
        *(~(queued & end) | (opened == which) for queued, end, opened in zip(kept.queued, last, opens, strict=True)),
        ~(kept.queued[1] & (kept.out_of == kept.numbers[1])) | (_continues(kept.packets[1]) == ours),
        (kept.level != 0) | (kept.out_of != kept.numbers[1]) | (which == ours),
        (chosen == kept.which) | (passed == 0),
    )


def _claim_realtime(statement, merger, parts):
    m, fifo = statement.m, statement.inside(parts.realtime)
    number, into, out_of = statement.constant(8, "which_real_time"), Signal(8, name="rt_in"), Signal(8, name="rt_out")
    byte = Signal(3, name="rt_byte")
    source, given = parts.intake.realtime, merger.realtime
    with m.If(source.valid & source.ready):
        m.d.sync += into.eq(into + 1)
        with m.If(into == number):
            m.d.sync += byte.eq(source.payload)
    with m.If(given.valid & given.ready):
        m.d.sync += out_of.eq(out_of + 1)
    statement.claim(
        "real-time comes out as it was handed on, in order, none missing and none twice",
        ~given.valid | (into != out_of) & ((out_of != number) | (given.payload == Cat(byte, C(0x1F, 5)))),
    )
    statement.claim("real-time is offered in the clock after it was taken, or sooner", (into == out_of) | given.valid)
    level = (into - out_of)[:8]
    window = fifo.storage_windows[0]
    m.d.comb += window.addr.eq(number[:2])
    statement.lemma(
        level == parts.realtime.level,
        level <= 4,
        fifo.produce == into[:2],
        fifo.consume == out_of[:2],
        ~((number - out_of)[:8] < level) | (window.data == byte),
    )
    return out_of == number


def _bug(right, wrong):
    return Bug(Merger, right, wrong, reach=12)


PROOFS = [
    Proof(
        "merger",
        (Merger,),
        whole_and_in_order,
        parameters={"inputs": 2, "depth": 4, "timeout": 0.25},
        small={"inputs": 2, "depth": 4, "timeout": 8e-6},
        depth=2,
        reach=26,
        planted={
            "messages of two inputs are mixed": _bug("with m.If(read.data.code != SYSEX):", "with m.If(1):"),
            "no place is kept for what closes a SysEx": Bug(
                Merger, "!= self.depth // 2 - 1)", "!= self.depth)", reach=24
            ),
            "a SysEx that is cut off is not closed": _bug("close.eq(cut | silent |", "close.eq(silent |"),
            "an overrun is not told": _bug(
                "self.overrun[n].eq((turn == n) & full & ~can_wait)", "self.overrun[n].eq(0)"
            ),
            "one input has its turn again and again": _bug(
                "after = Mux(chosen == self.count - 1, 0, chosen + 1)", "after = chosen"
            ),
            "a packet is read while another is written": _bug("m.Elif(waiting & read.en)", "m.Elif(waiting)"),
        },
    )
]
