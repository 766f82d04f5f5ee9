"""Lab 6: the encoder and the merger. You write each elaborate; README.md beside this file says how to begin."""

from math import ceil, inf

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal  # noqa: F401 -- what you will need.
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFO  # noqa: F401 -- what you will need.
from amaranth.lib.wiring import In, Out, connect, flipped  # noqa: F401 -- what you will need.

from hdl.midi import Packet

__all__ = ["Encoder", "Merger"]


class Encoder(wiring.Component):
    """Packets as the bytes of one line, with running status.

    The code of a packet says how many of its bytes are sent; the cable is not looked at. A packet is taken with
    its last byte. Packets with the reserved codes 0 and 1 are taken and make no bytes.

    Running status leaves out the status of a channel message if it equals the last channel status that was sent. SysEx
    and System Common clear it, real-time on either input leaves it alone. To leave a status out takes one clock.

    Real-time slips between any two bytes: it comes before all but a byte that is on offer already, which stays until it
    is taken. Behind a transmitter it is so at most two byte times late, that byte and the one on the line.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    running_status : :class:`bool`
        Whether a status may be left out at all.
    repeat : :class:`float`
        Seconds. A status is sent again when this long has passed since it was last sent, so that a receiver which was
        plugged in late need not wait for ever. Infinity repeats none and saves the timer.

    Members
    -------
    packets : ``In(stream.Signature(Packet))``
        The packets; real-time may be among them, in its place.
    realtime : ``In(stream.Signature(8))``
        Real-time bytes that are to go first. Only the low three bits are looked at, so that nothing but real-time
        can ever stand inside a message.
    bytes : ``Out(stream.Signature(8))``
        The bytes. ``valid`` does not depend on ``ready``.

    Raises
    ------
    :exc:`ValueError`
        If ``clk_freq`` is no positive number, or ``repeat`` is no time of at least two clocks.
    """

    def __init__(self, clk_freq, *, running_status=True, repeat=1.0):
        if not isinstance(clk_freq, (int, float)) or not 0 < clk_freq < inf:
            raise ValueError(f"Clock frequency must be a positive number of Hz, not {clk_freq!r}")
        # The rounding keeps a whole number of clocks whole where the product is a hair off it.
        if not isinstance(repeat, (int, float)) or not round(repeat * clk_freq, 6) >= 2:
            raise ValueError(
                f"Time to repeat a status must be at least two clocks, {2 / clk_freq:g} s, not {repeat!r}; "
                f"running_status=False sends every status"
            )
        self.running_status = bool(running_status)
        self.repeat_clocks = None if repeat == inf else ceil(round(repeat * clk_freq, 6))
        super().__init__(
            {
                "packets": In(stream.Signature(Packet)),
                "realtime": In(stream.Signature(8)),
                "bytes": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform):
        m = Module()

        # TODO: send the bytes of each packet, and leave out what running status allows.
        #   self.packets.valid, .payload.code, .data[0..2], .ready     a packet, taken with its last byte
        #   self.realtime.valid, .payload, .ready                      goes first
        #   self.bytes.valid, .payload, .ready                         what you send
        #   self.running_status, self.repeat_clocks                    for the last tiers
        return m


class Merger(wiring.Component):
    """Any number of packet streams into one.

    Real-time comes out at once, on a stream of its own and in the order in which it came in, whatever else waits. All
    other messages wait in a queue for each input and come out in its order, by turns one message from each input
    that has one. A SysEx is one message: between its first packet and its last, nothing else stands on ``packets``.
    So no input waits for more than one message of each other input. On the line, real-time takes its time from the
    rest: while it takes less than half, no input starves. Being first, it may overtake what came before it.

    What cannot be kept is dropped as a whole message and counted: ``overrun``. A SysEx that has begun and does not fit
    is closed by an inserted packet with F7, for which there is always a place. So is one that falls silent, so that a
    cable pulled out locks nothing. What is left of such a SysEx is dropped, up to the next status of its input. A SysEx
    that another status cuts off is closed likewise, but that loses nothing.

    Active Sensing is not handed on, since each end senses for itself; System Reset is not echoed from a soft thru. What
    is left out by rule is not counted, and neither are packets with the reserved codes 0 and 1.

    An input is ready once in ``2 * inputs`` clocks, or once in twice as many while a SysEx has to be closed.
    Real-time is offered one clock after it was taken, a packet ``inputs + 2`` clocks after it was taken or sooner,
    unless others are before it.

    Parameters
    ----------
    clk_freq : :class:`int` or :class:`float`
        Frequency of the clock, in Hz.
    inputs : :class:`int`
        Number of inputs, 1 to 16.
    depth : :class:`int`
        Length of each queue in packets, a power of two, at least 4. One place is never used and one is kept for
        the packet that ends a SysEx, so ``depth - 2`` others can wait.
    timeout : :class:`float`
        Seconds. A SysEx of which nothing came for this long is closed before twice this time is over.
    soft_thru : collection of :class:`int`
        Numbers of the inputs that are echoed to the output: System Reset from these is left out. ``None``: all.
    waits : collection of :class:`int`
        Numbers of the inputs that can wait, such as an application's own messages: what finds no room there is not
        taken until there is room, and nothing is lost. A line cannot wait.
    filter_modes : :class:`bool`
        Whether to leave out mode messages 123 to 127. All Notes Off from one input would end the notes of all.

    Members
    -------
    inputs : ``In(stream.Signature(Packet)).array(inputs)``
        The packets of each input. Their ``cable`` is not looked at.
    packets : ``Out(stream.Signature(Packet))``
        All that is not real-time. ``cable`` is the number of the input it came from.
    realtime : ``Out(stream.Signature(8))``
        The real-time messages, a byte each.
    overrun : ``Out(1).array(inputs)``
        Pulses in the clock that takes a packet of this input which finds no room: one message is lost.
    timeout : ``Out(1).array(inputs)``
        Pulses for one clock when a SysEx of this input is closed because it fell silent.

    Raises
    ------
    :exc:`ValueError`
        If there are too few or too many inputs, if ``depth`` is no power of two, if ``soft_thru`` or ``waits`` names an
        input that does not exist, or if ``timeout`` is shorter than four clocks an input.
    """

    def __init__(self, clk_freq, inputs=2, *, depth=64, timeout=0.25, soft_thru=None, waits=(), filter_modes=False):
        if inputs not in range(1, 17):
            raise ValueError(f"Number of inputs must be 1 to 16, not {inputs!r}")
        if depth not in (1 << n for n in range(2, 16)):
            raise ValueError(f"Depth must be a power of two, 4 to 32768, not {depth!r}")
        if not isinstance(clk_freq, (int, float)) or not 0 < clk_freq < float("inf"):
            raise ValueError(f"Clock frequency must be a positive number of Hz, not {clk_freq!r}")
        if not isinstance(timeout, (int, float)) or not 4 * inputs <= timeout * clk_freq < float("inf"):
            raise ValueError(f"Timeout must be {4 * inputs / clk_freq:g} s or longer, not {timeout!r}")
        count = int(inputs)
        soft_thru = range(count) if soft_thru is None else soft_thru
        for what, numbers in (("soft_thru", soft_thru), ("waits", waits)):
            if any(number not in range(count) for number in numbers):
                raise ValueError(f"All of {what} must be inputs, 0 to {count - 1}, not {numbers!r}")
        self.depth = int(depth)
        self.timeout_clocks = round(timeout * clk_freq)
        self.soft_thru = set(soft_thru)
        self.waits = set(waits)
        self.filter_modes = bool(filter_modes)
        super().__init__(
            {
                "inputs": In(stream.Signature(Packet)).array(count),
                "packets": Out(stream.Signature(Packet)),
                "realtime": Out(stream.Signature(8)),
                "overrun": Out(1).array(count),
                "timeout": Out(1).array(count),
            }
        )

    def elaborate(self, platform):
        m = Module()

        # TODO: one stream of packets out of many.
        #   self.inputs[n].valid, .payload, .ready      the packets of input n
        #   self.packets                                 all that is not real-time, cable = n
        #   self.realtime                                real-time, a byte each
        #   self.overrun[n], self.timeout[n]             pulses of one clock
        return m
