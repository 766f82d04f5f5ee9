"""Lab 3: the optocoupler. You write the functions and the numbers; README.md beside this file says how to begin.

Volts, ohms, amperes, watts and seconds, but where a name says otherwise.
"""

__all__ = ["hops", "loop_current", "low_behind", "room", "short_power"]


def loop_current(supply, source, sink, receiver, led):
    """Amperes that flow for a 0.

    ``source``, ``sink`` and ``receiver`` are the loop's resistors, ``led`` is the voltage at the LED.
    0 where the supply does not reach the LED's voltage.
    """
    # TODO


def short_power(supply, source):
    """Watts that the resistor at pin 4 turns into heat when pin 4 touches ground."""
    # TODO


# The least loop current, in mA, that ``python -m board check --supply 3.3 --out 220,220`` prints: 220 ohm belong to
# a loop of 5 V.
LEAST_CURRENT_220 = None


def low_behind(low, tphl, tplh):
    """Seconds that a low of ``low`` seconds lasts behind a part that falls ``tphl`` late, and rises ``tplh`` late."""
    # TODO


# What an ideal receiver reads of 0x90 behind three 6N138 with a pull-up of 2.7 k in a row: each falls 2 us late and
# rises 10 us late.
READ_BEHIND_3 = None


def room(rate_error, bit):
    """Seconds by which an edge may be out of its place before a receiver that looks mid-bit reads a wrong byte.

    ``rate_error`` is the part by which the two ends' bits differ, such as 0.02 or -0.02; it counts up to the last look,
    in the middle of the stop bit. 0 where there is no room at all.
    """
    # TODO


def hops(tphl, tplh, rate_error, bit):
    """Hops in a chain of direct thrus behind which every byte is right; ``None`` if there is no end to it."""
    # TODO


# Hops behind which a PC900 still reads every byte, by ``nox -s sweep -- hops --optocoupler PC900 --hops 6
# --clk-freq 1e6``: direct thru, first without and then with the rate 2 % off.
PC900_HOPS = None
PC900_HOPS_2_PERCENT = None

# Microseconds by which the last edge misses the look behind 4 hops, by the eye diagram (docs/figures/eye.svg).
WRONG_AT_4_HOPS = None
