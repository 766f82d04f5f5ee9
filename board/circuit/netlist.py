"""The circuit as a netlist for ngspice.

The netlist has every part and every net of the description. What the parts do inside is a model of ours:

- The LED is an exponential diode with the stated voltage at the stated current, not the fixed voltage that
  :mod:`board.circuit.judge` reckons with.
- The isolator's output is a switch of 25 ohm (0.4 V at 16 mA) that closes when the LED carries enough, or, where a
  transfer ratio decides, a sink of that ratio. Where both delays are known they are in it; where not, it is immediate
  and the netlist says so: nothing can be read off its times then.
- A gate is a switch with the buffer's resistance, which is closed while its input is below 1.4 V, or above it where
  it inverts.
"""

from math import exp, log

from board.circuit.catalogue import BARE_PIN
from board.circuit.description import supply_class
from sim.model.current_loop import TYPICAL_LED

__all__ = ["LED_AT", "cable", "feeds", "netlist", "short"]

LED_AT = 7.2e-3
"""Amperes for which CA-033 (p. 5) states a typical LED's 1.4 V."""

THERMAL = 1.380649e-23 * 300.15 / 1.602176634e-19
IDEALITY = 2.0
INPUT_MIDDLE = 1.4
SATURATED = 25.0


def _name(net):
    """A net in lower case; ngspice calls ground 0."""
    return "0" if net == "GND" else f"n_{net.lower()}"


def _quantity(value):
    return f"{value:.6g}"


def _nodes(part, *functions):
    """The net at the first pin of each function."""
    return " ".join(_name(part.pins[part.pin(function)[0]]) for function in functions)


def led_model(volts=TYPICAL_LED):
    """A model card of an LED that has ``volts`` at :data:`LED_AT`."""
    saturation = LED_AT / (exp(volts / (IDEALITY * THERMAL)) - 1)
    return f".model LED D(IS={saturation:.6e} N={IDEALITY:g} CJO=30p)"


def _isolator(part, choices, led):
    """The subcircuit of an isolator."""
    isolator = part.model
    timing = isolator.timing(choices.pulled_up)
    known = timing is not None and timing.is_known
    lines = [f"* {isolator.name}: {isolator.source}"]
    if not known:
        lines.append("* Its delays are unknown: it switches at once here, and no time behind it means anything.")
    lines += [
        f".subckt {_subckt(isolator.name)} anode cathode output ground supply",
        "VLED anode inner 0",
        "DLED inner cathode LED",
        led_model(led),
    ]
    if isolator.ratio is not None:
        # A transistor passes what its ratio allows and no more; the tanh lets it saturate at the bottom.
        lines.append(f"BOUT output ground I={isolator.ratio:g}*{{lit}}*tanh(V(output,ground)/0.1)")
        lit = "max(I(VLED),0)"
    else:
        lit = f"(I(VLED) > {isolator.threshold:g} ? 1 : 0)"
        lines.append(f"BOUT output ground I=V(output,ground)/{SATURATED:g}*{{lit}}")
    if known and timing.tphl and timing.tplh:
        scale = isolator.threshold or 1e-3
        lines += [
            f"BLIT lit 0 V=(I(VLED) > {scale / 2:g} ? 1 : 0)",
            f"* {timing.name}: from half to half {timing.tphl:g} s for a fall, {timing.tplh:g} s for a rise.",
            f"BSLOW 0 slow I=(V(lit)-V(slow))*{log(2):.6f}e-9*(V(lit) > 0.5 ? {1 / timing.tphl:.6g} : "
            f"{1 / timing.tplh:.6g})",
            "CSLOW slow 0 1n",
        ]
        lit = "(V(slow) > 0.5 ? 1 : 0)" if isolator.ratio is None else f"(V(slow) > 0.5 ? {LED_AT:g} : 0)"
    lines = [line.replace("{lit}", lit) for line in lines]
    if isolator.pull_up is None:
        lines.append(f"BUP supply output I=V(supply,output)/{SATURATED:g}*(1-{lit})")
    return [*lines, f".ends {_subckt(isolator.name)}"]


def _subckt(name):
    return "X" + name.replace("-", "_")


def _gate(buffer):
    """The subcircuit of one gate."""
    closed = f"(V(input) {'>' if buffer.inverts else '<'} {INPUT_MIDDLE} ? 1 : 0)"
    return [
        f"* {buffer.name}: {buffer.source}",
        f".subckt {_subckt(buffer.name)} input output ground",
        f"BOUT output ground I=V(output,ground)/{buffer.resistance:.6g}*{closed}",
        "RLEAK output ground 1e9",
        "CIN input ground 5p",
        f".ends {_subckt(buffer.name)}",
    ]


def _lines(part):
    """The lines of a part; some have none, as a jack is but the name of its nets."""
    if part.kind in ("resistor", "capacitor"):
        letter = part.kind[0].upper()
        return [f"{letter}_{part.reference} {_name(part.pins['1'])} {_name(part.pins['2'])} {_quantity(part.quantity)}"]
    if part.kind == "ferrite":
        return [f"L_{part.reference} {_name(part.pins['1'])} {_name(part.pins['2'])} 1.6u"]
    if part.kind == "diode":
        return [f"D_{part.reference} {_name(part.pins['A'])} {_name(part.pins['K'])} D1N4148"]
    if part.kind == "isolator":
        nodes = _nodes(part, "anode", "cathode", "output", "ground", "supply")
        return [f"X_{part.reference} {nodes} {_subckt(part.model.name)}"]
    if part.kind == "buffer":
        pairs = zip(part.pin("input"), part.pin("output"), strict=True)
        ground = part.pins[part.pin("ground")[0]]
        return [
            f"X_{part.reference}_{n} {_name(part.pins[one])} {_name(part.pins[two])} {_name(ground)} "
            f"{_subckt(part.model.name)}"
            for n, (one, two) in enumerate(pairs, 1)
        ]
    return [f"* {part.reference}: {part.value}: {', '.join(f'{k} {v}' for k, v in part.pins.items() if v)}"]


def netlist(circuit, led=TYPICAL_LED, capacitance=0.0):
    """The netlist of a :class:`board.circuit.description.Circuit`, without anything that feeds it.

    Parameters
    ----------
    circuit : :class:`board.circuit.description.Circuit`
        What is to be written.
    led : :class:`float`
        Volts of the LED at :data:`LED_AT`.
    capacitance : :class:`float`
        Farads at the isolator's output.
    """
    choices = circuit.choices
    source, sink = choices.resistors
    lines = [f"* {choices.isolator.name}, {choices.supply:g} V, {source:g} and {sink:g} ohm, {choices.buffer.name}"]
    for part in circuit.parts:
        lines += _lines(part)
    if capacitance:
        lines.append(f"C_STRAY {_name('MIDI_IN')} 0 {_quantity(capacitance)}")
    # What would hang in the air gets a path to ground that carries nothing.
    lines += [f"R_AIR_{net} {_name(net)} 0 1e12" for net in sorted(circuit.nets) if net != "GND"]
    lines += [".model D1N4148 D(IS=2.52n RS=0.568 N=1.752 BV=100 CJO=4p TT=20n)"]
    lines += _isolator(circuit["U1"], choices, led)
    if choices.buffer is not BARE_PIN:
        lines += _gate(choices.buffer)
    return "\n".join(lines) + "\n"


def feeds(circuit, line="0", supply=None):
    """What feeds a netlist: its supplies, and the level at the FPGA's outputs as ngspice writes a source."""
    choices = circuit.choices
    given = {"3V3": 3.3, "5V": 5.0}
    given["3V3" if supply_class(choices.supply) == 3.3 else "5V"] = supply or choices.supply
    rails = [f"V_{net} {_name(net)} 0 {volts:g}" for net, volts in given.items() if net in circuit.nets]
    lines = [f"V_{net} {_name(net)} 0 {line}" for net in ("MIDI_OUT", "MIDI_THRU") if net in circuit.nets]
    return "\n".join([*rails, *lines]) + "\n"


def cable(side="OUT"):
    """A cable from ``OUT`` or ``THRU`` to IN: what flows in it is the current of ``V_CABLE``."""
    there = f"V_CABLE {_name(f'{side}4')} {_name('IN4')} 0"
    back = f"V_BACK {_name('IN5')} {_name(f'{side}5')} 0"
    return f"{there}\n{back}\n"


def short(one, other, ohms=1e-3):
    """Two nets that touch; what flows is the current of ``V_SHORT``."""
    return f"V_SHORT {_name(one)} n_short 0\nR_SHORT n_short {_name(other)} {ohms:g}\n"
