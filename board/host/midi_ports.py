"""The computer's side of ``connect``: MIDI ports of its sound system, and MIDI over TCP.

Over TCP run the bytes of MIDI as they are, as mido's socket ports send them; the ports are our own, because mido's end
of a connection loses running status, and its server waits for ever where it is asked only to look.
"""

import errno
import os
import socket
from contextlib import contextmanager, suppress

import mido

from board.errors import BoardError
from board.host.listener import Listener, whole

__all__ = ["MidoPort", "TcpPort", "open_midi"]

MOST_WAITING = 1 << 16
"""Bytes that wait for somebody at the other end of a TCP connection who does not read."""

PART = 4096
"""Bytes that are read at a time, so that a flood does not hold up the other direction."""

RETRY = 1.0
"""Seconds between two attempts to reach the other end again."""


def open_midi(name, clock, say):
    """Open the port that ``--midi`` names.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If that cannot be done, saying why and what to do.
    """
    kind, _, rest = name.partition(":")
    if kind in ("tcp", "tcp-listen"):
        return TcpPort(*_address(rest, name), listen=kind == "tcp-listen", clock=clock, say=say)
    return MidoPort(rest if kind == "virtual" and rest else name, virtual=kind == "virtual")


def _address(text, name):
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) >= 1 << 16:
        raise BoardError(f"MIDI over TCP must be tcp:HOST:PORT or tcp-listen:HOST:PORT, not {name!r}")
    return host, int(port)


class MidoPort:
    """An input and an output of the computer's sound system, or virtual ones that other programs find there."""

    def __init__(self, name, virtual):
        self.dropped = 0
        """Messages that the port did not take."""
        try:
            # The libraries of some systems complain on their own.
            with _without_complaints():
                sides = [("input", mido.open_input), ("output", mido.open_output)]
                self._input, self._output = (self._open(side, open, name, virtual) for side, open in sides)
        except ImportError:
            raise BoardError(
                "No MIDI library is there; pip install python-rtmidi, or use --midi tcp-listen:HOST:PORT"
            ) from None
        except _failures() as error:
            text = " ".join(str(error).split())
            raise BoardError(
                f"MIDI port {name!r} cannot be opened on this system ({text}); "
                f"choose another --midi, such as tcp-listen:127.0.0.1:9080"
            ) from None
        self.name = name

    def _open(self, side, open, name, virtual):
        if virtual:
            return open(name, virtual=True)
        names = mido.get_input_names() if side == "input" else mido.get_output_names()
        found = [name] if name in names else [each for each in names if name.lower() in each.lower()]
        if len(found) != 1:
            raise BoardError(
                f"MIDI {side} must be one of those that are there, not {name!r}: {', '.join(names) or 'there is none'}"
            )
        return open(found[0])

    def poll(self):
        """Messages that came, as bytes."""
        came = []
        while (message := self._input.poll()) is not None:
            came.append(bytes(message.bytes()))
        return came

    def send(self, message):
        """Send a message."""
        self._output.send(mido.Message.from_bytes(whole(message)))

    def close(self):
        """Close both."""
        self._input.close()
        self._output.close()


def _failures():
    """What mido and its libraries raise when a port cannot be opened."""
    try:
        from rtmidi import RtMidiError  # noqa: PLC0415 -- It need not be there.
    except ImportError:
        return OSError, RuntimeError, NotImplementedError
    return OSError, RuntimeError, NotImplementedError, RtMidiError


@contextmanager
def _without_complaints():
    keep = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(keep, 2)
        os.close(nothing)
        os.close(keep)


class TcpPort:
    """MIDI over TCP: as a server for any number of others, or as the client of one.

    Parameters
    ----------
    host, port : :class:`str`, :class:`int`
        Address. A server on port 0 takes a free one.
    listen : :class:`bool`
        Whether to be the server.
    clock : :class:`board.host.clock.Clock`
        Says when to try again to reach a server that is gone.
    say : function
        Tells the user a line.
    """

    def __init__(self, host, port, *, listen, clock, say):
        self.dropped = 0
        """Messages that the other end did not take."""
        self._address = host, port
        self._clock, self._say = clock, say
        self._server = None
        self._ends = []
        self._again = 0.0
        try:
            if listen:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                self._server = socket.create_server((host, port), family=family)
                self._server.setblocking(False)
                self._address = self._server.getsockname()[:2]
            else:
                self._ends.append(_End(socket.create_connection((host, port), timeout=5), f"tcp:{host}:{port}"))
        except OSError as error:
            why = {errno.ECONNREFUSED: "nobody listens there; start that program first"}.get(
                error.errno, error.strerror
            )
            verb = "listened at" if listen else "reached"
            raise BoardError(f"TCP port {host}:{port} cannot be {verb}: {why or error}") from None
        self.name = f"{'tcp-listen' if listen else 'tcp'}:{self._address[0]}:{self._address[1]}"

    def poll(self):
        """Messages that came, as bytes."""
        self._look()
        came = [message for end in self._ends for message in end.receive()]
        self._bury()
        return came

    def send(self, message):
        """Send a message to all that are there."""
        data = whole(message)
        if not self._ends:
            self.dropped += 1
        for end in self._ends:
            self.dropped += not end.send(data)

    def close(self):
        """Close all connections."""
        for end in self._ends:
            end.close()
        if self._server:
            self._server.close()

    def _look(self):
        if self._server:
            with suppress(BlockingIOError, ConnectionError):
                connection, address = self._server.accept()
                self._ends.append(_End(connection, f"{address[0]}:{address[1]}"))
                self._say(f"{self._ends[-1].name} is connected")
        elif not self._ends and self._clock.now() >= self._again:
            self._again = self._clock.now() + RETRY
            with suppress(OSError):
                self._ends.append(_End(socket.create_connection(self._address, timeout=0.2), self.name))
                self._say(f"{self.name} is there again")
        for end in self._ends:
            end.flush()

    def _bury(self):
        for end in [end for end in self._ends if end.is_gone]:
            self._say(f"{end.name} has gone")
            end.close()
            self._ends.remove(end)


class _End:
    """One connection. What is left of a message that was begun is always sent, or the connection is at its end."""

    def __init__(self, connection, name):
        self.name = name
        self.is_gone = False
        self._connection = connection
        self._listener = Listener()
        self._waiting = bytearray()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self):
        try:
            data = self._connection.recv(PART)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        self.is_gone = not data
        return [whole(heard.message) for heard in self._listener.feed(0.0, data) if heard.message]

    def send(self, data):
        if self.is_gone or len(self._waiting) + len(data) > MOST_WAITING:
            return False
        self._waiting += data
        self.flush()
        return True

    def flush(self):
        try:
            while self._waiting:
                del self._waiting[: self._connection.send(self._waiting)]
        except BlockingIOError:
            pass
        except OSError:
            self.is_gone = True

    def close(self):
        with suppress(OSError):
            self._connection.close()
