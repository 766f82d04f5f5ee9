"""What is mutated, and by which benches it is judged."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from hdl import verilog
from hdl.sensing import SensingReceiver, SensingSender
from hdl.thru import DirectThru, RetimedThru, StoredThru
from sim.bench.bench import Bench
from tests import (
    bench_encoder,
    bench_line,
    bench_merger,
    bench_parser,
    bench_port,
    bench_receiver,
    bench_sensing,
    bench_thru,
    bench_transmitter,
)

__all__ = ["SUBJECTS", "Subject", "components_of"]


@dataclass(frozen=True, eq=False)
class Subject:
    """A component with parameters for which its benches are quick and a solver gets through.

    ``make()`` returns its benches, all with the same design. A component that has more than one subject is mutated in
    each: they differ in what their parameters switch on. ``wires`` are outputs that are joined to an input and nothing
    else.
    """

    name: str
    component: str
    make: Callable
    wires: tuple = ()

    @cached_property
    def bench(self):
        """All cases of its benches, in one."""
        first, *others = self.make()
        return Bench(first.design, {name: case for bench in (first, *others) for name, case in bench.cases.items()})

    @property
    def source(self):
        """The file of the component, and the class in it."""
        component = verilog.components()[self.component]
        return sys.modules[component.__module__].__file__, component.__name__


def _parser():
    return [bench_parser.bench(), bench_parser.random_bench(0, 1000), *bench_parser.thorough_benches().values()]


def _parser_where_reset_clears():
    options = {"reset_clears": True}
    return [
        bench_parser.bench(rules=bench_parser.RULES_WHERE_RESET_CLEARS, **options),
        bench_parser.random_bench(0, 1000, **options),
    ]


def _encoder():
    # Long enough for every case, and short enough to be over in some.
    clocks = 600
    return [bench_encoder.bench(repeat=clocks), bench_encoder.age_bench(repeat=clocks)]


def _packet_port():
    # As small as it can be, and sending more than comes in, so that the FIFO is full and empty often.
    return [bench_port.packet_bench(250e3, depth=4, running_status=False)]


_ALL = (
    Subject("line_input", "line_input", lambda: [bench_line.bench(2e6, 3e-6)]),
    Subject("receiver", "receiver", lambda: [bench_receiver.bench(500e3)]),
    Subject("transmitter", "transmitter", lambda: [bench_transmitter.bench(500e3)]),
    Subject("parser", "parser", _parser),
    Subject("parser, reset clears", "parser", _parser_where_reset_clears),
    Subject("encoder", "encoder", _encoder),
    Subject("merger", "merger", lambda: [bench_merger.bench("two")]),
    Subject("merger, filters", "merger", lambda: [bench_merger.bench("three with filters")]),
    Subject("merger, waits", "merger", lambda: [bench_merger.bench("two of which one waits")]),
    Subject("direct_thru", "direct_thru", lambda: [bench_thru.bench(500e3, DirectThru)], ("level_out",)),
    Subject("stored_thru", "stored_thru", lambda: [bench_thru.bench(500e3, StoredThru)]),
    Subject("retimed_thru", "retimed_thru", lambda: [bench_thru.bench(500e3, RetimedThru)]),
    Subject("sensing_sender", "sensing_sender", lambda: [bench_sensing.bench(1e6, 0.2e-3, SensingSender)]),
    Subject("sensing_receiver", "sensing_receiver", lambda: [bench_sensing.bench(1e6, 0.2e-3, SensingReceiver)]),
    Subject("port", "port", lambda: [bench_port.bench(500e3)], ("midi_thru",)),
    Subject("packet_port", "packet_port", _packet_port, ("midi_thru",)),
)

SUBJECTS = {subject.name: subject for subject in _ALL}


def components_of(subjects):
    """The subjects of each component, by its name."""
    found = {}
    for subject in subjects:
        found.setdefault(subject.component, []).append(subject)
    return found
