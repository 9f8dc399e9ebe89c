"""A photo for the signature's place looked at as paper: drawn on a screen, all paper, an empty sheet, a signed form."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from app.imaging import flatten, layout, quads
from app.imaging import ink as lifting
from app.imaging.evidence import MAIN_SUBJECT, Reading
from app.imaging.ink import Ink
from app.imaging.intake import Pixels, shrink
from app.imaging.quads import Quad
from app.imaging.slots import CARD_ASPECT
from app.imaging.verdicts import Verdict, limit_of, verdict

SCREEN_GROUND: Final = 0.5
"""A picture of which so much has exactly one colour was drawn, or cleaned by a program: no camera takes such."""
PLAIN_EDGES: Final = 0.6
"""How surely the sides must be there before what is inside is said to be an empty sheet, or a card."""
CARD_FITS: Final = 0.6
ROOM: Final = 0.12
"""Around a drawn signature, of the longer side of its box."""
LINES: Final = 3
"""So many ruled lines make ruled paper; one or two may be folds or a box to sign in."""


@dataclass(frozen=True)
class Sheet:
    """What was seen: a sheet to be cropped (its corners in pixels of the picture), or verdicts, which may be none."""

    quad: Quad | None
    confidence: float
    verdicts: list[Verdict]


def drawn(pixels: Pixels) -> Sheet | None:
    """Strokes on a ground of one colour: cut to the strokes with some room. None for what a camera took."""
    if _ground_share(pixels) < SCREEN_GROUND:
        return None
    found = lifting.find(Image.fromarray(pixels))
    if found.box is None:
        return Sheet(None, 0.0, [verdict("no_ink", found.share)]) if found.is_paper else None
    factor = pixels.shape[1] / found.picture.shape[1]
    left, top, right, bottom = (side * factor for side in found.box)
    room = ROOM * max(right - left, bottom - top)
    left, top = max(0.0, left - room), max(0.0, top - room)
    right, bottom = min(pixels.shape[1], right + room), min(pixels.shape[0], bottom + room)
    return Sheet(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]), 1.0, [])


def looked_at_again(readings: list[Reading], working: Image.Image) -> tuple[Reading | None, list[Verdict] | None]:
    """Where no sheet was sure: one with handwriting after all, or what is to be said of the photo, or (None, None)."""
    plain = [reading for reading in readings if reading.is_whole and reading.edges > PLAIN_EDGES]
    large = [reading for reading in plain if quads.area(reading.quad) > MAIN_SUBJECT * working.width * working.height]
    for reading in sorted(large, key=lambda one: -quads.area(one.quad))[:2]:
        if (fits := _card_fitness(reading.quad, working)) > CARD_FITS:
            return None, [verdict("wrong_side", fits)]
        found = lifting.find(_flat(reading.quad, working))
        if found.is_paper and found.box is None:
            return None, [verdict("no_ink", found.share)]
        if found.is_paper:
            return replace(reading, confidence=max(reading.confidence, reading.edges, limit_of("not_cropped"))), None
    found = lifting.find(working)
    if not found.is_paper:
        return None, None
    return None, [verdict("no_ink", found.share)] if found.box is None else []


def remarks(found: Ink) -> list[Verdict]:
    """What is said of a sheet that was cropped: nothing written on it, or lines below the writing."""
    if found.box is None:
        return [verdict("no_ink", found.share)]
    return [verdict("ruled_paper", found.lines)] if found.lines >= LINES else []


def _ground_share(pixels: Pixels) -> float:
    small = pixels[::3, ::3].reshape(-1, 3).astype(np.int64)
    _colours, counts = np.unique(small @ np.array([65536, 256, 1]), return_counts=True)
    return float(counts.max()) / len(small)


def _flat(quad: Quad, working: Image.Image) -> Image.Image:
    ratio = float(np.clip(quads.aspect(quad, *working.size), 0.2, 5.0))
    return flatten.flatten(working, quad, flatten.output_size(quad, ratio))


def _card_fitness(quad: Quad, working: Image.Image) -> float:
    """How well an identity or bank card fits; 0 for another shape."""
    ratio = max(quads.aspect(quad, *working.size), 1e-6)
    if abs(np.log(ratio / CARD_ASPECT)) > 0.2:
        return 0.0
    seen = layout.look(np.asarray(shrink(flatten.flatten(working, quad, layout.PATCH), max(layout.PATCH))))
    fits = (layout.fitness(seen), layout.fitness(layout.upside_down(seen)))
    return max(max(fit.portrait, fit.emblem, fit.bank) for fit in fits)
