"""The house stands as it was drawn: which folder may import which, and that each stage is in every folder."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from hdl import verilog
from sim.bench.simulators import ROOT

OURS = ("hdl", "sim", "board", "tests")

# What each part may import of ours, and which libraries it must not.
LAYERS = {
    "hdl": (("hdl",), ("cocotb", "cocotb_tools", "mido", "rich")),
    "sim/model": (("sim.model",), ("amaranth", "cocotb", "cocotb_tools", "mido", "rich")),
    "sim/bench": (("hdl", "sim.model", "sim.bench"), ()),
    "sim": (("hdl", "sim"), ()),
    "board": (("hdl", "sim.model", "board"), ("cocotb", "cocotb_tools")),
}

# Modules of hdl that are no stage.
NO_STAGES = {"__init__", "midi", "verilog"}

COMPONENTS = verilog.components()

STAGES = sorted(path.stem for path in (ROOT / "hdl").glob("*.py") if path.stem not in NO_STAGES)

SOURCES = {
    str(path.relative_to(ROOT)): path
    for folder in OURS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "build" not in path.relative_to(ROOT).parts
}


def imports(path):
    """Modules that a file imports, anywhere in it: for ``from a import b`` both ``a`` and ``a.b``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} must import from the root, not from '{'.' * node.level}'"
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def is_within(module, places):
    return any(module == place or module.startswith(f"{place}.") for place in places)


def forbidden(name, path, layer):
    """What a file of a layer imports and must not."""
    allowed, libraries = LAYERS[layer]
    ours = {module for module in imports(path) if is_within(module, OURS)}
    wrong = {module for module in ours if not is_within(module, allowed) and not _leads_to(module, ours, allowed)}
    return sorted(wrong | {module for module in imports(path) if is_within(module, libraries)})


def _leads_to(module, ours, allowed):
    """Whether a package is named only on the way to what may be imported."""
    below = [other for other in ours if other.startswith(f"{module}.")]
    return bool(below) and all(is_within(other, allowed) for other in below)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_is_below_it(layer):
    # The innermost layer of a file counts.
    inner = [other for other in LAYERS if other.startswith(f"{layer}/")]
    for name, path in SOURCES.items():
        if name.startswith(f"{layer}/") and not any(name.startswith(f"{other}/") for other in inner):
            assert not forbidden(name, path, layer), f"{name} must not import that; see the architecture"


def test_the_rule_finds_what_it_forbids(tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text("import amaranth.hdl\nfrom sim.bench import run\nfrom sim import song\nfrom sim import model\n")
    assert forbidden("wrong", path, "sim/model") == ["amaranth.hdl", "sim", "sim.bench", "sim.bench.run", "sim.song"]
    path.write_text("import math\nfrom sim.model.edges import Clock\nfrom sim import model\n")
    assert forbidden("right", path, "sim/model") == []
    assert forbidden("wrong", path, "hdl") == ["sim", "sim.model", "sim.model.edges", "sim.model.edges.Clock"]


def test_only_one_module_uses_the_runner_of_cocotb():
    users = [name for name, path in SOURCES.items() if is_within_any(imports(path), "cocotb_tools.runner")]
    assert users == ["sim/bench/run.py"]


def is_within_any(modules, place):
    return any(is_within(module, (place,)) for module in modules)


def test_only_what_runs_in_the_simulator_imports_cocotb():
    users = {name for name, path in SOURCES.items() if is_within_any(imports(path), "cocotb")}
    assert users == {"sim/bench/inside.py", "sim/bench/pins.py", "sim/bench/streams.py"}


def test_no_session_kills_a_program_that_saves_what_stands():
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    # Of itself nox waits half a second behind Ctrl-C.
    assert text.count("session.run(") == 1
    assert "session.run(*command, interrupt_timeout=None, terminate_timeout=None, **options)" in text


def test_one_module_runs_amaranths_own_simulator():
    users = [name for name, path in SOURCES.items() if is_within_any(imports(path), "amaranth.sim")]
    # Two tests have a bench of a few lines of their own.
    assert users == ["sim/bench/pysim.py", "tests/test_pins.py", "tests/test_receiver.py"]


def test_nothing_but_the_tests_imports_the_tests():
    users = [name for name, path in SOURCES.items() if is_within_any(imports(path), "tests")]
    assert users
    assert all(name.startswith("tests/") for name in users)


@pytest.mark.parametrize("folder", OURS)
def test_a_folder_of_ours_is_ours_and_not_one_that_another_project_installs(folder):
    if not list((ROOT / folder).glob("*.py")):
        pytest.skip(f"{folder} holds nothing yet")
    found = importlib.util.find_spec(folder)
    assert Path(found.origin) == ROOT / folder / "__init__.py"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("place", ["sim/model/{}.py", "tests/bench_{}.py", "tests/test_{}.py"])
def test_every_stage_is_in_every_folder(place, stage):
    assert (ROOT / place.format(stage)).is_file(), f"{stage} must have {place.format(stage)}; see the row rule"


def test_the_stages_are_those_that_were_drawn():
    assert {"line", "receiver", "transmitter", "thru", "port"} <= set(STAGES)


@pytest.mark.parametrize("name", COMPONENTS)
def test_the_model_of_a_stage_says_what_each_of_its_components_does(name):
    component = COMPONENTS[name]
    stage = component.__module__.removeprefix("hdl.")
    twin = ROOT / f"sim/model/{stage}.py"
    assert re.search(rf"\b{name}|\b{component.__name__}", twin.read_text(encoding="utf-8")), f"{twin} must have {name}"
