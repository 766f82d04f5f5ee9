"""What is claimed of the queues of a merger, of its real-time, and of the order in which both come out."""

from amaranth.hdl import C, Cat, Mux, Signal, Value

from hdl.midi import Packet
from tests.formal.merger_inputs import goes_on

__all__ = ["Kept", "claim_queues", "claim_realtime"]


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
        self.stored = stored.valid
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


def claim_queues(statement, merger, kept, given):
    """What comes out of the queues, and in which order."""
    chosen, locked = kept.inside.chosen, kept.inside.locked
    packets, m = merger.packets, statement.m
    which = Signal(name="which_is_open")
    m.d.comb += which.eq(Cat(each.is_open for each in given).bit_select(kept.which, 1))
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
        ~offered[1] | (goes_on(packets.payload) == sysex) & (~sysex | (packets.payload.cable == cable)),
    )
    _claim_turns(statement, packets, kept, len(given))
    _claim_latency(statement, packets, kept, given)

    for each, start, end in zip(given, kept.inside.starts, kept.inside.ends, strict=True):
        used = (end - start)[: len(end)]
        statement.lemma(
            each.waiting == used,
            ~each.is_open | (used != merger._queues.depth - 1),
            ~packets.valid | (chosen != each.n) | (used != 0),
        )
    ours = locked & (chosen == kept.which)
    opens = [packet.code == 4 for packet in kept.packets]
    last = [(number + 1)[:8] == kept.into for number in kept.numbers]
    statement.lemma(
        chosen < len(given),
        sysex == locked,
        ~ours | (cable == kept.which),
        ~which | (kept.level < merger._queues.depth - 1),
        ~(kept.queued[0] & kept.queued[1]) | (opens[0] == goes_on(kept.packets[1])),
        *(~(queued & end) | (opened == which) for queued, end, opened in zip(kept.queued, last, opens, strict=True)),
        ~(kept.queued[1] & (kept.out_of == kept.numbers[1])) | (goes_on(kept.packets[1]) == ours),
        (kept.level != 0) | (kept.out_of != kept.numbers[1]) | (which == ours),
    )


def _distance(start, end, count):
    """How many turns ``end`` comes after ``start``, where ``count`` inputs have their turns."""
    return end - start + Mux(end < start, count, 0)


def _claim_turns(statement, packets, kept, count):
    """Of any two inputs, how often the one has its turn while the other waits."""
    m, chosen = statement.m, kept.inside.chosen
    other = statement.constant(range(count), "which_other")
    passed = Signal(2, name="messages_of_other")
    ends = packets.valid & packets.ready & (packets.payload.code != 4) & (chosen == other)
    with m.If((chosen == kept.which) | (kept.level == 0)):
        m.d.sync += passed.eq(0)
    with m.Elif(ends & (passed != 3)):
        m.d.sync += passed.eq(passed + 1)
    statement.claim("an input that has a message waits for no more than one message of each other", passed <= 1)
    statement.cover("an input waits while a message of another comes out", passed == 1)
    # Whose message went by is not chosen again before the one that waits.
    near = _distance(chosen, kept.which, count) < _distance(other, kept.which, count)
    statement.lemma((passed == 0) | (chosen != kept.which) & near | (chosen == kept.which))


def _claim_latency(statement, packets, kept, given):
    m, chosen, count = statement.m, kept.inside.chosen, len(given)
    # A clock in which a packet is kept is none in which one can be read, and never are there two in a row.
    could = (chosen == kept.which) & (kept.level != 0) & ~(packets.valid & packets.ready) & ~kept.stored
    statement.claim("in its turn a queue offers its packet within two clocks", ~statement.before(could) | packets.valid)

    others = Cat((each.waiting != 0) & (kept.which != each.n) for each in given).any()
    # Another input's SysEx may be coming out of which nothing has come as yet.
    alone = ~others & (~kept.inside.locked | (chosen == kept.which))
    waits = alone & (kept.level != 0) & ~packets.valid
    waited = Signal(range(count + 3), name="waited_alone")
    m.d.sync += waited.eq(Mux(waits, Mux(waited == count + 2, waited, waited + 1), 0))
    statement.claim(
        "a packet is offered `inputs + 2` clocks after it was kept, or sooner, if none of another input is before it",
        ~waits | (waited <= count),
    )
    statement.cover("a packet is offered `inputs + 2` clocks after it was kept", packets.valid & (waited == count + 1))
    stored = statement.before(kept.stored)
    steps = _distance(chosen, kept.which, count)
    statement.lemma(
        ~stored | ~kept.stored,
        (waited == 0) | packets.valid | (waited + steps <= count - 1 + (stored & (chosen == kept.which))),
    )


def claim_realtime(statement, merger, parts):
    """What comes out as real-time. Returns whether what is offered is the one that the claim follows."""
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
