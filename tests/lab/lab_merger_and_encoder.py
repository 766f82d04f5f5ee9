"""Lab 6: the merger and the encoder."""

from hdl.encoder import Encoder
from hdl.merger import Merger
from tests.lab.case import Lab
from tests.lab.mistakes_encoder import MISTAKES as ENCODER
from tests.lab.mistakes_merger import MISTAKES as MERGER
from tests.lab.tiers_encoder import TIERS as ENCODER_TIERS
from tests.lab.tiers_merger import TIERS as MERGER_TIERS

__all__ = ["LAB"]

LAB = Lab(
    6,
    "6-merger-and-encoder",
    "Merger and encoder",
    {"Encoder": Encoder, "Merger": Merger},
    ENCODER_TIERS + MERGER_TIERS,
    ENCODER + MERGER,
)
