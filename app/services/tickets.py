"""The tickets of a waiting room in their one order: claiming the first, going to the head, to the end, out."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, update

from app.db import read
from app.domain import queue
from app.models import BranchOffice, Case, Staff, Ticket
from app.outside import outside
from app.services import room_news
from app.services.room_news import AHEAD, ORDINARY

ORDER = (Ticket.rank, Ticket.order_key)
"""The one order of a room: the claim and every position shown use it."""
LIVE = ("waiting", "ringing", "in_call")


def before(ticket: Ticket) -> Any:
    """The condition that another ticket stands before this one, in the words of ORDER."""
    return or_(Ticket.rank < ticket.rank, and_(Ticket.rank == ticket.rank, Ticket.order_key < ticket.order_key))


def count(*conditions: Any) -> int:
    """How many tickets are so."""
    return read().scalar(select(func.count()).select_from(Ticket).where(*conditions)) or 0


def take_next(offices: Collection[str], *, not_reviewed_by: Staff) -> Ticket | None:
    """Claim the first ticket of these offices for ringing: one conditional UPDATE, never the same one twice.

    Whoever reviewed a case does not witness it, so those cases are passed over. Part of the caller's transaction.
    """
    # Looked up for the first tickets only: a list of all the cases that somebody reviewed would be made at each claim.
    reviewed = exists().where(Case.id == Ticket.case_id, Case.reviewer_id == not_reviewed_by.id)
    free = (Ticket.state == "waiting", ~reviewed)
    claimed = (_claim(office_id, *free) for office_id in _offices_in_turn(offices, *free))
    return next((ticket for ticket in claimed if ticket is not None), None)


def _claim(office_id: str, *free: Any) -> Ticket | None:
    db = read()
    first = (
        select(Ticket.id)
        .where(Ticket.branch_office_id == office_id, *free)
        .order_by(*ORDER)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claim = (
        update(Ticket)
        .where(Ticket.id == first, Ticket.state == "waiting")
        .values(state="ringing")
        .returning(Ticket.id)
        .execution_options(synchronize_session=False)
    )
    ticket_id = db.scalars(claim).first()
    return None if ticket_id is None else db.get(Ticket, ticket_id, populate_existing=True)


def _offices_in_turn(offices: Collection[str], *free: Any) -> Sequence[str]:
    """The offices in which somebody waits, in the order in which their first tickets are served.

    The keys of two rooms are counted apart and say nothing about each other. So the first tickets are compared by
    rank, and by the time waited; who is the first of a room, ORDER says. One look into the index for each office.
    """
    if len(offices) == 1:
        return list(offices)
    first = select(Ticket.id).where(Ticket.branch_office_id == BranchOffice.id, *free).order_by(*ORDER).limit(1)
    heads = select(first.correlate(BranchOffice).scalar_subquery()).where(BranchOffice.id.in_(offices))
    # Two reads: in one, PostgreSQL would read all tickets there ever were to find these few by their ids.
    there = [ticket_id for ticket_id in read().scalars(heads) if ticket_id is not None]
    query = select(Ticket.branch_office_id).where(Ticket.id.in_(there))
    return read().scalars(query.order_by(Ticket.rank, Ticket.joined_at, Ticket.branch_office_id)).all()


def waiting_in(offices: Collection[str]) -> list[Ticket]:
    """Who waits in these branch offices, in the order in which `take_next` claims them."""
    query = select(Ticket).where(Ticket.branch_office_id.in_(offices), Ticket.state == "waiting")
    rows = read().scalars(query.order_by(Ticket.branch_office_id, *ORDER)).all()
    rooms = [list(those) for _office, those in groupby(rows, key=lambda ticket: ticket.branch_office_id)]
    return list(heapq.merge(*rooms, key=lambda ticket: (ticket.rank, ticket.joined_at)))


def locked_live(case_id: str) -> Ticket | None:
    """The case's live ticket, held until the transaction ends. Taken before the case, as the claim does."""
    query = select(Ticket).where(Ticket.case_id == case_id, Ticket.state.in_(LIVE)).with_for_update()
    return read().scalars(query.execution_options(populate_existing=True)).first()


def left_the_row(ticket: Ticket) -> None:
    """The ticket was claimed: those behind it move up."""
    room_news.tell(ticket.branch_office_id, gone=room_news.token_of(ticket))


def to_head(ticket: Ticket) -> None:
    """Back into the room, before everybody who waits."""
    room_news.held(ticket.branch_office_id)
    keys = read().scalars(_keys(ticket.branch_office_id).where(Ticket.rank == AHEAD))
    ticket.state, ticket.rank = "waiting", AHEAD
    ticket.order_key = min(queue.key_at_head(keys.all()), ticket.order_key)
    ticket.seen_at = outside.clock.now()
    room_news.tell(ticket.branch_office_id, before=room_news.token_of(ticket))


def to_end(ticket: Ticket) -> None:
    """Behind everybody who waits."""
    gone = room_news.token_of(ticket)
    ticket.rank, ticket.order_key = ORDINARY, room_news.next_key(ticket.branch_office_id)
    ticket.moved_back_at = outside.clock.now()
    room_news.tell(ticket.branch_office_id, gone=gone)


def let_ahead(ticket: Ticket, starts_at: datetime) -> None:
    """The own slot has begun: before the walk-ins, behind those whose slot began earlier."""
    gone = room_news.token_of(ticket)
    ticket.rank, ticket.order_key = AHEAD, queue.key_inside_slot(starts_at, ticket.order_key)
    room_news.tell(ticket.branch_office_id, gone=gone, before=room_news.token_of(ticket))


def _keys(office_id: str) -> Select[int]:
    return select(Ticket.order_key).where(Ticket.branch_office_id == office_id, Ticket.state == "waiting")


def close(ticket: Ticket, state: str) -> None:
    """The place is over: done or left."""
    gone = room_news.token_of(ticket) if ticket.state == "waiting" else None
    ticket.state, ticket.ended_at = state, outside.clock.now()
    room_news.tell(ticket.branch_office_id, gone=gone)
