"""Loads a student's file, and says in one line what is wrong with it if it cannot be graded."""

import importlib.util
import inspect
import sys
import traceback
from pathlib import Path

from amaranth.lib import wiring

from hdl import verilog
from tests.lab.grading import SubmissionError

__all__ = ["load", "signature_differs", "words_for"]


def load(lab, path):
    """The classes of a submission by name.

    Raises
    ------
    :exc:`SubmissionError`
        If it cannot be imported, or lacks a class, or one of them has another signature than that in ``hdl``.
    """
    path = Path(path)
    words = words_for(path)
    spec = importlib.util.spec_from_file_location("submission", path)
    module = importlib.util.module_from_spec(spec)
    # What inspects a class looks for its module there.
    sys.modules["submission"] = module
    try:
        spec.loader.exec_module(module)
    except MemoryError:
        # Whoever set the limit can say what it was.
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise SubmissionError(f"{path.name} cannot be imported: {words(error)}") from None
    classes = {}
    for name, reference in lab.components.items():
        classes[name] = getattr(module, name, None)
        if not (inspect.isclass(classes[name]) and issubclass(classes[name], wiring.Component)):
            raise SubmissionError(f"{path.name} must define the class {name}, a wiring.Component; see {lab.starter}")
        if problem := signature_differs(classes[name], reference):
            raise SubmissionError(f"{name}: {problem}; see {lab.starter}")
    for unit in lab.units:
        _check_members(unit, classes[unit.component], lab, words)
    return classes


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
        # No simulator comes to an end where a signal depends on itself, and this finds that out.
        verilog.intermediate(made, "top")
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
        if "Object None is not an 'Elaboratable'" in text:
            return "elaborate must return the module: it must end with return m"
        return f"{where}{type(error).__name__}{': ' * bool(text)}{text[:300]}"

    return words


def _same(filename, path):
    return Path(filename).resolve() == Path(path).resolve()
