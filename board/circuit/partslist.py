"""The parts list of a circuit: for a shop, as CSV and as a table in Markdown."""

import csv
import io

__all__ = ["HEADING", "as_csv", "as_markdown", "rows"]

HEADING = ("references", "count", "part", "value", "rating", "substitutes", "why")


def rows(circuit):
    """Parts that are the same on one row, in the order of the description; fields as in :data:`HEADING`."""
    found = {}
    for part in circuit.parts:
        key = (part.kind, part.value.partition(", MIDI")[0], part.rating)
        found.setdefault(key, []).append(part)
    return [
        (
            " ".join(part.reference for part in parts),
            str(len(parts)),
            kind,
            value,
            rating,
            parts[0].substitutes,
            "; ".join(dict.fromkeys(part.why for part in parts)),
        )
        for (kind, value, rating), parts in found.items()
    ]


def as_csv(circuit):
    """The list as CSV, one heading and a row for each part."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADING, *rows(circuit)])
    return text.getvalue()


def as_markdown(circuit, columns=HEADING):
    """The list as a table in Markdown."""
    at = [HEADING.index(column) for column in columns]
    lines = [columns, ["---"] * len(columns), *([row[n] for n in at] for row in rows(circuit))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
