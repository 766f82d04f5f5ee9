"""What ends a command of :mod:`board` in one line."""

__all__ = ["BoardError"]


class BoardError(Exception):
    """Something that the user can put right; its text is one line that says what must be, what came, what to do."""
