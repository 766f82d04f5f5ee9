# amaranth: UnusedElaboratable=no
"""A scene for each component: a stimulus that shows what it is for, simulated and drawn when the site is made."""

from collections.abc import Callable
from typing import NamedTuple

from docs.waveform import waveform
from hdl.encoder import Encoder
from hdl.line import LineInput
from hdl.merger import Merger
from hdl.parser import Parser
from hdl.port import PacketPort, Port
from hdl.receiver import Receiver
from hdl.sensing import SensingReceiver, SensingSender
from hdl.thru import DirectThru, RetimedThru, StoredThru
from hdl.transmitter import Transmitter
from sim.bench import pysim
from sim.bench.design import Design
from sim.bench.trace import Stimulus
from sim.model.distortion import distort
from sim.model.edges import BAUD, frame_edges
from sim.model.midi import Packet

__all__ = ["SCENES", "Scene", "picture", "trace"]

BIT = 1 / BAUD

CLK_FREQ = 500e3
"""Frequency of the clock in Hz, slow enough for Amaranth's own simulator: 16 clocks to a bit."""


class Scene(NamedTuple):
    """A component, what is done to it, what is drawn of it, and what there is to see in one sentence."""

    make: Callable
    stimulus: Stimulus
    rows: dict
    words: str
    joins: dict = {}  # noqa: RUF012 -- never changed.


def _frames(data, start=2 * BIT, gap=0):
    return [edge for n, byte in enumerate(data) for edge in frame_edges(start + n * (10 + gap) * BIT, byte, BIT)]


def _items(values, start=2 * BIT, every=0.0):
    return [(start + n * every, value) for n, value in enumerate(values)]


def _packets(*messages):
    return [packet.to_int() for packet in messages]


NOTE = (0x90, 0x3C, 0x40)
_ON = Packet.of(0x9, NOTE)
_LOUDER = Packet.of(0x9, (0x90, 0x40, 0x7F))
_THRU_ROWS = {"level_in": "level_in", "level_out": "level_out"}
_SKEWED = distort(_frames(NOTE), 8e-6)

SCENES = {
    "line_input": Scene(
        lambda: LineInput(CLK_FREQ),
        Stimulus(16 * BIT, {"pin": [(BIT, 0), (BIT + 2e-6, 1), *_frames(b"\x55", 3 * BIT)]}),
        {"pin": "pin", "level": "level"},
        "A glitch on the idle line is gone behind it; the frame comes through, a filter's length later.",
    ),
    "receiver": Scene(
        lambda: Receiver(CLK_FREQ),
        Stimulus(44 * BIT, {"level": [*_frames(NOTE[:2]), *_frames(b"\x00", 24 * BIT)[:1], (36 * BIT, 1)]}),
        {"level": "level", "bytes": "bytes", "framing_error": "framing_error", "break_": "break_"},
        "Two bytes, each delivered in the middle of its stop bit; then a line that stays low: one break, no byte.",
    ),
    "transmitter": Scene(
        lambda: Transmitter(CLK_FREQ),
        Stimulus(36 * BIT, streams={"bytes": _items(NOTE)}),
        {"bytes": "bytes", "level": "level"},
        "Three bytes back to back: each is taken in the last clock of the stop bit before it.",
    ),
    "direct_thru": Scene(
        lambda: DirectThru(CLK_FREQ),
        Stimulus(34 * BIT, {"level_in": _SKEWED}),
        _THRU_ROWS,
        "What comes in with each low 8 us too long goes out as it is.",
    ),
    "stored_thru": Scene(
        lambda: StoredThru(CLK_FREQ),
        Stimulus(46 * BIT, {"level_in": _SKEWED}),
        _THRU_ROWS,
        "Each byte goes out with perfect edges, but not before all of it is in.",
    ),
    "retimed_thru": Scene(
        lambda: RetimedThru(CLK_FREQ),
        Stimulus(36 * BIT, {"level_in": _SKEWED}),
        _THRU_ROWS,
        "Perfect edges half a bit later: distortion is gone, and almost no time.",
    ),
    "parser": Scene(
        Parser,
        Stimulus(30 * BIT, streams={"bytes": _items((*NOTE, 0x40, 0xF8, 0x40, 0xC0, 0x05), BIT, 3 * BIT)}),
        {"bytes": "bytes", "packets": "packets"},
        "A note, a second one in running status with a clock inside it, a program change: each a packet when complete.",
    ),
    "encoder": Scene(
        lambda: Encoder(CLK_FREQ),
        Stimulus(
            20 * BIT,
            streams={"packets": _items(_packets(_ON, _LOUDER), BIT), "realtime": [(5.5 * BIT, 0xF8)]},
            # As if each byte took two bits to send.
            ready={"bytes": [(0.0, 0)] + [(n * BIT + d / CLK_FREQ, 1 - d) for n in range(3, 20, 2) for d in (0, 1)]},
        ),
        {"packets": "packets", "realtime": "realtime", "bytes": "bytes"},
        "The second note goes without its status; a clock slips in between.",
    ),
    "merger": Scene(
        lambda: Merger(CLK_FREQ),
        Stimulus(
            20 * BIT,
            streams={
                "inputs__0": _items(_packets(_ON, _LOUDER), BIT, 2 * BIT),
                "inputs__1": _items(_packets(Packet.of(0xF, (0xF8,)), Packet.of(0xC, (0xC1, 5))), BIT, 6 * BIT),
            },
        ),
        {"inputs__0": "inputs 0", "inputs__1": "inputs 1", "packets": "packets", "realtime": "realtime"},
        "Two inputs become one, message by message, real-time on its own way; the cable is the number of the input.",
    ),
    "sensing_sender": Scene(
        lambda: SensingSender(CLK_FREQ, 20 * BIT),
        Stimulus(90 * BIT, {"sent": [(8 * BIT, 1), (8.1 * BIT, 0), (16 * BIT, 1), (16.1 * BIT, 0)]}),
        {"sent": "sent", "realtime": "realtime"},
        "As long as anything is sent it is silent; then FE after FE. (Here after 20 bits instead of 270 ms.)",
    ),
    "sensing_receiver": Scene(
        lambda: SensingReceiver(CLK_FREQ, 20 * BIT),
        Stimulus(
            90 * BIT,
            {
                "received__valid": [edge for n in (8, 20, 36) for edge in ((n * BIT, 1), (n * BIT + 1 / CLK_FREQ, 0))],
                "received__payload": [(7 * BIT, 0xFE), (15 * BIT, 0x90)],
            },
        ),
        {"received__valid": "received", "silent": "silent"},
        "An FE arms it; two more bytes begin the wait anew; silence, and it says so once. (After 20 bits, not 330 ms.)",
    ),
    "port": Scene(
        lambda: Port(CLK_FREQ),
        Stimulus(50 * BIT, {"midi_in": _frames(NOTE)}),
        {"midi_in": "midi_in", "received": "received = send", "midi_out": "midi_out", "midi_thru": "midi_thru"},
        "With its received bytes led back to send: OUT follows a byte behind, THRU at once.",
        {"received": "send"},
    ),
    "packet_port": Scene(
        lambda: PacketPort(CLK_FREQ),
        Stimulus(92 * BIT, {"midi_in": _frames((*NOTE, 0x40, 0x7F))}),
        {
            "midi_in": "midi_in", "received": "received", "packets_out": "packets_out", "midi_out": "midi_out",
            "midi_thru": "midi_thru",
        },
        "With its packets led back: a message leaves when it is complete, the second one without its status.",
        {"packets_out": "packets_in"},
    ),
}  # fmt: skip
"""By the name that :func:`hdl.verilog.components` has for each component."""


def trace(name):
    """What a component did in its scene."""
    scene = SCENES[name]
    [found] = pysim.run(Design.of(scene.make(), CLK_FREQ, joins=scene.joins), [scene.stimulus])
    return found


def picture(name):
    """The scene of a component as SVG."""
    scene, found = SCENES[name], trace(name)

    def show(value):
        if value < 0x100:
            return f"{value:02x}"
        packet = Packet.from_int(value)
        cable = f"{packet.cable}:" if packet.cable else ""
        return cable + " ".join(f"{byte:02x}" for byte in packet.bytes)

    return waveform(f"{name}, simulated", scene.words, found, scene.rows, until=scene.stimulus.until, show=show)
