"""Amaranth's own simulator as the run: the same traces, to the picosecond."""

import pytest
from amaranth.hdl import ClockSignal, Const, Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import Out
from vcd.reader import TokenKind, tokenize

from hdl.receiver import Receiver
from hdl.transmitter import Transmitter
from sim.bench import pysim
from sim.bench.design import Design
from sim.bench.run import Build, available, choose
from sim.bench.trace import Difference, Stimulus
from tests import bench_port, bench_receiver
from tests.lab.labs import LABS
from tests.lab.planted import PLANTED


def of_benches():
    """Designs with what no lab has, and the shortest cases of each: ``name: (design, stimuli)``, made when called."""
    benches = {
        "port, joined": lambda: bench_port.bench(500e3),
        "packet port, with a tap": lambda: bench_port.packet_bench(500e3, depth=16, repeat=0.01),
    }

    def shortest(bench):
        return bench.design, sorted((case.stimulus for case in bench.cases.values()), key=lambda each: each.until)[:3]

    return {name: lambda make=make: shortest(make()) for name, make in benches.items()}


def of_labs(components):
    """The components of the labs, each with all that is done to it in a run: ``name: (design, stimuli)``."""

    def all_of(lab, unit):
        stimuli = [case.stimulus for tier in lab.tiers for case in tier.cases if case.unit is unit]
        return Design.of(unit.make(lab.components[unit.component]), unit.clk_freq), stimuli

    labs = [LABS[number] for number in PLANTED]
    units = {unit.component: (lab, unit) for lab in labs for unit in reversed(lab.units)}
    return {name: lambda name=name: all_of(*units[name]) for name in components or units}


# Streams in and out, an array of them, and no clock at all. Verilator takes seconds to compile each of the others.
FEW = ("Parser", "Merger", "DirectThru")

RUNS = of_benches() | of_labs(() if "icarus" in available() else FEW)


@pytest.mark.parametrize("name", RUNS)
def test_trace_is_that_of_the_other_simulators(name):
    design, stimuli = RUNS[name]()
    theirs = Build(design, choose("auto", design, 1e5)).run(stimuli)
    ours = pysim.run(design, stimuli)
    for one, other in zip(ours, theirs, strict=True):
        assert (one.clock, one.end) == (other.clock, other.end)
        assert one.levels.keys() == other.levels.keys() | {f"{name}__broken" for name in design.streams_out}
        assert one.streams.keys() == other.streams.keys()
        for kind in ("levels", "streams"):
            for place, events in getattr(other, kind).items():
                # At the very end it is the order of two events at one moment that counts, and that is each one's own.
                assert getattr(one, kind)[place] == [event for event in events if event[0] < other.end], place


def test_what_falls_with_the_clock_has_its_time():
    class ClockOut(wiring.Component):
        pin: Out(1)

        def elaborate(self, platform):
            m = Module()
            m.d.comb += self.pin.eq(ClockSignal())
            return m

    # A period of 82 and half a period of 41 ns, and as many picoseconds as the first edge is late.
    [trace] = pysim.run(Design.of(ClockOut(), 1 / 82e-9), [Stimulus(150e-9)])
    assert [(round(time * 1e12), level) for time, level in trace.levels["pin"]] == [
        (0, 0), (1, 1), (41_001, 0), (82_001, 1), (123_001, 0),
    ]  # fmt: skip


def test_a_broken_component_is_found_in_it():
    class Deaf(Receiver):
        def elaborate(self, platform):
            m = super().elaborate(platform)
            return ResetInserter(Const(1))(m)

    bench = bench_receiver.bench(500e3, Deaf)
    case = bench.cases["on overrun the held byte stays and the new one is dropped"]
    [trace] = pysim.run(bench.design, [case.stimulus])
    with pytest.raises(Difference):
        case.check(trace)


def test_an_offer_that_does_not_stay_is_told():
    class Fickle(wiring.Component):
        items: Out(stream.Signature(1))

        def elaborate(self, platform):
            m = Module()
            count = Signal(3)
            m.d.sync += count.eq(count + 1)
            m.d.comb += [self.items.valid.eq(~count[2]), self.items.payload.eq(count[1])]
            return m

    design = Design.of(Fickle(), 500e3)
    stalled, free = pysim.run(design, [Stimulus(26e-6, ready={"items": [(0, 0)]}), Stimulus(26e-6)])
    # Clock 2 finds another payload, 4 none at all, 10 and 12 the same again.
    turns = [round(time * 1e12) for time, _ in stalled.levels["items__broken"]]
    assert turns == [0, 4_000_001, 8_000_001, 20_000_001, 24_000_001]
    assert free.levels["items__broken"] == [(0, 0)]


def test_what_ends_in_the_middle_leaves_nothing_to_the_next():
    cut = Stimulus(1e-4, streams={"bytes": [(0, 0x90), (0, 0x3C), (0, 0x40)]})
    design, silence = Design.of(Transmitter(500e3), 500e3), Stimulus(1e-3)
    first, second = pysim.run(design, [cut, silence])
    assert len(first.streams["bytes"]) == 1
    assert [second] == pysim.run(design, [silence])


# --- Waves ---


def edges_of(path, variable):
    """Edges of a variable of a VCD file, the first of its name, in picoseconds."""
    edges, code, time = [], None, 0
    with path.open("rb") as file:
        for token in tokenize(file):
            if token.kind is TokenKind.VAR and token.data.reference == variable:
                code = code or token.data.id_code
            elif token.kind is TokenKind.CHANGE_TIME:
                time = token.data / 1000
            elif token.kind is TokenKind.CHANGE_SCALAR and token.data.id_code == code:
                edges.append((time, int(token.data.value)))
    return edges


def test_waves_have_one_stimulus_after_the_other(tmp_path):
    clk_freq, period = 500e3, 2_000_000
    stimuli = [Stimulus(1.0001e-3, streams={"bytes": [(1e-4, byte)]}) for byte in (0x90, 0x3C)]
    traces = pysim.run(Design.of(Transmitter(clk_freq), clk_freq), stimuli, waves=tmp_path / "waves.vcd")
    assert traces == pysim.run(Design.of(Transmitter(clk_freq), clk_freq), stimuli)
    must, begun = [(0, 1)], 0
    for trace in traces:
        begun += pysim.RESET * period
        must += [(begun + round(time * 1e12), level) for time, level in trace.levels["level"][1:]]
        # The next one begins with a whole clock.
        begun += -(-round(trace.end * 1e12) // period) * period
    assert edges_of(tmp_path / "waves.vcd", "level") == must
    assert all(len(trace.levels["level"]) > 1 for trace in traces)


def test_waves_that_cannot_be_written_are_an_error_of_the_file(tmp_path):
    with pytest.raises(OSError, match=r"nowhere"):
        pysim.run(Design.of(Transmitter(500e3), 500e3), [], waves=tmp_path / "nowhere" / "waves.vcd")


# --- Words ---


def test_verilog_text_is_refused_in_words():
    design = bench_receiver.bench(500e3).design
    design.text = "module dut; endmodule"
    with pytest.raises(ValueError, match="needs a component of Amaranth, not Verilog text"):
        pysim.run(design, [])


def test_it_tells_how_far_it_is_and_can_be_stopped():
    design = bench_receiver.bench(500e3).design
    told = []
    pysim.run(design, [Stimulus(0.01), Stimulus(0.003)], progress=lambda number, time: told.append((number, time)))
    assert told == [(n, pytest.approx(1e-3 * ms)) for n, end in enumerate((10, 3)) for ms in range(1, end)]

    def stop(number, time):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pysim.run(design, [Stimulus(0.01)], progress=stop)
