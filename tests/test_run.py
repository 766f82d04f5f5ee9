"""Builds are made once and kept; runs are stopped and fail without leaving anything behind."""

import os
import shutil
import signal
import threading
import time

import pytest

from hdl.line import LineInput
from sim.bench import cache, run
from sim.bench.run import SIMULATORS, Build, Design, SimulatorError
from sim.bench.trace import Stimulus

EVERYBODY = cache.CACHE
"""The cache as it is outside of these tests: what is compiled there need not be the next time."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setattr(cache, "CACHE", tmp_path / "build")
    return tmp_path / "build"


@pytest.fixture
def built(folder, monkeypatch):
    """Compiles a design, and puts its build into the cache that was empty."""

    def make(design):
        monkeypatch.setattr(cache, "CACHE", EVERYBODY)
        build = Build(design, quick())
        build.compile()
        monkeypatch.setattr(cache, "CACHE", folder)
        shutil.copytree(build.directory, folder / build.directory.name)
        return Build(design, quick())

    return make


@pytest.fixture
def calls(monkeypatch):
    """What the runner is told to build from here on; it builds nothing."""
    told = []

    def call(log, simulator, step, *, build_dir, **options):
        told.append(simulator.name)
        for name in ("verilated.o", "verilated_vpi.o", "Vtop__ALL.o", "bench"):
            (build_dir / name).write_text(name)

    monkeypatch.setattr(run, "_call", call)
    return told


def design(glitch=0, text=None):
    """A small design: a synchronizer, or a glitch filter."""
    return Design.of(LineInput(500e3, glitch), 500e3, text=text)


def quick():
    """The simulator that is here and builds fastest."""
    return min(run.available().values(), key=lambda simulator: simulator.build_seconds)


def blink(until=1e-3):
    return Stimulus(until, {"pin": [(n * 1e-4, n % 2) for n in range(round(until * 1e4))]})


# Builds are kept by content


def test_a_second_build_of_the_same_does_nothing_and_of_another_design_it_does(folder, calls):
    build = Build(design(), quick())
    assert not build.is_done
    build.compile()
    assert build.is_done
    again = Build(design(), quick())
    assert again.directory == build.directory
    again.compile()
    assert len(calls) == 1
    other = Build(design(glitch=3e-6), quick())
    assert other.directory != build.directory
    assert not other.is_done
    other.compile()
    assert len(calls) == 2


def test_text_clock_and_tools_make_another_build(folder, monkeypatch):
    first = Build(design(), quick()).directory
    assert Build(design(text="module dut(); endmodule"), quick()).directory != first
    assert Build(Design.of(LineInput(500e3, 0), 12e6), quick()).directory != first
    monkeypatch.setattr(run, "version", lambda program, option: "a later one")
    assert Build(design(), quick()).directory != first


def test_a_run_leaves_nothing_in_the_cache_but_the_build(built, folder):
    build = built(design())
    (trace,) = build.run([blink()])
    assert trace.end == pytest.approx(1e-3)
    # What is recorded are changes: the input's as they were given, and the output's some clocks later.
    given = [(n * 1e-4, n % 2) for n in range(10)]
    assert trace.levels["pin"] == [(0.0, 1), *(pytest.approx(edge) for edge in given)]
    assert [level for _, level in trace.levels["level"]] == [1, *(level for _, level in given)]
    assert list(folder.iterdir()) == [build.directory]


def test_an_interrupted_build_leaves_nothing(folder, monkeypatch):
    def interrupted(log, *arguments, **options):
        log.write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_call", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Build(design(), quick()).compile()
    assert not list(folder.iterdir())


def test_of_two_builds_at_a_time_one_is_kept(folder, calls, monkeypatch):
    call = run._call

    def overtaken(*arguments, **options):
        monkeypatch.setattr(run, "_call", call)
        Build(design(), quick()).compile()
        call(*arguments, **options)

    monkeypatch.setattr(run, "_call", overtaken)
    Build(design(), quick()).compile()
    assert len(calls) == 2
    assert Build(design(), quick()).is_done
    assert not list(folder.glob("new-*"))


def test_what_died_at_work_and_what_nobody_used_for_long_is_cleared_away(folder):
    folder.mkdir()
    ages = {
        "run-old": 2,
        "new-old": 2,
        "run-new": 0.5,
        "icarus-old": 31,
        "verilator-old": 31,
        "icarus-new": 29,
        "mine": 99,
    }
    for name, days in ages.items():
        (folder / name).mkdir()
        os.utime(folder / name, (time.time() - days * cache.DAY,) * 2)
    with cache.folder("new-"):
        pass
    assert {path.name for path in folder.iterdir()} == {"run-new", "icarus-new", "mine"}


def test_a_cache_that_cannot_be_written_is_told_of_in_one_line(folder):
    folder.write_text("in the way")
    with pytest.raises(SimulatorError, match=r"build must be a folder that can be written, for builds: File exists$"):
        Build(design(), quick()).compile()


def test_the_first_build_with_verilator_keeps_the_runtime_of_all(folder, calls, monkeypatch):
    monkeypatch.setattr(run, "version", lambda program, option: "any")
    build = Build(design(), SIMULATORS["verilator"])
    build.compile()
    assert {path.name for path in build._runtime.iterdir()} == {"verilated.o", "verilated_vpi.o"}
    assert {path.name for path in build.directory.iterdir()} == {"bench", "bench.v", "design.v"}


@pytest.mark.skipif(bool(SIMULATORS["verilator"].missing), reason=f"needs {SIMULATORS['verilator'].missing}")
def test_a_build_with_verilator_does_not_compile_the_runtime_again(tmp_path, monkeypatch):
    first = Build(design(), SIMULATORS["verilator"])
    first.compile()
    shutil.copytree(first._runtime, tmp_path / first._runtime.name)
    monkeypatch.setattr(cache, "CACHE", tmp_path)
    second = Build(design(), SIMULATORS["verilator"])
    second.compile()
    log = (second.directory / "build.log").read_text()
    assert "-o verilator.o" in log
    assert "-o verilated.o" not in log
    assert "-o verilated_vpi.o" not in log


# What goes wrong


def test_a_simulator_that_refuses_the_design_shows_its_last_lines_and_where_its_log_is(folder):
    with pytest.raises(SimulatorError) as refused:
        Build(design(text="module dut(input clk); this is no Verilog endmodule"), quick()).compile()
    message = str(refused.value)
    assert message.startswith(f"{quick().name} failed at build; the whole log is in {folder}")
    assert "syntax error" in message
    (log,) = folder.glob("new-*/build.log")
    assert str(log) in message
    assert not [path for path in folder.iterdir() if path.name.startswith(("icarus", "verilator"))]


def test_a_simulator_that_crashes_shows_its_last_lines_and_where_its_log_is(built, folder):
    # The design ends the simulation by itself, in the middle of the run.
    text = "module dut(input clk, rst, pin, output level); assign level = pin; always @(negedge pin) $fatal; endmodule"
    with pytest.raises(SimulatorError) as crashed:
        built(design(text=text)).run([blink()])
    message = str(crashed.value)
    assert message.startswith(f"{quick().name} failed at test; the whole log is in {folder}")
    assert 5 < len(message.splitlines()) <= 16
    (log,) = folder.glob("run-*/run.log")
    assert str(log) in message


@pytest.mark.skipif(bool(SIMULATORS["icarus"].missing), reason=f"needs {SIMULATORS['icarus'].missing}")
def test_a_signal_that_was_never_given_a_value_is_named(folder):
    text = "module dut(input clk, rst, pin, output level); reg x; assign level = pin ? 1'b1 : x; endmodule"
    with pytest.raises(SimulatorError, match="ValueError: level must be 0 or 1, not unknown; look for what was never"):
        Build(design(text=text), SIMULATORS["icarus"]).run([blink()])


# Runs that are stopped


def test_a_record_that_ends_early_is_told_in_one_line(built, folder, monkeypatch):
    read = run._read

    def cut(path):
        os.truncate(path, path.stat().st_size // 2)
        return read(path)

    monkeypatch.setattr(run, "_read", cut)
    with pytest.raises(SimulatorError, match=r"What was recorded ends early in .*; make room on its disk"):
        built(design()).run([blink(until=1e-3)])


def test_ctrl_c_keeps_what_was_recorded_until_then(built, folder):
    stopped = []

    def progress(number, moment):
        if moment > 0.01 and not stopped:
            stopped.append(moment)
            os.kill(os.getpid(), signal.SIGINT)

    (trace,) = built(design()).run([blink(until=60.0)], progress=progress)
    assert stopped[0] <= trace.end < 60.0
    assert trace.levels["pin"][-1][0] <= trace.end
    assert len(trace.levels["level"]) > stopped[0] * 1e4 - 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_by_who_watches_ends_the_run_behind_the_stimuli_that_are_done(built, folder):
    def progress(number, moment):
        if number == 1:
            raise KeyboardInterrupt

    first, second = built(design()).run([blink(0.2), blink(60.0), blink(0.2)], progress=progress)
    assert first.end == pytest.approx(0.2)
    assert second.end < 60.0


def test_a_second_ctrl_c_ends_a_simulator_that_does_not_listen(built, folder):
    # Time stands still in this design, so that nobody inside the simulator ever looks whether to stop. A loop that
    # changes nothing a compiler may leave out.
    text = """
        module dut(input clk, rst, pin, output level);
            reg go = 0;
            assign level = go;
            always @(posedge pin) while (1) go = ~go;
        endmodule
    """
    build, over, had_to_be_ended = built(design(text=text)), threading.Event(), []

    def interrupt():
        while not (files := list(folder.glob("run-*/process"))):
            time.sleep(0.1)
        process = int(files[0].read_text())
        for _ in range(2):
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGINT)
        if not over.wait(30):
            had_to_be_ended.append(process)
            os.kill(process, signal.SIGKILL)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        build.run([blink()], progress=lambda number, moment: None)
    over.set()
    thread.join()
    assert not had_to_be_ended
    assert not list(folder.glob("run-*"))


def test_ctrl_c_ends_a_run_that_nobody_watches_with_that_exception(built, folder):
    def interrupt():
        while not list(folder.glob("run-*/progress")):
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        built(design()).run([blink(60.0)])
    thread.join()
    assert not list(folder.glob("run-*"))


def test_whatever_else_who_watches_raises_comes_out_and_leaves_no_simulator(built, folder):
    def progress(number, moment):
        raise LookupError("of its own")

    before = set(threading.enumerate())
    with pytest.raises(LookupError, match="of its own"):
        built(design()).run([blink(60.0)], progress=progress)
    assert set(threading.enumerate()) <= before
    assert not list(folder.glob("run-*"))


def test_a_run_leaves_the_environment_as_it_was(built, monkeypatch):
    monkeypatch.delenv("MAKEFLAGS", raising=False)
    before = dict(os.environ)
    built(design()).run([blink()])
    assert dict(os.environ) == before
