"""A run in Amaranth's own simulator: nothing to install and nothing to compile, and every signal can be written down.

It performs the same stimuli as :mod:`sim.bench.run` and records the same traces. It needs neither Yosys nor cocotb.
"""

from contextlib import nullcontext
from operator import itemgetter

from amaranth.hdl import Cat, ClockDomain, Module, ResetSignal, Signal, Value
from amaranth.lib import wiring
from amaranth.sim import Simulator

from sim.bench.design import Design
from sim.bench.trace import Trace

__all__ = ["simulate"]

CYCLES = 40
"""Bits of the counter of clocks: more than any run has."""

RESET = 6
"""Clocks of reset before each stimulus."""


def simulate(component, clk_freq, stimuli, *, waves=None):
    """Run stimuli one after the other, each from reset; returns a :class:`sim.bench.trace.Trace` for each.

    Parameters
    ----------
    component : :class:`amaranth.lib.wiring.Component`
        The design.
    clk_freq : :class:`float`
        Frequency of its clock, in Hz.
    stimuli : list of :class:`sim.bench.trace.Stimulus`
        What to do.
    waves : path
        Where to write all signals of the design, as a VCD file.
    """
    design = Design.of(component, clk_freq)
    testbench = _Testbench(component, design)
    simulator = Simulator(testbench)
    # The clock rises at odd picoseconds, first at 1 ps; half a femtosecond is for what cuts the rest off.
    simulator.add_clock(2e-12 * design.half_period + 0.5e-15, phase=1e-12 + 0.5e-15)
    traces = []

    async def bench(context):
        time = 0.0
        for stimulus in stimuli:
            traces.append(Trace(design.clock, stimulus.until))
            performance = _Performance(context, testbench, stimulus, traces[-1], time)
            await performance.whole()
            time = performance.over

    simulator.add_testbench(bench)
    with simulator.write_vcd(str(waves)) if waves else nullcontext():
        simulator.run()
    return traces


def _signals(component, design):
    """The parts of all pins and streams, by the names that the design gives them."""
    found = {}
    for place in (*design.pins_in, *design.pins_out, *design.streams_in, *design.streams_out, *design.taps):
        at = component
        for part in place.split("__"):
            at = at[int(part)] if part.isdigit() else getattr(at, part)
        found[place] = at
    return found


class _Testbench(wiring.Component):
    """A component, with a tap at each of its streams, and one signal that changes with all that is watched.

    Members
    -------
    watched : ``Out(n)``
        All that is recorded, the first part of ``parts`` in the lowest bits.

    ``reset`` is the reset, high at first; ``cycle`` counts how often the clock has risen.
    """

    def __init__(self, component, design):
        self.component = component
        self.design = design
        self.signals = _signals(component, design)
        streams = (*design.streams_in, *design.streams_out, *design.taps)
        pins = {name: width for name, (width, _) in (design.pins_in | design.pins_out).items()}
        widths = design.streams_in | design.streams_out | design.taps
        self.taps = {name: Signal(widths[name] + 1, name=f"{name}__tap") for name in streams}
        # What is on offer and not taken must stay: this turns over each time it does not.
        self.broken = {name: Signal(name=f"{name}__broken") for name in design.streams_out}
        self.parts = [(name, pins[name], Value.cast(self.signals[name])) for name in pins]
        self.parts += [(f"{name}__tap", len(tap), tap) for name, tap in self.taps.items()]
        self.parts += [(f"{name}__broken", 1, broken) for name, broken in self.broken.items()]
        self.reset = Signal(init=1)
        self.cycle = Signal(CYCLES, reset_less=True)
        super().__init__({"watched": wiring.Out(sum(width for _, width, _ in self.parts))})

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.d.comb += ResetSignal().eq(self.reset)
        m.submodules.dut = self.component
        m.d.sync += self.cycle.eq(self.cycle + 1)
        m.d.comb += self.watched.eq(Cat(value for _, _, value in self.parts))
        for name, tap in self.taps.items():
            stream = self.signals[name]
            with m.If(stream.valid & getattr(stream, "ready", 1)):
                m.d.sync += tap.eq(Cat(Value.cast(stream.payload), ~tap[-1]))
        for name, broken in self.broken.items():
            stream, waits = self.signals[name], Signal(name=f"{name}__waits")
            offered = Signal(len(Value.cast(stream.payload)), name=f"{name}__offered")
            m.d.sync += [waits.eq(stream.valid & ~stream.ready), offered.eq(stream.payload)]
            with m.If(waits & (~stream.valid | (Value.cast(stream.payload) != offered))):
                m.d.sync += broken.eq(~broken)
        return m


class _Performance:
    """One stimulus from reset to its end, and the record of it. Times are seconds since reset was released."""

    def __init__(self, context, testbench, stimulus, trace, begun):
        self.context = context
        self.testbench = testbench
        self.stimulus = stimulus
        self.trace = trace
        # Time of the simulator: at which this begins, and at which it is over.
        self.begun = self.over = begun
        self.events = sorted(self._events(), key=itemgetter(0))
        self.done = 0

    def _events(self):
        signals = self.testbench.signals
        for name, edges in self.stimulus.levels.items():
            yield from ((time, Value.cast(signals[name]), level) for time, level in edges)
        for name, edges in self.stimulus.ready.items():
            yield from ((time, signals[name].ready, level) for time, level in edges)

    async def whole(self):
        """Reset the design, and do what the stimulus says."""
        await self._reset()
        context, testbench, trace = self.context, self.testbench, self.trace
        recorder = _Recorder(testbench, trace, context.get(testbench.watched))
        sources = [_Source(context, testbench, *each) for each in self.stimulus.streams.items()]
        now, until = 0.0, self.stimulus.until
        while True:
            self._play(now)
            for source in sources:
                source.look(now)
            # Only then is all worked out that happens at this moment.
            recorder.look(now, context.get(testbench.watched))
            if now >= until:
                return
            due = min([until, *(event[0] for event in self.events[self.done : self.done + 1])])
            due = min([due, *(source.due for source in sources)])
            *_, over = await context.changed(testbench.watched).delay(due - now)
            now = due if over else trace.clock.time(context.get(testbench.cycle) - self.first - 1)

    async def _reset(self):
        """Idle inputs and reset for a few clocks."""
        context, testbench = self.context, self.testbench
        context.set(testbench.reset, 1)
        for name, (_, idle) in testbench.design.pins_in.items():
            context.set(Value.cast(testbench.signals[name]), idle)
        for name in testbench.design.streams_in:
            context.set(testbench.signals[name].valid, 0)
        for name in testbench.design.streams_out:
            context.set(testbench.signals[name].ready, 1)
        # Up to a whole number of periods, so that every trace has its clock edges at the same times.
        period = 1 / self.trace.clock.freq
        start = (self.begun // period + RESET) * period
        await context.delay(start - self.begun)
        context.set(testbench.reset, 0)
        self.first = context.get(testbench.cycle)
        self.over = start + self.stimulus.until

    def _play(self, now):
        while self.done < len(self.events) and self.events[self.done][0] <= now:
            self.context.set(*self.events[self.done][1:])
            self.done += 1


class _Recorder:
    """Appends to a trace whatever changed."""

    def __init__(self, testbench, trace, value):
        self.trace = trace
        self.before = value
        self.fields, low = [], 0
        for name, width, _ in testbench.parts:
            mask = (1 << width) - 1
            self.fields.append((name, low, mask))
            if name.endswith("__tap"):
                trace.streams[name.removesuffix("__tap")] = []
            else:
                trace.levels[name] = [(0.0, value >> low & mask)]
            low += width

    def look(self, now, value):
        if not (changed := value ^ self.before):
            return
        for name, low, mask in self.fields:
            if changed >> low & mask:
                part = value >> low & mask
                if name.endswith("__tap"):
                    # The top bit only tells one transfer from the next.
                    self.trace.streams[name.removesuffix("__tap")].append((now, part & mask >> 1))
                else:
                    self.trace.levels[name].append((now, part))
        self.before = value


class _Source:
    """Offers the items of an input stream, each at its time or when the one before it was taken."""

    def __init__(self, context, testbench, name, items):
        self.context = context
        self.stream = testbench.signals[name]
        self.tap = testbench.taps[name]
        self.items = iter(items)
        self.next = next(self.items, None)
        self.offers = False
        self.turn = context.get(self.tap) >> len(self.tap) - 1

    @property
    def due(self):
        """When it has something to do, whatever the design does."""
        return float("inf") if self.offers or self.next is None else self.next[0]

    def look(self, now):
        turn = self.context.get(self.tap) >> len(self.tap) - 1
        if self.offers and turn != self.turn:
            self.offers = False
        self.turn = turn
        if self.offers:
            return
        offers = self.next is not None and self.next[0] <= now
        if offers:
            self.context.set(Value.cast(self.stream.payload), self.next[1])
            self.next = next(self.items, None)
        self.offers = offers
        self.context.set(self.stream.valid, offers)
