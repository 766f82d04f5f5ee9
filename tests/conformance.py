"""Test cases of four other projects, put to a parser and an encoder of ours.

``tests/vectors`` holds the cases as their projects have them, each file with its source. What those projects expect is
no oracle, the text of MIDI 1.0 is: where our answer is another, :data:`OURS` states it, with the rule.

``python -m tests.conformance`` prints the table for the model and for the hardware. Any other implementation is put to
the same cases with :func:`run`.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from sim.bench.simulators import SimulatorError
from sim.model.encoder import encoder
from sim.model.midi import Message, messages, packets
from sim.model.parser import parser
from tests import bench_encoder, bench_parser
from tests.command_line import ArgumentParser

__all__ = ["EMITTED", "NOT_APPLICABLE", "OURS", "Case", "Result", "cases", "encode", "main", "parse", "run", "table"]

VERDICTS = ("pass", "deviation", "not applicable", "fail")

CUT = "A status other than real-time ends an open SysEx (T-8), and ours is reported with its bytes and marked as cut"
RESET = "Real-time never touches running status or an open message (p. 30, A-2); against p. 33, FF is no exception here"

OURS = {
    "arduino_midi_library/parse/realTime": (
        ["f8", "fa", "fb", "fc", "fe", "ff"],
        "F9 is undefined and ignored (p. A-2); theirs reports it as a tick",
    ),
    "midi_stream_parser_rs/parse/sysex_incomplete_note_on": (["f0 10 20 cut", "97 17 62"], f"{CUT}; theirs drops it"),
    "midikit_midi1parser/parse/Midstream_RT_ff_a": (["ff", "90 3c 40"], RESET),
    "midikit_midi1parser/parse/Midstream_RT_ff_b": (["ff", "90 3c 40"], RESET),
    "midikit_midi1parser/parse/RS_RT_ff": (["90 3c 40", "ff", "90 3d 41"], RESET),
    "midikit_midi1parser/parse/Sysex_RT_ff": (["ff", "f0 41 01 34 27 52 f7"], RESET),
    "midikit_midi1parser/parse/Sysex_term_by_status": (
        ["f0 41 01 34 cut", "90 3c 40"],
        f"{CUT}; theirs takes the F7 that both insert for one that was sent",
    ),
    "mido_tokenizer_parser/parse/test_realtime_inside_message": (
        ["f8", "90 01 02"],
        "Real-time may stand between any two bytes and changes nothing (p. 30); theirs drops the message",
    ),
    "mido_tokenizer_parser/parse/test_message_inside_sysex": (["f0 cut", "90 01 02"], f"{CUT}; theirs drops it"),
    "mido_tokenizer_parser/parse/test_sysex_inside_sysex": (["f0 01 cut", "f0 02 f7"], f"{CUT}; theirs drops it"),
    "mido_tokenizer_parser/parse/test_stray_data_bytes": (
        ["90 02 03", "90 04 05", "f8"],
        "A receiver takes messages with running status, always (p. A-2); theirs has none",
    ),
}
"""Our answer and its rule, for each case where theirs is another or the text of MIDI 1.0 permits several."""

CHANNELS = "Their software thru chooses by channel; a thru of ours repeats the whole line"

NOT_APPLICABLE = {
    f"arduino_midi_library/thru/thru {mode}": CHANNELS
    for mode in ("off", "sameChannel(12)", "sameChannel(omni)", "differentChannel(12)", "differentChannel(omni)")
}
"""Cases that ask for what is no part of Fivepin, with the reason."""

_NOTE, _OTHER = "note_on channel=1 note=12 velocity=34", "note_on channel=1 note=56 velocity=78"
_HELLO = "sysex data=48 65 6c 6c 6f 2c 20 57 6f 72 6c 64 21"

EMITTED = {
    "sendGenericWithRunningStatus": (
        True, ["note_on channel=12 note=47 velocity=42", "note_on channel=12 note=42 velocity=47"]),
    "sendGenericWithoutRunningStatus": (
        False, ["note_on channel=12 note=47 velocity=42", "note_on channel=12 note=42 velocity=47"]),
    "sendGenericBreakingRunningStatus": (
        True, ["note_on channel=12 note=47 velocity=42", "note_off channel=12 note=47 velocity=42"]),
    "pitchBend_int": (
        True, ["pitch_bend channel=12 bend=0", "pitch_bend channel=4 bend=100", "pitch_bend channel=7 bend=-100"]),
    "pitchBend_minmax": (
        True, ["pitch_bend channel=12 bend=0", "pitch_bend channel=4 bend=8191", "pitch_bend channel=7 bend=-8192"]),
    # Their library brings 0xff down to what the fields hold; ours refuses it, so it is given as 7 and 15.
    "mtc_nibbles": (True, ["quarter_frame piece=5 value=10", "quarter_frame piece=7 value=15"]),
    "songPosition": (True, ["song_position beats=1234", "song_position beats=4321"]),
    "realtime": (True, ["clock", "start", "continue", "stop", "active_sensing", "reset"]),
    "runningStatusCancellation": (
        True, [_NOTE, _OTHER, "clock", _NOTE, _HELLO, _NOTE, "quarter_frame piece=2 value=10", _NOTE,
               "song_position beats=42", _NOTE, "song_select song=42", _NOTE, "tune_request", _NOTE]),
    # Which controllers make up an RPN or NRPN is the application's affair; what is tested is their running status.
    "RPN_14bit": (True, [f"control_change channel=12 controller={controller} value={value}" for controller, value in (
        (100, 90), (101, 9), (6, 96), (38, 57), (100, 127), (101, 127))]),
    "NRPN_14bit": (True, [f"control_change channel=12 controller={controller} value={value}" for controller, value in (
        (98, 90), (99, 9), (6, 96), (38, 57), (98, 127), (99, 127))]),
}  # fmt: skip
"""The messages that each case with ``message`` tells in prose, and whether running status is on."""


class Case(NamedTuple):
    """A case of a vector file: its direction is ``parse``, ``emit`` or ``thru``; ``key`` names it among all."""

    source: str
    direction: str
    case: dict

    @property
    def key(self):
        """Source, direction and id."""
        return f"{self.source}/{self.direction}/{self.case['id']}"


class Result(NamedTuple):
    """What came of a case: the verdict, what its project expects, what our answer was, and the rule or reason."""

    case: Case
    verdict: str
    theirs: list
    ours: list
    reason: str


def sources():
    """What each vector file says of its source, by name of the file."""
    files = sorted((Path(__file__).parent / "vectors").glob("*.json"))
    return {file.stem: json.loads(file.read_text()) for file in files}


def cases():
    """All cases of all vector files."""
    return [
        Case(name, case.get("direction", "parse"), case) for name, file in sources().items() for case in file["cases"]
    ]


def parse(streams):
    """What :func:`run` wants of a parser, done by the model."""
    return [parser(list(enumerate(stream))) for stream in streams]


def encode(jobs):
    """What :func:`run` wants of an encoder, done by the model."""
    return [
        [byte for _, byte in encoder([(None, packet) for packet in packets_], running_status=running_status)]
        for running_status, packets_ in jobs
    ]


def run(parse, encode=None):
    """Put all cases to an implementation; returns a list of :class:`Result`.

    ``parse`` takes a list of streams, each a list of bytes that begins at power-up, and returns for each stream a list
    of ``(n, packet)``, where byte ``n`` of the stream completed the packet; ``n`` is ``None`` where the implementation
    does not tell. ``encode`` takes a list of ``(running_status, packets)``, each at power-up, and returns for each its
    bytes; without it, what needs an encoder is not applicable.
    """
    todo = [case for case in cases() if case.key not in NOT_APPLICABLE]
    heard = [case for case in todo if case.direction != "emit"]
    streams = [list(bytes.fromhex(case.case["input"])) for case in heard]
    parsed = dict(zip([case.key for case in heard], parse(streams), strict=True))
    jobs = {}
    for case in todo if encode else []:
        if case.direction == "emit":
            running_status, texts = EMITTED[case.case["id"]]
            jobs[case.key] = running_status, [part for text in texts for part in packets(Message.from_text(text).bytes)]
        elif case.direction == "thru":
            running_status = not case.case["mode"].endswith("no TX RS")
            jobs[case.key] = running_status, [packet for _, packet in parsed[case.key]]
    encoded = dict(zip(jobs, encode(list(jobs.values())), strict=True)) if encode else {}
    return [_judge(case, parsed.get(case.key), encoded.get(case.key)) for case in cases()]


def _judge(case, parsed, encoded):
    theirs = case.case["expect"]
    if case.key in NOT_APPLICABLE:
        return Result(case, "not applicable", theirs, [], NOT_APPLICABLE[case.key])
    if case.direction != "parse":
        if encoded is None:
            return Result(case, "not applicable", theirs, [], "No encoder was given")
        found, ours = [], [bytes(encoded).hex(" ")]
    else:
        try:
            found = messages(parsed)
        except ValueError as error:
            return Result(case, "fail", theirs, [], str(error))
        ours = [bytes(message.bytes).hex(" ") + " cut" * message.cut for _, message in found]
    wanted, rule = OURS.get(case.key, (theirs, ""))
    verdict, reason = "pass" if ours == theirs else "deviation", rule
    if ours != wanted:
        verdict, reason = "fail", f"{rule}; wanted is {wanted}" if rule else ""
    elif ours == theirs and "read_returns" in case.case:
        # Their cases tell the bytes on which a message became complete.
        completed = [n for n, mark in enumerate(case.case["read_returns"]) if mark == "T"]
        times = [n for n, _ in found]
        if None not in times and times != completed:
            verdict, reason = "fail", f"Messages must be complete at bytes {completed}, not {times}"
    return Result(case, verdict, theirs, ours, reason)


def table(results):
    """The results in Markdown: a row for each source, then each case that has a rule, a reason or a failure to tell."""
    lines = ["| source | cases | " + " | ".join(VERDICTS) + " |", "|---|---|" + "---|" * len(VERDICTS)]
    for name, file in sources().items():
        counts = Counter(result.verdict for result in results if result.case.source == name)
        numbers = [sum(counts.values()), *(counts[verdict] for verdict in VERDICTS)]
        lines.append(f"| {file['source']['repo']} | " + " | ".join(map(str, numbers)) + " |")
    for verdict in VERDICTS:
        told = [result for result in results if result.verdict == verdict and (result.reason or verdict == "fail")]
        lines += ["", f"{verdict}{', by a choice of ours' if verdict == 'pass' else ''}:", ""] if told else []
        for result in told:
            answers = f" Theirs: {result.theirs}; ours: {result.ours}." if verdict in ("deviation", "fail") else ""
            lines.append(f"* {result.case.key}: {result.reason or 'Another answer'}.{answers}")
    return "\n".join(lines)


def main(arguments=None):
    """The command line; returns the exit status: 0, 1 if a case fails, 2 if there is no simulator."""
    ArgumentParser(prog="python -m tests.conformance", description=__doc__.splitlines()[0]).parse_args(arguments)
    try:
        of_all = {"Model": run(parse, encode), "Hardware": run(bench_parser.parse, bench_encoder.encode)}
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except SimulatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for title, of_one in of_all.items():
        print(f"# {title}\n\n{table(of_one)}\n")
    return int(any(result.verdict == "fail" for of_one in of_all.values() for result in of_one))


if __name__ == "__main__":
    sys.exit(main())
