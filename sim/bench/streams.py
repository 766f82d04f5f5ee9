"""Streams of ready, valid and payload: a source and its random stalls. The source runs inside the simulator.

The testbench around the design has for every stream a *tap*: a register that takes the payload at each transfer, and
turns its top bit over. Python wakes on that once a transfer, however fast the clock.
"""

from cocotb.simtime import get_sim_time
from cocotb.triggers import Timer, ValueChange

from sim.bench.pins import even

__all__ = ["random_ready", "random_times", "source"]


def random_ready(rng, until, longest):
    """Edges of a ``ready`` that rises and falls at random, never the same for longer than ``longest`` seconds."""
    edges, time, level = [], 0.0, rng.getrandbits(1)
    while time < until:
        edges.append((time, level))
        level = 1 - level
        time += rng.uniform(0, longest)
    return edges


def random_times(rng, values, longest, start=0.0):
    """Values with random times at which they are first offered, up to ``longest`` seconds between them."""
    items, time = [], start
    for value in values:
        if rng.random() < 0.5:
            time += rng.uniform(0, longest)
        items.append((time, value))
    return items


async def source(valid, payload, tap, items, start):
    """Offer each of ``items``, ``(time, value)``, from its time on until the design takes it."""
    taken = ValueChange(tap)
    for time, value in items:
        pause = start + even(time) - get_sim_time("step")
        if pause > 0:
            valid.value = 0
            await Timer(pause, "step")
        payload.value = value
        valid.value = 1
        await taken
    valid.value = 0
