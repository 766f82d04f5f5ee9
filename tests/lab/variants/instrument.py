"""Instruments that sound otherwise: what is changed in that of ``board/designs/instrument.py``, by name."""

__all__ = ["VARIANTS"]

WAVE = """wave = Signal(8)
        m.d.comb += wave.eq((phase >> (self.bits - 8)) >> place)
        level = Signal(15)
        m.d.sync += level.eq({} * velocity)
        # Pulses: the carry"""

WIDER = (
    ("rest, total = Signal(7), Signal(8)", "rest, total = Signal(15), Signal(16)"),
    ("total.eq(rest + velocity)", "total.eq(rest + level)"),
    ("tone & total[7]", "total[15]"),
)

SINE = "Array(Const(round(127.5 + 127 * __import__('math').sin(n / 128 * 3.14159265)), 8) for n in range(256))"

VARIANTS = {
    "a sawtooth": (("# Pulses: the carry", WAVE.format("wave")), *WIDER),
    "a sawtooth that falls": (("# Pulses: the carry", WAVE.format("(255 - wave)[:8]")), *WIDER),
    "a sine": (("# Pulses: the carry", WAVE.format(f"{SINE}[wave]")), *WIDER),
}
