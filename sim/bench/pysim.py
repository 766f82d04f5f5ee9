"""The run in Amaranth's own simulator: with nothing to compile and nothing to install, and so for a browser too.

What it records is what :mod:`sim.bench.run` does, to the picosecond, some fifty times slower.
"""

from heapq import merge

from amaranth.hdl import ClockDomain, Elaboratable, Module, Value
from amaranth.sim import Simulator

from sim.bench.trace import Trace

__all__ = ["run"]

STEP = 1e-12

RESET = 6
"""Clocks for which reset is held, as in the other simulators."""


def run(design, stimuli, *, progress=None):
    """Run stimuli one after the other, each from reset; returns a :class:`sim.bench.trace.Trace` for each.

    Parameters
    ----------
    design : :class:`sim.bench.design.Design`
        Of a component: Verilog text is nothing that Amaranth can simulate.
    stimuli : list of :class:`sim.bench.trace.Stimulus`
        What to do.
    progress : function
        Called after each millisecond of a stimulus with its number and the time it has come to, in seconds. What it
        raises ends the run.

    Raises
    ------
    :exc:`ValueError`
        If the design is Verilog text.
    """
    if design.component is None or design.text is not None:
        raise ValueError(
            "Amaranth's simulator needs a component of Amaranth, not Verilog text; sim.bench.run takes both"
        )
    return [_Run(design, stimulus).trace(number, progress) for number, stimulus in enumerate(stimuli)]


class _Joined(Elaboratable):
    """A component in a clock domain that a testbench drives, and the streams that are led back into it."""

    def __init__(self, design):
        self.domain = ClockDomain("sync")
        self.design = design

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = self.domain
        m.submodules.dut = self.design.component
        for out, into in self.design.joins.items():
            source, sink = _member(self.design, out), _member(self.design, into)
            m.d.comb += [sink.payload.eq(source.payload), sink.valid.eq(source.valid), source.ready.eq(sink.ready)]
        return m


def _member(design, place):
    """The member of a component that the testbench knows under a flat name."""
    found = design.component
    for part in place.split("__"):
        found = found[int(part)] if part.isdecimal() else getattr(found, part)
    return found


class _Run:
    def __init__(self, design, stimulus):
        self.design, self.stimulus = design, stimulus
        self.pins = {name: Value.cast(_member(design, name)) for name in (design.pins_in | design.pins_out)}
        self.streams = {
            name: _member(design, name)
            for name in (design.streams_in | design.streams_out | design.taps)
            if name not in design.joins.values()
        }
        self.sources = [name for name in design.streams_in if name not in design.joins.values()]

    def trace(self, number, progress):
        """Perform the stimulus."""
        found = Trace(self.design.clock, self.stimulus.until)
        top = _Joined(self.design)
        simulator = Simulator(top)

        async def perform(ctx):
            await self._perform(ctx, top.domain, found, lambda time: progress and progress(number, time))

        simulator.add_testbench(perform)
        simulator.run()
        return found

    def _payload(self, name):
        return Value.cast(self.streams[name].payload)

    async def _perform(self, ctx, domain, found, tell):
        for name, (_, idle) in self.design.pins_in.items():
            ctx.set(self.pins[name], idle)
        for name in self.streams:
            if name in self.design.streams_out and name not in self.design.joins:
                ctx.set(self.streams[name].ready, 1)
        ctx.set(domain.rst, 1)
        for _ in range(RESET):
            ctx.set(domain.clk, 1)
            ctx.set(domain.clk, 0)
        ctx.set(domain.rst, 0)
        seen = {name: ctx.get(pin) for name, pin in self.pins.items()}
        found.levels.update({name: [(0.0, value)] for name, value in seen.items()})
        found.streams.update({name: [] for name in self.streams})

        waiting = {name: list(reversed(self.stimulus.streams.get(name, ()))) for name in self.sources}
        told = 0.0
        for time, change in merge(self._edges(), self._clocks(), key=lambda event: event[0]):
            if time >= self.stimulus.until:
                break
            if change is None:
                self._clock(ctx, domain, found, time, waiting)
            else:
                signal, value = change
                ctx.set(signal, value) if signal is not None else self._offer(ctx, value, waiting, time)
            for name, pin in self.pins.items():
                if (value := ctx.get(pin)) != seen[name]:
                    seen[name] = value
                    found.levels[name].append((time, value))
            if time - told >= 1e-3:
                told = time
                tell(time)

    def _clocks(self):
        period, n = 2 * self.design.half_period, 0
        while True:
            yield (1 + n * period) * STEP, None
            n += 1

    def _edges(self):
        """What the stimulus does, in order of time: ``(time, (signal, value))``, or for a source ``(None, name)``."""
        events = [
            (time, (self.pins[name], level)) for name, edges in self.stimulus.levels.items() for time, level in edges
        ]
        for name, edges in self.stimulus.ready.items():
            events += [(time, (self.streams[name].ready, level)) for time, level in edges]
        for name, items in self.stimulus.streams.items():
            events += [(time, (None, name)) for time, _ in items]
        # Of several at one moment the last counts, as in the other simulators.
        return sorted(events, key=lambda event: event[0])

    def _clock(self, ctx, domain, found, time, waiting):
        passed = []
        for name, one in self.streams.items():
            ready = name in self.design.taps or ctx.get(one.ready)
            if ready and ctx.get(one.valid):
                found.streams[name].append((time, ctx.get(self._payload(name))))
                passed.append(name)
        ctx.set(domain.clk, 1)
        for name in passed:
            if name in waiting:
                waiting[name].pop()
                ctx.set(self.streams[name].valid, 0)
                self._offer(ctx, name, waiting, time)
        ctx.set(domain.clk, 0)

    def _offer(self, ctx, name, waiting, now):
        """Offer the next item of a source, if its time has come."""
        if waiting[name] and waiting[name][-1][0] <= now:
            ctx.set(self._payload(name), waiting[name][-1][1])
            ctx.set(self.streams[name].valid, 1)
