# amaranth: UnusedElaboratable=no
"""A MIDI thru box: one keyboard plays many instruments."""

from amaranth.hdl import Cat, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from board.designs.lights import Lights
from hdl.line import LineInput
from hdl.midi import BAUD
from hdl.receiver import Receiver
from hdl.thru import THRUS

__all__ = ["ThruBox"]


class ThruBox(wiring.Component):
    """MIDI In to any number of outputs, all alike.

    One thru serves all outputs. A receiver listens at the input, for the lights only: what it finds wrong changes
    nothing at the outputs.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    outs : :class:`int`
        Number of outputs.
    thru : :class:`str`
        Kind of thru, one of :data:`hdl.thru.THRUS`: what each adds and loses is told there.
    glitch : :class:`float`
        Longest pulse that the receiver does not see, in seconds.
    blink : :class:`float`
        Seconds that a light stays on at least.
    baud : :class:`int` or :class:`float`
        Bits per second of MIDI.

    Members
    -------
    midi_in : ``In(1)``
        Pin of MIDI In.
    outs : ``Out(outs)``
        Pins of the outputs; high in reset, but for the direct thru, which has no reset.
    leds : ``Out(2)``
        See ``LEDS``. The first is lit while the line is low, too: if it never goes out, the line is turned over.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate, or ``outs`` or ``thru`` is none that can be.
    """

    SUMMARY = "one MIDI In to as many MIDI Outs as there are pins"
    LEDS = ("something comes in", "a damaged byte came in, or one was lost on its way out")

    def __init__(self, clk_freq, *, outs=4, thru="direct", glitch=3e-6, blink=0.05, baud=BAUD):
        if not isinstance(outs, int) or outs < 1:
            raise ValueError(f"Number of outputs must be a whole number, 1 or more, not {outs!r}")
        if thru not in THRUS:
            raise ValueError(f"Thru must be one of {', '.join(THRUS)}, not {thru!r}")
        self._thru = THRUS[thru](clk_freq, baud)
        self._line = LineInput(clk_freq, glitch)
        self._receiver = Receiver(clk_freq, baud)
        self._lights = Lights(clk_freq, len(self.LEDS), seconds=blink)
        super().__init__(
            {
                "midi_in": In(1, init=1),
                "outs": Out(outs, init=(1 << outs) - 1),
                "leds": Out(len(self.LEDS)),
            }
        )

    @classmethod
    def add_arguments(cls, parser):
        """Options of the command line, by the names of the constructor's keywords."""
        parser.add_argument("--outs", type=int, default=4, metavar="NUMBER", help="outputs")
        parser.add_argument("--thru", choices=list(THRUS), default="direct", help="kind of thru")

    def elaborate(self, platform):
        m = Module()
        m.submodules.thru = thru = self._thru
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.submodules.lights = lights = self._lights

        m.d.comb += [
            thru.level_in.eq(self.midi_in),
            self.outs.eq(thru.level_out.replicate(len(self.outs))),
            line.pin.eq(self.midi_in),
            receiver.level.eq(line.level),
            receiver.bytes.ready.eq(1),
            lights.events.eq(Cat(~line.level, receiver.framing_error | receiver.break_ | thru.overrun)),
            self.leds.eq(lights.leds),
        ]
        return m
