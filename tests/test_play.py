"""The main job from the command line: what it prints and writes, what it finds, and how it refuses."""

import json

import pytest
from vcd.reader import TokenKind, tokenize

from hdl.port import PacketPort
from sim import play
from sim.__main__ import main
from sim.bench.run import SIMULATORS
from sim.model.edges import frames
from sim.song import load, wire
from tests.bench_port import PLANTED
from tests.conftest import planted
from tests.played import played as modelled
from tests.played import small_song
from tests.smf_bytes import END, event, file, packet, tempo

MID = file(
    tempo(0, 400_000) + event(0, 0x90, 60, 100) + event(240, 0x90, 60, 0) + packet(0, 0xF0, 0x7E, 0xF7) + END,
    event(60, 0xE1, 0, 0x40) + event(180, 0xC1, 5) + END,
)
SYX = bytes.fromhex("f0 7e 7f 09 01 f7 f0 43 12 34 f7")
# Running status, real-time inside a message, an undefined status, and a SysEx that is cut off.
BIN = bytes.fromhex("90 3c 64 3e f8 64 f4 f0 01 02 c0 05 3c")
LONG = bytes(range(256))
# Two channels by turns, so that no status can be left out.
TURNS = bytes(byte for n in range(250) for byte in (0xC0 + n % 2, n % 128))


@pytest.fixture
def song(tmp_path):
    """Writes a file to be played."""

    def write(data, name):
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return write


@pytest.fixture
def played(tmp_path, capsys):
    """Plays with options; returns exit status, what was written as JSON, and what was printed."""

    def run(*arguments):
        status = main(["play", "--json", str(tmp_path / "out.json"), *map(str, arguments)])
        written = tmp_path / "out.json"
        return status, json.loads(written.read_text()) if written.exists() else None, capsys.readouterr()

    return run


def test_a_song_matches_and_all_that_was_promised_is_written(song, played):
    status, result, printed = played(song(MID, "song.mid"))
    sent = wire(load(song(MID, "song.mid")))
    assert status == 0
    assert result["match"] is True
    assert result["differences"] == []
    assert (result["input"], result["clk_freq"]) == ("song.mid", 500_000)
    assert result["simulator"] in SIMULATORS
    assert result["sent"] == bytes(sent.bytes).hex(" ")
    assert result["sent"] == result["received"] == result["thru"]
    # Real-time inside a message leaves before it; nothing else changes its place.
    sent, out = result["sent"].split(), result["out"].split()
    assert [byte for byte in out if byte < "f8"] == [byte for byte in sent if byte < "f8"]
    assert sorted(out) == sorted(sent)
    assert [result[name] for name in ("framing_errors", "breaks", "overruns")] == [0, 0, 0]
    assert printed.out.splitlines()[-2] == "match"
    assert "note_on channel=1 note=60 velocity=100" in printed.out


def test_messages_are_listed_with_their_time_in_the_song_bytes_and_words(song, played):
    _, result, _ = played(song(MID, "song.mid"), "--no-clock")
    assert [(each["bytes"], each["text"]) for each in result["messages"]] == [
        ("90 3c 64", "note_on channel=1 note=60 velocity=100"),
        ("e1 00 40", "pitch_bend channel=2 bend=0"),
        ("90 3c 00", "note_on channel=1 note=60 velocity=0"),
        ("f0 7e f7", "sysex data=7e"),
        ("c1 05", "program_change channel=2 program=5"),
    ]
    # The note ends after half a quarter of 400 ms, and its last byte is whole 10 bits after it began.
    assert [each["time"] for each in result["messages"]][:3] == pytest.approx([0.96e-3, 50.96e-3, 200.96e-3], abs=2e-5)
    assert all(set(each) == {"time", "bytes", "text"} for each in result["messages"])


def test_latencies_are_those_of_a_receiver_that_waits_for_the_middle_of_the_stop_bit(song, played):
    _, result, _ = played(song(BIN, "any.bin"))
    latency = result["latency"]
    assert set(latency) == {"receive", "out", "thru"}
    for values in latency.values():
        assert values["min"] <= values["median"] <= values["max"]
    # 9.5 bits, the filter of 3 us and its rounding, and the synchronizer.
    assert 304e-6 < latency["receive"]["min"] <= latency["receive"]["max"] < 304e-6 + 7 * 2e-6
    # A message of three bytes leaves when all of it is there, and so its first byte two byte times later still.
    assert latency["receive"]["min"] < latency["out"]["min"]
    assert latency["out"]["max"] > latency["receive"]["min"] + 2 * 320e-6
    assert latency["thru"] == {"min": 0, "median": 0, "max": 0}


def test_raw_bytes_match_and_a_sysex_that_was_cut_off_says_so(song, played):
    status, result, _ = played(song(BIN, "any.bin"))
    assert status == 0
    assert result["received"] == BIN.hex(" ")
    assert [each["bytes"] for each in result["messages"]] == [
        "90 3c 64",
        "f8",
        "90 3e 64",
        "f0 01 02",
        "c0 05",
        "c0 3c",
    ]
    assert [each["bytes"] for each in result["messages"] if each.get("cut")] == ["f0 01 02"]


def test_a_syx_file_matches(song, played):
    status, result, _ = played(song(SYX, "dump.syx"))
    assert (status, result["match"], result["out"]) == (0, True, SYX.hex(" "))


def test_a_sender_too_fast_to_be_understood_makes_errors_and_still_matches_the_model(song, played):
    status, result, printed = played(song(LONG, "any.bin"), "--baud-error", "8")
    assert (status, result["match"]) == (0, True)
    assert result["framing_errors"] > 0
    assert result["received"] != result["sent"]
    assert f"framing errors {result['framing_errors']}, breaks {result['breaks']}" in printed.out


def test_a_sender_that_outruns_the_output_overruns_and_still_matches_the_model(song, played, monkeypatch):
    monkeypatch.setattr(play, "DEPTH", 4)
    status, result, _ = played(song(TURNS, "any.bin"), "--baud-error", "4.5")
    assert (status, result["match"], result["framing_errors"]) == (0, True, 0)
    assert result["overruns"] > 0
    assert len(result["received"].split()) == len(TURNS) - result["overruns"]
    assert result["thru"] == result["sent"]


def test_the_other_simulator_says_the_same(song, played):
    if any(simulator.missing for simulator in SIMULATORS.values()):
        pytest.skip("needs both simulators")
    results = []
    for simulator in SIMULATORS:
        status, result, _ = played(song(BIN, "any.bin"), "--simulator", simulator)
        assert (status, result.pop("simulator")) == (0, simulator)
        results.append(result)
    assert results[0] == results[1]


def test_only_what_begins_before_the_end_that_was_asked_for_is_sent(song, played):
    _, result, _ = played(song(MID, "song.mid"), "--no-clock", "--until", "0.1", "--no-running-status")
    assert result["sent"] == "90 3c 64 e1 00 40"


def test_running_status_and_clock_are_sent_unless_told_otherwise(song, played):
    chord = song(file(event(0, 0x90, 60, 100) + event(1, 0x90, 64, 90) + END), "chord.mid")
    for options, must in (
        ([], "fa 90 3c 64 f8 40 5a fc"),
        (["--no-clock"], "90 3c 64 40 5a"),
        (["--no-clock", "--no-running-status"], "90 3c 64 90 40 5a"),
    ):
        _, result, _ = played(chord, *options)
        assert result["sent"] == must


def test_the_song_that_ships_is_played_when_no_other_is_named(played):
    status, result, _ = played("--until", "0.1")
    assert (status, result["input"]) == (0, "canon.mid")


# A design that is broken


def test_the_first_byte_that_differs_is_named_with_its_time_and_the_wire(song, played, monkeypatch):
    wrong = (
        "m.d.comb += [self.received.valid.eq(receiver.bytes.valid), receiver.bytes.ready.eq(self.received.ready), "
        "self.received.payload.eq(receiver.bytes.payload ^ (receiver.bytes.payload == 0x40))]"
    )
    right = "connect(m, receiver.bytes, flipped(self.received))"
    monkeypatch.setattr(play, "PacketPort", planted(PacketPort, right, wrong))
    status, result, printed = played(song(MID, "song.mid"), "--no-clock")
    assert (status, result["match"]) == (1, False)
    received, out, message = result["differences"]
    assert received.startswith("received: number 5 must be 40, not 41; at 0.0509")
    assert "where IN was 0000000101 (start, eight data bits from the least significant, stop)" in received
    assert out.startswith("out: number 5 must be 40, not 41; at 0.")
    assert message.startswith(
        "messages: number 1 must be 'pitch_bend channel=2 bend=0', not 'pitch_bend channel=2 bend=128'"
    )
    assert "no match" in printed.out
    assert "differs  received: number 5" in printed.out


@pytest.mark.parametrize(
    ("bug", "words"),
    [
        ("sends nothing", "out: number 0 must be f0, not nothing; at 0."),
        ("mixes up its errors", "breaks: must be 0, not "),
    ],
)
def test_each_thing_that_must_match_is_looked_at(song, played, monkeypatch, bug, words):
    monkeypatch.setattr(play, "PacketPort", planted(PacketPort, *PLANTED[bug]))
    baud_error = 8 if "errors" in bug else 4
    status, result, _ = played(song(LONG, "any.bin"), "--baud-error", baud_error)
    assert status == 1
    assert any(difference.startswith(words) for difference in result["differences"])


def test_a_frame_without_a_stop_bit_at_a_pin_is_a_difference_though_all_bytes_are_right():
    result = modelled(small_song())
    assert result.match
    spoilt = modelled(small_song())
    end = spoilt.trace.end
    spoilt.trace.levels["midi_out"] += [(end - 1e-3, 0), (end - 0.5e-3, 1)]
    assert spoilt.differences == ["bad stop bits at OUT and THRU: must be 0, not 1"]


# Waves


def edges_of(path):
    """Edges of each variable of a VCD file, in nanoseconds, and the time of its last line."""
    names, edges, time = {}, {}, 0
    with path.open("rb") as read:
        for token in tokenize(read):
            if token.kind is TokenKind.VAR:
                names[token.data.id_code] = token.data.reference
                edges[token.data.reference] = []
            elif token.kind is TokenKind.CHANGE_TIME:
                time = token.data
            elif token.kind in (TokenKind.CHANGE_SCALAR, TokenKind.CHANGE_VECTOR, TokenKind.CHANGE_STRING):
                edges[names[token.data.id_code]].append((time, token.data.value))
    return edges, time


def test_the_waves_show_the_pins_as_they_were_and_what_they_mean(song, played, tmp_path):
    status, result, printed = played(song(LONG, "any.bin"), "--baud-error", "4", "--waves", tmp_path / "out.vcd")
    assert status == 0
    assert "out.vcd; open it with GTKWave or Surfer" in printed.out
    edges, end = edges_of(tmp_path / "out.vcd")
    must = wire(load(song(LONG, "any.bin")), baud_error=0.04)
    for pin in ("midi_in", "midi_thru"):
        expected = [(time * 1e9, str(level)) for time, level in must.edges]
        assert edges[pin][0] == (0, "1")
        assert [value for _, value in edges[pin][1:]] == [value for _, value in expected]
        assert [time for time, _ in edges[pin][1:]] == pytest.approx([time for time, _ in expected], abs=0.51)
    out = [(time * 1e-9, int(value)) for time, value in edges["midi_out"]]
    assert bytes(frame.byte for frame in frames(out)).hex(" ") == result["out"]
    received = [value for _, value in edges["received_byte"] if isinstance(value, int)]
    assert bytes(received).hex(" ") == result["received"]
    assert [value for _, value in edges["overrun"]].count("1") == result["overruns"]
    assert [value for _, value in edges["received"]].count("1") == len(received)
    texts = [text.replace("\\x20", " ") for _, text in edges["message"] if text]
    # LONG has no message twice, so that each is seen as a change.
    assert texts == [each["text"] for each in result["messages"]]
    assert end > must.end * 1e9


def test_waves_show_equal_bytes_and_messages_one_by_one(song, played, tmp_path):
    # Three clocks in a row, a note that is played twice, a SysEx that a message of one byte cuts off.
    data = bytes.fromhex("f8 f8 f8 90 3c 40 3c 40 f0 05 05 f6")
    _, result, _ = played(song(data, "any.bin"), "--waves", tmp_path / "out.vcd")
    edges, _ = edges_of(tmp_path / "out.vcd")
    for name, must in (("received_byte", "received"), ("out_byte", "out"), ("thru_byte", "thru")):
        seen = [value for _, value in edges[name][1:]]
        assert bytes(seen[::2]).hex(" ") == result[must]
        assert set(seen[1::2]) == {"z"}
    # Over each byte stands its value, from the start bit on and not beyond its frame.
    falls = [frame.time for frame in frames([(time * 1e-9, int(value)) for time, value in edges["midi_in"]])]
    assert [time * 1e-9 for time, value in edges["received_byte"] if value != "z"] == pytest.approx(falls)
    texts = [text.replace("\\x20", " ") for _, text in edges["message"] if text]
    assert texts == [each["text"] for each in result["messages"]]
    sent = [text.replace("\\x20", " ") for _, text in edges["out_message"] if text]
    # OUT closes what was cut off.
    assert sent == [text.removesuffix(" cut") for text in texts]
    assert [text for _, text in edges["message"]][1:7] == ["clock", "", "clock", "", "clock", ""]


def test_waves_come_with_a_view_for_gtkwave_that_stays_as_it_is(song, played, tmp_path):
    played(song(SYX, "any.syx"), "--waves", tmp_path / "out.vcd")
    edges, _ = edges_of(tmp_path / "out.vcd")
    view = tmp_path / "out.gtkw"
    lines = view.read_text().splitlines()
    # Without a path, so that both files can be moved.
    assert {'[dumpfile] "out.vcd"', '[savefile] "out.gtkw"'} <= set(lines)
    shown = [line.partition(".")[2].removesuffix("[7:0]") for line in lines if line[:3] in ("in.", "out", "thr")]
    assert sorted(shown) == sorted(edges)
    view.write_text("arranged anew")
    played(song(SYX, "any.syx"), "--waves", tmp_path / "out.vcd")
    assert view.read_text() == "arranged anew"


@pytest.mark.skipif(bool(SIMULATORS["icarus"].missing), reason=f"needs {SIMULATORS['icarus'].missing}")
def test_icarus_dumps_all_signals(song, played, tmp_path):
    status, result, _ = played(song(BIN, "any.bin"), "--waves", tmp_path / "out.fst")
    assert (status, result["simulator"]) == (0, "icarus")
    dump = (tmp_path / "out.fst").read_bytes()
    # The first block of an .fst is its header: type 0 and, as eight bytes, the length 329.
    assert dump[:9] == b"\0" + (329).to_bytes(8, "big")
    assert len(dump) > 329
