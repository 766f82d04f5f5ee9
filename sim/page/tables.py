"""What the page says in figures and words, as HTML. All that comes from a file is escaped here."""

from bisect import bisect_right
from html import escape

from sim.model.edges import BAUD
from sim.page.fates import counted, summary

__all__ = [
    "differences_table",
    "errors_table",
    "eye_lead",
    "facts",
    "fates_table",
    "figures",
    "latency_lead",
    "latency_table",
    "out_lead",
    "verdict",
]

ROWS = 200
"""Rows of a table; what is left out is counted."""

LINES = {"sent": "in", "received": "receiver", "out": "out", "thru": "thru"}
"""Colour of each line, everywhere on the page."""


def facts(result):
    """Song, what it goes through, clock, thru, simulator, sender and length: names and values."""
    clocks = result.clk_freq / BAUD
    rate = 1 / result.wire.bit
    off = round((rate / BAUD - 1) * 100, 3)
    end = result.journey.song_time(result.trace.end)
    played, wire = minutes(end), f"{result.trace.end:.3f} s"
    shortened = ", rests shortened" if end > result.trace.end * 1.02 else ""
    rows = (
        ("Clock of the chip", f"{result.clk_freq / 1e6:g} MHz, {clocks:g} clocks a bit"),
        ("Thru", result.thru),
        ("Simulator", result.simulator),
        ("Sender", f"{rate:,.0f} baud" + (f", {off:+g} %" if off else ", exact")),
        ("Length", f"{played} of music in {wire} on the wire{shortened}"),
    )
    terms = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    between = stands_between(result)
    through = f'<p class="through">through {escape(between)}</p>' if between else ""
    return f'<h1 data-figure="input">{escape(result.song.name)}</h1>{through}<dl class="facts">{terms}</dl>'


def verdict(result, sent, out, sent_notes):
    """The two answers: whether the chip did what it must, and whether what went in came out."""
    errors = sum(len(getattr(result.heard, name)) for name in ("framing_errors", "breaks", "overruns", "thru_overruns"))
    if result.match:
        what = {0: "Every byte, message and error", 1: "Every byte and message, and the one error,"}
        what = what.get(errors, f"Every byte and message, and each of the {errors:,} errors,")
        words = f"<p>{what} is what the reference model says must come of the edges at MIDI In.</p>"
    else:
        found = [f"<li>{escape(difference)}</li>" for difference in result.differences]
        words = (
            "<p>The chip did something else than the reference model says must come of the edges at MIDI In.</p>"
            f"<ul>{''.join(found[:2])}</ul>"
        )
        if len(found) > 2:
            words += f"<p>All {len(found)} are under <a href='#differences'>Differences</a>.</p>"
    chip = _answer("match" if result.match else "no match", result.match, words, "match")

    song = summary(sent, out, len(sent_notes))
    words = f"<p>{song.words[0].upper()}{song.words[1:]}.</p>"
    if result.interrupted:
        words += (
            f"<p><b>Interrupted</b> after {result.trace.end:.3f} s of wire; this is what was recorded until then.</p>"
        )
    whole = _answer("complete" if song.whole else "incomplete", song.whole, words, "complete")
    return f'<div class="verdicts">{chip}{whole}</div>'


def _answer(word, good, words, name):
    kind, sign = ("good", "✓") if good else ("bad", "▲")
    return (
        f'<div class="verdict {kind}"><p class="word"><span aria-hidden="true">{sign}</span> '
        f'<b data-figure="{name}">{word}</b></p><div>{words}</div></div>'
    )


def figures(result):
    """Bytes of each line with their latency; messages and errors."""
    heard = result.heard
    values = {"sent": result.sent, "received": heard.received, "out": heard.out, "thru": heard.thru}
    names = {"sent": "went in at IN", "received": "received", "out": "came out at OUT", "thru": "came out at THRU"}
    big = []
    for name, data in values.items():
        note = f"as sent at {1 / result.wire.bit:,.0f} baud"
        if name != "sent":
            latency = result.latency["receive" if name == "received" else name]
            note = f"{microseconds(latency['median'])} after the start bit" if latency else "nothing came"
        big.append(_figure(name, len(data), f"bytes {names[name]}", note, LINES[name]))
    real_time = sum(message.category == "real-time" for _, message in heard.messages)
    small = [_figure("messages", len(heard.messages), "messages received", f"{real_time:,} of them real-time")]
    errors_of = {
        "framing_errors": "stop bit was low",
        "breaks": "all ten bits were low",
        "overruns": "byte came before the last was taken",
    }
    if result.thru != "direct":
        errors_of["thru_overruns"] = "byte came too soon for THRU"
    for name, what in errors_of.items():
        errors = len(getattr(heard, name))
        small.append(_figure(name, errors, name.replace("_", " "), what, "bad" if errors else "none"))
    kind = " five" if len(small) == 5 else ""
    return f'<div class="figures big">{"".join(big)}</div><div class="figures{kind}">{"".join(small)}</div>'


def _figure(name, value, label, note, kind=""):
    sign = '<span aria-hidden="true">▲ </span>' if kind == "bad" else ""
    return (
        f'<div class="figure {kind}"><b>{sign}<span data-figure="{name}" data-value="{value}">{value:,}</span></b>'
        f"<span>{escape(label)}</span><small>{escape(note)}</small></div>"
    )


def fates_table(sent, out, sent_notes, out_notes):
    """What became of messages and notes on their way from IN to OUT, where not all of them passed."""
    rows = (
        ("lost", "&times;", "went in, did not come out"),
        ("changed", "≠", "came out as another"),
        ("added", "+", "came out, did not go in"),
        ("closed", "⊣", "were cut off, and came out with the F7 that they lacked"),
        ("held", "↔", "ended at another time"),
    )
    messages = {fate: sum(p.fate == fate for p in (out if fate == "added" else sent)) for fate, *_ in rows}
    notes = {fate: sum(n.fate == fate for n in (out_notes if fate == "added" else sent_notes)) for fate, *_ in rows}
    if not any((*messages.values(), *notes.values())):
        return ""
    if not messages["closed"]:
        rows = [row for row in rows if row[0] != "closed"]
    cells = "".join(
        f"<tr class='{'bad' if fate != 'closed' and (messages[fate] or notes[fate]) else ''}'><th scope='row'>"
        f"<span class='mark' aria-hidden='true'>{sign}</span> {fate}</th>"
        f"<td class='number' data-figure='fate.{fate}'>{'&ndash;' if fate == 'held' else f'{messages[fate]:,}'}</td>"
        f"<td class='number'>{'&ndash;' if fate == 'closed' else f'{notes[fate]:,}'}</td><td>{what}</td></tr>"
        for fate, sign, what in rows
    )
    head = "<tr><td></td><th scope='col' class='number'>messages</th><th scope='col' class='number'>notes</th><td></td>"
    return f"<table class='fates'><thead>{head}</tr></thead><tbody>{cells}</tbody></table>"


def differences_table(result):
    """What differs from the model, in words."""
    if not result.differences:
        return "<p>None: the chip and the reference model agree in every byte, every message and every error.</p>"
    return "<ul class='differences'>" + "".join(f"<li>{escape(text)}</li>" for text in result.differences) + "</ul>"


def errors_table(result):
    """Each error with its time in the song and on the wire; a press on the time shows it."""
    heard = result.heard
    kinds = {
        "framing error": heard.framing_errors,
        "break": heard.breaks,
        "overrun": heard.overruns,
        "overrun of the thru": heard.thru_overruns,
        "bad stop bit sent on": heard.bad,
    }
    found = sorted((time, kind) for kind, times in kinds.items() for time in times)
    if not found:
        return "<p>None: no framing error, no break, no overrun, and every stop bit at OUT and THRU was high.</p>"
    rows = []
    journey = result.journey
    for time, kind in found[:ROWS]:
        begun, song = bisect_right(journey.arrived, time), journey.song_time(time)
        byte = f"{result.wire.bytes[begun - 1]:02x}" if begun else "&ndash;"
        rows.append(
            f"<tr><td>{kind}</td><td class='number'><button type='button' class='jump' data-wire='{time:.9f}'>"
            f"{minutes(song, 6)}</button></td><td class='number'>{time * 1e6:,.3f} µs</td>"
            f"<td><code>{byte}</code></td></tr>"
        )
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("error", "in the song", "on the wire", "byte at IN"))
    more = f"<p>and {len(found) - ROWS:,} more</p>" if len(found) > ROWS else ""
    counts = ", ".join(f"{len(times):,} &times; {kind}" for kind, times in kinds.items() if times)
    return (
        f"<p>{counts}.</p><div class='scroll' tabindex='0' role='region' aria-label='errors'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{more}"
    )


def eye_lead(result):
    """Which line it is whose eye is shown, and what the receiver did not read off it."""
    between = stands_between(result)
    lead = f"The line at the pin of MIDI In{f', behind {between}' if between else ''}."
    journey = result.journey
    read = {source for frame, source in zip(journey.sampled, journey.sent_from, strict=True)
            if frame.stop and source is not None and result.wire.bytes[source] == frame.byte}  # fmt: skip
    if wrong := sum(number not in read for number in range(len(result.sent))):
        lead += (
            f" Of {counted(len(result.sent), 'byte')} sent, {wrong:,} {'was' if wrong == 1 else 'were'} not read as "
            "sent: where an edge comes on the wrong side of a sample, the bit is another."
        )
    return escape(lead)


def stands_between(result):
    """What the line goes through on its way from the sender to the pin, in words; empty if that changes nothing."""
    through = result.through
    return str(through) if through and (through.part or through.hops > 1 or through.line.length) else ""


def out_lead(result):
    """Why the bytes at OUT are not those at IN, if they are not: a sentence, or nothing."""
    journey, received = result.journey, result.heard.received
    used = {number for numbers in journey.packets_from for number in numbers}
    sent = set(journey.out_from)
    begun = (numbers[0] for numbers in journey.packets_from if len(numbers) > 1 and numbers[0] is not None)
    counts = (
        (sum(number not in used for number in range(len(received))), "received byte", "of no message that is sent"),
        (sum(journey.received_from[n] not in sent for n in begun if received[n][1] >= 0x80), "status", "left out"),
        (journey.out_from.count(None), "byte", "put in, a status or the F7 of a SysEx that was cut off"),
    )
    said = [f"{counted(n, what, 'statuses' if what == 'status' else None)} {how}" for n, what, how in counts if n]
    return f"OUT sends messages, with running status of its own: {'; '.join(said)}." if said else ""


def latency_lead(result):
    """What each of the latencies is made of."""
    thru = {
        "direct": "THRU is IN itself.",
        "retimed": "THRU begins every bit anew, half a bit late.",
        "stored": "THRU sends a byte when it has received it.",
    }[result.thru]
    return (
        "From the fall of the start bit at IN. A byte is ten bits of 32 µs; it is received in the middle of its stop "
        "bit, so after 304 µs and the time in the line's filter. OUT sends a message when all of it is there: its "
        "bytes are one, two or three byte times late, as long as the message is, which makes several peaks, and later "
        f"while OUT is busy. {thru} Bars are as wide as the chip's clock or a multiple of it."
    )


def latency_table(result):
    """Minimum, median and maximum of each latency."""
    names = {
        "receive": ("receiver", "received", "the byte is handed over"),
        "out": ("out", "OUT", "its start bit falls at OUT"),
        "thru": ("thru", "THRU", "its start bit falls at THRU"),
    }
    rows = []
    for name, (line, label, until) in names.items():
        latency = result.latency[name]
        cells = "".join(
            f"<td class='number' data-figure='latency.{name}.{key}' data-value='{latency[key]!r}'>"
            f"{microseconds(latency[key])}</td>"
            if latency
            else "<td class='number'>&ndash;</td>"
            for key in ("min", "median", "max")
        )
        rows.append(f"<tr><th scope='row'><i class='key {line}'></i>{label}</th>{cells}<td>until {until}</td></tr>")
    head = "".join(f"<th scope='col' class='number'>{name}</th>" for name in ("shortest", "median", "longest"))
    return f"<table><thead><tr><td></td>{head}<td></td></tr></thead><tbody>{''.join(rows)}</tbody></table>"


def microseconds(seconds):
    """Such as ``316.00 µs``."""
    return f"{seconds * 1e6:,.2f} µs"


def minutes(seconds, digits=1):
    """Such as ``1:03.2``: minutes and seconds of the song."""
    whole, rest = divmod(round(max(seconds, 0.0), digits), 60)
    return f"{int(whole)}:{rest:0{digits + 3}.{digits}f}"
