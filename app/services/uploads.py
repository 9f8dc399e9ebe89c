"""Photos that come in pieces: beginning one, and each piece on disk before it is acknowledged."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from flask import current_app
from sqlalchemy import CursorResult, func, select, update

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotEditable, NotFound, Refused, TooMany
from app.domain.journey import Step
from app.models import Case, Investor, Upload, UploadChunk
from app.outside import outside
from app.services import card_step, cases, files, photos
from app.services.actors import By

PIECE_BYTES = 128 * 1024
"""Of one sealed file; larger pieces are cut into these as they arrive."""
NEW_CARD = f"{photos.CARD}new"
OPEN_AT_MOST = 8
"""Uploads of one case under way at a time; the one that rested longest gives way to a ninth."""
CHUNKS_AT_MOST = 4_000
"""A client that sends byte by byte would fill the disk with files."""
SHA256 = "sha256"
"""Key of the Upload-Metadata under which a client may name the hash of the whole file, in hexadecimal digits."""
LIFE = timedelta(days=1)
"""An unfinished upload that nobody goes on with is swept after."""


class OffsetDiffers(Refused):
    """The piece does not begin where the upload ends: another one was quicker, or the client lost count."""

    code = "offset_differs"


class Gone(Refused):
    """The upload was refused, given up or swept."""

    code = "gone"


class TooLong(Refused):
    """More bytes than a photo may have, or than the upload announced."""

    code = "too_large"


# -- finding ----------------------------------------------------------------------------------------------------------


def of_investor(case_id: str, upload_id: str, investor: Investor) -> Upload:
    """The investor's own upload; NotFound for an absent one and for somebody else's alike."""
    query = select(Upload).join(Case, Case.id == Upload.case_id)
    own = query.where(Upload.id == upload_id, Upload.case_id == case_id, Case.investor_id == investor.id)
    upload = read().scalars(own.execution_options(populate_existing=True)).first()
    if upload is None:
        raise NotFound
    return upload


def require_going(upload: Upload) -> None:
    """Gone for an upload that takes no more; one that became a photo is whole and stays so."""
    if upload.state in {"refused", "ended"}:
        raise Gone


def content(upload: Upload) -> bytes:
    """All bytes of an upload; FieldWrong(place, "truncated") while some are missing or differ from what was told.

    One that was used already holds none any more: what it was sent for is done.
    """
    if upload.state == "used":
        return b""
    whole = b"".join(files.content(chunk.blob) for chunk in chunks(upload.id))
    told = _told_hash(upload)
    if len(whole) != upload.length or (told and told != hashlib.sha256(whole).hexdigest()):
        raise FieldWrong(upload.place, "truncated")
    return whole


def chunks(upload_id: str) -> Sequence[UploadChunk]:
    """The pieces that are there, in their order."""
    return (
        read().scalars(select(UploadChunk).where(UploadChunk.upload_id == upload_id).order_by(UploadChunk.start)).all()
    )


def _told_hash(upload: Upload) -> str:
    pairs = (pair.strip().partition(" ") for pair in upload.told.split(","))
    value = next((value for key, _space, value in pairs if key == SHA256), "")
    try:
        return base64.b64decode(value).decode("ascii").lower()
    except (binascii.Error, UnicodeDecodeError):
        return ""


# -- sending ----------------------------------------------------------------------------------------------------------


def create(case_id: str, place: str, length: int, told: str, *, by: By) -> Upload:
    """Begin an upload of so many bytes to a place of the case; `told` is the Upload-Metadata as it came.

    Raises TooLong, NotFound (no such place), NotEditable.
    """
    if length > current_app.config["SETTINGS"].photo_max_bytes:
        raise TooLong
    with transaction() as db:
        case = cases.locked(case_id)
        _check_place(case, place)
        _make_room(case)
        now = outside.clock.now()
        upload = Upload(
            vault=case.vault, case=case, place=place, length=length, told=told or None, created_at=now, touched_at=now
        )
        db.add(upload)
        db.flush()
        return upload


def _check_place(case: Case, place: str) -> None:
    if place != NEW_CARD:
        photos.check_open(case, place)
    elif not (cases.open_for(case, Step.BANK_CARDS) and card_step.is_whole_open(case)):
        raise NotEditable


def _make_room(case: Case) -> None:
    going = select(Upload.id).where(Upload.case_id == case.id, Upload.state == "open")
    oldest_last = going.order_by(Upload.touched_at.desc(), Upload.id).offset(OPEN_AT_MOST - 1)
    for upload_id in read().scalars(oldest_last).all():
        close(upload_id, "ended")


def append(upload: Upload, start: int, piece: bytes) -> int:
    """Keep a piece that begins at `start`; returns how much is safely there. A piece sent twice has one effect.

    Raises OffsetDiffers, Gone, TooLong, TooMany. Nothing of the piece is kept then.
    """
    if start + len(piece) > upload.length:
        raise TooLong
    with files.beforehand(upload.vault, piece, "application/octet-stream") as file:
        return _append(upload, start, file)


def _append(upload: Upload, start: int, file: files.Written) -> int:
    with transaction() as db:
        if _count(upload.id) >= CHUNKS_AT_MOST:
            raise TooMany("pieces", int(LIFE.total_seconds()))
        # The fence: of two that bring the same piece, one finds the offset changed.
        here = update(Upload).where(Upload.id == upload.id, Upload.received == start, Upload.state == "open")
        if not _changed(here.values(received=start + file.size, touched_at=outside.clock.now())):
            raise OffsetDiffers if _is_open(upload.id) else Gone
        db.add(UploadChunk(upload_id=upload.id, start=start, blob_id=files.enter(file).id))
    return start + file.size


def close(upload_id: str, state: str, refused: str | None = None) -> bool:
    """Whether it was open until now: of several, one closes it."""
    with transaction():
        still_open = update(Upload).where(Upload.id == upload_id, Upload.state == "open")
        return _changed(still_open.values(state=state, refused=refused, touched_at=outside.clock.now()))


def _count(upload_id: str) -> int:
    return read().scalar(select(func.count()).where(UploadChunk.upload_id == upload_id)) or 0


def _is_open(upload_id: str) -> bool:
    return read().scalar(select(Upload.state).where(Upload.id == upload_id)) == "open"


def _changed(statement: Any) -> bool:
    found = cast("CursorResult[Any]", read().execute(statement.execution_options(synchronize_session=False)))
    return found.rowcount == 1
