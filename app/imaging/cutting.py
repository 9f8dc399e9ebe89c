"""A card that leaves the picture: two of its round corners and the side between them are seen, or one corner only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from app.imaging import quads
from app.imaging.evidence import Reading
from app.imaging.open_sides import EDGE, LARGE, OPEN, RATIOS
from app.imaging.quads import Floats, Quad
from app.imaging.rounding import roundness
from app.imaging.verdicts import limit_of

LEAST_SEEN: Final = 0.65
"""Of each of the three sides of what is called cut off."""
ROUND_ENOUGH: Final = 0.6
"""Of both corners that are seen."""
PLAINLY_ROUND: Final = 0.85
SPOILT: Final = 0.2
"""A corner that is no rounder than this is none of a card's, whatever the sides are."""
PLAIN_SIDES: Final = 0.85
LESS_OF_A_CARD: Final = 0.3
"""So much less round are the corners of what is no card beside one that is cut off."""
MOST_OF_IT: Final = 0.45
"""Of what is seen of a card that seems cut off: something whole that is as large is the card itself."""


@dataclass(frozen=True)
class CutOff:
    """A card that is partly outside: its corners in pixels of the working picture, the share outside, how round."""

    quad: Quad
    share: float
    corners: float

    def outdoes(self, reading: Reading) -> bool:
        """Whether a reading is a part of this card, or is plainly less of a card than this one."""
        less = reading.corners < self.corners - LESS_OF_A_CARD and quads.area(reading.quad) < self._seen_area
        return less or self._holds(reading)

    def is_whole_in(self, readings: list[Reading]) -> bool:
        """Whether it ends before the picture does after all: one has four sides of it, and round corners."""
        return any(
            self._holds(one)
            and quads.area(one.quad) > MOST_OF_IT * self._seen_area
            and one.is_whole
            and one.corners > ROUND_ENOUGH
            for one in readings
        )

    @property
    def _seen_area(self) -> float:
        return abs(quads.area(self.quad)) * (1 - self.share)

    def _holds(self, reading: Reading) -> bool:
        return quads.contains(self.quad, reading.quad.mean(axis=0))


def cut_off(working: Image.Image, opened: Iterable[tuple[Quad, Floats]], cornered: Iterable[Quad]) -> CutOff | None:
    """The card of which most lies outside the picture; else the first that shows one plainly round corner.

    `opened`: quads with how much of each side is seen, see open_sides.find_open; `cornered`: see find_cornered.
    """
    found = [cut for quad, support in opened if (cut := _by_a_side(working, quad, support)) is not None]
    if found:
        return max(found, key=lambda cut: cut.share)
    return next((cut for quad in cornered if (cut := _by_a_corner(working, quad)) is not None), None)


def _by_a_side(working: Image.Image, quad: Quad, support: Floats) -> CutOff | None:
    """One of the corners may be spoilt by a shadow or a finger, if the sides are plain."""
    share = max(quads.share_outside(quad, *working.size), _share_beyond(quad, working.size))
    seen = float(np.delete(support, OPEN).min())
    small = quads.sides(quad).max() < LARGE * max(working.size)
    if share < limit_of("cut_off") or seen < LEAST_SEEN or small:
        return None
    worse, better = sorted(float(corner) for corner in roundness(working, quad)[[0, 3]])
    is_card = worse > ROUND_ENOUGH or (better > PLAINLY_ROUND and worse > SPOILT and seen > PLAIN_SIDES)
    return CutOff(quad, share, better) if is_card else None


def _by_a_corner(working: Image.Image, quad: Quad) -> CutOff | None:
    share = quads.share_outside(quad, *working.size)
    corner = float(roundness(working, quad)[0])
    return CutOff(quad, share, corner) if share >= limit_of("cut_off") and corner > PLAINLY_ROUND else None


def _share_beyond(quad: Quad, size: tuple[int, int]) -> float:
    """How much of a card is missing where the picture ends, by its shape in space.

    Seen askew a card is longer than it looks. The shape is known to a tenth; less than that is not said to be missing.
    """
    ends = quad[[OPEN, OPEN + 1]]
    if min(ends.min(), (np.array(size) - ends).min()) > EDGE * max(size):
        return 0.0
    ratio = max(quads.aspect(quad, *size), 1e-6)
    whole = min(RATIOS, key=lambda each: abs(np.log(ratio / each)))
    share = 1 - (1 - quads.share_outside(quad, *size)) * ratio / whole
    return share if 0.1 < share < 0.5 else 0.0
