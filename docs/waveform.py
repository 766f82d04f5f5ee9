"""Draws what a simulated component did: lines as lines, streams as boxes with what passed in them."""

from docs.figure import Figure, number

__all__ = ["waveform"]

LEFT, WIDTH, ROW, TOP = 150, 860, 40, 60


def waveform(title, description, trace, rows, *, until, show=hex):
    """A drawing of a trace as SVG.

    Parameters
    ----------
    title, description : :class:`str`
        What it shows; the description is for those who do not see it.
    trace : :class:`sim.bench.trace.Trace`
        What the component did.
    rows : :class:`dict`
        For each pin or stream of the trace, from the top, what stands before it.
    until : :class:`float`
        Seconds to which it is drawn.
    show : function
        The text of a stream's value.

    Returns
    -------
    :class:`str`
    """
    figure = Figure(LEFT + WIDTH + 40, TOP + ROW * len(rows) + 40, title, description)

    def across(time):
        return LEFT + WIDTH * min(time / until, 1)

    for n, (name, label) in enumerate(rows.items()):
        y = TOP + ROW * n
        figure.text(label, LEFT - 12, y + 18, "small", "end")
        if name in trace.streams:
            _stream(figure, across, _before(trace.streams[name], until), y, show)
        else:
            _level(figure, across, _before(trace.levels[name], until), y)
    _axis(figure, until, TOP + ROW * len(rows) + 8)
    return figure.svg()


def _before(events, until):
    return [(time, value) for time, value in events if time < until]


def _level(figure, across, edges, y):
    points = []
    for time, value in edges:
        x, height = across(time), y + (4 if value else 26)
        if points:
            points.append((x, points[-1][1]))
        points.append((x, height))
    figure.path(*points, (LEFT + WIDTH, points[-1][1]), kind="line")


def _stream(figure, across, transfers, y, show):
    figure.path((LEFT, y + 15), (LEFT + WIDTH, y + 15), kind="faint")
    free = 0.0
    for time, value in transfers:
        x = across(time)
        figure.path((x, y + 2), (x, y + 28), kind="flow")
        text = show(value)
        # What would cover the one before it is left out; the mark alone says that something passed.
        if x >= free:
            figure.text(text, x + 5, y + 19, "small")
            free = x + 12 + 6.5 * len(text)


def _axis(figure, until, y):
    figure.path((LEFT, y), (LEFT + WIDTH, y), kind="axis")
    for n in range(6):
        x = LEFT + WIDTH * n / 5
        figure.path((x, y), (x, y + 5), kind="axis")
        figure.text(f"{number(until * n / 5 * 1e6, 1)} us", x, y + 19, "small", "middle")
