"""Loads a student's file, and says in one line what is wrong with it if it cannot be graded."""

import ast
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path

from amaranth.lib import wiring

from hdl import verilog
from sim.bench.simulators import ROOT
from tests.lab.driven import driven_input
from tests.lab.grading import SubmissionError
from tests.lab.in_words import advice

__all__ = ["imported", "load", "signature_differs", "words_for"]


def load(lab, path):
    """The classes of a submission by name.

    Raises
    ------
    :exc:`SubmissionError`
        If it cannot be imported, or lacks a class, or one of them has another signature than that in ``hdl``, or is
        that in ``hdl``.
    """
    path = Path(path)
    if problem := _solution_in(path, {reference.__module__ for reference in lab.components.values()}):
        raise SubmissionError(f"{problem}; see {lab.starter}")
    module = imported(path)
    words = words_for(path)
    classes = {}
    for name, reference in lab.components.items():
        classes[name] = getattr(module, name, None)
        if not (inspect.isclass(classes[name]) and issubclass(classes[name], wiring.Component)):
            raise SubmissionError(f"{path.name} must define the class {name}, a wiring.Component; see {lab.starter}")
        if source := _taken_from(classes[name], path):
            raise SubmissionError(f"{name} is that of {source}, and lab {lab.number} is to write it; see {lab.starter}")
        if problem := signature_differs(classes[name], reference):
            raise SubmissionError(f"{name}: {problem}; see {lab.starter}")
    for unit in lab.units:
        _check_members(unit, classes[unit.component], lab, words)
    return classes


def imported(path):
    """The module of a file that a student wrote; raises :exc:`SubmissionError` if it cannot be imported."""
    path = Path(path)
    spec = importlib.util.spec_from_file_location("submission", path)
    module = importlib.util.module_from_spec(spec)
    # What inspects a class looks for its module there.
    sys.modules["submission"] = module
    # A file may have parts beside it; behind all else, so that they take no name away.
    sys.path.append(str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except MemoryError:
        # Whoever set the limit can say what it was.
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise SubmissionError(f"{path.name} cannot be imported: {words_for(path)(error)}") from None
    finally:
        sys.path.pop()
    return module


def _solution_in(path, solutions):
    """The line that imports the solution, or the grader; empty if none does, or the file is of the project itself."""
    if _of_the_project(path):
        return ""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        # To import it says better what is wrong.
        return ""
    for node in ast.walk(tree):
        names = [each.name for each in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{name}" for name in names)]
        if taken := solutions.intersection(names):
            return f"line {node.lineno}: {min(taken)} is imported, which is what the lab is to write"
        if any(f"{name}.".startswith("tests.lab.") for name in names):
            return f"line {node.lineno}: the grader is imported, which no lab needs"
    return ""


def _taken_from(component, path):
    """The file of the project that a class or its ``elaborate`` comes from, if it is not the one that is graded."""
    for part in (component, component.elaborate):
        source = Path(inspect.getsourcefile(part) or path)
        if _of_the_project(source) and not _same(source, path):
            return source.resolve().relative_to(ROOT.resolve()).as_posix()
    return ""


def _of_the_project(path):
    return any(path.resolve().is_relative_to(ROOT.resolve() / part) for part in ("hdl", "board"))


def signature_differs(component, reference):
    """How the parameters of a constructor differ from those of ``hdl``; empty if they do not."""
    got, must = (inspect.signature(each) for each in (component, reference))
    shapes = [[(p.name, p.kind, p.default) for p in each.parameters.values()] for each in (got, must)]
    return "" if shapes[0] == shapes[1] else f"the constructor's parameters must be {must}, not {got}"


def _check_members(unit, component, lab, words):
    must = unit.make(lab.components[unit.component]).signature.members
    try:
        made = unit.make(component)
        got = made.signature.members
    except Exception:
        # If a unit cannot be made its tiers say so; one that can is enough to go on.
        return
    for name in {**must, **got}:
        if name not in got:
            raise SubmissionError(f"{unit.component} must have the member {name}: {must[name]!r}; see {lab.starter}")
        if name not in must:
            raise SubmissionError(f"{unit.component} must not have the member {name}; see {lab.starter}")
        if got[name] != must[name]:
            problem = f"the member {name} of {unit.component} must be {must[name]!r}, not {got[name]!r}"
            raise SubmissionError(f"{problem}; see {lab.starter}")
    try:
        if driven := driven_input(unit.make(component)):
            name, file, line = driven
            where = f"line {line}: " if _same(file, sys.modules["submission"].__file__) else ""
            raise SubmissionError(
                f"{where}{name} of {unit.component} is an input, and is driven: x.eq(y) is a wire from y to x"
            )
        # No simulator comes to an end where a signal depends on itself, and this finds that out.
        verilog.intermediate(made, "top")
    except SubmissionError:
        raise
    except Exception as error:
        if type(error).__name__ == "CombinationalCycle":
            first = " ".join(str(error).split())
            raise SubmissionError(
                f"a signal of {unit.component} depends on itself, without a register: {first}"
            ) from None
        # Whatever else is wrong, the run meets too and the tiers tell.
        words(error)


def words_for(path):
    """A function that says in one line what an exception of the file ``path`` was, and in which of its lines."""

    def words(error):
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if _same(frame.filename, path)]
        if isinstance(error, SyntaxError) and error.filename and _same(error.filename, path):
            lines = [error.lineno]
        where = f"line {lines[-1]}: " if lines else ""
        text = error.msg if lines and isinstance(error, SyntaxError) else str(error)
        text = " ".join(text.replace(f"{Path(path).resolve().parent}/", "").split())
        text = f"{type(error).__name__}{': ' * bool(text)}{text}"
        if what_to_do := advice(text):
            return f"{where}{what_to_do} ({text[:160]})"
        return f"{where}{text[:300]}"

    return words


def _same(filename, path):
    return Path(filename).resolve() == Path(path).resolve()
