"""The largest and the smallest value nearby are the same as SciPy's, to the last bit."""

import numpy as np
import pytest
from scipy import ndimage

from app.imaging.nearby import largest, smallest


@pytest.mark.parametrize("size", [1, 3, 5, 9, 15])
@pytest.mark.parametrize("shape", [(40, 64), (5, 7), (1, 30)])
def test_the_largest_and_smallest_nearby_are_found_up_to_the_edge(shape: tuple[int, int], size: int) -> None:
    plane = np.random.default_rng(size).normal(size=shape).astype(np.float32)

    assert (largest(plane, size) == ndimage.maximum_filter(plane, size)).all()
    assert (smallest(plane, size) == ndimage.minimum_filter(plane, size)).all()
