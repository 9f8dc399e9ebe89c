"""How much speaks for a quadrilateral: its edges, its shape in space, and what is inside it."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from app.imaging import bank_card, flatten, layout, quads, rounding, signature
from app.imaging.fit import Fit
from app.imaging.quads import Quad
from app.imaging.slots import CARD_ASPECT, Slot

SHAPE_TOLERANCE: Final = 0.085
"""Standard deviation of the logarithm of width / height: lenses differ, and corners are found to a pixel or two."""
WEAK_STEP: Final = 0.3
"""A side whose colour step is below this share of the other sides' is doubted."""
DOUBTFUL: Final = 0.2
"""Two sides of an identity card that fit so nearly alike may both be meant."""
HARDLY_BETTER: Final = 0.05
"""By so much more the side that was asked for must fit, where both do."""
NO_STEP: Final = 0.05
"""Of the other sides' colour step: a side with less, and not seen along most of its length, is none."""
MOSTLY_SEEN: Final = 0.6
SAME_COLOUR: Final = 0.02
"""Of the other sides' colour step: a line with the same on both sides is drawn on something, and ends nothing."""
SAME_PAPER: Final = 0.08
"""The same for a sheet, which has no print and no round corners to tell that it ends on paper of its own colour."""
FAINT: Final = 0.25
"""Of the two plainest sides' colour step: with less, a side must be seen along nearly all of its length."""
NEARLY_ALL: Final = 0.7
OPEN_SIDE: Final = 0.4
"""What a quadrilateral with such a side is worth: the document goes on beyond it."""
PLAINLY_SEEN: Final = 0.85
EVEN_STEP: Final = 0.6
"""Of the sides' usual colour step."""
MAIN_SUBJECT: Final = 0.12
"""A card that takes more of the picture than this is what was meant to be photographed."""
SHEET_PATCH: Final = (320, 200)
_FOREIGN: Final = {
    Slot.ID_PORTRAIT: (Slot.ID_EMBLEM,),
    Slot.ID_EMBLEM: (Slot.ID_PORTRAIT,),
    Slot.BANK_CARD: (Slot.ID_PORTRAIT, Slot.ID_EMBLEM),
}


@dataclass(frozen=True)
class Reading:
    """A candidate weighed.

    `quad`: corners for an upright output. `strength`: how much of the sides is there; `shape`: how well the form fits;
    `own`, `other`: how well the asked and another document fit; `corners`: how round they are;
    `rank`: for the choice between candidates; `confidence`: that the choice is right. All 0 to 1.
    """

    fitted: Fit
    quad: Quad
    strength: float
    shape: float
    rank: float
    own: float = 0.0
    other: float = 0.0
    corners: float = 0.5
    confidence: float = 0.0

    @property
    def edges(self) -> float:
        """How surely the sides are those of a document of the right shape, 0 to 1."""
        visible = ramp(float(np.median(self.fitted.contrast)), 0.5, 1.5)
        return self.outline * visible

    @property
    def outline(self) -> float:
        """The same, however little the colour changes across the sides."""
        return ramp(self.strength, 0.28, 0.62) * self.shape

    @property
    def is_whole(self) -> bool:
        """True when all four sides are plainly there: enough to say that it is a document, but another one."""
        step = self.fitted.contrast
        return bool(self.fitted.seen.min() > 0.5 and step.min() > 0.4 * np.median(step) and self.shape > 0.7)

    @property
    def is_foreign(self) -> bool:
        """True when it is plainly a document, but another one fits clearly better than the one asked for."""
        return self.is_whole and self.other > self.own + 0.25


def ramp(value: float, low: float, high: float) -> float:
    """0 below `low`, 1 above `high`, straight in between; `low` may be the larger one."""
    return float(np.clip((value - low) / (high - low), 0, 1))


def weigh_edges(fitted: Fit, beyond: float, slot: Slot, size: tuple[int, int]) -> Reading:
    """The edges and the shape alone; the quad is turned so that its longer side lies along the top."""
    quad = fitted.quad
    ratio = quads.aspect(quad, *size)
    if ratio < 1:
        quad, ratio = quads.turned(quad, 1), 1 / max(ratio, 1e-6)
    shape = ramp(ratio, 4.0, 3.2) if _is_plain(fitted) else ramp(ratio, 3.4, 2.4)
    if slot is not Slot.SIGNATURE:
        shape = float(np.exp(-0.5 * (np.log(ratio / CARD_ASPECT) / SHAPE_TOLERANCE) ** 2))
    same = SAME_PAPER if slot is Slot.SIGNATURE else SAME_COLOUR
    strength = _strength(fitted, same) - 0.12 * beyond
    size_share = quads.area(quad) / (size[0] * size[1])
    return Reading(fitted, quad, strength, shape, strength * (0.4 + 0.6 * shape) * max(size_share, 1e-4) ** 0.08)


def _is_plain(fitted: Fit) -> bool:
    """All four sides are seen nearly from end to end, with much the same colour step: a strip of paper is that long."""
    return bool(fitted.seen.min() > PLAINLY_SEEN and fitted.contrast.min() > EVEN_STEP * np.median(fitted.contrast))


def _strength(fitted: Fit, same: float) -> float:
    """One side may be partly covered by a finger; a side without the others' colour step is doubted.

    `same`: the share of the others' colour step below which a side is only a line drawn on something.
    """
    usual = float(np.median(fitted.contrast))
    doubt = np.clip(fitted.contrast / max(WEAK_STEP * usual, 1e-6), 0.25, 1.0)
    worst = np.sort(fitted.seen * doubt)
    strength = float(0.25 * worst[0] + 0.3 * worst[1] + 0.45 * worst[2:].mean())
    drawn = fitted.contrast.min() < same * usual
    return OPEN_SIDE * strength if drawn or _is_faint(fitted) or missing_side(fitted) is not None else strength


def _is_faint(fitted: Fit) -> bool:
    """A side is neither plain nor seen from end to end: print inside a card whose own side cannot be seen."""
    plain = float(np.sort(fitted.contrast)[2:].mean())
    return bool(((fitted.contrast < FAINT * plain) & (fitted.seen < NEARLY_ALL)).any())


def missing_side(fitted: Fit) -> int | None:
    """Index of a side across which nothing changes, though something does across the others; None without one."""
    least = int(np.argmin(fitted.contrast))
    none = fitted.contrast[least] < NO_STEP * np.median(fitted.contrast) and fitted.seen[least] < MOSTLY_SEEN
    return least if none else None


def weigh_content(reading: Reading, working: Image.Image, slot: Slot) -> Reading:
    """What is inside: does it fit the slot, and which way up; and has it the round corners of a card."""
    if slot is Slot.SIGNATURE:
        return _sheet(reading, working)
    seen = layout.look(flatten.patch(working, reading.quad, layout.PATCH))
    fits = (layout.fitness(seen), layout.fitness(layout.upside_down(seen)))
    fits = _one_side(*fits)
    other = max(fit.of(foreign) for fit in fits for foreign in _FOREIGN[slot])
    corners = card_corners(working, reading.quad)
    if slot is Slot.BANK_CARD:
        ways = bank_card.ways_up(working, reading.quad, (fits[0].bank, fits[1].bank), float(seen.ink.mean()))
        return _bank(reading, ways, other, corners)
    own = [fit.of(slot) for fit in fits]
    best, bank = max(own), max(fit.bank for fit in fits)
    if best < 0.2 and corners > 0.6 and _is_large(reading, working):
        by_layout = (fits[0].bank, fits[1].bank)
        bank = max(bank_card.ways_up(working, reading.quad, by_layout, float(seen.ink.mean())).values())
    gate = ramp(best, 0.68, 0.85) if bank > best else ramp(best, 0.25, 0.7)
    if other > 0.5 and HARDLY_BETTER > best - other > -DOUBTFUL:
        gate *= 0.5  # which side it is cannot be said: no crop, and no blame
    if best < 0.2 and bank > 0.8 and _is_large(reading, working):  # small ones only lie beside
        other = max(other, bank)
    return _read(reading, 2 if own[1] > own[0] else 0, gate, own=best, other=other, corners=corners)


def _one_side(this: layout.Fitness, turned: layout.Fitness) -> tuple[layout.Fitness, layout.Fitness]:
    """Upside down an emblem in a shadow may pass for a portrait, and a portrait's red clothes for an emblem."""
    portrait, emblem = max(this.portrait, turned.portrait), max(this.emblem, turned.emblem)
    if emblem > PLAINLY_SEEN and (this.has_emblem or turned.has_emblem):
        return replace(this, portrait=0.5 * this.portrait), replace(turned, portrait=0.5 * turned.portrait)
    if portrait >= emblem + DOUBTFUL:
        return replace(this, emblem=0.0), replace(turned, emblem=0.0)
    return this, turned


def card_corners(working: Image.Image, quad: Quad) -> float:
    """How much the corners of a quad are a card's, 0 to 1."""
    return _card_corners(rounding.roundness(working, quad))


def _card_corners(rounds: quads.Floats) -> float:
    """How much the corners are a card's: most are round, and no side lacks both, as one inside the card would."""
    worst_side = float(np.minimum.reduce(np.maximum(rounds, np.roll(rounds, -1))))
    return min(float(np.median(rounds)), worst_side + 0.15)


def _bank(reading: Reading, ways: dict[int, float], other: float, corners: float) -> Reading:
    """A card of any colours, lying or standing, with a long number on it; and not one side of an ID card."""
    turns = max(ways, key=lambda way: ways[way])
    best = ways[turns]
    fits_better = best > other
    best *= 1 - other**4
    if fits_better:  # doubtful: no crop, but no blame either
        other = best
    rounded = ramp(corners, 0.5, 0.7)
    gate = ramp(best, 0.15 - 0.1 * rounded, 0.5 - 0.2 * rounded)
    return _read(reading, turns, gate, own=best, other=other, corners=corners)


def _is_large(reading: Reading, working: Image.Image) -> bool:
    return quads.area(reading.quad) > MAIN_SUBJECT * working.width * working.height


def _read(reading: Reading, turns: int, gate: float, *, own: float, other: float, corners: float = 1.0) -> Reading:
    if other > own + 0.25:
        gate *= 0.3
    gate *= 0.35 + 0.65 * ramp(corners, 0.1, 0.3)
    return replace(
        reading,
        quad=quads.turned(reading.quad, turns),
        rank=reading.rank * (0.25 + 0.75 * gate) * (0.85 + 0.15 * ramp(corners, 0.3, 0.7)),
        own=own,
        other=other,
        corners=corners,
        confidence=reading.edges * gate,
    )


def _sheet(reading: Reading, working: Image.Image) -> Reading:
    written = signature.judge(flatten.patch(working, reading.quad, SHEET_PATCH))
    turns = written.quarter_turns_cw if written.sure_of_turn else _nearest_upright(reading.quad)
    return _read(reading, turns, ramp(written.fitness, 0.2, 0.8), own=written.fitness, other=0.0)


def _nearest_upright(quad: Quad) -> int:
    """Half a turn when the sheet's top is nearer to the bottom of the photo."""
    return 2 if quad[0, 1] + quad[1, 1] > quad[2, 1] + quad[3, 1] + 1e-6 else 0
