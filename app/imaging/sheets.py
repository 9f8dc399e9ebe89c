"""A photo for the signature's place looked at as paper: drawn on a screen, all paper, an empty sheet, a signed form."""

from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.imaging import flatten, layout, leaving, quads
from app.imaging import ink as lifting
from app.imaging.evidence import MAIN_SUBJECT, PLAINLY_SEEN, Reading
from app.imaging.ink import Ink
from app.imaging.intake import Pixels, shrink
from app.imaging.quads import Quad
from app.imaging.rounding import roundness
from app.imaging.slots import CARD_ASPECT
from app.imaging.verdicts import Verdict, above, limit_of, verdict

SCREEN_GROUND: Final = 0.6
SCREEN_BLUR: Final = 0.06
"""A drawn picture, or one cleaned by a program, has exactly one colour on so much of it, and hardly anything near that:
what a camera burns out fades."""
PLAIN_EDGES: Final = 0.6
"""How surely the sides must be there before what is inside is said to be an empty sheet, or a card."""
CARD_FITS: Final = 0.6
BANK_FITS: Final = 0.85
"""A row of handwriting is a little like a card number: only a plain bank card is called one."""
SQUARE: Final = 0.35
"""Corners less round than this are a sheet's, whatever is written or printed on it."""
GLANCE: Final = 1000
"""Longer side of the picture, in pixels, on which it is decided whether all of it may be paper."""
MOSTLY: Final = 0.86
"""Share of a sheet that must be bare or written paper: fingers and a reflection take less, a card has other colours."""
ROOM: Final = 0.12
"""Around a drawn signature, of the longer side of its box."""
SIDE: Final = 0.05
"""Of a side of the sheet: so near to its edge strokes may be the edge itself."""
LEFT_OUT: Final = 0.1
"""Of the handwriting seen in all of the picture, at most this share may lie outside the sheet: specks of the ground."""
OTHER_PAPER: Final = 0.03
"""Paper and ground differ by so much in some channel: the sheet is not a part of larger paper."""
SAME_CORNER: Final = 0.02
"""Of the longer side: corners so near to each other are the same one."""
LARGER: Final = 1.05
"""By so much a sheet must exceed a part of it in area: less would not be missed."""
CRISP: Final = 0.25
"""Strokes whose darkness changes by this share a pixel are sharp, whatever the paper looks like."""
OUT_OF_FOCUS: Final = 0.2
"""Sharpness below which the whole sheet is blurred: crisp strokes would show in it, however few they are."""
SMEARED: Final = 0.18
"""Strokes without an edge steeper than this cannot be read, however clear the edge of the sheet is."""
WHITE: Final = 232.0
"""Paper as light as this nearly everywhere has no reflection: it is white."""


@dataclass(frozen=True)
class Sheet:
    """What was seen: a sheet to be cropped (its corners in pixels of the picture), or verdicts, which may be none."""

    quad: Quad | None
    confidence: float
    verdicts: list[Verdict]


def drawn(pixels: Pixels) -> Sheet | None:
    """Strokes on a ground of one colour: cut to the strokes with some room. None for what a camera took."""
    if not _is_drawn(pixels):
        return None
    found = lifting.find(Image.fromarray(pixels))
    if not found.is_paper:
        return None
    if found.box is None:
        return Sheet(None, 0.0, [verdict("no_ink", found.share)])
    factor = pixels.shape[1] / found.picture.shape[1]
    left, top, right, bottom = (side * factor for side in found.box)
    room = ROOM * max(right - left, bottom - top)
    left, top = max(0.0, left - room), max(0.0, top - room)
    right, bottom = min(pixels.shape[1], right + room), min(pixels.shape[0], bottom + room)
    return Sheet(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]), 1.0, [])


Seen: TypeAlias = tuple[Reading | None, list[Verdict] | None]
"""The sheet to be cropped, or what is to be said of the photo (empty: nothing), or (None, None): no idea."""


def looked_at(readings: list[Reading], working: Image.Image, sure: Reading | None) -> Seen:
    """Look at what would be cropped by its edges and its contents (`sure`), else at the other readings and the whole.

    Handwriting is looked for in all of the picture too where that may be paper: no sheet leaves any of it outside.
    """
    around = _around(sure, readings) if sure is not None else []
    if (fits := max((_card_fitness(quad, working) for quad in around), default=0.0)) > CARD_FITS:
        return None, [verdict("wrong_side", fits)]
    open_sheet = _leaving(readings, working, sure)
    if open_sheet != (None, None):
        return open_sheet
    larger = _goes_on(sure, readings) if sure is not None else None
    if larger is not None and larger.fitted.seen.min() < PLAINLY_SEEN:
        return None, None
    if sure is not None and (larger is not None or _paper_share(sure.quad, working) < MOSTLY):
        sure = None
    whole = lifting.find(working) if _may_be_paper(working) else None
    if sure is not None and (whole is None or _holds(sure.quad, whole, working)):
        return sure, None
    seen = _among(readings, working, whole)
    if seen != (None, None):
        return seen
    if whole is None or not whole.is_paper:
        return None, None
    return None, [verdict("no_ink", whole.share)] if whole.box is None else []


def _around(sure: Reading, readings: list[Reading]) -> list[Quad]:
    """The choice itself, and what has plain edges around it: a white box on a card looks like a sheet."""
    middle, least = sure.quad.mean(axis=0), 2 * quads.area(sure.quad)
    larger = [r for r in readings if r.is_whole and quads.area(r.quad) > least and quads.contains(r.quad, middle)]
    return [sure.quad, *(reading.quad for reading in larger[:4])]


def _goes_on(sure: Reading, readings: list[Reading]) -> Reading | None:
    """The same sheet with its weakest side further out: what the choice ends at is a fold, a line or a row of print."""
    if sure.is_whole:
        return None
    slack = SAME_CORNER * float(quads.sides(sure.quad).max())
    larger = [one for one in readings if one.is_whole and quads.area(one.quad) > LARGER * quads.area(sure.quad)]
    return next((one for one in larger if _shares_a_side(sure.quad, one.quad, slack)), None)


def _shares_a_side(inner: Quad, outer: Quad, slack: float) -> bool:
    """Two corners are the same, and the two others lie in the outer quad."""
    apart = np.linalg.norm(inner[:, None] - outer[None], axis=2).min(axis=1)
    room = quads.grown(outer, np.full(4, slack))
    return int((apart < slack).sum()) == 2 and all(quads.contains(room, corner) for corner in inner)


def _among(readings: list[Reading], working: Image.Image, whole: Ink | None) -> Seen:
    """A card, an empty sheet or a written one among what has plain edges and is large."""
    plain = [reading for reading in readings if reading.is_whole and reading.edges > PLAIN_EDGES]
    large = [reading for reading in plain if quads.area(reading.quad) > MAIN_SUBJECT * working.width * working.height]
    for reading in sorted(large, key=lambda one: -quads.area(one.quad))[:2]:
        if (fits := _card_fitness(reading.quad, working)) > CARD_FITS:
            return None, [verdict("wrong_side", fits)]
        found = lifting.find(_flat(reading.quad, working))
        if found.is_paper and found.box is None:
            return None, [verdict("no_ink", found.share)]
        if found.is_paper and (whole is None or _holds(reading.quad, whole, working)):
            return replace(reading, confidence=max(reading.confidence, reading.edges, limit_of("not_cropped"))), None
    return None, None


def _leaving(readings: list[Reading], working: Image.Image, sure: Reading | None) -> Seen:
    """A sheet that goes on beyond the picture, if nothing written is cut off; not one beside, or inside, the choice."""
    found = leaving.leaving(readings, working.size)
    if found is None or _paper_share(found.reading.quad, working) < MOSTLY:
        return None, None
    if sure is not None and not _is_around(found.reading.quad, sure.quad):
        return None, None
    return (None, said) if (said := leaving.cut_off(found, working)) else (leaving.whole(found), None)


def _is_around(outer: Quad, inner: Quad) -> bool:
    return quads.area(outer) > 1.5 * quads.area(inner) and quads.contains(outer, inner.mean(axis=0))


def _paper_share(quad: Quad, working: Image.Image) -> float:
    return lifting.paper_share(lifting.paper(np.asarray(shrink(_flat(quad, working), GLANCE))))


def _may_be_paper(working: Image.Image) -> bool:
    return lifting.is_paper(lifting.paper(np.asarray(shrink(working, GLANCE))))


def is_doubtful(found: Ink, verdicts: list[Verdict]) -> bool:
    """Lined paper on a ground of nearly its own colour: what looks like its edge may be one of its lines."""
    return found.lines > limit_of("ruled_paper") and "low_contrast" in [one.code for one in verdicts]


def remarks(found: Ink, before: list[Verdict]) -> list[Verdict]:
    """What is said of a sheet; of what was said `before`, only what the strokes bear out."""
    unfounded = {"glare"} if found.lightest > WHITE or found.clear_in_the_light else set()
    if found.box is None:
        return [one for one in before if one.rejects and one.code not in unfounded] + [verdict("no_ink", found.share)]
    out_of_focus = any(one.code == "blurred" and one.value < OUT_OF_FOCUS for one in before)
    if found.crispness > CRISP and not out_of_focus:
        unfounded.add("blurred")
    elif found.crispness <= CRISP:
        unfounded.clear()  # soft strokes: the light may well have washed them out
    said = [one for one in before if one.code not in unfounded]
    if found.crispness < SMEARED and "blurred" not in [one.code for one in said]:
        said.append(verdict("blurred", found.crispness))
    return said + above("ruled_paper", found.lines)


def turned_to_print(quad: Quad, found: Ink) -> Quad:
    """A page whose rows of print run up or down the sheet stands on its short side: turned to the nearer way up."""
    if not found.sideways:
        return quad
    return min((quads.turned(quad, 1), quads.turned(quad, 3)), key=lambda one: float(one[:2, 1].sum()))


def _holds(quad: Quad, whole: Ink, working: Image.Image) -> bool:
    """Whether this is a sheet and no box between strokes: of another colour, or with the handwriting inside.

    What runs along the sides is the edge of the sheet, and counts for nothing.
    """
    factor = working.width / whole.picture.shape[1]
    rows, columns = np.nonzero(whole.strokes)
    off = _outside(quad, columns, rows, factor)
    if float((off > SIDE).sum()) <= LEFT_OUT * len(off):
        return True
    coarse = whole.blank[::8, ::8]
    y, x = np.mgrid[0 : coarse.shape[0], 0 : coarse.shape[1]] * 8
    off = _outside(quad, x.ravel(), y.ravel(), factor)
    ground = coarse.reshape(-1, 3)
    inside, around = ground[off < -SIDE], ground[(off > SIDE) & (off < 6 * SIDE)]
    if len(inside) < 4 or len(around) < 4:
        return False
    return float(np.abs(np.median(inside, axis=0) / np.median(around, axis=0) - 1).max()) > OTHER_PAPER


def _outside(
    quad: Quad, columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], factor: float
) -> npt.NDArray[np.float64]:
    """How far outside pixels lie, in sides of the sheet; negative inside."""
    matrix = quads.homography(quad, quads.UNIT_SQUARE)
    points = np.stack([(columns + 0.5) * factor, (rows + 0.5) * factor, np.ones(len(rows))], axis=1) @ matrix.T
    return np.asarray(np.abs(points[:, :2] / points[:, 2:] - 0.5).max(axis=1) - 0.5)


def _is_drawn(pixels: Pixels) -> bool:
    small = pixels[::3, ::3].reshape(-1, 3).astype(np.int64)
    _colours, first, counts = np.unique(small @ np.array([65536, 256, 1]), return_index=True, return_counts=True)
    ground = small[first[int(np.argmax(counts))]]
    away = np.abs(small - ground).max(axis=1)
    return float((away == 0).mean()) > SCREEN_GROUND and float(((away > 0) & (away < 40)).mean()) < SCREEN_BLUR


def _flat(quad: Quad, working: Image.Image) -> Image.Image:
    ratio = float(np.clip(quads.aspect(quad, *working.size), 0.2, 5.0))
    return flatten.flatten(working, quad, flatten.output_size(quad, ratio))


def _card_fitness(quad: Quad, working: Image.Image) -> float:
    """How well an identity or bank card fits; 0 for another shape."""
    ratio = max(quads.aspect(quad, *working.size), 1e-6)
    if abs(np.log(ratio / CARD_ASPECT)) > 0.2 or np.median(roundness(working, quad)) < SQUARE:
        return 0.0
    seen = layout.look(np.asarray(shrink(flatten.flatten(working, quad, layout.PATCH), max(layout.PATCH))))
    fits = (layout.fitness(seen), layout.fitness(layout.upside_down(seen)))
    bank = max(fit.bank for fit in fits)
    return max(bank if bank > BANK_FITS else 0.0, *(max(fit.portrait, fit.emblem) for fit in fits))
