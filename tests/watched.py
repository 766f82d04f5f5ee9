"""A component whose output streams are watched for what no trace of transfers can show."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out, connect, flipped

__all__ = ["Watched"]


class Watched(wiring.Component):
    """A component with one more output.

    Members
    -------
    unstable : ``Out(1)``
        High in each clock in which a stream does not offer what it offered in the clock before and nobody took.

    The other members are those of the component: plain ports and streams.
    """

    def __init__(self, component):
        self._component = component
        super().__init__({**dict(component.signature.members.items()), "unstable": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.component = component = self._component
        broken = []
        for name, member in component.signature.members.items():
            inside, outside = getattr(component, name), getattr(self, name)
            if member.is_port:
                m.d.comb += outside.eq(inside) if member.flow is Out else inside.eq(outside)
            elif member.flow is Out:
                connect(m, inside, flipped(outside))
                broken.append(self._watch(m, outside))
            else:
                connect(m, flipped(outside), inside)
        m.d.comb += self.unstable.eq(sum(broken) > 0)
        return m

    def _watch(self, m, stream):
        payload = Value.cast(stream.payload)
        waits, offered, broken = Signal(), Signal(len(payload)), Signal()
        m.d.sync += waits.eq(stream.valid & ~stream.ready)
        m.d.sync += offered.eq(payload)
        m.d.comb += broken.eq(waits & (~stream.valid | (payload != offered)))
        return broken
