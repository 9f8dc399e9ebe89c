"""Photos that come in pieces: each piece is on disk before it is acknowledged, the last one makes the photo."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from flask import current_app
from sqlalchemy import CursorResult, delete, func, select, update

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotEditable, NotFound, Refused, TooMany
from app.domain.journey import Step
from app.models import Blob, Case, Investor, Upload, UploadChunk
from app.outside import outside
from app.services import bank_cards, cases, files, photo_intake, photos
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
STALE = timedelta(seconds=20)
"""A whole upload that is no photo yet after this was left so by a process that died."""
BATCH = 100
NOT_OPEN = frozenset({NotEditable.code, NotFound.code, "move_not_allowed"})


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
    whole = b"".join(files.content(chunk.blob) for chunk in _chunks(upload.id))
    told = _told_hash(upload)
    if len(whole) != upload.length or (told and told != hashlib.sha256(whole).hexdigest()):
        raise FieldWrong(upload.place, "truncated")
    return whole


def _chunks(upload_id: str) -> Sequence[UploadChunk]:
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
    elif not (cases.open_for(case, Step.BANK_CARDS) and bank_cards.is_whole_open(case)):
        raise NotEditable


def _make_room(case: Case) -> None:
    going = select(Upload.id).where(Upload.case_id == case.id, Upload.state == "open")
    oldest_last = going.order_by(Upload.touched_at.desc(), Upload.id).offset(OPEN_AT_MOST - 1)
    for upload_id in read().scalars(oldest_last).all():
        _close(upload_id, "ended")


def append(upload: Upload, start: int, piece: bytes) -> int:
    """Keep a piece that begins at `start`; returns how much is safely there. A piece sent twice has one effect.

    Raises OffsetDiffers, Gone, TooLong, TooMany. Nothing of the piece is kept then.
    """
    if start + len(piece) > upload.length:
        raise TooLong
    with transaction() as db:
        if _count(upload.id) >= CHUNKS_AT_MOST:
            raise TooMany("pieces", int(LIFE.total_seconds()))
        # The fence: of two that bring the same piece, one finds the offset changed.
        here = update(Upload).where(Upload.id == upload.id, Upload.received == start, Upload.state == "open")
        if not _changed(here.values(received=start + len(piece), touched_at=outside.clock.now())):
            raise OffsetDiffers if _is_open(upload.id) else Gone
        blob = files.keep(upload.vault, piece, "application/octet-stream")
        db.add(UploadChunk(upload_id=upload.id, start=start, blob_id=blob.id))
    return start + len(piece)


def _count(upload_id: str) -> int:
    return read().scalar(select(func.count()).where(UploadChunk.upload_id == upload_id)) or 0


def _is_open(upload_id: str) -> bool:
    return read().scalar(select(Upload.state).where(Upload.id == upload_id)) == "open"


def _changed(statement: Any) -> bool:
    found = cast("CursorResult[Any]", read().execute(statement.execution_options(synchronize_session=False)))
    return found.rowcount == 1


# -- finishing --------------------------------------------------------------------------------------------------------


def finish(upload: Upload, *, by: By) -> None:
    """Make the whole upload the photo at its place; again and again has one effect, and the same answer.

    Raises as photo_intake.receive does. What waits for a card that is still to be added goes on waiting.
    """
    if upload.state == "open" and not (upload.is_whole and upload.place == NEW_CARD):
        try:
            _use(upload, by)
        except Refused as refused:
            if upload.is_whole:  # else it may still go on
                _close(upload.id, "refused", refused.code)
                _clean(upload.id)
            raise
    if upload.state == "refused":
        raise NotEditable if upload.refused in NOT_OPEN else FieldWrong(upload.place, upload.refused or "truncated")
    if upload.state == "ended":
        raise FieldWrong(upload.place, "truncated")


def finish_at(case: Case, place: str, upload_id: str, *, by: By) -> None:
    """Like `finish`, for the upload that a form names; one that is not there is a photo that did not arrive."""
    try:
        upload = of_investor(case.id, upload_id, case.investor)
    except NotFound:
        raise FieldWrong(place, "truncated") from None
    if upload.place != place:
        raise FieldWrong(place, "truncated")
    finish(upload, by=by)


def for_new_card(case: Case, upload_id: str) -> Upload:
    """The photo that came in pieces for a card which is being added; FieldWrong("photo", "truncated") without it."""
    try:
        upload = of_investor(case.id, upload_id, case.investor)
    except NotFound:
        raise FieldWrong("photo", "truncated") from None
    if upload.place != NEW_CARD or upload.state not in {"open", "used"}:
        raise FieldWrong("photo", "truncated")
    return upload


def spend(upload: Upload) -> None:
    """Its card has been added with it."""
    _close(upload.id, "used")
    _clean(upload.id)


def _use(upload: Upload, by: By) -> None:
    try:
        whole = content(upload)
    except (FileNotFoundError, FieldWrong):
        read().rollback()
        read().refresh(upload)
        if upload.state == "open":
            raise
        return  # another request has just finished it, and removed the pieces
    size = photo_intake.measured(upload.place, whole)
    with transaction():
        if _close(upload.id, "used"):
            photo_intake.take(upload.case_id, upload.place, whole, size, by=by)
    _clean(upload.id)


def drop(upload: Upload) -> None:
    """Give the upload up, or forget one that has been used; what became a photo stays."""
    _close(upload.id, "ended")
    _remove(upload.id)


def _close(upload_id: str, state: str, refused: str | None = None) -> bool:
    """Whether it was open until now: of several, one closes it."""
    with transaction():
        still_open = update(Upload).where(Upload.id == upload_id, Upload.state == "open")
        return _changed(still_open.values(state=state, refused=refused, touched_at=outside.clock.now()))


def _clean(upload_id: str) -> None:
    """Remove the pieces of a closed upload: files first, so that none is left without a row if this is cut short."""
    blobs = [chunk.blob_id for chunk in _chunks(upload_id)]
    for blob_id in blobs:
        outside.blobs.remove(blob_id)
    with transaction() as db:
        db.execute(delete(UploadChunk).where(UploadChunk.upload_id == upload_id))
        db.execute(delete(Blob).where(Blob.id.in_(blobs)))


def _remove(upload_id: str) -> None:
    _clean(upload_id)
    with transaction() as db:
        db.execute(delete(Upload).where(Upload.id == upload_id))


# -- from time to time ------------------------------------------------------------------------------------------------


def reconcile() -> None:
    """Finish what is whole and was left so, remove the pieces of what is closed, sweep what nobody goes on with."""
    now = outside.clock.now()
    for upload_id in _left_whole(now - STALE):
        _finish_left(upload_id)
    for upload_id in _closed_with_pieces():
        _clean(upload_id)
    for upload_id in _forgotten(now - LIFE):
        _close(upload_id, "ended")
        _remove(upload_id)


def _finish_left(upload_id: str) -> None:
    upload = read().get_one(Upload, upload_id, populate_existing=True)
    try:
        finish(upload, by=By.investor(upload.case.investor))
    except Refused:
        return  # it is written down, and said when the investor's browser asks


def _left_whole(limit: datetime) -> Sequence[str]:
    whole = select(Upload.id).where(Upload.state == "open", Upload.received == Upload.length)
    return read().scalars(whole.where(Upload.place != NEW_CARD, Upload.touched_at < limit).limit(BATCH)).all()


def _closed_with_pieces() -> Sequence[str]:
    pieces = select(UploadChunk.upload_id).join(Upload, Upload.id == UploadChunk.upload_id)
    return read().scalars(pieces.where(Upload.state != "open").distinct().limit(BATCH)).all()


def _forgotten(limit: datetime) -> Sequence[str]:
    old = select(Upload.id).where(Upload.touched_at < limit)
    # What is whole was acknowledged as such: it becomes a photo or is refused first, see _left_whole.
    waits = (Upload.state == "open") & (Upload.received == Upload.length) & (Upload.place != NEW_CARD)
    return read().scalars(old.where(~waits).limit(BATCH)).all()
