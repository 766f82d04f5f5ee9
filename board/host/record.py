"""``record OUT.mid``: what comes in at MIDI In, as a Standard MIDI File."""

from collections import Counter
from pathlib import Path

from rich.progress import Progress, TextColumn, TimeElapsedColumn

from board.host.host import number
from board.host.link import Gone
from board.host.listener import Listener, plural, whole
from board.host.output import Output
from sim.model.smf import Track

__all__ = ["HELP", "Recorder", "add_arguments", "run"]

HELP = "write what is played as a Standard MIDI File"

SAVE = 1.0
"""Seconds between two times that the recording is saved: what is lost at most if the program is killed."""

KEPT = {
    "all": lambda message: True,
    "music": lambda message: message.name != "active_sensing",
    "plain": lambda message: message.kind.has_channel or message.name == "sysex",
}
"""What of the messages is written, by the names that the command line has for it."""


def add_arguments(parser):
    """Options of the command line."""
    parser.add_argument("file", type=Path, metavar="OUT.mid", help="what to write")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    tempo = number(4, 60_000, "tempo")
    parser.add_argument("--tempo", type=tempo, default=120, metavar="BPM", help="quarter notes a minute; default: 120")
    ticks = number(24, 32_767, "ticks", int)
    parser.add_argument("--ticks", type=ticks, default=960, help="of a quarter note; default: %(default)s")
    parser.add_argument(
        "--keep",
        choices=list(KEPT),
        default="music",
        help="all; music: all but Active Sensing, which is about the cable; "
        "plain: nothing that must be escaped in a file, so no clock and no other System message but SysEx, for "
        "programs that cannot read escapes; default: music",
    )
    parser.add_argument("--trim", action="store_true", help="let the file begin with the first message")


def run(options, host):
    """Record until the end; returns the exit status."""
    with Output(options.file, options.force) as output:
        link = host.link()
        recorder = Recorder(None if options.trim else host.clock.now(), options.tempo, options.ticks, options.keep)
        try:
            _record(host, link, output, recorder)
        finally:
            link.close()
            # What is missing is told, however it ends.
            for line in (*recorder.lines(), *link.lines("what was played then is not in the file")):
                host.say(line)
    host.say(f"wrote {options.file}: {plural(recorder.written, 'message')}")
    return 0


def _record(host, link, output, recorder):
    saved = host.clock.now()
    with host.stop, _progress() as progress:
        host.say("recording; Ctrl-C ends")
        task = progress.add_task("recording", messages="")
        try:
            while not host.stop.now:
                saved = _step(host, link, output, recorder, saved)
                progress.update(task, messages=plural(recorder.counts.messages, "message"))
        finally:
            # Whatever happened. The end is when it was asked for, and not when this was seen.
            end = min(host.clock.now(), host.stop.at)
            output.finish(recorder.finish(end), end)


def _step(host, link, output, recorder, saved):
    """Record for a moment; returns when it was last saved."""
    try:
        recorder.hear(*link.receive(min(host.stop.at, saved + SAVE)))
    except Gone:
        now = saved = host.clock.now()
        recorder.lose(now)
        output.save(recorder.file(now), now, host.say)
        link.reconnect(host.stop)
    if (now := host.clock.now()) >= saved + SAVE:
        saved = now
        output.save(recorder.file(now), now, host.say)
    return saved


def _progress():
    progress = Progress(TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("{task.fields[messages]}"))
    progress.disable = not progress.console.is_terminal
    return progress


class Recorder:
    """Makes a file of bytes as they come.

    A message stands at the tick nearest to the time of its first byte, so that one who sends it at that time sends what
    came. Real-time inside a SysEx stands behind it in the file, at its own time.

    Parameters
    ----------
    begin : :class:`float`
        Time of tick 0; ``None`` for that of the first message.
    tempo : :class:`float`
        Quarter notes a minute.
    ticks : :class:`int`
        Ticks to a quarter note.
    keep : :class:`str`
        Which messages, one of :data:`KEPT`.
    """

    def __init__(self, begin, tempo=120, ticks=960, keep="music"):
        microseconds = round(60e6 / tempo)
        self._track = Track(ticks, microseconds)
        self._ticks_per_second = ticks / microseconds * 1e6
        self._begin = begin
        self._keep = KEPT[keep]
        self._listener = Listener()
        # Messages that came inside one that is not complete yet, and so must stand behind it.
        self._held = []
        self._left_out = Counter()
        self.written = 0
        self.counts = self._listener.counts
        self.is_changed = True

    def hear(self, time, data):
        """Take bytes that came at a time."""
        for heard in self._listener.feed(time, data):
            if heard.message is None:
                continue
            if not self._keep(heard.message):
                self._left_out[heard.message.name] += 1
                continue
            self._begin = heard.time if self._begin is None else self._begin
            self._held.append((self._tick(heard.time), whole(heard.message)))
            self.written += 1
            self.is_changed = True
        self._settle()

    def lose(self, time):
        """Note that the board is gone."""
        self._listener.lose(time, "board")
        self._settle()

    def file(self, time):
        """Bytes of the file as it is at a time; ``None`` if nothing came since it was last asked for."""
        if not self.is_changed:
            return None
        self.is_changed = False
        return self._track.file(sorted(self._held, key=_ticks), self._tick(time))

    def finish(self, time):
        """Bytes of the whole file, which ends at a time."""
        self._listener.finish()
        self.is_changed = True
        return self.file(time)

    def lines(self):
        """What is not in the file, a line each."""
        yield from self.counts.lines()
        for name, count in self._left_out.items():
            yield f"{plural(count, f'{name} message')} left out; --keep all keeps all"

    def _settle(self):
        """Write what nothing can come before any more."""
        begun = self._listener.begun
        limit = float("inf") if begun is None else self._tick(begun)
        self._held.sort(key=_ticks)
        while self._held and self._held[0][0] < limit:
            self._track.add(*self._held.pop(0))

    def _tick(self, time):
        return max(round((time - self._begin) * self._ticks_per_second), 0) if self._begin is not None else 0


def _ticks(event):
    return event[0]
