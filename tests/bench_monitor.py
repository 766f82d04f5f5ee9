"""Bench of :class:`board.designs.monitor.Monitor`, at the pins of a board.

Each of these bugs was planted in the design, and found: has no glitch filter; leads MIDI In to the wrong thru; does not
tell the parser of losses; counts no breaks; forgets what was cut; mixes up its lights; hides lost text; takes velocity
0 for a note; ends a note of another channel; ends another note; ends a note at controller 121; takes Stop for System
Reset; is a little too dark; has a bar that is stuck; has a segment that is wrong; shows 00 before the first note;
forgets to carry; does not say what was lost; loses a packet behind a line of errors; overwrites what waits; has a
memory half as deep; takes a note's end for a note; mixes up F1 and F3; turns its digits over.
"""

import random

from board.designs.monitor import Monitor
from sim.bench.bench import Bench
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frames
from sim.model.monitor import monitor
from tests.at_pins import Setting, at_pins, case, expect_lights
from tests.bench_port import music
from tests.bench_receiver import bad_stop, noise, send

BIT = 1 / BAUD

CHORD = "a chord, and its end by Note Off and by velocity 0"
SYSTEM = "every message of the system, and what cuts a SysEx off"
ENDS = "what ends a note and what does not"
FULL_MEMORY = "more than text can tell, and errors meanwhile"
ERRORS = "a hundred errors"
KINDS = "messages of all kinds"

# Each was planted in board/designs/monitor.py and must be found: what it is, the line, what was put in its place, and
# the case that must find it.
PLANTED = {
    "has no glitch filter": ("LineInput(clk_freq, glitch)", "LineInput(clk_freq, 0)", CHORD),
    "leads MIDI In to the wrong thru": ("midi_thru.eq(thru.level_out)", "midi_thru.eq(self.midi_in)", CHORD),
    "does not tell the parser of losses": ("error | receiver.overrun", "receiver.overrun", SYSTEM),
    "counts no breaks": ("receiver.framing_error | receiver.break_", "receiver.framing_error", ERRORS),
    "forgets what was cut": ("printer.cut.eq(parser.cut)", "printer.cut.eq(0)", SYSTEM),
    "mixes up its lights": ("lights.leds, note.bar", "lights.leds[::-1], note.bar", CHORD),
    "hides lost text": ("error | printer.lost, came", "error, came", FULL_MEMORY),
    "takes velocity 0 for a note": ("(code == 0x9) & (second != 0)", "code == 0x9", CHORD),
    "ends a note of another channel": ("(code[1:] == 0x8 >> 1) & same", "(code[1:] == 0x8 >> 1)", ENDS),
    "ends another note": ("same & (first[:7] == number)", "same", ENDS),
    "ends a note at controller 121": ("first[3:7].all() & (first[:3] != 1)", "first[3:7].all()", ENDS),
    "takes Stop for System Reset": ("status[:3].all()", "status[2]", ENDS),
    "is a little too dark": ("clocks < velocity", "clocks + 1 < velocity", CHORD),
    "has a bar that is stuck": ("high & velocity[4:6].any(),", "high,", CHORD),
    "has a segment that is wrong": ('"abcefg"', '"abcdefg"', KINDS),
    "shows 00 before the first note": ("with m.If(played):", "with m.If(1):", CHORD),
}

# The same for board/designs/printer.py.
PLANTED_IN_PRINTER = {
    "forgets to carry": ("carry = carry & (digit == 9)", "carry = C(0)", ERRORS),
    "does not say what was lost": ("self.error | self.lost", "self.error", FULL_MEMORY),
    "loses a packet behind a line of errors": ("packets.ready.eq(~told)", "packets.ready.eq(1)", SYSTEM),
    "overwrites what waits": ("(tell | self.packets.valid) & room", "tell | self.packets.valid", FULL_MEMORY),
    "has a memory half as deep": ("self.depth = int(depth)", "self.depth = int(depth) // 2", FULL_MEMORY),
    "takes a note's end for a note": ("number.eq(0x8)", "number.eq(0x9)", CHORD),
    "mixes up F1 and F3": ("with m.If(status[1])", "with m.If(~status[1])", SYSTEM),
    "turns its digits over": ("word_select(n ^ 1, 4)", "word_select(n, 4)", CHORD),
}


SLOW = Setting(500e3, (), {"host_baud": 62_500, "thru": "retimed", "depth": 16, "blink": 0.001})
INVERTED = Setting(500e3, ("midi_in", "host_tx", "leds", "digits"), {**SLOW.parameters, "thru": "stored"})
FULL = Setting(12e6, ("midi_thru",), {"blink": 0.002})
SETTINGS = {"slow": SLOW, "inverted": INVERTED, "at 12 MHz": FULL}


def bench(setting, component=Monitor, text=None):
    """The bench for a monitor; ``text`` is Verilog to take its place, with the same ports."""
    design = Design.of(at_pins(setting, component), setting.clk_freq, text=text)
    cases = {}
    for name, stimulus in stimuli(setting):
        cases[name] = case(design, setting, stimulus, checker(stimulus, design.clock, setting.parameters))
    return Bench(design, cases)


def checker(stimulus, clock, parameters):
    """Every pin must do what the model says, to the clock."""

    def check(trace):
        model = monitor(stimulus.levels["midi_in"], clock, stimulus.until, **parameters)
        near = 0.25 / clock.freq
        expect_lines(trace, model.text, parameters.get("host_baud", 115_200))
        for name in ("host_tx", "midi_thru"):
            must = [edge for edge in getattr(model, name) if edge[0] < trace.end]
            expect_equal(name, trace.line(name), must, tolerance=near)
        expect_lights(trace, model.leds)
        expect_equal("digits", trace.levels["digits"][1:], model.digits, tolerance=near)

    return check


def expect_lines(trace, text, baud):
    """What the host reads must be the lines of the model, of which the last may not have come yet."""
    seen = frames(trace.line("host_tx"), trace.clock.freq / round(trace.clock.freq / baud))
    if bad := [frame for frame in seen if not frame.stop and frame.time + 10 / baud < trace.end]:
        raise Difference(f"stop bit at host_tx must be high, not low, in the frame at {bad[0].time * 1e6:.3f} us")
    got, must = (bytes(byte for _, byte in chars).split(b"\n") for chars in ([f[:2] for f in seen], text))
    for n, (line, wanted) in enumerate(zip(got[:-1], must, strict=False)):
        if line != wanted:
            raise Difference(f"line {n} must be {wanted.decode('latin-1')!r}, not {line.decode('latin-1')!r}")


def lines(trace, baud):
    """The lines that the host reads."""
    return bytes(frame.byte for frame in frames(trace.line("host_tx"), baud)).decode("latin-1").split("\r\n")


def stimuli(setting):
    """Name and stimulus, at the levels of the design."""
    rng = random.Random(60)
    slow = setting.clk_freq < 1e6

    def line(edges, until, tail=500):
        return Stimulus(until + tail * BIT, {"midi_in": edges})

    def apart(data):
        # As far apart as the lines are long, more or less.
        rng = random.Random(1)
        return send(data, gaps=[rng.choice((0, 0, 90 * BIT)) for _ in data])

    chord = [0x90, 60, 100, 64, 40, 67, 70, 67, 1, 0x80, 60, 0, 0x90, 67, 0, 64, 0]
    yield CHORD, line([(10e-6, 0), (12e-6, 1), *apart(chord)[0]], apart(chord)[1], tail=500 if slow else 60)
    if not slow:
        edges, until = send(music(rng, 20))
        yield KINDS, line([*edges, *bad_stop(until, 0x53)], until, tail=80)
        return

    every = [byte for status in range(0x80, 0xF0, 8) for byte in (status, status & 0x7F, 127 - (status & 0x7F))]
    yield "every message of a channel", line(*apart(every), tail=1000)
    system = [
        0xF1,
        0x12,
        0xF2,
        1,
        2,
        0xF3,
        5,
        0xF6,
        0xF0,
        1,
        0xF7,
        0xF0,
        1,
        2,
        3,
        0xF7,
        0xF0,
        1,
        2,
        0xF7,
        *range(0xF8, 256),
    ]
    system += [0xF0, 1, 2, 3, 0xF6, 0xF0, 0x90, 60, 1, 0xF0, 1, 0xF0, 1, 2, 0xF2, 5, 6, 0xF0, 5]
    edges, until = apart(system)
    edges += [*bad_stop(until, 0x53), *send([0xF8], start=until + 14 * BIT)[0]]
    yield SYSTEM, line(edges, until, tail=1500)
    if setting is INVERTED:
        return
    notes = [byte for n in range(128) for byte in (0x90 | n % 16, n, 127 - n if n < 127 else 1)]
    yield "every note", line(*send(notes), tail=0)
    yield ENDS, line(*send(_ends()), tail=0)
    # A line takes longer than the message that it tells of, so that the memory fills.
    edges, until = send([0xF8] * 30)
    for n in range(4):
        edges += [*bad_stop(until, 0x53), *send([0xC5, 1, 2], start=until + 14 * BIT)[0]]
        until += (90 * n + 60) * BIT
    yield FULL_MEMORY, line(edges, until, tail=1700)
    edges, until = [], BIT
    for _ in range(103):
        edges += bad_stop(until, 0x00, low=1)
        until += 11 * BIT
    yield ERRORS, line([*edges, *send(b"\x93\x31\x41", start=until)[0]], until, tail=1900)
    yield KINDS, line(*send(music(rng, 250)), tail=100)
    edges = noise(rng, 250, 5 * BIT).levels["level"]
    yield "a line of noise", line(edges, edges[-1][0])


def _ends():
    """Notes, each followed by what ends it, or does not."""
    data = []
    for end in (
        *((0xB2, controller, 0) for controller in range(118, 128)),
        (0xB3, 123, 0),
        (0x82, 60, 64),
        (0x92, 60, 0),
        (0x82, 61, 0),
        (0x83, 60, 0),
        *((status,) for status in (0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF)),
        (0x92, 61, 5),
    ):
        data += [0x92, 60, 100, *end, 0xF6, 0xF6]
    return data
