"""What is measured: the components and benches that mutation is judged by, and parameters that only matter here."""

from sim.bench.bench import Bench
from tests import bench_encoder, bench_port
from tests.coverage import of_encoder, of_line, of_merger, of_parser, of_sensing
from tests.coverage.gaps import GAPS, port_with_stored_thru
from tests.mutation.subjects import SUBJECTS as MUTATED
from tests.mutation.subjects import Subject

__all__ = ["ELSEWHERE", "SUBJECTS", "TABLES", "bench_of"]

_MORE = (
    Subject(
        "encoder, every status",
        "encoder",
        lambda: [bench_encoder.bench(rules=bench_encoder.RULES_WITHOUT, running_status=False)],
    ),
    Subject("port, stored thru", "port", lambda: [port_with_stored_thru()]),
    Subject(
        "packet_port, every status",
        "packet_port",
        lambda: [bench_port.packet_bench(500e3, depth=24, running_status=False)],
    ),
)

SUBJECTS = MUTATED | {subject.name: subject for subject in _MORE}

TABLES = tuple(table for module in (of_line, of_parser, of_encoder, of_merger, of_sensing) for table in module.TABLES)
"""All tables of functional coverage, in the order of the page."""


ELSEWHERE = {
    "R2": "a range of rates and not a state: the sweep measures how far it reaches",
    "R7": "what an output never does: proved of every state of the transmitter",
    "R16": "what a message means to a player, whatever was before it",
    "R17": "what a message means to a player, whatever was before it",
    "R18": "what a message means to a player, whatever was before it",
    "R43": "what a player leaves between two messages; no component does",
    "R60": "direct thru is a wire, and has no state",
    "R61": "stored thru is a receiver and a transmitter, and has no other state",
}
"""Rules of docs/protocol.md that are in no table, and why."""


def bench_of(subject):
    """All cases of a subject, in one bench; those that fill gaps are the last."""
    bench = subject.bench
    gaps = GAPS[subject.name](bench) if subject.name in GAPS else ()
    return Bench(bench.design, bench.cases | dict(gaps))
