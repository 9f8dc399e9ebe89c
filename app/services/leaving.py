"""A case that ends before its time: given up by the investor, or touched by nobody for too long."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from app.db import read, transaction
from app.domain.states import MOVES, Event
from app.models import Case, Investor
from app.outside import outside
from app.services import appointments, cases, tickets
from app.services.actors import SYSTEM, By

EXPIRING = [state.value for state, event in MOVES if event is Event.EXPIRED]
EXPIRED_AT_ONCE = 100


def abandon(case_id: str, investor: Investor) -> None:
    """Give the case up, and with it the place in the queue and the appointment; open until a reviewer claims it."""
    case_id = cases.of_investor(case_id, investor).id
    with transaction():
        ticket = tickets.locked_live(case_id)
        case, by = cases.locked(case_id), By.investor(investor)
        cases.move(case, Event.ABANDONED, by=by)
        if ticket is not None:
            tickets.close(ticket, "left")
        appointments.drop(case, by=by)


def expire_untouched() -> int:
    """End cases nobody has touched for the set number of days; returns how many."""
    query = select(Case.id).where(Case.ended_at.is_(None), Case.touched_at < _limit(), Case.state.in_(EXPIRING))
    query = query.where(Case.held_at.is_(None))
    return sum(_expire(case_id) for case_id in read().scalars(query.limit(EXPIRED_AT_ONCE)).all())


def _expire(case_id: str) -> bool:
    with transaction():
        ticket = tickets.locked_live(case_id)
        case = cases.locked(case_id)
        if case.touched_at >= _limit() or case.state not in EXPIRING or case.held_at is not None:
            return False
        cases.move(case, Event.EXPIRED, by=SYSTEM)
        if ticket is not None:
            tickets.close(ticket, "left")
        appointments.drop(case, by=SYSTEM)
        return True


def _limit() -> datetime:
    return outside.clock.now() - timedelta(days=current_app.config["SETTINGS"].case_days)
