"""docs/trust.md against what the campaigns found: every figure is there, and what is out of date says so."""

import json

import pytest

from docs import trust, trust_campaigns
from docs.trust_campaigns import CAMPAIGNS, COMPONENTS, TrustError, components_in, digest

FOUND = trust.load()
TEXT = trust.PAGE.read_text(encoding="utf-8")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_page_is_what_the_program_makes():
    for path, text in trust.made().items():
        assert path.read_text(encoding="utf-8") == text, f"python -m docs.trust must be run, for {path.name}"


def test_every_component_has_a_row():
    first = {cells(line)[0] for line in TEXT.splitlines() if line.startswith("| `")}
    assert {f"`{name}`" for name in COMPONENTS} <= first


def test_every_column_is_explained():
    for column in trust.HEADING[1:]:
        assert f"*{column}*" in TEXT


@pytest.mark.parametrize("name", FOUND)
def test_kept_results_name_what_was_measured(name):
    kept = FOUND[name]
    assert kept["components"].keys() <= COMPONENTS.keys()
    assert all(len(one["digest"]) == 16 for one in kept["components"].values())
    assert kept["tools"]
    assert "/" not in json.dumps(kept)


def test_kept_results_have_a_component_to_a_line_and_are_read_back():
    kept = {"command": "c", "tools": {"a": "1", "b": "2"}, "components": {"x": {"digest": "d"}, "y": {"lines": [1, 2]}}}
    text = trust.as_text(kept)
    assert json.loads(text) == kept
    assert '  "y": {"lines": [1, 2]}\n' in text


def test_a_result_of_an_older_version_is_marked_on_its_row_and_below():
    kept = {"coverage": {"command": "c", "tools": {}, "components": {"receiver": coverage(digest("receiver"))}}}
    assert trust.row("receiver", kept)[0][4] == "20 of 20"
    assert trust.OLDER not in trust.older_note(kept)
    kept["coverage"]["components"]["receiver"] = coverage("0123456789abcdef")
    assert trust.row("receiver", kept)[0][4] == f"20 of 20 {trust.OLDER}"
    assert "before `receiver` was last changed" in trust.older_note(kept)


def coverage(digest):
    return {"digest": digest, "lines": [20, 20], "branches": [8, 9], "bits": [42, 42], "pairs": [67, 67]}


def test_what_was_not_measured_is_said():
    assert "not measured" in trust.row("receiver", {})[0]
    assert "formal" in trust.older_note({})


def test_the_last_row_adds_up_and_a_target_of_the_fuzzer_counts_once():
    mutants = {"mutants": 10, "killed": 7, "equivalent": 2, "explained": 1, "alive": 0, "digest": ""}
    fuzz = {"packet_port": 1000, "digest": ""}
    found = {
        "mutation": {"components": {"parser": mutants, "receiver": mutants}},
        "fuzz": {"components": {"receiver": fuzz, "parser": fuzz | {"models": 9}}},
        "coverage": {"components": {"receiver": coverage(""), "parser": coverage("")}},
    }
    row = dict(zip(trust.HEADING, trust.total(found), strict=True))
    assert row["mutants killed"] == "14 of 14"
    assert row["bytes fuzzed"] == "1,000; 9 in models"
    assert row["branches"] == "16 of 18"
    assert row["proved"] == "not measured"


def test_digest_is_of_the_code_alone_and_of_all_that_it_is_made_of(monkeypatch, tmp_path):
    plain = 'class A:\n    """Says."""\n\n    def b(self):\n        return 1\n'
    told = 'class A:\n    """Says\n    more."""\n\n    # Why.\n    def b(self):\n        return 1\n'
    assert trust_campaigns._code(plain) == trust_campaigns._code(told)
    assert trust_campaigns._code(plain) != trust_campaigns._code(plain.replace("1", "2"))
    # A port is changed by a change of its receiver; a line input is not.
    before = {name: digest(name) for name in ("port", "line_input")}
    code = trust_campaigns._code
    monkeypatch.setattr(trust_campaigns, "_code", lambda text: code(text) + "x" * ("class Receiver(" in text))
    assert digest("port") != before["port"]
    assert digest("line_input") == before["line_input"]


def test_a_design_knows_its_components():
    assert components_in(trust_campaigns.DESIGNS["stored_thru"]()) == [
        "line_input",
        "receiver",
        "stored_thru",
        "transmitter",
    ]
    assert {"packet_port", "port", "parser", "encoder"} <= set(components_in(trust_campaigns.DESIGNS["packet_port"]()))


def test_results_of_each_campaign_become_what_is_kept():
    record = {"components": ["Receiver", "Elsewhere"], "outcome": "proved"}
    assert trust_campaigns._formal([record, record | {"outcome": "failed"}], "") == {
        "receiver": {"proved": 1, "properties": 2}
    }
    kept = trust_campaigns._fuzz({"bytes": {"models": 5, "stored_thru": 7}, "differences": 0}, "")
    assert kept["parser"] == {"models": 5}
    assert kept["receiver"] == {"stored_thru": 7}
    printed = (
        "packet_port, after synthesis: all 9 cases as the model says; 3 s\nport, placed: 1 of 8 cases differ; 2 s\n"
    )
    assert trust_campaigns._gate(None, printed)["parser"] == {"after synthesis": 9}
    assert trust_campaigns._cells({"components": {"parser": {"up5k": {"cells": 66}}, "both": {}}}, "") == {
        "parser": {"up5k": 66}
    }


def test_differences_of_the_fuzzer_are_not_kept():
    with pytest.raises(TrustError, match="2 lines differ"):
        trust_campaigns._fuzz({"bytes": {}, "differences": 2}, "")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (("rumour.json", "{}"), "must be named after one of formal, "),
        (("fuzz.json", "{"), "must be JSON"),
        (("fuzz.json", "[]"), "must have command, tools and components"),
    ],
)
def test_a_file_that_no_campaign_wrote_is_refused_in_one_line(tmp_path, monkeypatch, capsys, file, words):
    (tmp_path / file[0]).write_text(file[1])
    with pytest.raises(TrustError, match=words):
        trust.load(tmp_path)
    monkeypatch.setattr(trust, "KEPT", tmp_path)
    monkeypatch.setattr(trust.load, "__defaults__", (tmp_path,))
    assert trust.main([]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_campaign_that_ends_badly_leaves_what_was_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(trust, "KEPT", tmp_path)
    monkeypatch.setattr(trust, "made", dict)
    monkeypatch.setitem(CAMPAIGNS, "fuzz", CAMPAIGNS["fuzz"]._replace(arguments=("tests.fuzz", "--bytes", "none")))
    assert trust.main(["--measure", "fuzz"]) == 1
    assert "tests.fuzz --bytes none ended with status 2, so nothing of it is kept" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
