"""The file that a recording is written to, and where else it goes if that cannot be written."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from board.errors import BoardError

__all__ = ["Output"]


class Output:
    """A file that is whole at every moment: it is written beside and then moved.

    Where a link leads to a file, that file is written. As a context it leaves nothing else behind.

    Parameters
    ----------
    path : :class:`pathlib.Path`
        Where the file is to be.
    force : :class:`bool`
        Whether a file that is there may be written over.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If there can be no such file: this must be known before a recording begins.
    """

    def __init__(self, path, force=False):
        self._path = path
        # Moved onto a link, the file would take its place.
        self._target = Path(os.path.realpath(path))
        self._failed = False
        self._saved = None
        if self._target.is_dir():
            raise BoardError(f"{path} must be a file that can be written, not a folder; add a name")
        if self._target.is_symlink() or (self._target.exists() and not self._target.is_file()):
            raise BoardError(
                f"{path} must be a file that can be written, not a device or the like; choose another name"
            )
        if self._target.exists() and not force:
            raise BoardError(f"{path} must not be written over; choose another name, or say --force")

    def __enter__(self):
        try:
            handle, name = tempfile.mkstemp(".part", f".{self._target.name}.", self._target.parent)
        except OSError as error:
            raise BoardError(f"{self._path} must be a file that can be written: {error.strerror}") from None
        os.close(handle)
        self._part = Path(name)
        return self

    def __exit__(self, *_):
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def save(self, data, now, say):
        """Write the file as it is at a time, if there is anything new; a failure is told once, and it goes on."""
        if data is None:
            return
        try:
            self._write(data)
            self._saved = now
        except OSError as error:
            if not self._failed:
                say(f"{self._path} could not be saved: {error.strerror}; recording goes on, and so does trying")
            self._failed = True

    def finish(self, data, now):
        """Write the file for good, or else to another place.

        Raises
        ------
        :exc:`board.errors.BoardError`
            If it cannot be written; it says where the recording is then, or how much of it is saved.
        """
        try:
            self._write(data)
        except OSError as error:
            raise BoardError(f"{self._path} could not be saved: {error.strerror}; {self._rescue(data, now)}") from None

    def _rescue(self, data, now):
        """Put a recording where there is room; returns a word about where it is."""
        for folder in _other_folders():
            with suppress(OSError):
                return f"the recording is in {_written_in(folder, self._target, data)}"
        if self._saved is None:
            return "nor was there another place for it"
        return f"nor was there another place for it; all but the last {now - self._saved:.0f} s of it is there"

    def _write(self, data):
        self._part.write_bytes(data)
        # The temporary file is its maker's alone; a recording is as any other file.
        mask = os.umask(0)
        os.umask(mask)
        self._part.chmod(0o666 & ~mask)
        os.replace(self._part, self._target)


def _other_folders():
    """Folders in which there may be room."""
    with suppress(OSError):
        yield tempfile.gettempdir()
    with suppress(RuntimeError):
        # Not everybody has one.
        yield Path.home()


def _written_in(folder, target, data):
    """Write a new file; returns its path. Nothing stays of one that could not be written."""
    handle, name = tempfile.mkstemp(target.suffix, f"{target.stem}-", folder)
    try:
        with open(handle, "wb") as file:
            file.write(data)
    except OSError:
        os.unlink(name)
        raise
    return name
