"""Circuit breakers: what failed several times in a row is left alone, but for one trial every half minute."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import update

from app.db import read, transaction
from app.models import Breaker
from app.outside import outside

FAILURES_AT_MOST = 3
"""In a row; then it counts as down."""
TRIAL_AFTER = timedelta(seconds=30)

log = structlog.stdlib.get_logger(__name__)


def lets_through(name: str) -> bool:
    """Whether the caller may ask now; while it is down, one caller may after each half minute, who then notes it."""
    row = _row(name)
    if row is None or row.opened_at is None:
        return True
    now = outside.clock.now()
    if not is_trial_due(name):
        return False
    with transaction() as db:
        due = (Breaker.name == name) & (Breaker.trial_at <= now)
        claimed = db.scalars(update(Breaker).where(due).values(trial_at=now + TRIAL_AFTER).returning(Breaker.name))
        return claimed.first() is not None


def is_trial_due(name: str) -> bool:
    """Whether asking makes sense at this moment: it is not known to be down, or it is time to see."""
    row = _row(name)
    return row is None or row.trial_at is None or row.trial_at <= outside.clock.now()


def was_down_since(name: str, moment: datetime) -> bool:
    """Whether it is known to have been down at any time after that moment."""
    row = _row(name)
    return row is not None and (row.opened_at is not None or (row.closed_at is not None and row.closed_at >= moment))


def down_since(name: str) -> datetime | None:
    """Since when it is known to be down; None while it works."""
    row = _row(name)
    return row.opened_at if row else None


def note_success(name: str) -> None:
    """It did what was asked."""
    row = _row(name)
    if row is None or (row.failures == 0 and row.opened_at is None):
        return
    with transaction() as db:
        row = db.get_one(Breaker, name, with_for_update=True, populate_existing=True)
        if row.opened_at is not None:
            log.warning("breaker_closed", topic=name)
            row.closed_at = outside.clock.now()
        row.failures, row.opened_at, row.trial_at = 0, None, None


def note_failure(name: str) -> None:
    """It did not."""
    with transaction() as db:
        row = db.get(Breaker, name, with_for_update=True, populate_existing=True) or Breaker(name=name, failures=0)
        row.failures += 1
        if row.opened_at is None and row.failures >= FAILURES_AT_MOST:
            log.error("breaker_opened", topic=name, count=row.failures)
            row.opened_at = outside.clock.now()
            row.trial_at = row.opened_at + TRIAL_AFTER
        db.add(row)


def _row(name: str) -> Breaker | None:
    return read().get(Breaker, name, populate_existing=True)
