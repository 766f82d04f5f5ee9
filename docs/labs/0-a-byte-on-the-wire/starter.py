"""Lab 0: a byte on the wire. You write the functions; README.md beside this file says how to begin.

Times are seconds. A line is a list of edges ``(time, level)`` and rests at 1.
"""

__all__ = ["bit_time", "bits", "byte", "chord_time", "edges", "line_time", "read", "sample_times"]


def bit_time(baud):
    """Seconds that one bit lasts, at ``baud`` bits a second."""
    # TODO


def line_time(count, baud):
    """Seconds that ``count`` bytes take on the line, one right behind the other."""
    # TODO


def chord_time(notes, running_status, baud):
    """Seconds until the last of ``notes`` Note Ons is through; ``running_status`` says whether they share a status."""
    # TODO


def bits(byte):
    """The ten levels of a frame, in the order in which they are on the line."""
    # TODO


def byte(bits):
    """The byte that ten levels carry, or ``None`` if they are no frame: start bit not 0, or stop bit not 1."""
    # TODO


def edges(time, byte, bit):
    """The edges ``(time, level)`` of a frame that begins at ``time``, with bits of ``bit`` seconds."""
    # TODO


def sample_times(start, bit):
    """Ten moments at which to look at the line, if the start bit fell at ``start``."""
    # TODO


def level_at(line, time):
    """Level of a line at a moment. This one is given."""
    levels = [level for moment, level in line if moment <= time]
    return levels[-1] if levels else 1


def read(line, bit):
    """All bytes that are on a line, whose bits last ``bit`` seconds."""
    # TODO
