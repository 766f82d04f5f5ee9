"""What ``python -m sim`` does: play a song, or find out how far the chip can be pushed."""

import argparse
import json
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sim import play, sweep
from sim.bench.run import SimulatorError
from sim.model import chain
from sim.report import write_report
from sim.song import SongError, load, wire
from sim.terminal import console, show, song_progress
from sim.waves import write_vcd

__all__ = ["run"]

DESCRIPTION = "A song through the chip, and how far the chip can be pushed."

SONG = Path(__file__).parent / "songs" / "canon.mid"


class UsageError(Exception):
    """The command line asks for what cannot be; one line says what to do."""


def number(low, high, what):
    """Type of an option: a number from ``low`` to ``high``."""

    def parse(text):
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{what} must be a number from {low:g} to {high:g}, not {text!r}")
        return value

    return parse


class ArgumentParser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        raise UsageError(f"{message}; {self.prog} --help lists what there is")


def argument_parser():
    """The command line."""
    parser = ArgumentParser(prog="python -m sim", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    command = commands.add_parser("play", help="play a song through the chip in the simulator")
    command.add_argument(
        "file", nargs="?", type=Path, default=SONG, metavar="FILE", help=".mid, .syx or .bin; default: the canon"
    )
    command.add_argument("--json", type=Path, metavar="OUT", help="write all that came out for other programs")
    command.add_argument("--waves", type=Path, metavar="OUT", help="write waveforms, .vcd; .fst: all signals (Icarus)")
    command.add_argument(
        "--clk-freq",
        type=number(1, 1e9, "clock frequency"),
        default=play.CLK_FREQ,
        metavar="HZ",
        help="clock of the chip, 500e3 to 100e6; default: %(default)g",
    )
    command.add_argument(
        "--baud-error",
        type=number(-50, 50, "baud error"),
        default=0.0,
        metavar="PERCENT",
        help="how much too fast the sender is; default: 0",
    )
    command.add_argument(
        "--idle-limit",
        type=number(0, 1e6, "idle limit"),
        default=0.5e-3,
        metavar="SECONDS",
        help="longest gap on the wire; default: %(default)g",
    )
    command.add_argument("--simulator", choices=("auto", "icarus", "verilator"), default="auto", help="default: auto")
    command.add_argument(
        "--until", type=number(1e-6, 1e9, "end"), metavar="SECONDS", help="stop at this time of the song"
    )
    command.add_argument("--no-clock", action="store_true", help="send no MIDI clock")
    command.add_argument("--no-running-status", action="store_true", help="send every status")
    command.add_argument("--report", type=Path, metavar="OUT", help="write a page to look at, .html")
    chain.add_arguments(command)
    command = commands.add_parser("sweep", help="find out how much baud error, distortion and glitches the chip stands")
    sweep.add_arguments(command)
    return parser


@contextmanager
def written(path):
    """What can go wrong with an output file, in one line."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} must be a file that can be written: {error.strerror}") from None


def check_outputs(options):
    """Complain of output files that cannot be written before the work, and not after it."""
    for path in filter(None, (options.json, options.waves, options.report)):
        if not path.parent.is_dir():
            raise UsageError(f"{path} must be in a folder that exists; make {path.parent} first")
        if path.is_dir():
            raise UsageError(f"{path} must be a file that can be written, not a folder; add a name")
        if path.resolve() == options.file.resolve():
            raise UsageError(f"{path} must not be the song itself; choose another name for what is written")
    if options.waves and options.waves.suffix not in (".vcd", ".fst"):
        raise UsageError(f"Waves must be .vcd or .fst, not {options.waves.name!r}")
    if options.waves and options.waves.suffix == ".fst" and options.simulator == "verilator":
        raise UsageError("An .fst with all signals needs --simulator icarus, not verilator; .vcd is written by both")


def prepare(options):
    """Read the song; returns it, what is sent of it, the build that is to play it, and what the line goes through."""
    song = load(options.file)
    sent = wire(
        song,
        baud_error=options.baud_error / 100,
        idle_limit=options.idle_limit,
        clock=not options.no_clock,
        running_status=not options.no_running_status,
        until=options.until,
    )
    if not sent.bytes:
        raise UsageError(f"{options.file} has nothing to send before {options.until:g} s; choose a later --until")
    simulator = "icarus" if options.waves and options.waves.suffix == ".fst" else options.simulator
    try:
        # Parts, hops and clocks say themselves what is wrong with them.
        through = chain.from_options(options, options.clk_freq)
        return song, sent, play.build(sent, options.clk_freq, simulator, options.thru or "direct"), through
    except ValueError as error:
        raise UsageError(error) from None


def play_song(options):
    """The command ``play``; returns the exit status."""
    check_outputs(options)
    song, sent, build, through = prepare(options)
    dump = options.waves if options.waves and options.waves.suffix == ".fst" else None
    with song_progress() as progress:
        if not build.is_done:
            task = progress.add_task(f"compiling with {build.simulator.name}", total=None, position="once, then kept")
            build.compile()
            progress.remove_task(task)
        task = progress.add_task(song.name, total=sent.end, position="")
        begin = None

        def report(moment):
            nonlocal begin
            now, (done, song_time) = time.monotonic(), sent.position(moment)
            # What the simulator needs to start is no part of its speed.
            begin = begin or (now, done)
            rate = (done - begin[1]) / (now - begin[0] or 1)
            position = f"{song_time:6.1f} s of the song, {done} bytes, {rate:5.0f} bytes/s"
            progress.update(task, completed=moment, position=position)

        with written(dump) if dump else nullcontext():
            result = play.play(song, sent, build, through=through, progress=report, dump=dump)
        report(result.trace.end)

    show(result)
    if options.json:
        with written(options.json):
            options.json.write_text(json.dumps(result.as_json(), indent=1) + "\n")
        console.print(f"wrote {options.json}", markup=False)
    if options.report:
        with written(options.report):
            write_report(options.report, result)
        console.print(f"wrote {options.report}; open it in a browser", markup=False)
    if options.waves:
        if not dump:
            with written(options.waves):
                write_vcd(options.waves, result)
        console.print(f"wrote {options.waves}; open it with GTKWave or Surfer", markup=False)
    if result.interrupted:
        return 130
    return 0 if result.match else 1


def run(arguments=None):
    """The command line; returns the exit status: 0 on a match, 1 on a difference, 2 with one line on bad input."""
    try:
        options = argument_parser().parse_args(arguments)
        return sweep.run(options) if options.command == "sweep" else play_song(options)
    except (UsageError, SongError, SimulatorError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
