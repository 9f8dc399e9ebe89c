"""Cards as the photo pipeline prepares them, read whole, upside down, in the wrong slot, and when nothing is there."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app import jobs
from app.imaging.prepare import prepare
from app.imaging.slots import Slot
from app.reading import Reading, engine
from app.reading.read import read
from tests.imaging.pictures import sample, saved

NUMBER = "000000199008036624"
PHOTOS = {
    "id_portrait": "easy-4242-0004",
    "id_emblem": "low-contrast-4242-0001",
    "bank_card": "easy-4242-0006",
}


@cache
def prepared(slot: str) -> bytes:
    data, _truth = sample(PHOTOS[slot])
    return prepare(data, Slot(slot)).jpeg


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def turned(jpeg: bytes, method: Image.Transpose) -> bytes:
    return saved(opened(jpeg).transpose(method), quality=92)


def below_each_other(*jpegs: bytes) -> bytes:
    """Cards on one table."""
    cards = [opened(jpeg).resize((1000, 630)) for jpeg in jpegs]
    table = Image.new("RGB", (1200, 120 + 750 * len(cards)), (70, 60, 50))
    for row, card in enumerate(cards):
        table.paste(card, (100, 80 + 750 * row))
    return saved(table, quality=92)


def values(reading: Reading) -> dict[str, tuple[str, bool]]:
    return {name: (field.value, field.checked) for name, field in reading.fields.items()}


def test_the_portrait_side_is_read_whole() -> None:
    reading = read(prepared("id_portrait"), "id_portrait", flat=True)

    assert (reading.kind, reading.turns) == ("id_portrait", 0)
    assert values(reading) == {
        "id_number": (NUMBER, True),
        "name": ("王某某", False),
        "sex": ("男", True),
        "birth": ("1990-08-03", True),
        "address": ("虚构省测试市样本区演示路12号不存在小区18栋", False),
    }


def test_the_emblem_side_of_a_card_hardly_seen_on_its_ground_is_read_whole() -> None:
    reading = read(prepared("id_emblem"), "id_emblem", flat=True)

    assert reading.kind == "id_emblem"
    assert values(reading) == {
        "valid_from": ("2020-04-01", True),
        "valid_to": ("2040-04-01", True),
        "authority": ("虚构市公安局样本分局", False),
    }


def test_a_bank_card_upside_down_is_read_and_said_to_stand_so() -> None:
    reading = read(turned(prepared("bank_card"), Image.Transpose.ROTATE_180), "bank_card", flat=True)

    assert (reading.kind, reading.turns) == ("bank_card", 2)
    assert values(reading) == {"card_number": ("0000008365382326014", True), "bank": ("测试样本银行", False)}
    left, right = (reading.fields["card_number"].box[corner][0] for corner in (0, 1))
    assert left > right  # the box runs as the number is read


@pytest.mark.parametrize(("shown", "slot"), [("id_portrait", "id_emblem"), ("bank_card", "id_portrait")])
def test_a_card_in_the_wrong_slot_is_known_by_its_number(shown: str, slot: str) -> None:
    reading = read(prepared(shown), slot, flat=False)

    assert reading.kind == shown


def test_a_mirrored_card_is_not_read() -> None:
    reading = read(turned(prepared("id_portrait"), Image.Transpose.FLIP_LEFT_RIGHT), "id_portrait", flat=True)

    assert not any(field.checked for field in reading.fields.values())


@pytest.mark.parametrize(("method", "turns"), [(Image.Transpose.ROTATE_90, 1), (Image.Transpose.ROTATE_270, 3)])
def test_a_card_on_its_side_gives_its_number_and_says_which_way_to_turn(method: Image.Transpose, turns: int) -> None:
    reading = read(turned(prepared("id_portrait"), method), "id_portrait", flat=False)

    assert (reading.kind, reading.turns) == ("id_portrait", turns)
    assert reading.value("id_number") == NUMBER


def test_of_several_cards_on_a_photo_the_slots_is_read() -> None:
    both = below_each_other(prepared("bank_card"), prepared("id_portrait"))

    assert read(both, "id_portrait", flat=False).value("id_number") == NUMBER
    assert read(both, "bank_card", flat=False).value("card_number") == "0000008365382326014"


def test_the_numbers_of_two_persons_on_one_photo_are_both_unsure() -> None:
    other = prepare(sample("medium-4242-0004")[0], Slot.ID_PORTRAIT).jpeg

    reading = read(below_each_other(other, prepared("id_portrait")), "id_portrait", flat=False)

    assert reading.kind == "id_portrait"
    assert not any(field.checked for field in reading.fields.values())


def test_a_foreign_card_has_no_number_of_ours() -> None:
    card = Image.new("RGB", (1000, 630), (225, 230, 222))
    pen, large = ImageDraw.Draw(card), ImageFont.load_default(44)
    rows = ["PERMANENT IDENTITY CARD", "SPECIMEN, Chan Siu Man", "01-02-1990  F", "Z683365(5)", "ISSUED 05-06-18"]
    for place, words in enumerate(rows):
        pen.text((60, 60 + 110 * place), words, fill=(30, 30, 40), font=large)

    assert read(saved(card, quality=92), "id_portrait", flat=True) == Reading()


def test_a_photo_of_a_screen_gives_the_right_number_or_none() -> None:
    picture = np.asarray(opened(prepared("id_portrait")), np.float32)
    down, across = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    stripes = 1 + 0.12 * np.sin(across * 1.9 + down * 0.13) * np.sin(down * 1.7 - across * 0.11)
    screen = Image.fromarray(np.clip(picture * stripes[..., None], 0, 255).astype(np.uint8))

    reading = read(saved(screen, quality=80), "id_portrait", flat=True)

    assert reading.value("id_number") in {NUMBER, ""}


def test_a_picture_without_print_has_no_fields() -> None:
    blank = saved(Image.new("RGB", (1000, 630), (190, 200, 210)))

    assert read(blank, "id_portrait", flat=True) == Reading()


@pytest.fixture
def nothing_loaded() -> Iterator[None]:
    engine.loaded.cache_clear()
    yield
    engine.loaded.cache_clear()


@pytest.mark.usefixtures("nothing_loaded")
@pytest.mark.parametrize("library", ["rapidocr", "onnxruntime"])
def test_the_reader_starts_where_a_library_is_missing_and_reads_nothing(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "rapidocr"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setattr(jobs, "READER_NICENESS", 0)

    jobs.load_recogniser()

    with pytest.raises(engine.NotLoaded):
        read(prepared("id_portrait"), "id_portrait", flat=True)


@pytest.mark.usefixtures("nothing_loaded")
def test_the_reader_loads_its_models_before_the_first_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "READER_NICENESS", 0)

    jobs.load_recogniser()
    before = engine.loaded.cache_info().misses
    read(prepared("id_portrait"), "id_portrait", flat=True)

    assert (before, engine.loaded.cache_info().misses) == (1, 1)
