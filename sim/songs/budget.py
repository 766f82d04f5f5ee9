"""What a song costs: how many bytes it is on a MIDI cable, and how long they wait for one another."""

from typing import NamedTuple

import mido

__all__ = ["Budget", "budget"]


class Budget(NamedTuple):
    """What the song needs of a cable: seconds, notes, and bytes with running status."""

    seconds: float
    notes: int
    message_bytes: int
    clock_bytes: int
    busiest_second: int
    longest_wait: float

    @property
    def total_bytes(self) -> int:
        """The bytes of everything, MIDI Clock included."""
        return self.message_bytes + self.clock_bytes


def budget(file: mido.MidiFile) -> Budget:
    """Count the bytes of a file on a cable, with MIDI Clock, and how long the last byte of a message ever waits."""
    byte_time = 320e-6
    running = None
    notes = clocks = ticks = 0
    tempo = mido.bpm2tempo(120)
    seconds = 0.0
    sent: list[tuple[float, int]] = []
    for message in mido.merge_tracks(file.tracks):
        for _ in range(message.time):
            if ticks % (file.ticks_per_beat // 24) == 0:
                sent.append((seconds, 1))
                clocks += 1
            ticks += 1
            seconds += tempo / file.ticks_per_beat / 1e6
        if message.type == "set_tempo":
            tempo = message.tempo
        if message.is_meta:
            continue
        data = message.bytes()
        if data[0] >= 0xF0:
            running = None
            sent.append((seconds, len(data)))
        else:
            sent.append((seconds, len(data) - (data[0] == running)))
            running = data[0]
            notes += message.type == "note_on" and message.velocity > 0

    free = longest_wait = 0.0
    first = last_second = busiest = 0
    for time, length in sent:
        free = max(free, time) + length * byte_time
        longest_wait = max(longest_wait, free - time)
        last_second += length
        while time >= sent[first][0] + 1:
            last_second -= sent[first][1]
            first += 1
        busiest = max(busiest, last_second)
    total = sum(length for _, length in sent)
    return Budget(seconds, notes, total - clocks, clocks, busiest, longest_wait)
