"""The report: what it says of a song, and how little it needs."""

import re
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import play
from sim.journey import Journey, follow
from sim.model.chain import Chain
from sim.model.edges import settled
from sim.model.midi import Message
from sim.model.optocoupler import parse
from sim.page.coding import pack, unpack
from sim.page.fates import compare_ends, fates, notes, passages
from sim.report import page, write_report
from sim.song import wire
from tests.played import busy_song, figures_of, played, small_song


@given(st.dictionaries(st.text(), st.lists(st.integers(-(2**50), 2**50)) | st.lists(st.text(), min_size=1)))
def test_record_comes_back_as_it_was_packed(columns):
    packed = pack(columns, {"end": 1.5})
    assert unpack(packed) == (columns, {"end": 1.5})
    assert re.fullmatch(r"[A-Za-z0-9+/=]*", packed)


def test_equal_columns_are_kept_once():
    edges = [n * n for n in range(1000)]
    assert len(pack({"in": edges, "thru": edges})) < len(pack({"in": edges})) + 50


def test_bytes_are_followed_past_those_that_are_missing_changed_and_added():
    before, latest = [(0.0, 0x90), (0.32e-3, 0x3C), (0.64e-3, 0x40)], 0.48e-3
    assert follow(before, [(0.1e-3, 0x90), (0.7e-3, 0x40)], latest) == [0, 2]
    assert follow(before, [(0.1e-3, 0x90), (0.42e-3, 0x55), (0.7e-3, 0x40)], latest) == [0, 1, 2]
    assert follow(before, [(0.1e-3, 0x90), (0.2e-3, 0x55), (0.42e-3, 0x3C)], latest) == [0, None, 1]
    assert follow(before, [(1.0, 0x90)], latest) == [None]


def test_messages_know_which_bytes_they_are_made_of():
    # Running status, real-time inside a message and inside a SysEx, a SysEx that is cut off, a tune request.
    line = bytes.fromhex("90 3c f8 40  3e 40  f0 01 f8 02 f7  f0 05 06 b0 07 08  f6")
    assert [(p.message.bytes, p.first, p.last) for p in passages(line)] == [
        ((0xF8,), 2, 2),
        ((0x90, 0x3C, 0x40), 0, 3),
        ((0x90, 0x3E, 0x40), 4, 5),
        ((0xF8,), 8, 8),
        ((0xF0, 1, 2, 0xF7), 6, 10),
        ((0xF0, 5, 6), 11, 13),
        ((0xB0, 7, 8), 14, 16),
        ((0xF6,), 17, 17),
    ]


def test_all_passed_when_all_passed():
    result = played(small_song())
    sent, out = fates(Journey(result))
    assert len(sent) == len(out) == len(result.heard.messages)
    assert {passage.fate for passage in (*sent, *out)} == {"passed"}
    assert [passage.partner for passage in sent] == list(range(len(out)))


def told(spoil, **options):
    """Fates of what did not pass, as words, when what comes out is spoiled; and those of notes."""
    result = played(small_song(), spoil=spoil, clock=False, **options)
    sent, out = fates(Journey(result))
    times = [time for time, _ in result.heard.out]
    played_notes = notes(sent, result.wire.times, 9.0), notes(out, times, 9.0)
    compare_ends(*played_notes, out)
    messages = [(p.fate, p.message.text) for p in (*sent, *out) if p.fate != "passed"]
    return messages, [(note.fate, note.key) for line in played_notes for note in line if note.fate != "passed"]


# OUT begins with a SysEx of six bytes; then come 90 30 64, 30 00, 91 31 64, 31 00, and so on.


def test_changed_note_is_told():
    messages, found = told(lambda out: [(t, 0x01 if n == 13 else b) for n, (t, b) in enumerate(out)])
    assert messages == [
        ("changed", "note_on channel=2 note=49 velocity=100"),
        ("changed", "note_on channel=2 note=49 velocity=1"),
    ]
    assert found == [("changed", 49), ("changed", 49)]


def test_lost_note_is_told():
    # Its status stays for the message behind it.
    messages, found = told(lambda out: out[:7] + out[9:])
    assert messages == [("lost", "note_on channel=1 note=48 velocity=100")]
    assert found == [("lost", 48)]


def test_note_that_does_not_end_is_told():
    messages, found = told(lambda out: out[:9] + out[11:])
    assert messages == [("lost", "note_on channel=1 note=48 velocity=0")]
    assert found == [("held", 48), ("held", 48)]


def test_added_note_is_told():
    def add(out):
        return out + [(out[-1][0] + n * 330e-6, byte) for n, byte in enumerate((0x95, 0x20, 0x30), start=1)]

    messages, found = told(add)
    assert messages == [("added", "note_on channel=6 note=32 velocity=48")]
    assert found == [("added", 32)]


def test_interrupted_song_has_lost_nothing():
    result = played(small_song())
    result.trace.end, result.interrupted = 0.06, True
    sent, out = fates(Journey(result))
    assert 20 < len(out) <= len(sent) <= len(out) + 3
    assert {passage.fate for passage in (*sent, *out)} <= {"passed", "open"}
    assert "Interrupted" in page(result)
    assert "incomplete" not in page(result).split("<script")[0]


def test_message_keeps_its_partner_when_a_part_of_it_looks_like_another():
    messages, _ = told(lambda out: [(t, 0xF8 if n == 2 else b) for n, (t, b) in enumerate(out)])
    assert messages == [
        ("changed", "sysex data=7e 7f 09 01"),
        ("added", "clock"),
        ("changed", "sysex data=7e 09 01"),
    ]


def raw(data):
    """A song of bytes that are sent as they are."""
    song = small_song("raw.bin")
    song.raw = bytes.fromhex(data)
    return song


def told_of(song, **options):
    """Fates and words of all messages at IN, and at OUT; and the sentence about the bytes at OUT."""
    result = played(song, **options)
    lines = fates(Journey(result))
    text = page(result)
    return *([(p.fate, p.message.text) for p in line] for line in lines), text


def test_real_time_that_overtakes_has_passed():
    sent, out, text = told_of(raw("90 3c f8 64  f0 01 fe 02 f7"))
    assert [fate for fate, _ in (*sent, *out)] == ["passed"] * 8
    assert [words.split()[0] for _, words in out] == ["clock", "note_on", "active_sensing", "sysex"]
    assert "OUT sends messages" not in text


def test_undefined_and_stray_bytes_are_no_messages_that_were_lost():
    sent, out, text = told_of(raw("40 f9 90 3c 64 f4 3c 00 90 3e 64 fd"))
    assert [fate for fate, _ in (*sent, *out)] == ["passed"] * 4
    assert "6 received bytes of no message that is sent" in text
    assert "incomplete" not in text.split("<script")[0]


def test_status_that_is_left_out_is_told():
    sent, out, text = told_of(raw("90 3c 64 90 3c 00 90 3e 64 90 3e 00"))
    assert [fate for fate, _ in (*sent, *out)] == ["passed"] * 8
    assert "running status of its own: 3 statuses left out.</p>" in text


def test_status_that_is_put_in_is_told():
    # More than a second of running status, after which OUT repeats its status.
    sent, out, text = told_of(raw("90" + "3c 64" * 1700))
    assert {fate for fate, _ in (*sent, *out)} == {"passed"}
    assert "running status of its own: 1 byte put in, a status or" in text


@pytest.mark.parametrize("data", ["f0 05 06 b0 07 08", "f0 05 06 f8 b0 07 08", "f0 05 06 07 b0 07 08", "f0 b0 07 08"])
def test_sysex_that_was_cut_off_is_closed(data):
    sent, out, text = told_of(raw(data))
    assert [fate for fate, words in sent if "sysex" in words] == ["closed"]
    assert [fate for fate, words in out if "sysex" in words] == ["closed"]
    assert {fate for fate, words in (*sent, *out) if "sysex" not in words} == {"passed"}
    assert "1 SysEx that was cut off got its F7" in text
    assert "incomplete" not in text.split("<script")[0]


def test_bytes_at_out_are_what_they_were_at_in():
    result = played(raw("f0 01 02 03 04 90 3c f8 64 3c 00 90 3e 64 f4 c1 05 f0 01 fe f7 f6"))
    came = [None if n is None else result.sent[n] for n in result.journey.out_sent]
    assert came[:6] == [0xF0, 1, 2, 3, 4, None]
    assert [byte for _, byte in result.heard.out][:6] == [0xF0, 1, 2, 3, 4, 0xF7]
    assert came[6:] == [byte for _, byte in result.heard.out][6:]
    # The status of the third note was left out.
    assert set(range(22)) - set(result.journey.out_sent) == {11, 14}


def spoiled(data, bad):
    """A result of bytes with rests between them, of which one, told by its number, is sent with a low stop bit."""
    song = small_song("spoiled.mid")
    song.messages, song.clocks = [(n * 1e-3, bytes((byte,))) for n, byte in enumerate(bytes.fromhex(data))], []
    sent = wire(song)
    stop = sent.times[bad] + 9 * sent.bit
    edges = [edge for edge in sent.edges if abs(edge[0] - stop) > 1e-9]
    return played(song, edges=settled(sorted([*edges, (stop, 0), (stop + sent.bit, 1)])))


@pytest.mark.parametrize(
    ("data", "bad", "came"),
    [
        # Cut off by a loss right behind F0, by another F0, by a loss twice in a row, and behind equal data.
        ("f0 01 90 3c 40", 1, [0, None, 2, 3, 4]),
        ("f0 f0 01 90 3c 40", 2, [0, None, 1, None, 3, 4, 5]),
        ("f0 05 05 05 01 90 3c 40", 4, [0, 1, 2, 3, None, 5, 6, 7]),
        ("f0 05 05 05 90 3c 40 f6", 7, [0, 1, 2, 3, None, 4, 5, 6]),
    ],
)
def test_bytes_of_a_sysex_are_known_whatever_cut_it_off(data, bad, came):
    result = spoiled(data, bad)
    assert len(result.heard.framing_errors) == 1
    assert result.match
    assert result.journey.out_sent == came


@pytest.fixture
def overrun(monkeypatch):
    """A song that overruns a chip in which few messages can wait."""
    monkeypatch.setattr(play, "DEPTH", 4)
    data = bytes(byte for n in range(250) for byte in (0xC0 + n % 2, n % 128))
    return played(raw(data.hex()), baud_error=0.045)


def test_overruns_lose_the_messages_they_hit_and_no_others(overrun):
    sent, out = fates(overrun.journey)
    assert overrun.match
    assert len(overrun.heard.overruns) > 3
    assert len(overrun.journey.overrun) == len(overrun.heard.overruns)
    lost = [passage for passage in sent if passage.fate != "passed"]
    assert {passage.fate for passage in lost} == {"lost"}
    assert 0 < len(lost) <= 2 * len(overrun.heard.overruns)
    assert len(out) == len(sent) - len(lost)
    assert {passage.fate for passage in out} == {"passed"}


def test_equal_bytes_are_told_apart_when_some_are_lost(monkeypatch):
    monkeypatch.setattr(play, "DEPTH", 4)
    journey = played(raw("f6" * 400), baud_error=0.045).journey
    assert len(journey.overrun) > 3
    assert sorted({*journey.received_from, *journey.overrun}) == list(range(400))
    assert len(journey.received_from) == 400 - len(journey.overrun)


def test_messages_that_still_wait_at_the_end_are_not_lost():
    data = bytes(byte for n in range(1200) for byte in (0xC0 + n % 2, n % 128))
    result = played(raw(data.hex()), baud_error=0.045)
    sent, out = fates(result.journey)
    assert not result.heard.overruns
    assert {passage.fate for passage in sent} == {"passed", "open"}
    assert len(out) == sum(passage.fate == "passed" for passage in sent) < 1200
    assert f"{1200 - len(out)} messages more had not yet come out" in page(result)


def test_latencies_are_those_of_the_result():
    result = played(small_song())
    for name, values in Journey(result).latencies.items():
        assert (min(values), median(values), max(values)) == pytest.approx(tuple(result.latency[name].values()))


def test_bytes_at_out_are_as_late_as_their_message_is_long():
    late = played(raw("fe f6 c0 05 90 3c 64")).journey.latencies["out"]
    frame = 320e-6
    assert late == pytest.approx([late[0] + n * frame for n in (0, 0, 1, 1, 2, 2, 2)], abs=10e-6)


def test_no_byte_is_received_before_its_stop_bit(overrun):
    assert overrun.heard.overruns
    assert min(overrun.journey.latencies["receive"]) > 9.5 * 32e-6


@pytest.mark.parametrize(("thru", "shortest", "longest"), [("direct", 0, 0), ("retimed", 16, 26), ("stored", 310, 330)])
def test_thru_is_as_late_as_its_kind(thru, shortest, longest):
    result = played(small_song(), thru=thru)
    late = result.journey.latencies["thru"]
    assert result.match
    assert len(late) == len(result.sent)
    assert shortest <= min(late) * 1e6 <= max(late) * 1e6 <= longest
    assert f"THRU {'is IN' if thru == 'direct' else 'begins' if thru == 'retimed' else 'sends'}" in page(result)


@pytest.mark.parametrize("thru", ["direct", "retimed", "stored"])
def test_bytes_are_known_behind_a_chain_of_optocouplers(thru):
    through = Chain(4, parse("PC900" if thru == "direct" else "6N138@2.7k"), thru=thru)
    result = played(small_song(), through=through, thru="stored")
    assert result.journey.out_sent == played(small_song()).journey.out_sent
    assert result.journey.arrived == pytest.approx(result.journey.starts, abs=1e-9)
    assert {passage.fate for line in fates(result.journey) for passage in line} == {"passed"}
    text = page(result)
    assert f'<p class="through">through {through}</p>' in text
    assert f"The line at the pin of MIDI In, behind {through}." in text
    assert "not read as sent" not in text
    # Bytes are drawn where they are seen at the pin.
    columns, _ = unpack(re.search(r'id="record">([^<]*)<', text)[1])
    assert set(columns["in.time"]) <= set(columns["in.edge"])


def test_bytes_that_wait_in_a_chain_are_known():
    # Each thru makes the sender's bytes slower, so they wait, until some are lost.
    result = played(small_song(), through=Chain(4, thru="stored"), baud_error=0.045, idle_limit=0)
    sent_from = result.journey.sent_from
    assert max(start - time for start, time in zip(result.journey.starts, result.wire.times, strict=False)) > 1.5e-3
    assert None not in sent_from
    assert [result.wire.bytes[n] for n in sent_from] == [frame.byte for frame in result.journey.sampled]


def test_what_changes_nothing_is_not_said_to_stand_between():
    assert 'class="through"' not in page(played(small_song(), through=Chain(thru="stored")))


def test_overruns_of_the_thru_are_shown():
    result = played(small_song(), baud_error=0.045, idle_limit=0, thru="stored")
    assert result.match
    assert len(result.heard.thru_overruns) > 1
    assert len(result.journey.latencies["thru"]) == len(result.sent) - len(result.heard.thru_overruns)
    values = [result.journey.sampled[frame].byte for frame in result.journey.thru_from]
    assert values == [byte for _, byte in result.heard.thru]
    assert f"{len(result.heard.thru_overruns)} &times; overrun of the thru" in page(result)


def test_what_a_chain_spoils_is_lost_or_changed():
    result = played(small_song(), through=Chain(30, parse("PC900")))
    sent, _ = fates(result.journey)
    assert "not read as sent" in page(result)
    assert result.heard.framing_errors or result.heard.breaks
    assert {passage.fate for passage in sent} & {"lost", "changed"}
    assert "incomplete" in page(result)


@pytest.fixture(scope="module")
def busy():
    return page(played(busy_song()))


def test_three_minutes_are_small(busy):
    assert len(busy.encode()) < 1_000_000


def test_page_needs_nothing_else(busy):
    assert "default-src 'none'" in busy
    html = busy.split("<script")[0] + busy.split("</script>")[-1]
    loaded = re.findall(r"""<(?:script|img|iframe|link)[^>]*?(?:src|href)=(?!["']?data:)""", html)
    assert not loaded
    assert "@import" not in html
    assert "url(" not in html


def test_text_of_a_file_stays_text():
    name = """</title></script><script>alert("1")</script><img src=x onerror='alert(2)'>&amp;$record.mid"""
    text = page(played(small_song(name)))
    assert text.count("<script") == 2
    assert "<img" not in text
    assert "&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;" in text
    assert "&amp;amp;$record.mid" in text


def test_name_that_is_no_text_is_written(tmp_path):
    write_report(tmp_path / "report.html", played(small_song("\udcff.mid")))
    assert (tmp_path / "report.html").read_text("utf-8")


def test_path_that_cannot_be_written_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="report"):
        write_report(tmp_path / "no folder" / "report.html", played(small_song()))


def test_difference_is_told_in_words():
    result = played(small_song(), spoil=lambda out: [(t, b ^ (n == 9)) for n, (t, b) in enumerate(out)])
    text = page(result)
    assert not result.match
    assert "no match" in text
    for difference in result.differences:
        assert difference.replace("'", "&#x27;") in text


@pytest.mark.parametrize("thru", ["direct", "stored"])
@pytest.mark.parametrize("baud_error", [0, 0.04, 0.07])
def test_figures_are_those_of_the_json(baud_error, thru):
    result = played(small_song(), baud_error=baud_error, thru=thru, idle_limit=0)
    shown = dict(re.findall(r"data-figure=['\"](\S+?)['\"] data-value=['\"](\S+?)['\"]", page(result)))
    assert {name: float(value) for name, value in shown.items()} == pytest.approx(figures_of(result))


def test_song_without_notes_has_a_page():
    song = small_song("dump.syx")
    song.messages, song.clocks = song.messages[:1], []
    assert "1 message that went in" in page(played(song))
    song.raw, song.messages = b"\x01", []
    assert "0 messages" in page(played(song))


def test_message_text_of_the_page_is_that_of_the_model():
    message = Message((0x90, 60, 100))
    text = page(played(small_song()))
    columns, _ = unpack(re.search(r'id="record">([^<]*)<', text)[1])
    assert len(columns["in.message.words"]) == len(columns["in.message.first"])
    assert message.text in columns["words"]
