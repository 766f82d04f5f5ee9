"""The serial port that leads to the board: found, opened, lost and found again."""

import errno
import re
from contextlib import suppress

import serial
from serial.tools import list_ports

from board.errors import BoardError

try:
    from termios import error as terminal_error
except ImportError:
    # Windows has no terminals of this kind.
    terminal_error = OSError

__all__ = ["Gone", "Link", "find_port", "open_port"]

FTDI = 0x0403
"""USB's number for the maker of the serial chip on most boards."""

PROGRAMMERS = {(0x0403, 0x6014), (0x1D50, 0x6130), (0x1D50, 0x6146)}
"""Vendor and product of what is at USB on boards without a serial port: it leads to no design."""

SLICE = 0.1
"""Seconds after which whoever waits looks whether it is time to end."""

RETRY = 0.25
"""Seconds between two attempts to find a board that is gone."""

FAILURES = (OSError, terminal_error)
"""What pySerial raises when a device fails; its own exceptions are kinds of the first."""

REASONS = {
    errno.ENOENT: "there is none of that name; plug the board in, or see which there are: leave --port out",
    errno.EACCES: (
        "permission denied; on Linux add yourself to the group that owns it, as in "
        "'sudo usermod -aG dialout $USER', and log in again"
    ),
    errno.EBUSY: "it is busy; close the program that uses it",
    errno.EAGAIN: "it is busy; close the program that uses it",
    errno.ENOTTY: "it is no serial port; leave --port out to see which there are",
    errno.EISDIR: "it is no serial port but a folder; leave --port out to see which there are",
    errno.EIO: "it is there but does not answer; unplug the board and plug it in again",
    errno.ENXIO: "it is there but does not answer; unplug the board and plug it in again",
    errno.ENODEV: "it is there but does not answer; unplug the board and plug it in again",
}


class Gone(Exception):
    """The serial port is no longer there: somebody has pulled the cable."""


def find_port():
    """Name of the serial port that leads to the board, if there is no doubt.

    It is the only one with an FTDI chip on the other end; of a chip with two ports it is the second, as the first one
    writes the FPGA's memory. Without such a chip it is the only port at USB. What only programs a board is left out.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If there is none, or more than one, listing all.
    """
    ports = sorted(list_ports.comports())
    if not ports:
        raise BoardError("No serial port was found; plug the board in, or name one with --port")
    at_usb = [port for port in ports if port.vid is not None and (port.vid, port.pid) not in PROGRAMMERS]
    # Of the ports of one chip the last one stays.
    found = {_chip(port): port.device for port in sorted(at_usb, key=_interface) if port.vid == FTDI}
    if not found and len(at_usb) == 1:
        return at_usb[0].device
    if len(found) == 1:
        return found.popitem()[1]
    listed = ", ".join(f"{port.device} ({port.description})" for port in ports)
    raise BoardError(
        f"Port must be chosen with --port, as not one board was found but {len(found)}; there are {listed}"
    )


def _chip(port):
    """What the ports of one chip have in common."""
    if _has_letter(port):
        return port.vid, port.pid, port.serial_number[:-1]
    return port.vid, port.pid, port.serial_number, re.sub(r":\d+\.\d+$", "", port.location or port.device)


def _has_letter(port):
    """Whether the last letter of the serial number is that of a chip's port: so it is on Windows, which hides where."""
    return not port.location and (port.serial_number or "")[-1:] in {"A", "B", "C", "D"}


def _interface(port):
    """Which of its chip's ports a port is, as far as the system says."""
    number = re.search(r":\d+\.(\d+)$", port.location or "")
    return int(number[1]) if number else ord(port.serial_number[-1]) if _has_letter(port) else 0


def open_port(name, baud, *, rtscts=False):
    """Open a serial port: a device, a pty, or a URL of pySerial such as ``loop://``.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If it cannot be opened, saying why and what to do.
    """
    try:
        port = serial.serial_for_url(name, baud, rtscts=rtscts, timeout=0, write_timeout=2, exclusive=True)
    except (ValueError, *FAILURES) as error:
        # Its own words speak of numbers of errors and of locks.
        why = REASONS.get(_errno(error))
        if why is None and "Access is denied" in str(error):
            why = REASONS[errno.EBUSY]
        if why is None and "configure port" in str(error):
            why = REASONS[errno.ENOTTY]
        raise BoardError(f"Port {name} cannot be opened at {baud} baud: {why or _one_line(error)}") from None
    # What came is to be told at once: an FTDI chip keeps bytes back for 16 ms otherwise. On other systems than Linux
    # this is a setting of the driver; and a pty has nothing to set.
    with suppress(AttributeError, NotImplementedError, ValueError, *FAILURES):
        port.set_low_latency_mode(True)
    return port


def _errno(error):
    number = getattr(error, "errno", None) or next(iter(error.args), None)
    return number if isinstance(number, int) else None


def _one_line(error):
    return " ".join(str(error).split())


class Link:
    """Bytes from and to the board, and its coming and going.

    Parameters
    ----------
    open_port : function
        Opens the serial port, and opens it again when the board is back; raises :exc:`board.errors.BoardError`.
    clock : :class:`board.host.clock.Clock`
        What gives bytes their time.
    say : function
        Tells the user a line.
    """

    def __init__(self, open_port, clock, say):
        self._open_port = open_port
        self._clock = clock
        self._say = say
        self.interruptions = 0
        """How often the board was gone, for :attr:`away` seconds."""
        self.away = 0.0
        self._port = open_port()

    def receive(self, until):
        """Wait for bytes, but no longer than until a time and never for long; returns ``(time, bytes)``.

        Raises
        ------
        :exc:`Gone`
            If the board is.
        """
        try:
            self._port.timeout = min(max(until - self._clock.now(), 0), SLICE)
            data = self._port.read(1)
            time = self._clock.now()
        except FAILURES as error:
            raise Gone(_one_line(error)) from None
        # What was read is not lost with the board; the next call tells that it is gone.
        with suppress(*FAILURES):
            if data and (more := self._port.in_waiting):
                data += self._port.read(more)
        return time, data

    def send(self, data):
        """Give the board bytes.

        Raises
        ------
        :exc:`Gone`
            If the board is.
        :exc:`board.errors.BoardError`
            If it takes none.
        """
        if not data:
            return
        try:
            self._port.write(data)
        except serial.SerialTimeoutException:
            why = "it is another device, or it hangs; name the port with --port, or plug the board in again"
            if getattr(self._port, "rtscts", False):
                why = "its RTS holds them back, or it has none; see the wiring or leave --rtscts out"
            raise BoardError(f"Board takes no bytes: {why}") from None
        except FAILURES as error:
            raise Gone(_one_line(error)) from None

    def reconnect(self, stop, meanwhile=lambda: None):
        """Wait until the board is back; returns whether it is, or ``stop`` says to end first.

        ``meanwhile()`` is called several times a second.
        """
        begin = self._clock.now()
        self.close()
        self.interruptions += 1
        self._say("the board is gone; waiting for it to come back (Ctrl-C ends)")
        found = False
        while not found and not stop.now:
            self._clock.sleep(RETRY)
            meanwhile()
            try:
                self._port = self._open_port()
                found = True
            except BoardError:
                # Its permissions, too, may come a moment after the device.
                continue
        away = self._clock.now() - begin
        self.away += away
        if found:
            self._say(f"the board is back after {away:.1f} s")
        return found

    def close(self):
        """Close the port."""
        with suppress(*FAILURES):
            self._port.close()

    def lines(self, meaning):
        """What went wrong, a line each; ``meaning`` says what that means for the user."""
        if self.interruptions:
            times = "once" if self.interruptions == 1 else f"{self.interruptions} times"
            yield f"the board was gone {times}, for {self.away:.1f} s in all; {meaning}"
