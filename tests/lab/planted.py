"""Broken designs, each with the mistake that the grader must name.

Each is a block of ``hdl`` or one of the variants with a few lines replaced, so that it is broken in this way alone.
"""

import importlib.util
import inspect
import sys
from typing import NamedTuple

import hdl.encoder
import hdl.merger
import hdl.parser
import hdl.receiver
import hdl.thru
import hdl.transmitter
from tests.lab.variants import encoder, parser, receiver, thru, transmitter

__all__ = ["PLANTED", "Planted", "broken"]


class Planted(NamedTuple):
    """The mistake to be named, the component it is planted in, the class to be broken, and what is replaced by what."""

    mistake: str
    component: str
    original: type
    replaced: tuple


def broken(planted):
    """The class with the mistake: its module with text replaced. All of the text must be there."""
    module = sys.modules[planted.original.__module__]
    source = inspect.getsource(module)
    for right, wrong in planted.replaced:
        assert right in source, f"{module.__name__} must contain {right!r} for {planted.mistake!r} to be planted"
        source = source.replace(right, wrong)
    spec = importlib.util.spec_from_loader("planted", loader=None)
    made = importlib.util.module_from_spec(spec)
    exec(compile(source, f"{module.__file__} with a mistake", "exec"), made.__dict__)
    return getattr(made, planted.original.__name__)


def _of(component, original, *rows):
    return [Planted(mistake, component, original, tuple(replaced)) for mistake, *replaced in rows]


NO_SYSEX = (
    (
        "with m.Elif(status == 0xF0):\n                    keep()\n                    with m.If(count == 2):",
        "with m.Elif(0):\n                    with m.If(count == 2):",
    ),
    ("with m.If(status == 0xF0):", "with m.If(0):"),
)

PLANTED = {
    1: [
        *_of(
            "Transmitter",
            hdl.transmitter.Transmitter,
            ("reversed bits", ("~self.bytes.payload)", "~self.bytes.payload[::-1])")),
            ("line turned over", ("self.level.eq(~mark[0])", "self.level.eq(mark[0])")),
            ("low in reset", ("mark = Signal(9)", "mark = Signal(9, init=1)")),
            ("divisor off by one", ("+ self.divisor - 2", "+ self.divisor - 1")),
            ("divisor off by one", ("+ self.divisor - 2", "+ self.divisor - 3")),
            ("no start bit", ("Cat(C(1, 1), ~self.bytes.payload)", "Cat(~self.bytes.payload, C(0, 1))")),
            ("no stop bit", ("bits.eq(16 + 8)", "bits.eq(16 + 7)")),
            ("two stop bits", ("bits.eq(16 + 8)", "bits.eq(16 + 9)")),
            ("takes bytes inside a frame", ("ready.eq(~timer[-1] & ~bits[-1])", "ready.eq(~timer[-1])")),
            ("wrong baud rate", ("self.divisor = divide(clk_freq, baud)", "self.divisor = 2 * divide(clk_freq, baud)")),
        ),
        *_of(
            "Transmitter",
            transmitter.StateMachine,
            ("idle clock between frames", ('m.next = "IDLE"\n                    take()', 'm.next = "IDLE"')),
            ("reversed bits", ("data[0]", "data[7]"), ("data >> 1", "data << 1")),
            ("low when idle", ('m.State("IDLE"):\n                m.d.comb += self.level.eq(1)',
                               'm.State("IDLE"):\n                m.d.comb += self.level.eq(0)')),
        ),
        *_of(
            "Transmitter",
            transmitter.TwoTimers,
            ("no stop bit", ("with m.Default():\n                m.d.comb += self.level.eq(1)",
                             "with m.Case(1):\n                m.d.comb += self.level.eq(0)\n"
                             "            with m.Default():\n                m.d.comb += self.level.eq(1)")),
            ("clock not looked at", ("phase = Signal(range(self.divisor))", "phase = Signal(range(16))"),
             ("phase == self.divisor - 1", "phase == 15")),
            ("payload not kept", ("self.level.eq(data[n])", "self.level.eq(self.bytes.payload[n])")),
            ("start bit of another length", ("with m.If(tick | start)", "with m.If(tick)")),
        ),
    ],
    2: [
        *_of(
            "Receiver",
            hdl.receiver.Receiver,
            ("reversed bits", ("held.eq(frame[1:])", "held.eq(frame[:0:-1])")),
            ("data turned over", ("held.eq(frame[1:])", "held.eq(~frame[1:])")),
            ("half a bit early", ("half = (self.divisor - 1) // 2", "half = 2")),
            ("half a bit early", ("half = (self.divisor - 1) // 2", "half = 3")),
            ("half a bit late", ("half = (self.divisor - 1) // 2", "half = self.divisor - 2")),
            ("divisor off by one", ("(1 << width) + self.divisor - 2", "(1 << width) + self.divisor - 1")),
            ("divisor off by one", ("(1 << width) + self.divisor - 2", "(1 << width) + self.divisor - 3")),
            ("glitch taken for a start bit", ("sample & first & self.level", "0")),
            ("stop bit not looked at", ("good.eq(complete & self.level)", "good.eq(complete)")),
            ("no wait for idle", ("busy.eq(previous & ~self.level)", "busy.eq(~self.level)")),
            ("every bad stop bit a break", ("complete & ~self.level & dark", "complete & ~self.level"),
             ("complete & ~self.level & ~dark", "0")),
            ("break is two errors", ("complete & ~self.level & ~dark", "complete & ~self.level")),
            ("break taken for a framing error", ("complete & ~self.level & ~dark", "complete & ~self.level"),
             ("self.break_.eq(complete & ~self.level & dark)", "self.break_.eq(0)")),
            ("break not told", ("self.break_.eq(complete & ~self.level & dark)", "self.break_.eq(0)")),
            ("bad stop bit goes unnoticed", ("complete & ~self.level & ~dark", "0")),
            ("held byte overwritten", ("with m.If(good & ~self.overrun)", "with m.If(good)")),
            ("valid does not fall", ("self.bytes.valid.eq(0)", "self.bytes.valid.eq(self.bytes.valid)")),
            ("pulse too long", ("            self.framing_error.eq(complete & ~self.level & ~dark),\n", ""),
             ("        held = Signal(8", "        with m.If(complete & ~self.level & ~dark):\n"
              "            m.d.sync += self.framing_error.eq(1)\n        held = Signal(8")),
        ),
        *_of(
            "Receiver",
            receiver.StateMachine,
            ("overrun not told", ("self.overrun.eq(done & stop & self.bytes.valid & ~self.bytes.ready)",
                                  "self.overrun.eq(0)")),
            ("half a bit early", ("clocks.eq(self.divisor // 2 - 1)", "clocks.eq(1)")),
            ("half a bit late", ("clocks.eq(self.divisor // 2 - 1)", "clocks.eq(self.divisor - 1)")),
            ("reversed bits", ("data.bit_select(number, 1)", "data.bit_select(~number, 1)")),
            ("glitch taken for a start bit", ('with m.If(self.level):\n                        m.next = "IDLE"\n'
             '                    with m.Else():\n                        m.next = "DATA"', 'm.next = "DATA"')),
            ("waits for the end of the stop bit",
             ('with m.If(self.level):\n                        m.next = "IDLE"\n                    with m.Else():\n'
              '                        m.next = "BAD"',
              'm.d.sync += clocks.eq(self.divisor // 2 - 1)\n                    with m.If(self.level):\n'
              '                        m.next = "REST"\n                    with m.Else():\n'
              '                        m.next = "BAD"'),
             ('with m.State("BAD")', 'with m.State("REST"), m.If(clocks == 0):\n                m.next = "IDLE"\n'
              '            with m.State("BAD")')),
            ("byte before its stop bit",
             ("self.hold(m, done, data, self.level, data == 0)",
              'self.hold(m, (clocks == 0) & (number == 7), Cat(data[:7], self.level), 1, 0)')),
            ("start bit taken for data", ('m.next = "DATA"', 'm.next = "DATA"\n                        '
             'm.d.sync += [number.eq(1), data.eq(0)]')),
            ("no wait for idle", ('m.State("BAD"), m.If(self.level)', 'm.State("BAD")')),
            ("overrun though there is room", ("(~self.bytes.valid | self.bytes.ready)", "~self.bytes.valid")),
            ("frame not begun by the edge", ("with m.If(~self.level):", "if True:")),
            ("counter too small", ("clocks.eq(self.divisor - 1)", "clocks.eq(self.divisor)"),
             ('m.next = "BAD"', 'm.next = "IDLE"'), ("data, self.level, data == 0)", "data, 1, 0)")),
            ("stop bit taken for data", ("self.hold(m, done, data,", "self.hold(m, done, Cat(data[1:], self.level),")),
            ("valid never rises",
             ("        with m.If(done & stop & (~self.bytes.valid | self.bytes.ready)):\n"
              "            m.d.sync += [self.bytes.valid.eq(1), self.bytes.payload.eq(byte)]",
              "        with m.If(done & stop & (~self.bytes.valid | self.bytes.ready)):\n"
              "            m.d.sync += [self.bytes.valid.eq(1), self.bytes.payload.eq(byte)]\n"
              "        with m.If(self.bytes.ready):\n            m.d.sync += self.bytes.valid.eq(0)")),
        ),
        *_of(
            "Receiver",
            receiver.OneCounter,
            ("clock not looked at", ("self.divisor // 2 + n * self.divisor", "8 + n * 16")),
            ("byte not held", ("m.d.sync += [self.bytes.valid.eq(1), self.bytes.payload.eq(byte)]",
                               "m.d.sync += [self.bytes.valid.eq(1), self.bytes.payload.eq(byte)]\n"
                               "        with m.If(self.bytes.valid & ~self.bytes.ready):\n"
                               "            m.d.sync += self.bytes.valid.eq(0)")),
            ("pulse too long", ("done & ~stop & ~dark", "done & ~stop & ~dark | slow"),
             ("        m.d.comb += [\n            self.framing_error",
              "        slow = Signal()\n        m.d.sync += slow.eq(done & ~stop & ~dark)\n"
              "        m.d.comb += [\n            self.framing_error")),
        ),
    ],
    4: [
        *_of(
            "DirectThru",
            hdl.thru.DirectThru,
            ("line turned over", ("eq(self.level_in)\n        return m\n\n\nclass Stored",
                                  "eq(~self.level_in)\n        return m\n\n\nclass Stored")),
            ("direct through a register", ("m.d.comb += self.level_out.eq(self.level_in)",
                                           "m.d.sync += self.level_out.eq(self.level_in)")),
        ),
        *_of(
            "StoredThru",
            hdl.thru.StoredThru,
            ("no glitch filter", ("LineInput(clk_freq)", "LineInput(clk_freq, 0)")),
            ("byte sent again and again",
             ("connect(m, receiver.bytes, transmitter.bytes)", "m.d.comb += [transmitter.bytes.valid.eq("
              "receiver.bytes.valid), transmitter.bytes.payload.eq(receiver.bytes.payload)]")),
            ("line handed on", ("eq(transmitter.level)", "eq(line.level)")),
            ("error told as overrun", ("eq(receiver.overrun)", "eq(receiver.framing_error | receiver.break_)")),
            ("overrun not told", ("self.overrun.eq(receiver.overrun)", "self.overrun.eq(0)")),
            ("no synchronizer", ("receiver.level.eq(line.level)", "receiver.level.eq(self.level_in)")),
        ),
        *_of(
            "RetimedThru",
            hdl.thru.RetimedThru,
            ("half a bit early", ("self.half = (self.divisor - 1) // 2", "self.half = 3")),
            ("divisor off by one", ("+ clocks - 2", "+ clocks - 1")),
            ("bad stop bit hidden", ("line.eq(level)", "line.eq(level | (busy & (bits == 1)))")),
            ("no synchronizer", ("level = synchronizer.level", "level = self.level_in")),
            ("every other frame lost", ("clear.eq(1)", "clear.eq(clear)")),
            ("stop bit too short", ("-(-7 * self.divisor // 10) - self.half - 1", "1")),
            ("overrun not told", ("begins & ~clear", "0")),
            ("break ends too early", ("wait(self.half)", "wait(Mux(line, self.half, 3))")),
        ),
        *_of(
            "RetimedThru",
            thru.RetimedStates,
            ("no synchronizer", ("m.submodules += FFSynchronizer(self.level_in, level, init=1)",
                                 "m.d.sync += level.eq(self.level_in)")),
            ("glitch passes", ("with m.If(level):\n                    m.d.sync += clocks.eq(0)",
                               "with m.If(level & (clocks == 0)):\n                    m.d.sync += clocks.eq(0)")),
            ("distortion handed on", ("m.d.comb += self.level_out.eq(shown)",
                                      "delayed = Signal(self.divisor // 2, init=-1)\n"
                                      "        m.d.sync += delayed.eq(Cat(level, delayed[:-1]))\n"
                                      "        m.d.comb += self.level_out.eq(delayed[-1])")),
            ("low in reset", ("shown = Signal(init=1)", "shown = Signal()")),
            ("burst of glitches passes", ("with m.If(level):\n                    m.d.sync += clocks.eq(0)",
                                          "with m.If(level & ((clocks == 0) | (clocks == self.divisor // 2 - 1))):\n"
                                          "                    m.d.sync += clocks.eq(0)")),
            ("busy after a break", ('m.next = "BREAK"', 'm.d.sync += number.eq(0)\n                m.next = "FRAME"')),
        ),
    ],
    5: [
        *_of(
            "Parser",
            hdl.parser.Parser,
            ("F9 handed on", ("byte[1] | ~byte[0]", "1")),
            ("running status forgotten", ("begun.eq(~once)", "begun.eq(0)")),
            ("running status of System Common", ("begun.eq(~once)", "begun.eq(1)")),
            ("loss ignored", ("((lost_later | self.lost) & ~waits)", "0")),
            ("real-time breaks a message", ("real_time.eq(system & byte[3]", "real_time.eq(system & byte[3] & 0")),
            ("F9 taken like F4", ("real_time.eq(system & byte[3]",
                                  "real_time.eq(system & byte[3] & ~byte.matches(0xF9, 0xFD)")),
            ("status lost that cuts a SysEx off", ("self.bytes.ready.eq(~closes & ", "self.bytes.ready.eq(")),
            ("SysEx not closed", ("closes.eq(ends & sysex)", "closes.eq(0)")),
            ("cut said of every end", ("closes & (lost_now | ~system | (byte[:4] != 7))", "closes")),
            ("cut not said", ("closes & (lost_now | ~system", "closes & ~lost_now & (~system")),
            ("wrong number of data bytes", ("(byte[4] & byte[0])", "byte[4]")),
            ("packet not held", ("with m.If(~begun | (ends & ~sysex))", "with m.If(~begun | ends)")),
        ),
        *_of(
            "Parser",
            parser.StateMachine,
            ("running status forgotten",
             ("with m.If((status >= 0xF0) & (is_single | (count == 1)))", "with m.If(is_single | (count == 1))")),
            ("running status cleared by real-time",
             ("with m.If(real_time):", "with m.If(real_time):\n                    with m.If((count == 0) & "
              "(status != 0xF0)):\n                        m.d.sync += status.eq(0)")),
            ("real-time breaks a message",
             ("with m.If(real_time):", "with m.If(real_time):\n                    with m.If(status != 0xF0):\n"
              "                        m.d.sync += [status.eq(0), count.eq(0)]")),
            ("real-time kept inside a SysEx",
             ("real_time = (byte >= 0xF8) &", "real_time = (byte >= 0xF8) & (status != 0xF0) &"),
             ("with m.Elif(byte[7]):", "with m.Elif(byte[7] & ~((status == 0xF0) & (byte >= 0xF8))):")),
            ("real-time closes a SysEx",
             ("real_time = (byte >= 0xF8) &", "real_time = (byte >= 0xF8) & (status != 0xF0) &"),
             ("with m.If(byte == 0xFF):", "with m.If((byte >= 0xF8) & (byte != 0xF9) & (byte != 0xFD)):")),
            ("F9 taken like F4",
             ("with m.If((byte != 0xF9) & (byte != 0xFD)):", "with m.If((byte == 0xF9) | (byte == 0xFD)):\n"
              "                        m.d.sync += [status.eq(0), count.eq(0)]\n                    with m.Else():")),
            ("F4 taken like F9",
             ("with m.Elif(byte[7]):", "with m.Elif((byte == 0xF4) | (byte == 0xF5)):\n"
              "                    pass\n                with m.Elif(byte[7]):")),
            ("running status survives System Common",
             ("with m.If(byte >= 0xF4):", "with m.If((byte == 0xF7) | (byte == 0xF5) | (byte == 0xF4)):"),
             ("m.d.sync += [status.eq(byte), count.eq(0)]",
              "with m.If(byte != 0xF6):\n"
              "                            m.d.sync += [status.eq(byte), count.eq(0)]")),
            ("velocity 0 turned into Note Off",
             ("offer(Mux(status >= 0xF0, 3, status >> 4), status, data[0], byte)",
              "off = (status[4:] == 9) & (byte == 0)\n                        "
              "offer(Mux(status >= 0xF0, 3, ((status >> 4) - off)[:8]), (status - (off << 4))[:8], data[0], byte)")),
            ("velocity 0 lost",
             ("offer(Mux(status >= 0xF0, 3, status >> 4), status, data[0], byte)",
              "with m.If((status[4:] != 9) | (byte != 0)):\n                            "
              "offer(Mux(status >= 0xF0, 3, status >> 4), status, data[0], byte)")),
            ("data 00 not seen", ("with m.Elif(status == 0xF0):", "with m.Elif(byte == 0):\n                    pass\n"
                                  "                with m.Elif(status == 0xF0):")),
            ("data after F7",
             ("close(byte != 0xF7, byte != 0xF7)", "close(byte != 0xF7, byte != 0xF7)\n"
              "                        with m.If(byte == 0xF7):\n                            "
              "m.d.sync += status.eq(0xF0)")),
            ("stray F7 handed on", ("with m.If(byte == 0xF6):", "with m.If((byte == 0xF6) | (byte == 0xF7)):")),
            ("end of a SysEx always code 5", ("offer(6, data[0]", "offer(5, data[0]"), ("offer(7, data[0]",
                                                                                         "offer(5, data[0]")),
            ("real-time ignored", ("with m.If((byte != 0xF9) & (byte != 0xFD)):", "with m.If(0):")),
            ("wrong code", ("Mux(status >= 0xF0, 2, status >> 4)", "status >> 4"),
             ("Mux(status >= 0xF0, 3, status >> 4)", "status >> 4")),
            ("unfinished message kept", ("m.d.sync += [status.eq(byte), count.eq(0)]", "m.d.sync += status.eq(byte)")),
            ("real-time byte without a packet", ("real_time = (byte >= 0xF8)", "real_time = (byte > 0xF8)")),
            # As it is while nothing is written of SysEx: what is wrong here must be named all the same.
            ("F9 handed on", *NO_SYSEX, ("with m.If((byte != 0xF9) & (byte != 0xFD)):", "if True:")),
            ("SysEx makes no packet", *NO_SYSEX),
            ("F0 lost", ("[data[0].eq(byte), count.eq(1)]", "[data[0].eq(byte), count.eq(0)]")),
            ("stray F7 handed on", ("with m.If(byte == 0xF6):", "with m.If((byte == 0xF6) | (byte == 0xF7)):"),
             ("m.d.comb += [self.packets.valid.eq(1), self.cut.eq(cut)]", "m.d.comb += self.packets.valid.eq(1)")),
            ("data counted without a status", ("[status.eq(byte), count.eq(0)]", "status.eq(byte)"),
             ("with m.Elif(status != 0):", "with m.Elif(status == 0):\n                    "
              "m.d.sync += [data[0].eq(byte), count.eq(1)]\n                with m.Else():")),
            ("packet without a byte", ("with m.If(self.bytes.valid):\n                        m.d.sync += byte",
                                       "if True:\n                        m.d.sync += byte")),
        ),
    ],
    6: [
        *_of(
            "Encoder",
            hdl.encoder.Encoder,
            ("running status cleared by nothing", ("[3:].all()):\n                m.d.sync += fresh.eq(0)",
                                                   "[3:].all()):\n                pass")),
            ("running status cleared by real-time", ("with m.Elif((code != 0xF) | ~packet.data[0][3:].all())",
                                                     "with m.Else()")),
            ("another channel taken for the same status", ("(status == packet.data[0])",
                                                           "(status[4:] == packet.data[0][4:])")),
            ("status never repeated", ("with m.If(~age[-1])", "with m.If(0)")),
            ("byte taken back", ("slips.eq(self.realtime.valid & ~held)", "slips.eq(self.realtime.valid)")),
            ("real-time waits for the end of a message", ("self.realtime.valid & ~held)",
                                                          "self.realtime.valid & ~held & (place == 0))")),
            ("real-time lost", ("self.realtime.ready.eq(self.bytes.ready & ~held)",
                                "self.realtime.ready.eq(self.bytes.ready)")),
            ("anything stands inside a message", ("Cat(self.realtime.payload[:3], C(0x1F, 5))",
                                                  "self.realtime.payload")),
            ("one byte too many",
             ("m.Default():\n                m.d.comb += last", "m.Case(3):\n                m.d.comb += last"),
             ("m.Case(1):", "m.Case(2):"), ("m.Case(0):", "m.Case(1):")),
            ("packet taken with its first byte", ("reserved | (taken & last)", "reserved | taken"),
             ("Mux(last, 0, place + 1)", "0")),
            ("reserved codes sent", ("offers.eq(self.packets.valid & ~reserved", "offers.eq(self.packets.valid")),
            ("bytes sent that do not count", ("(code == 0x6) | (code == 0xC)", "(code == 0x6)")),
            ("no running status", ("fresh.eq(1)", "fresh.eq(0)")),
            ("status left out counts as sent", ("with m.If(begins & channel):\n                m.d.sync += age",
                                                "with m.If(self.packets.ready & channel & ~held):\n"
                                                "                m.d.sync += age")),
        ),
        *_of(
            "Encoder",
            encoder.Registered,
            ("running status survives System Common", ("with m.Elif(first < 0xF8)", "with m.Elif(code[2:] == 1)")),
            ("running status though not wanted", ("if not self.running_status:", "if False:")),
        ),
        *_of(
            "Merger",
            hdl.merger.Merger,
            ("Active Sensing handed on", ("(first[:3] != 6) & ", "")),
            ("System Reset echoed", ("n not in self.soft_thru", "1")),
            ("overrun counts packets", ("continues & is_open)", "continues)")),
            ("SysEx that does not fit stays open", ("is_open & belongs & full & ~can_wait", "0")),
            ("SysEx not closed", ("cut.eq(offered & begins & is_open)", "cut.eq(0)")),
            ("silent SysEx locks the rest", ("tick & is_quiet & is_open", "0 & is_open")),
            ("SysEx mixed", ("m.Elif(~waiting & ~locked)", "m.Elif(~waiting)")),
            ("SysEx mixed", ("with m.If(read.data.code != SYSEX)", "with m.If(1)")),
            ("no turns", ("with m.If(read.data.code != SYSEX)", "with m.If(~waiting)")),
            ("dropped without a word", ("full.eq(belongs & ~cut & ~fits |", "full.eq(")),
            ("lines have to wait", ("can_wait.eq(n in self.waits)", "can_wait.eq(1)")),
            ("number of the input lost", ("stored.payload.cable.eq(turn)", "stored.payload.cable.eq(0)")),
            ("real-time among the packets", ("realtime = (packet.code == SINGLE_BYTE) & (first[3:] == 0x1F)",
                                             "realtime = 0")),
        ),
    ],
}  # fmt: skip
"""By number of the lab."""
