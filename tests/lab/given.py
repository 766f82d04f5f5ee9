"""The grade that a process left: read, looked at as anything that comes from a stranger, and made fit to be shown."""

import json
import unicodedata

__all__ = ["NoGradeError", "failed", "plain", "received"]


class NoGradeError(Exception):
    """What came is not the grade of that lab."""


def failed(lab, error):
    """The grade of what cannot be graded; ``error`` is the line that says why."""
    return {
        "lab": lab.number, "title": lab.title, "percent": 0, "error": plain(error), "tiers": [], "mistake": None,
        "complaint": None, "waves": None, "hints": [],
    }  # fmt: skip


def received(lab, data, word):
    """The grade in ``data``, which begins with the word of the job.

    Raises
    ------
    :exc:`NoGradeError`
        If it is none, or not one of this lab.
    """
    try:
        begin, text = data[: len(word)], data[len(word) :]
        if begin != word.encode():
            raise NoGradeError
        grade = json.loads(text)
        if not _holds(lab, grade):
            raise NoGradeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoGradeError from None
    return _shown(grade)


def _holds(lab, grade):
    """Whether tiers and percentage are those that this lab can give, and all that is shown is text."""
    tiers, complaint, mistake = grade["tiers"], grade["complaint"], grade["mistake"]
    if grade["error"]:
        return grade["percent"] == 0 and not tiers and isinstance(grade["error"], str) and _texts(grade["hints"])
    # What a tier of claims is called is its title; its name is that of a function.
    if [tier["name"] for tier in tiers] != [getattr(tier, "title", tier.name) for tier in lab.tiers]:
        return False
    if not all(isinstance(tier["passed"], bool) and tier["counts"] in (False, tier["passed"]) for tier in tiers):
        return False
    due = round(100 * sum(tier["counts"] for tier in tiers) / len(tiers))
    if grade["percent"] != due or bool(complaint) == all(tier["passed"] for tier in tiers):
        return False
    if grade["waves"] and not isinstance(grade["waves"], str):
        return False
    return (not mistake or _texts([mistake["name"], mistake["text"]])) and (not complaint or _can_be_shown(complaint))


def _can_be_shown(complaint):
    return (
        _texts([complaint[key] for key in ("tier", "component", "case", "expected", "seen", "place")])
        and _texts(complaint["drawing"])
        and _texts(complaint["hints"])
        and all(isinstance(complaint[key], int | float | None) for key in ("time", "time_in_waves"))
    )


def _texts(values):
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _shown(value):
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if isinstance(value, dict):
        return {key: _shown(each) for key, each in value.items()}
    return value


def plain(text):
    """Text without what a terminal takes for a command and what no encoding can write; lines stay lines."""
    return "".join("?" if _commands(letter) else letter for letter in str(text))


def _commands(letter):
    # Besides control characters those that turn the direction of all that follows.
    kind = unicodedata.category(letter)
    turns = unicodedata.bidirectional(letter) in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
    return kind == "Cs" or turns or (kind == "Cc" and letter not in "\n\t")
