"""What happens in the waiting rooms by itself, every few seconds: places go to the end, slots begin, texts are sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import and_, or_, select

from app.db import read, transaction
from app.domain.states import State
from app.models import Appointment, Case, Ticket
from app.outside import outside
from app.services import audit, tickets, video_texts, waiting_room, witnesses
from app.services.actors import SYSTEM
from app.services.room_news import ORDINARY
from app.services.tickets import LIVE, ORDER

IN_THE_ROOM = frozenset({State.QUEUED, State.RINGING, State.IN_CALL})
CLOSED_AFTER_SECONDS = 75
"""A page in a hidden tab asks once a minute only; more than that means that it is closed."""


def reconcile() -> None:
    """Whoever was away for too long goes to the end; whose slot has begun goes ahead; dead places are cleared; who is
    nearly at the front with the page closed gets a text. Witnesses who went silent are not counted on any more.
    """
    witnesses.forget_silent()
    _each(_stray(), _clear_stray)
    _each(_away(), _send_to_end)
    _each(_slot_begun(), _let_ahead)
    _each(_to_call_up(), _call_up)


def _each(ids: Sequence[str], verb: Callable[[Ticket], None]) -> None:
    for ticket_id in ids:
        with transaction() as db:
            ticket = db.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
            if ticket is not None:
                verb(ticket)


# -- dead places ------------------------------------------------------------------------------------------------------


def _stray() -> Sequence[str]:
    lost = Case.state.not_in([state.value for state in IN_THE_ROOM])
    query = select(Ticket.id).join(Case, Case.id == Ticket.case_id).where(Ticket.state.in_(LIVE), lost)
    return read().scalars(query).all()


def _clear_stray(ticket: Ticket) -> None:
    """The case was abandoned or has expired while it waited."""
    if ticket.state in LIVE and State(ticket.case.state) not in IN_THE_ROOM:
        tickets.close(ticket, "left")


# -- away for too long ------------------------------------------------------------------------------------------------


def _away() -> Sequence[str]:
    not_moved_for_it = or_(Ticket.moved_back_at.is_(None), Ticket.moved_back_at <= Ticket.seen_at)
    silent = Ticket.seen_at < waiting_room.grace_begins()
    query = select(Ticket.id).where(Ticket.state == "waiting", silent, not_moved_for_it)
    return read().scalars(query.order_by(*ORDER)).all()


def _send_to_end(ticket: Ticket) -> None:
    if ticket.state != "waiting" or ticket.seen_at >= waiting_room.grace_begins():
        return
    tickets.to_end(ticket)
    audit.record("queue.moved_to_end", SYSTEM, case_id=ticket.case_id, ticket=ticket.label)


# -- the own slot -----------------------------------------------------------------------------------------------------


def _slot_begun() -> Sequence[str]:
    """Of those who are there: who closed the page keeps the ordinary place, and comes ahead on being back in time."""
    begun = and_(Appointment.case_id == Ticket.case_id, Appointment.state == "booked")
    query = select(Ticket.id).join(Appointment, begun).where(Ticket.state == "waiting", Ticket.rank == ORDINARY)
    there = Ticket.seen_at >= waiting_room.grace_begins()
    return read().scalars(query.where(Appointment.starts_at <= outside.clock.now(), there)).all()


def _let_ahead(ticket: Ticket) -> None:
    slot = waiting_room.own_slot(ticket.case)
    if slot is None or ticket.state != "waiting" or ticket.seen_at < waiting_room.grace_begins():
        return
    slot.state = "kept"
    tickets.let_ahead(ticket, slot.starts_at)
    audit.record("queue.slot_begun", SYSTEM, case_id=ticket.case_id, ticket=ticket.label)


# -- nearly at the front, and nobody there ----------------------------------------------------------------------------


def _page_closed_since() -> datetime:
    return outside.clock.now() - timedelta(seconds=CLOSED_AFTER_SECONDS)


def _to_call_up() -> Sequence[str]:
    """Of each office the first few, if their page is closed and no text told them yet."""
    near = current_app.config["SETTINGS"].near_front
    closed = and_(Ticket.state == "waiting", Ticket.called_up_at.is_(None), Ticket.seen_at < _page_closed_since())
    offices = read().scalars(select(Ticket.branch_office_id).where(closed).distinct())
    first = [ticket for office in offices for ticket in waiting_room.first_in(office, near)]
    return [ticket.id for ticket in first if ticket.called_up_at is None and ticket.seen_at < _page_closed_since()]


def _call_up(ticket: Ticket) -> None:
    if ticket.state != "waiting" or ticket.called_up_at is not None or ticket.seen_at >= _page_closed_since():
        return
    ticket.called_up_at = outside.clock.now()
    video_texts.send(ticket.case, "called_up", position=waiting_room.place_of(ticket).position)
    audit.record("queue.called_up", SYSTEM, case_id=ticket.case_id, ticket=ticket.label)
