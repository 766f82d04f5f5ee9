"""Packets of many inputs to packets of one output, real-time first."""

from math import ceil

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped

from hdl.midi import Packet

__all__ = ["Merger"]

CONTROL_CHANGE, SYSEX, SYSEX_END, SINGLE_BYTE = 0xB, 0x4, 0x5, 0xF
"""Codes of packets, USB-MIDI 1.0 table 4-1: a SysEx that goes on, one that ends with a single byte, and the rest."""

REALTIME_DEPTH = 4
"""Real-time messages that can wait. More would only be later: a clock that is late by four bytes is late enough."""


class Merger(wiring.Component):
    """Any number of packet streams into one.

    Real-time comes out at once, on a stream of its own and in the order in which it came in, whatever else waits. All
    other messages wait in a queue for each input and come out in its order, by turns one message from each input
    that has one. A SysEx is one message: between its first packet and its last, nothing else stands on ``packets``.
    So no input waits for more than one message of each other input. On the line, real-time takes its time from the
    rest: while it takes less than half, no input starves. Being first, it may overtake what came before it.

    What cannot be kept is dropped as a whole message and counted: ``overrun``. A SysEx that has begun and does not fit
    is closed by an inserted packet with F7, for which there is always a place. So is one that falls silent, so that a
    cable pulled out locks nothing. What is left of such a SysEx is dropped, up to the next status of its input. A SysEx
    that another status cuts off is closed likewise, but that loses nothing.

    Active Sensing is not handed on, since each end senses for itself; System Reset is not echoed from a soft thru. What
    is left out by rule is not counted, and neither are packets with the reserved codes 0 and 1.

    An input is ready once in ``2 * inputs`` clocks, or once in twice as many while a SysEx has to be closed.
    Real-time is offered one clock after it was taken, a packet ``inputs + 2`` clocks after it was taken or sooner,
    unless others are before it.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    inputs : :class:`int`
        Number of inputs, 1 to 16.
    depth : :class:`int`
        Length of each queue in packets, a power of two, at least 4. One place is never used and one is kept for
        the packet that ends a SysEx, so ``depth - 2`` others can wait.
    timeout : :class:`float`
        Seconds. A SysEx of which nothing came for this long is closed before twice this time is over.
    soft_thru : collection of :class:`int`
        Numbers of the inputs that are echoed to the output: System Reset from these is left out. ``None``: all.
    waits : collection of :class:`int`
        Numbers of the inputs that can wait, such as an application's own messages: what finds no room there is not
        taken until there is room, and nothing is lost. A line cannot wait.
    filter_modes : :class:`bool`
        Whether to leave out mode messages 123 to 127. All Notes Off from one input would end the notes of all.

    Members
    -------
    inputs : ``In(stream.Signature(Packet)).array(inputs)``
        The packets of each input. Their ``cable`` is not looked at.
    packets : ``Out(stream.Signature(Packet))``
        All that is not real-time. ``cable`` is the number of the input it came from.
    realtime : ``Out(stream.Signature(8))``
        The real-time messages, a byte each.
    overrun : ``Out(1).array(inputs)``
        Pulses in the clock that takes a packet of this input which finds no room: one message is lost.
    timeout : ``Out(1).array(inputs)``
        Pulses for one clock when a SysEx of this input is closed because it fell silent.

    Raises
    ------
    :exc:`ValueError`
        If there are too few or too many inputs, if ``depth`` is no power of two, if ``soft_thru`` or ``waits`` names an
        input that does not exist, or if ``timeout`` is shorter than four clocks an input.
    """

    def __init__(self, clk_freq, inputs=2, *, depth=64, timeout=0.25, soft_thru=None, waits=(), filter_modes=False):
        if inputs not in range(1, 17):
            raise ValueError(f"Number of inputs must be 1 to 16, not {inputs!r}")
        if depth not in (1 << n for n in range(2, 16)):
            raise ValueError(f"Depth must be a power of two, 4 to 32768, not {depth!r}")
        if not isinstance(clk_freq, (int, float)) or not 0 < clk_freq < float("inf"):
            raise ValueError(f"Clock frequency must be a positive number of Hz, not {clk_freq!r}")
        if not isinstance(timeout, (int, float)) or not 4 * inputs <= timeout * clk_freq < float("inf"):
            raise ValueError(f"Timeout must be {4 * inputs / clk_freq:g} s or longer, not {timeout!r}")
        count = int(inputs)
        soft_thru = range(count) if soft_thru is None else soft_thru
        for what, numbers in (("soft_thru", soft_thru), ("waits", waits)):
            if any(number not in range(count) for number in numbers):
                raise ValueError(f"All of {what} must be inputs, 0 to {count - 1}, not {numbers!r}")
        rounds = ceil(round(timeout * clk_freq / (2 * count), 6))
        self._intake = Intake(count, rounds, set(soft_thru), set(waits), bool(filter_modes))
        self._queues = Queues(count, int(depth))
        super().__init__(
            {
                "inputs": In(stream.Signature(Packet)).array(count),
                "packets": Out(stream.Signature(Packet)),
                "realtime": Out(stream.Signature(8)),
                "overrun": Out(1).array(count),
                "timeout": Out(1).array(count),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.intake = intake = self._intake
        m.submodules.queues = queues = self._queues
        # The upper five bits of a real-time byte are always set.
        m.submodules.realtime = realtime = SyncFIFO(width=3, depth=REALTIME_DEPTH)

        for n in range(len(self.inputs)):
            connect(m, flipped(self.inputs[n]), intake.inputs[n])
            m.d.comb += self.overrun[n].eq(intake.overrun[n])
            m.d.comb += self.timeout[n].eq(intake.timeout[n])
        connect(m, intake.messages, queues.messages)
        connect(m, queues.packets, flipped(self.packets))
        connect(m, intake.realtime, realtime.w_stream)
        m.d.comb += [
            intake.room.eq(queues.room),
            self.realtime.payload.eq(Cat(realtime.r_data, C(0x1F, 5))),
            self.realtime.valid.eq(realtime.r_rdy),
            realtime.r_en.eq(self.realtime.ready),
        ]
        return m


class Intake(wiring.Component):
    """Looks at one input after the other and decides what becomes of its packet.

    There is one decision at a time, so that the order of all that comes in is a plain row.

    Parameters
    ----------
    count : :class:`int`
        Number of inputs.
    rounds : :class:`int`
        Rounds of all inputs that a SysEx may be silent.
    soft_thru, waits : :class:`set`
        Numbers of inputs; see :class:`Merger`.
    filter_modes : :class:`bool`
        Whether to leave out mode messages 123 to 127.

    Members
    -------
    inputs, overrun, timeout
        As in :class:`Merger`.
    room : ``In(count)``
        A bit for each input: whether its queue has room besides the place for the packet that closes a SysEx.
    messages : ``Out(stream.Signature(Packet, always_ready=True))``
        What is to be kept: whole messages only, each SysEx with its end. ``cable`` is the number of the input.
    realtime : ``Out(stream.Signature(3))``
        Lower bits of real-time messages.
    """

    def __init__(self, count, rounds, soft_thru, waits, filter_modes):
        self.count = count
        self.rounds = rounds
        self.soft_thru = soft_thru
        self.waits = waits
        self.filter_modes = filter_modes
        super().__init__(
            {
                "inputs": In(stream.Signature(Packet)).array(count),
                "overrun": Out(1).array(count),
                "timeout": Out(1).array(count),
                "room": In(count),
                "messages": Out(stream.Signature(Packet, always_ready=True)),
                "realtime": Out(stream.Signature(3)),
            }
        )

    def elaborate(self, platform):
        m = Module()

        # Two clocks for each input, one of them idle, so that there is always time to read the queues.
        # The timer runs down to -1 and stays there for one round, so that each input has its turn to see it.
        active = Signal()
        turn = Signal(range(self.count))
        timer = Signal(range(-1, self.rounds - 1), reset_less=True)
        tick = timer[-1] & active
        m.d.sync += active.eq(~active)
        with m.If(active):
            m.d.sync += turn.eq(turn + 1)
            with m.If(turn == self.count - 1):
                m.d.sync += turn.eq(0)
                m.d.sync += timer.eq(timer - 1)
                with m.If(tick):
                    m.d.sync += timer.eq(self.rounds - 2)

        offered = Signal()
        packet = Signal(Packet)
        room = Signal()
        may_reset = Signal()
        can_wait = Signal()
        with m.Switch(turn):
            for n, packets in enumerate(self.inputs):
                with m.Case(n):
                    m.d.comb += [
                        offered.eq(packets.valid & active),
                        packet.eq(packets.payload),
                        room.eq(self.room[n]),
                        may_reset.eq(n not in self.soft_thru),
                        can_wait.eq(n in self.waits),
                    ]

        # What continues a SysEx begins with data or F7; F0, and F6 in a packet of code 5, begin anew and are even.
        first, second = packet.data[0], packet.data[1]
        realtime = (packet.code == SINGLE_BYTE) & (first[3:] == 0x1F)
        continues = (packet.code[2:] == SYSEX >> 2) & (~first[7] | first[0])
        stays_open = packet.code == SYSEX
        begins = Signal()
        m.d.comb += begins.eq(~realtime & ~continues & (packet.code[1:] != 0))
        if self.filter_modes:
            with m.If((packet.code == CONTROL_CHANGE) & (second >= 123)):
                m.d.comb += begins.eq(0)

        # Where a SysEx is open, its queue has a place for what ends it. Where none is, data and F7 belong to nothing.
        is_open = Array(Signal(name=f"is_open_{n}") for n in range(self.count))[turn]
        is_quiet = Array(Signal(name=f"is_quiet_{n}") for n in range(self.count))[turn]
        belongs = Signal()
        cut = Signal()
        silent = Signal()
        fits = Signal()
        full = Signal()
        m.d.comb += [
            belongs.eq(offered & (begins | continues & is_open)),
            cut.eq(offered & begins & is_open),
            silent.eq(tick & is_quiet & is_open & ~(offered & continues)),
            fits.eq(room | is_open & ~stays_open),
            self.realtime.payload.eq(first[:3]),
            self.realtime.valid.eq(offered & realtime & ~silent & (first[:3] != 6) & ((first[:3] != 7) | may_reset)),
            full.eq(belongs & ~cut & ~fits | self.realtime.valid & ~self.realtime.ready),
        ]
        with m.If(~is_open | offered & continues):
            m.d.sync += is_quiet.eq(0)
        with m.Elif(tick):
            m.d.sync += is_quiet.eq(1)

        close = Signal()
        stored = self.messages
        m.d.comb += [
            close.eq(cut | silent | is_open & belongs & full & ~can_wait),
            stored.valid.eq(close | belongs & fits),
            stored.payload.code.eq(Mux(close, SYSEX_END, packet.code)),
            stored.payload.cable.eq(turn),
            stored.payload.data.eq(Mux(close, 0xF7, packet.data)),
        ]
        with m.If(close):
            m.d.sync += is_open.eq(0)
        with m.Elif(belongs & fits):
            m.d.sync += is_open.eq(stays_open)

        for n, packets in enumerate(self.inputs):
            m.d.comb += [
                packets.ready.eq((turn == n) & active & ~cut & ~silent & ~(full & can_wait)),
                self.overrun[n].eq((turn == n) & full & ~can_wait),
                self.timeout[n].eq((turn == n) & silent),
            ]
        return m


class Queues(wiring.Component):
    """A queue for each input, all in one memory, and the turns in which they are emptied.

    Parameters
    ----------
    count : :class:`int`
        Number of queues.
    depth : :class:`int`
        Length of each in packets, a power of two.

    Members
    -------
    messages : ``In(stream.Signature(Packet, always_ready=True))``
        What to keep. ``cable`` is the number of its queue, which must have a place.
    room : ``Out(count)``
        A bit for each queue: whether it has two places or more.
    packets : ``Out(stream.Signature(Packet))``
        Messages by turns, each whole.
    """

    def __init__(self, count, depth):
        self.count = count
        self.depth = depth
        super().__init__(
            {
                "messages": In(stream.Signature(Packet, always_ready=True)),
                "room": Out(count),
                "packets": Out(stream.Signature(Packet)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(shape=Packet, depth=self.count * self.depth, init=[])
        write, read = memory.write_port(), memory.read_port()

        # One place of each is never used, so that a full queue can be told from an empty one.
        places = range(self.depth)
        starts = [Signal(places, name=f"start_{n}") for n in range(self.count)]
        ends = [Signal(places, name=f"end_{n}") for n in range(self.count)]
        chosen = Signal(range(self.count))
        number = self.messages.payload.cable[: len(chosen)]
        start = Cat(starts).word_select(chosen, len(starts[0]))
        end = Cat(ends).word_select(number, len(ends[0]))
        waiting = Cat(start != end for start, end in zip(starts, ends, strict=True)).bit_select(chosen, 1)
        locked = Signal()
        taken = self.packets.valid & self.packets.ready
        for n in range(self.count):
            used = (ends[n] - starts[n])[: len(ends[n])]
            m.d.comb += self.room[n].eq(used[1:] != self.depth // 2 - 1)
            with m.If(self.messages.valid & (number == n)):
                m.d.sync += ends[n].eq(ends[n] + 1)
            with m.If(taken & (chosen == n)):
                m.d.sync += starts[n].eq(starts[n] + 1)

        m.d.comb += [
            write.addr.eq(Cat(end, number)),
            write.data.eq(self.messages.payload),
            write.en.eq(self.messages.valid),
            # A packet is read again and again until it is taken, but never in the clock of a write: what a block RAM
            # reads then is not said, and to make sure of it takes cells.
            read.addr.eq(Cat(start, chosen)),
            read.en.eq(~self.messages.valid),
            self.packets.payload.eq(read.data),
        ]

        after = Mux(chosen == self.count - 1, 0, chosen + 1)
        with m.If(taken):
            m.d.sync += self.packets.valid.eq(0)
            m.d.sync += locked.eq(read.data.code == SYSEX)
            with m.If(read.data.code != SYSEX):
                m.d.sync += chosen.eq(after)
        with m.Elif(waiting & read.en):
            m.d.sync += self.packets.valid.eq(1)
        with m.Elif(~waiting & ~locked):
            m.d.sync += chosen.eq(after)
        return m
