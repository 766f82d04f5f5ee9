"""Receivers written otherwise."""

from amaranth.hdl import Cat, Module, Signal

from hdl.receiver import Receiver

__all__ = ["VARIANTS"]


class Holding(Receiver):
    """What all of these share: a place for the byte on offer. ``done`` pulses with the byte, or with an error."""

    def hold(self, m, done, byte, stop, dark):
        m.d.comb += [
            self.framing_error.eq(done & ~stop & ~dark),
            self.break_.eq(done & ~stop & dark),
            self.overrun.eq(done & stop & self.bytes.valid & ~self.bytes.ready),
        ]
        with m.If(self.bytes.valid & self.bytes.ready):
            m.d.sync += self.bytes.valid.eq(0)
        with m.If(done & stop & (~self.bytes.valid | self.bytes.ready)):
            m.d.sync += [self.bytes.valid.eq(1), self.bytes.payload.eq(byte)]


class StateMachine(Holding):
    """Idle, start, data, stop, and a state that waits for a high line."""

    def elaborate(self, platform):
        m = Module()
        clocks = Signal(range(self.divisor))
        number = Signal(3)
        data = Signal(8)
        done = Signal()
        m.d.sync += clocks.eq(clocks - 1)
        with m.FSM():
            with m.State("IDLE"):
                with m.If(~self.level):
                    m.d.sync += clocks.eq(self.divisor // 2 - 1)
                    m.next = "START"
            with m.State("START"):
                with m.If(clocks == 0):
                    m.d.sync += [clocks.eq(self.divisor - 1), number.eq(0)]
                    with m.If(self.level):
                        m.next = "IDLE"
                    with m.Else():
                        m.next = "DATA"
            with m.State("DATA"):
                with m.If(clocks == 0):
                    m.d.sync += [clocks.eq(self.divisor - 1), data.bit_select(number, 1).eq(self.level)]
                    m.d.sync += number.eq(number + 1)
                    with m.If(number == 7):
                        m.next = "STOP"
            with m.State("STOP"):
                with m.If(clocks == 0):
                    m.d.comb += done.eq(1)
                    with m.If(self.level):
                        m.next = "IDLE"
                    with m.Else():
                        m.next = "BAD"
            with m.State("BAD"), m.If(self.level):
                m.next = "IDLE"
        self.hold(m, done, data, self.level, data == 0)
        return m


class Oversampled(Holding):
    """Looks at the line eight times a bit, where the clock allows; the rest of the division is spread over the bit."""

    def elaborate(self, platform):
        m = Module()
        # Adds eight in each clock: what overflows the divisor is a tick, eight to a bit.
        sum_ = Signal(range(2 * self.divisor + 8))
        tick = Signal()
        m.d.comb += tick.eq(sum_ + 8 >= self.divisor)
        m.d.sync += sum_.eq(sum_ + 8)
        with m.If(tick):
            m.d.sync += sum_.eq(sum_ + 8 - self.divisor)
        count = Signal(8)
        busy, previous = Signal(), Signal()
        data = Signal(9)
        done = Signal()
        m.d.sync += previous.eq(self.level)
        with m.If(~busy & previous & ~self.level):
            m.d.sync += [busy.eq(1), count.eq(0), sum_.eq(0)]
        with m.If(busy & tick):
            m.d.sync += count.eq(count + 1)
            with m.If(count[:3] == 3):
                m.d.sync += data.eq(Cat(data[1:], self.level))
                with m.If((count[3:] == 0) & self.level):
                    m.d.sync += busy.eq(0)
                with m.If(count[3:] == 9):
                    m.d.sync += busy.eq(0)
                    m.d.comb += done.eq(1)
        self.hold(m, done, data[1:], self.level, data[1:] == 0)
        return m


class Majority(Holding):
    """Three samples around the middle of each bit, and two of them decide."""

    def elaborate(self, platform):
        m = Module()
        # So late that the third of the samples has come; all votes are one clock late alike.
        last = Signal(3, init=7)
        m.d.sync += last.eq(Cat(self.level, last[:2]))
        vote = (last[0] & last[1]) | (last[1] & last[2]) | (last[0] & last[2])
        clocks, number = Signal(range(self.divisor)), Signal(4)
        data, busy, done = Signal(8), Signal(), Signal()
        wait = Signal()
        with m.If(busy):
            m.d.sync += clocks.eq(clocks + 1)
            with m.If(clocks == self.divisor - 1):
                m.d.sync += [clocks.eq(0), number.eq(number + 1)]
            with m.If(clocks == self.divisor // 2 + 1):
                with m.If((number == 0) & vote):
                    m.d.sync += busy.eq(0)
                with m.Elif(number == 9):
                    m.d.sync += [busy.eq(0), wait.eq(~vote)]
                    m.d.comb += done.eq(1)
                with m.Elif(number != 0):
                    m.d.sync += data.eq(Cat(data[1:], vote))
        with m.Elif(wait):
            with m.If(self.level):
                m.d.sync += wait.eq(0)
        with m.Elif(~self.level):
            m.d.sync += [busy.eq(1), clocks.eq(1), number.eq(0)]
        self.hold(m, done, data, vote, data == 0)
        return m


class OneCounter(Holding):
    """One counter for the whole frame, and a sample at each of ten places of it."""

    def elaborate(self, platform):
        m = Module()
        places = [self.divisor // 2 + n * self.divisor for n in range(10)]
        at = Signal(range(places[9] + 1))
        bits = Signal(10)
        idle, done = Signal(init=1), Signal()
        with m.If(idle):
            with m.If(~self.level):
                m.d.sync += [idle.eq(0), at.eq(1)]
        with m.Elif(at <= places[9]):
            m.d.sync += at.eq(at + 1)
            for n, place in enumerate(places[:9]):
                with m.If(at == place):
                    m.d.sync += bits[n].eq(self.level)
            with m.If((at == places[0]) & self.level):
                m.d.sync += idle.eq(1)
            with m.If(at == places[9]):
                m.d.comb += done.eq(1)
                m.d.sync += idle.eq(self.level)
        with m.Else():
            m.d.sync += idle.eq(self.level)
        # At the last place the counter goes on by one, so that this happens once.
        self.hold(m, done, bits[1:9], self.level, bits[:9] == 0)
        return m


class LateErrors(Holding):
    """Tells of an error only when the line is high again, and delivers each byte a few clocks later."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = inner = Receiver(self.divisor * 31_250)
        m.d.comb += inner.level.eq(self.level)
        frame, dark = Signal(), Signal()
        with m.If(inner.framing_error | inner.break_):
            m.d.sync += [frame.eq(1), dark.eq(inner.break_)]
        with m.If(frame & self.level):
            m.d.sync += frame.eq(0)
        told = frame & self.level
        byte, fresh = Signal(8), Signal(3)
        m.d.comb += inner.bytes.ready.eq(1)
        m.d.sync += fresh.eq(Cat(inner.bytes.valid, fresh[:2]))
        with m.If(inner.bytes.valid):
            m.d.sync += byte.eq(inner.bytes.payload)
        self.hold(m, told | fresh[2], byte, fresh[2], dark)
        return m


class Countdown(Receiver):
    """Counts the samples that are left, by vote, and thinks a clock longer about what it saw; all outputs registers."""

    def elaborate(self, platform):
        m = Module()
        last, clocks, left = Signal(2, init=3), Signal(range(self.divisor)), Signal(range(11))
        frame, low, good, bad = Signal(10), Signal(), Signal(), Signal()
        vote = (self.level + last[0] + last[1]) >= 2
        m.d.sync += [last.eq(Cat(self.level, last[0])), good.eq(0), bad.eq(0), low.eq(low & ~self.level)]
        with m.If(left == 0):
            with m.If(~self.level & ~low):
                m.d.sync += [left.eq(10), clocks.eq(self.divisor // 2)]
        with m.Elif(clocks != 0):
            m.d.sync += clocks.eq(clocks - 1)
        with m.Else():
            m.d.sync += [clocks.eq(self.divisor - 1), left.eq(left - 1), frame.eq(Cat(frame[1:], vote))]
            with m.If((left == 10) & vote):
                m.d.sync += left.eq(0)
            with m.If(left == 1):
                m.d.sync += [low.eq(~vote), good.eq(vote), bad.eq(~vote)]
        free = ~self.bytes.valid | self.bytes.ready
        m.d.sync += [
            self.framing_error.eq(bad & frame.any()),
            self.break_.eq(bad & ~frame.any()),
            self.overrun.eq(good & ~free),
        ]
        with m.If(free):
            m.d.sync += [self.bytes.valid.eq(good), self.bytes.payload.eq(frame[1:9])]
        return m


VARIANTS = [StateMachine, Oversampled, Majority, OneCounter, LateErrors, Countdown]
