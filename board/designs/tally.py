"""Lines of text whose numbers count."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Tally"]


class Tally(wiring.Component):
    """Counts in a text, and says it.

    A text is all there is: to count is to add one to a decimal digit of it, and to the next at the left behind a 9,
    where a blank is a 0 that is not shown. The text lies in a block RAM, so that a count costs no registers.

    What is asked for is kept until it is done, one of a kind: first to clear, then to count, then to say.

    Parameters
    ----------
    places : :class:`int`
        ``rounded`` tells of each ``10 ** places`` of the first count.

    Members
    -------
    count : ``In(len(COUNTS))``
        A pulse adds one to each of :data:`COUNTS`.
    clear : ``In(1)``
        A pulse makes all counts 0; counts that come with it come after it.
    say : ``In(1)``
        A pulse asks for a line.
    word : ``In(2)``
        Which of :data:`WORDS` it begins with, as it is when the line begins.
    text : ``Out(stream.Signature(8))``
        The line.
    rounded : ``Out(1)``
        Pulses for one clock when the first count ends in ``places`` zeros, 20 clocks after its pulse at the latest if
        nothing else was to be done.
    busy : ``Out(1)``
        Something is still to be done.
    """

    COUNTS = ("bytes", "wrong", "missing", "extra", "framing", "breaks")
    WORDS = ("pass", "fail", "no cable")

    def __init__(self, places):
        self.places = places
        super().__init__(
            {
                "count": In(len(self.COUNTS)),
                "clear": In(1),
                "say": In(1),
                "word": In(range(len(self.WORDS))),
                "text": Out(stream.Signature(8)),
                "rounded": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        page, starts, units = _page(self.COUNTS, self.WORDS)
        # The page as it was stays in the first half.
        m.submodules.memory = text = memory.Memory(shape=8, depth=2 * SIZE, init=page + page)
        read, write = text.read_port(), text.write_port()

        clear, say = Signal(), Signal()
        waiting = Signal(len(self.COUNTS))
        served = Signal(len(self.COUNTS))
        m.d.sync += [clear.eq(clear | self.clear), say.eq(say | self.say)]
        m.d.sync += waiting.eq((waiting & ~served) | self.count)

        clears, counts, says = Signal(), Signal(), Signal()
        idle = ~(clears | counts | says)
        m.d.comb += self.busy.eq(clear | say | waiting.any() | ~idle)

        # A character is read in one clock and looked at in the next ones: the memory never reads and writes at a time.
        looks = Signal()
        place = Signal(range(SIZE))
        char = read.data
        is_digit = char[4:] == ord("0") >> 4
        is_blank = char[4:] == ord(" ") >> 4
        is_nine = is_digit & char[0] & char[3]
        m.d.comb += [
            read.addr.eq(Cat(place, ~clears)),
            read.en.eq(~looks),
            write.addr.eq(Cat(place, C(1, 1))),
            write.en.eq(looks & (clears | counts & (is_digit | is_blank))),
            write.data.eq(Mux(clears, char, Cat(Mux(is_nine, 0, char[:4] + 1)[:4], C(ord("0") >> 4, 4)))),
            self.text.payload.eq(char),
            self.text.valid.eq(looks & says & ~char[7] & (char != END)),
            self.rounded.eq(looks & counts & (place == units[0] - self.places)),
        ]

        m.d.sync += looks.eq(~idle & ~looks)
        with m.If(idle):
            with m.If(clear):
                m.d.sync += [clear.eq(self.clear), clears.eq(1), place.eq(0)]
            with m.Elif(waiting.any()):
                m.d.sync += counts.eq(1)
                # The first of those that wait.
                m.d.comb += served.eq(waiting & -waiting)
                for n in reversed(range(len(units))):
                    with m.If(waiting[n]):
                        m.d.sync += place.eq(units[n])
            with m.Elif(say):
                m.d.sync += [say.eq(self.say), says.eq(1)]
                with m.Switch(self.word):
                    for n, start in enumerate(starts):
                        with m.Case(n):
                            m.d.sync += place.eq(start)
        with m.Elif(looks):
            with m.If(counts):
                m.d.sync += place.eq(place - 1)
                m.d.sync += counts.eq(is_nine)
            with m.Elif(says & char[7]):
                m.d.sync += place.eq(char[:7])
            with m.Elif(says & (char == END)):
                m.d.sync += says.eq(0)
            with m.Elif(clears | self.text.ready):
                m.d.sync += place.eq(place + 1)
                with m.If(place == SIZE - 1):
                    m.d.sync += clears.eq(0)
            with m.Else():
                m.d.sync += looks.eq(1)
        return m


SIZE = 128
"""Characters of a page."""

END = 0
"""Ends a line. A character with its highest bit set goes on at the place that its other bits tell."""


def _page(counts, words):
    """The text as characters, where each word begins, and the place of each count's last digit."""
    # The first word of all is no line of its own, but goes on with the counts.
    counted = [word for word in words if " " not in word]
    alone = [f"{word}\r\n\0" for word in words if " " in word]
    length = sum(len(word) + 1 for word in counted) + sum(len(line) for line in alone)
    page, starts, units = [], {}, []
    for word in counted:
        starts[word] = len(page)
        page += [*word.encode(), 0x80 | length]
    for word, line in zip((word for word in words if " " in word), alone, strict=True):
        starts[word] = len(page)
        page += line.encode()
    for count in counts:
        # No two counts touch, so that no carry goes from one to the next.
        page += f"{0:{9 if count == counts[0] else 6}}".encode()
        units.append(len(page) - 1)
        page += f" {count}".encode()
    page += b"\r\n\0"
    return page + [END] * (SIZE - len(page)), [starts[word] for word in words], units
