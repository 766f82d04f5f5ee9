"""The classic mistakes in a receiver, each told from what it makes of a line."""

from itertools import pairwise
from statistics import mean

from tests.lab.case import Mistake, broken
from tests.lab.wire import BIT

__all__ = ["DROPS_WHILE_TAKEN", "MISTAKES", "STEPS", "sampled"]

STEPS = 8
"""Parts of a bit in which the moment of a sample is looked for."""


def sampled(outcomes):
    """When each data bit is sampled, by its number, in bits since the start bit began; some may be missing.

    It is read off the case of lines that rise once: a bit that is 0 was sampled before that, one that is 1 after it.
    """
    zeros = _probed(outcomes)
    if _unsteady(zeros):
        return {}
    found = {}
    for bit in range(8):
        n = next((n for n, count in enumerate(zeros) if count is not None and count > bit), None)
        # What is 0 in the very first line was sampled before any of them rose.
        if n:
            found[bit] = 1 + n / STEPS
    return found if len(found) > 3 else {}


def _probed(outcomes):
    """How many bits of each line of the probe are read as 0; ``None`` for a line of which no byte came."""
    probe = next((outcome for outcome in outcomes if outcome.case.facts.kind == "probe"), None)
    got = probe.trace.streams["bytes"] if probe else []
    zeros = []
    for n in range(8 * STEPS):
        begin = (1 + 12 * n) * BIT
        # The last of them, as one that is offered for ever is there before the next.
        bytes_ = [byte for time, byte in got if begin + 7 * BIT < time < begin + 13 * BIT]
        zeros.append(8 - bytes_[-1].bit_count() if bytes_ else None)
    return zeros


def _unsteady(zeros):
    """Whether a line that rose later was read as if it had risen sooner."""
    known = [count for count in zeros if count is not None]
    return sum(after < one for one, after in pairwise(known)) > 2


def free_running(outcome, outcomes):
    if outcome.complaint is None or outcome.case.facts.kind not in ("good", "fast", "slow", "skew", "clock"):
        return None
    return _unsteady(_probed(outcomes))


def bytes_of(outcome):
    return [byte for _, byte in outcome.trace.streams["bytes"]]


def count(outcome, name):
    return len(outcome.trace.pulses(name))


def rises(outcome, name):
    """How often a level went high."""
    return sum(level for _, level in outcome.trace.levels[name])


def on(*kinds):
    """Makes ``explains`` of a test of ``(outcome, sent)``, for failures of cases of these kinds; of all if none."""

    def of(test):
        def explains(outcome, outcomes):
            sent = outcome.case.facts
            if outcome.complaint is None or (kinds and sent.kind not in kinds):
                return None
            return bool(test(outcome, sent))

        return explains

    return of


def phases(test):
    """``explains`` of a test of how far into its bit each sample falls."""

    def explains(outcome, outcomes):
        if outcome.complaint is None or outcome.case.facts.kind not in ("good", "fast", "slow", "skew", "clock"):
            return None
        samples = sampled(outcomes)
        return bool(samples) and bool(test([at - 1 - bit for bit, at in samples.items()]))

    return explains


def drifts(phases):
    """Bits by which the last sample falls later in its bit than the first."""
    return phases[-1] - phases[0]


def spreads(phases):
    """How far one of the samples is from the even row that they should be."""
    row = [phases[0] + drifts(phases) * n / (len(phases) - 1) for n in range(len(phases))]
    return max(abs(one - other) for one, other in zip(phases, row, strict=True))


def even(phases):
    """Whether each sample comes a bit behind the one before it, more or less."""
    return abs(drifts(phases)) < 0.2 and spreads(phases) < 0.2


def crowded(phases):
    """Whether all samples come in neighbouring clocks."""
    return all(after - one < -0.75 for one, after in pairwise(phases))


@on("good", "fast", "slow", "skew", "clock")
def reversed_bits(outcome, sent):
    got = bytes_of(outcome)
    return got and got == [int(f"{byte:08b}"[::-1], 2) for byte in sent.bytes]


@on("good", "fast", "slow", "skew", "clock")
def inverted(outcome, sent):
    got = bytes_of(outcome)
    return got and got == [byte ^ 0xFF for byte in sent.bytes]


@on("good", "fast", "slow", "skew", "clock")
def start_bit_is_data(outcome, sent):
    got = bytes_of(outcome)
    return got and got[: len(sent.bytes)] == [byte << 1 & 0xFF for byte in sent.bytes][: len(got)]


@on("good", "clock")
def stop_bit_is_data(outcome, sent):
    # It may lose its place behind that.
    got = bytes_of(outcome)
    return got and got[0] == sent.bytes[0] >> 1 | 0x80


def never_valid(outcome, outcomes):
    if not outcome.complaint or not outcome.case.facts.bytes:
        return None
    told = [other for other in outcomes if other.case.facts.kind in ("bad stop", "break")]
    told = all(rises(other, "framing_error") + rises(other, "break_") for other in told)
    # A taker that waits may see what is put back in one clock.
    prompt = [other for other in outcomes if other.case.facts.kind not in ("held", "overrun", "taken")]
    return told and not any(bytes_of(other) for other in prompt)


@on("good", "clock", "fast")
def repeats(outcome, sent):
    got = bytes_of(outcome)
    # Whatever byte it is.
    return len(got) > 12 * len(sent.bytes) and got[:3] == [got[0]] * 3


@on("bad stop", "break")
def stop_unchecked(outcome, sent):
    wrong = {"bad stop": (0x55, 0x0F), "break": (0x00,)}[sent.kind]
    return bytes_of(outcome)[:1] and bytes_of(outcome)[0] in wrong


@on("glitch")
def glitch_taken(outcome, sent):
    return bytes_of(outcome) != sent.bytes


@on("bad stop", "break")
def no_idle(outcome, sent):
    seen = rises(outcome, "framing_error") + rises(outcome, "break_")
    must = sent.framing_error + sent.break_
    confused = both(outcome, sent) or all_breaks(outcome, ()) or stop_unchecked(outcome, ())
    # One that stays high says nothing of how often you began anew.
    confused = confused or long_pulse(outcome, ())
    return not confused and seen and (seen > must or bytes_of(outcome) != sent.bytes)


def both(outcome, sent):
    return sent.kind == "break" and count(outcome, "framing_error") == count(outcome, "break_") == sent.break_


@on("bad stop")
def all_breaks(outcome, sent):
    return bytes_of(outcome) == sent.bytes and count(outcome, "break_") == sent.framing_error


@on("break")
def no_breaks(outcome, sent):
    return count(outcome, "break_") == 0 and count(outcome, "framing_error") == sent.break_


@on("bad stop", "break")
def silent(outcome, sent):
    right = bytes_of(outcome) == sent.bytes
    return right and sent.kind == "bad stop" and count(outcome, "framing_error") + count(outcome, "break_") == 0


@on("break")
def break_not_told(outcome, sent):
    right = bytes_of(outcome) == sent.bytes
    return right and count(outcome, "framing_error") + count(outcome, "break_") == 0


@on("bad stop", "break", "overrun")
def long_pulse(outcome, sent):
    names = [name for name in ("framing_error", "break_", "overrun") if getattr(sent, name)]
    return any(0 < rises(outcome, name) <= getattr(sent, name) < count(outcome, name) for name in names)


@on("overrun")
def overwrites(outcome, sent):
    return bytes_of(outcome)[:1] in ([2], [3])


@on("overrun")
def no_overrun(outcome, sent):
    return bytes_of(outcome) == sent.bytes and count(outcome, "overrun") == 0


@on("held", "overrun")
def not_held(outcome, sent):
    return broken(outcome.trace, "bytes") or (sent.kind == "held" and not bytes_of(outcome))


def waits_too_long(outcome, outcomes):
    """All is right with pauses, and without them it loses its place, but not at once."""
    if not outcome.complaint or outcome.case.facts.kind not in ("good", "fast"):
        return None
    pairs = zip(bytes_of(outcome), outcome.case.facts.bytes, strict=False)
    begins = next((got == must for got, must in pairs), False)
    return begins and any("pauses" in other.case.title and not other.complaint for other in outcomes)


def only_at_another_clock(outcome, outcomes):
    if not outcome.complaint or outcome.case.facts.kind != "clock":
        return None
    return not any(other.complaint for other in outcomes if other.case.facts.kind != "clock")


@on("good", "clock", "slow")
def too_early(outcome, sent):
    got = outcome.trace.streams["bytes"]
    return [byte for _, byte in got] == sent.bytes and got[0][0] < sent.frames[0][0] + 9 * BIT


DROPS_WHILE_TAKEN = Mistake(
    "overrun though there is room",
    "You drop a byte because one is on offer, though that one is taken in this very clock. valid alone does not tell: "
    "look at ready, too.",
    lambda outcome, outcomes: None,
)

MISTAKES = [
    DROPS_WHILE_TAKEN,
    Mistake(
        "reversed bits",
        "Your bytes have their bits in reversed order: the first data bit is the least significant.",
        reversed_bits,
    ),
    Mistake("data turned over", "Your bytes are right, but each bit is turned over.", inverted),
    Mistake(
        "start bit taken for data",
        "Your byte holds the start bit as its first data bit, and lacks the last one.",
        start_bit_is_data,
    ),
    Mistake(
        "half a bit early",
        "You sample at the beginning of each bit, where the line may still change. See the marks: they belong in "
        "the middle.",
        phases(lambda at: even(at) and -0.3 < mean(at) < 0.3),
    ),
    Mistake(
        "half a bit late",
        "You sample at the end of each bit, where the line may already change. See the marks: they belong in the "
        "middle.",
        phases(lambda at: even(at) and 0.7 < mean(at) < 1.3),
    ),
    Mistake(
        "divisor off by one",
        "Your samples drift: each comes a little more, or less, than a bit after the one before it. The counter of "
        "clocks is off.",
        phases(lambda at: abs(drifts(at)) >= 0.2 and spreads(at) < 0.2 and not crowded(at)),
    ),
    Mistake(
        "frame not begun by the edge",
        "Your samples do not keep their distance from the falling edge of the start bit. That edge alone must begin a "
        "frame: does your machine wait for it?",
        free_running,
    ),
    Mistake(
        "counter too small",
        "Your samples come in neighbouring clocks, not a bit apart. Signal(range(n)) holds 0 to n - 1: an n put in "
        "may be a 0.",
        phases(crowded),
    ),
    Mistake(
        "stop bit taken for data",
        "Your byte lacks its first data bit, and has the stop bit as its last: it was shifted once more than eight "
        "times.",
        stop_bit_is_data,
    ),
    Mistake(
        "valid never rises",
        "You see frames, as your errors tell of bad ones, but valid never rises. Where two lines assign in one clock "
        "the later one counts: is there one that puts it back?",
        never_valid,
    ),
    Mistake(
        "valid does not fall", "You offer the same byte again and again: valid must fall when it was taken.", repeats
    ),
    Mistake(
        "byte before its stop bit",
        "You deliver a byte before you have seen its stop bit, and so cannot take it back when that is bad.",
        too_early,
    ),
    Mistake(
        "clock not looked at",
        "All is right at 500 kHz and not at another clock: somewhere in your code is a number that must follow from "
        "self.divisor.",
        only_at_another_clock,
    ),
    Mistake(
        "waits for the end of the stop bit",
        "You wait until the stop bit is over. The next start bit of a sender that is a little fast has begun by "
        "then, and you lose your place.",
        waits_too_long,
    ),
    Mistake(
        "glitch taken for a start bit",
        "You take every fall of the line for a start bit, and do not look again in its middle.",
        glitch_taken,
    ),
    Mistake("stop bit not looked at", "You deliver a byte whose stop bit is low.", stop_unchecked),
    Mistake(
        "pulse too long",
        "Your error stays high. It must be high for one clock, or whoever counts, counts many.",
        long_pulse,
    ),
    Mistake("bad stop bit goes unnoticed", "You drop the byte, and tell nobody: no error pulses.", silent),
    Mistake("break not told", "A break comes, and nothing pulses.", break_not_told),
    Mistake(
        "every bad stop bit a break",
        "You call each bad stop bit a break. It is one only if all ten bits are low.",
        all_breaks,
    ),
    Mistake("break taken for a framing error", "You call a break a framing error.", no_breaks),
    Mistake(
        "break is two errors", "A break pulses break_ and framing_error. It must be one of them.", on("break")(both)
    ),
    Mistake(
        "no wait for idle",
        "After a bad stop bit you take the low line for the next start bit at once. It must be high first.",
        no_idle,
    ),
    Mistake(
        "held byte overwritten",
        "A new byte takes the place of the one on offer. The new one must be dropped.",
        overwrites,
    ),
    Mistake("overrun not told", "You drop a byte, and overrun does not tell.", no_overrun),
    Mistake("byte not held", "What you offer changes or goes away before anybody took it.", not_held),
]
