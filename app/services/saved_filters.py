"""Filters of a list that a member of staff keeps under a name: the query of the list's address, nothing personal."""

from __future__ import annotations

from sqlalchemy import delete, select

from app.db import read, transaction
from app.domain.errors import FieldWrong
from app.models import SavedFilter, Staff
from app.outside import outside

AT_MOST = 20
NAME_AT_MOST = 40
QUERY_AT_MOST = 400


def of(staff: Staff, place: str) -> list[SavedFilter]:
    """The filters this person keeps for one list, the oldest first."""
    query = select(SavedFilter).where(SavedFilter.staff_id == staff.id, SavedFilter.place == place)
    return list(read().scalars(query.order_by(SavedFilter.created_at)))


def keep(staff: Staff, place: str, name: str, query: str) -> None:
    """Keep a filter; one of the same name is replaced. FieldWrong("name", "empty" | "too_long" | "too_many")."""
    name = _checked(name)
    if len(query) > QUERY_AT_MOST:
        raise FieldWrong("name", "too_long")
    with transaction() as db:
        kept = of(staff, place)
        same = next((row for row in kept if row.name == name), None)
        if same is None and len(kept) >= AT_MOST:
            raise FieldWrong("name", "too_many")
        if same is None:
            same = SavedFilter(staff_id=staff.id, place=place, name=name, created_at=outside.clock.now())
        same.query = query
        db.add(same)


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_AT_MOST:
        raise FieldWrong("name", "too_long" if name else "empty")
    return name


def rename(staff: Staff, filter_id: str, name: str) -> None:
    """Call one of the own filters otherwise; harmless when it is gone. FieldWrong("name", "empty" | "too_long" |
    "taken"): another filter of the list is not replaced by this one.
    """
    name = _checked(name)
    with transaction() as db:
        own = select(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.staff_id == staff.id)
        row = db.scalars(own.with_for_update()).first()
        if row is None:
            return
        if any(other.name == name and other.id != row.id for other in of(staff, row.place)):
            raise FieldWrong("name", "taken")
        row.name = name


def forget(staff: Staff, filter_id: str) -> None:
    """Forget one of the own filters; harmless when it is gone already."""
    with transaction() as db:
        db.execute(delete(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.staff_id == staff.id))
