"""Crop, keep or reject: the candidates weighed by their edges, their shape and what is inside them."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image

from app.imaging import quads, sheets
from app.imaging.evidence import Reading
from app.imaging.faults import burnt, faults, light, lost, ratio_of, remarks, too_small
from app.imaging.intake import Decoded
from app.imaging.quads import Quad
from app.imaging.search import Findings, search
from app.imaging.slots import Slot
from app.imaging.verdicts import Verdict, above, limit_of, verdict

FIT_LONGEST: Final = 1600
DOUBT: Final = 0.5
"""Confidence that is left when a side may as well be a line drawn on the document."""
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
    if slot is Slot.SIGNATURE and (drawn := sheets.drawn(np.asarray(working))) is not None:
        return _drawn(drawn, working, decoded)
    if too_light := burnt(working):
        return Decision("reject", None, 1.0, 0.0, 0, too_light)
    findings = search(working, slot)
    readings = findings.readings
    best = readings[0] if readings else None
    sure = best is not None and best.confidence >= limit_of("not_cropped")
    if slot is Slot.SIGNATURE:
        return _sheet(image, working, decoded, findings, best if sure else None)
    if best is not None and sure and not _inside_another(best, readings) and not findings.gives_way(best):
        return _cropped(image, working, decoded, best, slot)
    return _kept(image, working, decoded, findings, slot)


def _sheet(
    image: Image.Image, working: Image.Image, decoded: Decoded, findings: Findings, sure: Reading | None
) -> Decision:
    """A sheet has no layout of its own: it is looked at as paper before it is cropped, and again if none was sure.

    What looks like paper from end to end may be a ground on which a sheet lies far away.
    """
    sheet, verdicts = sheets.looked_at(findings.readings, working, sure)
    if sheet is not None:
        return _cropped(image, working, decoded, sheet, Slot.SIGNATURE)
    if verdicts is None:
        return _kept(image, working, decoded, findings, Slot.SIGNATURE)
    if sure is None and all(remark.code == "no_ink" for remark in verdicts):
        verdicts = lost(image, decoded, Slot.SIGNATURE) or verdicts
    verdicts = verdicts or light(working)
    return Decision("reject" if verdicts else "keep", None, 1.0, 0.0, 0, verdicts)


def _drawn(sheet: sheets.Sheet, working: Image.Image, decoded: Decoded) -> Decision:
    if sheet.quad is None:
        return Decision("reject", None, 1.0, sheet.confidence, 0, sheet.verdicts)
    ratio = float(np.divide(*(sheet.quad[2] - sheet.quad[0])))
    return Decision("crop", sheet.quad * (decoded.width / working.width), ratio, sheet.confidence, 0)


def _inside_another(best: Reading, readings: list[Reading]) -> bool:
    """True when the choice is a part, or a crooked view, of what is plainly another document, or the whole card."""
    middle = best.quad.mean(axis=0)
    others = [r for r in readings if r is not best and quads.contains(r.quad, middle)]
    fits = best.own * best.edges
    foreign = any(r.is_foreign and r.other * r.edges > max(0.7, fits) and r.edges > best.edges - 0.15 for r in others)
    return foreign or any(
        r.corners > best.corners + 0.3 and r.is_whole and r.edges > best.edges - 0.05 and _larger(r, best)
        for r in others
    )


def _larger(one: Reading, other: Reading) -> bool:
    return quads.area(one.quad) > 1.03 * quads.area(other.quad)


def _kept(image: Image.Image, working: Image.Image, decoded: Decoded, findings: Findings, slot: Slot) -> Decision:
    """No crop: say what is wrong with the photo, else whether there was something, or something else."""
    readings = findings.readings
    confidence = max((reading.confidence for reading in readings), default=0.0)
    verdicts = faults(image, working, decoded, findings, slot)
    wrong = max((r.other * r.edges for r in readings if r.is_foreign), default=0.0)
    if not verdicts and slot is not Slot.SIGNATURE and wrong > 0.7:
        verdicts = [verdict("wrong_side", wrong)]
    elif not verdicts:
        verdicts = [verdict("no_card_found" if confidence < limit_of("no_card_found") else "not_cropped", confidence)]
    action = "reject" if any(remark.rejects for remark in verdicts) else "keep"
    return Decision(action, None, 1.0, confidence, 0, verdicts)


def kept(decision: Decision) -> Decision:
    """The same photo left as it is, because what was to be cropped may be less than the whole document."""
    doubt = min(decision.confidence, DOUBT)
    return Decision("keep", None, 1.0, doubt, 0, [verdict("not_cropped", doubt)])


def _cropped(image: Image.Image, working: Image.Image, decoded: Decoded, best: Reading, slot: Slot) -> Decision:
    margin = MARGIN * quads.sides(best.quad).max()
    quad = quads.grown(best.quad, np.full(4, margin)) * (decoded.width / working.width)
    here = quad * decoded.scale
    ratio = ratio_of(here, image, slot)
    verdicts = remarks(image, here, best, slot)
    verdicts += above("cut_off", quads.share_outside(quad, decoded.width, decoded.height))
    verdicts += too_small(quad, slot)
    action = "reject" if any(remark.rejects for remark in verdicts) else "crop"
    return Decision(action, quad, ratio, best.confidence, turns_of(quad), verdicts)


def turns_of(quad: Quad) -> int:
    """Clockwise quarter turns that bring the photo nearest to the output's way up."""
    top = quad[1] - quad[0]
    return int(np.rint(-np.degrees(np.arctan2(top[1], top[0])) / 90)) % 4
