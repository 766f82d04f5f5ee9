"""Mergers written otherwise."""

from amaranth.hdl import Array, C, Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.fifo import SyncFIFO, SyncFIFOBuffered
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hdl.merger import Merger
from hdl.midi import Packet

__all__ = ["VARIANTS"]


class Queue(Component):
    """One input: its queue, and what becomes of a SysEx that is cut off, falls silent or does not fit."""

    def __init__(self, depth, clocks, echoes, fifo):
        self.depth, self.clocks, self.echoes, self.fifo = depth, clocks, echoes, fifo
        super().__init__({"packets": In(stream.Signature(Packet)), "out": Out(stream.Signature(Packet)),
                          "realtime": Out(stream.Signature(8)), "overrun": Out(1), "timeout": Out(1)})  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        m.submodules.fifo = fifo = self.fifo(width=32, depth=self.depth)
        m.d.comb += [self.out.payload.eq(fifo.r_data), self.out.valid.eq(fifo.r_rdy), fifo.r_en.eq(self.out.ready)]
        packet, first = self.packets.payload, self.packets.payload.data[0]
        is_open, age = Signal(), Signal(range(2 * self.clocks))
        room = fifo.w_level < self.depth - 1
        closing = Cat(C(5, 4), C(0, 4), C(0xF7, 24))
        continues = (packet.code[2:] == 1) & (~first[7] | (first == 0xF7))
        m.d.comb += fifo.w_data.eq(packet)
        m.d.sync += age.eq(age + 1)

        def close():
            m.d.comb += [fifo.w_data.eq(closing), fifo.w_en.eq(1)]
            m.d.sync += is_open.eq(0)

        with m.If(self.packets.valid & (packet.code == 15) & (first >= 0xF8)):
            handed_on = (first != 0xFE) & ((first != 0xFF) | (not self.echoes))
            m.d.comb += [self.realtime.valid.eq(handed_on), self.realtime.payload.eq(first)]
            m.d.comb += self.packets.ready.eq(self.realtime.ready | ~handed_on)
        with m.Elif(is_open & (age >= self.clocks * 3 // 2) & ~(self.packets.valid & continues)):
            m.d.comb += self.timeout.eq(1)
            close()
        with m.Elif(self.packets.valid & continues):
            m.d.comb += self.packets.ready.eq(1)
            m.d.sync += age.eq(0)
            with m.If(is_open & (room | (packet.code != 4))):
                m.d.comb += fifo.w_en.eq(1)
                m.d.sync += is_open.eq(packet.code == 4)
            with m.Elif(is_open):
                m.d.comb += self.overrun.eq(1)
                close()
        with m.Elif(self.packets.valid & is_open):
            close()
        with m.Elif(self.packets.valid):
            m.d.comb += self.packets.ready.eq(1)
            with m.If(packet.code >= 2):
                m.d.comb += [fifo.w_en.eq(room), self.overrun.eq(~room)]
                m.d.sync += [is_open.eq(room & (packet.code == 4)), age.eq(0)]
        return m


class QueueForEach(Merger):
    """A queue for each input, and a turn that moves on when its message is over."""

    fifo = SyncFIFO

    def __init__(self, clk_freq, inputs=2, *, depth=64, timeout=0.25, soft_thru=None, waits=(), filter_modes=False):
        super().__init__(clk_freq, inputs, depth=depth, timeout=timeout, soft_thru=soft_thru, waits=waits,
                         filter_modes=filter_modes)  # fmt: skip
        echoing = range(inputs) if soft_thru is None else soft_thru
        self.queues = [Queue(depth, round(timeout * clk_freq), n in echoing, self.fifo) for n in range(inputs)]

    def elaborate(self, platform):
        m = Module()
        m.submodules.realtime = realtime = SyncFIFO(width=8, depth=8)
        m.d.comb += [self.realtime.payload.eq(realtime.r_data), self.realtime.valid.eq(realtime.r_rdy)]
        m.d.comb += realtime.r_en.eq(self.realtime.ready)
        earlier = C(0, 1)
        for n, queue in enumerate(self.queues):
            m.submodules[f"queue_{n}"] = queue
            connect(m, flipped(self.inputs[n]), queue.packets)
            m.d.comb += [self.overrun[n].eq(queue.overrun), self.timeout[n].eq(queue.timeout)]
            m.d.comb += queue.realtime.ready.eq(realtime.w_rdy & ~earlier)
            with m.If(queue.realtime.valid & ~earlier):
                m.d.comb += [realtime.w_data.eq(queue.realtime.payload), realtime.w_en.eq(1)]
            earlier = earlier | queue.realtime.valid
        turn = Signal(range(len(self.queues)))
        valids = Array([queue.out.valid for queue in self.queues])
        payloads = Array([queue.out.payload for queue in self.queues])
        inside = Signal()
        m.d.comb += self.packets.valid.eq(valids[turn])
        m.d.comb += self.packets.payload.eq(payloads[turn])
        m.d.comb += self.packets.payload.cable.eq(turn)
        for n, queue in enumerate(self.queues):
            m.d.comb += queue.out.ready.eq((turn == n) & self.packets.ready)
        following = Signal.like(turn)
        m.d.comb += following.eq(turn + 1)
        with m.If(turn == len(self.queues) - 1):
            m.d.comb += following.eq(0)
        with m.If(self.packets.valid & self.packets.ready):
            m.d.sync += inside.eq(self.packets.payload.code == 4)
            with m.If(self.packets.payload.code != 4):
                m.d.sync += turn.eq(following)
        with m.Elif(~self.packets.valid & ~inside):
            m.d.sync += turn.eq(following)
        return m


class BufferedQueues(QueueForEach):
    """The same, with queues that a block RAM can hold: they are slower by a clock or two."""

    fifo = SyncFIFOBuffered


VARIANTS = [QueueForEach, BufferedQueues]
