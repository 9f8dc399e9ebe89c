"""Trading days, video hours, slots."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import (
    SHANGHAI,
    Slot,
    Window,
    bookable_days,
    closing_time,
    is_open,
    is_trading_day,
    next_opening,
    shanghai_day,
    slots,
)

MORNING = Window(time(9, 0), time(11, 30))
AFTERNOON = Window(time(13, 0), time(16, 30))
HOURS = [MORNING, AFTERNOON]
SUNDAY = date(2026, 11, 22)
MONDAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def test_weekends_and_holidays_are_no_trading_days_unless_named_as_extra():
    assert is_trading_day(MONDAY, [])
    assert not is_trading_day(SUNDAY, [])
    assert not is_trading_day(MONDAY, [MONDAY])
    assert is_trading_day(SUNDAY, [], [SUNDAY])


def test_slots_fill_the_windows_in_half_hours():
    starts = [slot.starts_at.strftime("%H:%M") for slot in slots(MONDAY, HOURS)]

    assert starts[:5] == ["09:00", "09:30", "10:00", "10:30", "11:00"]
    assert starts[5:] == ["13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00"]


def test_a_slot_that_does_not_fit_before_closing_is_not_offered():
    assert len(slots(MONDAY, [Window(time(9, 0), time(10, 20))])) == 2


def test_the_same_half_hour_is_offered_once():
    assert len(slots(MONDAY, [MORNING, MORNING])) == 5


def test_a_slot_holds_its_start_but_not_its_end():
    slot = Slot(at(MONDAY, 9), at(MONDAY, 9, 30))

    assert slot.holds(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    assert not slot.holds(at(MONDAY, 9, 30))
    assert not slot.holds(at(MONDAY, 8, 59))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.times(), st.times())
def test_every_slot_lies_wholly_inside_its_window(day, one, other):
    if one == other:
        return
    window = Window(min(one, other), max(one, other))

    for slot in slots(day, [window]):
        assert window.opens <= slot.starts_at.time()
        assert slot.ends_at.time() <= window.closes
        assert slot.ends_at.date() == day


def test_a_window_that_never_opens_is_refused():
    with pytest.raises(ValueError, match="must close after it opens"):
        Window(time(9), time(9))


def test_bookable_are_the_trading_days_from_tomorrow_to_30_days_ahead():
    days = bookable_days(SUNDAY, [FRIDAY])

    assert days[0] == MONDAY
    assert FRIDAY not in days
    assert days[-1] == date(2026, 12, 22)
    assert len(days) == 21


def test_today_cannot_be_booked():
    assert MONDAY not in bookable_days(MONDAY, [])


def test_it_is_open_inside_the_windows_of_a_trading_day_only():
    assert is_open(at(MONDAY, 9), HOURS, [])
    assert not is_open(at(MONDAY, 11, 30), HOURS, [])
    assert not is_open(at(MONDAY, 9), HOURS, [MONDAY])
    assert not is_open(at(SUNDAY, 9), HOURS, [])
    assert closing_time(at(MONDAY, 14), HOURS, []) == at(MONDAY, 16, 30)


def test_the_hours_are_those_of_shanghai_whatever_the_zone_of_the_clock():
    assert is_open(datetime(2026, 11, 23, 1, 0, tzinfo=UTC), HOURS, [])
    assert shanghai_day(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == MONDAY


def test_the_next_opening_skips_breaks_weekends_and_holidays():
    assert next_opening(at(MONDAY, 8), HOURS, []) == at(MONDAY, 9)
    assert next_opening(at(MONDAY, 12), HOURS, []) == at(MONDAY, 13)
    assert next_opening(at(MONDAY, 18), HOURS, [MONDAY + timedelta(days=1)]) == at(MONDAY + timedelta(days=2), 9)
    assert next_opening(at(FRIDAY, 18), HOURS, []) == at(FRIDAY + timedelta(days=3), 9)
    assert next_opening(at(MONDAY, 8), [], []) is None


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        is_open(datetime(2026, 11, 23, 9), HOURS, [])  # noqa: DTZ001 - the point of the test


def test_a_day_of_the_offices_own_goes_before_the_calendar():
    own = {MONDAY: [], SUNDAY: [MORNING]}

    assert not is_open(at(MONDAY, 10), HOURS, [], own=own)
    assert closing_time(at(SUNDAY, 10), HOURS, [], own=own) == at(SUNDAY, 11, 30)
    assert next_opening(at(SUNDAY, 12), HOURS, [], own=own) == at(MONDAY + timedelta(days=1), 9)
    assert bookable_days(SUNDAY, [], last=3, own=own) == [MONDAY + timedelta(days=ahead) for ahead in (1, 2)]
