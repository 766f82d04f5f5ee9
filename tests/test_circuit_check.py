"""``python -m board check``: CA-033's own figures come out, and each thing that breaks it is named."""

import argparse
import re
from dataclasses import replace
from math import exp, log

import pytest

from board import circuit
from board.circuit import judge
from board.circuit.catalogue import BARE_PIN, BUFFERS, ISOLATORS
from board.circuit.description import Choices
from board.errors import BoardError
from sim.model.current_loop import SENDERS, TYPICAL_LED, WORST_LED


def check(*options):
    """Exit status of ``check``."""
    parser = argparse.ArgumentParser()
    circuit.add_arguments(parser)
    return circuit.run(parser.parse_args(options))


def broken(choices, **rest):
    return [finding.text for finding in judge.judge(choices, **rest) if finding.holds is False]


def solved(supply, ohms, volts, at=7.2e-3, slope=0.0517):
    """Amperes through resistors and an LED with ``volts`` at ``at``, found by halving; not the program's formula."""
    low, high = 0.0, supply / ohms
    for _ in range(60):
        middle = (low + high) / 2
        drop = volts + slope * log(max(middle, 1e-12) / at)
        low, high = (middle, high) if supply - middle * ohms > drop else (low, middle)
    return low


def test_figures_that_the_electrical_specification_states_come_out():
    choices = Choices()
    least, typical, _ = judge.currents(judge.loop_of(3.3, (33.0, 10.0)))
    wrong = judge.shorts(choices)
    assert f"{least * 1e3:.3f} mA" == "4.472 mA"
    assert f"{typical * 1e3:.1f} mA" == "7.2 mA"
    assert f"{wrong.grounded:.3f} A" == "0.111 A"
    assert f"{judge.powers(choices)['RA', 'pin 4 at ground']:.3f} W" == "0.383 W"


def test_a_sender_of_5_volts_may_be_off_by_10_percent():
    least, most = judge.corners(judge.loop_of(5.0, (220.0, 220.0)))
    assert (least.supply, most.supply) == (pytest.approx(4.5), pytest.approx(5.5))
    assert least.current(WORST_LED) == pytest.approx(2.6 / 693)


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
@pytest.mark.parametrize("buffer", BUFFERS.values(), ids=BUFFERS)
def test_currents_agree_with_an_exponential_led(sender, buffer):
    on = buffer.resistance / buffer.gates
    loop = judge.loop_of(sender.supply, (sender.source, sender.sink), on=on)
    ohms = sender.source + sender.sink + 220 + on
    assert loop.current(TYPICAL_LED) == pytest.approx(solved(sender.supply, ohms, TYPICAL_LED), rel=0.05)


def test_rise_is_from_a_tenth_to_nine_tenths():
    resistance, capacitance = 4700 * 1.05, 100e-12
    taken = judge.rise(Choices(ISOLATORS["6N136"]), 100e-12)
    tenth = -resistance * capacitance * log(0.9)
    assert 1 - exp(-(tenth + taken) / (resistance * capacitance)) == pytest.approx(0.9)
    assert judge.rise(Choices(ISOLATORS["TLP2361"])) is None


HOLDS = {
    "default": Choices(),
    "5 V": Choices(supply=5.0),
    "5 V, one gate": Choices(supply=5.0, buffer=BUFFERS["74LVC1G07"]),
    "PC900V": Choices(ISOLATORS["PC900V"]),
    "6N138": Choices(ISOLATORS["6N138"]),
    "6N136": Choices(ISOLATORS["6N136"]),
    "TLP2361": Choices(ISOLATORS["TLP2361"]),
    "inverting with a pull-down": Choices(buffer=BUFFERS["74LVC2G06"], pull_down=4700.0),
    "transistor with a pull-down": Choices(buffer=BUFFERS["BSS138"], pull_down=4700.0),
    "supply at its limit": Choices(supply=3.465),
    "lower resistors that are still safe": Choices(supply=5.0, out=(200.0, 200.0)),
}

BREAKS = {
    "resistors for 5 V": (Choices(out=(220.0, 220.0)), "OUT's loop carries 2.88 mA"),
    "resistors for 3.3 V": (Choices(supply=5.0, out=(33.0, 10.0)), "RA turns .* pin 4 at ground"),
    "RA that is too small": (Choices(out=(22.0, 10.0)), "RA turns 0.574 W into heat, pin 4 at ground"),
    "one gate at 3.3 V": (Choices(buffer=BUFFERS["74LVC1G07"]), "pin 4 touches pin 5, 85 mA .* stands 50 mA"),
    "bare pin, its limit": (Choices(buffer=BARE_PIN), "pin 5 touches ground, 365 mA .* stands 8.00 mA"),
    "bare pin, its high": (Choices(buffer=BARE_PIN), "the buffer drives high too"),
    "bare pin, RC": (Choices(buffer=BARE_PIN), "RC turns 1.264 W into heat, pin 5 at ground"),
    "6N137": (Choices(ISOLATORS["6N137"]), "6N137 turns on with 5.00 mA; it must be less than 5 mA"),
    "6N136, small pull-up": (Choices(ISOLATORS["6N136"], pull_up=1000.0), "6N136 turns on with 17 mA"),
    "6N138, small pull-up": (Choices(ISOLATORS["6N138"], pull_up=180.0), "6N138 turns on with 5.97 mA"),
    "output that sinks too much": (Choices(pull_up=150.0), "the pull-up asks 22 mA of the output, which takes 16 mA"),
    "slow pull-up": (Choices(ISOLATORS["6N136"], pull_up=22000.0), "rise in 2.5 us .* less than 2 us"),
    "inverting without pull-down": (Choices(buffer=BUFFERS["74LVC2G06"]), "nothing pulls it down: current may flow"),
    "inverting, weak pull-down": (
        Choices(buffer=BUFFERS["74LVC2G06"], pull_down=10e3),
        "must be below 0.8 V; 10000 ohm pull it down .* 1.34 V: current may flow",
    ),
    "upright with a pull-down": (Choices(pull_down=10e3), "must be above 2 V; .* current may flow"),
    "pull-down that is too strong": (
        Choices(buffer=BUFFERS["74LVC2G06"], pull_down=330.0),
        "the pull-down takes 10 mA of the FPGA's pin",
    ),
}


@pytest.mark.parametrize("choices", HOLDS.values(), ids=HOLDS)
def test_circuit_that_keeps_the_specification(choices):
    assert broken(choices) == []


@pytest.mark.parametrize(("choices", "text"), BREAKS.values(), ids=BREAKS)
def test_what_breaks_is_named(choices, text):
    assert any(re.search(text, found) for found in broken(choices)), broken(choices)


def test_every_break_names_its_clause():
    for choices, _ in BREAKS.values():
        assert all(finding.clause for finding in judge.judge(choices) if finding.holds is False)


def test_rating_that_is_too_small_breaks():
    assert any("is rated for 0.25 W" in text for text in broken(Choices(), ratings=(0.25, 0.25)))
    assert broken(Choices(), ratings=(0.5, 0.125)) == []


def test_weak_sender_is_enough_typically_or_not_at_all():
    weak = judge.loop_of(5.0, (330.0, 330.0))
    (finding,) = (each for each in judge.judge(Choices(ISOLATORS["PC900V"]), [weak]) if "a sender of" in each.text)
    assert (finding.holds, "enough typically" in finding.text) == (None, True)
    too_weak = replace(weak, source=470.0, sink=470.0)
    assert any("too little" in text for text in broken(Choices(ISOLATORS["PC900V"]), senders=[too_weak]))


def test_delays_nobody_found_are_said_to_be_unknown():
    for name in ("H11L1", "6N137", "6N136", "6N138"):
        texts = [finding.text for finding in judge.judge(Choices(ISOLATORS[name]))]
        assert any("is unknown" in text for text in texts)
    measured = [finding.text for finding in judge.judge(Choices(ISOLATORS["6N138"], pull_up=220.0))]
    assert any("6N138@220: falls 2 us late, rises 2 us late" in text for text in measured)


def test_command_prints_figures_and_says_that_all_holds(capsys):
    assert check() == 0
    out = capsys.readouterr().out
    assert "loop current, buffer of 0 ohm         4.47 mA  7.22 mA   8.26 mA" in out
    assert out.endswith("CA-033 holds.\n")
    assert "BREAKS" not in out


def test_command_says_what_breaks_and_where_that_is_written(capsys):
    assert check("--supply", "3.3", "--out", "220,220") == 1
    out = capsys.readouterr().out
    assert "BREAKS OUT's loop carries 2.88 mA" in out
    assert "[CA-033 p. 2 and 5: a loop of 5 mA]" in out
    assert out.endswith("It breaks in 1 place: see above.\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--in", "6N138", "--pull-up", "0.27k", "--sender", "5 V", "--sender", "3.3,33,10", "--thru", "direct"),
        ("--invert", "--pull-down", "4.7k"),
        ("--supply", "5V", "--out", "220 ohm,220R", "--rating", "0.25W,0.25", "--capacitance", "0.1n"),
    ],
)
def test_options_are_read(options):
    assert check(*options) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--supply", "12 V"), "Supply must be 3.3 V within 5 % or 5 V within 10 %"),
        (("--supply", "lots"), "Supply must be a number above 0, such as 3.3, not 'lots'"),
        (("--supply", "nan"), "Supply must be a number above 0"),
        (("--out", "0,10"), "Resistor must be a number above 0, such as 220 or 2.7k, not '0'"),
        (("--out=-33,10",), "Resistor must be a number above 0, .* not '-33'"),
        (("--out", "33"), "Out must be two values with a comma between, such as 33,10, not '33'"),
        (("--in", "4N35"), "Isolator must be one of H11L1, .* not '4N35'"),
        (("--buffer", "x"), "Buffer must be one of 74LVC2G07, .* not 'x'"),
        (("--buffer", "BSS138"), "BSS138 inverts: say so with --invert"),
        (("--invert", "--buffer", "74LVC1G07"), "must be one that inverts, such as 74LVC2G06, not 74LVC1G07"),
        (
            ("--sender", "3.3,33"),
            "Sender must be 3.3, 5, or a supply and two resistors such as 3.3,33,10, not '3.3,33'",
        ),
        (("--rating", "0.5,x"), "Rating must be a number above 0, such as 0.5, not 'x'"),
        (("--capacitance", "1e-12"), "Capacitance must be a number above 0, such as 50p"),
        (("--capacitance", "50"), "Capacitance must be 1 uF at most, such as 50p, not '50'; name its unit"),
        (("--pull-down", ""), "Pull-down must be a number above 0, such as 220 or 2.7k, not ''"),
        (("--thru", "x"), "Thru must be one of fpga, direct, none, not 'x'"),
    ],
)
def test_bad_input_is_one_line(options, message):
    with pytest.raises(BoardError, match=message) as error:
        check(*options)
    assert "\n" not in str(error.value)
