"""What every command of the computer's end needs: the clock, the end, the link to the board, and somebody to tell."""

import sys
from argparse import ArgumentTypeError
from functools import partial

from board.host.clock import Clock, Stop
from board.host.link import Link, find_port, open_port

__all__ = ["Host", "add_arguments", "number"]


def number(low, high, what, kind=float):
    """Type of an option: a number from ``low`` to ``high``."""

    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            whole = "whole " if kind is int else ""
            raise ArgumentTypeError(f"{what} must be a {whole}number from {low:g} to {high:g}, not {text!r}")
        return value

    return parse


def add_arguments(parser):
    """Options that all commands have."""
    parser.add_argument(
        "--port",
        metavar="PORT",
        help="serial device, pty or loop://; default: the only FTDI chip's, or else the only one at USB",
    )
    # The host's line must carry what MIDI's does, and a serial chip has an end.
    baud = number(31_250, 12_000_000, "baud", int)
    parser.add_argument("--baud", type=baud, default=1_000_000, help="of the serial port; default: %(default)s")
    parser.add_argument("--rtscts", action="store_true", help="let the board's RTS hold back what is sent to it")
    seconds = number(0, 1e9, "seconds")
    parser.add_argument("--seconds", type=seconds, metavar="SECONDS", help="end after so long; default: with Ctrl-C")


class Host:
    """The computer at one end of the serial port.

    Parameters
    ----------
    options : namespace
        What :func:`add_arguments` asks for.
    clock : :class:`board.host.clock.Clock`
        A simulation's own, or the computer's.
    open : function
        Opens the serial port; a simulated board's, or what the options ask for.
    say : function
        Tells the user a line.
    """

    def __init__(self, options, *, clock=None, open=None, say=None):
        self.clock = clock or Clock()
        self.stop = Stop(self.clock, options.seconds)
        self.say = say or self._say
        self._open = open or partial(self._open_port, options)

    def _say(self, line):
        try:
            print(line, flush=True)
        except BrokenPipeError:
            # Whoever reads has seen enough.
            raise
        except OSError:
            # Output on a full disk is no reason to end a recording.
            self.say_aside(line)

    def say_aside(self, line):
        """Tell a line that is no part of what the command prints."""
        print(line, file=sys.stderr, flush=True)

    def link(self, say=None):
        """The link to the board.

        Raises
        ------
        :exc:`board.errors.BoardError`
            If there is none.
        """
        return Link(self._open, self.clock, say or self.say)

    def _open_port(self, options):
        # One that was found may have another name when it is back.
        name = options.port or find_port()
        port = open_port(name, options.baud, rtscts=options.rtscts)
        if not options.port:
            self.say_aside(f"the board is taken to be at {name}; --port takes another")
        return port
