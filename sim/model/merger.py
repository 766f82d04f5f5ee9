"""Twin of :mod:`hdl.merger`: what a merger may make of its inputs.

In which order messages of different inputs come out depends on who was stalled when. So this twin does not say what
must come out: it looks at what went in and what came out, and says in words which rule was broken.
"""

from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from sim.model.edges import Clock
from sim.model.midi import RESET, SYSEX_CODE, SYSEX_END, Packet

__all__ = ["Merged", "Rules", "merger"]


ACTIVE_SENSING = 0xFE

CONTROL_CHANGE_CODE, SINGLE_BYTE_CODE = 0xB, 0xF

MODES_LEFT_OUT = range(123, 128)
"""Controllers that ``filter_modes`` leaves out: All Notes Off, and the modes that imply it (p. 20)."""

REALTIME_DEPTH = 4
"""Real-time messages that can wait."""


class Rules(NamedTuple):
    """The arguments of a :class:`hdl.merger.Merger`."""

    depth: int = 64
    timeout: float = 0.25
    soft_thru: tuple | None = None
    waits: tuple = ()
    filter_modes: bool = False


@dataclass
class Merged:
    """What happened at a merger. Times are in seconds; those of transfers and pulses are those of their clock edges.

    ``offered`` holds for each input the ``(time, packet)`` that it was to offer, each at its time or, if the one before
    it was not taken by then, right after that; ``taken`` those that were taken. ``packets`` and ``realtime`` are what
    came out, ``(time, packet)`` and ``(time, byte)``; ``overruns`` and ``timeouts`` are the times of the pulses of each
    input. ``ready`` maps ``packets`` and ``realtime`` to the edges of their ``ready``, high where nothing is said.
    """

    clock: Clock
    end: float
    offered: list
    taken: list
    packets: list
    realtime: list
    overruns: list
    timeouts: list
    ready: dict = field(default_factory=dict)


class _Kept(NamedTuple):
    """What must come out: stored after clock edge ``after``, by clock edge ``by`` at the latest."""

    after: int
    by: int
    value: Packet | int


def merger(merged, rules=None):
    """What a :class:`hdl.merger.Merger` with these ``rules`` did wrong: sentences; none if all of it was allowed."""
    return _Judge(merged, rules or Rules()).complaints


class _Judge:
    """Inside, all times are numbers of clock edges."""

    def __init__(self, merged, rules):
        self.merged = merged
        self.rules = rules
        self.clock = merged.clock
        self.complaints = []
        self.inputs = range(len(merged.taken))
        self.round = 2 * len(merged.taken)
        self.end = self.clock.after(merged.end)
        # What must come out of each input, and of all of them as real-time; and what was dropped for want of room.
        self.kept = [[] for _ in self.inputs]
        self.kept_realtime = []
        self.dropped = []
        self.arrived = [self._arrivals(n) for n in self.inputs]
        for n in self.inputs:
            self._admit(n)
        self.kept_realtime.sort()
        self.sent = [[] for _ in self.inputs]
        self._messages()
        self.sent_realtime = []
        self._realtime()
        self._dropping()
        self._taking()

    def _edge(self, time):
        """Number of the clock edge at a time."""
        return round((time - self.clock.start) * self.clock.freq)

    def _us(self, edges):
        """That many clock periods, in words."""
        return f"{edges / self.clock.freq * 1e6:.3f} us"

    def _complain(self, where, edge, words):
        self.complaints.append(f"{where} at {self._us(edge)}: {words}")

    def _first_ready(self, name, edge):
        """The first clock edge from ``edge`` on that sees an output ready; the end if there is none."""
        edges = self.merged.ready.get(name, ())
        rises = (self.clock.after(time) for time, level in edges if level)
        may_be = (edge, *(at for at in rises if at > edge))
        return next((at for at in may_be if self.clock.sees(edges, at)), self.end)

    # --- What must come out ---

    def _arrivals(self, n):
        """For each packet that input ``n`` could offer, in order: from when, and when it was taken, or ``None``."""
        taken = [self._edge(time) for time, _ in self.merged.taken[n]]
        offered = [self.clock.after(time) for time, _ in self.merged.offered[n]]
        arrived = []
        for k, edge in enumerate(offered[: len(taken) + 1]):
            arrived.append((max(edge, taken[k - 1] + 1) if k else edge, taken[k] if k < len(taken) else None))
        return arrived

    def _kind(self, n, packet):
        """What a packet is to the merger; ``None`` if it is left out."""
        first, second = packet.data[:2]
        if packet.code == SINGLE_BYTE_CODE and first > SYSEX_END:
            # Each end senses for itself, and a thru does not echo a reset.
            echoes = self.rules.soft_thru is None or n in self.rules.soft_thru
            return None if first == ACTIVE_SENSING or (first == RESET and echoes) else "real-time"
        if SYSEX_CODE <= packet.code <= SYSEX_CODE + 3 and (first < 0x80 or first == SYSEX_END):
            return "continues"
        is_mode = packet.code == CONTROL_CHANGE_CODE and second in MODES_LEFT_OUT
        return None if packet.code <= 1 or (self.rules.filter_modes and is_mode) else "begins"

    def _admit(self, n):
        """Go through what input ``n`` took, and its pulses."""
        closing = Packet(SYSEX_CODE + 1, n, (SYSEX_END, 0, 0))
        overruns = [self._edge(time) for time in self.merged.overruns[n]]
        events = [(self._edge(time), "falls silent", None, None) for time in self.merged.timeouts[n]]
        for (since, edge), (_, packet) in zip(self.arrived[n], self.merged.taken[n], strict=False):
            events.append((edge, self._kind(n, packet), packet, since))
        # When the last packet of an open SysEx was taken; and any packet at all.
        heard, before = None, 0
        for edge, kind, packet, since in sorted(events, key=lambda event: event[0]):
            if kind in ("falls silent", "continues"):
                self._silence(n, heard, edge if since is None else since, since is None)
            wanted = kind in ("begins", "real-time") or (kind == "continues" and heard is not None)
            lost = edge in overruns
            if lost:
                overruns.remove(edge)
                self.dropped.append((edge, n, kind))
                if not wanted or (packet.code != SYSEX_CODE and kind == "continues"):
                    self._complain(f"overrun {n}", edge, f"{packet} must not be counted as lost")
            if heard is not None and (kind in ("begins", "falls silent") or (kind == "continues" and lost)):
                self.kept[n].append(_Kept(before if kind == "begins" else edge, edge, closing))
                heard = None
            if kind == "real-time" and not lost:
                self.kept_realtime.append(_Kept(edge, edge, packet.data[0]))
            elif kind != "real-time" and wanted and not lost:
                self.kept[n].append(_Kept(edge, edge, packet._replace(cable=n)))
                heard = edge if packet.code == SYSEX_CODE else None
            before = edge
        for edge in overruns:
            self._complain(f"overrun {n}", edge, "must come with the packet that is lost, but none was taken")
        since, taken = self.arrived[n][-1] if self.arrived[n] else (self.end, None)
        self._silence(n, heard, self.end if taken is not None else min(since, self.end), False)

    def _silence(self, n, heard, edge, closed):
        """A SysEx that is silent must be closed, but not before its time."""
        if heard is None:
            if closed:
                self._complain(f"timeout {n}", edge, "no SysEx is open that could have fallen silent")
            return
        shortest = self.rules.timeout * self.clock.freq
        longest = 2 * self.round * ceil(round(shortest / self.round, 6))
        if (closed and edge - heard < shortest) or edge - heard > longest:
            self._complain(
                f"timeout {n}",
                edge,
                f"a silent SysEx must be closed after {self._us(shortest)} to {self._us(longest)}, "
                f"not be {'closed' if closed else 'open still'} after {self._us(edge - heard)}",
            )

    # --- What came out ---

    def _messages(self):
        """Each input in its order, each SysEx in one piece, nobody twice while another waits, and nothing late."""
        locked = None
        turns = [{} for _ in self.inputs]
        free = 0
        for time, packet in [*self.merged.packets, (None, None)]:
            edge = self.end if time is None else self._edge(time)
            # Since when the next packet of each input waits, and of those that may come next.
            waiting = {}
            for n in self.inputs:
                if len(self.sent[n]) < len(self.kept[n]):
                    last = self.sent[n][-1] if self.sent[n] else 0
                    waiting[n] = max(self.kept[n][len(self.sent[n])].by, last)
            if may_come := [since for n, since in waiting.items() if locked in (None, n)]:
                due = max(free, min(may_come)) + len(self.inputs) + 2
                if edge > (due := self._first_ready("packets", due)):
                    self._complain("packets", edge, f"a packet waits that must have been offered by {self._us(due)}")
            if packet is None:
                break
            n = packet.cable
            if n not in self.inputs or len(self.sent[n]) == len(self.kept[n]):
                self._complain("packets", edge, f"{packet} came from no input")
                break
            kept = self.kept[n][len(self.sent[n])]
            if packet != kept.value or edge <= kept.after:
                self._complain("packets", edge, f"the next packet of input {n} must be {kept.value}, not {packet}")
                break
            if locked not in (None, n):
                self._complain("packets", edge, f"{packet} stands inside a SysEx of input {locked}")
                break
            self.sent[n].append(edge)
            locked = n if packet.code == SYSEX_CODE else None
            turns[n] = {}
            for other, since in waiting.items():
                if other != n and locked is None and since < edge:
                    turns[other][n] = turns[other].get(n, 0) + 1
                    if turns[other][n] > 1:
                        self._complain("packets", edge, f"input {n} had two turns while input {other} waited")
            free = edge

    def _realtime(self):
        """In the order in which it came, and at once."""
        for time, byte in self.merged.realtime:
            edge = self._edge(time)
            if len(self.sent_realtime) == len(self.kept_realtime):
                self._complain("realtime", edge, f"{byte:02x} came from no input")
                break
            kept = self.kept_realtime[len(self.sent_realtime)]
            if byte != kept.value:
                self._complain("realtime", edge, f"the next byte must be {kept.value:02x}, not {byte:02x}")
                break
            self.sent_realtime.append(edge)
        free = 0
        for k, kept in enumerate(self.kept_realtime):
            edge = self.sent_realtime[k] if k < len(self.sent_realtime) else self.end
            due = self._first_ready("realtime", max(free, kept.by) + 1)
            if not kept.after < edge <= due:
                self._complain("realtime", edge, f"{kept.value:02x} must have come by {self._us(due)}")
            free = edge

    def _is_full(self, n, kind, edge):
        """Whether there was no room at a clock edge; what goes out then makes room for the next one."""
        kept, sent = (self.kept_realtime, self.sent_realtime) if kind == "real-time" else (self.kept[n], self.sent[n])
        waiting = sum(packet.after < edge for packet in kept) - sum(out < edge for out in sent)
        return waiting >= (REALTIME_DEPTH if kind == "real-time" else self.rules.depth - 2)

    def _dropping(self):
        """Only for want of room, and never from an input that can wait."""
        for edge, n, kind in self.dropped:
            if n in self.rules.waits:
                self._complain(f"overrun {n}", edge, "an input that can wait must lose nothing")
            if not self._is_full(n, kind, edge):
                self._complain(f"overrun {n}", edge, "there was room for what was dropped")

    def _taking(self):
        """Each packet has its turn, unless its input can wait and has to."""
        for n in self.inputs:
            for since, taken in self.arrived[n]:
                edge = self.end if taken is None else taken
                late = since + 2 * self.round
                if edge <= late:
                    continue
                # An input that can wait had its last turn before that when there was no room.
                turns = range(late - self.round, late + 1)
                full = any(self._is_full(n, kind, turn) for turn in turns for kind in ("real-time", "begins"))
                if not (n in self.rules.waits and full):
                    self._complain(f"input {n}", edge, f"its packet must have been taken by {self._us(late)}")
