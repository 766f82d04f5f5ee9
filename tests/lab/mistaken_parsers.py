"""Models of parsers, each with one classic mistake: right in all but that."""

from sim.model.midi import KIND_OF, SYSEX, SYSEX_END, TUNE_REQUEST, Packet
from sim.model.parser import Parser


def is_real_time(byte):
    return byte > SYSEX_END


def is_system_common(byte):
    return SYSEX < byte < SYSEX_END


class ForgetsRunningStatus(Parser):
    def _take_data(self, byte):
        packets = super()._take_data(byte)
        if packets and self._status != SYSEX:
            self._status = None
        return packets


class DropsStatusOfRunning(Parser):
    """Hands on the data of a running message without the status."""

    runs = False

    def _take_data(self, byte):
        packets = super()._take_data(byte)
        if packets and self._status not in (None, SYSEX):
            runs, self.runs = self.runs, True
            return [packet._replace(data=(*packet.data[1:], 0)) if runs else packet for packet in packets]
        return packets

    def step(self, byte):
        if 0x80 <= byte < 0xF8:
            self.runs = False
        return super().step(byte)


class RealTimeClears(Parser):
    """Running status only, not what is in progress."""

    def step(self, byte):
        packets = super().step(byte)
        if is_real_time(byte) and not self._waiting and self._status != SYSEX:
            self._status = None
        return packets


class RealTimeBreaks(Parser):
    def step(self, byte):
        packets = super().step(byte)
        if is_real_time(byte):
            self._status, self._waiting = None, ()
        return packets


class RealTimeCloses(Parser):
    def step(self, byte):
        packets = super().step(byte)
        return [*self._close(cut=True), *packets] if is_real_time(byte) else packets


class RealTimeDropsData(Parser):
    def step(self, byte):
        packets = super().step(byte)
        if is_real_time(byte) and self._status != SYSEX:
            self._waiting = ()
        return packets


class RealTimeIntoSysEx(Parser):
    def step(self, byte):
        if is_real_time(byte) and self._status == SYSEX:
            return self._take_data(byte)
        return super().step(byte)


class RealTimeLostInSysEx(Parser):
    def step(self, byte):
        packets = super().step(byte)
        return [] if is_real_time(byte) and self._status == SYSEX else packets


class RealTimeClosesSysEx(Parser):
    def step(self, byte):
        packets = super().step(byte)
        return [*self._close(cut=True), *packets] if is_real_time(byte) and self._status == SYSEX else packets


class RealTimeIgnored(Parser):
    def step(self, byte):
        packets = super().step(byte)
        return [] if is_real_time(byte) else packets


class UndefinedClears(Parser):
    """F9 and FD do what F4 does."""

    def step(self, byte):
        return super().step(0xF4 if byte in (0xF9, 0xFD) else byte)


class UndefinedHandedOn(Parser):
    def step(self, byte):
        return [Packet.of(0xF, (byte,))] if byte in (0xF9, 0xFD) else super().step(byte)


class UndefinedKeeps(Parser):
    """F4 and F5 do what F9 does."""

    def step(self, byte):
        return [] if byte in (0xF4, 0xF5) else super().step(byte)


class UndefinedCommonHandedOn(Parser):
    def step(self, byte):
        packets = super().step(byte)
        return [*packets, Packet.of(0x5, (byte,))] if byte in (0xF4, 0xF5) else packets


class CommonKeeps(Parser):
    """Running status comes back after System Common."""

    kept = None

    def step(self, byte):
        before = self._status
        packets = super().step(byte)
        if before is not None and before < SYSEX:
            self.kept = before
        if before is not None and before < SYSEX and is_system_common(byte) and self._status is None:
            self._status = before
        if byte < 0x80 and before is not None and before > SYSEX and self._status is None:
            self._status = self.kept
        return packets


class TuneRequestKeeps(Parser):
    """F6 leaves running status alone, as real-time does."""

    def step(self, byte):
        before = self._status
        packets = super().step(byte)
        if byte == TUNE_REQUEST and before is not None and before < SYSEX:
            self._status = before
        return packets


class CommonRuns(Parser):
    """System Common has running status itself."""

    def _take_data(self, byte):
        before = self._status
        packets = super()._take_data(byte)
        if packets:
            self._status = before
        return packets


class SysExKeeps(Parser):
    """Running status comes back after a SysEx."""

    kept = None

    def step(self, byte):
        before = self._status
        packets = super().step(byte)
        if before is not None and before < SYSEX:
            self.kept = before
        if byte == SYSEX_END and before == SYSEX:
            self._status = self.kept
        return packets


class EndKeeps(Parser):
    """F7 outside of a SysEx leaves running status alone."""

    def step(self, byte):
        return [] if byte == SYSEX_END and self._status != SYSEX else super().step(byte)


class EndHandedOn(Parser):
    def step(self, byte):
        alone = byte == SYSEX_END and self._status != SYSEX
        packets = super().step(byte)
        return [Packet.of(0x5, (byte,))] if alone else packets


class SysExGoesOn(Parser):
    """Data after F7 still belongs to the SysEx."""

    def step(self, byte):
        packets = super().step(byte)
        if byte == SYSEX_END and packets:
            self._status = SYSEX
        return packets


class ZeroVelocityOff(Parser):
    def step(self, byte):
        return [
            Packet.of(0x8, (packet.data[0] - 0x10, *packet.data[1:]))
            if packet.code == 9 and not packet.data[2]
            else packet
            for packet in super().step(byte)
        ]


class ZeroVelocityLost(Parser):
    def step(self, byte):
        return [packet for packet in super().step(byte) if packet.code != 9 or packet.data[2]]


class ZeroIsNothing(Parser):
    """A data byte 00 is not seen."""

    def step(self, byte):
        return super().step(byte) if byte else []


class NotClosed(Parser):
    def _close(self, cut):
        packets = super()._close(cut)
        return [] if cut else packets


class CutSwallowsStatus(Parser):
    """The status that cuts a SysEx off is gone."""

    def step(self, byte):
        was = self._status == SYSEX and SYSEX_END != byte >= 0x80 and not is_real_time(byte)
        packets = super().step(byte)
        if was:
            self._status, self._waiting = None, ()
            return packets[:1]
        return packets


class CutNotSaid(Parser):
    def _close(self, cut):
        return super()._close(False)


class CutAlways(Parser):
    def _close(self, cut):
        return super()._close(True)


class EndCodeFixed(Parser):
    """The last packet of a SysEx always has code 5."""

    def _close(self, cut):
        return [packet._replace(code=0x5) for packet in super()._close(cut)]


class EndAlone(Parser):
    """F7 makes a packet of its own, behind what was left."""

    def _close(self, cut):
        waiting, was = self._waiting, self._status == SYSEX
        packets = super()._close(cut)
        if was and waiting:
            return [Packet.of(0x4, waiting), Packet.of(0x5, (SYSEX_END,), cut=cut)]
        return packets


class UnfinishedKept(Parser):
    """A status inside a message leaves the data that was there."""

    def step(self, byte):
        waiting = self._waiting if self._status not in (None, SYSEX) else ()
        packets = super().step(byte)
        if 0x80 <= byte <= 0xF3 and byte != SYSEX and waiting:
            self._waiting = waiting[: KIND_OF[byte].data - 1]
        return packets


class LossIgnored(Parser):
    def lose(self):
        return []


class LossKeepsStatus(Parser):
    def lose(self):
        if self._status == SYSEX:
            return super().lose()
        self._waiting = ()
        return []


class LossLeavesSysExOpen(Parser):
    def lose(self):
        super().lose()
        return []


def lengths(changed):
    """A parser that takes some kinds of status for another number of data bytes."""

    class OtherLengths(Parser):
        def _take_data(self, byte):
            data = changed.get(self._status and (self._status & 0xF0 if self._status < SYSEX else self._status))
            if data is None:
                return super()._take_data(byte)
            self._waiting += (byte,)
            if len(self._waiting) < data:
                return []
            waiting, self._waiting = self._waiting, ()
            kind, status = KIND_OF[self._status], self._status
            if kind.has_channel:
                return [Packet.of(kind.code, (status, *waiting))]
            self._status = None
            # Of System Common the code tells the length.
            return [Packet.of(1 + data, (status, *waiting))]

    return OtherLengths


def recoded(code):
    """A parser whose packets have other codes."""

    class Recoded(Parser):
        def step(self, byte):
            return [packet._replace(code=code(packet)) for packet in super().step(byte)]

    return Recoded


def rearranged(data):
    """A parser whose packets have other bytes."""

    class Rearranged(Parser):
        def step(self, byte):
            return [packet._replace(data=tuple(data(packet))) for packet in super().step(byte)]

    return Rearranged
