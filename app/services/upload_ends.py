"""How an upload ends: as a photo, refused, given up, or swept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotEditable, NotFound, Refused
from app.models import Blob, Case, Upload, UploadChunk
from app.outside import outside
from app.services import photo_intake, reconciliation, uploads
from app.services.actors import By

STALE = timedelta(seconds=20)
"""A whole upload that is no photo yet after this was left so by a process that died."""
BATCH = 100
NOT_OPEN = frozenset({NotEditable.code, NotFound.code, "move_not_allowed"})


def finish(upload: Upload, *, by: By) -> None:
    """Make the whole upload the photo at its place; again and again has one effect, and the same answer.

    Raises as photo_intake.receive does. What waits for a card that is still to be added goes on waiting.
    """
    if upload.state == "open" and not (upload.is_whole and upload.place == uploads.NEW_CARD):
        try:
            _use(upload, by)
        except Refused as refused:
            if upload.is_whole:  # else it may still go on
                uploads.close(upload.id, "refused", refused.code)
                _clean(upload.id)
            raise
    if upload.state == "refused":
        raise NotEditable if upload.refused in NOT_OPEN else FieldWrong(upload.place, upload.refused or "truncated")
    if upload.state == "ended":
        raise FieldWrong(upload.place, "truncated")


def finish_at(case: Case, place: str, upload_id: str, *, by: By) -> None:
    """Like `finish`, for the upload that a form names; one that is not there is a photo that did not arrive."""
    try:
        upload = uploads.of_investor(case.id, upload_id, case.investor)
    except NotFound:
        raise FieldWrong(place, "truncated") from None
    if upload.place != place:
        raise FieldWrong(place, "truncated")
    finish(upload, by=by)


def for_new_card(case: Case, upload_id: str) -> Upload:
    """The photo that came in pieces for a card which is being added; FieldWrong("photo", "truncated") without it."""
    try:
        upload = uploads.of_investor(case.id, upload_id, case.investor)
    except NotFound:
        raise FieldWrong("photo", "truncated") from None
    if upload.place != uploads.NEW_CARD or upload.state not in {"open", "used"}:
        raise FieldWrong("photo", "truncated")
    return upload


def content(upload: Upload) -> bytes | None:
    """All its bytes; None when another request has just closed it, and removed the pieces.

    FieldWrong(place, "truncated") while some are missing, also of those that were acknowledged: they are sent again.
    """
    try:
        return uploads.content(upload)
    except (FileNotFoundError, FieldWrong) as error:
        read().rollback()
        read().refresh(upload)
        if upload.state == "open":
            raise FieldWrong(upload.place, "truncated") from error
        return None


def spend(upload: Upload) -> None:
    """Its card has been added with it."""
    uploads.close(upload.id, "used")
    _clean(upload.id)


def _use(upload: Upload, by: By) -> None:
    whole = content(upload)
    if whole is None:
        return
    with photo_intake.brought(upload.case, upload.place, whole) as photo, transaction():
        if uploads.close(upload.id, "used"):
            photo_intake.take(upload.case_id, upload.place, photo, by=by)
    _clean(upload.id)


def drop(upload: Upload) -> None:
    """Give the upload up, or forget one that has been used; what became a photo stays."""
    uploads.close(upload.id, "ended")
    _remove(upload.id)


def _clean(upload_id: str) -> None:
    """Remove the pieces of a closed upload: files first, so that none is left without a row if this is cut short."""
    blobs = [chunk.blob_id for chunk in uploads.chunks(upload_id)]
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
    reconciliation.each(_left_whole(now - STALE), _finish_left, job="upload_ends")
    reconciliation.each(_closed_with_pieces(), _clean, job="upload_ends")
    reconciliation.each(_forgotten(now - uploads.LIFE), _forget, job="upload_ends")


def _forget(upload_id: str) -> None:
    uploads.close(upload_id, "ended")
    _remove(upload_id)


def _finish_left(upload_id: str) -> None:
    upload = read().get_one(Upload, upload_id, populate_existing=True)
    try:
        finish(upload, by=By.investor(upload.case.investor))
    except Refused:
        return  # it is written down, and said when the investor's browser asks


def _left_whole(limit: datetime) -> Sequence[str]:
    whole = select(Upload.id).where(Upload.state == "open", Upload.received == Upload.length)
    return read().scalars(whole.where(Upload.place != uploads.NEW_CARD, Upload.touched_at < limit).limit(BATCH)).all()


def _closed_with_pieces() -> Sequence[str]:
    pieces = select(UploadChunk.upload_id).join(Upload, Upload.id == UploadChunk.upload_id)
    return read().scalars(pieces.where(Upload.state != "open").distinct().limit(BATCH)).all()


def _forgotten(limit: datetime) -> Sequence[str]:
    old = select(Upload.id).where(Upload.touched_at < limit)
    # What is whole was acknowledged as such: it becomes a photo or is refused first, see _left_whole.
    waits = (Upload.state == "open") & (Upload.received == Upload.length) & (Upload.place != uploads.NEW_CARD)
    return read().scalars(old.where(~waits).limit(BATCH)).all()
