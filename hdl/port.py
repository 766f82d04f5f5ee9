# amaranth: UnusedElaboratable=no
"""A MIDI port: In, Out and Thru."""

from amaranth.hdl import Cat, Module
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hdl.encoder import Encoder
from hdl.line import LineInput
from hdl.midi import BAUD, Packet, Tap
from hdl.parser import Parser
from hdl.receiver import Receiver
from hdl.thru import DirectThru
from hdl.transmitter import Transmitter

__all__ = ["PacketPort", "Port"]


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
    thru_overrun : ``Out(1)``
        The thru's ``overrun``: what it could not hand on was dropped.

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
                "thru_overrun": Out(1),
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
            self.thru_overrun.eq(thru.overrun),
        ]
        connect(m, receiver.bytes, flipped(self.received))
        connect(m, flipped(self.send), transmitter.bytes)
        return m


class PacketPort(wiring.Component):
    """MIDI In, MIDI Out and MIDI Thru at the level of messages: what an application uses.

    What comes in at MIDI In is parsed and waits as packets; packets are sent with running status at MIDI Out. When
    ``depth`` of them wait and nobody takes one, the parser stops; then ``overrun`` tells of each byte that is lost, and
    the message that it belonged to is dropped as a whole.

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
    depth : :class:`int`
        Packets that can wait; up to 256 fit the same block RAMs.
    running_status, repeat
        What is sent; see :class:`hdl.encoder.Encoder`.
    reset_clears : :class:`bool`
        Whether System Reset clears running status; see :class:`hdl.parser.Parser`.

    Members
    -------
    midi_in : ``In(1)``
        Pin of MIDI In, asynchronous.
    midi_out : ``Out(1)``
        Pin of MIDI Out; high in reset.
    midi_thru : ``Out(1)``
        Pin of MIDI Thru.
    packets_out : ``Out(stream.Signature(Packet))``
        Packets from MIDI In.
    cut : ``Out(1)``
        High while the packet that is offered closes a SysEx that was cut off; see :class:`hdl.parser.Parser`.
    packets_in : ``In(stream.Signature(Packet))``
        Packets to MIDI Out.
    realtime : ``In(stream.Signature(8))``
        Real-time bytes that go first to MIDI Out; see :class:`hdl.encoder.Encoder`.
    received : ``Out(Tap)``
        Each byte from MIDI In as the parser takes it.
    framing_error, break_, overrun : ``Out(1)``
        The receiver's errors, a pulse each; see :class:`hdl.receiver.Receiver`.
    thru_overrun : ``Out(1)``
        The thru's ``overrun``.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to the baud rate; see :func:`hdl.midi.divide`.
    """

    def __init__(
        self,
        clk_freq,
        baud=BAUD,
        *,
        glitch=3e-6,
        thru=DirectThru,
        depth=256,
        running_status=True,
        repeat=1.0,
        reset_clears=False,
    ):
        self._port = Port(clk_freq, baud, glitch=glitch, thru=thru)
        self._parser = Parser(reset_clears=reset_clears)
        self._encoder = Encoder(clk_freq, running_status=running_status, repeat=repeat)
        self._waiting = fifo.SyncFIFOBuffered(width=33, depth=depth)
        super().__init__(
            {
                "midi_in": In(1, init=1),
                "midi_out": Out(1, init=1),
                "midi_thru": Out(1, init=1),
                "packets_out": Out(stream.Signature(Packet)),
                "cut": Out(1),
                "packets_in": In(stream.Signature(Packet)),
                "realtime": In(stream.Signature(8)),
                "received": Out(Tap),
                "framing_error": Out(1),
                "break_": Out(1),
                "overrun": Out(1),
                "thru_overrun": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.port = port = self._port
        m.submodules.parser = parser = self._parser
        m.submodules.encoder = encoder = self._encoder
        m.submodules.waiting = waiting = self._waiting

        m.d.comb += [
            port.midi_in.eq(self.midi_in),
            self.midi_out.eq(port.midi_out),
            self.midi_thru.eq(port.midi_thru),
            self.framing_error.eq(port.framing_error),
            self.break_.eq(port.break_),
            self.overrun.eq(port.overrun),
            self.thru_overrun.eq(port.thru_overrun),
            self.received.valid.eq(port.received.valid & port.received.ready),
            self.received.payload.eq(port.received.payload),
            # Receiver and parser are joined directly, so that a loss keeps its place among the bytes.
            parser.lost.eq(port.framing_error | port.break_ | port.overrun),
            waiting.w_data.eq(Cat(parser.packets.payload, parser.cut)),
            waiting.w_en.eq(parser.packets.valid),
            parser.packets.ready.eq(waiting.w_rdy),
            self.packets_out.payload.eq(waiting.r_data[:32]),
            self.packets_out.valid.eq(waiting.r_rdy),
            self.cut.eq(waiting.r_data[32] & waiting.r_rdy),
            waiting.r_en.eq(self.packets_out.ready),
        ]
        connect(m, port.received, parser.bytes)
        connect(m, flipped(self.packets_in), encoder.packets)
        connect(m, flipped(self.realtime), encoder.realtime)
        connect(m, encoder.bytes, port.send)
        return m
