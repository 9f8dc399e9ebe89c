"""Rows that only served a limit or a visit are forgotten once nothing asks for them any more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from app.db import transaction
from app.models import Captcha, CodeRequest, StaffLink, WrongGuess
from app.outside import outside
from app.services import chores, sessions

EVERY = timedelta(hours=1)
ENDED_SESSIONS = timedelta(days=7)
"""So long after its last use a session's row is of no use to anybody."""
GUESSES = timedelta(days=2)
"""The longest limit counts a day back."""
CAPTCHAS = timedelta(days=1)
LINKS = timedelta(days=30)


def reconcile() -> None:
    """Once an hour."""
    if not chores.take("sweep", EVERY):
        return
    now = outside.clock.now()
    sessions.sweep(now - ENDED_SESSIONS)
    with transaction() as db:
        db.execute(delete(WrongGuess).where(WrongGuess.at < now - GUESSES))
        db.execute(delete(CodeRequest).where(CodeRequest.at < now - GUESSES))
        db.execute(delete(Captcha).where(Captcha.created_at < now - CAPTCHAS))
        db.execute(delete(StaffLink).where(StaffLink.ends_at < now - LINKS))
