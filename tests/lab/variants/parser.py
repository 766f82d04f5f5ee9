"""Parsers written otherwise."""

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import connect, flipped

from hdl.midi import Packet
from hdl.parser import Parser

__all__ = ["VARIANTS"]


class StateMachine(Parser):
    """Takes a byte, thinks about it, and then offers what it made: three states, and nothing at once."""

    def elaborate(self, platform):
        m = Module()
        byte, status = Signal(8), Signal(8)
        data, count = [Signal(8, name=f"data{n}") for n in range(2)], Signal(2)
        lost = Signal()
        # What is offered now, and whether to look at the same byte again after that.
        packet, cut, again = Signal(Packet), Signal(), Signal()
        with m.If(self.lost):
            m.d.sync += lost.eq(1)
        m.d.comb += self.packets.payload.eq(packet)

        def offer(code, *values, was_cut=0, same=0):
            filled = [*values, C(0, 8), C(0, 8)][:3]
            m.d.sync += [packet.eq(Cat(C(code, 4) if isinstance(code, int) else code[:4], C(0, 4), *filled))]
            m.d.sync += [cut.eq(was_cut), again.eq(same)]
            m.next = "OFFER"

        def close(was_cut, same):
            m.d.sync += [status.eq(0), count.eq(0)]
            with m.Switch(count):
                with m.Case(0):
                    offer(5, C(0xF7, 8), was_cut=was_cut, same=same)
                with m.Case(1):
                    offer(6, data[0], C(0xF7, 8), was_cut=was_cut, same=same)
                with m.Default():
                    offer(7, data[0], data[1], C(0xF7, 8), was_cut=was_cut, same=same)

        def keep():
            with m.Switch(count):
                with m.Case(0):
                    m.d.sync += data[0].eq(byte)
                with m.Default():
                    m.d.sync += data[1].eq(byte)
            m.d.sync += count.eq(count + 1)

        real_time = (byte >= 0xF8) & ~((byte == 0xFF) & bool(self.reset_clears))
        is_single = ((status >= 0xC0) & (status < 0xE0)) | (status == 0xF1) | (status == 0xF3)
        with m.FSM():
            with m.State("TAKE"):
                with m.If(lost):
                    m.d.sync += [lost.eq(self.lost), status.eq(0), count.eq(0)]
                    with m.If(status == 0xF0):
                        close(1, 0)
                with m.Else():
                    m.d.comb += self.bytes.ready.eq(1)
                    with m.If(self.bytes.valid):
                        m.d.sync += byte.eq(self.bytes.payload)
                        m.next = "THINK"
            with m.State("THINK"):
                m.next = "TAKE"
                with m.If(real_time):
                    with m.If((byte != 0xF9) & (byte != 0xFD)):
                        offer(15, byte)
                with m.Elif(byte[7]):
                    with m.If(status == 0xF0):
                        close(byte != 0xF7, byte != 0xF7)
                    with m.Else():
                        m.d.sync += [status.eq(byte), count.eq(0)]
                        with m.If(byte >= 0xF4):
                            m.d.sync += status.eq(0)
                        with m.If(byte == 0xF6):
                            offer(5, byte)
                        with m.If(byte == 0xFF):
                            offer(15, byte)
                        with m.If(byte == 0xF0):
                            m.d.sync += [data[0].eq(byte), count.eq(1)]
                with m.Elif(status == 0xF0):
                    keep()
                    with m.If(count == 2):
                        m.d.sync += count.eq(0)
                        offer(4, data[0], data[1], byte)
                with m.Elif(status != 0):
                    with m.If(is_single):
                        offer(Mux(status >= 0xF0, 2, status >> 4), status, byte)
                    with m.Elif(count == 1):
                        offer(Mux(status >= 0xF0, 3, status >> 4), status, data[0], byte)
                        m.d.sync += count.eq(0)
                    with m.Else():
                        keep()
                    with m.If((status >= 0xF0) & (is_single | (count == 1))):
                        m.d.sync += status.eq(0)
            with m.State("OFFER"):
                m.d.comb += [self.packets.valid.eq(1), self.cut.eq(cut)]
                with m.If(self.packets.ready):
                    m.next = "TAKE"
                    with m.If(again):
                        m.next = "THINK"
        return m


class Table(Parser):
    """A table of lengths; up to three bytes are gathered in one register, and a byte is taken only if nothing waits."""

    def elaborate(self, platform):
        m = Module()
        lengths = Array([2, 2, 2, 2, 1, 1, 2, 0])
        common = Array([0, 1, 2, 1, 0, 0, 0, 0])
        running, running_set, once = Signal(8), Signal(), Signal()
        sysex, gathered, have = Signal(), Signal(24), Signal(2)
        pending, waiting, pending_cut = Signal(Packet), Signal(), Signal()
        was_lost = Signal()
        m.d.comb += [self.packets.valid.eq(waiting), self.packets.payload.eq(pending)]
        m.d.comb += self.cut.eq(waiting & pending_cut)
        with m.If(self.packets.ready):
            m.d.sync += waiting.eq(0)
        with m.If(self.lost):
            m.d.sync += was_lost.eq(1)

        byte = self.bytes.payload
        free = ~waiting | self.packets.ready

        def emit(code, bytes_, cut=0):
            m.d.sync += [pending.eq(Cat(Cat(code)[:4], C(0, 4), bytes_)), waiting.eq(1), pending_cut.eq(cut)]

        def end_sysex(cut):
            m.d.sync += [sysex.eq(0), have.eq(0), running_set.eq(0)]
            with m.Switch(have):
                with m.Case(0):
                    emit(C(5, 4), C(0xF7, 24), cut)
                with m.Case(1):
                    emit(C(6, 4), Cat(gathered[:8], C(0xF7, 16)), cut)
                with m.Default():
                    emit(C(7, 4), Cat(gathered[:16], C(0xF7, 8)), cut)

        needs = Mux(running[4:] == 15, common[running[:3]], lengths[running[4:7]])
        system = byte[4:] == 15
        quiet = system & byte[3]
        if self.reset_clears:
            quiet = quiet & (byte != 0xFF)
        with m.If(free & was_lost):
            m.d.sync += [was_lost.eq(self.lost), have.eq(0), running_set.eq(0)]
            with m.If(sysex):
                end_sysex(1)
        with m.Elif(free & self.bytes.valid & quiet):
            m.d.comb += self.bytes.ready.eq(1)
            with m.If(~byte.matches(0xF9, 0xFD)):
                emit(C(15, 4), Cat(byte, C(0, 16)))
        with m.Elif(free & self.bytes.valid & byte[7] & sysex):
            # What cuts it off stays where it is and is looked at again.
            m.d.comb += self.bytes.ready.eq(byte == 0xF7)
            end_sysex(byte != 0xF7)
        with m.Elif(free & self.bytes.valid & byte[7]):
            m.d.comb += self.bytes.ready.eq(1)
            m.d.sync += [
                running.eq(byte),
                once.eq(system),
                have.eq(0),
                running_set.eq(~system | (byte[:3] < 4) & ~byte[3]),
            ]
            with m.If(byte == 0xF0):
                m.d.sync += [sysex.eq(1), gathered.eq(0xF0), have.eq(1), running_set.eq(0)]
            with m.Elif(byte == 0xF6):
                emit(C(5, 4), Cat(byte, C(0, 16)))
            with m.Elif(byte == 0xFF):
                emit(C(15, 4), Cat(byte, C(0, 16)))
        with m.Elif(free & self.bytes.valid):
            m.d.comb += self.bytes.ready.eq(1)
            with m.If(sysex):
                m.d.sync += [gathered.word_select(have, 8).eq(byte), have.eq(have + 1)]
                with m.If(have == 2):
                    m.d.sync += have.eq(0)
                    emit(C(4, 4), Cat(gathered[:16], byte))
            with m.Elif(running_set):
                with m.If(have + 1 == needs):
                    m.d.sync += [have.eq(0), running_set.eq(~once)]
                    code = Mux(once, Mux(needs == 1, 2, 3), running[4:])
                    with m.If(needs == 1):
                        emit(code, Cat(running, byte, C(0, 8)))
                    with m.Else():
                        emit(code, Cat(running, gathered[:8], byte))
                with m.Else():
                    m.d.sync += [gathered[:8].eq(byte), have.eq(1)]
        return m


class Buffered(Parser):
    """A FIFO behind it: packets come out a few clocks later, and bytes are taken while packets wait."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = inner = Parser(reset_clears=self.reset_clears)
        m.submodules.fifo = fifo = SyncFIFO(width=33, depth=4)
        connect(m, flipped(self.bytes), inner.bytes)
        m.d.comb += [
            inner.lost.eq(self.lost),
            fifo.w_data.eq(Cat(inner.packets.payload, inner.cut)),
            fifo.w_en.eq(inner.packets.valid),
            inner.packets.ready.eq(fifo.w_rdy),
            self.packets.payload.eq(fifo.r_data[:32]),
            self.packets.valid.eq(fifo.r_rdy),
            self.cut.eq(fifo.r_data[32] & fifo.r_rdy),
            fifo.r_en.eq(self.packets.ready),
        ]
        return m


VARIANTS = [StateMachine, Table, Buffered]
