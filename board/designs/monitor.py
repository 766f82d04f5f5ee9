# amaranth: UnusedElaboratable=no
"""What is on a MIDI cable, for people: on LEDs, on a display, and as lines of text."""

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from board.designs.lights import Lights
from board.designs.printer import Printer
from hdl.line import LineInput
from hdl.midi import BAUD, Packet
from hdl.parser import Parser
from hdl.receiver import Receiver
from hdl.thru import THRUS
from hdl.transmitter import Transmitter

__all__ = ["Monitor"]


class Monitor(wiring.Component):
    """Shows the note that is played and how hard, and every message as a line of text.

    Each message goes to the host as its bytes, in hexadecimal and with its status even where the wire leaves that out,
    and its name; a SysEx as three bytes a line. Where bytes are damaged or messages came faster than lines could be
    sent, a line says how many since reset, up to 999 of each::

        90 3C 64 note on
        F8       clock
        errors 001 lost 000

    *Errors* are bytes without a stop bit; the message that such a byte belonged to is not shown. A SysEx that was cut
    off has dots in the place of its end.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz; at least 8 clocks a bit of the host's.
    host_baud : :class:`int` or :class:`float`
        Bits per second to the host. 115,200 is enough for 400 messages a second, 1,000,000 for all that a cable
        carries.
    thru : :class:`str`
        Kind of thru, one of :data:`hdl.thru.THRUS`.
    depth : :class:`int`
        Lines that can wait and one more, a power of two.
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
    host_tx : ``Out(1)``
        Text to the host.
    leds : ``Out(8)``
        See ``LEDS``. Only the note that was played last is shown.
    digits : ``Out(14)``
        Number of that note in hexadecimal, on two digits of seven segments: of the left digit segments a to g, then
        of the right one; 1 = lit. It stays when the note ends, and both are dark before the first.

    Raises
    ------
    :exc:`ValueError`
        If the clock does not divide to both baud rates, or ``depth`` or ``thru`` is none that can be.
    """

    SUMMARY = "notes on LEDs and display, and every message as text to the computer"
    LEDS = (
        "a note is played, the brighter the harder",
        "a damaged byte came in, or text was lost",
        "a message came in",
        *(f"a note is played with velocity {velocity} or more" for velocity in (32, 64, 80, 96, 112)),
    )

    def __init__(self, clk_freq, *, host_baud=115_200, thru="direct", depth=256, glitch=3e-6, blink=0.05, baud=BAUD):
        if thru not in THRUS:
            raise ValueError(f"Thru must be one of {', '.join(THRUS)}, not {thru!r}")
        self._thru = THRUS[thru](clk_freq, baud)
        self._line = LineInput(clk_freq, glitch)
        self._receiver = Receiver(clk_freq, baud)
        self._parser = Parser()
        self._printer = Printer(depth)
        self._to_host = Transmitter(clk_freq, host_baud)
        self._note = _Note()
        self._lights = Lights(clk_freq, 2, seconds=blink)
        super().__init__(
            {
                "midi_in": In(1, init=1),
                "midi_thru": Out(1, init=1),
                "host_tx": Out(1, init=1),
                "leds": Out(len(self.LEDS)),
                "digits": Out(14),
            }
        )

    @classmethod
    def add_arguments(cls, parser):
        """Options of the command line, by the names of the constructor's keywords."""
        parser.add_argument("--host-baud", type=float, default=115_200, metavar="BAUD", help="of the text to the host")
        parser.add_argument("--thru", choices=list(THRUS), default="direct", help="kind of thru")

    def elaborate(self, platform):
        m = Module()
        m.submodules.thru = thru = self._thru
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.submodules.parser = parser = self._parser
        m.submodules.printer = printer = self._printer
        m.submodules.to_host = to_host = self._to_host
        m.submodules.note = note = self._note
        m.submodules.lights = lights = self._lights

        connect(m, receiver.bytes, parser.bytes)
        connect(m, parser.packets, printer.packets)
        connect(m, printer.text, to_host.bytes)
        error = receiver.framing_error | receiver.break_
        came = parser.packets.valid & parser.packets.ready
        m.d.comb += [
            thru.level_in.eq(self.midi_in),
            self.midi_thru.eq(thru.level_out),
            line.pin.eq(self.midi_in),
            receiver.level.eq(line.level),
            parser.lost.eq(error | receiver.overrun),
            printer.cut.eq(parser.cut),
            printer.error.eq(error),
            self.host_tx.eq(to_host.level),
            note.packet.eq(parser.packets.payload),
            note.came.eq(came),
            lights.events.eq(Cat(error | printer.lost, came)),
            self.leds.eq(Cat(note.bright, lights.leds, note.bar)),
            self.digits.eq(note.digits),
        ]
        return m


class _Note(wiring.Component):
    """The note that was played last.

    It is over when its own Note Off comes, a Note On with velocity 0, an order for all notes to end (controllers 120
    and 123 to 127) on its channel, or System Reset. The notes that were played before it are forgotten.

    ``packet`` is looked at when ``came`` is high. ``bright`` is high for as many of 128 clocks as the velocity says;
    ``bar`` and ``digits`` are those of the monitor.
    """

    def __init__(self):
        super().__init__({"packet": In(Packet), "came": In(1), "bright": Out(1), "bar": Out(5), "digits": Out(14)})

    def elaborate(self, platform):
        m = Module()
        code, (status, first, second) = self.packet.code, self.packet.data

        number, velocity, channel = Signal(7), Signal(7), Signal(4)
        held, played = Signal(), Signal()
        begins, same, ends = Signal(), Signal(), Signal()
        all_end = first[3:7].all() & (first[:3] != 1) & (first[:3] != 2)
        m.d.comb += [
            begins.eq((code == 0x9) & (second != 0)),
            same.eq(status[:4] == channel),
            ends.eq(
                (code[1:] == 0x8 >> 1) & same & (first[:7] == number)
                | (code == 0xB) & same & all_end
                | (code == 0xF) & status[:3].all()
            ),
        ]
        with m.If(self.came & begins):
            m.d.sync += [number.eq(first), velocity.eq(second), channel.eq(status), held.eq(1), played.eq(1)]
        with m.Elif(self.came & ends):
            m.d.sync += held.eq(0)

        clocks = Signal(7)
        m.d.sync += clocks.eq(clocks + 1)
        high = velocity[6]
        m.d.comb += [
            self.bright.eq(held & (clocks < velocity)),
            self.bar.eq(
                Cat(
                    velocity[5:].any(),
                    high,
                    high & velocity[4:6].any(),
                    high & velocity[5],
                    high & velocity[4:6].all(),
                )
                & held.replicate(5)
            ),
        ]
        with m.If(played):
            m.d.sync += self.digits.eq(Cat(_segments(number[4:]), _segments(number[:4])))
        return m


def _segments(digit):
    """Segments a to g of a hexadecimal digit: a at the top, clockwise to f, g in the middle."""
    shapes = ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc",
              "abcdefg", "abcdfg", "abcefg", "cdefg", "adef", "bcdeg", "adefg", "aefg")  # fmt: skip
    # Each segment is a table of what it is for each digit: a cell of an iCE40.
    tables = (sum((segment in shape) << n for n, shape in enumerate(shapes)) for segment in "abcdefg")
    return Cat((C(table, 16) >> digit)[0] for table in tables)
