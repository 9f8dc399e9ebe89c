"""What a number line that was read settles about its photo: the way up, and which side of the card it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.models import Photo
from app.outside import outside
from app.reading.outcome import NUMBER_DOWN
from app.services import audit, photo_work
from app.services.actors import SYSTEM

if TYPE_CHECKING:
    from app.reading import Reading

SETTLED = "turn_read"
"""In `Photo.found`: the number line has settled the turn of this photo once; it is not asked again."""
KEYS = {"id_portrait": "id_number", "id_emblem": "valid_to", "bank_card": "card_number"}
"""The field whose check makes a reading sure of what it shows."""

LAID_OUT_ALIKE = frozenset({"id_portrait", "id_emblem"})
"""Cards that have their number line in one place; banks put theirs where they like."""
STRAYS = 0.05
"""Of the card's height: so far may the line be from its place. A crop that lost a twentieth puts it further off."""


def is_sure(reading: Reading) -> bool:
    """Whether the line that tells what the card is has passed its check."""
    key = KEYS.get(reading.kind)
    return key is not None and bool(reading.value(key))


def confirms_crop(photo: Photo, reading: Reading) -> bool:
    """Whether a sure number line stands where such a card has it, so that the crop is the whole card.

    Staff are told, and that is all: no crop is made, kept or undone by what was read.
    """
    is_crop = photo.found.get("action") == "crop" and not photo.found.get("by_hand")
    if not is_crop or reading.kind != photo.slot or reading.turns or not is_sure(reading):
        return False
    down = sum(y for _x, y in reading.fields[KEYS[reading.kind]].box) / 4
    return reading.kind in LAID_OUT_ALIKE and abs(down - NUMBER_DOWN[reading.kind]) < STRAYS


def settle_turn(photo: Photo, reading: Reading) -> None:
    """Turn a picture that the number line says stands wrong: once, and never what a person has turned or cropped.

    A proposal like any other: a new attempt, which the investor may undo.
    """
    touched = photo.quarter_turns or photo.found.get("by_hand") or photo.choice != "prepared"
    if touched or not reading.turns or photo.state != "ready" or SETTLED in photo.found or not is_sure(reading):
        return
    photo.found = {**photo.found, SETTLED: reading.turns}
    photo.asked = {"turns": reading.turns, "picture": "prepared"}
    photo.attempt += 1
    photo.state, photo.state_since = "queued", outside.clock.now()
    told = {"asked": ["turns"], "turns": reading.turns, "of": "prepared"}
    audit.record("photo.asked", SYSTEM, case_id=photo.case_id, photo=photo.id, **told)
    photo_work.hint(photo)
