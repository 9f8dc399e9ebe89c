"""The whole way of a photo: crop, turn, judge; or keep the original and say why."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from app.imaging import CATALOGUE, Slot
from app.imaging.encode import turned
from app.imaging.prepare import Action, CornersRefused, Prepared, from_corners, prepare
from tests.bench.imaging_accuracy import SLOTS, overlap
from tests.imaging.pictures import card_photo, display_p3, picture, sample, saved

CROPPED = (
    "easy-4242-0004",
    "easy-4242-0001",
    "easy-4242-0006",
    "easy-4242-0007",
    "low-contrast-4242-0001",
    "medium-4242-0004",
)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def prepared_sample(name: str, slot: Slot | None = None) -> tuple[Prepared, np.ndarray]:
    data, truth = sample(name)
    return prepare(data, slot or SLOTS[truth["slot"]]), np.array(truth["quad"] or np.zeros((4, 2)))


@pytest.mark.parametrize("name", CROPPED)
def test_a_good_photo_is_cropped_to_the_card_upright_and_nothing_is_lost(name: str) -> None:
    prepared, truth = prepared_sample(name)

    iou, loss = overlap(np.array(prepared.quad), truth)

    assert prepared.action is Action.CROP
    assert iou > 0.96
    assert loss < 0.01
    assert np.abs(np.array(prepared.quad) - truth).max() < 25  # corner by corner: it stands the right way up


@pytest.mark.parametrize("slot", [Slot.ID_PORTRAIT, Slot.ID_EMBLEM, Slot.BANK_CARD])
def test_nothing_is_cropped_where_there_is_no_card(slot: Slot) -> None:
    prepared, _ = prepared_sample("none-4242-0005", slot)

    assert prepared.action is not Action.CROP
    assert prepared.quad is None
    assert prepared.jpeg == prepared.original_preview


def test_a_blurred_photo_is_rejected_and_told_why() -> None:
    prepared, _ = prepared_sample("quality-4242-0000")

    assert prepared.action is Action.REJECT
    assert "blurred" in [remark.code for remark in prepared.verdicts]


def test_the_emblem_side_in_the_portraits_place_is_called_the_wrong_side() -> None:
    prepared, _ = prepared_sample("easy-4242-0001", Slot.ID_PORTRAIT)

    assert prepared.action is Action.REJECT
    assert [remark.code for remark in prepared.verdicts] == ["wrong_side"]


@pytest.mark.parametrize("name", ["easy-4242-0004", "easy-4242-0001"])
def test_an_identity_card_is_no_bank_card(name: str) -> None:
    prepared, _ = prepared_sample(name, Slot.BANK_CARD)

    assert prepared.action is not Action.CROP


def test_what_is_handed_out_keeps_its_size_limits() -> None:
    prepared, _ = prepared_sample("easy-4242-0006")

    assert max(opened(prepared.jpeg).size) <= 1600
    assert max(opened(prepared.original_preview).size) <= 1600
    assert len(prepared.jpeg) <= 400_000
    assert len(prepared.thumbnail) <= 20_000


def test_the_same_photo_gives_the_same_answer() -> None:
    one, other = prepared_sample("easy-4242-0007")[0], prepared_sample("easy-4242-0007")[0]

    assert (one.quad, one.confidence, one.jpeg) == (other.quad, other.confidence, other.jpeg)


def test_a_card_without_anything_of_an_identity_card_is_kept_as_it_came() -> None:
    photo = Image.new("RGB", (900, 700), (40, 50, 60))
    photo.paste((225, 225, 230), (150, 150, 750, 528))

    prepared = prepare(saved(photo), Slot.ID_PORTRAIT)

    assert prepared.action is Action.KEEP


@pytest.mark.parametrize("slot", [Slot.ID_PORTRAIT, Slot.SIGNATURE])
def test_a_photo_that_is_burnt_out_is_called_overexposed_and_one_in_good_light_is_not(slot: Slot) -> None:
    photo = np.asarray(opened(sample("easy-4242-0004")[0]).convert("RGB").reduce(4)).astype(float)
    white = Image.new("RGB", (600, 450), (249, 249, 247))

    burnt = prepare(saved(Image.fromarray(np.clip(photo * 3.5 + 60, 0, 255).astype(np.uint8))), slot)
    light = prepare(saved(white), slot)

    assert (burnt.action, [remark.code for remark in burnt.verdicts]) == (Action.REJECT, ["overexposed"])
    assert "overexposed" not in [remark.code for remark in light.verdicts]


def test_a_black_photo_is_too_dark() -> None:
    prepared = prepare(saved(Image.new("RGB", (900, 700), (6, 6, 7))), Slot.ID_EMBLEM)

    assert [remark.code for remark in prepared.verdicts] == ["too_dark"]


def test_a_dark_table_under_a_lamp_is_no_dark_photo() -> None:
    table = Image.new("RGB", (900, 700), (58, 66, 74))
    table.paste((200, 205, 210), (500, 300, 560, 340))

    prepared = prepare(saved(table), Slot.ID_EMBLEM)

    assert [remark.code for remark in prepared.verdicts] == ["no_card_found"]


@pytest.mark.parametrize("name", ["easy-4242-0004", "easy-4242-0006"])
def test_a_card_far_away_is_seen_and_called_too_small(name: str) -> None:
    near, _ = prepared_sample(name)
    card = opened(near.jpeg).resize((200, 126)).rotate(24, expand=True, fillcolor=(128, 128, 128))
    photo = Image.effect_noise((2400, 1800), 16).convert("RGB")
    photo.paste(card, (1500, 600))

    prepared = prepare(saved(photo), SLOTS[sample(name)[1]["slot"]])

    assert prepared.action is Action.REJECT
    assert [remark.code for remark in prepared.verdicts if remark.code != "blurred"] == ["too_small"]


def test_four_corners_of_a_person_are_followed_exactly() -> None:
    photo, corners = card_photo(turned=10)

    prepared = from_corners(saved(photo), corners.tolist(), Slot.ID_PORTRAIT)

    assert prepared.action is Action.CROP
    assert prepared.quad == np.round(corners, 2).tolist()
    assert opened(prepared.jpeg).width / opened(prepared.jpeg).height == pytest.approx(1.586, abs=0.02)


GOOD = [[10, 10], [150, 12], [148, 110], [12, 108]]


@pytest.mark.parametrize(
    ("corners", "code"),
    [
        (GOOD[:3], "not_four"),
        ("no corners", "not_four"),
        ([*GOOD[:3], [float("nan"), 1]], "not_finite"),
        ([*GOOD[:3], [float("inf"), 1]], "not_finite"),
        ([[-40, 10], *GOOD[1:]], "outside"),
        ([GOOD[0], GOOD[2], GOOD[1], GOOD[3]], "not_convex"),
        (GOOD[::-1], "not_convex"),
        ([[10, 10], [14, 10], [14, 13], [10, 13]], "too_small"),
    ],
)
def test_corners_that_make_no_sense_are_refused(corners: object, code: str) -> None:
    with pytest.raises(CornersRefused) as refused:
        from_corners(saved(picture(160, 120)), corners, Slot.BANK_CARD)

    assert refused.value.code == code


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_turn_is_clockwise(turns: int) -> None:
    stored = picture(160, 120)

    result = np.asarray(opened(turned(saved(stored, quality=95), turns)[0])).astype(int)

    assert np.abs(result - np.rot90(np.asarray(stored), -turns)).mean() < 8


def test_every_verdict_has_words_in_both_languages_and_a_way_to_mend_it() -> None:
    for entry in CATALOGUE.values():
        assert all((entry.zh, entry.en, entry.mend_zh, entry.mend_en, entry.unit))


def test_the_light_part_loads_neither_scipy_nor_scikit_image() -> None:
    asks = "import sys, app.imaging, app.imaging.child; print(bool({'scipy', 'skimage'} & set(sys.modules)))"

    told = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout

    assert told.strip() == "False"


def test_a_photo_in_the_wide_colours_of_a_phone_leaves_in_ordinary_ones_converted_once() -> None:
    wide = saved(Image.new("RGB", (800, 600), (200, 60, 60)), "PNG", icc_profile=display_p3())

    prepared = from_corners(wide, [[100, 100], [740, 100], [740, 504], [100, 504]], Slot.BANK_CARD)

    for data in (prepared.jpeg, prepared.original_preview, prepared.thumbnail):
        shown = opened(data)
        assert np.array(shown.getpixel((shown.width // 2, shown.height // 2))) == pytest.approx([217, 42, 52], abs=4)
