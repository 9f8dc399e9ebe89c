"""What is found nearby, and what runs on unbroken, is the same as SciPy's, to the last bit."""

import numpy as np
import pytest
from scipy import ndimage

from app.imaging.nearby import closing, largest, opening, smallest
from app.imaging.signature import unbroken


@pytest.mark.parametrize("size", [1, 3, 5, 9, 15])
@pytest.mark.parametrize("shape", [(40, 64), (5, 7), (1, 30)])
def test_the_largest_and_smallest_nearby_are_found_up_to_the_edge(shape: tuple[int, int], size: int) -> None:
    plane = np.random.default_rng(size).normal(size=shape).astype(np.float32)

    assert (largest(plane, size) == ndimage.maximum_filter(plane, size)).all()
    assert (smallest(plane, size) == ndimage.minimum_filter(plane, size)).all()


def test_what_is_dark_or_light_and_narrow_disappears_as_in_scipy() -> None:
    plane = np.random.default_rng(3).normal(size=(30, 44)).astype(np.float32)

    assert (closing(plane, 9) == ndimage.grey_closing(plane, (9, 9))).all()
    assert (opening(plane, 9) == ndimage.grey_opening(plane, (9, 9))).all()


@pytest.mark.parametrize("length", [1, 4, 7, 20])
def test_only_long_unbroken_runs_of_ink_are_a_ruled_line(length: int) -> None:
    ink = np.random.default_rng(length).random((30, 44)) < 0.85

    assert (unbroken(ink, length) == ndimage.binary_opening(ink, np.ones((1, length)))).all()
    upright = unbroken(ink.T, length).T
    assert (upright == ndimage.binary_opening(ink, np.ones((length, 1)))).all()
