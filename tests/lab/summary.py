"""What a class as a whole shows in a lab: where most fail, and which mistake is made most."""

from collections import Counter
from typing import NamedTuple

__all__ = ["Summary", "of_lab"]


class Summary(NamedTuple):
    """How many handed a lab in, the mean over these in percent, and what is commonest; each with its count or ``None``.

    ``refused`` are those that cannot be graded, ``stuck`` is the first open tier, ``mistake`` the name of a mistake.
    """

    handed_in: int
    mean: float
    refused: int
    stuck: tuple | None
    mistake: tuple | None

    @property
    def words(self):
        """All of it but the mean, in one line."""
        parts = [f"{self.handed_in} handed in"]
        if self.refused:
            parts.append(f"{self.refused} cannot be graded")
        if self.stuck:
            parts.append(f"{self.stuck[1]} first fail at {self.stuck[0]}")
        if self.mistake:
            parts.append(f"{self.mistake[1]} times {self.mistake[0]}" if self.mistake[1] > 1 else self.mistake[0])
        return "; ".join(parts)


def of_lab(grades):
    """The :class:`Summary` of the grades of one lab; those without a ``path`` are left out."""
    grades = [grade for grade in grades if grade["path"]]
    stuck = Counter(grade["complaint"]["tier"] for grade in grades if grade["complaint"])
    mistakes = Counter(grade["mistake"]["name"] for grade in grades if grade["mistake"])
    mean = sum(grade["percent"] for grade in grades) / max(len(grades), 1)
    refused = sum(bool(grade["error"]) for grade in grades)
    return Summary(len(grades), mean, refused, *(next(iter(each.most_common(1)), None) for each in (stuck, mistakes)))
