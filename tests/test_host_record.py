"""A recording holds what came, at its time; says what it leaves out; and is on the disk whatever happens."""

import io
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import mido
import pytest

from board.errors import BoardError
from board.host import command
from board.host.record import Recorder
from sim.model import smf
from tests.simulated_board import SimulatedBoard, SimulatedClock, asked, host


def recorder_of(text, times=None, **options):
    """A recorder that has heard bytes in hex, number n at n milliseconds."""
    recorder = Recorder(0.0, **{"tempo": 125, "ticks": 480, **options})
    for n, byte in enumerate(bytes.fromhex(text)):
        recorder.hear(times[n] if times else n * 1e-3, bytes([byte]))
    return recorder


def events(data):
    """What a file sends, as ``(ticks, hex)``."""
    (track,) = smf.read(data).tracks
    return [(event.ticks, event.sent.hex(" ")) for event in track if event.sent]


def file(text, times=None, **options):
    """Events of the file of bytes in hex; at 125 beats a minute of 480 ticks a tick is a millisecond."""
    recorder = recorder_of(text, times, **options)
    return events(recorder.finish(1.0)), [*recorder.lines()]


def test_a_message_stands_at_the_tick_of_its_first_byte():
    assert file("90 3c 40 3e 41 80 3c 00") == ([(0, "90 3c 40"), (3, "90 3e 41"), (5, "80 3c 00")], [])


def test_a_sysex_stands_whole_where_it_began_and_the_clock_inside_it_behind_it_at_its_own_tick():
    assert file("f0 01 f8 02 f8 f7 90 3c 40") == (
        [(0, "f0 01 02 f7"), (2, "f8"), (4, "f8"), (6, "90 3c 40")],
        [],
    )


def test_a_clock_inside_a_channel_message_stands_behind_it():
    assert file("90 f8 3c fa 40 f8") == ([(0, "90 3c 40"), (1, "f8"), (3, "fa"), (5, "f8")], [])


def test_a_sysex_that_a_status_ended_gets_its_f7():
    assert file("f0 01 02 90 3c 40") == ([(0, "f0 01 02 f7"), (3, "90 3c 40")], [])


def test_a_long_sysex_is_whole_and_no_escape():
    data = "f0 " + "11 " * 5000 + "f7"
    assert file(data)[0] == [(0, data)]
    # Its event is f0, its length in pieces of seven bits, and what follows the f0.
    assert bytes.fromhex("f0 a7 09 11 11") in recorder_of(data).finish(9.0)


def test_what_is_no_note_is_escaped_and_read_back():
    data = recorder_of("f2 01 02 f1 33 f3 05 f6 fa fb fc ff").finish(1.0)
    assert [text for _, text in events(data)] == ["f2 01 02", "f1 33", "f3 05", "f6", "fa", "fb", "fc", "ff"]
    assert bytes.fromhex("f7 03 f2 01 02") in data
    assert bytes.fromhex("f7 01 ff") in data


@pytest.mark.parametrize(
    ("keep", "expected"),
    [("all", ["fe", "f8", "90 3c 40"]), ("music", ["f8", "90 3c 40"]), ("plain", ["90 3c 40"])],
)
def test_what_is_left_out_is_counted(keep, expected):
    kept, told = file("fe f8 90 3c 40", keep=keep)
    assert [text for _, text in kept] == expected
    left_out = {"all": [], "music": ["active_sensing"], "plain": ["active_sensing", "clock"]}[keep]
    assert told == [f"1 {name} message left out; --keep all keeps all" for name in left_out]


def test_a_plain_recording_is_one_that_mido_reads():
    recorder = recorder_of("fe f8 90 3c 40 3e 41 f0 01 02 f7 f2 01 02 c0 05", keep="plain", tempo=97, ticks=96)
    read = mido.MidiFile(file=io.BytesIO(recorder.finish(2.0)))
    assert [bytes(m.bytes()).hex(" ") for m in read.tracks[0] if not m.is_meta] == [
        "90 3c 40",
        "90 3e 41",
        "f0 01 02 f7",
        "c0 05",
    ]
    assert (read.ticks_per_beat, read.tracks[0][0].tempo) == (96, round(60e6 / 97))


def test_ticks_are_those_of_the_time_and_errors_do_not_add_up():
    times = [0.1234567 * n for n in range(300)]
    recorder = Recorder(0.0, tempo=97.3, ticks=960)
    for time in times:
        recorder.hear(time, b"\xc0\x05")
    (piece,) = smf.read(recorder.finish(40.0)).timed()
    read = [time for time, event in piece if event.sent]
    tick = 60 / 97.3 / 960
    assert max(abs(a - b) for a, b in zip(read, times, strict=True)) < 0.51 * tick
    assert piece[-1][0] == pytest.approx(40.0, abs=tick)


def test_a_pause_longer_than_a_number_can_say_is_as_long_as_it_was():
    recorder = Recorder(0.0, tempo=60_000, ticks=32_767)
    recorder.hear(0.0, b"\xc0\x01")
    recorder.hear(100.0, b"\xc0\x02")
    recorder.hear(100.5, b"\xc0\x03")
    (piece,) = smf.read(recorder.finish(101.0)).timed()
    assert [round(time, 6) for time, event in piece if event.sent] == [0.0, 100.0, 100.5]


def test_trimmed_it_begins_with_the_first_message():
    recorder = Recorder(None, tempo=125, ticks=480)
    assert events(recorder.file(3.0)) == []
    recorder.hear(5.0, b"\xc0\x01")
    recorder.hear(6.0, b"\xc0\x02")
    assert events(recorder.finish(7.0)) == [(0, "c0 01"), (1000, "c0 02")]


def test_a_file_in_the_middle_of_a_message_holds_what_was_whole_and_recording_goes_on():
    recorder = recorder_of("90 3c 40 f0 01 f8 02")
    assert events(recorder.file(0.01)) == [(0, "90 3c 40"), (5, "f8")]
    assert recorder.file(0.02) is None
    recorder.hear(0.02, b"\xf7")
    assert events(recorder.finish(0.03)) == [(0, "90 3c 40"), (3, "f0 01 02 f7"), (5, "f8")]


def note(time, key):
    """A note as the host gets it, and 0.1 s later its end."""
    frame = 320e-6
    played = [(time, (0x90, key, 64)), (time + 0.1, (0x80, key, 0))]
    return [(begin + n * frame, byte) for begin, message in played for n, byte in enumerate(message)]


def test_time_goes_on_while_the_board_is_gone_and_what_is_lost_is_said(tmp_path):
    to_host = [event for n in range(10) for event in note(1.0 + n, 60 + n)]
    board = SimulatedBoard(SimulatedClock(), to_host, gone=[(3.05, 5.5)])
    status, told = host(board, "record", tmp_path / "a.mid", "--seconds", 12)
    (piece,) = smf.read((tmp_path / "a.mid").read_bytes()).timed()
    found = [(round(time, 3), event.sent[1]) for time, event in piece if event.sent and event.sent[0] == 0x90]
    assert status == 0
    assert found == [(float(1 + n), 60 + n) for n in (0, 1, 2, 5, 6, 7, 8, 9)]
    assert piece[-1][0] == pytest.approx(12, abs=1e-3)
    assert told[1:3] == [
        "the board is gone; waiting for it to come back (Ctrl-C ends)",
        told[2],
    ]
    assert told[-2].startswith("the board was gone once, for 2.")
    assert told[-2].endswith("what was played then is not in the file")


def test_it_is_saved_as_it_goes_on(tmp_path):
    path = tmp_path / "a.mid"
    clock, seen = SimulatedClock(), []

    class Watched(SimulatedBoard):
        def read(self, size=1):
            seen.append((self.now, path.read_bytes() if path.exists() else b""))
            return super().read(size)

    board = Watched(clock, [event for n in range(10) for event in note(1.0 + n, 60 + n)])
    assert host(board, "record", path, "--seconds", 11)[0] == 0
    for now, data in seen:
        # What is older than a second is on the disk.
        notes = sum(1 for _, text in events(data) if text.startswith("90")) if data else 0
        assert notes >= int(now - 1.2)


def test_what_was_played_is_on_the_disk_as_soon_as_the_board_is_gone(tmp_path):
    class Watched(SimulatedBoard):
        def open(self):
            if self.now > 1.0:
                assert len(events((tmp_path / "a.mid").read_bytes())) == 2
            return super().open()

    board = Watched(SimulatedClock(), note(0.1, 60), gone=[(0.5, 1.3)])
    assert host(board, "record", tmp_path / "a.mid", "--seconds", 2)[0] == 0


def test_losses_are_counted_in_the_end(tmp_path):
    to_host = [(0.1 * n, byte) for n, byte in enumerate(bytes.fromhex("90 3c f4 40 90 3c 40 fd"), 1)]
    _, told = host(SimulatedBoard(SimulatedClock(), to_host), "record", tmp_path / "a.mid", "--seconds", 2)
    assert told[1:] == [
        "1 loss at MIDI In, of bytes without a stop bit or room for them; 2 bytes of damaged messages dropped",
        "1 loss at the board, of bytes from the computer without a stop bit or room for them",
        "1 byte ignored: undefined, unfinished, or without a status",
        f"wrote {tmp_path / 'a.mid'}: 1 message",
    ]


def refused(board, *words):
    with pytest.raises(BoardError) as error:
        host(board, *words)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_cannot_be_written_is_refused_before_the_recording_begins(tmp_path):
    board = SimulatedBoard(SimulatedClock())
    (tmp_path / "there.mid").write_bytes(b"precious")
    assert "must not be written over" in refused(board, "record", tmp_path / "there.mid")
    assert "must be a file that can be written: No such file" in refused(board, "record", tmp_path / "no" / "a.mid")
    assert "must be a file that can be written, not a folder" in refused(board, "record", tmp_path, "--force")
    assert not board.is_open
    assert (tmp_path / "there.mid").read_bytes() == b"precious"
    assert host(board, "record", tmp_path / "there.mid", "--force", "--seconds", 1)[0] == 0
    assert events((tmp_path / "there.mid").read_bytes()) == []


def test_no_board_leaves_nothing_behind(tmp_path):
    gone = SimulatedBoard(SimulatedClock(), gone=[(0.0, 10.0)])
    refused(gone, "record", tmp_path / "a.mid")
    assert [*tmp_path.iterdir()] == []


def test_a_disk_that_is_full_for_a_while_costs_nothing(tmp_path, monkeypatch):
    whole, clock = os.replace, SimulatedClock()

    def replace(source, target):
        if clock.now() < 1006:
            raise OSError(28, "No space left on device")
        whole(source, target)

    monkeypatch.setattr(os, "replace", replace)
    board = SimulatedBoard(clock, [event for n in range(8) for event in note(1.0 + n, 60 + n)])
    status, told = host(board, "record", tmp_path / "a.mid", "--seconds", 10)
    assert status == 0
    assert told[1].endswith("could not be saved: No space left on device; recording goes on, and so does trying")
    assert len(events((tmp_path / "a.mid").read_bytes())) == 16
    assert len(told) == 3


def full(*_):
    raise OSError(28, "No space left on device")


@pytest.fixture
def other_folders(tmp_path, monkeypatch):
    """Folders for what cannot be written where it is asked for: the temporary one, and the home."""
    folders = [tmp_path / "temporary", tmp_path / "home"]
    for folder in folders:
        folder.mkdir()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(folders[0]))
    monkeypatch.setattr(Path, "home", lambda: folders[1])
    return folders


def test_a_disk_that_stays_full_is_an_error_and_the_recording_is_elsewhere(tmp_path, monkeypatch, other_folders):
    monkeypatch.setattr(os, "replace", full)
    to_host = [*note(1.0, 60), (1.5, 0xFD)]
    told = []
    with pytest.raises(BoardError) as error:
        host(SimulatedBoard(SimulatedClock(), to_host), "record", tmp_path / "a.mid", "--seconds", 3, told=told)
    # The take is elsewhere, and what is not in it is told all the same.
    before, _, place = str(error.value).partition("; the recording is in ")
    assert before == f"{tmp_path / 'a.mid'} could not be saved: No space left on device"
    assert Path(place).parent == other_folders[0]
    assert Path(place).name.startswith("a-")
    assert Path(place).suffix == ".mid"
    assert events(Path(place).read_bytes())[0][1] == "90 3c 40"
    assert "1 loss at the board, of bytes from the computer without a stop bit or room for them" in told
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home", "temporary"]


def test_a_folder_that_went_away_costs_nothing(tmp_path, other_folders):
    folder = tmp_path / "takes"
    folder.mkdir()

    class Watched(SimulatedBoard):
        def read(self, size=1):
            if self.now > 1.0:
                shutil.rmtree(folder, ignore_errors=True)
            return super().read(size)

    words = refused(Watched(SimulatedClock(), note(0.1, 60)), "record", folder / "a.mid", "--seconds", 3)
    assert f"could not be saved: No such file or directory; the recording is in {other_folders[0]}" in words
    assert len(events(Path(words.partition(" is in ")[2]).read_bytes())) == 2


def test_where_the_first_other_folder_is_full_the_next_is_taken(tmp_path, monkeypatch, other_folders):
    shutil.rmtree(other_folders[0])
    monkeypatch.setattr(os, "replace", full)
    words = refused(SimulatedBoard(SimulatedClock(), note(0.1, 60)), "record", tmp_path / "a.mid", "--seconds", 3)
    assert f"; the recording is in {other_folders[1]}" in words


def test_without_any_place_it_is_told_how_much_is_saved(tmp_path, monkeypatch, other_folders):
    for folder in other_folders:
        shutil.rmtree(folder)
    clock, whole = SimulatedClock(), os.replace
    monkeypatch.setattr(os, "replace", lambda *pair: whole(*pair) if clock.now() < 1002.5 else full())
    board = SimulatedBoard(clock, [event for n in range(8) for event in note(0.1 + n, 60 + n)])
    words = refused(board, "record", tmp_path / "a.mid", "--seconds", 6.5)
    assert words.endswith("; nor was there another place for it; all but the last 4 s of it is there")
    assert len(events((tmp_path / "a.mid").read_bytes())) == 4
    monkeypatch.setattr(os, "replace", full)
    words = refused(SimulatedBoard(SimulatedClock()), "record", tmp_path / "b.mid", "--seconds", 1)
    assert words.endswith("No space left on device; nor was there another place for it")


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "link.mid").symlink_to(tmp_path / "real.mid")
    for _ in range(2):
        board = SimulatedBoard(SimulatedClock(), note(0.1, 60))
        assert host(board, "record", tmp_path / "link.mid", "--force", "--seconds", 1)[0] == 0
        assert (tmp_path / "link.mid").is_symlink()
        assert len(events((tmp_path / "real.mid").read_bytes())) == 2
    assert "must not be written over" in refused(board, "record", tmp_path / "link.mid")


def test_what_is_no_file_is_not_replaced_by_one(tmp_path):
    os.mkfifo(tmp_path / "fifo.mid")
    (tmp_path / "loop.mid").symlink_to("loop.mid")
    (tmp_path / "link.mid").symlink_to("fifo.mid")
    for name in ("fifo.mid", "loop.mid", "link.mid"):
        for force in ((), ("--force",)):
            words = refused(SimulatedBoard(SimulatedClock()), "record", tmp_path / name, *force, "--seconds", 1)
            assert "must be a file that can be written, not a device or the like; choose another name" in words
    assert (tmp_path / "fifo.mid").is_fifo()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["fifo.mid", "link.mid", "loop.mid"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without room")
def test_words_that_nobody_can_take_end_no_recording(tmp_path, monkeypatch, capsys):
    board = SimulatedBoard(SimulatedClock(), note(0.1, 60))
    with open("/dev/full", "w") as output:
        monkeypatch.setattr("sys.stdout", output)
        status = command.run(asked("record", tmp_path / "a.mid", "--seconds", 1), clock=board.clock, open=board.open)
        monkeypatch.undo()
        with suppress(OSError):
            output.close()
    assert status == 0
    assert len(events((tmp_path / "a.mid").read_bytes())) == 2
    assert f"wrote {tmp_path / 'a.mid'}: 2 messages\n" in capsys.readouterr().err
