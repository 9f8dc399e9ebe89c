"""Which witnesses take the calls of an office, and which of them are there."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select, update

from app.db import read, transaction
from app.models import Staff
from app.outside import outside
from app.services import room_news

SEEN_SECONDS = 10
"""A page's sign of life is written at most so often."""
PRESENT_SECONDS = 30
"""A witness without a sign of life for so long is not counted on."""


def of_office(office_id: str) -> list[Staff]:
    """Every witness who takes calls of the office, there or not."""
    query = select(Staff).where(
        Staff.disabled_at.is_(None), or_(Staff.branch_office_id == office_id, Staff.branch_office_id.is_(None))
    )
    return [staff for staff in read().scalars(query.order_by(Staff.login)) if "witness" in staff.roles]


def present_in(office_id: str) -> list[Staff]:
    """The office's witnesses who are at the board or in a call."""
    return [staff for staff in of_office(office_id) if is_present(staff)]


def is_present(staff: Staff) -> bool:
    """Whether the witness gave a sign of life lately and is not on a break."""
    fresh = outside.clock.now() - timedelta(seconds=PRESENT_SECONDS)
    return staff.on_break_since is None and staff.present_at is not None and staff.present_at >= fresh


def seen(staff: Staff) -> None:
    """Note a sign of life of a witness at the board or in a call; the first one changes everybody's estimate."""
    now = outside.clock.now()
    if staff.present_at is not None and now - staff.present_at < timedelta(seconds=SEEN_SECONDS):
        return
    came = staff.on_break_since is None and not is_present(staff)
    with transaction() as db:
        db.execute(update(Staff).where(Staff.id == staff.id).values(present_at=now))
        if came:
            room_news.tell_of(staff)


def forget_silent() -> None:
    """Whoever gave no sign of life for too long is not there any more, and that changes everybody's estimate."""
    silent = Staff.present_at < outside.clock.now() - timedelta(seconds=PRESENT_SECONDS)
    if not read().scalars(select(Staff.id).where(silent).limit(1)).all():
        return
    with transaction() as db:
        gone = update(Staff).where(silent).values(present_at=None).returning(Staff)
        for staff in db.scalars(gone, execution_options={"populate_existing": True}).all():
            room_news.tell_of(staff)
