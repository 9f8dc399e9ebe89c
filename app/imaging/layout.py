"""Does what is inside fit the slot: portrait on the right, emblem top left, chip and number, a written line."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.color import rgb2lab

from app.imaging.intake import Pixels
from app.imaging.nearby import closing, opening
from app.imaging.slots import Slot

Field: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]

SHINE: Final = 96.0
"""L* above which a spot brighter than the card is the shine of a lamp, and no picture of a person."""
STROKE: Final = 9
"""Pixels of the small flat picture: what is narrower is print, what is wider is solid."""
PLAIN_EMBLEM: Final = 0.9
HEAD: Final = 0.12
"""Of the place below an emblem: it is bare but for two short words."""
PATCH: Final = (256, 162)
"""Width and height of the small flat picture of a card on which its layout is judged."""


@dataclass(frozen=True)
class Look:
    """A flat picture split by meaning: colours, the card's own colour, print in thin strokes, solid areas, red."""

    lab: Field
    stock: Field
    ink: Mask
    solid: Field
    red: Mask


@dataclass(frozen=True)
class Fitness:
    """How well each document fits this way up, 0 to 1, and whether emblem and print are plainly where they belong."""

    portrait: float
    emblem: float
    bank: float
    has_emblem: bool = False

    def of(self, slot: Slot) -> float:
        """Fitness for a card slot."""
        return {Slot.ID_PORTRAIT: self.portrait, Slot.ID_EMBLEM: self.emblem, Slot.BANK_CARD: self.bank}[slot]


def look(pixels: Pixels) -> Look:
    """Split a flat picture, rows × columns × 3, 0 to 255."""
    lab, stock = colours(pixels)
    light = lab[..., 0]
    dark, bright = closing(light, STROKE) - light, light - opening(light, STROKE)
    strokes = dark if dark.sum() >= 0.8 * bright.sum() else bright
    limit = max(5.0, 0.28 * float(np.percentile(strokes, 98)))
    shine = (light > stock[0] + 5) & (light > SHINE)
    away = np.where(shine, 0.0, np.linalg.norm(lab - stock, axis=2))
    solid = np.clip(opening(away, STROKE) / 40.0, 0, 1).astype(np.float32)
    green_red, blue_yellow = lab[..., 1] - stock[1], lab[..., 2] - stock[2]
    red = (green_red > 20) & (lab[..., 1] > 18) & (green_red > 0.45 * blue_yellow) & (blue_yellow > 0.1 * green_red)
    return Look(lab, stock, strokes > limit, solid, red)


def colours(pixels: Pixels) -> tuple[Field, Field]:
    """L*a*b* of a flat picture, and the colour of the card or the paper itself."""
    lab: Field = rgb2lab(pixels.astype(np.float32) / 255).astype(np.float32)
    return lab, _stock(lab)


def _stock(lab: Field) -> Field:
    """The colour of the card itself: the most frequent colour, allowing for a gentle change of light."""
    inner = lab[8:-8, 8:-8].reshape(-1, 3)[::7]
    cells = np.floor((inner + np.array([0, 132, 132], dtype=np.float32)) / 6).astype(int)
    index = cells[:, 0] * 2048 + cells[:, 1] * 45 + cells[:, 2]
    common = inner[index == int(np.argmax(np.bincount(index)))].mean(axis=0)
    near = np.linalg.norm(inner - common, axis=1) < 12
    stock: Field = np.median(inner[near], axis=0).astype(np.float32) if near.any() else common.astype(np.float32)
    return stock


def _mean(field: npt.NDArray[np.generic], x0: float, y0: float, x1: float, y1: float) -> float:
    rows, columns = field.shape
    part = field[int(y0 * rows) : max(int(y1 * rows), int(y0 * rows) + 1), int(x0 * columns) : int(x1 * columns)]
    return float(part.mean()) if part.size else 0.0


def _ramp(value: float, low: float, high: float) -> float:
    """0 below `low`, 1 above `high`, straight in between; `low` may be the larger one."""
    return float(np.clip((value - low) / (high - low), 0, 1))


def upside_down(seen: Look) -> Look:
    """The same picture turned by half a turn."""
    flip = (slice(None, None, -1), slice(None, None, -1))
    return Look(seen.lab[flip], seen.stock, seen.ink[flip], seen.solid[flip], seen.red[flip])


def fitness(seen: Look) -> Fitness:
    """How well the three cards fit, read the way up that the picture is."""
    emblem, has_emblem = _emblem(seen), False
    if emblem > PLAIN_EMBLEM:
        coloured = _coloured(seen)
        has_emblem = not _has_head_below(seen, coloured)
        emblem *= _ramp(_solid_beside(coloured if has_emblem else seen.solid), 0.35, 0.15)
    elif emblem:
        emblem *= _ramp(_solid_beside(seen.solid), 0.35, 0.15)
    return Fitness(_portrait(seen), emblem**0.5, _bank(seen), has_emblem)


def _solid_beside(solid: Field) -> float:
    """How much solid area there is where the emblem's side has only print."""
    return max(_mean(solid, 0.36, 0.05, 0.97, 0.95), 0.6 * _mean(solid, 0.05, 0.62, 0.33, 0.95))


def _has_head_below(seen: Look, coloured: Field) -> bool:
    """Whether what is red and above are the clothes of a portrait upside down: hair and face are below them."""
    hair = _mean(seen.lab[..., 0] < 0.5 * seen.stock[0], 0.05, 0.55, 0.33, 0.95)
    return max(hair, _mean(coloured, 0.05, 0.52, 0.33, 0.80)) > HEAD


def _coloured(seen: Look) -> Field:
    """Solid areas of another colour only: a shadow across the card is darker, but not much of another colour."""
    away = np.linalg.norm(seen.lab[..., 1:] - seen.stock[1:], axis=2)
    return np.clip(opening(away, STROKE) / 40.0, 0, 1).astype(np.float32)


def _portrait(seen: Look) -> float:
    """GA 448-2013: photo on the right, rows of text on the left, the number along the bottom."""
    photo = _mean(seen.solid, 0.62, 0.12, 0.95, 0.74)
    person = min(_mean(seen.solid, 0.66, top, 0.92, top + 0.20) for top in (0.14, 0.34, 0.54))
    left = _mean(seen.solid, 0.03, 0.05, 0.56, 0.95)
    below = _mean(seen.solid, 0.05, 0.80, 0.96, 0.95)
    number = _mean(seen.ink, 0.36, 0.79, 0.94, 0.92)
    words = _mean(seen.ink, 0.05, 0.08, 0.56, 0.74)
    red = float(seen.red[:, : seen.red.shape[1] // 2].mean())
    score = _ramp(photo, 0.10, 0.28) * _ramp(person, 0.06, 0.16) * _ramp(left, 0.30, 0.12) * _ramp(below, 0.35, 0.15)
    score *= _ramp(number, 0.015, 0.06) * _ramp(words, 0.008, 0.03) * _ramp(red, 0.05, 0.02)
    return float(score**0.5)


def _emblem(seen: Look) -> float:
    """GA 448-2013: the red emblem top left, two rows of large print beside it, two rows of small print below.

    What is not there, large solid areas, is looked at apart from it.
    """
    total = float(seen.red.sum())
    if total < 0.008 * seen.red.size:
        return 0.0
    rows, columns = seen.red.shape
    box = seen.red[: int(0.52 * rows), : int(0.33 * columns)]
    share = float(box.sum()) / total
    where_y, where_x = np.nonzero(box)
    if len(where_x) == 0:
        return 0.0
    centre = np.hypot(where_x.mean() / columns - 0.165, (where_y.mean() / rows - 0.28) * 0.63)
    amount = total / seen.red.size
    title = _mean(seen.ink, 0.35, 0.10, 0.95, 0.52)
    small = _mean(seen.ink, 0.15, 0.62, 0.95, 0.93)
    score = _ramp(share, 0.6, 0.9) * _ramp(float(centre), 0.13, 0.06) * _ramp(amount, 0.008, 0.018)
    return float(score * _ramp(amount, 0.14, 0.09) * _ramp(title, 0.01, 0.04) * _ramp(small, 0.006, 0.02))


def _bank(seen: Look) -> float:
    """ISO/IEC 7811 and 7816: a long number across the middle and the chip at the left, above it."""
    number = _ramp(max(_row(seen.ink, y) for y in (0.50, 0.53, 0.56, 0.59, 0.62, 0.65, 0.68)), 0.35, 0.7)
    if not number:
        return 0.0  # looking for the chip takes longer than all the rest
    crowded = _ramp(float(seen.ink.mean()), 0.34, 0.22) * _ramp(_full_rows(seen.ink), 0.5, 0.35)
    return float(number * (0.55 + 0.45 * _chip(seen)) * crowded)


def _full_rows(ink: Mask) -> float:
    """Share of the height at which print runs across most of the width: little on a card, much on keys and on pages."""
    near = ndimage.maximum_filter(ink, (5, 15))
    return float((near.mean(axis=1) > 0.6).mean())


def _row(ink: Mask, centre: float) -> float:
    """Share of the width over which a row of print about 7 % high runs, with its quiet lines above and below."""
    rows, columns = ink.shape
    band = ink[int((centre - 0.045) * rows) : int((centre + 0.045) * rows), int(0.05 * columns) : int(0.95 * columns)]
    above = ink[int((centre - 0.12) * rows) : int((centre - 0.06) * rows), int(0.34 * columns) : int(0.95 * columns)]
    filled = ndimage.maximum_filter1d(band.mean(axis=0) > 0.12, 13)
    quiet = _ramp(float(band.mean()), 0.9 * float(above.mean()), 1.6 * float(above.mean()) + 0.02)
    return float(filled.mean()) * quiet * _ramp(_strokes(band), 8, 14)


def _strokes(band: Mask) -> float:
    """How often strokes begin along a band: a card number has sixteen figures or more, a row of keys a dozen."""
    middle = band[len(band) // 4 : -(len(band) // 4)]
    changes = np.diff(middle.astype(np.int8), axis=1) == 1
    return float(np.percentile(changes.sum(axis=1), 80))


def _chip(seen: Look) -> float:
    """A block of another colour where the contacts of a chip are, and none where they would be upside down."""
    rows, columns = seen.lab.shape[:2]
    inner = ndimage.uniform_filter(seen.lab, (rows // 7, columns // 9, 0))
    outer = ndimage.uniform_filter(seen.lab, (rows // 3, columns // 5, 0))
    apart = np.linalg.norm(inner - outer, axis=2)
    return _ramp(_near(apart, 0.185, 0.44) - _near(apart, 1 - 0.185, 1 - 0.44), 0.0, 8.0)


def _near(field: Field, x: float, y: float) -> float:
    """The largest value within 3 % of the width and 6 % of the height around a place."""
    rows, columns = field.shape
    part = field[int((y - 0.06) * rows) : int((y + 0.06) * rows), int((x - 0.03) * columns) : int((x + 0.03) * columns)]
    return float(part.max())
