"""A case that ends early takes its place in the queue and its appointment along, in one transaction."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.db import read
from app.domain.errors import MoveNotAllowed, NotFound
from app.domain.states import State
from app.models import Appointment, Case, Investor, OutboxEvent
from app.outside import outside
from app.services import appointment_rounds, appointments, calls, cases, leaving
from tests import given
from tests.services import video_given

pytestmark = pytest.mark.usefixtures("context")
WEDNESDAY = date(2026, 11, 25)


def somebody_booked() -> tuple[Investor, Case, Appointment]:
    video_given.clock()
    investor = given.an_investor()
    case = given.a_case(investor, State.VIDEO)
    slot = appointments.offers(case.branch_office, WEDNESDAY)[20].slot
    return investor, case, appointments.book(case.id, investor, slot.starts_at)


def told() -> list[str]:
    return list(read().scalars(select(OutboxEvent.type)).all())


def test_an_abandoned_case_makes_room_for_a_new_one() -> None:
    investor = given.an_investor()
    case = given.a_case(investor)

    leaving.abandon(case.id, investor)

    assert cases.in_flight(investor) is None
    assert given.a_case(investor).id != case.id


def test_giving_up_cancels_the_appointment_and_tells_it_once() -> None:
    investor, case, booked = somebody_booked()

    leaving.abandon(case.id, investor)
    appointment_rounds.reconcile()

    assert given.fresh(booked).state == "cancelled"
    assert told().count("appointment.cancelled") == 1
    assert "case.abandoned" in told()


def test_giving_up_in_the_queue_gives_the_place_up_and_the_board_hears_of_it() -> None:
    investor, case, ticket = video_given.somebody_waiting()
    video_given.live().rooms.clear()

    leaving.abandon(case.id, investor)

    left = given.fresh(ticket)
    assert (left.state, left.ended_at) == ("left", outside.clock.now())
    assert f"branch:{case.branch_office_id}" in video_given.live().rooms


def test_who_is_being_called_cannot_give_up_and_keeps_the_place() -> None:
    investor, case, ticket = video_given.somebody_waiting()
    calls.ring(video_given.a_witness())

    with pytest.raises(MoveNotAllowed):
        leaving.abandon(case.id, investor)

    assert given.fresh(ticket).state == "ringing"


def test_somebody_elses_case_cannot_be_given_up() -> None:
    case = given.a_case(given.an_investor(1))

    with pytest.raises(NotFound):
        leaving.abandon(case.id, given.an_investor(2))


def test_a_case_nobody_touches_expires_with_its_place_and_its_appointment() -> None:
    _investor, booked_case, booked = somebody_booked()
    _other, waiting_case, ticket = video_given.somebody_waiting(2)
    video_given.clock().advance(days=31)

    assert leaving.expire_untouched() == 2

    assert [given.fresh(case).state for case in (booked_case, waiting_case)] == [State.EXPIRED] * 2
    assert given.fresh(booked).state == "cancelled"
    assert given.fresh(ticket).state == "left"
    assert told().count("case.expired") == 2


def test_a_case_that_staff_work_on_does_not_expire() -> None:
    case = given.a_case(state=State.IN_REVIEW)
    outside.clock.advance(days=31)  # type: ignore[attr-defined]

    assert leaving.expire_untouched() == 0

    assert given.fresh(case).state == State.IN_REVIEW
