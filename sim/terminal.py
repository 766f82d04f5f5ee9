"""What a person sees on the terminal: progress while a song plays, and a table of what came of it."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

__all__ = ["console", "show", "song_progress"]

console = Console(highlight=False, soft_wrap=True)


def song_progress(columns=()):
    """Progress bar with song position and bytes a second."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[position]}"),
        TimeElapsedColumn(),
        *columns,
        console=console,
        transient=not console.is_terminal,
    )


def show(result, messages=12):
    """Print what went in and what came out, the first messages, latencies, errors, and whether all that matches."""
    heard = result.heard
    table = Table(title=f"{result.song.name}: {result.clk_freq / 1e6:g} MHz, {result.simulator}")
    for heading in ("", "bytes", "first bytes"):
        table.add_column(heading, justify="right" if heading == "bytes" else "left")
    for heading in ("shortest", "median", "longest"):
        table.add_column(f"{heading} us", justify="right")
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
    console.print(table)
    notes = [event for event in heard.messages if event[1].category != "real-time"]
    for time, message in notes[:messages]:
        console.print(f"  {result.song_time(time):9.4f} s  {bytes(message.bytes).hex(' '):26.26}  {message.text}")
    if len(notes) > messages:
        console.print(f"  ... {len(notes) - messages} more, and {len(heard.messages) - len(notes)} real-time messages")
    console.print(
        f"framing errors {len(heard.framing_errors)}, breaks {len(heard.breaks)}, overruns {len(heard.overruns)}"
    )
    if result.interrupted:
        console.print(f"[yellow]interrupted[/] after {result.trace.end:.3f} s of wire; what was recorded until then:")
    for difference in result.differences:
        console.print(f"[red]differs[/]  {difference}", soft_wrap=True)
    console.print("[bold green]match[/]" if result.match else "[bold red]no match[/]")
