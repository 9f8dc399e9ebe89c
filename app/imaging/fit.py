"""The exact sides: each candidate's four lines moved onto the edge that most of the side agrees on."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.color import rgb2lab

from app.imaging import quads
from app.imaging.intake import Pixels
from app.imaging.quads import Quad

Floats: TypeAlias = npt.NDArray[np.float64]
Field: TypeAlias = npt.NDArray[np.float32]
Indices: TypeAlias = npt.NDArray[np.int64]

POSITIONS: Final = 56
TRIM: Final = 0.09
"""Of each side's length, left out at either end: round corners."""
SHARES: Final = np.linspace(TRIM, 1 - TRIM, POSITIONS)


@dataclass(frozen=True)
class Fit:
    """The fitted quad; of each side the share that is seen and the colour step ΔE across it."""

    quad: Quad
    seen: Floats
    contrast: Floats


def fit(pixels: Pixels, quad: Quad, *, reach: float) -> Fit:
    """Move each side by at most `reach` pixels at either end; corners with pixel edges at whole numbers."""
    quad = quads.clockwise(quad)
    edges = np.roll(quad, -1, axis=0) - quad
    outward = np.stack([edges[:, 1], -edges[:, 0]], axis=1) / np.maximum(quads.sides(quad), 1e-9)[:, None]
    steps = int(np.ceil(reach)) + 4
    profiles = _profiles(pixels, quad, edges, outward, steps)
    responses = _responses(profiles)
    ends, seen = _polished(responses, _best_lines(responses, steps), steps)
    return Fit(_moved(quad, outward, ends), seen, _contrast(profiles, ends, steps))


def fitted_or_none(pixels: Pixels, quad: Quad, reach: float) -> Fit | None:
    """The same; None where the sides found do not enclose anything."""
    try:
        fitted = fit(pixels, quad, reach=reach)
    except np.linalg.LinAlgError:
        return None
    return fitted if quads.is_convex(fitted.quad) and quads.area(fitted.quad) > 100 else None


def _moved(quad: Quad, outward: Floats, ends: Floats) -> Quad:
    """Corners of the four sides after their two ends were moved outward by so many pixels."""
    starts = quad + outward * ends[:, :1]
    stops = np.roll(quad, -1, axis=0) + outward * ends[:, 1:]
    edges = stops - starts
    normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1) / np.maximum(np.linalg.norm(edges, axis=1), 1e-9)[:, None]
    return quads.corners_of(normals, np.sum(normals * starts, axis=1))


def _profiles(pixels: Pixels, quad: Quad, edges: Floats, outward: Floats, steps: int) -> Field:
    """L*a*b* along lines across the sides, from inside to outside: 4 × 3 × positions × offsets."""
    offsets = np.arange(-steps, steps + 1, dtype=float)
    points = quad[:, None, :] + SHARES[:, None] * edges[:, None, :]
    x = points[..., 0, None] + offsets * outward[:, 0, None, None] - 0.5
    y = points[..., 1, None] + offsets * outward[:, 1, None, None] - 0.5
    mixed = _between(pixels, x, y) / np.float32(255)
    lab: Field = rgb2lab(mixed.reshape(4 * POSITIONS, -1, 3)).reshape(mixed.shape)
    return np.ascontiguousarray(np.moveaxis(lab, 3, 1))


def _between(pixels: Pixels, x: Floats, y: Floats) -> Field:
    """Colours at places between pixels, 0 to 255, in one more dimension; beyond the edge those of the edge."""
    left, top = np.floor(x), np.floor(y)
    right_share, lower_share = (x - left)[..., None].astype(np.float32), (y - top)[..., None].astype(np.float32)
    rows, columns = pixels.shape[:2]
    x0, y0 = left.astype(int), top.astype(int)
    x0, x1 = np.clip(x0, 0, columns - 1), np.clip(x0 + 1, 0, columns - 1)
    y0, y1 = np.clip(y0, 0, rows - 1) * columns, np.clip(y0 + 1, 0, rows - 1) * columns
    flat = pixels.reshape(-1, 3)
    corners = (np.take(flat, place, axis=0).astype(np.float32) for place in (y0 + x0, y0 + x1, y1 + x0, y1 + x1))
    upper, upper_right, lower, lower_right = corners
    upper += (upper_right - upper) * right_share
    lower += (lower_right - lower) * right_share
    mixed: Field = upper + (lower - upper) * lower_share
    return mixed


def _responses(profiles: Field) -> Field:
    """How much of an edge there is at each offset, 0 to 1: 4 × positions × offsets."""
    along, across = _kernels(profiles.shape[3])
    change = along @ (profiles @ across)
    strength = np.sqrt(np.sum(change**2, axis=1))
    usual = np.median(strength, axis=(1, 2), keepdims=True)
    reference = 0.35 * usual + 0.12 * strength.max(axis=2, keepdims=True) + 0.12
    response: Field = strength**2 / (strength**2 + (2 * reference) ** 2)
    return response


@lru_cache(maxsize=16)
def _kernels(offsets: int) -> tuple[Field, Field]:
    """Two Gaussians as matrices: one to multiply from the left along the side, its derivative from the right."""
    along = ndimage.gaussian_filter1d(np.eye(POSITIONS), 1.2, axis=0)
    across = ndimage.gaussian_filter1d(np.eye(offsets), 1.2, axis=1, order=1)
    return along.astype(np.float32), across.astype(np.float32)


def _best_lines(responses: Field, steps: int) -> Floats:
    """Offsets at both ends of the line on which most positions agree: a small Radon transform, deaf to outliers.

    4 sides × first and last.
    """
    first, last, where = _lines_to_try(steps)
    broad = ndimage.maximum_filter1d(responses, 3, axis=2).reshape(4, -1)
    # a slight pull towards where the candidate was
    pull = 0.003 * POSITIONS * (np.abs(first) + np.abs(last)) / steps
    best = np.array([int(np.argmax(side[where].sum(axis=0) - pull)) for side in broad])
    return np.stack([first[best], last[best]], axis=1)


@lru_cache(maxsize=4)
def _lines_to_try(steps: int) -> tuple[Floats, Floats, Indices]:
    """Offsets at both ends of every line; where it meets each position, counted through positions × offsets."""
    tries = np.arange(-steps + 3, steps - 2, dtype=float)
    first, last = (ends.reshape(-1) for ends in np.meshgrid(tries, tries, indexing="ij"))
    met = np.rint(first + (last - first) * SHARES[:, None]).astype(int) + steps
    return first, last, met + np.arange(POSITIONS)[:, None] * (2 * steps + 1)


def _polished(responses: Field, ends: Floats, steps: int) -> tuple[Floats, Floats]:
    """Least squares through the peaks near the four lines; of each the share of positions that have one."""
    window = np.clip(_on_line(ends, steps)[..., None] + np.arange(-2, 3), 0, responses.shape[2] - 1)
    values = np.take_along_axis(responses, window, axis=2).astype(float)
    weight = values.max(axis=2)
    squares = values**2
    centre = (squares * window).sum(axis=2) / np.maximum(squares.sum(axis=2), 1e-9) - steps
    weight[weight <= 0.3] = 0.0
    seen: Floats = weight.sum(axis=1) / POSITIONS
    better = _weighted_line(centre, weight)
    sure = ((weight > 0).sum(axis=1) >= 12) & (np.abs(better - ends).max(axis=1) <= 4)
    return np.where(sure[:, None], better, ends), seen


def _weighted_line(centre: Floats, weight: Floats) -> Floats:
    """Offsets at both ends of the lines nearest to the centres, by the normal equations: sides × 2."""
    start, end = 1 - SHARES, SHARES
    aa, ab, bb = weight @ start**2, weight @ (start * end), weight @ end**2
    u, v = (weight * centre) @ start, (weight * centre) @ end
    determinant = np.maximum(aa * bb - ab * ab, 1e-12)
    return np.stack([bb * u - ab * v, aa * v - ab * u], axis=1) / determinant[:, None]


def _on_line(ends: Floats, steps: int) -> Indices:
    """The offset, counted from 0, at which each line meets each position: sides × positions."""
    met: Indices = np.rint(ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * SHARES).astype(int) + steps
    return met


def _contrast(profiles: Field, ends: Floats, steps: int) -> Floats:
    """Median colour step ΔE between just inside and just outside of each line."""
    beside = np.array([3, 4, 5])
    middle = _on_line(ends, steps)[:, None, :, None]
    outside = np.take_along_axis(profiles, np.clip(middle + beside, 0, 2 * steps), axis=3).mean(axis=3)
    inside = np.take_along_axis(profiles, np.clip(middle - beside, 0, 2 * steps), axis=3).mean(axis=3)
    contrast: Floats = np.linalg.norm(np.median(outside - inside, axis=2), axis=1).astype(float)
    return contrast
