"""Handwriting lifted off its paper: nothing of it lost, nothing else kept."""

import io

import numpy as np
import pytest
from PIL import Image

from app.imaging import ink
from app.imaging.prepare import from_corners, prepare
from app.imaging.slots import Slot
from tests.bench.imaging_ink import agreement
from tests.imaging.pictures import saved
from tests.imaging.sheets import Plan, sheet

SIZE = (1000, 600)
SHEETS = {
    "white paper": Plan(size=SIZE, width=5),
    "blue pen across ruled lines": Plan(size=SIZE, width=5, hand="block", pen="blue", ruled="blue", tilt=1, spacing=60),
    "black pen across black lines": Plan(size=SIZE, width=5, hand="block", ruled="black", spacing=60, rule_width=2),
    "grid paper, cream, hard shadow": Plan(
        size=SIZE, width=5, paper="cream", ruled="grey", grid=True, spacing=40, rule_width=1.6, shadow="hard"
    ),
    "grey paper, thin pencil": Plan(size=SIZE, width=2, paper="grey", pen="pencil", shadow="soft"),
    "printed label": Plan(size=SIZE, width=5, label=True, pen="blue"),
    "form full of print": Plan(size=(900, 1240), printed=True, at=(0.6, 0.75, 0.1), width=3, hand="block"),
    "marker": Plan(size=SIZE, width=14, at=(0.5, 0.5, 0.6), pen="red"),
}


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_of_the_handwriting_is_lost_and_nothing_else_is_kept(name: str) -> None:
    recall, precision = agreement(sheet(7, SHEETS[name]))

    assert recall >= 0.98
    assert precision >= 0.98


@pytest.mark.parametrize(
    "plan",
    [
        Plan(size=SIZE, pen=None),
        Plan(size=SIZE, pen=None, paper="grey", shadow="hard", noise=5),
        Plan(size=SIZE, pen=None, ruled="blue", tilt=1, spacing=60),
        Plan(size=SIZE, pen=None, ruled="black", spacing=60),
        Plan(size=SIZE, pen=None, ruled="grey", grid=True, spacing=40),
        Plan(size=SIZE, pen=None, label=True, ruled="grey", spacing=60),
        Plan(size=(900, 1240), pen=None, printed=True),
    ],
)
def test_paper_without_handwriting_has_no_ink(plan: Plan) -> None:
    assert ink.find(sheet(8, plan).image).box is None


@pytest.mark.parametrize(("pen", "channel"), [("blue", 2), ("red", 0)])
def test_the_ink_keeps_its_own_colour(pen: str, channel: int) -> None:
    lifted = ink.lifted(ink.find(sheet(9, Plan(size=SIZE, width=5, pen=pen, paper="cream")).image))

    assert lifted is not None
    pixels = np.asarray(lifted)
    colour = pixels[pixels[..., 3] > 200][:, :3].mean(axis=0)
    assert colour.argmax() == channel
    assert colour.max() > colour.min() + 60


def test_the_cleaned_picture_is_cut_to_the_ink_soft_at_the_edges_and_small() -> None:
    found = ink.find(sheet(9, Plan(at=(0.3, 0.4, 0.3))).image)

    data = ink.cleaned(found)

    assert data is not None
    assert len(data) <= ink.MOST_BYTES
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.mode) == ("PNG", "RGBA")
        assert max(picture.size) <= ink.LONGEST
        alpha = np.asarray(picture)[..., 3]
    assert alpha[[0, -1]].max() == alpha[:, [0, -1]].max() == 0
    assert ((alpha > 0) & (alpha < 255)).any()


def test_a_crowded_picture_is_made_smaller_until_it_keeps_the_limit() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 600, 4), dtype=np.uint8)

    data = ink.png(Image.fromarray(noise), most_bytes=30_000)

    with Image.open(io.BytesIO(data)) as picture:
        assert len(data) <= 30_000
        assert picture.width < 600


def test_a_tiny_picture_has_no_ink() -> None:
    assert ink.find(Image.new("RGB", (40, 30), "white")).box is None


def test_what_may_be_no_paper_is_not_lifted_unless_it_is_known_to_be_a_sheet() -> None:
    flat = sheet(9, Plan(size=SIZE, width=5))
    pixels = flat.pixels.copy()
    pixels[:, :260] = (40, 110, 60)
    jpeg = saved(Image.fromarray(pixels))

    assert ink.lifted_off(jpeg) == b""
    assert ink.lifted_off(jpeg, sheet=True) != b""


def test_corners_set_by_hand_around_no_handwriting_are_followed_all_the_same() -> None:
    photo = saved(sheet(9, Plan(size=SIZE, pen=None)).image)

    prepared = from_corners(photo, [[50, 50], [950, 50], [950, 550], [50, 550]], Slot.SIGNATURE)

    assert (prepared.action, prepared.verdicts, prepared.ink) == ("crop", [], b"")


def test_only_a_signature_is_lifted() -> None:
    photo = saved(sheet(9, Plan(size=SIZE)).image)

    assert prepare(photo, Slot.BANK_CARD).ink == b""
