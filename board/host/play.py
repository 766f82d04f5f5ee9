"""``play FILE.mid``: a Standard MIDI File out of MIDI Out."""

from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from board.errors import BoardError
from board.host.host import number
from board.host.link import Gone
from board.host.listener import plural
from board.host.sender import Sender
from sim.model import smf

__all__ = ["HELP", "add_arguments", "load", "run"]

HELP = "play a Standard MIDI File"

LATE = 0.010
"""Seconds by which a message must be late to be worth a word."""


def add_arguments(parser):
    """Options of the command line."""
    parser.add_argument("file", type=Path, metavar="FILE.mid", help="what to play")
    parser.add_argument("--no-running-status", action="store_true", help="send every status")
    ahead = number(1, 1024, "ahead", int)
    parser.add_argument(
        "--ahead", type=ahead, default=64, metavar="BYTES", help="that the board may hold; default: %(default)s"
    )


def load(path):
    """Read a file; returns its messages as ``(seconds, bytes)``.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If it cannot be read, is no Standard MIDI File, or holds nothing to send.
    """
    try:
        pieces = smf.read(path.read_bytes()).timed()
    except OSError as error:
        raise BoardError(f"File must be readable: {path}: {error.strerror}") from None
    except ValueError as error:
        raise BoardError(f"{path} {error}") from None
    sent = [(time, event.sent) for piece in pieces for time, event in piece if event.sent]
    if not sent:
        raise BoardError(f"File must hold something to send, but {path} has no note, no controller and no SysEx")
    return sent


def run(options, host):
    """Play a file; returns the exit status."""
    song = load(options.file)
    sender = Sender(ahead=options.ahead, running_status=not options.no_running_status)
    link = host.link()
    try:
        with host.stop, _progress() as progress:
            task = progress.add_task(options.file.name, total=song[-1][0])
            unsent = _play(song, sender, host, link, lambda time: progress.update(task, completed=time))
    finally:
        link.close()
    for line in link.lines(
        f"the file waited, but up to {options.ahead} bytes that were on their way each time are lost"
    ):
        host.say(line)
    if sender.latest > LATE:
        host.say(
            f"MIDI Out was up to {sender.latest * 1e3:.0f} ms behind the file, which asks for more than it can send"
        )
    if unsent:
        host.say(f"ended early; {plural(unsent, 'message')} of {len(song)} not played")
        return 130 if host.stop.was_asked else 0
    host.say(f"played {plural(len(song), 'message')}")
    return 0


def _play(song, sender, host, link, report):
    """Send a song; returns how many of its messages were not sent."""
    clock, unsent, ending = host.clock, 0, False
    begin = clock.now()
    for time, data in song:
        sender.put(begin + time, data)
    while not sender.is_done(clock.now()):
        if host.stop.now and not ending:
            unsent, ending = sender.silence(), True
        try:
            link.send(sender.take(clock.now()))
            # What comes in meanwhile is nobody's affair; but the system's buffer must not fill with it.
            link.receive(min(_next(sender, clock), float("inf") if ending else host.stop.at))
        except Gone:
            gone = clock.now()
            if not link.reconnect(host.stop):
                return unsent if ending else sender.waiting
            away = clock.now() - gone
            begin += away
            sender.delay(away)
        report(clock.now() - begin)
    return unsent


def _next(sender, clock):
    """When there is something to do: a byte to send, or the last one has left."""
    now = clock.now()
    return sender.next(now) if sender.waiting else sender.free


def _progress():
    progress = Progress(TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    progress.disable = not progress.console.is_terminal
    return progress
