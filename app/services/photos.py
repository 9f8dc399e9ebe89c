"""Photos of a case: taking them in, keeping those on file, turning, cropping by hand, and going on with them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotEditable, NotFound
from app.domain.journey import RETURNED, Step
from app.domain.states import Event, State
from app.models import AgreementVersion, Case, FiledPhoto, Investor, Photo, ReturnItem
from app.outside import outside
from app.services import audit, cases, consents, files, mending, photo_work
from app.services.actors import By
from app.services.beside import beside

PLACES = ("id_portrait", "id_emblem", "signature")
CARD = "card:"
SMALLEST_SHARE = 0.005
"""Of the picture: four corners around less than this are a slip of the hand."""

prepare = photo_work.prepare
reconcile = photo_work.reconcile


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
    import io

    from PIL import Image

    from app.imaging.encode import THUMBNAIL_LONGEST, thumbnail

    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        image.draft("RGB", (THUMBNAIL_LONGEST, THUMBNAIL_LONGEST))
        return thumbnail(image)


# -- taking in --------------------------------------------------------------------------------------------------------


def receive(case_id: str, place: str, content: bytes, *, by: By, source: str = "file") -> Photo:
    """Keep an uploaded photo and have it prepared; the same bytes sent twice have one effect.

    `source`: file, or screen for a signature that was drawn there.
    Raises FieldWrong(place, code) with a code of app.imaging.examine, or same_as_returned.
    """
    return take(case_id, place, content, measured(place, content), by=by, source=source)


def take(case_id: str, place: str, content: bytes, size: tuple[int, int], *, by: By, source: str = "file") -> Photo:
    """Like `receive`, for bytes that were `measured` before: no time is spent on that inside the transaction."""
    width, height = size
    with transaction() as db:
        case, slot = _writable(case_id, place, by)
        before = current(case).get(place)
        if before is not None and _is_same(before, content):
            return _unless_returned(case, before)
        blob = files.keep(case.vault, content, "application/octet-stream")
        photo = Photo(
            case_id=case.id,
            place=place,
            slot=slot,
            state="queued",
            original_id=blob.id,
            found={"width": width, "height": height, "source": source},
            **_now(),
        )
        _replace(before)
        db.add(photo)
        db.flush()
        told = {"photo": photo.id, "place": place, "bytes": len(content), "source": source}
        audit.record("photo.received", by, case_id=case.id, **told)
        photo_work.hint(photo)
        _touched(case)
        return photo


def measured(place: str, content: bytes) -> tuple[int, int]:
    """Width and height as seen upright; FieldWrong(place, code) when these are not a photo's bytes that we take."""
    settings = current_app.config["SETTINGS"]
    return beside(
        _examined,
        place,
        content,
        max_bytes=settings.photo_max_bytes,
        max_pixels=settings.photo_max_pixels,
        max_side=settings.photo_max_side,
    )


def _examined(place: str, content: bytes, **limits: int) -> tuple[int, int]:
    from app.imaging import PhotoRefused, examine

    try:
        header = examine(content, **limits)
    except PhotoRefused as refused:
        raise FieldWrong(place, refused.code) from None
    lies = header.orientation >= 5
    return (header.height, header.width) if lies else (header.width, header.height)


def keep_filed(case_id: str, slot: str, *, by: By) -> Photo:
    """Use the photo that the broker has on file."""
    with transaction() as db:
        case, _slot = _writable(case_id, slot, by)
        on_file = filed(case.investor).get(slot)
        if on_file is None:
            raise NotFound
        before = current(case).get(slot)
        if before is not None and before.state == "filed" and before.prepared_id == on_file.blob_id:
            return _unless_returned(case, before)
        photo = Photo(
            case_id=case.id,
            place=slot,
            slot=slot,
            state="filed",
            prepared_id=on_file.blob_id,
            thumbnail_id=on_file.thumbnail_id,
            **_now(),
        )
        _replace(before)
        db.add(photo)
        db.flush()
        audit.record("photo.filed_kept", by, case_id=case.id, photo=photo.id, place=slot)
        _touched(case)
        return photo


def _now() -> dict[str, datetime]:
    now = outside.clock.now()
    return {"created_at": now, "state_since": now}


def _replace(before: Photo | None) -> None:
    if before is not None:
        before.replaced_at = outside.clock.now()
        read().flush()  # the place must be free before the next photo takes it


def _is_same(photo: Photo, content: bytes) -> bool:
    if photo.state == "broken" or photo.original is None:
        return False
    return photo.original.sha256 == hashlib.sha256(content).hexdigest()


def _unless_returned(case: Case, photo: Photo) -> Photo:
    if any(photo.created_at <= when for when in _returns_of(case, photo.place).values()):
        raise FieldWrong(photo.place, "same_as_returned")
    return photo


def _writable(case_id: str, place: str, by: By) -> tuple[Case, str]:
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
    if any(card.photo_place == place and card.change == "added" for card in case.cards):
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


def _touched(case: Case) -> None:
    case.touched_at = outside.clock.now()
    cases.nudge(case)


# -- changing ---------------------------------------------------------------------------------------------------------


def choose(case_id: str, place: str, choice: str, *, by: By) -> None:
    """Use the prepared picture, or the original as it was taken."""
    if choice not in {"prepared", "original"}:
        raise FieldWrong(place, "choice")
    with transaction():
        case, photo = _ready(case_id, place, by)
        if photo.choice != choice:
            photo.choice = choice
            audit.record("photo.chosen", by, case_id=case.id, photo=photo.id, choice=choice)
            _touched(case)


def turn(case_id: str, place: str, quarter_turns: int, *, attempt: int, by: By) -> None:
    """Have the chosen picture turned clockwise; it is the prepared one then.

    A second click on the same button (same attempt) does nothing.
    """
    with transaction():
        case, photo = _ready(case_id, place, by, also="queued")
        if photo.state == "ready" and photo.attempt == attempt:
            _ask(case, photo, {"turns": quarter_turns % 4, "picture": photo.choice}, by)


def set_corners(case_id: str, place: str, corners: Sequence[Sequence[float]], *, by: By) -> None:
    """Have the photo cropped at four corners (EXIF-upright pixels, TL TR BR BL).

    Raises FieldWrong("corners", outside | not_convex | too_small).
    """
    with transaction():
        case, photo = _ready(case_id, place, by, also="queued")
        check_corners(corners, photo.found["width"], photo.found["height"])
        asked = {"corners": [[float(x), float(y)] for x, y in corners]}
        if photo.asked.get("corners") != asked["corners"]:
            _ask(case, photo, asked, by)


def automatic(case_id: str, place: str, *, by: By) -> None:
    """Back to what the worker found by itself."""
    with transaction():
        case, photo = _ready(case_id, place, by, also="queued")
        if photo.state == "ready":
            _ask(case, photo, {}, by)


def _ready(case_id: str, place: str, by: By, *, also: str = "") -> tuple[Case, Photo]:
    """A photo of the investor's that has been prepared (or, for repeated clicks, is being prepared again)."""
    case, _slot = _writable(case_id, place, by)
    photo = current(case).get(place)
    if photo is None or photo.original_id is None:
        raise NotFound
    if photo.state not in {"ready", also}:
        raise NotEditable
    return case, photo


def _ask(case: Case, photo: Photo, asked: dict[str, Any], by: By) -> None:
    photo.asked = asked
    photo.attempt += 1
    photo.state, photo.state_since = "queued", outside.clock.now()
    photo.found = {name: value for name, value in photo.found.items() if name not in {"tries", "notice"}}
    audit.record("photo.asked", by, case_id=case.id, photo=photo.id, asked=sorted(asked) or ["automatic"])
    photo_work.hint(photo)
    _touched(case)


def check_corners(corners: Sequence[Sequence[float]], width: int, height: int) -> None:
    """Refuse four corners that cannot be a document: outside the picture, crossed or against the clock, tiny."""
    if any(not (0 <= x <= width and 0 <= y <= height) for x, y in corners):
        raise FieldWrong("corners", "outside", width=width, height=height)
    if any(_bend(corners, place) <= 0 for place in range(4)):
        raise FieldWrong("corners", "not_convex")
    if _area(corners) < SMALLEST_SHARE * width * height:
        raise FieldWrong("corners", "too_small")


def _bend(corners: Sequence[Sequence[float]], place: int) -> float:
    """Positive where the outline turns clockwise on the screen."""
    (ax, ay), (bx, by), (cx, cy) = (corners[(place + ahead) % 4] for ahead in range(3))
    return (bx - ax) * (cy - by) - (by - ay) * (cx - bx)


def _area(corners: Sequence[Sequence[float]]) -> float:
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs) / 2


# -- going on ---------------------------------------------------------------------------------------------------------


def missing(case: Case) -> dict[str, str]:
    """What keeps the investor at this step, by place: absent, processing, rejected, broken, not_replaced."""
    photos = current(case)
    found = {place: lacking(photos.get(place)) for place in PLACES}
    for place in PLACES:
        returned = _returns_of(case, place)
        if not found[place] and any(photos[place].created_at <= when for when in returned.values()):
            found[place] = "not_replaced"
    found["photos"] = "not_replaced" if _nothing_replaced(case, photos) else ""
    return {place: code for place, code in found.items() if code}


def lacking(photo: Photo | None) -> str:
    """Why the journey cannot go on with this photo: absent, processing, rejected, broken; empty when it can."""
    if photo is None:
        return "absent"
    if photo.is_acceptable:
        return ""
    return "processing" if photo.state == "queued" else photo.state


def _returns_of(case: Case, place: str | None) -> dict[str, datetime]:
    """When this very photo was sent back, by the open reason's id; `None`: the photos as a whole."""
    times = {ret.id: ret.at for ret in case.returns}
    fields = {place, f"photo:{place.removeprefix(CARD)}"} if place else {None}
    return {item.id: times[item.return_id] for item in _open_items(case) if item.field in fields}


def _open_items(case: Case) -> list[ReturnItem]:
    return [item for item in cases.unmended(case) if item.step in {Step.PHOTOS, Step.BANK_CARDS}]


def replaced_since(case: Case, place: str, moment: datetime) -> bool:
    """Whether the photo at that place is newer than the moment."""
    photo = current(case).get(place)
    return photo is not None and photo.created_at > moment


def _nothing_replaced(case: Case, photos: dict[str, Photo]) -> bool:
    times = {ret.id: ret.at for ret in case.returns}
    whole = [item for item in cases.unmended(case) if item.step == Step.PHOTOS and item.field is None]
    newest = max((photos[place].created_at for place in PLACES if place in photos), default=None)
    return any(newest is None or newest <= times[item.return_id] for item in whole)


def accept(case_id: str, *, letter: AgreementVersion | None, by: By) -> None:
    """Go on with the three photos; `letter` is the responsibility letter that was ticked now, if it was.

    Raises FieldWrong(place, code of `missing`), FieldWrong("letter", "missing").
    """
    with transaction():
        case = cases.locked(case_id)
        if not cases.open_for(case, Step.PHOTOS):
            raise NotEditable
        for place, code in missing(case).items():
            raise FieldWrong(place, code)
        if State(case.state) in RETURNED:
            mending.settle(case, Step.PHOTOS, by=by)
            return
        if letter is not None:
            consents.give(case.investor, letter, case=case)
            case.letter_version = letter.version
        if case.letter_version is None:
            raise FieldWrong("letter", "missing")
        cases.move(case, Event.PHOTOS_ACCEPTED, by=by)
