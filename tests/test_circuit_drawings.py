"""Schematic and breadboard join the pins that the description joins, read back from the pictures; and wiring.md."""

import argparse
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from itertools import pairwise

import pytest

from board.circuit import breadboard, draw, schematic
from board.circuit.catalogue import BARE_PIN, BUFFERS, ISOLATORS
from board.circuit.description import Choices, describe
from board.circuit.wires import joined, junctions
from board.errors import BoardError
from docs import wiring

SVG = "{http://www.w3.org/2000/svg}"
MADE = wiring.made()
TEXT = wiring.PAGE.read_text(encoding="utf-8")
PICTURE = "wiring-breadboard.svg"

SHEETS = {
    "default": Choices(),
    "5 V": Choices(ISOLATORS["6N138"], 5.0),
    "everything": Choices(
        ISOLATORS["6N138"], 5.0, ferrites=True, shield=True, buffer=BUFFERS["74LVC2G06"], pull_down=4700.0
    ),
    "direct": Choices(ISOLATORS["6N137"], thru="direct", buffer=BUFFERS["74LVC1G07"]),
    "transistor": Choices(ISOLATORS["TLP2361"], thru="none", buffer=BUFFERS["BSS138"]),
    "bare pin": Choices(ISOLATORS["6N136"], thru="none", buffer=BARE_PIN),
    "PC900V": Choices(ISOLATORS["PC900V"], ferrites=True),
}


def described(circuit):
    """Groups of pins that the description joins."""
    return {frozenset(pins) for pins in circuit.nets.values()}


def connected(groups, circuit):
    """Groups without the pins that are open in the description, if these are alone."""
    open_pins = {(part.reference, pin) for part in circuit.parts for pin, net in part.pins.items() if not net}
    return {group for group in groups if not (len(group) == 1 and group <= open_pins)}


def svg_wires(text):
    """The wires of a schematic, each as straight pieces in the drawing's units."""
    found = []
    for path in ET.fromstring(text).iter(f"{SVG}path"):
        if path.get("class") == "wire":
            numbers = [float(n) / schematic.SCALE for n in re.findall(r"-?[\d.]+", path.get("d"))]
            points = [(x, -y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            found.append(list(pairwise(points)))
    return found


@pytest.mark.parametrize("choices", SHEETS.values(), ids=SHEETS)
def test_schematic_joins_what_the_description_joins(choices):
    circuit = describe(choices)
    sheet = schematic.sheet(circuit)
    wires = svg_wires(schematic.schematic(circuit))
    assert len(wires) == len(sheet.lines)
    lines = [line for wire in wires for line in wire]
    assert connected(joined(sheet.pins, lines, sheet.labels), circuit) == described(circuit)


@pytest.mark.parametrize("choices", SHEETS.values(), ids=SHEETS)
def test_schematic_names_every_part_and_its_value(choices):
    circuit = describe(choices)
    text = " ".join("".join(each.itertext()) for each in ET.fromstring(schematic.schematic(circuit)).iter(f"{SVG}text"))
    for part in circuit.parts:
        assert part.reference in text
        if part.kind != "jack":
            assert part.value.partition(",")[0] in text


@pytest.mark.parametrize("choices", SHEETS.values(), ids=SHEETS)
def test_schematic_stays_inside_its_picture(choices):
    root = ET.fromstring(schematic.schematic(describe(choices)))
    left, top, width, height = map(float, root.get("viewBox").split())
    for shape in root.iter():
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", shape.get("points") or shape.get("d") or "")]
        assert all(left <= x <= left + width for x in numbers[::2]), numbers
        assert all(top <= y <= top + height for y in numbers[1::2]), numbers


def test_schematic_is_the_same_each_time():
    circuit = describe(Choices())
    assert schematic.schematic(circuit) == schematic.schematic(circuit)


def test_each_wire_of_the_schematic_that_is_taken_away_is_missed():
    circuit = describe(Choices())
    sheet = schematic.sheet(circuit)
    for n in range(len(sheet.lines)):
        lines = sheet.lines[:n] + sheet.lines[n + 1 :]
        assert connected(joined(sheet.pins, lines, sheet.labels), circuit) != described(circuit), sheet.lines[n]


def test_schematic_without_its_library_is_one_line(monkeypatch):
    monkeypatch.setattr(schematic, "schemdraw", None)
    with pytest.raises(BoardError, match="A schematic needs schemdraw, which is not installed: pip install schemdraw"):
        schematic.sheet(describe(Choices()))


def test_lines_that_cross_do_not_join_and_lines_that_end_on_another_do():
    pins = {"a": (0, 1), "b": (2, 1), "c": (1, 0), "d": (1, 2)}
    assert len(joined(pins, [((0, 1), (2, 1)), ((1, 0), (1, 2))])) == 2
    assert joined(pins, [((0, 1), (2, 1)), ((1, 0), (1, 1)), ((1, 1), (1, 2))]) == {frozenset("abcd")}
    assert joined({"a": (0, 0), "b": (5, 5)}, [], [("GND", (0, 0)), ("GND", (5, 5))]) == {frozenset("ab")}
    assert junctions(list(pins.values()), [((0, 1), (2, 1)), ((1, 0), (1, 1))]) == [(1, 1)]


# The breadboard.


def read_breadboard(text):
    """Groups of pins that the breadboard's picture joins: holes, ends of parts and wires, by their places alone."""
    root = ET.fromstring(text)
    holes = [
        (float(hole.get("cx")), float(hole.get("cy")))
        for group in root.iter(f"{SVG}g")
        if group.get("class") == "holes"
        for hole in group
    ]
    pins = {}
    for circle in root.iter(f"{SVG}circle"):
        if circle.get("class") == "end":
            name = tuple(circle.find(f"{SVG}title").text.split("."))
            assert name not in pins, f"{name} must be in the picture once"
            pins[name] = (float(circle.get("cx")), float(circle.get("cy")))
    lines = []
    for wire in root.iter(f"{SVG}polyline"):
        if wire.get("class").split()[0] == "jumper":
            points = [tuple(float(n) for n in point.split(",")) for point in wire.get("points").split()]
            for point in (points[0], points[-1]):
                assert point in holes or point in pins.values(), f"a wire ends in no hole, at {point}"
            lines.append((points[0], points[-1]))
    return _groups(pins, lines, _strips(holes))


def _strips(holes):
    """Hole to the piece of metal that it is part of: columns of five, and rails, told by how the holes lie."""
    by_row = defaultdict(list)
    for x, y in holes:
        by_row[y].append(x)
    rows = sorted(by_row)
    pitch = min(b - a for a, b in pairwise(rows))
    blocks = [[rows[0]]]
    for before, row in pairwise(rows):
        if row - before > pitch + 0.1:
            blocks.append([])
        blocks[-1].append(row)
    assert [len(block) for block in blocks] == [2, 5, 5, 2]
    return {
        (x, y): ("rail", y) if len(block) == 2 else ("column", x, n)
        for n, block in enumerate(blocks)
        for y in block
        for x in by_row[y]
    }


def _groups(pins, lines, strips):
    """Unites what is in one strip, or at both ends of a wire."""
    metal = {name: strips.get(place, name) for name, place in pins.items()}
    at = {place: metal[name] for name, place in pins.items()}
    leader = {}

    def find(thing):
        while leader.get(thing, thing) != thing:
            thing = leader[thing]
        return thing

    for one, other in lines:
        leader[find(strips.get(one, at.get(one)))] = find(strips.get(other, at.get(other)))
    found = defaultdict(set)
    for name, piece in metal.items():
        found[find(piece)].add(name)
    return {frozenset(group) for group in found.values()}


def test_breadboard_joins_what_the_description_joins():
    circuit = breadboard.default()
    assert connected(read_breadboard(MADE[wiring.DOCS / "figures" / PICTURE]), circuit) == described(circuit)


def jumpers(root):
    return [line for line in root.findall(f"{SVG}polyline") if line.get("class").startswith("jumper")]


def test_each_wire_of_the_breadboard_that_is_taken_away_is_missed():
    circuit = breadboard.default()
    text = MADE[wiring.DOCS / "figures" / PICTURE]
    for n, wire in enumerate(jumpers(ET.fromstring(text))):
        root = ET.fromstring(text)
        root.remove(jumpers(root)[n])
        found = connected(read_breadboard(ET.tostring(root, encoding="unicode")), circuit)
        assert found != described(circuit), wire.find(f"{SVG}title").text


@pytest.mark.parametrize(("hole", "to"), [("a3", "B-3"), ("j26", "T+26"), ("a24", "a46"), ("e8", "f8")])
def test_a_wire_too_many_on_the_breadboard_is_found(hole, to, monkeypatch):
    monkeypatch.setitem(breadboard.WIRES, "wrong", (hole, to))
    circuit = breadboard.default()
    assert connected(read_breadboard(wiring.FIGURES[PICTURE]()), circuit) != described(circuit)


@pytest.mark.parametrize(("reference", "pins"), [("R1", {"1": "d3", "2": "d9"}), ("U1", breadboard.chip(9))])
def test_a_part_in_another_hole_is_found(reference, pins, monkeypatch):
    monkeypatch.setitem(breadboard.PLACES, reference, pins)
    circuit = breadboard.default()
    assert connected(read_breadboard(wiring.FIGURES[PICTURE]()), circuit) != described(circuit)


def test_no_hole_takes_two_wires():
    used = [hole for pins in breadboard.PLACES.values() for hole in pins.values()]
    used += breadboard.LEADS.values()
    used += [hole for ends in breadboard.WIRES.values() for hole in ends]
    assert sorted(used) == sorted(set(used))


def test_steps_place_everything_once():
    steps = breadboard.steps()
    assert sorted(part for step in steps for part in step.parts) == sorted(breadboard.PLACES)
    assert sorted(lead for step in steps for lead in step.leads) == sorted(breadboard.LEADS)
    assert sorted(wire for step in steps for wire in step.wires) == sorted(breadboard.WIRES)
    assert all(step.checks for step in steps)
    beside = {jack for jack, _ in breadboard.LEADS}
    assert {*breadboard.PLACES, *beside} == set(breadboard.default().by_reference)


def net_at(circuit, probe):
    if probe[1:] in ("+", "-"):
        return {"+": "3V3", "-": "GND"}[probe[1:]]
    reference, pin = probe.split(".")
    return circuit[reference].pins[pin]


def test_readings_in_ohms_are_what_the_description_has_there():
    circuit = breadboard.default()
    checks = [check for step in breadboard.steps() for check in step.checks if check.mode == "ohm"]
    for check in checks:
        one, other = net_at(circuit, check.red), net_at(circuit, check.black)
        direct = [
            part.quantity
            for part in circuit.parts
            if part.kind == "resistor" and {one, other} == set(part.pins.values())
        ]
        if check.expects is None:
            assert one != other, check
            assert not direct, check
        elif check.expects == 0:
            assert one == other, check
        else:
            assert direct == [check.expects], check
    assert len(checks) >= 20


def test_a_reading_is_of_what_is_there_by_then():
    there = set()
    for step in breadboard.steps():
        there |= {*step.parts, *(jack for jack, _ in step.leads)}
        for check in step.checks:
            for probe in (check.red, check.black):
                assert probe[1:] in ("+", "-") or probe.split(".")[0] in there, (step.name, probe)


def test_readings_of_the_lit_loop_are_what_the_model_says():
    (step,) = (step for step in breadboard.steps() if step.name == "A loop by hand")
    by_probes = {(check.red, check.black): check for check in step.checks}
    in_r1, in_r4 = by_probes["J1.4", "U1.1"], by_probes["T+", "J2.4"]
    # The same current flows in both, and the LED and the buffer take the rest of 3.3 V.
    assert in_r1.expects / 220 == pytest.approx(in_r4.expects / 33)
    assert in_r1.expects + in_r4.expects == pytest.approx(3.3 - 1.4 - in_r1.expects / 220 * (10 + 0.55 / 24e-3 / 2))
    assert in_r1.words == "1.45 to 1.67 V: 6.9 to 7.2 mA in R1"


# The page.


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_committed_file_is_what_the_program_makes(path):
    committed = path.read_bytes().replace(b"\r\n", b"\n") if path.exists() else b""
    assert committed == MADE[path].encode(), f"{path.name} must be what the code makes: run python -m docs.wiring"


def test_page_shows_each_figure_once():
    shown = re.findall(r"!\[[^\]]+\]\(figures/([^)]+)\)", TEXT)
    assert sorted(shown) == sorted(wiring.FIGURES)


def test_changed_number_in_the_page_is_put_right():
    wrong = TEXT.replace("| R4 R6 | 2 | resistor | 33 ohm", "| R4 R6 | 2 | resistor | 47 ohm")
    assert wrong != TEXT
    assert wiring.refreshed(wrong) == TEXT


@pytest.mark.parametrize("wrong", [TEXT.replace("<!-- steps:end -->", ""), TEXT + "<!-- stps:begin -->"])
def test_page_without_its_markers_is_refused_in_words(wrong):
    with pytest.raises(ValueError, match=r"wiring\.md must have"):
        wiring.refreshed(wrong)


def test_page_that_is_not_there_is_one_line_and_status_2(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(wiring, "PAGE", tmp_path / "wiring.md")
    assert wiring.main() == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_prose_has_the_figures_that_the_program_computes():
    prose = " ".join(TEXT.split())
    for figure in ("85 mA flow into", "365 mA flow out", "1.3 W in the 10 ohm", "stands 50 mA", "keep it at 13 mA"):
        assert figure in prose
    table = MADE[wiring.PAGE]
    for computed in ("pin 4 touches pin 5, 85 mA", "pin 5 touches ground, 365 mA", "RC turns 1.264 W", "stands 50 mA"):
        assert computed in table


@pytest.mark.parametrize("figure", wiring.FIGURES)
def test_figure_says_what_it_shows_and_has_a_dark_side(figure):
    root = ET.fromstring(MADE[wiring.DOCS / "figures" / figure])
    assert root.get("viewBox")
    assert all(root.find(f"{SVG}{part}").text for part in ("title", "desc"))
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text
    assert len(MADE[wiring.DOCS / "figures" / figure]) < 60_000


@pytest.mark.parametrize("figure", wiring.FIGURES)
def test_text_of_a_figure_stays_inside_it(figure):
    root = ET.fromstring(MADE[wiring.DOCS / "figures" / figure])
    left, top, width, height = map(float, root.get("viewBox").split())
    for text in root.iter(f"{SVG}text"):
        x, y, words = float(text.get("x")), float(text.get("y")), max("".join(text.itertext()).split("\n"), key=len)
        size = float(text.get("font-size") or {"small": 11, "title": 15, "tiny": 9}.get(text.get("class"), 13))
        long = 0.55 * size * len(words)
        start = x - long * {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor"), 0.0)
        assert start >= left, words
        assert start + long <= left + width, words
        assert top <= y <= top + height, words


def written(tmp_path, *options):
    parser = argparse.ArgumentParser()
    draw.add_arguments(parser)
    return draw.run(parser.parse_args(options))


def test_command_writes_netlist_schematic_and_parts_list(tmp_path, capsys):
    names = ("out.cir", "out.svg", "out.csv")
    paths = [str(tmp_path / name) for name in names]
    assert written(tmp_path, "--netlist", paths[0], "--schematic", paths[1], "--parts", paths[2], "--shield") == 0
    assert capsys.readouterr().out.splitlines() == [f"wrote {path}" for path in paths]
    assert ".subckt XH11L1" in (tmp_path / "out.cir").read_text()
    assert (tmp_path / "out.svg").read_text() == schematic.schematic(describe(Choices(shield=True)))
    assert written(tmp_path, "--parts", str(tmp_path / "out.md")) == 0
    assert (tmp_path / "out.md").read_text().startswith("| references |")


def test_command_alone_prints_the_parts_list(tmp_path, capsys):
    assert written(tmp_path, "--in", "6N138") == 0
    assert "U1,1,isolator,6N138,DIP-8" in capsys.readouterr().out


def test_file_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(BoardError, match="must be a file that can be written: No such file or directory"):
        written(tmp_path, "--parts", str(tmp_path / "none" / "x.csv"))
