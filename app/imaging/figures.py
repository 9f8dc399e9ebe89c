"""Rows of figures of one height: every bank card carries a long one, and little else does."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from app.imaging.layout import Field, Mask
from app.imaging.nearby import closing, opening

LOWEST: Final = 0.035
HIGHEST: Final = 0.14
"""Of the height of a card lying on its long side: how high a figure may be."""
INK: Final = 99.3
"""Percentile of the strokes that still is ink when a card carries little of it."""
CUTS: Final = (0.32, 0.6)
"""Of the strongest strokes: print on a plain card, and print on a picture that has strokes of its own."""
WIDE: Final = 0.62
"""Width over height of a figure together with the gap to the next."""


@dataclass(frozen=True)
class FigureRow:
    """A row of figures: how many, the middle of it and its height in shares of the picture's height, its length."""

    count: int
    middle: float
    height: float
    length: float


def figure_rows(light: Field, card_height: int) -> list[FigureRow]:
    """The rows of figures in a flat picture (rows × columns, L*), the longest first; `card_height` in its pixels."""
    return rows_among(strokes(light, card_height), card_height)


def strokes(light: Field, card_height: int) -> list[Mask]:
    """What may be figures in a flat picture: dark ones and light ones, each on a plain card and on a picture."""
    size = max(5, round(0.10 * card_height) | 1)
    found = []
    for print_ in (closing(light, size) - light, light - opening(light, size)):
        strongest = float(np.percentile(print_, INK))
        found += [print_ > max(4.0, share * strongest) for share in CUTS]
    return found


def rows_among(masks: list[Mask], card_height: int) -> list[FigureRow]:
    """The rows of figures among the strokes, the longest first."""
    rows = [row for mask in masks for row in _rows(mask, card_height, mask.shape)]
    return sorted(rows, key=lambda row: -row.count)


def _rows(strokes: Mask, card_height: int, shape: tuple[int, ...]) -> list[FigureRow]:
    """Shapes of one height side by side, of one polarity."""
    boxes = _boxes(strokes, card_height)
    rows = []
    left = np.ones(len(boxes), dtype=bool)
    while left.any():
        best = _best_row(boxes, left)
        if len(best) < 4:
            break
        left[best] = False
        top, bottom, start, stop = boxes[best].T
        height = float(np.median(bottom - top))
        count = int(np.maximum(1, np.rint((stop - start) / (WIDE * height) - 0.35)).sum())
        middle = float(np.median(top + bottom)) / 2
        rows.append(FigureRow(count, middle / shape[0], height / shape[0], float(stop.max() - start.min()) / shape[1]))
        if len(rows) == 6:
            break
    return rows


def _boxes(strokes: Mask, card_height: int) -> npt.NDArray[np.float64]:
    """Top, bottom, left and right of the shapes that may be a figure, or a few that touch."""
    labels, count = ndimage.label(strokes, np.ones((3, 3)))
    if not count:
        return np.zeros((0, 4))
    places = ndimage.find_objects(labels)
    boxes = np.array([(p[0].start, p[0].stop, p[1].start, p[1].stop) for p in places], dtype=float)
    area = np.bincount(labels.reshape(-1), minlength=count + 1)[1:]
    height, width = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    fits = (height > LOWEST * card_height) & (height < HIGHEST * card_height) & (width < 4.5 * height)
    fits &= (width > 0.12 * height) & (area > 0.12 * height * width)
    return boxes[fits]


def _best_row(boxes: npt.NDArray[np.float64], left: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The shape with the most others of its height beside it, and these."""
    index = np.flatnonzero(left)
    top, bottom = boxes[index, 0], boxes[index, 1]
    height = bottom - top
    level = np.abs((top + bottom)[:, None] - (top + bottom)[None]) / 2 < 0.3 * height[:, None]
    alike = (height[None] > 0.75 * height[:, None]) & (height[None] < 1.33 * height[:, None])
    together = level & alike
    row = index[together[int(np.argmax(together.sum(axis=1)))]]
    return _unbroken(boxes, row)


def _unbroken(boxes: npt.NDArray[np.float64], row: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The longest stretch of a row without a gap wider than two and a half figures' height."""
    order = row[np.argsort(boxes[row, 2])]
    height = float(np.median(boxes[order, 1] - boxes[order, 0]))
    gaps = boxes[order[1:], 2] - boxes[order[:-1], 3]
    stretches = np.split(order, np.flatnonzero(gaps > 2.5 * height) + 1)
    return max(stretches, key=len)
