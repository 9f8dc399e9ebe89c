"""Ruled lines of writing paper: found, and divided out of the picture so that the strokes across them stay."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Field: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]
Whole: TypeAlias = npt.NDArray[np.int64]
Line: TypeAlias = tuple[npt.NDArray[np.float64], Whole]
"""The course of a line: its rows, between pixels too, and its columns, one by one."""

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
    half = max(3, round(HALF_BAND * max(darkness.shape)))
    along, down = _lines(darkness, half), _lines(np.ascontiguousarray(darkness.T), half)
    cleared = darkness.copy()
    for field, lines in ((cleared, along), (cleared.T, down)):
        for line in lines:
            _divide_out(field, line, half)
    return Ruled(cleared, _inner(along, darkness.shape[0]) + _inner(down, darkness.shape[1]))


def _lines(darkness: Field, half: int) -> list[Line]:
    ridge = _ridge(darkness, half)
    columns = np.arange(darkness.shape[1])
    slope = np.tan(_slant(ridge)) * (columns - columns.mean())
    lines = [
        (track + slope[first : first + len(track)], first + np.arange(len(track)))
        for first, track in _tracks(_level(ridge, np.rint(slope).astype(np.int64)), half)
    ]
    return [line for line in lines if _is_unbroken(darkness, line)]


def _inner(lines: list[Line], across: int) -> int:
    middles = np.array([rows.mean() for rows, _columns in lines]) / across
    return int((np.abs(middles - 0.5) < 0.5 - EDGE).sum())


def _ridge(darkness: Field, half: int) -> Field:
    """How much darker a pixel is than what lies a little above and a little below it."""
    padded = np.pad(darkness, ((half, half), (0, 0)))  # beyond the edge is paper
    beside = np.maximum(padded[: -2 * half], padded[2 * half :])
    return np.asarray(np.clip(darkness - beside, -0.04, STRONGEST), dtype=np.float32)


def _slant(ridge: Field) -> float:
    """The slope, in radians, at which the rows of the picture are most unlike each other."""
    count = ridge.shape[1] // BLOCK
    blocks = ridge[:, : count * BLOCK].reshape(len(ridge), count, BLOCK).mean(axis=2)
    middles = (np.arange(count) + 0.5) * BLOCK - ridge.shape[1] / 2
    angles = np.radians(np.arange(-STEEPEST_DEGREES, STEEPEST_DEGREES + 1e-6, STEP_DEGREES))
    scores = [_unlike(blocks, np.rint(np.tan(angle) * middles).astype(np.int64)) for angle in angles]
    return float(angles[int(np.argmax(scores))])


def _unlike(blocks: Field, shift: Whole) -> float:
    moved = [np.roll(column, -by) for column, by in zip(blocks.T, shift, strict=True)]
    return float((np.maximum(np.mean(moved, axis=0), 0) ** 2).sum())


def _level(field: Field, shift: Whole) -> Field:
    """Every column moved up by its shift, so that slanted lines lie level; what comes in is empty."""
    rows = np.arange(field.shape[0])[:, None] + shift[None, :]
    inside = (rows >= 0) & (rows < field.shape[0])
    moved = np.take_along_axis(field, np.clip(rows, 0, field.shape[0] - 1), axis=0)
    return np.where(inside, moved, 0).astype(np.float32)


def _tracks(level: Field, half: int) -> list[tuple[int, npt.NDArray[np.float64]]]:
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
            course = _smooth(track)
            if float(np.percentile(np.abs(track - course), 90)) < CROOKED:  # the rows of print jump up and down
                found.append((across.start, course))
    return found


def _filled(peak: Mask) -> Whole:
    """One row for each column; columns without a peak lie between their neighbours."""
    seen = np.flatnonzero(peak.any(axis=0))
    rows = peak[:, seen].argmax(axis=0)
    track: Whole = np.rint(np.interp(np.arange(peak.shape[1]), seen, rows)).astype(np.int64)
    return track


def _smooth(track: Whole) -> npt.NDArray[np.float64]:
    """Straight, or bent as a sheet is bent."""
    places = np.linspace(-1, 1, len(track))
    course = np.polynomial.polynomial.polyval(places, np.polynomial.polynomial.polyfit(places, track, 3))
    return np.asarray(course, dtype=np.float64)


def _is_unbroken(darkness: Field, line: Line) -> bool:
    """Ink across a ruled line only adds to it; a row of print shows the paper between its strokes."""
    rows, columns = np.rint(line[0]).astype(np.int64), line[1]
    near = [darkness[np.clip(rows + by, 0, len(darkness) - 1), columns] for by in (-1, 0, 1)]
    along = ndimage.uniform_filter1d(np.maximum.reduce(near), 7)
    usual = float(np.median(along))
    return usual > 0.5 * WEAKEST and float((along > 0.4 * usual).mean()) > UNBROKEN


def _divide_out(darkness: Field, line: Line, half: int) -> None:
    """Ink and line let light through one after the other: what the line takes is the same all along it."""
    rows, columns = line
    base = np.floor(rows).astype(np.int64)
    part = (rows - base).astype(np.float32)[None, :]
    reach = np.arange(-half, half + 2)[:, None]
    places = (np.clip(base[None, :] + reach, 0, darkness.shape[0] - 1), columns[None, :])
    band = darkness[places]
    own = _along(band[:-1] * (1 - part) + band[1:] * part)  # level with the line, which runs between the pixels
    own = np.pad(own, ((1, 1), (0, 0)), mode="edge")
    own = own[:-1] * part + own[1:] * (1 - part)
    left = 1 - (1 - band) / np.maximum(1 - own, 0.05)
    left = np.where(left > 0.5 * own + 0.04, left, 0.0)
    if float(own.max()) > OPAQUE:
        left = _carried(left, np.median(own, axis=1) > 0.1)
    darkness[places] = np.where(own > 0.015, left, band).astype(np.float32)


def _along(band: Field) -> Field:
    """The line's own darkness at each distance from its middle: a running median, as most of the line is bare."""
    length = band.shape[1]
    window = max(8, length // 4)
    hop = max(1, window // 3)
    parts = np.lib.stride_tricks.sliding_window_view(band, window, axis=1)[:, ::hop]
    middles = np.arange(parts.shape[1]) * hop + window / 2
    places = np.arange(length)
    own = np.stack([np.interp(places, middles, row) for row in np.median(parts, axis=2)])
    whole = np.percentile(band, 40, axis=1)[:, None]  # strokes may run along a line for longer than the window
    return np.asarray(np.clip(own, 0, 1.5 * np.maximum(whole, 0) + 0.03), dtype=np.float32)


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
