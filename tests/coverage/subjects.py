"""What is measured: the components and benches that mutation is judged by, and parameters that only matter here."""

from tests import bench_encoder, bench_port
from tests.coverage import of_encoder, of_filter, of_line, of_merger, of_parser, of_port, of_sensing, of_transmitter
from tests.mutation.subjects import SUBJECTS as MUTATED
from tests.mutation.subjects import Subject

__all__ = ["ELSEWHERE", "NO_TABLE", "SUBJECTS", "TABLES"]

_MORE = (
    Subject(
        "encoder, every status",
        "encoder",
        lambda: [bench_encoder.bench(rules=bench_encoder.RULES_WITHOUT, running_status=False)],
    ),
    Subject("port, stored thru", "port", lambda: [bench_port.bench(500e3, thru="stored")]),
    Subject(
        "packet_port, every status",
        "packet_port",
        lambda: [bench_port.packet_bench(500e3, depth=24, running_status=False)],
    ),
)

SUBJECTS = MUTATED | {subject.name: subject for subject in _MORE}

_PARTS = (of_filter, of_line, of_transmitter, of_parser, of_encoder, of_merger, of_sensing, of_port)

TABLES = tuple(table for part in _PARTS for table in part.TABLES)
"""All tables of functional coverage, in the order of the page."""

NO_TABLE = {"direct_thru": "a wire, with no state in which something could happen"}
"""Components without a table, and why."""

ELSEWHERE = {
    "R2": "a range of rates and not a state: the sweep measures how far it reaches",
    "R16": "what a message means to a player, whatever was before it",
    "R17": "what a message means to a player, whatever was before it",
    "R18": "what a message means to a player, whatever was before it",
    "R43": "what a player leaves between two messages; no component does",
    "R60": "direct thru is a wire, and has no state",
}
"""Rules of docs/protocol.md that are in no table, and why."""
