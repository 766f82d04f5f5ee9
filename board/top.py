# amaranth: UnusedElaboratable=no
"""A design led to the pins of a board."""

from amaranth.hdl import Elaboratable, Module
from amaranth.lib import io, wiring

__all__ = ["OPTIONAL", "AtPins", "Top"]

OPTIONAL = {"leds", "digits", "host_cts", "host_rts", "midi_thru"}
"""Members of a design that a board need not have a pin for."""


class Top(Elaboratable):
    """A design, and a buffer for each of its pins.

    Parameters
    ----------
    design : component
        One of :data:`board.designs.DESIGNS`.
    ports : :class:`dict`
        For each member of the design the board's pins, as an Amaranth port with its own polarity: a port that is
        inverted makes a low pin of a high level. Those in :data:`OPTIONAL` may be missing: an input then keeps its
        idle level. A port may be narrower than its member, which then shows its lowest bits.

    Raises
    ------
    :exc:`ValueError`
        If a member that is needed has no port, or a port has no member.
    """

    def __init__(self, design, ports):
        members = design.signature.members
        if unknown := sorted(ports.keys() - set(members)):
            raise ValueError(f"Ports must be among {', '.join(members)}, not {', '.join(unknown)}")
        if missing := sorted(set(members) - OPTIONAL - ports.keys()):
            raise ValueError(f"A port must be given for {', '.join(missing)}, too")
        self.design = design
        self.ports = ports

    def elaborate(self, platform):
        m = Module()
        m.submodules.design = self.design
        for name, member in self.design.signature.members.items():
            if name not in self.ports:
                continue
            port, signal = self.ports[name], getattr(self.design, name)
            inward = member.flow is wiring.In
            m.submodules[f"{name}_buffer"] = buffer = io.Buffer("i" if inward else "o", port)
            m.d.comb += signal.eq(buffer.i) if inward else buffer.o.eq(signal)
        return m


class AtPins(wiring.Component):
    """A design as it is seen at a board's pins: what a bench drives and watches.

    Parameters
    ----------
    design : component
        One of :data:`board.designs.DESIGNS`.
    inverted : collection of :class:`str`
        Members whose pins are inverted.

    Members
    -------
    Those of the design, with the idle level that the pin has.
    """

    def __init__(self, design, inverted=()):
        members = dict(design.signature.members)
        if unknown := sorted(set(inverted) - set(members)):
            raise ValueError(f"Inverted must be among {', '.join(members)}, not {', '.join(unknown)}")
        self._design = design
        self._ports = {}
        for name, member in members.items():
            inward, width, idle = member.flow is wiring.In, member.shape, int(member.init or 0)
            turned = name in inverted
            self._ports[name] = io.SimulationPort("i" if inward else "o", width, invert=turned, name=name)
            members[name] = member.flow(width, init=idle ^ ((1 << width) - 1 if turned else 0))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.top = Top(self._design, self._ports)
        for name, port in self._ports.items():
            signal = getattr(self, name)
            # What a simulated port calls ``i`` and ``o`` are the levels at the pin, behind the inverter.
            m.d.comb += port.i.eq(signal) if port.direction is io.Direction.Input else signal.eq(port.o)
        return m
