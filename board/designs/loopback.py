# amaranth: UnusedElaboratable=no
"""A self-test of a board: MIDI Out back into MIDI In, through real jacks and a cable."""

from math import log10

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from board.designs.tally import Tally
from hdl.line import LineInput
from hdl.midi import BAUD
from hdl.receiver import Receiver
from hdl.transmitter import Transmitter

__all__ = ["Loopback"]

AHEAD = 3
"""Bytes that may be on their way, so that a stored thru or two in the way do not slow the test down."""


class Loopback(wiring.Component):
    """Sends bytes at random, and counts what comes back otherwise.

    Put a cable from MIDI Out to MIDI In, or from MIDI Thru, which sends the same. Nothing else should listen: this is
    no music. All 256 values are sent, most of them back to back and some behind a pause of up to a few bytes.

    A test begins with the first answer, and with it all counts are 0. Each ``every`` bytes, and at the first error, a
    line of text goes to the host; the numbers are what was counted since the test began::

        pass    10000 bytes     0 wrong     0 missing     0 extra     0 framing     0 breaks
        fail    20000 bytes     2 wrong     1 missing     0 extra     0 framing     0 breaks

    *Bytes* were sent. *Wrong* came back as another; *missing* did not come back for a period of the lights; *extra*
    came when none was on its way; *framing* had no stop bit; *breaks* were low all along. While a line is written no
    bytes are sent, and errors of one kind count as one. Lines end in carriage return and line feed; each number counts
    through 0 again when its column is full.

    When no byte comes back for twice in a row, a line says ``no cable``, and goes on saying so until there is one: then
    the test begins anew. To pull the cable and to put it back is thus how to start again.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz; at least 8 clocks a bit of the host's.
    every : :class:`int`
        Bytes from line to line, a power of ten.
    host_baud : :class:`int` or :class:`float`
        Bits per second to the host.
    glitch : :class:`float`
        Longest pulse that MIDI In removes, in seconds.
    blink : :class:`float`
        Seconds for which a light that blinks is on; a byte is missing one to two times as long after the last sign of
        life.
    baud : :class:`int` or :class:`float`
        Bits per second of MIDI.

    Members
    -------
    midi_in : ``In(1)``
        Pin of MIDI In.
    midi_out, midi_thru : ``Out(1)``
        Pins of MIDI Out and MIDI Thru, which are alike; high in reset.
    host_tx : ``Out(1)``
        Text to the host.
    leds : ``Out(2)``
        See ``LEDS``.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to both baud rates, or ``every`` or ``blink`` is none that can be.
    """

    SUMMARY = "a self-test: put a cable from MIDI Out to MIDI In, and it says pass or fail"
    LEDS = ("pass; blinks until the first bytes are all through", "fail; blinks without a cable")

    def __init__(self, clk_freq, *, every=10_000, host_baud=115_200, glitch=3e-6, blink=0.25, baud=BAUD):
        places = round(log10(every)) if isinstance(every, int) and every > 0 else 0
        if every not in (10**n for n in range(1, 9)) or every != 10**places:
            raise ValueError(f"Bytes from line to line must be 10, 100, 1000 or so on, not {every!r}")
        self._line = LineInput(clk_freq, glitch)
        self._receiver = Receiver(clk_freq, baud)
        self._transmitter = Transmitter(clk_freq, baud)
        self._to_host = Transmitter(clk_freq, host_baud)
        frame = 10 * self._transmitter.divisor
        if not isinstance(blink, (int, float)) or not 8 * frame <= clk_freq * blink < float("inf"):
            raise ValueError(f"Blink must be {8 * frame / clk_freq:g} s or longer, not {blink!r}")
        self.period = round(clk_freq * blink)
        # Counted from the start bit before it: half of them end before that byte is out.
        self.pause = min(16, (2 * frame - 1).bit_length())
        self._tally = Tally(places)
        super().__init__(
            {
                "midi_in": In(1, init=1),
                "midi_out": Out(1, init=1),
                "midi_thru": Out(1, init=1),
                "host_tx": Out(1, init=1),
                "leds": Out(len(self.LEDS)),
            }
        )

    @classmethod
    def add_arguments(cls, parser):
        """Options of the command line, by the names of the constructor's keywords."""
        parser.add_argument("--every", type=int, default=10_000, metavar="BYTES", help="from line to line")
        parser.add_argument("--host-baud", type=float, default=115_200, metavar="BAUD", help="of the text to the host")

    def elaborate(self, platform):
        m = Module()
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.submodules.transmitter = transmitter = self._transmitter
        m.submodules.to_host = to_host = self._to_host
        m.submodules.tally = tally = self._tally

        connect(m, tally.text, to_host.bytes)
        m.d.comb += [
            line.pin.eq(self.midi_in),
            receiver.level.eq(line.level),
            receiver.bytes.ready.eq(1),
            self.midi_out.eq(transmitter.level),
            self.midi_thru.eq(transmitter.level),
            self.host_tx.eq(to_host.level),
        ]

        timer = Signal(range(self.period))
        tick, phase = Signal(), Signal()
        m.d.comb += tick.eq(timer == self.period - 1)
        m.d.sync += timer.eq(timer + 1)
        with m.If(tick):
            m.d.sync += timer.eq(0)
            m.d.sync += phase.eq(~phase)

        # The byte to be sent next, and the one that must come back next.
        coming, expected = Signal(16), Signal(16)
        flying = Signal(range(AHEAD + 1))
        none_flies = flying == 0
        sent, answer, returned, given_up = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            sent.eq(transmitter.bytes.valid & transmitter.bytes.ready),
            answer.eq(receiver.bytes.valid | receiver.framing_error | receiver.break_),
            returned.eq(answer & ~none_flies),
        ]
        done = returned | given_up
        m.d.sync += flying.eq(flying + (sent & ~done) - (done & ~sent))
        with m.If(sent):
            m.d.sync += coming.eq(_step(coming))
        with m.If(done):
            m.d.sync += expected.eq(_step(expected))

        # When to send. ``due`` asks for a line of text, which waits until all is back. So does the next byte
        # behind an error: if one was missing, those on their way are not what they seem.
        cable, due, gives_up, settles = Signal(), Signal(), Signal(), Signal()
        wait = Signal(self.pause + 1)
        go = Signal()
        m.d.comb += [
            go.eq(~due & ~gives_up & ~settles & ~tally.busy & Mux(cable, flying != AHEAD, none_flies)),
            transmitter.bytes.valid.eq(go & ~wait[-1]),
            transmitter.bytes.payload.eq(coming[:8]),
        ]
        with m.If(wait[-1]):
            m.d.sync += wait.eq(wait - 1)
        with m.If(sent & (coming[13:] == 0)):
            m.d.sync += wait.eq(Cat(coming[: self.pause], C(1, 1)))

        # Silence from one tick to the next means that no more will come; twice in a row, that there is no cable.
        alive, answered = Signal(), Signal()
        silence, unplugged = Signal(), Signal()
        m.d.comb += [
            silence.eq(tick & ~none_flies & ~alive & ~sent & ~answer),
            unplugged.eq(silence & ~answered),
            given_up.eq(gives_up & ~none_flies & ~answer & ~tally.busy),
        ]
        m.d.sync += alive.eq((alive & ~tick) | sent | answer)
        m.d.sync += answered.eq((answered & ~silence) | returned)
        m.d.sync += gives_up.eq((gives_up & ~none_flies) | silence)

        # What is counted: in the order of ``Tally.COUNTS``.
        begins, failed, passed = Signal(), Signal(), Signal()
        counts = cable | begins
        m.d.comb += [
            begins.eq(returned & ~cable),
            tally.clear.eq(begins),
            tally.count[0].eq(Mux(cable, sent, begins)),
            tally.count[1].eq(counts & receiver.bytes.valid & returned & (receiver.bytes.payload != expected[:8])),
            tally.count[2].eq(cable & given_up),
            tally.count[3].eq(cable & receiver.bytes.valid & none_flies),
            tally.count[4].eq(counts & receiver.framing_error),
            tally.count[5].eq(counts & receiver.break_),
        ]
        error = tally.count[1:].any()
        m.d.sync += cable.eq(counts & ~unplugged)
        m.d.sync += failed.eq((failed & ~begins) | error)
        m.d.sync += settles.eq((settles & ~none_flies) | error)

        m.d.comb += [
            tally.say.eq(due & none_flies & ~answer),
            tally.word.eq(Mux(cable, failed, 2)),
        ]
        m.d.sync += due.eq((due & ~tally.say) | tally.rounded | unplugged | (error & (~failed | begins)))
        m.d.sync += passed.eq((passed & cable) | (tally.say & cable))

        m.d.sync += [
            self.leds[0].eq(cable & ~failed & (passed | phase)),
            self.leds[1].eq(Mux(cable, failed, phase)),
        ]
        return m


def _step(state):
    """The state of the shift register eight bits later.

    Each new bit is the exclusive-nor of bits 16, 14, 13 and 11: the row repeats after 65,535 bytes. All 0 is a state
    like any other, and the one in which an iCE40 begins; all 1 is the one that never comes.
    """
    new = [~(state[15 - n] ^ state[13 - n] ^ state[12 - n] ^ state[10 - n]) for n in range(8)]
    return Cat(*reversed(new), state[:8])
