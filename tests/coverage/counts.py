"""What Verilator counted, read off its ``coverage.dat``, and the Verilog text that it counted in."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.coverage.probes import PROBE, place_of

__all__ = ["OPTIONS", "Bit", "Declared", "declarations", "read"]

OPTIONS = ("--coverage-line", "--coverage-toggle")
"""What Verilator is asked to count; ``--coverage`` counts more, and crashes on Yosys' text."""


class Bit(NamedTuple):
    """A bit of a signal, in a module whose name begins at the component: ``""`` is the component itself."""

    module: str
    signal: str
    bit: int


class Declared(NamedTuple):
    """A signal as Verilog declares it, and where Amaranth says it comes from: file and line."""

    module: str
    name: str
    source: tuple


def declarations(text):
    """The :class:`Declared` of each line of a Verilog text that declares a signal of a module of :mod:`hdl`, by number.

    Left out are the clock and the reset, which are the testbench's; what Yosys puts into each ``always`` block, a
    register that does nothing; the probes; fields of a signal, which are bits of that; and results of operators.
    """
    found, module, source, ours = {}, "", None, False
    for number, line in enumerate(text.splitlines(), 1):
        if attribute := re.fullmatch(r' *\(\* src = "(.*):(\d+)" \*\)', line):
            source = attribute[1], int(attribute[2])
        elif begins := re.match(r"module (\S+?) ?\(", line):
            module = begins[1].lstrip("\\").partition(".")[2]
            ours = source is not None and place_of(source) is not None
            source = None
        elif declared := re.fullmatch(r"  (?:input|output|wire|reg) (?:\[\d+:\d+\] )?(\\\S+|\w+)(?: = \S+|) ?;", line):
            name = declared[1].lstrip("\\")
            if ours and source and not re.match(rf"\$|{PROBE}|(?:clk|rst)$|.*\.", name):
                found[number] = Declared(module, name, source)
        elif not line.lstrip().startswith("(*"):
            source = None
    return found


def read(path, text, places):
    """Counts of a run.

    Parameters
    ----------
    path : path
        Verilator's file.
    text : :class:`str`
        The Verilog text that was simulated.
    places : :class:`dict`
        :class:`Place` of lines that look at a probe, by number.

    Returns
    -------
    lines : :class:`dict`
        Clocks in which each place had its turn.
    bits : :class:`dict`
        How often each :class:`Bit` rose, and how often it fell.
    """
    declared, lines, bits = declarations(text), {}, {}
    for words, digits in re.findall(rb"^C '(.*)' (\d+)$", Path(path).read_bytes(), re.MULTILINE):
        point = dict(word.split("\x02", 1) for word in words.decode().split("\x01") if "\x02" in word)
        if not point["f"].endswith("design.v"):
            continue
        number, count = int(point["l"]), int(digits)
        if point["t"] == "toggle":
            bit, way = re.fullmatch(r".*?(?:\[(\d+)\])?:([01]->[01])", point["o"]).groups()
            if number in declared:
                key = Bit(*declared[number][:2], int(bit or 0))
                rises, falls = bits.get(key, (0, 0))
                bits[key] = (rises + count, falls) if way == "0->1" else (rises, falls + count)
        elif number in places and point["o"] == "if":
            place = places[number]
            lines[place] = lines.get(place, 0) + count
    return lines, bits
