"""The classic mistakes in a parser, each a model that makes it: what they make of the bytes tells them apart."""

from sim.model.midi import Packet
from sim.model.parser import Parser
from tests.lab import mistaken_parsers as mistaken
from tests.lab.case import Mistake, broken

__all__ = ["MISTAKES", "packets_of", "predict"]


def predict(parser, events):
    """Packets that a model makes of bytes, ``None`` for a loss."""
    return [packet for event in events for packet in (parser.lose() if event is None else parser.step(event))]


def packets_of(trace):
    """Packets of a trace, each with whether ``cut`` was high when it was taken."""
    clock = trace.clock
    found = []
    for time, value in trace.streams["packets"]:
        cut = clock.sees(trace.levels["cut"], clock.after(time) - 1)
        found.append(Packet.from_int(value)._replace(cut=bool(cut)))
    return found


def model(name, text, *parsers):
    """The mistake that any of these parsers makes."""

    def explains(outcome, outcomes):
        sent = outcome.case.facts
        got = packets_of(outcome.trace)
        return any(predict(parser(reset_clears=sent.reset_clears), sent.events) == got for parser in parsers)

    return Mistake(name, text, explains)


def only_in(name, text, kind, test=lambda outcome: True):
    """The mistake of one that does all right but in cases of one kind."""

    def explains(outcome, outcomes):
        if not outcome.complaint or outcome.case.facts.kind != kind:
            return None
        return test(outcome) and not any(other.complaint and other.case.facts.kind == "paced" for other in outcomes)

    return Mistake(name, text, explains)


def seems(name, text, kind, test):
    """A fallback: ``test(must, got, outcome)`` of packets, in cases of one kind, or of all if it is empty."""

    def explains(outcome, outcomes):
        sent = outcome.case.facts
        if not outcome.complaint or (kind and sent.kind != kind):
            return None
        must = predict(Parser(reset_clears=sent.reset_clears), sent.events)
        return bool(test(must, packets_of(outcome.trace), outcome))

    return Mistake(name, text, explains, fallback=True)


def _first(packets, low, high):
    return sum(low <= packet.data[0] <= high for packet in packets)


def _uncut(packets):
    return [packet._replace(cut=False) for packet in packets]


def _cuts(packets):
    return sum(packet.cut for packet in packets)


def _no_real_time(packets):
    return [packet for packet in packets if packet.code != 0xF]


def _ends(packets):
    return sum(packet.code in (5, 6, 7) and packet.data[0] != 0xF6 for packet in packets)


STRAY = Packet.of(5, (0xF7,))


def _of(packets, byte):
    return any(byte in packet.bytes for packet in packets)


def _uncounted(must, got):
    """As many packets with the same status bytes, and in some the first data byte has moved one place on."""
    if len(got) < len(must) or not must:
        return False
    moved = [(one, other) for one, other in zip(got, must, strict=False) if one != other]
    return bool(moved) and all(
        one.code == other.code and one.data[0] == other.data[0] and one.data[2] == other.data[1] for one, other in moved
    )


def _is_sysex(packet):
    return packet.code in (4, 6, 7) or (packet.code == 5 and packet.data[0] == 0xF7)


def _only_counting(packets):
    return [Packet.of(packet.code, packet.bytes, cut=packet.cut) for packet in packets]


def _stuck(must, got, outcome):
    return len(outcome.trace.streams["bytes"]) < len(
        [event for event in outcome.case.facts.events if event is not None]
    )


def _changed(outcome):
    return broken(outcome.trace, "packets")


MISTAKES = [
    model(
        "running status forgotten",
        "You forget the status when a message is complete. The notes of a chord come without it.",
        mistaken.ForgetsRunningStatus,
    ),
    model(
        "packet without its status",
        "Where the line left the status out, so does your packet. It must be put in again.",
        mistaken.DropsStatusOfRunning,
    ),
    model(
        "running status cleared by real-time",
        "Real-time clears your running status. It must leave it alone.",
        mistaken.RealTimeClears,
    ),
    model(
        "real-time breaks a message",
        "A real-time byte inside a message makes you drop it.",
        mistaken.RealTimeBreaks,
        mistaken.RealTimeDropsData,
        mistaken.RealTimeCloses,
    ),
    model(
        "real-time closes a SysEx",
        "A real-time byte ends your SysEx. It may stand inside one.",
        mistaken.RealTimeClosesSysEx,
    ),
    model(
        "real-time kept inside a SysEx", "You take a real-time byte for data of the SysEx.", mistaken.RealTimeIntoSysEx
    ),
    model("real-time lost inside a SysEx", "A real-time byte inside a SysEx is lost.", mistaken.RealTimeLostInSysEx),
    model("real-time ignored", "Your real-time bytes make no packets.", mistaken.RealTimeIgnored),
    model(
        "F9 taken like F4",
        "You let F9 and FD end what was going on, as F4 does. They are ignored and change nothing.",
        mistaken.UndefinedClears,
    ),
    model("F9 handed on", "You make a packet of F9 or FD, which mean nothing.", mistaken.UndefinedHandedOn),
    model(
        "F4 taken like F9",
        "You let F4 and F5 pass by. They make no packet, but they end running status.",
        mistaken.UndefinedKeeps,
    ),
    model("F4 handed on", "You make a packet of F4 or F5, which mean nothing.", mistaken.UndefinedCommonHandedOn),
    model(
        "running status survives System Common",
        "Running status comes back after System Common. It is gone.",
        mistaken.CommonKeeps,
        mistaken.TuneRequestKeeps,
    ),
    model(
        "running status of System Common",
        "You give System Common running status. Only channel messages have it.",
        mistaken.CommonRuns,
    ),
    model("running status survives SysEx", "Running status comes back after a SysEx. It is gone.", mistaken.SysExKeeps),
    model(
        "stray F7 keeps running status",
        "F7 without a SysEx leaves your running status alone. It is System Common.",
        mistaken.EndKeeps,
    ),
    model("stray F7 handed on", "You make a packet of an F7 that ends nothing.", mistaken.EndHandedOn),
    model("data after F7", "Data behind the F7 still makes SysEx packets.", mistaken.SysExGoesOn),
    model(
        "velocity 0 turned into Note Off",
        "You turn a Note On with velocity 0 into a Note Off. It means that, but a parser hands on what was sent.",
        mistaken.ZeroVelocityOff,
    ),
    model("velocity 0 lost", "A Note On with velocity 0 is lost, and the note never ends.", mistaken.ZeroVelocityLost),
    model(
        "data 00 not seen", "A data byte 00 counts as nothing. It is a value like any other.", mistaken.ZeroIsNothing
    ),
    model("SysEx not closed", "A SysEx that is cut off is never closed: its F7 must be put in.", mistaken.NotClosed),
    model("status lost that cuts a SysEx off", "The status that cuts a SysEx off is lost.", mistaken.CutSwallowsStatus),
    model("cut not said", "You close a SysEx that was cut off, and cut does not say so.", mistaken.CutNotSaid),
    model("cut said of every end", "cut is high at the end of a SysEx that ended well.", mistaken.CutAlways),
    model(
        "end of a SysEx always code 5",
        "The last packet of a SysEx has code 5, 6 or 7: it says how many bytes count.",
        mistaken.EndCodeFixed,
    ),
    model("F7 in a packet of its own", "Your F7 has a packet of its own. It joins what is left.", mistaken.EndAlone),
    model(
        "unfinished message kept",
        "A status in the midst of a message begins anew: the data before it does not count.",
        mistaken.UnfinishedKept,
    ),
    model("loss ignored", "You go on after a loss as if nothing were missing.", mistaken.LossIgnored),
    model(
        "running status survives a loss",
        "You keep running status over a loss. What is missing may have been a status.",
        mistaken.LossKeepsStatus,
    ),
    model(
        "SysEx not closed after a loss",
        "A SysEx of which a byte was lost is never closed.",
        mistaken.LossLeavesSysExOpen,
    ),
    model(
        "wrong number of data bytes",
        "You wait for another number of data bytes than this status has.",
        *(
            mistaken.lengths(changed)
            for changed in (
                {0xC0: 2},
                {0xD0: 2},
                {0xC0: 2, 0xD0: 2},
                {0xF2: 1},
                {0xF3: 2},
                {0xF1: 2},
                {0xF1: 2, 0xF3: 2},
                {0xE0: 1},
                {0xA0: 1},
            )
        ),
    ),
    model(
        "wrong code",
        "The bytes of your packet are right, its code is not.",
        mistaken.recoded(lambda packet: 0),
        mistaken.recoded(lambda packet: packet.data[0] >> 4),
        mistaken.recoded(lambda packet: 0xF if 0xF1 <= packet.data[0] <= 0xF6 else packet.code),
        mistaken.recoded(lambda packet: 0xF if 0xF1 <= packet.data[0] <= 0xF3 else packet.code),
    ),
    model(
        "bytes in another order",
        "The bytes of your packet stand in another order: the status comes first.",
        mistaken.rearranged(lambda packet: packet.data[::-1]),
        mistaken.rearranged(lambda packet: (*packet.data[1:], packet.data[0])),
        mistaken.rearranged(lambda packet: (packet.data[0], packet.data[2], packet.data[1])),
    ),
    only_in("packet not held", "What you offer changes or goes away before anybody took it.", "stall", _changed),
    only_in("does not wait for the taker", "You take bytes while a packet waits, and lose what they make.", "stall"),
    only_in("too slow", "At an easy pace all is right. When a byte comes in every clock you lose some.", "fast"),
    seems(
        "cut not said",
        "You close a SysEx that was cut off, and cut does not say so.",
        "",
        lambda must, got, _: _uncut(must) == _uncut(got) and _cuts(got) < _cuts(must),
    ),
    seems(
        "cut said of every end",
        "cut is high where nothing was cut off.",
        "",
        lambda must, got, _: _uncut(must) == _uncut(got) and _cuts(got) > _cuts(must),
    ),
    seems(
        "bytes that do not count are not 0",
        "Bytes of a packet that do not count must be 0. Yours are left over.",
        "",
        lambda must, got, _: _only_counting(got) == must,
    ),
    seems(
        "real-time byte without a packet",
        "Some of F8 to FF make no packet of yours. Is each of them real-time to you, the first and the last as well?",
        "real-time",
        lambda must, got, _: _first(got, 0xF8, 0xFF) < _first(must, 0xF8, 0xFF),
    ),
    seems(
        "real-time breaks a message",
        "With real-time among them your messages are no longer what they were.",
        "real-time",
        lambda must, got, _: _no_real_time(must) != _no_real_time(got),
    ),
    seems(
        "F9 handed on",
        "You make a packet of F9 or FD, which mean nothing.",
        "F9",
        lambda must, got, _: any(packet.code in (5, 0xF) and packet.data[0] in (0xF9, 0xFD) for packet in got),
    ),
    seems(
        "F9 taken like F4",
        "F9 and FD make you end or begin something. They are ignored and change nothing.",
        "F9",
        lambda must, got, _: (
            len(got) < len(must) or any(packet.code != 0xF and packet.data[0] in (0xF9, 0xFD) for packet in got)
        ),
    ),
    seems(
        "F4 taken for a message",
        "F4 and F5 mean nothing. You let data belong to them.",
        "F4",
        lambda must, got, _: _first(got, 0xF4, 0xF5),
    ),
    seems(
        "running status of System Common",
        "You give System Common running status. Only channel messages have it.",
        "common",
        lambda must, got, _: _first(got, 0xF1, 0xF3) > _first(must, 0xF1, 0xF3),
    ),
    seems(
        "SysEx not closed",
        "The end of a SysEx never makes a packet.",
        "",
        lambda must, got, _: _ends(must) and not _ends(got) and any(packet.code == 4 for packet in got),
    ),
    seems(
        "F0 lost",
        "The F0 is missing in your packets. It is the first byte of the first packet of a SysEx.",
        "",
        lambda must, got, _: _of(must, 0xF0) and _ends(got) and not _of(got, 0xF0),
    ),
    seems(
        "stray F7 handed on",
        "You make a packet of an F7 that ends nothing.",
        "",
        lambda must, got, _: (
            sum(packet.code in (5, 6, 7) for packet in got) > sum(packet.code in (5, 6, 7) for packet in must)
            and got.count(STRAY) > must.count(STRAY)
        ),
    ),
    seems(
        "packet without a byte",
        "You offer packets while no byte is there: what makes a packet is a byte that is valid.",
        "",
        lambda must, got, outcome: len(got) > 2 * len(outcome.case.facts.events),
    ),
    seems(
        "data counted without a status",
        "Data that belongs to no status is counted all the same, so that your next message has bytes of it.",
        "",
        lambda must, got, _: _uncounted(must, got),
    ),
    seems(
        "SysEx makes no packet",
        "A SysEx makes no packet at all: its bytes go into packets of three as they come.",
        "",
        lambda must, got, _: _ends(must) and not any(_is_sysex(packet) for packet in got),
    ),
    seems("bytes are not taken", "You stop taking bytes: ready stays low for ever.", "", _stuck),
]
