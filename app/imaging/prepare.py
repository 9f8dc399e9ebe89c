"""One photo from bytes to a flat, upright, judged picture, or the original kept when that is safer."""

import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from PIL import Image

from app.imaging import encode, flatten, quads, sheets
from app.imaging import ink as lifting
from app.imaging.decide import Decision, decide, kept, turns_of
from app.imaging.faults import too_small
from app.imaging.intake import MAX_BYTES, MAX_PIXELS, MAX_PIXELS_WEBP, MAX_SIDE, Decoded, decode, examine, shrink
from app.imaging.outcome import Action, CornersRefused, Prepared
from app.imaging.quads import Quad
from app.imaging.slots import CARD_ASPECT, Slot

__all__ = ["Action", "CornersRefused", "Options", "Prepared", "checked_corners", "from_corners", "prepare"]

ENOUGH: Final = 2600
"""Pixels along the longer side that the photo keeps when it is decoded (and up to twice as many: the decoder halves).

A card across two thirds of it is still sharp at 1,600 pixels; a photo of 12 megapixels is taken as it is.
"""
SMALLEST_AREA: Final = 0.005
"""Of the picture: four corners around less than this are a slip of the hand."""


@dataclass(frozen=True)
class Options:
    """Limits of the intake, in bytes and pixels."""

    max_bytes: int = MAX_BYTES
    max_pixels: int = MAX_PIXELS
    max_side: int = MAX_SIDE
    max_pixels_webp: int = MAX_PIXELS_WEBP


def prepare(data: bytes, slot: Slot, *, options: Options | None = None) -> Prepared:
    """Examine, decode, find, judge and flatten one photo. Raises PhotoRefused when the bytes are not such a photo."""
    began = time.perf_counter()
    decoded = _taken_in(data, options or Options())
    image = decoded.image
    working = decoded.in_srgb(shrink(image, flatten.OUTPUT_LONGEST))
    return _outcome(image, working, decoded, decide(image, working, decoded, slot), slot, began)


def from_corners(data: bytes, quad: Any, slot: Slot, *, options: Options | None = None) -> Prepared:
    """Flatten the four corners that a person has set (EXIF-applied pixels, TL TR BR BL of the wanted output).

    Raises CornersRefused when they make no sense and PhotoRefused when the photo does not.
    """
    began = time.perf_counter()
    decoded = _taken_in(data, options or Options())
    corners = checked_corners(quad, decoded.width, decoded.height)
    image = decoded.image
    remarks = too_small(corners, slot)
    decision = Decision(Action.CROP.value, corners, _ratio(corners, decoded, slot), 1.0, turns_of(corners), remarks)
    upright = decoded.in_srgb(shrink(image, flatten.OUTPUT_LONGEST))
    return _outcome(image, upright, decoded, decision, slot, began, by_hand=True)


def checked_corners(quad: Any, width: int, height: int) -> Quad:
    """The corners as numbers; raises CornersRefused. Up to 2 % outside the picture is pulled in to its edge."""
    try:
        corners: Quad = np.asarray(quad, dtype=float)
    except (TypeError, ValueError) as error:
        raise CornersRefused("not_four") from error
    if corners.shape != (4, 2):
        raise CornersRefused("not_four")
    if not np.isfinite(corners).all():
        raise CornersRefused("not_finite")
    limits = np.array([width, height], dtype=float)
    slack = 0.02 * max(width, height)
    if (corners < -slack).any() or (corners > limits + slack).any():
        raise CornersRefused("outside")
    corners = np.minimum(np.maximum(corners, 0.0), limits)
    if not quads.is_convex(corners) or quads.area(corners) <= 0:
        raise CornersRefused("not_convex")
    if quads.area(corners) < SMALLEST_AREA * width * height or quads.sides(corners).min() < 8:
        raise CornersRefused("too_small")
    return corners


def _taken_in(data: bytes, options: Options) -> Decoded:
    examine(data, **asdict(options))
    return decode(data, enough=ENOUGH)


def _ratio(corners: Quad, decoded: Decoded, slot: Slot) -> float:
    """Width over height of the output; a person may also leave a card standing on its short side."""
    ratio = quads.aspect(corners, decoded.width, decoded.height)
    if slot is not Slot.SIGNATURE:
        for usual in (CARD_ASPECT, 1 / CARD_ASPECT):
            if abs(np.log(max(ratio, 1e-6) / usual)) < 0.18:
                return usual
    return float(np.clip(ratio, 0.2, 5.0))


def _outcome(
    image: Image.Image,
    upright: Image.Image,
    decoded: Decoded,
    decision: Decision,
    slot: Slot,
    began: float,
    *,
    by_hand: bool = False,
) -> Prepared:
    preview = encode.jpeg(upright)
    picture, ink = _picture(image, upright, decoded, decision), b""
    nothing_to_lift = decision.action == Action.REJECT and decision.quad is None
    if slot is Slot.SIGNATURE and not nothing_to_lift:
        found = lifting.find(picture)
        if decision.quad is not None and found.sideways and not by_hand:
            decision = replace(decision, quad=sheets.turned_to_print(decision.quad, found), ratio=1 / decision.ratio)
            picture = _picture(image, upright, decoded, decision)
            found = lifting.find(picture)
        if not by_hand and decision.action == Action.CROP and sheets.is_doubtful(found, decision.verdicts):
            decision = kept(decision)
            picture = upright
            found = lifting.find(picture)
        decision, ink = _lifted(found, decision, by_hand=by_hand)
    jpeg = preview if picture is upright else encode.jpeg(picture)
    return Prepared(
        Action(decision.action),
        None if decision.quad is None else [[round(float(x), 2), round(float(y), 2)] for x, y in decision.quad],
        round(float(decision.confidence), 4),
        decision.quarter_turns_cw,
        decision.verdicts,
        jpeg,
        encode.thumbnail(picture),
        preview,
        round((time.perf_counter() - began) * 1000, 1),
        ink,
    )


def _picture(image: Image.Image, upright: Image.Image, decoded: Decoded, decision: Decision) -> Image.Image:
    if decision.quad is None:
        return _turn(upright, decision.quarter_turns_cw)
    corners = decision.quad * decoded.scale
    return decoded.in_srgb(flatten.flatten(image, corners, flatten.output_size(corners, decision.ratio)))


def _lifted(found: lifting.Ink, decision: Decision, *, by_hand: bool) -> tuple[Decision, bytes]:
    """The handwriting of a sheet, and what is to be said of it; nothing is lifted off what may be no paper.

    Who sets the corners by hand has seen what is inside: that nothing is written there is not said to them.
    """
    if decision.action == Action.KEEP:
        if not found.is_paper or found.box is None:
            return decision, b""
        return replace(decision, verdicts=sheets.remarks(found, decision.verdicts)), lifting.cleaned(found) or b""
    if decision.quad is None:
        return decision, b""
    verdicts = [one for one in sheets.remarks(found, decision.verdicts) if not (by_hand and one.code == "no_ink")]
    rejected = any(remark.rejects for remark in verdicts)
    decision = replace(decision, action=(Action.REJECT if rejected else Action.CROP).value, verdicts=verdicts)
    return decision, b"" if rejected else lifting.cleaned(found) or b""


def _turn(image: Image.Image, quarter_turns_cw: int) -> Image.Image:
    methods = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}
    return image.transpose(methods[quarter_turns_cw]) if quarter_turns_cw else image
