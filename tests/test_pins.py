# amaranth: UnusedElaboratable=no
"""The MIDI connector: where it is, which way round, and that nobody hears it before the design runs."""

import importlib
import math

import pytest
from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from board import boards, pins
from board.designs import DESIGNS
from board.errors import BoardError
from board.pins import Phase, carries_current
from board.top import AtPins

MIDI_OUTPUTS = ("midi_out", "midi_thru", "outs")


@pytest.mark.parametrize(
    ("inverted", "pull_down", "current"),
    [
        (False, math.inf, False),
        (False, 1e6, False),
        # 11 uA through 100 kohm may be as little as 1.1 V.
        (False, 100e3, True),
        (False, pins.PULL_DOWN, True),
        (True, math.inf, True),
        # 128 uA through 10 kohm may be as much as 1.28 V.
        (True, 10e3, True),
        (True, 6.3e3, True),
        (True, 6.2e3, False),
        (True, pins.PULL_DOWN, False),
        (True, pins.PULL_DOWN_BASE, False),
    ],
)
def test_current_while_the_fpga_configures_itself(inverted, pull_down, current):
    assert carries_current(Phase.CONFIGURATION, inverted=inverted, pull_down=pull_down) is current


def test_a_pull_down_holds_the_pin_low_and_is_no_burden():
    # Five per cent are the resistor's.
    assert pins.pin_volts(1.05 * pins.PULL_DOWN)[1] < pins.LOW
    assert pins.pin_volts(pins.PULL_DOWN_BASE)[1] == pytest.approx(0.2816)
    # The data sheets give 8 mA at the levels of LVCMOS 3.3.
    assert pins.SUPPLY / pins.PULL_DOWN_BASE < 2e-3


@pytest.mark.parametrize("ohms", [0, -1, math.nan])
def test_a_pull_down_that_cannot_be_is_refused(ohms):
    with pytest.raises(ValueError, match="Pull-down must be a positive number of ohms"):
        pins.pin_volts(ohms)


def pins_in_reset(design, inverted):
    """Levels of a design's MIDI outputs at the board's pins, at every clock of a reset in which its inputs move."""
    held = Signal(init=1)
    top = AtPins(design, inverted)
    m = Module()
    m.submodules.top = ResetInserter(held)(top)
    inputs = {name: member for name, member in top.signature.members.items() if member.flow is In}
    outputs = [name for name in MIDI_OUTPUTS if name in top.signature.members]
    seen = []

    async def testbench(ctx):
        for clock in range(40):
            seen.append({name: ctx.get(getattr(top, name)) for name in outputs})
            await ctx.tick()
            for name, member in inputs.items():
                # What comes in at MIDI In goes on to a direct thru, in reset as ever.
                if name != "midi_in":
                    ctx.set(getattr(top, name), clock % 2 if clock < 30 else member.init)

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return seen


def lines_with_current(levels, design, inverted):
    """Which MIDI outputs carry current at these levels: a pin that is not inverted does so when low."""
    found = set()
    for name, level in levels.items():
        width = pins.widths(design)[name]
        idle = 0 if name in inverted else (1 << width) - 1
        if level != idle:
            found.add(name)
    return found


@pytest.mark.parametrize("inverted", [False, True], ids=["straight", "inverted"])
@pytest.mark.parametrize("name", DESIGNS)
def test_no_output_carries_current_in_reset(name, inverted):
    design = DESIGNS[name](12e6)
    outputs = [output for output in MIDI_OUTPUTS if output in design.signature.members]
    turned = outputs if inverted else ()
    for levels in pins_in_reset(design, turned):
        assert lines_with_current(levels, design, turned) == set()
    assert not carries_current(Phase.RESET, inverted=inverted)


class LowInReset(wiring.Component):
    """A design that forgot that a line idles high."""

    midi_in: In(1, init=1)
    midi_out: Out(1)

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.midi_out.eq(self.midi_in)
        return m


@pytest.mark.parametrize("turned", [(), ("midi_out",)])
def test_a_line_that_is_low_in_reset_is_found(turned):
    found = [lines_with_current(levels, LowInReset(), turned) for levels in pins_in_reset(LowInReset(), turned)]
    assert found[0] == {"midi_out"}


def test_the_resource_has_a_pin_for_each_line_and_its_polarity():
    resource = pins.midi_resource(midi_in="47", midi_out="2", midi_thru="45", inverted={"midi_out"})
    parts = {part.name: part for part in resource.ios}
    assert (resource.name, resource.number) == ("midi", 0)
    assert {name: (part.ios[0].names, part.ios[0].dir, part.ios[0].invert) for name, part in parts.items()} == {
        "in": (["47"], "i", False),
        "out": (["2"], "o", True),
        "thru": (["45"], "o", False),
    }


def test_an_input_that_is_not_connected_is_idle():
    (line,) = pins.midi_resource(midi_in="47").ios
    assert line.attrs["PULLUP"] == 1
    (line,) = pins.midi_resource(midi_in="47", inverted={"midi_in"}).ios
    assert "PULLUP" not in line.attrs


def board_and_platform(name):
    _, board = boards.find(name)
    return board, board.platform()


@pytest.mark.parametrize("text", ["47", "PMOD1A.3", "pmod1a.3", "PMOD1A:3", "pmod:1A:3", " 47 "])
def test_a_pin_has_the_names_that_people_write(text):
    place = pins.find_pin(*board_and_platform("icebreaker"), text)
    assert (place.pin, str(place)) == ("47", "PMOD1A.3 (47)")


def test_a_connector_on_a_connector_leads_to_the_fpga():
    board, platform = board_and_platform("icebreaker_bitsy")
    assert pins.find_pin(board, platform, "PMOD1.2").pin == pins.find_pin(board, platform, "P.2").pin == "48"


@pytest.mark.parametrize("text", ["99", "PMOD9.1", "PMOD1A.5", "PMOD1A.13", "", ".", "PMOD1A", "A.B.C"])
def test_a_pin_that_does_not_exist_is_refused(text):
    with pytest.raises(BoardError, match=r"Pin must be one that iCEBreaker leads to a connector.*PMOD1A\.1.*, not "):
        pins.find_pin(*board_and_platform("icebreaker"), text)


INTERFACE = {"midi_in": 1, "midi_out": 1, "midi_thru": 1, "host_rx": 1, "host_tx": 1}


@pytest.mark.parametrize(
    ("name", "line", "text", "why"),
    [
        ("icebreaker", "midi_in", "6", "serial port"),
        ("icebreaker", "midi_in", "35", "clock"),
        ("icebreaker", "midi_out", "11", "LED"),
        ("icebreaker", "midi_out", "16", "flash memory"),
        ("icesugar", "midi_in", "PMOD1.2", "serial port"),
        ("icesugar", "midi_in", "PMOD1.1", "USB"),
        ("icesugar_nano", "midi_in", "PMOD2.1", "serial port"),
        ("icesugar_nano", "midi_in", "PMOD1.2", "clock"),
        ("blackice_ii", "midi_in", "PMOD1/2.4", "serial port"),
        ("upduino_v3", "midi_in", "JP6.1", "clock"),
    ],
)
def test_a_pin_that_is_in_use_is_refused(name, line, text, why):
    board, platform = board_and_platform(name)
    with pytest.raises(BoardError, match=rf"{line} must have a pin that is free on .*: that is its {why}$"):
        pins.places(board, platform, INTERFACE, {line: [text]})


def test_a_pin_that_is_given_twice_is_refused():
    board, platform = board_and_platform("icebreaker")
    with pytest.raises(BoardError, match=r"midi_thru must have a pin of its own, not PMOD1A\.7 \(3\), which midi_out"):
        pins.places(board, platform, INTERFACE, {"midi_out": ["PMOD1A.7"], "midi_thru": ["3"]})


def test_pins_for_a_line_that_the_design_has_not_are_refused():
    board, platform = board_and_platform("icebreaker")
    with pytest.raises(BoardError, match="not for host_rx: this design has no such line"):
        pins.places(board, platform, {"midi_in": 1}, {"host_rx": ["3"]})


def test_half_of_a_serial_line_is_refused():
    board, platform = board_and_platform("icebreaker")
    where = pins.places(board, platform, INTERFACE, {"host_rx": ["PMOD2.3"]})
    with pytest.raises(BoardError, match="host_tx must have a pin, too"):
        pins.ports(board, platform, INTERFACE, where)


def test_more_outputs_than_places_are_refused():
    board, platform = board_and_platform("icesugar_nano")
    with pytest.raises(BoardError, match=r"has places for 4 outputs, not 5; name them: --out-pins"):
        pins.places(board, platform, {"outs": 5}, {})
    with pytest.raises(BoardError, match=r"outs must have 5 pins, not 2"):
        pins.places(board, platform, {"outs": 5}, {"outs": ["PMOD3.1", "PMOD3.2"]})


@pytest.mark.parametrize("line", ["midi_inn", "leds"])
def test_a_polarity_of_what_is_no_line_is_refused(line):
    board, platform = board_and_platform("icebreaker")
    members = {"midi_in": 1, "leds": 2}
    with pytest.raises(BoardError, match=f"Inverted must be among midi_in, not '{line}'"):
        pins.ports(board, platform, members, {}, (line,))


@pytest.mark.parametrize("name", boards.BOARDS)
@pytest.mark.parametrize("inverted", [(), tuple(INTERFACE)], ids=["straight", "inverted"])
def test_every_line_has_a_port_of_its_polarity_on_every_board(name, inverted):
    board, platform = board_and_platform(name)
    members = {**INTERFACE, "leds": 4}
    found = pins.ports(board, platform, members, pins.places(board, platform, members, {}), inverted)
    assert found.keys() == members.keys()
    assert all(all(found[line].invert) == (line in inverted) for line in INTERFACE)
    # As many LEDs as there are, in their order, and none twice.
    lit = [bit.name for bit in found["leds"].io.metadata]
    assert 1 <= len(lit) <= 4
    assert len(set(lit)) == len(lit)


def lights_of(name):
    """Pin of each light of a board, by what the board's table calls it, as a design gets them."""
    board, platform = board_and_platform(name)
    (leds,) = pins.ports(board, platform, {"leds": 8}, {}).values()
    return dict(zip(board.lights, (bit.name for bit in leds.io.metadata), strict=True))


def amaranths_leds(name):
    """Pin of each LED as :mod:`amaranth_boards` has it, by its name there."""
    module, _, platform = boards.BOARDS[name].platform_class.partition(":")
    found = {}
    for resource in getattr(importlib.import_module(module), platform).resources:
        if resource.name == "led":
            found[f"led {resource.number}"] = resource.ios[0].names[0]
        elif resource.name.startswith("led_") and resource.number == 0:
            found[resource.name] = resource.ios[0].names[0]
        elif resource.name == "rgb_led":
            found |= {f"rgb_led.{part.name}": part.ios[0].names[0] for part in resource.ios}
    return found


@pytest.mark.parametrize("name", boards.BOARDS)
def test_where_there_are_colours_green_is_good_and_red_is_bad(name):
    there, lights = amaranths_leds(name), lights_of(name)
    coloured = {text: pin for text, pin in there.items() if text.startswith("led_")} or {
        text: pin for text, pin in there.items() if text.startswith("rgb_led.")
    }
    for text, pin in coloured.items():
        assert [colour[0] for colour, its in lights.items() if its == pin] == [text[-1]]
    if coloured or name == "icestick":
        assert [text.partition(" ")[0] for text in lights][:2] == ["green", "red"]
    # None is left out.
    numbered = {pin for text, pin in there.items() if text.startswith("led ")}
    assert set(lights.values()) == (numbered or set(coloured.values()))


def test_the_green_light_of_an_icestick_is_the_one_in_the_middle():
    assert lights_of("icestick") == {"green D5": "95", "red D1": "99", "red D2": "98", "red D3": "97", "red D4": "96"}


def test_lights_have_the_polarity_and_the_attributes_of_the_board():
    for name, inverted in (("icebreaker", True), ("upduino_v3", True), ("icestick", False)):
        board, platform = board_and_platform(name)
        leds = pins.ports(board, platform, {"leds": 2}, {})["leds"]
        assert set(leds.invert) == {inverted}
        assert [bit.attrs["IO_STANDARD"] for bit in leds.io.metadata] == ["SB_LVCMOS"] * 2


def test_the_lines_that_hold_the_host_back_are_low_active():
    board, platform = board_and_platform("icestick")
    members = {**INTERFACE, "host_cts": 1, "host_rts": 1}
    found = pins.ports(board, platform, members, pins.places(board, platform, members, {}))
    assert [(line, *found[line].invert) for line in ("host_cts", "host_rts")] == [
        ("host_cts", True),
        ("host_rts", True),
    ]
    # What the host may send on comes out of the FPGA, at the pin that the serial bridge calls CTS.
    assert (found["host_rts"].io.metadata[0].name, found["host_cts"].io.metadata[0].name) == ("4", "7")


@pytest.mark.parametrize("name", boards.BOARDS)
def test_default_places_are_free_and_differ(name):
    board, platform = board_and_platform(name)
    where = pins.places(board, platform, INTERFACE, {})
    assert {"midi_in", "midi_out", "midi_thru"} <= where.keys()
    places = pins.places(board, platform, {"midi_in": 1, "outs": len(board.outs)}, {})
    assert len({place.pin for some in places.values() for place in some}) == len(board.outs) + 1
    assert [place.pin for place in places["outs"][:2]] == [where["midi_out"][0].pin, where["midi_thru"][0].pin]
