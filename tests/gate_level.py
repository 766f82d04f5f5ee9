# amaranth: UnusedElaboratable=no
"""Benches on what the tools made of a design: what is flashed is what was tested.

``python -m tests.gate_level`` runs all cases of the benches of port, packet port and interface on the netlist after
synthesis and on the placed and routed design, and those of the interface also on what a board is flashed with: as it
was placed and routed for it, and as its bitstream reads. Exit status: 0; 1 if a design differs from its model; 2 if the
call is wrong or a tool is missing or fails; 130 after Ctrl-C.
"""

import sys
import time
from dataclasses import replace

from board import bitstream
from board.designs.interface import Interface
from board.errors import BoardError
from board.top import AtPins
from hdl.port import PacketPort, Port
from sim.bench.bench import Bench
from sim.bench.run import SIMULATORS, SimulatorError
from tests import bench_interface, bench_port
from tests.command_line import ArgumentParser
from tests.gate_board import board_bench
from tests.gate_netlist import LEVELS, missing, of_bitstream, placed, placed_for_board, synthesized

__all__ = ["BOARD", "BOARDS", "DESIGNS", "at_gates", "benches", "main", "of_board", "simulator"]


def simulator():
    """The one to take: Icarus compiles a netlist at once; for Verilator it is seconds of C++."""
    return "verilator" if SIMULATORS["icarus"].missing else "icarus"


def at_gates(bench, text, names=None):
    """A bench for a text in the place of its design; of its cases all, or those that are named."""
    cases = {name: bench.cases[name] for name in names or bench.cases}
    return Bench(replace(bench.design, text=text), cases)


PARAMETERS = {"depth": 16, "repeat": 0.01}
"""Of the packet port: small, so that its FIFO fills."""


def _interface(setting):
    clk_freq, inverted, parameters = setting
    return (
        lambda: AtPins(Interface(clk_freq, **parameters), inverted),
        lambda: bench_interface.bench(setting),
    )


DESIGNS = {
    "port": (lambda: Port(500e3), lambda: bench_port.bench(500e3)),
    "packet_port": (
        lambda: PacketPort(500e3, **PARAMETERS),
        lambda: bench_port.packet_bench(500e3, **PARAMETERS),
    ),
    "interface": _interface(bench_interface.SLOW),
    "interface_inverted": _interface(bench_interface.INVERTED),
}
"""For each design what makes it, and what makes its bench."""

BOARD = bitstream.Request("icebreaker", "interface")
"""What ``python -m board build icebreaker`` builds."""

BOARDS = {
    "board": BOARD,
    # Lights that go out again within a case show that not one clock is lost between power-up and the design's first.
    "board_inverted": bitstream.Request(
        "icebreaker", "interface", {"depth": 128, "blink": 0.001}, inverted=("midi_in", "midi_out", "midi_thru")
    ),
}
"""Builds for a board, of which all is judged that goes with a flashed file."""


def of_board(request, level):
    """What is built for a board, and the Verilog text of its module ``top`` at a level."""
    built = bitstream.build(request)
    return built, placed_for_board(built).verilog("top") if level == "placed" else of_bitstream(built)


def benches(name, level):
    """The benches of a design at a level, with all of their cases."""
    if name in DESIGNS:
        make, bench = DESIGNS[name]
        gates = synthesized(make())
        return [at_gates(bench(), (gates if level == "netlist" else placed(gates)).verilog())]
    built, text = of_board(BOARDS[name], level)
    setting = bench_interface.Setting(built.plan.clk_freq, (), BOARDS[name].options or {})
    return [board_bench(built, text, case) for case, _ in bench_interface.stimuli(setting)]


def _argument_parser():
    parser = ArgumentParser(prog="python -m tests.gate_level", description=__doc__.splitlines()[0])
    parser.add_argument("--simulator", choices=list(SIMULATORS), default=simulator(), help="default: %(default)s")
    parser.add_argument(
        "designs", nargs="*", metavar="DESIGN", help=f"any of {', '.join(DESIGNS | BOARDS)}; default: all of them"
    )
    return parser


def main(arguments=None):
    """The command line; returns the exit status that the module's docstring tells."""
    options = _argument_parser().parse_args(arguments)
    wrong = 0
    try:
        if unknown := [name for name in options.designs if name not in DESIGNS | BOARDS]:
            raise BoardError(f"Design must be one of {', '.join(DESIGNS | BOARDS)}, not {unknown[0]!r}")
        if lacking := missing("netlist"):
            raise BoardError(f"to be installed: {lacking}")
        if lacking := SIMULATORS[options.simulator].missing:
            raise BoardError(f"{options.simulator} cannot run here; to be installed: {lacking}")
        for name in options.designs or DESIGNS | BOARDS:
            for level in ("netlist", "placed") if name in DESIGNS else ("placed", "bitstream"):
                wrong += _judge(name, level, options.simulator)
    except (BoardError, SimulatorError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 1 if wrong else 0


def _judge(name, level, program):
    """Run the benches of a design at a level and print what came of it; returns the number of cases that differ."""
    title = f"{name}, {LEVELS[level]}"
    if lacking := missing(level):
        print(f"{title}: left out; to be installed: {lacking}", flush=True)
        return 0
    print(f"{title} ...", file=sys.stderr, flush=True)
    begin = time.monotonic()
    done = benches(name, level)
    found = {case: text for bench in done for case, text in bench.failures(program).items()}
    count = sum(len(bench.cases) for bench in done)
    verdict = f"{len(found)} of {count} cases differ" if found else f"all {count} cases as the model says"
    print(f"{title}: {verdict}; {time.monotonic() - begin:.0f} s", flush=True)
    for case, text in found.items():
        print(f"  {case}: {text}", flush=True)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
