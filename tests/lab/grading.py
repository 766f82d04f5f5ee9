"""Judges a submission: runs the cases of a lab on its classes, and says what came of each tier."""

from dataclasses import dataclass, field

from tests.lab.case import Complaint, Outcome

__all__ = ["Grade", "GradedTier", "SubmissionError", "grade"]


IDLE = "drives nothing yet"


class SubmissionError(Exception):
    """A submission that cannot be graded; its text is one line that says why."""


@dataclass
class GradedTier:
    """A tier: its name, whether it passed and counts, and what was wrong in the first of its cases that failed.

    ``begun`` is false while nothing of its component is written.
    """

    name: str
    component: str
    complaint: Complaint | None = None
    case: object = None
    counts: bool = False
    hints: tuple = ()
    begun: bool = True

    @property
    def passed(self):
        """Whether all of its cases passed."""
        return self.complaint is None


@dataclass
class Grade:
    """What a submission is worth: ``error`` is a line if it could not be run at all; ``mistake`` may be ``None``."""

    lab: object
    tiers: list = field(default_factory=list)
    error: str = ""
    mistake: object = None

    @property
    def percent(self):
        """0 to 100."""
        return 0 if self.error else round(100 * sum(tier.counts for tier in self.tiers) / len(self.lab.tiers))

    @property
    def first_failed(self):
        """The tier to work at, or ``None``: of a component that is begun before all others."""
        failed = [tier for tier in self.tiers if not tier.passed]
        return next((tier for tier in failed if tier.begun), failed[0] if failed else None)


def grade(lab, classes, run, words=lambda error: f"{type(error).__name__}: {error}"):
    """The :class:`Grade` of ``classes``, which are given by name.

    ``run(component, clk_freq, stimuli)`` returns the traces. ``words(error)`` says in a line what an exception of the
    submission was.
    """
    traces, errors = {}, {}
    cases = [case for tier in lab.tiers for case in tier.cases]
    for unit in lab.units:
        its = [case for case in cases if case.unit is unit]
        try:
            component = unit.make(classes[unit.component])
            its_traces = run(component, unit.clk_freq, [case.stimulus for case in its])
        except Exception as error:
            errors[unit] = words(error)
            continue
        for case, trace in zip(its, its_traces, strict=True):
            traces[id(case)] = trace
    for name in lab.components:
        its = [(case, traces[id(case)]) for case in cases if case.unit.component == name and id(case) in traces]
        if its and not any(_moves(*each) for each in its):
            line = f"{name} {IDLE}: no output ever moved"
            errors |= {unit: line for unit in lab.units if unit.component == name}
    if len(errors) == len(lab.units):
        return Grade(lab, error=next(iter(errors.values())))
    result = Grade(lab)
    outcomes = []
    for tier in lab.tiers:
        graded = _judge(tier, traces, errors, outcomes)
        if tier.name in lab.checks and not graded.complaint:
            graded.complaint = lab.checks[tier.name](classes)
        first = next((other for other in result.tiers if other.component == graded.component), graded)
        graded.counts = graded.passed and first.passed
        result.tiers.append(graded)
    result.mistake = _diagnose(lab, outcomes, result.first_failed)
    if lab.annotate and result.first_failed:
        lab.annotate(result.first_failed.complaint, outcomes)
    return result


def _moves(case, trace):
    """Whether anything but the inputs ever happened."""
    outputs = (edges for name, edges in trace.levels.items() if name not in case.stimulus.levels)
    return any(len(edges) > 1 for edges in outputs) or any(trace.streams.values())


def _judge(tier, traces, errors, outcomes):
    graded = GradedTier(tier.name, tier.cases[0].unit.component, case=tier.cases[0], hints=tier.hints)
    if line := next((errors[case.unit] for case in tier.cases if case.unit in errors), ""):
        graded.complaint = Complaint(f"{graded.component} must run", line)
        graded.begun = not line.startswith(f"{graded.component} {IDLE}")
        return graded
    for case in tier.cases:
        outcome = Outcome(case, traces[id(case)], _check(case, traces[id(case)]))
        outcomes.append(outcome)
        if outcome.complaint and not graded.complaint:
            graded.complaint, graded.case = outcome.complaint, case
    return graded


def _check(case, trace):
    try:
        case.check(trace)
    except Complaint as complaint:
        return complaint
    return None


def _diagnose(lab, outcomes, failed):
    """The mistake that explains the first failure and, of those that do, the most of all that was seen."""
    if failed is None:
        return None
    first = next((outcome for outcome in outcomes if outcome.complaint is failed.complaint), None)
    if first is None or failed.complaint.mistake:
        return failed.complaint.mistake
    its = [outcome for outcome in outcomes if outcome.case.unit.component == failed.component]
    # At last what explains the first failure and not all that is still unwritten.
    for fallback, against in ((False, 0.25), (True, 0.25), (False, 0), (True, 0)):
        candidates = [m for m in lab.mistakes if m.fallback == fallback and m.explains(first, its)]
        scores = [
            sum(_score(m.explains(outcome, its), outcome.complaint, against) for outcome in its) for m in candidates
        ]
        if candidates and (best := max(scores)) > 0:
            return candidates[scores.index(best)]
    return None


def _score(explains, complaint, against):
    if explains is None:
        return 0
    if complaint:
        return 1 if explains else -against
    # What would have shown in a case that passed is not what is wrong.
    return 0 if explains else -1
