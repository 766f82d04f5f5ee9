"""Draws bytes as they are on a MIDI line: ``python3 -m tests.lab.wave 90 3c 40``. It needs nothing but Python."""

import argparse
import sys

from sim.model.edges import BAUD, frame_edges
from tests.lab.drawing import ascii_only, draw

__all__ = ["main", "picture"]

MOST = 32
"""Bytes that are drawn at most."""


def picture(byte, baud=BAUD):
    """A frame as lines of text, with the time of its edges."""
    bit = 1 / baud
    edges = frame_edges(0.0, byte, bit)
    moments = ", ".join(f"{time * 1e6:.0f}" for time, _ in edges)
    return [f"{byte:02x} = {byte >> 4:04b} {byte & 15:04b}", *draw([("line", edges)], 0.0, bit),
            f"edges at {moments} us"]  # fmt: skip


def _byte(text):
    try:
        value = int(text, 16)
    except ValueError:
        value = -1
    if not 0 <= value <= 0xFF:
        raise argparse.ArgumentTypeError(f"a byte must be two hexadecimal digits, 00 to ff, not {text!r}")
    return value


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"error: {message}", file=sys.stderr)
        sys.exit(2)


def main(arguments=None):
    """Draw what the command line says; returns the exit status."""
    parser = _Parser(prog="python3 -m tests.lab.wave", description="Draws bytes as they are on a MIDI line.")
    parser.add_argument("bytes", nargs="+", metavar="BYTE", type=_byte, help="in hexadecimal, such as 90")
    parser.add_argument("--baud", type=float, default=BAUD, help="bits a second; default: 31,250")
    options = parser.parse_args(arguments)
    if not 0 < options.baud < float("inf"):
        parser.error(f"--baud must be above 0, not {options.baud:g}")
    if len(options.bytes) > MOST:
        parser.error(f"at most {MOST} bytes can be drawn, not {len(options.bytes)}")
    for byte in options.bytes:
        for line in picture(byte, options.baud):
            try:
                line.encode(sys.stdout.encoding or "ascii")
                print(line.rstrip())
            except UnicodeEncodeError:
                print(ascii_only(line).rstrip())
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
