"""The photos of a case: which there are, which may be changed, and their pictures."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image
from sqlalchemy import select

from app.db import read
from app.domain.errors import NotEditable, NotFound
from app.domain.journey import Step
from app.models import Case, FiledPhoto, Investor, Photo, ReturnItem
from app.outside import outside
from app.services import cases, files, mending
from app.services.actors import By
from app.services.beside import beside

PLACES = ("id_portrait", "id_emblem", "signature")
CARD = "card:"
NEW_CARD = "card:new"
"""Where the photo of a card is kept that is about to be added: it is read first, and moves to the card then."""


# -- finding ----------------------------------------------------------------------------------------------------------


def current(case: Case) -> dict[str, Photo]:
    """The photo at each place of the case that has one."""
    query = select(Photo).where(Photo.case_id == case.id, Photo.replaced_at.is_(None))
    return {photo.place: photo for photo in read().scalars(query)}


def at(case: Case, place: str) -> Photo:
    """The photo at that place; NotFound where there is none."""
    photo = current(case).get(place)
    if photo is None:
        raise NotFound
    return photo


def of_case(case: Case, photo_id: str) -> Photo:
    """One photo of the case, replaced ones too; NotFound for any other."""
    photo = read().scalars(select(Photo).where(Photo.id == photo_id, Photo.case_id == case.id)).first()
    if photo is None:
        raise NotFound
    return photo


def filed(investor: Investor) -> dict[str, FiledPhoto]:
    """The photos that the broker has on file, by slot."""
    rows = read().scalars(select(FiledPhoto).where(FiledPhoto.investor_id == investor.id))
    return {photo.slot: photo for photo in rows}


def step_of(place: str) -> Step:
    """The step at which a photo is changed."""
    return Step.BANK_CARDS if place.startswith(CARD) else Step.PHOTOS


def picture(photo: Photo, which: str) -> tuple[bytes, str]:
    """Bytes and media type of one of a photo's pictures.

    thumbnail, prepared, preview (the upright original), original (a thumbnail of that) or chosen (what counts).
    """
    blobs = {"thumbnail": photo.thumbnail, "prepared": photo.prepared, "preview": photo.preview}
    blobs["original"] = photo.preview
    blobs["chosen"] = photo.preview if photo.choice == "original" else photo.prepared
    blob = blobs.get(which)
    if blob is None:
        raise NotFound
    if which == "original":
        return beside(_small, files.content(blob)), "image/jpeg"
    return files.content(blob), blob.media_type


def filed_picture(investor: Investor, slot: str) -> tuple[bytes, str]:
    """The thumbnail of a photo on file."""
    photo = filed(investor).get(slot)
    if photo is None:
        raise NotFound
    return files.content(photo.thumbnail), photo.thumbnail.media_type


def _small(jpeg: bytes) -> bytes:
    """A thumbnail of a picture that we made ourselves from pixels: safe to decode here."""
    from app.imaging.encode import THUMBNAIL_LONGEST, thumbnail

    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        image.draft("RGB", (THUMBNAIL_LONGEST, THUMBNAIL_LONGEST))
        return thumbnail(image)


# -- what may be changed ---------------------------------------------------------------------------------------------


def writable(case_id: str, place: str, by: By) -> tuple[Case, str]:
    """The locked case and the place's slot; NotFound for a place the case does not have, else NotEditable."""
    case = cases.locked(case_id)
    slot = _slot_of(case, place)
    cases.require_open(case, step_of(place), by=by)
    if not is_named(case, place):
        raise NotEditable
    return case, slot


def check_open(case: Case, place: str) -> None:
    """NotFound for a place that the case does not have, NotEditable for one that may not be changed now."""
    _slot_of(case, place)
    if not (cases.open_for(case, step_of(place)) and is_named(case, place)):
        raise NotEditable


def _slot_of(case: Case, place: str) -> str:
    if place in PLACES:
        return place
    if place == NEW_CARD or any(card.photo_place == place and card.change == "added" for card in case.cards):
        return "bank_card"
    raise NotFound


def is_named(case: Case, place: str) -> bool:
    """Whether this photo may be changed as far as a return goes: only what was named is open."""
    fields = mending.open_fields(case, step_of(place))
    if fields is None or None in fields:
        return True
    if not place.startswith(CARD):
        return place in fields
    card_id = place.removeprefix(CARD)
    return bool({f"photo:{card_id}", f"number:{card_id}"} & fields)  # another number is another card to be seen


def touched(case: Case) -> None:
    """Something of the case was changed by its investor: it is alive, and its open pages look again."""
    case.touched_at = outside.clock.now()
    cases.nudge(case)


def lacking(photo: Photo | None) -> str:
    """Why the journey cannot go on with this photo: absent, processing, rejected, broken; empty when it can."""
    if photo is None:
        return "absent"
    if photo.is_acceptable:
        return ""
    return "processing" if photo.state == "queued" else photo.state


def returned_times(case: Case, place: str | None) -> dict[str, datetime]:
    """When this very photo was sent back, by the open reason's id; `None`: the photos as a whole."""
    times = {ret.id: ret.at for ret in case.returns}
    fields = {place, f"photo:{place.removeprefix(CARD)}"} if place else {None}
    return {item.id: times[item.return_id] for item in _open_items(case) if item.field in fields}


def _open_items(case: Case) -> list[ReturnItem]:
    return [item for item in cases.unmended(case) if item.step in {Step.PHOTOS, Step.BANK_CARDS}]
