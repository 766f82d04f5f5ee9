"""Twin of :mod:`hdl.port`: a MIDI port that sends what it receives."""

from typing import NamedTuple

from sim.model.edges import BAUD
from sim.model.encoder import Encoder
from sim.model.fifo import Fifo
from sim.model.line import line
from sim.model.midi import SYSEX_END
from sim.model.parser import Parser
from sim.model.receiver import Received, frames, take
from sim.model.thru import THRUS, direct_thru
from sim.model.transmitter import transmitter

__all__ = ["Echo", "PacketEcho", "echo", "packet_echo"]


class Echo(NamedTuple):
    """What came of the edges at MIDI In: the bytes and errors of the receiver, and the edges at the other two pins."""

    received: Received
    midi_out: list
    midi_thru: list


def echo(midi_in, clock, baud=BAUD, glitch=3e-6):
    """What a :class:`hdl.port.Port` does whose ``received`` is joined to its ``send``.

    A byte that arrives while the transmitter is busy waits in the receiver, and the next one after it is lost
    there: a sender that is fast and never pauses overruns it in the end.

    Parameters
    ----------
    midi_in : list of ``(time, level)``
        Edges at the pin.
    clock : :class:`sim.model.edges.Clock`
        The port's clock.
    baud, glitch : :class:`float`
        As for the port.

    Returns
    -------
    :class:`Echo`
    """
    frame = 10 * round(clock.freq / baud)
    free = 0

    def ready(n):
        nonlocal free
        taken = max(n, free)
        free = taken + frame
        return taken

    received = take(frames(line(midi_in, clock, glitch), clock, baud), clock, ready)
    # The moment of a transfer is just behind what the transmitter sees at that clock edge, so it is offered half a
    # clock earlier.
    offered = [(time - 0.5 / clock.freq, byte) for time, byte in received.bytes]
    return Echo(received, transmitter(offered, clock, baud).level, direct_thru(midi_in))


class PacketEcho(NamedTuple):
    """What came of the edges at MIDI In: bytes and errors, packets ``(time, Packet)``, and what the other pins did."""

    received: Received
    packets: list
    midi_out: list
    midi_thru: list
    thru_overruns: list


def packet_echo(midi_in, clock, baud=BAUD, *, glitch=3e-6, thru="direct", depth=256, running_status=True, repeat=1.0):
    """What a :class:`hdl.port.PacketPort` does whose ``packets_out`` is joined to its ``packets_in``.

    Parameters
    ----------
    midi_in : list of ``(time, level)``
        Edges at the pin.
    clock : :class:`sim.model.edges.Clock`
        The port's clock.
    thru : :class:`str`
        Kind of thru, as in :data:`sim.model.thru.THRUS`.
    baud, glitch, depth, running_status, repeat
        As for the port.

    Returns
    -------
    :class:`PacketEcho`
        The received bytes at the clock edge at which the parser takes them; the packets at that at which the encoder
        has sent their last byte to the transmitter.
    """
    out = _Output(clock, baud, depth, running_status, repeat)
    received = Received([], [], [], [])
    parser = Parser()
    # Clock edge at which the byte before this one was, or will be, taken by the parser; and the last one at which the
    # parser takes none, as it is about a loss. A byte that comes while it closes a SysEx can wait in the receiver.
    taken = busy = -1

    for frame in frames(line(midi_in, clock, glitch), clock, baud):
        moment = clock.time(frame.clock)
        if not frame.stop or taken > frame.clock:
            kind = received.overruns if frame.stop else received.breaks if frame.dark else received.framing_errors
            kind.append(moment)
            n = max(frame.clock, taken) + 1
            busy = max(busy, n, *(out.write(packet, n) + 1 for packet in parser.lose()))
            continue
        n = max(frame.clock, busy) + 1
        for packet in parser.step(frame.byte):
            n = out.write(packet, n)
            if packet.bytes[-1] == SYSEX_END:
                # The byte that closes a SysEx is taken when that is done.
                n += 1
        taken = n
        received.bytes.append((clock.time(taken), frame.byte))
    return PacketEcho(received, out.packets, out.level(), *THRUS[thru](midi_in, clock, baud))


class _Output:
    """FIFO, encoder and transmitter: packets to the edges of a line."""

    def __init__(self, clock, baud, depth, running_status, repeat):
        self.clock, self.baud = clock, baud
        self.fifo = Fifo(depth)
        self.encoder = Encoder(running_status=running_status, repeat=repeat * clock.freq)
        self.sent, self.packets = [], []
        # Clock edge at which the transmitter is ready for the next byte.
        self.free = 0

    def write(self, packet, n):
        """Put in a packet at clock edge ``n``, or as soon after as there is room; returns when."""
        n = self.fifo.write(n)
        moment = self.fifo.offered
        sent = self.encoder.step(packet, moment)
        if len(sent) < len(packet.bytes):
            # To leave out the status takes a clock.
            moment += 1
        for place, byte in enumerate(sent):
            moment = max(moment, self.free)
            if place == 0:
                self.encoder.left(moment)
            self.sent.append((self.clock.time(moment - 0.5), byte))
            self.free = moment + 10 * round(self.clock.freq / self.baud)
        self.fifo.take(moment)
        self.packets.append((self.clock.time(moment), packet))
        return n

    def level(self):
        """Edges of the line."""
        return transmitter(self.sent, self.clock, self.baud).level
