"""Compiles a design with a testbench around it and runs stimuli on it. The one user of cocotb's runner."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version as version_of_package
from pathlib import Path
from types import SimpleNamespace

from cocotb_tools.runner import get_runner

from sim.bench import cache
from sim.bench.design import TOP, Design
from sim.bench.simulators import ROOT, SIMULATORS, Simulator, SimulatorError, available, version

__all__ = ["SIMULATORS", "Build", "Design", "Simulator", "SimulatorError", "available", "choose"]


def choose(name, design, clocks=1e6, edges=1e3):
    """The simulator called ``name``; for ``"auto"`` that which should be done first with so many clocks and edges.

    Raises
    ------
    :exc:`SimulatorError`
        If it cannot run here, saying what to install.
    """
    if name == "auto":
        if not (found := available()):
            icarus, verilator = (simulator.missing for simulator in SIMULATORS.values())
            raise SimulatorError(f"No simulator can run here; install {icarus}, or for Verilator {verilator}")
        return min(found.values(), key=lambda simulator: Build(design, simulator).expected_seconds(clocks, edges))
    simulator = SIMULATORS.get(name)
    if simulator is None:
        raise SimulatorError(f"Simulator must be auto, {' or '.join(SIMULATORS)}, not {name!r}")
    if simulator.missing:
        raise SimulatorError(f"Simulator {name} cannot run here; install {simulator.missing}")
    return simulator


@dataclass
class Build:
    """A design compiled for a simulator, or to be compiled: builds are kept by content.

    ``options`` are more arguments for the compiler, such as Verilator's ``--coverage-line``.
    """

    design: Design
    simulator: Simulator
    options: tuple = field(default=(), kw_only=True)

    @cached_property
    def directory(self):
        """Where it is kept."""
        content = cache.digest(self.design.intermediate, self.design.testbench, *self._tools)
        return cache.CACHE / f"{self.simulator.name}-{content}"

    @property
    def is_done(self):
        """Whether it was compiled before."""
        return self.directory.exists()

    def expected_seconds(self, clocks, edges):
        """How long a run of so many clocks and edges should take, with all that must be compiled before it."""
        simulator = self.simulator
        seconds = clocks / simulator.clocks_per_second + edges / simulator.edges_per_second
        if not self.is_done:
            seconds += simulator.build_seconds + (0 if self._runtime.exists() else simulator.first_build_seconds)
        return seconds

    def compile(self):
        """Build, unless that was done before.

        Raises
        ------
        :exc:`SimulatorError`
            If the simulator refuses the design: with its last lines, and where its log is.
        """
        if self.is_done:
            cache.used(self.directory)
            return
        # Made beside and moved at the end, so that neither an interrupted build nor two at a time leave half a one.
        with cache.folder("new-") as work:
            (work / "design.v").write_text(self.design.verilog)
            (work / "bench.v").write_text(self.design.testbench)
            _call(
                work / "build.log",
                self.simulator,
                "build",
                sources=[work / "design.v", work / "bench.v"],
                build_args=self._arguments,
                build_dir=work,
                environment=self._prepare(work),
            )
            self._tidy(work)
            # Another program may have been as far first; its build is as good.
            with suppress(OSError):
                work.rename(self.directory)

    @property
    def _arguments(self):
        if self.simulator.name == "icarus":
            return ["-g2012", *self.options]
        # Clang knows coroutines by the standard alone. Yosys' text makes Verilator warn of widths and names; none of
        # it is ours to mend.
        coroutines = "" if "clang" in version(self.simulator.compiler, "--version") else " -fcoroutines"
        # The wheel's makefile cannot use precompiled headers, which Verilator has only where it splits its output.
        whole = ["--output-split", "0"]
        # Of the runner's wish that every signal be public only the testbench's are looked at: a third of the C++.
        shallow = ["--no-public-flat-rw", "--public-depth", "1"]
        return ["--timing", "-CFLAGS", f"-std=c++20{coroutines}", "-Wno-fatal", "-O3", *whole, *shallow, *self.options]

    @property
    def _tools(self):
        """What a build depends on besides the design. It holds the path of cocotb's library, so it is of one Python."""
        tools = [self.simulator.name, version(self.simulator.program, "-V"), *self._arguments]
        if self.simulator.name == "verilator":
            tools += [version(self.simulator.compiler, "--version"), version_of_package("cocotb"), sys.prefix]
        return tools

    @property
    def _runtime(self):
        """Where the objects of Verilator's runtime are kept, which take most of a build and are the same for all."""
        return cache.CACHE / f"{self.simulator.name}-runtime-{cache.digest(*self._tools)}"

    def _prepare(self, work):
        """Give a build the runtime, if it was compiled before; returns variables for its make."""
        if self.simulator.name == "icarus":
            return {}
        cache.used(self._runtime)
        for path in self._runtime.glob("*.o"):
            copy = shutil.copy(path, work)
            # Make compiles again whatever is older than the makefile that Verilator is about to write.
            os.utime(copy, 2 * (time.time() + cache.DAY,))
        # The makefile of the wheel names the tools of the machine on which that was made.
        compiler = self.simulator.compiler
        make = f"{os.environ.get('MAKEFLAGS', '')} CXX={compiler} LINK={compiler} PYTHON3={sys.executable}"
        return {"MAKEFLAGS": make.strip()}

    def _tidy(self, work):
        """Keep the runtime for the builds to come, and remove from this one what only the compiler needed."""
        if self.simulator.name == "verilator" and not self._runtime.exists():
            with cache.folder("new-") as runtime:
                for path in work.glob("verilated*.o"):
                    shutil.copy(path, runtime)
                with suppress(OSError):
                    runtime.rename(self._runtime)
        for path in work.glob("**/*"):
            if path.suffix in (".o", ".cpp", ".gch", ".a", ".d", ".h"):
                path.unlink()

    def run(self, stimuli, *, progress=None, dump=None, coverage=None):
        """Run stimuli one after the other, each from reset; returns a :class:`Trace` for each.

        Ctrl-C, or :exc:`KeyboardInterrupt` out of ``progress``, ends the run early, and what was recorded until then
        is returned. A second one ends it at once with that exception, and so does the first if nobody watches progress.

        Parameters
        ----------
        stimuli : list of :class:`sim.bench.trace.Stimulus`
            What to do.
        progress : function
            Called several times a second with the number of the stimulus and the time it has come to, in seconds.
        dump : path
            Where to write all signals of the design; Icarus only.
        coverage : path
            Where to write Verilator's ``coverage.dat``; needs ``options`` that count something.

        Raises
        ------
        :exc:`SimulatorError`
            If the simulator or the run in it fails: with its last lines, and where its log is.
        :exc:`OSError`
            If ``dump`` or ``coverage`` cannot be written.
        """
        self.compile()
        with cache.folder("run-") as work:
            job = self._job(work, stimuli)
            (work / "job").write_bytes(pickle.dumps(job))
            _Run(self, work, job, dump).watch(progress)
            traces = _read(job.traces)
            if dump:
                shutil.move(work / "waves.fst", dump)
            if coverage:
                shutil.move(work / "coverage.dat", coverage)
        return traces

    def _job(self, work, stimuli):
        """What the simulator is told."""
        design = self.design
        return SimpleNamespace(
            clock=design.clock,
            period=2 * design.half_period,
            pins_in={name: idle for name, (_, idle) in design.pins_in.items()},
            pins_out=list(design.pins_out),
            streams_in=[name for name in design.streams_in if name not in design.joins.values()],
            streams_out=[name for name in design.streams_out if name not in design.joins],
            watched=design.watched,
            stimuli=stimuli,
            traces=work / "traces",
            progress=work / "progress",
            stop=work / "stop",
            parent=os.getpid(),
            process=work / "process",
        )


def _read(path):
    """The traces in a file."""
    traces = []
    try:
        with path.open("rb") as file:
            while file.peek(1):
                traces.append(pickle.load(file))
    except (EOFError, pickle.UnpicklingError):
        raise SimulatorError(f"What was recorded ends early in {path}; make room on its disk") from None
    return traces


class _Run:
    """A simulator at work in a thread of its own, while this one looks how far it is."""

    def __init__(self, build, work, job, dump):
        self.job = job
        self.interrupts = 0
        self.failure = None
        self.arguments = {
            "test_module": "sim.bench.inside",
            "hdl_toplevel_lang": "verilog",
            "build_dir": build.directory,
            "test_dir": work,
            "results_xml": str(work / "results.xml"),
            "extra_env": {
                "FIVEPIN_JOB": str(work / "job"),
                "PYTHONPATH": os.pathsep.join((str(ROOT), *filter(None, sys.path))),
            },
            # Without ``waves`` the runner forbids Icarus to dump anything.
            "waves": bool(dump),
            "plusargs": ["+dump"] if dump else [],
        }
        self.call = (work / "run.log", build.simulator, "test")

    def watch(self, progress):
        """Wait until it is over."""
        thread = threading.Thread(target=self._simulate)
        with self._counting():
            thread.start()
            try:
                while thread.is_alive():
                    thread.join(0.1)
                    if progress and not self.interrupts and (line := self._latest()):
                        self._tell(progress, *line)
            finally:
                # Whatever ``progress`` raised, no simulator is left behind.
                if thread.is_alive():
                    self._interrupt(kill=True)
                    thread.join()
        if self.interrupts > 1 or (self.interrupts and not progress):
            raise KeyboardInterrupt
        if self.failure:
            raise self.failure

    def _simulate(self):
        # Ctrl-C reaches every program of the terminal; this one is to be told to stop, and not to die of it.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            _call(*self.call, **self.arguments)
        except Exception as error:
            self.failure = error

    @contextmanager
    def _counting(self):
        """Count each Ctrl-C instead of raising it, wherever in the program it comes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, lambda *_: self._interrupt())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _interrupt(self, kill=False):
        self.interrupts += 1
        self.job.stop.touch()
        if kill or self.interrupts > 1:
            # There is no process yet if it was quick, and none any more if it was slow.
            with suppress(OSError, ValueError):
                os.kill(int(self.job.process.read_text()), getattr(signal, "SIGKILL", signal.SIGTERM))

    def _latest(self):
        """Number of the stimulus and the time it has come to, if that was told."""
        with suppress(OSError, ValueError, IndexError):
            number, moment = self.job.progress.read_text().splitlines()[-1].split()
            return int(number), float(moment)
        return None

    def _tell(self, progress, number, moment):
        try:
            progress(number, moment)
        except KeyboardInterrupt:
            self._interrupt()


def _call(log, simulator, step, environment=None, **arguments):
    """Call the runner; what it prints goes to ``log``, and a failure becomes one error with the last lines."""
    folders = (Path(simulator.program).parent, os.environ["PATH"])
    changed = (environment or {}) | {"PATH": os.pathsep.join(map(str, folders))}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        runner = get_runner(simulator.name)
        getattr(runner, step)(hdl_toplevel=TOP, timescale=("1ps", "1ps"), log_file=log, **arguments)
        failed = step == "test" and "<failure" in Path(arguments["results_xml"]).read_text()
    except (SystemExit, RuntimeError, OSError, subprocess.CalledProcessError):
        failed = True
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
    if failed:
        text = log.read_text(errors="replace") if log.exists() else ""
        last = "\n".join(text.rstrip().splitlines()[-15:])
        raise SimulatorError(f"{simulator.name} failed at {step}; the whole log is in {log}; its last lines:\n{last}")
