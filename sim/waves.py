"""Waveforms of what was recorded, for GTKWave and Surfer."""

from vcd import VCDWriter

__all__ = ["write_vcd"]


def write_vcd(path, result):
    """Write a :class:`sim.play.Result` as a VCD file, in nanoseconds of the wire.

    The three lines, the byte last seen on each (hex), the received bytes with their messages as words, and the
    errors as pulses.
    """
    events = []
    with open(path, "w") as file, VCDWriter(file, timescale="1 ns", comment=result.song.name) as writer:
        for scope, pin in (("in", "midi_in"), ("out", "midi_out"), ("thru", "midi_thru")):
            wire = writer.register_var(scope, pin, "wire", size=1, init=1)
            events += [(time, wire, level) for time, level in result.trace.line(pin)]
        for scope, heard in (("in", "received"), ("out", "out"), ("thru", "thru")):
            byte = writer.register_var(scope, f"{heard}_byte", "reg", size=8, init="x")
            events += [(time, byte, value) for time, value in getattr(result.heard, heard)]
        words = writer.register_var("in", "message", "string", init="")
        events += [(time, words, message.text) for time, message in result.heard.messages]
        width = 1 / result.trace.clock.freq
        for name in ("framing_errors", "breaks", "overruns"):
            pulse = writer.register_var("in", name.removesuffix("s"), "wire", size=1, init=0)
            for time in getattr(result.heard, name):
                events += [(time - width, pulse, 1), (time, pulse, 0)]
        for time, variable, value in sorted(events, key=lambda event: event[0]):
            writer.change(variable, round(time * 1e9), value)
