"""Photos on their way into a case: a file that was sent, or the one that the broker has on file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.models import Case, Photo
from app.outside import outside
from app.services import audit, cases, files, photo_work, photos
from app.services.actors import By
from app.services.beside import beside
from app.services.files import Written

HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
"""Major brands of HEIC and AVIF files."""


@dataclass(frozen=True)
class Brought:
    """A photo that was examined and stored, before it has a row; width and height as seen upright, in pixels."""

    file: Written
    width: int
    height: int


def receive(case_id: str, place: str, content: bytes, *, by: By, source: str = "file") -> Photo:
    """Keep an uploaded photo and have it prepared; the same bytes sent twice have one effect.

    `source`: file, or screen for a signature that was drawn there.
    Raises FieldWrong(place, code) with a code of app.imaging.examine, heic, or same_as_returned.
    """
    case = cases.known(case_id)
    photos.check_open(case, place)
    with brought(case, place, content) as photo:
        return take(case_id, place, photo, by=by, source=source)


@contextmanager
def brought(case: Case, place: str, content: bytes) -> Iterator[Brought]:
    """Examine and store a photo before the transaction that will `take` it; what nobody takes is removed again."""
    width, height = measured(place, content)
    with files.beforehand(case.vault, content, "application/octet-stream") as file:
        yield Brought(file, width, height)


def take(case_id: str, place: str, new: Brought, *, by: By, source: str = "file") -> Photo:
    """Put a photo that was `brought` at its place: inside the transaction nothing is decoded or written to disk."""
    with transaction() as db:
        case, slot = photos.writable(case_id, place, by)
        before = photos.current(case).get(place)
        if before is not None and _is_same(before, new):
            return _unless_returned(case, before)
        photo = Photo(
            case_id=case.id,
            place=place,
            slot=slot,
            state="queued",
            original_id=files.enter(new.file).id,
            found={"width": new.width, "height": new.height, "source": source},
            **_now(),
        )
        _replace(before)
        db.add(photo)
        db.flush()
        told = {"photo": photo.id, "place": place, "bytes": new.file.size, "source": source}
        audit.record("photo.received", by, case_id=case.id, **told)
        photo_work.hint(photo)
        photos.touched(case)
        return photo


def measured(place: str, content: bytes) -> tuple[int, int]:
    """Width and height as seen upright; FieldWrong(place, code) when these are not a photo's bytes that we take."""
    if is_heic(content):
        raise FieldWrong(place, "heic")
    settings = current_app.config["SETTINGS"]
    return beside(
        _examined,
        place,
        content,
        max_bytes=settings.photo_max_bytes,
        max_pixels=settings.photo_max_pixels,
        max_side=settings.photo_max_side,
        max_pixels_webp=settings.photo_max_pixels_webp,
    )


def is_heic(content: bytes) -> bool:
    """Whether it is the format in which newer phones keep their photos (ISO/IEC 23008-12 in an ISO/IEC 14496-12 box).

    It gets words of its own: to call somebody's photo "not a photo" helps nobody.
    """
    return content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS


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


def _is_same(photo: Photo, new: Brought) -> bool:
    if photo.state == "broken" or photo.original is None:
        return False
    return photo.original.sha256 == new.file.sha256


def _unless_returned(case: Case, photo: Photo) -> Photo:
    if any(photo.created_at <= when for when in photos.returned_times(case, photo.place).values()):
        raise FieldWrong(photo.place, "same_as_returned")
    return photo
