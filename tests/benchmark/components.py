"""What is placed: the component of each row, as Verilog that fits the pins of the smallest package."""

import inspect

from amaranth.hdl import Cat, Instance, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hdl import verilog
from hdl.line import LineInput
from hdl.receiver import Receiver
from hdl.transmitter import Transmitter

__all__ = ["CLK_FREQ", "PINS", "ROWS", "OnMemory", "Uart", "rows", "text_of"]

CLK_FREQ = 12e6
"""Clock of all components that are placed: that of most of the boards."""

GLITCH = 3e-6
"""Longest pulse that the filter of ``line_and_receiver`` removes, in seconds."""

ROWS = {
    "receiver": lambda: Uart(glitch=0),
    "line_and_receiver": lambda: Uart(glitch=GLITCH),
    "transmitter": lambda: Transmitter(CLK_FREQ),
    "both": lambda: Uart(glitch=0, transmits=True),
}
"""What makes the component of a row. A component of :mod:`hdl` that is not listed has a row of its own name."""

PINS = 39
"""Pins of the smaller of the packages, clock and reset counted."""


class Uart(wiring.Component):
    """What other projects call a UART: a pin to bytes and, if it ``transmits``, bytes to a pin; no FIFO.

    Parameters
    ----------
    glitch : :class:`float`
        See :class:`hdl.line.LineInput`.
    transmits : :class:`bool`
        Whether it has a transmitter.

    Members
    -------
    pin_in, pin_out : ``In(1)``, ``Out(1)``
        The pins.
    received : ``Out(stream.Signature(8))``
        Bytes from ``pin_in``, each held until it is taken.
    send : ``In(stream.Signature(8))``
        Bytes to ``pin_out``.
    framing_error, break_, overrun : ``Out(1)``
        See :class:`hdl.receiver.Receiver`.
    """

    def __init__(self, glitch, transmits=False):
        self._line = LineInput(CLK_FREQ, glitch)
        self._receiver = Receiver(CLK_FREQ)
        self._transmitter = Transmitter(CLK_FREQ) if transmits else None
        members = {
            "pin_in": In(1, init=1),
            "received": Out(stream.Signature(8)),
            "framing_error": Out(1),
            "break_": Out(1),
            "overrun": Out(1),
        }
        if transmits:
            members |= {"pin_out": Out(1, init=1), "send": In(stream.Signature(8))}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.line = line = self._line
        m.submodules.receiver = receiver = self._receiver
        m.d.comb += [
            line.pin.eq(self.pin_in),
            receiver.level.eq(line.level),
            self.framing_error.eq(receiver.framing_error),
            self.break_.eq(receiver.break_),
            self.overrun.eq(receiver.overrun),
        ]
        connect(m, receiver.bytes, flipped(self.received))
        if self._transmitter:
            m.submodules.transmitter = self._transmitter
            m.d.comb += self.pin_out.eq(self._transmitter.level)
            connect(m, flipped(self.send), self._transmitter.bytes)
        return m


class OnMemory(wiring.Component):
    """A component with its widest ports on block RAM, for one that has more of them than a package has pins.

    A block RAM costs no logic cell. It has a clock of its own, so that paths from and to it count no more than those
    from and to a pin.

    Parameters
    ----------
    component : :class:`amaranth.lib.wiring.Component`
        The component.
    pins : :class:`int`
        Pins to make do with, those of all the clocks and of reset counted.

    Members
    -------
    memory_clk : ``In(1)``
        Clock of the RAM.

    The other members are those ports of the component that stayed on pins, under the names they have in Verilog.
    """

    def __init__(self, component, pins):
        self._component = component
        # The widest last, to be taken from the end.
        ports = sorted(_ports(component), key=lambda port: len(port[2]))
        self._inside = []
        while ports and sum(len(value) for _, _, value in ports) > pins - len(("clk", "rst", "memory_clk")):
            self._inside.append(ports.pop())
        self._outside = ports
        super().__init__({"memory_clk": In(1), **{name: flow(len(value)) for name, flow, value in ports}})

    def elaborate(self, platform):
        m = Module()
        m.submodules.component = self._component
        for name, flow, value in self._outside:
            m.d.comb += value.eq(getattr(self, name)) if flow is In else getattr(self, name).eq(value)

        into = Cat(value for _, flow, value in self._inside if flow is In)
        out_of = Cat(value for _, flow, value in self._inside if flow is Out)
        for start in range(0, max(len(into), len(out_of)), 16):
            read, write = Signal(16), Signal(16)
            m.d.comb += [into[start : start + 16].eq(read), write.eq(out_of[start : start + 16])]
            m.submodules += Instance(
                "SB_RAM40_4K",
                # Without this, synthesis drops a RAM that is only written.
                a_keep=1,
                **{f"i_{side}CLK": self.memory_clk for side in "RW"},
                **{f"i_{side}{name}": 1 for side in "RW" for name in ("E", "CLKE")},
                i_WDATA=write,
                o_RDATA=read,
            )
        return m


def _ports(component):
    """Ports of a component, streams taken apart: name in Verilog, direction, value."""
    for path, member, value in component.signature.flatten(component):
        yield "__".join(str(part) for part in path), member.flow, Value.cast(value)


def rows():
    """What makes the component of each row: those of :data:`ROWS`, then all others that :mod:`hdl` has."""
    others = {name: component for name, component in verilog.components().items() if name not in ROWS}
    return ROWS | {name: lambda component=component: _construct(component) for name, component in others.items()}


def _construct(component):
    parameters = inspect.signature(component).parameters
    return component(**({"clk_freq": CLK_FREQ} if "clk_freq" in parameters else {}))


def text_of(component, pins=PINS):
    """Verilog text of a component, as module ``x``, with no more ports than there are ``pins``."""
    clock_and_reset = 2
    if sum(len(value) for _, _, value in _ports(component)) + clock_and_reset > pins:
        component = OnMemory(component, pins)
    return verilog.convert(component, "x")
