# amaranth: UnusedElaboratable=no
"""A MIDI port: In, Out and Thru."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hdl.line import LineInput
from hdl.midi import BAUD
from hdl.receiver import Receiver
from hdl.thru import DirectThru
from hdl.transmitter import Transmitter

__all__ = ["Port"]


class Port(wiring.Component):
    """MIDI In, MIDI Out and MIDI Thru at the level of bytes.

    Pins are idle high, as an optocoupler that pulls its output low for a 0 gives them, and an open-drain buffer takes
    them. In and Out are independent of each other.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    baud : :class:`int` or :class:`float`
        Bits per second.
    glitch : :class:`float`
        Longest pulse that the input removes, in seconds; see :class:`hdl.line.LineInput`.
    thru : component class
        Kind of thru, constructed with ``(clk_freq, baud)``; see :mod:`hdl.thru`.

    Members
    -------
    midi_in : ``In(1)``
        Pin of MIDI In, asynchronous.
    midi_out : ``Out(1)``
        Pin of MIDI Out; high in reset.
    midi_thru : ``Out(1)``
        Pin of MIDI Thru.
    received : ``Out(stream.Signature(8))``
        Bytes from MIDI In. A byte that is not taken within 320 us costs the next one: ``overrun``.
    send : ``In(stream.Signature(8))``
        Bytes to MIDI Out.
    framing_error, break_, overrun : ``Out(1)``
        The receiver's errors, a pulse each; see :class:`hdl.receiver.Receiver`.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate; see :func:`hdl.midi.divide`.
    """

    def __init__(self, clk_freq, baud=BAUD, *, glitch=3e-6, thru=DirectThru):
        self._line = LineInput(clk_freq, glitch)
        self._receiver = Receiver(clk_freq, baud)
        self._transmitter = Transmitter(clk_freq, baud)
        self._thru = thru(clk_freq, baud)
        super().__init__(
            {
                "midi_in": In(1, init=1),
                "midi_out": Out(1, init=1),
                "midi_thru": Out(1, init=1),
                "received": Out(stream.Signature(8)),
                "send": In(stream.Signature(8)),
                "framing_error": Out(1),
                "break_": Out(1),
                "overrun": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.submodules.transmitter = transmitter = self._transmitter
        m.submodules.thru = thru = self._thru

        m.d.comb += [
            line.pin.eq(self.midi_in),
            receiver.level.eq(line.level),
            thru.level_in.eq(self.midi_in),
            self.midi_thru.eq(thru.level_out),
            self.midi_out.eq(transmitter.level),
            self.framing_error.eq(receiver.framing_error),
            self.break_.eq(receiver.break_),
            self.overrun.eq(receiver.overrun),
        ]
        connect(m, receiver.bytes, flipped(self.received))
        connect(m, flipped(self.send), transmitter.bytes)
        return m
