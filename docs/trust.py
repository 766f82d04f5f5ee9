"""Makes docs/trust.md from the results that are kept in ``docs/trust``: ``python -m docs.trust``.

``python -m docs.trust --measure`` runs all campaigns anew first, which takes hours; ``--measure fuzz cells`` only those
that are named. Where the page of a component was measured before the component was last changed, the page says so. The
last line of the table goes into README.md too, where that has a place for it.
"""

import argparse
import json
import sys

from docs import page
from docs.trust_campaigns import CAMPAIGNS, COMPONENTS, ROOT, TrustError, digest, measure

__all__ = ["KEPT", "PAGE", "as_text", "last_line", "load", "made", "main", "tables"]

DOCS = ROOT / "docs"
PAGE = DOCS / "trust.md"
README = ROOT / "README.md"
KEPT = DOCS / "trust"

OLDER = "\N{DAGGER}"
"""Mark of a result from before the component was last changed."""

HEADING = (
    "component",
    "proved",
    "mutants killed",
    "bytes fuzzed",
    "lines",
    "branches",
    "bits",
    "pairs",
    "as gates",
    "cells",
)

LAST = "all"


def load(folder=KEPT):
    """What is kept of each campaign, by name; those that were never run are left out.

    Raises
    ------
    :exc:`TrustError`
        If a file is not what a campaign keeps, or is of no campaign.
    """
    found = {}
    for path in sorted(folder.glob("*.json")):
        if path.stem not in CAMPAIGNS:
            raise TrustError(f"{path.name} must be named after one of {', '.join(CAMPAIGNS)}")
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise TrustError(f"{path.name} must be JSON: {error}") from None
        if not isinstance(kept, dict) or kept.keys() != {"command", "tools", "components"}:
            raise TrustError(
                f"{path.name} must have command, tools and components, as `--measure {path.stem}` writes it"
            )
        found[path.stem] = kept
    return found


def as_text(kept):
    """What is kept as JSON, a component to a line, so that a difference shows which one changed."""
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in kept["components"].items())
    head = json.dumps({key: kept[key] for key in ("command", "tools")}, indent=1).removesuffix("\n}")
    return f'{head},\n "components": {{\n{rows}\n }}\n}}\n'


def _part(reached, whole):
    return f"{reached:,} of {whole:,}" if whole else "none"


def _mutants(one):
    return _part(one["killed"], one["killed"] + one["alive"])


def _bytes(one):
    return "; ".join(f"{count:,} in {target}" for target, count in one.items() if target != "digest")


CELLS = {
    "proved": ("formal", lambda one: _part(one["proved"], one["properties"])),
    "mutants killed": ("mutation", _mutants),
    "bytes fuzzed": ("fuzz", _bytes),
    "lines": ("coverage", lambda one: _part(*one["lines"])),
    "branches": ("coverage", lambda one: _part(*one["branches"])),
    "bits": ("coverage", lambda one: _part(*one["bits"])),
    "pairs": ("coverage", lambda one: _part(*one["pairs"])),
    "as gates": ("gate", lambda one: ", ".join(level for level in one if level != "digest")),
    "cells": ("cells", lambda one: str(one["up5k"])),
}
"""For each column the campaign it comes from, and how it is told."""

SUMS = {
    "proved": ("formal", "proved", "properties"),
    "lines": ("coverage", "lines"),
    "branches": ("coverage", "branches"),
    "bits": ("coverage", "bits"),
    "pairs": ("coverage", "pairs"),
}


def row(component, found):
    """A row of the table, and whether something in it is of an older version."""
    now, cells, older = digest(component), [f"`{component}`"], False
    for column in HEADING[1:]:
        campaign, tell = CELLS[column]
        one = found.get(campaign, {}).get("components", {}).get(component)
        if one is None:
            cells.append("not measured" if campaign not in found else "none")
            continue
        is_old = one["digest"] != now
        older |= is_old
        cells.append(tell(one) + (f" {OLDER}" if is_old else ""))
    return cells, older


def total(found):
    """The last row: all components together."""
    cells = [f"**{LAST}**"]
    for column in HEADING[1:]:
        campaign, _ = CELLS[column]
        all_of_it = [*found.get(campaign, {}).get("components", {}).values()]
        if not all_of_it:
            cells.append("not measured")
        elif column == "mutants killed":
            killed, alive = (sum(one[key] for one in all_of_it) for key in ("killed", "alive"))
            cells.append(_part(killed, killed + alive))
        elif column == "bytes fuzzed":
            # A target counts once, however many components are in it.
            targets = {target: n for one in all_of_it for target, n in one.items() if target != "digest"}
            hardware = sum(n for target, n in targets.items() if target != "models")
            cells.append(f"{hardware:,}; {targets.get('models', 0):,} in models")
        elif column in SUMS:
            _, *keys = SUMS[column]
            parts = [one[keys[0]] if len(keys) == 1 else [one[key] for key in keys] for one in all_of_it]
            cells.append(_part(*(sum(each) for each in zip(*parts, strict=True))))
        else:
            cells.append(f"{len(all_of_it)} components" if column == "as gates" else "")
    return cells


def trust_table(found):
    """The table: a row for each component."""
    rows = [row(component, found)[0] for component in sorted(COMPONENTS)]
    return page.table(list(HEADING), [*rows, total(found)])


def older_note(found):
    """What the mark means, where it is in the table, and what was never measured."""
    old = [f"`{component}`" for component in sorted(COMPONENTS) if row(component, found)[1]]
    lines = []
    if old:
        lines.append(f"{OLDER} Measured before {', '.join(old)} was last changed; what it says of that is out of date.")
    if never := [name for name in CAMPAIGNS if name not in found]:
        lines.append(f"Not measured as yet: {', '.join(never)}.")
    return "\n\n".join(lines) or "All of it was measured on the components as they are."


def tools_table(found):
    """What each campaign was run by."""
    rows = [
        [name, f"`{kept['command']}`", ", ".join(f"{tool} {version}" for tool, version in kept["tools"].items())]
        for name, kept in found.items()
    ]
    return page.table(["campaign", "command", "tools"], rows)


def last_line(found):
    """The last line of the table, as README has it: without what cannot be added up."""
    columns = [(heading, cell) for heading, cell in zip(HEADING[1:], total(found)[1:], strict=True) if cell]
    return page.table([heading for heading, _ in columns], [[cell for _, cell in columns]])


def tables(found):
    """What makes each computed part of the page, by its name."""
    return {
        "trust": lambda: trust_table(found),
        "older": lambda: older_note(found),
        "tools": lambda: tools_table(found),
    }


def made():
    """Each file and its text."""
    found = load()
    files = {PAGE: page.refreshed(PAGE.read_text(encoding="utf-8"), tables(found), PAGE.name)}
    readme = README.read_text(encoding="utf-8")
    if "<!-- trust:begin -->" in readme:
        files[README] = page.refreshed(readme, {"trust": lambda: last_line(found)}, README.name)
    return files


def main(arguments=None):
    """The command line; returns the exit status: 0, 1 if a campaign ended otherwise than well, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m docs.trust", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--measure", nargs="*", choices=list(CAMPAIGNS), metavar="CAMPAIGN", help=f"run anew: {', '.join(CAMPAIGNS)}"
    )
    options = parser.parse_args(arguments)
    status = 0
    for name in options.measure or (CAMPAIGNS if options.measure == [] else ()):
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            kept = measure(name)
        except TrustError as error:
            print(f"docs.trust: {error}", file=sys.stderr)
            status = 1
            continue
        KEPT.mkdir(exist_ok=True)
        (KEPT / f"{name}.json").write_text(as_text(kept), encoding="utf-8", newline="\n")
    try:
        return page.write(made, "docs.trust") or status
    except TrustError as error:
        print(f"docs.trust: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
