"""The merger: what it takes comes out, in order and whole, unless it says so; and nobody waits for ever."""

from math import ceil

from amaranth.hdl import Signal

from hdl.merger import Merger
from tests.formal.merger_inputs import Given, claim_inputs
from tests.formal.merger_queues import Kept, claim_queues, claim_realtime
from tests.formal.statement import Bug, Proof

__all__ = ["PROOFS"]


def whole_and_in_order(statement, inputs, depth, timeout, **options):
    """What a merger promises; ``options`` are those of its inputs."""
    merger = statement.component(Merger, 1e6, inputs, depth=depth, timeout=timeout, **options)
    parts = statement.inside(merger)
    kept = Kept(statement, merger)
    given = [Given(statement, merger, parts, n, **options) for n in range(inputs)]
    # The packet that is offered is any packet: that of any number, of any input.
    statement.holds_stream("packets", merger.packets, kept.offered[0])
    about_real_time = claim_realtime(statement, merger, parts)
    statement.holds_stream("realtime", merger.realtime, about_real_time)
    claim_inputs(statement, merger, parts, given, ceil(round(timeout * 1e6, 6)))
    claim_queues(statement, merger, kept, given)
    _covers(statement, merger, kept, given)


def _covers(statement, merger, kept, given):
    last = given[-1]
    statement.cover("a SysEx is cut off by another message", last.inserted & ~last.silent & ~last.overrun)
    statement.cover("a SysEx falls silent", last.silent & last.inserted)
    statement.cover("a message is lost", given[0].overrun & given[0].full)
    statement.cover("a SysEx does not fit", given[0].overrun & given[0].inserted)
    if last.filter_modes:
        statement.cover("a mode message is left out", last.takes & (last.packet.code == 0xB) & last.left_out)
    if not last.echoed:
        reset = last.real_time & (last.packet.data[0] == 0xFF)
        statement.cover("System Reset of an application is handed on", last.takes & reset & ~last.overrun)
    if last.waits:
        waited = statement.before(last.waits_for_room)
        statement.cover(
            "a packet waits for room, and is kept", last.keeps & last.same & statement.happened(last.waits_for_room)
        )
        statement.cover("a packet that goes on with a SysEx waits for room", waited & last.is_open & last.stream.valid)
    others = Signal(len(given), name="inputs_that_came_out")
    for n, each in enumerate(given):
        with statement.m.If(each.gives):
            statement.m.d.sync += others[n].eq(1)
    statement.cover("all inputs are merged", others.all())


def _bug(right, wrong, reach=12, guided=True):
    return Bug(Merger, right, wrong, reach=reach, guided=guided)


OF_THREE = {"inputs": 3, "depth": 4, "waits": [2], "soft_thru": [0, 1], "filter_modes": True}
"""Two lines that are echoed, and an application, which can wait; the smallest queues, as the solver needs its time."""

PROOFS = [
    Proof(
        "merger",
        (Merger,),
        whole_and_in_order,
        parameters={"inputs": 2, "depth": 4, "timeout": 0.25},
        small={"inputs": 2, "depth": 4, "timeout": 8e-6},
        also=({"inputs": 2, "depth": 8, "timeout": 21e-6},),
        depth=2,
        reach=26,
        planted={
            "messages of two inputs are mixed": _bug("with m.If(read.data.code != SYSEX):", "with m.If(1):"),
            "no place is kept for what closes a SysEx": _bug("!= self.depth // 2 - 1)", "!= self.depth)", reach=24),
            "what ends a SysEx needs room besides": _bug("room | is_open & ~stays_open", "room"),
            "a SysEx that is cut off is not closed": _bug("close.eq(cut | silent |", "close.eq(silent |"),
            "real-time cuts a SysEx off": _bug("begins.eq(~realtime & ~continues", "begins.eq(~continues"),
            "an overrun is not told": _bug(
                "self.overrun[n].eq((turn == n) & full & ~can_wait)", "self.overrun[n].eq(0)"
            ),
            "a SysEx that does not fit goes on with a hole": _bug(
                "is_open & belongs & full & ~can_wait", "0", reach=20
            ),
            "what finds room is overrun": _bug("belongs & ~cut & ~fits |", "belongs & ~cut |"),
            "Active Sensing is handed on": _bug("(first[:3] != 6) & ", ""),
            "a SysEx falls silent too soon": _bug("tick & is_quiet & is_open", "tick & is_open"),
            "a SysEx never falls silent": _bug("silent.eq(tick &", "silent.eq(0 &", reach=19, guided=False),
            "a SysEx that goes on falls silent": _bug(
                "~is_open | offered & continues):", "~is_open):", reach=14, guided=False
            ),
            "real-time comes twice when a SysEx falls silent": _bug("realtime & ~silent &", "realtime &", reach=24),
            "one input has its turn again and again": _bug(
                "after = Mux(chosen == self.count - 1, 0, chosen + 1)", "after = chosen"
            ),
            "an input has its turn again behind a SysEx": _bug(
                "If(read.data.code != SYSEX)", "If((read.data.code != SYSEX) & ~locked)", reach=20, guided=False
            ),
            "a packet is read while another is written": _bug("m.Elif(waiting & read.en)", "m.Elif(waiting)"),
        },
    ),
    Proof(
        "merger_of_three",
        (Merger,),
        whole_and_in_order,
        parameters={**OF_THREE, "timeout": 100e-6},
        small={**OF_THREE, "timeout": 12e-6},
        depth=2,
        reach=33,
        planted={
            "an input that can wait is overrun": _bug("can_wait.eq(n in self.waits)", "can_wait.eq(0)", reach=20),
            "what waits for room is taken": _bug("~silent & ~(full & can_wait))", "~silent)", reach=20),
            "what can wait never finds room": _bug("~(full & can_wait))", "~can_wait)"),
            "All Notes Off passes": _bug("second >= 123", "second > 123"),
            "All Sound Off is left out": _bug("second >= 123", "second >= 120"),
            "System Reset is echoed": _bug("may_reset.eq(n not in self.soft_thru)", "may_reset.eq(1)"),
            "System Reset of an application is left out": _bug(
                "may_reset.eq(n not in self.soft_thru)", "may_reset.eq(0)"
            ),
            "the third input is never looked at": _bug("turn == self.count - 1", "turn == 1"),
            "the third queue has no turn": _bug("chosen == self.count - 1", "chosen == 1"),
        },
    ),
]
