"""The host's time, and when it is to end."""

import signal
import time

__all__ = ["Clock", "Stop"]


class Clock:
    """The computer's own clock. All times and all waiting come from one such object, so that a simulation can be one.

    ``now()`` is in seconds, from anywhere; ``sleep(seconds)`` returns that much later.
    """

    # The finest one that there is on every system.
    now = staticmethod(time.perf_counter)
    sleep = staticmethod(time.sleep)


class Stop:
    """Says when to end: so many seconds after it was entered as a context, or when somebody asks for it.

    As a context it takes Ctrl-C and the wish to terminate, and hang-up where there is such a thing, for the wish to
    end in good order. Who asks twice is in a hurry: :exc:`KeyboardInterrupt`.

    Parameters
    ----------
    clock : :class:`Clock`
        What the seconds are counted by.
    seconds : :class:`float`
        How long until the end; ``None`` for ever.
    """

    def __init__(self, clock, seconds=None):
        self._clock = clock
        self.at = float("inf")
        """When to end, by the clock."""
        self._seconds = seconds
        self.was_asked = False
        self._before = {}

    @property
    def now(self):
        """Whether to end."""
        return self.was_asked or self._clock.now() >= self.at

    def ask(self, *_):
        """Ask for the end; a handler of signals."""
        if self.was_asked:
            raise KeyboardInterrupt
        self.was_asked = True

    def __enter__(self):
        if self._seconds is not None:
            self.at = self._clock.now() + self._seconds
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if (number := getattr(signal, name, None)) is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self.ask)
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
