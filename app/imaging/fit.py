"""The exact sides: each candidate's four lines moved onto the edge that most of the side agrees on."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.color import rgb2lab

from app.imaging import quads
from app.imaging.intake import Pixels
from app.imaging.quads import Quad

Floats: TypeAlias = npt.NDArray[np.float64]

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
    seen, contrast, ends = np.zeros(4), np.zeros(4), np.zeros((4, 2))
    for side in range(4):
        first, last = _best_line(responses[side], steps)
        first, last, seen[side] = _polished(responses[side], first, last, steps)
        contrast[side] = _step(profiles[side], first, last, steps)
        ends[side] = first, last
    return Fit(_moved(quad, outward, ends), seen, contrast)


def _moved(quad: Quad, outward: Floats, ends: Floats) -> Quad:
    """Corners of the four sides after their two ends were moved outward by so many pixels."""
    starts = quad + outward * ends[:, :1]
    stops = np.roll(quad, -1, axis=0) + outward * ends[:, 1:]
    edges = stops - starts
    normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1) / np.maximum(np.linalg.norm(edges, axis=1), 1e-9)[:, None]
    return quads.corners_of(normals, np.sum(normals * starts, axis=1))


def _profiles(pixels: Pixels, quad: Quad, edges: Floats, outward: Floats, steps: int) -> Floats:
    """L*a*b* along lines across the sides, from inside to outside: 4 × positions × offsets × 3."""
    offsets = np.arange(-steps, steps + 1, dtype=float)
    points = quad[:, None, :] + SHARES[:, None] * edges[:, None, :]
    x = points[..., 0, None] + offsets * outward[:, 0, None, None] - 0.5
    y = points[..., 1, None] + offsets * outward[:, 1, None, None] - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = (x - left)[..., None].astype(np.float32), (y - top)[..., None].astype(np.float32)
    rows, columns = pixels.shape[:2]
    x0, x1 = np.clip(left, 0, columns - 1), np.clip(left + 1, 0, columns - 1)
    y0, y1 = np.clip(top, 0, rows - 1), np.clip(top + 1, 0, rows - 1)
    upper = pixels[y0, x0] * (1 - fx) + pixels[y0, x1] * fx
    lower = pixels[y1, x0] * (1 - fx) + pixels[y1, x1] * fx
    mixed = (upper * (1 - fy) + lower * fy) / np.float32(255)
    flat = rgb2lab(mixed.reshape(4 * POSITIONS, -1, 3))
    return np.asarray(flat, dtype=float).reshape(mixed.shape)


def _responses(profiles: Floats) -> Floats:
    """How much of an edge there is at each offset, 0 to 1: 4 × positions × offsets."""
    change = ndimage.gaussian_filter1d(profiles, 1.2, axis=2, order=1)
    change = ndimage.gaussian_filter1d(change, 1.2, axis=1)
    strength = np.sqrt(np.sum(change**2, axis=3))
    usual = np.median(strength, axis=(1, 2), keepdims=True)
    reference = 0.35 * usual + 0.12 * strength.max(axis=2, keepdims=True) + 0.12
    response: Floats = strength**2 / (strength**2 + (2 * reference) ** 2)
    return response


def _best_line(response: Floats, steps: int) -> tuple[float, float]:
    """Offsets at both ends of the line on which most positions agree: a small Radon transform, deaf to outliers."""
    tries = np.arange(-steps + 3, steps - 2)
    first, last = np.meshgrid(tries, tries, indexing="ij")
    where = np.rint(first[None] + (last - first)[None] * SHARES[:, None, None]).astype(int) + steps
    broad = ndimage.maximum_filter1d(response, 3, axis=1)
    total = np.take_along_axis(broad, where.reshape(POSITIONS, -1), axis=1).sum(axis=0).reshape(first.shape)
    # a slight pull towards where the candidate was
    total = total - 0.003 * POSITIONS * (np.abs(first) + np.abs(last)) / steps
    best = np.unravel_index(int(np.argmax(total)), total.shape)
    return float(tries[best[0]]), float(tries[best[1]])


def _polished(response: Floats, first: float, last: float, steps: int) -> tuple[float, float, float]:
    """Least squares through the peaks near the line; share of positions that have one."""
    expected = np.rint(first + (last - first) * SHARES).astype(int) + steps
    window = np.clip(expected[:, None] + np.arange(-2, 3), 0, response.shape[1] - 1)
    values = np.take_along_axis(response, window, axis=1)
    weight = values.max(axis=1)
    centre = (values**2 * window).sum(axis=1) / np.maximum((values**2).sum(axis=1), 1e-9) - steps
    good = weight > 0.3
    seen = float(weight[good].sum() / POSITIONS) if good.any() else 0.0
    if good.sum() < 12:
        return first, last, seen
    design = np.stack([1 - SHARES[good], SHARES[good]], axis=1)
    scale = np.sqrt(weight[good])[:, None]
    solution, *_ = np.linalg.lstsq(design * scale, centre[good] * scale[:, 0], rcond=None)
    if np.abs(solution - [first, last]).max() > 4:
        return first, last, seen
    return float(solution[0]), float(solution[1]), seen


def _step(profile: Floats, first: float, last: float, steps: int) -> float:
    """Median colour step ΔE between just inside and just outside of the line."""
    middle = np.rint(first + (last - first) * SHARES).astype(int) + steps
    index = np.arange(POSITIONS)
    width = profile.shape[1] - 1
    inside = sum(profile[index, np.clip(middle - k, 0, width)] for k in (3, 4, 5)) / 3
    outside = sum(profile[index, np.clip(middle + k, 0, width)] for k in (3, 4, 5)) / 3
    return float(np.linalg.norm(np.median(outside - inside, axis=0)))
