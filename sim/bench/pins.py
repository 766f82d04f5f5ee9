"""Edges onto a pin, and off it. Runs inside the simulator."""

from cocotb.simtime import get_sim_time
from cocotb.triggers import Timer, ValueChange

__all__ = ["even", "play", "record"]


def even(seconds):
    """Simulator steps (picoseconds) of a time, as an even number; the clock rises at odd ones."""
    return 2 * round(seconds * 0.5e12)


async def play(pin, edges, start, tick=None):
    """Give ``pin`` its levels at their times, in seconds after the step ``start``; wakes once an edge.

    ``tick(time)`` is called after each edge.
    """
    now = get_sim_time("step")
    for time, level in edges:
        moment = start + even(time)
        if moment > now:
            await Timer(moment - now, "step")
            now = moment
        pin.value = level
        if tick:
            tick(time)


async def record(pin, edges):
    """Append ``(step, value)`` to ``edges`` whenever ``pin`` changes; wakes once an edge.

    Raises :exc:`ValueError` if the pin takes a value that is neither 0 nor 1.
    """
    change = ValueChange(pin)
    while True:
        await change
        edges.append((get_sim_time("step"), int(pin.value)))
