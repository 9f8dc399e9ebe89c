"""The marks on a sheet told apart: handwriting, print, specks, and what only touches the picture's edge."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Field: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int64]
Labels: TypeAlias = npt.NDArray[np.int32]

FAINTEST: Final = 0.06
"""Darkness below which nothing is taken for ink, however even the paper."""
SURE: Final = 0.11
"""A mark must be this dark somewhere."""
NOISES: Final = 3.6
"""So many standard deviations of the bare paper's darkness are noise."""
THICKEST: Final = 0.028
"""Half the width of the thickest stroke, of the picture's longer side."""
HANGING: Final = 0.06
"""Of the longer side: shorter marks at the picture's edge are what a torn sheet lets through, or a corner."""
STEEPEST: Final = 0.1
"""Ink ends within a few pixels: somewhere its edge must change by this share of its darkness a pixel."""
FAINT_SHARE: Final = 0.22
"""Marks this much fainter than most of the ink are its reflection, print from the back, a stain."""
PRINT_SMALLER: Final = 0.5
"""Print has characters less than half as large as the largest stroke of the handwriting beside it."""
EVEN: Final = 0.16
"""Spread of a row's upper and lower edge, in heights of the row: print keeps to its line, a hand does not."""
PAGE_MARKS: Final = 40
PAGE_SHARE: Final = 0.3
"""A page of print has at least this share of its marks in even rows: titles, frames and stamps are none."""
PAGE_LARGEST: Final = 1.7
"""On a page with print alone no mark is so many times as high as its rows."""
PAGE_ROW: Final = 1.3
"""Height of a short row on a page of print, in usual rows."""
LONG_ROW: Final = 7.0
"""Width of a row over its height: a signature is shorter."""
SHORTEST_STROKE: Final = 0.025
"""Of the longer side: a signature has a stroke at least so long."""
BORDER: Final = 0.012
"""Of the longer side: what lies as a whole in this strip along the edge came in with the cut."""


@dataclass(frozen=True)
class Marks:
    """Connected marks: their labels (0 is paper) and, index 1 on, box (top, left, bottom, right), pixels, darkness."""

    labels: Labels
    boxes: Floats
    pixels: Floats
    peak: Floats

    @property
    def extent(self) -> Floats:
        """The longer side of each mark's box, in pixels."""
        longer: Floats = np.maximum(self.boxes[:, 2] - self.boxes[:, 0], self.boxes[:, 3] - self.boxes[:, 1])
        return longer


def find_marks(darkness: Field) -> Marks:
    """Everything that stands out from the paper, faint ends of strokes included."""
    middle = float(np.median(darkness))
    noise = 1.4826 * float(np.median(np.abs(darkness - middle)))
    low, high = max(FAINTEST, middle + NOISES * noise), max(SURE, middle + 1.6 * NOISES * noise)
    labels, count = ndimage.label(darkness > low, np.ones((3, 3)))
    everything = Marks(labels, np.zeros((count + 1, 4)), np.zeros(count + 1), _largest(darkness, labels, count))
    return _only(everything, everything.peak > high, darkness)


def of_ink(marks: Marks, darkness: Field) -> Marks:
    """Without specks, blots, shadows and what hangs on the edge of the picture."""
    if not len(marks.pixels) > 1:
        return marks
    longest = max(darkness.shape)
    half = marks.labels[::2, ::2]  # half the resolution is enough for what is thick
    inside = 2 * ndimage.distance_transform_edt(half > 0)
    numbers = np.arange(len(marks.pixels))
    radius = np.maximum(1, _largest(inside, half, len(numbers) - 1))
    keep = (marks.pixels >= 6) & (radius <= THICKEST * longest) & ~_on_edge(marks, radius, darkness.shape)
    slope = _largest(ndimage.gaussian_gradient_magnitude(darkness, 1.0), marks.labels, len(numbers) - 1)
    keep &= slope > STEEPEST * marks.peak
    if not keep.any():
        return _only(marks, keep, darkness)
    usual = _weighted_median(marks.peak[keep], marks.pixels[keep])
    keep &= marks.peak > FAINT_SHARE * usual
    stroke = _weighted_median(radius[keep], marks.pixels[keep])
    keep &= (marks.pixels > 3 * stroke**2) | (marks.peak > 0.6 * usual)
    return _only(marks, keep, darkness)


def handwriting(marks: Marks, darkness: Field) -> Marks:
    """Without rows of print; nothing is left of a page that has only print."""
    numbers = np.arange(1, len(marks.pixels))
    if len(numbers) == 0:
        return marks
    keep = np.ones(len(marks.pixels), dtype=bool)
    keep[_page(marks, numbers)] = False
    keep[_page(_turned(marks), numbers)] = False
    left = np.flatnonzero(keep)
    if len(left):
        small = left[marks.extent[left] < PRINT_SMALLER * marks.extent[left].max()]
        large = np.setdiff1d(left, small)
        for row in _rows(marks, small):
            if len(row) >= 4 and _is_even(marks, row) and not _is_near(marks, row, large):
                keep[row] = False
    return _only(marks, keep, darkness)


def is_sideways(marks: Marks) -> bool:
    """Whether rows of print run up or down."""
    numbers = np.arange(1, len(marks.pixels))
    return len(_page(_turned(marks), numbers)) > 2 * len(_page(marks, numbers))


def _turned(marks: Marks) -> Marks:
    return Marks(marks.labels.T, marks.boxes[:, [1, 0, 3, 2]], marks.pixels, marks.peak)


def is_signature(marks: Marks, shape: tuple[int, ...], least_share: float) -> bool:
    """Whether what is left can be one: enough of it, one stroke of some length, and not just a printed label."""
    share = float(marks.pixels[1:].sum()) / (shape[0] * shape[1])
    if share < least_share or float(marks.extent[1:].max()) < SHORTEST_STROKE * max(shape):
        return False
    return not _is_label(marks, np.arange(1, len(marks.pixels)), shape)


def _is_label(marks: Marks, numbers: Numbers, shape: tuple[int, ...]) -> bool:
    """One small even row in the upper left corner, as 本人签名： is printed."""
    if len(numbers) < 4:
        return False
    top, left, bottom, right = _around(marks, numbers)
    corner = top < 0.25 * shape[0] and bottom < 0.32 * shape[0] and left < 0.15 * shape[1] and right < 0.5 * shape[1]
    return bool(corner and bottom - top < 0.14 * shape[0] and _is_even(marks, numbers))


def _only(marks: Marks, keep: Mask, darkness: Field) -> Marks:
    """The marks that are to be kept, numbered anew and measured."""
    keep = keep & (np.arange(len(keep)) > 0)
    numbers = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    labels, count = numbers[marks.labels], int(keep.sum())
    boxes = np.zeros((count + 1, 4))
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        boxes[index] = rows.start, columns.start, rows.stop, columns.stop
    pixels = np.bincount(labels.ravel(), minlength=count + 1).astype(float)
    return Marks(labels, boxes, pixels, _largest(darkness, labels, count))


def _largest(field: npt.NDArray[np.floating[Any]], labels: Labels, count: int) -> Floats:
    """The largest value on each mark; 0 for the paper."""
    largest = np.zeros(count + 1)
    seen = labels > 0
    np.maximum.at(largest, labels[seen], field[seen])
    return largest


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def _on_edge(marks: Marks, radius: Floats, shape: tuple[int, ...]) -> Mask:
    """In the outermost strip as a whole, or reaching the edge along much of its length, or thick where it does."""
    rows, columns = shape
    strip = BORDER * max(shape)
    top, left, bottom, right = marks.boxes.T
    within = (bottom <= strip) | (right <= strip) | (top >= rows - strip) | (left >= columns - strip)
    touching = (top <= 1) | (left <= 1) | (bottom >= rows - 1) | (right >= columns - 1)
    rim = np.concatenate([marks.labels[[0, -1]].ravel(), marks.labels[:, [0, -1]].ravel()])
    on_rim = np.bincount(rim, minlength=len(radius))
    along = on_rim > np.maximum(0.2 * marks.extent, 4.5 * radius)
    hanging = touching & (marks.extent < HANGING * max(shape))
    return np.asarray(within | hanging | (touching & along))


def _around(marks: Marks, numbers: Numbers) -> tuple[float, float, float, float]:
    boxes = marks.boxes[numbers]
    return float(boxes[:, 0].min()), float(boxes[:, 1].min()), float(boxes[:, 2].max()), float(boxes[:, 3].max())


def _page(marks: Marks, numbers: Numbers) -> Numbers:
    """The marks of a page of print: many, of one size, in long even rows; none of them where there is no such page."""
    rows = [row for row in _rows(marks, numbers) if len(row) >= 6 and _is_even(marks, row)]
    if not rows or sum(len(row) for row in rows) < max(PAGE_MARKS, PAGE_SHARE * len(numbers)):
        return numbers[:0]
    places = np.array([_around(marks, row) for row in rows])
    heights, widths = places[:, 2] - places[:, 0], places[:, 3] - places[:, 1]
    if len(rows) < 3 and float((widths / heights).max()) < LONG_ROW:
        return numbers[:0]
    em = float(np.median(heights))
    high = marks.boxes[numbers, 2] - marks.boxes[numbers, 0] > PAGE_LARGEST * em
    if not high.any():
        return numbers
    printed = [row for row, height in zip(rows, heights, strict=True) if height < PAGE_LARGEST * em]
    return np.concatenate(printed + _of_page_size(marks, numbers, numbers[high], em))


def _of_page_size(marks: Marks, numbers: Numbers, large: Numbers, em: float) -> list[Numbers]:
    """Short rows of a page, even or not: as high as its other rows, and away from larger strokes."""
    found = []
    for row in _rows(marks, numbers):
        top, _left, bottom, _right = _around(marks, row)
        if len(row) >= 3 and bottom - top < PAGE_ROW * em and not _is_near(marks, row, large):
            found.append(row)
    return found


def _rows(marks: Marks, numbers: Numbers) -> list[Numbers]:
    """Marks grouped with their neighbours to the left and right."""
    if len(numbers) == 0:
        return []
    boxes = marks.boxes[numbers]
    heights = boxes[:, 2] - boxes[:, 0]
    em = max(4.0, float(np.percentile(np.maximum(heights, boxes[:, 3] - boxes[:, 1]), 80)))
    shape = marks.labels.shape
    canvas = np.zeros((shape[0] // 2 + 2, shape[1] // 2 + 2), dtype=bool)
    for top, left, bottom, right in boxes:
        reach = 0.45 * em
        canvas[int(top / 2) : int(bottom / 2) + 1, max(0, int((left - reach) / 2)) : int((right + reach) / 2) + 1] = (
            True
        )
    joined, _count = ndimage.label(canvas)
    middles = ((boxes[:, :2] + boxes[:, 2:]) / 4).astype(int)
    group = joined[middles[:, 0].clip(0, canvas.shape[0] - 1), middles[:, 1].clip(0, canvas.shape[1] - 1)]
    return [numbers[group == one] for one in np.unique(group)]


def _is_even(marks: Marks, row: Numbers) -> bool:
    """Whether the upper and the lower edge of a row run straight on, character by character."""
    top, left, bottom, right = _around(marks, row)
    height = bottom - top
    if right - left < 2 * height:
        return False
    boxes = marks.boxes[row]
    steps = np.arange(left, right - 0.6 * height, 0.8 * height)
    cells = [boxes[(boxes[:, 1] < step + 0.8 * height) & (boxes[:, 3] > step)] for step in steps]
    cells = [cell for cell in cells if len(cell)]
    if len(cells) < 2:
        return False
    tops = np.array([cell[:, 0].min() for cell in cells])
    bottoms = np.array([cell[:, 2].max() for cell in cells])
    spread = max(_spread(tops), _spread(bottoms))
    return bool(spread < EVEN * height)


def _spread(values: Floats) -> float:
    """Mean distance from a straight line through them: the sheet may lie a little askew."""
    places = np.arange(len(values))
    if len(values) < 4:
        return float(np.abs(values - np.median(values)).mean())
    slope, start = np.polyfit(places, values, 1)
    return float(np.abs(values - slope * places - start).mean())


def _is_near(marks: Marks, row: Numbers, large: Numbers) -> bool:
    """Whether strokes of the handwriting reach into the row or right up to it."""
    top, left, bottom, right = _around(marks, row)
    gap = 0.35 * (bottom - top)
    boxes = marks.boxes[large]
    apart = (boxes[:, 2] < top - gap) | (boxes[:, 0] > bottom + gap)
    apart |= (boxes[:, 3] < left - gap) | (boxes[:, 1] > right + gap)
    return not bool(apart.all())
