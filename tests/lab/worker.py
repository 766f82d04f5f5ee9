"""Grades one file in a process of its own. Started by :mod:`tests.lab.isolated`.

``python -m tests.lab.worker JOB``: the job is a JSON file, and the grade is written where it says.
"""

import gc
import json
import sys
import warnings
from contextlib import suppress
from pathlib import Path

from sim.bench import pysim
from sim.bench.design import Design
from sim.bench.trace import Stimulus
from tests.lab.grading import SubmissionError, grade
from tests.lab.labs import LABS
from tests.lab.submission import load, words_for

__all__ = ["as_dict", "runner"]


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


def _limit_memory(megabytes):
    try:
        import resource  # noqa: PLC0415 -- it is not there on Windows.
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _hardware(lab, path, job):
    classes = load(lab, path)
    graded = grade(lab, classes, runner(job["simulator"]), words_for(path))
    result = as_dict(graded)
    if job["waves"] and graded.first_failed and not graded.error:
        # What fails to run has no waves, and that is no reason to have no grade.
        with suppress(Exception):
            write_waves(Path(job["waves"]), graded, classes)
            result["waves"] = job["waves"]
    return result


def main(job):
    """Grade what the job says."""
    job = json.loads(Path(job).read_text(encoding="utf-8"))
    # Components that a submission makes and never uses are none of a student's worries.
    warnings.simplefilter("ignore")
    lab, path = LABS[job["lab"]], Path(job["path"])
    if job["megabytes"]:
        _limit_memory(job["megabytes"])
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
    Path(job["result"]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
