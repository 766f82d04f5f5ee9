"""Results without a simulator: the model plays the chip, and a test may spoil what comes out."""

import json
import random

from sim import play
from sim.bench.trace import Stimulus, Trace
from sim.model.chain import chain
from sim.model.edges import Clock, frame_edges, frames
from sim.model.port import packet_echo
from sim.play import TAIL, Result
from sim.song import Song, wire

__all__ = ["busy_song", "figures_of", "played", "small_song"]

CLOCK = Clock(500e3, 1e-12)


def played(song, *, spoil=None, thru="direct", through=None, edges=None, **options):
    """A :class:`sim.play.Result` of a song.

    ``spoil`` takes the ``(time, byte)`` that come out and returns what comes out instead; ``thru`` is the kind of the
    chip's, ``through`` the :class:`sim.model.chain.Chain` before it; ``edges`` are those at the pin, where the
    sender does not make them; ``options`` are those of :func:`sim.song.wire`.
    """
    sent = wire(song, **options)
    edges = edges or (chain(sent.edges, through) if through else sent.edges)
    stimulus = Stimulus(sent.end + TAIL, {"midi_in": edges})
    edges = stimulus.levels["midi_in"]
    # As deep as the model that it will be compared with, which a test may make shallow.
    model = packet_echo(edges, CLOCK, thru=thru, depth=play.DEPTH)
    received, *errors = model.received
    out = model.midi_out
    if spoil:
        events = spoil([(frame.time, frame.byte) for frame in frames(out)])
        out = [edge for time, byte in events for edge in frame_edges(time, byte, 16 / CLOCK.freq)]
    half = 0.5 / CLOCK.freq
    levels = {
        name: [edge for time in times for edge in ((time - half, 1), (time + half, 0))]
        for name, times in zip(
            ("framing_error", "break_", "overrun", "thru_overrun"), (*errors, model.thru_overruns), strict=True
        )
    }
    cuts = [time for time, packet in model.packets if packet.cut]
    levels["cut"] = [(0.0, 0), *(edge for time in cuts for edge in ((time - half, 1), (time + half, 0)))]
    levels |= {"midi_in": edges, "midi_out": out, "midi_thru": model.midi_thru}
    streams = {"received": received, "packets_out": [(time, packet.to_int()) for time, packet in model.packets]}
    return Result(song, sent, Trace(CLOCK, stimulus.until, levels, streams), "model", CLOCK.freq, False, thru, through)


def small_song(name="small.mid"):
    """A SysEx, and a scale of 40 notes on two channels, with a clock."""
    messages = [(0.0, bytes.fromhex("f07e7f0901f7"))]
    for n in range(40):
        status, key = 0x90 + n % 2, 48 + n % 24
        messages += [(0.1 * n, bytes((status, key, 100))), (0.1 * n + 0.08, bytes((status, key, 0)))]
    return Song(name, messages, [n / 48 for n in range(200)])


def busy_song():
    """Three minutes in which eight channels play about 20,000 bytes."""
    rng = random.Random(1)
    messages = []
    for _ in range(2700):
        status, key, time = 0x90 + rng.randrange(8), rng.randrange(30, 100), rng.uniform(0, 179)
        messages.append((time, bytes((status, key, rng.randrange(1, 128)))))
        messages.append((time + rng.uniform(0.05, 1), bytes((status, key, 0))))
    return Song("busy.mid", sorted(messages), [n / 40 for n in range(180 * 40)])


def figures_of(result):
    """Figures that a report must show, by the names under which it shows them."""
    written = json.loads(json.dumps(result.as_json()))
    figures = {name: len(written[name].split()) for name in ("sent", "received", "out", "thru")}
    figures |= {name: written[name] for name in ("framing_errors", "breaks", "overruns")}
    if result.thru != "direct":
        figures["thru_overruns"] = written["thru_overruns"]
    figures["messages"] = len(written["messages"])
    for name, latency in written["latency"].items():
        figures |= {f"latency.{name}.{key}": value for key, value in latency.items()}
    return figures
