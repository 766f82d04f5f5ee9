"""The figures of this project: cells and clock of each component, speed of each simulator.

:mod:`tests.benchmark.components` says what is placed, :mod:`~tests.benchmark.placer` places it with the tools of
:mod:`~tests.benchmark.tools`; :mod:`~tests.benchmark.speed` has a simulator run for as long as it takes to tell how
fast it is. :mod:`~tests.benchmark.tables` shows both, the cells beside those of other projects. The command line,
``python -m tests.benchmark``, has the figures measured one after the other and writes them down.
"""
