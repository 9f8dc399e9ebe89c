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

POSITIONS: Final = 72
TRIM: Final = 0.09
"""Of each side's length, left out at either end: round corners."""


@dataclass(frozen=True)
class Fit:
    """The fitted quad; of each side the share that is seen and the colour step ΔE across it."""

    quad: Quad
    seen: Floats
    contrast: Floats


def fit(pixels: Pixels, quad: Quad, *, reach: float) -> Fit:
    """Move each side by at most `reach` pixels at either end; corners with pixel edges at whole numbers."""
    quad = quads.clockwise(quad)
    normals, offsets = np.empty((4, 2)), np.empty(4)
    seen, contrast = np.zeros(4), np.zeros(4)
    for side in range(4):
        start, end = quad[side], quad[(side + 1) % 4]
        (start, end), seen[side], contrast[side] = _fit_side(pixels, start, end, reach)
        edge = end - start
        normal = np.array([edge[1], -edge[0]]) / max(float(np.linalg.norm(edge)), 1e-9)
        normals[side], offsets[side] = normal, float(normal @ start)
    return Fit(quads.corners_of(normals, offsets), seen, contrast)


def _fit_side(pixels: Pixels, start: Floats, end: Floats, reach: float) -> tuple[tuple[Floats, Floats], float, float]:
    edge = end - start
    normal = np.array([edge[1], -edge[0]]) / max(float(np.linalg.norm(edge)), 1e-9)  # outward
    steps = int(np.ceil(reach)) + 4
    offsets = np.arange(-steps, steps + 1, dtype=float)
    shares = np.linspace(TRIM, 1 - TRIM, POSITIONS)
    profile = _profiles(pixels, start, edge, normal, shares, offsets)
    change = ndimage.gaussian_filter1d(profile, 1.2, axis=1, order=1)
    change = ndimage.gaussian_filter1d(change, 1.5, axis=0)
    strength = np.sqrt(np.nansum(change**2, axis=2))
    reference = 0.35 * np.median(strength) + 0.12 * strength.max(axis=1, keepdims=True) + 0.12
    response = strength**2 / (strength**2 + (2 * reference) ** 2)
    first, last = _best_line(response, shares, steps)
    first, last, seen = _polished(response, shares, first, last, steps)
    step = _step(profile, shares, first, last, steps)
    ends = (start + normal * _at(first, last, 0.0), end + normal * _at(first, last, 1.0))
    return ends, seen, step


def _at(first: float, last: float, share: float) -> float:
    """Offset of the line at a share of the side; `first` and `last` are its offsets at the ends."""
    return first + (last - first) * share


def _profiles(pixels: Pixels, start: Floats, edge: Floats, normal: Floats, shares: Floats, offsets: Floats) -> Floats:
    """L*a*b* along lines across the side: positions × offsets × 3."""
    points = start + shares[:, None] * edge
    x = points[:, 0, None] + offsets * normal[0] - 0.5
    y = points[:, 1, None] + offsets * normal[1] - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = (x - left)[..., None], (y - top)[..., None]
    rows, columns = pixels.shape[:2]
    x0, x1 = np.clip(left, 0, columns - 1), np.clip(left + 1, 0, columns - 1)
    y0, y1 = np.clip(top, 0, rows - 1), np.clip(top + 1, 0, rows - 1)
    upper = pixels[y0, x0] * (1 - fx) + pixels[y0, x1] * fx
    lower = pixels[y1, x0] * (1 - fx) + pixels[y1, x1] * fx
    lab: Floats = rgb2lab(((upper * (1 - fy) + lower * fy) / 255.0).astype(np.float32)).astype(float)
    return lab


def _best_line(response: Floats, shares: Floats, steps: int) -> tuple[float, float]:
    """Offsets at both ends of the line on which most positions agree: a small Radon transform, deaf to outliers."""
    tries = np.arange(-steps + 3, steps - 2)
    first, last = np.meshgrid(tries, tries, indexing="ij")
    broad = ndimage.maximum_filter1d(response, 3, axis=1)
    total = np.zeros(first.shape)
    for row, share in zip(broad, shares, strict=True):
        total += row[np.rint(first + (last - first) * share).astype(int) + steps]
    # a slight pull towards where the candidate was
    total -= 0.0015 * len(shares) * (np.abs(first) + np.abs(last)) / 2 / max(steps, 1) * 4
    best = np.unravel_index(int(np.argmax(total)), total.shape)
    return float(tries[best[0]]), float(tries[best[1]])


def _polished(response: Floats, shares: Floats, first: float, last: float, steps: int) -> tuple[float, float, float]:
    """Least squares through the peaks near the line; share of positions that have one."""
    expected = np.rint(first + (last - first) * shares).astype(int) + steps
    window = expected[:, None] + np.arange(-2, 3)
    values = np.take_along_axis(response, np.clip(window, 0, response.shape[1] - 1), axis=1)
    weight = values.max(axis=1)
    centre = (values**2 * window).sum(axis=1) / np.maximum((values**2).sum(axis=1), 1e-9) - steps
    good = weight > 0.3
    seen = float(weight[good].sum() / len(shares)) if good.any() else 0.0
    if good.sum() < 12:
        return first, last, seen
    design = np.stack([1 - shares[good], shares[good]], axis=1)
    scale = np.sqrt(weight[good])[:, None]
    solution, *_ = np.linalg.lstsq(design * scale, centre[good] * scale[:, 0], rcond=None)
    if np.abs(solution - [first, last]).max() > 4:
        return first, last, seen
    return float(solution[0]), float(solution[1]), seen


def _step(profile: Floats, shares: Floats, first: float, last: float, steps: int) -> float:
    """Median colour step ΔE between just inside and just outside of the line."""
    middle = np.rint(first + (last - first) * shares).astype(int) + steps
    index = np.arange(len(shares))
    width = profile.shape[1] - 1
    inside = sum(profile[index, np.clip(middle - k, 0, width)] for k in (3, 4, 5)) / 3
    outside = sum(profile[index, np.clip(middle + k, 0, width)] for k in (3, 4, 5)) / 3
    return float(np.linalg.norm(np.median(outside - inside, axis=0)))
