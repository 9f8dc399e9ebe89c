"""Crop, keep or reject: the candidates weighed by their edges, their shape and what is inside them."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image
from skimage.color import rgb2lab

from app.imaging import flatten, lines, quads, sheets
from app.imaging import quality as judged
from app.imaging.evidence import Reading, weigh_content, weigh_edges
from app.imaging.find import find_candidates
from app.imaging.fit import Fit, fit
from app.imaging.intake import Decoded, Pixels, shrink
from app.imaging.quads import Quad
from app.imaging.slots import CARD_ASPECT, Slot, shape_of
from app.imaging.verdicts import Verdict, above, below, limit_of, verdict

SEARCH_LONGEST: Final = 512
FIT_LONGEST: Final = 1600
PHOTO_DARKER: Final = 12.0
"""The ground may be darker than the document: a whole photo is too dark only so much (L*) below the limit."""
MARGIN: Final = 0.002
"""Of the longer side of the document, added all around."""
CANDIDATES: Final = 12
READ: Final = 5
"""So many candidates are fitted, and of so many the contents are looked at."""


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
    readings = readings_of(working, slot)
    best = readings[0] if readings else None
    sure = best is not None and best.confidence >= limit_of("not_cropped")
    if slot is Slot.SIGNATURE:
        return _sheet(image, working, decoded, readings, best if sure else None)
    if best is not None and sure and not _inside_another(best, readings):
        return _cropped(image, working, decoded, best, slot)
    return _kept(image, working, readings, slot)


def _sheet(
    image: Image.Image, working: Image.Image, decoded: Decoded, readings: list[Reading], sure: Reading | None
) -> Decision:
    """A sheet has no layout of its own: it is looked at as paper before it is cropped, and again if none was sure."""
    sheet, verdicts = sheets.looked_at(readings, working, sure)
    if sheet is not None:
        return _cropped(image, working, decoded, sheet, Slot.SIGNATURE)
    if verdicts is None:
        return _kept(image, working, readings, Slot.SIGNATURE)
    verdicts = verdicts or _light(working)
    return Decision("reject" if verdicts else "keep", None, 1.0, 0.0, 0, verdicts)


def _drawn(sheet: sheets.Sheet, working: Image.Image, decoded: Decoded) -> Decision:
    if sheet.quad is None:
        return Decision("reject", None, 1.0, sheet.confidence, 0, sheet.verdicts)
    ratio = float(np.divide(*(sheet.quad[2] - sheet.quad[0])))
    return Decision("crop", sheet.quad * (decoded.width / working.width), ratio, sheet.confidence, 0)


def _inside_another(best: Reading, readings: list[Reading]) -> bool:
    """True when the choice is a part, or a crooked view, of what is plainly a document of another kind."""
    middle = best.quad.mean(axis=0)
    foreign = (r for r in readings if r is not best and r.is_foreign and r.other * r.edges > 0.7)
    return any(quads.contains(r.quad, middle) and r.edges > best.edges - 0.15 for r in foreign)


def readings_of(working: Image.Image, slot: Slot) -> list[Reading]:
    """The candidates of a photo, fitted and weighed; the contents of the few with the best edges only."""
    times = max(1, round(max(working.size) / SEARCH_LONGEST))
    small = working.reduce(times)
    if min(small.size) < 48:
        return []
    lab = rgb2lab(np.asarray(small).astype(np.float32) / 255).astype(np.float32)
    factor = float(times)
    pixels = np.asarray(working)
    found = []
    for candidate in find_candidates(lines.edge_field(lab), shape_of(slot), most=CANDIDATES):
        fitted = _fitted(pixels, (candidate.quad + 0.5) * factor, reach=3.0 * factor)
        if fitted is not None:
            found.append(weigh_edges(fitted, candidate.beyond, slot, working.size))
    found.sort(key=lambda reading: -reading.rank)
    return _read_in_turn(found[:READ], working, pixels, slot)


def _read_in_turn(found: list[Reading], working: Image.Image, pixels: Pixels, slot: Slot) -> list[Reading]:
    """The best edges first, until no other candidate can come out higher: contents only ever lower a rank."""
    read: list[Reading] = []
    for reading in found:
        if any(done.rank >= reading.rank for done in read):
            break
        read.append(weigh_content(reading, working, slot))
    read.sort(key=lambda reading: -reading.rank)
    if read:
        bare = _unsleeved(read[0], pixels, slot)
        if bare is not read[0]:
            read.insert(0, weigh_content(bare, working, slot))
    return read


def _unsleeved(reading: Reading, pixels: Pixels, slot: Slot) -> Reading:
    """A card in a clear sleeve or case has a second frame of edges a little inside the first: that is the card."""
    if slot is Slot.SIGNATURE or reading.edges < 0.5:
        return reading
    size = (pixels.shape[1], pixels.shape[0])
    length = float(quads.sides(reading.quad).max())
    for share in (0.030, 0.055, 0.08):
        shrunk = quads.grown(reading.quad, np.full(4, -share * length))
        fitted = _fitted(pixels, shrunk, reach=0.016 * length)
        if fitted is None or fitted.contrast.min() < 4 or fitted.seen.min() < 0.55:
            continue
        inner = weigh_edges(fitted, 0.0, slot, size)
        if quads.area(inner.quad) < 0.97 * quads.area(reading.quad) and inner.shape > 0.8 * reading.shape:
            return inner
    return reading


def _fitted(pixels: Pixels, quad: Quad, reach: float) -> Fit | None:
    try:
        fitted = fit(pixels, quad, reach=reach)
    except np.linalg.LinAlgError:
        return None
    return fitted if quads.is_convex(fitted.quad) and quads.area(fitted.quad) > 100 else None


def _kept(image: Image.Image, working: Image.Image, readings: list[Reading], slot: Slot) -> Decision:
    """No crop: say what is wrong with the photo, else whether there was something, or something else."""
    confidence = max((reading.confidence for reading in readings), default=0.0)
    verdicts = _faults(image, working, readings, slot)
    wrong = max((r.other * r.edges for r in readings if r.is_foreign), default=0.0)
    if not verdicts and slot is not Slot.SIGNATURE and wrong > 0.7:
        verdicts = [verdict("wrong_side", wrong)]
    elif not verdicts:
        verdicts = [verdict("no_card_found" if confidence < limit_of("no_card_found") else "not_cropped", confidence)]
    action = "reject" if any(remark.rejects for remark in verdicts) else "keep"
    return Decision(action, None, 1.0, confidence, 0, verdicts)


def _faults(image: Image.Image, working: Image.Image, readings: list[Reading], slot: Slot) -> list[Verdict]:
    """What may have hidden the document: no light, too much of it; or on something whole that can hardly be read."""
    verdicts = _light(working)
    whole = next((r for r in readings if r.is_whole and r.edges > 0.7 and r.own > 0.15 and r.other < 0.5), None)
    if not verdicts and whole is not None:
        quad = whole.quad * (image.width / working.width)
        verdicts = [v for v in _remarks(image, quad, whole, slot, _ratio(quad, image, slot)) if v.rejects]
    return verdicts


def _light(working: Image.Image) -> list[Verdict]:
    """Too little of it or too much on the photo as a whole."""
    small = np.asarray(shrink(working, 256))
    verdicts = below("too_dark", float(np.percentile(judged.lightness(small), 98)) + PHOTO_DARKER)
    return verdicts + above("overexposed", float((small.min(axis=2) >= 250).mean()))


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
        return CARD_ASPECT
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
