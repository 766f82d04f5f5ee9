"""The current loop of wire.md: its two states, what flows in it, and what a wrong plug lets flow."""

from dataclasses import replace

from docs.figure import Figure
from docs.page import table
from sim.model.current_loop import SENDERS, TOLERANCE, TYPICAL_LED, WORST_LED

__all__ = ["BUFFER_LOW", "current_loop", "faults_table", "loop_table", "stated_table"]

THREE, FIVE = SENDERS["3.3 V"], SENDERS["5 V"]
"""The senders that are drawn, that of 5 V in brackets."""

BUFFER_LOW = 0.4
"""Volts at the output of an ordinary logic gate that sinks some milliamperes, at most: an example."""


def milliamperes(amperes):
    return f"{amperes * 1e3:.2f} mA"


def current_loop():
    """Both states of the loop, with what flows and the voltages at the pins."""
    figure = Figure(
        860,
        640,
        "The current loop in its two states",
        f"For a 1 the switch is open, no current flows and the LED is dark. For a 0 the switch is closed and "
        f"{milliamperes(THREE.current())} flow from a sender of 3.3 V, {milliamperes(FIVE.current())} from one of 5 V.",
    )
    _loop(figure, 68, flows=False)
    _loop(figure, 370, flows=True)
    return figure.svg()


def _loop(figure, top, flows):
    """One state: the wire from pin 4 is at the height ``high``, that from pin 5 at ``low``."""
    kind = "flow" if flows else "wire"
    high, low = top + 83, top + 203
    _devices(figure, top, flows)
    _circuit(figure, high, low, flows)
    _shield(figure, (high + low) / 2)
    _pins(figure, high, low)
    _led(figure, high, low, kind)
    _output(figure, high, flows)
    _numbers(figure, high, low, flows)


def _devices(figure, top, flows):
    state = "0: the switch is closed, the LED is lit" if flows else "1: the switch is open, the LED is dark"
    figure.text(state, 20, top)
    figure.box(20, top + 18, 270, 235, "device")
    figure.text("sender (3.3 V; in brackets 5 V)", 30, top + 36, "small")
    figure.box(480, top + 18, 360, 235, "device")
    figure.text("receiver", 490, top + 36, "small")


def _circuit(figure, high, low, flows):
    """The way of the current: supply, resistors, and the switch that the buffer is; the LED is left out."""
    kind = "flow" if flows else "wire"
    figure.text("3.3 V (5 V)", 38, high - 12, "small")
    figure.circle(50, high, 3, "dot")
    figure.path((50, high), (110, high), kind=kind)
    _resistor(figure, 110, high, f"{THREE.source:g} ohm ({FIVE.source:g})", kind)
    figure.path((190, high), (520, high), kind=kind)
    _resistor(figure, 520, high, f"{THREE.receiver:g} ohm", kind)
    figure.path((600, high), (690, high), (690, high + 45), kind=kind)
    figure.path((690, low - 45), (690, low), (190, low), kind=kind)
    _resistor(figure, 110, low, f"{THREE.sink:g} ohm ({FIVE.sink:g})", kind)
    figure.path((110, low), (95, low), kind=kind)
    figure.path((95, low), (65, low if flows else low - 16), kind=kind)
    for x in (95, 65):
        figure.circle(x, low, 2.5, "dot")
    figure.path((65, low), (50, low), (50, low + 14), kind=kind)
    _ground(figure, 50, low + 14)
    figure.text("buffer", 78, low + 24, "small", "middle")


def _shield(figure, y):
    """The shield, at ground on the sender's side alone."""
    figure.path((240, y + 14), (240, y), (290, y))
    _ground(figure, 240, y + 14)
    figure.path((290, y), (480, y), kind="faint")
    figure.text("shield", 385, y - 6, "small", "middle")


def _pins(figure, high, low):
    middle = (high + low) / 2
    for x, anchor, away in ((290, "end", -10), (480, "start", 10)):
        for y, pin in ((high, 4), (middle, 2), (low, 5)):
            figure.circle(x, y, 5, "back")
            figure.circle(x, y, 5)
            figure.text(f"pin {pin}", x + away, y - 9, "small", anchor)
    figure.text("not connected", 490, middle + 16, "small")


def _led(figure, high, low, kind):
    """The LED, and the diode that protects it."""
    _diode(figure, 690, high + 45, 30, kind)
    figure.path((640, high), (640, high + 45))
    _diode(figure, 640, high + 75, -30)
    figure.path((640, high + 75), (640, low))
    figure.text("1N914", 630, high + 64, "small", "end")
    figure.text("LED", 660, high + 100, "small")


def _output(figure, high, flows):
    """The light of the LED, and what the optocoupler makes of it."""
    for n in range(2 if flows else 0):
        y = high + 52 + 14 * n
        figure.path((710, y), (734, y), kind="flow")
        figure.polygon((734, y - 4), (742, y), (734, y + 4), kind="flowing")
    figure.text("optocoupler's output", 832, high + 34, "small", "end")
    figure.text("low" if flows else "high", 752, high + 65, "title")


def _numbers(figure, high, low, flows):
    if not flows:
        figure.text("0 mA", 385, high - 12, "title", "middle")
        return
    figure.text(f"{milliamperes(THREE.current())} ({milliamperes(FIVE.current())})", 385, high - 12, "title", "middle")
    for n, y in enumerate((high, low)):
        volts = f"at {THREE.pins()[n]:.2f} V ({FIVE.pins()[n]:.2f} V)"
        figure.text(volts, 385, y + 18, "small", "middle")
    figure.text(f"{TYPICAL_LED:g} V", 702, high + 94, "small")


def _resistor(figure, x, y, text, kind):
    figure.path((x, y), (x + 10, y), kind=kind)
    figure.box(x + 10, y - 8, 60, 16, "wire")
    figure.path((x + 70, y), (x + 80, y), kind=kind)
    figure.text(text, x + 40, y - 14, "small", "middle")


def _ground(figure, x, y):
    for n, half in enumerate((9, 6, 3)):
        figure.path((x - half, y + 4 * n), (x + half, y + 4 * n))


def _diode(figure, x, y, height, kind="wire"):
    """A diode from ``y`` on; with a negative height it points up."""
    half, fill = 10, "flowing" if kind == "flow" else "box"
    figure.polygon((x - half, y + height * 0.15), (x + half, y + height * 0.15), (x, y + height * 0.85), kind=fill)
    figure.path((x - half, y + height * 0.85), (x + half, y + height * 0.85), kind=kind)
    figure.path((x, y), (x, y + height * 0.15), kind=kind)
    figure.path((x, y + height * 0.85), (x, y + height), kind=kind)


def loop_table():
    """What flows for a 0."""
    rows = []
    for name, loop in SENDERS.items():
        resistors = f"{loop.source:g} + {loop.sink:g} + {loop.receiver:g} ohm"
        for led in (TYPICAL_LED, WORST_LED):
            cases = (loop, replace(loop, low=BUFFER_LOW), loop.weakest(), loop.strongest())
            rows.append([name, resistors, f"{led:g} V", *(milliamperes(case.current(led)) for case in cases)])
    off = f"{TOLERANCE * 100:g} %"
    cases = ["nominal", f"buffer's low at {BUFFER_LOW:g} V", f"weakest by {off}", f"strongest by {off}"]
    return table(["sender", "resistors", "LED", *cases], rows)


def faults_table():
    """What a wrong plug lets flow."""
    rows = []
    for name, loop in SENDERS.items():
        most = loop.strongest()
        rows.append(
            [
                name,
                f"{most.grounded * 1e3:.0f} mA, {most.grounded_power:.3f} W",
                f"{most.joined * 1e3:.0f} mA",
                f"{most.driven * 1e3:.0f} mA",
            ]
        )
    heading = ["sender", "pin 4 at ground: in its resistor", "pin 4 at pin 5: into the low buffer"]
    return table([*heading, "pin 5 at ground: out of a buffer that drives high"], rows)


def stated_table():
    """CA-033's figures for 3.3 V beside what comes out here."""
    most, off = THREE.strongest(), f"{TOLERANCE * 100:g} %"
    rows = [
        [f"loop current, LED {TYPICAL_LED:g} V", "7.2 mA", milliamperes(THREE.current()), "nothing is off"],
        [
            f"loop current, LED {WORST_LED:g} V",
            "4.472 mA",
            f"{THREE.weakest().current(WORST_LED) * 1e3:.3f} mA",
            f"supply {off} low, every resistor {off} high",
        ],
        ["pin 4 at ground", "0.111 A", f"{most.grounded:.3f} A", f"supply {off} high, resistor {off} low"],
        ["heat in the 33 ohm then", "0.383 W", f"{most.grounded_power:.3f} W", "the same"],
    ]
    return table(["what", "CA-033", "computed", "with the buffer's low at 0 V and"], rows)
