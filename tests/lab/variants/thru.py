"""Thrus written otherwise."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import connect

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


class StoredSlow(StoredThru):
    """A register on every joint, so that all comes a few clocks later; and the stream joined from its other end."""

    def elaborate(self, platform):
        m = Module()
        m.submodules += [self._line, self._receiver, self._transmitter]
        m.d.sync += [
            self._line.pin.eq(self.level_in),
            self._receiver.level.eq(self._line.level),
            self.level_out.eq(self._transmitter.level),
            self.overrun.eq(self._receiver.overrun),
        ]
        connect(m, self._transmitter.bytes, self._receiver.bytes)
        return m


class RetimedStates(RetimedThru):
    """Idle, frame, and two states for a line that stays low."""

    def elaborate(self, platform):
        m = Module()
        level = Signal()
        m.submodules += FFSynchronizer(self.level_in, level, init=1)
        clocks, number = Signal(range(self.divisor)), Signal(4)
        # Clocks of the stop bit that is being sent, as far as they matter.
        least = -(-7 * self.divisor // 10) - 1
        stopped, sent = Signal(range(least + 1), init=least), Signal()
        shown = Signal(init=1)
        m.d.comb += self.level_out.eq(shown)
        m.d.sync += [clocks.eq(clocks + 1), stopped.eq(stopped + (stopped != least))]
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += number.eq(0)
                with m.If(level):
                    m.d.sync += clocks.eq(0)
                with m.Elif(clocks == self.divisor // 2 - 1):
                    m.d.sync += [clocks.eq(0), sent.eq(stopped == least)]
                    with m.If(stopped == least):
                        m.d.sync += shown.eq(0)
                    with m.Else():
                        m.d.comb += self.overrun.eq(1)
                    m.next = "FRAME"
            with m.State("FRAME"), m.If(clocks == self.divisor - 1):
                m.d.sync += [clocks.eq(0), number.eq(number + 1)]
                with m.If(sent):
                    m.d.sync += [shown.eq(level), stopped.eq(0)]
                with m.If(number == 8):
                    m.next = "IDLE"
                    with m.If(~level):
                        m.next = "BAD STOP"
            # A bit of it, so that no receiver takes the stop bit for good.
            with m.State("BAD STOP"), m.If(clocks == self.divisor - 1):
                m.d.sync += clocks.eq(0)
                m.next = "BREAK"
                with m.If(level):
                    m.d.sync += [shown.eq(1), stopped.eq(0)]
                    m.next = "IDLE"
            with m.State("BREAK"):
                with m.If(~level):
                    m.d.sync += clocks.eq(0)
                with m.Elif(clocks == self.divisor // 2 - 1):
                    m.d.sync += [clocks.eq(0), shown.eq(1), stopped.eq(0)]
                    m.next = "IDLE"
        return m


class RetimedOneCounter(RetimedThru):
    """One counter for a frame and a bad stop bit, and the level shown anew at ten places of it."""

    def elaborate(self, platform):
        m = Module()
        samples = Signal(2, init=3)
        m.d.sync += samples.eq(Cat(self.level_in, samples[0]))
        level = samples[1]
        places = [self.divisor // 2 + n * self.divisor for n in range(11)]
        at, high = Signal(range(places[10] + self.divisor)), Signal()
        shown, dropped = Signal(init=1), Signal()
        # Shifts in a 1 in each clock in which the output is high, from the stop bit on.
        stop = Signal(-(-7 * self.divisor // 10) - 1, init=-1)
        m.d.sync += stop.eq(Mux(shown, Cat(C(1, 1), stop[:-1]), 0))
        m.d.comb += self.level_out.eq(shown)
        with m.If(at == 0):
            m.d.sync += high.eq(level)
            with m.If(high & ~level):
                m.d.sync += at.eq(1)
        with m.Elif(at <= places[10]):
            m.d.sync += at.eq(at + 1)
            with m.If((at <= places[0]) & level):
                m.d.sync += [at.eq(0), high.eq(1)]
            with m.Elif(at == places[0]):
                m.d.sync += [shown.eq(~stop[-1]), dropped.eq(~stop[-1])]
                m.d.comb += self.overrun.eq(~stop[-1])
            for place in places[1:]:
                with m.If((at == place) & ~dropped):
                    m.d.sync += shown.eq(level)
            with m.If((at == places[9]) & ~dropped):
                m.d.sync += stop.eq(0)
            with m.If(((at == places[9]) | (at == places[10])) & level):
                m.d.sync += [at.eq(0), high.eq(1)]
        with m.Else():
            # High for half a bit on end.
            m.d.sync += at.eq(Mux(level, at + 1, places[10] + 1))
            with m.If(level & (at == places[10] + self.divisor // 2)):
                m.d.sync += [at.eq(0), high.eq(1), shown.eq(1)]
        return m


VARIANTS = [DirectTwice, StoredBuffered, StoredShifted, StoredSlow, RetimedStates, RetimedOneCounter]
