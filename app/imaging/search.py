"""From a photo to weighed candidates: first by its edges, then, when that is not enough, with all print wiped out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.color import rgb2lab

from app.imaging import lines, quads
from app.imaging.cutting import CutOff, cut_off
from app.imaging.evidence import Reading, missing_side, weigh_content, weigh_edges
from app.imaging.find import Candidate, Crossings, closed
from app.imaging.fit import fitted_or_none
from app.imaging.intake import Pixels
from app.imaging.lines import Field
from app.imaging.nearby import closing
from app.imaging.open_sides import OPEN, find_cornered, find_open
from app.imaging.quads import Floats, Quad
from app.imaging.sleeves import unsleeved
from app.imaging.slots import Slot, shape_of
from app.imaging.verdicts import limit_of

SEARCH_LONGEST: Final = 512
CANDIDATES: Final = 12
STAGES: Final = (0, 5, CANDIDATES, 24)
"""So many are fitted at first; the next only if none of these is plainly the card, the last only if none is sure."""
PLAIN: Final = 0.95
ROUND: Final = 0.7
"""What is plainly a card: so sure, and with corners so round."""
TWINS: Final = 2.0
"""Pixels of the working picture: candidates whose corners are all nearer than this show the same."""
READ: Final = 5
"""Of the candidates fitted at a time, of so many the contents are looked at."""
LEAST_OUTLINE: Final = 0.1
"""A card's contents take ten times longer to look at than its sides; without sides there is nothing to say of it."""
STROKE: Final = 9
"""Pixels of the small picture: dark print with thinner strokes disappears in the second look."""
OPEN_REACH: Final = 0.08
"""Of the longer side: so far the fourth side may be from where three sides and the shape of a card put it."""
HARDLY_ROUND: Final = 0.5
LESS_ROUND: Final = 0.05
"""A card in a sleeve has rounder corners than the sleeve, or no less round ones; a part of the card has not."""
CERTAIN: Final = 0.85
"""With a candidate of this confidence nobody looks twice."""


@dataclass(frozen=True)
class Findings:
    """What was seen in a photo: the candidates, best first, and the card that lies partly outside the picture."""

    readings: list[Reading]
    cut: CutOff | None = None

    @property
    def outside(self) -> float:
        """How much of a card lies outside the picture (share)."""
        return self.cut.share if self.cut else 0.0

    def gives_way(self, reading: Reading) -> bool:
        """Whether a reading is a part of the card that is cut off, or is plainly less of a card than that one."""
        return self.cut is not None and self.cut.outdoes(reading)


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
    cut = None
    if slot is not Slot.SIGNATURE and not (_is_settled(read) or _is_another(read)):
        opened = [candidate for look in looks for candidate in find_open(look.lines, look.table)]
        read = _ranked(read + _completed(photo, opened))
        cornered = (photo.quad(one) for look in looks for one in find_cornered(look.lines, look.table))
        cut = cut_off(working, [(photo.quad(one), one.support) for one in opened], cornered)
        if cut is not None and cut.is_whole_in(read):
            cut = None
    return Findings(_bare_first(read, working, slot), cut)


def whole_ones(glass: Image.Image, slot: Slot, place: Floats, least_edges: float) -> Iterator[Reading]:
    """What has four plain sides around a place, by its edges alone: the few best of a first look, then of a second.

    Much quicker than a search: nothing is read, completed or cut off.
    """
    times = max(1, round(max(glass.size) / SEARCH_LONGEST))
    lab = rgb2lab(np.asarray(glass.reduce(times)).astype(np.float32) / 255).astype(np.float32)
    photo = _Photo(glass, np.asarray(glass), slot, float(times))
    done: list[Reading] = []
    for wipe in (False, True):
        look = _Look(without_print(lab) if wipe else lab)
        for one in _plain(photo, look, place, least_edges):
            if not any(_is_twin(one, each) for each in done):
                done.append(one)
                yield one


def _plain(photo: "_Photo", look: "_Look", place: Floats, least_edges: float) -> list[Reading]:
    if len(look.lines.angles) < 4:
        return []
    candidates = closed(look.lines, look.table, shape_of(photo.slot), CANDIDATES)
    around = [candidate for candidate in candidates if quads.contains(photo.quad(candidate), place)]
    return _ranked([one for one in _weighed(photo, around) if one.is_whole and one.edges > least_edges])[:READ]


def _is_settled(read: list[Reading]) -> bool:
    """Sure, and with a card's corners: nobody need ask whether it is a part of a card that is cut off."""
    return bool(read) and read[0].confidence >= limit_of("not_cropped") and read[0].corners > HARDLY_ROUND


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
    wiped[..., 0] = closing(lab[..., 0], STROKE)
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
        read = _read_in_turn(_worth_reading(fitted, photo.slot), photo.working, photo.slot, read)
        if _is_enough(read, stop, photo.slot):
            break
    if photo.slot is Slot.SIGNATURE:  # a sheet that goes on beyond the picture is no choice, but explains one
        read += [one for one in found if missing_side(one.fitted) is not None and not _is_read(one, read)]
    return read


def _weighed(photo: _Photo, candidates: list[Candidate]) -> list[Reading]:
    """Candidates fitted, by their edges alone."""
    found = []
    for candidate in candidates:
        fitted = fitted_or_none(photo.pixels, photo.quad(candidate), reach=3.0 * photo.factor)
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
        wide = fitted_or_none(photo.pixels, quad, reach=OPEN_REACH * float(quads.sides(quad).max()))
        if wide is None:
            continue
        is_open = np.arange(4) == OPEN
        again = fitted_or_none(photo.pixels, quads.mixed(quad, wide.quad, is_open), reach=3.0 * photo.factor)
        if again is not None and again.seen[OPEN] > 0.5 and again.contrast[OPEN] > 1.5:
            found.append(weigh_edges(again, 0.0, photo.slot, photo.working.size))
    return _read_in_turn(_worth_reading(found, photo.slot), photo.working, photo.slot)


def _worth_reading(found: list[Reading], slot: Slot) -> list[Reading]:
    """The few best; of cards only those with a card's sides: no others are cropped, named or in the way."""
    best = _ranked(found)[:READ]
    return best if slot is Slot.SIGNATURE else [one for one in best if one.outline > LEAST_OUTLINE]


def _read_in_turn(
    found: list[Reading], working: Image.Image, slot: Slot, before: Sequence[Reading] = ()
) -> list[Reading]:
    """The best edges first, until no other candidate can come out higher: contents only ever lower a rank."""
    read = list(before)
    for reading in found:
        if any(done.rank >= reading.rank for done in read):
            break
        if not any(_is_twin(reading, done) for done in read):
            read.append(weigh_content(reading, working, slot))
    read.sort(key=lambda reading: -reading.rank)
    return read


def _is_twin(one: Reading, done: Reading) -> bool:
    ways = (quads.turned(one.fitted.quad, turns) for turns in range(4))  # the two looks may begin at another corner
    return any(float(np.abs(way - done.fitted.quad).max()) < TWINS for way in ways)


def _bare_first(read: list[Reading], working: Image.Image, slot: Slot) -> list[Reading]:
    """In front of a choice that turns out to be a sleeve or a case, the document in it."""
    inner = unsleeved(read[0], np.asarray(working), slot) if read else None
    if inner is None:
        return read
    bare = weigh_content(inner, working, slot)
    is_as_good = bare.confidence > 0.8 * read[0].confidence and bare.corners > read[0].corners - LESS_ROUND
    return [bare, *read] if is_as_good else read
