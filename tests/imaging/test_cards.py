"""What tells a card from other things, on made-up pictures: corners, figures, sleeves, three sides, print around."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage.color import rgb2lab

from app.imaging import flatten, quads
from app.imaging.bank_card import ways_up
from app.imaging.evidence import weigh_edges
from app.imaging.figures import figure_rows
from app.imaging.find import Crossings
from app.imaging.fit import Fit
from app.imaging.intake import decode
from app.imaging.layout import PATCH, fitness, look, upside_down
from app.imaging.lines import edge_field, find_lines
from app.imaging.open_sides import OPEN, find_open
from app.imaging.prepare import Action, prepare
from app.imaging.quality import lightness
from app.imaging.rounding import roundness
from app.imaging.search import search, without_print
from app.imaging.slots import Slot
from tests.bench.imaging_accuracy import overlap
from tests.imaging.pictures import card_photo, sample, saved

LYING = np.array([[180.0, 180.0], [820.0, 180.0], [820.0, 584.0], [180.0, 584.0]])


def on_ground(card: Image.Image, mask: Image.Image, ground: Image.Image) -> Image.Image:
    photo = ground.copy()
    photo.paste(card, (180, 180), mask)
    return photo


def rounded(radius: int) -> Image.Image:
    mask = Image.new("L", (640, 404), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 639, 403), radius, fill=255)
    return mask


def numbered(size: tuple[int, int], rows: list[tuple[float, str]], height: float) -> Image.Image:
    """A dark card with light figures: (place of the row in shares of its height, the figures)."""
    image = Image.new("RGB", size, (30, 60, 110))
    pen = ImageDraw.Draw(image)
    letters = ImageFont.load_default(size=height * size[1] / 0.72)
    for place, text in rows:
        pen.text((0.1 * size[0], place * size[1]), text, font=letters, fill=(235, 235, 230), anchor="lm")
    return image


def newspaper(*, dense: bool = False) -> Image.Image:
    ground = Image.new("RGB", (1000, 764), (215, 212, 200))
    pen = ImageDraw.Draw(ground)
    chance = np.random.default_rng(4)
    for y in range(4, 764, 13):
        for x in range(0, 1000, 11):
            if dense or chance.random() < 0.85:
                pen.rectangle((x, y, x + int(chance.integers(5, 9)), y + (10 if dense else 8)), fill=(45, 45, 48))
    return ground


def test_a_block_of_a_newspaper_is_no_bank_card_though_all_its_rows_are_of_one_height() -> None:
    page = newspaper(dense=True)
    print_share = float(look(flatten.patch(page, LYING, PATCH)).ink.mean())

    rows = figure_rows(lightness(flatten.patch(page, LYING, (384, 242))), 242)

    assert rows[0].count > 12  # longer than a card number
    assert max(ways_up(page, LYING, (0.0, 0.0), print_share).values()) == 0.0


@pytest.mark.parametrize(("radius", "low", "high"), [(24, 0.7, 1.0), (0, 0.0, 0.25)])
def test_a_card_has_round_corners_and_a_sheet_has_not(radius: int, low: float, high: float) -> None:
    card = Image.new("RGB", (640, 404), (225, 228, 235))
    photo = on_ground(card, rounded(radius), Image.new("RGB", (1000, 764), (60, 50, 40)))

    rounds = roundness(photo, LYING)

    assert (rounds >= low).all()
    assert (rounds <= high).all()


def test_a_corner_nobody_can_see_says_nothing() -> None:
    photo = Image.new("RGB", (1000, 764), (200, 200, 200))

    assert roundness(photo, LYING).tolist() == [0.5] * 4


@pytest.mark.parametrize("away", [900, -900, 4000])
def test_a_corner_outside_the_photo_is_no_error(away: int) -> None:
    photo = Image.new("RGB", (1000, 764), (60, 50, 40))

    rounds = roundness(photo, LYING * 3 + np.array([away, away]))

    assert np.isfinite(rounds).all()


def test_the_long_number_of_a_card_is_the_longest_row_of_figures() -> None:
    card = numbered((384, 242), [(0.65, "6214 8300 0000 0009")], 0.075)

    first = figure_rows(lightness(np.asarray(card)), 242)[0]

    assert first.count >= 14
    assert first.middle == pytest.approx(0.65, abs=0.03)


def test_a_picture_without_print_has_no_row_of_figures() -> None:
    assert figure_rows(np.full((242, 384), 50, dtype=np.float32), 242) == []


@pytest.mark.parametrize("turns", [0, 2])
def test_the_number_below_the_middle_tells_which_way_up_a_bank_card_lies(turns: int) -> None:
    card = numbered((640, 404), [(0.66, "6214830000000009")], 0.08).rotate(90 * turns)
    whole = np.array([[0.0, 0.0], [640.0, 0.0], [640.0, 404.0], [0.0, 404.0]])

    ways = ways_up(card, whole, (0.0, 0.0))

    assert max(ways, key=lambda way: ways[way]) == turns
    assert ways[turns] > 0.8


def test_a_card_printed_on_its_short_side_stands_upright() -> None:
    standing = numbered((404, 640), [(0.70, "62148300"), (0.77, "00000009")], 0.045)
    lying = standing.rotate(90, expand=True)
    whole = np.array([[0.0, 0.0], [640.0, 0.0], [640.0, 404.0], [0.0, 404.0]])

    ways = ways_up(lying, whole, (0.0, 0.0))

    assert max(ways, key=lambda way: ways[way]) == 1
    assert ways[1] > 0.5


def test_on_a_newspaper_the_print_is_wiped_out_and_the_card_found() -> None:
    image, _ = card_photo(turned=0, size=(640, 404))
    card = image.crop((0, 0, 640, 404)).resize((640, 404))
    ground = newspaper()
    wiped = without_print(rgb2lab(np.asarray(ground.reduce(2)).astype(np.float32) / 255).astype(np.float32))

    photo = on_ground(card.point(lambda v: min(255, v + 60)), rounded(24), ground)
    found = search(photo, Slot.ID_PORTRAIT).readings

    assert wiped[..., 0].std() < 6
    assert max(abs(overlap(np.roll(r.quad, k, axis=0), LYING)[0]) for r in found for k in range(4)) > 0.95


def test_three_sides_tell_where_the_fourth_is() -> None:
    photo = Image.new("RGB", (500, 380), (60, 50, 40))
    ImageDraw.Draw(photo).rectangle((120, 100, 119 + 238, 99 + 150), fill=(220, 225, 230))
    ImageDraw.Draw(photo).rectangle((300, 60, 499, 300), fill=(60, 50, 40))  # a dark hand over the right side
    field = edge_field(rgb2lab(np.asarray(photo).astype(np.float32) / 255).astype(np.float32))
    lines = find_lines(field)
    truth = np.array([[120.0, 100.0], [358.0, 100.0], [358.0, 250.0], [120.0, 250.0]])

    opened = find_open(lines, Crossings(lines, field), most=8)

    assert max(overlap(np.roll(c.quad, k, axis=0), truth)[0] for c in opened for k in range(4)) > 0.9
    assert all(candidate.support[OPEN] == 0 for candidate in opened)


def test_a_card_that_leaves_the_picture_is_named_cut_off() -> None:
    data, truth = sample("easy-4242-0004")
    photo = decode(data).image
    corners = np.array(truth["quad"])
    across = corners[:, 0].max() - corners[:, 0].min()
    cut = photo.crop((0, 0, round(corners[:, 0].max() - 0.25 * across), photo.height))

    prepared = prepare(saved(cut, quality=92), Slot.ID_PORTRAIT)

    assert prepared.action is Action.REJECT
    assert [remark.code for remark in prepared.verdicts] == ["cut_off"]


def test_a_card_that_leaves_the_picture_by_two_sides_is_named_cut_off_too() -> None:
    data, truth = sample("easy-4242-0004")
    photo = decode(data).image
    corners = np.array(truth["quad"])
    right, bottom = corners.max(axis=0) - 0.2 * np.ptp(corners, axis=0)
    cut = photo.crop((0, 0, round(right), round(bottom)))

    prepared = prepare(saved(cut, quality=92), Slot.ID_PORTRAIT)

    assert prepared.action is Action.REJECT
    assert [remark.code for remark in prepared.verdicts] == ["cut_off"]


def test_a_shadow_across_the_emblem_side_leaves_it_the_emblem_side() -> None:
    flat = laid_flat("easy-4242-0001")
    shaded = flat.copy()
    shaded[:, flat.shape[1] * 3 // 5 :] = flat[:, flat.shape[1] * 3 // 5 :] * 0.4

    found = fitness(look(shaded))

    assert found.has_emblem
    assert found.emblem > 0.8


def test_red_clothes_upside_down_are_no_emblem() -> None:
    flat = laid_flat("easy-4242-0004")
    rows, columns = flat.shape[:2]
    flat[int(0.56 * rows) : int(0.86 * rows), int(0.72 * columns) : int(0.94 * columns)] = (205, 30, 40)

    found = fitness(upside_down(look(flat)))

    assert not found.has_emblem


def laid_flat(name: str) -> npt.NDArray[np.uint8]:
    """The card of a sample, upright, as small as its layout is judged on."""
    data, truth = sample(name)
    return np.asarray(flatten.patch(decode(data).image, np.array(truth["quad"]), PATCH)).copy()


def test_the_card_in_a_clear_sleeve_is_cropped_without_the_sleeve() -> None:
    data, truth = sample("easy-4242-0001")
    photo = decode(data).image
    corners = np.array(truth["quad"])
    sleeve = quads.grown(corners, np.full(4, 0.05 * quads.sides(corners).max()))
    outline = [tuple(point) for point in [*sleeve, sleeve[0]]]
    ImageDraw.Draw(photo).line(outline, fill=(235, 235, 240), width=9, joint="curve")

    prepared = prepare(saved(photo, quality=92), Slot.ID_EMBLEM)

    assert prepared.action is Action.CROP
    assert overlap(np.array(prepared.quad), corners)[0] > 0.95


@pytest.mark.parametrize(
    ("seen", "steps", "is_worth_it"),
    [
        ([0.9, 0.9, 0.9, 0.9], [4.0, 4.0, 4.0, 4.0], True),
        ([0.8, 0.9, 0.8, 0.9], [42.0, 41.0, 1.8, 30.0], True),  # one side lies on paper of its own colour
        ([0.69, 0.67, 0.81, 0.5], [3.4, 0.7, 5.6, 0.9], False),
        ([0.79, 0.73, 0.54, 0.74], [30.0, 14.0, 0.8, 15.0], False),
    ],
)
def test_a_side_that_is_neither_plain_nor_seen_to_its_end_is_none(
    seen: list[float], steps: list[float], is_worth_it: bool
) -> None:
    fitted = Fit(LYING, np.array(seen), np.array(steps))

    reading = weigh_edges(fitted, 0.0, Slot.ID_EMBLEM, (1000, 764))

    assert (reading.edges > 0.6) is is_worth_it
    assert (reading.edges < 0.2) is not is_worth_it


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("easy-4242-0004", Slot.ID_EMBLEM),
        ("easy-4242-0001", Slot.ID_PORTRAIT),
        ("easy-4242-0004", Slot.BANK_CARD),
        ("easy-4242-0006", Slot.ID_PORTRAIT),
    ],
)
def test_another_document_is_never_cropped_for_the_one_asked_for(name: str, slot: Slot) -> None:
    prepared = prepare(sample(name)[0], slot)

    assert prepared.action is Action.REJECT
    assert [remark.code for remark in prepared.verdicts] == ["wrong_side"]
