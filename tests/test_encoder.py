"""Packets to bytes, with running status."""

import pytest

# amaranth: UnusedElaboratable=no
from hdl.encoder import Encoder as HardwareEncoder
from sim.model.encoder import Encoder, encoder
from sim.model.midi import KINDS, Packet, packets
from tests import bench_encoder, bench_encoder_parser
from tests.conftest import cases, planted


def sent(*wholes, **options):
    """Bytes, in hex, of messages in hex; no times."""
    timed = [(None, packet) for whole in wholes for packet in packets(bytes.fromhex(whole))]
    return bytes(byte for _, byte in encoder(timed, **options)).hex(" ")


def sent_at(*wholes, **options):
    """Bytes, in hex, of each ``(time, message in hex)``; each message fits one packet."""
    live = Encoder(**options)
    return [bytes(live.step(*packets(bytes.fromhex(whole)), time)).hex(" ") for time, whole in wholes]


# --- Model ---


@pytest.mark.parametrize("running_status", [False, True])
def test_every_message_is_sent_whole_the_first_time(running_status):
    for kind in KINDS:
        if kind.code is not None and kind.status != 0xF7:
            data = 4 if kind.data is None else kind.data
            whole = bytes((kind.status, 1, 2, 3, 4)[: 1 + data]) + b"\xf7" * (kind.data is None)
            assert sent(whole.hex(), running_status=running_status) == whole.hex(" ")


def test_a_repeated_channel_status_is_left_out():
    assert sent("90 3c 40", "90 3d 41", "90 3c 00") == "90 3c 40 3d 41 3c 00"
    assert sent("c1 01", "c1 02") == "c1 01 02"


def test_every_channel_message_has_running_status():
    for kind in KINDS:
        if kind.has_channel:
            data = (5, 6)[: kind.data]
            assert sent(*[bytes((kind.status + 3, *data)).hex()] * 2) == bytes((kind.status + 3, *data, *data)).hex(" ")


def test_another_status_or_another_channel_is_sent():
    assert sent("90 3c 40", "80 3c 40", "81 3c 40", "90 3c 40") == "90 3c 40 80 3c 40 81 3c 40 90 3c 40"


def test_without_running_status_every_status_is_sent():
    assert sent("90 3c 40", "90 3d 41", running_status=False) == "90 3c 40 90 3d 41"


@pytest.mark.parametrize("between", ["f0 f7", "f0 01 02 03 04 f7", "f1 01", "f2 01 02", "f3 01", "f6"])
def test_sysex_and_system_common_clear_running_status(between):
    assert sent("90 3c 40", between, "90 3d 41", "90 3e 42") == f"90 3c 40 {between} 90 3d 41 3e 42"


def test_system_common_itself_has_no_running_status():
    assert sent("f1 01", "f1 01", "f3 02", "f3 02") == "f1 01 f1 01 f3 02 f3 02"


@pytest.mark.parametrize("between", ["f8", "fa", "fb", "fc", "fe", "ff"])
def test_real_time_leaves_running_status_alone(between):
    assert sent("90 3c 40", between, "90 3d 41") == f"90 3c 40 {between} 3d 41"


def test_the_first_packet_of_a_sysex_is_enough_to_clear_running_status():
    live = Encoder()
    note = Packet(9, 0, (0x90, 0x3C, 0x40))
    for code, data in ((4, (0xF0, 1, 2)), (4, (3, 4, 5)), (5, (0xF7, 0, 0)), (6, (1, 0xF7, 0)), (7, (1, 2, 0xF7))):
        assert live.step(note)[0] == 0x90
        assert live.step(note)[0] == 0x3C
        live.step(Packet(code, 0, data))


def test_a_status_is_repeated_a_second_after_it_was_last_sent():
    notes = [(time, "90 3c 40") for time in (5.0, 5.5, 5.99, 6.0, 6.99, 7.0)]
    assert sent_at(*notes) == ["90 3c 40", "3c 40", "3c 40", "90 3c 40", "3c 40", "90 3c 40"]


def test_the_time_after_which_a_status_is_repeated_can_be_set():
    notes = [(time, "90 3c 40") for time in (0.0, 1.0, 2.9, 3.0, 5.9)]
    assert sent_at(*notes, repeat=3.0) == ["90 3c 40", "3c 40", "3c 40", "90 3c 40", "3c 40"]


def test_real_time_does_not_put_off_the_repeated_status():
    assert sent_at((0.0, "90 3c 40"), (0.9, "fe"), (1.0, "90 3c 40")) == ["90 3c 40", "fe", "90 3c 40"]


def test_without_times_a_status_does_not_grow_old():
    live = Encoder(repeat=1e-9)
    note = Packet(9, 0, (0x90, 0x3C, 0x40))
    assert [len(live.step(note)) for _ in range(3)] == [3, 2, 2]


def test_bytes_have_the_time_of_their_packet():
    timed = [(1.0, Packet(9, 0, (0x90, 0x3C, 0x40))), (1.5, Packet(9, 0, (0x90, 0x3C, 0)))]
    assert encoder(timed) == [(1.0, 0x90), (1.0, 0x3C), (1.0, 0x40), (1.5, 0x3C), (1.5, 0)]


def test_reserved_codes_are_ignored_and_change_nothing():
    live = Encoder()
    live.step(Packet(9, 0, (0x90, 0x3C, 0x40)))
    assert live.step(Packet(0, 0, (0x91, 1, 2))) == live.step(Packet(1, 0, (0xF6, 1, 2))) == []
    assert live.step(Packet(9, 0, (0x90, 0x3D, 0x41))) == [0x3D, 0x41]


def test_a_single_byte_of_which_nothing_is_known_is_sent_and_clears_running_status():
    live = Encoder()
    for byte in (0x3C, 0x91, 0xF6):
        assert live.step(Packet(9, 0, (0x90, 0x3C, 0x40)))[0] == 0x90
        assert live.step(Packet(15, 0, (byte, 0, 0))) == [byte]


def test_the_cable_is_not_looked_at():
    live = Encoder()
    live.step(Packet(9, 0, (0x90, 0x3C, 0x40)))
    assert live.step(Packet(9, 5, (0x90, 0x3D, 0x41))) == [0x3D, 0x41]


def test_an_inserted_f7_is_sent():
    assert Encoder().step(Packet(6, 0, (0xF0, 0xF7, 0), cut=True)) == [0xF0, 0xF7]


@pytest.mark.parametrize("wrong", [0, -1.0])
def test_a_time_that_would_repeat_every_status_is_refused(wrong):
    with pytest.raises(ValueError, match="running_status=False"):
        Encoder(repeat=wrong)


# --- Hardware ---

BENCHES = {
    "as it comes": bench_encoder.bench(),
    "without running status": bench_encoder.bench(rules=bench_encoder.RULES_WITHOUT, seeds=1, running_status=False),
    "that repeats no status": bench_encoder.bench(rules={}, seeds=1, repeat=float("inf")),
    "that repeats a status soon": bench_encoder.age_bench(),
    "before a parser": bench_encoder_parser.bench(),
}


@pytest.mark.parametrize(("design", "case"), cases(BENCHES))
def test_hardware_equals_model(design, case):
    BENCHES[design].check(case)


@pytest.mark.parametrize("repeat", [2, 3, 4, 5])
def test_hardware_repeats_a_status_after_as_few_clocks_as_are_allowed(repeat):
    bench = bench_encoder.age_bench(repeat=repeat)
    assert not bench.fails()


@pytest.mark.parametrize("bug", bench_encoder.PLANTED)
def test_bench_finds_planted_bug(bug):
    broken = planted(HardwareEncoder, *bench_encoder.PLANTED[bug])
    assert bench_encoder.bench(broken, seeds=1).fails() or bench_encoder.age_bench(broken).fails()


@pytest.mark.parametrize("clk_freq", [0, -1, float("nan"), float("inf"), "12e6", None])
def test_hardware_refuses_a_clock_that_is_none(clk_freq):
    with pytest.raises(ValueError, match=r"Clock frequency must be a positive number of Hz, not "):
        HardwareEncoder(clk_freq)


@pytest.mark.parametrize("repeat", [0, -1.0, 1e-7, float("nan"), "1", None])
def test_hardware_refuses_a_time_that_would_repeat_every_status(repeat):
    with pytest.raises(ValueError, match=r"at least two clocks, 1.66667e-07 s, not .*; running_status=False"):
        HardwareEncoder(12e6, repeat=repeat)
