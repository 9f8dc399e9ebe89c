"""What was read off the cards, for the staff: beside what was typed and what is on file, and where it stands."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from PIL import Image, ImageDraw

from app.db import read
from app.domain import masks
from app.domain.likeness import edits
from app.models import Case, Photo
from app.reading import Reading
from app.services import (
    card_readings,
    card_remarks,
    casework,
    photo_exchange,
    photos,
    reading_proposals,
    sightings,
)
from app.services.beside import beside
from app.services.card_remarks import Compared, Remark
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.pictures import watermarked
from app.web.wording import SLOT_WORDS

FIELD_WORDS: dict[str, Any] = {
    "id_number": _l("公民身份号码"),
    "name": _l("姓名"),
    "sex": _l("性别"),
    "birth": _l("出生"),
    "address": _l("住址"),
    "authority": _l("签发机关"),
    "valid_from": _l("有效期起"),
    "valid_to": _l("有效期止"),
    "card_number": _l("卡号"),
    "bank": _l("银行"),
}
STATES: dict[str, Any] = {
    "queued": _l("等待识别"),
    "failed": _l("没有识别"),
    "read": _l("没有读到文字"),
}
REASONS: Final = {
    "other_person": "ID_NOT_HOLDER",
    "number_near": "ID_DATA_MISMATCH",
    "name_near": "ID_DATA_MISMATCH",
    "name_differs": "ID_DATA_MISMATCH",
    "expired": "ID_EMBLEM_EXPIRED",
}
"""Which reason of the catalogue a remark points to; the reviewer decides."""
BOX_COLOUR: Final = (208, 32, 32)
ADDRESS_SHOWN: Final = 3


@dataclass(frozen=True)
class Row:
    """One field in words, masked: what was read, typed, on file, and what to look at."""

    name: str
    read: str
    checked: bool
    percent: int
    other: str
    source: str
    apart: str


@dataclass(frozen=True)
class Shown:
    """One photo's reading; `state` in words where there is nothing to show.

    `fits`: the number line stands in its place, so the crop is the whole card.
    """

    title: str
    photo: Photo
    rows: list[Row]
    state: str
    reasons: list[str]
    fits: bool


def shown(case: Case, pictures: Mapping[str, Photo]) -> list[Shown]:
    """The readings of the identity card and of the added cards; none when reading is switched off."""
    if not card_readings.is_on():
        return []
    cards = {card.photo_place: card for card in case.cards if card.change == "added"}
    places = [place for place in (*photos.PLACES, *cards) if place in pictures]
    found = [(pictures[place], cards.get(place)) for place in places]
    return [_shown(case, photo, card) for photo, card in found if photo.slot in card_readings.CARD_SLOTS]


def _shown(case: Case, photo: Photo, card: Any) -> Shown:
    row = card_readings.of_photo(photo)
    compared = card_remarks.compared(case, photo, card)
    reasons = [reason for remark in card_remarks.of_photo(case, photo) if (reason := _reason(photo, remark))]
    if any(one.differs for one in compared if one.name == "card_number"):
        reasons.append("CARD_NUMBER_MISMATCH")
    title = str(SLOT_WORDS[photo.slot]) if card is None else f"{SLOT_WORDS[photo.slot]} {masks.tail(card.card_number)}"
    state = str(STATES[row.state]) if row is not None else _("没有识别")
    fits = reading_proposals.confirms_crop(photo, card_readings.opened(row))
    return Shown(title, photo, [_row(one) for one in compared], state, list(dict.fromkeys(reasons)), fits)


def _reason(photo: Photo, remark: Remark) -> str | None:
    """The reason that a remark points to; a bank card in the place of an identity card has none of its own."""
    if remark.code == "wrong_card":
        swapped = photo_exchange.OTHER.get(photo.place) == remark.details["shows"]
        return "ID_SIDES_SWAPPED" if swapped else None
    return REASONS.get(remark.code)


def _row(one: Compared) -> Row:
    other = one.typed if one.typed is not None else one.on_file
    source = "" if not other else _("填写") if one.typed is not None else _("登记")
    return Row(
        str(FIELD_WORDS[one.name]),
        _masked(one.name, one.read),
        one.checked,
        round(one.confidence * 100),
        _masked(one.name, other or ""),
        source,
        _apart(one, other or "") if one.differs else "",
    )


def _apart(one: Compared, other: str) -> str:
    """How much differs, where the masks would hide it."""
    return _("不同") if one.name == "bank" else _("相差 %(n)s 个字符", n=edits(one.read, other))


def _masked(name: str, value: str) -> str:
    """As much as the staff see elsewhere without unmasking."""
    how = {"id_number": masks.id_number, "name": masks.name, "card_number": masks.card}
    if name == "birth":
        return value[:4]
    if name == "address":
        return value[:ADDRESS_SHOWN] + "…" * (len(value) > ADDRESS_SHOWN)
    return how[name](value) if name in how and value else value


# -- where it stands --------------------------------------------------------------------------------------------------


@bp.get("/pictures/<photo_id>/read")
@role(Role.WITNESS, Role.REVIEWER, Role.ADMINISTRATOR)
def read_picture(photo_id: str) -> Response:
    """The prepared picture with a box around each line that was read."""
    photo = read().get(Photo, photo_id)
    if photo is None or not casework.may_see(photo.case, current_staff()):
        abort(404)
    reading = card_readings.opened(card_readings.of_photo(photo))
    if not reading.fields:
        abort(404)
    picture = photos.picture(photo, "prepared")[0]
    sightings.note("picture.viewed", current_staff(), photo.case, photo=photo.id, which="read")
    return watermarked(beside(_boxed, picture, reading), current_staff())


def _boxed(jpeg: bytes, reading: Reading) -> bytes:
    """A picture of ours with the boxes drawn on it."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        drawn = image.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    for field in reading.fields.values():
        corners = [(x * drawn.width, y * drawn.height) for x, y in field.box]
        pen.line([*corners, corners[0]], BOX_COLOUR, max(2, drawn.width // 300))
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=85)
    return out.getvalue()
