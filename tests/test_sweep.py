"""Sweep: it measures what is there, keeps what it measured, and says in one line what is wrong."""

import os
import signal
import sys
import tempfile
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from hdl.port import Port
from hdl.receiver import Receiver
from hdl.thru import DirectThru
from sim import figures, summary, workers
from sim import sweep as command
from sim.points import SWEEPS, Glitch, Hops, Tolerance, port
from sim.results import Results, ResultsError
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
    assert not sweep([planned(tmp_path, Glitch, FOUR)], first, simulator="icarus")
    plan = planned(tmp_path, Glitch, FOUR)
    assert plan.results.missing(FOUR) == FOUR[2:]
    second = Inline()
    assert sweep([plan], second, simulator="icarus")
    assert [points for _, points, *_ in second.done] == [[point] for point in FOUR[2:]]
    third = Inline()
    assert sweep([planned(tmp_path, Glitch, FOUR)], third)
    assert third.done == []


@pytest.mark.usefixtures("single_points")
def test_lost_worker_is_one_line_and_loses_nothing_else(tmp_path):
    plan = planned(tmp_path, Glitch, FOUR)
    with pytest.raises(SweepError, match="one failed: gone") as error:
        sweep([plan], Inline(ConnectionError("gone\nby the network"), after=3), simulator="icarus")
    assert "\n" not in str(error.value)
    assert planned(tmp_path, Glitch, FOUR).results.missing(FOUR) == FOUR[3:]


def test_any_executor_does(tmp_path):
    plan = planned(tmp_path, Glitch, FOUR[:1])
    with ThreadPoolExecutor() as executor:
        assert sweep([plan], executor, simulator="icarus")
    assert plan.results.of(FOUR[:1]) == [(FOUR[0], (4, 0))]


def test_results_of_another_design_are_kept_and_not_taken(tmp_path):
    results(tmp_path, Glitch, "1f").add(FOUR, [(4, 0)] * 4)
    assert results(tmp_path, Glitch, "2e").missing(FOUR) == FOUR
    results(tmp_path, Glitch, "2e").add(FOUR[:1], [(3, 1)])
    assert results(tmp_path, Glitch, "1f").missing(FOUR) == []
    assert results(tmp_path, Glitch, "2e").of(FOUR) == [(FOUR[0], (3, 1))]


def test_identity_is_that_of_the_hardware():
    assert workers.identity(Glitch, CLK_FREQ) == workers.identity(Tolerance, CLK_FREQ)
    assert len({workers.identity(which, freq) for which in (Glitch, Hops) for freq in (CLK_FREQ, 16e6)}) == 4
    assert workers.identity(Glitch, CLK_FREQ, with_bug) != workers.identity(Glitch, CLK_FREQ)


def test_half_a_line_is_measured_again(tmp_path):
    results(tmp_path, Glitch).add(FOUR, [(4, 0)] * 4)
    path = tmp_path / "glitch.csv"
    path.write_bytes(path.read_bytes()[:-5])
    again = results(tmp_path, Glitch)
    assert again.missing(FOUR) == FOUR[3:]
    again.add(FOUR[3:], [(2, 1)])
    assert results(tmp_path, Glitch).of(FOUR[3:]) == [(FOUR[3], (2, 1))]
    assert path.read_text().count("\n") == 5


@pytest.mark.parametrize("content", ["width,height\n1,2\n", "notes", "\n", "width_us,place_us"])
def test_file_of_another_kind_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "glitch.csv"
    path.write_text(content)
    if content == "width_us,place_us":
        # This is what a full disk leaves of the first line.
        assert results(tmp_path, Glitch).missing(FOUR) == FOUR
        return
    with pytest.raises(ResultsError, match="must begin with the columns width_us,place_us,right,errors"):
        results(tmp_path, Glitch)
    assert path.read_text() == content


@pytest.fixture
def full_disk():
    """A function after which no file can grow beyond so many bytes, as on a disk that is full; ``None``: it can."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (before[0] if size is None else size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_leaves_whole_lines_and_loses_no_row(tmp_path, monkeypatch, full_disk):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = results(tmp_path, Glitch)
    kept.add(FOUR[:1], [(4, 0)])
    path = tmp_path / "glitch.csv"
    whole = path.read_text()
    # There is room for half of the next row.
    full_disk(len(whole) + 10)
    with pytest.raises(ResultsError, match=r"glitch.csv must be a file that can be written: File too large"):
        kept.add(FOUR[1:3], [(4, 0), (3, 1)])
    assert path.read_text() == whole
    full_disk(None)
    words = kept.rescue()
    assert "the 2 rows that it lacks are in" in words
    (rescued,) = (other for other in tmp_path.glob("glitch-*.csv"))
    assert str(rescued) in words
    # As the words say: added to the file they are taken.
    path.write_text(whole + rescued.read_text())
    assert results(tmp_path, Glitch).of(FOUR) == [(FOUR[0], (4, 0)), (FOUR[1], (4, 0)), (FOUR[2], (3, 1))]


def test_rows_go_to_standard_output_if_nothing_can_be_written(tmp_path, monkeypatch, full_disk, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = results(tmp_path, Glitch)
    full_disk(0)
    with pytest.raises(ResultsError):
        kept.add(FOUR[:1], [(4, 0)])
    words = kept.rescue()
    full_disk(None)
    assert "on standard output" in words
    assert "1,20.5,4,0,12000000,1f" in capsys.readouterr().out
    assert list(tmp_path.glob("glitch-*")) == []


@pytest.mark.usefixtures("single_points")
def test_full_disk_during_a_sweep_is_one_line(tmp_path, monkeypatch):
    plan = planned(tmp_path, Glitch, FOUR)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def full(file, lines):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plan.results, "_write", full)
    monkeypatch.setattr(plan.results, "rescue", lambda: f"{len(plan.results.unsaved)} rows are saved elsewhere")
    with pytest.raises(SweepError, match="4 rows are saved elsewhere"):
        sweep([plan], Inline(), simulator="icarus")


def known(which, points):
    """A plan for which this was measured: pairs of a point and its measures."""
    return SimpleNamespace(sweep=which, points=None, results=SimpleNamespace(of=lambda _: points))


def test_limits_are_the_last_values_below_which_nothing_was_wrong():
    rows = [
        ((rate, 0, 32, seed), (32 if abs(rate) < 5.21 else 4, 0))
        for rate in (-5.3, -5.2, 0, 5.2, 5.22)
        for seed in (1, 2)
    ]
    rows += [((0, skew, 32, 1), (32, int(skew == 15.7))) for skew in (-15.9, 15.5, 15.6, 15.7, 15.8)]
    rows += [((rate, 12.9 + n / 10, 32, 1), (32 if n < 2 - rate else 0, 0)) for rate in (-1, 1) for n in range(5)]
    stands = summary.stands([known(Tolerance, rows)])
    assert stands == summary.Stands(5.2, 5.2, 15.6, None, pytest.approx(12.9), None, None)


def test_glitch_is_stood_if_no_place_is_harmed():
    rows = [((width, place), (4 - (width > 3 and place > 9), 0)) for width in (1, 3, 5) for place in (0, 10, 20, 30)]
    assert summary.glitches(rows) == {1: 0.0, 3: 0.0, 5: 0.75}
    assert summary.stands([known(Glitch, rows)]).glitch == 3


def test_receiver_below_its_promise_is_told():
    rows = [((rate, 0, 32, 1), (32 if rate < 5.1 else 0, 0)) for rate in (0, 4, 5, 5.1, 5.2)]
    assert summary.falls_short([known(Tolerance, rows)], 12e6) == ["fast"]
    assert summary.falls_short([known(Tolerance, rows)], 500e3) == []


def boxes(svg, kind):
    """Titles of the boxes of a kind."""
    space = "{http://www.w3.org/2000/svg}"
    found = ElementTree.fromstring(svg).iter(f"{space}rect")
    return [box.find(f"{space}title").text for box in found if box.get("class") == kind and len(box)]


def test_figures_show_every_point():
    rows = [((rate, skew, 12, 0), (12 if rate < 1 else 3, 0)) for rate in (-1, 0, 1) for skew in (-2, 0, 2)]
    svg = figures.tolerance(rows)
    assert (len(boxes(svg, "right")), len(boxes(svg, "wrong"))) == (6, 3)
    assert "+1 % baud, lows -2 us longer: 3 of 12 bytes before the first wrong one" in boxes(svg, "wrong")

    rows = [((width, place), (width, 0)) for width in (0, 2, 4) for place in (0.5, 4.5)]
    svg = figures.glitch(rows, 4)
    assert [len(boxes(svg, kind)) for kind in ("right", "part", "wrong")] == [2, 2, 2]

    rows = [(("<own>", 2, 5, kind, -2, 16, 12), (hops, 3)) for kind, hops in (("direct", 3), ("retimed", 12))]
    titles = boxes(figures.hops(rows), "right")
    assert titles[0].startswith("<own>, direct thru, -2 %: right for 3 hops, by the formula 3")
    assert "right for 12 hops or more" in titles[1]


def test_ideal_receiver_has_the_limits_that_are_printed_for_it():
    assert figures.ideal_distortion(0) == pytest.approx((16, 16))
    # The formula takes 9.5 bits where the stop bit's border is at 9, so that it is a little on the safe side.
    assert figures.ideal_distortion(-0.01)[1] == pytest.approx(13.1, abs=0.05)
    assert figures.ideal_distortion(0.01)[0] == pytest.approx(13.15, abs=0.05)


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
    arguments = ["glitch", "--out", str(tmp_path), "--simulator", "icarus"]
    assert main([*arguments, "--workers", "2"]) == 0
    out = capsys.readouterr().out
    assert "3 us inverted in a frame harm a byte nowhere" in out
    assert "12 us inverted in a frame harm a byte at 100.0% of the places" in out
    assert (tmp_path / "glitch.csv").read_text().count("\n") == 5
    assert len(boxes((tmp_path / "glitch.svg").read_text(), "right")) == 3
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
    assert main(["glitch", "--out", str(tmp_path), "--simulator", "icarus", "--workers", "1"]) == 130
    kept = (tmp_path / "glitch.csv").read_text().count("\n") - 1
    assert 1 <= kept < 4
    assert f"interrupted; {4 - kept} points are left" in capsys.readouterr().err


def test_stopped_worker_begins_nothing_and_ends_what_it_does_early(monkeypatch):
    how = (port, CLK_FREQ, "direct", "icarus", 1e6)
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
            assert sweep([plan], executor, simulator="icarus")
    assert plan.results.of(FOUR[:2]) == [(FOUR[0], (4, 0)), (FOUR[1], (4, 0))]
