"""What a campaign found: by component, by source line, and by case."""

from collections import Counter
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from tests.mutation.campaign import fate
from tests.mutation.judge import HUNG

__all__ = ["FATES", "alive", "as_json", "lines", "summary", "tables"]

FATES = ("killed", "equivalent", "explained", "alive")
"""What may become of a mutant that was judged."""


def summary(plans, reasons):
    """How many mutants of each component came to which fate: ``{component: Counter}``, with ``mutants`` for all."""
    found = {}
    for plan in plans:
        counts = found.setdefault(plan.subject.component, Counter())
        for _, result in _judged(plan):
            counts[fate(result, reasons)] += 1
            counts["mutants"] += 1
        counts["left"] += len(plan.left)
    return found


def lines(plans, reasons):
    """The same by source line: ``{(component, place, text of the line): Counter}``, in the order of the source."""
    found = {}
    for plan in plans:
        for mutant, result in _judged(plan):
            key = plan.subject.component, mutant.place, mutant.line
            found.setdefault(key, Counter())[fate(result, reasons)] += 1

    def order(key):
        path, _, number = key[1].rpartition(":")
        return key[0], path, int(number)

    return {key: found[key] for key in sorted(found, key=order)}


def alive(plans, reasons):
    """``(mutant, result)`` of those that nothing was said against."""
    return [pair for plan in plans for pair in _judged(plan) if fate(pair[1], reasons) == "alive"]


def tables(plans, reasons):
    """What a person looks at: tables for rich, one by one."""
    table = Table(title="Mutants by component")
    for title in ("component", "mutants", *FATES, "not judged"):
        table.add_column(title, justify="left" if title == "component" else "right")
    total = Counter()
    for component, counts in summary(plans, reasons).items():
        total += counts
        table.add_row(component, *(str(counts[key]) for key in ("mutants", *FATES, "left")))
    table.add_section()
    table.add_row("all", *(str(total[key]) for key in ("mutants", *FATES, "left")))
    yield table
    if open_ones := alive(plans, reasons):
        table = Table(title="Alive: a hole in the benches, or one more to be explained", show_lines=True)
        for title in ("source", "mutant", "the solver says"):
            table.add_column(title)
        for mutant, result in open_ones:
            texts = f"{mutant.place}\n{mutant.line}", f"{mutant.subject}\n{mutant.text}", result.solver_says[:300]
            table.add_row(*map(Text, texts))
        yield table


def as_json(plans, reasons):
    """All of it, for programs."""
    cases = {}
    for plan in plans:
        for _, result in _judged(plan):
            if result.case:
                cases.setdefault(plan.subject.name, Counter())[result.case] += 1
    return {
        "components": {name: _whole(counts) for name, counts in summary(plans, reasons).items()},
        "lines": [
            {"component": component, "place": place, "text": text, **_whole(counts)}
            for (component, place, text), counts in lines(plans, reasons).items()
        ],
        "first to kill": {subject: dict(counts.most_common()) for subject, counts in cases.items()},
        "hung": [result.name for plan in plans for _, result in _judged(plan) if result.outcome == HUNG],
        "mutants": [
            {**mutant._asdict(), "fate": fate(result, reasons), **asdict(result), "why": reasons.get(result.name, "")}
            for plan in plans
            for mutant, result in _judged(plan)
        ],
    }


def _judged(plan):
    return [(mutant, plan.results[name]) for name, mutant in plan.mutants.items() if name in plan.results]


def _whole(counts):
    return {key: counts[key] for key in ("mutants", *FATES, "left") if key in counts or key in FATES}
