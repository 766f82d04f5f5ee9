"""Functional coverage of what receives and sends: a frame, and what is on its way out when it is over."""

from bisect import bisect_left
from collections import Counter

from sim.model.edges import BAUD
from sim.model.fifo import Fifo
from sim.model.line import line
from sim.model.midi import SYSEX_END
from sim.model.parser import Parser
from sim.model.receiver import frames
from tests.coverage import of_parser
from tests.coverage.of_line import BREAK, FRAMING, GOOD
from tests.coverage.table import Table, cases_of

__all__ = ["TABLES"]

# --- A receiver before a transmitter ---

IDLE, SENDS, TAKES, WAITS = (
    "idle",
    "sends, and nothing waits",
    "takes what waited in that clock",
    "sends, and one waits",
)


def _outcome(frame):
    return GOOD if frame.stop else BREAK if frame.dark else FRAMING


def counter_of(pin):
    """What counts the outcomes of the frames at a pin, by what the transmitter does when each is over."""

    def count(bench, traces):
        counts = Counter()
        for stimulus, trace in cases_of(bench, traces):
            clock, taken, free = trace.clock, -1, 0
            for frame in frames(line(stimulus.levels[pin], clock), clock, BAUD):
                if clock.time(frame.clock) > trace.end:
                    break
                at = frame.clock
                state = WAITS if taken > at else TAKES if taken == at else SENDS if at < free else IDLE
                counts[state, _outcome(frame)] += 1
                if frame.stop and taken <= at:
                    taken = max(at + 1, free)
                    free = taken + 10 * round(clock.freq / BAUD)
        return counts

    return count


def rule_port(state, event):
    """What docs/protocol.md says of it."""
    return "R4" if event != GOOD else "R5" if state == WAITS else "R3"


def rule_thru(state, event):
    """The same of a stored thru."""
    return "R61" if event == GOOD else "R4"


# --- With a parser, a FIFO and an encoder between ---

FILLS = ("empty FIFO", "some packets wait", "full FIFO", "full FIFO, and a byte waits")
MESSAGES = ("no SysEx open", "SysEx open")
STATES = {(is_open, fill): f"{FILLS[fill]}, {MESSAGES[is_open]}" for is_open in (False, True) for fill in range(4)}

MAKES, PART, LOST = "a byte that makes a packet", "a byte that makes none", "a byte that is lost"


def count_packets(bench, traces):
    """What comes of each frame, by what waits when it is over, and whether it is in a SysEx."""
    counts = Counter()
    for stimulus, trace in cases_of(bench, traces):
        clock = trace.clock
        gone = [clock.after(time) - 1 for time, _ in trace.streams["packets_out"]]
        fifo, live, state = _Waiting(bench.design.component._waiting.depth, gone), Parser(), of_parser.NOTHING
        # Until when the receiver holds a byte, and until when the parser is about a loss.
        taken = busy = -1
        for frame in frames(line(stimulus.levels["midi_in"], clock), clock, BAUD):
            at = frame.clock
            if clock.time(at) > trace.end:
                break
            waits = taken > at
            byte = frame.byte if frame.stop and not waits else None
            made = live.lose() if byte is None else live.step(byte)
            event = _outcome(frame) if not frame.stop else LOST if waits else MAKES if made else PART
            counts[STATES[state in of_parser.SYSEX, 3 if waits else fifo.fill(at)], event] += 1
            state = of_parser.after(state, byte)
            if byte is None:
                busy = max(busy, fifo.write(made, max(at, taken) + 1))
            else:
                taken = fifo.write(made, max(at, busy) + 1)
    return counts


class _Waiting:
    """The packets that wait, of which it is known when each was taken out."""

    def __init__(self, depth, gone):
        self.fifo, self.gone, self.written = Fifo(depth), gone, []

    def write(self, packets, n):
        """Put them in at clock edge ``n`` or as soon as there is room; returns when what made them is over."""
        for packet in packets:
            n = self.fifo.write(n)
            self.fifo.take(dict(enumerate(self.gone)).get(len(self.written), float("inf")))
            self.written.append(n)
            # What closes a SysEx is looked at again when that is done.
            n += packet.bytes[-1] == SYSEX_END
        return n

    def fill(self, at):
        """Which of :data:`FILLS` a clock edge finds."""
        waiting = bisect_left(self.written, at) - bisect_left(self.gone, at)
        return 2 if waiting >= self.fifo.depth else int(waiting > 0)


def impossible_packets(state, event):
    """A byte is lost where one waits, and only there."""
    if (event == LOST) != state.startswith(FILLS[3]) and event in (LOST, MAKES, PART):
        return "there is a place for it" if event == LOST else "the receiver holds one, so what comes is lost"
    return ""


def rule_packets(state, event):
    """What docs/protocol.md says of it."""
    if event in (MAKES, PART):
        return "R30" if state.endswith(MESSAGES[True]) else "R11"
    return "R19"


TABLES = (
    Table(
        "Stored thru: a frame, and what is on its way out",
        "stored_thru",
        (IDLE, SENDS, TAKES, WAITS),
        (GOOD, FRAMING, BREAK),
        rule_thru,
        lambda state, event: "",
        counter_of("level_in"),
    ),
    Table(
        "Port: a frame, and what is on its way out",
        "port",
        (IDLE, SENDS, TAKES, WAITS),
        (GOOD, FRAMING, BREAK),
        rule_port,
        lambda state, event: "",
        counter_of("midi_in"),
    ),
    Table(
        "Packet port: a frame, and what waits of those before it",
        "packet_port",
        tuple(STATES.values()),
        (MAKES, PART, LOST, FRAMING, BREAK),
        rule_packets,
        impossible_packets,
        count_packets,
    ),
)
