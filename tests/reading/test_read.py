"""Cards as the photo pipeline prepares them, read whole, upside down, in the wrong slot, and when nothing is there."""

from __future__ import annotations

import io
from functools import cache

import pytest
from PIL import Image

from app.imaging.prepare import prepare
from app.imaging.slots import Slot
from app.reading import Reading
from app.reading.read import read
from tests.imaging.pictures import sample

PHOTOS = {
    "id_portrait": "easy-4242-0004",
    "id_emblem": "low-contrast-4242-0001",
    "bank_card": "easy-4242-0006",
}


@cache
def prepared(slot: str) -> bytes:
    data, _truth = sample(PHOTOS[slot])
    return prepare(data, Slot(slot)).jpeg


def turned(jpeg: bytes, method: Image.Transpose) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as image:
        image.transpose(method).save(out, "JPEG", quality=92)
    return out.getvalue()


def values(reading: Reading) -> dict[str, tuple[str, bool]]:
    return {name: (field.value, field.checked) for name, field in reading.fields.items()}


def test_the_portrait_side_is_read_whole() -> None:
    reading = read(prepared("id_portrait"), "id_portrait", flat=True)

    assert (reading.kind, reading.turns) == ("id_portrait", 0)
    assert values(reading) == {
        "id_number": ("000000199008036624", True),
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


def test_a_picture_without_print_has_no_fields() -> None:
    out = io.BytesIO()
    Image.new("RGB", (1000, 630), (190, 200, 210)).save(out, "JPEG")

    assert read(out.getvalue(), "id_portrait", flat=True) == Reading()
