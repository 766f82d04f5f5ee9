"""Transmitters written otherwise."""

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib.fifo import SyncFIFO

from hdl.transmitter import Transmitter

__all__ = ["VARIANTS"]


class CountsUp(Transmitter):
    """Counts up, and shows bit ``n`` of a frame that stays where it is."""

    def elaborate(self, platform):
        m = Module()
        clocks = Signal(range(self.divisor))
        number = Signal(range(11), init=10)
        frame = Signal(10, init=0x3FF)
        last = clocks == self.divisor - 1
        m.d.comb += self.bytes.ready.eq((number == 10) | ((number == 9) & last))
        m.d.comb += self.level.eq(Cat(frame, C(1, 1)).bit_select(number, 1))
        with m.If(number != 10):
            m.d.sync += clocks.eq(clocks + 1)
            with m.If(last):
                m.d.sync += [clocks.eq(0), number.eq(number + 1)]
        with m.If(self.bytes.valid & self.bytes.ready):
            m.d.sync += [clocks.eq(0), number.eq(0), frame.eq(Cat(C(0, 1), self.bytes.payload, C(1, 1)))]
        return m


class StateMachine(Transmitter):
    """A state for each part of a frame."""

    def elaborate(self, platform):
        m = Module()
        clocks = Signal(range(self.divisor))
        number = Signal(3)
        data = Signal(8)
        over = Signal()
        m.d.comb += over.eq(clocks == 0)
        m.d.sync += clocks.eq(clocks - 1)

        def take():
            m.d.comb += self.bytes.ready.eq(1)
            with m.If(self.bytes.valid):
                m.d.sync += [data.eq(self.bytes.payload), clocks.eq(self.divisor - 1)]
                m.next = "START"

        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.level.eq(1)
                take()
            with m.State("START"):
                m.d.comb += self.level.eq(0)
                with m.If(over):
                    m.d.sync += [clocks.eq(self.divisor - 1), number.eq(0)]
                    m.next = "DATA"
            with m.State("DATA"):
                m.d.comb += self.level.eq(data[0])
                with m.If(over):
                    m.d.sync += [clocks.eq(self.divisor - 1), data.eq(data >> 1), number.eq(number + 1)]
                    with m.If(number == 7):
                        m.next = "STOP"
            with m.State("STOP"):
                m.d.comb += self.level.eq(1)
                with m.If(over):
                    m.next = "IDLE"
                    take()
        return m


class LongShift(Transmitter):
    """One long register of ones, shifted when a bit is over; idle is when nothing but ones is left."""

    def elaborate(self, platform):
        m = Module()
        clocks = Signal(range(self.divisor), init=self.divisor - 1)
        # A one above the stop bit marks how much of the frame is left.
        frame = Signal(11, init=1)
        line = Signal(init=1)
        over = clocks == self.divisor - 1
        with m.If(over):
            with m.If(frame == 1):
                m.d.comb += self.bytes.ready.eq(1)
                m.d.sync += line.eq(1)
                with m.If(self.bytes.valid):
                    m.d.sync += [frame.eq(Cat(self.bytes.payload, C(0b11, 2))), line.eq(0), clocks.eq(0)]
            with m.Else():
                m.d.sync += [line.eq(frame[0]), frame.eq(frame >> 1), clocks.eq(0)]
        with m.Else():
            m.d.sync += clocks.eq(clocks + 1)
        m.d.comb += self.level.eq(line)
        return m


class OutputRegister(Transmitter):
    """The line behind a register of its own, one clock later than the others."""

    def elaborate(self, platform):
        m = Module()
        left = Signal(range(10 * self.divisor + 1))
        data = Signal(8)
        busy = left != 0
        m.d.comb += self.bytes.ready.eq(left <= 1)
        m.d.sync += self.level.eq(1)
        with m.If(busy):
            m.d.sync += left.eq(left - 1)
        with m.If(self.bytes.valid & self.bytes.ready):
            m.d.sync += [left.eq(10 * self.divisor), data.eq(self.bytes.payload)]
        # Which bit it is follows from how much is left.
        for n, bit in enumerate((C(0, 1), *data)):
            low, high = (9 - n) * self.divisor, (10 - n) * self.divisor
            with m.If((left > low) & (left <= high)):
                m.d.sync += self.level.eq(bit)
        return m


class TwoTimers(Transmitter):
    """A timer that never rests, set anew by each byte, and an enable once a bit."""

    def elaborate(self, platform):
        m = Module()
        phase = Signal(range(self.divisor))
        tick = Signal()
        number = Signal(4)
        data = Signal(8)
        start = self.bytes.valid & self.bytes.ready
        m.d.comb += tick.eq(phase == self.divisor - 1)
        m.d.sync += phase.eq(phase + 1)
        with m.If(tick | start):
            m.d.sync += phase.eq(0)
        with m.If(tick & (number != 0)):
            m.d.sync += number.eq(number - 1)
        with m.If(start):
            m.d.sync += [number.eq(10), data.eq(self.bytes.payload)]
        m.d.comb += self.bytes.ready.eq((number == 0) | ((number == 1) & tick))
        with m.Switch(number):
            with m.Case(10):
                m.d.comb += self.level.eq(0)
            for n in range(8):
                with m.Case(9 - n):
                    m.d.comb += self.level.eq(data[n])
            with m.Default():
                m.d.comb += self.level.eq(1)
        return m


class Buffered(Transmitter):
    """A FIFO of four bytes before it: bytes are taken long before they are sent."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.fifo = fifo = SyncFIFO(width=8, depth=4)
        m.submodules.inner = inner = Transmitter(self.divisor * 31_250)
        m.d.comb += [
            fifo.w_data.eq(self.bytes.payload),
            fifo.w_en.eq(self.bytes.valid),
            self.bytes.ready.eq(fifo.w_rdy),
            inner.bytes.payload.eq(fifo.r_data),
            inner.bytes.valid.eq(fifo.r_rdy),
            fifo.r_en.eq(inner.bytes.ready),
            self.level.eq(inner.level),
        ]
        return m


VARIANTS = [CountsUp, StateMachine, LongShift, OutputRegister, TwoTimers, Buffered]
