"""A class is graded whatever some of it hands in; its report says what a teacher wants to know."""

import io
import json
import os
import sys
from html.parser import HTMLParser

import pytest

from sim.bench.simulators import ROOT
from tests.lab import remarks, summary
from tests.lab.__main__ import main
from tests.lab.given import failed
from tests.lab.labs import LABS

STARTER = (ROOT / LABS[1].starter).read_text(encoding="utf-8")

RIGHT = (ROOT / "hdl" / "transmitter.py").read_text(encoding="utf-8")


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


class _Page(HTMLParser):
    """Counts what must be there, and what must not."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.targets, self.links, self.outside = {}, set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.targets |= {values["id"]} if "id" in values else set()
        self.links |= {values["href"][1:]} if values.get("href", "").startswith("#") else set()
        self.outside += [value for key, value in attributes if key in ("src", "href") and not value.startswith("#")]
        if tag == "th":
            assert values.get("scope") in ("row", "col")


def test_a_class_is_graded_whatever_some_of_it_hands_in(tmp_path, monkeypatch):
    class_ = tmp_path / "class"
    written(class_ / "Ada" / "lab1.py", RIGHT.replace("~self.bytes.payload)", "~self.bytes.payload[::-1])"))
    written(class_ / "Bo <script>" / "lab1.py", "while True:\n    pass\n")
    written(class_ / "Cy 学生" / "lab1.py", "def f(:\n")
    written(class_ / "Di" / LABS[1].folder / "starter.py", RIGHT)
    written(class_ / "Ed" / "deep" / "lab1.py", RIGHT)
    written(class_ / "Fi" / "lab1.py", "raise ValueError('\\ud800\\x1b[31m')\n")
    written(class_ / "lab1.py", RIGHT)
    # As it comes out of an archive that was made on another system.
    os.rename(class_ / "Fi", os.fsencode(class_) + b"/\xe9tudiant")
    report, grades = tmp_path / "grades.html", tmp_path / "grades.json"
    out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["all", str(class_), "--report", str(report), "--json", str(grades), "--seconds", "2"]) == 0
    out.seek(0)
    shown = out.read()
    found = {grade["student"]: grade for grade in json.loads(grades.read_text(encoding="utf-8"))}
    assert {grade["lab"] for grade in found.values()} == {1}
    assert found["Ada"]["mistake"]["name"] == "reversed bits"
    assert "not done" in found["Bo <script>"]["error"]
    assert "SyntaxError" in found["Cy 学生"]["error"]
    assert found["Di"]["percent"] == 100
    assert found["Di"]["remarks"] == ["elaborate of Transmitter is that of hdl/transmitter.py, but for names"]
    assert not found["Ed"]["path"]
    assert "ValueError: ??[31m" in found["\udce9tudiant"]["error"]
    text = report.read_text(encoding="utf-8")
    page = _Page(text)
    assert page.links <= page.targets
    assert len(page.links) == 5
    assert not page.outside
    assert page.tags["caption"] == 1
    assert "script" not in page.tags
    assert text.count('<th scope="col">') == 3
    for words in ("not handed in<small>there is deep/lab1.py", "reversed bits", "?tudiant", "see the remark",
                  "5 handed in; 3 cannot be graded; 1 first fail at one byte", "nobody's: lab1.py"):  # fmt: skip
        assert words in text
    for words in ("5 of 5  ?tudiant", "Cy ??", "lab 1 not handed in: Ed", "not taken for a lab: Ed/deep/lab1.py"):
        assert words in shown


# --- Without a process: what is graded is made up ---


def made_up(lab, percent, *, tier="", mistake="", remarks=()):
    return failed(lab, "") | {
        "percent": percent, "error": None, "complaint": {"tier": tier} if tier else None, "printed": "",
        "mistake": mistake and {"name": mistake, "text": ""}, "remarks": list(remarks),
    }  # fmt: skip


@pytest.fixture
def class_(tmp_path):
    """A folder of three students, of whom two handed in lab 2, and one lab 5."""
    for name in ("Ada/lab2.py", "Bo/lab2.py", "Bo/lab5.py", "Cy/lab2 (1).py"):
        written(tmp_path / "class" / name, "")
    return tmp_path / "class"


def graded_by(monkeypatch, grade):
    monkeypatch.setattr("tests.lab.whole_class.grade_file", grade)


def test_only_labs_that_anybody_handed_in_are_columns_and_means_are_over_these(class_, tmp_path, monkeypatch, capsys):
    graded_by(
        monkeypatch, lambda lab, path, **_: made_up(lab, 50, tier="glitch") if lab.number == 2 else made_up(lab, 100)
    )
    report = tmp_path / "grades.html"
    monkeypatch.setattr("tests.lab.report._details", lambda grade, name: "")
    assert main(["all", str(class_), "--report", str(report)]) == 0
    text = report.read_text(encoding="utf-8")
    assert text.count('<th scope="col">') == 4
    assert ">Bo</th>" in text
    assert "<td>75</td></tr>" in text
    assert "<td>67</td></tr></tfoot>" in text
    assert "2 handed in; 2 first fail at glitch" in text
    out = capsys.readouterr().out
    assert "3 of 3" in out
    assert "lab 2 not handed in: Cy" in out
    assert "not taken for a lab: Cy/lab2 (1).py" in out
    assert "lab 2: mean 50 %; 2 handed in; 2 first fail at glitch" in out


def test_labs_that_are_asked_for_are_the_columns(class_, tmp_path, monkeypatch, capsys):
    graded_by(monkeypatch, lambda lab, path, **_: made_up(lab, 100))
    grades = tmp_path / "grades.json"
    assert main(["all", str(class_), "--labs", "5", "--json", str(grades)]) == 0
    assert [(g["student"], g["lab"], g["percent"]) for g in json.loads(grades.read_text(encoding="utf-8"))] == [
        ("Ada", 5, 0), ("Bo", 5, 100), ("Cy", 5, 0),
    ]  # fmt: skip
    # A lab that was not asked for is a lab all the same.
    assert "lab2.py" not in capsys.readouterr().out.replace("lab2 (1).py", "")
    assert main(["all", str(class_), "--labs", "7"]) == 2
    assert "with lab7.py in it; there is Cy/lab2 (1).py" in capsys.readouterr().err


def test_what_goes_wrong_with_one_file_is_told_of_that_file(class_, tmp_path, monkeypatch, capsys):
    def grade(lab, path, **_):
        if path.parent.name == "Ada":
            raise ZeroDivisionError("oh")
        return made_up(lab, 100)

    graded_by(monkeypatch, grade)
    assert main(["all", str(class_)]) == 0
    out = capsys.readouterr().out
    assert "it could not be graded: ZeroDivisionError: oh" in out
    assert "3 of 3" in out


def test_what_is_graded_is_reported_when_it_is_interrupted(class_, tmp_path, monkeypatch, capsys):
    def row(grade):
        raise KeyboardInterrupt

    graded_by(monkeypatch, lambda lab, path, **_: made_up(lab, 100))
    monkeypatch.setattr("tests.lab.__main__._row", row)
    monkeypatch.setattr("tests.lab.report._details", lambda grade, name: "")
    report, grades = tmp_path / "grades.html", tmp_path / "grades.json"
    assert main(["all", str(class_), "--report", str(report), "--json", str(grades)]) == 130
    assert "as far as it was graded" in report.read_text(encoding="utf-8")
    assert "not graded" in report.read_text(encoding="utf-8")
    done = [grade["student"] for grade in json.loads(grades.read_text(encoding="utf-8")) if grade["path"]]
    assert done == ["Ada"]
    assert "interrupted" in capsys.readouterr().err


def test_who_has_seen_enough_is_no_error(class_, monkeypatch, capfd):
    def broken(text):
        raise BrokenPipeError(32, "Broken pipe")

    graded_by(monkeypatch, lambda lab, path, **_: made_up(lab, 100))
    monkeypatch.setattr("tests.lab.__main__._say", broken)
    monkeypatch.setattr("tests.lab.__main__._nothing_more_to_standard_output", lambda: None)
    assert main(["all", str(class_)]) == 1
    assert not capfd.readouterr().err


def test_the_summary_of_a_class_counts_what_is_commonest():
    lab = LABS[2]
    grades = [
        made_up(lab, 100) | {"path": "a"},
        made_up(lab, 50, tier="glitch", mistake="half a bit early") | {"path": "b"},
        made_up(lab, 50, tier="glitch", mistake="half a bit early") | {"path": "c"},
        made_up(lab, 20, tier="break") | {"path": "d"},
        failed(lab, "no") | {"path": "e"},
        failed(lab, "") | {"path": ""},
    ]
    found = summary.of_lab(grades)
    assert found.mean == 44
    assert found.words == ("5 handed in; 1 cannot be graded; 2 first fail at glitch; 2 times half a bit early")
    assert summary.of_lab([]).words == "0 handed in"


# --- Remarks ---


def remarked(tmp_path, text, number=1):
    path = tmp_path / "lab.py"
    path.write_text(text, encoding="utf-8")
    return remarks.of(LABS[number], path)


def test_a_file_of_one_s_own_gets_no_remark(tmp_path):
    for lab in LABS.values():
        assert remarks.of(lab, ROOT / lab.starter) == []
    assert remarked(tmp_path, "def (") == []
    assert remarked(tmp_path, "(" * 100_000) == []
    assert remarks.of(LABS[1], tmp_path / "no_such_file.py") == []


def test_what_no_lab_needs_is_remarked(tmp_path):
    text = "import os.path, json\nfrom tests.lab import grading\nopen('x')\n"
    assert remarked(tmp_path, text) == [
        "imports json, which no lab needs", "imports os, which no lab needs", "imports tests, which no lab needs",
        "calls open, which no lab needs",
    ]  # fmt: skip


def test_a_copy_of_the_solution_is_remarked_whatever_its_names_are(tmp_path):
    text = RIGHT.replace("timer", "countdown").replace(
        "        m = Module()", '        """Mine."""\n        m = Module()'
    )
    line = "elaborate of Transmitter is that of hdl/transmitter.py, but for names"
    assert remarked(tmp_path, text) == [line]
    assert remarked(tmp_path, text.replace("m.d.sync +=", "m.d.comb +=", 1)) == []


def test_two_files_that_are_alike_are_remarked_and_short_ones_are_not(tmp_path):
    own = RIGHT.replace("m = Module()\n", "m = Module()\n        m.d.comb += self.level.eq(1)\n")
    assert own != RIGHT
    texts = {"Ada": own, "Bo": own.replace("timer", "t"), "Cy": RIGHT, "Di": RIGHT, "Ed": STARTER, "Fi": STARTER}
    for student, text in texts.items():
        written(tmp_path / student / "lab1.py", text)
    grades = [made_up(LABS[1], 0) | {"student": name, "path": str(tmp_path / name / "lab1.py")} for name in texts]
    remarks.alike(grades, LABS)
    assert [grade["remarks"] for grade in grades] == [
        ["elaborate of Transmitter is that of Bo, but for names"],
        ["elaborate of Transmitter is that of Ada, but for names"],
        [], [], [], [],
    ]  # fmt: skip
