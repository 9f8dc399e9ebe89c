"""Is this a sheet with handwriting, and which way up."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from app.imaging.intake import Pixels
from app.imaging.layout import colours
from app.imaging.nearby import closing

Mask: TypeAlias = npt.NDArray[np.bool_]

LABEL_DIFFERENCE: Final = 1.6
"""So many times more small print in one corner than in the opposite one says which way is up."""


@dataclass(frozen=True)
class Written:
    """Fitness as a signed sheet 0 to 1, share of the sheet covered by ink, turns (clockwise quarters) to upright."""

    fitness: float
    ink: float
    quarter_turns_cw: int
    sure_of_turn: bool


def judge(pixels: Pixels) -> Written:
    """Judge a flat picture of a sheet whose longer side lies along the top (or the bottom: that is decided here)."""
    lab, stock = colours(pixels)
    light = lab[..., 0]
    rows, columns = light.shape
    inner = np.zeros(light.shape, dtype=bool)
    inner[int(0.04 * rows) : int(0.96 * rows), int(0.03 * columns) : int(0.97 * columns)] = True
    paper = ndimage.gaussian_filter(closing(light, 15), 4)
    dark = (paper - light > np.maximum(0.18 * paper, 5.0)) & inner
    dark &= ~_ruled(dark)
    share = float(dark.mean())
    colourful = float((np.linalg.norm(lab[..., 1:] - stock[1:], axis=2)[inner] > 22).mean())
    fitness = _ramp(float(np.median(paper)), 25, 40) * _ramp(share, 0.003, 0.008) * _ramp(share, 0.15, 0.09)
    fitness *= _ramp(colourful, 0.35, 0.18) * _ramp(_large_share(dark), 0.1, 0.4)
    turns, sure = _upright(dark)
    return Written(fitness**0.5, share, turns, sure)


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0, 1))


def _ruled(ink: Mask) -> Mask:
    """Ruled lines of writing paper: thin runs over a third of the sheet."""
    rows, columns = ink.shape
    along, down = unbroken(ink, columns // 3), unbroken(ink.T, rows // 3).T
    return np.asarray(ndimage.binary_dilation(along | down, iterations=1))


def unbroken(ink: Mask, length: int) -> Mask:
    """What of the ink lies in an unbroken row of at least `length` pixels: SciPy's binary_opening, much sooner."""
    before = np.pad(np.cumsum(ink, axis=1, dtype=np.int32), ((0, 0), (1, 0)))
    begins = (before[:, length:] - before[:, :-length] == length).astype(np.int32)
    change = np.pad(begins, ((0, 0), (0, length)))
    change[:, length:] -= begins
    return np.asarray(np.cumsum(change, axis=1)[:, : ink.shape[1]] > 0)


def _large_share(ink: Mask) -> float:
    """Share of the ink in strokes longer than print has: handwriting is large, joined and far apart."""
    labels, count = ndimage.label(ink, np.ones((3, 3)))
    if not count:
        return 0.0
    reach = 0.11 * ink.shape[0]
    large = np.zeros(count + 1, dtype=bool)
    for index, place in enumerate(ndimage.find_objects(labels), start=1):
        height, width = place[0].stop - place[0].start, place[1].stop - place[1].start
        large[index] = max(height, width) > reach and min(height, width) > 0.4 * reach
    return float(large[labels].sum() / ink.sum())


def _upright(ink: Mask) -> tuple[int, bool]:
    """A printed label such as 本人签名： stands top left; without one the sheet is left as it is."""
    rows, columns = ink.shape
    zone = (slice(0, int(0.30 * rows)), slice(0, int(0.42 * columns)))
    here, there = _small_print(ink)[zone].sum(), _small_print(ink[::-1, ::-1])[zone].sum()
    if max(here, there) < 25:
        return 0, False
    if here > LABEL_DIFFERENCE * there:
        return 0, True
    return (2, True) if there > LABEL_DIFFERENCE * here else (0, False)


def _small_print(ink: Mask) -> Mask:
    """Strokes that belong to characters of a print's size, not to large handwriting."""
    joined = ndimage.binary_dilation(ink, iterations=1)
    labels, count = ndimage.label(joined)
    small = np.zeros(count + 1, dtype=bool)
    for index, place in enumerate(ndimage.find_objects(labels), start=1):
        height, width = place[0].stop - place[0].start, place[1].stop - place[1].start
        small[index] = 4 <= height <= 0.14 * ink.shape[0] and width <= 0.4 * ink.shape[1]
    return np.asarray(ink & small[labels])
