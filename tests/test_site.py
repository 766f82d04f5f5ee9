"""The site: its pages are what the code says, and Sphinx finds nothing amiss in them."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from docs import architecture, scenes, site
from hdl import verilog
from tests.links import missing

PAGE = architecture.PAGE.read_text(encoding="utf-8")


def test_page_of_the_architecture_is_what_the_code_says():
    for path, text in architecture.made().items():
        assert path.read_text(encoding="utf-8") == text, f"{path} must be made anew: python -m docs.architecture"


def test_a_row_that_changed_is_put_right():
    wrong = PAGE.replace("`tests/bench_parser.py`", "")
    assert wrong != PAGE
    assert architecture.refreshed(wrong) == PAGE


def test_who_imports_whom_is_read_off_the_code():
    found = architecture.imports()
    assert found["hdl"] == set()
    assert found["sim/model"] == set()
    assert found["board"] == {"hdl", "sim/model"}
    assert "tests" not in set().union(*found.values())


def test_every_component_has_a_scene():
    assert scenes.SCENES.keys() == verilog.components().keys()


@pytest.mark.parametrize("name", scenes.SCENES)
def test_something_happens_in_every_row_of_a_scene(name):
    trace, scene = scenes.trace(name), scenes.SCENES[name]
    for place in scene.rows:
        seen = trace.streams.get(place) or trace.levels.get(place)
        # An error that must stay silent may do so, as long as another speaks.
        assert seen
    assert sum(len(trace.streams.get(place, ())) + len(trace.levels.get(place, ())) for place in scene.rows) > 6
    root = ET.fromstring(scenes.picture(name))
    texts = " ".join(root.itertext())
    assert scene.words in texts
    for label in scene.rows.values():
        assert label in texts


def test_retimed_thru_s_scene_shows_what_it_says():
    trace = scenes.trace("retimed_thru")
    bit = 16 / scenes.CLK_FREQ
    edges = [time for time, _ in trace.levels["level_out"][1:10]]
    lengths = [(later - edge) / bit for edge, later in pairwise(edges)]
    assert lengths == pytest.approx([round(length) for length in lengths], abs=1e-6)
    came = [time for time, _ in trace.levels["level_in"][1:10]]
    lengths = [(later - edge) / bit for edge, later in pairwise(came)]
    assert lengths != pytest.approx([round(length) for length in lengths], abs=1e-2)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return site.gather(tmp_path_factory.mktemp("site") / "source")


def test_links_inside_the_pages_lead_somewhere(source):
    for path in source.rglob("*.md"):
        text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert missing(text, path.parent) == [], path.relative_to(source)


def test_sphinx_finds_nothing_amiss(source, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(source), str(tmp_path / "html")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=site.ROOT,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html/components/receiver.html").read_text(encoding="utf-8")
    for words in ("framing_error", "Pulses for one clock when a stop bit was low", "Members", "receiver.svg"):
        assert words in page
    # With the constructor's own parameters, and not those of Amaranth's metaclass.
    assert "class hdl.receiver.Receiver(clk_freq, baud=31250)" in re.sub(r"<[^>]*>", "", page)
    assert 'src="try/page.js"' in (tmp_path / "html/try.html").read_text(encoding="utf-8")
    for name in ("page.js", "worker.js", "config.json", "course.zip"):
        assert (tmp_path / "html/try" / name).is_file()


def test_sphinx_would_find_a_link_that_leads_nowhere(source, tmp_path):
    broken = tmp_path / "source"
    shutil.copytree(source, broken)
    (broken / "architecture.md").write_text(PAGE + "\n[nothing](nowhere.md)\n", encoding="utf-8")
    text = (broken / "architecture.md").read_text(encoding="utf-8")
    assert missing(text, broken) == ["nowhere.md"]
