"""What a person sees on the terminal: progress while a song plays, and then what came of it."""

from bisect import bisect_right

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sim.model.edges import BAUD, level_at
from sim.page.fates import fates, summary

__all__ = ["console", "picture", "show", "song_progress"]

console = Console(highlight=False, soft_wrap=True)

SHOWN_BYTES = 3
"""Bytes in the picture: with a start bit and a stop bit each, and two characters to a bit, they fill a line."""


def song_progress():
    """Progress bar with song position and bytes a second; nothing where nobody sees it move."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[position]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def show(result, messages=12):
    """Print what went in and came out: messages, a picture of one, errors; did all come through; and the verdict."""
    heard = result.heard
    console.print(_table(result))
    shown = [event for event in heard.messages if event[1].category != "real-time"]
    for time, message in shown[:messages]:
        console.print(f"  {result.song_time(time):9.4f} s  {bytes(message.bytes).hex(' '):26.26}  {message.text}")
    if len(shown) > messages:
        real_time = len(heard.messages) - len(shown)
        console.print(f"  ... {len(shown) - messages} more, and {real_time} real-time messages")
    console.print()
    for line in picture(result, ascii_only=console.options.ascii_only):
        console.print(f"  {line}", markup=False, no_wrap=True)
    console.print()
    console.print(
        f"framing errors {len(heard.framing_errors)}, breaks {len(heard.breaks)}, overruns {len(heard.overruns)}"
    )
    if result.interrupted:
        console.print(f"[yellow]interrupted[/] after {result.trace.end:.3f} s of wire; what was recorded until then:")
    for difference in result.differences:
        console.print(f"[red]differs[/]  {escape(difference)}")
    # The chip may do all that it must, and the song be lost: on a line that is too rough for any.
    song = summary(*fates(result.journey))
    console.print(f"{'[green]complete[/]' if song.whole else '[red]incomplete[/]'}  {song.words}")
    console.print("[bold green]match[/]" if result.match else "[bold red]no match[/]")


def _table(result):
    heard = result.heard
    chip = f"{result.clk_freq / 1e6:g} MHz in {result.simulator}"
    title = f"{result.song.name} at {chip}; times are us since the start bit at IN"
    table = Table(title=escape(title), box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("")
    table.add_column("bytes", justify="right")
    table.add_column("first bytes", no_wrap=True)
    for heading in ("shortest", "median", "longest"):
        table.add_column(heading, justify="right")
    rows = (
        ("sent to IN", result.sent, None),
        ("received", [byte for _, byte in heard.received], "receive"),
        ("OUT", [byte for _, byte in heard.out], "out"),
        ("THRU", [byte for _, byte in heard.thru], "thru"),
    )
    for name, values, latency in rows:
        times = (result.latency[latency] if latency else None) or {}
        table.add_row(
            name,
            str(len(values)),
            bytes(values[:6]).hex(" "),
            *(f"{times[key] * 1e6:.2f}" if times else "" for key in ("min", "median", "max")),
        )
    return table


def picture(result, ascii_only=False):
    """Lines that draw a message bit by bit at IN and OUT; none if there is none that was sent whole.

    It is the first one that is not real-time, or if it can be a channel message; of a long one, its first bytes.
    """
    kinds = ("channel voice", "channel mode"), ("system common", "exclusive")
    found = (_place(result, message, time) for kind in kinds for time, message in _of(result, kind))
    message, numbers = next((each for each in found if each[1]), (None, ()))
    if not numbers:
        return []
    received, out = result.heard.received, result.heard.out
    bytes_shown = [received[n][1] for n in numbers]
    bits = [f"0 {' '.join(f'{byte:08b}'[::-1])} 1 " for byte in bytes_shown]
    lines = [
        f"{message.text}, bit by bit:",
        " " * 8 + "".join(f"start{f'{byte:02x}':^10}stop " for byte in bytes_shown),
        " " * 8 + "".join(bits),
        *_drawn("IN", result.edges, [_start(result, n) for n in numbers], result.wire.bit),
    ]
    text = "each bit lasts 32 us, the least significant first"
    came_of = {frame: n for n, frame in enumerate(result.journey.out_from) if frame is not None}
    places = [came_of.get(result.journey.received_from[n]) for n in numbers]
    if None not in places:
        starts = [out[n][0] for n in places]
        lines += _drawn("OUT", result.trace.line("midi_out"), starts, 1 / BAUD)
        text += f"; OUT is {(starts[0] - _start(result, numbers[0])) * 1e6:.0f} us behind IN"
    lines = [*lines, text]
    return [line.translate(str.maketrans("─┐└┘┌", "-++++")) for line in lines] if ascii_only else lines


def _start(result, number):
    """When the start bit of a received byte fell at IN."""
    return result.journey.starts[result.journey.received_from[number]]


def _of(result, kinds):
    return [event for event in result.heard.messages if event[1].category in kinds]


def _place(result, message, time):
    """The message, and the numbers of its first bytes among those received; none if a status was left out of it."""
    received = result.heard.received
    number = bisect_right(received, time, key=lambda event: event[0]) - 1
    numbers = []
    while number >= 0 and len(numbers) < len(message.bytes):
        # Real-time bytes may stand between any two.
        if received[number][1] < 0xF8:
            numbers.insert(0, number)
        number -= 1
    whole = tuple(received[n][1] for n in numbers) == message.bytes
    return message, numbers[:SHOWN_BYTES] if whole else ()


def _drawn(name, edges, starts, bit):
    """Two lines of text: a line as it was in the middle of each of the ten bits of some frames."""
    levels = [level_at(edges, start + (n + 0.5) * bit) for start in starts for n in range(10)]
    high, low = f"{name:6}──", " " * 8
    for before, level in zip((1, *levels), levels, strict=False):
        high += ("┌─" if level else "┐ ") if level != before else "──" if level else "  "
        low += ("┘ " if level else "└─") if level != before else "  " if level else "──"
    return [f"{high}──".rstrip(), low.rstrip()]
