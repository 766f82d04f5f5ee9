"""Active Sensing: FE is on offer, and silence is noticed, to the clock."""

from amaranth.hdl import Mux, Signal

from hdl.sensing import SensingReceiver, SensingSender
from tests.formal.statement import Bug, Proof

__all__ = ["PROOFS"]


def sender(statement, clk_freq):
    """All that a sender of Active Sensing promises."""
    sensing = statement.component(SensingSender, clk_freq)
    statement.reset_lasts(1)
    realtime = sensing.realtime
    waited = statement.since(Mux(realtime.valid, realtime.ready, sensing.sent), sensing.clocks, init=1)
    statement.holds_stream("realtime", realtime)
    statement.claim(
        "FE is on offer from `interval` after the last byte, the last FE or reset until it is taken, and at no other "
        "time",
        realtime.valid == (waited == sensing.clocks),
    )
    statement.claim("what is offered is FE", realtime.payload == 0xFE)
    inside = statement.inside(sensing)
    load = (1 << inside.width) + sensing.clocks - 2
    statement.lemma(inside.timer == load + 1 - waited, waited > 0)
    statement.cover("FE is taken a second time", realtime.valid & statement.happened(realtime.valid & realtime.ready))


def receiver(statement, clk_freq):
    """All that a receiver of Active Sensing promises."""
    sensing = statement.component(SensingReceiver, clk_freq)
    received, silent = sensing.received, sensing.silent
    armed = Signal(name="may_be_silent")
    waited = statement.since(received.valid, sensing.clocks)
    with statement.m.If(received.valid & (received.payload == 0xFE)):
        statement.m.d.sync += armed.eq(1)
    with statement.m.If(silent):
        statement.m.d.sync += armed.eq(0)
    statement.claim(
        "`silent` pulses `timeout` after the last byte if an FE came since it last did, or since reset, and at no "
        "other time",
        silent == (armed & ~received.valid & (waited == sensing.clocks)),
    )
    statement.claim("it pulses for one clock", ~silent | ~statement.before(silent))
    inside = statement.inside(sensing)
    load = (1 << inside.width) + sensing.clocks - 2
    statement.lemma(inside.armed == armed, ~armed | ((inside.timer == load + 1 - waited) & (waited > 0)))
    statement.cover("silence is noticed", silent)
    statement.cover("it is noticed a second time", silent & statement.happened(silent))
    statement.cover("a byte comes in the very clock", armed & received.valid & (waited == sensing.clocks))


PROOFS = [
    Proof(
        "sensing_sender",
        (SensingSender,),
        sender,
        parameters={"clk_freq": 12e6},
        small={"clk_freq": 20},
        reach=20,
        planted={
            "FE comes a clock late": Bug(SensingSender, "+ self.clocks - 2", "+ self.clocks - 1"),
            "an FE on offer goes when something else is sent": Bug(
                SensingSender, "Mux(waiting, self.sent, self.realtime.ready)", "(self.sent | self.realtime.ready)"
            ),
            "the interval does not begin anew": Bug(SensingSender, "Mux(waiting, self.sent,", "Mux(waiting, 0,"),
        },
    ),
    Proof(
        "sensing_receiver",
        (SensingReceiver,),
        receiver,
        parameters={"clk_freq": 12e6},
        small={"clk_freq": 15},
        reach=20,
        planted={
            "any byte arms it": Bug(SensingReceiver, "self.received.payload == ACTIVE_SENSING", "1"),
            "it stays armed": Bug(SensingReceiver, "m.d.sync += armed.eq(0)", "pass"),
            "a byte in the very clock is too late": Bug(SensingReceiver, "over & ~self.received.valid", "over"),
            "only FE restarts the time": Bug(
                SensingReceiver,
                "with m.If(self.received.valid):\n",
                "with m.If(self.received.valid & self.received.payload[7]):\n",
            ),
        },
    ),
]
