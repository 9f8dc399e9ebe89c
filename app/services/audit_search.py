"""Finding entries of the audit chain: by who, what, which case and when, the latest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select

from app.db import read
from app.domain.calendar import SHANGHAI
from app.models import AuditEntry, Case, Staff
from app.services.casework import Page, page_of

HISTORY_ROWS = 50


@dataclass(frozen=True)
class Search:
    """What to look for; empty means anything. Days are Shanghai's, both included."""

    who: str = ""
    """The login or name of a member of staff, whole."""
    role: str = ""
    action: str = ""
    case_number: str = ""
    since: date | None = None
    until: date | None = None


def find(search: Search, *, before: int = 0) -> Page[AuditEntry]:
    """A page of entries; `before` is the last number of the page above."""
    query = select(AuditEntry).where(*_conditions(search)).order_by(AuditEntry.number.desc())
    return page_of(query.where(AuditEntry.number < before) if before else query)


def history(detail: str, of: str, actions: Iterable[str]) -> list[AuditEntry]:
    """What was done to one member of staff or integrator, the latest first: entries of these actions that name it.

    The actions are such as administrators do by hand: few in a chain of millions, and an index leads to them. The
    order is made here: asked for it, a database might walk the whole chain backwards instead.
    """
    named = AuditEntry.details[detail].as_string() == of
    found = read().scalars(select(AuditEntry).where(AuditEntry.action.in_(list(actions)), named))
    return sorted(found, key=lambda entry: entry.number, reverse=True)[:HISTORY_ROWS]


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.who:
        people = select(Staff.id).where(or_(Staff.login == search.who, Staff.name == search.who))
        found.append(AuditEntry.actor_id.in_(read().scalars(people).all()))
    if search.role:
        found.append(AuditEntry.actor == search.role)
    if search.action:
        found.append(AuditEntry.action == search.action)
    if search.case_number:
        case_id = read().scalars(select(Case.id).where(Case.number == search.case_number)).first()
        found.append(AuditEntry.case_id == (case_id or "none of that number"))
    if search.since:
        found += _from(_midnight(search.since))
    if search.until:
        found.append(AuditEntry.at < _midnight(search.until + timedelta(days=1)))
        found += _up_to(_midnight(search.until + timedelta(days=1)))
    return found


def _from(moment: datetime) -> list[ColumnElement[bool]]:
    """The number is asked for first: entries are read in its order, and it grows with time."""
    first = read().scalar(select(AuditEntry.number).where(AuditEntry.at >= moment).order_by(AuditEntry.at).limit(1))
    return [AuditEntry.number >= first, AuditEntry.at >= moment] if first else [AuditEntry.at >= moment]


def _up_to(moment: datetime) -> list[ColumnElement[bool]]:
    newest_first = select(AuditEntry.number).where(AuditEntry.at < moment).order_by(AuditEntry.at.desc())
    last = read().scalar(newest_first.limit(1))
    return [AuditEntry.number <= last] if last else [AuditEntry.number < 0]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
