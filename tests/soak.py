"""The interface for a long time, on both sides at once: ``python -m tests.soak --bytes 100000``.

At a slow clock, bytes come from MIDI In at full rate from senders up to 1 % fast or slow, while the host sends bursts
to MIDI Out, never more than finds room, and stops taking bytes at random: most stalls fit into the FIFO, some do not.
What the hardware does must be what the model says, to the clock; all that the host sent must go out; and to the host
nothing may be missing but where a mark says so.

Exit status: 0; 1 if anything differs; 2 if the call is wrong or no simulator is there; 130 after Ctrl-C.
"""

import random
import sys
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from board.designs.interface import Interface
from board.top import AtPins
from sim.bench.run import Build, Design, SimulatorError, choose
from sim.bench.trace import Difference, Stimulus
from sim.model.edges import BAUD, frame_edges, frames
from sim.model.interface import LOST_FROM_MIDI, interface
from tests import bench_interface
from tests.command_line import ArgumentParser, count

__all__ = ["Soaked", "explain", "main", "soak", "stimulus"]

BIT = 1 / BAUD

CLK_FREQ = 500e3
"""Frequency of the clock, in Hz: 16 clocks to a bit of MIDI, 8 to one of the host's."""

PARAMETERS = {"host_baud": 62_500, "depth": 256, "blink": 0.001}

HOST_BIT = 1 / PARAMETERS["host_baud"]

FULL = PARAMETERS["depth"] * 10 * BIT
"""Seconds at full rate after which a host that takes nothing has lost a byte."""


class Soaked(NamedTuple):
    """What came of a run: bytes sent each way, the host's stalls, bytes lost by them, and marks of that."""

    from_midi: int
    from_host: int
    stalls: int
    lost: int
    marks: int


def stimulus(count, seed):
    """``count`` bytes each way: the stimulus, and the bytes from MIDI In and from the host."""
    rng = random.Random(seed)
    # Without the mark itself, so that each that comes is one.
    from_midi = bytes(rng.choices([byte for byte in range(256) if byte != LOST_FROM_MIDI], k=count))
    midi_in, over = _senders(rng, from_midi)
    from_host = rng.randbytes(count)
    host_rx, sent = _bursts(rng, from_host)
    host_cts = _stalls(rng, over)
    # The host takes twice as much as comes in, and MIDI Out needs ten bits for each byte that waits.
    until = max(over + 2 * FULL, sent + FULL) + 100 * BIT
    return Stimulus(until, {"midi_in": midi_in, "host_rx": host_rx, "host_cts": host_cts}), from_midi, from_host


def _senders(rng, data):
    edges, time, bit = [], BIT, BIT
    for byte in data:
        if rng.random() < 0.01:
            time += rng.uniform(0, 100 * BIT)
            bit = BIT / (1 + rng.uniform(-0.01, 0.01))
        edges += frame_edges(time, byte, bit)
        time += 10 * bit
    return edges, time


def _bursts(rng, data):
    """As a host does that reckons how full the FIFO is: it never sends more than MIDI Out will have made room for."""
    edges, time, waiting = [], BIT, 0.0
    rest = list(data)
    while rest:
        burst = rest[: rng.randrange(1, PARAMETERS["depth"])]
        del rest[: len(burst)]
        # Until there is room for all of it, at the rate of MIDI Out.
        pause = max(waiting + len(burst) - PARAMETERS["depth"], 0) * 10 * BIT + rng.uniform(0, 100 * BIT)
        time += pause
        waiting = max(waiting - pause / (10 * BIT), 0.0)
        for byte in burst:
            edges += frame_edges(time, byte, HOST_BIT)
            time += 10 * HOST_BIT
        waiting += len(burst) * (1 - HOST_BIT / BIT)
    return edges, time


def _stalls(rng, until):
    edges, time = [], rng.uniform(0, FULL)
    while time < until - FULL:
        # One in ten is longer than the FIFO can bear.
        length = rng.uniform(1.1, 1.5) * FULL if rng.random() < 0.1 else rng.uniform(0, 0.3) * FULL
        edges += [(time, 0), (time + length, 1)]
        time += length + rng.uniform(0, 2) * FULL
    return edges


def soak(count, seed=1, simulator="auto", progress=None, component=Interface):
    """Send ``count`` bytes each way through a design; returns :class:`Soaked`.

    Raises
    ------
    :exc:`sim.bench.trace.Difference`
        If the hardware did other than the model, or lost anything without saying so.
    :exc:`sim.bench.run.SimulatorError`
        If it cannot be simulated here.
    """
    given, from_midi, from_host = stimulus(count, seed)
    design = Design.of(AtPins(component(CLK_FREQ, **PARAMETERS)), CLK_FREQ)
    clocks, edges = given.until * CLK_FREQ, sum(map(len, given.levels.values()))
    build = Build(design, choose(simulator, design, clocks, edges))
    [trace] = build.run([given], progress=progress and (lambda _, time: progress(time / given.until)))
    if trace.end < given.until - BIT:
        raise KeyboardInterrupt
    bench_interface.checker(given, design.clock, PARAMETERS)(trace)

    sent = bytes(frame.byte for frame in frames(trace.line("midi_out")))
    if sent != from_host:
        raise Difference(f"All {count} bytes from the host must go out in their order; {len(sent)} went out otherwise")
    heard = bytes(frame.byte for frame in frames(trace.line("host_tx"), PARAMETERS["host_baud"]))
    lost, marks = explain(from_midi, heard)
    model = interface(given.levels["midi_in"], (), design.clock, host_cts=given.levels["host_cts"], **PARAMETERS)
    if lost != len(model.lost_from_midi):
        raise Difference(f"The host must miss {len(model.lost_from_midi)} bytes, not {lost}")
    return Soaked(count, count, len(given.levels["host_cts"]) // 2, lost, marks)


def explain(sent, heard):
    """How many bytes are missing among those heard, and how many marks say so.

    Raises
    ------
    :exc:`sim.bench.trace.Difference`
        If a byte is missing, added or changed where there is no mark.
    """
    first, *runs = heard.split(bytes([LOST_FROM_MIDI]))
    if not sent.startswith(first):
        raise Difference(f"The first {len(first)} bytes must be heard as they were sent")
    at = len(first)
    for run in runs:
        # Behind a mark at least one is missing; behind the last one that may be all.
        found = sent.find(run, at + 1) if run else len(sent)
        if found <= at:
            raise Difference(f"{len(run)} bytes behind a mark must be heard as they were sent, behind byte {at}")
        at = found + len(run)
    if at != len(sent):
        raise Difference(f"All that is missing must have a mark, not bytes {at} to {len(sent)} at the end")
    return len(sent) - (len(heard) - len(runs)), len(runs)


def table(done):
    """What came of it, for people."""
    table = Table(title="The interface, both ways at once")
    for title in ("from MIDI In", "from the host", "stalls of the host", "lost by them", "marks"):
        table.add_column(title, justify="right")
    table.add_row(*(f"{number:,}" for number in done))
    return table


def main(arguments=None):
    """The command line; returns the exit status."""
    parser = ArgumentParser(prog="python -m tests.soak", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bytes", type=count("Number of bytes"), default=2000, metavar="N", help="each way; default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another run; default: %(default)s")
    parser.add_argument("--simulator", default="auto", metavar="NAME", help="auto, verilator or icarus")
    options = parser.parse_args(arguments)
    try:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("soaking", total=1.0)
            done = soak(
                options.bytes, options.seed, options.simulator, lambda part: progress.update(task, completed=part)
            )
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except SimulatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except Difference as difference:
        print(f"FAILED: {difference}", file=sys.stderr)
        return 1
    Console().print(table(done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
