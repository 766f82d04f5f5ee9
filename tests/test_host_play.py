"""A file goes out in time; ended early, nothing sounds on; a file that is none is refused with the place."""

import pytest

from board.errors import BoardError
from board.host.clock import Stop
from board.host.play import load
from tests.simulated_board import BYTE, SimulatedBoard, SimulatedClock, host, whole_messages
from tests.smf_bytes import END, chunk, event, file, packet, tempo

NOTE = event(0, 0x90, 60, 100)


@pytest.fixture
def song(tmp_path):
    """Writes a file of tracks; returns its path."""

    def write(*tracks, **options):
        (tmp_path / "song.mid").write_bytes(file(*tracks, **options))
        return tmp_path / "song.mid"

    return write


def sent(board):
    """Messages at MIDI Out as ``(milliseconds of the first start bit, text)``, if nothing stands inside them."""
    found = whole_messages(board.midi_out)
    return [(round((time - BYTE * (len(message.bytes) - 1)) * 1e3, 1), message.text) for time, message in found]


def play(path, *options, board=None):
    board = board or SimulatedBoard(SimulatedClock())
    status, told = host(board, "play", path, *options)
    return board, status, told


def test_messages_leave_at_their_times_of_all_tracks(song):
    path = song(tempo(0, 1_000_000) + END, NOTE + event(480, 0x80, 60, 0) + END, event(240, 0xC1, 5) + END)
    board, status, told = play(path, "--no-running-status")
    assert sent(board) == [
        (0.0, "note_on channel=1 note=60 velocity=100"),
        (500.0, "program_change channel=2 program=5"),
        (1000.0, "note_off channel=1 note=60 velocity=0"),
    ]
    assert (status, told) == (0, ["played 3 messages"])


def test_escaped_and_divided_messages_leave_as_they_are(song):
    track = packet(0, 0xF0, 1, 2) + packet(48, 0xF7, 3) + packet(0, 0xF7, 0xF8) + packet(48, 0xF7, 4, 0xF7) + END
    board, _, _ = play(song(track))
    assert bytes(byte for _, byte in board.midi_out) == bytes.fromhex("f0 01 02 f8 03 04 f7")


def test_real_time_stands_inside_a_long_sysex_at_its_time(song):
    clocks = b"".join(packet(48, 0xF7, 0xF8) for _ in range(10))
    board, _, told = play(song(packet(0, 0xF0, *[1] * 1500, 0xF7) + END, clocks + END))
    times = [time for time, byte in board.midi_out if byte == 0xF8]
    assert times == pytest.approx([0.05 * n for n in range(1, 11)], abs=1e-3)
    assert told == ["played 11 messages"]


def test_a_file_that_asks_for_more_than_the_wire_can_carry_loses_nothing_and_says_how_late_it_was(song):
    board, _, told = play(song(b"".join(event(0, 0x90, n % 128, 1 + n % 127) for n in range(2000)) + END))
    assert (len(whole_messages(board.midi_out)), board.overruns) == (2000, 0)
    assert told[0] == "MIDI Out was up to 1280 ms behind the file, which asks for more than it can send"


@pytest.mark.parametrize("ahead", [1, 64])
def test_the_board_never_holds_more_than_it_should(song, ahead):
    path = song(packet(0, 0xF0, *[1] * 3000, 0xF7) + END)
    board = SimulatedBoard(SimulatedClock(), depth=ahead)
    play(path, "--ahead", ahead, board=board)
    assert (len(board.midi_out), board.overruns) == (3002, 0)


def test_what_is_wrong_with_pacing_is_seen_by_the_simulated_board():
    board = SimulatedBoard(SimulatedClock(), depth=16).open()
    board.write(bytes(100))
    assert board.overruns > 0


def test_ended_early_what_sounds_is_ended_and_what_was_not_played_is_counted(song):
    notes = event(0, 0xB0, 64, 127) + b"".join(event(480, 0x90, 60 + n, 64) for n in range(20))
    board, status, told = play(song(notes + END), "--seconds", 2.2)
    # At 120 beats a minute four of them began, half a second apart.
    assert [text for _, text in sent(board)][-5:] == [
        "control_change channel=1 controller=64 value=0",
        *(f"note_off channel=1 note={60 + n} velocity=64" for n in range(4)),
    ]
    assert (status, told) == (0, ["ended early; 16 messages of 21 not played"])


def test_ctrl_c_in_a_sysex_closes_it_and_the_exit_status_says_so(song):
    path = song(NOTE + packet(480, 0xF0, *[1] * 3000, 0xF7) + END)

    class Interrupted(SimulatedBoard):
        """Somebody presses Ctrl-C a second after the beginning."""

        stop = None

        def read(self, size=1):
            if self.now > 1.0 and not self.stop.was_asked:
                self.stop.ask()
            return super().read(size)

    board = Interrupted(SimulatedClock())

    class Watched(Stop):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            board.stop = self

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("board.host.host.Stop", Watched)
        _, status, told = play(path, board=board)
    found = [message for _, message in whole_messages(board.midi_out)]
    assert [message.name for message in found] == ["note_on", "sysex", "note_off"]
    assert not found[1].cut
    assert board.midi_out[-1][0] < 1.1
    assert (status, told) == (130, ["ended early; 1 message of 2 not played"])


def test_a_board_that_was_gone_makes_the_file_wait_and_loses_no_later_message(song):
    notes = b"".join(event(96, 0x90, n, 64) for n in range(100))
    board = SimulatedBoard(SimulatedClock(), gone=[(4.04, 6.0)])
    _, status, told = play(song(notes + END), board=board)
    found = [(round(time, 1), message.bytes[1]) for time, message in whole_messages(board.midi_out)]
    assert [note for _, note in found] == list(range(100))
    before = [note for time, note in found if time < 4.04]
    assert before == list(range(40))
    assert found[40][0] >= 6.0
    assert told[0].startswith("the board is gone")
    assert told[-2].startswith("the board was gone once, for ")
    assert (status, told[-1]) == (0, "played 100 messages")


def test_what_comes_in_meanwhile_does_not_disturb(song):
    clock = SimulatedClock()
    board = SimulatedBoard(clock, [(0.001 * n, 0xFE) for n in range(1, 1000)])
    play(song(NOTE + event(480, 0x80, 60, 0) + END), board=board)
    assert [time for time, _ in sent(board)] == [0.0, 500.0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "must begin with MThd"),
        (b"RIFF1234", "must begin with MThd, not b'RIFF'; it is no Standard MIDI File"),
        (file(event(0, 60, 100) + END), "must have a status before data, not 3c, at byte 23"),
        (file(NOTE + END)[:-3], "ends at byte 27, in the middle of a chunk"),
        (file(END), "must hold something to send"),
        (chunk(b"MThd", bytes((0, 1, 0, 0, 1, 0))), "must hold something to send"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_place_before_the_board_is_asked(tmp_path, data, words):
    (tmp_path / "x.mid").write_bytes(data)
    with pytest.raises(BoardError) as refused:
        play(tmp_path / "x.mid", board=SimulatedBoard(SimulatedClock(), gone=[(0, 9)]))
    assert words in str(refused.value)
    assert str(tmp_path / "x.mid") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BoardError, match=r"File must be readable: .*nothing.mid: No such file"):
        load(tmp_path / "nothing.mid")
