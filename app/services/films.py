"""Recordings made over for watching: one file a part, with its length, the time and the numbers burnt in.

What was recorded stays as it came, with its hash chain; a film can be made from it again at any time.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select

from app.adapters.queueing import FILM_SECONDS
from app.db import after_commit, read, transaction
from app.domain.errors import Unavailable
from app.models import Call, CallFilm
from app.outside import outside
from app.services import files, recordings

JOB = "recordings.film"
QUEUE = "films"
TRIES_AT_MOST = 3
FILM_TYPE = "video/webm"
PURPOSE = "仅供办理结算账户变更"
"""Burnt into every film, whatever page it leaves: the player's own watermark adds who watches, and when."""
SLICE_LENGTH = timedelta(seconds=2)
"""A slice arrives when it is over."""

log = structlog.get_logger()


def ask(call: Call) -> None:
    """Have every part of an ended call's recording made over; part of the caller's transaction."""
    with transaction() as db:
        for part in recordings.parts_of(call):
            film = CallFilm(call_id=call.id, part=part.name, asked_at=outside.clock.now())
            db.add(film)
            db.flush()
            _hint(film.id)


def _hint(film_id: str) -> None:
    after_commit(lambda: outside.queue.put(JOB, film_id, queue=QUEUE))


def of_call(call: Call) -> dict[str, CallFilm]:
    """The films of a call by the name of their part."""
    return {film.part: film for film in read().scalars(select(CallFilm).where(CallFilm.call_id == call.id))}


def make(film_id: str) -> None:
    """Make one film, unless it is there; may run twice."""
    film = _take(film_id)
    if film is None:
        return
    call = read().get_one(Call, film.call_id)
    slices = recordings.slices_of(call, film.part)
    begun_at = slices[0].at - SLICE_LENGTH
    recording = b"".join(recordings.stream(slices, 0, sum(row.blob.size for row in slices)))
    caption = f"{PURPOSE}\n{call.case.number} {call.witness.licence_number}"
    try:
        content = outside.films.make(recording, begun_at=begun_at, caption=caption)
    except Unavailable as error:
        log.warning("film_not_made", code=error.code, attempt=film.tries)
        return
    with files.beforehand(call.case.vault, content, FILM_TYPE) as file, transaction() as db:
        film = db.get_one(CallFilm, film_id, with_for_update=True, populate_existing=True)
        if film.state == "waiting":
            film.blob_id, film.state = files.enter(file).id, "ready"


def _take(film_id: str) -> CallFilm | None:
    with transaction() as db:
        film = db.get(CallFilm, film_id, with_for_update=True, populate_existing=True)
        if film is None or film.state != "waiting":
            return None
        if film.tries >= TRIES_AT_MOST:
            film.state = "failed"
            return None
        film.tries += 1
        film.asked_at = outside.clock.now()
        return film


def reconcile() -> None:
    """Hint again at films that wait although nobody seems to be making them."""
    stale = outside.clock.now() - timedelta(seconds=FILM_SECONDS)
    query = select(CallFilm.id).where(CallFilm.state == "waiting", CallFilm.asked_at < stale)
    for film_id in read().scalars(query):
        outside.queue.put(JOB, film_id, queue=QUEUE)
