"""The worker's part of a photo: prepare it behind limits, write the result once, try again what got stuck."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import select

from app.db import after_commit, read, transaction
from app.models import Photo
from app.outside import outside
from app.services import audit, card_readings, cases, files
from app.services.actors import SYSTEM

if TYPE_CHECKING:
    from app.imaging.prepare import Prepared

JOB = "photos.prepare"
QUEUE = "photos"
BATCH = 100
MEDIA_TYPES = {"ink_id": "image/png"}
TOLD = {"action": "outcome", "by_hand": "by_hand", "quad": "quad", "confidence": "confidence", "refused": "refused"}
"""What of the findings the audit entry tells too, and under which name."""


@dataclass(frozen=True)
class Work:
    """What one attempt has to do, read from the row; `content` are the bytes of the file to begin with.

    `has_ink`: handwriting was lifted off that very picture before.
    """

    photo_id: str
    attempt: int
    slot: str
    asked: dict[str, Any]
    content: bytes = field(repr=False)
    has_ink: bool = False


@dataclass(frozen=True)
class Made:
    """What came of it: new pictures by column (empty: none), the turn that was asked for, and what was found."""

    pictures: dict[str, bytes] = field(repr=False)
    turn: dict[str, Any]
    found: dict[str, Any]
    rejected: bool = False


def hint(photo: Photo) -> None:
    """Tell the worker, after the commit, that this photo waits."""
    photo_id = photo.id
    after_commit(lambda: outside.queue.put(JOB, photo_id, queue=QUEUE))


def prepare(photo_id: str) -> None:
    """Prepare a queued photo. Each attempt is begun once, and only its own result is written."""
    from app.imaging import PhotoRefused
    from app.imaging.child import limits
    from app.imaging.prepare import CornersRefused

    work = _begin(photo_id)
    if work is None:
        return
    settings = current_app.config["SETTINGS"]
    try:
        with limits(settings.photo_memory_bytes, settings.photo_cpu_seconds):
            made = _made(work)
    except PhotoRefused as refused:
        _refuse(work, refused.code)
    except CornersRefused as refused:
        _refuse(work, f"corners_{refused.code}")
    else:
        _store(work, made)


def _begin(photo_id: str) -> Work | None:
    """Note that the current attempt is under way; None when there is nothing to do, or somebody else does it."""
    with transaction() as db:
        photo = _locked(photo_id)
        if photo is None or photo.state != "queued" or photo.found.get("begun") == photo.attempt:
            return None
        photo.found = {**photo.found, "begun": photo.attempt, "tries": photo.found.get("tries", 0) + 1}
        photo.state_since = outside.clock.now()
        source = _source(photo)
        attempt, slot, asked = photo.attempt, photo.slot, dict(photo.asked)
        has_ink = photo.ink_id is not None and source is photo.prepared
        db.flush()
    content = files.content(source)
    read().rollback()  # no transaction stays open while the picture is worked on
    return Work(photo_id, attempt, slot, asked, content, has_ink)


def _source(photo: Photo) -> Any:
    if "turns" not in photo.asked:
        return photo.original
    return photo.preview if photo.asked["picture"] == "original" else photo.prepared


def _locked(photo_id: str) -> Photo | None:
    query = select(Photo).where(Photo.id == photo_id, Photo.replaced_at.is_(None))
    return read().scalars(query.with_for_update().execution_options(populate_existing=True)).first()


def _made(work: Work) -> Made:
    from app.imaging import Slot
    from app.imaging.encode import turned
    from app.imaging.prepare import CornersRefused, from_corners, prepare

    if "turns" in work.asked:
        return _turned(work, turned(work.content, work.asked["turns"]))
    if "corners" in work.asked:
        prepared = from_corners(work.content, work.asked["corners"], Slot(work.slot))
        if any(verdict.rejects for verdict in prepared.verdicts):
            raise CornersRefused("too_small")
        return _prepared(prepared, by_hand=True)
    return _prepared(prepare(work.content, Slot(work.slot), options=_options()), by_hand=False)


def _options() -> Any:
    from app.imaging.prepare import Options

    settings = current_app.config["SETTINGS"]
    return Options(
        settings.photo_max_bytes, settings.photo_max_pixels, settings.photo_max_side, settings.photo_max_pixels_webp
    )


def _turned(work: Work, pictures: tuple[bytes, bytes]) -> Made:
    picture, thumbnail = pictures
    # The original, turned, becomes the prepared picture: the original itself stays as corners are counted on it.
    found = {"action": "keep", "quad": None, "turns": 0} if work.asked["picture"] == "original" else {}
    made = {"prepared_id": picture, "thumbnail_id": thumbnail, "ink_id": _ink(work, picture)}
    return Made(made, work.asked, found)


def _ink(work: Work, picture: bytes) -> bytes:
    from app.imaging.ink import lifted_off

    return lifted_off(picture, sheet=work.has_ink) if work.slot == "signature" else b""


def _prepared(prepared: Prepared, *, by_hand: bool) -> Made:
    rejected = prepared.action == "reject" or any(verdict.rejects for verdict in prepared.verdicts)
    pictures = {
        "prepared_id": prepared.jpeg,
        "thumbnail_id": prepared.thumbnail,
        "preview_id": prepared.original_preview,
        "ink_id": prepared.ink,
    }
    found = {
        "action": prepared.action.value,
        "by_hand": by_hand,
        "quad": prepared.quad,
        "confidence": prepared.confidence,
        "turns": prepared.quarter_turns_cw,
        "verdicts": [verdict.as_dict() for verdict in prepared.verdicts],
    }
    return Made(pictures, {}, found, rejected=rejected)


def _fenced(work: Work) -> Photo | None:
    """The row, if this attempt is still the one that counts; a late result of an older one is dropped."""
    photo = _locked(work.photo_id)
    if photo is None or photo.state != "queued" or photo.attempt != work.attempt:
        return None
    return photo


def _store(work: Work, made: Made) -> None:
    """Everything on disk first, then the row: web requests do not wait for this process's disk."""
    vault = read().get_one(Photo, work.photo_id).case.vault
    with ExitStack() as on_disk:
        written = {
            column: on_disk.enter_context(files.beforehand(vault, content, MEDIA_TYPES.get(column, "image/jpeg")))
            for column, content in made.pictures.items()
            if content
        }
        _write_down(work, made, written)


def _write_down(work: Work, made: Made, written: dict[str, files.Written]) -> None:
    with transaction():
        photo = _fenced(work)
        if photo is None:
            return
        for column in made.pictures:
            setattr(photo, column, files.enter(written[column]).id if column in written else None)
        _note_choice(photo, made.turn)
        _end(photo, "rejected" if made.rejected else "ready", made.found, picture=photo.prepared_id)


def _note_choice(photo: Photo, turn: dict[str, Any]) -> None:
    """A picture made anew is the one to be used; turns add up on the prepared one, and start anew on the original."""
    before = photo.quarter_turns if turn and turn["picture"] == "prepared" else 0
    photo.choice, photo.quarter_turns = "prepared", (before + turn.get("turns", 0)) % 4


def _end(photo: Photo, state: str, found: dict[str, Any], **kept: Any) -> None:
    """Write down how the attempt ended; the audit entry is the history of the place, so it tells what was found."""
    photo.state, photo.state_since = state, outside.clock.now()
    photo.asked = {}
    photo.found = {**{name: value for name, value in photo.found.items() if name != "tries"}, **found}
    codes = [verdict["code"] for verdict in photo.found.get("verdicts", [])]
    told = {name: found[key] for key, name in TOLD.items() if found.get(key) is not None}
    audit.record(
        "photo.prepared",
        SYSTEM,
        case_id=photo.case_id,
        photo=photo.id,
        attempt=photo.attempt,
        state=state,
        verdicts=codes,
        **told,
        **kept,
    )
    card_readings.want(photo)
    cases.nudge(photo.case)


def _refuse(work: Work, code: str) -> None:
    with transaction():
        photo = _fenced(work)
        if photo is not None:
            _give_up(photo, code)


def _give_up(photo: Photo, code: str) -> None:
    """What was prepared before is kept, only the wish is dropped; a photo that never was prepared is broken."""
    if photo.prepared_id is None:
        _end(photo, "broken", {"refused": code})
    else:
        _end(photo, "ready", {"notice": code})


def reconcile() -> None:
    """Queue again what waits for too long; what was begun and never ended is fenced off by a new attempt."""
    settings = current_app.config["SETTINGS"]
    limit = outside.clock.now() - timedelta(seconds=settings.job_stale_seconds)
    query = select(Photo.id).where(Photo.state == "queued", Photo.state_since < limit, Photo.replaced_at.is_(None))
    for photo_id in read().scalars(query.limit(BATCH)).all():
        with transaction():
            photo = _locked(photo_id)
            if photo is not None and photo.state == "queued" and photo.state_since < limit:
                _again(photo, settings.photo_attempts)


def _again(photo: Photo, attempts: int) -> None:
    if photo.found.get("begun") == photo.attempt:
        if photo.found.get("tries", 0) >= attempts:
            _give_up(photo, "attempts")
            return
        photo.attempt += 1
        photo.state_since = outside.clock.now()
    hint(photo)
