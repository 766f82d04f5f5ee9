"""Receiver: hardware against model, and against what it must never do."""

import pytest
from amaranth.sim import Simulator

from hdl.receiver import Receiver
from sim.model.edges import BAUD
from tests import bench_receiver
from tests.conftest import cases, planted

BENCHES = {clk_freq: bench_receiver.bench(clk_freq) for clk_freq in (500e3, 12e6)}


@pytest.mark.parametrize(("clk_freq", "case"), cases(BENCHES))
def test_receiver_equals_model(clk_freq, case):
    BENCHES[clk_freq].check(case)


@pytest.mark.parametrize("bug", bench_receiver.PLANTED)
def test_bench_finds_planted_bug(bug):
    broken = planted(Receiver, *bench_receiver.PLANTED[bug])
    assert bench_receiver.bench(500e3, broken).fails()


@pytest.mark.parametrize("level", [0, 1])
def test_nothing_comes_of_power_up_without_a_reset(level):
    receiver = Receiver(500e3, BAUD)
    simulator = Simulator(receiver)
    simulator.add_clock(1 / 500e3)
    seen = []

    async def watch(ctx):
        ctx.set(receiver.level, level)
        for _ in range(100):
            _, _, *now = await ctx.tick().sample(
                receiver.bytes.valid, receiver.framing_error, receiver.break_, receiver.overrun
            )
            seen.append(any(now))

    simulator.add_testbench(watch)
    simulator.run()
    # Of a line that is low from the beginning there is no edge, and so no frame: not even a break.
    assert not any(seen)
