"""Lab 3: the optocoupler. The right answers are those of the models of the loop, the part and the chain."""

from sim.model.chain import MOST_HOPS, Chain, chain, lasting_hops
from sim.model.current_loop import WORST_LED, CurrentLoop
from sim.model.edges import frame_edges, frames, level_at
from sim.model.optocoupler import PARTS, Optocoupler, optocoupler
from tests.lab.answers import AnswerLab, AnswerTier, Asked, Wrong
from tests.lab.drawing import draw
from tests.lab.wire import BIT

__all__ = ["LAB"]


def loop_current(supply, source, sink, receiver, led):
    return CurrentLoop(supply, source, sink, receiver).current(led)


def short_power(supply, source):
    return CurrentLoop(supply, source, 220.0).grounded_power


def low_behind(low, tphl, tplh):
    (fall, _), (rise, _) = optocoupler([(0.0, 0), (low, 1)], Optocoupler("asked", tphl, tplh))
    return rise - fall


def room(rate_error, bit):
    return max(0.0, 0.5 - 9.5 * abs(rate_error)) * bit


def hops(tphl, tplh, rate_error, bit):
    return lasting_hops(tplh - tphl, rate_error, baud=1 / bit)


def measured_hops(part, rate_error):
    """Hops behind which an ideal receiver still reads every byte of a sender that is slow by ``rate_error``."""
    bit = BIT * (1 + rate_error)
    edges = [edge for byte in range(256) for edge in frame_edges(byte * 10 * bit, byte, bit)]
    for count in range(MOST_HOPS):
        edges = optocoupler(edges, part)
        if [(frame.byte, frame.stop) for frame in frames(edges)] != [(byte, True) for byte in range(256)]:
            return count
    return MOST_HOPS


def read_behind(count):
    """What an ideal receiver reads of 90 behind so many 6N138 with 2.7 k."""
    return frames(chain(frame_edges(0.0, 0x90, BIT), Chain(count, PARTS["6N138@2.7k"])))[0].byte


def _floor(tphl, tplh, room):
    """The largest whole number of hops that is not above the limit."""
    skew = abs(tplh - tphl)
    return int(room / skew + 1e-6) if skew else None


def _draw_low(low, tphl, tplh, got):
    names = ["low", *"    "]
    must = optocoupler([(0.0, 0), (low, 1)], Optocoupler("asked", tphl, tplh))
    rows = [("sent", [(0.0, 0), (low, 1)]), ("behind", must), ("yours", [(tphl, 0), (tphl + got, 1)])]
    return draw(rows, 0.0, BIT, names=names)


RATES = ((0.0, BIT), (0.02, BIT), (-0.02, BIT), (0.06, BIT), (0.01, 1 / 9600))
LOOPS = (
    (5.0, 220.0, 220.0, 220.0, 1.4),
    (3.3, 33.0, 10.0, 220.0, 1.4),
    (3.3, 33.0, 10.0, 220.0, 1.9),
    (1.2, 33.0, 10.0, 220.0, 1.4),
)
LOWS = ((BIT, 2e-6, 10e-6), (2 * BIT, 2e-6, 5e-6), (BIT, 3e-6, 3e-6), (3 * BIT, 2e-6, 1e-6))
HOPS = (
    (2e-6, 5e-6, 0.0, BIT),
    (2e-6, 5e-6, 0.02, BIT),
    (2e-6, 10e-6, 0.02, BIT),
    (2e-6, 10e-6, 0.0, BIT),
    (5e-6, 2e-6, 0.02, BIT),
    (2e-6, 2e-6, 0.02, BIT),
    (2e-6, 20e-6, 0.0, BIT),
)


TIERS = [
    AnswerTier(
        "the current of the loop",
        (
            Asked(
                "loop_current",
                loop_current,
                LOOPS,
                tolerance=1e-3,
                unit="A",
                why=lambda supply, source, sink, receiver, led: (
                    "without the LED's voltage nothing flows" if supply <= led else
                    "what the LED leaves of the supply, over all three resistors"
                ),
                mistakes=(
                    Wrong("LED forgotten", "Some of the supply stays at the LED, and drives nothing through resistors.",
                          lambda supply, source, sink, receiver, led: supply / (source + sink + receiver)),
                    Wrong("receiver's resistor forgotten", "The loop goes through the other instrument, too.",
                          lambda supply, source, sink, receiver, led: max(0, supply - led) / (source + sink)),
                    Wrong("one resistor only", "The current passes all of the resistors, one after the other.",
                          lambda supply, source, sink, receiver, led: max(0, supply - led) / source),
                    Wrong("milliamperes", "All currents here are in amperes: 5 mA is 0.005.",
                          lambda *each: 1e3 * loop_current(*each)),
                    Wrong("current flows backwards", "An LED lets nothing through below its voltage.",
                          lambda supply, source, sink, receiver, led: (supply - led) / (source + sink + receiver)),
                ),
            ),
        ),
        ("docs/wire.md draws the loop. Which parts does the current pass, and in which order?",
         "Ohm's law holds for what is left of the supply behind the LED."),
    ),
    AnswerTier(
        "a plug that shorts it",
        (
            Asked(
                "short_power",
                short_power,
                ((5.25, 209.0), (3.465, 31.35), (3.3, 33.0)),
                tolerance=1e-3,
                unit="W",
                why=lambda supply, source: "pin 4 touches ground, so that all of the supply stands at one resistor",
                mistakes=(
                    Wrong("current, not power", "This is how much flows. How much of it becomes heat?",
                          lambda supply, source: supply / source),
                    Wrong("LED in a short", "Pin 4 touches ground before the current ever reaches the LED.",
                          lambda supply, source: (supply - 1.4) ** 2 / source),
                    Wrong("milliwatts", "All powers here are in watts.",
                          lambda supply, source: 1e3 * supply ** 2 / source),
                ),
            ),
            Asked(
                "LEAST_CURRENT_220",
                lambda: 1e3 * CurrentLoop(3.3, 220.0, 220.0).weakest().current(WORST_LED),
                tolerance=0.01,
                unit="mA",
                is_number=True,
                why=lambda: "python -m board check --supply 3.3 --out 220,220 prints it in its first line, under least",
                mistakes=(
                    Wrong("typical, not least", "The instrument at the other end may have the worst LED there is.",
                          lambda: 1e3 * CurrentLoop(3.3, 220.0, 220.0).current()),
                    Wrong("amperes", "This one is asked in mA.",
                          lambda: CurrentLoop(3.3, 220.0, 220.0).weakest().current(WORST_LED)),
                ),
            ),
        ),
        ("How much current flows through a resistor with all of the supply at it, and what does it do to the resistor?",
         "Power is volts times amperes."),
    ),
    AnswerTier(
        "lows get longer",
        (
            Asked(
                "low_behind",
                low_behind,
                LOWS,
                tolerance=1e-6,
                unit="s",
                draw=_draw_low,
                why=lambda low, tphl, tplh: "its fall comes tPHL late, its rise tPLH",
                mistakes=(
                    Wrong("delays added", "A delay that both edges have moves the low, and leaves its length.",
                          lambda low, tphl, tplh: low + tphl + tplh),
                    Wrong("the wrong way round", "Which edge begins a low, and which one ends it?",
                          lambda low, tphl, tplh: low - tplh + tphl),
                    Wrong("one edge only", "The fall is late, too.", lambda low, tphl, tplh: low + tplh),
                    Wrong("unchanged", "It would be so if both delays were the same.", lambda low, tphl, tplh: low),
                ),
            ),
            Asked(
                "READ_BEHIND_3",
                lambda: read_behind(3),
                is_number=True,
                show=lambda value: f"{value:#04x}",
                why=lambda: "90 behind three 6N138 with a pull-up of 2.7 k, and direct thrus between them",
                mistakes=(
                    Wrong("it was read right", "Try it: three times 8 us is three quarters of a bit.", lambda: 0x90),
                ),
            ),
        ),
        ("Draw a low on paper, and below it the same with its fall 2 us late and its rise 10 us late.",
         "For READ_BEHIND_3: make the lows 24 us longer, and look in the middle of each bit behind the start bit's "
         "fall."),
    ),
    AnswerTier(
        "the room there is",
        (
            Asked(
                "room",
                room,
                RATES,
                tolerance=1e-3,
                unit="s",
                why=lambda rate_error, bit: "half a bit, less what the clocks drift apart until the stop bit's middle",
                mistakes=(
                    Wrong("rate error forgotten", "Both ends have their own idea of a bit, and it adds up.",
                          lambda rate_error, bit: 0.5 * bit),
                    Wrong("one bit of drift", "The receiver looks at its watch once a frame, not once a bit.",
                          lambda rate_error, bit: max(0.0, 0.5 - abs(rate_error)) * bit),
                    Wrong("ten bits of drift", "The last look is in the middle of the stop bit.",
                          lambda rate_error, bit: max(0.0, 0.5 - 10 * abs(rate_error)) * bit),
                    Wrong("nine bits of drift", "The last look is in the middle of the stop bit.",
                          lambda rate_error, bit: max(0.0, 0.5 - 9 * abs(rate_error)) * bit),
                    Wrong("sign of the rate", "Too fast is as bad as too slow.",
                          lambda rate_error, bit: max(0.0, 0.5 - 9.5 * rate_error) * bit),
                    Wrong("a whole bit", "From the middle of a bit it is half a bit to either edge.",
                          lambda rate_error, bit: max(0.0, 1 - 9.5 * abs(rate_error)) * bit),
                    Wrong("less than nothing", "Where there is no room at all it is 0.",
                          lambda rate_error, bit: (0.5 - 9.5 * abs(rate_error)) * bit),
                ),
            ),
        ),
        ("An edge may move until it meets the moment at which the receiver looks. How far is that?",
         "By how much is the receiver's last look off, if its bits are 2 % longer? It is 9.5 bits behind the fall."),
    ),
    AnswerTier(
        "why a chain ends",
        (
            Asked(
                "hops",
                hops,
                HOPS,
                unit="hops",
                why=lambda tphl, tplh, rate_error, bit: (
                    "where nothing is added, nothing ends it" if tphl == tplh else
                    "as many as add up to less than the room"
                ),
                mistakes=(
                    Wrong("rate error forgotten", "The room is smaller when the clocks differ.",
                          lambda tphl, tplh, rate_error, bit: hops(tphl, tplh, 0.0, bit)),
                    Wrong("one hop too many", "At the last one that you count some byte is wrong already.",
                          lambda tphl, tplh, rate_error, bit: (
                              None if tphl == tplh else hops(tphl, tplh, rate_error, bit) + 1)),
                    Wrong("the limit itself", "Where the edge meets the look, nobody knows what is seen.",
                          lambda tphl, tplh, rate_error, bit: _floor(tphl, tplh, room(rate_error, bit))),
                    Wrong("delay, not skew", "A delay that both edges have does no harm.",
                          lambda tphl, tplh, rate_error, bit: hops(0.0, tplh, rate_error, bit)),
                    Wrong("shorter lows do no harm", "Shorter lows are longer highs.",
                          lambda tphl, tplh, rate_error, bit: (
                              None if tplh <= tphl else hops(tphl, tplh, rate_error, bit))),
                ),
            ),
        ),
        ("Each hop with a direct thru adds its skew again. When is the room used up?",
         "Count hops as long as they add up to less than room(rate_error, bit). No skew: None, for there is no end."),
    ),
    AnswerTier(
        "what was measured",
        (
            Asked(
                "PC900_HOPS",
                lambda: measured_hops(PARTS["PC900"], 0.0),
                is_number=True,
                unit="hops",
                why=lambda: "the table of nox -s sweep, direct thru at 0 %",
            ),
            Asked(
                "PC900_HOPS_2_PERCENT",
                lambda: measured_hops(PARTS["PC900"], 0.02),
                is_number=True,
                unit="hops",
                why=lambda: "the table of nox -s sweep, direct thru, 2 % off",
                mistakes=(
                    Wrong("the other column", "That one is without a rate error.",
                          lambda: measured_hops(PARTS["PC900"], 0.0)),
                ),
            ),
            Asked(
                "WRONG_AT_4_HOPS",
                lambda: -(BIT / 2 - _last_edge(4)) * 1e6,
                is_number=True,
                tolerance=0.02,
                unit="us",
                why=lambda: "the eye diagram behind 4 hops says by how much the last edge misses the look",
            ),
        ),
        ("nox -s sweep -- hops --optocoupler PC900 --hops 6 --clk-freq 1e6 measures it on the hardware, in a minute.",
         "The eye diagram is docs/figures/eye.svg, and on the page docs/wire.md."),
    ),
]  # fmt: skip


def _last_edge(count, rate_error=0.02):
    """Seconds behind a bit's begin at which its edge comes at the latest, in the eyes of the receiver."""
    latest = 0.0
    for byte in range(256):
        edges = chain(frame_edges(0.0, byte, BIT * (1 + rate_error)), Chain(count, PARTS["PC900"]))
        start = edges[0][0]
        for n in range(1, 10):
            at = start + n * BIT
            near = [time - at for time, _ in edges if abs(time - at) < BIT]
            if level_at(edges, at - BIT / 2) != level_at(edges, at + 0.99 * BIT):
                latest = max([latest, *(each for each in near if each < BIT)])
    return latest


LAB = AnswerLab(3, "3-the-optocoupler", "The optocoupler", TIERS)
