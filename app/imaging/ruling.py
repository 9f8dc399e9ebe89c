"""Ruled lines of writing paper: found, and divided out of the picture so that the strokes across them stay."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Field: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]
Whole: TypeAlias = npt.NDArray[np.int64]
Line: TypeAlias = tuple[Whole, Whole]
"""Rows and columns of the pixels along a line, one for each column."""

STEEPEST_DEGREES: Final = 5.0
STEP_DEGREES: Final = 0.2
BLOCK: Final = 32
"""Columns that are looked at together while the slant is estimated."""
HALF_BAND: Final = 0.0045
"""Half the height of the band around a line, of the picture's longer side: no printed line is thicker."""
STRONGEST: Final = 0.12
"""Darkness at which a ridge counts fully: a stroke of ink must not look like a longer piece of a faint line."""
WEAKEST: Final = 0.011
"""Mean darkness along a line below which it is not told from the paper."""
SHORTEST: Final = 0.4
"""Of the picture's width (height, for lines that run down)."""
UNBROKEN: Final = 0.95
"""Share of its length on which a ruled line is there: rows of print have gaps."""
CROOKED: Final = 1.6
"""Pixels off its smooth course that nine tenths of a line keep within."""
EDGE: Final = 0.035
"""Lines so near to the edge of the picture are the sheet's own edge."""
OPAQUE: Final = 0.45
"""A line darker than this hides what is written over it: strokes are carried across from above to below."""


@dataclass(frozen=True)
class Ruled:
    """Darkness without the lines, and how many lines there were, not counting what lies along the picture's edge."""

    darkness: Field
    count: int


def without_lines(darkness: Field) -> Ruled:
    """Take ruled lines out of a picture of darkness (rows × columns, 0 paper to 1 black)."""
    cleared, along = _cleared(darkness)
    turned, down = _cleared(np.ascontiguousarray(cleared.T))
    return Ruled(np.ascontiguousarray(turned.T), along + down)


def _cleared(darkness: Field) -> tuple[Field, int]:
    half = max(3, round(HALF_BAND * max(darkness.shape)))
    ridge = _ridge(darkness, half)
    columns = np.arange(darkness.shape[1])
    shift = np.rint(np.tan(_slant(ridge)) * (columns - columns.mean())).astype(np.int64)
    lines = [
        (track + shift[first : first + len(track)], first + np.arange(len(track)))
        for first, track in _tracks(_level(ridge, shift), half)
    ]
    unbroken = [line for line in lines if _is_unbroken(darkness, line)]
    cleared = darkness.copy()
    for line in unbroken:
        _divide_out(cleared, line, half)
    middles = np.array([rows.mean() for rows, _columns in unbroken]) / len(darkness)
    return cleared, int((np.abs(middles - 0.5) < 0.5 - EDGE).sum())


def _ridge(darkness: Field, half: int) -> Field:
    """How much darker a pixel is than what lies a little above and a little below it."""
    padded = np.pad(darkness, ((half, half), (0, 0)))  # beyond the edge is paper
    beside = np.maximum(padded[: -2 * half], padded[2 * half :])
    return np.asarray(np.clip(darkness - beside, -0.04, STRONGEST), dtype=np.float32)


def _slant(ridge: Field) -> float:
    """The slope, in radians, at which the rows of the picture are most unlike each other."""
    rows, columns = ridge.shape
    count = columns // BLOCK
    blocks = ridge[:, : count * BLOCK].reshape(rows, count, BLOCK).mean(axis=2)
    middles = (np.arange(count) + 0.5) * BLOCK - columns / 2
    angles = np.radians(np.arange(-STEEPEST_DEGREES, STEEPEST_DEGREES + 1e-6, STEP_DEGREES))
    scores = []
    for angle in angles:
        level = _level(blocks, np.rint(np.tan(angle) * middles).astype(np.int64))
        scores.append(float((np.maximum(level.mean(axis=1), 0) ** 2).sum()))
    return float(angles[int(np.argmax(scores))])


def _level(field: Field, shift: Whole) -> Field:
    """Every column moved up by its shift, so that slanted lines lie level; what comes in is empty."""
    rows = np.arange(field.shape[0])[:, None] + shift[None, :]
    inside = (rows >= 0) & (rows < field.shape[0])
    moved = np.take_along_axis(field, np.clip(rows, 0, field.shape[0] - 1), axis=0)
    return np.where(inside, moved, 0).astype(np.float32)


def _tracks(level: Field, half: int) -> list[tuple[int, Whole]]:
    """Each line as its first column and its row in every column from there on."""
    columns = level.shape[1]
    mean = ndimage.uniform_filter1d(ndimage.gaussian_filter1d(level, 1.0, axis=0), columns // 6, axis=1)
    noise = 1.4826 * float(np.median(np.abs(mean - np.median(mean))))
    peak = (mean > max(WEAKEST, 4 * noise)) & (mean >= ndimage.maximum_filter1d(mean, 2 * half + 1, axis=0))
    labels, _count = ndimage.label(ndimage.binary_dilation(peak, np.ones((3, 3))), np.ones((3, 3)))
    found = []
    for index, (_rows, across) in enumerate(ndimage.find_objects(labels), start=1):
        if across.stop - across.start >= SHORTEST * columns:
            here = (labels[:, across] == index) & peak[:, across]
            track = _filled(here)
            if _is_straight(track):
                found.append((across.start, track))
    return found


def _filled(peak: Mask) -> Whole:
    """One row for each column; columns without a peak lie between their neighbours."""
    seen = np.flatnonzero(peak.any(axis=0))
    rows = peak[:, seen].argmax(axis=0)
    track: Whole = np.rint(np.interp(np.arange(peak.shape[1]), seen, rows)).astype(np.int64)
    return track


def _is_straight(track: Whole) -> bool:
    """Straight, or bent as a sheet is bent: the middles of rows of print jump up and down."""
    places = np.linspace(-1, 1, len(track))
    smooth = np.polynomial.polynomial.polyval(places, np.polynomial.polynomial.polyfit(places, track, 3))
    return float(np.percentile(np.abs(track - smooth), 90)) < CROOKED


def _is_unbroken(darkness: Field, line: Line) -> bool:
    """Ink across a ruled line only adds to it; a row of print shows the paper between its strokes."""
    rows, columns = line
    near = [darkness[np.clip(rows + by, 0, len(darkness) - 1), columns] for by in (-1, 0, 1)]
    along = ndimage.uniform_filter1d(np.maximum.reduce(near), 7)
    usual = float(np.median(along))
    return usual > 0.5 * WEAKEST and float((along > 0.4 * usual).mean()) > UNBROKEN


def _divide_out(darkness: Field, line: Line, half: int) -> None:
    """Ink and line let light through one after the other: what the line takes is the same all along it."""
    rows, columns = line
    reach = np.arange(-half, half + 1)[:, None]
    band_rows = np.clip(rows[None, :] + reach, 0, darkness.shape[0] - 1)
    band = darkness[band_rows, columns[None, :]]
    own = _along(band)
    left = 1 - (1 - band) / np.maximum(1 - own, 0.05)
    left = np.where(left > 0.5 * own + 0.04, left, 0.0)
    if float(own.max()) > OPAQUE:
        left = _carried(left, np.median(own, axis=1) > 0.1)
    touched = own > 0.015
    darkness[band_rows, columns[None, :]] = np.where(touched, left, band).astype(np.float32)


def _along(band: Field) -> Field:
    """The line's own darkness at each distance from its middle: a running median, as most of the line is bare."""
    length = band.shape[1]
    window = max(8, length // 4)
    hop = max(1, window // 3)
    parts = np.lib.stride_tricks.sliding_window_view(band, window, axis=1)[:, ::hop]
    middles = np.arange(parts.shape[1]) * hop + window / 2
    places = np.arange(length)
    own = np.stack([np.interp(places, middles, row) for row in np.median(parts, axis=2)])
    return np.asarray(np.maximum(own, 0), dtype=np.float32)


def _carried(band: Field, covered: Mask) -> Field:
    """Across an opaque line: what comes in from above goes down to its middle, what comes in from below goes up."""
    hidden = np.flatnonzero(covered)
    if len(hidden) == 0:
        return band
    top, bottom = max(0, hidden[0] - 1), min(len(band) - 1, hidden[-1] + 1)
    middle = (top + bottom) // 2
    carried = band.copy()
    carried[top + 1 : middle + 1] = band[top]
    carried[middle + 1 : bottom] = band[bottom]
    return carried
