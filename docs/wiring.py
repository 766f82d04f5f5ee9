"""Makes the figures of wiring.md, and what in it is computed: ``python -m docs.wiring``.

The circuit is that of :mod:`board.circuit`. What stands in the page between ``<!-- name:begin -->`` and
``<!-- name:end -->`` is made anew; all else is left alone.
"""

import sys

from board.circuit import breadboard
from board.circuit.catalogue import BUFFERS, ISOLATORS
from board.circuit.description import PMOD, PMOD_PINS, Choices, describe
from board.circuit.judge import judge, need, rise
from board.circuit.partslist import as_markdown
from board.circuit.schematic import schematic
from docs import page
from docs.figure import number
from docs.page import DOCS, table
from docs.wiring_figures import breadboard_picture, jacks, packages, pmod

__all__ = ["FIGURES", "PAGE", "TABLES", "made", "main", "refreshed"]

PAGE = DOCS / "wiring.md"

FIVE_VOLTS = Choices(isolator=ISOLATORS["6N138"], supply=5.0)

FIGURES = {
    "schematic-3v3.svg": lambda: schematic(breadboard.default()),
    "schematic-5v.svg": lambda: schematic(describe(FIVE_VOLTS)),
    "wiring-jacks.svg": jacks,
    "wiring-pins.svg": packages,
    "wiring-pmod.svg": pmod,
    "wiring-breadboard.svg": breadboard_picture,
}
"""What makes each figure, by its name in ``docs/figures``."""


def parts_table():
    """The parts of the default circuit."""
    return as_markdown(breadboard.default(), ("references", "count", "part", "value", "rating", "substitutes"))


def pmod_table():
    """Which pin of the Pmod carries what."""
    rows = []
    for pin in range(1, 7):
        name = str(pin)
        fpga = {"5": "ground", "6": "3.3 V"}.get(name) or PMOD_PINS[name]
        rows.append([name, fpga, PMOD.get(name, "not used")])
    return table(["pin of PMOD1A", "FPGA's pin", "carries"], rows)


def isolators_table():
    """The isolators, what each needs, and what breaks CA-033."""
    rows = []
    for isolator in ISOLATORS.values():
        choices = Choices(isolator=isolator)
        pins = ", ".join(f"{pin} {name}" for pin, name in sorted(isolator.pins.items()))
        pull_up = "none" if choices.pulled_up is None else f"{choices.pulled_up:g} ohm"
        taken = rise(choices)
        part = isolator.timing(choices.pulled_up)
        late = "unknown"
        if part is not None and part.is_known:
            late = f"{number(part.tphl * 1e6, 3)} and {number(part.tplh * 1e6, 3)} us"
        broken = [finding.text for finding in judge(choices) if finding.holds is False]
        rows.append(
            [
                isolator.name,
                pins,
                f"{isolator.supply:g} V",
                pull_up,
                f"{need(choices) * 1e3:.2f} mA",
                "" if taken is None else f"{taken * 1e6:.2f} us",
                late,
                "; ".join([isolator.note, *(f"**breaks CA-033**: {text}" for text in broken)]),
                isolator.source,
            ]
        )
    heading = ["part", "pins", "supply", "pull-up", "needs in its LED", "rise", "falls and rises late by", "note"]
    return table([*heading, "source"], rows)


def buffers_table():
    """The buffers at 3.3 V and 5 V, and what breaks CA-033."""
    rows = []
    for buffer in BUFFERS.values():
        row = [buffer.name, "yes" if buffer.inverts else "no"]
        for supply in (3.3, 5.0):
            down = 4700.0 if buffer.inverts else None
            findings = judge(Choices(supply=supply, buffer=buffer, pull_down=down))
            broken = [finding.text for finding in findings if finding.holds is False]
            row.append("holds" if not broken else "; ".join(broken))
        rows.append([*row, buffer.note, buffer.source])
    return table(
        ["buffer", "turns the line over", "with 33 and 10 ohm at 3.3 V", "with 220 ohm at 5 V", "note", "source"], rows
    )


def steps_list():
    """The steps, each with what goes where and what a meter shows then."""
    circuit = breadboard.default()
    lines = []
    for n, step in enumerate(breadboard.steps(), 1):
        lines += [f"### {n}. {step.name}", ""]
        if step.before:
            lines += [step.before, ""]
        rows = []
        for reference in step.parts:
            part = circuit[reference]
            for pin, hole in breadboard.PLACES[reference].items():
                name = part.names.get(pin)
                rows.append([f"{reference} ({part.value}), pin {pin}{f', {name}' if name else ''}", hole])
        for jack, pin in step.leads:
            part = circuit[jack]
            name = "Pmod" if part.kind == "header" else part.value.rpartition(", ")[2]
            rows.append([f"{jack} ({name}), pin {pin}, {part.names[pin]}", breadboard.LEADS[jack, pin]])
        for name in step.wires:
            one, other = breadboard.WIRES[name]
            rows.append([f"wire, {name}", f"{one} to {other}"])
        if rows:
            lines += [table(["what", "hole"], rows), ""]
        rows = [[f"{check.red}", check.black, check.mode, check.words] for check in step.checks]
        lines += [table(["red lead at", "black lead at", "meter", "shows"], rows), ""]
    return "\n".join(lines).rstrip()


TABLES = {
    "parts": parts_table,
    "pmod": pmod_table,
    "isolators": isolators_table,
    "buffers": buffers_table,
    "steps": steps_list,
}
"""What makes each computed part of the page, by the name in its markers."""


def refreshed(text):
    """The page with its computed parts made anew; raises :exc:`ValueError` if one has no place."""
    return page.refreshed(text, TABLES, PAGE.name)


def made():
    """What this program makes: for each file its text."""
    files = {DOCS / "figures" / name: draw() for name, draw in FIGURES.items()}
    return {PAGE: refreshed(PAGE.read_text(encoding="utf-8")), **files}


def main():
    """Write the page and its figures; returns the exit status."""
    return page.write(made, "docs.wiring")


if __name__ == "__main__":
    sys.exit(main())
