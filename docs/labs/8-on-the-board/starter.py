"""Lab 8: on the board. You fill in what you saw; README.md beside this file says how to begin.

No board? ``python -m tests.lab.dry_run`` lets a simulation stand in for it; say so here.
"""

SIMULATED = False

# --- 1. Built ---

# As `nox -s build` lists it, such as "icebreaker".
BOARD = ""

# From the table at the end of `nox -s build -- BOARD loopback`: logic cells, and fmax in MHz.
CELLS = None
FMAX = None

# --- 2. It says pass ---

# Three lines or more of what `loopback` says on the serial port, with a cable from OUT to IN.
LOOPBACK = """
"""

# --- 3. It says fail ---

# What it says when you pull the cable, and when you harm the line: touch pin 5 of the plug, or bend the cable's wires.
FAULT = """
"""

# --- 4. On the scope ---

# Microseconds from the fall of one start bit to that of the next, where two bytes follow without a pause.
FRAME = None

# Microseconds of one bit: the shortest pulse there is.
BIT = None

# Volts at the FPGA's pin of MIDI In when the line is idle, and in a start bit.
IDLE_VOLTS = None
START_VOLTS = None

# --- 5. A keyboard ---

# What `monitor` says when you strike one key softly and then hard, and let it go each time.
MONITOR = """
"""

# How your keyboard ends a note: 0x80, a Note Off, or 0x90, a Note On with velocity 0.
ENDS_WITH = None
