# amaranth: UnusedElaboratable=no
"""The bench of the interface for what was built for a board: the pins are those of its FPGA, and there is no reset."""

import re
from dataclasses import replace

from sim.bench.bench import Bench, Case
from sim.bench.trace import Difference
from sim.model.interface import interface
from tests import bench_interface

__all__ = ["board_bench", "clocks_in_reset"]

# Members of the interface by the names of a board's ports in the netlist.
LINES = {
    "midi_in": "midi_0__in__io",
    "midi_out": "midi_0__out__io",
    "midi_thru": "midi_0__thru__io",
    "host_rx": "(uart|host)_0__rx__io",
    "host_tx": "(uart|host)_0__tx__io",
    "host_cts": "(uart_0__rts|host_0__cts)__io",
    "host_rts": "(uart_0__cts|host_0__rts)__io",
    "clk": r"clk\d+_0__io",
}


def board_bench(built, text, name):
    """The interface's bench for one case, of what was built for a board.

    Parameters
    ----------
    built : :class:`board.bitstream.Built`
        Of the design ``interface``, on a board whose LEDs light when their pins are low.
    text : :class:`str`
        Verilog of its module ``top``, at whatever level.
    name : :class:`str`
        The case.

    A board has no reset, but holds its design in reset for some microseconds behind power-up. So each case has a
    simulation of its own, in which everything happens later by that, and up to then no output may do anything. Where
    the board has no pin for a line, the model stands for it.
    """
    clk_freq = built.plan.clk_freq
    options = built.plan.request.options or {}
    inverted = (*built.plan.request.inverted, "leds", "host_cts", "host_rts")
    setting = bench_interface.Setting(clk_freq, inverted, options)
    bench = bench_interface.bench(setting)
    ports = re.findall(r"^set_io (\S+)", (built.folder / "top.pcf").read_text(), re.MULTILINE)
    lines = {member: port for member, form in LINES.items() for port in ports if re.fullmatch(form, port)}
    leds = sorted(port for port in ports if re.fullmatch(r"led_\d+__io", port))
    late = clocks_in_reset(clk_freq) / bench.design.clock.freq
    case = bench.cases[name]
    plain = dict(bench_interface.stimuli(setting))[name]
    model = _absent(plain, bench.design.clock, options, lines, len(leds))
    design = replace(bench.design, text=text + _wrapper(bench.design, lines, leds))
    return Bench(design, {name: Case(_later(case.stimulus, late), _earlier(case.check, late, model))})


def clocks_in_reset(clk_freq):
    """Clocks from the release of the bench's reset to that of the platform's own.

    The platform's timer counts 15 us, as the block RAMs of an iCE40 ask for, and its last value is seen by one clock
    more (Amaranth 0.5, ``vendor/_siliconblue.py``); twelve clocks are over when the bench lets go.
    """
    return int(15e-6 * clk_freq) + 1 - 12


def _wrapper(design, lines, leds):
    """A module ``dut`` with the ports of the bench, round the module ``top`` of a board."""
    inputs = ["clk", "rst", *design.pins_in]
    parts = [f"  input {name};" for name in inputs]
    for name, (width, idle) in design.pins_out.items():
        parts.append(f"  output [{width - 1}:0] {name};")
        if name not in {*lines, "leds"}:
            parts.append(f"  assign {name} = {idle};")
    parts += [f"  assign leds[{n}] = 1;" for n in range(len(leds), design.pins_out["leds"][0])]
    joins = [f".{port}({name})" for name, port in lines.items()]
    joins += [f".{port}(leds[{n}])" for n, port in enumerate(leds)]
    head = f"module dut({', '.join([*inputs, *design.pins_out])});"
    return "\n".join(["", head, *parts, f"  top top({', '.join(joins)});", "endmodule", ""])


def _absent(stimulus, clock, parameters, lines, lights):
    """A function that puts into a trace what the model says of lines, and of lights, for which a board has no pin."""
    levels = stimulus.levels
    said = interface(levels["midi_in"], levels["host_rx"], clock, host_cts=levels.get("host_cts", ()), **parameters)
    there = (1 << lights) - 1

    def put(trace):
        changed = dict(trace.levels)
        # The pins of both are low when they say yes.
        if "host_rts" not in lines:
            changed["host_rts"] = [(0.0, 0), *((moment, 1 - level) for moment, level in said.host_rts)]
        edges = [(moment, there, value & there) for moment, value in trace.levels["leds"]]
        for n, light in enumerate(said.leds[lights:], lights):
            edges += [(moment, 1 << n, (1 - level) << n) for moment, level in light if moment < trace.end]
        value, changed["leds"] = (1 << len(said.leds)) - 1, []
        for moment, mask, new in sorted(edges):
            value = value & ~mask | new
            changed["leds"].append((moment, value))
        return replace(trace, levels=changed)

    return put


def _later(stimulus, late):
    levels = {name: [(time + late, level) for time, level in edges] for name, edges in stimulus.levels.items()}
    return replace(stimulus, until=stimulus.until + late, levels=levels)


def _earlier(check, late, put):
    """A check of a trace in which everything came ``late`` seconds later."""

    def check_later(trace):
        levels = {}
        for name, ((_, first), *edges) in trace.levels.items():
            if edges and edges[0][0] < late:
                raise Difference(f"{name} must not change at {edges[0][0] * 1e6:.3f} us, in the reset behind power-up")
            levels[name] = [(0.0, first), *((time - late, level) for time, level in edges)]
        check(put(replace(trace, end=trace.end - late, levels=levels)))

    return check_later
