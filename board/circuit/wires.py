"""Which pins a drawing joins, by where its lines are and by nothing else.

A drawing is held against the description with it: a wire that is missing, or one too many, makes other groups.
"""

from collections import defaultdict

__all__ = ["joined", "junctions"]


def _on(point, line):
    """Whether a point lies on a straight piece, its ends included."""
    (x, y), ((ax, ay), (bx, by)) = point, line
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    if length < 1e-6:
        return abs(x - ax) + abs(y - ay) < 0.02
    along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length
    across = abs((x - ax) * (by - ay) - (y - ay) * (bx - ax)) / length
    return across < 0.02 and -0.02 < along < length + 0.02


def joined(pins, lines, labels=()):
    """Groups of pins that lines join.

    Two lines join where one ends on the other; lines that merely cross do not. Labels of one name are joined.

    Parameters
    ----------
    pins : dict of pin to ``(x, y)``
        Where each pin is.
    lines : list of ``((x, y), (x, y))``
        Straight pieces of wire.
    labels : list of ``(name, (x, y))``
        Power symbols and names of nets.

    Returns
    -------
    set of frozenset
        The groups, single pins included.
    """
    things = [("pin", pin, [place]) for pin, place in pins.items()]
    things += [("label", name, [place]) for name, place in labels]
    things += [("line", n, list(line)) for n, line in enumerate(lines)]
    leader = list(range(len(things)))

    def find(n):
        while leader[n] != n:
            leader[n] = leader[leader[n]]
            n = leader[n]
        return n

    def touches(one, other):
        for first, second in ((one, other), (other, one)):
            if len(second[2]) == 2 and any(_on(point, second[2]) for point in first[2]):
                return True
        return any(_on(point, (place, place)) for point in one[2] for place in other[2])

    for n, one in enumerate(things):
        for m in range(n):
            other = things[m]
            same = one[0] == other[0] == "label" and one[1] == other[1]
            if same or touches(one, other):
                leader[find(n)] = find(m)
    groups = defaultdict(set)
    for n, (kind, name, _) in enumerate(things):
        if kind == "pin":
            groups[find(n)].add(name)
    return {frozenset(group) for group in groups.values()}


def junctions(pins, lines):
    """Points at which three ends or more meet, which a drawing marks with a dot."""
    points = {point for line in lines for point in line} | set(pins)
    found = []
    for point in sorted(points):
        ends = sum(point in line for line in lines)
        through = sum(_on(point, line) and point not in line for line in lines)
        at = sum(abs(point[0] - x) + abs(point[1] - y) < 0.02 for x, y in pins)
        if ends + 2 * through + at >= 3:
            found.append(point)
    return found
