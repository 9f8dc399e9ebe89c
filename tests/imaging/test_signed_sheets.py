"""What is taken for a signature photo: sheets of all sorts with handwriting on them, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.imaging import ink as lifting
from app.imaging import sheets
from app.imaging.evidence import Reading
from app.imaging.fit import Fit
from app.imaging.prepare import Action, Prepared, prepare
from app.imaging.slots import Slot
from app.imaging.verdicts import verdict
from tests.imaging.pictures import sample, saved
from tests.imaging.sheets import Plan, photographed, sheet

SIZE = (1000, 600)
RULED = Plan(size=SIZE, width=5, ruled="blue", tilt=1, spacing=60)
GRID = Plan(size=SIZE, width=5, ruled="grey", grid=True, spacing=40, hand="block", pen="blue")
FORM = Plan(size=(900, 1240), printed=True, at=(0.6, 0.75, 0.1), width=4, hand="block")
STICKY = Plan(size=(700, 680), paper="cream", pen="blue", at=(0.5, 0.5, 0.3), width=5)
PLAIN = Plan(size=SIZE, width=5, shadow="soft")


def prepared(photo: Image.Image) -> Prepared:
    return prepare(saved(photo, quality=90), Slot.SIGNATURE)


def codes(result: Prepared) -> list[str]:
    return [remark.code for remark in result.verdicts]


@pytest.mark.parametrize(("plan", "said"), [(RULED, ["ruled_paper"]), (GRID, ["ruled_paper"]), (STICKY, [])])
def test_handwriting_on_any_paper_passes_and_lines_are_remarked_upon(plan: Plan, said: list[str]) -> None:
    result = prepared(photographed(4, sheet(4, plan)).image)

    assert result.action is Action.CROP
    assert codes(result) == said
    assert result.ink


def test_a_signed_form_passes_and_stands_the_way_its_print_runs() -> None:
    result = prepared(photographed(4, sheet(4, FORM)).image)

    assert (result.action, codes(result)) == (Action.CROP, [])
    top_left, top_right, bottom_right, _bottom_left = np.array(result.quad)
    assert top_right[0] - top_left[0] > abs(top_right[1] - top_left[1])
    assert bottom_right[1] - top_right[1] > top_right[0] - top_left[0]


@pytest.mark.parametrize("plan", [GRID, PLAIN])
def test_a_photo_that_shows_only_paper_and_handwriting_can_be_used(plan: Plan) -> None:
    result = prepared(sheet(5, plan).image)

    assert result.action is not Action.REJECT
    assert set(codes(result)) <= {"ruled_paper", "low_contrast"}
    assert result.ink


@pytest.mark.parametrize("plan", [RULED, FORM])
def test_paper_without_handwriting_is_rejected_however_it_is_photographed(plan: Plan) -> None:
    empty = sheet(6, replace(plan, pen=None))

    for photo in (photographed(6, empty), empty):
        result = prepared(photo.image)
        assert (result.action, codes(result)) == (Action.REJECT, ["no_ink"])


def test_a_sheet_that_is_cut_through_its_writing_is_said_to_be_cut_off() -> None:
    photo = photographed(4, sheet(4, PLAIN)).image
    through_the_writing = photo.crop((0, 0, round(0.5 * photo.width), photo.height))

    cut = prepared(through_the_writing)

    assert (cut.action, codes(cut)) == (Action.REJECT, ["cut_off"])


def test_a_sheet_far_away_on_a_plain_ground_is_too_small_and_no_empty_page() -> None:
    ground = Image.fromarray(np.random.default_rng(2).normal(165, 4, (1000, 1400, 3)).clip(0, 255).astype(np.uint8))
    ground.paste(Image.new("RGB", (120, 80), (250, 250, 248)), (600, 500))

    result = prepared(ground)

    assert (result.action, codes(result)) == (Action.REJECT, ["too_small"])


def test_a_long_strip_of_paper_is_a_sheet_too() -> None:
    strip = Plan(size=(1240, 400), width=5)
    photo = photographed(4, sheet(4, strip))

    result = prepared(photo.image)

    assert (result.action, codes(result)) == (Action.CROP, [])


def test_a_blurred_sheet_is_blurred_though_its_few_strokes_have_an_edge() -> None:
    found = lifting.find(sheet(4, PLAIN).image)

    assert found.crispness > sheets.CRISP
    assert sheets.remarks(found, [verdict("blurred", 0.14)]) == [verdict("blurred", 0.14)]
    assert sheets.remarks(found, [verdict("blurred", 0.28)]) == []


def reading(quad: np.ndarray, *, weakest: float, seen: float) -> Reading:
    """Four sides, the lower one with a colour step of its own."""
    fitted = Fit(quad, np.full(4, seen), np.array([50.0, 50.0, weakest, 50.0]))
    return Reading(fitted, quad, 0.8, 1.0, 0.7, own=0.9, confidence=0.9)


@pytest.mark.parametrize(("seen", "said"), [(0.93, ["no_ink"]), (0.7, None)])
def test_a_sheet_is_not_cropped_at_a_fold_or_a_line_where_a_larger_one_goes_on(
    seen: float, said: list[str] | None
) -> None:
    photo = Image.new("RGB", (1000, 800), (70, 60, 50))
    photo.paste((235, 235, 230), (200, 150, 800, 650))
    sheet_ = np.array([[200.0, 150.0], [800.0, 150.0], [800.0, 650.0], [200.0, 650.0]])
    part = reading(np.minimum(sheet_, [800, 480]), weakest=10, seen=0.9)
    larger = reading(sheet_, weakest=50, seen=seen)

    sheet_seen, verdicts = sheets.looked_at([part, larger], photo, part)

    assert sheet_seen is None
    assert verdicts is None if said is None else verdicts is not None and [one.code for one in verdicts] == said
    assert sheets.looked_at([part], photo, part)[0] is part


def test_a_card_is_no_signature() -> None:
    result = prepare(sample("easy-4242-0006")[0], Slot.SIGNATURE)

    assert (result.action, codes(result)) == (Action.REJECT, ["wrong_side"])


def strokes() -> np.ndarray:
    return sheet(7, Plan(size=SIZE, width=6, noise=0, blur=0)).written


@pytest.mark.parametrize(("ground", "width"), [("clear", 1000), ("white", 320)])
def test_a_signature_drawn_on_the_screen_is_cut_to_its_strokes_without_a_remark(ground: str, width: int) -> None:
    cover = strokes()
    pixels = np.zeros((*cover.shape, 4), dtype=np.uint8)
    pixels[..., 3] = np.rint(cover * 255)
    picture = Image.fromarray(pixels).resize((width, width * 3 // 5))
    if ground == "white":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")

    result = prepare(saved(picture, "PNG"), Slot.SIGNATURE)

    assert (result.action, codes(result), result.confidence) == (Action.CROP, [], 1.0)
    assert result.ink
    rows, columns = np.nonzero(cover > 0.5)
    (left, top), (right, bottom) = np.array(result.quad)[[0, 2]] * 1000 / width
    assert left <= columns.min() < columns.max() <= right
    assert top <= rows.min() < rows.max() <= bottom
    assert right - left < 1.5 * (columns.max() - columns.min())


def test_an_empty_drawing_has_no_ink() -> None:
    result = prepare(saved(Image.new("RGBA", (800, 480)), "PNG"), Slot.SIGNATURE)

    assert (result.action, codes(result)) == (Action.REJECT, ["no_ink"])
