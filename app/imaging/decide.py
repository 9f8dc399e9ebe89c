"""Crop, keep or reject: the candidates weighed by their edges, their shape and what is inside them."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from PIL import Image
from skimage.color import rgb2lab

from app.imaging import flatten, layout, lines, quads, signature
from app.imaging import quality as judged
from app.imaging.find import Candidate, find_candidates
from app.imaging.fit import Fit, fit
from app.imaging.intake import Decoded, Pixels, shrink
from app.imaging.quads import Quad
from app.imaging.slots import CARD_ASPECT, Slot, shape_of
from app.imaging.verdicts import Verdict, above, below, limit_of, verdict

SEARCH_LONGEST: Final = 512
FIT_LONGEST: Final = 1600
MARGIN: Final = 0.002
"""Of the longer side of the document, added all around."""
SHEET_PATCH: Final = (320, 200)


@dataclass(frozen=True)
class Decision:
    """What to do with a photo: `quad` in EXIF-applied pixels of the original, `ratio` the output's width / height."""

    action: str
    quad: Quad | None
    ratio: float
    confidence: float
    quarter_turns_cw: int
    verdicts: list[Verdict] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """A candidate read: fitted sides, the way up, how well the asked and the other documents fit, confidence."""

    fitted: Fit
    quad: Quad
    own: float
    other: float
    confidence: float
    sure_of_turn: bool = True


def decide(image: Image.Image, decoded: Decoded, slot: Slot) -> Decision:
    """Weigh everything that is seen in a decoded photo (its pixels may be smaller than the original)."""
    working = shrink(image, FIT_LONGEST)
    scale = working.width / decoded.width
    readings = _readings(working, slot)
    best = max(readings, key=lambda reading: reading.confidence, default=None)
    dark = _brightest_tenth(working)
    if best is None or best.confidence < limit_of("not_cropped"):
        return _kept(best, readings, dark, slot)
    return _cropped(image, decoded, best, scale, slot)


def _readings(working: Image.Image, slot: Slot) -> list[Reading]:
    small = shrink(working, SEARCH_LONGEST)
    if min(small.size) < 48:
        return []
    lab = rgb2lab(np.asarray(small).astype(np.float32) / 255).astype(np.float32)
    candidates = find_candidates(lines.edge_field(lab), shape_of(slot), most=14)
    factor = working.width / small.width
    pixels = np.asarray(working)
    found: list[Reading] = []
    for candidate in candidates:
        reading = _read(working, pixels, replace(candidate, quad=(candidate.quad + 0.5) * factor), slot, factor)
        found.append(reading)
        if reading.confidence > 0.85:
            break
    return found


def _read(working: Image.Image, pixels: Pixels, candidate: Candidate, slot: Slot, factor: float) -> Reading:
    try:
        fitted = fit(pixels, candidate.quad, reach=3.0 * factor)
    except np.linalg.LinAlgError:
        fitted = Fit(candidate.quad, candidate.support * 0, candidate.support * 0)
    if not quads.is_convex(fitted.quad) or quads.area(fitted.quad) < 100:
        return Reading(fitted, candidate.quad, 0.0, 0.0, 0.0)
    quad = fitted.quad
    ratio = quads.aspect(quad, working.width, working.height)
    if ratio < 1:
        quad, ratio = quads.turned(quad, 1), 1 / max(ratio, 1e-6)
    if slot is Slot.SIGNATURE:
        return _sheet(working, fitted, quad)
    return _card(working, fitted, quad, ratio, slot)


def _card(working: Image.Image, fitted: Fit, quad: Quad, ratio: float, slot: Slot) -> Reading:
    seen = layout.look(flatten.patch(working, quad, layout.PATCH))
    upright, down = layout.fitness(seen), layout.fitness(_upside_down(seen))
    if slot is Slot.BANK_CARD:
        foreign = max(upright.portrait, upright.emblem, down.portrait, down.emblem)
        own, own_down = upright.bank * (1 - foreign), down.bank * (1 - foreign)
    else:
        other = Slot.ID_EMBLEM if slot is Slot.ID_PORTRAIT else Slot.ID_PORTRAIT
        own, own_down = upright.of(slot), down.of(slot)
        foreign = max(upright.of(other), down.of(other))
    if own_down > own:
        quad, own = quads.turned(quad, 2), own_down
    shape = float(np.clip(1.6 - abs(np.log(ratio / CARD_ASPECT)) / 0.10, 0, 1))
    confidence = _edges(fitted) * own**0.5 * shape * (1.0 if own > foreign else 0.3)
    return Reading(fitted, quad, own, foreign, confidence)


def _sheet(working: Image.Image, fitted: Fit, quad: Quad) -> Reading:
    written = signature.judge(layout.look(flatten.patch(working, quad, SHEET_PATCH)))
    turns = written.quarter_turns_cw if written.sure_of_turn else _nearest_upright(quad)
    return Reading(
        fitted,
        quads.turned(quad, turns),
        written.fitness,
        0.0,
        _edges(fitted) * written.fitness**0.5,
        written.sure_of_turn,
    )


def _nearest_upright(quad: Quad) -> int:
    """Half a turn when the sheet's top is nearer to the bottom of the photo."""
    return 2 if quad[0, 1] + quad[1, 1] > quad[2, 1] + quad[3, 1] + 1e-6 else 0


def _upside_down(seen: layout.Look) -> layout.Look:
    flip = (slice(None, None, -1), slice(None, None, -1))
    return layout.Look(seen.lab[flip], seen.stock, seen.ink[flip], seen.solid[flip], seen.red[flip])


def _edges(fitted: Fit) -> float:
    """How surely the four sides are there, 0 to 1; one side may be partly covered by a finger."""
    worst = np.sort(fitted.seen)
    strength = 0.2 * worst[0] + 0.3 * worst[1] + 0.5 * worst[2:].mean()
    return float(np.clip((strength - 0.30) / 0.35, 0, 1))


def _brightest_tenth(working: Image.Image) -> float:
    return float(np.percentile(judged.lightness(np.asarray(shrink(working, 256))), 90))


def _kept(best: Reading | None, readings: list[Reading], brightness: float, slot: Slot) -> Decision:
    """No crop: say whether something was there, and whether it was something else."""
    confidence = 0.0 if best is None else best.confidence
    verdicts = below("too_dark", brightness)
    wrong = max((r.other * _edges(r.fitted) for r in readings if r.other > r.own), default=0.0)
    if slot is not Slot.SIGNATURE and wrong > 0.8:
        verdicts.append(verdict("wrong_side", wrong))
    elif confidence < limit_of("no_card_found"):
        verdicts.append(verdict("no_card_found", confidence))
    else:
        verdicts.append(verdict("not_cropped", confidence))
    action = "reject" if any(remark.rejects for remark in verdicts) else "keep"
    return Decision(action, None, 1.0, confidence, 0, verdicts)


def _cropped(image: Image.Image, decoded: Decoded, best: Reading, scale: float, slot: Slot) -> Decision:
    ratio = CARD_ASPECT
    if slot is Slot.SIGNATURE:
        ratio = float(np.clip(quads.aspect(best.quad, *image.size), 0.5, 4.0))
    margin = MARGIN * quads.sides(best.quad).max()
    quad = quads.grown(best.quad, np.full(4, margin)) / scale
    verdicts = _remarks(image, quad * decoded.scale, best, slot, ratio)
    verdicts += above("cut_off", quads.share_outside(quad, decoded.width, decoded.height))
    verdicts += below("too_small", float(quads.sides(quad)[[0, 2]].max()))
    action = "reject" if any(remark.rejects for remark in verdicts) else "crop"
    return Decision(action, quad, ratio, best.confidence, _turns(quad), verdicts)


def _remarks(image: Image.Image, quad: Quad, best: Reading, slot: Slot, ratio: float) -> list[Verdict]:
    width = judged.READING_WIDTH
    found = judged.measure(flatten.patch(image, quad, (width, max(1, round(width / ratio)))))
    verdicts = below("blurred", found.sharpness) + below("too_dark", found.brightness)
    if slot is not Slot.SIGNATURE:
        verdicts += above("glare", found.glare)
    verdicts += below("low_contrast", float(np.median(best.fitted.contrast)))
    return verdicts


def _turns(quad: Quad) -> int:
    """Clockwise quarter turns that bring the photo nearest to the output's way up."""
    top = quad[1] - quad[0]
    return int(np.rint(-np.degrees(np.arctan2(top[1], top[0])) / 90)) % 4
