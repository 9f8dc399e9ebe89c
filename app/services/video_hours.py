"""When a branch office takes video calls: its windows, the calendar, and the slots that can be booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select

from app.db import read
from app.domain import calendar
from app.domain.calendar import Slot, Window
from app.models import BranchOffice, CalendarDay
from app.outside import outside

ROUND_THE_CLOCK = ["00:00", "24:00"]
"""A window that takes walk-ins at any hour of any day, holidays included; appointments keep to the other windows."""


@dataclass(frozen=True)
class SpecialDays:
    """Days that are not what their weekday says."""

    holidays: frozenset[date]
    extra: frozenset[date]


def special_days() -> SpecialDays:
    """The calendar that the broker keeps, from today on."""
    today = calendar.shanghai_day(outside.clock.now())
    days = list(read().scalars(select(CalendarDay).where(CalendarDay.day >= today)))
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
