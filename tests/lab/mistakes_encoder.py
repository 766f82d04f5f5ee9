"""The classic mistakes in an encoder, each a model that makes it: the bytes tell them apart."""

from collections import Counter

from sim.model.encoder import Encoder
from tests.lab.case import Mistake, broken
from tests.lab.tiers_encoder import PLAIN, REPEAT, REPEATING

__all__ = ["MISTAKES"]


def predict(outcome, encoder):
    """What a model makes of the packets of a case."""
    unit = outcome.case.unit
    live = encoder(repeat=REPEAT if unit is REPEATING else float("inf"), running_status=unit is not PLAIN)
    return [byte for clock, packet in outcome.case.facts.packets for byte in live.step(packet, clock)]


def bytes_of(outcome):
    return [byte for _, byte in outcome.trace.streams["bytes"]]


class Never(Encoder):
    def step(self, packet, time=None):
        self._status = None
        return super().step(packet, time)


class Always(Encoder):
    """Does not ask whether running status is wanted."""

    def __init__(self, **options):
        super().__init__(**options | {"running_status": True})


def keeps(*codes):
    """Keeps running status over packets with these codes."""

    class Keeps(Encoder):
        def step(self, packet, time=None):
            before = self._status
            sent = super().step(packet, time)
            if packet.code in codes:
                self._status = before
            return sent

    return Keeps


class RealTimeClears(Encoder):
    def step(self, packet, time=None):
        sent = super().step(packet, time)
        if packet.code == 0xF:
            self._status = None
        return sent


class OtherChannel(Encoder):
    """Compares all of the status but the channel."""

    def step(self, packet, time=None):
        if self._status is not None and packet.code == self._status >> 4 and packet.bytes:
            self._status = packet.data[0]
        return super().step(packet, time)


class Common(Encoder):
    """Leaves out the status of System Common too."""

    last = None

    def step(self, packet, time=None):
        sent = super().step(packet, time)
        if packet.code in (2, 3):
            sent = sent[1:] if self.last == packet.data[0] else sent
            self.last = packet.data[0]
        elif packet.bytes and packet.code != 0xF:
            self.last = None
        return sent


class NeverRepeats(Encoder):
    def _is_old(self, time):
        return False


class LeftOutIsYoung(Encoder):
    """A status that was left out counts as sent."""

    def step(self, packet, time=None):
        sent = super().step(packet, time)
        if 8 <= packet.code <= 0xE:
            self._sent = time
        return sent


def reserved(count):
    """Sends so many bytes of packets with reserved codes."""

    class Reserved(Encoder):
        def step(self, packet, time=None):
            return list(packet.data[:count]) if packet.code < 2 else super().step(packet, time)

    return Reserved


class AlwaysThree(Encoder):
    def step(self, packet, time=None):
        sent = super().step(packet, time)
        return [*sent, *packet.data[len(packet.bytes) :]] if packet.bytes else sent


def two_too_long(*codes):
    """Sends a byte too many of packets with these codes."""

    class TooLong(Encoder):
        def step(self, packet, time=None):
            sent = super().step(packet, time)
            return [*sent, packet.data[len(packet.bytes)]] if packet.code in codes else sent

    return TooLong


class OneTooMany(Encoder):
    """Counts the bytes of every packet one further than they go."""

    def step(self, packet, time=None):
        sent = super().step(packet, time)
        return [*sent, (*packet.data, 0)[len(packet.bytes)]] if packet.bytes else sent


class FirstOnly(Encoder):
    """Takes a packet with its first byte."""

    def step(self, packet, time=None):
        return super().step(packet, time)[:1]


class Backwards(Encoder):
    def step(self, packet, time=None):
        return super().step(packet, time)[::-1]


def model(name, text, *encoders):
    """The mistake that any of these encoders makes; it says nothing of cases with real-time on a stream of its own."""

    def explains(outcome, outcomes):
        if outcome.case.unit.component != "Encoder" or outcome.case.facts.realtime:
            return None
        got = bytes_of(outcome)
        return any(predict(outcome, encoder) == got for encoder in encoders)

    return Mistake(name, text, explains)


def seems(name, text, kinds, test, fallback=False):
    """``test(must, got, outcome)`` of the bytes in failed cases of these kinds."""

    def explains(outcome, outcomes):
        offered = outcome.case.facts
        if outcome.case.unit.component != "Encoder" or not outcome.complaint or offered.kind not in kinds:
            return None
        return bool(test(offered.bytes, bytes_of(outcome), outcome))

    return Mistake(name, text, explains, fallback)


def _real_time(values):
    return [byte for byte in values if byte >= 0xF8]


def _anything(must, got, outcome):
    """It would be right if the upper bits of what slipped in were set."""
    own = predict(outcome, Encoder)
    return got != must and [byte if byte in own else byte | 0xF8 for byte in got] == must


def _waits(must, got, outcome):
    """All bytes came, and real-time stands further back."""
    places = [values.index(_real_time(must)[0]) if _real_time(must)[0] in values else 0 for values in (must, got)]
    return Counter(must) == Counter(got) and places[1] > places[0]


def _taken_back(must, got, outcome):
    return broken(outcome.trace, "bytes")


MISTAKES = [
    model("no running status", "You send every status, though the last one still counts.", Never),
    model("running status though not wanted", "running_status=False must have every status sent.", Always),
    model(
        "running status survives System Common",
        "You leave out a status after System Common. The receiver has forgotten it.",
        keeps(2, 3),
        keeps(2, 3, 5),
        keeps(5),
        keeps(2),
        keeps(3),
    ),
    model(
        "running status survives SysEx",
        "You leave out a status after a SysEx. The receiver has forgotten it.",
        keeps(4, 5, 6, 7),
        keeps(4, 6, 7),
        keeps(5, 6, 7),
        keeps(4),
        keeps(6),
        keeps(7),
    ),
    model(
        "running status cleared by nothing",
        "You leave out a status after SysEx and System Common. The receiver has forgotten it.",
        keeps(2, 3, 4, 5, 6, 7),
    ),
    model(
        "running status cleared by real-time",
        "Real-time makes you send the status again. It leaves it alone.",
        RealTimeClears,
    ),
    model(
        "another channel taken for the same status", "You leave out a status that differs in its channel.", OtherChannel
    ),
    model(
        "running status of System Common",
        "You leave out the status of System Common. Only channel messages have running status.",
        Common,
    ),
    model("status never repeated", "You never send a status again, however long ago it was.", NeverRepeats),
    model(
        "status left out counts as sent",
        "A status that you leave out sets your timer anew, so that a busy line never repeats it.",
        LeftOutIsYoung,
    ),
    model(
        "reserved codes sent", "Packets with codes 0 and 1 mean nothing, and you send them.", *map(reserved, (1, 2, 3))
    ),
    model(
        "bytes sent that do not count",
        "You send bytes of a packet that do not count. Its code says how many do.",
        AlwaysThree,
        two_too_long(0xC, 0xD),
        two_too_long(0xC),
        two_too_long(0xD),
        two_too_long(6),
        two_too_long(5),
        two_too_long(0xF),
        two_too_long(2),
        two_too_long(5, 0xF),
    ),
    model(
        "one byte too many",
        "You send one byte more than count: the first is number 0, and the last is not number three.",
        OneTooMany,
    ),
    model(
        "packet taken with its first byte",
        "You take the packet before its last byte is sent, and the rest of it is gone.",
        FirstOnly,
    ),
    model("bytes in reversed order", "The bytes of a packet go out in reversed order.", Backwards),
    seems(
        "real-time waits for the end of a message",
        "Real-time must slip in between two bytes, and waits until the message is over.",
        ("slip",),
        _waits,
    ),
    seems(
        "anything stands inside a message",
        "What came on realtime went out as it was. Only its low three bits count, so that nothing but real-time can "
        "ever stand there.",
        ("slip",),
        _anything,
    ),
    seems(
        "real-time lost",
        "A real-time byte that slips in is lost.",
        ("slip",),
        lambda must, got, _: len(_real_time(got)) < len(_real_time(must)),
    ),
    seems(
        "byte taken back", "You take back a byte that was on offer, or change it.", ("slip", "stall"), _taken_back, True
    ),
]
