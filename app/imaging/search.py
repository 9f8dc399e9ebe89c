"""From a photo to weighed candidates: first by its edges, then, when that is not enough, with all print wiped out."""

from typing import Final

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.color import rgb2lab

from app.imaging import lines, quads
from app.imaging.evidence import Reading, weigh_content, weigh_edges
from app.imaging.find import find_candidates
from app.imaging.fit import Fit, fit
from app.imaging.intake import Pixels
from app.imaging.lines import Field
from app.imaging.quads import Floats, Quad
from app.imaging.slots import Slot, shape_of

SEARCH_LONGEST: Final = 512
CANDIDATES: Final = 12
READ: Final = 5
"""So many candidates are fitted, and of so many the contents are looked at."""
STROKE: Final = 9
"""Pixels of the small picture: dark print with thinner strokes disappears in the second look."""
SLEEVE: Final = 0.05
"""Of the longer side: a sleeve or a case reaches about so far beyond the card, up to twice as far."""
FRAME_STEP: Final = 8.0
"""ΔE by which the rim of a sleeve at least differs from the card in it."""
CERTAIN: Final = 0.85
"""With a candidate of this confidence nobody looks twice."""


def readings_of(working: Image.Image, slot: Slot) -> list[Reading]:
    """The candidates of a photo, fitted and weighed, best first; of the few with the best edges also the contents."""
    times = max(1, round(max(working.size) / SEARCH_LONGEST))
    small = working.reduce(times)
    if min(small.size) < 48:
        return []
    lab = rgb2lab(np.asarray(small).astype(np.float32) / 255).astype(np.float32)
    read = _look(lab, times, working, slot)
    if not read or read[0].confidence < CERTAIN:
        read += _look(without_print(lab), times, working, slot)
        read.sort(key=lambda reading: -reading.rank)
    return _bare_first(read, working, slot)


def without_print(lab: Field) -> Field:
    """The picture as if nothing was printed on anything: on a newspaper the card is the only thing left with sides."""
    wiped = np.empty_like(lab)
    wiped[..., 0] = ndimage.grey_closing(lab[..., 0], (STROKE, STROKE))
    wiped[..., 1:] = ndimage.gaussian_filter(lab[..., 1:], (2.5, 2.5, 0))
    return wiped


def _look(lab: Field, times: int, working: Image.Image, slot: Slot) -> list[Reading]:
    factor = float(times)
    pixels = np.asarray(working)
    found = []
    for candidate in find_candidates(lines.edge_field(lab), shape_of(slot), most=CANDIDATES):
        fitted = _fitted(pixels, (candidate.quad + 0.5) * factor, reach=3.0 * factor)
        if fitted is not None:
            found.append(weigh_edges(fitted, candidate.beyond, slot, working.size))
    found.sort(key=lambda reading: -reading.rank)
    return _read_in_turn(found[:READ], working, slot)


def _read_in_turn(found: list[Reading], working: Image.Image, slot: Slot) -> list[Reading]:
    """The best edges first, until no other candidate can come out higher: contents only ever lower a rank."""
    read: list[Reading] = []
    for reading in found:
        if any(done.rank >= reading.rank for done in read):
            break
        read.append(weigh_content(reading, working, slot))
    read.sort(key=lambda reading: -reading.rank)
    return read


def _bare_first(read: list[Reading], working: Image.Image, slot: Slot) -> list[Reading]:
    """In front of a choice that turns out to be a sleeve or a case, the document in it."""
    inner = _unsleeved(read[0], np.asarray(working), slot) if read else None
    if inner is None:
        return read
    bare = weigh_content(inner, working, slot)
    return [bare, *read] if bare.confidence > 0.8 * read[0].confidence else read


def _unsleeved(reading: Reading, pixels: Pixels, slot: Slot) -> Reading | None:
    """A document in a clear sleeve or a case has a second edge a little inside of all or some of its sides."""
    if reading.edges < 0.5:
        return None
    length = float(quads.sides(reading.quad).max())
    shrunk = quads.grown(reading.quad, np.full(4, -SLEEVE * length))
    fitted = _fitted(pixels, shrunk, reach=0.85 * SLEEVE * length)
    if fitted is None:
        return None
    seen = (fitted.seen > 0.55) & (fitted.contrast > 4)
    to_card, to_ground = _between(pixels, fitted.quad, reading.quad)
    inner = seen & (to_card > to_ground)
    if slot in (Slot.ID_PORTRAIT, Slot.ID_EMBLEM):  # these have no printed frame
        inner |= seen & (to_card > FRAME_STEP) & (to_card > 0.3 * to_ground)
    if not inner.any():
        return None
    again = _fitted(pixels, quads.mixed(reading.quad, fitted.quad, inner), reach=3.0)
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


def _fitted(pixels: Pixels, quad: Quad, reach: float) -> Fit | None:
    try:
        fitted = fit(pixels, quad, reach=reach)
    except np.linalg.LinAlgError:
        return None
    return fitted if quads.is_convex(fitted.quad) and quads.area(fitted.quad) > 100 else None
