"""The run: performs stimuli on a design inside the simulator and writes down what it did. Knows no MIDI.

Started by :mod:`sim.bench.run`, which leaves the job in the file that the environment names.
"""

import gc
import os
import pickle
import time
from pathlib import Path

import cocotb
from cocotb.simtime import get_sim_time
from cocotb.triggers import Timer

from sim.bench.pins import even, play, record
from sim.bench.streams import source
from sim.bench.trace import Trace

__all__ = ["perform"]

STEP = 1e-12


@cocotb.test()
async def perform(dut):
    """Perform each stimulus of the job, and append its trace to the job's file as soon as it is complete."""
    # What is collected here is kept to the end, so there is nothing to be found by going through it again and again.
    gc.disable()
    job = pickle.loads(Path(os.environ["FIVEPIN_JOB"]).read_bytes())
    Path(job.process).write_text(str(os.getpid()))
    recorded = {name: [] for name in job.watched}
    # Before the first reset a simulator with four states may show X; nothing after it may.
    await _reset(dut, job)
    cocotb.start_soon(record(dut.watched, [(name, width, recorded[name]) for name, width in job.watched.items()]))

    with Path(job.traces).open("wb") as traces, Path(job.progress).open("w") as progress:
        for number, stimulus in enumerate(job.stimuli):
            report = _Report(number, progress, job)
            start = await _reset(dut, job)
            for edges in recorded.values():
                edges.clear()
            initial = {name: int(getattr(dut, name).value) for name in (*job.pins_in, *job.pins_out)}
            await _one(dut, stimulus, start, report)
            end = get_sim_time("step")
            trace = Trace(job.clock, (end - start) * STEP)
            for name, width in job.watched.items():
                edges = [((time - start) * STEP, value) for time, value in recorded[name]]
                if name in initial:
                    trace.levels[name] = [(0.0, initial[name]), *edges]
                else:
                    # The top bit of a tap only tells one transfer from the next.
                    mask = (1 << width - 1) - 1
                    trace.streams[name.removesuffix("__tap")] = [(time, value & mask) for time, value in edges]
            pickle.dump(trace, traces)
            traces.flush()
            if report.stopped:
                break


async def _reset(dut, job):
    """Idle inputs and reset for a few clocks; returns the step at which reset was released."""
    dut.rst.value = 1
    for name, level in job.pins_in.items():
        getattr(dut, name).value = level
    for name in job.streams_in:
        getattr(dut, f"{name}__valid").value = 0
    for name in job.streams_out:
        getattr(dut, f"{name}__ready").value = 1
    # A whole number of periods, so that every trace has its clock edges at the same times.
    now = get_sim_time("step")
    start = (now // job.period + 6) * job.period
    await Timer(start - now, "step")
    dut.rst.value = 0
    return start


async def _one(dut, stimulus, start, report):
    tasks = []
    for name, edges in stimulus.levels.items():
        tasks.append(play(getattr(dut, name), edges, start, report))
    for name, edges in stimulus.ready.items():
        tasks.append(play(getattr(dut, f"{name}__ready"), edges, start, report))
    for name, items in stimulus.streams.items():
        signals = (getattr(dut, f"{name}__{part}") for part in ("valid", "payload", "tap"))
        tasks.append(source(*signals, items, start))
    tasks = [cocotb.start_soon(task) for task in tasks]
    # In pieces, so that a run without edges tells where it is too, and can be stopped.
    until = start + even(stimulus.until)
    piece = even(report.PIECE)
    while (now := get_sim_time("step")) < until and not report.stopped:
        await Timer(min(piece, until - now), "step")
        report((get_sim_time("step") - start) * STEP)
    for task in tasks:
        if not task.done():
            task.cancel()


class _Report:
    """Says ten times a second where the run is, and looks whether it is to stop."""

    PIECE = 2e-3

    def __init__(self, number, progress, job):
        self.number = number
        self.progress = progress
        self.job = job
        self.stopped = False
        self.next = 0.0

    def __call__(self, moment):
        if (now := time.monotonic()) >= self.next:
            self.next = now + 0.1
            self.progress.write(f"{self.number} {moment:.6f}\n")
            self.progress.flush()
            # Whoever started this may be gone, and then nobody waits for it.
            self.stopped = self.job.stop.exists() or os.getppid() != self.job.parent
