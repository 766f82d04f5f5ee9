# amaranth: UnusedElaboratable=no
"""Lab 9: the reference passes, the starter does not, classic mistakes are named, and a tune can be listened to."""

import importlib.util
import inspect
import sys
import wave
from dataclasses import replace

import pytest

from board.designs.instrument import Instrument
from sim.bench.simulators import ROOT
from tests.lab import listen, sound
from tests.lab.grading import grade
from tests.lab.lab_instrument import LAB, MISTAKES, check_scale, scale
from tests.lab.submission import load
from tests.lab.variants.instrument import VARIANTS
from tests.lab.worker import runner

simulate = runner("amaranth")

RUNNING = """m.d.comb += [
            thru.level_in"""
STATUS_SEEN = """fresh = Signal()
        with m.If(receiver.bytes.valid & receiver.bytes.payload[7]):
            m.d.sync += fresh.eq(1)
        with m.Elif(parser.packets.valid):
            m.d.sync += fresh.eq(0)
        m.d.comb += [
            thru.level_in"""

DIES_AWAY = """loud, slow = Signal(7), Signal(6)
        m.d.sync += slow.eq(slow + 1)
        with m.If(velocity.any()):
            m.d.sync += loud.eq(velocity)
        with m.Elif((slow == 0) & loud.any()):
            m.d.sync += loud.eq(loud - 1)
        # Pulses: the carry"""

# What is planted, one or more texts and what stands in their place; the tier that must fail first; the mistake's name.
PLANTED = [
    ("in tune", "an octave off", ("TOP_OCTAVE = 10", "TOP_OCTAVE = 9")),
    ("a tone", "an octave off", ("TOP_OCTAVE = 10", "TOP_OCTAVE = 8")),
    ("it ends", "the tone never ends", ("(code[1:] == 0x8 >> 1)", "(code == 0xB)")),
    ("it ends", "velocity 0 taken for a note", ("(code[1:] == 0x8 >> 1)", "(code == 0x8)"),
     ("(code == 0x9) & (value != 0)", "(code == 0x9)"), ("velocity.any(), phase", "1, phase"),
     ("note.eq(notes[n - 1] if n else number), velocity.eq(velocities[n - 1] if n else value)",
      "note.eq(notes[n - 1] if n else number), velocity.eq(velocities[n - 1] if n else Mux(value == 0, 64, value))")),
    ("it ends", "the tone ends too late", ("rest + velocity", "rest + loud"),
     ("Mux(velocity.any(), total, 0)", "total"), ("Mux(velocity.any(), phase + increment, 0)", "phase + increment"),
     ("# Pulses: the carry", DIES_AWAY), ("place.eq(TOP", "place.eq(Mux(~self.velocity.any(), place, TOP"),
     ("octave), velocity.eq", "octave)), velocity.eq"),
     ("increment.eq(table[semitone])", "increment.eq(Mux(self.velocity.any(), table[semitone], increment))")),
    ("in tune", "pulses that are heard", ("total.eq(rest + velocity)", "total.eq((rest < velocity) << 7)"),
     ("Mux(velocity.any(), total, 0)", "rest + 1")),
    ("in tune", "a semitone off", ("octave * 12)", "octave * 12 + 1)")),
    ("in tune", "not quite in tune", ("FINE = 2048", "FINE = 64")),
    ("in tune", "higher notes sound lower", ("voice.note.eq(keys.note)", "voice.note.eq(170 - keys.note)")),
    ("velocity", "velocity ignored", ("eq(rest + velocity)", "eq(rest + 100)")),
    ("velocity", "louder the softer", ("eq(rest + velocity)", "eq(rest + 128 - velocity)")),
    ("the last note", "any Note Off ends the tone", ("behind[n] | is_it", "1")),
    ("the last note", "forgets what is held", ("with m.If(all_ended)", "with m.If(all_ended | (ended & behind[1]))")),
    ("the last note", "the first key wins", ("(value != 0))", "(value != 0) & ~self.velocity.any())")),
    ("real music", "running status forgotten", (RUNNING, STATUS_SEEN),
     ("keys.came.eq(parser.packets.valid)", "keys.came.eq(parser.packets.valid & fresh)")),
    ("real music", "another message taken for a note",
     ("(code == 0x9) & (value", "((code == 0x9) | (code == 0xE)) & (value")),
    ("all notes off", "All Notes Off ignored", ("& mine & is_mode", "& mine & 0")),
    ("all notes off", "System Reset ignored", ("(code == 0xF) & status[:3].all()", "0")),
    ("one channel", "hears other channels", ("self.channel else C(1, 1)", "0 else C(1, 1)")),
]  # fmt: skip


def lab_of(*tiers):
    """The lab with some of its tiers, which is enough to find a mistake."""
    # Fewer and shorter notes tell what is wrong, if not what is right.
    short = scale((84, 91, 98), 8e-3).case("three notes", check_scale)
    return replace(
        LAB,
        tiers=[
            replace(tier, cases=[short]) if tier.name == "in tune" else tier for tier in LAB.tiers if tier.name in tiers
        ],
    )


def test_the_design_itself_passes():
    graded = grade(LAB, {"Instrument": Instrument}, simulate)
    assert graded.percent == 100, graded.first_failed


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_another_wave_is_in_tune_too(changes):
    """Its flanks are not as steep, and the pulses beside it move them."""
    [tier] = [tier for tier in LAB.tiers if tier.name == "in tune"]
    lab = replace(LAB, tiers=[replace(tier, cases=[scale((91, 98), 12e-3).case("two notes", check_scale)])])
    graded = grade(lab, {"Instrument": broken(changes)}, simulate)
    assert graded.percent == 100, f"{graded.error} {graded.first_failed and graded.first_failed.complaint}"


def test_starter_can_be_graded_and_makes_no_tone():
    classes = load(LAB, ROOT / LAB.starter)
    graded = grade(lab_of("a tone", "velocity"), classes, simulate)
    assert graded.percent == 0


@pytest.mark.parametrize(("tier", "mistake", "changes"), [(tier, name, changes) for tier, name, *changes in PLANTED])
def test_mistake_is_found_and_named(tier, mistake, changes):
    graded = grade(lab_of(tier), {"Instrument": broken(changes)}, simulate)
    assert graded.first_failed.name == tier
    assert graded.mistake.name == mistake


def broken(changes):
    """The design with texts changed."""
    module = sys.modules[Instrument.__module__]
    source = inspect.getsource(module)
    for right, wrong in changes:
        assert right in source
        source = source.replace(right, wrong)
    made = importlib.util.module_from_spec(importlib.util.spec_from_loader("broken", loader=None))
    exec(compile(source, "broken", "exec"), made.__dict__)
    return made.Instrument


def test_every_mistake_is_planted():
    assert {name for _, name, *_ in PLANTED} == {mistake.name for mistake in MISTAKES.values()}


def test_tune_is_written_and_in_tune(tmp_path, capsys):
    out = tmp_path / "tune.wav"
    assert listen.main(["--notes", "81", "--beat", "0.02", "--out", str(out)]) == 0
    with wave.open(str(out)) as file:
        data = memoryview(file.readframes(file.getnframes())).cast("h")
    heard = [value / 65_536 for value in data[100:900]]
    assert abs(sound.cents(sound.pitch(heard), 880)) < 10
    assert str(out) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--notes", "60,200"], "--notes must be numbers from 0 to 127"),
        (["--beat", "9"], "--beat from 0.01 to 2"),
        (["nothing.py"], "cannot be imported"),
        ([str(ROOT / "hdl" / "midi.py")], "must define the class Instrument"),
        (["--beat", "0.01", "--notes", "60", "--out", "/dev/null/x.wav"], "cannot be used"),
    ],
)
def test_what_cannot_be_played_is_one_line(arguments, words, capsys):
    assert listen.main(arguments) == 2
    said = capsys.readouterr().err.splitlines()
    assert words in said[-1]
