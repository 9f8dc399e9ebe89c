"""Where the document may lie: quadrilaterals made of long straight edges, the best supported first."""

from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from app.imaging import quads
from app.imaging.lines import EdgeField, Lines, find_lines
from app.imaging.slots import Shape

Floats: TypeAlias = npt.NDArray[np.float64]

SMALLEST_SIDE: Final = 0.055
"""Of the longer side of the picture."""
CORNER_TRIM: Final = 0.08
"""Cards have round corners: so much of a side at either end is not expected to be straight."""
CONSIDERED: Final = 600
"""So many of the best supported are looked through for those that are not nearly the same."""
SAME: Final = 0.012
"""Of the longer side of the picture: quads whose corners are so near to each other are one."""
OUTSIDE_ALLOWED: Final = 0.06
"""A corner may lie so far outside the picture, in units of its longer side."""


@dataclass(frozen=True)
class Candidate:
    """A possible document: corners clockwise on the screen, and the share of each side that is seen."""

    quad: quads.Quad
    support: Floats
    beyond: float
    score: float


def find_candidates(field: EdgeField, shape: Shape, *, most: int = 24) -> list[Candidate]:
    """Quadrilaterals of the right shape, best first; corners in pixels of the field."""
    lines = find_lines(field)
    return closed(lines, Crossings(lines, field), shape, most) if len(lines.angles) >= 4 else []


def closed(lines: Lines, table: "Crossings", shape: Shape, most: int) -> list[Candidate]:
    """Quadrilaterals of which all four sides are among the lines, best first."""
    pairs = parallel_pairs(lines, table.longest)
    tops, lefts = _right_angled(lines, pairs)
    if len(tops) == 0:
        return []
    return _scored(table, tops, lefts, shape, most)


class Crossings:
    """For every pair of lines the position of their crossing along the first, and running sums of support."""

    def __init__(self, lines: Lines, field: EdgeField) -> None:
        self.rows, self.columns = field.shape
        self.longest = max(field.shape)
        self.reach = int(np.hypot(*field.shape)) + 2
        support = lines.support
        self.sums = np.concatenate([np.zeros((len(support), 1)), np.cumsum(support, axis=1)], axis=1)
        turn = lines.angles[None, :] - lines.angles[:, None]
        sine = np.where(np.abs(np.sin(turn)) < 1e-6, np.nan, np.sin(turn))
        self.position = (lines.offsets[None, :] - lines.offsets[:, None] * np.cos(turn)) / sine
        cos, sin = np.cos(lines.angles)[:, None], np.sin(lines.angles)[:, None]
        self.x = lines.offsets[:, None] * cos - self.position * sin
        self.y = lines.offsets[:, None] * sin + self.position * cos

    def mean_support(self, line: npt.NDArray[np.int64], start: Floats, end: Floats) -> Floats:
        """Mean support on the line between two positions, whichever comes first."""
        low = np.clip(np.rint(np.minimum(start, end)) + self.reach, 0, 2 * self.reach).astype(int)
        high = np.clip(np.rint(np.maximum(start, end)) + self.reach, 0, 2 * self.reach).astype(int)
        mean: Floats = (self.sums[line, high] - self.sums[line, low]) / np.maximum(high - low, 1)
        return mean


def parallel_pairs(lines: Lines, longest: int) -> npt.NDArray[np.int64]:
    """Pairs of lines that may be opposite sides: nearly parallel and apart."""
    first, second = np.triu_indices(len(lines.angles), 1)
    turn = np.abs(lines.angles[first] - lines.angles[second])
    opposite = turn > np.pi / 2
    gap = np.abs(lines.offsets[first] - np.where(opposite, -1, 1) * lines.offsets[second])
    near = np.where(opposite, np.pi - turn, turn) < np.radians(30)
    keep = near & (gap > SMALLEST_SIDE * longest)
    return np.stack([first[keep], second[keep]], axis=1)


def _right_angled(lines: Lines, pairs: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of pairs that cross at roughly a right angle."""
    doubled = np.exp(2j * lines.angles)
    mean = np.angle(doubled[pairs[:, 0]] + doubled[pairs[:, 1]]) / 2 if len(pairs) else np.zeros(0)
    first, second = np.triu_indices(len(pairs), 1)
    turn = np.abs(np.mod(mean[first] - mean[second] + np.pi / 2, np.pi) - np.pi / 2)
    keep = turn > np.radians(56)
    return pairs[first[keep]], pairs[second[keep]]


def _scored(
    table: Crossings,
    tops: npt.NDArray[np.int64],
    lefts: npt.NDArray[np.int64],
    shape: Shape,
    most: int,
) -> list[Candidate]:
    top, bottom, left, right = tops[:, 0], tops[:, 1], lefts[:, 0], lefts[:, 1]
    x = np.stack([table.x[top, left], table.x[top, right], table.x[bottom, right], table.x[bottom, left]], axis=1)
    y = np.stack([table.y[top, left], table.y[top, right], table.y[bottom, right], table.y[bottom, left]], axis=1)
    keep = _plausible(x, y, table, shape)
    top, bottom, left, right, x, y = top[keep], bottom[keep], left[keep], right[keep], x[keep], y[keep]
    seen, beyond = _support(
        table, ((top, left, right), (right, top, bottom), (bottom, left, right), (left, top, bottom))
    )
    worst = np.sort(seen, axis=1)
    score = 0.4 * seen.mean(axis=1) + 0.35 * worst[:, 1] + 0.25 * worst[:, 0] - 0.25 * beyond
    best = np.argsort(-score, kind="stable")[:CONSIDERED]
    corners = _clockwise(np.stack([x[best], y[best]], axis=2))
    return [
        Candidate(corners[i], seen[best[i]], float(beyond[best[i]]), float(score[best[i]]))
        for i in _distinct(corners, most, table.longest)
    ]


def _plausible(x: Floats, y: Floats, table: Crossings, shape: Shape) -> npt.NDArray[np.bool_]:
    """Convex, inside the picture (almost), large enough, and in perspective roughly of the right shape."""
    longest = max(table.rows, table.columns)
    slack = OUTSIDE_ALLOWED * longest
    with np.errstate(invalid="ignore"):
        inside = np.all((x > -slack) & (y > -slack) & (x < table.columns + slack) & (y < table.rows + slack), axis=1)
        ex, ey = np.roll(x, -1, axis=1) - x, np.roll(y, -1, axis=1) - y
        cross = ex * np.roll(ey, -1, axis=1) - ey * np.roll(ex, -1, axis=1)
        convex = np.all(cross > 0, axis=1) | np.all(cross < 0, axis=1)
        lengths = np.hypot(ex, ey)
        one, other = (lengths[:, 0] + lengths[:, 2]) / 2, (lengths[:, 1] + lengths[:, 3]) / 2
        ratio = np.maximum(one, other) / np.maximum(np.minimum(one, other), 1e-6)
        right_shape = (ratio > max(1.0, shape.narrowest * 0.8)) & (ratio < shape.widest * 1.25)
        large = np.min(lengths, axis=1) > SMALLEST_SIDE * longest
    return np.asarray(inside & convex & right_shape & large)


def _support(
    table: Crossings, spans: tuple[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]], ...]
) -> tuple[Floats, Floats]:
    """Share of each side that is seen, and how much the edges go on beyond the corners."""
    seen, beyond = [], []
    for line, before, after in spans:
        start, end = table.position[line, before], table.position[line, after]
        length = end - start
        seen.append(table.mean_support(line, start + CORNER_TRIM * length, end - CORNER_TRIM * length))
        for edge, direction in ((start, -1), (end, 1)):
            near, far = edge + direction * 0.03 * length, edge + direction * 0.15 * length
            beyond.append(table.mean_support(line, near, far))
    return np.stack(seen, axis=1), np.mean(np.stack(beyond, axis=1), axis=1)


def distinct(candidates: list[Candidate], most: int, longest: int) -> list[Candidate]:
    """Drop what is nearly the same as a better one."""
    if not candidates:
        return []
    corners = _clockwise(np.stack([candidate.quad for candidate in candidates]))
    return [replace(candidates[i], quad=corners[i]) for i in _distinct(corners, most, longest)]


def _clockwise(corners: Floats) -> Floats:
    """Quads × 4 × 2, each of them clockwise on the screen."""
    x, y = corners[..., 0], corners[..., 1]
    twice_area = np.sum(x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y, axis=1)
    return np.where((twice_area > 0)[:, None, None], corners, corners[:, ::-1])


def _distinct(corners: Floats, most: int, longest: int) -> list[int]:
    """Indices of the first quads, at most so many, of which none is nearly the same as one before it."""
    left = np.arange(len(corners))
    kept: list[int] = []
    while len(left) and len(kept) < most:
        kept.append(int(left[0]))
        left = left[_apart(corners[left[0]], corners[left]) > SAME * longest]
    return kept


_ROLLED: Final = np.array([[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1], [3, 0, 1, 2]])


def _apart(one: quads.Quad, others: Floats) -> Floats:
    """Largest distance between corresponding corners of one quad and each of the others, whichever corner is first."""
    largest: Floats = np.abs(one[_ROLLED][None] - others[:, None]).max(axis=(2, 3)).min(axis=1)
    return largest
