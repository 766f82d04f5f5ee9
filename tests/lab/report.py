"""The grades of a class as one page that needs nothing else."""

from html import escape

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


def page(title, grades, labs):
    """HTML of a list of grades, each with its ``student`` and, if nothing was handed in, no ``path``."""
    students = list(dict.fromkeys(grade["student"] for grade in grades))
    found = {(grade["student"], grade["lab"]): grade for grade in grades}
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        "<table><caption>Percent of the tiers that pass, and the mistake that explains the first that does not."
        " Each grade leads to its details.</caption>",
        '<thead><tr><th scope="col">Student</th>',
        *(f'<th scope="col">{lab.number}. {escape(lab.title)}</th>' for lab in labs),
        '<th scope="col">Mean</th></tr></thead><tbody>',
    ]
    for student in students:
        its = [found[student, lab.number] for lab in labs]
        parts.append(f'<tr><th scope="row">{escape(student)}</th>')
        parts += [_cell(grade) for grade in its]
        parts.append(f"<td>{sum(grade['percent'] for grade in its) / len(its):.0f}</td></tr>")
    means = [sum(found[s, lab.number]["percent"] for s in students) / len(students) for lab in labs]
    parts.append('</tbody><tfoot><tr><th scope="row">Mean</th>')
    parts += [f"<td>{mean:.0f}</td>" for mean in [*means, sum(means) / len(means)]]
    parts.append("</tr></tfoot></table><h2>Details</h2>")
    parts += [_details(grade) for grade in grades if grade["path"]]
    parts.append("</main></body></html>\n")
    return "\n".join(parts)


def _name(grade):
    return escape(f"{grade['student']}-{grade['lab']}".replace(" ", "-"))


def _cell(grade):
    if not grade["path"]:
        return "<td>not handed in</td>"
    why = grade["mistake"]["name"] if grade["mistake"] else "cannot be graded" if grade["error"] else ""
    return f'<td><a href="#{_name(grade)}">{grade["percent"]}</a><small>{escape(why)}</small></td>'


def _details(grade):
    parts = [
        f'<section id="{_name(grade)}">',
        f"<h3>{escape(grade['student'])}, lab {grade['lab']}: {grade['percent']} %</h3>",
        f"<p><code>{escape(grade['path'])}</code></p>",
    ]
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
