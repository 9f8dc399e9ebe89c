"""Nonces to be signed once, in the session they were given to."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select, update

from app.db import read, transaction
from app.domain.errors import FieldWrong
from app.models import Challenge
from app.outside import outside

NONCE_BYTES = 32
LIFE = timedelta(minutes=30)
"""Long enough to think of a password; the nonce proves freshness, the session binds it."""


def give(session_id: str, purpose: str) -> bytes:
    """The session's unused challenge for that purpose, or a new one: 32 random bytes."""
    if (known := _unused(session_id, purpose)) is not None:
        return known.nonce
    with transaction() as db:
        challenge = Challenge(
            session_id=session_id,
            purpose=purpose,
            nonce=secrets.token_bytes(NONCE_BYTES),
            created_at=outside.clock.now(),
        )
        db.add(challenge)
    return challenge.nonce


def take(session_id: str, purpose: str) -> bytes:
    """Use up the session's challenge; FieldWrong("proof", "stale") when there is none, or it was used already."""
    with transaction() as db:
        challenge = _unused(session_id, purpose)
        if challenge is None:
            raise FieldWrong("proof", "stale")
        claim = update(Challenge).where(Challenge.id == challenge.id, Challenge.used_at.is_(None))
        if db.execute(claim.values(used_at=outside.clock.now())).rowcount != 1:  # type: ignore[attr-defined]
            raise FieldWrong("proof", "stale")
        return challenge.nonce


def _unused(session_id: str, purpose: str) -> Challenge | None:
    query = (
        select(Challenge)
        .where(
            Challenge.session_id == session_id,
            Challenge.purpose == purpose,
            Challenge.used_at.is_(None),
            Challenge.created_at > outside.clock.now() - LIFE,
        )
        .order_by(Challenge.created_at.desc())
    )
    return read().scalars(query).first()
