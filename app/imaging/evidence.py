"""How much speaks for a quadrilateral: its edges, its shape in space, and what is inside it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from app.imaging import flatten, layout, quads, signature
from app.imaging.fit import Fit
from app.imaging.quads import Quad
from app.imaging.slots import CARD_ASPECT, Slot

SHAPE_TOLERANCE: Final = 0.07
"""Standard deviation of the logarithm of width / height: lenses differ, and corners are found to a pixel or two."""
WEAK_STEP: Final = 0.3
"""A side whose colour step is below this share of the other sides' is doubted."""
SHEET_PATCH: Final = (320, 200)


@dataclass(frozen=True)
class Reading:
    """A candidate weighed.

    `quad`: corners for an upright output. `edges`, `own`, `other`, `confidence` 0 to 1: how surely its sides are there,
    how well the asked document fits, how well another one fits, and all together.
    """

    fitted: Fit
    quad: Quad
    edges: float
    own: float = 0.0
    other: float = 0.0
    confidence: float = 0.0


def weigh_edges(fitted: Fit, slot: Slot, size: tuple[int, int]) -> Reading:
    """The edges and the shape alone; the quad is turned so that its longer side lies along the top."""
    quad = fitted.quad
    ratio = quads.aspect(quad, *size)
    if ratio < 1:
        quad, ratio = quads.turned(quad, 1), 1 / max(ratio, 1e-6)
    shape = 1.0
    if slot is not Slot.SIGNATURE:
        shape = float(np.exp(-0.5 * (np.log(ratio / CARD_ASPECT) / SHAPE_TOLERANCE) ** 2))
    elif ratio > 2.6:
        shape = 0.6
    return Reading(fitted, quad, _edges(fitted) * shape)


def _edges(fitted: Fit) -> float:
    """One side may be partly covered by a finger; a side without the others' colour step is doubted."""
    usual = float(np.median(fitted.contrast))
    doubt = np.clip(fitted.contrast / max(WEAK_STEP * usual, 1e-6), 0.4, 1.0)
    worst = np.sort(fitted.seen * doubt)
    strength = 0.25 * worst[0] + 0.3 * worst[1] + 0.45 * worst[2:].mean()
    visible = np.clip(usual / 1.5, 0.0, 1.0)
    return float(np.clip((strength - 0.25) / 0.45, 0, 1) * visible)


def weigh_content(reading: Reading, working: Image.Image, slot: Slot) -> Reading:
    """What is inside: does it fit the slot, and which way up."""
    if slot is Slot.SIGNATURE:
        return _sheet(reading, working)
    seen = layout.look(flatten.patch(working, reading.quad, layout.PATCH))
    fits = (layout.fitness(seen), layout.fitness(layout.upside_down(seen)))
    own = [fit.of(slot) for fit in fits]
    turns = 2 if own[1] > own[0] else 0
    other = max(fit.of(foreign) for fit in fits for foreign in _FOREIGN[slot])
    best = max(own) * (1 - other**4) if slot is Slot.BANK_CARD else max(own)
    confidence = reading.edges * best**0.5 * (0.3 if other > best + 0.25 else 1.0)
    return Reading(reading.fitted, quads.turned(reading.quad, turns), reading.edges, best, other, confidence)


_FOREIGN: Final = {
    Slot.ID_PORTRAIT: (Slot.ID_EMBLEM,),
    Slot.ID_EMBLEM: (Slot.ID_PORTRAIT,),
    Slot.BANK_CARD: (Slot.ID_PORTRAIT, Slot.ID_EMBLEM),
}


def _sheet(reading: Reading, working: Image.Image) -> Reading:
    written = signature.judge(layout.look(flatten.patch(working, reading.quad, SHEET_PATCH)))
    turns = written.quarter_turns_cw if written.sure_of_turn else _nearest_upright(reading.quad)
    quad = quads.turned(reading.quad, turns)
    return Reading(reading.fitted, quad, reading.edges, written.fitness, 0.0, reading.edges * written.fitness**0.5)


def _nearest_upright(quad: Quad) -> int:
    """Half a turn when the sheet's top is nearer to the bottom of the photo."""
    return 2 if quad[0, 1] + quad[1, 1] > quad[2, 1] + quad[3, 1] + 1e-6 else 0
