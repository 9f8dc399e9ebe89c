"""When a branch office takes video calls: its windows, the calendar, and the slots that can be booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update

from app.db import read, transaction
from app.domain import calendar
from app.domain.calendar import Slot, Window
from app.domain.errors import FieldWrong
from app.models import BranchOffice, CalendarDay, OfficePause, Staff
from app.outside import outside
from app.services import audit
from app.services.actors import By

ROUND_THE_CLOCK = ["00:00", "24:00"]
"""A window that takes walk-ins at any hour of any day, holidays included; appointments keep to the other windows."""

PAUSES = (15, 30, 60, 120)
"""Minutes for which a branch office may let nobody new in."""


@dataclass(frozen=True)
class SpecialDays:
    """Days that are not what their weekday says."""

    holidays: frozenset[date]
    extra: frozenset[date]


def special_days() -> SpecialDays:
    """The calendar that the broker keeps, from today on."""
    today = calendar.shanghai_day(outside.clock.now())
    days = list(read().scalars(select(CalendarDay).where(CalendarDay.day >= today, CalendarDay.retired.is_(False))))
    return SpecialDays(
        frozenset(row.day for row in days if not row.is_trading), frozenset(row.day for row in days if row.is_trading)
    )


def windows(office: BranchOffice) -> list[Window]:
    """The office's hours, without the round-the-clock one."""
    pairs = [pair for pair in office.video_windows if list(pair) != ROUND_THE_CLOCK]
    return [Window(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in pairs]


def is_round_the_clock(office: BranchOffice) -> bool:
    """Whether walk-ins are taken at any hour of any day."""
    return ROUND_THE_CLOCK in [list(pair) for pair in office.video_windows]


def today(office: BranchOffice) -> list[tuple[str, str]]:
    """The hours in which calls are taken today, as text; none on a day of rest."""
    if is_round_the_clock(office):
        return [(ROUND_THE_CLOCK[0], ROUND_THE_CLOCK[1])]
    days = special_days()
    day = calendar.shanghai_day(outside.clock.now())
    if not calendar.is_trading_day(day, days.holidays, days.extra):
        return []
    return [(opens, closes) for opens, closes in office.video_windows]


def is_open(office: BranchOffice) -> bool:
    """Whether calls are taken now."""
    if is_round_the_clock(office):
        return True
    days = special_days()
    return calendar.is_open(outside.clock.now(), windows(office), days.holidays, days.extra)


def closing_time(office: BranchOffice) -> datetime | None:
    """When the hours that run now end, in Shanghai time; None outside them, and for an office that never closes."""
    if is_round_the_clock(office):
        return None
    days = special_days()
    return calendar.closing_time(outside.clock.now(), windows(office), days.holidays, days.extra)


def paused_until(office: BranchOffice) -> datetime | None:
    """When the pause ends that the office is in; None when it is in none."""
    now = outside.clock.now()
    query = select(OfficePause.ends_at).where(
        OfficePause.branch_office_id == office.id, OfficePause.starts_at <= now, OfficePause.ends_at > now
    )
    return read().scalars(query.order_by(OfficePause.ends_at.desc())).first()


def pause(office: BranchOffice, minutes: int, staff: Staff) -> None:
    """Let nobody new in for so many minutes from now; raises FieldWrong("minutes", "unknown") for an odd number."""
    if minutes not in PAUSES:
        raise FieldWrong("minutes", "unknown")
    with transaction() as db:
        now = outside.clock.now()
        _end_pauses(office, now)
        db.add(
            OfficePause(
                branch_office_id=office.id, starts_at=now, ends_at=now + timedelta(minutes=minutes), by_id=staff.id
            )
        )
        audit.record("office.paused", By.staff(staff), office=office.code, minutes=minutes)


def resume(office: BranchOffice, staff: Staff) -> None:
    """End the pause; nothing happens when there is none."""
    with transaction():
        if _end_pauses(office, outside.clock.now()):
            audit.record("office.resumed", By.staff(staff), office=office.code)


def _end_pauses(office: BranchOffice, now: datetime) -> bool:
    running = (OfficePause.branch_office_id == office.id, OfficePause.starts_at <= now, OfficePause.ends_at > now)
    ended = read().execute(update(OfficePause).where(*running).values(ends_at=now).returning(OfficePause.id)).all()
    return bool(ended)


def next_opening(office: BranchOffice) -> datetime | None:
    """The next opening in Shanghai time; None when the calendar knows none."""
    days = special_days()
    return calendar.next_opening(outside.clock.now(), windows(office), days.holidays, days.extra)


def bookable_days() -> list[date]:
    """The trading days from tomorrow to thirty days ahead."""
    days = special_days()
    today = calendar.shanghai_day(outside.clock.now())
    return calendar.bookable_days(today, days.holidays, extra_days=days.extra)


def slots(office: BranchOffice, day: date) -> Sequence[Slot]:
    """The half hours of that day, whether or not anything is left in them."""
    return calendar.slots(day, windows(office))
