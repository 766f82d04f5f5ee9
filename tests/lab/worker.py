"""Grades one file in this process: that of :mod:`tests.lab.alone`, or a browser's."""

import gc
import json
import warnings
from contextlib import suppress
from pathlib import Path

from sim.bench import pysim
from sim.bench.design import Design
from sim.bench.trace import Stimulus
from tests.lab.grading import SubmissionError, grade
from tests.lab.labs import LABS
from tests.lab.limits import limit_memory
from tests.lab.submission import load, words_for
from tests.lab.too_narrow import too_narrow
from tests.lab.without_effect import without_effect

__all__ = ["as_dict", "judged", "main", "runner"]


def runner(simulator):
    """A ``run(component, clk_freq, stimuli)``; ``amaranth`` is its own simulator, the others those of the benches."""
    if simulator == "amaranth":
        return lambda component, clk_freq, stimuli: pysim.run(Design.of(component, clk_freq), stimuli)

    # These need more than Amaranth, which is not there everywhere.
    from sim.bench.run import Build, choose  # noqa: PLC0415

    def run(component, clk_freq, stimuli):
        design = Design.of(component, clk_freq)
        clocks = clk_freq * sum(stimulus.until for stimulus in stimuli)
        return Build(design, choose(simulator, design, clocks)).run(stimuli)

    return run


def as_dict(grade):
    """A grade as what JSON can hold."""
    failed = grade.first_failed
    return {
        "lab": grade.lab.number,
        "title": grade.lab.title,
        "percent": grade.percent,
        "error": grade.error or None,
        "tiers": [{"name": tier.name, "passed": tier.passed, "counts": tier.counts} for tier in grade.tiers],
        "mistake": grade.mistake and {"name": grade.mistake.name, "text": grade.mistake.text},
        "complaint": failed and _complaint(failed),
        "waves": None,
        # Of the tier to begin with, for one who has not begun.
        "hints": list(grade.lab.tiers[0].hints) if "drives nothing" in grade.error else [],
    }


def _complaint(tier):
    complaint = tier.complaint
    return {
        "tier": tier.name,
        "component": tier.component,
        "case": tier.case.title,
        "expected": complaint.expected,
        "seen": complaint.seen,
        "place": complaint.place,
        "time": complaint.time,
        "time_in_waves": None if complaint.time is None else complaint.time + pysim.RESET / tier.case.unit.clk_freq,
        "drawing": complaint.drawing,
        "hints": list(tier.hints),
    }


def write_waves(path, graded, classes):
    """Write all signals of the case that failed first, for GTKWave and Surfer."""
    tier = graded.first_failed
    unit = tier.case.unit
    path.parent.mkdir(parents=True, exist_ok=True)
    # A while longer, so that what was expected and late can be seen too.
    stimulus = tier.case.stimulus
    stimulus = Stimulus(stimulus.until + 50 / unit.clk_freq, stimulus.levels, stimulus.streams, stimulus.ready)
    pysim.run(Design.of(unit.make(classes[unit.component]), unit.clk_freq), [stimulus], waves=path)


def _hardware(lab, path, job):
    classes = load(lab, path)
    graded = grade(lab, classes, runner(job["simulator"]), words_for(path))
    result = as_dict(graded)
    if graded.percent < 100:
        _tell(result, "a line without effect", without_effect(path))
        unit = graded.first_failed.case.unit if graded.first_failed else lab.units[0]
        # What does not run has said why.
        with suppress(Exception):
            _tell(result, "a number that does not fit", too_narrow(unit.make(classes[unit.component]), path))
    if job["waves"] and graded.first_failed and not graded.error:
        # What fails to run has no waves, and that is no reason to have no grade.
        with suppress(Exception):
            write_waves(Path(job["waves"]), graded, classes)
            result["waves"] = job["waves"]
    return result


def _tell(result, name, lines):
    """Lines that are wrong as they stand explain more than any guess at what the others do."""
    if not lines:
        return
    if result["error"]:
        result["error"] += f"; {lines[0]}"
    elif name == "a line without effect" or not result["mistake"]:
        result["mistake"] = {"name": name, "text": _sentence(lines)}
    else:
        result["mistake"]["text"] += f" {_sentence(lines)}"


def _sentence(lines):
    text = "; ".join(lines[:3])
    return f"{text[0].upper()}{text[1:]}."


def judged(job):
    """The grade that a job asks for, as :func:`as_dict` has it."""
    # Components that a submission makes and never uses are none of a student's worries.
    warnings.simplefilter("ignore")
    lab, path = LABS[job["lab"]], Path(job["path"])
    if job["megabytes"]:
        limit_memory(job["megabytes"])
    result = {
        "lab": lab.number, "title": lab.title, "percent": 0, "error": None, "tiers": [], "mistake": None,
        "complaint": None, "waves": None, "hints": [],
    }  # fmt: skip
    try:
        # What asks for answers, and not for hardware, judges them itself.
        result |= lab.judge(path) if hasattr(lab, "judge") else _hardware(lab, path, job)
    except SubmissionError as error:
        result["error"] = str(error)
    except MemoryError:
        gc.collect()
        result["error"] = f"it needs more than {job['megabytes']} MB of memory"
    return result


def main(job):
    """Grade what the job says, for one who has no processes: a file that says where the grade goes, too."""
    job = json.loads(Path(job).read_text(encoding="utf-8"))
    Path(job["result"]).write_text(json.dumps(judged(job)), encoding="utf-8")
