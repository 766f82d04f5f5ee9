"""A design with a testbench around it, as Verilog text.

The clock and the streams' taps are in the testbench, so that Python wakes with the wire and not with the clock.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from amaranth.hdl import Shape
from amaranth.lib import stream, wiring

from hdl import verilog
from hdl.midi import Tap
from sim.model.edges import Clock

__all__ = ["TOP", "Design"]

TOP = "bench"
"""Name of the testbench's module."""


@dataclass
class Design:
    """Something to simulate: its ports and its text.

    Parameters
    ----------
    clk_freq : :class:`float`
        Frequency of its clock, in Hz.
    pins_in, pins_out : :class:`dict`
        Plain ports, with ``(width, value in idle)``.
    streams_in, streams_out : :class:`dict`
        Streams, with the width of the payload.
    taps : :class:`dict`
        Streams to be looked at in passing (:data:`hdl.midi.Tap`), with the width of the payload.
    joins : :class:`dict`
        Output streams that the testbench leads back into input streams.
    """

    clk_freq: float
    pins_in: dict
    pins_out: dict
    streams_in: dict
    streams_out: dict
    taps: dict
    component: object = None
    text: str = None
    joins: dict = field(default_factory=dict)

    @classmethod
    def of(cls, component, clk_freq, joins=None, text=None):
        """The design of an Amaranth component; ``text`` is Verilog to take its place, with the same ports."""
        design = cls(clk_freq, {}, {}, {}, {}, {}, component, text, joins or {})
        design._collect(component.signature)
        return design

    def _collect(self, signature, prefix=""):
        for name, member in signature.members.items():
            inward = member.flow is wiring.In
            # An array of ports has a number behind its name for each.
            for index in product(*(range(size) for size in member.dimensions)):
                place = "__".join((prefix + name, *map(str, index)))
                if member.is_port:
                    width = Shape.cast(member.shape).width
                    (self.pins_in if inward else self.pins_out)[place] = (width, int(member.init or 0))
                elif isinstance(member.signature, stream.Signature):
                    width = Shape.cast(member.signature.members["payload"].shape).width
                    (self.streams_in if inward else self.streams_out)[place] = width
                elif member.signature == Tap:
                    self.taps[place] = Shape.cast(member.signature.members["payload"].shape).width
                else:
                    # The signature of an inward member has been turned over already.
                    self._collect(member.signature, f"{place}__")

    @property
    def clock(self):
        """The clock as it runs: its period is a whole, even number of picoseconds, and it first rises at 1 ps."""
        return Clock(1 / (2e-12 * self.half_period), 1e-12)

    @property
    def half_period(self):
        """Half a clock period in picoseconds."""
        return round(1e12 / self.clk_freq / 2)

    @property
    def watched(self):
        """Width of each signal of the testbench that is watched, the one in the lowest bits first."""
        pins = {name: width for name, (width, _) in (self.pins_in | self.pins_out).items()}
        streams = (self.streams_in | self.streams_out | self.taps).items()
        # What is joined passes both ends at once: looking at one is enough.
        return pins | {f"{name}__tap": width + 1 for name, width in streams if name not in self.joins.values()}

    @cached_property
    def intermediate(self):
        """What tells one design from another: its Verilog if given, else its RTLIL."""
        return self.text if self.text is not None else verilog.intermediate(self.component, "dut")

    @cached_property
    def verilog(self):
        """Verilog text of the module ``dut``."""
        if self.text is not None:
            return self.text
        # Icarus never works out an ``always @*`` that depends on constants alone. Yosys puts a register that does
        # nothing into each: let it change once. (With ``always_comb`` Icarus runs such blocks far too often.)
        text = verilog.convert(self.component, "dut")
        return re.sub(r"reg (\\\$auto\$verilog_backend\S+ ) = 0;", r"reg \1 = 0; initial #0 \1 = 1;", text)

    @cached_property
    def testbench(self):
        """Verilog text of the testbench: clock, signals for Python to drive and watch, taps of the streams."""
        # A component without registers has neither clock nor reset.
        ports = {port for port in ("clk", "rst") if re.search(rf"input +(\d+ +)?\\?{port}\b", self.intermediate)}
        lines = [
            "`timescale 1ps/1ps",
            f"module {TOP};",
            "  reg clk = 0, rst = 1;",
            f"  initial begin #1; forever begin clk = 1; #{self.half_period} clk = 0; #{self.half_period}; end end",
            '  initial if ($test$plusargs("dump")) begin $dumpfile("waves.fst"); $dumpvars(0, dut); end',
        ]
        for name, (width, idle) in self.pins_in.items():
            lines.append(f"  reg [{width - 1}:0] {name} = {idle};")
            ports.add(name)
        for name, (width, _) in self.pins_out.items():
            lines.append(f"  wire [{width - 1}:0] {name};")
            ports.add(name)
        sources = {into: out for out, into in self.joins.items()}
        for name, width in (self.streams_in | self.streams_out | self.taps).items():
            driven = {
                "valid": name in self.streams_in and name not in sources,
                "payload": name in self.streams_in and name not in sources,
                "ready": name in self.streams_out and name not in self.joins,
            }
            for part, size in (("valid", 1), ("payload", width), ("ready", 1)):
                port = f"{name}__{part}"
                idle = int(part == "ready")
                signal = f"[{size - 1}:0] {port}"
                if part == "ready" and name in self.taps:
                    lines.append(f"  wire {signal} = 1;")
                    continue
                ports.add(port)
                lines.append(f"  reg {signal} = {idle};" if driven[part] else f"  wire {signal};")
            if name in sources:
                lines += [f"  assign {name}__{part} = {sources[name]}__{part};" for part in ("valid", "payload")]
            if name in self.joins:
                lines.append(f"  assign {name}__ready = {self.joins[name]}__ready;")
            lines += [
                f"  reg [{width}:0] {name}__tap = 0;",
                # On a wire of its own it is worked out when it changes, and not in every clock.
                f"  wire {name}__passes = {name}__valid & {name}__ready & ~rst;",
                f"  always @(posedge clk) if ({name}__passes)",
                f"    {name}__tap <= {{~{name}__tap[{width}], {name}__payload}};",
            ]
        # All that is watched is one signal: in every step of time Verilator compares each with what it was before.
        parts = ", ".join(reversed(self.watched))
        lines.append(f"  wire [{sum(self.watched.values()) - 1}:0] watched = {{{parts}}};")
        lines.append(f"  dut dut({', '.join(f'.{port}({port})' for port in sorted(ports))});")
        lines.append("endmodule\n")
        return "\n".join(lines)
