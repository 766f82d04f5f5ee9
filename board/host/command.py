"""The computer's end of a board: ``python -m board host connect|record|play|monitor``, and ``loopback``.

The first four are for the interface design. Between computer and board run the bytes of MIDI as they are, 8N1, both
ways. The board says with a byte F4 that bytes from MIDI In were lost, and with FD that bytes from the computer were:
see :class:`board.designs.interface.Interface`. An F4 or FD that came in at MIDI In, where both are undefined, looks the
same.
"""

from board.host import connect, loopback, monitor, play, record
from board.host.host import Host
from board.host.host import add_arguments as add_common_arguments

__all__ = ["add_arguments", "run"]

COMMANDS = {"connect": connect, "record": record, "play": play, "monitor": monitor, "loopback": loopback}


def add_arguments(parser):
    """Options of the command line."""
    commands = parser.add_subparsers(dest="host_command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        of_command = commands.add_parser(
            name, help=command.HELP, description=f"{command.HELP[0].upper()}{command.HELP[1:]}."
        )
        add_common_arguments(of_command)
        command.add_arguments(of_command)


def run(options, **parts):
    """Do what is asked for; returns the exit status.

    ``parts`` are those of :class:`board.host.host.Host`.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If that cannot be done.
    """
    try:
        return COMMANDS[options.host_command].run(options, Host(options, **parts))
    except KeyboardInterrupt:
        # Asked twice, or before it began.
        return 130
