"""The pages of the labs: links lead somewhere, commands exist, and names are those that the grader uses."""

import importlib.util
import re

import pytest

from sim.bench.simulators import ROOT
from tests.lab.labs import LABS
from tests.links import missing

FOLDER = ROOT / "docs" / "labs"
MINE = (0, 3, 7, 8, 9)
PAGES = [FOLDER / "index.md", FOLDER / "teacher.md", *(FOLDER / LABS[n].folder / "README.md" for n in MINE)]

NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")


def text_of(path):
    return path.read_text(encoding="utf-8")


def name(path):
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_and_pictures_exist(path):
    here = [target for target in missing(text_of(path), path.parent) if "#" not in target or target.startswith("#")]
    assert not here


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_to_headings_of_other_pages_exist(path):
    for page, heading in re.findall(r"\]\(([^)#\s]+\.md)#([^)\s]+)\)", text_of(path)):
        assert f"#{heading}" not in missing(
            f"{text_of(path.parent / page)}\n[x](#{heading})", (path.parent / page).parent
        )


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_commands_exist(path):
    text = text_of(path)
    for session in re.findall(r"nox -s (\w+)", text):
        assert f"def {session}(session)" in NOXFILE, f"nox -s {session} must be a session of noxfile.py"
    for module in re.findall(r"python3? -m ([\w.]+)", text):
        assert module in ("venv", "serial") or importlib.util.find_spec(module), f"python -m {module} must be there"
    for file in re.findall(r"`((?:docs|hdl|sim|tests|board)/[\w./-]+\.\w+)`", text):
        assert (ROOT / file).is_file(), f"{file} must be there"


def test_first_grade_takes_three_commands():
    part = text_of(FOLDER / "index.md").split("## Three commands")[1].split("##")[0]
    commands = [line for line in part.splitlines() if line.startswith("    ")]
    assert len(commands) == 3
    assert commands[-1].endswith("nox -s lab -- 0")


def test_index_and_its_table_of_contents_have_every_lab():
    text = text_of(FOLDER / "index.md")
    for number, lab in LABS.items():
        assert f"| [{number} " in text
        assert text.count(f"({lab.folder}/README.md)") >= 1
        assert f"\n{lab.folder}/README\n" in text


def test_mistakes_in_the_teachers_guide_are_the_graders():
    rows = re.findall(r"^\| ([\d, ]+) \| ([^|*]+?) \| [^|]+ \|$", text_of(FOLDER / "teacher.md"), re.MULTILINE)
    named = [(int(number), name) for numbers, name in rows for number in numbers.split(",")]
    # The rows of the term's table have four columns, and do not match.
    assert len(named) > 10
    for number, mistake in named:
        assert mistake in {each.name for each in LABS[number].mistakes}, f"lab {number} must know {mistake!r}"


@pytest.mark.parametrize("number", MINE)
def test_page_has_the_parts_that_every_lab_has(number):
    lab = LABS[number]
    text = text_of(FOLDER / lab.folder / "README.md")
    assert text.startswith(f"# Lab {number}: {lab.title.lower()}")
    for part in ("## Steps", "## Try this", "## Questions"):
        assert text.count(f"\n{part}\n") == 1
    steps = text.split("## Steps")[1].split("\n## ")[0]
    assert 3 <= len(re.findall(r"^\d\. ", steps, re.MULTILINE)) <= 5
    assert f"nox -s lab -- {number}" in text
