"""docs/reuse.md: its examples are built as the page says, and do what it says."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.bench.run import Build, Design, choose
from sim.bench.simulators import ROOT
from sim.bench.trace import Stimulus
from sim.model.edges import BAUD, frames
from tests.bench_receiver import send

PAGE = (ROOT / "docs/reuse.md").read_text(encoding="utf-8")
BIT = 1 / BAUD


def commands(name):
    """The commands of the page that are marked as tested under a name, but for what installs."""
    block = re.search(rf"<!-- tested: {name} -->\n((?:    .*\n)+)", PAGE)[1]
    return [line.strip() for line in block.splitlines() if not line.strip().startswith("pip install")]


def perform(command, folder):
    """Run a command of the page in a clone; its programs are those of this Python."""
    words = shlex.split(command)
    environment = os.environ | {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    program = shutil.which(words[0], path=environment["PATH"])
    assert program, f"{words[0]} must be there: the page has {command!r}"
    done = subprocess.run(
        [program, *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def clone(tmp_path):
    """What a clone has of this, with nothing built."""
    for folder in ("hdl", "docs/examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_amaranth_project_is_built_as_the_page_says(clone):
    for command in commands("amaranth"):
        printed = perform(command, clone)
    assert (clone / printed.splitlines()[-1]).stat().st_size > 100_000


def test_verilog_project_is_built_as_the_page_says(clone):
    for command in commands("verilog"):
        perform(command, clone)
    assert (clone / "build/verilog/top.bin").stat().st_size > 100_000


def test_files_that_the_page_names_are_there():
    for path in re.findall(r"\]\((examples/[^)]+)\)", PAGE):
        assert (ROOT / "docs" / path).is_file()
    for module in re.findall(r"`(hdl\.\w+)", PAGE):
        assert importlib.util.find_spec(module)


def test_octave_plays_an_octave_up(monkeypatch):
    monkeypatch.setenv("FIVEPIN", str(ROOT))
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec = importlib.util.spec_from_file_location("octave", ROOT / "docs/examples/amaranth/octave.py")
    octave = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(octave)
    design = Design.of(octave.Octave(500e3), 500e3)
    # A chord in running status, pressure, a controller, and a note too high to be moved.
    edges, until = send(bytes.fromhex("90 3c 40 40 00 a0 3c 11 b0 07 3c 80 74 20"))
    stimulus = Stimulus(until + 200 * BIT, {"midi_in": edges})
    [trace] = Build(design, choose("auto", design, stimulus.until * 500e3, len(edges))).run([stimulus])
    heard = bytes(frame.byte for frame in frames(trace.line("midi_out")))
    assert heard.hex(" ") == "90 48 40 4c 00 a0 48 11 b0 07 3c 80 74 20"
