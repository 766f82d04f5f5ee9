"""The run: performs stimuli on a design inside the simulator and writes down what it did. Knows no MIDI.

Started by :mod:`sim.bench.run`, which leaves the job in the file that the environment names.
"""

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
    job = pickle.loads(Path(os.environ["FIVEPIN_JOB"]).read_bytes())
    watched = {name: [] for name in (*job.pins_in, *job.pins_out)}
    taps = {name: [] for name in job.taps}
    # Before the first reset a simulator with four states may show X; nothing after it may.
    await _reset(dut, job)
    for name, edges in watched.items():
        cocotb.start_soon(record(getattr(dut, name), edges))
    for name, edges in taps.items():
        cocotb.start_soon(record(getattr(dut, f"{name}__tap"), edges))

    with Path(job.traces).open("wb") as traces, Path(job.progress).open("w") as progress:
        for number, stimulus in enumerate(job.stimuli):
            report = _Report(number, progress, Path(job.stop))
            start = await _reset(dut, job)
            for edges in (*watched.values(), *taps.values()):
                edges.clear()
            initial = {name: int(getattr(dut, name).value) for name in watched}
            await _one(dut, stimulus, start, report)
            end = get_sim_time("step")
            trace = Trace(job.clock, (end - start) * STEP)
            for name, edges in watched.items():
                trace.levels[name] = [(0.0, initial[name]), *(((t - start) * STEP, level) for t, level in edges)]
            for name, edges in taps.items():
                width = job.widths[name]
                mask = (1 << width) - 1
                trace.streams[name] = [((t - start) * STEP, value & mask) for t, value in edges]
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

    def __init__(self, number, progress, stop):
        self.number = number
        self.progress = progress
        self.stop = stop
        self.stopped = False
        self.next = 0.0

    def __call__(self, moment):
        if (now := time.monotonic()) >= self.next:
            self.next = now + 0.1
            self.progress.write(f"{self.number} {moment:.6f}\n")
            self.progress.flush()
            self.stopped = self.stop.exists()
