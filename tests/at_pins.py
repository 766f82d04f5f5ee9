"""What the benches of whole designs share: how a board sets one up, and what is done and seen at its pins."""

from dataclasses import replace
from typing import NamedTuple

from board.top import AtPins
from sim.bench.bench import Case
from sim.bench.trace import expect_equal
from sim.model.edges import settled

__all__ = ["Setting", "at_pins", "case", "expect_lights"]


class Setting(NamedTuple):
    """How a design is built, and what its board turns over."""

    clk_freq: float
    inverted: tuple = ()
    parameters: dict = {}  # noqa: RUF012 -- never changed.


def at_pins(setting, component):
    """A design, given by its class, as a board with this setting has it."""
    return AtPins(component(setting.clk_freq, **setting.parameters), setting.inverted)


def case(design, setting, stimulus, check):
    """What is done, and must come, at the levels of a design, made a case at its pins."""
    widths = {name: width for name, (width, _) in (design.pins_in | design.pins_out).items()}

    def turned(levels):
        return {
            name: [(time, value ^ ((1 << widths[name]) - 1)) for time, value in edges]
            if name in setting.inverted
            else edges
            for name, edges in levels.items()
        }

    def check_pins(trace):
        check(replace(trace, levels=turned(trace.levels)))

    return Case(replace(stimulus, levels=turned(stimulus.levels)), check_pins)


def expect_lights(trace, lights):
    """Each LED must do what the model says, to the clock."""
    for n, edges in enumerate(lights):
        seen = settled([(time, value >> n & 1) for time, value in trace.levels["leds"]], idle=0)
        must = [edge for edge in edges if edge[0] < trace.end]
        expect_equal(f"light {n}", seen, must, tolerance=0.25 / trace.clock.freq)
