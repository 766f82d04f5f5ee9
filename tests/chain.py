"""Instruments in a row, each with an optocoupler that distorts and a thru: how far does MIDI come?

``python -m tests.chain --bytes 10000`` sends bytes at full rate through sixteen hops of each kind of thru, as their
models have it, and prints the latency of a hop and the hop behind which the first byte is wrong; ``--simulate`` takes
the hardware in place of the models. Clocks are 1 % fast and 1 % slow by turns, and each hop makes each low 8 us longer.

Exit status: 0; 1 if the retimed thru lost anything; 2 if the call is wrong or no simulator is there; 130 after Ctrl-C.
"""

import argparse
import random
import sys
from functools import cache
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hdl import thru
from sim.bench.run import Build, Design, SimulatorError, choose
from sim.bench.trace import Stimulus
from sim.model.chain import lasting_hops
from sim.model.distortion import distort
from sim.model.edges import BAUD, Clock, frame_edges, frames
from sim.model.line import line
from sim.model.receiver import receiver
from sim.model.thru import THRUS, Thru
from tests.command_line import ArgumentParser, count

__all__ = ["Hop", "chain", "in_hardware", "in_model", "main", "rows", "send"]

BIT = 1 / BAUD

CLK_FREQ = 12e6
"""Frequency that each hop's clock should have, in Hz."""

DIVISOR = round(CLK_FREQ / BAUD)

ERROR = 0.01
"""Part by which clocks are off, this way and that; the line allows no more."""

SKEW = 8e-6
"""Seconds by which each hop's optocoupler makes each low longer."""


class Hop(NamedTuple):
    """What came of a hop: its number from 1, its output, its overruns; latencies in seconds, of the bytes that it and
    all hops before it sent right; and the number of the first byte, from 0, that a receiver behind it gets wrong."""

    number: int
    level: list
    overruns: list
    latencies: list
    wrong: int | None


def send(data, error):
    """Edges of bytes back to back, from a sender whose clock is off by ``error``."""
    bit = BIT / (1 + error)
    return [edge for n, byte in enumerate(data) for edge in frame_edges((2 + 10 * n) * bit, byte, bit)]


def in_model(kind):
    """What makes an output of the edges at a hop's input and the error of its clock: the model."""

    def through(edges, error):
        clock = Clock(CLK_FREQ * (1 + error))
        return THRUS[kind](edges, clock, clock.freq / DIVISOR)

    return through


def in_hardware(kind, simulator="auto", hops=16):
    """The same in the simulator; ``hops`` tells how often, so that the right simulator is taken."""
    component = getattr(thru, f"{kind.title()}Thru")

    @cache
    def design(error):
        # Made for the right frequency, and given the wrong one.
        return Design.of(component(CLK_FREQ, BAUD), CLK_FREQ * (1 + error))

    def through(edges, error):
        stimulus = Stimulus(edges[-1][0] + 32 * BIT, {"level_in": edges})
        clocks = stimulus.until * CLK_FREQ * hops
        build = Build(design(error), choose(simulator, design(error), clocks, len(edges) * hops))
        [trace] = build.run([stimulus])
        return Thru(trace.line("level_out"), trace.pulses("overrun"))

    return through


def chain(data, through, sender_error, *, hops=16, skew=SKEW):
    """Send ``data`` at full rate through hops; yields a :class:`Hop` for each, up to the first that loses anything.

    The sender's clock is off by ``sender_error``, that of the first hop by as much the other way, and so on by turns.
    """
    edges, error = send(data, sender_error), sender_error
    for number in range(1, hops + 1):
        error = -error
        arrived = distort(edges, skew)
        edges, overruns = through(arrived, error)
        wrong = min((at for e in (-ERROR, ERROR) if (at := first_wrong(edges, e, data)) is not None), default=None)
        # Bytes are told apart by their place, and so only up to the first that is missing.
        pairs = list(zip(frames(arrived), frames(edges), strict=False))[:wrong]
        yield Hop(number, edges, overruns, [after.time - before.time for before, after in pairs], wrong)
        if wrong is not None:
            return


def first_wrong(edges, error, data):
    """Number of the first byte that a receiver whose clock is off by ``error`` does not get right, or ``None``."""
    clock = Clock(CLK_FREQ * (1 + error))
    got = [byte for _, byte in receiver(line(edges, clock), clock, clock.freq / DIVISOR).bytes]
    if got == list(data):
        return None
    return next((n for n, (a, b) in enumerate(zip(got, data, strict=False)) if a != b), min(len(got), len(data)))


def rows(count=500, *, hops=16, skew=SKEW, hop=in_model, tick=None):
    """What :func:`main` prints: for each kind of thru and each sender what came of the chain, as a :class:`dict`.

    ``tick`` is called after each hop with the number of hops that are not needed any more, 1 or more.
    """
    data = random.Random(16).randbytes(count)
    found = []
    for kind in THRUS:
        for sender_error in (ERROR, -ERROR):
            latencies, wrong, left = [], None, hops
            for step in chain(data, hop(kind), sender_error, hops=hops, skew=skew):
                latencies += step.latencies
                wrong = step.wrong
                gone = left if wrong is not None else 1
                left -= gone
                if tick:
                    tick(gone)
            found.append(
                {
                    "kind": kind,
                    "sender": sender_error,
                    "latency": (min(latencies), max(latencies)) if latencies else None,
                    "fails": None if wrong is None else step.number,
                    "byte": wrong,
                    # Of the two receivers at the end the fast one samples late bits too soon.
                    "formula": _formula(skew, ERROR - sender_error) if kind == "direct" else None,
                }
            )
    return found


def _formula(skew, rate_error):
    hops = lasting_hops(skew, rate_error)
    return None if hops is None else hops + 1


def table(found, count, hops, skew):
    """The rows as a table for people; bytes and hops count from 1, and 0.0 is added so that none is -0.0."""
    table = Table(title=f"{count} bytes at full rate, {hops} hops, lows {skew * 1e6:g} us longer at each")
    for title in ("thru", "sender", "latency, us", "fails behind hop", "at byte", "by the formula"):
        table.add_column(title, justify="left" if title == "thru" else "right")
    for row in found:
        table.add_row(
            row["kind"],
            f"{row['sender']:+.0%}",
            "{:.1f} to {:.1f}".format(*(round(time * 1e6, 1) + 0.0 for time in row["latency"]))
            if row["latency"]
            else "",
            *(("never", "") if row["fails"] is None else (str(row["fails"]), str(row["byte"] + 1))),
            "" if row["formula"] is None else str(row["formula"]),
        )
    return table


def main(arguments=None):
    """The command line; returns the exit status."""
    parser = ArgumentParser(prog="python -m tests.chain", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bytes",
        type=count("Number of bytes"),
        default=500,
        metavar="N",
        help="how many are sent; default: %(default)s",
    )
    parser.add_argument(
        "--hops", type=count("Number of hops"), default=16, metavar="N", help="thrus in a row; default: %(default)s"
    )
    parser.add_argument(
        "--skew", type=_microseconds, default=SKEW, metavar="US",
        help=f"microseconds by which each hop makes lows longer; default: {SKEW * 1e6:g}",
    )  # fmt: skip
    parser.add_argument("--simulate", action="store_true", help="the hardware in place of the models; takes minutes")
    options = parser.parse_args(arguments)

    def hop(kind):
        return in_hardware(kind, hops=options.hops) if options.simulate else in_model(kind)

    try:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("hops", total=2 * len(THRUS) * options.hops)
            found = rows(
                options.bytes, hops=options.hops, skew=options.skew, hop=hop, tick=lambda n: progress.advance(task, n)
            )
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except SimulatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    Console().print(table(found, options.bytes, options.hops, options.skew))
    return int(any(row["kind"] == "retimed" and row["fails"] for row in found))


def _microseconds(text):
    try:
        value = float(text) * 1e-6
    except ValueError:
        value = -1.0
    if not 0 <= value < BIT:
        raise argparse.ArgumentTypeError(f"must be microseconds, from 0 to less than a bit of 32, not {text!r}")
    return value


if __name__ == "__main__":
    sys.exit(main())
