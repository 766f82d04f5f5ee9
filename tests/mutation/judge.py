"""One mutant before the benches of its subject: which case finds it, or that none does."""

import shutil
from typing import NamedTuple

from sim.bench.bench import FIRST
from sim.bench.run import Build, Design, SimulatorError, choose
from tests.mutation.subjects import SUBJECTS

__all__ = ["HUNG", "KILLED", "SURVIVED", "Verdict", "judge"]

KILLED, SURVIVED, HUNG = "killed", "survived", "hung"


class Verdict(NamedTuple):
    """What became of a mutant: ``killed`` by ``case``, which says ``words``; or ``survived`` all."""

    outcome: str
    case: str = ""
    words: str = ""


def judge(subject, verilog, simulator="auto", progress=None):
    """The :class:`Verdict` on a design with the ports of a subject, given as Verilog."""
    bench = SUBJECTS[subject].bench
    design = Design.of(bench.design.component, bench.design.clk_freq, bench.design.joins, verilog)
    # Few runs are longer than the first, for which to compile must be quick above all.
    build = Build(design, choose(simulator, design, clocks=FIRST))
    try:
        for names in bench.runs():
            verdict = _run(bench.only(*names), build)
            if verdict.outcome != SURVIVED:
                return verdict
            if progress:
                progress()
    finally:
        # There is a build for each mutant, and nobody will want it again.
        shutil.rmtree(build.directory, ignore_errors=True)
    return Verdict(SURVIVED)


def _run(bench, build):
    try:
        traces = build.run([case.stimulus for case in bench.cases.values()])
    except SimulatorError as error:
        # A level that is neither 0 nor 1, or a design that the simulator does not accept.
        return Verdict(KILLED, "the simulator", str(error).strip().splitlines()[-1])
    for (name, case), trace in zip(bench.cases.items(), traces, strict=True):
        try:
            case.check(trace)
        except AssertionError as difference:
            return Verdict(KILLED, name, str(difference).partition("\n")[0])
        except Exception as error:
            # A check may stumble over what no sound design does, and finds it so.
            return Verdict(KILLED, name, f"{type(error).__name__}: {error}")
    return Verdict(SURVIVED)
