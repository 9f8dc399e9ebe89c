"""What leaves the room: a flat picture that is true to the photo, and a JPEG that is small and bare."""

import io

import numpy as np
import pytest
from PIL import Image

from app.imaging.encode import PICTURE_BYTES, jpeg, thumbnail
from app.imaging.flatten import flatten, patch
from tests.imaging.pictures import picture


def grainy(strength: float, size: tuple[int, int] = (1600, 1200)) -> Image.Image:
    grain = np.random.default_rng(5).normal(0, strength, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(picture(*size)) + grain, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("times", [1.0, 1.5, 2.0, 3.4])
def test_a_flattened_card_shows_what_the_photo_shows_however_large_it_was(times: float) -> None:
    photo = picture(round(800 * times), round(600 * times))
    corners = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]) * photo.size

    flat = np.asarray(flatten(photo, corners, (640, 480))).astype(int)

    expected = np.asarray(picture(640, 480)).astype(int)
    assert np.abs(flat - expected).max(axis=2)[:236, :316].max() <= 2
    assert np.abs(flat - expected).max(axis=2)[244:, 324:].max() <= 2
    assert np.abs(flat - expected).mean() < 1


def test_a_fine_pattern_does_not_become_a_coarse_one_when_it_is_made_smaller() -> None:
    stripes = np.zeros((900, 1400, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    corners = np.array([[20.0, 20.0], [1380, 20], [1380, 880], [20, 880]])

    flat = np.asarray(flatten(Image.fromarray(stripes), corners, (640, 405)))

    assert abs(float(flat.mean()) - 100) < 2
    assert float(flat[..., 0].std()) < 20


def test_the_small_pictures_that_are_judged_keep_the_sharper_filter() -> None:
    photo, corners = grainy(25), np.array([[0.0, 0.0], [1600, 0], [1600, 1200], [0, 1200]])

    judged, kept = patch(photo, corners, (1000, 750)), np.asarray(flatten(photo, corners, (1000, 750)))

    assert judged[20:300, 20:300].std() > kept[20:300, 20:300].std()


@pytest.mark.parametrize("strength", [0, 8, 30, 90])
def test_a_kept_picture_has_the_best_quality_that_fits(strength: float) -> None:
    image = grainy(strength)

    data = jpeg(image)

    tries = [saved_at(image, quality) for quality in (88, 82, 75, 66, 56, 45, 34, 24, 14)]
    assert data == next(one for one in tries if len(one) <= PICTURE_BYTES)


def test_a_picture_that_fits_at_no_quality_is_halved_until_it_does() -> None:
    data = jpeg(grainy(90), most_bytes=20_000)

    assert len(data) <= 20_000
    assert Image.open(io.BytesIO(data)).size == (800 // 2, 600 // 2)


def test_a_thumbnail_is_small_in_pixels_and_bytes() -> None:
    data = thumbnail(grainy(90))

    assert max(Image.open(io.BytesIO(data)).size) == 320
    assert len(data) <= 20_000


def saved_at(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
