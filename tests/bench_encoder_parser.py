"""Bench of an encoder with a parser behind it: together they change nothing."""

import random

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hdl.encoder import Encoder
from hdl.midi import Packet as HardwarePacket
from hdl.parser import Parser
from sim.bench.bench import Bench, Case
from sim.bench.run import Design
from sim.model.midi import Packet
from tests.bench_encoder import CLK_FREQ, REPEAT, check_offers, equal, in_clocks, random_items, stalls
from tests.watched import Watched


class EncoderParser(wiring.Component):
    """An encoder and a parser that reads what it sends.

    Members
    -------
    packets, realtime : ``In``
        As those of the encoder.
    read : ``Out(stream.Signature(Packet))``
        Packets of the parser.
    """

    def __init__(self):
        super().__init__(
            {
                "packets": In(stream.Signature(HardwarePacket)),
                "realtime": In(stream.Signature(8)),
                "read": Out(stream.Signature(HardwarePacket)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.encoder = encoder = Encoder(CLK_FREQ, repeat=REPEAT / CLK_FREQ)
        m.submodules.parser = parser = Parser()
        connect(m, flipped(self.packets), encoder.packets)
        connect(m, flipped(self.realtime), encoder.realtime)
        connect(m, encoder.bytes, parser.bytes)
        connect(m, parser.packets, flipped(self.read))
        return m


def bench():
    """The bench for an encoder with a parser behind it."""
    result = Bench(Design.of(Watched(EncoderParser()), CLK_FREQ))
    for seed in range(4):
        rng = random.Random(seed)
        ready = (stalls(rng, 9000), ())[seed % 2]
        stimulus = in_clocks(result.design.clock, "read", *random_items(rng), ready)
        result.cases[f"what is sent is read as it was, number {seed}"] = Case(stimulus, checker(stimulus))
    return result


def checker(stimulus):
    """What was read must be what was offered, real-time in between."""
    slipping = {byte for _, byte in stimulus.streams["realtime"]}

    def check(trace):
        check_offers(stimulus, trace)
        came = [Packet.from_int(value) for _, value in trace.streams["read"]]
        own = [packet for packet in came if packet.data[0] not in slipping]
        equal("packets", own, [Packet.from_int(value) for _, value in stimulus.streams["packets"]])
        slipped = [packet.data[0] for packet in came if packet.data[0] in slipping]
        equal("real-time", slipped, [byte for _, byte in stimulus.streams["realtime"]])

    return check
