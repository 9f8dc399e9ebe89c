"""Four corners: order, area, shape seen in perspective, overlap."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Quad: TypeAlias = Floats
"""4 × 2 corners (x, y) in pixels; x to the right, y down; TL, TR, BR, BL of the upright document."""

FOCAL_LENGTH: Final = 0.8
"""Of a phone's main camera, in units of the longer side of its picture (26 to 28 mm on a 36 mm frame)."""


def area(quad: Quad) -> float:
    """Area in square pixels; negative when the corners run against the clock."""
    x, y = quad[:, 0], quad[:, 1]
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def is_convex(quad: Quad) -> bool:
    """True when every corner turns the same way, by more than a hair."""
    edges = np.roll(quad, -1, axis=0) - quad
    nexts = np.roll(edges, -1, axis=0)
    cross = edges[:, 0] * nexts[:, 1] - edges[:, 1] * nexts[:, 0]
    return bool(np.all(cross > 1e-9) or np.all(cross < -1e-9))


def contains(quad: Quad, point: Floats) -> bool:
    """True when the point lies inside the convex quad."""
    edges = np.roll(quad, -1, axis=0) - quad
    cross = edges[:, 0] * (point[1] - quad[:, 1]) - edges[:, 1] * (point[0] - quad[:, 0])
    return bool(np.all(cross > 0) or np.all(cross < 0))


def sides(quad: Quad) -> Floats:
    """Lengths of top, right, bottom and left side in pixels."""
    lengths: Floats = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return lengths


def clockwise(quad: Quad) -> Quad:
    """The same corners, clockwise on the screen, beginning anywhere."""
    return quad if area(quad) > 0 else quad[::-1].copy()


def turned(quad: Quad, quarter_turns_cw: int) -> Quad:
    """The corners for an output that is turned clockwise by so many quarters."""
    return np.roll(quad, quarter_turns_cw, axis=0)


def homography(source: Quad, target: Quad) -> Floats:
    """3 × 3 matrix that takes the four source points to the four target points."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solution = np.linalg.solve(np.array(rows, dtype=float), np.asarray(target, dtype=float).reshape(-1))
    return np.append(solution, 1.0).reshape(3, 3)


UNIT_SQUARE: Final = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def aspect(quad: Quad, width: int, height: int) -> float:
    """Width over height of the rectangle in space whose picture the quad is (Zhang and He 2007), for a phone's lens."""
    focal = FOCAL_LENGTH * max(width, height)
    try:
        matrix = homography(UNIT_SQUARE, quad - np.array([width / 2, height / 2]))
    except np.linalg.LinAlgError:
        return 0.0
    along = np.array([matrix[0, 0] / focal, matrix[1, 0] / focal, matrix[2, 0]])
    down = np.array([matrix[0, 1] / focal, matrix[1, 1] / focal, matrix[2, 1]])
    length = float(np.linalg.norm(down))
    return float(np.linalg.norm(along)) / length if length > 1e-12 else 0.0


def grown(quad: Quad, margins: Floats) -> Quad:
    """The quad with its top, right, bottom and left side moved outward by so many pixels each."""
    clockwise_sign = 1.0 if area(quad) > 0 else -1.0
    edges = np.roll(quad, -1, axis=0) - quad
    normals = clockwise_sign * np.stack([edges[:, 1], -edges[:, 0]], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    offsets = np.sum(normals * quad, axis=1) + margins
    return corners_of(normals, offsets)


def mixed(one: Quad, other: Quad, take_other: npt.NDArray[np.bool_]) -> Quad:
    """The quad whose top, right, bottom and left side are those of `one`, or of `other` where that is said."""
    starts = np.where(take_other[:, None], other, one)
    ends = np.where(take_other[:, None], np.roll(other, -1, axis=0), np.roll(one, -1, axis=0))
    edges = ends - starts
    normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return corners_of(normals, np.sum(normals * starts, axis=1))


def corners_of(normals: Floats, offsets: Floats) -> Quad:
    """Corners where neighbouring sides normal·p = offset meet; corner i lies between side i-1 and side i."""
    corners = np.empty((4, 2))
    for i in range(4):
        pair = np.array([normals[i - 1], normals[i]])
        corners[i] = np.linalg.solve(pair, np.array([offsets[i - 1], offsets[i]]))
    return corners


def clipped(quad: Floats, width: float, height: float) -> Floats:
    """The part of a convex polygon inside the picture, as a polygon of any number of corners (Sutherland-Hodgman)."""
    points = [tuple(point) for point in quad]
    for axis, limit, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        points = _clip_by(points, axis, limit, sign)
    return np.array(points, dtype=float).reshape(-1, 2)


def _clip_by(points: list[tuple[float, float]], axis: int, limit: float, sign: int) -> list[tuple[float, float]]:
    kept: list[tuple[float, float]] = []
    for i, here in enumerate(points):
        before = points[i - 1]
        inside, was_inside = sign * (here[axis] - limit) >= 0, sign * (before[axis] - limit) >= 0
        if inside != was_inside:
            share = (limit - before[axis]) / (here[axis] - before[axis])
            kept.append((before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])))
        if inside:
            kept.append(here)
    return kept


def share_outside(quad: Quad, width: float, height: float) -> float:
    """How much of the quad's area lies outside the picture, 0 to 1."""
    whole = abs(area(quad))
    inside = clipped(quad, width, height)
    if whole <= 0 or len(inside) < 3:
        return 1.0
    return max(0.0, 1.0 - abs(area(inside)) / whole)
