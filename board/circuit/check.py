"""``python -m board check``: does a circuit keep CA-033, and if not, what breaks it."""

import re

from board.circuit import judge
from board.circuit.catalogue import BUFFERS, ISOLATORS, find
from board.circuit.description import THRUS, Choices, supply_class
from board.errors import BoardError
from sim.model.current_loop import SENDERS

__all__ = ["add_arguments", "add_choices", "choices_of", "farads", "number", "ohms", "run", "sender", "volts"]

FACTORS = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "k": 1e3, "M": 1e6}


def number(text, what, units, example, prefixes=""):
    """A number above 0 with an optional unit, as it is written on a parts list.

    Raises
    ------
    :exc:`BoardError`
        If it is none, 0 or less.
    """
    prefix = f"[{prefixes}]?" if prefixes else ""
    match = re.fullmatch(rf"\s*(\d+\.?\d*|\.\d+)\s*({prefix})\s*(?:{units})?\s*", text)
    value = float(match[1]) * FACTORS[match[2]] if match else 0.0
    if not 0 < value < float("inf"):
        raise BoardError(f"{what} must be a number above 0, such as {example}, not {text.strip()!r}")
    return value


def volts(text):
    """Volts of a supply that CA-033 has."""
    value = number(text, "Supply", "V|volts?", "3.3")
    supply_class(value)
    return value


def ohms(text, what="Resistor"):
    """Ohms of ``220``, ``2.7k`` or ``33 ohm``."""
    return number(text, what, "[Oo]hms?|R|Ω", "220 or 2.7k", "kM")


def farads(text):
    """Farads of ``50p`` or ``0.1 nF``; more than 1 uF is one whose unit was left out."""
    value = number(text, "Capacitance", "F", "50p", "unp")
    if value > 1e-6:
        raise BoardError(f"Capacitance must be 1 uF at most, such as 50p, not {text.strip()!r}; name its unit")
    return value


def _pair(text, what, one):
    pieces = text.split(",")
    if len(pieces) != 2:
        raise BoardError(f"{what} must be two values with a comma between, such as {one}, not {text!r}")
    return pieces


def sender(text):
    """The current loop of ``5 V``, of ``3.3 V``, or of a supply and two resistors such as ``3.3,33,10``."""
    pieces = text.split(",")
    if len(pieces) == 3:
        return judge.loop_of(volts(pieces[0]), (ohms(pieces[1]), ohms(pieces[2])))
    if len(pieces) == 1:
        return SENDERS[f"{supply_class(volts(text)):g} V"]
    raise BoardError(f"Sender must be 3.3, 5, or a supply and two resistors such as 3.3,33,10, not {text!r}")


def add_choices(parser):
    """The options that choose a circuit."""
    parser.add_argument("--supply", default="3.3", metavar="V", help="volts of OUT's and THRU's loop: 3.3 or 5")
    parser.add_argument("--out", metavar="RA,RC", help="ohms on pins 4 and 5 (CA-033: 33,10 at 3.3 V, 220,220 at 5 V)")
    names = ", ".join(ISOLATORS)
    parser.add_argument("--in", dest="isolator", default="H11L1", metavar="ISOLATOR", help=f"at IN: {names}")
    parser.add_argument("--pull-up", metavar="R", help="ohms from IN's output to 3.3 V (default: the isolator's own)")
    names = ", ".join(BUFFERS)
    parser.add_argument("--buffer", metavar="BUFFER", help=f"at OUT and THRU: {names}")
    parser.add_argument("--invert", action="store_true", help="a buffer that turns the line over: 74LVC2G06 or BSS138")
    parser.add_argument("--pull-down", metavar="R", help="ohms from the buffer's input to ground")
    parser.add_argument("--thru", default="fpga", metavar="FROM", help=f"where THRU copies from: {', '.join(THRUS)}")


def choices_of(args):
    """The :class:`Choices` that options name."""
    name = args.buffer or ("74LVC2G06" if args.invert else "74LVC2G07")
    buffer = find(BUFFERS, name, "Buffer")
    if args.invert and not buffer.inverts:
        raise BoardError(f"With --invert the buffer must be one that inverts, such as 74LVC2G06, not {buffer.name}")
    if buffer.inverts and not args.invert:
        raise BoardError(f"{buffer.name} inverts: say so with --invert, and build with --invert midi_out,midi_thru")
    out = None
    if args.out is not None:
        out = tuple(ohms(piece) for piece in _pair(args.out, "Out", "33,10"))
    return Choices(
        isolator=find(ISOLATORS, args.isolator, "Isolator"),
        supply=volts(args.supply),
        out=out,
        pull_up=None if args.pull_up is None else ohms(args.pull_up, "Pull-up"),
        buffer=buffer,
        pull_down=None if args.pull_down is None else ohms(args.pull_down, "Pull-down"),
        thru=args.thru,
    )


def add_arguments(parser):
    """The options of ``check``."""
    add_choices(parser)
    text = "what drives IN: 3.3, 5, or V,RA,RC; may be given again (default: CA-033's two)"
    parser.add_argument("--sender", action="append", default=[], metavar="SENDER", help=text)
    parser.add_argument(
        "--rating", metavar="W,W", help="watts of RA and RC (CA-033: 0.5,0.25 at 3.3 V, 0.25,0.25 at 5)"
    )
    parser.add_argument("--capacitance", default="50p", metavar="F", help="farads at IN's output (default: 50p)")


def run(args):
    """Print what flows and what breaks CA-033; 0 if nothing does, 1 if something does."""
    choices = choices_of(args)
    ratings = None
    if args.rating is not None:
        ratings = tuple(number(each, "Rating", "W", "0.5") for each in _pair(args.rating, "Rating", "0.5,0.25"))
    capacitance = farads(args.capacitance)
    findings = judge.judge(choices, [sender(text) for text in args.sender], ratings, capacitance)
    source, sink = choices.resistors
    print(
        f"OUT: {choices.supply:g} V, {source:g} ohm on pin 4, {sink:g} ohm on pin 5, {choices.buffer.name}. "
        f"IN: {choices.isolator.name}, "
        + (f"{choices.pulled_up:g} ohm to 3.3 V." if choices.pulled_up else "no pull-up.")
    )
    rows = [("", "least", "typical", "most"), *judge.figures(choices, capacitance)]
    widths = [max(len(row[n]) for row in rows) for n in range(4)]
    print()
    for what, *values in rows:
        line = "  ".join([what.ljust(widths[0]), *(value.rjust(widths[n + 1]) for n, value in enumerate(values))])
        print(line.rstrip())
    print()
    for finding in findings:
        word = {True: "holds", False: "BREAKS", None: "note"}[finding.holds]
        print(f"{word:7}{finding.text}{f' [{finding.clause}]' if finding.clause else ''}")
    broken = sum(finding.holds is False for finding in findings)
    print()
    print("CA-033 holds." if not broken else f"It breaks in {broken} place{'s' * (broken > 1)}: see above.")
    return 1 if broken else 0
