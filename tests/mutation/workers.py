"""Processes that judge mutants side by side; one that takes too long is ended with all that it started."""

import contextlib
import multiprocessing
import os
import signal
import time
from multiprocessing.connection import wait

from tests.mutation.judge import HUNG, Verdict, judge

__all__ = ["judge_all"]


def judge_all(tasks, *, jobs, limit, simulator="auto"):
    """Yield ``(key, verdict, seconds)`` for each of ``tasks``, ``(key, subject, Verilog)``, as they are done.

    One that takes more than ``limit`` seconds has hung: time in the simulation stands still, or the simulator does.
    However this ends, no process of it is left.
    """
    tasks = iter(tasks)
    workers = []
    try:
        while True:
            while len(workers) < jobs and (task := next(tasks, None)):
                workers.append(_Worker(simulator, task))
            if not workers:
                return
            wait([worker.pipe for worker in workers], timeout=0.2)
            for worker in list(workers):
                if (done := worker.look(limit)) is None:
                    continue
                key, verdict, seconds = done
                if verdict.outcome == HUNG:
                    worker.end()
                    workers.remove(worker)
                elif task := next(tasks, None):
                    worker.give(task)
                else:
                    worker.end()
                    workers.remove(worker)
                yield key, verdict, seconds
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """A process of its own, in a session of its own, so that it and its simulator can be ended together."""

    def __init__(self, simulator, task):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other, simulator), daemon=True)
        self.process.start()
        other.close()
        self.give(task)

    def give(self, task):
        self.task, self.since = task, time.monotonic()
        self.pipe.send(task[1:])

    def look(self, limit):
        """What became of its task, or ``None`` while nothing has."""
        seconds = time.monotonic() - self.since
        try:
            if self.pipe.poll():
                answer = self.pipe.recv()
                if isinstance(answer, Exception):
                    raise answer
                return self.task[0], answer, seconds
        except EOFError:
            raise RuntimeError(f"the process that judged {self.task[0]} ended by itself") from None
        if seconds > limit:
            return self.task[0], Verdict(HUNG, "the clock on the wall", f"no end in {limit:g} s"), seconds
        return None

    def end(self):
        """End it and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg") and os.getpgid(self.process.pid) == self.process.pid:
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.join()
        self.pipe.close()


def _work(pipe, simulator):
    # Ctrl-C is for the program that started this, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        os.setsid()
    with contextlib.suppress(EOFError):
        while True:
            subject, verilog = pipe.recv()
            try:
                pipe.send(judge(subject, verilog, simulator))
            except Exception as error:
                pipe.send(error)
