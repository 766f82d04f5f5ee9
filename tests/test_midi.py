"""The table of messages, and the forms of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.midi import CHANNEL_MODES, KIND_OF, KINDS, Message, Packet, messages, packets

# Written out once more, from the MIDI 1.0 tables and USB-MIDI 1.0 table 4-1: name, whole length, code index number.
DEFINED = {
    0x80: ("note_off", 3, 0x8),
    0x90: ("note_on", 3, 0x9),
    0xA0: ("poly_pressure", 3, 0xA),
    0xB0: ("control_change", 3, 0xB),
    0xC0: ("program_change", 2, 0xC),
    0xD0: ("channel_pressure", 2, 0xD),
    0xE0: ("pitch_bend", 3, 0xE),
    0xF0: ("sysex", None, 0x4),
    0xF1: ("quarter_frame", 2, 0x2),
    0xF2: ("song_position", 3, 0x3),
    0xF3: ("song_select", 2, 0x2),
    0xF6: ("tune_request", 1, 0x5),
    0xF7: ("end_of_exclusive", 1, 0x5),
    0xF8: ("clock", 1, 0xF),
    0xFA: ("start", 1, 0xF),
    0xFB: ("continue", 1, 0xF),
    0xFC: ("stop", 1, 0xF),
    0xFE: ("active_sensing", 1, 0xF),
    0xFF: ("reset", 1, 0xF),
}

# One of each name, and the ends of what is signed, long or short.
TEXTS = {
    "note_off channel=1 note=60 velocity=64": "80 3c 40",
    "note_on channel=16 note=60 velocity=100": "9f 3c 64",
    "note_on channel=1 note=60 velocity=0": "90 3c 00",
    "poly_pressure channel=2 note=1 pressure=127": "a1 01 7f",
    "control_change channel=12 controller=1 value=127": "bb 01 7f",
    "control_change channel=1 controller=119 value=0": "b0 77 00",
    "control_change channel=1 controller=120 value=0 (all_sound_off)": "b0 78 00",
    "control_change channel=1 controller=123 value=0 (all_notes_off)": "b0 7b 00",
    "program_change channel=3 program=5": "c2 05",
    "channel_pressure channel=10 pressure=9": "d9 09",
    "pitch_bend channel=1 bend=0": "e0 00 40",
    "pitch_bend channel=1 bend=-8192": "e0 00 00",
    "pitch_bend channel=1 bend=8191": "e0 7f 7f",
    "pitch_bend channel=7 bend=-100": "e6 1c 3f",
    "sysex data=7e 7f 09 01": "f0 7e 7f 09 01 f7",
    "sysex data=": "f0 f7",
    "quarter_frame value=10 piece=5": "f1 5a",
    "song_position beats=1234": "f2 52 09",
    "song_position beats=16383": "f2 7f 7f",
    "song_select song=12": "f3 0c",
    "tune_request": "f6",
    "clock": "f8",
    "start": "fa",
    "continue": "fb",
    "stop": "fc",
    "active_sensing": "fe",
    "reset": "ff",
}

ALONE = [kind for kind in KINDS if kind.status in DEFINED and kind.status != 0xF7]


@st.composite
def whole_messages(draw):
    """Strategy: the bytes of a whole message, each kind as often as any other."""
    kind = draw(st.sampled_from(ALONE))
    status = kind.status + draw(st.integers(0, 15 if kind.has_channel else 0))
    if kind.data is None:
        return status, *draw(st.lists(st.integers(0, 127), max_size=12)), 0xF7
    return status, *draw(st.lists(st.integers(0, 127), min_size=kind.data, max_size=kind.data))


def test_every_status_stands_in_the_table_once():
    statuses = [kind.status + n for kind in KINDS for n in range(16 if kind.status < 0xF0 else 1)]
    assert sorted(statuses) == list(range(0x80, 0x100))
    assert all(KIND_OF[status].status in (status, status & 0xF0) for status in statuses)


def test_names_lengths_and_codes_are_those_of_the_specifications():
    for kind in KINDS:
        name, length, code = DEFINED.get(kind.status, ("undefined", 1, None))
        assert (kind.name, kind.data, kind.code) == (name, None if length is None else length - 1, code)


def test_categories_are_those_of_the_specification():
    for kind in KINDS:
        if kind.status not in DEFINED:
            category = "undefined"
        elif kind.status < 0xF0:
            category = "channel voice"
        elif kind.status == 0xF0:
            category = "exclusive"
        else:
            category = "system common" if kind.status < 0xF8 else "real-time"
        assert kind.category == category
        assert kind.is_real_time == (kind.status >= 0xF8)


def test_fields_share_out_all_bits_of_the_data_bytes():
    for kind in KINDS:
        assert sum(kind.fields.values()) == 7 * (kind.data or 0)


@pytest.mark.parametrize("text", TEXTS)
def test_text_tells_the_message_and_can_be_read_back(text):
    message = Message(bytes.fromhex(TEXTS[text]))
    assert message.text == str(message) == text
    assert Message.from_text(text) == message


def test_every_name_has_a_text():
    assert {text.split()[0] for text in TEXTS} == {row[0] for row in DEFINED.values()} - {"end_of_exclusive"}


@given(whole_messages())
def test_text_of_any_message_can_be_read_back(whole):
    assert Message.from_text(Message(whole).text).bytes == whole


def test_text_of_a_long_sysex_is_shortened_and_tells_its_length():
    assert Message((0xF0, *range(16), 0xF7)).text == "sysex data=00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"
    long = Message((0xF0, *range(17), 0xF7)).text
    assert long == "sysex length=17 data=00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ..."
    with pytest.raises(ValueError, match="all its data"):
        Message.from_text(long)


def test_text_of_a_cut_sysex_says_so():
    message = Message((0xF0, 1, 2), cut=True)
    assert message.text == "sysex data=01 02 cut"
    assert message.fields == {"data": (1, 2)}
    assert Message.from_text(message.text) == message


def test_note_on_with_velocity_0_keeps_its_name_and_means_note_off():
    silent, sounding, off = (Message(bytes.fromhex(text)) for text in ("90 3c 00", "90 3c 01", "80 3c 01"))
    assert (silent.name, silent.fields) == ("note_on", {"note": 60, "velocity": 0})
    assert [message.is_note_on for message in (silent, sounding, off)] == [False, True, False]
    assert [message.is_note_off for message in (silent, sounding, off)] == [True, False, True]
    clock = Message((0xF8,))
    assert not clock.is_note_on
    assert not clock.is_note_off


def test_controllers_from_120_are_channel_mode_messages():
    for controller in range(128):
        message = Message((0xB5, controller, 0))
        assert message.name == "control_change"
        assert message.mode == CHANNEL_MODES.get(controller)
        assert message.category == ("channel mode" if controller >= 120 else "channel voice")


def test_channels_count_from_1_and_only_channel_messages_have_one():
    assert [Message((0x90 + n, 0, 0)).channel for n in range(16)] == list(range(1, 17))
    assert Message((0xF6,)).channel is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "must begin with a status byte, not be empty"),
        ("3c 40", "must begin with a status byte, not 3c 40"),
        ("90 3c", "note_on must have 2 data bytes, not 1"),
        ("90 3c 40 3d", "not 3 as in 90 3c 40 3d"),
        ("90 3c f8", "must be 00 to 7f, not f8"),
        ("f0 01 f8 02 f7", "must be 00 to 7f, not f8"),
        ("f0 01", "must end with f7"),
        ("f0", "must end with f7"),
        ("f7", "not stand alone"),
        ("f4", "leave f4 out"),
        ("fd", "leave fd out"),
    ],
)
def test_what_is_no_message_is_refused_with_a_reason(wrong, words):
    for take in (Message, packets):
        with pytest.raises(ValueError, match=words):
            take(bytes.fromhex(wrong))


def test_numbers_that_are_no_bytes_and_cables_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="whole numbers 0 to 255"):
        packets((0x90, 60, 256))
    with pytest.raises(ValueError, match="0 to 15, not 16"):
        packets((0xF8,), cable=16)
    with pytest.raises(ValueError, match="Only a SysEx can be cut"):
        Message((0xF6,), cut=True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("note", "one of note_off, note_on"),
        ("", "must begin with a message"),
        ("undefined", "must begin with a message"),
        ("note_on channel=1 note=60", "velocity=0..127"),
        ("note_on channel=17 note=60 velocity=1", "channel=1..16"),
        ("note_on channel=0 note=60 velocity=1", "channel=1..16"),
        ("pitch_bend channel=1 bend=8192", "bend=-8192..8191"),
        ("clock channel=1", "no fields"),
        ("clock now", "no fields"),
        ("song_select song=x", "song=0..127"),
    ],
)
def test_text_that_is_no_message_is_refused_with_a_reason(wrong, words):
    with pytest.raises(ValueError, match=words):
        Message.from_text(wrong)


def test_packet_has_the_bits_in_the_order_of_usb():
    assert Packet(0x9, 0x2, (0x90, 0x3C, 0x7F)).to_int() == 0x7F3C9029
    with pytest.raises(ValueError, match="32 bits"):
        Packet.from_int(1 << 32)


@given(st.integers(0, (1 << 32) - 1))
def test_packet_to_and_from_32_bits_is_the_same_packet(number):
    assert Packet.from_int(number).to_int() == number


def test_code_says_how_many_bytes_count():
    counts = [len(Packet(code, 0, (1, 2, 3)).bytes) for code in range(16)]
    assert counts == [0, 0, 2, 3, 3, 1, 2, 3, 3, 3, 3, 3, 2, 2, 3, 1]


def test_sysex_travels_in_threes():
    assert [(code, data) for code, _, data, _ in packets((0xF0, 0xF7))] == [(6, (0xF0, 0xF7, 0))]
    assert [(code, data) for code, _, data, _ in packets((0xF0, 1, 0xF7))] == [(7, (0xF0, 1, 0xF7))]
    assert packets((0xF0, 1, 2, 0xF7), cable=3) == [Packet(4, 3, (0xF0, 1, 2)), Packet(5, 3, (0xF7, 0, 0))]


@given(st.lists(whole_messages()), st.integers(0, 15))
def test_messages_to_packets_and_back_are_the_same_messages(wholes, cable):
    timed = [(float(n), packet) for n, whole in enumerate(wholes) for packet in packets(whole, cable)]
    assert all(packet.cable == cable and not any(packet.data[len(packet.bytes) :]) for _, packet in timed)
    assert messages(timed) == [(float(n), Message(whole)) for n, whole in enumerate(wholes)]


def test_real_time_inside_a_sysex_comes_out_before_it():
    first, last = packets((0xF0, 1, 2, 0xF7))
    (clock,) = packets((0xF8,))
    found = messages([(1.0, first), (2.0, clock), (3.0, last)])
    assert found == [(2.0, Message((0xF8,))), (3.0, Message((0xF0, 1, 2, 0xF7)))]


def test_cut_sysex_has_only_the_bytes_that_were_sent():
    timed = [(1.0, Packet(4, 0, (0xF0, 1, 2))), (2.0, Packet(6, 0, (3, 0xF7, 0), cut=True))]
    assert messages(timed) == [(2.0, Message((0xF0, 1, 2, 3), cut=True))]


def test_each_cable_has_a_sysex_of_its_own():
    (a, a_end), (b, b_end) = packets((0xF0, 1, 2, 0xF7), 1), packets((0xF0, 3, 4, 5, 0xF7), 2)
    found = messages([(0, a), (1, b), (2, *packets((0x90, 1, 2), 3)), (3, b_end), (4, a_end)])
    assert [(time, message.bytes[:2]) for time, message in found] == [(2, (0x90, 1)), (3, (0xF0, 3)), (4, (0xF0, 1))]


def test_open_sysex_and_reserved_codes_make_no_message():
    assert messages([(0, Packet(0, 0, (1, 2, 3))), (1, Packet(1, 0, (1, 2, 3))), (2, Packet(4, 0, (0xF0, 1, 2)))]) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([Packet(4, 0, (1, 2, 3))], "must begin with f0 once"),
        ([Packet(4, 0, (0xF0, 1, 2))] * 2, "must begin with f0 once"),
        ([Packet(4, 0, (0xF0, 1, 2)), Packet(5, 0, (3, 0, 0))], "must end with f7"),
        ([Packet(4, 0, (0xF0, 1, 2)), Packet(6, 0, (1, 2, 0), cut=True)], "must end with f7"),
        ([Packet(4, 0, (0xF0, 1, 2)), Packet(9, 0, (0x90, 1, 2))], "must be closed before"),
        ([Packet(8, 0, (0x90, 1, 2))], "note_on must have code 9"),
        ([Packet(15, 0, (0x3C, 0, 0))], "must begin with a status byte"),
        ([Packet(9, 0, (0x90, 1, 2), cut=True)], "Only a SysEx"),
    ],
)
def test_packets_that_no_parser_may_make_are_refused_with_their_time(wrong, words):
    with pytest.raises(ValueError, match=f"at {len(wrong) - 1}.5: .*{words}"):
        messages([(n + 0.5, packet) for n, packet in enumerate(wrong)])
