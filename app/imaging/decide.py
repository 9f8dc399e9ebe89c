"""Crop, keep or reject: the candidates weighed by their edges, their shape and what is inside them."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image

from app.imaging import flatten, quads
from app.imaging import quality as judged
from app.imaging.evidence import MAIN_SUBJECT, Reading
from app.imaging.intake import Decoded, shrink
from app.imaging.quads import Quad
from app.imaging.search import Findings, search
from app.imaging.slots import CARD_ASPECT, Slot
from app.imaging.verdicts import Verdict, above, below, limit_of, verdict

FIT_LONGEST: Final = 1600
PHOTO_DARKER: Final = 12.0
"""The ground may be darker than the document: a whole photo is too dark only so much (L*) below the limit."""
ROUND: Final = 0.6
"""Corners rounder than this are those of a card, though nothing on it can be read."""
MARGIN: Final = 0.002
"""Of the longer side of the document, added all around."""


@dataclass(frozen=True)
class Decision:
    """What to do with a photo: `quad` in EXIF-applied pixels of the original, `ratio` the output's width / height."""

    action: str
    quad: Quad | None
    ratio: float
    confidence: float
    quarter_turns_cw: int
    verdicts: list[Verdict] = field(default_factory=list)


def decide(image: Image.Image, working: Image.Image, decoded: Decoded, slot: Slot) -> Decision:
    """Weigh what is seen in a decoded photo; `working` is the same picture with at most FIT_LONGEST pixels a side."""
    findings = search(working, slot)
    readings = findings.readings
    best = readings[0] if readings else None
    sure = best is not None and best.confidence >= limit_of("not_cropped")
    if best is not None and sure and not _inside_another(best, readings):
        return _cropped(image, working, decoded, best, slot)
    return _kept(image, working, findings, slot)


def _inside_another(best: Reading, readings: list[Reading]) -> bool:
    """True when the choice is a part, or a crooked view, of what is plainly a document of another kind."""
    middle = best.quad.mean(axis=0)
    foreign = (r for r in readings if r is not best and r.is_foreign and r.other * r.edges > 0.7)
    return any(quads.contains(r.quad, middle) and r.edges > best.edges - 0.15 for r in foreign)


def _kept(image: Image.Image, working: Image.Image, findings: Findings, slot: Slot) -> Decision:
    """No crop: say what is wrong with the photo, else whether there was something, or something else."""
    readings = findings.readings
    confidence = max((reading.confidence for reading in readings), default=0.0)
    verdicts = _faults(image, working, findings, slot)
    wrong = max((r.other * r.edges for r in readings if r.is_foreign), default=0.0)
    if not verdicts and slot is not Slot.SIGNATURE and wrong > 0.7:
        verdicts = [verdict("wrong_side", wrong)]
    elif not verdicts:
        verdicts = [verdict("no_card_found" if confidence < limit_of("no_card_found") else "not_cropped", confidence)]
    action = "reject" if any(remark.rejects for remark in verdicts) else "keep"
    return Decision(action, None, 1.0, confidence, 0, verdicts)


def _faults(image: Image.Image, working: Image.Image, findings: Findings, slot: Slot) -> list[Verdict]:
    """What may have hidden the document: no light, too much of it; or on something whole that can hardly be read."""
    small = np.asarray(shrink(working, 256))
    light = judged.lightness(small)
    verdicts = below("too_dark", float(np.percentile(light, 98)) + PHOTO_DARKER)
    verdicts += above("overexposed", float((small.min(axis=2) >= 250).mean()))
    whole = next((r for r in findings.readings if _is_document(r, slot, working)), None)
    if not verdicts and whole is None:
        verdicts = above("cut_off", findings.outside)
    if not verdicts and whole is not None:
        quad = whole.quad * (image.width / working.width)
        verdicts = [v for v in _remarks(image, quad, whole, slot, _ratio(quad, image, slot)) if v.rejects]
    return verdicts


def _is_document(reading: Reading, slot: Slot, working: Image.Image) -> bool:
    """Something whole of the right shape that shows a little of the document asked for; or plainly a large card."""
    if not reading.is_whole or reading.edges < 0.7 or reading.other > 0.5:
        return False
    if reading.own > 0.15:
        return True
    large = quads.area(reading.quad) > MAIN_SUBJECT * working.width * working.height
    return slot is not Slot.SIGNATURE and large and reading.corners > ROUND


def _cropped(image: Image.Image, working: Image.Image, decoded: Decoded, best: Reading, slot: Slot) -> Decision:
    margin = MARGIN * quads.sides(best.quad).max()
    quad = quads.grown(best.quad, np.full(4, margin)) * (decoded.width / working.width)
    here = quad * decoded.scale
    ratio = _ratio(here, image, slot)
    verdicts = _remarks(image, here, best, slot, ratio)
    verdicts += above("cut_off", quads.share_outside(quad, decoded.width, decoded.height))
    verdicts += below("too_small", float(quads.sides(quad)[[0, 2]].max()))
    action = "reject" if any(remark.rejects for remark in verdicts) else "crop"
    return Decision(action, quad, ratio, best.confidence, turns_of(quad), verdicts)


def _ratio(quad: Quad, image: Image.Image, slot: Slot) -> float:
    if slot is not Slot.SIGNATURE:
        top, right, bottom, left = quads.sides(quad)
        return CARD_ASPECT if top + bottom >= right + left or slot is not Slot.BANK_CARD else 1 / CARD_ASPECT
    return float(np.clip(quads.aspect(quad, *image.size), 0.5, 4.0))


def _remarks(image: Image.Image, quad: Quad, best: Reading, slot: Slot, ratio: float) -> list[Verdict]:
    """What can be said of the flattened document; `quad` in pixels of the image."""
    width = judged.READING_WIDTH
    found = judged.measure(flatten.patch(image, quad, (width, max(1, round(width / ratio)))))
    verdicts = below("blurred", found.sharpness) + below("too_dark", found.brightness)
    verdicts += above("overexposed", found.burnt) + above("glare", found.glare)
    return verdicts + below("low_contrast", float(np.median(best.fitted.contrast)))


def turns_of(quad: Quad) -> int:
    """Clockwise quarter turns that bring the photo nearest to the output's way up."""
    top = quad[1] - quad[0]
    return int(np.rint(-np.degrees(np.arctan2(top[1], top[0])) / 90)) % 4
