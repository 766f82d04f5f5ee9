"""The grades of a class as one page that needs nothing else."""

from html import escape as escaped

from tests.lab.given import plain
from tests.lab.summary import of_lab

__all__ = ["page"]

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .5rem 0; }
th, td { border: 1px solid #8888; padding: .4rem .6rem; text-align: left; vertical-align: top; }
td small { display: block; }
pre { overflow-x: auto; line-height: 1.15; border: 1px solid #8888; padding: .6rem; }
section { border-top: 1px solid #8888; margin-top: 1.5rem; }
a:focus, summary:focus { outline: 3px solid; }
"""


def escape(text):
    """Text as HTML can hold it."""
    return escaped(plain(text))


def page(title, grades, labs, students=None, astray=()):
    """HTML of a list of grades, each with its ``student`` and, if nothing was handed in, no ``path``.

    ``labs`` are the columns, ``students`` the rows, also of those of whom nothing is graded yet; ``astray`` are files
    by student that were not taken for a lab.
    """
    students = list(students or dict.fromkeys(grade["student"] for grade in grades))
    # Names of two students may be alike but for what cannot be shown.
    names = {student: f"s{number}" for number, student in enumerate(students, 1)}
    found = {(grade["student"], grade["lab"]): grade for grade in grades}
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        "<table><caption>Percent of the tiers that pass, and the mistake that explains the first that does not."
        " Each grade leads to its details. Means are over what was handed in.</caption>",
        '<thead><tr><th scope="col">Student</th>',
        *(f'<th scope="col">{lab.number}. {escape(lab.title)}</th>' for lab in labs),
        '<th scope="col">Mean</th></tr></thead><tbody>',
    ]
    for student in students:
        its = [found.get((student, lab.number)) for lab in labs]
        parts.append(f'<tr><th scope="row">{escape(student)}</th>')
        parts += [_cell(grade, names[student], dict(astray).get(student, ())) for grade in its]
        parts.append(f"<td>{_mean(its)}</td></tr>")
    parts += _of_the_class(grades, labs)
    if beside := dict(astray).get("", ()):
        parts.append(f"<p>Beside the folders, and so nobody's: {escape(', '.join(beside))}</p>")
    parts.append("<h2>Details</h2>")
    parts += [_details(grade, names[grade["student"]]) for grade in grades if grade["path"]]
    parts.append("</main></body></html>\n")
    return "\n".join(parts)


def _mean(grades):
    percents = [grade["percent"] for grade in grades if grade and grade["path"]]
    return f"{sum(percents) / len(percents):.0f}" if percents else ""


def _of_the_class(grades, labs):
    """The last row: what next week's lesson is about."""
    yield '</tbody><tfoot><tr><th scope="row">Class</th>'
    for lab in labs:
        summary = of_lab([grade for grade in grades if grade["lab"] == lab.number])
        mean = f"{summary.mean:.0f}" if summary.handed_in else ""
        yield f"<td>{mean}<small>{escape(summary.words)}</small></td>"
    yield f"<td>{_mean(grades)}</td></tr></tfoot></table>"


def _cell(grade, name, astray):
    if not grade:
        return "<td>not graded</td>"
    if not grade["path"]:
        there = f"<small>there is {escape(', '.join(astray))}</small>" if astray else ""
        return f"<td>not handed in{there}</td>"
    why = grade["mistake"]["name"] if grade["mistake"] else "cannot be graded" if grade["error"] else ""
    why = [why, "see the remark" if grade.get("remarks") else ""]
    small = f"<small>{escape('; '.join(filter(None, why)))}</small>"
    return f'<td><a href="#{name}-{grade["lab"]}">{grade["percent"]}</a>{small}</td>'


def _details(grade, name):
    parts = [
        f'<section id="{name}-{grade["lab"]}">',
        f"<h3>{escape(grade['student'])}, lab {grade['lab']}: {grade['percent']} %</h3>",
        f"<p><code>{escape(grade['path'])}</code></p>",
    ]
    if grade.get("remarks"):
        lines = "".join(f"<li>{escape(remark)}</li>" for remark in grade["remarks"])
        parts.append(f"<p>A remark is no proof; look at the file:</p><ul>{lines}</ul>")
    if grade["error"]:
        return "\n".join([*parts, f"<p>{escape(grade['error'])}</p></section>"])
    tiers = (f"<li>{escape(tier['name'])}: {'passed' if tier['passed'] else 'open'}</li>" for tier in grade["tiers"])
    parts += ["<ul>", *tiers, "</ul>"]
    if complaint := grade["complaint"]:
        place = f" ({escape(complaint['place'])})" if complaint["place"] else ""
        parts.append(
            f"<p>{escape(complaint['tier'])}, {escape(complaint['case'])}: {escape(complaint['expected'])}, but "
            f"{escape(complaint['seen'])}{place}.</p>"
        )
        if complaint["drawing"]:
            drawing = escape("\n".join(complaint["drawing"]))
            parts.append(f'<pre role="img" aria-label="The bits around it">{drawing}</pre>')
    if grade["mistake"]:
        parts.append(f"<p>Looks like: {escape(grade['mistake']['name'])}. {escape(grade['mistake']['text'])}</p>")
    return "\n".join([*parts, "</section>"])
