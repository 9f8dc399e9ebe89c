"""Server-side sessions: rows that can be ended, for the investors' site and the staff's site apart."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, func, select, update

from app.db import read, transaction
from app.models import Call, WebSession
from app.outside import outside

TOKEN_BYTES = 32
TOUCH_SECONDS = 30
"""The row's last use is written at most so often, so that a mere page view seldom writes."""


@dataclass(frozen=True)
class Opened:
    """A session row together with the token for its cookie (known only when it is new)."""

    row: WebSession
    token: str


def cookie_name(face: str, *, tls: bool) -> str:
    """`__Host-` binds the cookie to this very host, and only exists over TLS."""
    return f"{'__Host-' if tls else ''}{face}_session"


def find(token: str, face: str) -> WebSession | None:
    """The living session of this token; None when unknown, ended, idle for too long or too old."""
    row = read().scalars(select(WebSession).where(WebSession.token_hash == token_hash(token))).first()
    now = outside.clock.now()
    if row is None or row.face != face or row.ended_at is not None:
        return None
    return row if now < idles_out_at(row) or _is_held_by_a_call(row, now) else None


def idle_minutes(face: str) -> int:
    """How long a session of that site lives without a request."""
    settings = current_app.config["SETTINGS"]
    return int(settings.staff_idle_minutes if face == "staff" else settings.idle_minutes)


def idles_out_at(row: WebSession) -> datetime:
    """When the session ends unless it is used; never later than its last hour."""
    return min(row.ends_at, row.seen_at + timedelta(minutes=idle_minutes(row.face)))


def _is_held_by_a_call(row: WebSession, now: datetime) -> bool:
    """No time-out cuts a call short: while a witness is in one, and then for as long as an idle session lives.

    A call whose witness gives no sign of life ends by itself, and this with it. The absolute end only waits for it.
    """
    if row.face != "staff" or row.person_id is None:
        return False
    calls = select(Call).where(Call.witness_id == row.person_id)
    if read().scalars(calls.where(Call.ended_at.is_(None)).limit(1)).first() is not None:
        return True
    last = read().scalar(select(func.max(Call.ended_at)).where(Call.witness_id == row.person_id))
    idle_since = max(row.seen_at, last) if last else row.seen_at
    return now < min(row.ends_at, idle_since + timedelta(minutes=idle_minutes(row.face)))


def begin(face: str, content: dict[str, Any], *, person_id: str | None = None) -> Opened:
    """A new session with a new token."""
    settings = current_app.config["SETTINGS"]
    hours = settings.staff_session_hours if face == "staff" else settings.session_hours
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = outside.clock.now()
    with transaction() as db:
        row = WebSession(
            token_hash=token_hash(token),
            face=face,
            person_id=person_id,
            content=content,
            created_at=now,
            seen_at=now,
            ends_at=now + timedelta(hours=hours),
        )
        db.add(row)
    return Opened(row, token)


def renew(session_id: str) -> Opened | None:
    """The same session under a new token (at sign-in, step-up): the old cookie is dead."""
    with transaction() as db:
        row = db.get(WebSession, session_id)
        if row is None or row.ended_at is not None:
            return None
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row.token_hash = token_hash(token)
        return Opened(row, token)


def save(session_id: str, content: dict[str, Any], person_id: str | None) -> None:
    """Write the session's content; a session that has ended meanwhile stays ended."""
    with transaction() as db:
        db.execute(
            update(WebSession)
            .where(WebSession.id == session_id, WebSession.ended_at.is_(None))
            .values(content=content, person_id=person_id, seen_at=outside.clock.now())
        )


def touch(row: WebSession) -> None:
    """Note the use of a session, now and then."""
    now = outside.clock.now()
    if now - row.seen_at < timedelta(seconds=TOUCH_SECONDS):
        return
    with transaction() as db:
        db.execute(update(WebSession).where(WebSession.id == row.id).values(seen_at=now))


def end(session_id: str) -> None:
    """End one session."""
    with transaction() as db:
        db.execute(
            update(WebSession)
            .where(WebSession.id == session_id, WebSession.ended_at.is_(None))
            .values(ended_at=outside.clock.now(), content={})
        )


def end_all_of(person_id: str) -> None:
    """End every session of a person (disabled, blocked)."""
    with transaction() as db:
        db.execute(
            update(WebSession)
            .where(WebSession.person_id == person_id, WebSession.ended_at.is_(None))
            .values(ended_at=outside.clock.now(), content={})
        )


def end_others_of(person_id: str, *, keep: str) -> None:
    """End every session of a person but one."""
    with transaction() as db:
        db.execute(
            update(WebSession)
            .where(WebSession.person_id == person_id, WebSession.id != keep, WebSession.ended_at.is_(None))
            .values(ended_at=outside.clock.now(), content={})
        )


def end_of(person_id: str, session_id: str) -> bool:
    """End that session if it is the person's; whether it was."""
    with transaction() as db:
        ended = db.execute(
            update(WebSession)
            .where(WebSession.id == session_id, WebSession.person_id == person_id, WebSession.ended_at.is_(None))
            .values(ended_at=outside.clock.now(), content={})
            .returning(WebSession.id)
        )
        return ended.first() is not None


def living_of(person_id: str) -> list[WebSession]:
    """The person's sessions that still hold, the one used last first."""
    now = outside.clock.now()
    query = select(WebSession).where(WebSession.person_id == person_id, WebSession.ended_at.is_(None))
    rows = read().scalars(query.order_by(WebSession.seen_at.desc()))
    return [row for row in rows if now < idles_out_at(row) or _is_held_by_a_call(row, now)]


def is_alive(session_id: str) -> bool:
    """Whether a session that a socket was opened with still holds."""
    row = read().get(WebSession, session_id, populate_existing=True)
    now = outside.clock.now()
    return row is not None and row.ended_at is None and (now < row.ends_at or _is_held_by_a_call(row, now))


def sweep(before: datetime) -> None:
    """Forget sessions that ended, or were last used, before that moment."""
    with transaction() as db:
        db.execute(delete(WebSession).where(WebSession.seen_at < before))


def token_hash(token: str) -> str:
    """What the database knows of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()
