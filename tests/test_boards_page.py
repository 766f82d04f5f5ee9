"""docs/boards.md: what is computed in it, and that its commands and links exist."""

import re

import pytest

from board import __main__ as command
from board import boards, pins
from board.designs import DESIGNS
from docs import boards as program
from sim.bench.simulators import ROOT
from tests.links import missing

PAGE = program.PAGE.read_text(encoding="utf-8")


def test_page_is_what_the_program_makes():
    made = program.refreshed(PAGE)
    assert made == PAGE, "docs/boards.md must be made anew: python -m docs.boards"


def test_a_changed_pin_in_the_page_is_put_right():
    wrong = PAGE.replace("PMOD1A.1 (4)", "PMOD1A.1 (5)")
    assert wrong != PAGE
    assert program.refreshed(wrong) == PAGE


def test_every_board_has_a_section_that_says_what_was_tried():
    for name, board in boards.BOARDS.items():
        assert board.title in section(name)
        assert ("not yet tried on hardware" in section(name)) == (name not in program.REPORTED)


def section(name):
    """What the page says of a board."""
    return PAGE.partition(f"### {name.replace('_', '-')}\n")[2].partition("\n###")[0]


def test_every_board_says_which_light_is_which():
    for name, board in boards.BOARDS.items():
        lights = [str(place) for place in pins.lights(board, board.platform())]
        if len(lights) > 1:
            assert f"{lights[0]} is steady when it passed, {lights[1]} lights up when it did not" in section(name)
            assert f"Lights, the first one first: {', '.join(lights)}." in section(name)
        else:
            assert f"its one light, {lights[0]}, is steady when it passed; dark is a fail or no cable" in section(name)


def test_links_of_the_page_exist():
    assert missing(PAGE, program.PAGE.parent) == []


@pytest.mark.parametrize("line", sorted(set(re.findall(r"python -m board [a-z]+(?: [a-z]+)?", PAGE))))
def test_commands_of_the_page_exist(line, capsys):
    words = line.split()[3:]
    with pytest.raises(SystemExit) as stopped:
        command.main([*words[:2], "--help"] if words[0] == "host" else [words[0], "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "usage:" in text


def test_options_that_the_page_names_exist(capsys):
    known = set()
    for words in (["build"], ["flash"], ["check"], ["host", "monitor"], ["host", "record"]):
        with pytest.raises(SystemExit):
            command.main([*words, "--help"])
        known |= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) <= known


def test_the_form_for_a_report_asks_for_board_design_and_counts():
    form = (ROOT / ".github/ISSUE_TEMPLATE/board.yml").read_text()
    assert re.findall(r"id: (\w+)", form)[:4] == ["board", "design", "command", "counts"]
    assert "python -m board list" in form
    assert set(re.search(r"options: \[(.*)\]", form)[1].split(", ")) == set(DESIGNS)
