"""Lab 4: three kinds of thru."""

import random

from hdl.midi import divide
from hdl.thru import DirectThru, RetimedThru, StoredThru
from sim.bench.trace import Stimulus
from sim.model.distortion import distort
from sim.model.edges import BAUD, settled
from tests.bench_receiver import bad_stop, send
from tests.lab.case import Case, Complaint, Lab, Tier, Unit
from tests.lab.checks_thru import (
    Sent,
    both,
    check_bad_stop,
    check_breaks,
    check_bytes,
    check_direct,
    check_overruns,
    check_rest,
    check_stop_bits,
    synchronized,
)
from tests.lab.mistakes_thru import MISTAKES
from tests.lab.wire import BIT, CLK_FREQ

__all__ = ["LAB"]


def unit(name, clk_freq=CLK_FREQ):
    """A thru at a clock."""
    return Unit(name, clk_freq, lambda Thru: Thru(clk_freq))


DIRECT, STORED, RETIMED = map(unit, ("DirectThru", "StoredThru", "RetimedThru"))


def case(at, title, edges, sent, check):
    """A line at the input, and a check of ``(sent, line in, line out, bit, overruns)``."""
    stimulus = Stimulus(edges[-1][0] + 80 * BIT, {"level_in": edges})

    def whole(trace):
        out = trace.levels["level_out"]
        if out[0][1] == 0 and at is not DIRECT:
            drawing = both(stimulus.levels["level_in"], [(0.0, 0), *settled(out[1:], idle=0)], sent.starts[0])
            raise Complaint("the output must be high in reset", "it is low from the start", time=0.0, place="reset",
                            drawing=drawing)  # fmt: skip
        bit = divide(at.clk_freq, BAUD) / at.clk_freq
        check(sent, stimulus.levels["level_in"], settled(out), bit, trace.pulses("overrun"))

    return Case(title, at, stimulus, whole, sent)


# --- Tiers ---

_RANDOM = random.Random(4)
_BYTES = [0x90, 0x3C, 0x40, 0x00, 0xFF, 0x55, 0xAA, *_RANDOM.randbytes(9)]


def _line(data, kind, *, pause=0.0, baud_error=0.0, skew=0.0):
    """Edges, and what was sent."""
    # No edge at a clock edge: the pin knows nothing of the clock.
    edges, starts, time = [], [], 2 * BIT + 0.7e-6
    for byte in data:
        starts.append(time)
        its, time = send([byte], start=time, baud_error=baud_error)
        edges += its
        time += pause * BIT
    return distort(edges, skew) if skew else edges, Sent(kind, starts, list(data))


def _bytes(at, title, data, low, high, kind="bytes", **options):  # noqa: PLR0917 -- the table below is a table.
    edges, sent = _line(data, kind, **options)
    return case(at, title, edges, sent, check_bytes(low, high))


def _bad(at):
    # The good byte is far enough behind for a thru that keeps a whole one.
    edges = [*bad_stop(2 * BIT, 0x55, low=2), *send([0x90], start=40 * BIT)[0]]
    return case(
        at, "55 with a low stop bit, and 90 after it", edges, Sent("bad stop", [40 * BIT], [0x90]), check_bad_stop
    )


def _break(at):
    edges = [(2 * BIT, 0), (30 * BIT, 1), *send([0xA5], start=45 * BIT)[0]]
    return case(at, "a break, and a5 after it", edges, Sent("break", [45 * BIT], [0xA5]), check_bad_stop)


def _glitches(at):
    edges = [(2 * BIT, 0)]
    for n, width in enumerate((0.1, 0.2, 0.3, 0.4)):
        edges += [((3 + 3 * n) * BIT, 0), ((3 + 3 * n + width) * BIT, 1)]
    return case(at, "glitches on the idle line", edges[1:], Sent("glitch", [3 * BIT], []), check_rest)


def _pierced():
    """Bytes with a short low in the middle of each bit that is high."""
    data = [0xFF, 0x5A, 0xF0, 0x3C, 0xFF]
    edges, sent = _line(data, "pierced", pause=3)
    for n, (start, byte) in enumerate(zip(sent.starts, data, strict=True)):
        for bit in range(8):
            if byte >> bit & 1:
                middle = start + (bit + 1.5) * BIT + (n - 2) * 1e-6
                edges += [(middle - 1.4e-6, 0), (middle + 1.4e-6, 1)]
    return case(STORED, "a low of 2.8 us in each high bit", sorted(edges), sent, check_bytes(9.4, 13))


def _fast():
    edges, sent = _line(_RANDOM.randbytes(56), "fast", baud_error=0.03)
    return case(STORED, "56 bytes 3 % too fast, without gaps", edges, sent, check_overruns)


def _too_fast():
    edges, sent = _line(_RANDOM.randbytes(12), "too fast", baud_error=0.035)
    return case(RETIMED, "12 bytes 3.5 % too fast, without gaps", edges, sent, check_stop_bits)


def _bursts():
    """Short lows in a row, with some of them low half a bit after the first of them began."""
    edges, time = [], 3 * BIT
    for low, high in ((0.3, 0.15), (0.4, 0.09), (0.2, 0.25)):
        for n in range(6):
            begin = time + n * (low + high) * BIT
            edges += [(begin, 0), (begin + low * BIT, 1)]
        time += 9 * BIT
    return case(RETIMED, "bursts of short lows", edges, Sent("burst", [3 * BIT], []), check_rest)


def _long_breaks():
    """Two breaks with a short high inside, and a byte a bit behind each."""
    edges, sent, time = [], Sent("long break", [], [0xA5, 0x5A], []), 2 * BIT + 0.7e-6
    for length, byte in zip((14.4, 26.7), sent.bytes, strict=True):
        end = time + length * BIT
        # Between two moments at which one who counts bits on would look.
        high = time + 11.65 * BIT
        edges += [(time, 0), (high, 1), (high + 0.3 * BIT, 0), (end, 1)]
        edges += send([byte], start=end + 1.05 * BIT)[0]
        sent.starts.append(end + 1.05 * BIT)
        sent.breaks.append((time, end))
        time = end + 15 * BIT
    return case(RETIMED, "breaks of 14.4 and 26.7 bits, and a byte one bit behind", edges, sent, check_breaks)


_BUILT = "The blocks are there: LineInput, Receiver and Transmitter. connect(m, a.stream, b.stream) joins two streams."

TIERS = [
    Tier("direct: a wire",
         [case(DIRECT, "90 3c", *_line([0x90, 0x3C], "bytes"), check_direct)],
         ("No clock, no register: the output is the input, in every moment.",
          "m.d.comb joins two signals as a wire does; m.d.sync puts a register between them.")),
    Tier("stored: bytes",
         [_bytes(STORED, "90 once", [0x90], 9.4, 13), _bytes(STORED, "16 bytes without gaps", _BYTES, 9.4, 14)],
         (_BUILT, "The pin goes to LineInput, its level to the Receiver, the bytes to the Transmitter, its level to "
          "the output. Each is a submodule.")),
    Tier("stored: two flip-flops",
         [_bytes(STORED, "3c once", [0x3C], 9.4, 13)],
         ("The pin knows nothing of your clock. A flip-flop that samples it in the wrong moment takes a while to "
          "decide, and in that time others may see a 0 where some see a 1.",
          "LineInput has two flip-flops in a row for that. Does anything look at level_in beside it?")),
    Tier("stored: distortion ends here",
         [_bytes(STORED, "lows 8 us too long", _BYTES, 9, 14, "skew", skew=8e-6),
          _bytes(STORED, "lows 8 us too short", _BYTES, 9, 14, "skew", skew=-8e-6)],
         ("What goes out must be made anew by your own clock. Is it?",)),
    Tier("stored: glitches",
         [_glitches(STORED), _pierced()],
         ("Pulses of up to 3 us must leave no trace. Which of the blocks takes them away, and what is it told?",)),
    Tier("stored: bad frames",
         [_bad(STORED), _break(STORED)],
         ("A byte with a bad stop bit and a break are dropped without a word. The receiver does that already.",)),
    Tier("stored: overrun",
         [_fast()],
         ("Ten bits out take longer than ten faster bits in. Who knows that a byte was lost?",)),
    Tier("retimed: one byte",
         [_bytes(RETIMED, "90 once", [0x90], 0.45, 1)],
         ("Wait until the middle of the start bit, then begin to send it. You are half a bit late, and stay so.",
          "In the middle of each bit look at the line, and show that level for exactly one bit, while the next one "
          "comes in.",
          "It is a receiver without its shift register: a timer, a count of bits, and one register that is the "
          "output.")),
    Tier("retimed: two flip-flops",
         [_bytes(RETIMED, "3c once", [0x3C], 0.45, 1)],
         ("level_in knows nothing of your clock. LineInput(clk_freq, glitch=0) is two flip-flops and no filter.",)),
    Tier("retimed: many bytes",
         [_bytes(RETIMED, "16 bytes without gaps", _BYTES, 0.45, 1),
          _bytes(RETIMED, "16 bytes with pauses", _BYTES, 0.45, 1, pause=1.7)],
         ("When a frame is over the line is idle, or the next start bit is there already. Your timer must be set "
          "anew by its falling edge.",)),
    Tier("retimed: distortion ends here",
         [_bytes(RETIMED, "lows 8 us too long", _BYTES, 0.45, 1.2, "skew", skew=8e-6),
          _bytes(RETIMED, "lows 8 us too short", _BYTES, 0.45, 1.2, "skew", skew=-8e-6)],
         ("Only the falling edge of the start bit counts. All other bits are timed from there by your clock.",)),
    Tier("retimed: without end",
         [_bytes(RETIMED, "24 bytes 1 % too fast", _RANDOM.randbytes(24), 0.45, 1.2, "fast", baud_error=0.01),
          _bytes(RETIMED, "24 bytes 1 % too slow", _RANDOM.randbytes(24), 0.45, 1.2, "slow", baud_error=-0.01)],
         ("The stop bit is the one that may be shorter or longer: it lasts until the next start bit.",
          "Be ready for the next falling edge as soon as you have seen the middle of the stop bit.")),
    Tier("retimed: glitches",
         [_glitches(RETIMED)],
         ("A low that is over before the middle of a start bit was none. Wait before you let the output fall.",)),
    Tier("retimed: bad frames",
         [_bad(RETIMED), _break(RETIMED)],
         ("If the stop bit is low, a receiver behind you must see that too. Do not make a good one of it.",
          "Stay low as long as the input does, and begin no new frame before the line was high.")),
    Tier("retimed: bursts",
         [_bursts()],
         ("A row of short lows may be low just when you look. Has the line been low since it fell?",
          "While you wait for the middle of the start bit, each high level sends you back to the beginning.")),
    Tier("retimed: too fast",
         [_too_fast()],
         ("A sender that is 3.5 % too fast leaves little of your stop bit. Who comes behind you needs 0.7 of it.",
          "Count the clocks of your stop bit. If they are fewer than 0.7 of a bit when the next start bit is to go "
          "out, drop that frame, all ten bits of it, and pulse overrun for one clock.")),
    Tier("retimed: breaks",
         [_long_breaks()],
         ("A break is no row of bytes 00. After its first low stop bit nothing is to be counted any more.",
          "It is over when the line has been high for half a bit on end; one bit of idle line later a byte may "
          "begin.")),
]  # fmt: skip

LAB = Lab(
    4,
    "4-thru",
    "Thru and the daisy chain",
    {"DirectThru": DirectThru, "StoredThru": StoredThru, "RetimedThru": RetimedThru},
    TIERS,
    MISTAKES,
    {f"{kind}: two flip-flops": synchronized(f"{kind.title()}Thru") for kind in ("stored", "retimed")},
)
