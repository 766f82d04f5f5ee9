"""Port: hardware against model, from pin to pin."""

import pytest

from hdl.port import PacketPort, Port
from tests import bench_port
from tests.conftest import cases, planted

BENCHES = {f"{clk_freq:g} Hz": bench_port.bench(clk_freq) for clk_freq in (500e3, 12e6)}
BENCHES["500000 Hz, a stored thru"] = bench_port.bench(500e3, thru="stored")
PARAMETERS = {"depth": 16, "running_status": True, "repeat": 0.01}
PACKET_BENCHES = {
    "running status": bench_port.packet_bench(500e3, **PARAMETERS),
    "every status": bench_port.packet_bench(500e3, depth=24, running_status=False),
    "at 12 MHz": bench_port.packet_bench(12e6),
}


@pytest.mark.parametrize(("kind", "case"), cases(BENCHES))
def test_port_equals_model(kind, case):
    BENCHES[kind].check(case)


@pytest.mark.parametrize("bug", bench_port.PLANTED)
def test_bench_finds_planted_bug(bug):
    broken = planted(Port, *bench_port.PLANTED[bug])
    assert bench_port.bench(500e3, broken).fails()


@pytest.mark.parametrize(("kind", "case"), cases(PACKET_BENCHES))
def test_packet_port_equals_model(kind, case):
    PACKET_BENCHES[kind].check(case)


def test_cases_of_packet_port_reach_what_they_are_about():
    overruns = [len(trace.pulses("overrun")) for trace in PACKET_BENCHES["every status"].traces().values()]
    assert max(overruns) > 10


@pytest.mark.parametrize("bug", bench_port.PLANTED_IN_PACKET_PORT)
def test_bench_finds_bug_planted_in_packet_port(bug):
    right, wrong, case = bench_port.PLANTED_IN_PACKET_PORT[bug]
    broken = planted(PacketPort, right, wrong)
    # The FIFO of one, and the running status of the other: some bugs show only where those matter.
    benches = (
        bench_port.packet_bench(500e3, broken, depth=24, running_status=False),
        bench_port.packet_bench(500e3, broken, **PARAMETERS),
    )
    assert any(bench.only(case).fails() for bench in benches)
