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
from app.models import BranchOffice, CalendarDay, OfficeDay, OfficePause, Staff
from app.outside import outside
from app.services import audit, room_news
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


def own_days(office: BranchOffice) -> dict[date, OfficeDay]:
    """The days from today on for which the office has hours of its own, in order; they go before the calendar."""
    today = calendar.shanghai_day(outside.clock.now())
    query = select(OfficeDay).where(
        OfficeDay.branch_office_id == office.id, OfficeDay.day >= today, OfficeDay.retired.is_(False)
    )
    return {row.day: row for row in read().scalars(query.order_by(OfficeDay.day))}


def own_today(office: BranchOffice) -> OfficeDay | None:
    """Today, if the office has hours of its own for it."""
    return own_days(office).get(calendar.shanghai_day(outside.clock.now()))


def _own_windows(office: BranchOffice) -> dict[date, list[Window]]:
    return {day: _windows_of(row.video_windows) for day, row in own_days(office).items()}


def _windows_of(pairs: Sequence[Sequence[str]]) -> list[Window]:
    return [
        Window(time.fromisoformat(opens), time.fromisoformat(closes))
        for opens, closes in pairs
        if [opens, closes] != ROUND_THE_CLOCK
    ]


def windows(office: BranchOffice) -> list[Window]:
    """The office's usual hours, without the round-the-clock one."""
    return _windows_of(office.video_windows)


def is_round_the_clock(office: BranchOffice) -> bool:
    """Whether walk-ins are taken at any hour of any day but the office's own ones."""
    return ROUND_THE_CLOCK in [list(pair) for pair in office.video_windows]


def today(office: BranchOffice) -> list[tuple[str, str]]:
    """The hours in which calls are taken today, as text; none on a day of rest."""
    if own := own_today(office):
        return [(opens, closes) for opens, closes in own.video_windows]
    if is_round_the_clock(office):
        return [(ROUND_THE_CLOCK[0], ROUND_THE_CLOCK[1])]
    days = special_days()
    day = calendar.shanghai_day(outside.clock.now())
    if not calendar.is_trading_day(day, days.holidays, days.extra):
        return []
    return [(opens, closes) for opens, closes in office.video_windows]


def is_open(office: BranchOffice) -> bool:
    """Whether calls are taken now."""
    return _never_closes_today(office) or closing_time(office) is not None


def _never_closes_today(office: BranchOffice) -> bool:
    return is_round_the_clock(office) and own_today(office) is None


def closing_time(office: BranchOffice) -> datetime | None:
    """When the hours that run now end, in Shanghai time; None outside them, and for an office that never closes."""
    if _never_closes_today(office):
        return None
    days, own = special_days(), _own_windows(office)
    return calendar.closing_time(outside.clock.now(), windows(office), days.holidays, days.extra, own=own)


def paused_until(office: BranchOffice) -> datetime | None:
    """When the pause ends that the office is in; None when it is in none."""
    return pause_ends_at(office.id)


def pause_ends_at(office_id: str) -> datetime | None:
    """The same of the office with that id."""
    now = outside.clock.now()
    query = select(OfficePause.ends_at).where(
        OfficePause.branch_office_id == office_id, OfficePause.starts_at <= now, OfficePause.ends_at > now
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
        room_news.tell(office.id)


def resume(office: BranchOffice, staff: Staff) -> None:
    """End the pause; nothing happens when there is none."""
    with transaction():
        if _end_pauses(office, outside.clock.now()):
            audit.record("office.resumed", By.staff(staff), office=office.code)
            room_news.tell(office.id)


def _end_pauses(office: BranchOffice, now: datetime) -> bool:
    running = (OfficePause.branch_office_id == office.id, OfficePause.starts_at <= now, OfficePause.ends_at > now)
    ended = read().execute(update(OfficePause).where(*running).values(ends_at=now).returning(OfficePause.id)).all()
    return bool(ended)


def next_opening(office: BranchOffice) -> datetime | None:
    """The next opening in Shanghai time; None when the calendar knows none."""
    now, days, own = outside.clock.now(), special_days(), _own_windows(office)
    opens_at = calendar.next_opening(now, windows(office), days.holidays, days.extra, own=own)
    if not is_round_the_clock(office):
        return opens_at
    midnight = _first_midnight_outside(own)
    return min(opens_at, midnight) if opens_at else midnight


def _first_midnight_outside(own: dict[date, list[Window]]) -> datetime:
    """When a round-the-clock office opens that is closed by a day of its own."""
    day = calendar.shanghai_day(outside.clock.now()) + timedelta(days=1)
    while day in own:
        day += timedelta(days=1)
    return datetime.combine(day, time(), calendar.SHANGHAI)


def reopens_today(office: BranchOffice) -> datetime | None:
    """When the hours go on after a break of this very day; None when those that run now are the day's last."""
    opens_at = next_opening(office)
    is_today = opens_at is not None and opens_at.date() == calendar.shanghai_day(outside.clock.now())
    return opens_at if is_today else None


def bookable_days(office: BranchOffice) -> list[date]:
    """The trading days from tomorrow to thirty days ahead, and what the office's own days make of them."""
    days, own = special_days(), _own_windows(office)
    today = calendar.shanghai_day(outside.clock.now())
    return calendar.bookable_days(today, days.holidays, extra_days=days.extra, own=own)


def slots(office: BranchOffice, day: date) -> Sequence[Slot]:
    """The half hours of that day, whether or not anything is left in them."""
    own = _own_windows(office)
    return calendar.slots(day, own.get(day, windows(office)))


def may_begin(office: BranchOffice, starts_at: datetime) -> bool:
    """Whether the office has that half hour, as its hours and the calendar are now."""
    days, own, day = special_days(), _own_windows(office), calendar.shanghai_day(starts_at)
    hours = calendar.windows_on(day, windows(office), days.holidays, days.extra, own=own)
    return any(slot.starts_at == starts_at for slot in calendar.slots(day, hours))
