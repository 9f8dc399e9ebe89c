"""A document in a clear sleeve or a case: the second edge a little inside of the first is its own."""

from typing import Final

import numpy as np
from skimage.color import rgb2lab

from app.imaging import quads
from app.imaging.evidence import Reading, weigh_edges
from app.imaging.fit import fitted_or_none
from app.imaging.intake import Pixels
from app.imaging.quads import Floats, Quad
from app.imaging.slots import Slot

SLEEVE: Final = 0.05
"""Of the longer side: a sleeve or a case reaches about so far beyond the card, up to twice as far."""
FRAME_STEP: Final = 8.0
"""ΔE by which the rim of a sleeve at least differs from the card in it."""


def unsleeved(reading: Reading, pixels: Pixels, slot: Slot) -> Reading | None:
    """A document in a clear sleeve or a case has a second edge a little inside of all or some of its sides."""
    if reading.edges < 0.5:
        return None
    length = float(quads.sides(reading.quad).max())
    shrunk = quads.grown(reading.quad, np.full(4, -SLEEVE * length))
    fitted = fitted_or_none(pixels, shrunk, reach=0.85 * SLEEVE * length)
    if fitted is None:
        return None
    seen = (fitted.seen > 0.55) & (fitted.contrast > 4)
    to_card, to_ground = _between(pixels, fitted.quad, reading.quad)
    inner = seen & (to_card > to_ground)
    if slot in (Slot.ID_PORTRAIT, Slot.ID_EMBLEM):  # these have no printed frame
        inner |= seen & (to_card > FRAME_STEP) & (to_card > 0.3 * to_ground)
    if not inner.any():
        return None
    again = fitted_or_none(pixels, quads.mixed(reading.quad, fitted.quad, inner), reach=3.0)
    if again is None or quads.area(again.quad) > 0.98 * quads.area(reading.quad):
        return None
    bare = weigh_edges(again, 0.0, slot, (pixels.shape[1], pixels.shape[0]))
    return bare if bare.shape > 0.7 * reading.shape else None


def _between(pixels: Pixels, inner: Quad, outer: Quad) -> tuple[Floats, Floats]:
    """How far what lies between two frames is in colour (ΔE) from what is inside and from what is outside, by sides.

    The ground seen through a sleeve is nearer to what is outside; the border of a printed card to what is inside.
    """
    along = np.linspace(0.15, 0.85, 36)[:, None]
    colours = []
    for depths in ((-0.9, -0.7, -0.5), (0.35, 0.5, 0.65), (1.5, 1.7, 1.9)):
        bands = []
        for depth in depths:
            frame = outer + depth * (inner - outer)
            ends = np.roll(frame, -1, axis=0)
            bands.append(frame[:, None] + along * (ends - frame)[:, None])
        points = np.concatenate(bands, axis=1)
        columns = np.clip(points[..., 0].astype(int), 0, pixels.shape[1] - 1)
        rows = np.clip(points[..., 1].astype(int), 0, pixels.shape[0] - 1)
        colours.append(np.median(rgb2lab(pixels[rows, columns].astype(np.float32) / 255), axis=1))
    ground, between, card = colours
    stock = np.median(card, axis=0)  # a photo printed near one side is not yet the card
    to_card = np.minimum(np.linalg.norm(between - card, axis=1), np.linalg.norm(between - stock, axis=1))
    return to_card, np.linalg.norm(between - ground, axis=1)
