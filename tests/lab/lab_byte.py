"""Lab 0: a byte on the wire. The right answers are the model's."""

from sim.model.edges import frame_edges, frames
from tests.lab.answers import AnswerLab, AnswerTier, Asked, Wrong
from tests.lab.drawing import draw
from tests.lab.wire import BAUD, BIT, levels_of

__all__ = ["LAB"]

FRAME = len(levels_of(0))
"""Bits of a byte on the wire."""


def bit_time(baud):
    return 1 / baud


def line_time(count, baud):
    return FRAME * count / baud


def chord_time(notes, running_status, baud):
    return line_time(1 + 2 * notes if running_status else 3 * notes, baud)


def bits(byte):
    return levels_of(byte)


def byte(bits):
    value = sum(bit << n for n, bit in enumerate(bits[1:9]))
    return value if list(bits) == levels_of(value) else None


def edges(time, byte, bit):
    return frame_edges(time, byte, bit)


def sample_times(start, bit):
    return [start + (n + 0.5) * bit for n in range(FRAME)]


def read(line, bit):
    return [frame.byte for frame in frames(line, 1 / bit) if frame.stop]


BYTES = tuple((byte,) for byte in (0x90, 0x3C, 0x40, 0x00, 0xFF, 0x01, 0x80))


def _line(data, bit=BIT, start=100e-6, pause=0.0):
    return [edge for n, each in enumerate(data) for edge in frame_edges(start + n * (FRAME * bit + pause), each, bit)]


def _draw_levels(byte, got):
    rows = []
    for name, levels in (("must be", levels_of(byte)), ("yours", got)):
        before = 1
        line = []
        for n, level in enumerate(levels):
            if level != before:
                line.append((n * BIT, level))
            before = level
        rows.append((name, line))
    return draw(rows, 0.0, BIT)


def _draw_edges(time, byte, bit, got):
    return draw([("must be", frame_edges(time, byte, bit)), ("yours", got)], time, bit)


def _every_fall(line, bit):
    """What one reads who takes each fall for a start bit."""
    falls = [time for time, level in line if not level]
    found = []
    for fall in falls:
        # The line as it would be if nothing had been before this fall.
        found += [frame.byte for frame in frames([edge for edge in line if edge[0] >= fall], 1 / bit)[:1]]
    return found


def _any_change(time, byte, bit):
    return [(time + n * bit, level) for n, level in enumerate(levels_of(byte))]


TIERS = [
    AnswerTier(
        "how long a bit is",
        (
            Asked(
                "bit_time",
                bit_time,
                ((BAUD,), (115_200,)),
                unit="s",
                why=lambda baud: f"{baud} bits pass in a second",
                mistakes=(
                    Wrong("microseconds", "All times here are in seconds: 32 us is 32e-6.", lambda baud: 1e6 / baud),
                    Wrong("a byte, not a bit", "This is the time of a whole frame.", lambda baud: FRAME / baud),
                    Wrong("bits a second", "That is how many there are in a second, not how long one lasts.",
                          lambda baud: baud),
                ),
            ),
        ),
        ("Baud is bits a second. How long is one?",),
    ),
    AnswerTier(
        "how long bytes are",
        (
            Asked(
                "line_time",
                line_time,
                ((1, BAUD), (3, BAUD), (256, 9600)),
                unit="s",
                why=lambda count, baud: "a byte has a start bit and a stop bit, too",
                mistakes=(
                    Wrong("start and stop bit forgotten", "Count what is on the line, not what is in the byte.",
                          lambda count, baud: 8 * count / baud),
                    Wrong("stop bit forgotten", "The line must be high for a bit before the next start bit can fall.",
                          lambda count, baud: 9 * count / baud),
                    Wrong("two stop bits", "MIDI has one.", lambda count, baud: 11 * count / baud),
                    Wrong("microseconds", "All times here are in seconds.", lambda count, baud: 1e7 * count / baud),
                ),
            ),
            Asked(
                "chord_time",
                chord_time,
                ((1, False, BAUD), (10, False, BAUD), (10, True, BAUD), (1, True, BAUD)),
                unit="s",
                why=lambda notes, running_status, baud: (
                    "one status byte, then a key and a velocity for each note"
                    if running_status
                    else "a status byte, a key and a velocity for each note"
                ),
                mistakes=(
                    Wrong("running status saves nothing", "What need not be sent again with running status?",
                          lambda notes, running_status, baud: chord_time(notes, False, baud)),
                    Wrong("no status at all", "Somebody has to say once what the data bytes mean.",
                          lambda notes, running_status, baud: (
                              line_time(2 * notes, baud) if running_status else chord_time(notes, False, baud))),
                ),
            ),
        ),
        ("Draw one byte on paper, with all that the line does, and count.",
         "A Note On is three bytes: 90 3c 40. A second one in running status is two: 3e 40."),
    ),
    AnswerTier(
        "ten bits",
        (
            Asked(
                "bits",
                bits,
                BYTES,
                why=lambda byte: "start bit 0, eight data bits, stop bit 1",
                draw=_draw_levels,
                mistakes=(
                    Wrong("reversed bits", "The bit that is written last goes first on the line.",
                          lambda byte: [0, *levels_of(byte)[8:0:-1], *levels_of(byte)[9:]]),
                    Wrong("no start bit", "Who has been asleep must be told that a byte begins.",
                          lambda byte: levels_of(byte)[1:]),
                    Wrong("no stop bit", "The line must come back to rest before the next byte.",
                          lambda byte: levels_of(byte)[:9]),
                    Wrong("data bits only", "There is something before them and something behind them.",
                          lambda byte: levels_of(byte)[1:9]),
                    Wrong("line turned over", "Rest is high, so what wakes the other end is a fall.",
                          lambda byte: [1 - level for level in levels_of(byte)]),
                    Wrong("stop bit low", "With it the line would look broken: a framing error.",
                          lambda byte: [*levels_of(byte)[:9], 0]),
                    Wrong("start and stop bit swapped", "Rest is high; the byte begins with a fall.",
                          lambda byte: [1, *levels_of(byte)[1:9], 0]),
                ),
            ),
        ),
        ("python3 -m tests.lab.wave 90 draws the answer for 90. Which bit of 1001 0000 comes first?",
         "byte >> n & 1 is bit n; n = 0 is the least significant."),
    ),
    AnswerTier(
        "and back again",
        (
            Asked(
                "byte",
                byte,
                (*((levels_of(each),) for (each,) in BYTES),
                 ([0] * FRAME,), ([1] * FRAME,), ([*levels_of(0x90)[:-1], 0],)),
                why=lambda bits: "None stands for ten levels that are no frame" if byte(bits) is None else
                "the first data bit counts 1, the next 2, then 4",
                show=lambda value: f"{value:#04x}" if isinstance(value, int) else repr(value),
                mistakes=(
                    Wrong("reversed bits", "The first data bit on the line counts 1, the last one 128.",
                          lambda bits: None if byte(bits) is None else byte([0, *bits[8:0:-1], *bits[9:]])),
                    Wrong("stop bit not checked", "Where the stop bit is 0 there was no frame, whatever the rest says.",
                          lambda bits: sum(bit << n for n, bit in enumerate(bits[1:9])) if not bits[0] else None),
                    Wrong("frame not checked", "What is no frame must not become a byte.",
                          lambda bits: sum(bit << n for n, bit in enumerate(bits[1:9]))),
                    Wrong("start bit taken for data", "The first of the ten says only that something begins.",
                          lambda bits: None if byte(bits) is None else sum(b << n for n, b in enumerate(bits[:8]))),
                ),
            ),
        ),
        ("Each data bit has a weight. What is that of the first?",
         "Return None if the start bit is not 0 or the stop bit is not 1."),
    ),
    AnswerTier(
        "edges",
        (
            Asked(
                "edges",
                edges,
                ((0.0, 0x90, BIT), (1e-3, 0x55, BIT), (2e-3, 0x00, BIT), (0.0, 0xFF, 1 / 9600)),
                tolerance=1e-6,
                why=lambda time, byte, bit: "an edge is where the level changes, and nowhere else",
                draw=_draw_edges,
                mistakes=(
                    Wrong("an edge at every bit", "Two equal bits in a row have no edge between them.", _any_change),
                    Wrong("time forgotten", "The frame begins at time, not at 0.",
                          lambda time, byte, bit: frame_edges(0.0, byte, bit)),
                    Wrong("does not end at rest", "After the last 0 the line must rise again, if only for the stop "
                        "bit.",
                          lambda time, byte, bit: frame_edges(time, byte, bit)[:-1]),
                ),
            ),
        ),
        ("Walk through bits(byte) and remember the level before. The line rests at 1.",
         "Bit n begins at time + n * bit."),
    ),
    AnswerTier(
        "where to look",
        (
            Asked(
                "sample_times",
                sample_times,
                ((0.0, BIT), (1e-3, BIT), (0.0, 1 / 9600)),
                tolerance=1e-6,
                why=lambda start, bit: "the middle of each bit is farthest from its edges",
                mistakes=(
                    Wrong("half a bit early", "At the beginning of a bit the line is just about to change.",
                          lambda start, bit: [start + n * bit for n in range(FRAME)]),
                    Wrong("a bit late", "Nothing stands between the start bit's fall and the start bit.",
                          lambda start, bit: [start + (n + 1.5) * bit for n in range(FRAME)]),
                    Wrong("half a bit late", "At the end of a bit the line is just about to change.",
                          lambda start, bit: [start + (n + 1) * bit for n in range(FRAME)]),
                    Wrong("start forgotten", "Count from the fall of the start bit, which is at start.",
                          lambda start, bit: [(n + 0.5) * bit for n in range(FRAME)]),
                ),
            ),
        ),
        ("If the other end's bits are a little longer or shorter, where in a bit are you safest?",
         "The middle of the first bit, the start bit, is half a bit behind the fall."),
    ),
    AnswerTier(
        "read a line",
        (
            Asked(
                "read",
                read,
                ((_line(b"\x90\x3c\x40"), BIT), (_line(b"\x55\xaa\x00\xff", pause=70e-6), BIT), ([], BIT),
                 (_line(b"\x80\x01", 1 / 9600), 1 / 9600)),
                why=lambda line, bit: "a fall at rest begins a frame, and the next may begin when its stop bit was "
                    "seen",
                show=lambda value: " ".join(f"{each:02x}" for each in value) or "no byte at all",
                mistakes=(
                    Wrong("every fall taken for a start bit", "Inside a frame a fall is just a data bit.", _every_fall),
                    Wrong("first byte only", "Go on behind the stop bit.", lambda line, bit: read(line, bit)[:1]),
                ),
            ),
        ),
        ("You have all you need: level_at(line, time) is given, sample_times says where, byte says what.",
         "Go through the edges. Leave out each that is no fall, or that comes before the frame at hand is over.",
         "A frame is over in the middle of its stop bit: the last of sample_times."),
    ),
]  # fmt: skip


LAB = AnswerLab(0, "0-a-byte-on-the-wire", "A byte on the wire", TIERS)
