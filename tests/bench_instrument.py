"""Bench of :class:`board.designs.instrument.Instrument`, at the pins of a board.

Each of these bugs was planted in the design, and found: takes velocity 0 for a note; forgets the keys that are held;
lets any Note Off end the tone; does not end all notes; ends all notes at controller 121; hears other channels; is an
octave too low; is a little flat; takes the wrong semitone; is always full loud; pulses when it should be silent; keeps
the phase through silence; presses a key twice; shows no damaged byte; has no glitch filter; leads MIDI In to the wrong
thru; takes Stop for System Reset; does not tell the parser of losses; is a clock too late.
"""

import random

from board.designs.instrument import Instrument
from sim.bench.bench import Bench
from sim.bench.run import Design
from sim.bench.trace import Stimulus, expect_equal
from sim.model.edges import BAUD, settled
from sim.model.instrument import frequency, instrument
from tests.at_pins import Setting, at_pins, case, expect_lights
from tests.bench_receiver import bad_stop, send
from tests.lab.sound import cents, filtered, pitch

BIT = 1 / BAUD

NOTES = "notes of all octaves"
HELD = "keys that are held"
ENDS = "what ends all notes"
CHANNELS = "sixteen channels"
LOUD = "every velocity"
WRONG = "damaged bytes and glitches"
TUNED = "a tone is in tune"

# Each was planted in board/designs/instrument.py and must be found: what it is, the line, what was put in its place,
# and the case that must find it.
PLANTED = {
    "takes velocity 0 for a note": ("(code == 0x9) & (value != 0)", "(code == 0x9)", ENDS),
    "forgets the keys that are held": ("behind[n + 1]):", "behind[1]):", HELD),
    "lets any Note Off end the tone": ("behind[n] | is_it", "1", HELD),
    "does not end all notes": ("with m.If(all_ended)", "with m.If(0)", ENDS),
    "ends all notes at controller 121": ("(number[:3] != 1) & ", "", ENDS),
    "hears other channels": ("& mine & (code == 0x9)", "& (code == 0x9)", CHANNELS),
    "is an octave too low": ("TOP_OCTAVE = 10", "TOP_OCTAVE = 11", NOTES),
    "is a little flat": ("round(freq * (1 << bits) / clk_freq)", "int(freq * (1 << bits) / clk_freq)", TUNED),
    "takes the wrong semitone": ("octave * 12)", "octave * 12 + 1)", NOTES),
    "is always full loud": ("eq(rest + velocity)", "eq(rest + 127)", LOUD),
    "pulses when it should be silent": ("eq(tone & total[7])", "eq((tone & total[7]) | ~velocity.any())", NOTES),
    "keeps the phase through silence": ("phase + increment, 0)", "phase + increment, phase)", NOTES),
    "presses a key twice": ("with m.If(pressed & ~behind[n])", "with m.If(pressed)", HELD),
    "shows no damaged byte": ("lights.events.eq(error)", "lights.events.eq(0)", WRONG),
    "has no glitch filter": ("LineInput(clk_freq, glitch)", "LineInput(clk_freq, 0)", WRONG),
    "leads MIDI In to the wrong thru": ("THRUS[thru](", 'THRUS["direct"](', NOTES),
    "takes Stop for System Reset": ("status[:3].all()", "status[2]", ENDS),
    "does not tell the parser of losses": ("error | receiver.overrun", "receiver.overrun", WRONG),
    "is a clock too late": (
        "self.audio.eq(tone & total[7])]", "(late := Signal()).eq(tone & total[7]), self.audio.eq(late)]", NOTES
    ),
}  # fmt: skip


SLOW = Setting(500e3, (), {"blink": 0.001, "thru": "retimed"})
ONE = Setting(250e3, ("midi_in", "audio"), {"channel": 3, "keys": 3, "a4": 442.0, "blink": 0.0007})
FULL = Setting(12e6, ("leds",), {"blink": 0.001})
SETTINGS = {"slow": SLOW, "of one channel": ONE, "at 12 MHz": FULL}


def bench(setting, component=Instrument, text=None):
    """The bench for an instrument; ``text`` is Verilog to take its place."""
    design = Design.of(at_pins(setting, component), setting.clk_freq, text=text)
    cases = {}
    for name, stimulus in stimuli(setting):
        tuned = [check_pitch] if name == TUNED else []
        check = checker(stimulus, design.clock, setting.parameters, tuned)
        cases[name] = case(design, setting, stimulus, check)
    return Bench(design, cases)


def checker(stimulus, clock, parameters, more=()):
    """All pins do what the model says, to the clock; and what ``more`` says, whatever the model does."""

    def check(trace):
        for each in more:
            each(trace, parameters.get("a4", 440.0))
        model = instrument(stimulus.levels["midi_in"], clock, stimulus.until, **parameters)
        for name in ("midi_thru", "audio"):
            got = settled(trace.levels[name], idle=int(name != "audio"))
            must = [edge for edge in getattr(model, name) if edge[0] < trace.end]
            expect_equal(name, got, must, tolerance=0.25 / clock.freq)
        expect_lights(trace, model.leds)

    return check


TUNED_NOTE = 93
"""The note whose pitch is counted."""


def check_pitch(trace, a4):
    """The tone is within 2 cents of what it must be, by counting its periods."""
    edges = settled(trace.levels["audio"], idle=0)
    must = frequency(TUNED_NOTE, a4)
    found = pitch(filtered(edges, trace.end, 100e3, 0.05 / must), 100e3)
    assert found is not None, "a tone must come, and there is none"
    off = cents(found, must)
    assert abs(off) < 2, f"the tone must have {must:.2f} Hz, not {found:.2f} Hz: it is {off:+.1f} cents off"


def stimuli(setting):
    """Name and stimulus, at the levels of the design."""
    rng = random.Random(9)
    slow = setting.clk_freq < 1e6

    def line(edges, until, tail=60):
        return Stimulus(until + tail * BIT, {"midi_in": edges})

    channel = max(0, setting.parameters.get("channel", 0) - 1)
    on, off, control = 0x90 + channel, 0x80 + channel, 0xB0 + channel
    notes = (127, 96, 84, 120) if not slow else (127, 0, 119, 60, 108, 35, 95, 12, 71, 83, 107, 120, 121)
    yield NOTES, line(*_apart([(on, note, 1 + note % 100, off, note, 5) for note in notes], 40))
    if not slow:
        return
    yield TUNED, line(*send([on, TUNED_NOTE, 100]), tail=700)
    if setting is SLOW:
        yield LOUD, line(*_apart([(on, 119, velocity) for velocity in range(0, 128, 3)], 8))
    yield HELD, line(*_apart(list(_held(on, off, rng)), 6))
    ends = [*((control, number, 0) for number in range(118, 128)), (0xFF,), (0xFC,), (0xFE,), (on, 100, 0)]
    ends += [(off, 101, 0), (on, 99, 0), (0xA0 + channel, 100, 0), (0xE0 + channel, 0, 64), (0xC0 + channel, 5)]
    yield ENDS, line(*_apart([part for end in ends for part in ((on, 88, 90, on, 100, 90), end)], 10))
    yield CHANNELS, line(*_apart([(status + n, 110, 50) for n in range(16) for status in (0x90, 0x80, 0x90)], 5))
    edges, until = send([on, 100, 64, on, 101])
    edges += bad_stop(until, 0x53)
    # What follows a damaged byte must not be taken for the note's velocity.
    edges += send([64, 99, 70, 0xF8, on, 98, 3], start=until + 14 * BIT)[0]
    until += 120 * BIT
    edges += [(until, 0), (until + 2.5e-6, 1)]
    yield WRONG, line(edges, until, 150)


def _apart(messages, bits):
    """Messages with so many bits between them."""
    edges, until = [], BIT
    for message in messages:
        more, until = send(message, start=until)
        edges += more
        until += bits * BIT
    return edges, until


def _held(on, off, rng):
    """Keys pressed and let go in many orders: more than are remembered, the same twice, one that is not held."""
    yield from ((on, 96 + n, 40 + n) for n in range(10))
    yield from ((off, 96 + n, 0) for n in (9, 3, 3, 8, 0, 7, 6, 5, 4, 2, 1))
    for _ in range(60):
        key = rng.randrange(100, 106)
        yield (on, key, rng.randrange(0, 128)) if rng.random() < 0.6 else (off, key, 64)
