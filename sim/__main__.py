"""``python -m sim``: a song through the chip, and how far the chip can be pushed."""

import errno
import os
import sys
from contextlib import suppress

__all__ = ["main"]

OURS = {"hdl", "sim", "board"}
"""Packages that are here or are lost: no pip brings them."""


def failed(error):
    """What the system refused, and what to do, in one line."""
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
    """The command line; returns the exit status: 0 on a match, 1 on a difference, 2 with one line on bad input."""
    try:
        # It takes a moment, in which Ctrl-C may come, and needs what may not be installed.
        from sim.command import run  # noqa: PLC0415

        status = run(arguments)
        # What cannot be written is found out here, and not when Python ends.
        sys.stdout.flush()
        return status
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in {"", *OURS}:
            raise
        print(f"error: {package} must be installed for this; nox -s simulate installs all it needs", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever reads has seen enough, but has not seen a match.
        let_go_of_output()
        return 1
    except OSError as error:
        let_go_of_output()
        print(f"error: {failed(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing more was written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    # A song's name may hold letters that the terminal does not know.
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
