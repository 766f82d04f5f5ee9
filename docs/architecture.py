"""Makes what is drawn and computed in architecture.md: ``python -m docs.architecture``.

Both are read off the code: who imports whom, and which files a stage has.
"""

import ast
import sys

from docs import page
from docs.figure import Figure
from docs.page import DOCS, table

__all__ = ["FIGURES", "PAGE", "TABLES", "imports", "made", "main", "refreshed"]

PAGE = DOCS / "architecture.md"
ROOT = DOCS.parent

PARTS = {
    "hdl": (420, 300, "the hardware"),
    "sim/model": (120, 300, "the reference model"),
    "sim/bench": (270, 200, "the run, in a simulator"),
    "sim": (120, 100, "the main job"),
    "board": (570, 200, "boards, the host's end"),
    "tests": (420, 100, "benches, proofs, labs"),
}
"""Each part of the code: where it is drawn, and what it is."""

NO_STAGES = {"__init__", "midi", "verilog"}


def part_of(path):
    """The part that a file or module belongs to, by its path from the root, or ``None``."""
    return next((part for part in ("sim/model", "sim/bench", *PARTS) if f"{path}/".startswith(f"{part}/")), None)


def imports():
    """For each part the parts that it imports."""
    found = {part: set() for part in PARTS}
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if part_of(name) != part or "build/" in name:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    # ``from sim import model`` is about the model, not about all of sim.
                    names = [f"{node.module}.{alias.name}" for alias in node.names]
                for module in names:
                    other = part_of(module.replace(".", "/"))
                    if other and other != part:
                        found[part].add(other)
    return found


def layers():
    """Who imports whom."""
    found = imports()
    sentences = [f"{part} imports {', '.join(sorted(others)) or 'nothing of ours'}" for part, others in found.items()]
    figure = Figure(760, 400, "Who imports whom", "; ".join(sentences) + ".")
    for part, others in found.items():
        x, y, _ = PARTS[part]
        for other in sorted(others):
            to_x, to_y, _ = PARTS[other]
            _arrow(figure, (x, y + 26 if to_y > y else y), (to_x, to_y - 26 if to_y > y else to_y), x == to_x)
    for part, (x, y, words) in PARTS.items():
        figure.box(x - 75, y - 24, 150, 48, "back")
        figure.box(x - 75, y - 24, 150, 48)
        figure.text(part, x, y - 3, "title", "middle")
        figure.text(words, x, y + 15, "small", "middle")
    figure.text("An arrow leads to what is imported; a test allows no other.", 20, 385, "small")
    return figure.svg()


def _arrow(figure, start, end, straight):
    (x, y), (to_x, to_y) = start, end
    if y == to_y:
        # Side by side: from edge to edge.
        x, to_x = (x + 75, to_x - 75) if x < to_x else (x - 75, to_x + 75)
    figure.path((x, y), (to_x, to_y))
    length = max(((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5, 1)
    along = ((to_x - x) / length, (to_y - y) / length)
    back = (to_x - 9 * along[0], to_y - 9 * along[1])
    figure.polygon(
        (to_x, to_y),
        (back[0] - 4 * along[1], back[1] + 4 * along[0]),
        (back[0] + 4 * along[1], back[1] - 4 * along[0]),
        kind="dot",
    )


def rows_table():
    """Every stage, and its file in every folder."""
    stages = sorted(path.stem for path in (ROOT / "hdl").glob("*.py") if path.stem not in NO_STAGES)
    places = ("hdl/{}.py", "sim/model/{}.py", "tests/bench_{}.py", "tests/test_{}.py", "tests/formal/proof_{}.py")
    rows = []
    for stage in stages:
        files = [place.format(stage) for place in places]
        rows.append([f"`{stage}`", *(f"`{file}`" if (ROOT / file).is_file() else "" for file in files)])
    return table(["stage", "hardware", "model", "bench", "tests", "proofs"], rows)


FIGURES = {"layers.svg": layers}
"""What makes each figure, by its name in ``docs/figures``."""

TABLES = {"rows": rows_table}
"""What makes each computed part of the page, by the name in its markers."""


def refreshed(text):
    """The page with its computed parts made anew; raises :exc:`ValueError` if one has no place."""
    return page.refreshed(text, TABLES, PAGE.name)


def made():
    """What this program makes: for each file its text."""
    files = {DOCS / "figures" / name: draw() for name, draw in FIGURES.items()}
    return {PAGE: refreshed(PAGE.read_text(encoding="utf-8")), **files}


def main():
    """Write the page and its figure; returns the exit status."""
    return page.write(made, "docs.architecture")


if __name__ == "__main__":
    sys.exit(main())
