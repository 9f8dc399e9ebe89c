"""This moment at the desk: who waits, who is free to call them, and what waits for the review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.db import read
from app.models import Call, Case, Staff, Ticket
from app.outside import outside
from app.services import witnesses


@dataclass(frozen=True)
class Now:
    """This moment: people in the waiting rooms, witnesses, and what waits for the review."""

    waiting: int
    longest_seconds: float
    free: int
    witnesses: int
    to_review: int
    oldest_review_seconds: float


def now(branch: str) -> Now:
    """What stands at this moment."""
    moment = outside.clock.now()
    queue = select(func.count(), func.min(Ticket.joined_at)).where(Ticket.state == "waiting")
    review = select(func.count(), func.min(Case.review_at)).where(Case.review_at.is_not(None))
    if branch:
        queue, review = queue.where(Ticket.branch_office_id == branch), review.where(Case.branch_office_id == branch)
    waiting, first = read().execute(queue).one()
    to_review, oldest = read().execute(review).one()
    serving = [one for one in read().scalars(select(Staff).where(Staff.disabled_at.is_(None))) if _serves(one, branch)]
    live = set(read().scalars(select(Call.witness_id).where(Call.ended_at.is_(None))))
    free = [one for one in serving if witnesses.is_present(one) and one.id not in live]
    return Now(waiting, _seconds(first, moment), len(free), len(serving), to_review, _seconds(oldest, moment))


def _serves(staff: Staff, branch: str) -> bool:
    return "witness" in staff.roles and (not branch or staff.branch_office_id in {None, branch})


def _seconds(first: datetime | None, moment: datetime) -> float:
    return (moment - first).total_seconds() if first else 0.0
