"""A document so far away that it is a spot in the picture: found by its colour, then looked at through a glass."""

from typing import Final

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.color import rgb2lab

from app.imaging import flatten, layout, quads
from app.imaging import ink as lifting
from app.imaging.evidence import Reading, card_corners, weigh_content
from app.imaging.intake import Decoded
from app.imaging.quads import Quad
from app.imaging.search import whole_ones
from app.imaging.slots import Slot

GLANCE: Final = 200
"""Longer side, in pixels, of the picture in which spots are looked for."""
SMALLEST: Final = 0.03
LARGEST: Final = 0.2
"""Longer side of a spot as a share of the picture's: smaller ones are specks, larger ones are seen without a glass."""
SURROUNDINGS: Final = 0.3
"""Of the picture's longer side: what is around a spot is judged so far away."""
STANDS_OUT: Final = 9.0
"""ΔE by which a spot at least differs from what is around it."""
FILLED: Final = 0.4
"""Of its upright box; a card that lies askew fills half of it."""
SPOTS: Final = 2
ROOM: Final = 0.8
"""Around a spot, in lengths of the spot."""
GLASS: Final = 512
"""Longer side, in pixels, of a spot with its room under the glass."""
SURE_EDGES: Final = 0.6
CARD_EDGES: Final = 0.85
SURE_CONTENT: Final = 0.35
HARDLY_ROUND: Final = 0.5
ROUND: Final = 0.65
SHEET: Final = 0.25
"""Of the glass: a spot with its room fills more than a third of it."""
SHEET_SEEN: Final = 0.8
SHEET_STEP: Final = 15.0
"""ΔE around a small sheet: nothing printed on a page differs so much from it on all four sides."""
SHEET_PAPER: Final = 0.86
BURNT: Final = 0.6
"""A small white card under a lamp shows nothing but its round corners: so much of it is burnt out."""


def far_away(image: Image.Image, decoded: Decoded, slot: Slot) -> Quad | None:
    """Corners, in pixels of the original, of a document that is far away; None when none is sure."""
    width, height = image.size
    if min(width, height) < GLANCE:
        return None  # in so small a picture a spot has too few pixels to be read
    for left, top, right, bottom in spots(decoded.in_srgb(image.reduce(max(1, max(image.size) // GLANCE)))):
        box = round(left * width), round(top * height), round(right * width), round(bottom * height)
        seen = decoded.in_srgb(image.crop(box))
        times = GLASS / max(seen.size)
        glass = seen.resize((round(seen.width * times), round(seen.height * times)), Image.Resampling.BICUBIC)
        for reading in whole_ones(glass, slot, np.array(glass.size) / 2, SURE_EDGES):
            if _is_it(reading, glass, slot):
                return (reading.quad / times + np.array(box[:2])) / decoded.scale
    return None


def spots(small: Image.Image) -> list[tuple[float, float, float, float]]:
    """The few compact spots that stand out most, each with its room: left, top, right, bottom as shares."""
    lab = rgb2lab(np.asarray(small).astype(np.float32) / 255).astype(np.float32)
    longest = max(small.size)
    window = int(SURROUNDINGS * longest)
    away = np.linalg.norm(lab - ndimage.uniform_filter(lab, (window, window, 0)), axis=2)
    labels, _count = ndimage.label(away > max(STANDS_OUT, 3 * float(np.median(away))), np.ones((3, 3)))
    found = []
    for index, place in enumerate(ndimage.find_objects(labels), start=1):
        height, width = place[0].stop - place[0].start, place[1].stop - place[1].start
        spot = labels[place] == index
        if SMALLEST * longest <= max(height, width) <= LARGEST * longest and spot.mean() > FILLED:
            found.append((float(away[place][spot].mean()), place))
    found.sort(key=lambda each: -each[0])
    return [_with_room(place, small.size) for _away, place in found[:SPOTS]]


def _with_room(place: tuple[slice, slice], size: tuple[int, int]) -> tuple[float, float, float, float]:
    rows, columns = place
    room = ROOM * max(rows.stop - rows.start, columns.stop - columns.start)
    return (
        max(0.0, (columns.start - room) / size[0]),
        max(0.0, (rows.start - room) / size[1]),
        min(1.0, (columns.stop + room) / size[0]),
        min(1.0, (rows.stop + room) / size[1]),
    )


def _is_it(reading: Reading, glass: Image.Image, slot: Slot) -> bool:
    if slot is Slot.SIGNATURE:
        return _is_sheet(reading, glass)
    corners = card_corners(glass, reading.quad)
    if corners <= HARDLY_ROUND:
        return False
    return _is_burnt_card(reading, corners, glass) or _shows_something(weigh_content(reading, glass, slot))


def _shows_something(reading: Reading) -> bool:
    """Something of a document inside: a key or a coloured box has none of that."""
    return max(reading.own, reading.other) > SURE_CONTENT


def _is_burnt_card(reading: Reading, corners: float, glass: Image.Image) -> bool:
    if reading.edges < CARD_EDGES or corners < ROUND:
        return False
    return float((flatten.patch(glass, reading.quad, layout.PATCH).min(axis=2) >= 245).mean()) > BURNT


def _is_sheet(reading: Reading, glass: Image.Image) -> bool:
    """Paper, and not a key or a label on the spot: with handwriting, or so plain that its writing is only too small."""
    if quads.sides(reading.quad).max() < SHEET * GLASS:
        return False
    plain = reading.fitted.seen.min() > SHEET_SEEN and reading.fitted.contrast.min() > SHEET_STEP
    if not plain and weigh_content(reading, glass, Slot.SIGNATURE).own < SURE_CONTENT:
        return False
    return lifting.paper_share(lifting.paper(flatten.patch(glass, reading.quad, layout.PATCH))) > SHEET_PAPER
