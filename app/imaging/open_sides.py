"""Three sides and the shape of a card tell where the fourth must be: covered, faint, or outside the photo."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from app.imaging.find import CORNER_TRIM, SMALLEST_SIDE, Candidate, Crossings, distinct, parallel_pairs
from app.imaging.lines import Lines
from app.imaging.quads import Floats
from app.imaging.slots import CARD_ASPECT

Indices: TypeAlias = npt.NDArray[np.int64]

OPEN: Final = 1
"""Index of the side that is not seen."""
LEAST_SEEN: Final = 0.5
"""Of each of the three sides, as far as it lies in the picture."""
LEAST_INSIDE: Final = 0.45
"""Of the two sides that lead to the fourth: how much of them lies in the picture."""


def find_open(lines: Lines, table: Crossings, *, most: int = 4) -> list[Candidate]:
    """Cards of which three sides are seen: top, bottom and left of the quad; `OPEN` is the fourth, its right side."""
    if len(lines.angles) < 3:
        return []
    longest = table.longest
    pairs = parallel_pairs(lines, longest)
    sides = _corners_seen(lines, table, pairs)
    length = np.abs(table.position[sides[2], sides[1]] - table.position[sides[2], sides[0]])
    found: list[Candidate] = []
    for ratio in (CARD_ASPECT, 1 / CARD_ASPECT):
        for way in (1.0, -1.0):
            found += _opened(lines, table, sides, length, ratio, way)
    found.sort(key=lambda candidate: -candidate.score)
    return distinct(found, most, longest)


Sides: TypeAlias = tuple[Indices, Indices, Indices]
"""Of each candidate the lines of two opposite sides, and of the one that joins them."""


def _corners_seen(lines: Lines, table: Crossings, pairs: Indices) -> Sides:
    """Every pair of opposite sides with a third line that joins them inside the picture and is itself seen."""
    which, joining = (index.reshape(-1) for index in np.indices((len(pairs), len(lines.angles))))
    one, other = pairs[which, 0], pairs[which, 1]
    steep = np.abs(np.cos(lines.angles[joining] - lines.angles[one])) < np.cos(np.radians(62))
    keep = steep & (joining != one) & (joining != other)
    keep &= _inside(table, joining, one) & _inside(table, joining, other)
    one, other, joining = one[keep], other[keep], joining[keep]
    start, end = table.position[joining, one], table.position[joining, other]
    keep = np.abs(end - start) > SMALLEST_SIDE * table.longest
    keep &= table.mean_support(joining, *_trimmed(start, end)) > LEAST_SEEN
    return one[keep], other[keep], joining[keep]


def _inside(table: Crossings, line: Indices, other: Indices) -> npt.NDArray[np.bool_]:
    x, y = table.x[line, other], table.y[line, other]
    with np.errstate(invalid="ignore"):
        return np.asarray((x > 1) & (y > 1) & (x < table.columns - 2) & (y < table.rows - 2))


def _trimmed(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    return start + CORNER_TRIM * (end - start), end - CORNER_TRIM * (end - start)


def _opened(lines: Lines, table: Crossings, sides: Sides, length: Floats, ratio: float, way: float) -> list[Candidate]:
    """The candidates whose fourth side lies `ratio` lengths of the third away, on one side of it."""
    one, other, third = sides
    reach = ratio * length
    base = table.mean_support(third, *_trimmed(table.position[third, one], table.position[third, other]))
    seen, inside, corners = [base], [], []
    normal = np.stack([np.cos(lines.angles[third]), np.sin(lines.angles[third])], axis=1) * way
    for line in (one, other):
        along = np.stack([-np.sin(lines.angles[line]), np.cos(lines.angles[line])], axis=1)
        ahead = np.where(np.sum(along * normal, axis=1) > 0, 1.0, -1.0)
        start = table.position[line, third]
        near = np.stack([table.x[line, third], table.y[line, third]], axis=1)
        share = _share_inside(near, along * ahead[:, None] * reach[:, None], table)
        seen.append(table.mean_support(line, start + 0.08 * ahead * reach, start + 0.96 * ahead * reach * share))
        inside.append(share)
        corners.append((near, near + along * (ahead * reach)[:, None]))
    support = np.stack(seen, axis=1)
    score = support.mean(axis=1) * 0.6 + support.min(axis=1) * 0.4
    fits = (support.min(axis=1) > LEAST_SEEN) & (np.minimum(*inside) > LEAST_INSIDE)
    best = np.flatnonzero(fits)[np.argsort(-score[fits], kind="stable")[:40]]
    (near_one, far_one), (near_other, far_other) = corners
    found = []
    for i in best:
        quad = np.stack([near_one[i], far_one[i], far_other[i], near_other[i]])
        sides_seen = np.array([support[i, 1], 0.0, support[i, 2], support[i, 0]])
        found.append(Candidate(quad, sides_seen, 0.0, float(score[i])))
    return found


def _share_inside(start: Floats, step: Floats, table: Crossings) -> Floats:
    """How much of the way from a point inside the picture lies inside it, 0 to 1."""
    limits = np.array([table.columns - 1, table.rows - 1], dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(step > 0, (limits - start) / step, np.where(step < 0, -start / step, np.inf))
    return np.asarray(np.clip(room.min(axis=1), 0, 1))
