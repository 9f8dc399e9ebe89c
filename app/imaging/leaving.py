"""A sheet that goes on beyond the picture: its open side is the picture's edge, and writing there is cut off."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from app.imaging import flatten, quads
from app.imaging import ink as lifting
from app.imaging.evidence import Reading, missing_side
from app.imaging.quads import Quad
from app.imaging.verdicts import Verdict, limit_of

NEAR: Final = 0.03
"""Of the picture's longer side: an open side so near to the picture's edge is where the sheet leaves the picture."""
FURTHEST: Final = 0.3
"""Of the sheet's length: so far an open side may have been put inside of the picture's edge."""
HARDLY: Final = 0.08
"""Moved out by less, the sheet is what was found: it may be cropped."""
STRIP: Final = 0.03
"""Of the flat sheet, along its open side: writing in it goes on outside."""
ENDS: Final = 0.08
"""Of the open side, left out at either end: the edges of the sheet are dark too."""
INK: Final = 0.35
"""Darkness of a stroke, as a share of the paper's lightness."""
CUT: Final = 0.006
"""Of the length of the open side: so much of it crossed by strokes is writing, less is a speck."""


@dataclass(frozen=True)
class OpenSheet:
    """A sheet that reaches the edge of the picture, the index of the side there, how far that was moved (lengths)."""

    reading: Reading
    side: int
    moved: float


def leaving(readings: list[Reading], size: tuple[int, int]) -> OpenSheet | None:
    """The first sheet with three plain sides and an open one that is, or can be moved to, the edge of the picture."""
    for reading in readings:
        side = missing_side(reading.fitted)
        if side is None or np.delete(reading.fitted.seen, side).min() < 0.8:
            continue
        quad = quads.clockwise(reading.fitted.quad)
        reached, moved = _moved_out(quad, side, size)
        if moved < FURTHEST and _distance(reached[[side, (side + 1) % 4]], size) < NEAR * max(size):
            return OpenSheet(replace(reading, quad=reached), side, moved)
    return None


def share_cut(quad: Quad, side: int, working: Image.Image) -> float:
    """How much of the open side is crossed by strokes, 0 to 1."""
    upright = quads.turned(quad, -side)  # the open side lies along the top
    ratio = float(np.clip(quads.aspect(upright, *working.size), 0.2, 5.0))
    flat = flatten.flatten(working, upright, flatten.output_size(upright, ratio))
    dark = lifting.find(flat).darkness
    rows, columns = dark.shape
    strip = dark[: max(3, round(STRIP * rows)), round(ENDS * columns) : round((1 - ENDS) * columns)]
    return float((strip > INK).any(axis=0).mean())


def cut_off(sheet: OpenSheet, working: Image.Image) -> list[Verdict]:
    """The remark, if the writing goes on beyond the picture: how much of the open side is crossed by strokes."""
    share = share_cut(sheet.reading.quad, sheet.side, working)
    return [Verdict("cut_off", share, CUT)] if share > CUT else []


def whole(sheet: OpenSheet) -> Reading | None:
    """A sheet with all its writing, as sure as a complete one; None where its open side is anywhere else."""
    if sheet.moved > HARDLY:
        return None
    return replace(sheet.reading, confidence=max(sheet.reading.confidence, limit_of("not_cropped")))


def _moved_out(quad: Quad, side: int, size: tuple[int, int]) -> tuple[Quad, float]:
    """The quad with its open side moved outward until one end meets the edge of the picture; how far, in lengths."""
    here, there = side, (side + 1) % 4
    ways = np.stack([quad[here] - quad[here - 1], quad[there] - quad[(side + 2) % 4]])
    with np.errstate(divide="ignore", invalid="ignore"):
        starts, limits = quad[[here, there]], np.array(size, dtype=float)
        room = np.where(ways > 0, (limits - starts) / ways, np.where(ways < 0, -starts / ways, np.inf))
    far, moved = max(0.0, float(room.min())), quad.copy()
    moved[[here, there]] += far * ways
    return moved, far


def _distance(points: Quad, size: tuple[int, int]) -> float:
    """Pixels from the nearer of two points to the edge of the picture."""
    return float(min(points.min(), (np.array(size) - points).min()))
