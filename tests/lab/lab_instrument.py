"""Lab 9: an instrument. What is heard at a pin is judged, and not how it is made."""

from typing import NamedTuple

from board.designs.instrument import Instrument
from sim.bench.trace import Stimulus
from sim.model.edges import frame_edges, settled
from sim.model.instrument import frequency
from tests.lab.case import Case, Complaint, Lab, Mistake, Tier, Unit
from tests.lab.sound import cents, drawn, filtered, loudness, pitch
from tests.lab.wire import BIT

__all__ = ["LAB", "MISTAKES", "check_scale", "scale", "unit"]

CLK_FREQ = 250e3
"""As slow as a receiver can be, 8 clocks to a bit, as a tone takes long."""

RATE = 100e3
"""Samples a second of what is listened to."""

LATE = 1e-3
"""Seconds after the last byte of a message in which nothing is judged: the sound may have to begin or to die away."""

ROUNDS = CLK_FREQ / 128
"""How often in a second a counter of seven bits comes round."""

IN_TUNE = 2.0
"""Cents."""


def unit(**parameters):
    """An instrument with parameters of its own."""
    return Unit("Instrument", CLK_FREQ, lambda Instrument: Instrument(CLK_FREQ, **parameters))


UNIT, CHANNEL_3 = unit(), unit(channel=3)


class Heard(NamedTuple):
    """What must be heard from a moment on, for some seconds: a note, or ``None`` for silence."""

    after: str
    note: int | None
    begin: float
    end: float


def named(name, text):
    """A mistake that the check itself recognizes."""
    return Mistake(name, text, lambda outcome, outcomes: None)


MISTAKES = {
    "octave": named("an octave off", "One bit of the phase more or less is a factor of two."),
    "semitone": named("a semitone off", "Note 69 is A, 440 Hz. Which entry of your table is that?"),
    "detuned": named("not quite in tune", "A small whole number cannot be rounded well. Count finer: give the phase "
                     "more bits, and what is added to it as well."),
    "upside down": named("higher notes sound lower", "What is added to a phase is a frequency; what a counter counts "
                         "to is a period."),
    "velocity 0": named("velocity 0 taken for a note", "A Note On with velocity 0 is a Note Off (rule of page 10)."),
    "hangs": named("the tone never ends", "Nothing tells your tone that the key was let go."),
    "late": named("the tone ends too late", "It dies away, but silence is due 1 ms after the last byte of a Note Off. "
                  "A longer envelope is beyond what is graded here."),
    "pulses": named("pulses that are heard", "Your pulses come round so seldom that they are heard beside the tone. "
                    "Spread them: the pin must move thousands of times a second."),
    "other key": named("any Note Off ends the tone", "Only the key that sounds ends what sounds."),
    "forgets": named("forgets what is held", "When the last key is let go, others may still be down."),
    "first": named("the first key wins", "The key that was pressed last is the one to be heard."),
    "loud": named("velocity ignored", "How hard a key was struck is the third byte of a Note On."),
    "soft": named("louder the softer", "127 is the hardest that a key can be struck."),
    "channel": named("hears other channels", "The low four bits of the status byte say whose message it is: 0 is "
                     "channel 1."),
    "running": named("running status forgotten", "The parser gives whole messages. Look at packets, not at bytes."),
    "modes": named("All Notes Off ignored", "Controllers 120 and 123 to 127 end all notes, even those of a sequencer "
                   "that has lost count."),
    "reset": named("System Reset ignored", "FF puts all back as it was at power-up."),
    "others": named("another message taken for a note", "Only messages with code 8 and 9 are about keys."),
}  # fmt: skip


# --- What is played ---


class Song:
    """Messages and waits, and what must be heard after each."""

    def __init__(self, parameters=None):
        self.parameters = parameters or {}
        self.now = 5 * BIT
        self.edges, self.heard = [], [Heard("before the first byte", None, 0.0, 5 * BIT)]

    def play(self, message, note, periods=8, seconds=0.0, stop=True):
        """Send bytes, and listen: for so many periods of a note, or for silence."""
        for byte in message:
            self.edges += frame_edges(self.now, byte, BIT)
            self.now += 10 * BIT
        begin = self.now + LATE
        lasts = seconds or (2e-3 if note is None else periods / frequency(note))
        self.heard.append(Heard(f"after {bytes(message).hex(' ')}", note, begin, begin + lasts))
        self.now = begin + lasts + 2 * BIT
        return self

    def case(self, title, check, at=UNIT):
        """The case of it. ``check(heard, samples)`` gets what must be heard and what was, one for one."""

        def whole(trace):
            edges = settled(trace.levels["audio"], idle=0)
            _check_still(edges, self.heard[0])
            check(self.heard[1:], [_samples(edges, heard, self.now) for heard in self.heard[1:]])

        return Case(title, at, Stimulus(self.now, {"midi_in": settled(self.edges)}), whole, self)


class Listened(list):
    """Samples of what was heard; ``turns`` is how often the pin rose in a second, in these and in the whole song."""

    turns = (0.0, 0.0)


def _samples(edges, heard, until):
    # A low-pass at a few times the tone leaves it, and takes the pulses out.
    tau = 0.04 / frequency(heard.note) if heard.note is not None else 20e-6
    listened = Listened(filtered(edges, heard.end, RATE, tau, start=heard.begin))
    rises = [time for time, level in edges if level]
    now = sum(heard.begin <= time < heard.end for time in rises)
    listened.turns = now / (heard.end - heard.begin), len(rises) / until
    return listened


def _check_still(edges, heard):
    if edges and edges[0][0] < heard.end:
        raise Complaint("the pin must be still before the first note", "it moves", time=edges[0][0])


# --- Checks ---


def _where(heard):
    return {"place": heard.after, "time": heard.begin}


def check_silence(heard, samples, mistake=None):
    """Nothing is heard."""
    if loudness(samples) > 0.01:
        quarter = len(samples) // 4
        fades = quarter > 0.002 * RATE and loudness(samples[-quarter:]) < 0.8 * loudness(samples[:quarter])
        mistake = MISTAKES["late"] if fades and mistake is MISTAKES["hangs"] else mistake
        raise Complaint("there must be silence 1 ms after the last byte",
                        f"a tone sounds{_hertz(pitch(samples, RATE))}", mistake=mistake, **_where(heard))  # fmt: skip


def _hertz(found):
    return f" of {found:.1f} Hz" if found else ""


def check_tone(heard, samples, limit, mistake=None):
    """A tone is heard within ``limit`` cents of what it must be."""
    must = frequency(heard.note)
    found = pitch(samples, RATE)
    if found is None:
        raise Complaint(f"a tone of {must:.1f} Hz must sound, note {heard.note}",
                        _unheard(samples), mistake=mistake or _pulses(samples),
                        drawing=drawn(samples, RATE, must), **_where(heard))  # fmt: skip
    off = cents(found, must)
    if abs(off) > limit:
        raise Complaint(
            f"note {heard.note} must have {must:.2f} Hz, to {limit:g} cents",
            f"it has {found:.2f} Hz: {abs(off):.1f} cents {'sharp' if off > 0 else 'flat'}",
            mistake=mistake or _out_of_tune(off) or _pulses(samples),
            drawing=drawn(samples, RATE, must),
            **_where(heard),
        )


def _unheard(samples):
    """What there is in the place of a tone."""
    if loudness(samples) >= 0.01:
        return "there is no steady tone"
    now, ever = samples.turns
    fast = f": the pin rises {now:,.0f} times a second, too fast to be heard" if now > 20e3 else ""
    return f"nothing is heard{fast}{'' if ever else ', as the pin never rises'}"


def _pulses(samples):
    """The mistake of a counter of seven bits that is compared with velocity."""
    return MISTAKES["pulses"] if 0.3 * ROUNDS < samples.turns[0] < 1.3 * ROUNDS else None


def _out_of_tune(off):
    octaves, semitones = off / 1200, off / 100
    if abs(off) > 600 and abs(octaves - round(octaves)) < 0.03:
        return MISTAKES["octave"]
    if abs(off) > 60 and abs(semitones - round(semitones)) < 0.15 and abs(semitones) < 2.5:
        return MISTAKES["semitone"]
    return MISTAKES["detuned"] if abs(off) < 60 else None


def checked(limit=30.0, silent=None, sounding=None):
    """A check of all that must be heard; ``silent`` and ``sounding`` are mistakes by what was wrongly heard."""

    def check(heard, samples):
        for each, its in zip(heard, samples, strict=True):
            if each.note is None:
                check_silence(each, its, silent)
            else:
                check_tone(each, its, limit, sounding)

    return check


def check_scale(heard, samples):
    """Every tone is in tune; and higher notes sound higher."""
    found = [pitch(its, RATE) for each, its in zip(heard, samples, strict=True) if each.note is not None]
    known = [each for each in found if each]
    upside_down = len(known) > 2 and known == sorted(known, reverse=True)
    for each, its in zip(heard, samples, strict=True):
        if each.note is not None:
            check_tone(each, its, IN_TUNE, MISTAKES["upside down"] if upside_down else None)


def check_louder(heard, samples):
    """The harder the louder, and all of the same pitch."""
    heights = [loudness(its) for its in samples]
    if max(heights) < 0.01:
        raise Complaint("a tone must sound", "nothing is heard", **_where(heard[0]))
    for (one, low), (other, high) in zip(
        zip(heard, heights, strict=True), list(zip(heard, heights, strict=True))[1:], strict=False
    ):
        if high < 1.3 * low:
            mistake = None
            if max(heights) < 1.1 * min(heights):
                mistake = MISTAKES["loud"]
            elif heights == sorted(heights, reverse=True):
                mistake = MISTAKES["soft"]
            raise Complaint(f"it must be louder {other.after} than {one.after}",
                            f"the heights are {high:.2f} and {low:.2f} of the supply", mistake=mistake,
                            **_where(other))  # fmt: skip


def check_last(heard, samples):
    """The key that was pressed last is heard; then that of those still held."""
    for n, (each, its) in enumerate(zip(heard, samples, strict=True)):
        before = heard[n - 1] if n else None
        mistake = None
        if before and each.note is not None:
            found = pitch(its, RATE)
            kept = before.note is not None and found and abs(cents(found, frequency(before.note))) < 30
            if each.after.startswith("after 9"):
                mistake = MISTAKES["first"] if kept and before.note != each.note else None
            elif before.note == each.note:
                mistake = MISTAKES["other key"] if found is None else None
            else:
                mistake = MISTAKES["forgets"] if found is None else MISTAKES["hangs"] if kept else None
        if each.note is None:
            check_silence(each, its, MISTAKES["hangs"])
        else:
            check_tone(each, its, 30.0, mistake)


# --- Tiers ---

ON, OFF, CONTROL = 0x90, 0x80, 0xB0


def _note(note, velocity=100):
    return (ON, note, velocity)


def scale(notes=(69, 84, 91, 98, 106), least=16e-3):
    """Notes, each for so many seconds at least that a clock or two at either end are less than a cent."""
    song = Song()
    for note in notes:
        song.play(_note(note), note, seconds=max(least, 12 / frequency(note))).play((OFF, note, 0), None)
    return song


def _velocities():
    song = Song()
    for velocity in (20, 40, 80, 127):
        song.play(_note(81, velocity), 81, periods=6).play((OFF, 81, 64), None)
    song.heard = [each for each in song.heard if each.note is not None or not each.begin]
    return song


def _last_note():
    a, b, c = 81, 88, 93
    song = Song().play(_note(a), a).play(_note(b), b).play((OFF, a, 0), b).play((OFF, b, 0), None)
    song.play(_note(a), a).play(_note(b), b).play(_note(c), c).play((OFF, c, 0), b).play((OFF, a, 0), b)
    return song.play(_note(a, 50), a).play((OFF, a, 0), b).play((OFF, b, 0), None)


def _modes(controllers):
    song = Song()
    for controller in controllers:
        song.play((*_note(81), *_note(88)), 88).play((CONTROL, controller, 0), None)
    return song


def _other_messages():
    song = Song().play(_note(81), 81)
    for message in ((0xA0, 81, 0, 0xB0, 1, 0), (0xC0, 81, 0xD0, 0), (0xE0, 0, 64, 0xF2, 81, 0),
                    (0xF0, 0x7D, 81, 0, 0xF7), (0xF8, 0xFC, CONTROL, 121, 0)):  # fmt: skip
        song.play(message, 81, periods=5)
    return song.play((OFF, 81, 0), None)


def _running():
    song = Song().play(_note(81), 81).play((81, 0), None).play((88, 0xF8, 100), 88)
    return song.play((93, 100), 93).play((93, 0), 88).play((88, 0), None)


TIERS = [
    Tier(
        "a tone",
        [Song().play(_note(81), 81).case("note 81, struck with 100", checked(1300.0))],
        (
            "LineInput, Receiver and Parser are joined already: packets come out of the last. One with code 9 is a "
            "Note On; data[0] is its status, data[1] the note, data[2] the velocity.",
            "A tone is a phase to which something is added in each clock. Its highest bit is a square wave.",
            "Try one fixed tone first. What must be added to 24 bits of phase to make it turn over 880 times "
            "a second?",
        ),
    ),
    Tier(
        "it ends",
        # Long enough to tell a tone that dies away from one that goes on.
        [Song().play(_note(81), 81).play((OFF, 81, 0), None, seconds=12e-3).play(_note(88), 88)
         .play((OFF, 88, 127), None).case("a note, and its Note Off", checked(1300.0, MISTAKES["hangs"])),
         Song().play(_note(81), 81).play((ON, 81, 0), None)
         .case("a note, and a Note On with velocity 0", checked(1300.0, MISTAKES["velocity 0"]))],
        (
            "A packet with code 8 is a Note Off.",
            "Many keyboards never send one. What do they send instead?",
        ),
    ),
    Tier(
        "in tune",
        [scale().case("five notes from A4 on", check_scale)],
        (
            "Each octave is a factor of two, each semitone the twelfth root of two. Only twelve numbers need a table.",
            "An octave lower is the next higher bit of the phase, with nothing to round.",
            "2 cents are 0.12 %: what is added must be some 500 at least, or rounding it to a whole number costs more.",
        ),
    ),
    Tier(
        "velocity",
        [_velocities().case("20, 40, 80, 127", check_louder)],
        (
            "A pin is high or low. But behind a resistor and a capacitor it is as high as it is often high.",
            "A counter compared with velocity comes round only 2,000 times a second at this clock, and that is heard.",
            "Add velocity to seven bits in each clock: the carry is high in velocity of 128 clocks, and evenly spread.",
        ),
    ),
    Tier(
        "the last note",
        [_last_note().case("keys that overlap", check_last)],
        (
            "A Note Off for a key that does not sound must not end the one that does.",
            "A small row of keys that are held, the last one in front: what becomes of the rest when one is let go?",
        ),
    ),
    Tier(
        "real music",
        [_running().case("running status, and a clock inside a message", checked(30.0, MISTAKES["running"],
                                                                                MISTAKES["running"])),
         _other_messages().case("messages that are no notes", checked(30.0, MISTAKES["others"], MISTAKES["others"]))],
        (
            "The parser knows running status and real-time. Is there anything you read beside its packets?",
            "Look at the code of a packet before you look at its bytes.",
        ),
    ),
    Tier(
        "all notes off",
        [_modes((123, 120, 127)).case("controllers 123, 120 and 127", checked(30.0, MISTAKES["modes"])),
         Song().play((*_note(81), *_note(88)), 88).play((0xFF,), None)
         .case("System Reset", checked(30.0, MISTAKES["reset"]))],
        (
            "Code B is a controller; 120 and 123 to 127 are no controllers at all but channel mode messages.",
            "FF is a packet with code F.",
        ),
    ),
    Tier(
        "one channel",
        [Song().play((0x92, 81, 100), 81).play((0x93, 88, 100), 81).play((0x83, 81, 0), 81).play((0xB3, 123, 0), 81)
         .play((0x82, 81, 0), None).play((0x90, 81, 100), None)
         .case("channel=3", checked(30.0, MISTAKES["channel"], MISTAKES["channel"]), CHANNEL_3)],
        (
            "The parameter channel counts from 1, as people do; on the wire it is one less.",
        ),
    ),
]  # fmt: skip


LAB = Lab(9, "9-an-instrument", "An instrument", {"Instrument": Instrument}, TIERS, list(MISTAKES.values()))
