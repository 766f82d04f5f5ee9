"""The hardware: Amaranth only; knows no board and no simulator."""
