"""Why a document cannot be used or was not found: no light, too much of it, cut off, too far away, unreadable."""

from typing import Final

import numpy as np
from PIL import Image

from app.imaging import far, flatten, quads
from app.imaging import quality as judged
from app.imaging.evidence import MAIN_SUBJECT, Reading
from app.imaging.intake import Decoded, shrink
from app.imaging.quads import Quad
from app.imaging.search import Findings
from app.imaging.slots import CARD_ASPECT, Slot
from app.imaging.verdicts import Verdict, above, below, limit_of

PHOTO_DARKER: Final = 28.0
"""The ground may be darker than the document: a whole photo is too dark only so much (L*) below the limit."""
GLINT_DARKER: Final = 12.0
"""So much, where not even a glint (the brightest 0.1 %) is brighter: a dark table under a lamp has glints."""
BURNT: Final = 250
"""Of 255: a colour that is lighter has reached its end."""
EVERY: Final = 5
"""So many pixels from one that is looked at to the next."""
WHITE_SOMEWHERE: Final = 0.06
"""Of the photo, burnt out in all three colours: where it is less, the light was bright but not too much."""
BANK_SHARPNESS: Final = 0.25
"""The figures of a bank card are about twice as high as the print of an identity card, and may be so much softer."""
WHOLE: Final = 0.65
"""How plain the sides of a document must be before it is judged; movement makes them soft too."""
ROUND: Final = 0.6
"""Corners rounder than this are those of a card, though nothing on it can be read."""
KNOWN: Final = 0.3
"""How well some document must fit what is called too small: a key of a keyboard has a card's shape and corners."""
LEAST_ROUND: Final = 0.5
PLAINLY_SEEN: Final = 0.6
"""A chip, a logo or a pattern has square corners, or sides that are hardly there."""
SMALL: Final = 0.16
"""Of the longer side of the picture: a card that is longer is not far away."""
ANOTHER: Final = 0.9
HARDLY_ROUND: Final = 0.5
"""How plainly, and with corners how round, a large document must be another one."""
SMALLEST_SIGNATURE: Final = 250.0
"""Pixels along the longer side of a sheet: handwriting is larger than the print of a card."""


def faults(image: Image.Image, working: Image.Image, decoded: Decoded, findings: Findings, slot: Slot) -> list[Verdict]:
    """The first fault that explains why no document was found, by the size of what it hides."""
    whole = next((reading for reading in findings.readings if _is_document(reading, slot, working)), None)
    return (
        light(working)
        or (above("cut_off", findings.outside) if whole is None or not _is_card(whole, findings) else [])
        or (_far_away(image, working, decoded, findings, slot) if whole is None else [])
        or (_unreadable(image, working, whole, slot) if whole is not None else [])
    )


def light(working: Image.Image) -> list[Verdict]:
    """The whole photo is too dark, or nearly all of it is burnt out."""
    small = np.asarray(shrink(working, 256))
    brightest, glint = np.percentile(judged.lightness(small), (98, 99.9))
    reaches = float(min(brightest + PHOTO_DARKER, glint + GLINT_DARKER))
    return below("too_dark", reaches) + burnt(working)


def burnt(working: Image.Image) -> list[Verdict]:
    """Nearly all of the photo is burnt out: in every colour somewhere, and in one colour nearly everywhere.

    A blue sheet or a white page in good light reaches the end of one colour, but not of all three.
    """
    small = np.asarray(working)[::EVERY, ::EVERY]
    if float((small.min(axis=2) >= BURNT).mean()) < WHITE_SOMEWHERE:
        return []
    return above("overexposed", float((small.max(axis=2) >= BURNT).mean()))


def remarks(image: Image.Image, quad: Quad, best: Reading, slot: Slot) -> list[Verdict]:
    """What can be said of the document that lies within `quad` (pixels of the image) once it is flattened."""
    ratio = ratio_of(quad, image, slot)
    width = judged.READING_WIDTH
    found = judged.measure(flatten.patch(image, quad, (width, max(1, round(width / ratio)))))
    verdicts = _soft(found.sharpness, slot) + below("too_dark", found.brightness)
    verdicts += above("overexposed", found.burnt) + above("glare", found.glare)
    return verdicts + below("low_contrast", float(np.median(best.fitted.contrast)))


def _soft(sharpness: float, slot: Slot) -> list[Verdict]:
    if slot is Slot.BANK_CARD:
        return [Verdict("blurred", sharpness, BANK_SHARPNESS)] if sharpness < BANK_SHARPNESS else []
    return below("blurred", sharpness)


def too_small(quad: Quad, slot: Slot) -> list[Verdict]:
    """The remark, if a document with these corners (pixels of the original) has too few pixels to be read."""
    longer = float(quads.sides(quad).max())
    if slot is Slot.SIGNATURE:
        return [Verdict("too_small", longer, SMALLEST_SIGNATURE)] if longer < SMALLEST_SIGNATURE else []
    return below("too_small", longer)


def ratio_of(quad: Quad, image: Image.Image, slot: Slot) -> float:
    """Width over height of the output: a bank card may stand on its short side, a sheet may have any shape."""
    if slot is Slot.SIGNATURE:
        return float(np.clip(quads.aspect(quad, *image.size), 0.5, 4.0))
    top, right, bottom, left = quads.sides(quad)
    return CARD_ASPECT if slot is not Slot.BANK_CARD or top + bottom >= right + left else 1 / CARD_ASPECT


def _far_away(
    image: Image.Image, working: Image.Image, decoded: Decoded, findings: Findings, slot: Slot
) -> list[Verdict]:
    """Something that is plainly a card, or a sheet with handwriting, with too few pixels."""
    for reading in findings.readings:
        small = float(quads.sides(reading.quad).max()) < SMALL * max(working.size)
        known = max(reading.own, reading.other) > KNOWN and reading.corners > LEAST_ROUND
        if reading.is_whole and reading.edges > 0.8 and small and known and reading.fitted.seen.min() > PLAINLY_SEEN:
            return too_small(reading.quad * (decoded.width / working.width), slot)
    if any(_is_main_subject(reading, working) for reading in findings.readings):
        return []  # the glass is for specks in a photo that shows nothing else, and it is slow
    return lost(image, decoded, slot)


def lost(image: Image.Image, decoded: Decoded, slot: Slot) -> list[Verdict]:
    """The remark, if a document is so far away that it is only a spot in the picture."""
    quad = far.far_away(image, decoded, slot)
    return [] if quad is None else too_small(quad, slot)


def _is_main_subject(reading: Reading, working: Image.Image) -> bool:
    """Plainly another document, and a large one."""
    plain = reading.is_foreign and reading.other * reading.edges > ANOTHER and reading.corners > HARDLY_ROUND
    return plain and quads.area(reading.quad) > MAIN_SUBJECT * working.width * working.height


def _is_card(whole: Reading, findings: Findings) -> bool:
    """Whether it is the card itself, sure enough to be cropped, and no part of one that is cut off."""
    return whole.own >= 0.5 and whole.confidence >= limit_of("not_cropped") and not findings.gives_way(whole)


def _unreadable(image: Image.Image, working: Image.Image, whole: Reading, slot: Slot) -> list[Verdict]:
    quad = whole.quad * (image.width / working.width)
    return [remark for remark in remarks(image, quad, whole, slot) if remark.rejects]


def _is_document(reading: Reading, slot: Slot, working: Image.Image) -> bool:
    """Something whole of the right shape that shows a little of the document asked for; or plainly a large card."""
    if not reading.is_whole or reading.edges < WHOLE:
        return False
    if reading.own > 0.15:
        return reading.other <= max(0.5, reading.own)  # of a bank card that fits nothing else may be said
    large = quads.area(reading.quad) > MAIN_SUBJECT * working.width * working.height
    return slot is not Slot.SIGNATURE and large and reading.corners > ROUND
