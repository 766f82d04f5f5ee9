"""What the tests share: how cases become tests, and how a bug is planted."""

import importlib.util
import inspect
import sys

import pytest

from sim.bench.run import SIMULATORS


def cases(benches):
    """Parameters of a test for every case of every bench, which are given by clock frequency."""
    return [
        pytest.param(key, name, id=f"{key:g}-{name}" if isinstance(key, float) else f"{key}-{name}")
        for key, bench in benches.items()
        for name in bench.cases
    ]


def planted(component, right, wrong):
    """The class ``component`` with a bug: its module with the text ``right`` replaced by ``wrong``."""
    if SIMULATORS["icarus"].missing:
        pytest.skip("Icarus Verilog is not installed, and to compile every broken design with Verilator takes minutes")
    module = sys.modules[component.__module__]
    source = inspect.getsource(module)
    assert source.count(right) >= 1, f"{component.__module__} must contain {right!r} for this bug to be planted"
    spec = importlib.util.spec_from_loader("broken", loader=None)
    broken = importlib.util.module_from_spec(spec)
    exec(compile(source.replace(right, wrong), f"{module.__file__} with a bug", "exec"), broken.__dict__)
    return getattr(broken, component.__name__)
