# amaranth: UnusedElaboratable=no
"""An instrument: a note becomes a tone on a pin."""

from amaranth.hdl import Array, C, Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from board.designs.lights import Lights
from hdl.line import LineInput
from hdl.midi import BAUD, Packet
from hdl.parser import Parser
from hdl.receiver import Receiver
from hdl.thru import THRUS

__all__ = ["Instrument", "tuning"]

TOP_OCTAVE = 10
"""Octave of note 120, counted from that of note 0: the highest."""

FINE = 2048
"""Least increment of the phase, so that rounding it costs less than half a cent."""


def tuning(clk_freq, a4=440.0):
    """What is added to the phase in each clock for the twelve notes from 120 on, and bits of their phase.

    A phase of ``2 ** bits`` is a period. Notes of lower octaves have the same increments, and a bit of phase more for
    each octave.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    a4 : :class:`float`
        Frequency of note 69, in Hz.

    Returns
    -------
    :class:`tuple`
        List of twelve :class:`int`, and :class:`int`.

    Raises
    ------
    :exc:`ValueError`
        If the clock is too slow to make the highest notes, or ``a4`` is no pitch that is in use.
    """
    if not 390 <= a4 <= 490:
        raise ValueError(f"Pitch of A4 must be from 390 to 490 Hz, not {a4!r}")
    top = [a4 * 2 ** ((120 + n - 69) / 12) for n in range(12)]
    if clk_freq < 8 * top[-1]:
        raise ValueError(f"Clock must be {8 * top[-1]:.0f} Hz or faster for the highest notes, not {clk_freq:g} Hz")
    bits = max(1, (int(FINE * clk_freq / top[0]) - 1).bit_length())
    return [round(freq * (1 << bits) / clk_freq) for freq in top], bits


class Instrument(wiring.Component):
    """Sounds the note that was played last, as loud as it was played: a square wave, as pulses at a pin.

    When a key is let go while others are held, the one of them that was pressed last sounds again; as many as ``keys``
    are remembered, and if more are held the first of them is forgotten. Pressing a key that is held makes it the last
    one. A Note On with velocity 0 is a Note Off. Controllers 120 and 123 to 127 (all sound or notes off, and the
    changes of mode, which end all notes, too) and System Reset let go of all keys. Messages of other channels are
    ignored.

    The tone is high for half of its period; in that half the pin pulses, and is high in velocity of 128 clocks.
    Behind a resistor and a capacitor, 1 kohm and 10 nF, this is the tone. In silence the pin is low.
    Each of the 128 notes is right to half a cent, as far as the clock is. A change is heard two clocks after its packet
    is taken: behind silence as a new period, else from where the phase is.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    channel : :class:`int`
        Channel that is played, 1 to 16; 0 for all of them, as if they were one.
    keys : :class:`int`
        Keys that are remembered while they are held.
    a4 : :class:`float`
        Frequency of note 69, in Hz.
    thru : :class:`str`
        Kind of thru, one of :data:`hdl.thru.THRUS`.
    glitch : :class:`float`
        Longest pulse that MIDI In removes, in seconds.
    blink : :class:`float`
        Seconds that a light stays on at least.
    baud : :class:`int` or :class:`float`
        Bits per second of MIDI.

    Members
    -------
    midi_in : ``In(1)``
        Pin of MIDI In.
    midi_thru : ``Out(1)``
        Pin of MIDI Thru.
    audio : ``Out(1)``
        The tone.
    leds : ``Out(2)``
        See ``LEDS``.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate, or a parameter is none that can be.
    """

    SUMMARY = "a synthesizer of one voice: notes become a tone on a pin"
    LEDS = ("a note sounds", "a damaged byte came in")

    def __init__(
        self, clk_freq, *, channel=0, keys=8, a4=440.0, thru="direct", glitch=3e-6, blink=0.05, baud=BAUD
    ):  # fmt: skip
        if thru not in THRUS:
            raise ValueError(f"Thru must be one of {', '.join(THRUS)}, not {thru!r}")
        if channel not in range(17):
            raise ValueError(f"Channel must be from 1 to 16, or 0 for all, not {channel!r}")
        if keys not in range(1, 33):
            raise ValueError(f"Keys must be from 1 to 32, not {keys!r}")
        self._thru = THRUS[thru](clk_freq, baud)
        self._line = LineInput(clk_freq, glitch)
        self._receiver = Receiver(clk_freq, baud)
        self._parser = Parser()
        self._keys = Keys(keys, channel)
        self._voice = Voice(*tuning(clk_freq, a4))
        self._lights = Lights(clk_freq, 1, seconds=blink)
        super().__init__(
            {"midi_in": In(1, init=1), "midi_thru": Out(1, init=1), "audio": Out(1), "leds": Out(len(self.LEDS))}
        )

    @classmethod
    def add_arguments(cls, parser):
        """Options of the command line, by the names of the constructor's keywords."""
        parser.add_argument("--channel", type=int, default=0, metavar="N", help="1 to 16; default: all")
        parser.add_argument("--keys", type=int, default=8, metavar="N", help="keys remembered while they are held")
        parser.add_argument("--a4", type=float, default=440.0, metavar="HZ", help="pitch of note 69")
        parser.add_argument("--thru", choices=list(THRUS), default="direct", help="kind of thru")

    def elaborate(self, platform):
        m = Module()
        m.submodules.thru = thru = self._thru
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.submodules.parser = parser = self._parser
        m.submodules.keys = keys = self._keys
        m.submodules.voice = voice = self._voice
        m.submodules.lights = lights = self._lights

        connect(m, receiver.bytes, parser.bytes)
        error = receiver.framing_error | receiver.break_
        m.d.comb += [
            thru.level_in.eq(self.midi_in),
            self.midi_thru.eq(thru.level_out),
            line.pin.eq(self.midi_in),
            receiver.level.eq(line.level),
            parser.lost.eq(error | receiver.overrun),
            parser.packets.ready.eq(1),
            keys.packet.eq(parser.packets.payload),
            keys.came.eq(parser.packets.valid),
            voice.note.eq(keys.note),
            voice.velocity.eq(keys.velocity),
            self.audio.eq(voice.audio),
            lights.events.eq(error),
            self.leds.eq(Cat(keys.velocity.any(), lights.leds)),
        ]
        return m


class Keys(wiring.Component):
    """The keys that are held, and which of them was pressed last.

    ``packet`` is looked at when ``came`` is high. ``note`` and ``velocity`` are those of the key, one clock later;
    velocity 0 if none is held.
    """

    def __init__(self, count, channel):
        self.count = count
        self.channel = channel
        super().__init__({"packet": In(Packet), "came": In(1), "note": Out(7), "velocity": Out(7)})

    def elaborate(self, platform):
        m = Module()
        code, (status, number, value) = self.packet.code, self.packet.data
        mine = (status[:4] == self.channel - 1) if self.channel else C(1, 1)
        pressed, ended, all_ended = Signal(), Signal(), Signal()
        is_mode = number[3:7].all() & (number[:3] != 1) & (number[:3] != 2)
        m.d.comb += [
            pressed.eq(self.came & mine & (code == 0x9) & (value != 0)),
            ended.eq(self.came & mine & (code[1:] == 0x8 >> 1) & ~pressed),
            all_ended.eq(self.came & ((code == 0xB) & mine & is_mode | (code == 0xF) & status[:3].all())),
        ]

        # The last key is the first in the row. A place is free where its velocity is 0.
        notes = [Signal(7, name=f"note_{n}", reset_less=True) for n in range(self.count)]
        velocities = [Signal(7, name=f"velocity_{n}") for n in range(self.count)]
        m.d.comb += [self.note.eq(notes[0]), self.velocity.eq(velocities[0])]
        # Whether the key that is pressed or let go stands in one of the places before.
        behind = Signal(self.count + 1)
        for n, (note, velocity) in enumerate(zip(notes, velocities, strict=True)):
            is_it = velocity.any() & (note == number[:7])
            m.d.comb += behind[n + 1].eq(behind[n] | is_it)
            with m.If(pressed & ~behind[n]):
                # It goes in front; those before its old place make room.
                m.d.sync += note.eq(notes[n - 1] if n else number), velocity.eq(velocities[n - 1] if n else value)
            with m.If(ended & behind[n + 1]):
                m.d.sync += note.eq(notes[n + 1] if n + 1 < self.count else 0)
                m.d.sync += velocity.eq(velocities[n + 1] if n + 1 < self.count else 0)
            with m.If(all_ended):
                m.d.sync += velocity.eq(0)
        return m


class Voice(wiring.Component):
    """The tone of a note: a square wave whose upper half is pulses, as many as the velocity says.

    ``audio`` follows two clocks behind ``note`` and ``velocity``; velocity 0 is silence.
    """

    def __init__(self, increments, bits):
        self.increments = increments
        self.bits = bits
        super().__init__({"note": In(7), "velocity": In(7), "audio": Out(1)})

    def elaborate(self, platform):
        m = Module()
        # The largest whole number of twelves: 43 / 512 is near enough to a twelfth for 128 notes.
        octave, semitone = Signal(4), Signal(4)
        m.d.comb += [octave.eq((self.note * 43) >> 9), semitone.eq(self.note - octave * 12)]
        width = max(self.increments).bit_length()
        table = Array(Const(self.increments[n % 12], width) for n in range(16))

        increment, place = Signal(width, reset_less=True), Signal(4, reset_less=True)
        velocity = Signal(7)
        m.d.sync += [increment.eq(table[semitone]), place.eq(TOP_OCTAVE - octave), velocity.eq(self.velocity)]

        phase = Signal(self.bits + TOP_OCTAVE)
        m.d.sync += phase.eq(Mux(velocity.any(), phase + increment, 0))
        tone = Signal()
        m.d.comb += tone.eq(phase[self.bits - 1 :].bit_select(place, 1))

        # Pulses: the carry of a sum of velocities.
        rest, total = Signal(7), Signal(8)
        m.d.comb += total.eq(rest + velocity)
        m.d.sync += [rest.eq(Mux(velocity.any(), total, 0)), self.audio.eq(tone & total[7])]
        return m
