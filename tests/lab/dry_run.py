"""Lets a simulation stand in for a board: ``python -m tests.lab.dry_run`` prints what loopback and monitor would say.

The self-test has its cable pulled, put back, and harmed; it writes a line for every ten bytes here, not ten thousand.
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from board.designs.loopback import Loopback
from sim.bench import pysim
from sim.bench.design import Design
from sim.bench.simulators import ROOT
from sim.bench.trace import Stimulus
from sim.model.edges import Clock, frame_edges, frames
from sim.model.monitor import monitor
from tests.bench_loopback import Cable
from tests.command_line import ArgumentParser
from tests.lab.wire import BIT

__all__ = ["loopback_says", "main", "monitor_says"]

CLK_FREQ, HOST_BAUD = 500e3, 62_500

STRUCK = (0x90, 60, 21, 0x90, 60, 0, 60, 98, 0xF8, 60, 0)
"""A key softly and then hard: its second strike in running status, with a clock before its end."""


def loopback_says(progress=None, waves=None):
    """Lines of text: first with a good cable, then without one, then with one that is harmed."""
    cable = Cable(Loopback(CLK_FREQ, every=10, host_baud=HOST_BAUD, blink=0.005))
    design = Design.of(cable, CLK_FREQ)
    good, pulled, harmed, until = 0.08, 0.05, 0.06, 0.19
    stimulus = Stimulus(until, {
        "cut": [(good, 1), (good + pulled, 0)],
        "flip": [(good + pulled + harmed / 3, 1), (good + pulled + harmed / 3 + 3 * BIT, 0)],
    })  # fmt: skip
    if waves:
        pysim.run(design, [Stimulus(20e-3)], waves=waves)
    [trace] = pysim.run(design, [stimulus], progress=progress and (lambda _, time: progress(time)))
    said = frames(trace.line("host_tx"), HOST_BAUD)
    text = bytes(frame.byte for frame in said).decode("ascii", "replace")
    begun = bytes(frame.byte for frame in said if frame.time < good + 5e-3).decode("ascii", "replace").count("\n")
    lines = text.splitlines()
    return lines[:begun], [line for line in lines[begun:] if line == "no cable" or line.endswith("breaks")]


def monitor_says():
    """Lines of text, by the model of the monitor."""
    edges = [edge for n, byte in enumerate(STRUCK) for edge in frame_edges(n * 2e-3, byte, BIT)]
    heard = monitor(edges, Clock(12e6, 1e-12), len(STRUCK) * 2e-3 + 10e-3)
    return bytes(byte for _, byte in heard.text).decode().splitlines()


def main(arguments=None):
    """What the command line says; returns the exit status."""
    parser = ArgumentParser(prog="python -m tests.lab.dry_run", description=__doc__.splitlines()[0])
    parser.add_argument("--waves", type=Path, default=ROOT / "build" / "lab" / "loopback.vcd",
                        help="where the first 20 ms go, to be measured; default: build/lab/loopback.vcd")  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        options.waves.parent.mkdir(parents=True, exist_ok=True)
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("simulating", total=0.19)
            good, bad = loopback_says(lambda time: progress.update(task, completed=time), options.waves)
    except OSError as error:
        print(f"error: {error.filename} cannot be used: {error.strerror}", file=sys.stderr)
        return 2
    for title, lines in (("LOOPBACK", good), ("FAULT", bad), ("MONITOR", monitor_says())):
        print(f"{title}:", *lines, sep="\n", end="\n\n")
    print(f"Lines to measure: {options.waves}. The pins there are logic: take 3.3 V for a 1 and 0 V for a 0.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
