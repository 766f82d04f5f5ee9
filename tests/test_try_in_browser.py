"""The page on which labs are graded in the browser: in Chromium, with Pyodide, and with nothing from outside."""

import functools
import http.server
import inspect
import json
import shutil
import subprocess
import sys
import threading
import time
import zipfile

import pytest

import hdl.parser
import hdl.transmitter
from docs import pyodide
from sim.bench.simulators import ROOT
from tests.browser import Browser
from tests.lab import lab_byte, lab_parser, lab_transmitter

STARTERS = {int(lab.split("-")[0]): (ROOT / "docs/labs" / lab / "starter.py") for lab in pyodide.LABS}

TRANSMITTER, PARSER = inspect.getsource(hdl.transmitter), inspect.getsource(hdl.parser)

BYTE = """
from sim.model.edges import frame_edges, frames


def bit_time(baud):
    return 1 / baud


def line_time(count, baud):
    return 10 * count / baud


def chord_time(notes, running_status, baud):
    return line_time(1 + 2 * notes if running_status else 3 * notes, baud)


def bits(byte):
    return [0, *(byte >> n & 1 for n in range(8)), 1]


def byte(bits):
    return None if bits[0] or not bits[9] else sum(bit << n for n, bit in enumerate(bits[1:9]))


def edges(time, byte, bit):
    return frame_edges(time, byte, bit)


def sample_times(start, bit):
    return [start + (n + 0.5) * bit for n in range(10)]


def read(line, bit):
    return [frame.byte for frame in frames(line, 1 / bit) if frame.stop]
"""
"""A right answer to lab 0."""


# --- What is gathered, in any Python ---


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page's own folder, as it is on the site."""
    folder = tmp_path_factory.mktemp("site") / "try"
    pyodide.gather(folder)
    return folder


def test_archive_has_all_that_grading_needs(site, tmp_path):
    """Without any other package, and without the project's folder: so it is in Pyodide."""
    with zipfile.ZipFile(site / "course.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith((".so", ".pyd", ".pyc"))]
        archive.extractall(tmp_path)
    files = {0: BYTE, 1: TRANSMITTER, 5: PARSER}
    program = (
        f"import sys, json; sys.path.insert(0, {str(tmp_path)!r}); import grader\n"
        "print(json.dumps([json.loads(grader.grade(*each)) for each in json.load(sys.stdin)]))"
    )
    text = json.dumps([*files.items(), *((number, path.read_text("utf-8")) for number, path in STARTERS.items())])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], input=text, capture_output=True, text=True, timeout=120,
        check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    grades = json.loads(done.stdout)
    assert [grade["percent"] for grade in grades] == [100, 100, 100, 0, 0, 0]
    assert all(grade["hints"] for grade in grades[3:])


def test_archive_is_the_same_each_time(site, tmp_path):
    pyodide.write_archive(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (site / "course.zip").read_bytes()


def test_published_page_has_pyodide_of_one_version(site):
    config = json.loads((site / "config.json").read_text(encoding="utf-8"))
    assert config["pyodide"] == pyodide.CDN
    assert pyodide.VERSION in pyodide.CDN
    assert [lab["starter"] for lab in config["labs"]] == [path.read_text("utf-8") for path in STARTERS.values()]


@pytest.mark.parametrize("path", [".", "no/such/folder"])
def test_bad_site_is_one_line(tmp_path, capsys, path):
    assert pyodide.main([str(tmp_path / path)]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_missing_npm_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(pyodide, "ROOT", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(pyodide.PyodideError, match=r"npm must be installed"):
        pyodide.local_pyodide()


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed: apt install npm")
def test_registry_that_is_not_there_is_one_line_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(pyodide, "ROOT", tmp_path)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(pyodide.PyodideError, match="npm did not get pyodide"):
        pyodide.local_pyodide()
    assert list((tmp_path / "build").iterdir()) == []


def test_missing_package_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(pyodide, "PACKAGES", ("no-such-package",))
    with pytest.raises(pyodide.PyodideError, match="no-such-package must be installed"):
        pyodide.gather(tmp_path)


# --- In the browser ---


class Page(Browser):
    """The page in Chromium. The way to all but this machine leads through a proxy that is not there."""

    FLAGS = f"{Browser.FLAGS} --proxy-server=127.0.0.1:1"

    def wait(self, until, seconds=150):
        for _ in range(seconds * 10):
            if found := until():
                return found
            time.sleep(0.1)
        pytest.fail(f"{until} must become true; the console says {self.driver.get_log('browser')}")

    def part(self, name, then="textContent"):
        return self.run(f"return document.querySelector('#try [data-part={name}]').{then}")

    def choose(self, number):
        name = STARTERS[number].parent.name
        self.run(
            f"const lab = document.querySelector('[data-part=lab]'); lab.value = '{name}';"
            "lab.dispatchEvent(new Event('change'))"
        )

    def write(self, text):
        self.driver.execute_script(
            "const area = document.querySelector('[data-part=text]'); area.focus(); area.select();"
            "area.setRangeText(arguments[0]); area.dispatchEvent(new Event('input'))",
            text,
        )

    def grade(self, number, text, seconds=150):
        """Percent, and what is on the screen."""
        self.choose(number)
        self.write(text)
        self.run(f"document.getElementById('try').dataset.seconds = {seconds}")
        self.part("grade", "click()")
        self.wait(lambda: self.run("return document.getElementById('try').dataset.busy") == "no")
        return int(self.part("result", "dataset.percent")), " ".join(self.part("screen").split())


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/favicon.ico":
            # A browser asks for one, and would complain.
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Folder of a site with this page alone, made by Sphinx, and its address."""
    pytest.importorskip("sphinx", reason="sphinx is not installed")
    pytest.importorskip("furo", reason="furo, the theme, is not installed")
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("chromium and its chromedriver are not installed: apt install chromium chromium-driver")
    try:
        python = pyodide.local_pyodide()
    except pyodide.PyodideError as error:
        pytest.skip(str(error))
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("served")
    shutil.copy(ROOT / "docs/try.md", source)
    pyodide.gather(source / "_extra/try", "pyodide/")
    (source / "_extra/try/pyodide").symlink_to(python)
    options = {"extensions": "myst_parser", "html_theme": "furo", "root_doc": "try", "html_extra_path": "_extra"}
    given = [word for name, value in options.items() for word in ("-D", f"{name}={value}")]
    command = [sys.executable, "-m", "sphinx", "-q", "-C", "-b", "html", *given, str(source), str(folder)]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}/try.html"
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def chromium(served, tmp_path_factory):
    page = Page(tmp_path_factory.mktemp("browser"))
    page.size(1280)
    page.driver.get(served[1])
    page.wait(lambda: page.part("state").startswith("Ready"))
    yield page
    page.driver.quit()


@pytest.fixture
def page(chromium):
    """The page; nobody may complain on the console, and so nothing was asked of the world outside."""
    yield chromium
    assert chromium.driver.get_log("browser") == []


def test_starter_is_graded_with_the_first_hint(page):
    percent, text = page.grade(1, STARTERS[1].read_text("utf-8"))
    assert percent == 0
    assert "Transmitter drives nothing" in text
    hints = lab_transmitter.TIERS[0].hints
    assert page.part("hints") == hints[0]
    page.part("hint", "click()")
    assert page.part("hints") == hints[0] + hints[1]


@pytest.mark.parametrize(
    ("number", "text", "tiers"),
    [(0, BYTE, lab_byte.TIERS), (1, TRANSMITTER, lab_transmitter.TIERS), (5, PARSER, lab_parser.TIERS)],
)
def test_right_file_gets_the_full_grade(page, number, text, tiers):
    percent, told = page.grade(number, text)
    assert percent == 100, told
    assert "All of it is right" in told
    assert page.part("tiers", "children.length") == len(tiers)
    assert page.part("hint", "hidden")


@pytest.mark.parametrize(
    ("number", "text", "planted", "mistake"),
    [
        (0, BYTE, ("byte >> n & 1 for", "byte >> 7 - n & 1 for"), "reversed bits"),
        (1, TRANSMITTER, ("~self.bytes.payload)", "~self.bytes.payload[::-1])"), "reversed bits"),
        (5, PARSER, ("begun.eq(~once)", "begun.eq(0)"), "running status forgotten"),
    ],
)
def test_mistake_is_named(page, number, text, planted, mistake):
    assert planted[0] in text
    percent, told = page.grade(number, text.replace(*planted))
    assert percent < 100
    assert f"Looks like: {mistake}" in told
    assert page.part("hints")
    # Hardware has waves, answers have none.
    assert page.part("waves", "hidden") == (number == 0)


def test_loop_without_end_is_one_line_and_the_next_file_is_graded(page):
    percent, told = page.grade(1, "while True: pass", seconds=1)
    assert percent == 0
    assert told == "It was not done after 1 seconds, and was ended: is there a loop that never ends? Grade: 0 %."
    percent, told = page.grade(0, BYTE)
    assert percent == 100, told


def test_stop_ends_it_at_once(page):
    page.choose(1)
    page.write("while True: pass")
    page.part("grade", "click()")
    page.wait(lambda: page.part("state").startswith("Grading"))
    page.part("stop", "click()")
    assert page.part("state") == "Stopped."
    assert not page.part("grade", "disabled")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def (", "line 1: SyntaxError"),
        ("raise SystemExit", "line 1: SystemExit"),
        ("x = [0] * 10**12", "line 1: OverflowError"),
        ("def f(): f()\nf()", "line 1: RecursionError"),
        ("input()", "line 1: EOFError"),
        ("import cocotb", "No module named 'cocotb'"),
    ],
)
def test_bad_file_is_one_line(page, text, line):
    percent, told = page.grade(1, text)
    assert percent == 0
    assert line in told
    assert "Traceback" not in told


def test_what_a_file_prints_is_shown_up_to_a_limit(page):
    page.grade(1, "print('x' * 10**6)\n" + STARTERS[1].read_text("utf-8"))
    assert page.part("printed").count("x") == 2000


def test_text_is_kept_until_reset(page):
    page.choose(1)
    page.write("# mine")
    page.choose(5)
    page.choose(1)
    assert page.part("text", "value") == "# mine"
    page.driver.refresh()
    page.wait(lambda: page.part("state").startswith("Ready"))
    assert page.part("text", "value") == "# mine"
    page.run("window.confirm = () => true")
    page.part("reset", "click()")
    assert page.part("text", "value") == STARTERS[1].read_text("utf-8")


def test_keys_indent_and_leave_the_editor(page):
    page.write("if 1:")
    page.run("document.querySelector('[data-part=text]').setSelectionRange(5, 5)")
    page.command("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter")
    assert page.part("text", "value") == "if 1:\n    "
    assert page.part("numbers") == "1\n2"
    page.key("Tab")
    assert page.part("text", "value") == "if 1:\n        "
    page.run("document.querySelector('[data-part=text]').select()")
    page.key("Tab")
    assert page.part("text", "value") == "    if 1:\n            "
    page.command("Input.dispatchKeyEvent", type="keyDown", key="Escape")
    page.command("Input.dispatchKeyEvent", type="rawKeyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert page.run("return document.activeElement.dataset.part") != "text"


def test_nothing_is_wider_than_the_window(page):
    page.grade(0, BYTE.replace("byte >> n & 1", "byte >> 7 - n & 1"))
    for width in (390, 1280):
        page.size(width, 844, mobile=width < 500)
        page.settle()
        assert page.run("return document.documentElement.scrollWidth") <= width


def test_controls_have_names(page):
    assert (
        page.run(
            "return [...document.querySelectorAll('#try button, #try select, #try textarea, #try [tabindex]')].filter("
            "(e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map((e) => e.outerHTML)"
        )
        == []
    )


def test_no_connection_is_one_line(served, chromium):
    """Last, since it takes Python away."""
    folder, address = served
    config = folder / "try/config.json"
    config.write_text(config.read_text("utf-8").replace('"pyodide/"', '"https://pyodide.invalid/"'), encoding="utf-8")
    chromium.driver.get(address)
    chromium.driver.refresh()
    chromium.wait(lambda: chromium.part("state").startswith("Ready"))
    percent, told = chromium.grade(1, "pass")
    assert percent == 0
    assert told.startswith("Python did not start")
    assert "pyodide.invalid: is there a connection?" in told
