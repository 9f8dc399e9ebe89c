"""Which member of staff looked at something personal: on record, at most once a minute for the same thing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.db import read, transaction
from app.models import AuditEntry, Case, Staff
from app.outside import outside
from app.services import audit
from app.services.actors import By

ONCE_IN = timedelta(minutes=1)


def note(action: str, staff: Staff, case: Case, **details: str) -> None:
    """Write the audit entry unless this person has looked at the same thing within the last minute."""
    if _is_on_record(action, staff, case, details):
        return
    with transaction():
        if not _is_on_record(action, staff, case, details):
            audit.record(action, By.staff(staff), case_id=case.id, **details)


def has_been_noted(action: str, staff: Staff, case: Case, *, since: datetime) -> bool:
    """Whether this person's look at the case is on record since then."""
    query = select(AuditEntry.number).where(
        AuditEntry.case_id == case.id,
        AuditEntry.actor_id == staff.id,
        AuditEntry.action == action,
        AuditEntry.at >= since,
    )
    return read().scalars(query.limit(1)).first() is not None


def _is_on_record(action: str, staff: Staff, case: Case, details: dict[str, str]) -> bool:
    query = select(AuditEntry.details).where(
        AuditEntry.case_id == case.id,
        AuditEntry.actor_id == staff.id,
        AuditEntry.action == action,
        AuditEntry.at > outside.clock.now() - ONCE_IN,
    )
    return details in read().scalars(query).all()
