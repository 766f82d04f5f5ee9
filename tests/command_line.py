"""The command line of a program of the tests: whatever is wrong with a call is one line, and exit status 2."""

import argparse

__all__ = ["ArgumentParser", "count"]


class ArgumentParser(argparse.ArgumentParser):
    """Says on standard error what is wrong, in one line, and exits with status 2."""

    def error(self, message):
        self.exit(2, f"error: {message}; {self.prog} --help lists what there is\n")


def count(what):
    """Type of an option: a whole number from 1 on. ``what`` names it in an error."""

    def parse(text):
        if not text.isdecimal() or not int(text):
            raise argparse.ArgumentTypeError(f"{what} must be a whole number from 1 on, not {text!r}")
        return int(text)

    return parse
