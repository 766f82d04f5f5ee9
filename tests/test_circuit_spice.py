"""ngspice agrees with what ``check`` computes, within 5 %; without ngspice the other tests hold the same figures."""

import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from math import log

import pytest

from board.circuit import judge
from board.circuit.catalogue import BUFFERS, ISOLATORS
from board.circuit.description import Choices, Circuit, describe
from board.circuit.netlist import cable, feeds, netlist, short
from sim.model.current_loop import TOLERANCE, TYPICAL_LED, WORST_LED

NGSPICE = shutil.which("ngspice")

needs_ngspice = pytest.mark.skipif(
    not NGSPICE, reason="ngspice is not installed; test_circuit_check.py holds the same figures against a calculation"
)

WITHIN = 0.05


@cache
def spice(deck, *commands):
    """What ngspice prints of a deck, as a dict of name to number."""
    lines = "\n".join(commands)
    text = f"* deck\n{deck}.control\nset noaskquit\n{lines}\nquit\n.endc\n.end\n"
    done = subprocess.run([NGSPICE, "-b"], input=text, capture_output=True, text=True, timeout=60, check=False)
    found = {name: float(value) for name, value in re.findall(r"^(\S+)\s+=\s+(\S+)", done.stdout, re.MULTILINE)}
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    return found


def off_by(circuit, part_of_one):
    """The circuit with every resistor off by a part of its value."""
    parts = [
        replace(part, quantity=part.quantity * (1 + part_of_one)) if part.kind == "resistor" else part
        for part in circuit.parts
    ]
    return Circuit(circuit.choices, tuple(parts))


def loop_figures(circuit, led, supply):
    """What flows in a cable from OUT to IN while a 0 is sent, and the power in each resistor."""
    deck = netlist(circuit, led) + feeds(circuit, "3.3" if circuit.choices.buffer.inverts else "0", supply) + cable()
    asked = "op", "print i(v_cable) @r_r4[p] @r_r5[p] @r_r1[p] v(n_midi_in)"
    return spice(deck, *asked)


CASES = {"least": (TOLERANCE, WORST_LED), "typical": (0.0, TYPICAL_LED), "most": (-TOLERANCE, TYPICAL_LED)}


@needs_ngspice
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("supply", [3.3, 5.0])
@pytest.mark.parametrize("isolator", ISOLATORS.values(), ids=ISOLATORS)
def test_currents_and_powers_agree(isolator, supply, case):
    choices = Choices(isolator, supply)
    nominal = judge.loop_of(supply, choices.resistors, on=choices.buffer.on)
    least, most = judge.corners(nominal)
    loop = {"least": least, "typical": nominal, "most": most}[case]
    off, led = CASES[case]
    found = loop_figures(off_by(describe(choices), off), led, loop.supply)
    current = loop.current(led)
    assert found["i(v_cable)"] == pytest.approx(current, rel=WITHIN)
    for reference, ohms in (("r4", loop.source), ("r5", choices.resistors[1] * (1 + off)), ("r1", loop.receiver)):
        assert found[f"@r_{reference}[p]"] == pytest.approx(current**2 * ohms, rel=2 * WITHIN)
    # The 6N137 alone is not promised to turn on; see test_circuit_check.py.
    if current > judge.need(choices):
        assert found["v(n_midi_in)"] < judge.LOW


@needs_ngspice
@pytest.mark.parametrize("name", ["74LVC1G07", "74LVC2G06", "BSS138"])
def test_other_buffers_agree(name):
    choices = Choices(buffer=BUFFERS[name], pull_down=4700.0 if BUFFERS[name].inverts else None)
    found = loop_figures(describe(choices), TYPICAL_LED, 3.3)
    expected = judge.loop_of(3.3, choices.resistors, on=choices.buffer.on).current()
    assert found["i(v_cable)"] == pytest.approx(expected, rel=WITHIN)


@needs_ngspice
@pytest.mark.parametrize("supply", [3.3, 5.0])
def test_short_circuits_agree(supply):
    choices = Choices(supply=supply)
    # CA-033 reckons with a buffer of 0 ohm, and so does the program.
    ideal = replace(choices, buffer=replace(choices.buffer, resistance=1e-3))
    circuit = off_by(describe(ideal), -TOLERANCE)
    _, most = judge.corners(judge.loop_of(supply, choices.resistors))
    wrong = judge.shorts(choices)
    deck = netlist(circuit) + feeds(circuit, "0", most.supply)
    powers = judge.powers(choices)
    for ends, expected, resistor in (
        (("OUT4", "GND"), wrong.grounded, ("RA", "pin 4 at ground")),
        (("OUT4", "OUT5"), wrong.joined, ("RA", "pin 4 at pin 5")),
    ):
        found = spice(deck + short(*ends), "op", "print i(v_short) @r_r4[p]")
        assert found["i(v_short)"] == pytest.approx(expected, rel=WITHIN)
        assert found["@r_r4[p]"] == pytest.approx(powers[resistor], rel=WITHIN)


@needs_ngspice
def test_an_idle_line_carries_no_current():
    circuit = describe(Choices())
    found = spice(netlist(circuit) + feeds(circuit, "3.3") + cable(), "op", "print i(v_cable) v(n_midi_in)")
    assert abs(found["i(v_cable)"]) < 1e-6
    assert found["v(n_midi_in)"] == pytest.approx(3.3, abs=0.01)


def edges(choices, capacitance=judge.CAPACITANCE):
    """When IN's output crosses some levels after OUT was low from 10 us on for 32 us."""
    circuit = describe(choices)
    line = "PULSE(3.3 0 10u 1n 1n 32u 1)"
    deck = netlist(circuit, capacitance=capacitance) + feeds(circuit, line) + cable()
    crossings = [f"meas tran {name} when v(n_midi_in)={volts} {way}=1" for name, volts, way in CROSSINGS]
    return spice(deck, "tran 10n 90u 0 10n", *crossings)


CROSSINGS = (("fall", 1.65, "fall"), ("begins", 0.66, "rise"), ("middle", 1.65, "rise"), ("ends", 2.97, "rise"))


@needs_ngspice
@pytest.mark.parametrize("name", [name for name, isolator in ISOLATORS.items() if isolator.pull_up])
def test_rise_of_the_pull_up_agrees(name):
    # Ten times what a pin has, so that it is the pull-up that one sees.
    capacitance = 500e-12
    found = edges(Choices(ISOLATORS[name]), capacitance)
    # From 0.66 V to 2.97 V of 3.3 V is ln 8 of the time constant, from a tenth to nine tenths ln 9.
    rise = (found["ends"] - found["begins"]) * log(9) / log(8)
    assert rise == pytest.approx(judge.rise(Choices(ISOLATORS[name]), capacitance) / (1 + TOLERANCE), rel=WITHIN)


KNOWN = [
    Choices(ISOLATORS["PC900V"]),
    Choices(ISOLATORS["6N138"], pull_up=220.0),
    Choices(ISOLATORS["6N138"], pull_up=2700.0),
]


@needs_ngspice
@pytest.mark.parametrize("choices", KNOWN, ids=["PC900V", "6N138 at 220 ohm", "6N138 at 2.7 k"])
def test_delays_that_are_known_are_in_the_model(choices):
    part = choices.isolator.timing(choices.pulled_up)
    found = edges(choices)
    settle = log(2) * choices.pulled_up * judge.CAPACITANCE
    assert found["fall"] - 10e-6 == pytest.approx(part.tphl, rel=WITHIN)
    assert found["middle"] - 42e-6 - settle == pytest.approx(part.tplh, rel=2 * WITHIN)


def test_model_without_known_delays_says_so():
    for name in ISOLATORS:
        choices = Choices(ISOLATORS[name])
        part = choices.isolator.timing(choices.pulled_up)
        said = "Its delays are unknown" in netlist(describe(choices))
        assert said == (part is None or not part.is_known)


@needs_ngspice
def test_comparison_finds_a_resistor_of_another_value():
    circuit = describe(Choices())
    wrong = Circuit(
        circuit.choices, tuple(replace(p, quantity=68.0) if p.reference == "R4" else p for p in circuit.parts)
    )
    expected = judge.loop_of(3.3, (33.0, 10.0), on=circuit.choices.buffer.on).current()
    assert loop_figures(wrong, TYPICAL_LED, 3.3)["i(v_cable)"] != pytest.approx(expected, rel=WITHIN)


@needs_ngspice
def test_comparison_finds_a_diode_the_wrong_way_round():
    circuit = describe(Choices())
    turned = replace(circuit["D1"], pins={"A": "LED_ANODE", "K": "IN5"})
    wrong = Circuit(circuit.choices, tuple(turned if p.reference == "D1" else p for p in circuit.parts))
    found = loop_figures(wrong, TYPICAL_LED, 3.3)
    assert found["v(n_midi_in)"] > judge.LOW


def test_netlist_has_every_part_and_every_net():
    circuit = describe(Choices(ISOLATORS["6N138"], 5.0, ferrites=True, shield=True))
    text = netlist(circuit)
    assert all(re.search(rf"^(\w_|\* ){part.reference}[_ :]", text, re.MULTILINE) for part in circuit.parts)
    assert all(f"n_{net.lower()}" in text for net in circuit.nets if net != "GND")
