"""``connect``: joins the board to a MIDI port of the computer, both ways."""

from board.errors import BoardError
from board.host.host import number
from board.host.link import Gone
from board.host.listener import Listener, plural
from board.host.midi_ports import open_midi
from board.host.sender import Sender, Sounding
from sim.model.midi import Message

__all__ = ["HELP", "add_arguments", "run"]

HELP = "join the board to a virtual MIDI port, or to one that is there"

LOOK = 0.001
"""Seconds between two looks at the computer's port, which cannot be waited for together with the board's."""

MOST_WAITING = 4096
"""Messages for the board that wait here; beyond that they wait in the computer's port."""


def add_arguments(parser):
    """Options of the command line."""
    parser.add_argument(
        "--midi",
        default="virtual:Fivepin",
        metavar="PORT",
        help="virtual:NAME, a MIDI port that is there, tcp:HOST:PORT or tcp-listen:HOST:PORT, which send MIDI bytes as "
        "they are; default: %(default)s",
    )
    parser.add_argument("--no-running-status", action="store_true", help="send every status to MIDI Out")
    ahead = number(1, 1024, "ahead", int)
    parser.add_argument(
        "--ahead",
        type=ahead,
        default=16,
        metavar="BYTES",
        help="that the board may hold, and that a clock may have to wait for; default: %(default)s",
    )


def run(options, host):
    """Join both until the end; returns the exit status."""
    midi = open_midi(options.midi, host.clock, host.say)
    try:
        link = host.link()
        try:
            connection = _Connection(options, host, link, midi)
            with host.stop:
                host.say(f"joined to {midi.name}; Ctrl-C ends")
                connection.run()
        finally:
            link.close()
    finally:
        midi.close()
    for line in (*connection.lines(), *link.lines("what was played then is lost")):
        host.say(line)
    return 0


class _Connection:
    """Both directions between the board and a port of the computer."""

    def __init__(self, options, host, link, midi):
        self._clock, self._stop, self._link, self._midi = host.clock, host.stop, link, midi
        self._sender = Sender(ahead=options.ahead, running_status=not options.no_running_status)
        self._listener = Listener()
        self._sounding = Sounding()
        self._sent = self._missed = 0

    def run(self):
        """Hand on messages until it is time to end; then let nothing sound on."""
        while not self._stop.now:
            try:
                self._step()
            except Gone:
                self._wait_for_board()
        self._missed += self._sender.silence()
        self._quieten()
        try:
            while not self._sender.is_done(now := self._clock.now()):
                self._link.send(self._sender.take(now))
                self._link.receive(self._sender.next(now) if self._sender.waiting else self._sender.free)
        except (Gone, BoardError):
            # Then no note sounds on through this board.
            self._missed += self._sender.waiting

    def lines(self):
        """What was handed on, and what was not, a line each."""
        counts = self._listener.finish()
        yield f"{plural(counts.messages, 'message')} from MIDI In, {plural(self._sent, 'message')} to MIDI Out"
        yield from counts.lines()
        if self._midi.dropped:
            dropped = plural(self._midi.dropped, "message")
            yield f"{dropped} from MIDI In dropped, for nobody took them at {self._midi.name}"
        if self._missed:
            yield f"{plural(self._missed, 'message')} for MIDI Out dropped, while the board was gone or at the end"

    def _step(self):
        now = self._clock.now()
        self._link.send(self._sender.take(now))
        time, data = self._link.receive(min(now + LOOK, self._sender.next(now), self._stop.at))
        for heard in self._listener.feed(time, data):
            if heard.message:
                self._sounding.hear(heard.message.bytes)
                self._midi.send(heard.message)
        if self._sender.waiting < MOST_WAITING:
            for data in self._midi.poll():
                self._sender.put(self._clock.now(), data)
                self._sent += 1

    def _wait_for_board(self):
        """Keep nothing for later: a note that comes seconds late is worse than none."""
        self._listener.lose(self._clock.now(), "board")
        self._quieten()
        self._drop(self._sender.waiting)
        # What sounds at the other end of MIDI Out is ended there as soon as the board is back.
        ends = self._sender.sounding.ends()
        self._sender = self._sender.anew()
        if self._link.reconnect(self._stop, lambda: self._drop(len(self._midi.poll()))):
            for message in ends:
                self._sender.put(float("-inf"), message)

    def _drop(self, count):
        self._missed += count
        self._sent -= count

    def _quieten(self):
        """End what sounds in the computer."""
        for message in self._sounding.ends():
            self._midi.send(Message(message))
