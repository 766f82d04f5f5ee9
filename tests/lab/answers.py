"""Labs that ask for answers: functions and numbers in the student's file, each compared with what the model says.

They have the same tiers, hints and named mistakes as labs that ask for hardware; nothing is simulated.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from tests.lab.case import Complaint
from tests.lab.grading import SubmissionError
from tests.lab.submission import imported, words_for

__all__ = ["AnswerLab", "AnswerTier", "Asked", "Checked", "Wrong", "loaded", "named"]


class Wrong(NamedTuple):
    """A classic mistake: ``answer`` takes what the function takes, and returns what one who makes it would return."""

    name: str
    text: str
    answer: Callable


def named(name, text):
    """A mistake that a check names itself."""
    return Wrong(name, text, lambda *arguments: None)


class Asked(NamedTuple):
    """A function that a student writes; or a number, which is what takes no arguments.

    ``right`` is the function of the reference, and ``arguments`` what both are called with. Numbers may be off by the
    part ``tolerance``. ``unit`` stands behind numbers when they are shown. ``why(*arguments)`` adds a sentence
    to what must come; ``draw(*arguments, got)`` draws it, as lines of text.
    """

    name: str
    right: Callable
    arguments: tuple = ((),)
    tolerance: float = 1e-9
    unit: str = ""
    is_number: bool = False
    mistakes: tuple = ()
    why: Callable | None = None
    draw: Callable | None = None
    show: Callable | None = None

    def complaint(self, module, words):
        """What is wrong with it in a student's module, or ``None``."""
        for arguments in self.arguments:
            call = self.name if self.is_number else _call(self, arguments)
            must = self.right(*arguments)
            show = self.show or (lambda value: _shown(value, self.unit))
            because = f": {self.why(*arguments)}" if self.why else ""
            try:
                got = _answer(self, module, arguments)
            except Complaint as complaint:
                return complaint
            except Exception as error:
                return Complaint(f"{call} = {show(must)}{because}", f"it raised {words(error)}")
            if _same(got, must, self.tolerance):
                continue
            if got is None:
                return Complaint(f"{call} = {show(must)}{because}", "it is None: still to be written, or no return")
            try:
                drawing = self.draw(*arguments, got) if self.draw else ()
            except Exception:
                # What cannot be drawn is wrong enough to be told in words alone.
                drawing = ()
            return Complaint(f"{call} = {show(must)}{because}", f"it is {_safe(show, got)}", drawing=drawing)
        return None

    def mistake(self, module):
        """The first mistake that gives the same answer for all that was asked."""

        def does(wrong):
            try:
                pairs = [(wrong.answer(*each), _answer(self, module, each)) for each in self.arguments]
            except Exception:
                return False
            return all(_same(got, answer, self.tolerance) for answer, got in pairs)

        return next((wrong for wrong in self.mistakes if does(wrong)), None)


class Checked(NamedTuple):
    """Something that is looked at as a whole: ``check(module)`` raises :exc:`tests.lab.case.Complaint`."""

    name: str
    check: Callable
    right: Callable | None = None
    is_number: bool = True
    mistakes: tuple = ()

    def complaint(self, module, words):
        """What is wrong with it in a student's module, or ``None``."""
        try:
            self.check(module)
        except Complaint as complaint:
            return complaint
        except Exception as error:
            return Complaint(f"{self.name} must be usable", words(error))
        return None

    def mistake(self, module):
        """None: a check names what it knows."""


class AnswerTier(NamedTuple):
    """A step of such a lab: what is asked, and hints that each say more than the one before it."""

    name: str
    asked: tuple
    hints: tuple


@dataclass(frozen=True)
class AnswerLab:
    """A lab whose tiers are of :class:`AnswerTier`; read like a :class:`tests.lab.case.Lab` where it is listed."""

    number: int
    folder: str
    title: str
    tiers: list

    @property
    def starter(self):
        """Path of the file that a student edits, from the root of the project."""
        return f"docs/labs/{self.folder}/starter.py"

    @property
    def components(self):
        """What is asked for, by name."""
        return {asked.name: asked.right for tier in self.tiers for asked in tier.asked}

    @property
    def mistakes(self):
        """All mistakes that can be named."""
        return [wrong for tier in self.tiers for asked in tier.asked for wrong in asked.mistakes]

    def judge(self, path):
        """The grade of a file, as :func:`tests.lab.worker.as_dict` has it.

        Raises
        ------
        :exc:`tests.lab.grading.SubmissionError`
            If the file cannot be imported, or lacks what is asked for.
        """
        module, words = loaded(path), words_for(path)
        for name, right in self.components.items():
            _check_name(module, name, right, self)
        tiers, first, mistake = [], None, None
        for tier in self.tiers:
            complaint, asked = next(
                ((found, asked) for asked in tier.asked if (found := asked.complaint(module, words))), (None, None)
            )
            tiers.append({"name": tier.name, "passed": complaint is None, "counts": complaint is None})
            if complaint and not first:
                first = _as_dict(complaint, tier, asked)
                mistake = complaint.mistake or asked.mistake(module)
        return {
            "percent": round(100 * sum(tier["counts"] for tier in tiers) / len(tiers)),
            "tiers": tiers,
            "complaint": first,
            "mistake": mistake and {"name": mistake.name, "text": mistake.text},
        }


def loaded(path):
    """The module of a student's file; raises :exc:`tests.lab.grading.SubmissionError` if it cannot be imported."""
    return imported(path)


def _check_name(module, name, right, lab):
    if not hasattr(module, name):
        raise SubmissionError(f"the file must define {name}; see {lab.starter}")
    is_number = next(asked.is_number for tier in lab.tiers for asked in tier.asked if asked.name == name)
    if is_number:
        return
    got = getattr(module, name)
    if not callable(got):
        raise SubmissionError(f"{name} must be a function, not {got!r}; see {lab.starter}")
    names = [list(inspect.signature(each).parameters) for each in (right, got)]
    if names[0] != names[1]:
        raise SubmissionError(f"{name} must take ({', '.join(names[0])}), not ({', '.join(names[1])})")


def _answer(asked, module, arguments):
    answer = getattr(module, asked.name)
    return answer if asked.is_number else answer(*arguments)


def _safe(show, value):
    try:
        return show(value)
    except Exception:
        return f"{value!r:.80}"


def _call(asked, arguments):
    names = inspect.signature(asked.right).parameters
    return f"{asked.name}({', '.join(map(_argument, names, arguments))})"


def _argument(name, value):
    if isinstance(value, list) and len(value) > 12:
        return f"{value[:6]!r}"[:-1] + ", ...]"
    return f"{value:#04x}" if name == "byte" else f"{value:.6g}" if isinstance(value, float) else repr(value)


def _shown(value, unit):
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value!r:.120}"
    number = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{number} {unit}".rstrip()


def _same(got, must, tolerance):
    if isinstance(must, list | tuple):
        if not isinstance(got, list | tuple) or len(got) != len(must):
            return False
        return all(_same(one, other, tolerance) for one, other in zip(got, must, strict=True))
    if isinstance(must, int | float) and not isinstance(must, bool):
        if not isinstance(got, int | float):
            return False
        return math.isclose(got, must, rel_tol=tolerance, abs_tol=1e-12)
    return got == must


def _as_dict(complaint, tier, asked):
    return {
        "tier": tier.name,
        "component": asked.name,
        "case": asked.name,
        "expected": complaint.expected,
        "seen": complaint.seen,
        "place": complaint.place,
        "time": complaint.time,
        "time_in_waves": complaint.time,
        "drawing": complaint.drawing,
        "hints": list(tier.hints),
    }
