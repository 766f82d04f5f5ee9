"""Grades what a class handed in, so that no file keeps the others from their grades."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sim.bench.simulators import ROOT
from tests.lab import remarks
from tests.lab.given import failed
from tests.lab.handed_in import beside, handed_in, not_taken
from tests.lab.isolated import Limits, grade_file
from tests.lab.labs import LABS
from tests.lab.summary import of_lab

__all__ = ["WholeClass"]


class WholeClass:
    """The work of a class in a folder, or that of this clone if there is none.

    ``labs`` are those that are graded: what was asked for, or what anybody handed in. ``grades`` are there when
    :meth:`graded` has come to its end, or was interrupted: those without a ``path`` were not handed in.
    """

    def __init__(self, folder, chosen=()):
        self.folder = folder and Path(folder)
        labs = [LABS[number] for number in chosen] or list(LABS.values())
        if self.folder:
            self.work = handed_in(self.folder, labs)
        else:
            self.work = {"this clone": {lab.number: ROOT / lab.starter for lab in labs}}
        self.labs = [lab for lab in labs if chosen or any(files[lab.number] for files in self.work.values())]
        self.jobs = [
            (student, lab.number, files[lab.number])
            for student, files in self.work.items()
            for lab in self.labs
            if files[lab.number]
        ]
        self._done = {}

    @property
    def name(self):
        """That of the folder."""
        return self.folder.resolve().name if self.folder else "this clone"

    def graded(self, simulator, seconds):
        """Each grade as it is done, in the order of the students; to stop early ends what is under way, too."""
        cancelled = threading.Event()

        def one(job):
            return self._one(job, {"simulator": simulator, "limits": Limits(seconds), "cancelled": cancelled})

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            try:
                for job, grade in zip(self.jobs, pool.map(one, self.jobs), strict=True):
                    self._done[job[:2]] = grade
                    yield grade
            finally:
                cancelled.set()
                pool.shutdown(cancel_futures=True)
                remarks.alike(self._done.values(), LABS)

    @property
    def grades(self):
        """Of each student in each lab, as far as they are graded or were not handed in."""
        grades = []
        for student, files in self.work.items():
            for lab in self.labs:
                if (grade := self._done.get((student, lab.number))) or not files[lab.number]:
                    grades.append(grade or self._nothing(student, lab))
        return grades

    @property
    def summaries(self):
        """A :class:`tests.lab.summary.Summary` by number of lab."""
        return {lab.number: of_lab([grade for grade in self.grades if grade["lab"] == lab.number]) for lab in self.labs}

    def astray(self):
        """Files that were not taken for a lab, by student, and ``""`` for those beside the folders."""
        if not self.folder:
            return {}
        # Labs that are not graded this time are labs all the same.
        known = handed_in(self.folder, LABS.values()) or self.work
        found = {student: not_taken(self.folder / student, known.get(student, {})) for student in known}
        return {student: files for student, files in ({"": beside(self.folder)} | found).items() if files}

    @staticmethod
    def _one(job, options):
        student, number, path = job
        lab = LABS[number]
        try:
            grade = grade_file(lab, path, **options)
        except Exception as error:
            # The rest of the class has a right to be graded, whatever this is.
            grade = failed(lab, f"it could not be graded: {type(error).__name__}: {error}")
        empty = {"student": student, "path": str(path), "printed": "", "remarks": []}
        return empty | grade | {"lab": number, "title": lab.title}

    @staticmethod
    def _nothing(student, lab):
        return {"student": student, "path": "", "printed": "", "remarks": []} | failed(lab, "") | {"error": None}
