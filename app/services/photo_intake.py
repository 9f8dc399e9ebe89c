"""Photos on their way into a case: a file that was sent, or the one that the broker has on file."""

from __future__ import annotations

import hashlib
from datetime import datetime

from flask import current_app

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.models import Case, Photo
from app.outside import outside
from app.services import audit, files, photo_work, photos
from app.services.actors import By
from app.services.beside import beside


def receive(case_id: str, place: str, content: bytes, *, by: By) -> Photo:
    """Keep an uploaded photo and have it prepared; the same bytes sent twice have one effect.

    Raises FieldWrong(place, code) with a code of app.imaging.examine, or same_as_returned.
    """
    return take(case_id, place, content, measured(place, content), by=by)


def take(case_id: str, place: str, content: bytes, size: tuple[int, int], *, by: By) -> Photo:
    """Like `receive`, for bytes that were `measured` before: no time is spent on that inside the transaction."""
    width, height = size
    with transaction() as db:
        case, slot = photos.writable(case_id, place, by)
        before = photos.current(case).get(place)
        if before is not None and _is_same(before, content):
            return _unless_returned(case, before)
        blob = files.keep(case.vault, content, "application/octet-stream")
        photo = Photo(
            case_id=case.id,
            place=place,
            slot=slot,
            state="queued",
            original_id=blob.id,
            found={"width": width, "height": height},
            **_now(),
        )
        _replace(before)
        db.add(photo)
        db.flush()
        audit.record("photo.received", by, case_id=case.id, photo=photo.id, place=place, bytes=len(content))
        photo_work.hint(photo)
        photos.touched(case)
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
        case, _slot = photos.writable(case_id, slot, by)
        on_file = photos.filed(case.investor).get(slot)
        if on_file is None:
            raise NotFound
        before = photos.current(case).get(slot)
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
        photos.touched(case)
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
    if any(photo.created_at <= when for when in photos.returned_times(case, photo.place).values()):
        raise FieldWrong(photo.place, "same_as_returned")
    return photo
