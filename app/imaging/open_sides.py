"""Three sides and the shape of a card tell where the fourth must be: covered, faint, or outside the photo.

Of a card that leaves the photo by two sides one corner is enough to say so.
"""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from app.imaging.find import CORNER_TRIM, SMALLEST_SIDE, Candidate, Crossings, distinct, parallel_pairs
from app.imaging.lines import Lines
from app.imaging.quads import Floats
from app.imaging.slots import CARD_ASPECT

Indices: TypeAlias = npt.NDArray[np.int64]

RATIOS: Final = (CARD_ASPECT, 1 / CARD_ASPECT)
OPEN: Final = 1
"""Index of the side that is not seen."""
LEAST_SEEN: Final = 0.5
"""Of each of the three sides, as far as it lies in the picture."""
LEAST_INSIDE: Final = 0.45
"""Of the two sides that lead to the fourth: how much of them lies in the picture."""
LARGE: Final = 0.25
"""Of the picture's longer side: what leaves it and is smaller is a key of a keyboard, or lies beside the card."""
EDGE: Final = 0.03
"""Of the picture's longer side: so near to its end both sides of a card that is cut off are still seen."""
BEST: Final = 40
"""So many of each shape are compared with one another."""
CORNER_SEEN: Final = 0.85
"""Of each of two sides between the one corner that is seen and the end of the picture."""
GOES_ON: Final = 0.4
"""Beyond that corner no more of a side may be seen: the boards of a table cross, a card's sides end."""


def find_open(lines: Lines, table: Crossings, *, most: int = 4) -> list[Candidate]:
    """Cards of which three sides are seen: top, bottom and left of the quad; `OPEN` is the fourth, its right side.

    The best of those that lie in the picture, then the best large ones that leave it: on a grid or on boards there are
    many small ones with sides as plain, which must not crowd out the card.
    """
    if len(lines.angles) < 3:
        return []
    longest = table.longest
    pairs = parallel_pairs(lines, longest)
    sides = _corners_seen(lines, table, pairs)
    length = np.abs(table.position[sides[2], sides[1]] - table.position[sides[2], sides[0]])
    within: list[Candidate] = []
    leaving: list[Candidate] = []
    for ratio in RATIOS:
        for way in (1.0, -1.0):
            for found, more in zip((within, leaving), _opened(lines, table, sides, length, ratio, way), strict=True):
                found += more
    for found in (within, leaving):
        found.sort(key=lambda candidate: -candidate.score)
    return distinct(within, most, longest) + distinct(leaving, most, longest)


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


def _opened(
    lines: Lines, table: Crossings, sides: Sides, length: Floats, ratio: float, way: float
) -> tuple[list[Candidate], list[Candidate]]:
    """The candidates whose fourth side lies `ratio` lengths of the third away, on one side of it: within, leaving."""
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
    (near_one, far_one), (near_other, far_other) = corners
    leaves = _is_at_the_edge(far_one, table) | _is_at_the_edge(far_other, table)
    large = np.maximum(length, reach) > LARGE * table.longest

    def best(of_these: npt.NDArray[np.bool_]) -> list[Candidate]:
        found = []
        for i in np.flatnonzero(of_these)[np.argsort(-score[of_these], kind="stable")[:BEST]]:
            quad = np.stack([near_one[i], far_one[i], far_other[i], near_other[i]])
            sides_seen = np.array([support[i, 1], 0.0, support[i, 2], support[i, 0]])
            found.append(Candidate(quad, sides_seen, 0.0, float(score[i])))
        return found

    return best(fits & ~leaves), best(fits & leaves & large)


def find_cornered(lines: Lines, table: Crossings, *, most: int = 3) -> list[Candidate]:
    """Cards of which one corner is seen, the quad's first, and two sides that run from it to the end of the picture.

    How long they go on outside nobody knows: the quad is the smallest card that has them.
    """
    one, other = np.triu_indices(len(lines.angles), 1)
    steep = np.abs(np.cos(lines.angles[one] - lines.angles[other])) < np.cos(np.radians(62))
    keep = steep & _inside(table, one, other)
    one, other = one[keep], other[keep]
    near = np.stack([table.x[one, other], table.y[one, other]], axis=1)
    found: list[Candidate] = []
    for ways in ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)):
        first, room, seen = _run_out(lines, table, one, other, near, ways[0])
        second, length, also = _run_out(lines, table, other, one, near, ways[1])
        fits = (np.minimum(seen, also) > CORNER_SEEN) & (np.minimum(room, length) > LARGE * table.longest / 2)
        for i in np.flatnonzero(fits & (np.maximum(room, length) > LARGE * table.longest)):
            sizes = [(max(room[i], length[i] * ratio), max(length[i], room[i] / ratio)) for ratio in RATIOS]
            across, down = min(sizes, key=lambda size: size[0] * size[1])
            step, turn = first[i] * across, second[i] * down
            quad = near[i] + np.stack([np.zeros(2), step, step + turn, turn])
            support = np.array([seen[i], 0.0, 0.0, also[i]])
            found.append(Candidate(quad, support, 0.0, float(min(seen[i], also[i]))))
    found.sort(key=lambda candidate: -candidate.score)
    return found[:most]


def _run_out(
    lines: Lines, table: Crossings, line: Indices, other: Indices, near: Floats, way: float
) -> tuple[Floats, Floats, Floats]:
    """From a crossing one way along a line: the direction, how far it is to the picture's end, how much is seen.

    Nothing is said to be seen of what goes on beyond the crossing.
    """
    along = way * np.stack([-np.sin(lines.angles[line]), np.cos(lines.angles[line])], axis=1)
    room = _share_inside(near, along * 2 * table.longest, table) * 2 * table.longest
    start = table.position[line, other]
    seen = table.mean_support(line, start + CORNER_TRIM * way * room, start + 0.96 * way * room)
    beyond = table.mean_support(line, start - 0.04 * way * room, start - 0.2 * way * room)
    return along, room, np.where(beyond < GOES_ON, seen, 0.0)


def _is_at_the_edge(points: Floats, table: Crossings) -> npt.NDArray[np.bool_]:
    """Which of the points (n × 2) are outside the picture or hardly inside."""
    room = np.minimum(points, np.array([table.columns, table.rows]) - points).min(axis=1)
    return np.asarray(room < EDGE * table.longest)


def _share_inside(start: Floats, step: Floats, table: Crossings) -> Floats:
    """How much of the way from a point inside the picture lies inside it, 0 to 1."""
    limits = np.array([table.columns - 1, table.rows - 1], dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(step > 0, (limits - start) / step, np.where(step < 0, -start / step, np.inf))
    return np.asarray(np.clip(room.min(axis=1), 0, 1))
