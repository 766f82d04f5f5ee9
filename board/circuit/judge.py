"""What flows, how warm it gets and how fast it is, for a circuit; and what of it breaks CA-033.

Currents and powers are those of :class:`sim.model.current_loop.CurrentLoop`, with the buffer's resistance as part of
RC's branch. *Least* has the supply low, every resistor 5 % high and the LED at 1.9 V; *most* the reverse with the LED
at 1.4 V, the lowest voltage that CA-033 states.
"""

from dataclasses import dataclass, replace
from math import log

from board.circuit.catalogue import BARE_PIN
from board.circuit.description import STANDARD, SUPPLY_TOLERANCE, supply_class
from board.ice40 import PULL_UP
from sim.model.current_loop import SENDERS, TOLERANCE, TYPICAL_LED, WORST_LED, CurrentLoop

__all__ = [
    "CAPACITANCE",
    "Finding",
    "Shorts",
    "configuration",
    "corners",
    "currents",
    "figures",
    "judge",
    "loop_of",
    "need",
    "powers",
    "pull_up_current",
    "rise",
    "shorts",
]

CAPACITANCE = 50e-12
"""Farads at the isolator's output: 6 pF of an iCE40's pin, some of the isolator, and a breadboard's rows. Ours."""

RISE_LIMIT = 2e-6
"""Seconds in which CA-033 (p. 2) wants a rise and a fall to be over."""

NEED_LIMIT = 5e-3
"""Amperes; a receiver must turn on with less (CA-033 p. 2)."""

LOW = 0.4
"""Volts at which an isolator's output counts as low."""


def loop_of(supply, out, receiver=220.0, on=0.0):
    """The :class:`CurrentLoop` of a sender, with ``on`` ohms of its buffer as part of RC's branch."""
    source, sink = out
    return CurrentLoop(supply, source, sink + on, receiver)


def corners(loop):
    """The loop with least and with most current: supply within CA-033's tolerance, resistors within 5 %."""
    nominal = supply_class(loop.supply)
    off = SUPPLY_TOLERANCE[nominal]
    low, high = min(loop.supply, nominal * (1 - off)), max(loop.supply, nominal * (1 + off))
    return replace(loop.weakest(TOLERANCE), supply=low), replace(loop.strongest(TOLERANCE), supply=high)


def currents(loop):
    """Amperes for a 0: least, typically, most."""
    least, most = corners(loop)
    return least.current(WORST_LED), loop.current(TYPICAL_LED), most.current(TYPICAL_LED)


@dataclass(frozen=True)
class Shorts:
    """What a cable that is wrong or broken makes flow at most.

    Parameters
    ----------
    grounded : :class:`float`
        Amperes through RA while pin 4 touches ground.
    joined : :class:`float`
        Amperes through RA, RC and the buffer while pin 4 touches pin 5 and a 0 is sent.
    driven : :class:`float`
        Amperes out of a buffer that drives high, through RC, while pin 5 touches ground; 0 with an open drain.
    supplied : :class:`float`
        Amperes into the buffer while pin 5 touches the bare supply. No cable does that.
    """

    grounded: float
    joined: float
    driven: float
    supplied: float


def shorts(choices):
    """The :class:`Shorts` of an output, with everything off so that the most flows and a buffer of 0 ohm."""
    _, most = corners(loop_of(choices.supply, choices.resistors))
    high = loop_of(3.3, choices.resistors) if choices.buffer.drives_high else None
    return Shorts(most.grounded, most.joined, corners(high)[1].driven if high else 0.0, most.driven)


def powers(choices):
    """Watts at most, by resistor and case."""
    _, most = corners(loop_of(choices.supply, choices.resistors))
    source, sink = most.source, most.sink
    flows, wrong = most.current(TYPICAL_LED), shorts(choices)
    return {
        ("RA", "sending a 0"): flows**2 * source,
        ("RA", "pin 4 at ground"): wrong.grounded**2 * source,
        ("RA", "pin 4 at pin 5"): wrong.joined**2 * source,
        ("RB", "sending a 0"): flows**2 * most.receiver,
        ("RC", "sending a 0"): flows**2 * sink,
        ("RC", "pin 4 at pin 5"): wrong.joined**2 * sink,
        ("RC", "pin 5 at ground"): wrong.driven**2 * sink,
    }


def pull_up_current(choices):
    """Amperes that the isolator's output must take at :data:`LOW`, with the pull-up low and 3.3 V high; 0 without."""
    if not choices.pulled_up:
        return 0.0
    return (3.3 * (1 + SUPPLY_TOLERANCE[3.3]) - LOW) / (choices.pulled_up * (1 - TOLERANCE))


def need(choices):
    """Amperes in the LED with which every isolator of its kind pulls this pull-up low."""
    isolator = choices.isolator
    if isolator.threshold is not None:
        return isolator.threshold
    return pull_up_current(choices) / isolator.ratio


def rise(choices, capacitance=CAPACITANCE):
    """Seconds from 10 to 90 % of the isolator's output by its pull-up; ``None`` where it has none."""
    return log(9) * choices.pulled_up * (1 + TOLERANCE) * capacitance if choices.pulled_up else None


@dataclass(frozen=True)
class Finding:
    """Something that was looked at.

    Parameters
    ----------
    holds : :class:`bool`
        ``False`` breaks CA-033; ``None`` is worth knowing and breaks nothing.
    text : :class:`str`
        In words, with figures.
    clause : :class:`str`
        Where that is asked for.
    """

    holds: bool | None
    text: str
    clause: str


def _milliamperes(amperes):
    return f"{amperes * 1e3:.2f} mA" if amperes < 10e-3 else f"{amperes * 1e3:.0f} mA"


def _loop(choices, senders):
    least, typical, _ = currents(loop_of(choices.supply, choices.resistors))
    standard = currents(loop_of(choices.supply, STANDARD[supply_class(choices.supply)]))
    text = f"OUT's loop carries {_milliamperes(typical)}, at least {_milliamperes(least)}"
    if least < standard[0] * (1 - 1e-9):
        text += f"; with CA-033's own resistors it is {_milliamperes(standard[1])}, at least "
        text += f"{_milliamperes(standard[0])}: a receiver that CA-033 allows may not turn on"
    yield Finding(least >= standard[0] * (1 - 1e-9), text, "CA-033 p. 2 and 5: a loop of 5 mA")
    limit = choices.isolator.led_limit
    strongest = max(currents(sender)[2] for sender in senders)
    if limit is None:
        text = f"the LED carries {_milliamperes(strongest)} at most; what {choices.isolator.name} stands was not found"
        yield Finding(None, text, "data sheet")
    else:
        text = f"the LED carries {_milliamperes(strongest)} at most, and stands {_milliamperes(limit)}"
        yield Finding(strongest <= limit, text, "data sheet")


def _ratings(choices, ratings):
    rated = {"RA": ratings[0], "RC": ratings[1], "RB": 0.25}
    for (resistor, case), watts in powers(choices).items():
        if watts:
            text = f"{resistor} turns {watts:.3f} W into heat, {case}, and is rated for {rated[resistor]:g} W"
            yield Finding(watts <= rated[resistor], text, "CA-033 p. 2 and 5: ratings and short circuits")


def _buffer(choices):
    buffer, wrong = choices.buffer, shorts(choices)
    for case, amperes in (("pin 4 touches pin 5", wrong.joined), ("pin 5 touches ground", wrong.driven)):
        if amperes:
            each = amperes / buffer.gates
            gates = f" ({buffer.gates} gates of {_milliamperes(each)} each)" if buffer.gates > 1 else ""
            text = f"when {case}, {_milliamperes(amperes)} flow through the buffer{gates}, "
            text += f"which stands {_milliamperes(buffer.limit)}{' each' if gates else ''}"
            yield Finding(each <= buffer.limit, text, "CA-033 p. 5: the buffer's maximum short-circuit current")
    heat = wrong.supplied**2 * choices.resistors[1] * (1 - TOLERANCE)
    text = f"pin 5 at a bare supply would let {_milliamperes(wrong.supplied)} flow, {heat:.2f} W in RC; no cable "
    yield Finding(None, f"{text}joins these two, as RA stands before pin 4", "")
    if buffer is BARE_PIN:
        text = "the buffer drives high too; CA-033's ratings take an open collector or open drain for granted"
        yield Finding(False, text, "CA-033 p. 5")


def _isolator(choices, senders):
    isolator, needed = choices.isolator, need(choices)
    how = f"{isolator.name} turns on with {_milliamperes(needed)}"
    if isolator.ratio is not None:
        how += f" (pull-up of {_milliamperes(pull_up_current(choices))} over a ratio of {isolator.ratio * 100:g} %, "
        how += f"stated at {isolator.ratio_at * 1e3:g} mA)"
    yield Finding(needed < NEED_LIMIT, f"{how}; it must be less than 5 mA", "CA-033 p. 2: the receiver")
    sinks = pull_up_current(choices)
    if sinks and isolator.sinks is not None:
        text = f"the pull-up asks {_milliamperes(sinks)} of the output, which takes {_milliamperes(isolator.sinks)}"
        yield Finding(sinks <= isolator.sinks, text, "data sheet")
    for sender in senders:
        least, typical, _ = currents(sender)
        name = f"a sender of {sender.supply:g} V with {sender.source:g} and {sender.sink:g} ohm"
        text = f"{name} gives {_milliamperes(typical)}, at least {_milliamperes(least)}: "
        if least >= needed:
            yield Finding(True, f"{text}{least / needed:.1f} times what is needed", "margin")
        elif typical >= needed:
            worst = f"enough typically ({typical / needed:.1f} times), not if all that may be off is off at once"
            yield Finding(None, text + worst, "margin")
        else:
            yield Finding(False, f"{text}too little", "CA-033 p. 2: the receiver")


def _speed(choices, capacitance):
    taken = rise(choices, capacitance)
    if taken is None:
        yield Finding(None, f"{choices.isolator.name} drives high by itself: no pull-up, no rise to wait for", "")
    else:
        text = f"the pull-up lets the output rise in {taken * 1e6:.2g} us with {capacitance * 1e12:g} pF"
        yield Finding(taken < RISE_LIMIT, f"{text}; it should be less than 2 us", "CA-033 p. 2: rise and fall times")
    part = choices.isolator.timing(choices.pulled_up)
    if part is None or not part.is_known:
        text = f"how late {choices.isolator.name} turns on and off in this circuit is unknown"
        yield Finding(None, f"{text}: {part.source if part else 'no figure was found for it'}", "")
    else:
        text = f"{part.name}: falls {part.tphl * 1e6:g} us late, rises {part.tplh * 1e6:g} us late ({part.source})"
        yield Finding(None, f"{text}; the difference, not the delay, uses up a chain", "")


def configuration(choices):
    """Volts at the buffer's input while the FPGA configures itself: least, most. 3.3 V without a pull-down."""
    if choices.pull_down is None:
        return 3.3, 3.3
    weak, strong = PULL_UP
    return (
        min(3.3, weak * choices.pull_down * (1 - TOLERANCE)),
        min(3.3, strong * choices.pull_down * (1 + TOLERANCE)),
    )


def _configuration(choices):
    buffer = choices.buffer
    if buffer is BARE_PIN:
        yield Finding(None, "while the FPGA configures itself its pin is pulled up weakly: no current flows", "R7")
        return
    least, most = configuration(choices)
    what = "nothing pulls it down"
    if choices.pull_down:
        what = f"{choices.pull_down:g} ohm pull it down against the FPGA's 11 to 128 uA: {least:.2f} to {most:.2f} V"
    off = most <= buffer.low if buffer.inverts else least >= buffer.high
    wants = f"must be below {buffer.low:g} V" if buffer.inverts else f"must be above {buffer.high:g} V"
    text = f"while the FPGA configures itself and pulls its pins up weakly, the buffer's input {wants}; {what}"
    text += ": no current flows" if off else ": current may flow, a break to whoever listens"
    yield Finding(off, text, "CA-033 p. 2: idle is no current; rule R7")
    if choices.pull_down and 3.3 / choices.pull_down > BARE_PIN.limit:
        text = f"the pull-down takes {_milliamperes(3.3 / choices.pull_down)} of the FPGA's pin, which gives 8 mA"
        yield Finding(False, text, "data sheet")


def judge(choices, senders=(), ratings=None, capacitance=CAPACITANCE):
    """The :class:`Finding` s of a circuit.

    Parameters
    ----------
    choices : :class:`board.circuit.description.Choices`
        The circuit.
    senders : sequence of :class:`CurrentLoop`
        What drives its IN; CA-033's two if none is given.
    ratings : (:class:`float`, :class:`float`)
        Watts of RA and RC; those of CA-033 if ``None``.
    capacitance : :class:`float`
        Farads at the isolator's output.
    """
    senders = list(senders) or list(SENDERS.values())
    ratings = ratings or ((0.5, 0.25) if supply_class(choices.supply) == 3.3 else (0.25, 0.25))
    return [
        *_loop(choices, senders),
        *_ratings(choices, ratings),
        *_buffer(choices),
        *_isolator(choices, senders),
        *_speed(choices, capacitance),
        *_configuration(choices),
    ]


def figures(choices, capacitance=CAPACITANCE):
    """Rows of a table: what, least, typically, most."""
    least, typical, most = currents(loop_of(choices.supply, choices.resistors))
    on = currents(loop_of(choices.supply, choices.resistors, on=choices.buffer.on))
    wrong = shorts(choices)
    rows = [
        ("loop current, buffer of 0 ohm", *map(_milliamperes, (least, typical, most))),
        (f"loop current, {choices.buffer.name} at its worst", *map(_milliamperes, on)),
        ("pin 4 at ground, through RA", "", "", _milliamperes(wrong.grounded)),
        ("pin 4 at pin 5, through RA and RC", "", "", _milliamperes(wrong.joined)),
        ("pin 5 at ground, through RC", "", "", _milliamperes(wrong.driven) if wrong.driven else "none"),
    ]
    heats = [(f"heat in {name}, {case}", watts) for (name, case), watts in powers(choices).items()]
    rows += [(what, "", "", f"{watts:.3f} W") for what, watts in heats if watts]
    rows.append((f"{choices.isolator.name} needs in its LED", "", "", _milliamperes(need(choices))))
    taken = rise(choices, capacitance)
    rows.append(("rise of IN by its pull-up", "", "", f"{taken * 1e6:.3f} us" if taken else "no pull-up"))
    return rows
