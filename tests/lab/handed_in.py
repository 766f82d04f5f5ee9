"""Where the work of each student is, in the folder of a class."""

import os
from itertools import islice
from pathlib import Path

__all__ = ["beside", "handed_in", "not_taken"]

DEEP = 4
"""Folders below a student's in which a file is looked for that is not where it should be."""

TOLD = 5
"""Such files that are named for each student."""


def handed_in(folder, labs):
    """Files by student and lab; ``None`` where nothing was handed in.

    Each student has a folder. In it a lab is ``lab1.py``, or ``1-transmitter/starter.py`` as in ``docs/labs``, either
    there or in ``docs/labs`` of a whole clone. A folder that holds nothing of the kind counts as a student who handed
    nothing in; files beside the folders and names that begin with a dot are no students.
    """
    labs = list(labs)
    found = {}
    for student in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        found[student.name] = {lab.number: _file(student, lab) for lab in labs}
    return found if any(path for files in found.values() for path in files.values()) else {}


def not_taken(folder, files):
    """Python files of a student that are no lab as they are; of a whole clone, none is told."""
    taken = {path for path in files.values() if path}
    if (folder / "hdl").is_dir() or (folder / "docs").is_dir():
        return []
    found = (path for path in _python(folder, DEEP) if path not in taken)
    return [path.relative_to(folder).as_posix() for path in islice(found, TOLD)]


def beside(folder):
    """Python files beside the folders of the students."""
    return [path.name for path in _python(folder, 0)]


def _file(student, lab):
    starter = f"{lab.folder}/starter.py"
    places = (f"lab{lab.number}.py", starter, f"labs/{starter}", f"docs/labs/{starter}")
    # What may not be looked at is not there, too.
    return next((student / place for place in places if os.path.isfile(student / place)), None)


def _python(folder, deep):
    for place, folders, files in os.walk(folder):
        here = Path(place)
        last = len(here.relative_to(folder).parts) >= deep
        folders[:] = [] if last else sorted(name for name in folders if name[0] not in "._")
        yield from (here / name for name in sorted(files) if name.lower().endswith(".py"))
