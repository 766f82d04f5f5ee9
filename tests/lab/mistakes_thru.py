"""The classic mistakes in a thru, each told from its input and its output."""

from itertools import pairwise

from hdl.midi import divide
from sim.model.edges import BAUD, frames, settled
from tests.lab.case import Mistake
from tests.lab.wire import BIT

__all__ = ["MISTAKES", "NO_SYNCHRONIZER"]


def of(*components, kinds=()):
    """Makes ``explains`` of a test of ``(outcome, sent, line in, line out)`` for failures of these."""

    def make(test):
        def explains(outcome, outcomes):
            case, trace = outcome.case, outcome.trace
            if not outcome.complaint or case.unit.component not in components:
                return None
            if kinds and case.facts.kind not in kinds:
                return None
            level_in = settled(case.stimulus.levels["level_in"])
            return bool(test(outcome, case.facts, level_in, settled(trace.levels["level_out"])))

        return explains

    return make


ALL = ("DirectThru", "StoredThru", "RetimedThru")
CLOCKED = ALL[1:]


@of(*ALL)
def turned_over(outcome, sent, level_in, level_out):
    first = outcome.trace.levels["level_out"][0][1]
    return first == 0 and len(level_out) > 2 and outcome.trace.levels["level_out"][-1][1] == 0


@of(*CLOCKED)
def low_in_reset(outcome, sent, level_in, level_out):
    levels = outcome.trace.levels["level_out"]
    return levels[0][1] == 0 and levels[-1][1] == 1


def latencies(level_in, level_out):
    """How much later each edge goes out, if there are as many edges at both ends."""
    if len(level_in) != len(level_out):
        return []
    return [out - at for (at, _), (out, _) in zip(level_in, level_out, strict=True)]


@of("DirectThru")
def clocked(outcome, sent, level_in, level_out):
    late = latencies(level_in, level_out)
    return late and max(late) < 8 / outcome.case.unit.clk_freq and max(late) > 0


@of("StoredThru", kinds=("bytes", "skew"))
def line_not_bytes(outcome, sent, level_in, level_out):
    late = latencies(level_in, level_out)
    return late and max(late) < BIT


@of("RetimedThru")
def stored(outcome, sent, level_in, level_out):
    seen = frames(level_out)
    return seen and [frame.byte for frame in seen] == sent.bytes and seen[0].time - sent.starts[0] > 8 * BIT


@of("StoredThru", kinds=("bytes",))
def repeated(outcome, sent, level_in, level_out):
    got = [frame.byte for frame in frames(level_out)]
    return len(got) > len(sent.bytes) and got[: len(sent.bytes) + 1] == [*sent.bytes, sent.bytes[-1]]


@of("StoredThru", kinds=("glitch", "pierced"))
def no_filter(outcome, sent, level_in, level_out):
    return True


@of("RetimedThru", kinds=("glitch",))
def glitch_passes(outcome, sent, level_in, level_out):
    return bool(level_out)


@of("StoredThru", kinds=("bad stop", "break"))
def error_is_overrun(outcome, sent, level_in, level_out):
    got = [frame.byte for frame in frames(level_out) if frame.stop]
    return got == sent.bytes and outcome.trace.pulses("overrun")


def shortest_stop(outcome, level_out):
    """Bits that the shortest stop bit lasts."""
    bit = divide(outcome.case.unit.clk_freq, BAUD) / outcome.case.unit.clk_freq
    return min(((after.time - one.time) / bit - 9 for one, after in pairwise(frames(level_out, 1 / bit))), default=1)


@of(*CLOCKED, kinds=("fast", "too fast"))
def overrun_not_told(outcome, sent, level_in, level_out):
    cut_short = sent.kind == "too fast" and shortest_stop(outcome, level_out) < 0.69
    return not cut_short and len(outcome.trace.pulses("overrun")) < len(sent.bytes) - len(frames(level_out))


@of("RetimedThru", kinds=("bad stop", "break"))
def hides_bad_stop(outcome, sent, level_in, level_out):
    got = [frame.byte for frame in frames(level_out) if frame.stop]
    return len(got) > len(sent.bytes) and got[0] in (0x55, 0x00)


@of("RetimedThru", kinds=("burst",))
def burst_passes(outcome, sent, level_in, level_out):
    return bool(level_out)


@of("RetimedThru", kinds=("too fast",))
def short_stop(outcome, sent, level_in, level_out):
    return shortest_stop(outcome, level_out) < 0.69


@of("RetimedThru", kinds=("long break",))
def break_ends_early(outcome, sent, level_in, level_out):
    # The highs inside the breaks are 0.3 bits long, and the line is high for long behind them.
    start, end = sent.breaks[0]
    rise = next((time for time, level in level_out if level and time > start), end)
    return rise < end - BIT


@of("RetimedThru", kinds=("long break",))
def busy_with_break(outcome, sent, level_in, level_out):
    start, end = sent.breaks[0]
    rise = next((time for time, level in level_out if level and time > start), start)
    return rise > end - BIT


def offsets(outcome, level_out, clocks):
    """How far each edge of the frames is from a whole number of bits of so many clocks, in clocks."""
    freq, true = outcome.case.unit.clk_freq, divide(outcome.case.unit.clk_freq, BAUD)
    found, start = [], None
    for time, level in level_out:
        if start is None or (not level and time > start + 9.3 * clocks / freq):
            start = time
        elif time < start + 9.6 * min(true, clocks) / freq:
            found.append(round((time - start) * freq) % clocks)
    return found


@of("RetimedThru")
def off_by_one(outcome, sent, level_in, level_out):
    clocks = divide(outcome.case.unit.clk_freq, BAUD)
    if sent.kind in ("glitch", "bad stop", "break") or not any(offsets(outcome, level_out, clocks)):
        return None if sent.kind not in ("bytes", "skew") else False
    return any(not any(offsets(outcome, level_out, n)) for n in (clocks - 1, clocks + 1))


@of("RetimedThru", kinds=("skew", "bytes"))
def distortion_passes(outcome, sent, level_in, level_out):
    late = latencies(level_in, level_out)
    return late and (sent.kind == "bytes" or max(late) - min(late) < 3e-6) and max(late) < 0.9 * BIT


@of("RetimedThru", kinds=("bytes", "skew", "fast", "slow"))
def too_early(outcome, sent, level_in, level_out):
    starts = [frame.time for frame in frames(level_out)]
    return starts and 0 <= starts[0] - sent.starts[0] < 0.45 * BIT


@of(*CLOCKED, kinds=("bytes", "skew", "fast", "slow"))
def every_other(outcome, sent, level_in, level_out):
    got = [frame.byte for frame in frames(level_out)]
    return len(sent.bytes) > 2 and got == sent.bytes[::2]


NO_SYNCHRONIZER = Mistake(
    "no synchronizer",
    "The pin goes where only signals of your clock may go. In a simulator this works; in an FPGA it fails now and "
    "then, for a reason that nobody finds.",
    lambda outcome, outcomes: None,
)

MISTAKES = [
    NO_SYNCHRONIZER,
    Mistake("line turned over", "Your output is low where the input is high.", turned_over),
    Mistake(
        "low in reset", "Your output is low in reset. The next in the chain takes that for a start bit.", low_in_reset
    ),
    Mistake(
        "direct through a register",
        "There is a register between input and output. Each edge then comes up to a clock late, and not always as "
        "late as the last.",
        clocked,
    ),
    Mistake("line handed on", "You hand on the line itself, and not the bytes that were received.", line_not_bytes),
    Mistake(
        "byte sent again and again",
        "The same byte goes out for ever: nobody tells the receiver that it was taken. A stream has a ready, too.",
        repeated,
    ),
    Mistake("no glitch filter", "There is no glitch filter before your receiver.", no_filter),
    Mistake("error told as overrun", "You say overrun when a frame is bad.", error_is_overrun),
    Mistake("overrun not told", "Bytes are lost and overrun does not tell.", overrun_not_told),
    Mistake("stored, not retimed", "You wait for the whole byte. A retimed thru is half a bit late, not ten.", stored),
    Mistake(
        "half a bit early",
        "You begin to send as soon as the line falls, and decide each bit at its edge instead of in its middle.",
        too_early,
    ),
    Mistake("divisor off by one", "Your bits are a clock too long or too short.", off_by_one),
    Mistake(
        "distortion handed on",
        "Your output has the edges of the input, only later: lows that were too long still are.",
        distortion_passes,
    ),
    Mistake(
        "every other frame lost",
        "Every other frame is lost: you are not ready for a start bit when the next one comes.",
        every_other,
    ),
    Mistake("glitch passes", "A short low on the idle line goes out.", glitch_passes),
    Mistake(
        "burst of glitches passes",
        "You look half a bit after the line fell, and not between: a row of short lows makes you begin a frame.",
        burst_passes,
    ),
    Mistake(
        "stop bit too short",
        "Behind a sender that is too fast you cut your stop bit short, and the next receiver loses its place.",
        short_stop,
    ),
    Mistake("break ends too early", "A short high inside a break ends it.", break_ends_early),
    Mistake(
        "busy after a break",
        "When the break is over you are not ready yet, and what comes a bit later is not sent as it came in.",
        busy_with_break,
    ),
    Mistake(
        "bad stop bit hidden",
        "You make a good stop bit of a bad one, and the next receiver takes the byte.",
        hides_bad_stop,
    ),
]
