"""Lab 1: the transmitter."""

import random
from itertools import pairwise

from hdl.midi import divide
from hdl.transmitter import Transmitter
from sim.bench.trace import Stimulus
from sim.model.edges import frames, settled
from tests.lab.case import Case, Complaint, Lab, Tier, Unit
from tests.lab.drawing import draw
from tests.lab.mistakes_transmitter import MISTAKES
from tests.lab.wire import BAUD, BIT, CLK_FREQ, BitByBit, bit_name, first_fall, hexadecimal

__all__ = ["LAB"]

LATENCY = 1 * BIT
"""Seconds from taking a byte to its start bit that are not held against anybody. The docstring says one clock."""


def unit(clk_freq):
    """A transmitter at a clock."""
    return Unit("Transmitter", clk_freq, lambda Transmitter: Transmitter(clk_freq, baud=BAUD))


UNIT = unit(CLK_FREQ)


def case(title, items, check, at=UNIT):
    """Bytes offered at their times, and a check of ``(items, taken, line)``; ``line`` begins with the level in "
    "reset."""
    stimulus = Stimulus(items[-1][0] + (len(items) + 1) * 11.5 * BIT, streams={"bytes": items})

    def whole(trace):
        check(items, trace.streams["bytes"], trace.levels["level"], divide(at.clk_freq, BAUD) / at.clk_freq)

    return Case(title, at, stimulus, whole, items)


# --- Checks ---


def taken_and_begun(items, taken, line):
    """When the first byte was taken and its start bit began."""
    if not taken:
        raise Complaint(
            f"{items[0][1]:02x}, offered at {items[0][0] * 1e6:.0f} us, must be taken: ready must be high in a clock",
            "ready stayed low, and the byte still waits",
            time=items[0][0],
        )
    time = taken[0][0]
    start = first_fall(line, time - BIT / 100)
    if start is None or start > time + LATENCY:
        raise Complaint(
            f"the start bit of {taken[0][1]:02x} must fall in the clock after it was taken",
            "the line did not fall" if start is None else f"the line fell {(start - time) * 1e6:.1f} us after that",
            time=time,
            place="start bit",
            drawing=draw([("seen", settled(line))], time, BIT),
        )
    return time, start


def check_byte(items, taken, line, bit):
    """The frame of the only byte is right in the middle of each bit."""
    _, start = taken_and_begun(items, taken, line)
    BitByBit(line, start, items[0][1], bit).check()


def check_rest(items, taken, line, bit):
    """The line is high before and after the only byte."""
    if line[0][1] == 0:
        raise Complaint(
            "the line must be high in reset and until the first byte",
            "it is low from the start, which a receiver takes for a start bit",
            time=0.0,
            place="before the first byte",
            drawing=draw([("must be", []), ("seen", settled(line))], 0, BIT, names=("reset", *"      "), before=0),
        )
    _, start = taken_and_begun(items, taken, line)
    early = first_fall(line, 0)
    if early is not None and early < start:
        raise Complaint("the line must be high until the first byte is taken", "it fell before that", time=early)
    late = next(((time, level) for time, level in line if time > start + 9.01 * bit), None)
    if late:
        raise Complaint(
            "the line must stay high after the stop bit",
            f"it {'rose' if late[1] else 'fell'} {(late[0] - start) / bit:.1f} bits after the start bit began",
            time=late[0],
            place="after the stop bit",
            drawing=BitByBit(line, start, items[0][1], bit).drawing([("here", [late[0]])]),
        )


def check_exact(items, taken, line, bit):
    """Each edge is a whole number of bits behind its start bit."""
    taken_and_begun(items, taken, line)
    for time, byte in taken:
        start = first_fall(line, time - BIT / 100)
        if start is None:
            raise Complaint(f"a frame must follow for {byte:02x}, which was taken", "the line stays high", time=time)
        for at, _ in line:
            n = round((at - start) / bit)
            if start <= at < start + 9.4 * bit and abs(at - start - n * bit) > 0.1e-6:
                late = at - start - n * bit
                way = "late" if late > 0 else "early"
                raise Complaint(
                    f"each edge must be a whole number of bits of {bit * 1e6:.3f} us behind the start bit's",
                    f"the edge before {bit_name(min(n, 9))} comes {abs(late) * 1e6:.3f} us {way}",
                    time=at,
                    place=f"edge before {bit_name(min(n, 9))}",
                    drawing=BitByBit(line, start, byte, bit).drawing([("here", [at])]),
                )
        BitByBit(line, start, byte, bit).check()


def check_bytes(items, taken, line, bit):
    """An ideal receiver reads all bytes off the line."""
    taken_and_begun(items, taken, line)
    seen = frames(settled(line), 1 / bit)
    must = [byte for _, byte in items]
    if len(taken) != len(items):
        raise Complaint(f"{len(items)} bytes are offered and must be taken", f"{len(taken)} were", time=taken[-1][0])
    for n, byte in enumerate(must):
        if n >= len(seen):
            raise Complaint(
                f"byte {n} must be {byte:02x}, as was offered and taken",
                f"the line carries {len(seen)} bytes: {hexadecimal(frame.byte for frame in seen[:16])}",
                time=taken[n][0],
                place=f"byte {n}",
                drawing=draw([("seen", settled(line))], taken[n][0], bit),
            )
        BitByBit(line, seen[n].time, byte, bit).check()
    if len(seen) > len(must):
        raise Complaint(f"{len(must)} bytes must be sent", f"another one follows: {seen[len(must)].byte:02x}",
                        time=seen[len(must)].time)  # fmt: skip


def check_gapless(items, taken, line, bit):
    """Bytes that wait follow one another, each ten bits after the one before it."""
    check_bytes(items, taken, line, bit)
    seen = frames(settled(line), 1 / bit)
    for n, (one, other) in enumerate(pairwise(seen)):
        if abs(late := other.time - one.time - 10 * bit) > 0.1e-6:
            raise Complaint(
                f"byte {n + 1} waits, so its start bit must fall {10 * bit * 1e6:.3f} us after that of byte {n}",
                f"it falls {abs(late) * 1e6:.3f} us {'later' if late > 0 else 'sooner'} than that",
                time=other.time,
                place=f"start bit of byte {n + 1}",
                drawing=draw([("seen", settled(line))], other.time, bit, before=3, names=("start", *"01234567"),
                             marks=[("must fall", [other.time - late])]),
            )  # fmt: skip


# --- Tiers ---

_RANDOM = random.Random(1)
_BYTES = [0x00, 0xFF, 0x55, 0xAA, *(1 << n for n in range(8)), *_RANDOM.randbytes(12)]


def _spread(data, pause):
    return [((2 + n * pause) * BIT, byte) for n, byte in enumerate(data)]


def _any_clock(clocks):
    at = unit(clocks * BAUD)
    return [
        case(f"two bytes with {clocks} clocks to a bit", _spread(b"\x55\x00", 14), check_exact, at),
        case(
            f"five bytes without gaps, {clocks} clocks to a bit", _spread(b"\x90\x3c\x40\xff\x00", 0), check_gapless, at
        ),
    ]


TIERS = [
    Tier(
        "one byte",
        [case("90 is offered once", [(2 * BIT, 0x90)], check_byte)],
        (
            "A frame is a start bit (0), eight data bits with the least significant first, and a stop bit (1). 90 "
            "is 1001 0000 on paper; on the line its last digit goes first.",
            "You need a counter for the clocks of a bit, one for the bits of a frame, and a register that holds the "
            "bits still to be sent. The line shows one end of that register.",
            "Load all three in the clock in which bytes.valid and bytes.ready are both high. Whenever the clocks of "
            "a bit are over, shift the register and count the bit.",
        ),
    ),
    Tier(
        "rest is high",
        [case("one byte, long after reset", [(20 * BIT, 0x00)], check_rest),
         case("one byte with all bits set", [(5 * BIT, 0xFF)], check_rest)],
        (
            "A line without anything to say is high. That begins with the very first clock.",
            "A Signal() begins with 0. What does your line show while its register has its first value?",
            "What comes in at the other end of a shift register when nothing is left in it?",
        ),
    ),
    Tier(
        "exact bits",
        [case("two bytes with a pause", _spread(b"\x55\x00", 14), check_exact)],
        (
            "At 500 kHz a bit lasts 16 clocks: no more, no less, and the same for every bit.",
            "A counter that runs from n down to 0 takes n + 1 clocks.",
            "Write down on paper which value your counter has in each clock of the start bit. Is it as many as in "
            "the next bit?",
        ),
    ),
    Tier(
        "every byte",
        [case("24 bytes with pauses", _spread(_BYTES, 12), check_bytes)],
        (
            "One byte is right. Try a second: is everything set back when a frame is over?",
            "The payload may change in the clock after it was taken. Who still looks at it then?",
        ),
    ),
    Tier(
        "takes one at a time",
        [case("eight bytes are offered at once", _spread(b"\x01\x80\x7f\xfe\x55\x90\x3c\x40", 0), check_bytes)],
        (
            "A byte counts as taken in each clock in which valid and ready are both high. Taken is sent.",
            "ready is yours: it must be low while a frame is on its way. It must not look at valid.",
        ),
    ),
    Tier(
        "without gaps",
        [case("twelve bytes that wait", _spread(_BYTES[:12], 0), check_gapless)],
        (
            "Ten bits a byte, 320 us, and not a clock more: a sender that rests between frames falls behind one "
            "that does not.",
            "The start bit begins in the clock after the byte is taken. So in which clock of the stop bit must the "
            "next byte be taken?",
            "Let ready be high not only when idle, but already in the last clock of the stop bit.",
        ),
    ),
    Tier(
        "any clock",
        _any_clock(13) + _any_clock(40),
        (
            "self.divisor says how many clocks a bit has. Is there another number in your code that should be it?",
            "With 40 clocks to a bit a counter needs more bits than with 16: Signal(range(self.divisor)) has as "
            "many as it takes.",
        ),
    ),
]  # fmt: skip


LAB = Lab(1, "1-transmitter", "The transmitter", {"Transmitter": Transmitter}, TIERS, MISTAKES)
