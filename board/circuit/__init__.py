"""The circuit round the FPGA: opto-isolated input, outputs at 3.3 and 5 V by CA-033, thru.

``python -m board check`` computes and judges it, ``python -m board circuit`` writes netlist, schematic and parts
list. All of them come from one description, :mod:`board.circuit.description`.
"""

from board.circuit.check import add_arguments, run

__all__ = ["add_arguments", "run"]
