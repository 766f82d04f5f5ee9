"""Twin of Amaranth's ``SyncFIFOBuffered``: a memory, and behind it a register that offers what is next."""

__all__ = ["Fifo"]


class Fifo:
    """When a FIFO takes what is put in, and offers it: all in numbers of clock edges.

    What is put in must be taken out, by :meth:`take`, before the next is put in: that it may happen much later does
    not matter.

    Parameters
    ----------
    depth : :class:`int`
        How many can wait, the one on offer included.
    """

    def __init__(self, depth):
        self.depth = depth
        # At which each left the memory for the register, and the last one was taken off there.
        self._loads = []
        self._taken = 0

    def room(self, n):
        """The first clock edge from ``n`` on at which one more can be put in."""
        full = len(self._loads) - (self.depth - 1)
        return max(n, self._loads[full] + 1) if full >= 0 else n

    def write(self, n):
        """Put one in at clock edge ``n``, or as soon after as there is room; returns when."""
        n = self.room(n)
        self._loads.append(max(n + 1, self._taken))
        return n

    @property
    def offered(self):
        """The first clock edge at which what was put in last can be taken."""
        return self._loads[-1] + 1

    def take(self, n):
        """Take what was put in last at clock edge ``n``."""
        self._taken = n
