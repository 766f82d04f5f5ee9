"""The classic mistakes in a merger, each told from what came out."""

from tests.lab.case import Mistake
from tests.lab.tiers_merger import came

__all__ = ["MISTAKES"]


def on(*kinds):
    """Makes ``explains`` of a test of ``(what came, offered, outcome)`` for failed cases of these kinds; of all "
    "if none."""

    def of(test):
        def explains(outcome, outcomes):
            offered = outcome.case.facts
            if (
                outcome.case.unit.component != "Merger"
                or not outcome.complaint
                or (kinds and offered.kind not in kinds)
            ):
                return None
            return bool(test(came(outcome.trace), offered, outcome))

        return explains

    return of


def realtime(outcome):
    return [f"{byte:02x}" for _, byte in outcome.trace.streams["realtime"]]


def pulses(outcome, name):
    return tuple(len(outcome.trace.pulses(f"{name}__{n}")) for n in range(2))


def own(got, n):
    return [packet for packet in got if packet.startswith(f"{n}:")]


@on()
def no_number(got, offered, outcome):
    mixed = [packet[3:] for packet in got]
    return bool(offered.own[1]) and not own(got, 1) and all(packet[3:] in mixed for packet in offered.own[1][:1])


@on("realtime", "filters")
def among_packets(got, offered, outcome):
    return any(packet[3:5] in ("f8", "fa") for packet in got)


@on("realtime")
def waits(got, offered, outcome):
    return len(realtime(outcome)) < len(offered.realtime)


@on("filters")
def sensing(got, offered, outcome):
    return "fe" in realtime(outcome) or any(packet[3:5] == "fe" for packet in got)


@on("filters")
def reset(got, offered, outcome):
    return "ff" in realtime(outcome) or any(packet[3:5] == "ff" for packet in got)


@on("sysex")
def mixed(got, offered, outcome):
    return "stand in it" in outcome.complaint.expected


@on("turns")
def unfair(got, offered, outcome):
    return own(got, 0) == offered.own[0] and own(got, 1) == offered.own[1]


@on("room", "sysex room")
def drops_silently(got, offered, outcome):
    lost = len(own(got, 0)) < len(offered.own[0])
    return lost and pulses(outcome, "overrun")[0] == pulses(outcome, "timeout")[0] == 0


@on("sysex room")
def sysex_open(got, offered, outcome):
    return "0: f7" not in got and len(got) < len(offered.own[0])


@on("sysex room")
def counts_packets(got, offered, outcome):
    return pulses(outcome, "overrun")[0] > 1


@on("room", "sysex room")
def waits_for_room(got, offered, outcome):
    return pulses(outcome, "overrun") == (0, 0) and own(got, 0) == offered.own[0]


@on("cut")
def not_closed(got, offered, outcome):
    return "0: f7" not in got


@on("silent")
def silence(got, offered, outcome):
    return "0: f7" not in got


@on("sysex", "sysex room")
def too_soon(got, offered, outcome):
    return sum(pulses(outcome, "timeout")) > 0


@on("two", "one")
def loses(got, offered, outcome):
    return len(got) < sum(map(len, offered.own))


MISTAKES = [
    Mistake("number of the input lost", "cable of your packets is not the number of the input.", no_number),
    Mistake(
        "real-time among the packets",
        "Your real-time stands among the packets, where it waits its turn.",
        among_packets,
    ),
    Mistake("Active Sensing handed on", "You hand on FE. Each end senses for itself.", sensing),
    Mistake("System Reset echoed", "You hand on FF. A soft thru must not echo it.", reset),
    Mistake("real-time waits", "Your real-time is late or lost: it waits until packets are taken.", waits),
    Mistake("SysEx mixed", "Something stands in the midst of a SysEx.", mixed),
    Mistake("no turns", "One input has its say until it is empty, and the other waits.", unfair),
    Mistake(
        "lines have to wait",
        "You take nothing while there is no room. A line cannot wait: drop, and say so.",
        waits_for_room,
    ),
    Mistake("dropped without a word", "Messages are dropped, and overrun does not tell.", drops_silently),
    Mistake(
        "SysEx that does not fit stays open", "A SysEx does not fit, and nobody hears that it is over.", sysex_open
    ),
    Mistake(
        "overrun counts packets",
        "overrun pulses for each packet of a message that is lost. It is one message.",
        counts_packets,
    ),
    Mistake("SysEx not closed", "A SysEx that is cut off is never closed.", not_closed),
    Mistake(
        "silent SysEx locks the rest",
        "A SysEx that falls silent is never closed, and the other input waits for ever.",
        silence,
    ),
    Mistake("SysEx closed too soon", "You close a SysEx that was not silent for so long.", too_soon),
    Mistake("packets lost", "Packets are lost while there is room for all of them.", loses),
]
