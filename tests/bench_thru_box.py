"""Bench of :class:`board.designs.thru_box.ThruBox`, at the pins of a board.

Each of these bugs was planted in the design, and found: leaves an output out; sends the receiver's line on; always has
the direct thru; shows edges that the filter removes; shows bytes only; shows no break; shows no framing error; shows no
loss of the thru; mixes up its lights; stays lit too long.
"""

import random

from board.designs.thru_box import ThruBox
from sim.bench.bench import Bench
from sim.bench.run import Design
from sim.bench.trace import Difference, Stimulus, expect_equal
from sim.model.edges import BAUD, frame_edges, settled
from sim.model.thru_box import thru_box
from tests.at_pins import Setting, at_pins, case, expect_lights
from tests.bench_receiver import bad_stop, noise, send

BIT = 1 / BAUD

FAST = "a sender far too fast"
WRONG = "a bad stop bit and a break"
GLITCHES = "glitches"
PAUSES = "bytes with pauses"

# Each was planted in board/designs/thru_box.py and must be found: what it is, the line, what was put in its place, and
# the case that must find it with a stored thru.
PLANTED = {
    "leaves an output out": ("replicate(len(self.outs))", "replicate(len(self.outs) - 1)", PAUSES),
    "sends the receiver's line on": ("thru.level_in.eq(self.midi_in)", "thru.level_in.eq(line.level)", PAUSES),
    "always has the direct thru": ("THRUS[thru](", 'THRUS["direct"](', PAUSES),
    "shows edges that the filter removes": ("Cat(~line.level", "Cat(~self.midi_in", GLITCHES),
    "shows bytes only": ("Cat(~line.level", "Cat(receiver.bytes.valid", WRONG),
    "shows no break": ("receiver.framing_error | receiver.break_", "receiver.framing_error", WRONG),
    "shows no framing error": ("receiver.framing_error | receiver.break_", "receiver.break_", WRONG),
    "shows no loss of the thru": ("receiver.break_ | thru.overrun", "receiver.break_", FAST),
    "mixes up its lights": ("self.leds.eq(lights.leds)", "self.leds.eq(lights.leds[::-1])", WRONG),
    "stays lit too long": ("seconds=blink", "seconds=2 * blink", PAUSES),
}


DIRECT = Setting(500e3, (), {"outs": 3, "blink": 0.001})
STORED = Setting(500e3, ("outs", "leds"), {"outs": 2, "thru": "stored", "blink": 0.0007})
RETIMED = Setting(500e3, ("midi_in",), {"outs": 8, "thru": "retimed", "blink": 0.002})
FULL = Setting(12e6, ("midi_in", "outs", "leds"), {"thru": "retimed", "blink": 0.001})
SETTINGS = {"direct": DIRECT, "stored": STORED, "retimed": RETIMED, "at 12 MHz": FULL}


def bench(setting, component=ThruBox, text=None):
    """The bench for a thru box; ``text`` is Verilog to take its place, with the same ports."""
    design = Design.of(at_pins(setting, component), setting.clk_freq, text=text)
    cases = {}
    for name, stimulus in stimuli(setting.clk_freq):
        cases[name] = case(design, setting, stimulus, checker(stimulus, design.clock, setting.parameters))
    return Bench(design, cases)


def checker(stimulus, clock, parameters):
    """Outputs must be alike, and do what the model says, to the clock; so must the lights."""
    every = (1 << parameters.get("outs", 4)) - 1
    of_model = {name: value for name, value in parameters.items() if name != "outs"}

    def check(trace):
        model = thru_box(stimulus.levels["midi_in"], clock, stimulus.until, **of_model)
        if bad := [(time, value) for time, value in trace.levels["outs"] if value not in (0, every)]:
            time, value = bad[0]
            raise Difference(f"all outs must be alike, not {value:#b} at {time * 1e6:.3f} us")
        outs = settled([(time, value & 1) for time, value in trace.levels["outs"]])
        expect_equal("outs", outs, model.outs, tolerance=0.25 / clock.freq)
        expect_lights(trace, model.leds)

    return check


def stimuli(clk_freq):
    """Name and stimulus, at the levels of the design."""
    rng = random.Random(8)
    slow = clk_freq < 1e6
    count = 60 if slow else 15

    def line(edges, until):
        return Stimulus(until + 100 * BIT, {"midi_in": edges})

    yield "bytes back to back", line(*send(rng.randbytes(count)))
    gaps = [rng.choice((0, rng.uniform(0, 150 * BIT))) for _ in range(count)]
    yield PAUSES, line(*send(rng.randbytes(count), gaps=gaps))
    # Nothing is wrong with it but that the stored and the retimed thru cannot keep up.
    yield FAST, line(*send(rng.randbytes(count), baud_error=0.04))
    edges = [*bad_stop(BIT, 0x55), *frame_edges(60 * BIT, 0x90, BIT), (200 * BIT, 0), (300 * BIT, 1)]
    yield WRONG, line(edges, 500 * BIT)
    yield "a line that stays low", line([(5 * BIT, 0)], 400 * BIT)
    glitches = [edge for n in range(1, 20) for edge in ((120 * n * BIT, 0), (120 * n * BIT + n * BIT / 80, 1))]
    yield GLITCHES, line(glitches, 2400 * BIT if slow else 200 * BIT)
    if slow:
        edges = noise(rng, 200, 9 * BIT).levels["level"]
        yield "a line of noise", line(edges, edges[-1][0])
