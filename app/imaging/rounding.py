"""Cards have round corners; sheets of paper, tiles, screens and printed boxes do not."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage.color import rgb2lab

from app.imaging import flatten, quads
from app.imaging.quads import Floats, Quad
from app.imaging.slots import CARD_ASPECT

Mask: TypeAlias = npt.NDArray[np.bool_]

RADIUS: Final = 3.18 / 85.60
"""Of a card's corners, in units of its longer side: ISO/IEC 7810."""
PIXELS: Final = 16.0
"""Radius at which the corners are looked at."""
BEYOND: Final = 20
WITHIN: Final = 28
"""Pixels looked at outside and inside of each corner, both ways."""
LEAST_STEP: Final = 3.0
"""ΔE between card and ground below which a corner says nothing."""


def roundness(working: Image.Image, quad: Quad) -> Floats:
    """For each corner of a quad of a card's shape how round it is: 1 its tip is ground, 0 it is card, 0.5 unknown."""
    longer = PIXELS / RADIUS
    top, right, bottom, left = quads.sides(quad)
    lying = top + bottom >= left + right
    across, down = (longer, longer / CARD_ASPECT) if lying else (longer / CARD_ASPECT, longer)
    frame = np.array([[0, 0], [across, 0], [across, down], [0, down]])
    matrix = quads.homography(frame, quad)
    return np.array([_round_at(working, matrix, frame[i], frame[i - 2] > frame[i]) for i in range(4)])


def _round_at(working: Image.Image, matrix: Floats, corner: Floats, inward: Mask) -> float:
    """The roundness at one corner; its surroundings are mirrored so that the card lies to the right and below."""
    sign = np.where(inward, 1.0, -1.0)
    near, far = corner - sign * BEYOND, corner + sign * WITHIN
    square = np.array([near, [far[0], near[1]], far, [near[0], far[1]]])
    points = np.c_[square, np.ones(4)] @ matrix.T
    size = BEYOND + WITHIN
    lab = rgb2lab(flatten.patch(working, points[:, :2] / points[:, 2:], (size, size)).astype(np.float32) / 255)
    tip, card, ground = (np.median(lab[zone], axis=0) for zone in _ZONES)
    if float(np.linalg.norm(card - ground)) < LEAST_STEP:
        return 0.5
    to_card, to_ground = float(np.linalg.norm(tip - card)), float(np.linalg.norm(tip - ground))
    return to_card / max(to_card + to_ground, 1e-6)


def _zones() -> tuple[Mask, Mask, Mask]:
    """Where around a top left corner the tip beyond the arc, the card and the ground lie."""
    y, x = np.mgrid[-BEYOND:WITHIN, -BEYOND:WITHIN] + 0.5
    x, y = x / PIXELS, y / PIXELS
    distance = np.hypot(x - 1, y - 1)
    tip = (x > 0.04) & (y > 0.04) & (x < 1) & (y < 1) & (distance > 1.12)
    card = (x > 0.25) & (y > 0.25) & (x < 1.6) & (y < 1.6) & (distance < 0.75)
    ground = (x > -0.9) & (y > -0.9) & (x < 1) & (y < 1) & ((x < -0.25) | (y < -0.25))
    return tip, card, ground


_ZONES: Final = _zones()
