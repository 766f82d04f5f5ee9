"""What the sweeps found, in words, tables and figures; and what it is compared with."""

from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table

from sim import figures
from sim.model.optocoupler import PARTS
from sim.points import Glitch, Hops, Tolerance
from sim.terminal import console

__all__ = ["IDEAL", "PEERS", "PROMISED", "Stands", "draw", "falls_short", "glitches", "show", "stands"]


class Stands(NamedTuple):
    """What a receiver stands: the sender's rate too fast and too slow, in percent; lows longer and shorter, in us, at
    the exact rate and at 1 % off; and an inverted pulse anywhere in a frame, in us. ``None``: not known."""

    fast: float | None = None
    slow: float | None = None
    longer: float | None = None
    shorter: float | None = None
    longer_at_1: float | None = None
    shorter_at_1: float | None = None
    glitch: float | None = None


PROMISED_CLK_FREQ = 12e6
PROMISED = Stands(5.2, 5.2, 15.5, 15.5, 12.9, 12.9, 3.0)
"""What this project says of its receiver at that clock, with the filter on."""

IDEAL = Stands(5.26, 5.26, 16.0, 16.0, 12.96, 12.96)
"""A receiver that samples each bit once in its middle and checks the stop bit: ``16 us - 9.5 bits * rate error``."""

# Measured side by side at 12 MHz and 31,250 baud, on the published Verilog of each core or what its generator makes of
# it. None has a filter or a vote: each loses some of the frames in which a microsecond is inverted.
PEERS = {
    "icebreaker-amaranth-examples": Stands(5.16, 5.28, 16.0, 15.8),
    "OpenTitan": Stands(5.20, 4.68, 15.9, 17.7),
    "amaranth-stdio": Stands(5.16, 5.28, 16.0, 15.8),
    "Glasgow": Stands(5.16, 5.28, 16.0, 15.8),
    "LiteX RS232PHY": Stands(5.16, 5.30, 16.1, 15.7),
    "verilog-uart": Stands(5.26, 5.22, 15.9, 16.0),
    "wbuart32 lite": Stands(5.22, 5.22, 15.9, 15.9),
}


def stands(plans):
    """What was measured of this receiver, as :class:`Stands`."""
    known = {plan.sweep: plan.results.of(plan.points) for plan in plans}
    tolerated = {}
    for (rate, skew, count, _), (right, errors) in known.get(Tolerance, ()):
        good = right == count and not errors
        tolerated[rate, skew] = tolerated.get((rate, skew), True) and good

    def limit(choose):
        """The largest value that is stood together with all smaller ones; ``choose`` gives the value of a point."""
        found = sorted((value, good) for point, good in tolerated.items() if (value := choose(*point)) is not None)
        stood = None
        for value, good in found:
            if not good:
                return stood
            stood = value
        # Where nothing was wrong nobody knows the limit.
        return None

    def at_1(sign):
        """Whichever rate is the worse."""
        both = [limit(lambda rate, skew, r=r: sign * skew if rate == r and sign * skew > 0 else None) for r in (-1, 1)]
        return min((value for value in both if value is not None), default=None)

    return Stands(
        limit(lambda rate, skew: rate if not skew and rate >= 0 else None),
        limit(lambda rate, skew: -rate if not skew and rate <= 0 else None),
        limit(lambda rate, skew: skew if not rate and skew >= 0 else None),
        limit(lambda rate, skew: -skew if not rate and skew <= 0 else None),
        at_1(1),
        at_1(-1),
        next((width for width, harmed in reversed(glitches(known.get(Glitch, ())).items()) if not harmed), None),
    )


def glitches(known):
    """Part of the places, for each width in us, at which a glitch harms a byte."""
    places = {}
    for (width, _), (right, _) in sorted(known):
        places.setdefault(width, []).append(right < len(Glitch.data))
    return {width: sum(harmed) / len(harmed) for width, harmed in places.items()}


def falls_short(plans, clk_freq):
    """What was measured and is less than promised: names of the fields of :class:`Stands`."""
    measured = stands(plans) if clk_freq == PROMISED_CLK_FREQ else Stands()
    pairs = zip(Stands._fields, measured, PROMISED, strict=True)
    return [name for name, value, promise in pairs if value is not None and value < promise]


def show(plans, clk_freq):
    """Print all of it; nothing of a sweep that was not asked for."""
    known = {plan.sweep: plan.results.of(plan.points) for plan in plans}
    if known.get(Tolerance):
        console.print(_tolerances(stands(plans), clk_freq))
    if known.get(Hops):
        console.print(_chains(known[Hops]))
        console.print("Behind a sender that is fast and never pauses a stored thru fills up, whatever the optocoupler.")
        unknown = [part.name for part in PARTS.values() if not part.is_known and part.name != "custom"]
        console.print(
            f"Of {', '.join(unknown)} no delays were found; give those of your part's data sheet: "
            "--optocoupler H11L1:tphl=1.2us,tplh=2us"
        )
    for width, harmed in glitches(known.get(Glitch, ())).items():
        where = f"at {harmed:.1%} of the places" if harmed else "nowhere"
        console.print(f"{width:g} us inverted in a frame harm a byte {where}")
    for name in falls_short(plans, clk_freq):
        console.print(f"[bold red]less than promised[/]: {name.replace('_', ' ')} must be {getattr(PROMISED, name)}")


def _table(title, *headings):
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for n, heading in enumerate(headings):
        table.add_column(heading, justify="right" if n else "left", no_wrap=True)
    return table


def _tolerances(measured, clk_freq):
    title = (
        f"What a receiver stands: rate too fast, too slow; lows longer, shorter. Simulated at {clk_freq / 1e6:g} MHz"
    )
    at_1 = ("+us\nat 1 %", "-us\nat 1 %")
    table = _table(title, "", "+%", "-%", "+us", "-us", *at_1)
    rows = {"this one, measured": measured, "this one, promised": PROMISED, "ideal": IDEAL, **PEERS}
    for name, row in rows.items():
        values = ("" if value is None else f"{value:.2f}" for value in row[:-1])
        table.add_row(name, *values, end_section=name == "ideal")
    return table


def _chains(known):
    """Hops for each part, and for each kind of thru and rate error."""
    found, skews, columns = {}, {}, {}
    for (part, tphl, tplh, kind, rate, _, most), (lasts, formula) in known:
        # The worst rate of a direct thru depends on the part.
        rates = "0 %" if not rate else "2 % off" if kind == "direct" else f"{rate:+g} %"
        skews[part] = tplh - tphl
        # What the other kinds lose is no matter of the optocoupler, of which alone the formula speaks.
        beside = f" ({formula}{'+' * (formula == most)})" if kind == "direct" and lasts < most else ""
        found[part, kind, rates] = f"{lasts}{'+' * (lasts == most)}{beside}"
        columns[kind, rates] = None
    table = _table(
        "Hops before the first wrong byte (and by the formula), by thru and rate of the sender; +: or more",
        "optocoupler", "+us", *("\n".join(column) for column in columns),
    )  # fmt: skip
    for part in sorted(skews, key=skews.get):
        table.add_row(part, f"{skews[part]:.3g}", *(found.get((part, *column), "") for column in columns))
    return table


def draw(plans, folder):
    """Write a figure of each sweep of which there is anything; returns the paths."""
    paths = []
    for plan in plans:
        if not (known := plan.results.of(plan.points)):
            continue
        if plan.sweep is Glitch:
            text = figures.glitch(known, len(Glitch.data))
        elif plan.sweep is Hops:
            text = figures.hops(known)
        elif any(point[3] == 0 for point, _ in known):
            text = figures.tolerance(known)
        else:
            continue
        path = folder / f"{plan.sweep.name}.svg"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
