"""What four corners would give, at a glance: from a small picture of ours, light enough for the web process."""

import io
import math
from typing import Any, Final

import numpy as np
from PIL import Image

from app.imaging import flatten, quads
from app.imaging.encode import jpeg
from app.imaging.slots import CARD_ASPECT, Slot

GLANCE_LONGEST: Final = 640
"""Longest side in pixels of what is shown."""
GLANCE_BYTES: Final = 60_000
CARD_SLACK: Final = 0.18
"""As logarithm: corners so near to a card's shape are meant to be a card."""
NARROWEST: Final = 0.2


def glance(preview: bytes, corners: Any, size: tuple[int, int], slot: Slot) -> bytes:
    """The inside of `corners` (pixels of an original of that width and height, TL TR BR BL) as a small JPEG.

    `preview` is the upright picture that was rebuilt from the original's pixels, never a file as it came: decoding it
    needs no child process. The corners must have been checked. The worker, asked for the same corners, makes the same
    from the original, larger.
    """
    with Image.open(io.BytesIO(preview), formats=("JPEG",)) as opened:
        image = opened.convert("RGB")
    quad = np.asarray(corners, dtype=float)
    here = quad * (np.array(image.size) / np.array(size))
    width, height = flatten.output_size(here, ratio_of(quad, size, slot))
    shrink = min(1.0, GLANCE_LONGEST / max(width, height))
    small = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return jpeg(flatten.flatten(image, here, small), most_bytes=GLANCE_BYTES)


def ratio_of(quad: quads.Quad, size: tuple[int, int], slot: Slot) -> float:
    """Width over height of what the corners enclose; a card may also stand on its short side."""
    ratio = quads.aspect(quad, *size)
    if slot is not Slot.SIGNATURE:
        for usual in (CARD_ASPECT, 1 / CARD_ASPECT):
            if abs(math.log(max(ratio, 1e-6) / usual)) < CARD_SLACK:
                return usual
    return min(max(ratio, NARROWEST), 1 / NARROWEST)
