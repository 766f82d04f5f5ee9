"""What labs on the wire share: frames read off a line, and complaints that show the bits around what is wrong."""

from sim.model import edges
from sim.model.edges import frame_edges, level_at
from tests.lab.case import Complaint
from tests.lab.drawing import FRAME, draw

__all__ = [
    "BAUD",
    "BIT",
    "CLK_FREQ",
    "CLOCKS",
    "BitByBit",
    "bit_name",
    "first_fall",
    "hexadecimal",
    "levels_of",
    "read_frame",
]

BAUD = edges.BAUD
"""Bits a second, in labs 0 to 2; the others are about MIDI."""

CLK_FREQ = 500e3
"""Clock of most cases, in Hz: with 16 clocks to a bit even a slow simulator is quick."""

CLOCKS = round(CLK_FREQ / BAUD)

BIT = 1 / BAUD


def hexadecimal(values):
    """Bytes as people write them."""
    return bytes(values).hex(" ") or "nothing"


def bit_name(n):
    """What bit ``n`` of a frame is called."""
    return f"{FRAME[n]} bit" if n in (0, 9) else f"data bit {FRAME[n]}"


def first_fall(line, time):
    """When a line first falls at or after ``time``, or ``None``."""
    return next((at for at, level in line if at >= time and not level), None)


def read_frame(line, start, bit=BIT):
    """The ten levels in the middle of the bits of a frame."""
    return [level_at(line, start + (n + 0.5) * bit) for n in range(10)]


def levels_of(byte):
    """The ten levels of a frame."""
    return [0, *(byte >> n & 1 for n in range(8)), 1]


class BitByBit:
    """Compares the frame at ``start`` on ``line`` with that of ``byte``."""

    def __init__(self, line, start, byte, bit=BIT, name="seen"):
        self.line, self.start, self.byte, self.bit, self.name = line, start, byte, bit, name

    @property
    def wrong(self):
        """Number of the first bit that is wrong in its middle, or ``None``."""
        pairs = zip(read_frame(self.line, self.start, self.bit), levels_of(self.byte), strict=True)
        return next((n for n, (seen, must) in enumerate(pairs) if seen != must), None)

    def drawing(self, marks=()):
        """The frame as it must be, and as it was."""
        must = frame_edges(self.start, self.byte, self.bit)
        rows = [("must be", must), (self.name, self.line)]
        return draw(rows, self.start, self.bit, marks=marks)

    def check(self):
        """Raise :exc:`Complaint` for the first bit that is wrong in its middle."""
        if (n := self.wrong) is None:
            return
        seen = read_frame(self.line, self.start, self.bit)
        byte = sum(level << k for k, level in enumerate(seen[1:9]))
        time = self.start + (n + 0.5) * self.bit
        raise Complaint(
            f"the line must read {self.byte:02x}: {bit_name(n)} must be {levels_of(self.byte)[n]}",
            f"it is {seen[n]}, and the eight data bits read {byte:02x}",
            time=time,
            place=bit_name(n),
            drawing=self.drawing([("here", [time])]),
        )
