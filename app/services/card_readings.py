"""What is read off the photos of cards: wanted when a picture is ready, made by the worker, kept sealed."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from PIL import Image
from sqlalchemy import select

from app.db import after_commit, read, transaction
from app.domain.errors import NotFound
from app.models import CardReading, Case, Photo
from app.outside import outside
from app.services import audit, cases, files
from app.services.actors import SYSTEM, By
from app.services.beside import beside

if TYPE_CHECKING:
    from app.reading import Reading
    from app.reading.outcome import Box

JOB = "readings.read"
QUEUE = "readings"
BATCH = 100
CARD_SLOTS = frozenset({"id_portrait", "id_emblem", "bank_card"})
PREPARED = frozenset({"ready", "rejected"})
"""States of a photo in which it has a picture to be read; also one that is refused may tell what it shows."""
STRIP_WIDTH = 640
STRIP_ROOM = 0.35
"""Of a line's height: left around the line in the picture of it."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Work:
    """One picture to be read; `flat`: it is the card and nothing else."""

    slot: str
    flat: bool
    picture: bytes = field(repr=False)


# -- finding ----------------------------------------------------------------------------------------------------------


def is_on() -> bool:
    """Whether cards are read at all."""
    return bool(current_app.config["SETTINGS"].reading)


def of_photos(photos: Iterable[Photo]) -> dict[str, CardReading]:
    """The reading that counts of each photo which has one, by the photo's id."""
    attempts = {photo.id: photo.attempt for photo in photos if photo.slot in CARD_SLOTS and photo.state in PREPARED}
    if not attempts or not is_on():
        return {}
    rows = read().scalars(select(CardReading).where(CardReading.photo_id.in_(attempts)))
    return {row.photo_id: row for row in rows if row.attempt == attempts[row.photo_id]}


def of_photo(photo: Photo | None) -> CardReading | None:
    """The reading of one photo's picture as it is now."""
    return None if photo is None else of_photos([photo]).get(photo.id)


def opened(row: CardReading | None) -> Reading:
    """What was read; nothing where nobody has read."""
    from app.reading import Reading, from_json

    return from_json(row.content) if row is not None and row.state == "read" else Reading()


def is_awaited(row: CardReading | None) -> bool:
    """Whether a page should wait a little for it; never for long, as everything works without."""
    if row is None or row.state != "queued":
        return False
    limit = timedelta(seconds=current_app.config["SETTINGS"].reading_wait_seconds)
    return outside.clock.now() - row.state_since < limit


# -- wanting and making -----------------------------------------------------------------------------------------------


def want(photo: Photo) -> None:
    """Have a picture that was just prepared read; joins the transaction in which it was written down."""
    if photo.slot not in CARD_SLOTS or photo.state not in PREPARED or photo.prepared_id is None or not is_on():
        return
    db = read()
    db.flush()
    known = select(CardReading.id).where(CardReading.photo_id == photo.id, CardReading.attempt == photo.attempt)
    if db.scalars(known).first() is not None:
        return
    now = outside.clock.now()
    row = CardReading(photo_id=photo.id, attempt=photo.attempt, state_since=now, vault=photo.case.vault)
    db.add(row)
    db.flush()
    _hint(row.id)


def _hint(reading_id: str) -> None:
    after_commit(lambda: outside.queue.put(JOB, reading_id, queue=QUEUE))


def carry_out(reading_id: str) -> None:
    """Read one card. May come twice: what is written down already, or is out of date, is left alone."""
    work = _begin(reading_id)
    if work is None:
        return
    try:
        reading = _read(work)
    except Exception:  # whatever the library meets: the case goes on without it, and staff are told
        log.exception("reading_failed", slot=work.slot)
        _end(reading_id, None)
    else:
        _end(reading_id, reading)


def _read(work: Work) -> Reading:
    from app.reading.read import read as read_card

    return read_card(work.picture, work.slot, flat=work.flat)


def _begin(reading_id: str) -> Work | None:
    with transaction():
        row = _locked(reading_id)
        if row is None or row.state != "queued" or not _counts(row):
            return None
        row.tries += 1
        photo = row.photo
    picture = files.content(files.find(str(photo.prepared_id)))
    read().rollback()  # no transaction stays open while the picture is read
    return Work(photo.slot, photo.found.get("action") == "crop", picture)


def _locked(reading_id: str) -> CardReading | None:
    query = select(CardReading).where(CardReading.id == reading_id)
    return read().scalars(query.with_for_update().execution_options(populate_existing=True)).first()


def _counts(row: CardReading) -> bool:
    """Whether the picture it was wanted for is still the photo's."""
    photo = row.photo
    return photo.attempt == row.attempt and photo.replaced_at is None and photo.state in PREPARED


def _end(reading_id: str, reading: Reading | None) -> None:
    from app.reading import to_json
    from app.services import reading_proposals

    with transaction():
        row = _locked(reading_id)
        if row is None or row.state != "queued" or not _counts(row):
            return
        row.state, row.state_since = ("failed" if reading is None else "read"), outside.clock.now()
        found: dict[str, bool] = {}
        if reading is not None:
            row.kind, row.turns, row.content = reading.kind, reading.turns, to_json(reading)
            found = {name: one.checked for name, one in reading.fields.items()}
        photo = row.photo
        told = {"photo": photo.id, "attempt": row.attempt, "state": row.state, "kind": row.kind, "fields": found}
        audit.record("photo.read", SYSTEM, case_id=photo.case_id, **told)
        if reading is not None:
            reading_proposals.settle_turn(photo, reading)
        cases.nudge(photo.case)


def reconcile() -> None:
    """Hint again at what waits for too long; what was tried often enough is given up, and one more row is no loss."""
    settings = current_app.config["SETTINGS"]
    now = outside.clock.now()
    limit = now - timedelta(seconds=settings.job_stale_seconds)
    query = select(CardReading.id).where(CardReading.state == "queued", CardReading.state_since < limit).limit(BATCH)
    for reading_id in read().scalars(query).all():
        with transaction():
            row = _locked(reading_id)
            if row is None or row.state != "queued":
                continue
            if not _counts(row) or row.tries >= settings.reading_attempts or not settings.reading:
                row.state = "failed"
            else:
                _hint(row.id)
            row.state_since = now


# -- what the investor says of it -------------------------------------------------------------------------------------


def deny(photo: Photo, *, by: By) -> None:
    """The investor says that the card says something else than was read: it is used for nothing more but is kept."""
    with transaction():
        row = of_photo(photo)
        if row is None:
            raise NotFound
        if row.denied_at is None:
            row.denied_at = outside.clock.now()
            audit.record("reading.denied", by, case_id=photo.case_id, photo=photo.id)


# -- the picture of a line --------------------------------------------------------------------------------------------


def strip(case: Case, photo: Photo, name: str) -> bytes:
    """A JPEG of the line that a field was read from, upright; NotFound where there is none."""
    found = opened(of_photo(photo)).fields.get(name)
    if photo.case_id != case.id or found is None or photo.prepared is None:
        raise NotFound
    return beside(_cut, files.content(photo.prepared), found.box)


def _cut(jpeg: bytes, box: Box) -> bytes:
    """Turned so that the line lies as it is read; the picture is one of ours, made from pixels: safe to decode here."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        xs, ys = [x * image.width for x, _y in box], [y * image.height for _x, y in box]
        room = STRIP_ROOM * min(max(xs) - min(xs), max(ys) - min(ys))
        left, top = max(0.0, min(xs) - room), max(0.0, min(ys) - room)
        part = image.crop((left, top, min(image.width, max(xs) + room), min(image.height, max(ys) + room)))
    if how := _way_up(xs[1] - xs[0], ys[1] - ys[0]):
        part = part.transpose(how)
    part.thumbnail((STRIP_WIDTH, STRIP_WIDTH))
    out = io.BytesIO()
    part.save(out, "JPEG", quality=70)
    return out.getvalue()


def _way_up(along: float, down: float) -> Image.Transpose | None:
    """How to turn a line that runs so far to the right and downwards; None when it lies as it is read."""
    if abs(along) >= abs(down):
        return None if along > 0 else Image.Transpose.ROTATE_180
    return Image.Transpose.ROTATE_90 if down > 0 else Image.Transpose.ROTATE_270
