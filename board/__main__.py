"""``python -m board``: what runs on a board, what runs beside it, and the circuit between board and cable."""

import argparse
import errno
import importlib
import os
import sys
from contextlib import suppress

from board.errors import BoardError

COMMANDS = {
    "list": ("board.listing", "the boards: clock, cells, designs that fit, where the pins are, how it is flashed"),
    "build": ("board.build", "build a design for a board"),
    "flash": ("board.flash", "build it if need be, and flash the board"),
    "host": ("board.host.command", "the computer's end: connect, record, play, monitor"),
    "check": ("board.circuit.check", "does a circuit keep to the MIDI specification?"),
    "circuit": ("board.circuit.draw", "write the circuit as netlist for ngspice, schematic and parts list"),
}
"""Module of each command, which has ``add_arguments(parser)`` and ``run(options)``, and what the command does."""

SESSIONS = {"list": "build", "build": "build -- BOARD", "flash": "flash -- BOARD", "host": "host -- COMMAND"}
"""Sessions of nox that run a command, and install all that it needs."""

PACKAGES = {"serial": "pyserial", "rtmidi": "python-rtmidi"}
"""What pip calls a package, where that is not its module's name."""

OURS = {"board", "hdl", "sim"}
"""Packages that are here or are lost: no pip brings them."""

TAKE_DESIGN = {"build", "flash"}
"""Commands whose options are also those of the design that is named."""


class ArgumentParser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        raise BoardError(f"{message}; {self.prog} --help lists what there is")


class AnyDesign(ArgumentParser):
    """Takes the options of all designs, to find out which design is named before its own options are known."""

    loose = False

    def __init__(self):
        super().__init__(prog="python -m board", add_help=False, conflict_handler="resolve")
        self.loose = True

    def add_argument_group(self, *titles, **options):
        """No group: of options that two designs have only one is wanted."""
        return self if self.loose else super().add_argument_group(*titles, **options)

    def add_argument(self, *names, **options):
        """The option, whatever its value."""
        for key in ("type", "choices"):
            options.pop(key, None)
        return super().add_argument(*names, **options)


def designated(module, arguments):
    """Name of the design among the arguments of a command that takes one."""
    parser = AnyDesign()
    module.add_arguments(parser, importlib.import_module("board.designs").DESIGNS)
    parser.add_argument("-h", "--help", action="store_true")
    try:
        # Intermixed: the design may also stand behind an option.
        return parser.parse_known_intermixed_args(arguments)[0].design
    except BoardError:
        # What is wrong is found again, and told, by the parser that knows the options.
        return "interface"


def parse(arguments):
    """The function that runs the command, and its options."""
    parser = ArgumentParser(prog="python -m board", description=__doc__.replace("`", ""))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=ArgumentParser)
    # What a command needs is imported when it is asked for: the list needs no serial port.
    asked = command_of(arguments)
    for name, (place, text) in COMMANDS.items():
        title = f"{text[0].upper()}{text[1:]}"
        command = commands.add_parser(name, help=text, description=title if title.endswith("?") else f"{title}.")
        if name == asked:
            module = importlib.import_module(place)
            words = arguments[arguments.index(name) + 1 :]
            if name not in TAKE_DESIGN:
                module.add_arguments(command)
                return module.run, command.parse_args(words)
            module.add_arguments(command, [designated(module, words)])
            return module.run, command.parse_intermixed_args(words, argparse.Namespace(words=words))
    parser.parse_args(arguments)
    raise BoardError(f"a command must be named: {', '.join(COMMANDS)}")


def command_of(arguments):
    """Name of the command among all arguments, or ``None``."""
    return next((argument for argument in arguments if not argument.startswith("-")), None)


def refused(text):
    """Say in one line why a command ends; returns the exit status."""
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return 2


def missing(module, command):
    """What to do about a module that is not installed."""
    package = PACKAGES.get(module, module.replace("_", "-"))
    if command in SESSIONS:
        return f"{package} must be installed for this; nox -s {SESSIONS[command]} installs all that is needed"
    return f"{package} must be installed for this; pip install {package}"


def failed(error):
    """What the system refused, and what to do."""
    what = error.filename or "A file or the output"
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
    hint = "; make room for it, and begin again" if full else ""
    return f"{what} could not be {'written' if full else 'read or written'}: {error.strerror or error}{hint}"


def let_go_of_output():
    """Let Python end in silence: it would try once more to write what nobody takes."""
    try:
        sys.stdout.flush()
    except OSError:
        # A test's own output has no number.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments=None):
    """The command line; returns the exit status: 2 with one line on bad input."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        run, options = parse(arguments)
        status = run(options)
        # What nobody reads is found out here, and not when Python ends.
        sys.stdout.flush()
        return status
    except BoardError as error:
        return refused(str(error))
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module in {"", *OURS}:
            raise
        return refused(missing(module, command_of(arguments)))
    except BrokenPipeError:
        # Whoever reads has seen enough.
        let_go_of_output()
        return 0
    except OSError as error:
        let_go_of_output()
        return refused(failed(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    # The table's lines are more than some terminals can write.
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
