"""Both sides of the identity card in each other's place, or one of them in the wrong one: seen, and put right."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from app.db import read, transaction
from app.domain.journey import Step
from app.models import Case, Photo
from app.outside import outside
from app.services import audit, card_readings, cases, photo_work, photos, reading_proposals
from app.services.actors import By

OTHER = {"id_portrait": "id_emblem", "id_emblem": "id_portrait"}
"""For each side of the card the other one."""
WRONG = "wrong_side"


def misplaced(case: Case) -> list[Photo]:
    """The photos that may belong to the other side: two to exchange, one to move to a place that is free; or none."""
    if not cases.open_for(case, Step.PHOTOS) or not all(photos.is_named(case, place) for place in OTHER):
        return []
    taken = photos.current(case)
    sides = [taken[place] for place in OTHER if place in taken]
    shown = _kinds_read(sides)
    found = [photo for photo in sides if _shows_another(photo, shown.get(photo.id, ""))]
    return [photo for photo in found if len(found) == len(OTHER) or _is_free(taken.get(OTHER[photo.place]))]


def _kinds_read(sides: list[Photo]) -> dict[str, str]:
    """What number lines that passed their check say the photos show, by the photo's id."""
    readings = {id_: card_readings.opened(row) for id_, row in card_readings.of_photos(sides).items()}
    return {id_: reading.kind for id_, reading in readings.items() if reading_proposals.is_sure(reading)}


def _shows_another(photo: Photo, kind: str) -> bool:
    """By the number line that was read, else by the layout.

    A photo that was moved before and is wrong there too is neither side: it is not sent to and fro.
    """
    if photo.found.get("moved") or photo.state not in {"ready", "rejected"}:
        return False
    codes = {verdict["code"] for verdict in photo.found.get("verdicts", [])}
    return kind == OTHER[photo.place] or (not kind and photo.state == "rejected" and WRONG in codes)


def _is_free(photo: Photo | None) -> bool:
    return photos.lacking(photo) in {"absent", "rejected", "broken"}


def exchange(case_id: str, seen: Collection[str], *, by: By) -> None:
    """Move the misplaced photos to the other side and have them prepared there.

    `seen` are the ids of the photos the person was told of: if others stand there by now, or the exchange was done
    already (a double click), nothing happens. Raises NotEditable when the photos are not open.
    """
    with transaction():
        case = cases.locked(case_id)
        found = misplaced(case)
        if not found or {photo.id for photo in found} != set(seen):
            return
        cases.require_open(case, Step.PHOTOS, by=by)
        taken, now = photos.current(case), outside.clock.now()
        for place in {place for photo in found for place in (photo.place, OTHER[photo.place])} & set(taken):
            taken[place].replaced_at = now
        read().flush()  # the places must be free before the photos take them
        for photo in found:
            _move(case, photo, now, by)
        case.touched_at = now
        cases.nudge(case)


def _move(case: Case, photo: Photo, now: datetime, by: By) -> None:
    """The same original in a row of its own at the other place: what was made of the old row comes too late."""
    place = OTHER[photo.place]
    moved = Photo(
        case_id=case.id,
        place=place,
        slot=place,
        state="queued",
        original_id=photo.original_id,
        found={"width": photo.found["width"], "height": photo.found["height"], "moved": photo.id},
        created_at=now,
        state_since=now,
    )
    db = read()
    db.add(moved)
    db.flush()
    told = {"photo": moved.id, "before": photo.id, "place": place, "from_place": photo.place}
    audit.record("photo.moved", by, case_id=case.id, **told)
    photo_work.hint(moved)
