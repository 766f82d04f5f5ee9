"""Coverage: how much of the hardware and the protocol the benches reach. ``python -m tests.coverage`` measures it.

*Hardware*: each component is simulated with probes (``probes.py``) that tell which statement of its source had its
turn, and Verilator counts (``counts.py``). *Protocol*: tables of what may happen in which state (``of_*.py``), filled
from the stimuli and traces of the same runs. ``gaps.py`` holds the cases that these tables asked for;
``explained.toml`` says why the rest cannot be reached.
"""
