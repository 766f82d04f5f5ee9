"""A campaign: which mutants there are to be judged, what became of each, and what of it is kept.

What is found is written down at once, under ``build/mutation``, in a file whose name stands for the component and all
that its benches are made of. So a campaign that was interrupted goes on where it was, and what has changed since the
last one, and nothing else, is judged again.
"""

import ast
import json
import re
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from sim.bench import cache
from sim.bench.simulators import ROOT
from tests.mutation import equivalence, mutants
from tests.mutation.judge import HUNG, KILLED, SURVIVED
from tests.mutation.workers import judge_all

__all__ = ["EXPLAINED", "KEPT", "Plan", "Result", "explained", "fate", "judge_plans", "plan_of", "settle"]

KEPT = cache.CACHE / "mutation"
"""Where results are kept, if nothing else is asked for."""

EXPLAINED = Path(__file__).with_name("explained.toml")
"""Mutants that no bench can kill and no solver gets to the end of: the name of each, and why it cannot be seen."""

LIMIT = 300.0
"""Seconds after which a mutant that is being judged has hung."""


@dataclass
class Result:
    """What became of a mutant.

    ``outcome`` is that of :class:`tests.mutation.judge.Verdict`, with its ``case`` and ``words``; ``solver`` that of
    :class:`tests.mutation.equivalence.Answer`, with its ``reason``, or empty if it was not asked.
    """

    name: str
    outcome: str
    case: str = ""
    words: str = ""
    solver: str = ""
    reason: str = ""

    @property
    def solver_says(self):
        """The answer of the solver in words."""
        return f"{self.solver}: {self.reason}" if self.solver else "nothing: it was not asked"


class Plan:
    """The mutants of a subject that are to be judged, and the results so far, by name; ``""`` is the unharmed one."""

    def __init__(self, subject, text, drawn, kept=KEPT):
        self.subject = subject
        self.text = text
        self.mutants = {mutant.name: mutant for mutant in drawn}
        self.results = {}
        self.path = Path(kept) / f"{re.sub(r'[^a-z]+', '_', subject.name)}-{content(subject)}.jsonl"
        self._read()

    @property
    def left(self):
        """Mutants that were not judged yet, in the order in which they were drawn."""
        return [mutant for name, mutant in self.mutants.items() if name not in self.results]

    @property
    def survivors(self):
        """Mutants that every bench took for the component and of which the solver has not said what they are."""
        return [
            mutant
            for name, mutant in self.mutants.items()
            if name in self.results
            and self.results[name].outcome == SURVIVED
            and self.results[name].solver in ("", equivalence.UNDECIDED)
        ]

    def keep(self, result):
        """Take a result, and write it down."""
        self.results[result.name] = result
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")

    def forget(self):
        """Judge all again."""
        self.results.clear()
        self.path.unlink(missing_ok=True)

    def _read(self):
        if not self.path.exists():
            return
        for line in self.path.read_text().splitlines():
            # The last line may have been cut off when it was written.
            try:
                result = Result(**json.loads(line))
            except (ValueError, TypeError):
                continue
            self.results[result.name] = result


def plan_of(subject, count, seed, tools, kept=KEPT):
    """The :class:`Plan` for ``count`` mutants of a subject, drawn with a seed; its results are kept in a folder."""
    text = mutants.base(subject)
    return Plan(subject, text, mutants.draw(mutants.all_mutants(subject, tools, text), count, seed), kept)


def content(subject):
    """What tells one campaign from another: the component, and the text of all modules its benches are made of."""
    bench = subject.bench
    files, left = set(), {case.check.__module__ for case in bench.cases.values()}
    while left:
        path = ROOT / (left.pop().replace(".", "/") + ".py")
        if path.exists() and path not in files:
            files.add(path)
            left |= {module for module in _imports(path) if module.startswith(("tests.", "sim."))}
    return cache.digest(bench.design.intermediate, *(path.read_text() for path in sorted(files)))


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def judge_plans(plans, tools, *, jobs, simulator="auto"):
    """Judge what is left of the plans; yields ``(plan, result)`` for each, which has been kept.

    Raises
    ------
    :exc:`ValueError`
        If a component itself does not pass its own benches: then nothing can be said of its mutants.
    """
    by_name = {plan.subject.name: plan for plan in plans}
    for key, verdict, _ in judge_all(_tasks(plans, tools), jobs=jobs, limit=LIMIT, simulator=simulator):
        plan = by_name[key[0]]
        result = Result(key[1], verdict.outcome, verdict.case, verdict.words[:300])
        if not key[1] and verdict.outcome != SURVIVED:
            raise ValueError(f"{key[0]} itself must pass its bench, not fail {verdict.case}: {verdict.words}")
        plan.keep(result)
        yield plan, result


def _tasks(plans, tools):
    for plan in plans:
        if not plan.left:
            continue
        unharmed, *texts = mutants.write(plan.subject, plan.text, plan.left, tools)
        if "" not in plan.results:
            yield (plan.subject.name, ""), plan.subject.name, unharmed
        for mutant, text in zip(plan.left, texts, strict=True):
            yield (plan.subject.name, mutant.name), plan.subject.name, text


def settle(plan, mutant, tools):
    """Ask the solver of a survivor; the result is kept."""
    answer = equivalence.compare(plan.subject, plan.text, mutant, tools)
    result = plan.results[mutant.name]
    plan.keep(Result(result.name, result.outcome, result.case, result.words, answer.outcome, answer.words))


def explained(path=EXPLAINED):
    """Why each of the mutants that are explained cannot be seen, by name."""
    entries = tomllib.loads(path.read_text()).get("mutant", []) if path.exists() else []
    return {entry["name"]: entry["why"] for entry in entries}


def fate(result, reasons):
    """One word for a result: killed, equivalent, explained, or alive."""
    if result.outcome in (KILLED, HUNG):
        return "killed"
    if result.solver == equivalence.EQUIVALENT:
        return "equivalent"
    return "explained" if result.name in reasons else "alive"
