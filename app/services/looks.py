"""What investors may know of those who looked at their case: which role, what, and when."""

from __future__ import annotations

from sqlalchemy import select

from app.models import AuditEntry, Case
from app.services.casework import Page, page_of
from app.services.staff_list import ROLES

LOOKS = (
    "case.viewed",
    "picture.viewed",
    "still.viewed",
    "recording.viewed",
    "document.opened",
    "investor.unmasked",
    "evidence.packed",
)
"""Actions of the staff by which something of an investor's is seen."""


def of_case(case: Case, *, before: int = 0) -> Page[AuditEntry]:
    """The looks of the staff, the latest first."""
    query = select(AuditEntry).where(
        AuditEntry.case_id == case.id, AuditEntry.action.in_(LOOKS), AuditEntry.actor.in_(ROLES)
    )
    if before:
        query = query.where(AuditEntry.number < before)
    return page_of(query.order_by(AuditEntry.number.desc()))
