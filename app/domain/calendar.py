"""Trading days, video hours and the half-hour slots that can be booked, all in Shanghai time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
SLOT_LENGTH = timedelta(minutes=30)
FIRST_BOOKABLE_DAY = 1
LAST_BOOKABLE_DAY = 30
SATURDAY = 5
OwnDays = Mapping[date, Sequence["Window"]]
# Longer than any holiday; a calendar without an opening in this time is an empty one.
SEARCHED_DAYS = 60


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Hours of one day in Shanghai time, such as 9:00 to 11:30; `closes` is the first moment after it."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("a window must close after it opens, on the same day")


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """Half an hour that can be booked; both ends are aware times in Asia/Shanghai."""

    starts_at: datetime
    ends_at: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether the moment (any zone, never naive) lies inside the slot; its end does not."""
        return self.starts_at <= in_shanghai(moment) < self.ends_at


def in_shanghai(moment: datetime) -> datetime:
    """The same moment in Shanghai time; a naive one raises ValueError, for nobody knows what it means."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(SHANGHAI)


def shanghai_day(moment: datetime) -> date:
    """The date that the calendar on a wall in Shanghai shows at that moment."""
    return in_shanghai(moment).date()


def midnight(moment: datetime) -> datetime:
    """When the day of that moment began in Shanghai."""
    return datetime.combine(shanghai_day(moment), time(), SHANGHAI)


def is_trading_day(day: date, holidays: Collection[date], extra_days: Collection[date] = ()) -> bool:
    """Monday to Friday unless a holiday, and every extra day; an extra day wins over a holiday."""
    return day in extra_days or (day.weekday() < SATURDAY and day not in holidays)


def windows_on(
    day: date,
    windows: Iterable[Window],
    holidays: Collection[date],
    extra_days: Collection[date] = (),
    *,
    own: OwnDays | None = None,
) -> Sequence[Window]:
    """The hours of that day: those of the office's own day where it has one (none: closed), else the usual ones on
    trading days.
    """
    if own is not None and day in own:
        return own[day]
    return list(windows) if is_trading_day(day, holidays, extra_days) else []


def slots(day: date, windows: Iterable[Window]) -> list[Slot]:
    """The half hours that lie wholly inside the windows of that day, in order; each window counts from its opening."""
    starts = {start for window in windows for start in _starts(day, window)}
    return [Slot(start, start + SLOT_LENGTH) for start in sorted(starts)]


def bookable_days(
    today: date,
    holidays: Collection[date],
    *,
    first: int = FIRST_BOOKABLE_DAY,
    last: int = LAST_BOOKABLE_DAY,
    extra_days: Collection[date] = (),
    own: OwnDays | None = None,
) -> list[date]:
    """The trading days from `first` to `last` days after today, both included; of the office's own days those on which
    it is not closed.
    """
    days = [today + timedelta(days=ahead) for ahead in range(first, last + 1)]
    own = own or {}
    return [day for day in days if (own[day] if day in own else is_trading_day(day, holidays, extra_days))]


def is_open(
    now: datetime,
    windows: Iterable[Window],
    holidays: Collection[date],
    extra_days: Collection[date] = (),
    *,
    own: OwnDays | None = None,
) -> bool:
    """Whether video calls are taken at that moment."""
    return closing_time(now, windows, holidays, extra_days, own=own) is not None


def closing_time(
    now: datetime,
    windows: Iterable[Window],
    holidays: Collection[date],
    extra_days: Collection[date] = (),
    *,
    own: OwnDays | None = None,
) -> datetime | None:
    """When the window that is open now closes, in Shanghai time; None when none is open."""
    here = in_shanghai(now)
    today = windows_on(here.date(), windows, holidays, extra_days, own=own)
    open_now = [window.closes for window in today if window.opens <= here.time() < window.closes]
    return datetime.combine(here.date(), max(open_now), SHANGHAI) if open_now else None


def next_opening(
    now: datetime,
    windows: Sequence[Window],
    holidays: Collection[date],
    extra_days: Collection[date] = (),
    *,
    own: OwnDays | None = None,
) -> datetime | None:
    """The first opening after now, in Shanghai time; None when there is none within 60 days."""
    here = in_shanghai(now)
    for ahead in range(SEARCHED_DAYS + 1):
        day = here.date() + timedelta(days=ahead)
        today = windows_on(day, windows, holidays, extra_days, own=own)
        openings = (datetime.combine(day, window.opens, SHANGHAI) for window in today)
        later = [opening for opening in openings if opening > here]
        if later:
            return min(later)
    return None


def _starts(day: date, window: Window) -> list[datetime]:
    opens = datetime.combine(day, window.opens, SHANGHAI)
    closes = datetime.combine(day, window.closes, SHANGHAI)
    return [opens + number * SLOT_LENGTH for number in range((closes - opens) // SLOT_LENGTH)]
