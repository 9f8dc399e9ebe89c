"""From a photo to weighed candidates: first by its edges, then, when that is not enough, with all print wiped out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.color import rgb2lab

from app.imaging import lines, quads
from app.imaging.evidence import Reading, missing_side, weigh_content, weigh_edges
from app.imaging.find import Candidate, Crossings, closed
from app.imaging.fit import Fit, fit
from app.imaging.intake import Pixels
from app.imaging.lines import Field
from app.imaging.open_sides import OPEN, find_open
from app.imaging.quads import Floats, Quad
from app.imaging.rounding import roundness
from app.imaging.slots import CARD_ASPECT, Slot, shape_of
from app.imaging.verdicts import limit_of

SEARCH_LONGEST: Final = 512
CANDIDATES: Final = 12
STAGES: Final = (0, 5, CANDIDATES, 24)
"""So many are fitted at first; the next only if none of these is plainly the card, the last only if none is sure."""
PLAIN: Final = 0.95
ROUND: Final = 0.7
"""What is plainly a card: so sure, and with corners so round."""
READ: Final = 5
"""Of the candidates fitted at a time, of so many the contents are looked at."""
STROKE: Final = 9
"""Pixels of the small picture: dark print with thinner strokes disappears in the second look."""
OPEN_REACH: Final = 0.08
"""Of the longer side: so far the fourth side may be from where three sides and the shape of a card put it."""
LARGE: Final = 0.25
"""Of the picture's longer side: what is cut off and smaller is a key of a keyboard, or lies beside the card."""
EDGE: Final = 0.03
"""Of the picture's longer side: so near to its end both sides of a card that is cut off are still seen."""
SLEEVE: Final = 0.05
"""Of the longer side: a sleeve or a case reaches about so far beyond the card, up to twice as far."""
HARDLY_ROUND: Final = 0.5
LESS_ROUND: Final = 0.05
"""A card in a sleeve has rounder corners than the sleeve, or no less round ones; a part of the card has not."""
FRAME_STEP: Final = 8.0
"""ΔE by which the rim of a sleeve at least differs from the card in it."""
CERTAIN: Final = 0.85
"""With a candidate of this confidence nobody looks twice."""


@dataclass(frozen=True)
class Findings:
    """What was seen in a photo: the candidates, best first, and how much of a card lies outside the picture (share)."""

    readings: list[Reading]
    outside: float = 0.0
    cut: Quad | None = None
    """Corners of the card that lies partly outside, in pixels of the working picture."""

    def is_part(self, reading: Reading) -> bool:
        """Whether a reading lies in the card that is cut off: a part of it, and no card."""
        return self.cut is not None and quads.contains(self.cut, reading.quad.mean(axis=0))


def search(working: Image.Image, slot: Slot) -> Findings:
    """The candidates of a photo, fitted and weighed; of the few with the best edges also the contents."""
    times = max(1, round(max(working.size) / SEARCH_LONGEST))
    small = working.reduce(times)
    if min(small.size) < 48:
        return Findings([])
    lab = rgb2lab(np.asarray(small).astype(np.float32) / 255).astype(np.float32)
    photo = _Photo(working, np.asarray(working), slot, float(times))
    looks = [_Look(lab)]
    read = _closed(photo, looks[0])
    if not (_best(read) >= CERTAIN or _is_another(read)):
        looks.append(_Look(without_print(lab)))
        read = _ranked(read + _closed(photo, looks[1]))
    outside, cut = 0.0, None
    if slot is not Slot.SIGNATURE and not (_is_settled(read) or _is_another(read)):
        opened = [candidate for look in looks for candidate in find_open(look.lines, look.table)]
        read = _ranked(read + _completed(photo, opened))
        outside, cut = _cut_off(photo, opened)
    return Findings(_bare_first(read, working, slot), outside, cut)


def _is_settled(read: list[Reading]) -> bool:
    """Sure, and with a card's corners: nobody need ask whether it is a part of a card that is cut off."""
    return bool(read) and read[0].confidence >= limit_of("not_cropped") and read[0].corners > HARDLY_ROUND


def _cut_off(photo: "_Photo", opened: list[Candidate]) -> tuple[float, Quad | None]:
    """The card of which most lies outside the picture: how much (share), and its corners; 0 and None without one."""
    outside, most = 0.0, None
    for candidate in opened:
        share = _outside(photo, candidate)
        if share > outside:
            outside, most = share, photo.quad(candidate)
    return outside, most


@dataclass(frozen=True)
class _Photo:
    working: Image.Image
    pixels: Pixels
    slot: Slot
    factor: float

    def quad(self, candidate: Candidate) -> Quad:
        """A candidate's corners in pixels of the working picture."""
        return (candidate.quad + 0.5) * self.factor


class _Look:
    """The straight lines of a small picture and where they cross."""

    def __init__(self, lab: Field) -> None:
        field = lines.edge_field(lab)
        self.lines = lines.find_lines(field)
        self.table = Crossings(self.lines, field)


def _best(read: list[Reading]) -> float:
    return read[0].confidence if read else 0.0


def _ranked(read: list[Reading]) -> list[Reading]:
    return sorted(read, key=lambda reading: -reading.rank)


def without_print(lab: Field) -> Field:
    """The picture as if nothing was printed on anything: on a newspaper the card is the only thing left with sides."""
    wiped = np.empty_like(lab)
    wiped[..., 0] = ndimage.grey_closing(lab[..., 0], (STROKE, STROKE))
    wiped[..., 1:] = ndimage.gaussian_filter(lab[..., 1:], (2.5, 2.5, 0))
    return wiped


def _closed(photo: _Photo, look: _Look) -> list[Reading]:
    """The candidates with four sides among the lines."""
    if len(look.lines.angles) < 4:
        return []
    candidates = closed(look.lines, look.table, shape_of(photo.slot), STAGES[-1])
    found: list[Reading] = []
    read: list[Reading] = []
    for start, stop in pairwise(STAGES):
        fitted = _weighed(photo, candidates[start:stop])
        found += fitted
        read = _read_in_turn(_ranked(fitted)[:READ], photo.working, photo.slot, read)
        if _is_enough(read, stop, photo.slot):
            break
    if photo.slot is Slot.SIGNATURE:  # a sheet that goes on beyond the picture is no choice, but explains one
        read += [one for one in found if missing_side(one.fitted) is not None and not _is_read(one, read)]
    return read


def _weighed(photo: _Photo, candidates: list[Candidate]) -> list[Reading]:
    """Candidates fitted, by their edges alone."""
    found = []
    for candidate in candidates:
        fitted = _fitted(photo.pixels, photo.quad(candidate), reach=3.0 * photo.factor)
        if fitted is not None:
            found.append(weigh_edges(fitted, candidate.beyond, photo.slot, photo.working.size))
    return found


def _is_enough(read: list[Reading], looked_at: int, slot: Slot) -> bool:
    """Of the few that are looked at first one must be plainly the card; later it is enough that one is sure."""
    if not read or (looked_at < CANDIDATES and slot is Slot.SIGNATURE):
        return False
    best = read[0]
    if looked_at < CANDIDATES:
        return best.is_whole and best.confidence > PLAIN and best.corners > ROUND
    return best.confidence >= limit_of("not_cropped") or _is_another(read)


def _is_another(read: list[Reading]) -> bool:
    """Nothing is sure, and one is plainly another document, such as the other side: looking on would only take time."""
    if _best(read) >= limit_of("not_cropped"):
        return False
    return any(one.is_foreign and one.other * one.edges > PLAIN for one in read if one.corners > ROUND)


def _is_read(one: Reading, read: list[Reading]) -> bool:
    return any(one.fitted is done.fitted for done in read)


def _completed(photo: _Photo, opened: list[Candidate]) -> list[Reading]:
    """Cards with three sides among the lines, where a faint fourth one is found near the place it must have."""
    found = []
    for candidate in opened:
        quad = photo.quad(candidate)
        if quads.share_outside(quad, *photo.working.size) > 0.01:
            continue
        wide = _fitted(photo.pixels, quad, reach=OPEN_REACH * float(quads.sides(quad).max()))
        if wide is None:
            continue
        is_open = np.arange(4) == OPEN
        again = _fitted(photo.pixels, quads.mixed(quad, wide.quad, is_open), reach=3.0 * photo.factor)
        if again is not None and again.seen[OPEN] > 0.5 and again.contrast[OPEN] > 1.5:
            found.append(weigh_edges(again, 0.0, photo.slot, photo.working.size))
    return _read_in_turn(_ranked(found)[:READ], photo.working, photo.slot)


def _outside(photo: _Photo, candidate: Candidate) -> float:
    """How much of a card lies outside the picture: two of its round corners and what is between them are inside."""
    quad = photo.quad(candidate)
    share = max(quads.share_outside(quad, *photo.working.size), _share_beyond(quad, photo.working.size))
    seen = float(np.delete(candidate.support, OPEN).min())
    small = quads.sides(quad).max() < LARGE * max(photo.working.size)
    if share < limit_of("cut_off") or seen < 0.65 or small:
        return 0.0
    corners = roundness(photo.working, quad)
    return share if min(corners[0], corners[3]) > 0.6 else 0.0


def _share_beyond(quad: Quad, size: tuple[int, int]) -> float:
    """How much of a card is missing where the picture ends, by its shape in space.

    Seen askew a card is longer than it looks. The shape is known to a tenth; less than that is not said to be missing.
    """
    ends = quad[[OPEN, OPEN + 1]]
    if min(ends.min(), (np.array(size) - ends).min()) > EDGE * max(size):
        return 0.0
    ratio = max(quads.aspect(quad, *size), 1e-6)
    whole = min((CARD_ASPECT, 1 / CARD_ASPECT), key=lambda each: abs(np.log(ratio / each)))
    share = 1 - (1 - quads.share_outside(quad, *size)) * ratio / whole
    return share if 0.1 < share < 0.5 else 0.0


def _read_in_turn(
    found: list[Reading], working: Image.Image, slot: Slot, before: Sequence[Reading] = ()
) -> list[Reading]:
    """The best edges first, until no other candidate can come out higher: contents only ever lower a rank."""
    read = list(before)
    for reading in found:
        if any(done.rank >= reading.rank for done in read):
            break
        read.append(weigh_content(reading, working, slot))
    read.sort(key=lambda reading: -reading.rank)
    return read


def _bare_first(read: list[Reading], working: Image.Image, slot: Slot) -> list[Reading]:
    """In front of a choice that turns out to be a sleeve or a case, the document in it."""
    inner = _unsleeved(read[0], np.asarray(working), slot) if read else None
    if inner is None:
        return read
    bare = weigh_content(inner, working, slot)
    is_as_good = bare.confidence > 0.8 * read[0].confidence and bare.corners > read[0].corners - LESS_ROUND
    return [bare, *read] if is_as_good else read


def _unsleeved(reading: Reading, pixels: Pixels, slot: Slot) -> Reading | None:
    """A document in a clear sleeve or a case has a second edge a little inside of all or some of its sides."""
    if reading.edges < 0.5:
        return None
    length = float(quads.sides(reading.quad).max())
    shrunk = quads.grown(reading.quad, np.full(4, -SLEEVE * length))
    fitted = _fitted(pixels, shrunk, reach=0.85 * SLEEVE * length)
    if fitted is None:
        return None
    seen = (fitted.seen > 0.55) & (fitted.contrast > 4)
    to_card, to_ground = _between(pixels, fitted.quad, reading.quad)
    inner = seen & (to_card > to_ground)
    if slot in (Slot.ID_PORTRAIT, Slot.ID_EMBLEM):  # these have no printed frame
        inner |= seen & (to_card > FRAME_STEP) & (to_card > 0.3 * to_ground)
    if not inner.any():
        return None
    again = _fitted(pixels, quads.mixed(reading.quad, fitted.quad, inner), reach=3.0)
    if again is None or quads.area(again.quad) > 0.98 * quads.area(reading.quad):
        return None
    bare = weigh_edges(again, 0.0, slot, (pixels.shape[1], pixels.shape[0]))
    return bare if bare.shape > 0.7 * reading.shape else None


def _between(pixels: Pixels, inner: Quad, outer: Quad) -> tuple[Floats, Floats]:
    """How far what lies between two frames is in colour (ΔE) from what is inside and from what is outside, by sides.

    The ground seen through a sleeve is nearer to what is outside; the border of a printed card to what is inside.
    """
    along = np.linspace(0.15, 0.85, 36)[:, None]
    colours = []
    for depths in ((-0.9, -0.7, -0.5), (0.35, 0.5, 0.65), (1.5, 1.7, 1.9)):
        bands = []
        for depth in depths:
            frame = outer + depth * (inner - outer)
            ends = np.roll(frame, -1, axis=0)
            bands.append(frame[:, None] + along * (ends - frame)[:, None])
        points = np.concatenate(bands, axis=1)
        columns = np.clip(points[..., 0].astype(int), 0, pixels.shape[1] - 1)
        rows = np.clip(points[..., 1].astype(int), 0, pixels.shape[0] - 1)
        colours.append(np.median(rgb2lab(pixels[rows, columns].astype(np.float32) / 255), axis=1))
    ground, between, card = colours
    stock = np.median(card, axis=0)  # a photo printed near one side is not yet the card
    to_card = np.minimum(np.linalg.norm(between - card, axis=1), np.linalg.norm(between - stock, axis=1))
    return to_card, np.linalg.norm(between - ground, axis=1)


def _fitted(pixels: Pixels, quad: Quad, reach: float) -> Fit | None:
    try:
        fitted = fit(pixels, quad, reach=reach)
    except np.linalg.LinAlgError:
        return None
    return fitted if quads.is_convex(fitted.quad) and quads.area(fitted.quad) > 100 else None
