"""Results: what was measured is kept, whatever becomes of the disk."""

import tempfile

import pytest

from sim.points import Glitch
from sim.results import Results, ResultsError

FOUR = [(1, 20.5), (2, 20.5), (3, 20.5), (12, 10.5)]


def results(folder, design="1f"):
    return Results(folder / "glitch.csv", Glitch, 12e6, design)


def test_results_of_another_design_are_kept_and_not_taken(tmp_path):
    results(tmp_path, "1f").add(FOUR, [(4, 0)] * 4)
    assert results(tmp_path, "2e").missing(FOUR) == FOUR
    results(tmp_path, "2e").add(FOUR[:1], [(3, 1)])
    assert results(tmp_path, "1f").missing(FOUR) == []
    assert results(tmp_path, "2e").of(FOUR) == [(FOUR[0], (3, 1))]


def test_half_a_line_is_measured_again(tmp_path):
    results(tmp_path).add(FOUR, [(4, 0)] * 4)
    path = tmp_path / "glitch.csv"
    path.write_bytes(path.read_bytes()[:-5])
    again = results(tmp_path)
    assert again.missing(FOUR) == FOUR[3:]
    again.add(FOUR[3:], [(2, 1)])
    assert results(tmp_path).of(FOUR[3:]) == [(FOUR[3], (2, 1))]
    assert path.read_text().count("\n") == 5


@pytest.mark.parametrize("content", ["width,height\n1,2\n", "notes", "\n", "width_us,place_us"])
def test_file_of_another_kind_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "glitch.csv"
    path.write_text(content)
    if content == "width_us,place_us":
        # This is what a full disk leaves of the first line.
        assert results(tmp_path).missing(FOUR) == FOUR
        return
    with pytest.raises(ResultsError, match="must begin with the columns width_us,place_us,right,errors"):
        results(tmp_path)
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
    kept = results(tmp_path)
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
    assert results(tmp_path).of(FOUR) == [(FOUR[0], (4, 0)), (FOUR[1], (4, 0)), (FOUR[2], (3, 1))]


def test_rows_go_to_standard_output_if_nothing_can_be_written(tmp_path, monkeypatch, full_disk, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = results(tmp_path)
    full_disk(0)
    with pytest.raises(ResultsError):
        kept.add(FOUR[:1], [(4, 0)])
    words = kept.rescue()
    full_disk(None)
    assert "on standard output" in words
    assert "1,20.5,4,0,12000000,1f" in capsys.readouterr().out
    assert list(tmp_path.glob("glitch-*")) == []
