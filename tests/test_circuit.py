"""The description of the circuit: parts, pins and nets, and the parts list that comes from it."""

import csv
import io
from dataclasses import replace

import pytest
from amaranth_boards.icebreaker import ICEBreakerPlatform

from board.circuit.catalogue import BARE_PIN, BUFFERS, ISOLATORS, find
from board.circuit.description import PMOD, PMOD_PINS, STANDARD, Choices, describe
from board.circuit.partslist import HEADING, as_csv, as_markdown, rows
from board.errors import BoardError

VARIANTS = {
    "default": Choices(),
    "5 V": Choices(supply=5.0),
    "6N138, 5 V, ferrites and shield": Choices(ISOLATORS["6N138"], 5.0, ferrites=True, shield=True),
    "inverting": Choices(buffer=BUFFERS["74LVC2G06"], pull_down=4700.0),
    "transistor": Choices(buffer=BUFFERS["BSS138"], pull_down=4700.0, thru="none"),
    "direct thru": Choices(thru="direct", buffer=BUFFERS["74LVC1G07"]),
    "bare pin": Choices(buffer=BARE_PIN, thru="none"),
    **{name: Choices(isolator) for name, isolator in ISOLATORS.items()},
}

variants = pytest.mark.parametrize("choices", VARIANTS.values(), ids=VARIANTS)


def path(circuit, start, end, through=("resistor", "ferrite")):
    """Parts between two nets, each on one way from the first to the second through such parts."""
    ways = [(start, ())]
    seen = {start}
    while ways:
        net, passed = ways.pop(0)
        if net == end:
            return [part.reference for part in passed]
        for part in circuit.parts:
            ends = list(part.pins.values())
            if part.kind in through and net in ends:
                other = ends[1 - ends.index(net)]
                if other not in seen:
                    seen.add(other)
                    ways.append((other, (*passed, part)))
    return None


@variants
def test_every_net_joins_something_and_every_reference_is_there_once(choices):
    circuit = describe(choices)
    assert len(circuit.by_reference) == len(circuit.parts)
    # The shield of IN is open on purpose.
    alone = {net for net, pins in circuit.nets.items() if len(pins) < 2}
    assert alone == (set() if choices.shield else {"IN2"})


@variants
def test_the_input_has_no_path_for_direct_current_to_any_ground_or_supply(choices):
    circuit = describe(choices)
    for net in ("IN2", "IN4", "IN5", "LED_ANODE"):
        for other in ("GND", "3V3", "5V"):
            assert path(circuit, net, other) is None


@variants
def test_loops_have_the_resistors_of_the_electrical_specification(choices):
    circuit = describe(choices)
    supply = "3V3" if choices.supply == 3.3 else "5V"
    for side, source, sink in (("OUT", "R4", "R5"), ("THRU", "R6", "R7"))[: 1 if choices.thru == "none" else 2]:
        beads = [f"FB{n}" for n in ((1, 2) if side == "OUT" else (5, 6))] if choices.ferrites else []
        assert path(circuit, f"{side}4", supply) == [*beads[:1], source]
        assert (circuit[source].quantity, circuit[sink].quantity) == STANDARD[choices.supply]
        assert circuit[source].rating == ("0.5 W, 5 %" if choices.supply == 3.3 else "0.25 W, 5 %")
    assert circuit["R1"].quantity == 220


@variants
def test_the_diode_stands_across_the_led_the_other_way_round(choices):
    circuit = describe(choices)
    isolator, diode = circuit["U1"], circuit["D1"]
    assert diode.pins["K"] == isolator.pins[isolator.pin("anode")[0]]
    assert diode.pins["A"] == isolator.pins[isolator.pin("cathode")[0]]


@variants
def test_no_output_is_pulled_above_what_the_fpga_stands(choices):
    circuit = describe(choices)
    on_5_volts = {reference for reference, _ in circuit.nets.get("5V", ())}
    assert "R2" not in on_5_volts
    assert not {"MIDI_IN", "MIDI_OUT", "MIDI_THRU"} & {
        net
        for part in circuit.parts
        if part.kind == "resistor" and "5V" in part.pins.values()
        for net in part.pins.values()
    }
    if choices.isolator.pull_up is None:
        # What drives high must not do so from 5 V.
        assert choices.isolator.supply == 3.3


def test_the_base_of_a_6n138_has_its_resistor_and_the_enable_of_a_6n137_its_supply():
    darlington, gate = describe(Choices(ISOLATORS["6N138"])), describe(Choices(ISOLATORS["6N137"]))
    assert darlington["R3"].quantity == 10e3
    assert darlington.nets["BASE"] == {("U1", "7"), ("R3", "1")}
    assert ("U1", "7") in gate.nets["5V"]
    assert "R3" not in gate.by_reference


def test_thru_comes_from_the_fpga_or_straight_from_the_isolator():
    assert ("U3", "1") in describe(Choices()).nets["MIDI_THRU"]
    direct = describe(Choices(thru="direct"))
    assert {("U3", "1"), ("U1", "4")} <= direct.nets["MIDI_IN"]
    assert "MIDI_THRU" not in direct.nets
    assert not {"J3", "U3"} & describe(Choices(thru="none")).by_reference.keys()


@pytest.mark.parametrize("name", ISOLATORS)
def test_pins_of_an_isolator_are_those_of_its_data_sheet(name):
    dip8 = {"anode": "2", "cathode": "3", "ground": "5", "output": "6", "supply": "8"}
    dip6 = {"anode": "1", "cathode": "2", "output": "4", "ground": "5", "supply": "6"}
    expected = {
        "H11L1": dip6,
        "PC900V": dip6,
        "6N138": dip8 | {"base": "7"},
        "6N137": dip8 | {"enable": "7"},
        "6N136": dip8,
        "TLP2361": {"anode": "1", "cathode": "3", "ground": "4", "output": "5", "supply": "6"},
    }[name]
    assert {function: pin for pin, function in ISOLATORS[name].pins.items()} == expected


def test_pins_of_the_pmod_are_those_of_the_board():
    connector = next(each for each in ICEBreakerPlatform.connectors if (each.name, each.number) == ("pmod", 0))
    assert connector.mapping == PMOD_PINS
    assert [PMOD_PINS[pin] for pin in "123"] == ["4", "2", "47"]
    assert [PMOD[pin] for pin in "123"] == ["MIDI_IN", "MIDI_OUT", "MIDI_THRU"]


@variants
def test_parts_list_has_every_part_once(choices):
    circuit = describe(choices)
    listed = [reference for row in rows(circuit) for reference in row[0].split()]
    assert sorted(listed) == sorted(circuit.by_reference)
    heading, *read = csv.reader(io.StringIO(as_csv(circuit)))
    assert tuple(heading) == HEADING
    assert [tuple(row) for row in read] == rows(circuit)
    assert all(int(row[1]) == len(row[0].split()) for row in read)
    # A table in Markdown has no bar and no line end in a cell.
    assert {line.count(" | ") for line in as_markdown(circuit).splitlines()} == {len(HEADING) - 1}


def test_parts_that_differ_stand_on_rows_of_their_own():
    by_reference = {row[0]: row for row in rows(describe(Choices()))}
    assert by_reference["R4 R6"][3:5] == ("33 ohm", "0.5 W, 5 %")
    assert by_reference["R5 R7"][3:5] == ("10 ohm", "0.25 W, 5 %")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"supply": 12.0}, "Supply must be 3.3 V within 5 % or 5 V within 10 %.*not 12 V"),
        ({"out": (0.0, 10.0)}, "more than 0 ohm, not 0"),
        ({"out": (33.0, -1.0)}, "more than 0 ohm, not -1"),
        ({"pull_up": float("nan")}, "more than 0 ohm, not nan"),
        ({"thru": "both"}, "Thru must be one of fpga, direct, none, not 'both'"),
        ({"isolator": ISOLATORS["TLP2361"], "pull_up": 270.0}, "TLP2361 must have no pull-up"),
        ({"buffer": BUFFERS["74LVC2G06"], "thru": "direct"}, "must have a buffer that does not invert, not 74LVC2G06"),
    ],
)
def test_choice_that_cannot_be_is_refused_in_one_line(changes, message):
    with pytest.raises(BoardError, match=message) as error:
        replace(Choices(), **changes)
    assert "\n" not in str(error.value)


def test_unknown_part_names_those_that_are_near():
    assert find(ISOLATORS, "h11l1", "Isolator") is ISOLATORS["H11L1"]
    with pytest.raises(BoardError, match=r"Isolator must be one of H11L1, .*, not '6N139'; did you mean 6N13"):
        find(ISOLATORS, "6N139", "Isolator")
    with pytest.raises(BoardError, match="not 'ULN'; choose one of them"):
        find(BUFFERS, "ULN", "Buffer")
