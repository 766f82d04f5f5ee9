"""The board and a MIDI port of the computer, both ways: over TCP to mido, and to a sound system that is a pretence."""

import socket
import sys
import threading

import mido
import mido.sockets
import pytest

from board.errors import BoardError
from board.host import midi_ports
from board.host.clock import Clock
from board.host.midi_ports import TcpPort, open_midi
from sim.model.midi import Message
from tests import pretend_midi
from tests.simulated_board import BYTE, SimulatedBoard, SimulatedClock, host, whole_messages

WAIT = 10.0
"""Seconds after which something that must come is given up."""


def until(condition, step=lambda: None):
    """Wait for something in another thread or on a line; it comes, or the test fails."""
    end = Clock.now() + WAIT
    while not condition():
        assert Clock.now() < end, "it must come, but it did not"
        step()
        Clock.sleep(0.001)


@pytest.fixture
def pretended(monkeypatch):
    """mido with a sound system of our own."""
    monkeypatch.setattr(mido, "open_input", pretend_midi.Input)
    monkeypatch.setattr(mido, "open_output", pretend_midi.Output)
    names = [device["name"] for device in pretend_midi.get_devices()]
    monkeypatch.setattr(mido, "get_input_names", lambda: names)
    monkeypatch.setattr(mido, "get_output_names", lambda: names)
    for waiting in pretend_midi.PORTS.values():
        waiting.clear()
    return pretend_midi.PORTS


def at_host(*events):
    """Bytes that the host gets: messages in hex from a time on."""
    return [(time + n * BYTE, byte) for time, text in events for n, byte in enumerate(bytes.fromhex(text))]


def as_hex(messages):
    return [bytes(message.bytes()).hex(" ") for message in messages]


# The whole command, with a simulated board


def test_messages_go_both_ways_between_the_board_and_a_port(pretended):
    pretended["Keyboard in"] += [mido.Message("note_on", note=60), mido.Message("note_on", note=64)]
    board = SimulatedBoard(
        SimulatedClock(), at_host((0.1, "90 3c 40 3e 41"), (0.2, "f0 01 f8 02 f7"), (0.3, "e0 00 40"))
    )
    status, told = host(board, "connect", "--midi", "keyb", "--seconds", 1)
    # In the end nothing sounds on, at neither side.
    assert as_hex(pretended["Keyboard in out"]) == [
        "90 3c 40",
        "90 3e 41",
        "f8",
        "f0 01 02 f7",
        "e0 00 40",
        "80 3c 40",
        "80 3e 40",
    ]
    assert [bytes(m.bytes).hex(" ") for _, m in whole_messages(board.midi_out)] == [
        "90 3c 40",
        "90 40 40",
        "80 3c 40",
        "80 40 40",
    ]
    assert (status, told) == (
        0,
        ["joined to keyb; Ctrl-C ends", "5 messages from MIDI In, 2 messages to MIDI Out"],
    )


def test_a_virtual_port_has_the_name_that_it_is_given(pretended):
    board = SimulatedBoard(SimulatedClock(), at_host((0.1, "c0 05")))
    host(board, "connect", "--midi", "virtual:My board", "--seconds", 1)
    assert as_hex(pretended["My board out"]) == ["c0 05"]


def test_losses_are_counted_and_what_they_break_is_not_handed_on(pretended):
    board = SimulatedBoard(SimulatedClock(), at_host((0.1, "90 3c f4 40 f0 01 f4 02 f7 c0 05")))
    _, told = host(board, "connect", "--midi", "Synth in", "--seconds", 1)
    assert as_hex(pretended["Synth in out"]) == ["c0 05"]
    assert told[2].startswith("2 losses at MIDI In")


def test_more_than_the_wire_can_carry_waits_and_nothing_is_lost(pretended):
    pretended["Synth in"] += [mido.Message("note_on", note=n % 128, velocity=1) for n in range(6000)]
    board = SimulatedBoard(SimulatedClock(), depth=16)
    host(board, "connect", "--midi", "Synth in", "--seconds", 5)
    notes = [m for _, m in whole_messages(board.midi_out) if m.is_note_on]
    assert (len(notes), board.overruns) == (6000, 0)


def test_what_had_not_left_in_the_end_is_counted(pretended):
    pretended["Synth in"] += [mido.Message("program_change", program=n % 128) for n in range(1000)]
    board = SimulatedBoard(SimulatedClock())
    _, told = host(board, "connect", "--midi", "Synth in", "--no-running-status", "--seconds", 0.32)
    sent = len(whole_messages(board.midi_out))
    assert 490 < sent < 520
    assert told[-2:] == [
        "0 messages from MIDI In, 1000 messages to MIDI Out",
        f"{1000 - sent} messages for MIDI Out dropped, while the board was gone or at the end",
    ]


def test_while_the_board_is_gone_nothing_is_kept_and_nothing_sounds_on(pretended):
    class Board(SimulatedBoard):
        """Somebody plays a note before the cable is pulled out, and another meanwhile."""

        def open(self):
            if self.now > 0.5 and not pretended["late"]:
                pretended["late"].append(1)
                # What sounded in the computer ends at once.
                assert as_hex(pretended["Synth in out"]) == ["91 3c 40", "81 3c 40"]
                pretended["Synth in"].append(mido.Message("note_off", note=60))
            return super().open()

    pretended["late"] = []
    pretended["Synth in"].append(mido.Message("note_on", note=60))
    board = Board(SimulatedClock(), at_host((0.1, "91 3c 40")), gone=[(0.5, 1.7)])
    _, told = host(board, "connect", "--midi", "Synth in", "--seconds", 3)
    del pretended["late"]
    assert as_hex(pretended["Synth in out"]) == ["91 3c 40", "81 3c 40"]
    out = [(time, bytes(m.bytes).hex(" ")) for time, m in whole_messages(board.midi_out)]
    assert [text for _, text in out] == ["90 3c 40", "80 3c 40"]
    assert out[1][0] > 1.7
    assert told[-2] == "1 message for MIDI Out dropped, while the board was gone or at the end"
    assert told[-1].startswith("the board was gone once, for 1.")


# MIDI over TCP


@pytest.fixture
def told():
    return []


def test_a_server_of_ours_and_a_client_of_midos(told):
    ours = open_midi("tcp-listen:127.0.0.1:0", Clock(), told.append)
    port = int(ours.name.rpartition(":")[2])
    ours.send(Message((0xF8,)))
    assert ours.dropped == 1
    with mido.sockets.connect("127.0.0.1", port) as theirs:
        theirs.send(mido.Message("note_on", note=60))
        theirs.send(mido.Message("sysex", data=[1, 2, 3]))
        came = []
        until(lambda: len(came) == 2, lambda: came.extend(ours.poll()))
        assert [data.hex(" ") for data in came] == ["90 3c 40", "f0 01 02 03 f7"]
        ours.send(Message((0x80, 60, 0)))
        ours.send(Message((0xF0, 5), cut=True))
        got = []
        until(lambda: len(got) == 2, lambda: got.extend(theirs.iter_pending()))
        assert as_hex(got) == ["80 3c 00", "f0 05 f7"]
    ours.close()


def test_a_client_of_ours_and_a_server_of_midos(told):
    # Port 0 is none for mido: somebody else must say which one is free.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with mido.sockets.PortServer("127.0.0.1", port) as server:
        ours = open_midi(f"tcp:127.0.0.1:{port}", Clock(), told.append)
        theirs = server.accept()
        theirs.send(mido.Message("pitchwheel", pitch=1))
        came = []
        until(lambda: came, lambda: came.extend(ours.poll()))
        assert came == [bytes.fromhex("e0 01 40")]
        ours.send(Message((0xC0, 5)))
        got = []
        until(lambda: got, lambda: got.extend(theirs.iter_pending()))
        assert as_hex(got) == ["c0 05"]
        ours.close()


def test_running_status_and_real_time_over_tcp_are_read_as_on_a_wire(told):
    ours = TcpPort("127.0.0.1", 0, listen=True, clock=Clock(), say=told.append)
    with socket.create_connection(("127.0.0.1", int(ours.name.rpartition(":")[2]))) as theirs:
        theirs.sendall(bytes.fromhex("90 3c f8 40 3e 41"))
        came = []
        until(lambda: len(came) == 3, lambda: came.extend(ours.poll()))
    assert [data.hex(" ") for data in came] == ["f8", "90 3c 40", "90 3e 41"]
    until(lambda: len(told) == 2, ours.poll)
    assert told[0].endswith(" is connected")
    assert told[1].endswith(" has gone")
    ours.close()


def test_two_clients_get_the_same(told):
    ours = TcpPort("127.0.0.1", 0, listen=True, clock=Clock(), say=told.append)
    address = "127.0.0.1", int(ours.name.rpartition(":")[2])
    with socket.create_connection(address, timeout=WAIT) as one, socket.create_connection(address, timeout=WAIT) as two:
        until(lambda: len(told) == 2, ours.poll)
        ours.send(Message((0xC0, 5)))
        assert (one.recv(9), two.recv(9)) == (b"\xc0\x05", b"\xc0\x05")
    ours.close()


def test_somebody_who_does_not_read_gets_whole_messages_or_none_and_holds_nobody_up(told):
    ours = TcpPort("127.0.0.1", 0, listen=True, clock=Clock(), say=told.append)
    with socket.create_connection(("127.0.0.1", int(ours.name.rpartition(":")[2])), timeout=WAIT) as theirs:
        until(lambda: told, ours.poll)
        message, sent = Message((0xF0, *[1] * 30_000, 0xF7)), 0
        while not ours.dropped:
            ours.send(message)
            sent += 1
            assert sent < 10_000
        read = bytearray()

        def read_all():
            while data := theirs.recv(1 << 20):
                read.extend(data)

        reader = threading.Thread(target=read_all)
        reader.start()
        until(lambda: len(read) == (sent - ours.dropped) * len(message.bytes), ours.poll)
        ours.close()
        reader.join(WAIT)
        assert not reader.is_alive()
    assert bytes(read) == bytes(message.bytes) * (sent - ours.dropped)


def test_a_server_that_went_away_is_reached_again(told):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT)
        port = server.getsockname()[1]
        clock = SimulatedClock()
        ours = TcpPort("127.0.0.1", port, listen=False, clock=clock, say=told.append)
        server.accept()[0].close()
        until(lambda: told, ours.poll)
        clock.sleep(2)
        until(lambda: len(told) == 2, ours.poll)
        connection = server.accept()[0]
        connection.sendall(b"\xf8")
        came = []
        until(lambda: came, lambda: came.extend(ours.poll()))
        connection.close()
        ours.close()
    assert told == [f"tcp:127.0.0.1:{port} has gone", f"tcp:127.0.0.1:{port} is there again"]


# What cannot be


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tcp:127.0.0.1", "must be tcp:HOST:PORT or tcp-listen:HOST:PORT, not 'tcp:127.0.0.1'"),
        ("tcp:127.0.0.1:midi", "must be tcp:HOST:PORT"),
        ("tcp-listen:127.0.0.1:70000", "must be tcp:HOST:PORT"),
        ("tcp:127.0.0.1:1", "nobody listens there; start that program first"),
        ("tcp-listen:198.51.100.1:9000", "cannot be listened at"),
    ],
)
def test_an_address_that_is_none_is_refused(name, words, told):
    with pytest.raises(BoardError) as refused:
        open_midi(name, Clock(), told.append)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_port_that_is_not_there_is_refused_with_the_names_of_those_that_are(pretended, told):
    with pytest.raises(BoardError, match="not 'Organ': Keyboard in, Synth in"):
        open_midi("Organ", Clock(), told.append)
    with pytest.raises(BoardError, match="must be one of those that are there"):
        open_midi(" in", Clock(), told.append)


def test_a_system_without_a_midi_library_is_told_what_to_install(monkeypatch, told):
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    monkeypatch.setattr(mido, "backend", mido.Backend("mido.backends.rtmidi"))
    for name in ("open_input", "open_output", "get_input_names", "get_output_names"):
        monkeypatch.setattr(mido, name, getattr(mido.backend, name))
    monkeypatch.delitem(sys.modules, "mido.backends.rtmidi", raising=False)
    with pytest.raises(BoardError, match="No MIDI library is there; pip install python-rtmidi"):
        open_midi("virtual:Fivepin", Clock(), told.append)


def test_a_sound_system_that_fails_is_told_of_in_one_line(monkeypatch, told, capfd):
    def fail(*_, **__):
        print("ALSA lib complains", file=sys.__stderr__)
        midi_ports.os.write(2, b"ALSA lib complains\n")
        raise OSError("no\nsequencer")

    monkeypatch.setattr(mido, "open_input", fail)
    with pytest.raises(BoardError, match=r"cannot be opened on this system \(no sequencer\); choose another --midi"):
        open_midi("virtual:Fivepin", Clock(), told.append)
    assert "complains" not in capfd.readouterr().err
