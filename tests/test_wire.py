"""docs/wire.md and its figures are what ``python -m docs.wire`` makes, and what they say is so."""

import re
import xml.etree.ElementTree as ET

import pytest

from docs import wire, wire_chain, wire_connector, wire_loop
from sim.model.chain import lasting_hops
from sim.model.current_loop import SENDERS
from sim.model.optocoupler import PARTS
from tests.links import missing

TEXT = wire.PAGE.read_text(encoding="utf-8")
FILES = [wire.PAGE, *(wire.DOCS / "figures" / figure for figure in wire.FIGURES)]
SVG = "{http://www.w3.org/2000/svg}"


def name(path):
    return path.name


def rows(table):
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]


@pytest.fixture(scope="module")
def made():
    return wire.made()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_committed_file_is_what_the_program_makes(made, path):
    # A checkout may have its own line ends; nothing else may differ.
    committed = path.read_bytes().replace(b"\r\n", b"\n") if path.exists() else b""
    assert committed == made[path].encode(), f"{path.name} must be what the code makes: run python -m docs.wire"


def test_page_shows_each_figure_once():
    shown = re.findall(r"!\[[^\]]+\]\(figures/([^)]+)\)", TEXT)
    assert sorted(shown) == sorted(wire.FIGURES)


def test_links_and_pictures_of_the_page_exist():
    assert not missing(TEXT, wire.DOCS)


def test_links_that_lead_nowhere_are_found():
    page = "# A heading, here\n[a](#a-heading-here) [b](#none) ![c](figures/none.svg) [d](wire.py) [e](https://x.org)"
    assert missing(page, wire.DOCS) == ["#none", "figures/none.svg"]


def test_changed_number_in_the_page_is_put_right():
    wrong = TEXT.replace("4.472 mA | 4.472 mA", "4.472 mA | 4.473 mA")
    assert wrong != TEXT
    assert wire.refreshed(wrong) == TEXT


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (TEXT.replace("<!-- loop:end -->", ""), "must have <!-- loop:begin --> once and <!-- loop:end --> once"),
        (TEXT + "<!-- parts:begin -->", "must have <!-- parts:begin --> once"),
        ("<!-- loop:end --><!-- loop:begin -->", "behind it"),
        (TEXT + "<!-- lop:begin -->", "must have markers of loop, .* only, not lop"),
    ],
)
def test_page_without_its_markers_is_refused_in_words(wrong, message):
    with pytest.raises(ValueError, match=message):
        wire.refreshed(wrong)


def test_program_writes_all_of_it_and_the_same_each_time(made, tmp_path, monkeypatch):
    page = tmp_path / "wire.md"
    page.write_text(TEXT.replace("5.45 mA", "5 mA"), encoding="utf-8")
    monkeypatch.setattr(wire, "DOCS", tmp_path)
    monkeypatch.setattr(wire, "PAGE", page)
    assert wire.main() == 0
    written = [page, *(tmp_path / "figures").iterdir()]
    assert {path.name: path.read_text(encoding="utf-8") for path in written} == {
        path.name: text for path, text in made.items()
    }


def test_page_that_is_not_there_is_one_line_and_status_2(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(wire, "PAGE", tmp_path / "wire.md")
    assert wire.main() == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("figure", wire.FIGURES)
def test_figure_is_small_says_what_it_shows_and_has_a_dark_side(made, figure):
    text = made[wire.DOCS / "figures" / figure]
    root = ET.fromstring(text)
    assert root.get("viewBox")
    assert all(root.find(f"{SVG}{part}").text for part in ("title", "desc"))
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text
    assert len(text) < 20_000


@pytest.mark.parametrize("figure", wire.FIGURES)
def test_text_of_a_figure_stays_inside_it(made, figure):
    root = ET.fromstring(made[wire.DOCS / "figures" / figure])
    _, _, width, height = map(float, root.get("viewBox").split())
    for text in root.iter(f"{SVG}text"):
        x, y = float(text.get("x")), float(text.get("y"))
        # Letters are at most some 0.55 of their height wide on average.
        size = {"small": 11, "title": 15}.get(text.get("class"), 13)
        long = 0.55 * size * len(text.text)
        left = x - long * {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor"), 0.0)
        assert left >= 0, text.text
        assert left + long <= width, text.text
        assert 0 <= y <= height, text.text


def test_stated_figures_of_the_electrical_specification_come_out():
    found = {row[1]: row[2] for row in rows(wire_loop.stated_table())[2:]}
    assert found.keys() == {"7.2 mA", "4.472 mA", "0.111 A", "0.383 W"}
    for stated, computed in found.items():
        (value, unit), (ours, our_unit) = stated.split(), computed.split()
        digits = len(value.partition(".")[2])
        assert (f"{float(ours):.{digits}f}", our_unit) == (value, unit)


def test_prose_about_a_buffer_that_stays_at_some_voltage_is_so():
    took = [wire_loop.BUFFER_LOW / loop.resistance * 1e3 for loop in (SENDERS["3.3 V"], SENDERS["5 V"])]
    assert f"takes {took[0]:.1f} mA from the loop at 3.3 V, and but {took[1]:.1f} mA at 5 V" in " ".join(TEXT.split())


def test_worked_example_is_three_hops():
    assert "3 hops * 3 us =  9.00 us < 9.92 us" in wire_chain.example()
    assert "4 hops * 3 us = 12.00 us > 9.92 us" in wire_chain.example()


@pytest.mark.parametrize("rate_error", [0.0, wire_chain.BOTH_ENDS])
@pytest.mark.parametrize("part", [part for part in PARTS.values() if part.is_known], ids=lambda part: part.name)
def test_formula_promises_no_hop_that_fails(part, rate_error):
    promised = lasting_hops(part.skew, rate_error)
    measured = wire_chain.lasts(part, rate_error)
    most = wire_chain.MOST_SHOWN
    assert measured >= (most if promised is None else min(promised, most))
    # And it gives away at most the half bit by which it counts too much.
    assert (
        promised is None or measured <= promised + wire_chain.BIT / 2 * rate_error / part.skew + 1 or measured == most
    )


def test_parts_whose_delays_nobody_found_are_said_to_be_unknown():
    table = {row[0].strip("`"): row[1:5] for row in rows(wire_chain.parts_table())[2:]}
    assert table.keys() == PARTS.keys() - {"custom"}
    for part, found in table.items():
        assert ("unknown" in found) == (not PARTS[part].is_known)


def test_connector_is_numbered_as_the_page_says():
    assert wire_connector.PLUG == (1, 4, 2, 5, 3)
    assert wire_connector.JACK == (3, 5, 2, 4, 1)
    assert "**1 4 2 5 3**" in TEXT
    assert "**3 5 2 4 1**" in TEXT
