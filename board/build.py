"""``python -m board build``: builds a design for a board, and says what came of it."""

import argparse
import inspect
import shlex
import shutil
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from board import boards, pins
from board.bitstream import KEPT, RESOURCES, Request, build
from board.designs import DESIGNS
from board.errors import BoardError

__all__ = ["add_arguments", "build_shown", "run"]


def add_arguments(parser, designs):
    """Options of ``build``, among them those of designs."""
    parser.add_argument("board", metavar="BOARD", help="which board: python -m board list")
    parser.add_argument(
        "design", nargs="?", default="interface", metavar="DESIGN", help=f"{', '.join(DESIGNS)}; default: interface"
    )
    where = parser.add_argument_group(
        "pins", "a PIN is the FPGA's (47, B4) or a connector's and its number (PMOD1A.3); default: see list"
    )
    for name in ("midi_in", "midi_out", "midi_thru", "host_rx", "host_tx", "host_cts", "host_rts", "audio"):
        where.add_argument(f"--{name.replace('_', '-')}", dest=f"pin_{name}", metavar="PIN", type=_pins(1))
    where.add_argument(
        "--out-pins", dest="pin_outs", metavar="PIN,...", type=_pins(), help="of a design's many outputs"
    )
    where.add_argument(
        "--invert", default="", metavar="LINE,...", help="lines whose pins are turned over: midi_in, midi_out, ..."
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where the search for places begins")
    parser.add_argument(
        "--clk-freq",
        metavar="HZ",
        type=_clk_freq,
        help="of the board's oscillator, if it is not the one it is sold with",
    )
    parser.add_argument("--out", metavar="DIR", help="folder for the file; default: build")
    for design in designs:
        if design in DESIGNS:
            DESIGNS[design].add_arguments(parser.add_argument_group(design, DESIGNS[design].SUMMARY))


def _pins(count=None):
    def parse(text):
        names = [name for name in text.split(",") if name.strip()]
        if not names or (count and len(names) != count):
            raise argparse.ArgumentTypeError(f"one pin must be named, not {text!r}")
        return names

    return parse


def _clk_freq(text):
    if text.lower() in ("internal", "sb_hfosc", "hfosc"):
        raise argparse.ArgumentTypeError(
            "the FPGA's own oscillator is up to 10 % off, and a clock that MIDI is divided from may be 0.5 % off; "
            "use a board's crystal"
        )
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1e3 <= value <= 1e9:
        raise argparse.ArgumentTypeError(f"clock frequency must be a number of Hz from 1e3 to 1e9, not {text!r}")
    return value


def request_of(options):
    """The :class:`board.bitstream.Request` that a command line makes."""
    given = {name.removeprefix("pin_"): value for name, value in vars(options).items() if name.startswith("pin_")}
    design = DESIGNS.get(options.design)
    keywords = inspect.signature(design).parameters.keys() - {"clk_freq"} if design else ()
    return Request(
        board=options.board,
        design=options.design,
        options={name: getattr(options, name) for name in keywords if hasattr(options, name)},
        pins={name: value for name, value in given.items() if value},
        inverted=tuple(name.strip().replace("-", "_") for name in options.invert.split(",") if name.strip()),
        seed=options.seed,
        clk_freq=options.clk_freq,
    )


@contextmanager
def _progress(title):
    """Shows what is being done; gives the function to be called with each step."""
    console = Console()
    if not console.is_terminal:
        yield lambda step: print(f"{title}: {step}", flush=True)
        return
    with console.status(title) as status:
        yield lambda step: status.update(f"{title}: {step}")


def build_shown(options):
    """Build what a command line asks for, and show what came of it; returns the file's path.

    Raises
    ------
    :exc:`board.errors.BoardError`
        Also if the design is too slow for the board's clock: such a file is not to be flashed.
    """
    wanted = request_of(options)
    with _progress(f"{options.board} {options.design}") as notify:
        built = build(wanted, notify)
    Console().print(_summary(built))
    for line in (*advice(built.plan), *lights(built.plan)):
        print(line)
    if built.too_slow:
        reached, needed = built.speeds[built.too_slow[0]]
        raise BoardError(
            f"{wanted.design} must keep up with a clock of {needed / 1e6:g} MHz and reaches {reached / 1e6:.1f} MHz; "
            f"try another --seed, or options that need less"
        )
    file = Path(options.out or KEPT) / f"{built.plan.board_key}-{wanted.design}.bin"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(built.file, file)
    except OSError as error:
        raise BoardError(f"{file} must be a file that can be written: {error.strerror}") from None
    print(f"file: {file}{', as it had been built before' if built.kept else ''}")
    return file


def _summary(built):
    """The table that a build ends in."""
    _, board = boards.find(built.plan.request.board)
    table = Table(title=f"{built.plan.request.design} on {board.title}", title_justify="left")
    table.add_column("what")
    table.add_column("how much", justify="right")
    there = {"ICESTORM_LC": board.fpga.cells, "ICESTORM_RAM": board.fpga.rams}
    for name, text in RESOURCES.items():
        share = f" of {there[name]:,} ({built.used[name] / there[name]:.0%})" if name in there else ""
        table.add_row(text, f"{built.used[name]:,}{share}")
    for reached, needed in built.speeds.values():
        table.add_row("fmax", f"{reached / 1e6:.1f} MHz for a clock of {needed / 1e6:g} MHz")
    for name, some in built.plan.where.items():
        turned = ", inverted" if name in built.plan.request.inverted else ""
        table.add_row(name.replace("_", " "), ", ".join(str(place) for place in some) + turned)
    return table


def advice(planned):
    """What whoever wires the board has to know about this build: a sentence each."""
    request = planned.request
    lines = list(boards.find(request.board)[1].notes)
    outputs = [name for name in ("midi_out", "midi_thru", "outs") if name in planned.where]
    turned = [name for name in outputs if name in request.inverted]
    straight = [name for name in outputs if name not in request.inverted]
    if straight and not pins.carries_current(pins.Phase.CONFIGURATION, inverted=False):
        lines.append(
            f"{_and(straight)}: no current in reset, nor while the FPGA configures itself and its pins are pulled up; "
            f"fit no pull-down."
        )
    if turned and pins.carries_current(pins.Phase.CONFIGURATION, inverted=True):
        lines.append(
            f"{_and(turned)}: inverted, so that a pulled-up pin is current while the FPGA configures itself: fit "
            f"{pins.PULL_DOWN / 1e3:g} kohm from each pin to ground, or {pins.PULL_DOWN_BASE / 1e3:g} kohm where that "
            f"leads to the base of a transistor."
        )
    return lines


def lights(planned):
    """What each light of the board says, a line each; and what has no light."""
    _, board = boards.find(planned.request.board)
    texts = DESIGNS[planned.request.design].LEDS
    platform = board.platform()
    for place, text in zip(pins.lights(board, platform), texts, strict=False):
        yield f"light {place}: {text}"
    for text in texts[len(board.lights) :]:
        yield f"no light is left for: {text}"


def _and(names):
    return " and ".join(name.removeprefix("midi_").upper() for name in names)


def run(options):
    """``python -m board build``; returns the exit status."""
    build_shown(options)
    print(f"next: python -m board flash {shlex.join(options.words)}")
    return 0
