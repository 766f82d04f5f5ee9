"""The serial port: found, refused in one line, lost, and found again."""

import errno
import os
import pty

import pytest
import serial
from serial.tools.list_ports_common import ListPortInfo

from board import boards
from board.errors import BoardError
from board.host import link as link_module
from board.host.clock import Clock, Stop
from board.host.host import Host
from board.host.link import Gone, Link, find_port, open_port
from tests.simulated_board import SimulatedBoard, SimulatedClock, asked

WAIT = 10.0
"""Seconds after which something that must come is given up."""


def usb(device, vid=0x0403, pid=0x6010, serial_number="ice1", location="1-2:1.0"):
    """What pySerial knows of a port at USB."""
    port = ListPortInfo(device)
    port.vid, port.pid, port.serial_number, port.location, port.description = vid, pid, serial_number, location, "chip"
    return port


def finding(monkeypatch, *ports):
    monkeypatch.setattr(link_module.list_ports, "comports", lambda: list(ports))
    return find_port()


def test_of_a_chip_with_two_ports_the_second_leads_to_the_design(monkeypatch):
    first, second = usb("/dev/ttyUSB0"), usb("/dev/ttyUSB1", location="1-2:1.1")
    modem = usb("/dev/ttyACM0", vid=0x1234)
    assert finding(monkeypatch, second, modem, first) == "/dev/ttyUSB1"
    assert finding(monkeypatch, usb("COM9", location=None)) == "COM9"


def test_what_only_programs_a_board_is_not_taken_for_its_serial_port(monkeypatch):
    # UPduino's own chip is an FTDI one; the adapter beside it need not be.
    upduino = usb("/dev/ttyUSB0", pid=0x6014, location="1-1:1.0")
    adapter = usb("/dev/ttyUSB1", vid=0x10C4, pid=0xEA60, location="1-3:1.0")
    assert finding(monkeypatch, upduino, adapter) == "/dev/ttyUSB1"
    assert finding(monkeypatch, upduino, usb("/dev/ttyUSB1", pid=0x6001, location="1-3:1.0")) == "/dev/ttyUSB1"
    for vid, pid in link_module.PROGRAMMERS:
        with pytest.raises(BoardError, match="not one board was found but 0"):
            finding(monkeypatch, usb("/dev/ttyACM0", vid=vid, pid=pid))


def test_the_programmers_are_those_of_boards_without_a_serial_port():
    without = {board.usb for board in boards.BOARDS.values() if not board.has_serial_port}
    assert {f"{vid:04x}:{pid:04x}" for vid, pid in link_module.PROGRAMMERS} == without


def test_the_only_port_at_usb_is_taken_whatever_its_chip(monkeypatch):
    icesugar = usb("/dev/ttyACM0", vid=0x1D50, pid=0x602B)
    assert finding(monkeypatch, usb("/dev/ttyS0", vid=None), icesugar) == "/dev/ttyACM0"
    with pytest.raises(BoardError, match="not one board was found but 0"):
        finding(monkeypatch, icesugar, usb("/dev/ttyACM1", vid=0x2341, location="1-4:1.0"))


def test_windows_tells_the_ports_of_a_chip_by_a_letter(monkeypatch):
    # Whatever numbers they were given.
    first, second = (usb(f"COM{n}", serial_number=f"ice1{a}", location=None) for n, a in ((10, "A"), (9, "B")))
    assert finding(monkeypatch, first, second) == "COM9"
    with pytest.raises(BoardError, match="not one board was found but 2"):
        finding(monkeypatch, first, usb("COM3", serial_number="ice2B", location=None))
    # Elsewhere it is a letter of the number itself.
    one, other = (usb(f"/dev/{a}", serial_number=f"ice{a}", location=f"1-{n}:1.0") for n, a in enumerate("AB"))
    with pytest.raises(BoardError, match="not one board was found but 2"):
        finding(monkeypatch, one, other)


def test_the_port_that_was_taken_is_said(monkeypatch, capsys):
    options = asked("monitor")
    monkeypatch.setattr(link_module.list_ports, "comports", lambda: [usb("loop://")])
    Host(options).link().close()
    assert capsys.readouterr().err == "the board is taken to be at loop://; --port takes another\n"
    options.port = "loop://"
    Host(options).link().close()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("ports", "words"),
    [
        ([], "No serial port was found; plug the board in, or name one with --port"),
        ([usb("/dev/ttyS0", vid=None)], "not one board was found but 0; there are /dev/ttyS0 (chip)"),
        ([usb("/dev/a"), usb("/dev/b", serial_number="ice2", location="1-3:1.0")], "not one board was found but 2"),
    ],
)
def test_where_there_is_doubt_all_ports_are_listed(monkeypatch, ports, words):
    with pytest.raises(BoardError) as refused:
        finding(monkeypatch, *ports)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/dev/nothing", "there is none of that name; plug the board in"),
        ("/", "no serial port but a folder"),
        ("/dev/null", "it is no serial port"),
        ("nonsense://x", "protocol 'nonsense' not known"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_one_line(name, words):
    with pytest.raises(BoardError) as refused:
        open_port(name, 1_000_000)
    assert str(refused.value).startswith(f"Port {name} cannot be opened at 1000000 baud: ")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            serial.SerialException(errno.EACCES, "could not open port: [Errno 13] Permission denied"),
            "group that owns it",
        ),
        (serial.SerialException(errno.EBUSY, "could not open port"), "close the program that uses it"),
        (serial.SerialException("could not open port 'COM3': PermissionError(13, 'Access is denied.')"), "it is busy"),
        (serial.SerialException(errno.EIO, "could not open port"), "unplug the board and plug it in again"),
        (ValueError("Failed to set custom baud rate (7): x"), "Failed to set custom baud rate"),
    ],
)
def test_what_a_system_says_of_a_port_is_said_in_words(monkeypatch, error, words):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(BoardError) as refused:
        open_port("/dev/ttyUSB1", 1_000_000)
    assert words in str(refused.value)


def test_a_port_that_another_program_has_is_busy():
    ours, its = pty.openpty()
    try:
        port = open_port(os.ttyname(its), 1_000_000)
        with pytest.raises(BoardError, match="it is busy; close the program that uses it"):
            open_port(os.ttyname(its), 1_000_000)
        port.close()
    finally:
        os.close(ours)
        os.close(its)


def real_link(path, told):
    return Link(lambda: open_port(str(path), 1_000_000), Clock(), told.append)


def test_bytes_go_both_ways_and_have_the_time_at_which_they_came(tmp_path):
    ours, its = pty.openpty()
    link = real_link(os.ttyname(its), [])
    try:
        before = Clock.now()
        os.write(ours, b"\x90\x3c\x40")
        got, last = b"", before
        while len(got) < 3 and Clock.now() < before + WAIT:
            time, data = link.receive(before + WAIT)
            assert last <= time <= Clock.now()
            got, last = got + data, time
        assert got == b"\x90\x3c\x40"
        assert link.receive(Clock.now())[1] == b""
        link.send(bytes(range(256)))
        sent = b""
        while len(sent) < 256:
            sent += os.read(ours, 256)
        assert sent == bytes(range(256))
    finally:
        link.close()
        os.close(ours)
        os.close(its)


def test_a_device_that_is_pulled_out_is_gone_and_found_again_under_its_name(tmp_path):
    path, told = tmp_path / "board", []
    ours, its = pty.openpty()
    path.symlink_to(os.ttyname(its))
    link = real_link(path, told)
    os.close(its)
    os.close(ours)
    with pytest.raises(Gone):
        link.receive(Clock.now() + WAIT)
    with pytest.raises(Gone):
        link.send(b"\xfe")

    ours, its = pty.openpty()
    path.unlink()
    calls = []

    def plug_in():
        calls.append(1)
        if len(calls) == 2:
            path.symlink_to(os.ttyname(its))

    try:
        assert link.reconnect(Stop(Clock(), WAIT), plug_in)
        os.write(ours, b"\xfe")
        assert link.receive(Clock.now() + WAIT)[1] == b"\xfe"
    finally:
        link.close()
        os.close(ours)
        os.close(its)
    assert told[0] == "the board is gone; waiting for it to come back (Ctrl-C ends)"
    assert told[1].startswith("the board is back after ")
    assert next(iter(link.lines("so what"))).startswith("the board was gone once, for ")


def test_a_board_that_does_not_come_back_is_waited_for_until_the_end():
    clock = SimulatedClock()
    board = SimulatedBoard(clock, gone=[(1.0, 100.0)])
    link = Link(board.open, clock, lambda line: None)
    for _ in range(9):
        link.receive(2000.0)
    with pytest.raises(Gone):
        link.receive(2000.0)
    assert clock.now() == pytest.approx(1001.0)
    with Stop(clock, 5.0) as stop:
        assert not link.reconnect(stop)
    assert 5.0 <= link.away < 5.5


def test_what_was_read_just_before_the_cable_was_pulled_is_not_lost():
    class Failing:
        timeout = 0

        def read(self, size):
            return b"\x90"

        @property
        def in_waiting(self):
            raise OSError(errno.EIO, "gone")

    link = Link(Failing, SimulatedClock(), None)
    assert link.receive(1000.0)[1] == b"\x90"


def test_a_board_that_takes_no_bytes_is_told_of():
    class Stuck:
        rtscts = False

        def write(self, data):
            raise serial.SerialTimeoutException("Write timeout")

    link = Link(Stuck, SimulatedClock(), None)
    with pytest.raises(BoardError, match="Board takes no bytes: it is another device, or it hangs; name the port"):
        link.send(b"\x90")
    # Only who asked for it is held back.
    Stuck.rtscts = True
    with pytest.raises(BoardError, match="Board takes no bytes: its RTS holds them back"):
        link.send(b"\x90")
    link.send(b"")


def test_asked_twice_it_is_in_a_hurry():
    stop = Stop(SimulatedClock())
    assert not stop.now
    stop.ask()
    assert stop.now
    with pytest.raises(KeyboardInterrupt):
        stop.ask()
