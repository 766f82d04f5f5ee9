"""``python -m sim``: a song through the chip."""

import argparse
import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from sim import play
from sim.bench.run import SimulatorError
from sim.song import SongError, load, wire
from sim.terminal import console, show, song_progress
from sim.waves import write_vcd

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


def argument_parser():
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sim", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    command = commands.add_parser("play", help="play a song through the chip in the simulator")
    command.add_argument("file", nargs="?", default=SONG, metavar="FILE", help=".mid, .syx or .bin; default: the canon")
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
    return parser


@contextmanager
def written(path):
    """What can go wrong with an output file, in one line."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} must be a file that can be written: {error.strerror}") from None


def play_song(options):
    """The command ``play``; returns the exit status."""
    for path in (options.json, options.waves):
        # Before the work and not after it.
        if path and not path.parent.is_dir():
            raise UsageError(f"{path} must be in a folder that exists; make {path.parent} first")
    dump = options.waves if options.waves and options.waves.suffix == ".fst" else None
    if options.waves and options.waves.suffix not in (".vcd", ".fst"):
        raise UsageError(f"Waves must be .vcd or .fst, not {options.waves.name!r}")
    if dump and options.simulator == "verilator":
        raise UsageError("An .fst with all signals needs --simulator icarus, not verilator; .vcd is written by both")

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
    build = play.build(sent, options.clk_freq, "icarus" if dump else options.simulator)
    with song_progress() as progress:
        if not build.is_done:
            task = progress.add_task(f"compiling with {build.simulator.name}", total=None, position="once, then kept")
            build.compile()
            progress.remove_task(task)
        task = progress.add_task(song.name, total=sent.end, position="")
        begin = time.monotonic()

        def report(moment):
            done, song_time = sent.position(moment)
            rate = done / (time.monotonic() - begin)
            position = f"{song_time:6.1f} s of the song, {done} bytes, {rate:5.0f} bytes/s"
            progress.update(task, completed=moment, position=position)

        result = play.play(song, sent, build, progress=report, dump=dump)
        report(result.trace.end)

    show(result)
    if options.json:
        with written(options.json):
            options.json.write_text(json.dumps(result.as_json(), indent=1) + "\n")
        console.print(f"wrote {options.json}")
    if options.waves:
        if not dump:
            with written(options.waves):
                write_vcd(options.waves, result)
        console.print(f"wrote {options.waves}; open it with GTKWave or Surfer")
    if result.interrupted:
        return 130
    return 0 if result.match else 1


def main(arguments=None):
    """The command line; returns the exit status: 0 on a match, 1 on a difference, 2 with one line on bad input."""
    options = argument_parser().parse_args(arguments)
    try:
        return play_song(options)
    except (UsageError, SongError, SimulatorError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted before anything was recorded", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
