"""What comes is printed with its time, and losses in words."""

import pytest

from board.errors import BoardError
from tests.simulated_board import SimulatedBoard, SimulatedClock, host


def monitored(text, *options, gone=()):
    """Lines of a second, of bytes in hex, number n at n hundredths of a second."""
    to_host = [(0.01 * n, byte) for n, byte in enumerate(bytes.fromhex(text), 1)]
    board = SimulatedBoard(SimulatedClock(), to_host, gone=gone)
    status, told = host(board, "monitor", "--seconds", 1, *options)
    assert status == 0
    return told


def test_messages_have_their_time_bytes_name_and_fields(capsys):
    assert monitored("90 3c 64 f8 3c 00 f0 01 02 03 04 05 06 07 08 09 f7") == [
        "     0.0100 s  90 3c 64                 note_on channel=1 note=60 velocity=100",
        "     0.0400 s  f8                       clock",
        "     0.0500 s  90 3c 00                 note_on channel=1 note=60 velocity=0",
        "     0.0700 s  f0 01 02 03 04 05 06 07  sysex data=01 02 03 04 05 06 07 08 09",
    ]
    assert capsys.readouterr().err.splitlines() == ["listening; Ctrl-C ends", "4 messages"]


def test_losses_are_told_in_words_where_they_are(capsys):
    assert monitored("90 3c f4 40 fd") == [
        "     0.0300 s  --                       LOSS: bytes were lost at MIDI In, without a stop bit or room for "
        "them; 2 bytes of a message dropped",
        "     0.0500 s  --                       LOSS: bytes from the computer were lost at the board, "
        "without a stop bit or room for them",
    ]
    assert capsys.readouterr().err.splitlines()[1:] == [
        "1 loss at MIDI In, of bytes without a stop bit or room for them; 2 bytes of damaged messages dropped",
        "1 loss at the board, of bytes from the computer without a stop bit or room for them",
        "1 byte ignored: undefined, unfinished, or without a status",
        "0 messages",
    ]


def test_what_is_hidden_is_counted(capsys):
    assert len(monitored("f8 fe 90 3c 64 fe", "--hide", "clock,active_sensing")) == 1
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "1 clock message hidden",
        "2 active_sensing messages hidden",
        "4 messages",
    ]


def test_a_message_that_there_is_none_of_cannot_be_hidden():
    with pytest.raises(BoardError, match=r"must be among active_sensing, .*, not noise"):
        monitored("", "--hide", "noise,clock")


def test_a_board_that_was_gone_is_told_of(capsys):
    told = monitored("90 3c 64 90 3c 64 90 3c 64 90 3c 64", gone=[(0.045, 0.06)])
    assert "LOSS: the board was gone; 1 byte of a message dropped" in told[1]
    assert "the board was gone once, for 0." in capsys.readouterr().err
