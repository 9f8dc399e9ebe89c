"""Appointments for the video: which half hours are free, booking, changing and cancelling one."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.db import read, transaction
from app.domain.calendar import SHANGHAI
from app.domain.errors import FieldWrong, NotEditable
from app.domain.states import State
from app.models import Appointment, CalendarDay, Case, Investor, OutboxEvent, SmsMessage
from app.services import (
    appointment_rounds,
    appointments,
    broker_books,
    calls,
    catalogues,
    room_rounds,
    video_hours,
    waiting_room,
)
from tests import given
from tests.services import video_given

pytestmark = pytest.mark.usefixtures("context")
WEDNESDAY = date(2026, 11, 25)
BOOKERS = 50


def somebody(serial: int = 1) -> tuple[Investor, Case]:
    video_given.clock()
    investor = given.an_investor(serial)
    return investor, given.a_case(investor, State.VIDEO)


def a_slot(case: Case, number: int = 20) -> appointments.Offer:
    return appointments.offers(case.branch_office, WEDNESDAY)[number]


def test_trading_days_from_tomorrow_to_thirty_days_ahead_can_be_booked() -> None:
    video_given.clock()
    with transaction() as db:
        db.add(CalendarDay(day=WEDNESDAY, is_trading=False))
        db.add(CalendarDay(day=date(2026, 11, 28), is_trading=True))

    days = video_hours.bookable_days(given.a_branch_office())

    assert days[:3] == [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 28)]
    assert days[-1] <= date(2026, 12, 24)


def test_a_day_of_the_offices_own_has_the_slots_of_its_own_hours_and_a_closed_one_none() -> None:
    investor, case = somebody()
    elsewhere = given.a_branch_office("宁波营业部")
    video_given.own_day(case.branch_office, WEDNESDAY, ["10:00", "11:00"])
    video_given.own_day(case.branch_office, date(2026, 11, 26))

    days, office = video_hours.bookable_days(case.branch_office), case.branch_office
    assert days[:2] == [WEDNESDAY, date(2026, 11, 27)]
    assert [f"{offer.slot.starts_at:%H:%M}" for offer in appointments.offers(office, WEDNESDAY)] == ["10:00", "10:30"]
    assert video_hours.bookable_days(elsewhere)[:2] == [WEDNESDAY, date(2026, 11, 26)]
    with pytest.raises(FieldWrong, match="unknown"):
        appointments.book(case.id, investor, video_given.A_TUESDAY_MORNING.replace(day=25, hour=14, minute=0))


def test_appointments_that_fall_out_of_the_hours_are_called_off_told_and_never_missed() -> None:
    (investor, case), boss = somebody(), given.a_member_of_staff("administrator", login="a1")
    booked = appointments.book(case.id, investor, a_slot(case).slot.starts_at)
    other_case = given.a_case(given.an_investor(2), State.VIDEO)
    kept = appointments.book(other_case.id, other_case.investor, a_slot(case, 2).slot.starts_at)
    key = broker_books.own_day_key(case.branch_office.code, WEDNESDAY)
    early = f"{kept.starts_at.astimezone(SHANGHAI):%H:%M}"
    hours = {"video_windows": [[early, "09:00"]], "reason": "停电", "reason_en": "Power cut", "retired": False}

    catalogues.publish(broker_books.OWN_DAYS, key, hours, seen=0, by=boss, is_new=True)

    assert (given.fresh(booked).state, given.fresh(kept).state) == ("cancelled", "booked")
    assert [text.purpose for text in read().scalars(select(SmsMessage))] == ["appointment_off"]
    assert read().scalars(select(OutboxEvent.type)).all()[-1] == "appointment.cancelled"
    video_given.clock().stop_at(booked.starts_at + timedelta(minutes=20))
    appointment_rounds.reconcile()
    assert given.fresh(booked).state == "cancelled"


def test_a_new_holiday_calls_off_what_is_booked_in_every_office() -> None:
    (investor, case), boss = somebody(), given.a_member_of_staff("administrator", login="a1")
    booked = appointments.book(case.id, investor, a_slot(case).slot.starts_at)
    holiday = {"is_trading": False, "note": "休市", "retired": False}

    catalogues.publish(broker_books.CALENDAR, WEDNESDAY.isoformat(), holiday, seen=0, by=boss, is_new=True)

    assert given.fresh(booked).state == "cancelled"


@pytest.mark.parametrize("by", ["office", "calendar", "own day"])
def test_how_many_appointments_a_change_of_hours_calls_off_is_known_before_and_nothing_is_called_off_by_asking(
    by: str,
) -> None:
    investor, case = somebody()
    booked = appointments.book(case.id, investor, a_slot(case).slot.starts_at)
    code, day = case.branch_office.code, WEDNESDAY.isoformat()
    closed = {"video_windows": [], "reason": "停电", "reason_en": "Power cut", "retired": False}
    book, key, values = {
        "office": (broker_books.OFFICES, code, {**broker_books.OFFICES.entries()[code], "video_windows": []}),
        "calendar": (broker_books.CALENDAR, day, {"is_trading": False, "note": "", "retired": False}),
        "own day": (broker_books.OWN_DAYS, f"{code}.{day}", closed),
    }[by]
    before = book.find(key)

    assert catalogues.would_call_off(book, key, values) == 1

    assert (given.fresh(booked).state, book.find(key)) == ("booked", before)
    assert read().scalars(select(SmsMessage)).all() == []
    assert video_hours.may_begin(case.branch_office, booked.starts_at)


def test_booking_takes_a_place_and_is_told() -> None:
    investor, case = somebody()
    offer = a_slot(case)

    booked = appointments.book(case.id, investor, offer.slot.starts_at)

    assert (booked.state, booked.starts_at) == ("booked", offer.slot.starts_at)
    assert a_slot(case).left == offer.left - 1
    assert "appointment.booked" in read().scalars(select(OutboxEvent.type)).all()


def test_booking_the_same_slot_twice_is_one_appointment() -> None:
    investor, case = somebody()

    first = appointments.book(case.id, investor, a_slot(case).slot.starts_at)
    again = appointments.book(case.id, investor, a_slot(case).slot.starts_at)

    assert first.id == again.id


def test_booking_another_slot_changes_the_appointment() -> None:
    investor, case = somebody()
    appointments.book(case.id, investor, a_slot(case, 20).slot.starts_at)

    changed = appointments.book(case.id, investor, a_slot(case, 21).slot.starts_at)

    live = appointments.live_of(case)
    assert live is not None
    assert live.id == changed.id
    assert a_slot(case, 20).left == 4


def test_cancelling_frees_the_place_and_can_be_done_twice() -> None:
    investor, case = somebody()
    appointments.book(case.id, investor, a_slot(case).slot.starts_at)

    appointments.cancel(case.id, investor)
    appointments.cancel(case.id, investor)

    assert appointments.live_of(case) is None
    assert read().scalars(select(OutboxEvent.type)).all().count("appointment.cancelled") == 1


@pytest.mark.parametrize("off", [timedelta(minutes=7), timedelta(days=-1), timedelta(days=40), timedelta(days=3)])
def test_a_time_that_is_no_slot_is_refused(off: timedelta) -> None:
    investor, case = somebody()

    with pytest.raises(FieldWrong, match="unknown"):
        appointments.book(case.id, investor, a_slot(case).slot.starts_at + off)


def test_the_last_place_is_given_once(context: Flask) -> None:
    given.a_branch_office(capacity=1)
    people = [somebody(serial) for serial in range(1, BOOKERS + 1)]
    starts_at = a_slot(people[0][1]).slot.starts_at
    outcomes: list[str] = []
    refused_cases: list[str] = []

    def work(case_id: str, investor_id: str) -> None:
        with context.app_context():
            try:
                appointments.book(case_id, read().get_one(Investor, investor_id), starts_at)
                outcomes.append("booked")
            except FieldWrong as refused:
                outcomes.append(refused.code)
                refused_cases.append(case_id)
            except OperationalError:  # busy: the page says so, and the person presses again
                read().rollback()
                work(case_id, investor_id)

    threads = [threading.Thread(target=work, args=(case.id, investor.id)) for investor, case in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["booked", *["full"] * (BOOKERS - 1)]
    offered = appointments.next_free(people[0][1].branch_office, 1)[0]
    assert offered.left == 1

    investor, case = next((investor, case) for investor, case in people if case.id in refused_cases)
    client = given.signed_in(context.test_client(), investor)
    told = given.post(client, f"/cases/{case.id}/appointment", {"slot": starts_at.isoformat()})
    page = told.get_data(as_text=True)
    assert told.status_code == 422
    assert "刚刚约满" in page
    assert f"最近还空着的时间：11月25日 星期三 {offered.slot.starts_at:%H:%M}" in page
    assert f'value="{offered.slot.starts_at.isoformat()}">' in page
    assert f'value="{starts_at.isoformat()}" disabled>' in page


def test_booking_from_the_queue_gives_the_place_up() -> None:
    investor, case, ticket = video_given.somebody_waiting()

    appointments.book(case.id, investor, a_slot(case).slot.starts_at)

    assert given.fresh(ticket).state == "left"
    assert given.fresh(case).state == State.VIDEO


def test_a_full_slot_leaves_the_place_in_the_queue_alone() -> None:
    given.a_branch_office(capacity=1)
    other, other_case = somebody(2)
    appointments.book(other_case.id, other, a_slot(other_case).slot.starts_at)
    investor, case, ticket = video_given.somebody_waiting(1)

    with pytest.raises(FieldWrong, match="full"):
        appointments.book(case.id, investor, a_slot(case).slot.starts_at)

    assert given.fresh(ticket).state == "waiting"


def test_without_a_video_due_there_is_nothing_to_book() -> None:
    video_given.clock()
    investor = given.an_investor()
    case = given.a_case(investor, State.BANK_CARDS)

    with pytest.raises(NotEditable):
        appointments.book(case.id, investor, a_slot(case).slot.starts_at)


def test_a_quarter_of_an_hour_late_is_missed_and_back_to_the_ordinary_queue() -> None:
    investor, case = somebody()
    starts_at = appointments.book(case.id, investor, a_slot(case).slot.starts_at).starts_at
    video_given.clock().stop_at(starts_at + timedelta(minutes=15))

    appointment_rounds.reconcile()

    assert appointments.live_of(case) is None
    assert appointments.missed_lately(case) is not None
    assert waiting_room.join(case.id, investor).rank == waiting_room.ORDINARY


def called_before_the_slot(how: str) -> tuple[Investor, Case, Appointment]:
    """Somebody who queued a little before the own half hour and is called already when it begins."""
    investor, case = somebody()
    booked = appointments.book(case.id, investor, a_slot(case).slot.starts_at)
    video_given.clock().stop_at(booked.starts_at - timedelta(seconds=20))
    waiting_room.join(case.id, investor)
    calls.ring(video_given.a_witness())
    if how == "in_call":
        calls.answer(case.id, investor)
    if how == "at_the_head":
        calls.decline(case.id, investor)
    video_given.clock().stop_at(booked.starts_at)
    return investor, case, booked


@pytest.mark.parametrize("how", ["ringing", "in_call", "at_the_head"])
def test_who_is_called_already_when_the_slot_begins_has_kept_the_appointment(how: str) -> None:
    _investor, _case, booked = called_before_the_slot(how)

    room_rounds.reconcile()
    appointment_rounds.reconcile()
    video_given.clock().advance(minutes=16)
    appointment_rounds.reconcile()

    assert given.fresh(booked).state == "kept"


def test_a_long_call_that_nobody_looked_at_meanwhile_is_no_missed_appointment() -> None:
    _investor, _case, booked = called_before_the_slot("in_call")
    video_given.clock().advance(minutes=16)

    appointment_rounds.reconcile()

    assert given.fresh(booked).state == "kept"


def test_who_is_back_at_the_head_and_then_gone_has_missed_the_appointment() -> None:
    _investor, _case, booked = called_before_the_slot("at_the_head")
    video_given.clock().advance(minutes=16)

    appointment_rounds.reconcile()

    assert given.fresh(booked).state == "missed"


def test_who_takes_a_place_after_a_quarter_of_an_hour_has_missed_the_appointment_all_the_same() -> None:
    investor, case = somebody()
    booked = appointments.book(case.id, investor, a_slot(case).slot.starts_at)
    video_given.clock().stop_at(booked.starts_at + timedelta(minutes=15, seconds=1))
    ticket = waiting_room.join(case.id, investor)

    appointment_rounds.reconcile()

    assert given.fresh(booked).state == "missed"
    assert given.fresh(ticket).rank == waiting_room.ORDINARY


def texts() -> list[str]:
    """The purposes of the texts written so far, in order."""
    return list(read().scalars(select(SmsMessage.purpose).order_by(SmsMessage.created_at)))


def test_an_appointment_is_reminded_of_the_evening_before_and_half_an_hour_before_once_each() -> None:
    investor, case = somebody()
    booked = appointments.book(case.id, investor, a_slot(case).slot.starts_at)

    appointment_rounds.reconcile()
    assert texts() == []
    video_given.clock().stop_at(booked.starts_at.replace(hour=18, minute=5) - timedelta(days=1))
    appointment_rounds.reconcile()
    appointment_rounds.reconcile()
    assert texts() == ["appointment_tomorrow"]
    video_given.clock().stop_at(booked.starts_at - timedelta(minutes=29))
    appointment_rounds.reconcile()
    appointment_rounds.reconcile()

    assert texts() == ["appointment_tomorrow", "appointment_soon"]


def test_who_books_in_the_evening_is_not_reminded_of_it_the_same_evening() -> None:
    investor, case = somebody()
    slot = a_slot(case).slot
    video_given.clock().stop_at(slot.starts_at.replace(hour=19) - timedelta(days=1))
    appointments.book(case.id, investor, slot.starts_at)

    appointment_rounds.reconcile()

    assert texts() == []


def test_shortly_before_the_slot_the_investor_may_say_that_everything_is_at_hand() -> None:
    investor, case = somebody()
    booked = appointments.book(case.id, investor, a_slot(case).slot.starts_at)

    appointments.say_ready(case.id, investor)
    assert given.fresh(booked).ready_at is None
    video_given.clock().stop_at(booked.starts_at - timedelta(minutes=10))
    appointments.say_ready(case.id, investor)

    assert given.fresh(booked).ready_at is not None


def test_after_two_missed_appointments_one_may_only_queue_for_a_day() -> None:
    investor, case = somebody()
    with transaction() as db:
        for days in (1, 2):
            missed_at = video_given.clock().now() - timedelta(days=days, hours=-2)
            values = {"case": case, "branch_office_id": case.branch_office_id, "starts_at": missed_at}
            db.add(Appointment(**values, state="missed", created_at=missed_at))

    with pytest.raises(FieldWrong, match="queue_only"):
        appointments.book(case.id, investor, a_slot(case).slot.starts_at)
    assert waiting_room.join(case.id, investor).state == "waiting"
    waiting_room.leave(case.id, investor)

    video_given.clock().advance(days=1)
    slot = appointments.next_free(case.branch_office, 1)[0].slot
    assert appointments.book(case.id, investor, slot.starts_at).state == "booked"
