"""Lab 7: prove it. A claim must hold of the block in ``hdl``, and fail for each bug that is planted in it."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from hdl.midi import BAUD
from hdl.transmitter import Transmitter
from sim.bench.simulators import ROOT
from tests.formal.proof_transmitter import Sent
from tests.formal.prove import FOUND, MISSED, PROVED, Tools, Verdict, find, missing_tools, prove
from tests.formal.statement import Bug, Proof
from tests.lab.answers import AnswerLab, loaded
from tests.lab.case import Complaint
from tests.lab.grading import SubmissionError
from tests.lab.submission import words_for

__all__ = ["FOLDER", "LAB"]

DIVISOR = 8
"""Clocks of a bit: the fewest there can be, so that a whole frame is not far."""

NOTHING = "no claim fails"
"""What a search says that came to its end and found nothing."""

STEPS = 10 * DIVISOR + 6
"""Clocks from reset that are looked at: a frame, and what begins behind it."""

FOLDER = ROOT / "build" / "lab" / "7-prove-it"
"""Where counterexamples go."""


class _Unhelped:
    """A statement to which nobody but the student adds lemmas."""

    def __init__(self, statement):
        self.m = statement.m
        self.inside = statement.inside

    def lemma(self, *conditions):
        """Not for those who are to find it themselves."""


SAME = Bug(Transmitter, "mark = Signal(9)", "mark = Signal(9)", reach=4 * DIVISOR)
"""No bug at all: what must hold is looked for in the same way as what must not."""

LOW_IN_RESET = Bug(Transmitter, "mark = Signal(9)", "mark = Signal(9, init=1)")
EARLY = Bug(Transmitter, "bits.eq(16 + 8)", "bits.eq(16 + 7)")
MSB_FIRST = Bug(Transmitter, "~self.bytes.payload", "~self.bytes.payload[::-1]")
LONG = Bug(Transmitter, "self.divisor - 2\n", "self.divisor - 1\n")
INSIDE = Bug(Transmitter, "~timer[-1] & ~bits[-1]", "~timer[-1]")


class Claimed:
    """A function that claims something, and the bugs that its claim must show.

    Parameters
    ----------
    name : :class:`str`
        Of the function.
    bugs : :class:`dict`
        By what is wrong.
    hints : :class:`tuple`
        Each says more than the one before it.
    """

    def __init__(self, title, name, bugs, hints):
        self.title, self.name, self.bugs, self.hints = title, name, bugs, hints

    def proof(self, module):
        """The proof of what the student's function says."""
        return Proof(self.name, (Transmitter,), _stated(module, [self.name]), parameters={"divisor": DIVISOR},
                     small={"divisor": DIVISOR}, reach=STEPS, planted={"nothing": SAME, **self.bugs})  # fmt: skip

    def _holds(self, module, tools, folder):
        """The verdict on the block as it is: missed, if no claim ever fails."""
        # With the project's own lemmas most that is true is proved at once; what is not, is looked for for long.
        state = _stated(module, [self.name], helped=True)
        verdict = prove(replace(self.proof(module), state=state), tools, folder / "proof")
        if verdict.outcome == PROVED:
            return Verdict(self.name, MISSED, reason=NOTHING)
        return find(self.proof(module), "nothing", tools, folder / "search")

    def judge(self, module, words, tools, pool):
        """The complaint about it or ``None``, and the trace of a counterexample or ``None``."""
        proof = self.proof(module)
        try:
            claims = proof.statement(proof.small).claims
        except Exception as error:
            return Complaint(f"{self.name} must state something", words(error)), None
        if not claims:
            return Complaint(f"{self.name} must claim something: statement.claim(words, condition)",
                             "it claims nothing, which holds of every design"), None  # fmt: skip
        folder = FOLDER / self.name
        right = pool.submit(self._holds, module, tools, folder / "right")
        searches = {
            what: pool.submit(find, proof, what, tools, folder / str(number)) for number, what in enumerate(self.bugs)
        }
        verdicts = {what: search.result() for what, search in searches.items()}
        right = right.result()
        if failed := next((each for each in (right, *verdicts.values()) if not _answered(each)), None):
            return Complaint(f"{self.name} must be answered by the tools", f"{failed.outcome}: {failed.reason}"), None
        if right.outcome == FOUND:
            return Complaint(f"it must hold of hdl/transmitter.py: {right.claims[0][0]}",
                             "it does not, and the counterexample is in the waves"), right.trace  # fmt: skip
        for what, verdict in verdicts.items():
            if verdict.outcome == MISSED:
                return Complaint(f"it must fail for a transmitter of which this is wrong: {what}",
                                 f"it holds of that one, too: {claims[0]}"), None  # fmt: skip
        return None, None


def _answered(verdict):
    """Whether the tools came to an end: a search that failed to run has found nothing, either."""
    return verdict.outcome == FOUND or (verdict.outcome == MISSED and verdict.reason.startswith(NOTHING))


class Inductive:
    """The lemmas, with which all claims must follow by induction."""

    title, name, bugs = "by induction", "lemmas", {}
    hints = (
        "Induction begins in any state whatever. Which states can the registers never be in, although the claims hold?",
        "timer counts the clocks of a bit down: inside.load - sent.tick while a frame is on its way. bits counts bits: "
        "24 - sent.slot. What are they when the transmitter rests?",
        "mark holds what is still to be sent, turned over, its lowest bit on the line. So what is it in bit sent.slot?",
    )

    def judge(self, module, words, tools, pool):
        """The complaint about it or ``None``, and the trace of a counterexample or ``None``."""
        names = [each.name for each in CLAIMS]
        proof = Proof(self.name, (Transmitter,), _stated(module, [*names, self.name]), parameters={"divisor": DIVISOR},
                      small={"divisor": DIVISOR}, reach=STEPS)  # fmt: skip
        try:
            claims = proof.statement(proof.small).claims
        except Exception as error:
            return Complaint("the lemmas must state something", words(error)), None
        if not claims:
            return Complaint("there must be claims to be proved", "there is none"), None
        verdict = prove(proof, tools, FOLDER / self.name)
        if verdict.outcome != PROVED:
            return Complaint(
                f"{len(claims)} claims must be proved, for every input and for all time", verdict.reason
            ), (verdict.trace)
        if verdict.premises:
            return Complaint("nothing may be taken for granted", f"a premise: {verdict.premises[0]}"), None
        return None, None


def _stated(module, names, helped=False):
    def state(statement, divisor):
        transmitter = statement.component(Transmitter, divisor * BAUD)
        sent = Sent(statement if helped else _Unhelped(statement), transmitter)
        for name in names:
            getattr(module, name)(statement, transmitter, sent)

    return state


CLAIMS = [
    Claimed("at rest", "rests", {"the line is low in reset": LOW_IN_RESET},
            ("The counterexample sends a byte. When may the line be low at all?",
             "sent.busy is high while it may. What is there to claim when it is not?")),
    Claimed("the start bit", "starts",
            {"the line is low in reset, and high where the start bit should be":
             Bug(Transmitter, "Cat(C(1, 1), ~self.bytes.payload)", "Cat(C(0, 1), ~self.bytes.payload)")},
            ("While a frame is on its way and its bit is number 0, the line must be ...",
             "~a | b with a = sent.busy & (sent.slot == 0)")),
    Claimed("one at a time", "never_inside",
            {"a byte is taken inside a frame": INSIDE, "the frame ends a bit early": EARLY},
            ("If sent.takes, what must sent.busy be, or else sent.slot and sent.tick?",
             "The next byte may be taken in the last clock of the stop bit, and not before.")),
    Claimed("the byte", "carries",
            {"the most significant bit goes first": MSB_FIRST, "a bit is a clock too long": LONG},
            ("A frame is Cat(C(0, 1), sent.byte, C(1, 1)). Which of its bits must be on the line?",
             "bit_select(sent.slot, 1) takes one bit of it.")),
]  # fmt: skip


class ProveItLab(AnswerLab):
    """The lab; its tiers are judged with the tools of ``tests/formal``."""

    runs_programs = True
    """What it runs are programs that reserve far more memory than they use."""

    @property
    def components(self):
        """What is asked for, by name."""
        return {tier.name: tier.judge for tier in self.tiers}

    @property
    def mistakes(self):
        """None by name: a counterexample says more."""
        return []

    def judge(self, path):
        """The grade of a file; raises :exc:`tests.lab.grading.SubmissionError` if it cannot be graded."""
        if missing := missing_tools():
            raise SubmissionError(f"to prove anything {missing}")
        module, words = loaded(path), words_for(path)
        for tier in self.tiers:
            if not callable(getattr(module, tier.name, None)):
                raise SubmissionError(f"the file must define the function {tier.name}; see {self.starter}")
        shutil.rmtree(FOLDER, ignore_errors=True)
        tools, tiers, first, waves = Tools(), [], None, None
        with ThreadPoolExecutor(2) as pool:
            for tier in self.tiers:
                if isinstance(tier, Inductive) and not all(before["passed"] for before in tiers):
                    # Lemmas of claims that say nothing prove nothing.
                    complaint, trace = Complaint("the claims must be right first", "they are not yet"), None
                else:
                    complaint, trace = tier.judge(module, words, tools, pool)
                tiers.append({"name": tier.title, "passed": complaint is None, "counts": complaint is None})
                if complaint and not first:
                    first, waves = _as_dict(complaint, tier), trace
        return {
            "percent": round(100 * sum(tier["counts"] for tier in tiers) / len(tiers)),
            "tiers": tiers,
            "complaint": first,
            "waves": waves and str(waves),
        }


def _as_dict(complaint, tier):
    return {
        "tier": tier.title,
        "component": tier.name,
        "case": tier.name,
        "expected": complaint.expected,
        "seen": complaint.seen,
        "place": complaint.place,
        "time": None,
        "time_in_waves": None,
        "drawing": complaint.drawing,
        "hints": list(tier.hints),
    }


LAB = ProveItLab(7, "7-prove-it", "Prove it", [*CLAIMS, Inductive()])
