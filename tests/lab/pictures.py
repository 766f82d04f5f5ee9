"""The pictures in the labs' pages, drawn by the code that they are about. ``python -m tests.lab.pictures`` "
"renews them."""

import re

from hdl.merger import Merger
from sim.bench import pysim
from sim.bench.design import Design
from sim.bench.simulators import ROOT
from sim.bench.trace import Stimulus
from sim.model.edges import frame_edges
from sim.model.midi import Packet, packets
from sim.model.parser import parser
from tests.lab.drawing import draw, draw_bytes
from tests.lab.labs import LABS
from tests.lab.tiers_merger import told
from tests.lab.wire import BIT

__all__ = ["PICTURES", "renewed"]

PLACE = re.compile(r"(?<=<!-- picture -->\n```\n).*?(?=```\n<!-- end -->)", re.DOTALL)


def transmitter():
    """The byte 90."""
    return draw([("line", frame_edges(0, 0x90, BIT))], 0, BIT)


def receiver():
    """The byte 90, and where to look at it."""
    looks = [0, *((n + 0.5) * BIT for n in range(10))]
    return draw([("line", frame_edges(0, 0x90, BIT))], 0, BIT, marks=[("look", looks)])


def thru():
    """The byte 3c at the outputs of the three kinds."""
    edges = frame_edges(0, 0x3C, BIT)
    later = [(time + 0.6 * BIT, level) for time, level in edges]
    return draw([("in", edges), ("direct", edges), ("retimed", later), ("stored", [])], 0, BIT)


def parsed():
    """A chord with a clock in it, let go again."""
    data = bytes.fromhex("90 3c 40 40 40 f8 43 40 3c 00")
    made = [f"{packet.code:x}: {bytes(packet.bytes).hex(' ')} |" for _, packet in parser(list(enumerate(data)))]
    return draw_bytes([("bytes", [f"{byte:02x}" for byte in data]), ("packets", made)])


def merged():
    """What a merger makes of two inputs that speak at once."""
    clk_freq, messages = 500e3, (("903c40", "f00102 03f7", "903c00"), ("914040", "f8", "914000"))
    inputs = [[packet for text in texts for packet in packets(bytes.fromhex(text))] for texts in messages]
    streams = {f"inputs__{n}": [(1e-5, packet.to_int()) for packet in its] for n, its in enumerate(inputs)}
    stalled = {"packets": [(0, 0), (2e-4, 1)]}
    design = Design.of(Merger(clk_freq, depth=8), clk_freq)
    [trace] = pysim.run(design, [Stimulus(1e-3, streams=streams, ready=stalled)])
    rows = [(f"input {n}", [f"{bytes(p.bytes).hex(' ')} |" for p in its]) for n, its in enumerate(inputs)]
    came = [f"{told(Packet.from_int(value))} |" for _, value in trace.streams["packets"]]
    return draw_bytes(
        [*rows, ("packets", came), ("realtime", [f"{byte:02x}" for _, byte in trace.streams["realtime"]])]
    )


PICTURES = {1: transmitter, 2: receiver, 4: thru, 5: parsed, 6: merged}
"""By number of the lab; each returns lines."""


def renewed(number):
    """Path of the page of a lab, and its text with the picture drawn anew."""
    path = ROOT / "docs" / "labs" / LABS[number].folder / "README.md"
    text = path.read_text(encoding="utf-8")
    assert PLACE.search(text), f"{path} must have a place for its picture"
    return path, PLACE.sub(lambda _: "\n".join(PICTURES[number]()) + "\n", text)


if __name__ == "__main__":
    for lab in PICTURES:
        page, whole = renewed(lab)
        page.write_text(whole, encoding="utf-8")
