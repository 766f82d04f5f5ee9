"""The cases of four other projects, and that they can tell a good parser from a bad one."""

from collections import Counter

import pytest

from sim.model.midi import Packet
from sim.model.parser import Parser, parser
from tests import bench_encoder, bench_parser, conformance
from tests.conformance import EMITTED, NOT_APPLICABLE, OURS

CASES = conformance.cases()
RESULTS = conformance.run(conformance.parse, conformance.encode)


def failed(results):
    """Number of failures by source."""
    return Counter(result.case.source for result in results if result.verdict == "fail")


# --- The cases ---


def test_there_are_four_sources_and_each_case_has_one_name():
    assert Counter(case.source for case in CASES) == {
        "arduino_midi_library": 38,
        "midi_stream_parser_rs": 19,
        "midikit_midi1parser": 93,
        "mido_tokenizer_parser": 21,
    }
    assert len({case.key for case in CASES}) == len(CASES)
    assert {case.direction for case in CASES} == {"parse", "emit", "thru"}


def test_every_answer_and_reason_of_ours_belongs_to_a_case():
    assert {*OURS, *NOT_APPLICABLE} <= {case.key for case in CASES}
    assert set(EMITTED) == {case.case["id"] for case in CASES if case.direction == "emit"}


@pytest.mark.parametrize("case", [case for case in CASES if case.direction == "parse"], ids=lambda case: case.key)
def test_where_the_text_permits_another_answer_or_theirs_is_another_ours_is_stated_with_its_rule(case):
    answer, rule = OURS.get(case.key, (case.case["expect"], ""))
    needed = case.case["crosscheck"] != "spec" or answer != case.case["expect"]
    assert needed == (case.key in OURS)
    assert not needed or "p. " in rule or "T-8" in rule


# --- Model ---


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.case.key)
def test_model_gives_the_answer(result):
    assert result.verdict != "fail", f"{result.reason or 'Another answer'}: {result.ours}, theirs {result.theirs}"


def test_system_reset_that_clears_changes_the_four_cases_where_the_text_disagrees_with_itself():
    results = conformance.run(
        lambda streams: [parser(list(enumerate(stream)), reset_clears=True) for stream in streams], conformance.encode
    )
    changed = [result.case.key for result in results if result.verdict == "fail"]
    assert changed == [key for key, (_, rule) in OURS.items() if rule == conformance.RESET]


# --- Hardware ---


@pytest.fixture(scope="module")
def of_hardware():
    """What the hardware made of each case, by its name."""
    results = conformance.run(bench_parser.parse, bench_encoder.encode)
    return {result.case.key: result for result in results}


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.case.key)
def test_hardware_gives_the_answer_of_the_model(of_hardware, result):
    got = of_hardware[result.case.key]
    assert (got.verdict, got.ours) == (result.verdict, result.ours), got.reason


def test_hardware_where_system_reset_clears_changes_the_same_four_cases():
    results = conformance.run(lambda streams: bench_parser.parse(streams, reset_clears=True), conformance.encode)
    changed = [result.case.key for result in results if result.verdict == "fail"]
    assert changed == [key for key, (_, rule) in OURS.items() if rule == conformance.RESET]


# --- The cases can fail ---


def test_a_parser_that_hears_nothing_fails_every_source():
    assert len(failed(conformance.run(lambda streams: [[] for _ in streams]))) == 4


def test_a_parser_without_running_status_fails_every_source():
    def forgetful(stream):
        live = Parser()
        for n, byte in enumerate(stream):
            for packet in live.step(byte):
                yield n, packet
                if 0x8 <= packet.code <= 0xE:
                    live.lose()

    assert len(failed(conformance.run(lambda streams: [list(forgetful(stream)) for stream in streams]))) == 4


def test_a_parser_that_is_a_byte_late_fails_where_the_source_tells_the_byte():
    def late(streams):
        return [[(n + 1, packet) for n, packet in answer] for answer in conformance.parse(streams)]

    assert set(failed(conformance.run(late))) == {"arduino_midi_library"}


def test_a_parser_that_does_not_tell_the_byte_passes():
    def timeless(streams):
        return [[(None, packet) for _, packet in answer] for answer in conformance.parse(streams)]

    assert not failed(conformance.run(timeless))


def test_a_parser_that_does_not_mark_a_cut_sysex_fails():
    def unmarked(streams):
        return [[(n, packet._replace(cut=False)) for n, packet in answer] for answer in conformance.parse(streams)]

    assert set(failed(conformance.run(unmarked))) == {
        "midi_stream_parser_rs", "midikit_midi1parser", "mido_tokenizer_parser"}  # fmt: skip


def test_packets_that_make_no_message_fail_with_the_reason():
    results = conformance.run(lambda streams: [[(0, Packet(4, 0, (1, 2, 3)))] for _ in streams])
    assert {result.reason.rpartition(": ")[2] for result in results if result.verdict == "fail"} == {
        "a SysEx must begin with f0 once; see that the one before it was closed"}  # fmt: skip


def test_an_encoder_that_ignores_the_choice_of_running_status_fails():
    for choice in (False, True):
        results = conformance.run(
            conformance.parse, lambda jobs, choice=choice: conformance.encode([(choice, job) for _, job in jobs])
        )
        assert set(failed(results)) == {"arduino_midi_library"}


def test_the_table_counts_every_case_and_tells_every_rule():
    table = conformance.table(RESULTS)
    rows = [row.split(" | ")[1:] for row in table.splitlines() if row.startswith("| ")][1:]
    numbers = [[int(number.rstrip(" |")) for number in row] for row in rows]
    assert sum(row[0] for row in numbers) == len(CASES)
    assert all(row[0] == sum(row[1:]) for row in numbers)
    assert all(f"* {key}: {rule}." in table for key, (_, rule) in OURS.items())
    assert all(f"* {key}: {reason}." in table for key, reason in NOT_APPLICABLE.items())


def test_a_call_that_is_wrong_is_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        conformance.main(["--nonsense"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: unrecognized arguments: --nonsense; python -m tests.conformance --help lists what there is"
    ]
