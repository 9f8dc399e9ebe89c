"""Cases as the staff find them: those of their own branch office, listed, counted and told in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from app.db import read
from app.domain.errors import NotFound
from app.domain.states import State
from app.models import AuditEntry, BranchOffice, Case, Delivery, Investor, OutboxEvent, Staff, Ticket
from app.services import case_search

PAGE_ROWS = 50
COUNT_AT_MOST = 1_000
"""Nobody reads more than that; counting stays quick however many rows there are."""

SHOWN_IN_LISTS = (joinedload(Case.investor).joinedload(Investor.vault), joinedload(Case.branch_office))
"""What a line of a list shows comes with its row, not with a query for each line."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and whether there are more after them."""

    rows: list[Row]
    more: bool


def find(case_id: str, staff: Staff) -> Case:
    """The case; NotFound for an absent one and for one of another branch office alike."""
    case = read().scalars(mine(select(Case).where(Case.id == case_id), staff)).first()
    if case is None:
        raise NotFound
    return case


def may_see(case: Case, staff: Staff) -> bool:
    """Whether the case belongs to a branch office this person works for."""
    return staff.branch_office_id in {None, case.branch_office_id}


def branches(staff: Staff) -> list[BranchOffice]:
    """The branch offices this person may choose among; none to choose for who belongs to one."""
    return [] if staff.branch_office_id else list(read().scalars(select(BranchOffice).order_by(BranchOffice.code)))


@dataclass(frozen=True)
class Sought:
    """Which cases are to be listed; the empty text and None stand for all."""

    number: str = ""
    """How it begins."""
    who: str = ""
    """What case_search.keys_of made of a name or of digits."""
    state: State | None = None
    branch: str = ""
    since: date | None = None
    until: date | None = None
    """Days of opening in Shanghai, both included: case numbers begin with them."""


def listed(staff: Staff, sought: Sought, *, before: str = "") -> Page[Case]:
    """Cases with the newest number first; `before` is the last number of the page above."""
    query = mine(select(Case), staff).order_by(Case.number.desc()).options(*SHOWN_IN_LISTS)
    if sought.number:
        query = query.where(Case.number >= sought.number, Case.number < sought.number + ":")  # ":" follows "9"
    if sought.who:
        query = query.where(case_search.whose(sought.who))
    if sought.state:
        query = query.where(Case.state == sought.state.value)
    if sought.branch:
        query = query.where(Case.branch_office_id == sought.branch)
    if sought.since:
        query = query.where(Case.number >= f"{sought.since:%Y%m%d}")
    if sought.until:
        query = query.where(Case.number < f"{sought.until + timedelta(days=1):%Y%m%d}")
    if before:
        query = query.where(Case.number < before)
    return page_of(query)


def timeline(case: Case, *, before: int = 0) -> Page[AuditEntry]:
    """What happened to the case, the latest first; `before` is the last entry's number of the page above."""
    query = select(AuditEntry).where(AuditEntry.case_id == case.id).order_by(AuditEntry.number.desc())
    return page_of(query.where(AuditEntry.number < before) if before else query)


def newest_entry(case: Case) -> int:
    """The number of the last audit entry about the case."""
    return read().scalar(select(func.max(AuditEntry.number)).where(AuditEntry.case_id == case.id)) or 0


def chain(*, before: int = 0) -> Page[AuditEntry]:
    """The audit chain, the latest entry first."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc())
    return page_of(query.where(AuditEntry.number < before) if before else query)


def names_of(entries: list[AuditEntry]) -> dict[str, str]:
    """Names of the staff that appear in entries, by id: who acted, and whom it was done to."""
    ids = {entry.actor_id for entry in entries if entry.actor_id}
    ids |= {entry.details["staff"] for entry in entries if "staff" in entry.details}
    return names_of_staff(ids)


def names_of_staff(ids: set[str]) -> dict[str, str]:
    """Names of those of the ids that are staff."""
    return {row.id: row.name for row in read().scalars(select(Staff).where(Staff.id.in_(ids)))} if ids else {}


def numbers_of(entries: list[AuditEntry]) -> dict[str, str]:
    """Case numbers of the cases that appear in entries, by id."""
    ids = {entry.case_id for entry in entries if entry.case_id}
    return {row.id: row.number for row in read().scalars(select(Case).where(Case.id.in_(ids)))} if ids else {}


@dataclass(frozen=True)
class Told:
    """An outgoing event of a case and how far it has come."""

    event: OutboxEvent
    deliveries: list[Delivery]


def events_of(case: Case) -> list[Told]:
    """What was told outside about the case, the latest first."""
    query = select(OutboxEvent).where(OutboxEvent.case_id == case.id).order_by(OutboxEvent.occurred_at.desc())
    events = list(read().scalars(query.limit(PAGE_ROWS)))
    deliveries = list(read().scalars(select(Delivery).where(Delivery.event_id.in_([event.id for event in events]))))
    return [Told(event, [row for row in deliveries if row.event_id == event.id]) for event in events]


def count_in(staff: Staff, *states: State) -> int:
    """How many cases of this person's branch offices stand in one of the states."""
    return _count(mine(select(Case.id).where(Case.state.in_([state.value for state in states])), staff))


def count_waiting_tickets(staff: Staff) -> int:
    """How many investors wait for a video call at this person's branch offices."""
    query = select(Ticket.id).where(Ticket.state == "waiting")
    return _count(query.where(Ticket.branch_office_id == staff.branch_office_id) if staff.branch_office_id else query)


def _count(query: Select[str]) -> int:
    return int(read().scalar(select(func.count()).select_from(query.limit(COUNT_AT_MOST).subquery())) or 0)


def mine(query: Select[Row], staff: Staff) -> Select[Row]:
    """Of what a query finds, the part of the branch offices this person works for."""
    return query.where(Case.branch_office_id == staff.branch_office_id) if staff.branch_office_id else query


def page_of(query: Select[Row]) -> Page[Row]:
    """The first rows of an ordered query, and whether more follow."""
    rows = list(read().scalars(query.limit(PAGE_ROWS + 1)))
    return Page(rows[:PAGE_ROWS], more=len(rows) > PAGE_ROWS)
