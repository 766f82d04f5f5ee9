"""What is claimed of each input of a merger: what becomes of its packets, and when."""

from amaranth.hdl import Cat, Mux, Signal

__all__ = ["Given", "claim_inputs", "goes_on"]

LEFT_OUT = "Active Sensing, System Reset{echoed}, reserved codes{modes}, and what is left of a SysEx that was closed"


def goes_on(packet):
    """Whether a packet goes on with a SysEx: it begins with data or F7."""
    return (packet.code[2:] == 1) & (~packet.data[0][7] | (packet.data[0] == 0xF7))


class Given:
    """Input ``n`` as it is seen from outside, and what the merger keeps of it.

    ``takes``, ``keeps`` and ``gives`` say what happens in this clock: a packet is taken, one is put into the queue, one
    comes out. ``same`` says that what is kept is what is offered, ``inserted`` that it is no packet that was taken.
    """

    def __init__(self, statement, merger, parts, n, *, waits=(), soft_thru=None, filter_modes=False):
        m, packets, stored = statement.m, merger.inputs[n], parts.queues.messages
        self.n, self.waits, self.depth = n, n in waits, merger._queues.depth
        self.echoed, self.filter_modes = soft_thru is None or n in soft_thru, filter_modes
        self.stream, self.packet = packets, packets.payload
        self.overrun, self.silent = merger.overrun[n], merger.timeout[n]
        code, first, second = self.packet.code, self.packet.data[0], self.packet.data[1]

        self.takes = packets.valid & packets.ready
        self.keeps = stored.valid & (stored.payload.cable == n)
        chosen = statement.inside(parts.queues).chosen
        self.gives = merger.packets.valid & merger.packets.ready & (chosen == n)
        self.same = (stored.payload.code == code) & (stored.payload.data == self.packet.data)
        self.inserted = self.keeps & ~(self.takes & self.same)
        self.is_open = Signal(name=f"last_kept_of_{n}_is_open_sysex")
        self.waiting = Signal(range(self.depth), name=f"waiting_of_{n}")
        with m.If(self.keeps):
            m.d.sync += self.is_open.eq(stored.payload.code == 4)
        m.d.sync += self.waiting.eq(self.waiting + self.keeps - self.gives)

        self.goes_on = goes_on(self.packet)
        self.real_time = (code == 0xF) & (first >= 0xF8)
        by_rule = (code < 2) | (self.real_time & ((first == 0xFE) | ((first == 0xFF) & self.echoed)))
        if filter_modes:
            by_rule |= (code == 0xB) & (second >= 123)
        self.left_out = by_rule | (self.goes_on & ~self.is_open)
        self.cuts = packets.valid & ~self.goes_on & ~self.real_time & ~by_rule
        # Where a SysEx is open, what ends it has a place.
        fills = (self.waiting >= self.depth - 2) & ~(self.is_open & self.goes_on & (code != 4))
        self.full = Mux(self.real_time, parts.realtime.level == 4, fills)
        self.waits_for_room = packets.valid & self.full & self.waits
        self._premises(statement)

    def _premises(self, statement):
        name, first = f"inputs[{self.n}]", self.packet.data[0]
        statement.feeds_stream(name, self.stream)
        begins = ~first[7] | (first == 0xF0) | (first == 0xF7) | (first == 0xF6)
        statement.premise(
            f"{name}: packets with the codes of a SysEx begin with data, F0, F6 or F7",
            ~self.stream.valid | (self.packet.code[2:] != 1) | begins,
        )

    @property
    def left_out_as_text(self):
        """What is to be left out of this input."""
        modes = ", mode messages from 123 on" if self.filter_modes else ""
        text = LEFT_OUT.format(echoed="", modes=modes)
        return text if self.echoed else text.replace("System Reset, ", "")


def claim_inputs(statement, merger, parts, given, timeout):
    """What becomes of the packets of all inputs. ``timeout`` is in clocks."""
    intake, handed = statement.inside(parts.intake), parts.intake.realtime
    hands = handed.valid & handed.ready
    comes = [hands & each.takes & each.real_time & (handed.payload == each.packet.data[0][:3]) for each in given]
    ready = [each.stream.ready for each in given]
    for each, hands_on in zip(given, comes, strict=True):
        _claim_fate(statement, parts.queues.messages, each, hands_on)
        _claim_silence(statement, merger, intake, each, timeout)
        _claim_turn(statement, intake, each, 2 * len(given))
    statement.claim("what is handed on as real-time is what is taken in that clock", ~hands | Cat(comes).any())
    statement.claim("no two inputs are ready in the same clock", sum(ready[1:], ready[0]) <= 1)
    statement.lemma(
        Cat(intake.is_open.elems) == Cat(each.is_open for each in given),
        intake.turn < len(given),
        (intake.timer >= -1) & (intake.timer < merger._intake.rounds - 1),
    )


def _claim_fate(statement, stored, each, hands_on):
    name = f"inputs[{each.n}]"
    kept = each.keeps & each.same
    statement.claim(
        f"{name}: each packet that is taken is kept or, if real-time, handed on, unless `overrun` pulses or it is "
        f"to be left out: {each.left_out_as_text}; then it is neither",
        ~each.takes
        | Mux(
            each.overrun | each.left_out, ~kept & ~hands_on, (kept == ~each.real_time) & (hands_on == each.real_time)
        ),
    )
    if each.waits:
        statement.claim(f"{name}, which can wait: `overrun` is never high", ~each.overrun)
    else:
        statement.claim(
            f"{name}: `overrun` pulses only when a packet is taken that is not to be left out and finds no room: "
            "`depth - 2` others wait, or four real-time messages; what ends a SysEx has room",
            ~each.overrun | each.takes & each.full & ~each.left_out,
        )
        statement.claim(
            f"{name}: a SysEx of which a part is overrun is closed in that clock",
            ~each.overrun | each.real_time | ~each.is_open | each.inserted,
        )
    statement.claim(
        f"{name}: behind the beginning of a SysEx only what goes on with it is kept, and nowhere else",
        ~each.keeps | (goes_on(stored.payload) == each.is_open),
    )
    statement.claim(
        f"{name}: what is kept and was not taken is an F7 that closes a SysEx: silent, overrun, or cut off by a packet "
        "that is neither real-time nor to be left out",
        ~each.inserted
        | each.is_open
        & (stored.payload.code == 5)
        & (stored.payload.data.as_value() == 0xF7)
        & (each.overrun | each.silent | each.cuts),
    )


def _claim_silence(statement, merger, intake, each, timeout):
    """A SysEx falls silent between once and twice the timeout after the last of it was offered."""
    name, count, rounds = f"inputs[{each.n}]", len(merger.inputs), merger._intake.rounds
    whole = -(-timeout // (2 * count)) * 2 * count
    offers = each.stream.valid & each.goes_on
    age = statement.since(offers | (each.keeps & ~each.is_open), 2 * whole + 1)
    statement.claim(
        f"{name}: `timeout` pulses only when a SysEx is closed of which nothing was offered for `timeout`",
        ~each.silent | each.inserted & ~offers & (age >= timeout),
    )
    statement.claim(
        f"{name}: a SysEx of which nothing is offered is closed when twice that time, in whole rounds of two clocks an "
        "input, is over, or sooner",
        ~each.is_open | (age <= 2 * whole),
    )
    if each.n == 0:
        statement.cover("a SysEx is closed just when twice the timeout is over", each.silent & (age == 2 * whole))
    # Clocks until this input sees the timer at its end. The timer runs down a step in each round.
    place, clock = 2 * each.n + 1, Cat(intake.active, intake.turn)
    left = (intake.timer + 1) * (2 * count) + place - clock
    until = Mux((intake.timer == -1) & (clock > place), left + rounds * 2 * count, left)
    quiet = intake.is_quiet.elems[each.n]
    waited = statement.before(offers & ~each.stream.ready)
    statement.lemma(
        ~each.is_open | (age + until <= Mux(quiet, 2 * whole, whole)),
        ~each.is_open | ~quiet | waited | (age + until >= whole),
    )


def _claim_turn(statement, intake, each, clocks):
    but = "but not in a turn in which a SysEx is closed" + (", nor while a packet waits for room" if each.waits else "")
    since = statement.since(each.stream.ready | each.inserted | each.waits_for_room, clocks + 1, init=1)
    statement.claim(
        f"inputs[{each.n}]: it is ready once in two clocks an input, {but}",
        since <= clocks,
    )
    place, clock = 2 * each.n + 1, Cat(intake.active, intake.turn)
    statement.lemma(since <= clock - place + Mux(clock > place, 0, clocks))
