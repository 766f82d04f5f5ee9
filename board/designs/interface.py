# amaranth: UnusedElaboratable=no
"""A MIDI interface for a computer: DIN on one side, the computer's serial port on the other."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out, connect

from board.designs.lights import Lights
from hdl.line import LineInput
from hdl.midi import BAUD
from hdl.port import Port
from hdl.receiver import Receiver
from hdl.thru import THRUS
from hdl.transmitter import Transmitter

__all__ = ["LOST_FROM_HOST", "LOST_FROM_MIDI", "Interface"]

LOST_FROM_MIDI = 0xF4
"""Sent to the host where bytes from MIDI In are missing: undefined, so whoever parses it drops the damaged message."""

LOST_FROM_HOST = 0xFD
"""Sent to the host when bytes from it were lost: an undefined real-time status, that may stand anywhere."""


class Interface(wiring.Component):
    """MIDI In to the host, the host to MIDI Out, and MIDI Thru.

    Between host and board run the bytes of MIDI as they are, 8N1, each way at ``host_baud``. What is lost is told
    where it is lost: :data:`LOST_FROM_MIDI` stands in the stream to the host in the place of bytes from MIDI In
    that had no stop bit or that the host did not take in time, so that the host drops the message that they belonged to
    and the running status (pages 5 and A-2 of the specification: an undefined status does both);
    :data:`LOST_FROM_HOST` says that bytes from the host had no stop bit or found no room.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz; at least 8 clocks a bit of the host's.
    host_baud : :class:`int` or :class:`float`
        Bits per second to and from the host.
    thru : :class:`str`
        Kind of thru, one of :data:`hdl.thru.THRUS`.
    depth : :class:`int`
        Bytes that can wait, each way; a power of two, 512 to a block RAM.
    glitch : :class:`float`
        Longest pulse that MIDI In removes, in seconds; the host's line is not filtered.
    blink : :class:`float`
        Seconds that a light stays on at least.
    baud : :class:`int` or :class:`float`
        Bits per second of MIDI.

    Members
    -------
    midi_in : ``In(1)``
        Pin of MIDI In.
    midi_out : ``Out(1)``
        Pin of MIDI Out.
    midi_thru : ``Out(1)``
        Pin of MIDI Thru.
    host_rx : ``In(1)``
        From the host.
    host_tx : ``Out(1)``
        To the host. The first edge of a byte leaves within 1 us, and the filter's delay, after the middle of its
        stop bit at MIDI In, if none waits before it.
    host_cts : ``In(1)``
        High: the host can take bytes. One that has begun is finished.
    host_rts : ``Out(1)``
        High: there is room for 64 bytes from the host and more, so that what is on its way when it falls still fits.
    leds : ``Out(4)``
        See ``LEDS``.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to both baud rates, or ``depth`` or ``thru`` is none that can be.
    """

    SUMMARY = "MIDI In to the computer's serial port, the computer to MIDI Out, and Thru"
    LEDS = ("a byte came in or went out", "something was lost", "a byte came in", "a byte went out")

    def __init__(self, clk_freq, *, host_baud=1_000_000, thru="direct", depth=2048, glitch=3e-6, blink=0.05, baud=BAUD):
        if thru not in THRUS:
            raise ValueError(f"Thru must be one of {', '.join(THRUS)}, not {thru!r}")
        if depth < 2 * SPARE or depth != 1 << (depth.bit_length() - 1):
            raise ValueError(f"Depth must be a power of two from {2 * SPARE} on, not {depth!r}")
        self._port = Port(clk_freq, baud, glitch=glitch, thru=THRUS[thru])
        self._to_host = _ToHost(depth)
        self._transmitter = Transmitter(clk_freq, host_baud)
        self._may_send = LineInput(clk_freq, glitch=0)
        self._line = LineInput(clk_freq, glitch=0)
        self._receiver = Receiver(clk_freq, host_baud)
        self._from_host = fifo.SyncFIFOBuffered(width=8, depth=depth + 1)
        self._lights = Lights(clk_freq, len(self.LEDS), seconds=blink)
        super().__init__(
            {
                "midi_in": In(1, init=1),
                "midi_out": Out(1, init=1),
                "midi_thru": Out(1, init=1),
                "host_rx": In(1, init=1),
                "host_tx": Out(1, init=1),
                "host_cts": In(1, init=1),
                "host_rts": Out(1, init=1),
                "leds": Out(len(self.LEDS)),
            }
        )

    @classmethod
    def add_arguments(cls, parser):
        """Options of the command line, by the names of the constructor's keywords."""
        parser.add_argument("--host-baud", type=float, default=1e6, metavar="BAUD", help="to and from the host")
        parser.add_argument("--thru", choices=list(THRUS), default="direct", help="kind of thru")
        parser.add_argument("--depth", type=int, default=2048, metavar="BYTES", help="that can wait, each way")

    def elaborate(self, platform):
        m = Module()
        m.submodules.port = port = self._port
        m.submodules.to_host = to_host = self._to_host
        m.submodules.transmitter = transmitter = self._transmitter
        m.submodules.may_send = may_send = self._may_send
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.submodules.from_host = from_host = self._from_host
        m.submodules.lights = lights = self._lights

        m.d.comb += [
            port.midi_in.eq(self.midi_in),
            self.midi_out.eq(port.midi_out),
            self.midi_thru.eq(port.midi_thru),
            line.pin.eq(self.host_rx),
            receiver.level.eq(line.level),
            may_send.pin.eq(self.host_cts),
            self.host_tx.eq(transmitter.level),
        ]

        damaged = port.framing_error | port.break_ | port.overrun
        lost = receiver.framing_error | receiver.break_ | receiver.overrun
        connect(m, port.received, to_host.bytes)
        m.d.comb += [
            to_host.damaged.eq(damaged),
            to_host.lost.eq(lost),
            # The host's word holds a byte back only while it has not begun.
            transmitter.bytes.payload.eq(to_host.waiting.payload),
            transmitter.bytes.valid.eq(to_host.waiting.valid & may_send.level),
            to_host.waiting.ready.eq(transmitter.bytes.ready & may_send.level),
        ]

        m.d.comb += [
            from_host.w_data.eq(receiver.bytes.payload),
            from_host.w_en.eq(receiver.bytes.valid),
            receiver.bytes.ready.eq(from_host.w_rdy),
            port.send.payload.eq(from_host.r_data),
            port.send.valid.eq(from_host.r_rdy),
            from_host.r_en.eq(port.send.ready),
        ]
        m.d.sync += self.host_rts.eq(from_host.level <= from_host.depth - 1 - SPARE)

        came = port.received.valid & port.received.ready
        went = port.send.valid & port.send.ready
        m.d.comb += [
            lights.events.eq(Cat(came | went, damaged | lost | port.thru_overrun, came, went)),
            self.leds.eq(lights.leds),
        ]
        return m


SPARE = 64
"""Bytes from the host that still fit when it is told to stop: a serial bridge sends what it already holds."""


class _ToHost(wiring.Component):
    """Bytes on their way to the host, and among them word of what is missing.

    ``damaged`` pulses when the byte behind the one that is offered was lost, or the next one if none is; its mark then
    stands right there. Losses with no byte between them share a mark. ``lost`` pulses when a byte from the host was.
    """

    def __init__(self, depth):
        self._fifo = fifo.SyncFIFOBuffered(width=8, depth=depth + 1)
        super().__init__(
            {
                "bytes": In(stream.Signature(8)),
                "damaged": In(1),
                "lost": In(1),
                "waiting": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.fifo = waiting = self._fifo

        # A mark that must be written before the byte that is offered, and one that must be behind it.
        before, behind = Signal(), Signal()
        tell = Signal()
        mark = before | tell
        m.d.comb += [
            waiting.w_data.eq(Mux(before, LOST_FROM_MIDI, Mux(tell, LOST_FROM_HOST, self.bytes.payload))),
            waiting.w_en.eq(self.bytes.valid | mark),
            self.bytes.ready.eq(waiting.w_rdy & ~mark),
            self.waiting.payload.eq(waiting.r_data),
            self.waiting.valid.eq(waiting.r_rdy),
            waiting.r_en.eq(self.waiting.ready),
        ]
        with m.If(waiting.w_rdy):
            with m.If(before):
                m.d.sync += before.eq(0)
            with m.Elif(tell):
                m.d.sync += tell.eq(0)
            with m.Elif(self.bytes.valid):
                m.d.sync += [before.eq(behind), behind.eq(0)]
        with m.If(self.damaged):
            with m.If(self.bytes.valid & ~self.bytes.ready):
                m.d.sync += behind.eq(1)
            with m.Else():
                m.d.sync += before.eq(1)
        with m.If(self.lost):
            m.d.sync += tell.eq(1)
        return m
