"""Lab 2: the receiver."""

import random
from itertools import pairwise
from typing import NamedTuple

from hdl.receiver import Receiver
from sim.bench.trace import Stimulus
from sim.model.distortion import distort
from sim.model.edges import frame_edges, settled
from tests.bench_receiver import bad_stop, send
from tests.lab.case import Case, Complaint, Lab, Tier, Unit, broken
from tests.lab.drawing import draw, mark_row
from tests.lab.mistakes_receiver import DROPS_WHILE_TAKEN, MISTAKES, STEPS, sampled
from tests.lab.wire import BAUD, BIT, CLK_FREQ, CLOCKS, hexadecimal

__all__ = ["LAB"]

ERRORS = ("framing_error", "break_", "overrun")


class Sent(NamedTuple):
    """What a case puts on the line: its kind, the frames ``(start, byte, bit)`` that are good, and what must come."""

    kind: str
    frames: list
    bytes: list
    framing_error: int = 0
    break_: int = 0
    overrun: int = 0
    prompt: bool = True


def unit(clk_freq):
    """A receiver at a clock."""
    return Unit("Receiver", clk_freq, lambda Receiver: Receiver(clk_freq, baud=BAUD))


UNIT = unit(CLK_FREQ)


def case(title, edges, sent, ready=(), at=UNIT):
    """A line and what must come of it."""
    until = max(edge[0] for edge in (*edges, *ready)) + 14 * BIT
    stimulus = Stimulus(until, {"level": edges}, ready={"bytes": list(ready)} if ready else {})
    return Case(title, at, stimulus, lambda trace: check(stimulus.levels["level"], sent, trace), sent)


# --- Checks ---


def check(edges, sent, trace):
    """Bytes in their order, errors in their number, nothing too early or too late."""
    got = trace.streams["bytes"]
    for n, byte in enumerate(sent.bytes):
        if n >= len(got) or got[n][1] != byte:
            _complain_of_byte(edges, sent, got, n)
    if len(got) > len(sent.bytes):
        time, byte = got[len(sent.bytes)]
        came = f"{byte:02x} comes, too"
        raise Complaint(
            f"the bytes must be {hexadecimal(sent.bytes)} and no more",
            came,
            time=time,
            place=f"byte {len(sent.bytes)}",
            drawing=_drawing(edges, time - 9.5 * BIT, BIT, time),
        )
    _check_errors(edges, sent, trace)
    if broken(trace, "bytes"):
        time = broken(trace, "bytes")
        raise Complaint("a byte that nobody has taken yet must stay: valid high, and the payload as it is",
                        "it changed or went away", time=time)  # fmt: skip
    if sent.prompt:
        _check_times(edges, sent, got)


def _drawing(edges, start, bit, time=None, **shown):
    short = [begin for (begin, level), (end, _) in pairwise(edges) if not level and end - begin < 0.45 * BIT]
    marks = [("glitch", short)] + ([] if time is None else [("byte came", [time])])
    return draw([("line", settled(edges))], start, bit, marks=marks, **shown)


def _complain_of_byte(edges, sent, got, n):
    start, _, bit = sent.frames[min(n, len(sent.frames) - 1)]
    seen = "nothing came" if n >= len(got) else f"it is {got[n][1]:02x}"
    # A glitch is before its byte.
    shown = {"before": 3, "after": 0} if sent.kind == "glitch" else {"before": 1}
    complaint = Complaint(
        f"byte {n} of {len(sent.bytes)} must be {sent.bytes[n]:02x}",
        f"{seen}; in all {hexadecimal(byte for _, byte in got[:12])} came",
        time=got[n][0] if n < len(got) else start + 10 * bit,
        place=f"byte {n}",
        drawing=_drawing(edges, start, bit, got[n][0] if n < len(got) else None, **shown),
    )
    complaint.frame = start, bit, shown["before"]
    raise complaint


def _check_errors(edges, sent, trace):
    for name in ERRORS:
        must, clocks = getattr(sent, name), trace.pulses(name)
        rises = [time for time, level in trace.levels[name] if level]
        if len(rises) == must and len(clocks) > must:
            raise Complaint(
                f"{name} must be high for one clock",
                f"it is high for {len(clocks) // must}",
                time=rises[0],
                place=name,
                drawing=draw(
                    [("line", settled(edges)), (name, _low_before(trace.levels[name]))], rises[0] - 10 * BIT, BIT
                ),
            )
        if len(clocks) != must:
            time = clocks[0] if clocks else sent.frames[-1][0]
            times = {0: "not at all", 1: "once"}
            raise Complaint(
                f"{name} must pulse {times.get(must, f'{must} times')}",
                f"it pulses {times.get(len(clocks), f'{len(clocks)} times')}",
                time=time,
                place=name,
                drawing=draw([("line", settled(edges)), (name, _wide(trace.levels[name]))], time - 10 * BIT, BIT),
            )


def _low_before(edges=()):
    """A signal that is low when idle, as a line is high."""
    return [(-1.0, 0), *edges]


def _wide(edges):
    """A pulse of a clock, wide enough to be seen in a drawing."""
    line = _low_before()
    for time, level in edges:
        line += [(time, 1), (time + BIT / 5, 0)] if level else []
    return line


def _check_times(edges, sent, got):
    for n, ((time, byte), (start, _, bit)) in enumerate(zip(got, sent.frames, strict=True)):
        bits = (time - start) / bit
        if not 9 <= bits <= 10.6:
            raise Complaint(
                f"byte {n} must come when its stop bit was seen: 9.5 bits after its start bit began",
                f"{byte:02x} comes after {bits:.1f} bits",
                time=time,
                place=f"byte {n}",
                drawing=_drawing(edges, start, bit, time),
            )


def annotate(complaint, outcomes):
    """Add where this receiver samples the bits."""
    samples = sampled(outcomes)
    if getattr(complaint, "frame", None) and samples:
        start, bit, before = complaint.frame
        times = [start + at * BIT for at in samples.values()]
        complaint.drawing.append(mark_row("you sample", times, start, bit, before=before))


# --- Tiers ---

_RANDOM = random.Random(2)
_BYTES = [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80, *_RANDOM.randbytes(10)]


def _line(data, **options):
    """Edges of frames back to back, and the frames."""
    edges, frames = [], []
    bit = BIT / (1 + options.get("baud_error", 0.0))
    time = options.get("start", BIT)
    for byte, gap in zip(data, options.get("gaps", [0.0] * len(data)), strict=True):
        frames.append((time + gap, byte, bit))
        its, time = send([byte], start=time + gap, baud_error=options.get("baud_error", 0.0), bit=BIT)
        edges += its
    return edges, frames


def _good(title, data, at=UNIT, kind="good", skew=0.0, **options):
    edges, frames = _line(data, **options)
    return case(title, distort(edges, skew) if skew else edges, Sent(kind, frames, list(data)), at=at)


def _probe():
    """Lines that rise once, each a little later, so that the bytes tell when each bit was sampled."""
    edges = []
    for n in range(8 * STEPS):
        time = (1 + 12 * n) * BIT
        edges += [(time, 0), (time + (1 + (n + 0.5) / STEPS) * BIT, 1)]
    stimulus = Stimulus((12 * 8 * STEPS + 4) * BIT, {"level": edges})
    return Case("lows of 1 to 9 bits", UNIT, stimulus, lambda trace: None, Sent("probe", [], []))


def _glitches():
    edges, frames, time = [], [], 2 * BIT
    # A receiver that took the glitch for a start bit looks at the edges of what follows: the rate does the rest.
    for width, pause, error in ((0.1, 2.6, 0.03), (0.2, 2.4, -0.03), (0.3, 2.65, 0.03), (0.4, 2.45, -0.03)):
        its, frame = _line([0x35], start=time + pause * BIT, baud_error=error)
        edges += [(time, 0), (time + width * BIT, 1), *its]
        frames += frame
        time += 16 * BIT
    return case("four glitches, each with a byte behind it", edges, Sent("glitch", frames, [0x35] * 4))


def _bad_stop():
    edges = [*bad_stop(BIT, 0x55, low=1, bit=BIT), *_line([0x90], start=14 * BIT)[0]]
    sent = Sent("bad stop", [(14 * BIT, 0x90, BIT)], [0x90], framing_error=1)
    return case("55 with a low stop bit, and 90 after it", edges, sent)


def _long_bad_stop():
    edges = [*bad_stop(BIT, 0x0F, low=40, bit=BIT), *_line([0x3C], start=60 * BIT)[0]]
    sent = Sent("bad stop", [(60 * BIT, 0x3C, BIT)], [0x3C], framing_error=1)
    return case("0f, then the line stays low for long", edges, sent)


def _breaks():
    edges, frames, time = [], [], BIT
    for length in (10, 11.3, 35):
        start = time + (length + 1) * BIT
        edges += [(time, 0), (time + length * BIT, 1), *_line([0xA5], start=start)[0]]
        frames.append((start, 0xA5, BIT))
        time = start + 12 * BIT
    return case(
        "breaks of three lengths, each with a byte after it", edges, Sent("break", frames, [0xA5] * 3, break_=3)
    )


def _held():
    edges, frames = _line(b"A")
    sent = Sent("held", frames, [0x41], prompt=False)
    return case("a byte is taken 30 bits later", edges, sent, [(0.0, 0), (40 * BIT, 1)])


def _taken_in_time():
    """Each byte is taken a clock later than the one before it, up to the clock in which the next is complete."""
    sweep = range(CLOCKS * 92 // 10, CLOCKS * 102 // 10)
    # The last two frames have an idle taker, and tell when a byte is complete.
    data = list(range(1, len(sweep) + 4))
    # Whole clocks to a bit, so that each frame meets the clock alike.
    bit = CLOCKS / CLK_FREQ
    starts = [BIT + 10 * bit * n + 0.3 / CLK_FREQ for n in range(len(data))]
    edges = [edge for start, byte in zip(starts, data, strict=True) for edge in frame_edges(start, byte, bit)]
    taken = [(start + clocks / CLK_FREQ, start) for start, clocks in zip(starts[1:], sweep, strict=False)]
    half = 0.5 / CLK_FREQ
    ready = [(0.0, 0), *(edge for time, _ in taken for edge in ((time - half, 1), (time + half, 0)))]
    ready.append((starts[-2] + 8 * BIT, 1))
    stimulus = Stimulus(starts[-1] + 14 * BIT, {"level": edges}, ready={"bytes": ready})

    def check_taken(trace):
        got = trace.streams["bytes"]
        rest = iter(byte for _, byte in got)
        lost = [byte for byte in data if byte not in (came := [each for _, each in got])]
        if got[-1:] and got[-1][1] == data[-1]:
            complete = got[-1][0] - starts[-1]
            early = [n for n, (time, start) in enumerate(taken, 1) if time - start < complete - half]
            if dropped := next((n for n in early if data[n] in lost), None):
                time = taken[dropped - 1][0]
                raise Complaint(
                    f"{data[dropped]:02x} is complete in the clock in which {data[dropped - 1]:02x} is taken: it must "
                    "be offered next", "it is dropped", time=time, place=f"byte {dropped}",
                    mistake=DROPS_WHILE_TAKEN,
                    drawing=draw([("line", settled(edges)), ("ready", _wide(ready))], starts[dropped], BIT),
                )  # fmt: skip
        if [byte for byte in data if byte in came] != list(rest) or len(lost) > 1:
            raise Complaint("bytes must come in their order, and at most one be lost",
                            f"{hexadecimal(came)} came of {hexadecimal(data)}")  # fmt: skip
        if len(trace.pulses("overrun")) != len(lost):
            raise Complaint(f"{len(lost)} bytes are lost, so overrun must pulse as often",
                            f"it pulses {len(trace.pulses('overrun'))} times", place="overrun")  # fmt: skip

    return Case("a byte is taken just when the next is complete", UNIT, stimulus, check_taken, Sent("taken", [], []))


def _overrun():
    data = bytes(range(1, 7))
    edges, frames = _line(data)
    sent = Sent("overrun", [frames[0], *frames[3:]], [1, 4, 5, 6], overrun=2, prompt=False)
    return case("three bytes come before the first is taken", edges, sent, [(0.0, 0), (35 * BIT, 1)])


def _any_clock(clocks):
    return _good(f"four bytes with {clocks} clocks to a bit", b"\x90\x3c\x55\x00", unit(clocks * BAUD), "clock")


TIERS = [
    Tier(
        "one byte",
        [_good("90 is sent once", b"\x90"), _probe()],
        (
            "The line is high until the start bit. That one falling edge tells you when every bit of the frame will "
            "be in its middle.",
            "Wait half a bit from the edge and look whether the line is still low. From there on look once in every "
            "whole bit.",
            "Shift each sample into a register. The least significant bit comes first: at which end must it go in, "
            "so that it is at bit 0 after eight of them?",
        ),
    ),
    Tier(
        "many bytes",
        [_good("16 bytes back to back", _BYTES),
         _good("16 bytes with pauses", _BYTES, gaps=[_RANDOM.uniform(0, 3) * BIT for _ in _BYTES])],
        (
            "One byte is right. What is left over from it when the next one begins?",
            "valid must fall when the byte was taken, and the next start bit must find everything set back.",
        ),
    ),
    Tier(
        "drift",
        [_good("24 bytes 3 % too fast", _RANDOM.randbytes(24), baud_error=0.03, kind="fast"),
         _good("24 bytes 3 % too slow", _RANDOM.randbytes(24), baud_error=-0.03, kind="slow"),
         _good("lows 8 us too long", _RANDOM.randbytes(10), skew=8e-6, kind="skew"),
         _good("lows 8 us too short", _RANDOM.randbytes(10), skew=-8e-6, kind="skew")],
        (
            "Sender and receiver may each be 1 % off, and an optocoupler makes lows longer. There is room for that "
            "only if you sample in the middle of a bit.",
            "Each start bit is a new beginning: set your counter by its falling edge, every time.",
            "A sender that is 3 % fast begins its next start bit before ten of your bits are over. When are you "
            "done with a frame?",
        ),
    ),
    Tier(
        "glitch",
        [_glitches()],
        (
            "A short low on the idle line is no start bit. Where in the start bit can you tell?",
            "Look at the line in the middle of the start bit. If it is high, nothing has begun.",
        ),
    ),
    Tier(
        "bad stop bit",
        [_bad_stop(), _long_bad_stop()],
        (
            "The stop bit is there to be looked at: if it is low, what came before it cannot be trusted.",
            "Drop the byte, pulse framing_error for one clock, and wait until the line has been high before you "
            "believe in another start bit.",
        ),
    ),
    Tier(
        "break",
        [_breaks()],
        (
            "All ten bits low is no byte 00 but a break: somebody pulled the cable, or says so on purpose.",
            "One pulse of break_, none of framing_error, and nothing more until the line was high.",
        ),
    ),
    Tier(
        "held and overrun",
        [_held(), _overrun(), _taken_in_time()],
        (
            "A line cannot wait, but whoever takes your bytes may. What you offer must stay as it is until it is "
            "taken.",
            "Keep the byte on offer in a register of its own, not in the one that you shift.",
            "If a byte is complete while the one before it is still on offer, the new one is dropped, and overrun "
            "tells. On offer and being taken in this very clock is another case: there is room then.",
        ),
    ),
    Tier(
        "any clock",
        [_any_clock(13), _any_clock(40)],
        (
            "self.divisor says how many clocks a bit has. Is there another number in your code that should be it?",
            "With 40 clocks to a bit a counter needs more bits than with 16.",
        ),
    ),
]  # fmt: skip

LAB = Lab(2, "2-receiver", "The receiver", {"Receiver": Receiver}, TIERS, MISTAKES, annotate=annotate)
