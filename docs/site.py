"""Gathers the site: ``python -m docs.site`` writes what Sphinx reads to ``build/site-source``.

Pages are those of this folder. A page for each component is made of its docstring, of a scene that is simulated anew
(:mod:`docs.scenes`), and of where its model, bench and tests are. What *Try it in the browser* loads is gathered by
:mod:`docs.pyodide`.
"""

import inspect
import shutil
import sys
from pathlib import Path

from docs import pyodide, scenes
from docs.page import DOCS
from hdl import verilog

__all__ = ["ROOT", "SOURCE", "component_page", "gather", "main"]

ROOT = DOCS.parent

SOURCE = ROOT / "build" / "site-source"
"""Where it is gathered."""

COPIED = ("*.md", "conf.py")
FOLDERS = ("figures", "labs", "examples")

MODULES = (
    "hdl.midi",
    "hdl.verilog",
    "sim.model.midi",
    "sim.model.edges",
    "sim.bench.design",
    "sim.bench.trace",
    "sim.bench.bench",
)
"""Modules without a component that the API has a page for; models have theirs beside the components."""


def component_page(name):
    """The page of a component, in Markdown."""
    component = verilog.components()[name]
    stage = component.__module__.removeprefix("hdl.")
    scene = scenes.SCENES[name]
    lines = [
        f"# {component.__name__}",
        "",
        (inspect.getdoc(component) or "").splitlines()[0],
        "",
        f"![{scene.words}]({name}.svg)",
        "",
        f"{scene.words} Simulated when this page was made, at {scenes.CLK_FREQ / 1e3:g} kHz.",
        "",
        f"Row: `hdl/{stage}.py`, `sim/model/{stage}.py`, `tests/bench_{stage}.py`, `tests/test_{stage}.py`.",
        "As Verilog:",
        f"`python -m hdl.verilog {name} --clk-freq 12e6 -o {name}.v`."
        if "clk_freq" in inspect.signature(component).parameters
        else f"`python -m hdl.verilog {name} -o {name}.v`.",
        "",
        "```{eval-rst}",
        f".. autoclass:: {component.__module__}.{component.__name__}",
        "   :no-members:",
        "   :no-show-inheritance:",
        "```",
        "",
        f"## Its model: `sim.model.{stage}`",
        "",
        f"[What each function of it promises](../api/sim.model.{stage}.md).",
        "",
    ]
    return "\n".join(lines)


def _api_page(module):
    return f"# {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n```\n"


def _toctree(pages):
    return "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(pages) + "\n```\n"


def gather(folder=SOURCE, tick=None):
    """Write all that Sphinx reads into a folder; ``tick(name)`` is called for each component that is simulated."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for pattern in COPIED:
        for path in DOCS.glob(pattern):
            shutil.copy(path, folder)
    for name in FOLDERS:
        if (DOCS / name).is_dir():
            shutil.copytree(DOCS / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name.lower())

    pyodide.gather(folder / "_extra" / "try")

    components = verilog.components()
    (folder / "components").mkdir()
    for name in components:
        if tick:
            tick(name)
        (folder / "components" / f"{name}.md").write_text(component_page(name), encoding="utf-8")
        (folder / "components" / f"{name}.svg").write_text(scenes.picture(name), encoding="utf-8")
    text = f"# The components\n\nEach with what it promises, and a scene.\n\n{_toctree(components)}"
    (folder / "components" / "index.md").write_text(text, encoding="utf-8")

    stages = dict.fromkeys(component.__module__.removeprefix("hdl.") for component in components.values())
    modules = [*MODULES, *(f"sim.model.{stage}" for stage in stages)]
    (folder / "api").mkdir()
    for module in modules:
        (folder / "api" / f"{module}.md").write_text(_api_page(module), encoding="utf-8")
    text = f"# Models, shapes and benches\n\n{_toctree(modules)}"
    (folder / "api" / "index.md").write_text(text, encoding="utf-8")
    return Path(folder)


def main():
    """Gather, and say what is done; returns the exit status."""
    gather(tick=lambda name: print(f"simulating {name}"))
    print(f"{SOURCE.relative_to(ROOT)} holds what Sphinx reads")
    return 0


if __name__ == "__main__":
    sys.exit(main())
