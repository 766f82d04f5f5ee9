"""Fivepin on a board: designs, pins, builds, the computer's end, and the circuit round the FPGA."""
