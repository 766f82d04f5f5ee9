"""What is flashed is what was tested: benches on netlists, on placed designs, and on the bitstream."""

from dataclasses import replace
from functools import cache

import pytest

from board import bitstream
from board.designs import DESIGNS
from board.designs.interface import Interface
from board.errors import BoardError
from board.top import AtPins
from hdl.port import Port
from hdl.transmitter import Transmitter
from sim.bench.run import SIMULATORS, Build, Design
from sim.bench.trace import Stimulus
from tests import bench_interface, gate_netlist
from tests.conftest import planted
from tests.gate_board import board_bench
from tests.gate_level import BOARD, at_gates, main, of_board, simulator
from tests.gate_level import DESIGNS as GATES

SIMULATOR = simulator()

# The long cases of each bench are run by ``python -m tests.gate_level``.
CASES = {
    "port": ("bytes one by one", "a glitch, a break and a bad stop bit", "a line of noise, number 0"),
    "packet_port": ("a SysEx that a framing error cuts off", "a note that a break cuts off", "messages with pauses"),
    "interface": ("both ways at once", "a bad stop bit and breaks are told where they were"),
}
ON_BOARD = "a bad stop bit and breaks are told where they were"


def needs(level):
    """Skip where a tool is missing, and say which."""
    if lacking := gate_netlist.missing(level):
        pytest.skip(f"not installed: {lacking}")


@cache
def gates(name, level):
    """The netlist of a design at a level."""
    if level == "placed":
        return gate_netlist.placed(gates(name, "netlist"))
    make, _ = GATES[name]
    return gate_netlist.synthesized(make())


def judged(name, text, cases=None):
    """What the bench of a design finds wrong with a text."""
    _, bench = GATES[name]
    return at_gates(bench(), text, cases or CASES[name]).failures(SIMULATOR)


@pytest.mark.parametrize("level", ["netlist", "placed"])
@pytest.mark.parametrize("name", CASES)
def test_gates_equal_model(name, level):
    needs(level)
    assert judged(name, gates(name, level).verilog()) == {}


@pytest.mark.parametrize("level", ["netlist", "placed"])
def test_one_bit_of_a_netlist_is_found(level):
    needs(level)
    netlist = gates("port", level)
    changed = netlist.with_bit_changed(netlist.driver("midi_out"))
    assert judged("port", changed.verilog(), ["bytes one by one"])


@pytest.mark.parametrize("level", ["netlist", "placed"])
def test_planted_bug_is_found_in_the_netlist(level):
    needs(level)
    broken = planted(Port, "self.break_.eq(receiver.break_)", "self.break_.eq(receiver.framing_error)")
    netlist = gate_netlist.synthesized(broken(500e3))
    netlist = gate_netlist.placed(netlist) if level == "placed" else netlist
    assert judged("port", netlist.verilog(), ["a glitch, a break and a bad stop bit"])


@pytest.mark.parametrize("level", ["placed", "bitstream"])
def test_what_is_flashed_equals_model(level):
    needs(level)
    assert board_bench(*of_board(BOARD, level), ON_BOARD).failures(SIMULATOR) == {}


def test_one_bit_of_a_bitstream_is_found():
    needs("bitstream")
    built = bitstream.build(BOARD)
    netlist = gate_netlist.placed_for_board(built)
    place = netlist.module["cells"][netlist.driver("midi_0__out__io")]["attributes"]["NEXTPNR_BEL"]
    changed = gate_netlist.of_bitstream(built, lambda unpacked: gate_netlist.lut_bit_changed(unpacked, place))
    assert board_bench(built, changed, ON_BOARD).failures(SIMULATOR)


def test_planted_bug_is_found_in_the_bitstream(monkeypatch):
    needs("bitstream")
    monkeypatch.setitem(DESIGNS, "interface", planted(Interface, *bench_interface.PLANTED["says it a byte late"][:2]))
    built = bitstream.build(BOARD)
    assert board_bench(built, gate_netlist.of_bitstream(built), ON_BOARD).failures(SIMULATOR)


def at_power_up(component, lines):
    """Whether each of these lines is idle from the first instant on: without a reset, in reset, and behind it."""
    design = Design.of(component, 500e3)
    inputs = {name: idle for name, (_, idle) in design.pins_in.items()}
    inputs |= {f"{name}__valid": 0 for name in design.streams_in} | {f"{name}__ready": 1 for name in design.streams_out}
    joins = [f".{name}(1'd{idle})" for name, idle in inputs.items()] + [f".{name}({name})" for name in lines]
    active = " | ".join(f"{name} !== 1'd{design.pins_out[name][1]}" for name in lines)
    wrapper = f"""
module dut(input clk, input rst, output reg [0:0] active);
  initial active = 0;
  reg [7:0] clocks = 0;
  wire {", ".join(lines)};
  inner inner(.clk(clk), .rst(clocks >= 40 && clocks < 80), {", ".join(joins)});
  always @(posedge clk) begin
    if (clocks != 255) clocks <= clocks + 1;
    if ({active}) active <= 1;
  end
endmodule
"""
    text = gate_netlist.synthesized(component).verilog("inner") + wrapper
    design = replace(design, pins_in={}, pins_out={"active": (1, 0)}, streams_in={}, streams_out={}, text=text)
    (trace,) = Build(design, SIMULATORS[SIMULATOR]).run([Stimulus(300 / 500e3)])
    return trace.levels["active"] == [(0.0, 0)]


@pytest.mark.parametrize("inverted", [(), ("midi_in", "midi_out", "midi_thru", "host_rx", "host_tx")])
def test_lines_are_idle_from_power_up_on(inverted):
    needs("netlist")
    interface = AtPins(Interface(500e3, **bench_interface.SLOW.parameters), inverted)
    assert at_power_up(interface, ("midi_out", "midi_thru", "host_tx"))


def test_a_line_that_is_not_idle_at_power_up_is_found():
    needs("netlist")
    broken = planted(Transmitter, "mark = Signal(9)", "mark = Signal(9, init=1)")
    assert not at_power_up(broken(500e3), ("level",))


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(gate_netlist.shutil, "which", lambda name: None)
    assert "icebox_vlog (apt install fpga-icestorm)" in gate_netlist.missing("bitstream")


def test_a_design_that_is_none_is_refused(capsys):
    assert main(["synthesizer"]) == 2
    assert "Design must be one of port, packet_port" in capsys.readouterr().err


def test_a_netlist_that_ends_early_is_told_in_one_line(tmp_path):
    (tmp_path / "top.json").write_text('{"modules": {"top": ')
    with pytest.raises(BoardError, match=r"The netlist ends early in .*; make room on its disk"):
        gate_netlist.Netlist.read(tmp_path / "top.json")
