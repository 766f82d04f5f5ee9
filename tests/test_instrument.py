# amaranth: UnusedElaboratable=no
"""The instrument: hardware against model at the pins of a board, and what is heard there."""

import argparse
import re
import wave

import pytest

from board.designs.instrument import Instrument, tuning
from sim.model.instrument import frequency
from tests import bench_instrument
from tests.conftest import cases, planted
from tests.lab import sound

BENCHES = {name: bench_instrument.bench(setting) for name, setting in bench_instrument.SETTINGS.items()}


@pytest.mark.parametrize(("kind", "case"), cases(BENCHES))
def test_instrument_equals_model(kind, case):
    BENCHES[kind].check(case)


@pytest.mark.parametrize("bug", bench_instrument.PLANTED)
def test_bench_finds_planted_bug(bug):
    right, wrong, case = bench_instrument.PLANTED[bug]
    setting = bench_instrument.ONE if case == bench_instrument.CHANNELS else bench_instrument.SLOW
    assert bench_instrument.bench(setting, planted(Instrument, right, wrong)).only(case).fails()


@pytest.mark.parametrize("clk_freq", [250e3, 500e3, 12e6, 16e6, 20e6, 25e6, 100e6])
@pytest.mark.parametrize("a4", [415.0, 440.0, 442.0])
def test_all_notes_are_within_half_a_cent(clk_freq, a4):
    increments, bits = tuning(clk_freq, a4)
    for note in range(128):
        made = increments[note % 12] * clk_freq / 2 ** (bits + 10 - note // 12)
        assert abs(sound.cents(made, frequency(note, a4))) < 0.5


def test_frequencies_are_those_that_everybody_knows():
    assert frequency(69) == 440
    assert frequency(60) == pytest.approx(261.6256, abs=1e-4)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"thru": "fast"}, "Thru must be one of direct, stored, retimed, not 'fast'"),
        ({"channel": 17}, "Channel must be from 1 to 16, or 0 for all, not 17"),
        ({"keys": 0}, "Keys must be from 1 to 32, not 0"),
        ({"a4": 44}, "Pitch of A4 must be from 390 to 490 Hz, not 44"),
        ({"blink": -1}, "Lights must stay lit for two clocks"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Instrument(12e6, **parameters)


def test_clock_that_is_too_slow_for_the_highest_notes_is_refused():
    with pytest.raises(ValueError, match="Clock must be 126434 Hz or faster"):
        tuning(100e3)


def test_options_are_those_of_the_constructor():
    parser = argparse.ArgumentParser()
    Instrument.add_arguments(parser)
    built = Instrument(12e6, **vars(parser.parse_args(["--channel", "3", "--a4", "442", "--thru", "stored"])))
    assert len(built.leds) == len(Instrument.LEDS)


def square(freq, seconds):
    half = 0.5 / freq
    return [(n * half, n % 2) for n in range(1, int(seconds / half))]


@pytest.mark.parametrize("freq", [110.0, 441.3, 3000.0])
def test_pitch_of_a_square_wave_is_what_it_was_made_with(freq):
    samples = sound.filtered(square(freq, 0.1), 0.1, 100e3, 0.05 / freq)
    assert abs(sound.cents(sound.pitch(samples, 100e3), freq)) < 0.5
    assert sound.loudness(samples) > 0.9


def test_silence_has_no_pitch():
    assert sound.pitch(sound.filtered([], 0.1)) is None
    assert sound.pitch(sound.filtered([(0.01, 1)], 0.1)) is None


def test_file_can_be_listened_to(tmp_path):
    sound.write(tmp_path / "tone.wav", square(440, 0.2), 0.2)
    with wave.open(str(tmp_path / "tone.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, sound.RATE)
        data = memoryview(file.readframes(file.getnframes())).cast("h")
    assert len(data) == pytest.approx(0.2 * sound.RATE, abs=2)
    assert max(data) > 20_000
    assert abs(sound.cents(sound.pitch([value / 56_000 + 0.5 for value in data]), 440)) < 2
