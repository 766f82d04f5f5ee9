"""Lab 4: three kinds of thru."""

import random
from typing import NamedTuple

from hdl.midi import divide
from hdl.thru import DirectThru, RetimedThru, StoredThru
from sim.bench.trace import Stimulus
from sim.model.distortion import distort
from sim.model.edges import BAUD, frames, settled
from tests.bench_receiver import bad_stop, send
from tests.lab.case import Case, Complaint, Lab, Tier, Unit
from tests.lab.drawing import draw
from tests.lab.mistakes_thru import MISTAKES, NO_SYNCHRONIZER
from tests.lab.synchronizer import flip_flops_before_logic
from tests.lab.wire import BIT, CLK_FREQ, BitByBit, bit_name, hexadecimal

__all__ = ["LAB"]


class Sent(NamedTuple):
    """What a case puts on the line: its kind, when each good frame begins, and their bytes."""

    kind: str
    starts: list
    bytes: list


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
            raise Complaint("the output must be high in reset", "it is low from the start", time=0.0)
        bit = divide(at.clk_freq, BAUD) / at.clk_freq
        check(sent, stimulus.levels["level_in"], settled(out), bit, trace.pulses("overrun"))

    return Case(title, at, stimulus, whole, sent)


# --- Checks ---


def both(level_in, level_out, start, **options):
    """A drawing of the input and the output."""
    return draw([("in", settled(level_in)), ("out", level_out)], start, BIT, **options)


def check_direct(sent, level_in, level_out, bit, overruns):
    """The output is the input."""
    must = settled(level_in)
    for n, (time, level) in enumerate(must):
        got = level_out[n] if n < len(level_out) else None
        if got is None or got[1] != level or abs(got[0] - time) > 0.1e-6:
            word = "rise" if level else "fall"
            late = got[0] - time if got and got[1] == level else 0
            seen = f"it comes {late * 1e6:.1f} us later" if late > 0 else "it does not"
            raise Complaint(f"the output must {word} in the moment in which the input does", seen, time=time,
                            place=f"edge {n}", drawing=both(level_in, level_out, sent.starts[0]))  # fmt: skip
    if len(level_out) > len(must):
        raise Complaint("the output must have no more edges than the input", f"it has {len(level_out)}",
                        time=level_out[len(must)][0])  # fmt: skip


def check_bytes(low, high):
    """A check that the bytes come out, each ``low`` to ``high`` bits after it began to come in; bits exact."""

    def check(sent, level_in, level_out, bit, overruns):
        seen = frames(level_out, 1 / bit)
        for n, (start, byte) in enumerate(zip(sent.starts, sent.bytes, strict=True)):
            if n >= len(seen):
                raise Complaint(
                    f"byte {n} of {len(sent.bytes)} must go on: {byte:02x}",
                    f"the output carries {len(seen)} bytes: {hexadecimal(frame.byte for frame in seen[:12])}",
                    time=start,
                    place=f"byte {n}",
                    drawing=both(level_in, level_out, start),
                )
            latency = (seen[n].time - start) / BIT
            if not low <= latency <= high:
                raise Complaint(
                    f"byte {n} must begin {low:g} to {high:g} bits after it began to come in",
                    f"it begins after {latency:.2f} bits",
                    time=seen[n].time,
                    place=f"start bit of byte {n}",
                    drawing=both(level_in, level_out, start),
                )
            BitByBit(level_out, seen[n].time, byte, bit, "out").check()
        check_exact(level_in, level_out, seen, bit)
        if len(seen) > len(sent.bytes):
            extra = seen[len(sent.bytes)]
            raise Complaint(f"{len(sent.bytes)} bytes must go on", f"another one does: {extra.byte:02x}",
                            time=extra.time, drawing=both(level_in, level_out, extra.time))  # fmt: skip
        if overruns:
            raise Complaint("overrun must not pulse: nothing is lost here", "it does", time=overruns[0])

    return check


def check_exact(level_in, level_out, seen, bit):
    """All edges inside a frame are whole bits behind its start bit."""
    for frame in seen:
        for time, _ in level_out:
            off = (time - frame.time) / bit
            if 0 <= off < 9.4 and abs(off - round(off)) > 0.02:
                raise Complaint(
                    f"each bit must go out exactly {bit * 1e6:.3f} us long",
                    f"the edge before {bit_name(min(round(off), 9))} comes {off:.2f} bits behind the start bit's",
                    time=time,
                    place=f"edge before {bit_name(min(round(off), 9))}",
                    drawing=both(level_in, level_out, frame.time),
                )


def check_overruns(sent, level_in, level_out, bit, overruns):
    """Whole bytes are lost, and each is told."""
    got = [frame.byte for frame in frames(level_out, 1 / bit)]
    rest = iter(sent.bytes)
    if any(byte not in rest for byte in got):
        raise Complaint("bytes may be lost, but those that go out must be whole and in order",
                        f"{hexadecimal(got)} came of {hexadecimal(sent.bytes)}")  # fmt: skip
    if (lost := len(sent.bytes) - len(got)) != len(overruns):
        raise Complaint(f"{lost} of {len(sent.bytes)} bytes are lost, so overrun must pulse {lost} times",
                        f"it pulses {len(overruns)} times", time=overruns[0] if overruns else None)  # fmt: skip


def check_bad_stop(sent, level_in, level_out, bit, overruns):
    """What has a bad stop bit must not come out as a good byte, and what follows must."""
    good = [frame for frame in frames(level_out, 1 / bit) if frame.stop]
    if [frame.byte for frame in good] != sent.bytes:
        time = next((frame.time for frame in good if frame.byte not in sent.bytes[:1]), sent.starts[0])
        raise Complaint(
            f"a receiver behind the thru must take {hexadecimal(sent.bytes)} and nothing else for good",
            f"it takes {hexadecimal(frame.byte for frame in good)}",
            time=time,
            drawing=both(level_in, level_out, time),
        )
    if overruns:
        raise Complaint("overrun must not pulse: a bad stop bit is none", "it does", time=overruns[0])


def check_rest(sent, level_in, level_out, bit, overruns):
    """Nothing passes."""
    if level_out:
        time = level_out[0][0]
        raise Complaint("a glitch on the idle line must not pass", "the output moves", time=time,
                        drawing=both(level_in, level_out, time - BIT))  # fmt: skip


def synchronized(name):
    """A check of a class: its pin passes two flip-flops before anything looks at it."""

    def check(classes):
        passed = flip_flops_before_logic(classes[name](CLK_FREQ), "level_in")
        if passed == 2:
            return None
        return Complaint(
            "level_in comes from outside and may change at any moment: it must pass two flip-flops before anything "
            "looks at it",
            f"something looks at it {('at once', 'after one flip-flop')[passed]}",
            mistake=NO_SYNCHRONIZER,
        )

    return check


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
