"""Every component becomes Verilog that compiles and says what its ports are for."""

import inspect
import re
import subprocess
import sys

import pytest

from hdl import verilog
from sim.bench.run import SIMULATORS, available
from sim.bench.simulators import ROOT

COMPONENTS = verilog.components()

# What is asked for, and what must be said of it.
BAD = {
    "": "required: COMPONENT; python -m hdl.verilog --help lists what there is",
    "piano": "invalid choice: 'piano'",
    "port": "the following arguments are required: --clk-freq",
    "port --clk-freq fast": "--clk-freq: must be a number such as 12e6, not 'fast'",
    "port --clk-freq nan": "must be a positive number of Hz, not nan",
    "port --clk-freq -1": "must be a positive number of Hz, not -1",
    "port --clk-freq 700e3": "must divide to 31250 baud within 0.5%, not 700000 Hz",
    "port --clk-freq 12e6 --thru receiver": "invalid choice: 'receiver'",
    "port --clk-freq 12e6 --name 1port": "Module name must be a Verilog identifier, not '1port'",
    "port --clk-freq 12e6 -o nowhere/port.v": "nowhere/port.v must be a file that can be written: No such file",
    "port --clk-freq 12e6 --loud": "unrecognized arguments: --loud",
}


def arguments(name):
    """What has to be said on the command line for a component."""
    needed = inspect.signature(COMPONENTS[name]).parameters.values()
    return [name, *(["--clk-freq", "12e6"] if any(p.name == "clk_freq" for p in needed) else [])]


@pytest.fixture(scope="module", params=sorted(COMPONENTS))
def written(request, tmp_path_factory):
    """Name of a component, and its Verilog as the command line wrote it to a file."""
    path = tmp_path_factory.mktemp("verilog") / f"{request.param}.v"
    assert verilog.main([*arguments(request.param), "-o", str(path)]) == 0
    return request.param, path


def ports(text, name):
    """Ports of a module."""
    return re.search(rf"^module {name}\((.*?)\);", text, re.MULTILINE | re.DOTALL)[1].replace(",", " ").split()


def comments(text):
    """What the header says of each port."""
    found, name = {}, None
    for line in text.partition("module ")[0].splitlines():
        if begins := re.match(r"// (\w+): (.*)", line):
            name, found[begins[1]] = begins[1], begins[2]
        elif name and line.startswith("//     "):
            found[name] += line.removeprefix("//    ")
        else:
            name = None
    return found


def test_every_port_is_explained_and_nothing_else_is(written):
    name, path = written
    text = path.read_text()
    explained = comments(text)
    # A stream's parts and the ports of an array are explained together.
    named = {port.partition("__")[0] for port in ports(text, name)} - {"clk", "rst"}
    assert explained.pop(name)
    assert explained.pop("clk")
    assert set(explained) == named
    for port in named:
        assert re.fullmatch(r"[A-Z][^`:]{8,}\.|[A-Z].*: .*\.", explained[port]), f"{port}: {explained[port]!r}"


def test_the_text_compiles(written, tmp_path):
    name, path = written
    if "icarus" in available():
        command = [SIMULATORS["icarus"].program, "-g2005", "-t", "null", "-s", name, str(path)]
    elif "verilator" in available():
        command = [SIMULATORS["verilator"].program, "--lint-only", "-Wno-fatal", "--top-module", name, str(path)]
    else:
        pytest.skip(f"needs {SIMULATORS['icarus'].missing}")
    compiled = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr


def test_the_text_names_no_file_of_this_machine(written):
    _, path = written
    text = path.read_text()
    assert not [place for place in (str(ROOT), sys.prefix, str(path.parent), ".py", "src =") if place in text]


def test_the_text_says_how_it_was_made_and_is_so_again(written):
    name, path = written
    first, _, rest = path.read_text().partition("\n")
    again = path.with_name("again.v")
    begin = "// Made by: python -m hdl.verilog "
    assert first.startswith(f"{begin}{name}")
    assert verilog.main([*first.removeprefix(begin).split(), "-o", str(again)]) == 0
    assert again.read_text() == f"{first}\n{rest}"


def test_every_component_of_every_module_is_offered():
    assert set(COMPONENTS) >= {"line_input", "receiver", "transmitter", "port", "parser", "direct_thru"}
    assert COMPONENTS["port"].__name__ == "Port"


def test_the_text_goes_to_standard_output_with_the_name_that_was_asked_for(capsys):
    assert verilog.main(["receiver", "--clk-freq", "500e3", "--name", "uart"]) == 0
    text = capsys.readouterr().out
    assert ports(text, "uart").count("level") == 1
    assert text.startswith("// Made by: python -m hdl.verilog receiver --clk-freq 500000 --baud 31250\n// uart: ")


def test_parameters_reach_the_component(capsys):
    texts = set()
    for options in ("500e3", "12e6", "12e6 --glitch 0", "12e6 --thru stored_thru"):
        assert verilog.main(["port", "--clk-freq", *options.split()]) == 0
        texts.add(capsys.readouterr().out.partition("module ")[2])
    assert len(texts) == 4


@pytest.mark.parametrize("options", BAD)
def test_bad_options_are_refused_in_one_line(capsys, monkeypatch, options):
    monkeypatch.chdir(ROOT)
    status = verilog.main(options.split())
    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert BAD[options] in printed.err


def test_a_machine_without_yosys_is_told_so_in_one_line(capsys, monkeypatch):
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "system")
    monkeypatch.setenv("PATH", "")
    assert verilog.main(["receiver", "--clk-freq", "12e6"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: Could not find an acceptable Yosys binary")
    assert printed.err.count("\n") == 1


def test_python_m_hdl_verilog_writes_a_file(tmp_path):
    command = [sys.executable, "-m", "hdl.verilog", "port", "--clk-freq", "12e6", "-o", str(tmp_path / "port.v")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert {"midi_in", "midi_out", "midi_thru", "send__valid"} <= set(ports((tmp_path / "port.v").read_text(), "port"))
