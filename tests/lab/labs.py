"""All labs that can be graded, by number."""

from tests.lab import (
    lab_byte,
    lab_instrument,
    lab_merger_and_encoder,
    lab_on_the_board,
    lab_optocoupler,
    lab_parser,
    lab_prove_it,
    lab_receiver,
    lab_thru,
    lab_transmitter,
)

__all__ = ["LABS"]

LABS = {
    module.LAB.number: module.LAB
    for module in (
        lab_byte,
        lab_transmitter,
        lab_receiver,
        lab_optocoupler,
        lab_thru,
        lab_parser,
        lab_merger_and_encoder,
        lab_prove_it,
        lab_on_the_board,
        lab_instrument,
    )
}
"""Those that ask for hardware are a :class:`tests.lab.case.Lab`, others a :class:`tests.lab.answers.AnswerLab`."""
