"""``loopback``: prints what the design of that name counts, and ends with its verdict."""

import re

from board.host.host import number
from board.host.link import Gone

__all__ = ["HELP", "add_arguments", "run"]

HELP = "print what the loopback design counts, and end with its verdict"

BAUD = 115_200
"""What :class:`board.designs.loopback.Loopback` writes at."""

LINE = re.compile(
    r"(?P<verdict>pass|fail) +(?P<bytes>\d+) bytes +\d+ wrong +\d+ missing +\d+ extra +\d+ framing +\d+ breaks"
)
"""A line of it; besides these there is ``no cable``."""

STRANGE = 256
"""Bytes without one of its lines after which it must be something else that is heard: more than two lines."""


def add_arguments(parser):
    """Options of the command line."""
    parser.set_defaults(baud=BAUD)
    count = number(1, 90_000_000, "number of bytes", int)
    parser.add_argument(
        "--bytes", type=count, default=100_000, metavar="N", help="end when so many were tested; default: %(default)s"
    )


def run(options, host):
    """Print lines until enough was tested; returns the exit status: 0 if it passed, 1 if not or not known."""
    link = host.link(host.say_aside)
    why = "no line came; is the design flashed, and is this its port?"
    try:
        with host.stop:
            host.say_aside(f"waiting until {options.bytes:,} bytes are tested; Ctrl-C ends")
            for line in _lines(link, host):
                host.say(line)
                if not (found := LINE.fullmatch(line)):
                    why = "there is no cable from OUT to IN"
                elif int(found["bytes"]) >= options.bytes:
                    return int(found["verdict"] == "fail")
                else:
                    why = f"only {int(found['bytes']):,} bytes were tested"
    finally:
        link.close()
    host.say_aside(f"no verdict: {why}")
    return 1


def _lines(link, host):
    """Lines of the design, until the end. What is none, such as the rest of one that had begun before, is left out."""
    text, strange = "", 0
    while not host.stop.now:
        try:
            _, data = link.receive(host.stop.at)
        except Gone:
            text = ""
            link.reconnect(host.stop)
            continue
        text += data.decode("ascii", "replace")
        *lines, text = text.split("\n")
        for line in map(str.strip, lines):
            if LINE.fullmatch(line) or line == "no cable":
                strange = 0
                yield line
        strange += len(data)
        if strange >= STRANGE > strange - len(data):
            host.say_aside(
                "what comes is no line of the loopback design: it must be flashed, and --baud be the design's"
            )
        # What has no end is no line.
        text = text[-STRANGE:]
