"""The tickets of a waiting room in their one order: claiming the first, going to the head, to the end, out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update

from app.db import read
from app.domain import queue
from app.models import Case, Staff, Ticket
from app.outside import outside
from app.services import room_news
from app.services.room_news import AHEAD, ORDINARY

ORDER = (Ticket.rank, Ticket.order_key)
"""The one order of the room: the claim and every position shown use it."""
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
    db = read()
    reviewed = select(Case.id).where(Case.reviewer_id == not_reviewed_by.id)
    first = (
        select(Ticket.id)
        .where(Ticket.branch_office_id.in_(offices), Ticket.state == "waiting", Ticket.case_id.not_in(reviewed))
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


def let_ahead(ticket: Ticket) -> None:
    """The own slot has begun: before the walk-ins, behind those whose slot began earlier."""
    gone = room_news.token_of(ticket)
    ticket.rank = AHEAD
    room_news.tell(ticket.branch_office_id, gone=gone, before=room_news.token_of(ticket))


def _keys(office_id: str) -> Select[int]:
    return select(Ticket.order_key).where(Ticket.branch_office_id == office_id, Ticket.state == "waiting")


def close(ticket: Ticket, state: str) -> None:
    """The place is over: done or left."""
    gone = room_news.token_of(ticket) if ticket.state == "waiting" else None
    ticket.state, ticket.ended_at = state, outside.clock.now()
    room_news.tell(ticket.branch_office_id, gone=gone)
