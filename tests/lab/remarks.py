"""What a teacher should know of a file besides its grade. A remark proves nothing: it says what to look at.

The file is only read, in the teacher's own process, and never run.
"""

import ast
import copy
import functools
import hashlib
import inspect
from pathlib import Path

from sim.bench.simulators import ROOT

__all__ = ["alike", "of"]

NODES = 200
"""What a function must have in its syntax tree to be compared: a few right lines are alike by themselves."""

BYTES = 200_000
"""Of a file that is read."""

NEEDLESS = frozenset(
    ["builtins", "ctypes", "gc", "importlib", "inspect", "io", "json", "os", "pathlib", "shutil", "signal", "sim",
     "socket", "subprocess", "sys", "tests", "threading", "traceback", "types"]
)  # fmt: skip
"""Modules that no lab needs, and with which a file could reach the grader."""

CALLS = frozenset(("__import__", "compile", "eval", "exec", "globals", "open", "setattr", "vars"))
"""Functions of the same kind."""


def of(lab, path):
    """Lines about the file of one student."""
    tree = _tree(path)
    lines = [f"imports {name}, which no lab needs" for name in sorted(_imported(tree) & NEEDLESS)]
    lines += [f"calls {name}, which no lab needs" for name in sorted(_called(tree) & CALLS)]
    ours = _of_the_solution(lab)
    shapes = _shapes(tree).items()
    return lines + [f"{name} is that of {ours[shape]}, but for names" for shape, name in shapes if shape in ours]


def alike(grades, labs):
    """Add to each of the grades of a class what it shares with another student's file."""
    found = {}
    for grade in grades:
        lab = labs[grade["lab"]]
        known = _of_the_solution(lab) | _of_a_file(ROOT / lab.starter)
        for shape, name in _shapes(_tree(grade["path"])).items() if grade["path"] else ():
            if shape not in known:
                found.setdefault((lab.number, shape), []).append((grade, name))
    for sharing in found.values():
        for grade, name in sharing:
            others = sorted({other["student"] for other, _ in sharing} - {grade["student"]})
            if others:
                more = f" and {len(others) - 3} more" if len(others) > 3 else ""
                grade["remarks"] = [
                    *grade["remarks"],
                    f"{name} is that of {', '.join(others[:3])}{more}, but for names",
                ]


def _tree(path):
    try:
        text = Path(path).read_bytes()
        return ast.parse(text) if len(text) <= BYTES else ast.Module([], [])
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        # The grade says what is wrong with it.
        return ast.Module([], [])


def _imported(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def _called(tree):
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}


def _of_the_solution(lab):
    """Shapes of the functions of the solution of a lab, if that is a block, without those that are given."""
    found, given = {}, _of_a_file(ROOT / lab.starter)
    for component in lab.components.values():
        if inspect.isclass(component):
            source = Path(inspect.getsourcefile(component))
            found |= {shape: source.relative_to(ROOT).as_posix() for shape in _of_a_file(source).keys() - given}
    return found


@functools.cache
def _of_a_file(path):
    return _shapes(_tree(path))


def _shapes(tree):
    """What the larger functions of a file do, whatever their names are, as digests; and the names of the functions."""
    found = {}
    for owner in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        for node in owner.body:
            if isinstance(node, ast.FunctionDef) and sum(1 for _ in ast.walk(node)) >= NODES:
                name = f"{node.name} of {owner.name}" if isinstance(owner, ast.ClassDef) else node.name
                text = ast.dump(_WithoutNames().visit(copy.deepcopy(node)))
                found[hashlib.sha256(text.encode(errors="replace")).hexdigest()] = name
    return found


class _WithoutNames(ast.NodeTransformer):
    """Numbers names in the order in which they come, and leaves out docstrings and annotations."""

    def __init__(self):
        self.numbers = {}

    def _number(self, name):
        return str(self.numbers.setdefault(name, len(self.numbers)))

    def visit_Name(self, node):
        return ast.Name(self._number(node.id), ast.Load())

    def visit_arg(self, node):
        return ast.arg(self._number(node.arg))

    def visit_FunctionDef(self, node):
        node.name, node.returns = self._number(node.name), None
        node.body = [each for each in node.body if not _is_text(each)]
        return self.generic_visit(node)


def _is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
