"""``monitor``: prints messages as they come in at MIDI In."""

from collections import Counter

from board.errors import BoardError
from board.host.link import Gone
from board.host.listener import Listener, plural
from sim.model.midi import KINDS

__all__ = ["HELP", "add_arguments", "run"]

HELP = "print messages as they come"

LOSSES = {
    "midi": "bytes were lost at MIDI In, without a stop bit or room for them",
    "host": "bytes from the computer were lost at the board, without a stop bit or room for them",
    "board": "the board was gone",
}
"""What a loss is, in words."""


def add_arguments(parser):
    """Options of the command line."""
    parser.add_argument(
        "--hide", default="", metavar="NAME,...", help="messages that are only counted, such as clock,active_sensing"
    )


def run(options, host):
    """Print messages until the end; returns the exit status."""
    hidden = _names(options.hide)
    link = host.link(host.say_aside)
    listener, counted = Listener(), Counter()
    begin = host.clock.now()
    try:
        with host.stop:
            host.say_aside("listening; Ctrl-C ends")
            while not host.stop.now:
                try:
                    came = listener.feed(*link.receive(host.stop.at))
                except Gone:
                    came = listener.lose(host.clock.now(), "board")
                    link.reconnect(host.stop)
                for heard in came:
                    if heard.message and heard.message.name in hidden:
                        counted[heard.message.name] += 1
                    else:
                        host.say(f"{heard.time - begin:11.4f} s  {_text(heard)}")
    except BrokenPipeError:
        # Whoever read this has seen enough.
        return 0
    finally:
        link.close()
    for line in (*listener.finish().lines(), *link.lines("what was played then was not heard")):
        host.say_aside(line)
    for name, count in counted.items():
        host.say_aside(f"{plural(count, f'{name} message')} hidden")
    host.say_aside(plural(listener.counts.messages, "message"))
    return 0


def _names(text):
    names = {kind.name for kind in KINDS if kind.code is not None}
    hidden = set(filter(None, text.split(",")))
    if unknown := sorted(hidden - names):
        raise BoardError(f"Messages to hide must be among {', '.join(sorted(names))}, not {', '.join(unknown)}")
    return hidden


def _text(heard):
    if heard.message:
        return f"{bytes(heard.message.bytes[:8]).hex(' '):23}  {heard.message.text}"
    dropped = f"; {plural(heard.dropped, 'byte')} of a message dropped" if heard.dropped else ""
    return f"{'--':23}  LOSS: {LOSSES[heard.lost]}{dropped}"
