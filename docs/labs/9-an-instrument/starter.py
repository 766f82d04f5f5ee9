"""Lab 9: an instrument. You write elaborate; README.md beside this file says how to begin."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal  # noqa: F401 -- what you may need.
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from hdl.line import LineInput
from hdl.midi import BAUD
from hdl.parser import Parser
from hdl.receiver import Receiver

__all__ = ["Instrument"]


class Instrument(wiring.Component):
    """Sounds the note that was played last, as loud as it was played.

    When a key is let go while others are held, the one of them that was pressed last sounds again; as many as ``keys``
    are remembered. A Note On with velocity 0 is a Note Off. Controllers 120 and 123 to 127 and System Reset let go of
    all keys. Messages of other channels are ignored. Each note is in tune to 2 cents; in silence the pin is still.

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
    thru, glitch, blink, baud
        As in ``board/designs/instrument.py``, if you want them; they are not graded.

    Members
    -------
    midi_in : ``In(1)``
        Pin of MIDI In.
    midi_thru : ``Out(1)``
        Pin of MIDI Thru.
    audio : ``Out(1)``
        The tone: a resistor and a capacitor smooth it. It begins, and it ends, within 1 ms of the last byte of its
        message.
    leds : ``Out(2)``
        Yours.
    """

    SUMMARY = "an instrument of my own"
    LEDS = ("", "")

    def __init__(
        self, clk_freq, *, channel=0, keys=8, a4=440.0, thru="direct", glitch=3e-6, blink=0.05, baud=BAUD
    ):  # fmt: skip
        self.clk_freq = clk_freq
        self.channel = channel
        self.keys = keys
        self.a4 = a4
        self._line = LineInput(clk_freq, glitch)
        self._receiver = Receiver(clk_freq, baud)
        self._parser = Parser()
        super().__init__({"midi_in": In(1, init=1), "midi_thru": Out(1, init=1), "audio": Out(1), "leds": Out(2)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.submodules.parser = parser = self._parser

        connect(m, receiver.bytes, parser.bytes)
        m.d.comb += [
            line.pin.eq(self.midi_in),
            receiver.level.eq(line.level),
            parser.lost.eq(receiver.framing_error | receiver.break_ | receiver.overrun),
            parser.packets.ready.eq(1),
            self.midi_thru.eq(self.midi_in),
        ]

        # TODO: make a tone of it.
        #   parser.packets.valid            a message is there in this clock
        #   parser.packets.payload.code     what it is: 9 a Note On, 8 a Note Off, B a controller, F real-time
        #   parser.packets.payload.data     its three bytes
        #   self.audio                      the pin
        return m
