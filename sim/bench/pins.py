"""Edges onto a pin, and off it. Runs inside the simulator."""

from cocotb.simtime import get_sim_time
from cocotb.triggers import ReadOnly, Timer, ValueChange

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


async def record(signal, parts):
    """Write down whenever a part of ``signal`` changes; wakes once for all that change at a moment.

    ``parts`` are ``(name, width, edges)``, the one in the lowest bits first; ``(step, value)`` is appended to
    ``edges``. Raises :exc:`ValueError` if a part takes a value that has other bits than 0 and 1.
    """
    change, settled = ValueChange(signal), ReadOnly()
    fields, low = [], 0
    for name, width, edges in parts:
        fields.append((name, low, (1 << width) - 1, edges))
        low += width
    before = _number(signal, fields)
    while True:
        await change
        # Only then is all worked out that changes at this moment.
        await settled
        now, value = get_sim_time("step"), _number(signal, fields)
        changed = before ^ value
        for _, low, mask, edges in fields:
            if changed >> low & mask:
                edges.append((now, value >> low & mask))
        before = value


def _number(signal, fields):
    bits = signal.value
    if bits.is_resolvable:
        return int(bits)
    text = str(bits)[::-1]
    unknown = [name for name, low, mask, _ in fields if set(text[low : low + mask.bit_length()]) - {"0", "1"}]
    raise ValueError(f"{', '.join(unknown)} must be 0 or 1, not unknown; look for what was never given a value")
