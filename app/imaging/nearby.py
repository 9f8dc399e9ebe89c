"""The largest and the smallest value nearby, by doubling: a few passes of plain maxima, whatever the window."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Plane: TypeAlias = npt.NDArray[Any]
"""Rows × columns of any ordered type."""


def largest(plane: Plane, size: int) -> Plane:
    """The largest value in a square window of odd `size` around each place: SciPy's maximum_filter, sooner."""
    return _along(_along(plane, size, np.maximum, 0), size, np.maximum, 1)


def smallest(plane: Plane, size: int) -> Plane:
    """The smallest value in such a window."""
    return _along(_along(plane, size, np.minimum, 0), size, np.minimum, 1)


def closing(plane: Plane, size: int) -> Plane:
    """The plane without what is dark and narrower than the window: SciPy's grey_closing."""
    return smallest(largest(plane, size), size)


def opening(plane: Plane, size: int) -> Plane:
    """The plane without what is light and narrower than the window: SciPy's grey_opening."""
    return largest(smallest(plane, size), size)


def _along(plane: Plane, size: int, better: np.ufunc, axis: int) -> Plane:
    """Windows of 1, 2, 4, 8 … pixels, and two of the last that overlap; beyond the edge there is nothing better."""
    half = size // 2
    framed = np.pad(plane, [(half, half) if each == axis else (0, 0) for each in range(2)], mode="edge")
    width = 1
    while 2 * width <= size:
        framed = better(_cut(framed, axis, 0, -width), _cut(framed, axis, width, None))
        width *= 2
    if width < size:
        rest = size - width
        framed = better(_cut(framed, axis, 0, -rest), _cut(framed, axis, rest, None))
    return framed


def _cut(plane: Plane, axis: int, start: int, stop: int | None) -> Plane:
    return plane[start:stop] if axis == 0 else plane[:, start:stop]
