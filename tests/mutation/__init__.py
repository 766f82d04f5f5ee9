"""Mutation: small faults in the hardware, one at a time, and whether the benches see them.

``python -m tests.mutation`` runs a campaign. A mutant is a component in whose netlist one bit of one port of one cell
is inverted or stuck; Yosys' ``mutate`` makes it, and says from which line of ``hdl/`` the cell comes. Each mutant runs
through the benches of its component until a case fails: then it is *killed*. Of what survives, a solver shows whether
it can be told from the component at all; if not, it is *equivalent*. What is left is *explained*, in
``explained.toml``, or a hole in the benches.
"""
