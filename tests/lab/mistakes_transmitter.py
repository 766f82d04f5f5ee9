"""The classic mistakes in a transmitter, each told from its line."""

from itertools import pairwise

from hdl.midi import divide
from sim.model.edges import frames, level_at, settled
from tests.lab.case import Mistake
from tests.lab.wire import BAUD, BIT, CLK_FREQ, first_fall, levels_of, read_frame

__all__ = ["MISTAKES"]


class Seen:
    """A case as the mistakes look at it."""

    def __init__(self, outcome):
        self.offered = outcome.case.facts
        self.taken = outcome.trace.streams["bytes"]
        self.raw = outcome.trace.levels["level"]
        self.line = settled(self.raw)
        self.clk_freq = outcome.case.unit.clk_freq
        self.clocks = divide(self.clk_freq, BAUD)
        self.bit = self.clocks / self.clk_freq
        self.bytes = [byte for _, byte in self.taken]
        self.read = [frame.byte for frame in frames(self.line, 1 / self.bit)]
        # When each byte that was taken began, if the line fell at all after that.
        self.starts = [first_fall(self.line, time - self.bit / 100) for time, _ in self.taken]

    def in_clocks(self, seconds):
        """A time in clocks, of which there is always a whole number."""
        return round(seconds * self.clk_freq)

    def bit_lengths(self):
        """Wrong lengths of a bit, in clocks, with which the first frame reads as it must; shorter than three bits."""
        start, byte = self.starts[0], self.bytes[0]
        if start is None:
            return []
        edges = [self.in_clocks(at - start) for at, _ in self.line if at >= start]
        found = []
        for clocks in range(2, 3 * self.clocks):
            exact = all(at % clocks == 0 for at in edges if at < 9.5 * clocks)
            if clocks != self.clocks and exact:
                levels = read_frame(self.line, start, clocks / self.clk_freq)
                found += [clocks] if levels == levels_of(byte) else []
        return found


def measured(test):
    """``explains`` of a mistake that ``test`` can tell where something is wrong, and says nothing of where "
    "nothing is."""

    def explains(outcome, _):
        if outcome.complaint is None:
            return None
        seen = Seen(outcome)
        return bool(seen.taken) and bool(test(seen))

    return explains


def turned_over(seen):
    line = settled([(time, 1 - level) for time, level in seen.raw])
    starts = [first_fall(line, time - seen.bit / 100) for time, _ in seen.taken[:1]]
    return (
        seen.raw[0][1] == 0 and None not in starts and read_frame(line, starts[0], seen.bit) == levels_of(seen.bytes[0])
    )


def low_in_reset(seen):
    return seen.raw[0][1] == 0 and seen.raw[-1][1] == 1 and not turned_over(seen)


def low_when_idle(seen):
    return seen.raw[0][1] == seen.raw[-1][1] == 0 and len(seen.raw) > 1 and not turned_over(seen)


def reversed_bits(seen):
    backwards = [int(f"{byte:08b}"[::-1], 2) for byte in seen.bytes]
    return seen.read[: len(backwards)] == backwards != seen.bytes


def no_start_bit(seen):
    time, byte = seen.taken[0]
    levels = [level_at(seen.line, time + (n + 0.5) * seen.bit) for n in range(9)]
    return levels == levels_of(byte)[1:]


def no_stop_bit(seen):
    start, byte = seen.starts[0], seen.bytes[0]
    if start is None or read_frame(seen.line, start, seen.bit) != [*levels_of(byte)[:9], 0]:
        return False
    edges = [seen.in_clocks(at - start) for at, _ in seen.line if start <= at < start + 9 * seen.bit]
    return all(edge % seen.clocks == 0 for edge in edges)


def wrong_bit(seen, lengths):
    found = seen.bit_lengths()
    return any(length in found for length in lengths(seen.clocks)) and not reversed_bits(seen)


def gap(seen, low, high):
    """Whether bytes that wait follow one another by ten bits and ``low`` to ``high`` clocks."""
    gaps = [seen.in_clocks(b - a) - 10 * seen.clocks for (a, _), (b, _) in pairwise(seen.taken)]
    waiting = len(seen.offered) > 1 and seen.offered[-1][0] < 3 * BIT
    return waiting and gaps and all(low(seen) <= each <= high(seen) for each in gaps)


def only_at_another_clock(outcome, outcomes):
    """Whether all fails and nothing but what fails is at another clock than most."""
    if not outcome.complaint or outcome.case.unit.clk_freq == CLK_FREQ:
        return None
    return not any(other.complaint for other in outcomes if other.case.unit.clk_freq == CLK_FREQ)


def first_bit_differs(seen):
    """Whether the edges behind the start bit are evenly spaced, but it is longer or shorter than the others."""
    start = seen.starts[0]
    edges = [seen.in_clocks(at - start) for at, _ in seen.line if start < at < start + 9.4 * seen.bit] if start else []
    offsets = {edge % seen.clocks for edge in edges}
    return len(edges) > 1 and len(offsets) == 1 and offsets != {0}


def follows_payload(seen):
    """Whether each frame holds the byte after its own, or bits of it."""
    after = [byte for _, byte in seen.offered][1 : len(seen.read)]
    return len(after) > 2 and seen.read[: len(after)] == after and after != seen.bytes[: len(after)]


MISTAKES = [
    Mistake(
        "line turned over",
        "Your line is low where it must be high, and high where it must be low.",
        measured(turned_over),
    ),
    Mistake(
        "low in reset",
        "Your line is low in reset. A receiver takes that for a start bit, and its first byte is garbage.",
        measured(low_in_reset),
    ),
    Mistake("low when idle", "Your line is low when there is nothing to send.", measured(low_when_idle)),
    Mistake(
        "reversed bits",
        "Your data bits come in reversed order: the most significant one first.",
        measured(reversed_bits),
    ),
    Mistake(
        "no start bit", "Your frame begins with a data bit: there is no start bit before it.", measured(no_start_bit)
    ),
    Mistake(
        "divisor off by one",
        "Each of your bits is one clock too long or too short: the counter of clocks is off by one.",
        measured(lambda seen: wrong_bit(seen, lambda clocks: (clocks - 1, clocks + 1))),
    ),
    Mistake(
        "no stop bit",
        "Your line is low where the stop bit must be: it is missing, or it is 0.",
        measured(no_stop_bit),
    ),
    Mistake(
        "start bit of another length",
        "Your data bits are as long as they must be, but the start bit is not: the counter of clocks is not set "
        "back when a byte is taken.",
        measured(first_bit_differs),
    ),
    Mistake(
        "clock not looked at",
        "All is right at 500 kHz and not at another clock: somewhere in your code is a number that must follow from "
        "self.divisor.",
        only_at_another_clock,
    ),
    Mistake(
        "wrong baud rate",
        "Your bits are all of one length, but of a wrong one.",
        measured(lambda seen: wrong_bit(seen, lambda clocks: (n for n in range(2, 3 * clocks) if abs(n - clocks) > 1))),
    ),
    Mistake(
        "takes bytes inside a frame",
        "You take bytes while another is still being sent: ready is high too early.",
        measured(lambda seen: gap(seen, lambda _: -99999, lambda seen: -2 * seen.clocks)),
    ),
    Mistake(
        "stop bit too short",
        "Your stop bit is cut short by the next start bit, or there is none.",
        measured(lambda seen: gap(seen, lambda seen: 1 - 2 * seen.clocks, lambda _: -1)),
    ),
    Mistake(
        "idle clock between frames",
        "Your transmitter rests for a clock or more between two frames, although the next byte waits.",
        measured(lambda seen: gap(seen, lambda _: 1, lambda seen: seen.clocks // 2)),
    ),
    Mistake(
        "two stop bits",
        "Your frame has a bit too many: the next start bit comes after 11 bits, not 10.",
        measured(lambda seen: gap(seen, lambda seen: seen.clocks // 2 + 1, lambda seen: 3 * seen.clocks // 2)),
    ),
    Mistake(
        "payload not kept",
        "You send the payload as it is now, not as it was when you took it. The source may change it in the next "
        "clock.",
        measured(follows_payload),
    ),
]
