"""Encoders written otherwise."""

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hdl.encoder import Encoder
from hdl.midi import Packet

__all__ = ["VARIANTS"]


class Bytes(Component):
    """Bytes of packets through a register, real-time before them; ``skip`` leaves out the first byte of the packet."""

    def __init__(self):
        super().__init__({"packets": In(stream.Signature(Packet)), "skip": In(1), "begins": Out(1),
                          "realtime": In(stream.Signature(8)), "bytes": Out(stream.Signature(8))})  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        packet, place = self.packets.payload, Signal(2)
        counts = Array([0, 0, 2, 3, 3, 1, 2, 3, 3, 3, 3, 3, 2, 2, 3, 1])
        count = Signal(2)
        m.d.comb += count.eq(counts[packet.code])
        free = ~self.bytes.valid | self.bytes.ready
        with m.If(self.bytes.ready):
            m.d.sync += self.bytes.valid.eq(0)
        with m.If(free & self.realtime.valid):
            m.d.comb += self.realtime.ready.eq(1)
            m.d.sync += [self.bytes.valid.eq(1), self.bytes.payload.eq(Cat(self.realtime.payload[:3], C(31, 5)))]
        with m.Elif(self.packets.valid & (count == 0)):
            m.d.comb += self.packets.ready.eq(1)
        with m.Elif(free & self.packets.valid):
            at = Mux(self.skip & (place == 0), 1, place)
            m.d.comb += self.begins.eq((place == 0) & ~self.skip)
            m.d.sync += [self.bytes.valid.eq(1), self.bytes.payload.eq(packet.data[at]), place.eq(at + 1)]
            with m.If(at + 1 == count):
                m.d.comb += self.packets.ready.eq(1)
                m.d.sync += place.eq(0)
        return m


class Registered(Encoder):
    """Every byte goes through a register."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.bytes = inner = Bytes()
        connect(m, flipped(self.packets), inner.packets)
        connect(m, flipped(self.realtime), inner.realtime)
        connect(m, inner.bytes, flipped(self.bytes))
        if not self.running_status:
            return m
        status = Signal(8)
        first, code = self.packets.payload.data[0], self.packets.payload.code
        channel = (code >= 8) & (code < 15)
        age = Signal(range((self.repeat_clocks or 0) + 2))
        old = (age >= self.repeat_clocks) if self.repeat_clocks else C(0, 1)
        m.d.comb += inner.skip.eq(channel & (status == first) & ~old)
        with m.If(~old):
            m.d.sync += age.eq(age + 1)
        with m.If(inner.begins):
            with m.If(channel):
                m.d.sync += [status.eq(first), age.eq(0)]
            with m.Elif(first < 0xF8):
                m.d.sync += status.eq(0)
        return m


class StateMachine(Encoder):
    """A state for each byte. The packet is kept, and taken from its sender at its end."""

    def elaborate(self, platform):
        m = Module()
        packet, code = self.packets.payload, self.packets.payload.code
        status, left = Signal(8), Signal(range((self.repeat_clocks or 1) + 1))
        channel = (code >= 8) & (code < 15)
        one, two = (code == 5) | (code == 15), (code == 2) | (code == 6) | (code == 12) | (code == 13)
        offered = Signal()
        slips = self.realtime.valid & ~offered
        if self.repeat_clocks:
            with m.If(left == 0):
                m.d.sync += status.eq(0)
            with m.Else():
                m.d.sync += left.eq(left - 1)

        def send(value, last, following):
            """Offer a byte, unless real-time comes first."""
            with m.If(~slips):
                m.d.comb += [self.bytes.valid.eq(1), self.bytes.payload.eq(value)]
                m.d.sync += offered.eq(~self.bytes.ready)
                with m.If(self.bytes.ready):
                    m.next = following
                    with m.If(last):
                        m.d.comb += self.packets.ready.eq(1)
                        m.next = "FIRST"

        with m.If(slips):
            m.d.comb += [self.bytes.valid.eq(1), self.bytes.payload.eq(self.realtime.payload | 0xF8)]
            m.d.comb += self.realtime.ready.eq(self.bytes.ready)
        with m.FSM():
            with m.State("FIRST"), m.If(self.packets.valid):
                with m.If(code < 2):
                    m.d.comb += self.packets.ready.eq(1)
                with m.Elif(channel & (status == packet.data[0]) & bool(self.running_status) & ~offered):
                    m.next = "SECOND"
                with m.Else():
                    send(packet.data[0], one, "SECOND")
                    with m.If(~slips & self.bytes.ready):
                        with m.If(channel):
                            m.d.sync += [status.eq(packet.data[0]), left.eq(self.repeat_clocks or 0)]
                        with m.Elif(packet.data[0] < 0xF8):
                            m.d.sync += status.eq(0)
            with m.State("SECOND"):
                send(packet.data[1], two, "THIRD")
            with m.State("THIRD"):
                send(packet.data[2], 1, "FIRST")
        return m


VARIANTS = [Registered, StateMachine]
