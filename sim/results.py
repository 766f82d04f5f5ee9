"""What a sweep has found, in a file of comma-separated values that grows with it and from which it can go on."""

import csv
import io
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["Results", "ResultsError"]


class ResultsError(Exception):
    """A file of results cannot be read or written; one line says what to do, and where the results are."""


class Results:
    """Rows of one sweep for one design.

    The file may hold rows of other designs too, which stay and are not looked at: the last two columns, ``clk_freq``
    and ``design``, tell one from the other. The first row holds the names of the columns.

    Parameters
    ----------
    path : :class:`pathlib.Path`
        The file. It is made if it is not there.
    sweep : class
        One of :data:`sim.points.SWEEPS`: says which columns there are.
    clk_freq : :class:`float`
        The design's clock, in Hz.
    design : :class:`str`
        What tells this design from every other.

    Raises
    ------
    :exc:`ResultsError`
        If the file cannot be written, or is something else.
    """

    def __init__(self, path, sweep, clk_freq, design):
        self.path = Path(path)
        self.sweep = sweep
        self.design = (text(clk_freq), design)
        self.columns = [*sweep.parameters, *sweep.measures, "clk_freq", "design"]
        self.found = {}
        self.unsaved, self.trouble = [], ""
        try:
            self._read()
        except OSError as error:
            raise ResultsError(f"{path} must be a file that can be written: {error.strerror}") from None

    def _read(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and not self.path.is_file():
            raise ResultsError(f"{self.path} must be a file, to hold results; choose another folder with --out")
        heading = self._lines([self.columns])
        # Opened to be changed, so that a file that cannot be is found out before the work.
        with self.path.open("a+b", buffering=0) as file:
            file.seek(0)
            content = file.read()
            # Less than the first line is what a full disk left of it.
            if not content.startswith(heading) and not heading.startswith(content):
                raise ResultsError(
                    f"{self.path} must begin with the columns {','.join(self.columns)}; it is of another version or "
                    "another kind: move it away, or choose another folder with --out"
                )
            # The last line is half a one if the machine went down while it was written: its point is measured again.
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                file.truncate(len(whole))
            if not whole:
                self._write(file, heading)
        for row in csv.reader(io.StringIO(whole.decode(errors="replace"), newline="")):
            if len(row) == len(self.columns) and tuple(row[-2:]) == self.design:
                with suppress(ValueError):
                    self._note(row)

    def _note(self, row):
        measures = len(self.sweep.parameters)
        self.found[tuple(row[:measures])] = tuple(int(value) for value in row[measures:-2])

    @staticmethod
    def _lines(rows):
        lines = io.StringIO(newline="")
        csv.writer(lines, lineterminator="\n").writerows(rows)
        return lines.getvalue().encode()

    def missing(self, points):
        """Those of the points that have not been measured yet."""
        return [point for point in points if tuple(map(text, point)) not in self.found]

    def of(self, points):
        """What is known of these points: pairs of a point and its measures."""
        known = ((point, self.found.get(tuple(map(text, point)))) for point in points)
        return [(point, measures) for point, measures in known if measures is not None]

    def add(self, points, measures):
        """Note what came of points, and write it down at once.

        Raises
        ------
        :exc:`ResultsError`
            If the file cannot be written. What was to be written is kept: :meth:`rescue` finds another place for it.
        """
        for point, values in zip(points, measures, strict=False):
            if values is not None:
                row = [*map(text, point), *map(text, values), *self.design]
                self._note(row)
                self.unsaved.append(row)
        try:
            with self.path.open("ab", buffering=0) as file:
                self._write(file, self._lines(self.unsaved))
        except OSError as error:
            self.trouble = error.strerror
            raise ResultsError(f"{self.path} must be a file that can be written: {error.strerror}") from None
        self.unsaved = []

    @staticmethod
    def _write(file, lines):
        """Write all of it, or nothing."""
        before = file.seek(0, os.SEEK_END)
        try:
            while lines:
                lines = lines[file.write(lines) :]
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(before)
            raise

    def rescue(self):
        """Write what could not be written to a file elsewhere, or to standard output; says in words what was wrong."""
        lines = self._lines([self.columns, *self.unsaved])
        count = len(self.unsaved)
        self.unsaved = []
        path = None
        try:
            handle, path = tempfile.mkstemp(prefix=f"{self.path.stem}-", suffix=".csv")
            with os.fdopen(handle, "wb", buffering=0) as file:
                self._write(file, lines)
            place = f"in {path}"
        except OSError:
            with suppress(OSError, TypeError):
                os.unlink(path)
            sys.stdout.write(lines.decode())
            place = "on standard output"
        return (
            f"{self.path} must be a file that can be written: {self.trouble}; the {count} rows that it lacks are "
            f"{place}: add them to it and give the same command again"
        )


def text(value):
    """A number or a word as it stands in the file."""
    return value if isinstance(value, str) else f"{value:.10g}"
