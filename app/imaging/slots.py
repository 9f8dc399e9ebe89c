"""The four photo slots, and the shape a document of each must have."""

from dataclasses import dataclass
from enum import StrEnum


class Slot(StrEnum):
    """What the investor was asked to photograph."""

    ID_PORTRAIT = "id_portrait"
    ID_EMBLEM = "id_emblem"
    BANK_CARD = "bank_card"
    SIGNATURE = "signature"


@dataclass(frozen=True)
class Shape:
    """Width over height of the upright document: smallest, usual, largest."""

    narrowest: float
    usual: float
    widest: float


CARD_ASPECT = 85.60 / 53.98
"""Width over height of an ID-1 card, ISO/IEC 7810."""

CARD_SHAPE = Shape(1.43, CARD_ASPECT, 1.76)
PAPER_SHAPE = Shape(1.0, 1.6, 3.2)


def shape_of(slot: Slot) -> Shape:
    """The shape expected in a slot; a sheet with a signature may have almost any."""
    return PAPER_SHAPE if slot is Slot.SIGNATURE else CARD_SHAPE
