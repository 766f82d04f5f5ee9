"""test_X.py starts, bench_X.py says what is done to a component and what must come of it."""
