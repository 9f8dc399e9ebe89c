"""What is looked at when no document is found: spots that may be one far away, and only what has sides."""

import numpy as np
import pytest
from PIL import Image

from app.imaging import far, search
from app.imaging.search import whole_ones
from app.imaging.slots import Slot
from tests.imaging.pictures import card_photo

MIDDLE = np.array([256.0, 192.0])


def ground(size: tuple[int, int] = (512, 384)) -> Image.Image:
    noise = np.random.default_rng(5).normal(90, 3, (size[1], size[0], 3))
    return Image.fromarray(noise.clip(0, 255).astype(np.uint8))


def with_card(left: int, top: int) -> Image.Image:
    picture = ground()
    picture.paste(Image.new("RGB", (190, 120), (225, 228, 235)), (left, top))
    return picture


def test_under_the_glass_only_what_lies_around_the_spot_is_a_document() -> None:
    found = list(whole_ones(with_card(160, 130), Slot.ID_PORTRAIT, MIDDLE, 0.6))
    beside = list(whole_ones(with_card(20, 20), Slot.ID_PORTRAIT, MIDDLE, 0.6))

    assert len(found) == 1  # both looks see it, and it is told once
    assert (
        np.abs(np.sort(found[0].quad, axis=0) - np.sort([[160, 130], [350, 130], [350, 250], [160, 250]], axis=0)).max()
        < 2
    )
    assert beside == []


def test_a_few_spots_that_stand_out_are_looked_at_with_the_ground_around_them() -> None:
    picture = ground((200, 150))
    picture.paste((240, 240, 240), (90, 70, 110, 82))
    picture.paste((230, 60, 60), (20, 20, 23, 22))  # a speck

    boxes = far.spots(picture)

    assert len(boxes) == 1
    left, top, right, bottom = boxes[0]
    assert left < 90 / 200 < 110 / 200 < right
    assert top < 70 / 150 < 82 / 150 < bottom


@pytest.mark.parametrize("slot", [Slot.ID_PORTRAIT, Slot.BANK_CARD])
def test_of_a_box_much_longer_than_a_card_no_contents_are_read(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("contents were read")

    monkeypatch.setattr(search, "weigh_content", refused)
    box = Image.new("RGB", (1000, 760), (70, 60, 50))
    box.paste((225, 228, 235), (100, 250, 900, 630))

    assert search.search(box, slot).readings == []
    with pytest.raises(AssertionError):
        search.search(card_photo()[0], slot)
