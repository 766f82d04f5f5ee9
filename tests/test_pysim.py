"""Amaranth's own simulator as the run: the same traces, to the picosecond."""

import pytest
from amaranth.hdl import Const, ResetInserter

from hdl.receiver import Receiver
from hdl.thru import DirectThru, RetimedThru
from sim.bench import pysim
from sim.bench.run import Build, choose
from sim.bench.trace import Difference, Stimulus
from tests import bench_encoder, bench_merger, bench_parser, bench_port, bench_receiver, bench_thru, bench_transmitter

BENCHES = {
    "receiver": lambda: bench_receiver.bench(500e3),
    "transmitter": lambda: bench_transmitter.bench(500e3),
    "port, joined": lambda: bench_port.bench(500e3),
    "packet port, with a tap": lambda: bench_port.packet_bench(500e3, depth=16, repeat=0.01),
    "direct thru, without a clock": lambda: bench_thru.bench(500e3, DirectThru),
    "retimed thru": lambda: bench_thru.bench(500e3, RetimedThru),
    "parser": bench_parser.bench,
    "encoder": bench_encoder.bench,
    "merger, with an array of streams": lambda: bench_merger.bench(next(iter(bench_merger.DESIGNS))),
}


def shortest(bench, count=3):
    """The shortest cases of a bench."""
    return sorted(bench.cases.values(), key=lambda case: case.stimulus.until)[:count]


@pytest.mark.parametrize("name", BENCHES)
def test_trace_is_that_of_the_other_simulators(name):
    bench = BENCHES[name]()
    cases = shortest(bench)
    stimuli = [case.stimulus for case in cases]
    theirs = Build(bench.design, choose("auto", bench.design, 1e5)).run(stimuli)
    ours = pysim.run(bench.design, stimuli)
    for case, one, other in zip(cases, ours, theirs, strict=True):
        case.check(one)
        for kind in ("levels", "streams"):
            assert getattr(one, kind).keys() == getattr(other, kind).keys()
            for place, events in getattr(other, kind).items():
                seen = getattr(one, kind)[place]
                assert [value for _, value in seen] == [value for _, value in events], place
                assert [time for time, _ in seen] == pytest.approx([time for time, _ in events], abs=1e-13), place


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


def test_verilog_text_is_refused_in_words():
    design = bench_receiver.bench(500e3).design
    design.text = "module dut; endmodule"
    with pytest.raises(ValueError, match="needs a component of Amaranth, not Verilog text"):
        pysim.run(design, [])


def test_it_tells_how_far_it_is_and_can_be_stopped():
    design = bench_receiver.bench(500e3).design
    told = []
    pysim.run(design, [Stimulus(0.01), Stimulus(0.003)], progress=lambda number, time: told.append((number, time)))
    assert [number for number, _ in told] == [0] * 9 + [1] * 2
    assert told == sorted(told)

    def stop(number, time):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pysim.run(design, [Stimulus(0.01)], progress=stop)
