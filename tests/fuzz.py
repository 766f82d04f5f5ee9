"""Lines that nobody thought of, through models and hardware in lock-step: ``python -m tests.fuzz --bytes 200000``.

Rough lines (:mod:`tests.rough_line`) go through each target, and what the hardware does must be what its model says, to
the clock. What fails is cut down to the shortest line that still does, printed, and kept in ``tests/vectors/fuzz``,
where ``tests/test_fuzz.py`` finds it: from then on it is a test. ``--models N`` sends N bytes through the models alone:
against a second parser, written another way, and through encoder and parser one behind the other.

Exit status: 0; 1 if anything differed; 2 if the call is wrong or no simulator is there; 130 after Ctrl-C.
"""

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import cpu_count, get_context
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from board.designs.interface import Interface
from board.top import AtPins
from hdl.port import PacketPort
from hdl.thru import RetimedThru, StoredThru
from sim.bench.run import Build, Design, SimulatorError, choose
from sim.bench.simulators import ROOT
from sim.bench.trace import Stimulus
from sim.model.edges import BAUD
from sim.model.encoder import Encoder
from sim.model.parser import Parser
from tests import bench_interface, bench_port, bench_thru
from tests.command_line import ArgumentParser, count
from tests.naive_parser import naive_parser
from tests.random_midi import random_stream
from tests.rough_line import edges, pieces_of, random_pieces, shrink

__all__ = ["KEPT", "TARGETS", "Found", "differences", "keep", "kept", "main", "models", "one"]

BIT = 1 / BAUD

CLK_FREQ = 500e3
"""Frequency of the clock, in Hz: 16 clocks to a bit, so that many bytes are simulated in a second."""

MODELS = 50
"""Bytes that go through the models for each one through the hardware, unless another number is asked for."""

KEPT = ROOT / "tests/vectors/fuzz"
"""Where lines that failed once are kept."""

CHUNK = 400
"""Bytes of a line: each begins at reset."""

BATCH = 5
"""Lines of one run of the simulator."""


class Target(NamedTuple):
    """A design, how rough lines become its stimulus, and the check of what it did."""

    component: Callable
    stimulus: Callable
    checker: Callable
    joins: dict = {}  # noqa: RUF012 -- never changed.
    lines: int = 1


PARAMETERS = {"depth": 16, "repeat": 0.01}


def _packet_port(make=PacketPort):
    return make(CLK_FREQ, BAUD, **PARAMETERS)


def _port_stimulus(lines):
    [(line, over)] = lines
    return Stimulus(over + 800 * BIT, {"midi_in": line})


def _thru(kind, make):
    def stimulus(lines):
        [(line, over)] = lines
        return Stimulus(over + 32 * BIT, {"level_in": line})

    return Target(
        lambda make=make: make(CLK_FREQ, BAUD),
        stimulus,
        lambda given, clock: bench_thru.checker(given, clock, kind, None, None),
    )


def _interface(make=Interface):
    return AtPins(make(CLK_FREQ, **bench_interface.SLOW.parameters))


def _interface_stimulus(lines):
    (line, over), (host, host_over) = lines
    # The host's line is twice as fast.
    host = [(time / 2, level) for time, level in host]
    until = max(over + 300 * BIT, host_over / 2 + 10 * BIT * bench_interface.SLOW.parameters["depth"] + 300 * BIT)
    return Stimulus(until, {"midi_in": line, "host_rx": host})


TARGETS = {
    "packet_port": Target(
        _packet_port,
        _port_stimulus,
        lambda given, clock: bench_port.packet_checker(given, clock, PARAMETERS),
        {"packets_out": "packets_in"},
    ),
    "retimed_thru": _thru("retimed", RetimedThru),
    "stored_thru": _thru("stored", StoredThru),
    "interface": Target(
        _interface,
        _interface_stimulus,
        lambda given, clock: bench_interface.checker(given, clock, bench_interface.SLOW.parameters),
        lines=2,
    ),
}
"""What is fuzzed, by name."""


class Found(NamedTuple):
    """A difference: the target, the pieces of each of its lines, and what was wrong."""

    target: str
    lines: list
    text: str


@cache
def _design(target, make):
    component = TARGETS[target].component
    return Design.of(component(make) if make else component(), CLK_FREQ, joins=TARGETS[target].joins)


def differences(target, cases, simulator="auto", make=None):
    """For each case, the pieces of each line, what the hardware did wrong in words, or ``None``.

    ``make`` is a class to take the place of the target's own, such as one with a planted bug.
    """
    design = _design(target, make)
    given = [TARGETS[target].stimulus([edges(line) for line in lines]) for lines in cases]
    seconds = sum(stimulus.until for stimulus in given)
    count = sum(len(line) for stimulus in given for line in stimulus.levels.values())
    traces = Build(design, choose(simulator, design, seconds * CLK_FREQ, count)).run(given)
    found = []
    for stimulus, trace in zip(given, traces, strict=True):
        try:
            TARGETS[target].checker(stimulus, design.clock)(trace)
            found.append(None)
        except AssertionError as difference:
            found.append(str(difference))
    return found


def one(target, seed, simulator="auto", make=None):
    """Fuzz a target with lines that follow from a seed: bytes that went through it, and a :class:`Found` or ``None``.

    Of several lines that fail the first is cut down.
    """
    rng = random.Random(seed)
    cases = [[random_pieces(rng, CHUNK) for _ in range(TARGETS[target].lines)] for _ in range(BATCH)]
    count = sum(pieces_of(line) for lines in cases for line in lines)
    wrong = differences(target, cases, simulator, make)
    failing = next((lines for lines, text in zip(cases, wrong, strict=True) if text), None)
    if failing is None:
        return count, None
    for number in range(len(failing)):

        def fails(candidates, number=number, lines=failing):
            whole = [[*lines[:number], candidate, *lines[number + 1 :]] for candidate in candidates]
            return [text is not None for text in differences(target, whole, simulator, make)]

        # A line that has no part in it is left empty.
        failing = [*failing[:number], [] if fails([[]])[0] else shrink(failing[number], fails), *failing[number + 1 :]]
    [text] = differences(target, [failing], simulator, make)
    return count, Found(target, failing, text)


def keep(found, folder=KEPT):
    """Write a line that failed to a file from which it is a test; returns its path."""
    text = json.dumps({"target": found.target, "was": found.text, "lines": found.lines}, indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.target}-{hashlib.sha256(json.dumps(found.lines).encode()).hexdigest()[:8]}.json"
    path.write_text(text + "\n", encoding="utf-8")
    return path


def kept(folder=KEPT):
    """Target and lines of each case that was kept, by name."""
    return {
        path.stem: (case["target"], case["lines"])
        for path in sorted(folder.glob("*.json"))
        for case in [json.loads(path.read_text(encoding="utf-8"))]
    }


def models(seed, count):
    """Send about ``count`` bytes through the models of parser and encoder: how many they were, and what differed."""
    rng = random.Random(seed)
    stream = random_stream(rng, count)
    live, packets = Parser(), []
    for place, byte in enumerate(stream):
        packets += [(place, packet) for packet in (live.lose() if byte is None else live.step(byte))]
    found = [(place, packet.code, packet.data, packet.cut) for place, packet in packets]
    for one, other in zip(found, naive_parser(stream), strict=False):
        if one != other:
            return len(stream), f"Packet must be {other}, not {one}, in the stream of seed {seed}"
    if len(found) != len(naive_parser(stream)):
        return len(
            stream
        ), f"Packets must be {len(naive_parser(stream))}, not {len(found)}, in the stream of seed {seed}"
    encoder, back = Encoder(), Parser()
    for _, packet in packets:
        again = [other for byte in encoder.step(packet) for other in back.step(byte)]
        if again != [packet._replace(cut=False)]:
            return len(stream), f"Sent and read again {packet} must be the same, not {again}, in that of seed {seed}"
    return len(stream), None


def _campaign(work, total, jobs, advance):
    """Run ``(function, arguments)`` in processes until ``total`` bytes are through; yields what each found."""
    done = 0
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = []
        try:
            while done < total or waiting:
                while done < total and len(waiting) < jobs + 1:
                    function, arguments = next(work)
                    waiting.append(pool.submit(function, *arguments))
                count, found = waiting.pop(0).result()
                done += count
                advance(count)
                yield count, found
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def main(arguments=None):
    """The command line; returns the exit status."""
    parser = ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bytes", type=_count, default=200_000, metavar="N", help="through the hardware; default: 200000"
    )
    parser.add_argument(
        "--models", type=_count, metavar="N", help=f"through the models; default: {MODELS} times as many"
    )
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other lines; default: 1")
    parser.add_argument(
        "--jobs", type=count("Number of jobs"), default=cpu_count(), metavar="N", help="processes; default: one a core"
    )
    parser.add_argument("--simulator", default="auto", metavar="NAME", help="auto, verilator or icarus")
    parser.add_argument("--json", metavar="FILE", help="write the counts to a file")
    options = parser.parse_args(arguments)
    options.models = MODELS * options.bytes if options.models is None else options.models
    try:
        return _fuzz(options)
    except KeyboardInterrupt:
        print("stopped; what was found until then is kept", file=sys.stderr)
        return 130
    except (SimulatorError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _fuzz(options):
    targets = options.target or list(TARGETS)
    done, failed = dict.fromkeys(("models", *targets), 0), 0
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        plans = [("models", options.models, ((models, (f"{options.seed} {n}", 20_000)) for n in range(10**9)))]
        for target in targets:
            work = ((one, (target, f"{options.seed} {n}", options.simulator)) for n in range(10**9))
            plans.append((target, -(-options.bytes // len(targets)), work))
            # One process compiles it, and all others find it compiled.
            if options.bytes:
                design = _design(target, None)
                Build(design, choose(options.simulator, design, CLK_FREQ * 10, 1e5)).compile()
        for name, total, work in plans:
            task = progress.add_task(name, total=total)
            for count, found in _campaign(work, total, options.jobs, lambda n, task=task: progress.advance(task, n)):
                done[name] += count
                if found:
                    failed += 1
                    progress.console.print(f"FAILED: {name}: {_words(found)}")
    if options.json:
        Path(options.json).write_text(json.dumps({"bytes": done, "differences": failed}, indent=1), encoding="utf-8")
    table = Table(title="Bytes without a difference" if not failed else f"{failed} differences")
    table.add_column("through")
    table.add_column("bytes", justify="right")
    for name, count in done.items():
        table.add_row(name, f"{count:,}")
    Console().print(table)
    return 1 if failed else 0


def _words(found):
    if isinstance(found, str):
        return found
    return f"{found.text}\n  lines {json.dumps(found.lines)}\n  kept as {keep(found)}: a test from now on"


def _count(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
