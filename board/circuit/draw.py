"""``python -m board circuit``: writes a circuit as netlist, schematic and parts list."""

from dataclasses import replace
from pathlib import Path

from board.circuit.check import add_choices, choices_of
from board.circuit.description import describe
from board.circuit.netlist import feeds, netlist
from board.circuit.partslist import as_csv, as_markdown
from board.circuit.schematic import schematic
from board.errors import BoardError

__all__ = ["add_arguments", "run"]


def _parts(circuit, path):
    return as_markdown(circuit) + "\n" if path.suffix == ".md" else as_csv(circuit)


def _netlist(circuit, path):
    return f"{netlist(circuit)}* Supplies, and both lines idle:\n{feeds(circuit, '3.3')}.end\n"


WRITES = {
    "netlist": (_netlist, "OUT.cir", "for ngspice"),
    "schematic": (lambda circuit, path: schematic(circuit), "OUT.svg", "drawn; needs schemdraw"),
    "parts": (_parts, "OUT.csv", "parts list as CSV, or with .md as Markdown"),
}


def add_arguments(parser):
    """The options of ``circuit``."""
    add_choices(parser)
    parser.add_argument("--ferrites", action="store_true", help="with CA-033's optional ferrite beads")
    parser.add_argument("--shield", action="store_true", help="with 0.1 uF from IN's pin 2 to ground, also optional")
    for name, (_, out, what) in WRITES.items():
        parser.add_argument(f"--{name}", metavar=out, help=what)


def run(args):
    """Write what was asked for; the parts list to the terminal if nothing was."""
    circuit = describe(replace(choices_of(args), ferrites=args.ferrites, shield=args.shield))
    asked = {name: getattr(args, name) for name in WRITES if getattr(args, name)}
    for name, out in asked.items():
        path = Path(out)
        try:
            path.write_text(WRITES[name][0](circuit, path), encoding="utf-8", newline="\n")
        except OSError as error:
            raise BoardError(f"{path} must be a file that can be written: {error.strerror}") from error
        print(f"wrote {path}")
    if not asked:
        print(as_csv(circuit), end="")
    return 0
