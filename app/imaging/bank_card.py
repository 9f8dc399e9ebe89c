"""A bank card by its long number, lying or standing, and which way up it is."""

from typing import Final

import numpy as np
from PIL import Image

from app.imaging import flatten
from app.imaging.figures import FigureRow, rows_among, strokes
from app.imaging.quads import Quad
from app.imaging.quality import lightness

LYING: Final = (384, 242)
"""Width and height of the flat picture in which figures are looked for."""
PAGE_OF_PRINT: Final = 0.4
"""Strokes cover more than half of a block of print, a fifth of brushed metal, and less of any other card."""


def ways_up(
    working: Image.Image, quad: Quad, by_layout: tuple[float, float], print_share: float = 0.0
) -> dict[int, float]:
    """How well a bank card fits, 0 to 1, when turned clockwise by so many quarters from `quad` (long side on top).

    `by_layout`: what chip and number row say for no turn and for half a turn. `print_share`: of the quad that strokes
    cover; a block of a newspaper has rows of one height too, but nothing else.
    """
    if print_share > PAGE_OF_PRINT:
        return dict.fromkeys(range(4), 0.0)
    print_ = strokes(lightness(flatten.patch(working, quad, LYING)), LYING[1])
    upright, reversed_ = _lying(rows_among(print_, LYING[1]))
    ways = {0: max(by_layout[0], upright), 2: max(by_layout[1], reversed_)}
    if max(ways.values()) < 0.8:
        ways[1], ways[3] = _standing(rows_among([np.rot90(mask, -1) for mask in print_], LYING[1]))
    return ways


def _lying(rows: list[FigureRow]) -> tuple[float, float]:
    """A row of a dozen figures or more, below the middle when the card is upright (ISO/IEC 7811-1)."""
    best = [0.0, 0.0]
    for row in rows:
        score = _ramp(row.count, 6, 13) * _ramp(row.length, 0.2, 0.4) * _ramp(row.height, 0.040, 0.055) * _calm(rows)
        middle = row.middle
        for way, place in enumerate((middle, 1 - middle)):
            best[way] = max(best[way], score * _ramp(place, 0.38, 0.54) * _ramp(place, 0.92, 0.82))
    return best[0], best[1]


def _standing(rows: list[FigureRow]) -> tuple[float, float]:
    """Two rows of about eight figures, or one long one, in the lower half of a card that stands on its short side."""
    best = [0.0, 0.0]
    for row in rows:
        near = [other for other in rows if other is not row and 0.03 < abs(other.middle - row.middle) < 0.13]
        second = max((other.count for other in near), default=0)
        score = _ramp(row.count + second, 7, 12) * _ramp(row.height, 0.022, 0.030) * _calm(rows)
        for way, place in enumerate((row.middle, 1 - row.middle)):
            best[way] = max(best[way], score * _ramp(place, 0.42, 0.58) * _ramp(place, 0.93, 0.85))
    return best[0], best[1]


def _calm(rows: list[FigureRow]) -> float:
    """A page of print has such rows all over, a card only a few."""
    places = sorted(round(row.middle, 2) for row in rows if row.count >= 8)
    apart = 1 + int((np.diff(places) > 0.05).sum()) if places else 0
    return _ramp(apart, 7, 5)


def _ramp(value: float, low: float, high: float) -> float:
    """0 below `low`, 1 above `high`, straight in between; `low` may be the larger one."""
    return float(np.clip((value - low) / (high - low), 0, 1))
