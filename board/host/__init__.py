"""The computer's end of the interface design: to the board by its serial port, and what is done with what comes."""
