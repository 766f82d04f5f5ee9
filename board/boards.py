"""The boards: what is on them, where MIDI and the host are, and how they are flashed.

What :mod:`amaranth_boards` knows of a board is taken from there: clock, pins, LEDs, serial port. This table adds the
names that are printed beside the connectors, and the default places.

On a Pmod connector IN is pin 1, OUT pin 2 and THRU pin 3, as :mod:`board.circuit` draws them. A host's serial line on a
Pmod follows that of Pmod modules: pin 2 is the board's output, pin 3 its input. No OUT or THRU is in bank 3 of an iCE40
LP or HX, whose pins differ from the others: a design cannot pull them up (Lattice *iCE Technology Library*, SB_IO).
"""

import copy
import importlib
from dataclasses import dataclass, field

from amaranth.build import Clock, Resource

from board.errors import BoardError

__all__ = ["BOARDS", "FPGAS", "LEFT_OUT", "Board", "Fpga", "clock_of", "find"]


@dataclass(frozen=True)
class Fpga:
    """What a design has room in: logic cells, and block RAMs of 512 bytes."""

    title: str
    cells: int
    rams: int


FPGAS = {
    "iCE40LP1K": Fpga("LP1K", 1280, 16),
    "iCE40HX1K": Fpga("HX1K", 1280, 16),
    # The die is that of the 8K; what its maker sells it as is less, and the tools would use all.
    "iCE40HX4K": Fpga("HX4K", 3520, 20),
    "iCE40LP8K": Fpga("LP8K", 7680, 32),
    "iCE40HX8K": Fpga("HX8K", 7680, 32),
    "iCE40UP5K": Fpga("UP5K", 5280, 30),
}
"""By the device's name in Amaranth (iCE40 LP/HX data sheet DS1040, table 1-1; UltraPlus data sheet FPGA-DS-02008)."""


@dataclass(frozen=True)
class Board:
    """A board.

    Parameters
    ----------
    title : :class:`str`
        Its name as its maker writes it.
    platform_class : :class:`str`
        Module and class of the Amaranth platform, with a colon between.
    connectors : :class:`dict`
        For each name that is printed on the board, Amaranth's name and number of that connector.
    midi_in, midi_out, midi_thru : :class:`str`
        Default places, as connector and pin.
    outs : :class:`tuple` of :class:`str`
        Places of a design's many outputs, in their order.
    lights : :class:`dict`
        For each light that a design has, the most important first, its colour or what is printed beside it, and
        Amaranth's name for it, with a dot before the part of a resource that has parts. Where there are colours the
        first is green and the second red, as the first light of a design says that all is well or that something
        happens, and the second that something is wrong.
    programmers : :class:`tuple` of :class:`str`
        What flashes it, the best first; see :data:`board.flash.PROGRAMMERS`.
    usb : :class:`str`
        Vendor and product of the device that the programmer looks for, if it is no serial device.
    to_flash : :class:`str`
        What to do with the board before it can be flashed, a sentence.
    openfpgaloader : :class:`str`
        The name that openFPGALoader has for it, if it is among the programmers.
    host_rx, host_tx : :class:`str`
        Places of the host's serial line on a board that has no serial port itself.
    notes : :class:`tuple` of :class:`str`
        What its owner has to know, a sentence each.
    """

    title: str
    platform_class: str
    connectors: dict
    midi_in: str
    midi_out: str
    midi_thru: str
    outs: tuple
    lights: dict
    programmers: tuple
    usb: str = ""
    to_flash: str = ""
    openfpgaloader: str = ""
    host_rx: str = ""
    host_tx: str = ""
    notes: tuple = field(default=())

    def platform(self, clk_freq=None):
        """A new Amaranth platform, whose LEDs are those of :attr:`lights` in their order.

        ``clk_freq`` is what the oscillator makes, in Hz, if it was changed.
        """
        platform = self._class()()
        for key in [key for key in platform.resources if key[0] == "led"]:
            del platform.resources[key]
        lights = [_light(self._class(), name) for name in self.lights.values()]
        platform.add_resources([Resource("led", number, *parts) for number, parts in enumerate(lights)])
        if clk_freq is not None:
            # The platform's description is shared by all that is built for it in this program.
            clock = copy.copy(platform.lookup(platform.default_clk))
            clock.clock = Clock(clk_freq)
            platform.resources[clock.name, clock.number] = clock
        return platform

    @property
    def fpga(self):
        """Its :class:`Fpga`."""
        return FPGAS[self._class().device]

    @property
    def has_serial_port(self):
        """Whether the board itself leads a serial port of the FPGA to the host."""
        return not self.host_rx

    def _class(self):
        module, _, name = self.platform_class.partition(":")
        return getattr(importlib.import_module(module), name)


def _light(platform_class, text):
    """Pins and attributes of the light that Amaranth calls so, such as ``led_g``, ``led 4`` or ``rgb_led.g``."""
    text, _, part = text.partition(".")
    name, _, number = text.partition(" ")
    (light,) = (each for each in platform_class.resources if (each.name, each.number) == (name, int(number or 0)))
    (of_part,) = (each for each in light.ios if each.name == part) if part else (light,)
    return [*of_part.ios, light.attrs]


def clock_of(platform):
    """Frequency in Hz of the clock that a design gets on a platform."""
    return getattr(platform, "design_clk_frequency", None) or platform.default_clk_frequency


def _pmod(label):
    """Places on a Pmod: IN, OUT, THRU, and as many outputs as it has pins left when one is an input."""
    pins = (2, 3, 4, 7, 8, 9, 10)
    return {
        "midi_in": f"{label}.1",
        "midi_out": f"{label}.2",
        "midi_thru": f"{label}.3",
        "outs": tuple(f"{label}.{pin}" for pin in pins),
    }


BOARDS = {
    "icebreaker": Board(
        title="iCEBreaker",
        platform_class="amaranth_boards.icebreaker:ICEBreakerPlatform",
        connectors={"PMOD1A": ("pmod", 0), "PMOD1B": ("pmod", 1), "PMOD2": ("pmod", 2)},
        **_pmod("PMOD1A"),
        lights={"green": "led_g", "red": "led_r"},
        programmers=("iceprog", "openFPGALoader"),
        usb="0403:6010",
        openfpgaloader="ice40_generic",
    ),
    "icebreaker_bitsy": Board(
        title="iCEBreaker-bitsy",
        platform_class="amaranth_boards.icebreaker_bitsy:ICEBreakerBitsyPlatform",
        connectors={"P": ("edge", 0), "PMOD1": ("pmod", 1), "PMOD2": ("pmod", 2), "PMOD3": ("pmod", 3)},
        **_pmod("PMOD1"),
        host_rx="PMOD2.3",
        host_tx="PMOD2.2",
        lights={"green": "led_g", "red": "led_r"},
        programmers=("dfu-util", "openFPGALoader"),
        openfpgaloader="icebreaker-bitsy",
        usb="1d50:6146",
        to_flash="Hold its button while you plug it in: then its boot loader waits.",
    ),
    "icestick": Board(
        title="iCEstick",
        platform_class="amaranth_boards.icestick:ICEStickPlatform",
        connectors={"PMOD": ("pmod", 0), "J1": ("j", 1), "J3": ("j", 3)},
        **_pmod("PMOD"),
        # D5 is the green one of five (FPGAwars apio-examples, icestick/leds).
        lights={"green D5": "led 4", "red D1": "led 0", "red D2": "led 1", "red D3": "led 2", "red D4": "led 3"},
        programmers=("iceprog", "openFPGALoader"),
        usb="0403:6010",
        openfpgaloader="ice40_generic",
    ),
    "icesugar": Board(
        title="iCESugar",
        platform_class="amaranth_boards.icesugar:ICESugarPlatform",
        connectors={"PMOD1": ("pmod", 0), "PMOD2": ("pmod", 1), "PMOD3": ("pmod", 2), "PMOD4": ("pmod", 3)},
        **_pmod("PMOD2"),
        lights={"green": "led_g", "red": "led_r", "blue": "led_b"},
        programmers=("icesprog",),
        usb="1d50:602b",
        notes=("PMOD1 holds the pins of its serial port and of its second USB socket: it is not for MIDI.",),
    ),
    "icesugar_nano": Board(
        title="iCESugar-nano",
        platform_class="amaranth_boards.icesugar_nano:ICESugarNanoPlatform",
        connectors={"PMOD1": ("pmod", 0), "PMOD2": ("pmod", 1), "PMOD3": ("pmod", 2)},
        # Pin 3 is in bank 3, and therefore not for THRU.
        midi_in="PMOD3.3",
        midi_out="PMOD3.2",
        midi_thru="PMOD3.1",
        outs=("PMOD3.2", "PMOD3.1", "PMOD3.7", "PMOD3.8"),
        lights={"LED": "led"},
        programmers=("icesprog",),
        usb="1d50:602b",
        notes=(
            "PMOD2 holds the pins of its serial port: it is not for MIDI.",
            # As the source of icesprog numbers them (wuxx/icesugar, tools/src/icesprog.c).
            "Its clock comes from the programmer's chip, which can be told another; icesprog -c 2 is the 12 MHz that "
            "it must make (1, 3 and 4 are 8, 36 and 72 MHz).",
        ),
    ),
    "nandland_go": Board(
        title="Nandland Go",
        platform_class="amaranth_boards.nandland_go:NandlandGoPlatform",
        connectors={"PMOD": ("pmod", 0)},
        **_pmod("PMOD"),
        lights={"D1": "led 0", "D2": "led 1", "D3": "led 2", "D4": "led 3"},
        programmers=("iceprog", "openFPGALoader"),
        usb="0403:6010",
        openfpgaloader="ice40_generic",
    ),
    "tinyfpga_bx": Board(
        title="TinyFPGA BX",
        platform_class="amaranth_boards.tinyfpga_bx:TinyFPGABXPlatform",
        connectors={"PIN": ("gpio", 0)},
        midi_in="PIN.14",
        midi_out="PIN.15",
        midi_thru="PIN.16",
        outs=tuple(f"PIN.{pin}" for pin in (15, 16, 17, 18, 19, 20, 21, 22)),
        host_rx="PIN.23",
        host_tx="PIN.24",
        lights={"LED": "led"},
        programmers=("tinyprog",),
        usb="1d50:6130",
        to_flash="Press its button: then its boot loader waits.",
    ),
    "hx8k_breakout": Board(
        title="HX8K breakout",
        platform_class="amaranth_boards.ice40_hx8k_b_evn:ICE40HX8KBEVNPlatform",
        connectors={f"J{n}": ("j", n) for n in (1, 2, 3, 4)},
        midi_in="J2.9",
        midi_out="J2.10",
        midi_thru="J2.11",
        outs=tuple(f"J2.{pin}" for pin in (10, 11, 12, 13, 14, 17, 18, 19)),
        lights={f"D{n + 2}": f"led {n}" for n in range(8)},
        programmers=("iceprog -S",),
        usb="0403:6010",
        # The maker's guide calls it SPI peripheral mode (quoted in SpinalHDL/VexRiscv, issue 32).
        notes=(
            "Take jumper J7 off, and put J6 at 1-2 and 3-4: what is flashed goes to the FPGA's own memory, and is gone "
            "without power.",
        ),
    ),
    "upduino_v3": Board(
        title="UPduino v3",
        platform_class="board.upduino_v3:UpduinoV3Platform",
        connectors={"JP5": ("j", 0), "JP6": ("j", 1)},
        midi_in="JP5.7",
        midi_out="JP5.8",
        midi_thru="JP5.9",
        outs=tuple(f"JP5.{pin}" for pin in (8, 9, 10, 11, 12, 14, 15, 16)),
        host_rx="JP5.17",
        host_tx="JP5.18",
        lights={"green": "rgb_led.g", "red": "rgb_led.r", "blue": "rgb_led.b"},
        programmers=("iceprog",),
        usb="0403:6014",
        notes=("Its OSC jumper must be soldered: it leads the oscillator of 12 MHz to pin 20.",),
    ),
    "blackice_ii": Board(
        title="BlackIce II",
        platform_class="board.blackice_ii:BlackIceIIPlatform",
        connectors={f"PMOD{2 * n + 1}/{2 * n + 2}": ("pmod", n) for n in range(6)}
        | {"PMOD13": ("pmod", 6), "PMOD14": ("pmod", 7)},
        **_pmod("PMOD3/4"),
        lights={"green": "led_g", "red": "led_r", "blue": "led_b", "orange": "led_o"},
        programmers=("cp",),
        notes=("PMOD1/2 holds the pins of its serial port: it is not for MIDI.",),
    ),
}
"""All boards, by the name that the command line has for them."""

LEFT_OUT = {
    "fomu": "Fomu has no free pins: all that its FPGA leads out are USB, a LED and four touch pads",
    "upduino_v1": "UPduino v1 has no crystal, and the FPGA's own oscillator is off by up to 10 % where MIDI allows 1 %",
    "upduino_v2": "UPduino v2 has other pins than v3, and is not described here",
}
"""Boards that are not supported, and why."""


def find(name):
    """Key and :class:`Board` of that name, in whatever case, with ``-`` or ``_``.

    Raises
    ------
    :exc:`board.errors.BoardError`
        If there is none, or it is one of :data:`LEFT_OUT`.
    """
    key = name.lower().replace("-", "_")
    if key in LEFT_OUT:
        raise BoardError(f"{LEFT_OUT[key]}; python -m board list shows the boards that can be used")
    if key not in BOARDS:
        raise BoardError(f"Board must be one of {', '.join(BOARDS)}, not {name!r}")
    return key, BOARDS[key]
