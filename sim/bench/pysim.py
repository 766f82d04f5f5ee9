"""The run in Amaranth's own simulator: with nothing to compile and nothing to install, and so for a browser too.

It performs the stimuli of :mod:`sim.bench.run` and records the same traces, to the picosecond; but it makes only 20,000
to 80,000 clocks a second.
"""

from collections import deque
from contextlib import nullcontext
from functools import partial
from operator import itemgetter

from amaranth.hdl import Cat, ClockDomain, Elaboratable, Module, Signal, Value
from amaranth.sim import Simulator

from sim.bench.trace import Trace

__all__ = ["RESET", "run"]

RESET = 6
"""Clocks for which reset is held before each stimulus, as in the other simulators."""

STEP = 1e-12
"""Seconds of a step, of which all times here are whole numbers."""

TOLD = round(1e-3 / STEP)
"""Steps from one word of progress to the next."""

CYCLES = 40
"""Bits of the counter of clocks: more than any run has."""


def run(design, stimuli, *, progress=None, waves=None):
    """Run stimuli one after the other, each from reset; returns a :class:`sim.bench.trace.Trace` for each.

    For each output stream ``X`` there is one level more than the other simulators record, ``X__broken``: it turns over
    at each clock edge that does not find what was on offer at the one before it and was not taken.

    Parameters
    ----------
    design : :class:`sim.bench.design.Design`
        Of a component: Verilog text is nothing that Amaranth can simulate.
    stimuli : list of :class:`sim.bench.trace.Stimulus`
        What to do.
    progress : function
        Called after each millisecond of a stimulus with its number and the time it has come to, in seconds. What it
        raises ends the run.
    waves : path
        Where to write all signals of the design, as a VCD file. The first stimulus begins :data:`RESET` clocks after
        its time 0.

    Raises
    ------
    :exc:`ValueError`
        If the design is Verilog text.
    :exc:`OSError`
        If ``waves`` cannot be written.
    """
    if design.component is None or design.text is not None:
        raise ValueError(
            "Amaranth's simulator needs a component of Amaranth, not Verilog text; sim.bench.run takes both"
        )
    testbench = _Testbench(design)
    simulator = Simulator(testbench)
    # It rises one step after a whole number of periods. The half femtosecond is for what cuts the rest off.
    simulator.add_clock(2 * design.half_period * STEP + 0.5e-15, phase=STEP + 0.5e-15)
    recorder = _Recorder(testbench)
    traces = []

    async def perform(context):
        for number, stimulus in enumerate(stimuli):
            traces.append(Trace(design.clock, _step(stimulus.until) * STEP))
            performance = _Performance(context, testbench, stimulus, progress and partial(progress, number))
            await performance.whole(recorder, traces[-1])

    # One that waited for what the clock does and for the next event would leave an alarm behind at every change, and
    # Amaranth goes through all of them at every clock edge. So there are two, each of which waits for one thing.
    with simulator.write_vcd(str(waves)) if waves else nullcontext():
        simulator.add_testbench(recorder.watch, background=True)
        simulator.add_testbench(perform)
        simulator.run()
    return traces


def _step(seconds):
    """An even number of steps; the clock rises at odd ones."""
    return 2 * round(seconds * 0.5 / STEP)


def _member(component, place):
    """The member of a component that a design knows under a flat name."""
    for part in place.split("__"):
        component = component[int(part)] if part.isdecimal() else getattr(component, part)
    return component


class _Testbench(Elaboratable):
    """A component, with a tap at each of its streams, and one signal that changes with all that is watched.

    ``watched`` has in its lowest bits the first part of ``parts``, each ``(name, width, value)``. ``cycle`` counts how
    often the clock has risen. ``domain`` has the clock, and the reset to be driven.
    """

    def __init__(self, design):
        self.design = design
        # What is joined passes both ends at once: looking at one is enough.
        streams = design.streams_in | design.streams_out | design.taps
        streams = {name: width for name, width in streams.items() if name not in design.joins.values()}
        self.pins = {name: Value.cast(_member(design.component, name)) for name in design.pins_in | design.pins_out}
        self.streams = {name: _member(design.component, name) for name in streams}
        self.sources = [name for name in design.streams_in if name in streams]
        self.sinks = [name for name in design.streams_out if name not in design.joins]
        self.taps = {name: Signal(width + 1, name=f"{name}__tap") for name, width in streams.items()}
        self.broken = {name: Signal(name=f"{name}__broken") for name in design.streams_out}
        self.parts = [(name, len(pin), pin) for name, pin in self.pins.items()]
        self.parts += [(broken.name, 1, broken) for broken in self.broken.values()]
        self.parts += [(name, len(tap), tap) for name, tap in self.taps.items()]
        self.watched = Signal(sum(width for _, width, _ in self.parts))
        self.domain = ClockDomain("sync")
        self.cycle = Signal(CYCLES, reset_less=True)

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = self.domain
        m.submodules.dut = component = self.design.component
        for out, into in self.design.joins.items():
            source, sink = _member(component, out), _member(component, into)
            m.d.comb += [sink.payload.eq(source.payload), sink.valid.eq(source.valid), source.ready.eq(sink.ready)]
        m.d.comb += self.watched.eq(Cat(value for _, _, value in self.parts))
        m.d.sync += self.cycle.eq(self.cycle + 1)
        for name, tap in self.taps.items():
            stream = self.streams[name]
            # The top bit only tells one transfer from the next.
            with m.If(stream.valid & getattr(stream, "ready", 1)):
                m.d.sync += tap.eq(Cat(stream.payload, ~tap[-1]))
        for name, broken in self.broken.items():
            stream = self.streams[name]
            waits = Signal(name=f"{name}__waits")
            offered = Signal(len(Value.cast(stream.payload)), name=f"{name}__offered")
            m.d.sync += [waits.eq(stream.valid & ~stream.ready), offered.eq(stream.payload)]
            with m.If(waits & (~stream.valid | (Value.cast(stream.payload) != offered))):
                m.d.sync += broken.eq(~broken)
        return m


class _Performance:
    """One stimulus from reset to its end. Times are steps since reset was released."""

    def __init__(self, context, testbench, stimulus, tell):
        self.context = context
        self.testbench = testbench
        self.stimulus = stimulus
        self.tell = tell
        self.period = 2 * testbench.design.half_period
        self.until = _step(stimulus.until)
        self.sources = {
            name: _Source(context, testbench.streams[name], each) for name, each in stimulus.streams.items()
        }

    async def whole(self, recorder, trace):
        """Reset the design, do what the stimulus says, and have it recorded in a trace."""
        await self._reset()
        recorder.begin(self.context, trace, self.sources)
        now = 0
        # Of several events at one moment the last counts, as in the other simulators.
        for time, action in sorted(self._events(), key=itemgetter(0)):
            if time >= self.until:
                break
            if time > now:
                recorder.look(self.context, now)
                await self._wait(time - now)
                now = time
            action()
        recorder.look(self.context, now)
        await self._wait(self.until - now)
        recorder.end()
        # So the next one begins with a whole clock too, and every trace has its clock edges at the same times.
        await self._wait(-self.until % self.period)

    async def _wait(self, steps):
        await self.context.delay(steps * STEP)

    async def _reset(self):
        """Idle inputs and reset for a few clocks."""
        context, testbench = self.context, self.testbench
        context.set(testbench.domain.rst, 1)
        for name, (_, idle) in testbench.design.pins_in.items():
            context.set(testbench.pins[name], idle)
        for name in testbench.sources:
            context.set(testbench.streams[name].valid, 0)
        for name in testbench.sinks:
            context.set(testbench.streams[name].ready, 1)
        await self._wait(RESET * self.period)
        context.set(testbench.domain.rst, 0)

    def _events(self):
        """What is to be done: ``(time, function)``."""
        testbench, stimulus = self.testbench, self.stimulus
        signals = [(testbench.pins[name], edges) for name, edges in stimulus.levels.items()]
        signals += [(testbench.streams[name].ready, edges) for name, edges in stimulus.ready.items()]
        for signal, edges in signals:
            yield from ((_step(time), partial(self.context.set, signal, level)) for time, level in edges)
        for source in self.sources.values():
            yield from ((time, partial(source.look, time)) for time, _ in source.items)
        if self.tell:
            yield from ((time, partial(self.tell, time * STEP)) for time in range(TOLD, self.until, TOLD))


class _Source:
    """Offers the items of an input stream, each at its time or when the one before it was taken."""

    def __init__(self, context, stream, items):
        self.context = context
        self.payload, self.valid = Value.cast(stream.payload), stream.valid
        self.offer = Cat(self.payload, self.valid)
        self.items = deque((_step(time), value) for time, value in items)
        self.offers = False

    def look(self, now):
        """Offer the next item if its time has come, and nothing else is on offer."""
        if not self.offers and self.items and self.items[0][0] <= now:
            _, value = self.items.popleft()
            self.context.set(self.offer, value | 1 << len(self.payload))
            self.offers = True

    def taken(self, now):
        """The design took what was on offer."""
        self.offers = False
        self.look(now)
        if not self.offers:
            self.context.set(self.valid, 0)


class _Recorder:
    """Appends to a trace whatever changes, and tells a source that its item was taken."""

    def __init__(self, testbench):
        self.testbench = testbench
        self.fields = self.sources = ()
        self.before = self.risen = 0

    async def watch(self, context):
        """Wake with what the clock changes; whoever changes anything else looks himself."""
        testbench, half_period = self.testbench, self.testbench.design.half_period
        while True:
            await context.changed(testbench.watched)
            periods = context.get(testbench.cycle) - self.risen - 1
            falls = not context.get(testbench.domain.clk)
            self.look(context, 1 + (2 * periods + falls) * half_period)

    def begin(self, context, trace, sources):
        """Record from now on."""
        self.before = context.get(self.testbench.watched)
        self.risen = context.get(self.testbench.cycle)
        self.fields, self.sources, low = [], [], 0
        for name, width, _ in self.testbench.parts:
            mask = (1 << width) - 1
            if name in self.testbench.taps:
                trace.streams[name] = events = []
                if name in sources:
                    self.sources.append((mask << low, sources[name]))
                # The top bit only tells one transfer from the next.
                self.fields.append((low, mask, mask >> 1, events))
            else:
                trace.levels[name] = events = [(0.0, self.before >> low & mask)]
                self.fields.append((low, mask, mask, events))
            low += width

    def end(self):
        """Record no more."""
        self.fields = self.sources = ()

    def look(self, context, now):
        """Write down what has changed up to the step ``now``."""
        value = context.get(self.testbench.watched)
        changed = value ^ self.before
        if not changed:
            return
        if taken := [source for mask, source in self.sources if changed & mask]:
            for source in taken:
                source.taken(now)
            # Only then is all worked out that happens at this moment.
            value = context.get(self.testbench.watched)
            changed = value ^ self.before
        for low, mask, kept, events in self.fields:
            if changed >> low & mask:
                events.append((now * STEP, value >> low & kept))
        self.before = value
