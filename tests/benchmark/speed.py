"""How fast a simulator is: bytes of the wire that it gets through in a second of its processor."""

import os
import random

from hdl.midi import BAUD
from hdl.port import PacketPort
from sim.bench.run import Design, SimulatorError
from sim.bench.trace import Stimulus
from sim.model.edges import frame_edges, frames

__all__ = ["SIMULATED_FREQS", "echo", "seconds", "speed"]

SIMULATED_FREQS = (12_000_000, 500_000)
"""Clocks of the simulated port, in Hz: that of a board, and that of most benches."""

SHORT_RUN = 16
"""Bytes of the run whose time is taken for start-up."""

LONG_ENOUGH = 2.0
"""Seconds by which the long run must outlast the short one. Start-up varies by some hundredths of a second."""


def echo(clk_freq):
    """The main job's design: a port that sends what it receives."""
    return Design.of(PacketPort(clk_freq), clk_freq, joins={"packets_out": "packets_in"})


def seconds(build, count):
    """Processor time that a run of so many bytes takes, all in all."""
    rng = random.Random(31250)
    # Two channels by turns, so that no status is left out and the same bytes come out.
    data = [rng.randrange(128) if n % 2 else 0xC0 + n // 2 % 2 for n in range(count)]
    frame = 10 / BAUD
    edges = [edge for n, byte in enumerate(data) for edge in frame_edges(n * frame, byte, 1 / BAUD)]
    # A message of two bytes begins to leave before it ends, and takes as long as it took to come.
    stimulus = Stimulus(until=(count + 3) * frame, levels={"midi_in": edges})
    begin = _seconds_of_children()
    (trace,) = build.run([stimulus])
    taken = _seconds_of_children() - begin
    if (echoed := [frame.byte for frame in frames(trace.line("midi_out"))]) != data:
        right = next((n for n, (got, sent) in enumerate(zip(echoed, data, strict=False)) if got != sent), len(echoed))
        raise SimulatorError(
            f"{build.simulator.name}: the port must echo {count} bytes as they came, not {len(echoed)} of which the "
            f"first {min(right, count)} are right; make the tests pass first"
        )
    return taken


def _seconds_of_children():
    # Unlike the wall's time it stays what it is when others use the machine, and no simulator here waits for anything.
    times = os.times()
    return times.children_user + times.children_system


def speed(build):
    """Bytes of the wire that a simulator gets through in a second.

    It is the difference between a short run and a long one, the best of three each: what they have in common is
    start-up, and whatever disturbs a run makes it longer, never shorter. No other program of ours may run meanwhile.
    """
    short = min(seconds(build, SHORT_RUN) for _ in range(3))
    count = 4 * SHORT_RUN
    while (long := seconds(build, count)) < short + LONG_ENOUGH:
        count *= 2
    long = min(long, *(seconds(build, count) for _ in range(2)))
    return (count - SHORT_RUN) / (long - short)
