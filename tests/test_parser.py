"""Bytes to packets: the rules one by one, a second parser on a million random bytes, and the hardware."""

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdl.parser import Parser as HardwareParser
from sim.bench.trace import Difference
from sim.model.encoder import encoder
from sim.model.midi import KINDS, Packet, messages, packets
from sim.model.parser import Parser, parser
from tests import bench_parser
from tests.conftest import cases, planted
from tests.naive_parser import naive_parser


def heard(text, **options):
    """Messages of a stream in hex, ``--`` for a loss: their bytes in hex, ``cut`` behind those that were cut."""
    stream = [None if word == "--" else int(word, 16) for word in text.split()]
    return [
        bytes(message.bytes).hex(" ") + " cut" * message.cut for _, message in messages(parse(stream, **options))
    ]  # fmt: skip


def parse(stream, **options):
    """Packets of a list of bytes, with ``None`` for a loss; times are the places in the list."""
    bytes_ = [(n, byte) for n, byte in enumerate(stream) if byte is not None]
    return parser(bytes_, [n for n, byte in enumerate(stream) if byte is None], **options)


# --- Model: the rules one by one ---


def test_each_status_takes_its_number_of_data_bytes_and_its_code():
    for kind in KINDS:
        if kind.code is not None and kind.status not in (0xF0, 0xF7):
            whole = (kind.status, 0x11, 0x22)[: 1 + kind.data]
            assert parse(whole) == [(len(whole) - 1, Packet(kind.code, 0, (*whole, 0, 0)[:3]))]


def test_running_status_serves_channel_messages():
    assert heard("90 3c 40 3d 41 3e 42") == ["90 3c 40", "90 3d 41", "90 3e 42"]
    assert heard("c5 01 02 03") == ["c5 01", "c5 02", "c5 03"]


def test_running_status_ends_with_any_other_channel_status():
    assert heard("90 3c 40 c0 01 02 81 3c 40 3d 41") == ["90 3c 40", "c0 01", "c0 02", "81 3c 40", "81 3d 41"]


def test_data_without_a_status_is_ignored():
    assert heard("3c 40 00 7f") == []


@pytest.mark.parametrize("common", ["f1 00", "f2 00 00", "f3 00", "f6"])
def test_system_common_clears_running_status_and_has_none_itself(common):
    assert heard(f"90 3c 40 {common} 3d 41 3e 42") == ["90 3c 40", common]


def test_sysex_clears_running_status():
    assert heard("90 3c 40 f0 01 f7 3d 41") == ["90 3c 40", "f0 01 f7"]


@pytest.mark.parametrize("status", ["91 01 02", "c0 01", "f1 01", "f2 01 02", "f6", "f0 01 f7"])
def test_a_status_inside_a_message_takes_effect_and_the_unfinished_message_is_dropped(status):
    for unfinished in ("90", "90 3c", "f1", "f2", "f2 08"):
        assert heard(f"{unfinished} {status}") == [status]


@pytest.mark.parametrize("byte", ["f8", "fa", "fb", "fc", "fe", "ff"])
def test_real_time_may_stand_between_any_two_bytes(byte):
    assert heard(f"90 {byte} 3c {byte} 40 {byte} 3d {byte} 41") == [
        byte, byte, "90 3c 40", byte, byte, "90 3d 41"]  # fmt: skip
    assert heard(f"f2 {byte} 01 {byte} 02") == [byte, byte, "f2 01 02"]


@pytest.mark.parametrize("byte", ["f8", "fa", "fb", "fc", "fe", "ff"])
def test_real_time_inside_a_sysex_comes_at_once_and_harms_nothing(byte):
    assert heard(f"f0 {byte} 01 02 {byte} 03 {byte} f7") == [byte] * 3 + ["f0 01 02 03 f7"]


@pytest.mark.parametrize("byte", ["f9", "fd"])
def test_undefined_real_time_is_ignored_and_keeps_everything(byte):
    assert heard(f"90 {byte} 3c {byte} 40 {byte} 3d {byte} 41") == ["90 3c 40", "90 3d 41"]
    assert heard(f"f0 {byte} 01 {byte} f7 {byte}") == ["f0 01 f7"]


@pytest.mark.parametrize("byte", ["f4", "f5"])
def test_undefined_system_common_is_ignored_and_clears_running_status(byte):
    assert heard(f"90 3c 40 {byte} 3d 41") == ["90 3c 40"]
    assert heard(f"90 3c {byte} 40 3d 41") == []
    assert heard(f"f0 01 {byte} 02 f7") == ["f0 01 cut"]


def test_f7_without_a_sysex_is_ignored_and_clears_running_status():
    assert heard("f7") == []
    assert heard("90 3c 40 f7 3d 41") == ["90 3c 40"]
    assert heard("90 3c f7 40") == []
    assert heard("f0 01 f7 f7 02 f7") == ["f0 01 f7"]


def test_sysex_comes_in_threes_and_its_code_tells_how_it_ends():
    ends = {
        "f0 f7": [(1, Packet(6, 0, (0xF0, 0xF7, 0)))],
        "f0 01 f7": [(2, Packet(7, 0, (0xF0, 1, 0xF7)))],
        "f0 01 02 f7": [(2, Packet(4, 0, (0xF0, 1, 2))), (3, Packet(5, 0, (0xF7, 0, 0)))],
        "f0 01 02 03 f7": [(2, Packet(4, 0, (0xF0, 1, 2))), (4, Packet(6, 0, (3, 0xF7, 0)))],
        "f0 01 02 03 04 f7": [(2, Packet(4, 0, (0xF0, 1, 2))), (5, Packet(7, 0, (3, 4, 0xF7)))],
    }
    for text, found in ends.items():
        assert parse(bytes.fromhex(text)) == found


@pytest.mark.parametrize("cutter", [0x90, 0xC0, 0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, None])
def test_a_sysex_that_is_cut_off_gets_an_f7_and_the_mark(cutter):
    assert parse([0xF0, cutter]) == [(1, Packet(6, 0, (0xF0, 0xF7, 0), True))]
    assert parse([0xF0, 1, cutter]) == [(2, Packet(7, 0, (0xF0, 1, 0xF7), True))]
    assert parse([0xF0, 1, 2, cutter])[1:] == [(3, Packet(5, 0, (0xF7, 0, 0), True))]
    assert parse([0xF0, 1, 2, 3, cutter])[1:] == [(4, Packet(6, 0, (3, 0xF7, 0), True))]


def test_the_status_that_cuts_a_sysex_begins_its_own_message():
    assert heard("f0 01 90 3c 40 3d 41") == ["f0 01 cut", "90 3c 40", "90 3d 41"]
    assert heard("f0 01 f0 02 f7") == ["f0 01 cut", "f0 02 f7"]


def test_tune_request_that_cuts_a_sysex_makes_two_packets():
    assert parse([0xF0, 1, 2, 0xF6])[1:] == [(3, Packet(5, 0, (0xF7, 0, 0), True)), (3, Packet(5, 0, (0xF6, 0, 0)))]


def test_an_open_sysex_at_the_end_is_not_closed():
    assert parse([0xF0, 1, 2, 3, 4]) == [(2, Packet(4, 0, (0xF0, 1, 2)))]


def test_system_reset_leaves_running_status_alone():
    assert heard("90 3c 40 ff 3d ff 41") == ["90 3c 40", "ff", "ff", "90 3d 41"]


def test_system_reset_clears_everything_where_that_is_chosen():
    assert heard("90 3c 40 ff 3d 41 80 01 02", reset_clears=True) == ["90 3c 40", "ff", "80 01 02"]
    assert heard("90 3c ff 40", reset_clears=True) == ["ff"]
    assert heard("f0 01 ff 02 f7", reset_clears=True) == ["f0 01 cut", "ff"]
    assert heard("f2 01 ff 02", reset_clears=True) == ["ff"]
    assert heard("90 3c f8 40 fe 3d 41", reset_clears=True) == ["f8", "90 3c 40", "fe", "90 3d 41"]


def test_a_loss_drops_the_message_in_progress_and_running_status():
    assert heard("90 3c -- 40 3d 41") == []
    assert heard("90 3c 40 -- 3d 41 91 3e 42") == ["90 3c 40", "91 3e 42"]
    assert heard("f2 08 -- 00") == []
    assert heard("f0 01 -- 02 f7 90 3c 40") == ["f0 01 cut", "90 3c 40"]


def test_real_time_is_heard_after_a_loss():
    assert heard("-- f8 01 fe") == ["f8", "fe"]


def test_a_loss_at_the_time_of_a_byte_comes_before_it():
    note = [(0.0, 0x90), (1.0, 0x3C), (2.0, 0x40)]
    whole = Packet(9, 0, (0x90, 0x3C, 0x40))
    assert parser(note, [0.0]) == parser(note, [-1.0, 0.0, 0.0]) == [(2.0, whole)]
    assert parser(note, [1.0]) == parser(note, [0.5]) == parser(note, [2.0]) == []
    assert parser(note, [2.5]) == [(2.0, whole)]


def test_a_cut_sysex_is_closed_at_the_time_of_the_loss():
    assert parser([(0.0, 0xF0), (9.0, 0x90)], [4.5, 5.0]) == [(4.5, Packet(6, 0, (0xF0, 0xF7, 0), True))]


def test_what_is_no_byte_is_refused():
    for wrong in (-1, 256, None):
        with pytest.raises(ValueError, match="0 to 255"):
            Parser().step(wrong)


# --- Model: against a second parser, and against the encoder ---

# How often a byte is: data, channel status, F0, F7, other System Common, real-time; and how often a byte is lost.
MIXES = {
    "even": (8, 4, 1, 1, 2, 2),
    "much running status": (60, 3, 1, 1, 1, 10),
    "long sysex": (300, 1, 6, 2, 1, 40),
    "little data": (2, 4, 4, 3, 6, 3),
}
KINDS_OF_BYTES = (
    range(0x80),
    range(0x80, 0xF0),
    [0xF0],
    [0xF7],
    [0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6],
    range(0xF8, 0x100),
)


@cache
def random_stream(mix, loss):
    """A quarter of a million random bytes, with ``None`` for each loss."""
    chance = random.Random(f"{mix} {loss}")
    kinds = chance.choices(KINDS_OF_BYTES, MIXES[mix], k=250_000)
    return [None if loss and chance.random() < loss else chance.choice(kind) for kind in kinds]


def compare(stream, **options):
    """Both parsers on one stream; the first difference in words."""
    found = [(time, packet.code, packet.data, packet.cut) for time, packet in parse(stream, **options)]
    wanted = naive_parser(stream, **options)
    if found != wanted:
        same = [a == b for a, b in zip(found, wanted, strict=False)]
        n = same.index(False) if False in same else len(same)
        time = min(packets[n][0] for packets in (found, wanted) if n < len(packets))
        context = ["--" if byte is None else f"{byte:02x}" for byte in stream[max(0, time - 12) : time + 1]]
        pytest.fail(f"packet {n} is {found[n : n + 1]}, should be {wanted[n : n + 1]}, after {' '.join(context)}")
    return found


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("loss", [0, 0.01])
def test_random_bytes_give_the_same_packets_as_the_second_parser(mix, loss):
    found = compare(random_stream(mix, loss))
    # Each code, and each closing of a SysEx by force, was met often enough to be a test of it.
    for code in range(2, 16):
        assert sum(packet[1] == code for packet in found) > 50
    for code in (5, 6, 7):
        assert sum(packet[1] == code and packet[3] for packet in found) > 50


@pytest.mark.parametrize("mix", MIXES)
def test_random_bytes_give_the_same_packets_where_system_reset_clears(mix):
    stream = random_stream(mix, 0.01)
    assert compare(stream, reset_clears=True) != compare(stream)


WHOLE = [kind for kind in KINDS if kind.code is not None and kind.status != 0xF7]


@st.composite
def legal_packets(draw):
    """Packets as a parser may make them: whole messages, real-time anywhere, perhaps a last SysEx still open."""
    data = st.integers(0, 127)
    stream = []
    for kind in draw(st.lists(st.sampled_from(WHOLE))):
        # Few channels, so that running status is met.
        status = kind.status + draw(st.integers(0, 1 if kind.has_channel else 0))
        length = {"max_size": 10} if kind.data is None else {"min_size": kind.data, "max_size": kind.data}
        end = (0xF7,) if kind.data is None else ()
        for packet in packets((status, *draw(st.lists(data, **length)), *end)):
            stream += [Packet(15, 0, (byte, 0, 0)) for byte in draw(st.lists(st.sampled_from(b"\xf8\xfe"), max_size=1))]
            stream.append(packet)
    return stream[: draw(st.integers(0, len(stream)))] if draw(st.booleans()) else stream


@given(legal_packets(), st.booleans(), st.sampled_from([0.5, 3.0, 1e9]))
def test_what_the_encoder_sends_the_parser_reads_as_the_same_packets(stream, running_status, repeat):
    timed = [(float(n), packet) for n, packet in enumerate(stream)]
    assert parser(encoder(timed, running_status=running_status, repeat=repeat)) == timed


# --- Hardware ---

BENCHES = {
    "as it comes": bench_parser.bench(),
    "where System Reset clears": bench_parser.bench(rules=bench_parser.RULES_WHERE_RESET_CLEARS, reset_clears=True),
}
THOROUGH = bench_parser.thorough_benches()
RANDOM = {first: bench_parser.random_bench(first, 1000) for first in range(0, 10_000, 1000)}


@pytest.mark.parametrize(("design", "case"), cases(BENCHES))
def test_hardware_equals_model(design, case):
    BENCHES[design].check(case)


@pytest.mark.parametrize("case", THOROUGH)
def test_hardware_equals_model_in_all_that_can_be_counted(case):
    THOROUGH[case].check(case)


@pytest.mark.parametrize("first", RANDOM)
def test_hardware_equals_model_on_random_streams(first):
    bench_parser.check_streams(RANDOM[first])


def test_hardware_equals_model_on_random_streams_where_system_reset_clears():
    bench_parser.check_streams(bench_parser.random_bench(0, 1000, reset_clears=True), reset_clears=True)


def test_a_random_stream_that_fails_is_told_with_its_seed_and_in_its_shortest_form():
    broken = planted(HardwareParser, *bench_parser.PLANTED["takes F2 for a message of two bytes"])
    with pytest.raises(Difference, match=r"(?s)stream \d+, seed \d+, .*The shortest form: stream 0, seed \d+, f2 ..: "):
        bench_parser.check_streams(bench_parser.random_bench(0, 100, broken), broken)


@pytest.mark.parametrize("bug", bench_parser.PLANTED)
def test_bench_finds_planted_bug(bug):
    broken = planted(HardwareParser, *bench_parser.PLANTED[bug])
    assert bench_parser.bench(broken).fails()
