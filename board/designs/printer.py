"""Messages as lines of text."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.midi import Packet

__all__ = ["Printer"]


class Printer(wiring.Component):
    """A line for each packet, in hexadecimal and with the name of the message; a line for errors among them.

    Packets wait for their lines. One that finds no room is lost and counted; the line that tells of it, or of errors,
    stands in its place among the others, with the counts as they were there. Losses and errors between two packets
    share a line.

    Parameters
    ----------
    depth : :class:`int`
        Lines that can wait and one more, a power of two.

    Members
    -------
    packets : ``In(stream.Signature(Packet))``
        The packets. Each is taken within two clocks.
    cut : ``In(1)``
        High with a packet that closes a SysEx which was cut off; see :class:`hdl.parser.Parser`.
    error : ``In(1)``
        A pulse counts an error.
    lost : ``Out(1)``
        Pulses for one clock when a packet was lost.
    text : ``Out(stream.Signature(8))``
        The lines, each with carriage return and line feed.
    """

    def __init__(self, depth=256):
        if depth not in (1 << n for n in range(1, 16)):
            raise ValueError(f"Depth must be a power of two, 2 to 32768, not {depth!r}")
        self.depth = int(depth)
        super().__init__(
            {
                "packets": In(stream.Signature(Packet)),
                "cut": In(1),
                "error": In(1),
                "lost": Out(1),
                "text": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.waiting = waiting = memory.Memory(shape=29, depth=self.depth, init=[])
        write, read = waiting.write_port(), waiting.read_port()

        # One place is never used, so that full can be told from empty.
        start, end = Signal(range(self.depth)), Signal(range(self.depth))
        room, tell, told = Signal(), Signal(), Signal()
        errors, losses = _Count(self.error), _Count(self.lost)
        m.submodules += errors, losses
        m.d.comb += [
            room.eq((end + 1)[: len(end)] != start),
            told.eq(tell & room),
            self.packets.ready.eq(~told),
            self.lost.eq(self.packets.valid & ~room),
            write.addr.eq(end),
            write.en.eq((tell | self.packets.valid) & room),
            # A line of errors has a code that no packet has, 0, and six decimal digits in the place of three bytes.
            write.data.eq(Cat(self.packets.payload.code, *self.packets.payload.data, self.cut)),
        ]
        with m.If(tell):
            m.d.comb += write.data.eq(Cat(C(0, 4), *_swapped((*errors.digits, *losses.digits))))
        with m.If(write.en):
            m.d.sync += end.eq(end + 1)
        m.d.sync += tell.eq((tell & ~told) | self.error | self.lost)

        # What is next is read again and again until its line is done, but never in the clock of a write: what a block
        # RAM reads then is not said, and to make sure of it takes cells.
        offered, done = Signal(), Signal()
        m.d.comb += [read.addr.eq(start), read.en.eq(~write.en)]
        with m.If(done):
            m.d.sync += [offered.eq(0), start.eq(start + 1)]
        with m.Elif(read.en & (start != end)):
            m.d.sync += offered.eq(1)

        self._write_line(m, read.data, offered, done)
        return m

    def _write_line(self, m, waiting, offered, done):
        m.submodules.words = words = memory.Memory(shape=8, depth=1024, init=_words())
        line = words.read_port()
        place, writes, looks = Signal(5), Signal(), Signal()
        number = _number(m, waiting)
        m.d.comb += line.addr.eq(Cat(place, number))

        char = line.data
        digit = Signal(4)
        # Of each byte the upper half comes first.
        with m.Switch(char[:3]):
            for n in range(6):
                with m.Case(n):
                    m.d.comb += digit.eq(waiting[4:].word_select(n ^ 1, 4))
        hexadecimal = Mux(digit >= 10, ord("A") - 10 + digit, ord("0") + digit)
        m.d.comb += [
            self.text.payload.eq(Mux(char[7], hexadecimal, char)),
            self.text.valid.eq(looks & (char != END)),
            done.eq(looks & (char == END)),
        ]
        # A character is read in one clock and looked at in the next ones.
        m.d.sync += [writes.eq(offered & ~done), looks.eq(writes & ~looks)]
        with m.If(~writes | done):
            m.d.sync += place.eq(0)
        with m.Elif(looks & self.text.ready):
            m.d.sync += place.eq(place + 1)
        with m.Elif(looks):
            m.d.sync += looks.eq(1)


class _Count(wiring.Component):
    """Counts pulses of a signal, in three decimal digits, the first one highest, and stops at 999."""

    def __init__(self, pulse):
        self._pulse = pulse
        self.digits = [Signal(4, name=f"digit_{n}") for n in range(3)]
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        carry = self._pulse & ~Cat(digit == 9 for digit in self.digits).all()
        for digit in reversed(self.digits):
            with m.If(carry):
                m.d.sync += digit.eq(Mux(digit == 9, 0, digit + 1))
            carry = carry & (digit == 9)
        return m


END = 0
"""Ends a line. A character with its highest bit set is a digit, the number of which its other bits tell."""

NAMES = {
    0x2: "quarter frame", 0x3: "song position", 0x4: "sysex", 0x5: "sysex", 0x6: "sysex", 0x7: "sysex",
    0x8: "note off", 0x9: "note on", 0xA: "poly pressure", 0xB: "control change", 0xC: "program change",
    0xD: "channel pressure", 0xE: "pitch bend",
}  # fmt: skip
"""What a packet with each code is, but for the few that two messages share."""

REAL_TIME = ("clock", "undefined", "start", "continue", "stop", "undefined", "active sensing", "reset")
"""Names of F8 to FF."""

ERRORS, TUNE_REQUEST, SONG_SELECT, FIRST_REAL_TIME, FIRST_CUT = 0, 1, 15, 16, 24
"""Numbers of lines that do not go by the code."""


def _words():
    """All lines as characters, 32 to each."""
    lines = {ERRORS: "errors \x80\x81\x82 lost \x83\x84\x85"}
    counts = dict.fromkeys(NAMES, 3) | {0x2: 2, 0x5: 1, 0x6: 2, 0xC: 2, 0xD: 2}
    for code, name in NAMES.items():
        lines[code] = _line(counts[code], name)
    lines[TUNE_REQUEST] = _line(1, "tune request")
    lines[SONG_SELECT] = _line(2, "song select")
    for n, name in enumerate(REAL_TIME):
        lines[FIRST_REAL_TIME + n] = _line(1, name)
    for count in (1, 2, 3):
        lines[FIRST_CUT + count] = _line(count - 1, "sysex, cut off", "..")
    return [char for n in range(32) for char in f"{lines.get(n, '')}\r\n".ljust(32, "\0").encode("latin-1")]


def _line(count, name, end=""):
    digits = [f"{chr(0x80 + 2 * n)}{chr(0x81 + 2 * n)}" for n in range(count)]
    return f"{' '.join([*digits, *end.split()]):8} {name}"


def _number(m, waiting):
    """Number of the line for what waits. A Note On with velocity 0 is a Note Off."""
    code, status, velocity, cut = waiting[:4], waiting[4:12], waiting[20:28], waiting[28]
    number = Signal(5)
    m.d.comb += number.eq(code)
    with m.Switch(code):
        with m.Case(0x2):
            with m.If(status[1]):
                m.d.comb += number.eq(SONG_SELECT)
        with m.Case(0x5, 0x6, 0x7):
            with m.If(cut):
                m.d.comb += number.eq(FIRST_CUT | code[:2])
            with m.Elif((code == 0x5) & ~status[0]):
                m.d.comb += number.eq(TUNE_REQUEST)
        with m.Case(0x9):
            with m.If(velocity == 0):
                m.d.comb += number.eq(0x8)
        with m.Case(0xF):
            m.d.comb += number.eq(FIRST_REAL_TIME | status[:3])
    return number


def _swapped(digits):
    """Digits in the order of bytes: of each two the second is the lower half."""
    return [digits[n ^ 1] for n in range(len(digits))]
