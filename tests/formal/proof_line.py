"""The line's input: what is shorter than the filter never shows, and what is longer shows as it was."""

from amaranth.hdl import Mux, Signal

from hdl.line import LineInput
from tests.formal.statement import Bug, Proof

__all__ = ["PROOFS", "Filtered"]


class Filtered:
    """What a filter should make of a pin: counts the samples in a row that differ from the level."""

    def __init__(self, statement, line):
        m, samples = statement.m, line.samples
        once = statement.before(line.pin, init=1, reset_less=True)
        self.pin = statement.before(once, init=1, reset_less=True)
        self.run = Signal(range(max(2, samples)), name="differing_samples")
        self.level = Signal(init=1, name="filtered_level")
        self.differs = self.pin != self.level
        self.enough = self.differs & (self.run == samples - 1)
        m.d.sync += self.run.eq(Mux(self.differs & ~self.enough, self.run + 1, 0))
        m.d.sync += self.level.eq(self.level ^ self.enough)
        inside = statement.inside(line)
        statement.lemma(
            self.run < samples,
            line.level == self.level,
            inside.pin == self.pin,
            inside.wait == samples - 2 - self.run,
        )


def filtered(statement, clk_freq, glitch):
    """All that an input with a filter promises."""
    line = statement.component(LineInput, clk_freq, glitch)
    filtered = Filtered(statement, line)
    samples = line.samples

    before = statement.before(line.level, init=1)
    # How many samples in a row, up to the latest that can count, were high or low.
    highs, lows = (_run(statement, filtered.pin == level, samples) for level in (1, 0))
    after_reset = statement.since(0, samples + 3, init=0)
    statement.claim(
        "the level changes only after as many equal samples in a row as the filter has, so that no shorter pulse shows",
        Mux(line.level, before | (highs == samples), ~before | (lows == samples)),
    )
    statement.claim(
        "a level that lasts for as many samples shows",
        ((highs != samples) | line.level) & ((lows != samples) | ~line.level),
    )
    statement.claim("the level is high after reset", (after_reset >= samples) | line.level)
    statement.lemma(
        after_reset <= samples + 3,
        Mux(filtered.level, lows, highs) == filtered.run,
        (highs <= samples) & (lows <= samples),
        (after_reset >= filtered.run) & ((after_reset >= samples) | filtered.level),
    )
    statement.cover("the level falls", before & ~line.level)
    statement.cover(
        "a pulse one sample too short leaves no trace", line.level & (filtered.run == samples - 1) & filtered.pin
    )
    statement.cover("the level rises", ~before & line.level)


def _run(statement, condition, limit):
    """Clocks in a row, up to the one before, in which a condition was true."""
    run = Signal(range(limit + 1))
    statement.m.d.sync += run.eq(Mux(condition, Mux(run == limit, limit, run + 1), 0))
    return run


def unfiltered(statement, clk_freq, glitch):
    """All that an input without a filter promises."""
    line = statement.component(LineInput, clk_freq, glitch)
    once = statement.before(line.pin, init=1, reset_less=True)
    twice = statement.before(once, init=1, reset_less=True)
    statement.claim("the level is the pin two clocks late", line.level == twice)
    statement.cover("a pulse of a clock shows", line.level & ~statement.before(line.level, init=1))


PROOFS = [
    Proof(
        "line",
        (LineInput,),
        filtered,
        parameters={"clk_freq": 12e6, "glitch": 3e-6},
        small={"clk_freq": 1e6, "glitch": 3e-6},
        depth=3,
        reach=20,
        planted={
            "a pulse one sample too short passes": Bug(LineInput, "init=self.samples - 2", "init=self.samples - 3"),
            "the filter forgets to begin anew": Bug(LineInput, "(pin == self.level) | ", ""),
        },
    ),
    Proof(
        "line_without_filter",
        (LineInput,),
        unfiltered,
        parameters={"clk_freq": 12e6, "glitch": 0},
        small={"clk_freq": 12e6, "glitch": 0},
        depth=3,
        planted={
            "there is no synchronizer": Bug(
                LineInput,
                "m.submodules.synchronizer = cdc.FFSynchronizer(self.pin, self.level, init=1)",
                "m.d.comb += self.level.eq(self.pin)",
            )
        },
    ),
]
