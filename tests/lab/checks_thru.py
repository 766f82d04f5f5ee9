"""What is asked of a thru, each a check of ``(sent, line in, line out, bit, overruns)``."""

from itertools import pairwise
from typing import NamedTuple

from sim.model.edges import frames, settled
from tests.lab.case import Complaint
from tests.lab.drawing import draw
from tests.lab.mistakes_thru import NO_SYNCHRONIZER
from tests.lab.synchronizer import flip_flops_before_logic
from tests.lab.wire import BIT, CLK_FREQ, BitByBit, bit_name, hexadecimal

__all__ = [
    "Sent",
    "both",
    "check_bad_stop",
    "check_breaks",
    "check_bytes",
    "check_direct",
    "check_overruns",
    "check_rest",
    "check_stop_bits",
    "synchronized",
]

LEAST_STOP = 0.7
"""Bits that a stop bit of the retimed kind lasts at least."""


class Sent(NamedTuple):
    """What a case puts on the line: its kind, when each good frame begins, their bytes, and from when to when a break
    lasts."""

    kind: str
    starts: list
    bytes: list
    breaks: tuple = ()


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


def _count(values):
    return f"{len(values)} byte{'s' * (len(values) != 1)}"


def _times(count):
    return {0: "not pulse", 1: "pulse once"}.get(count, f"pulse {count} times")


def check_bytes(low, high):
    """A check that the bytes come out, each ``low`` to ``high`` bits after it began to come in; bits exact."""

    def check(sent, level_in, level_out, bit, overruns):
        seen = frames(level_out, 1 / bit)
        for n, (start, byte) in enumerate(zip(sent.starts, sent.bytes, strict=True)):
            if n >= len(seen):
                raise Complaint(
                    f"byte {n} of {len(sent.bytes)} must go on: {byte:02x}",
                    f"the output carries {_count(seen)}: {hexadecimal(frame.byte for frame in seen[:12])}",
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
            raise Complaint(f"{_count(sent.bytes)} must go on", f"another one does: {extra.byte:02x}",
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
    first = next((n for n, pair in enumerate(zip(got, sent.bytes, strict=False)) if pair[0] != pair[1]), len(got))
    first = min(first, len(sent.bytes) - 1)
    place = {"time": sent.starts[first], "place": f"byte {first}",
             "drawing": both(level_in, level_out, sent.starts[first])}  # fmt: skip
    if any(byte not in rest for byte in got):
        raise Complaint("bytes may be lost, but those that go out must be whole and in order",
                        f"{hexadecimal(got)} came of {hexadecimal(sent.bytes)}", **place)  # fmt: skip
    if (lost := len(sent.bytes) - len(got)) != len(overruns):
        raise Complaint(f"{lost} of {_count(sent.bytes)} are lost, so overrun must {_times(lost)}",
                        f"it pulses {({0: 'not at all', 1: 'once'}.get(len(overruns), f'{len(overruns)} times'))}",
                        **place)  # fmt: skip


def check_stop_bits(sent, level_in, level_out, bit, overruns):
    """No stop bit is too short; a frame that would make it so is lost as a whole, and told."""
    seen = frames(level_out, 1 / bit)
    for one, following in pairwise(seen):
        stop = (following.time - one.time) / bit - 9
        if stop < LEAST_STOP - 0.001:
            raise Complaint(f"each stop bit must go out at least {LEAST_STOP} bits long",
                            f"that of {one.byte:02x} is {stop:.2f} bits long", time=following.time,
                            place="the next start bit", drawing=both(level_in, level_out, one.time))  # fmt: skip
    if len(seen) < len(sent.bytes) // 2:
        raise Complaint("after a frame that was dropped the next must go out",
                        f"{len(seen)} of {len(sent.bytes)} do", time=sent.starts[0],
                        drawing=both(level_in, level_out, sent.starts[0]))  # fmt: skip
    check_overruns(sent, level_in, level_out, bit, overruns)


def check_breaks(sent, level_in, level_out, bit, overruns):
    """Each break keeps its length, and the byte close behind it is right."""
    lows = zip(level_out[::2], level_out[1::2], strict=False)
    out = [(rise - fall, rise) for (fall, _), (rise, _) in lows if rise - fall > 9.8 * bit]
    for n, ((start, end), behind) in enumerate(zip(sent.breaks, sent.starts, strict=True)):
        must = end - start
        if n >= len(out) or abs(out[n][0] - must) > 0.3 * BIT:
            seen = f"the output is low for {out[n][0] / BIT:.1f} bits" if n < len(out) else "no low goes out that long"
            raise Complaint(f"a break of {must / BIT:.1f} bits must go out as long as it came in", seen,
                            time=out[n][1] if n < len(out) else end, place=f"break {n}",
                            drawing=both(level_in, level_out, end - 6 * BIT, names=("",) * 10))  # fmt: skip
        good = [frame for frame in frames(level_out, 1 / bit) if frame.stop and frame.time > end]
        if [frame.byte for frame in good[:1]] != [sent.bytes[n]]:
            raise Complaint(f"{sent.bytes[n]:02x} begins a bit after the break and must go out",
                            f"{hexadecimal(frame.byte for frame in good[:1])} does", time=behind, place=f"byte {n}",
                            drawing=both(level_in, level_out, behind))  # fmt: skip
        check_exact(level_in, level_out, good[:1], bit)


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
