"""Thrus written otherwise."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.fifo import SyncFIFO

from hdl.thru import DirectThru, RetimedThru, StoredThru

__all__ = ["VARIANTS"]


class DirectTwice(DirectThru):
    """Turned over and turned over again."""

    def elaborate(self, platform):
        m = Module()
        low = Signal()
        m.d.comb += [low.eq(~self.level_in), self.level_out.eq(~low)]
        return m


class StoredBuffered(StoredThru):
    """A FIFO between receiver and transmitter, so that hardly anything is ever lost."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.line, m.submodules.receiver = self._line, self._receiver
        m.submodules.transmitter, m.submodules.fifo = self._transmitter, (fifo := SyncFIFO(width=8, depth=4))
        m.d.comb += [
            self._line.pin.eq(self.level_in),
            self._receiver.level.eq(self._line.level),
            fifo.w_data.eq(self._receiver.bytes.payload),
            fifo.w_en.eq(self._receiver.bytes.valid),
            self._receiver.bytes.ready.eq(fifo.w_rdy),
            self._transmitter.bytes.payload.eq(fifo.r_data),
            self._transmitter.bytes.valid.eq(fifo.r_rdy),
            fifo.r_en.eq(self._transmitter.bytes.ready),
            self.level_out.eq(self._transmitter.level),
            self.overrun.eq(self._receiver.overrun),
        ]
        return m


class StoredShifted(StoredThru):
    """The two flip-flops and a filter of its own: the line moves when four samples agree."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.receiver, m.submodules.transmitter = self._receiver, self._transmitter
        samples = Signal(6, init=0x3F)
        level = Signal(init=1)
        m.d.sync += samples.eq(Cat(self.level_in, samples[:-1]))
        with m.If(samples[2:].all()):
            m.d.sync += level.eq(1)
        with m.Elif(~samples[2:].any()):
            m.d.sync += level.eq(0)
        m.d.comb += [
            self._receiver.level.eq(level),
            self._transmitter.bytes.payload.eq(self._receiver.bytes.payload),
            self._transmitter.bytes.valid.eq(self._receiver.bytes.valid),
            self._receiver.bytes.ready.eq(self._transmitter.bytes.ready),
            self.level_out.eq(self._transmitter.level),
            self.overrun.eq(self._receiver.overrun),
        ]
        return m


class RetimedStates(RetimedThru):
    """Idle, frame, and a state for a line that stays low."""

    def elaborate(self, platform):
        m = Module()
        level = Signal()
        m.submodules += FFSynchronizer(self.level_in, level, init=1)
        clocks, number = Signal(range(self.divisor)), Signal(4)
        shown = Signal(init=1)
        m.d.comb += self.level_out.eq(shown)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [clocks.eq(clocks + 1), number.eq(0)]
                with m.If(level):
                    m.d.sync += clocks.eq(0)
                with m.Elif(clocks == self.divisor // 2 - 1):
                    m.d.sync += [clocks.eq(0), shown.eq(0)]
                    m.next = "FRAME"
            with m.State("FRAME"):
                m.d.sync += clocks.eq(clocks + 1)
                with m.If(clocks == self.divisor - 1):
                    m.d.sync += [clocks.eq(0), number.eq(number + 1), shown.eq(level)]
                    with m.If(number == 8):
                        m.next = "IDLE"
                        with m.If(~level):
                            m.next = "LOW"
            with m.State("LOW"):
                # At least one bit of it, so that no receiver takes the stop bit for good.
                m.d.sync += clocks.eq(clocks + 1)
                with m.If(clocks == self.divisor - 1):
                    m.d.sync += clocks.eq(clocks)
                    with m.If(level):
                        m.d.sync += [clocks.eq(0), shown.eq(1)]
                        m.next = "IDLE"
        return m


class RetimedOneCounter(RetimedThru):
    """One counter for a frame, and the level shown anew at ten places of it."""

    def elaborate(self, platform):
        m = Module()
        samples = Signal(2, init=3)
        m.d.sync += samples.eq(Cat(self.level_in, samples[0]))
        level = samples[1]
        places = [self.divisor // 2 + n * self.divisor for n in range(10)]
        at, high = Signal(range(places[9] + 2)), Signal()
        shown = Signal(init=1)
        m.d.comb += self.level_out.eq(shown)
        with m.If(at == 0):
            m.d.sync += high.eq(level)
            with m.If(high & ~level):
                m.d.sync += at.eq(1)
        with m.Else():
            m.d.sync += at.eq(at + 1)
            for n, place in enumerate(places):
                with m.If(at == place):
                    m.d.sync += shown.eq(level)
                    if n == 0:
                        with m.If(level):
                            m.d.sync += [at.eq(0), high.eq(1)]
            with m.If(at == places[9]):
                m.d.sync += [at.eq(0), high.eq(level)]
                with m.If(~level):
                    m.d.sync += [at.eq(places[9] + 1), shown.eq(0)]
            with m.If(at == places[9] + 1):
                m.d.sync += at.eq(places[9] + 1)
                with m.If(level):
                    m.d.sync += [at.eq(0), high.eq(1), shown.eq(1)]
        return m


VARIANTS = [DirectTwice, StoredBuffered, StoredShifted, RetimedStates, RetimedOneCounter]
