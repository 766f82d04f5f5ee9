"""What is not reached, and why: ``explained.toml``, read and held against what was measured."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from sim.bench.simulators import ROOT

__all__ = ["FILE", "Explanation", "Missing", "explain", "load", "missing"]

FILE = Path(__file__).with_name("explained.toml")


class Explanation(NamedTuple):
    """Of one component: what is explained, where, and the sentence. Bits are a regular expression."""

    component: str
    what: str
    where: str
    why: str


class Missing(NamedTuple):
    """What was not reached: ``what`` is a line, a branch, a bit or a pair; ``where`` says which, in words."""

    what: str
    where: str


def load(path=FILE):
    """The explanations of a file.

    Raises
    ------
    :exc:`ValueError`
        If an entry has other keys than ``component``, ``line``, ``branch``, ``bit`` or ``pair``, and ``why``.
    """
    found = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("explained", []):
        what = entry.keys() - {"component", "why"}
        if len(what) != 1 or not what <= {"line", "branch", "bit", "pair"} or not {"component", "why"} <= entry.keys():
            raise ValueError(
                f"{path.name}: an entry must have component, why, and line, branch, bit or pair, not {entry}"
            )
        (what,) = what
        found.append(Explanation(entry["component"], what, entry[what], entry["why"]))
    return found


def missing(found, tables):
    """Each :class:`Missing` of a :class:`tests.coverage.hardware.Found`."""
    for place, count in sorted(found.places.items()):
        if count == 0:
            text = (ROOT / place.file).read_text(encoding="utf-8").splitlines()[place.line - 1].strip()
            # The words of a line stay when its number changes.
            words = text if place.kind == "line" else f"{place.kind}: {text}"
            yield Missing("line" if place.kind == "line" else "branch", words)
    for bit, (rises, falls) in sorted(found.bits.items()):
        if not rises or not falls:
            name = f"{bit.module}.{bit.signal}" if bit.module else bit.signal
            yield Missing("bit", f"{name}[{bit.bit}]")
    for table in tables:
        if table.component == found.component:
            counts = found.pairs.get(table.title, {})
            for state, event in table.pairs:
                if not counts.get((state, event)):
                    yield Missing("pair", f"{table.title}: {state}, {event}")


def explain(component, gaps, explanations):
    """Which of these gaps are explained, as a dict from :class:`Missing` to the sentence; and explanations of none."""
    ours = [each for each in explanations if each.component == component]
    reasons = {gap: each.why for gap in gaps for each in ours if _fits(each, gap)}
    needless = [each for each in ours if not any(_fits(each, gap) for gap in gaps)]
    return reasons, needless


def _fits(explanation, gap):
    """Whether it names this gap: a bit by a regular expression, anything else in so many words."""
    if explanation.what != gap.what:
        return False
    return (
        re.fullmatch(explanation.where, gap.where) is not None if gap.what == "bit" else explanation.where == gap.where
    )
