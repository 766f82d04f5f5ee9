"""The pages of the labs: links lead somewhere, commands exist, and names are those that the grader uses."""

import importlib.util
import re

import pytest
from amaranth.hdl import Cat, Fragment, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFO

from sim.bench.simulators import ROOT
from sim.model.midi import KINDS
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


NEW = {
    2: ("Receiver", {"bits": 8, "lost": 1, "count": 4}, {}),
    4: ("StoredThru", {"old": 1, "level": 1, "count": 6}, {"divisor": 16}),
    5: ("Parser", {"count": 2, "status": 8, "length": 2, "real_time": 1}, {}),
    6: ("Encoder", {"place": 2, "last": 1, "fresh": 1}, {"inputs": [stream.Signature(32).create() for _ in range(2)]}),
}
"""The class that a box *New here* is about, signals that it takes for granted, and what else the class has by then."""


@pytest.mark.parametrize("number", NEW)
def test_what_is_new_here_is_hardware(number):
    """Each box is what it says: Amaranth takes it, in the block that the lab is about."""
    lab, (name, widths, more) = LABS[number], NEW[number]
    text = text_of(FOLDER / lab.folder / "README.md")
    box = text.split("\n## New here\n")[1].split("\n## ")[0]
    assert "amaranth-lang.org/docs" in box
    code = re.search(r"```python\n(.*?)```", box, re.DOTALL)[1]
    unit = next(unit for unit in lab.units if unit.component == name)
    made = unit.make(lab.components[name])
    vars(made).update(more)
    m = Module()
    signals = {each: Signal(width, name=each) for each, width in widths.items()}
    known = {"m": m, "self": made, "Cat": Cat, "Mux": Mux, "connect": wiring.connect, "SyncFIFO": SyncFIFO, **signals}
    exec(code, known | ({"packet": made.packets.payload} if hasattr(made, "packets") else {}))
    Fragment.get(m, None)


def test_codes_on_the_page_of_the_parser_are_the_models():
    text = text_of(FOLDER / LABS[5].folder / "README.md")
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([0-9A-F, ]+) \|", text, re.MULTILINE))
    for kind in KINDS:
        title = next((row for row in rows if f"{kind.status >> 4:X}n" in row or f"{kind.status:X}" in row), None)
        if kind.code is None:
            assert title is None
        elif kind.status not in (0xF0, 0xF7):
            assert f"{kind.code:X}" in rows[title].split(", ")
    assert [code for row, code in rows.items() if row.startswith("SysEx")] == ["4", "5, 6, 7"]
