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
    name = name.strip()
    if not name:
        raise FieldWrong("name", "empty")
    if len(name) > NAME_AT_MOST or len(query) > QUERY_AT_MOST:
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


def forget(staff: Staff, filter_id: str) -> None:
    """Forget one of the own filters; harmless when it is gone already."""
    with transaction() as db:
        db.execute(delete(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.staff_id == staff.id))
