"""Can the flat document be read: sharp, bright enough, free of reflections."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from app.imaging.intake import Pixels
from app.imaging.nearby import largest, smallest

Field: TypeAlias = npt.NDArray[np.float32]

COARSE: Final = 25
"""Pixels over which a smeared stroke of print may rise and fall: as wide as the worst movement that is told apart."""
READING_WIDTH: Final = 640
"""Sharpness is judged on a document flattened to this width: print that is clear here can be read."""


@dataclass(frozen=True)
class Quality:
    """Sharpness 0 to 1; lightness L* of the brightest 2 %; shares burnt out and under a reflection, 0 to 1."""

    sharpness: float
    brightness: float
    burnt: float
    glare: float


def measure(flat: Pixels) -> Quality:
    """Judge a flat document READING_WIDTH pixels wide, rows × columns × 3."""
    light = lightness(flat)
    lowest = flat.min(axis=2)
    return Quality(
        sharpness(light),
        float(np.percentile(light, 98)),
        float((lowest >= 250).mean()),
        glare_share(light, lowest),
    )


def lightness(pixels: Pixels) -> Field:
    """Approximate L*, 0 to 100, from gamma-coded luma."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    luma: Field = pixels.astype(np.float32) @ weights / np.float32(2.55)
    return luma


def sharpness(light: Field) -> float:
    """How steep the edges of the print are in the direction in which they are softest, 0 to 1.

    A crisp edge changes within a pixel or two, whatever its contrast: fine change over coarse change, where there is
    print. Movement smears one direction only, so the softest of four directions counts; what a phone's sharpening and
    the noise add to a smear is smaller than a stroke, and is smoothed away first.
    """
    smooth = ndimage.gaussian_filter(light, 0.7)
    spread = largest(smooth, COARSE) - smallest(smooth, COARSE)
    limit = max(6.0, 0.45 * float(np.percentile(spread, 97)))
    print_mask = spread > limit
    if print_mask.mean() < 0.002:
        return 0.0
    steepest = spread[print_mask]
    ratios = []
    for step in ((0, 1), (1, 0), (1, 1), (1, -1)):
        fine = np.abs(smooth - np.roll(smooth, step, axis=(0, 1))) / float(np.hypot(*step))
        ratios.append(float(np.median(largest(fine, COARSE)[print_mask] / steepest)))
    return float(np.clip(min(ratios) / 0.6, 0, 1))


def glare_share(light: Field, lowest: npt.NDArray[np.uint8]) -> float:
    """Share of the picture in bright spots that have no print in them and fade out softly all around."""
    if float((lowest >= 250).mean()) > 0.5:
        return 0.0  # most of it is burnt out: that is another fault
    even = ndimage.gaussian_filter(lowest.astype(np.float32), 1.5)  # the noise of a camera is seen in white too
    blown = ndimage.binary_opening(even >= 247, iterations=3)
    labels, count = ndimage.label(blown)
    if not count:
        return 0.0
    halo = ndimage.gaussian_filter(light, 6)
    total = 0
    for index, place in enumerate(ndimage.find_objects(labels), start=1):
        spot = labels[place] == index
        grown = tuple(slice(max(0, s.start - 14), s.stop + 14) for s in place)
        around = ndimage.binary_dilation(np.pad(spot, 0), iterations=1)
        soft = float(np.abs(np.diff(halo[grown], axis=0)).max()) < 6.0
        if soft and around.sum() > 60:
            total += int(spot.sum())
    return total / light.size
