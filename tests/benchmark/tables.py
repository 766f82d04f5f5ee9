"""What a person sees of the figures: the cells beside those of other projects, and the speed of each simulator."""

from rich.table import Table

from hdl.midi import BAUD
from tests.benchmark.placer import DEVICES
from tests.benchmark.speed import SIMULATED_FREQS

__all__ = ["PEERS", "component_table", "simulation_table"]

# Logic cells of the UP5K, as measured for this project: with the tools and options that ``Placer`` uses, five seeds,
# 12 MHz, 31,250 baud, no FIFO, reset a pin. The names are those under which the cores are published.
PEERS = {
    "icebreaker-amaranth-examples": {"receiver": 44, "transmitter": 41, "both": 88},
    "OpenTitan": {"receiver": 46, "transmitter": 38, "both": 74},
    "amaranth-stdio": {"receiver": 57, "transmitter": 41, "both": 97},
    "Glasgow": {"receiver": 59, "transmitter": 50, "both": 107},
    "LiteX RS232PHY": {"receiver": 69, "transmitter": 61, "both": 128},
    "verilog-uart": {"receiver": 78, "transmitter": 62, "both": 132},
    "wbuart32 lite": {"receiver": 102, "transmitter": 55, "both": 154},
}
PEERS_NOTE = (
    "The receiver of icebreaker-amaranth-examples is dead after a break; OpenTitan is bare, its baud tick not counted."
)


def component_table(figures):
    """Cells and fmax of each row, as :meth:`tests.benchmark.placer.Placer.figures` gives them."""
    table = Table(title="Cells and fmax at 12 MHz, 31,250 baud", caption=PEERS_NOTE, caption_justify="left")
    table.add_column("component")
    for device in DEVICES.values():
        table.add_column(f"{device.title}\ncells", justify="right")
        table.add_column(f"{device.title}\nfmax, MHz", justify="right")
    for name, devices in figures.items():
        texts = []
        for device in DEVICES:
            got = devices.get(device, {"cells": "?", "fmax_mhz": None})
            texts += [str(got["cells"]), "-" if got["fmax_mhz"] is None else f"{got['fmax_mhz']:.1f}"]
        table.add_section()
        table.add_row(name, *texts, style="bold")
        for peer, cells in PEERS.items():
            if name in cells:
                table.add_row(f"  {peer}", str(cells[name]), style="dim")
    return table


def simulation_table(figures):
    """Bytes a second, by the name of the simulator and the clock in Hz as text."""
    caption = f"The wire itself carries {BAUD // 10:,}."
    table = Table(title="Simulation of a port that echoes, bytes a second", caption=caption, caption_justify="left")
    table.add_column("simulator")
    for clk_freq in SIMULATED_FREQS:
        table.add_column(f"{clk_freq / 1e6:g} MHz", justify="right")
    for name, speeds in figures.items():
        table.add_row(name, *(f"{speeds[key]:,.0f}" if key in speeds else "?" for key in map(str, SIMULATED_FREQS)))
    return table
