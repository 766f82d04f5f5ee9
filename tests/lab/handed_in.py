"""Where the work of each student is, in the folder of a class."""

__all__ = ["handed_in"]


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


def _file(student, lab):
    starter = f"{lab.folder}/starter.py"
    places = (f"lab{lab.number}.py", starter, f"labs/{starter}", f"docs/labs/{starter}")
    return next((student / place for place in places if (student / place).is_file()), None)
