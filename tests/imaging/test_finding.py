"""From edges to four corners, on arrays."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from skimage.color import rgb2lab

from app.imaging import flatten, quads
from app.imaging.find import find_candidates
from app.imaging.fit import fit
from app.imaging.lines import edge_field, find_lines
from app.imaging.slots import CARD_SHAPE
from tests.imaging.pictures import card_photo

SQUARE = np.array([[10.0, 10.0], [90.0, 10.0], [90.0, 60.0], [10.0, 60.0]])


def lab_of(image: Image.Image) -> np.ndarray:
    return rgb2lab(np.asarray(image).astype(np.float32) / 255).astype(np.float32)


def test_a_card_seen_straight_on_has_its_own_aspect() -> None:
    card = np.array([[100, 100], [1685.8, 100], [1685.8, 1100], [100, 1100]])

    assert quads.aspect(card, 2000, 1500) == pytest.approx(1.5858, abs=1e-3)


def test_a_tilted_card_has_its_own_aspect_too() -> None:
    focal = quads.FOCAL_LENGTH * 2000
    space = np.array([[-1.5858, -1, 0], [1.5858, -1, 0], [1.5858, 1, 0], [-1.5858, 1, 0]])
    angle = np.radians(30)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    seen = space @ turn.T + np.array([0, 0, 6.0])
    quad = seen[:, :2] / seen[:, 2:] * focal + np.array([1000, 750])

    assert quads.aspect(quad, 2000, 1500) == pytest.approx(1.5858, abs=0.01)


def test_the_share_of_a_card_outside_the_picture_is_its_area() -> None:
    assert quads.share_outside(SQUARE + np.array([40, 0]), 100, 100) == pytest.approx(30 / 80)
    assert quads.share_outside(SQUARE, 100, 100) == 0


def test_a_turned_quad_keeps_its_corners_and_changes_its_first() -> None:
    assert (quads.turned(SQUARE, 1)[1] == SQUARE[0]).all()
    assert quads.turned(SQUARE, 4).tolist() == SQUARE.tolist()


def test_growing_moves_every_side_outward() -> None:
    grown = quads.grown(SQUARE, np.array([1.0, 2.0, 3.0, 4.0]))

    assert grown.tolist() == [[6, 9], [92, 9], [92, 63], [6, 63]]


def test_crossed_corners_are_not_convex() -> None:
    assert quads.is_convex(SQUARE)
    assert not quads.is_convex(SQUARE[[0, 2, 1, 3]])


def test_a_faint_long_edge_is_found_among_noise() -> None:
    noise = np.random.default_rng(0).normal(0, 0.6, (300, 400, 3)).astype(np.float32)
    step = np.zeros((300, 400, 3), dtype=np.float32)
    step[:, 170:, 0] = 2.0

    lines = find_lines(edge_field(50 + step + noise))

    first = abs(np.cos(lines.angles[0])), abs(lines.offsets[0])
    assert first == pytest.approx((1.0, 169.5), abs=2.5)


def test_stripes_leave_the_sides_that_run_across_them_a_seat() -> None:
    striped, chance = Image.new("RGB", (500, 380), (150, 110, 80)), np.random.default_rng(3)
    pen = ImageDraw.Draw(striped)
    for _ in range(170):
        y = float(chance.uniform(-20, 400))
        pen.line((0, y, 499, y + float(chance.normal(0, 25))), fill=(90, 60, 40), width=2)
    pen.rectangle((150, 120, 330, 235), fill=(165, 128, 100))

    lines = find_lines(edge_field(lab_of(striped)))

    places = np.abs(lines.offsets[np.abs(np.cos(lines.angles)) > 0.99])
    assert np.abs(places - 149.5).min() < 4
    assert np.abs(places - 330.5).min() < 4


def test_a_flat_picture_has_no_candidates() -> None:
    assert find_candidates(edge_field(np.full((200, 300, 3), 50, dtype=np.float32)), CARD_SHAPE) == []


@pytest.mark.parametrize("step", [150, 12])
def test_a_card_is_among_the_first_candidates_on_a_ground_much_or_little_darker(step: int) -> None:
    image, corners = card_photo(turned=17, size=(1000, 760), step=step)
    small = image.reduce(2)

    found = [candidate.quad * 2 + 1 for candidate in find_candidates(edge_field(lab_of(small)), CARD_SHAPE)[:6]]

    assert min(np.abs(np.roll(quad, k, axis=0) - corners).max() for quad in found for k in range(4)) < 6


def test_the_fit_brings_rough_corners_to_within_a_pixel() -> None:
    image, corners = card_photo(turned=-8)
    rough = corners + np.array([[5, -4], [-5, 3], [4, 5], [-3, -5]])

    fitted = fit(np.asarray(image), rough, reach=8)

    assert np.abs(fitted.quad - corners).max() < 1.0
    assert fitted.seen.min() > 0.8
    assert fitted.contrast.min() > 30


def test_flattening_a_turned_card_gives_it_back() -> None:
    image, corners = card_photo(turned=25)
    straight, home = card_photo(turned=0)

    flat = np.asarray(flatten.flatten(image, corners, (640, 404))).astype(int)
    expected = np.asarray(flatten.flatten(straight, home, (640, 404))).astype(int)

    assert np.abs(flat - expected)[30:-30, 30:-30].mean() < 6
