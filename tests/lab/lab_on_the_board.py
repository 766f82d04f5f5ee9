"""Lab 8: on the board. What a student saw is judged by what can be seen."""

import re

from board import boards, listing
from board.errors import BoardError
from tests.lab.answers import AnswerLab, AnswerTier, Checked, named
from tests.lab.case import Complaint
from tests.lab.wire import BIT

__all__ = ["LAB"]

MISTAKES = {
    "example": named("the page's own example", "This line stands in docs/boards.md. Paste what your board said."),
    "short": named("too few lines", "One line says little. Leave it running."),
    "errors": named("errors taken for a pass", "A line that says pass counts nothing wrong. Look at the columns: "
                    "framing and wrong mean edges that are late, missing and extra a bad contact."),
    "no cable": named("no cable", "Nothing comes back at all: OUT to IN, and pin 4 and 5 of neither swapped."),
    "frame": named("bits forgotten", "From fall to fall there are a start bit, eight data bits and a stop bit."),
    "volts": named("line turned over", "Idle is high at the pin. If yours is low there, build with --invert midi_in."),
    "weak": named("low that is no low", "In a start bit the optocoupler must pull the pin below 0.8 V: its pull-up is "
                  "too strong, or too little current flows."),
    "damaged": named("damaged bytes", "Bytes without a stop bit came in. Go back to loopback before you go on."),
    "soft": named("one velocity only", "Strike it softly, then hard. A few keyboards send 64 always: try another."),
    "ends": named("ends of notes mistaken", "Look at the status that ends the note: 80 to 8F, or 90 to 9F."),
}  # fmt: skip

LINE = re.compile(
    r"(pass|fail)\s+(\d+) bytes\s+(\d+) wrong\s+(\d+) missing\s+(\d+) extra\s+(\d+) framing\s+(\d+) breaks"
)
EXAMPLE = "pass    10000 bytes     0 wrong     0 missing     0 extra     0 framing     0 breaks"

NOTE = re.compile(r"([89])([0-9A-F]) ([0-9A-F]{2}) ([0-9A-F]{2}) note (on|off)")


def _lines(text, name):
    if not isinstance(text, str) or not text.strip():
        raise Complaint(f"{name} must hold the lines that the board said", "it is empty")
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def _number(module, name, unit):
    value = getattr(module, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Complaint(f"{name} must be a number of {unit}", f"it is {value!r}")
    return value


def _clock(board):
    """MHz of a board's clock; of one that nobody knows here, the slowest that there is."""
    try:
        return boards.clock_of(board.platform()) / 1e6
    except ImportError:
        # amaranth-boards is for those who build.
        return 12.0


def check_built(module):
    """Board, cells and fmax belong together."""
    try:
        _, board = boards.find(module.BOARD)
    except BoardError as error:
        raise Complaint("BOARD must be one of python -m board list", str(error)) from None
    except AttributeError:
        raise Complaint("BOARD must be a text, such as 'icebreaker'", f"it is {module.BOARD!r}") from None
    cells, size = _number(module, "CELLS", "logic cells"), listing.SIZES["loopback"].cells
    if not 0.6 * size <= cells <= 1.1 * size:
        raise Complaint(f"CELLS of loopback must be near {size}", f"it is {cells}: is it that of another design?")
    fmax, clock = _number(module, "FMAX", "MHz"), _clock(board)
    if not clock <= fmax <= 500:
        raise Complaint(f"FMAX must be {clock:g} MHz or more, the clock of {board.title}", f"it is {fmax:g}")


def _counts(text, name):
    lines = _lines(text, name)
    return lines, [tuple(map(int, found.groups()[1:])) for line in lines if (found := LINE.fullmatch(line))]


def check_pass(module):
    """Some tens of thousands of bytes, and nothing wrong."""
    least = 30 if module.SIMULATED else 30_000
    lines, counts = _counts(module.LOOPBACK, "LOOPBACK")
    if lines == [EXAMPLE]:
        raise Complaint("LOOPBACK must be what your board said", "it is the example", mistake=MISTAKES["example"])
    if not counts:
        cable = "no cable" in lines
        raise Complaint("each line must be as loopback says it: pass, and six numbers", f"there is {lines[0]!r}",
                        mistake=MISTAKES["no cable"] if cable else None)  # fmt: skip
    for sent, *errors in counts:
        if any(errors):
            raise Complaint("nothing may be wrong", f"behind {sent} bytes {sum(errors)} errors are counted",
                            mistake=MISTAKES["errors"])  # fmt: skip
    if len(counts) < 3 or counts[-1][0] < least:
        raise Complaint(f"three lines must have passed, and {least:,} bytes",
                        f"there are {len(counts)}, and {counts[-1][0]:,} bytes", mistake=MISTAKES["short"])  # fmt: skip


def check_fault(module):
    """The self-test was seen to fail, both ways."""
    lines, counts = _counts(module.FAULT, "FAULT")
    if "no cable" not in lines:
        raise Complaint("FAULT must hold what it says without a cable", "no line says 'no cable'")
    if not any(sum(errors) for _, *errors in counts):
        raise Complaint("FAULT must hold a line that begins with fail, too", "nothing was ever counted wrong")


def check_scope(module):
    """A frame of ten bits of 32 us, and levels the right way round."""
    frame, bit = _number(module, "FRAME", "us"), _number(module, "BIT", "us")
    for bits in (8, 9):
        if abs(frame / (1e6 * BIT) - bits) < 0.2:
            raise Complaint("FRAME must have ten bits", f"it is {frame:g} us", mistake=MISTAKES["frame"])
    if abs(frame / (10e6 * BIT) - 1) > 0.02:
        raise Complaint(f"FRAME must be within 2 % of {10e6 * BIT:g} us", f"it is {frame:g} us")
    if abs(bit / (1e6 * BIT) - 1) > 0.02:
        raise Complaint(f"BIT must be within 2 % of {1e6 * BIT:g} us", f"it is {bit:g} us")
    idle, start = _number(module, "IDLE_VOLTS", "volts"), _number(module, "START_VOLTS", "volts")
    if idle < start:
        raise Complaint("the pin must be high when idle, and low in a start bit", f"it is {idle:g} V and {start:g} V",
                        mistake=MISTAKES["volts"])  # fmt: skip
    if start > 0.8:
        raise Complaint("START_VOLTS must be below 0.8 V", f"it is {start:g} V", mistake=MISTAKES["weak"])
    if not 2.0 <= idle <= 3.6:
        raise Complaint("IDLE_VOLTS must be from 2 V to the 3.3 V of the FPGA's pins", f"it is {idle:g} V")


def check_keyboard(module):
    """Two strikes of different strength, their ends, and nothing damaged."""
    lines = _lines(module.MONITOR, "MONITOR")
    errors = [line for line in lines if line.startswith("errors") and not line.startswith("errors 000")]
    if errors:
        raise Complaint("no byte may be damaged", f"monitor says {errors[-1]!r}", mistake=MISTAKES["damaged"])
    notes = [found.groups() for line in lines if (found := NOTE.search(line))]
    if not notes:
        raise Complaint("MONITOR must hold lines with note on and note off", f"there is {lines[0]!r}")
    struck = {int(velocity, 16) for _, _, _, velocity, what in notes if what == "on"}
    if len(struck) < 2:
        raise Complaint("the key must have been struck with two velocities", f"there is {len(struck)}",
                        mistake=MISTAKES["soft"])  # fmt: skip
    ends = {int(status, 16) << 4 for status, _, _, _, what in notes if what == "off"}
    if not ends:
        raise Complaint("each note must end", "none did: let the key go")
    if module.ENDS_WITH not in ends:
        seen = " and ".join(f"{end:#04x}" for end in sorted(ends))
        raise Complaint(f"ENDS_WITH must be how these notes end, {seen}", f"it is {module.ENDS_WITH!r}",
                        mistake=MISTAKES["ends"])  # fmt: skip


def _checked(check, *names):
    return tuple(Checked(name, check if n == 0 else lambda module: None) for n, name in enumerate(names))


TIERS = [
    AnswerTier("built", _checked(check_built, "BOARD", "CELLS", "FMAX", "SIMULATED"),
               ("nox -s build -- BOARD loopback ends in a table. Some boards are left out: nox -s build says why.",)),
    AnswerTier("it says pass", _checked(check_pass, "LOOPBACK"),
               ("docs/boards.md says how to see the text: a serial terminal at 115,200 baud.",
                "No text, but light 1 blinks: no cable. Light 1 is steady: something is wrong on the line.")),
    AnswerTier("it says fail", _checked(check_fault, "FAULT"),
               ("A test that cannot fail proves nothing. Pull the cable, wait for the text, and put it back.",
                "Join pins 4 and 5 for a moment, or pull the plug half way: some byte will be harmed.")),
    AnswerTier("on the scope", _checked(check_scope, "FRAME", "BIT", "IDLE_VOLTS", "START_VOLTS"),
               ("Trigger on a falling edge behind a pause. Bytes that follow without one begin ten bits apart.",
                "The shortest pulse is one bit; the longest low, start bit and eight zeros, is nine.")),
    AnswerTier("a keyboard", _checked(check_keyboard, "MONITOR", "ENDS_WITH"),
               ("nox -s flash -- BOARD monitor, and the same serial terminal.",)),
]  # fmt: skip


class _Lab(AnswerLab):
    @property
    def mistakes(self):
        """All mistakes that can be named."""
        return list(MISTAKES.values())


LAB = _Lab(8, "8-on-the-board", "On the board", TIERS)
