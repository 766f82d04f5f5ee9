"""The page of coverage: figures of each component, the tables of the protocol, and the source with its counts."""

from html import escape
from pathlib import Path

from sim.bench.simulators import ROOT
from tests.coverage.probes import LINE, PASSED, TAKEN
from tests.coverage.subjects import ELSEWHERE, NO_TABLE, TABLES

__all__ = ["html"]

STYLE = Path(__file__).with_name("page.css")

WHAT = ("lines", "branches", "bits", "pairs")


def html(found, figures):
    """The page as text; ``figures`` are those of :func:`tests.coverage.summary.summary`."""
    parts = [_figures(figures), *(_table(table, found) for table in TABLES if table.component in found)]
    parts.append(_rules(found))
    parts += [_source(each) for each in found.values() if each.places]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Fivepin: coverage</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>"
        "<h1>Coverage</h1><p>What the benches reach of the hardware and of the protocol. A line is one that holds a "
        "statement, a branch one way of an <code>If</code> or <code>Switch</code>; both count at a clock edge outside "
        "reset. A bit counts when it rose and fell. A pair is something that may happen in a state.</p>"
        + "\n".join(parts)
        + "</main></body></html>\n"
    )


def _figures(figures):
    heading = "".join(f'<th scope="col">{name}</th>' for name in ("component", *WHAT, "clocks"))
    rows = "".join(
        f'<tr><th scope="row"><a href="#{name}">{name}</a></th>'
        + "".join(_part(*each[what], is_open=_has_open(each, what)) for what in WHAT)
        + f"<td>{each['clocks']:,}</td></tr>"
        for name, each in figures["components"].items()
    )
    gaps = {}
    for name, each in figures["components"].items():
        for what, where, why in (*each["explained"], *((*gap, "not explained") for gap in each["open"])):
            gaps.setdefault((name, what, why), []).append(f"<code>{escape(where)}</code>")
    told = [f"<li><b>{name}</b>, {what} {', '.join(w)}: {escape(why)}</li>" for (name, what, why), w in gaps.items()]
    return (
        f"<table><caption>Reached, of all there is; Verilator {escape(figures['tool']['verilator'])}</caption>"
        f"<thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table>"
        f"<h2>Not reached, and why</h2><ul>{''.join(told) or '<li>Nothing.</li>'}</ul>"
    )


def _has_open(each, what):
    """Whether something of this kind, such as lines, was not reached for no reason that is given."""
    return any(what.startswith(kind) for kind, _ in each["open"])


def _part(reached, whole, is_open=True):
    if not whole:
        return "<td>none</td>"
    kind = "full" if reached == whole else "part" if is_open else "reasoned"
    return f'<td class="{kind}">{reached} of {whole}</td>'


def _table(table, found):
    counts = found[table.component].pairs.get(table.title, {})
    heading = "".join(f'<th scope="col"><span>{escape(event)}</span></th>' for event in table.events)
    rows = "".join(
        f'<tr><th scope="row">{escape(state)}</th>'
        + "".join(_cell(table, state, event, counts.get((state, event), 0)) for event in table.events)
        + "</tr>"
        for state in table.states
    )
    reached = sum(bool(counts.get(pair)) for pair in table.pairs)
    return (
        f"<h2>{escape(table.title)}</h2><p>{reached} of {len(table.pairs)} pairs were met. Each cell is how often, and "
        f'the rule; a dash is what can never happen.</p><div class="wide"><table class="heat"><thead><tr><td></td>'
        f"{heading}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(table, state, event, count):
    if why := table.impossible(state, event):
        return f'<td class="never" title="{escape(why)}">&ndash;</td>'
    # Shades go by powers of ten.
    shade = 0 if not count else min(len(str(count)), 5)
    rule = table.rule(state, event)
    title = f"{state}; {event}: {count:,} times" + (f", by {rule}" if rule else "")
    return f'<td class="h{shade}" title="{escape(title)}">{_short(count)}<small>{rule}</small></td>'


def _short(count):
    return str(count) if count < 1000 else f"{count // 1000}k"


def _rules(found):
    """Each rule, and how many of its pairs were met."""
    pairs = {}
    for table in TABLES:
        if table.component in found:
            counts = found[table.component].pairs.get(table.title, {})
            for pair in table.pairs:
                reached, whole = pairs.get(table.rule(*pair), (0, 0))
                pairs[table.rule(*pair)] = reached + bool(counts.get(pair)), whole + 1
    rows = "".join(
        f'<tr><th scope="row">{rule}</th>{_part(*pairs[rule])}</tr>'
        for rule in sorted(filter(None, pairs), key=lambda rule: int(rule[1:]))
    )
    elsewhere = "".join(f"<li>{rule}: {escape(why)}.</li>" for rule, why in ELSEWHERE.items())
    without = "".join(f"<li>{name}: {escape(why)}.</li>" for name, why in NO_TABLE.items() if name in found)
    return (
        "<h2>By rule</h2><p>The rules are those of docs/protocol.md; docs/testplan.md names tests of all of them.</p>"
        '<table><thead><tr><th scope="col">rule</th><th scope="col">pairs met</th></tr></thead>'
        f"<tbody>{rows}</tbody></table><p>In no table:</p><ul>{elsewhere}{without}</ul>"
    )


def _source(found):
    """The component's file, with the clocks in which each line had its turn."""
    (file,) = {place.file for place in found.places}
    counts = {}
    for place, count in found.places.items():
        counts.setdefault(place.line, {})[place.kind] = count
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    first, last = max(1, min(counts) - 3), min(len(lines), max(counts) + 1)
    rows = "".join(_line(n, lines[n - 1], counts.get(n, {})) for n in range(first, last + 1))
    return (
        f'<details id="{found.component}"><summary>{found.component}: {file}, lines {first} to {last}</summary>'
        f'<div class="wide"><table class="source"><thead><tr><th scope="col">line</th><th scope="col">clocks</th>'
        f'<th scope="col">passed by</th><th scope="col">source</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _line(number, text, counts):
    kind = "missed" if 0 in counts.values() else "reached" if counts else ""
    main = _count(counts, LINE) or _count(counts, TAKEN)
    return (
        f'<tr class="{kind}"><td>{number}</td><td>{main}</td><td>{_count(counts, PASSED)}</td>'
        f"<td><code>{escape(text)}</code></td></tr>"
    )


def _count(counts, kind):
    if kind not in counts:
        return ""
    return "always" if counts[kind] is None else f"{counts[kind]:,}"
