"""Showing personal data in full: one field, for a reason, on record before it is shown."""

from __future__ import annotations

from app.models import Case, Staff
from app.services import audit
from app.services.actors import By


def note(case: Case, field: str, why: str, staff: Staff) -> None:
    """Write down who sees which field of the case's investor in full, and why (a code)."""
    audit.record("investor.unmasked", By.staff(staff), case_id=case.id, field=field, reason=why)
