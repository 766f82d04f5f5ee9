"""BlackIce II with a clock that every design can keep up with."""

from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal, Signal
from amaranth.lib import io
from amaranth_boards import blackice_ii

__all__ = ["BlackIceIIPlatform"]


class BlackIceIIPlatform(blackice_ii.BlackIceIIPlatform):
    """The board of :mod:`amaranth_boards`, its clock of 100 MHz divided by :attr:`DIVISOR`.

    No design reaches 100 MHz on this FPGA; the interface reaches some 50 to 70 MHz. 20 MHz leave a factor of two, and
    divide exactly to 31,250 baud and to the host's 1,000,000; 12.5 MHz, an eighth, would miss the latter by 4 %.
    """

    DIVISOR = 5

    @property
    def design_clk_frequency(self):
        """Frequency of the clock that a design gets, in Hz."""
        return self.default_clk_frequency / self.DIVISOR

    def create_missing_domain(self, name):
        """The domain of the design: the divided clock, and a reset of 15 us.

        Block RAMs read as zeros for 3 us behind the configuration; Amaranth's own platforms wait five times as long.
        """
        if name != "sync":
            return super().create_missing_domain(name)
        m = Module()
        m.submodules.clk_buf = clk_buf = io.Buffer("i", self.request(self.default_clk, dir="-"))
        m.domains.board = board = ClockDomain("board", reset_less=True, local=True)
        m.domains.wait = wait = ClockDomain("wait", reset_less=True, local=True)
        m.domains.sync = ClockDomain("sync")

        count = Signal(range(self.DIVISOR))
        # A register, so that no glitch of the comparison is a clock edge.
        divided = Signal()
        m.d.board += [count.eq(count + 1), divided.eq(count < self.DIVISOR // 2)]
        with m.If(count == self.DIVISOR - 1):
            m.d.board += count.eq(0)
        self.add_clock_constraint(divided, self.design_clk_frequency)

        waited = Signal(range(round(15e-6 * self.design_clk_frequency) + 1))
        with m.If(ResetSignal("sync")):
            m.d.wait += waited.eq(waited + 1)
        m.d.comb += [
            board.clk.eq(clk_buf.i),
            wait.clk.eq(divided),
            ClockSignal("sync").eq(divided),
            ResetSignal("sync").eq(waited != round(15e-6 * self.design_clk_frequency)),
        ]
        return m
