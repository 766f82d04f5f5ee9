"""Sweep: it measures what is there, keeps what it measured, and says in one line what is wrong."""

import os
import signal
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from hdl.port import Port
from hdl.receiver import Receiver
from hdl.thru import DirectThru
from sim import sweep as command
from sim import workers
from sim.points import SWEEPS, Glitch, Hops, Tolerance, port
from sim.results import Results
from sim.sweep import Plan, SweepError, main, sweep
from sim.workers import WorkersError, cluster
from tests.conftest import planted

CLK_FREQ = 12e6


class Inline(Executor):
    """Does all work at once and itself, and counts it; ``fails`` says with what it breaks off, and after how many."""

    def __init__(self, fails=None, after=0):
        self.fails, self.after, self.done = fails, after, []

    def submit(self, function, *arguments):
        future = Future()
        if function is workers.measure:
            if self.fails and len(self.done) >= self.after:
                future.set_exception(self.fails)
                return future
            self.done.append(arguments)
        future.set_result(function(*arguments))
        return future


def results(folder, measured, design="1f"):
    return Results(folder / f"{measured.name}.csv", measured, CLK_FREQ, design)


def planned(folder, measured, points, design="1f"):
    return Plan(measured, points, results(folder, measured, design))


def measured(folder, which, points, make=port):
    """What a sweep finds of these points, in the simulator."""
    plan = planned(folder, which, points)
    assert sweep([plan], Inline(), make=make)
    return [measures for _, measures in plan.results.of(points)]


def with_bug(clk_freq, _):
    """A port whose receiver samples each bit a microsecond early."""
    broken = planted(Receiver, "half = (self.divisor - 1) // 2", "half = (self.divisor - 1) // 2 - 12")
    made = Port(clk_freq)
    made._receiver = broken(clk_freq)
    return made


def test_tolerance_is_what_is_promised_and_ends_where_it_must(tmp_path):
    inside = [(5.2, 0), (-5.2, 0), (0, 15.5), (0, -15.5), (1, 12.9), (1, -12.9), (-1, 12.9), (-1, -12.9)]
    outside = [(5.35, 0), (-5.35, 0), (0, 16.2), (0, -16.2), (1, -13.4), (-1, 13.4)]
    found = measured(tmp_path, Tolerance, [(*point, 24, 1) for point in (*inside, *outside)])
    assert found[: len(inside)] == [(24, 0)] * len(inside)
    assert all(right < 24 for right, _ in found[len(inside) :])


def test_sweep_finds_receiver_that_samples_early(tmp_path):
    (longer, _), (shorter, _) = measured(tmp_path, Tolerance, [(0, 15.5, 12, 1), (0, -15.5, 12, 1)], with_bug)
    assert (longer < 12, shorter) == (True, 12)


def test_glitch_harms_when_it_is_wider_than_the_filter_and_where_a_bit_is_sampled(tmp_path):
    points = [(3, 46.5), (3, 31), (3.5, 46.5), (8, 46.5), (8, 56), (12, 10)]
    assert [right for right, _ in measured(tmp_path, Glitch, points)] == [4, 4, 0, 0, 4, 0]


def test_chain_ends_where_the_formula_says(tmp_path):
    points = [
        ("PC900", 2.0, 5.0, "direct", -2, 16, 5),
        ("6N138@2.7k", 2.0, 10.0, "direct", 0, 16, 5),
        ("6N138@220", 2.0, 2.0, "direct", 0, 16, 5),
    ]
    assert measured(tmp_path, Hops, points) == [(3, 3), (1, 1), (5, 5)]


def test_retimed_thru_ends_no_chain_and_a_direct_one_in_its_place_does(tmp_path):
    points = [("custom:tphl=2us,tplh=11us", 2.0, 11.0, "retimed", -2, 16, 3)]
    assert measured(tmp_path / "right", Hops, points) == [(3, 3)]
    wrong = measured(tmp_path / "wrong", Hops, points, lambda clk_freq, _: Port(clk_freq, thru=DirectThru))
    assert wrong == [(1, 3)]


def test_every_point_of_every_sweep_is_there_once():
    for fine in (False, True):
        for which in SWEEPS.values():
            points = which.points(["PC900", "6N136"], fine) if which is Hops else which.points(fine)
            assert len(set(points)) == len(points) >= 12
            assert all(len(point) == len(which.parameters) for point in points)
            assert all(which.seconds(point) > 0 for point in points)


FOUR = [(1, 20.5), (2, 20.5), (3, 20.5), (12, 10.5)]


@pytest.fixture
def single_points(monkeypatch):
    """Each point is a run of its own."""
    monkeypatch.setattr(command, "RUN_SECONDS", 0.0)


@pytest.mark.usefixtures("single_points")
def test_sweep_goes_on_where_it_was_interrupted(tmp_path):
    first = Inline(KeyboardInterrupt(), after=2)
    assert not sweep([planned(tmp_path, Glitch, FOUR)], first)
    plan = planned(tmp_path, Glitch, FOUR)
    assert plan.results.missing(FOUR) == FOUR[2:]
    second = Inline()
    assert sweep([plan], second)
    assert [points for _, points, *_ in second.done] == [[point] for point in FOUR[2:]]
    third = Inline()
    assert sweep([planned(tmp_path, Glitch, FOUR)], third)
    assert third.done == []


@pytest.mark.usefixtures("single_points")
def test_lost_worker_is_one_line_and_loses_nothing_else(tmp_path):
    plan = planned(tmp_path, Glitch, FOUR)
    with pytest.raises(SweepError, match="one failed: gone") as error:
        sweep([plan], Inline(ConnectionError("gone\nby the network"), after=3))
    assert "\n" not in str(error.value)
    assert planned(tmp_path, Glitch, FOUR).results.missing(FOUR) == FOUR[3:]


def test_any_executor_does(tmp_path):
    plan = planned(tmp_path, Glitch, FOUR[:1])
    with ThreadPoolExecutor() as executor:
        assert sweep([plan], executor)
    assert plan.results.of(FOUR[:1]) == [(FOUR[0], (4, 0))]


def test_identity_is_that_of_the_hardware():
    assert workers.identity(Glitch, CLK_FREQ) == workers.identity(Tolerance, CLK_FREQ)
    assert len({workers.identity(which, freq) for which in (Glitch, Hops) for freq in (CLK_FREQ, 16e6)}) == 4
    without_filter = workers.identity(Glitch, CLK_FREQ, lambda clk_freq, _: Port(clk_freq, glitch=0))
    assert without_filter != workers.identity(Glitch, CLK_FREQ)


@pytest.mark.usefixtures("single_points")
def test_full_disk_during_a_sweep_is_one_line(tmp_path, monkeypatch):
    plan = planned(tmp_path, Glitch, FOUR)

    def full(file, lines):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plan.results, "_write", full)
    monkeypatch.setattr(plan.results, "rescue", lambda: f"{len(plan.results.unsaved)} rows are saved elsewhere")
    with pytest.raises(SweepError, match="4 rows are saved elsewhere"):
        sweep([plan], Inline())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tolerence"], "tolerance, hops, glitch, not 'tolerence'"),
        (["--hops", "0"], "Hops must be a whole number from 1"),
        (["--hops", "-3"], "not '-3'"),
        (["--workers", "many"], "Workers must be a whole number"),
        (["--clk-freq", "fast"], "number of Hz, not 'fast'"),
        (["--clk-freq", "100"], "choose a faster clock"),
        (["--clk-freq", "nan"], "positive number"),
        (["hops", "--optocoupler", "6N138"], "did you mean 6N138@2.7k or 6N138@220"),
        (["hops", "--optocoupler", "H11L1"], "unknown"),
        (["hops", "--optocoupler", "PC900:inverted"], "must not be inverted"),
        (["glitch", "--out", "FILE"], "must be a file that can be written"),
        (["glitch", "--scheduler", "nowhere"], "Scheduler must be an address such as"),
        (["glitch", "--scheduler", "http://here:80"], "Scheduler must be an address such as"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, arguments, words):
    (tmp_path / "file").write_text("")
    arguments = [str(tmp_path / "file") if argument == "FILE" else argument for argument in arguments]
    assert main(["--out", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


@pytest.fixture
def few_points(monkeypatch, single_points):
    """A sweep that is done in seconds."""
    monkeypatch.setattr(Glitch, "points", lambda fine: FOUR)


@pytest.mark.usefixtures("few_points")
def test_command_measures_draws_and_goes_on(tmp_path, capsys):
    arguments = ["glitch", "--out", str(tmp_path)]
    assert main([*arguments, "--workers", "2"]) == 0
    out = capsys.readouterr().out
    assert "3 us inverted in a frame harm a byte nowhere" in out
    assert "12 us inverted in a frame harm a byte at 100.0% of the places" in out
    assert (tmp_path / "glitch.csv").read_text().count("\n") == 5
    assert (tmp_path / "glitch.svg").read_text().startswith("<?xml")
    before = (tmp_path / "glitch.csv").read_text()
    assert main(arguments) == 0
    assert (tmp_path / "glitch.csv").read_text() == before


@pytest.mark.usefixtures("few_points")
def test_interrupted_command_keeps_what_was_measured(tmp_path, capsys, monkeypatch):
    real = Results.add

    def add(self, points, measures):
        real(self, points, measures)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Results, "add", add)
    assert main(["glitch", "--out", str(tmp_path), "--workers", "1"]) == 130
    kept = (tmp_path / "glitch.csv").read_text().count("\n") - 1
    assert 1 <= kept < 4
    assert f"interrupted; {4 - kept} points are left" in capsys.readouterr().err


def test_stopped_worker_begins_nothing_and_ends_what_it_does_early(monkeypatch):
    how = (port, CLK_FREQ, "direct", "auto", 1e6)
    monkeypatch.setattr(workers, "stopped", SimpleNamespace(is_set=lambda: True))
    assert workers.measure("glitch", FOUR, *how) == []
    answers = iter([False])
    monkeypatch.setattr(workers, "stopped", SimpleNamespace(is_set=lambda: next(answers, True)))
    found = workers.measure("glitch", FOUR * 30, *how)
    assert len(found) < 120
    assert found == ([(4, 0), (4, 0), (4, 0), (0, 0)] * 30)[: len(found)]


def test_cluster_needs_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(WorkersError, match="pip install distributed"), cluster("tcp://127.0.0.1:8786"):
        pass


def test_scheduler_that_is_not_there_is_one_line(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "PATIENCE", "0.2s")
    with pytest.raises(WorkersError, match=r"at tcp://127\.0\.0\.1:1 none does") as error, cluster("tcp://127.0.0.1:1"):
        pass
    assert "\n" not in str(error.value)


def test_cluster_does_the_work(tmp_path):
    distributed = pytest.importorskip("distributed")
    scheduler = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    )
    with scheduler:
        plan = planned(tmp_path, Glitch, FOUR[:2])
        with cluster(scheduler.scheduler_address) as executor:
            assert sweep([plan], executor)
    assert plan.results.of(FOUR[:2]) == [(FOUR[0], (4, 0)), (FOUR[1], (4, 0))]
