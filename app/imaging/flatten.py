"""From a quadrilateral in the photo to a flat, upright rectangle of pixels."""

from typing import Final

import numpy as np
from PIL import Image

from app.imaging import quads
from app.imaging.intake import Pixels
from app.imaging.quads import Quad

OUTPUT_LONGEST: Final = 1600
"""Longest side of what is kept of a photo, in pixels."""
FINER: Final = 1.1
"""With so many pixels of the photo for each of the output, four neighbours give a truer picture than sixteen.

Measured against area sampling: 48 dB against 46 at 1.1 pixels, 45 against 40 at 1.9; and it takes a third of the time.
"""


def flatten(image: Image.Image, quad: Quad, size: tuple[int, int]) -> Image.Image:
    """The inside of `quad` (pixel edges at whole numbers) as an RGB picture of `size` (width, height)."""
    fine = min(_detail(quad, size)) / _reduction(quad, size) >= FINER
    return _warped(image, quad, size, Image.Resampling.BILINEAR if fine else Image.Resampling.BICUBIC)


def patch(image: Image.Image, quad: Quad, size: tuple[int, int]) -> Pixels:
    """The same as an array, rows × columns × 3, always with the filter on which sharpness is judged."""
    return np.asarray(_warped(image, quad, size, Image.Resampling.BICUBIC))


def _warped(image: Image.Image, quad: Quad, size: tuple[int, int], resampling: Image.Resampling) -> Image.Image:
    factor = _reduction(quad, size)
    box = _box(image, quad)
    part = image.crop(box)
    if factor > 1:
        part = part.reduce(factor)
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], dtype=float)
    source = (quad - np.array(box[:2])) / factor
    matrix = quads.homography(target, source)
    # Pillow adds half a pixel itself: its coordinates, like ours, have pixel edges at whole numbers
    coefficients = (matrix / matrix[2, 2]).reshape(-1)[:8].tolist()
    return part.transform(size, Image.Transform.PERSPECTIVE, coefficients, resampling, fillcolor="white")


def output_size(quad: Quad, ratio: float) -> tuple[int, int]:
    """Width and height that keep the detail of the photo, the longer side at most OUTPUT_LONGEST pixels."""
    top, right, bottom, left = quads.sides(quad)
    width, height = max(top, bottom), max(left, right)
    width = max(width, height * ratio)
    shrink = min(1.0, OUTPUT_LONGEST / max(width, width / ratio))
    return max(1, round(width * shrink)), max(1, round(width / ratio * shrink))


def _detail(quad: Quad, size: tuple[int, int]) -> tuple[float, float]:
    """Pixels of the photo for each pixel of the output, across and down."""
    top, right, bottom, left = quads.sides(quad)
    return max(top, bottom) / size[0], max(left, right) / size[1]


def _reduction(quad: Quad, size: tuple[int, int]) -> int:
    """By what whole number the photo may be averaged down first, so that nothing aliases."""
    return max(1, int(min(_detail(quad, size))))


def _box(image: Image.Image, quad: Quad) -> tuple[int, int, int, int]:
    """The part of the photo around the quad, with a little room for the interpolation."""
    left, top = np.floor(quad.min(axis=0)).astype(int) - 8
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 8
    left, top = max(0, int(left)), max(0, int(top))
    return left, top, max(left + 1, min(image.width, int(right))), max(top + 1, min(image.height, int(bottom)))
