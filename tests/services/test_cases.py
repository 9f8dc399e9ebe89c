"""A case: one in flight, moved by the table, every move on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import read, transaction
from app.domain.errors import CaseInFlight, MoveNotAllowed, NotFound
from app.domain.journey import Step
from app.domain.states import Event, State
from app.models import AuditEntry, OutboxEvent
from app.outside import outside
from app.services import audit, cases, mending
from app.services.actors import SYSTEM, By
from app.services.cases import Fault
from tests import given


def test_a_case_begins_with_the_registered_accounts_as_its_cards(context: Flask) -> None:
    investor = given.an_investor()

    case = given.a_case(investor)

    assert [(card.change, card.card_number) for card in case.cards] == [("kept", given.ICBC_CARD)]


def test_an_investor_has_one_case_in_flight_and_is_led_to_it(context: Flask) -> None:
    investor = given.an_investor()
    case = given.a_case(investor)

    with pytest.raises(CaseInFlight) as refusal:
        cases.open_case(investor, by=By.investor(investor))

    assert refusal.value.case_id == case.id


def test_case_numbers_carry_the_day_and_count_up(context: Flask) -> None:
    first, second = given.a_case(given.an_investor(1)), given.a_case(given.an_investor(2))

    assert int(second.number) == int(first.number) + 1


def test_a_move_writes_state_audit_entry_and_outgoing_event_together(context: Flask) -> None:
    case = given.a_case()

    with transaction():
        cases.move(cases.locked(case.id), Event.PHOTOS_ACCEPTED, by=By.investor(case.investor))

    entry = read().scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    told = read().scalars(select(OutboxEvent).where(OutboxEvent.type == "case.state_changed")).one()
    assert given.fresh(case).state == State.BANK_CARDS
    assert entry is not None
    assert (entry.action, entry.case_id) == ("case.photos_accepted", case.id)
    assert told.content["after"] == "bank_cards"


def heard() -> list[str]:
    """Which rooms were nudged since the last time this was asked."""
    rooms: list[str] = outside.live.rooms  # type: ignore[attr-defined]
    found = list(rooms)
    rooms.clear()
    return found


def test_a_move_that_fails_half_way_leaves_nothing_behind(context: Flask) -> None:
    case = given.a_case()
    entries = audit.verify().entries
    heard()

    def move_and_fail() -> None:
        with transaction():
            cases.move(cases.locked(case.id), Event.PHOTOS_ACCEPTED, by=By.investor(case.investor))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        move_and_fail()

    assert given.fresh(case).state == State.PHOTOS
    assert audit.verify().entries == entries
    assert heard() == []


def test_open_pages_are_nudged_after_the_commit(context: Flask) -> None:
    case = given.a_case()
    heard()

    with transaction():
        cases.move(cases.locked(case.id), Event.PHOTOS_ACCEPTED, by=By.investor(case.investor))
        assert heard() == []

    assert heard() == [f"investor:{case.investor_id}", f"branch:{case.branch_office_id}"]


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (State.AGREEMENTS, Event.SIGNED),
        (State.REVIEW_RETURNED, Event.MENDED_TO_REVIEW),
        (State.REVIEW, Event.ABANDONED),
        (State.PHOTOS, Event.PHOTOS_ACCEPTED),
        (State.REGISTERING, Event.REGISTERED),
    ],
)
def test_the_lists_of_the_branch_office_hear_of_every_move(context: Flask, state: State, event: Event) -> None:
    case = given.a_case(state=state)
    heard()
    by = By.integrator("counter") if event is Event.REGISTERED else By.investor(case.investor)

    with transaction():
        cases.move(cases.locked(case.id), event, by=by)

    assert heard() == [case.room, f"branch:{case.branch_office_id}"]


def test_the_lists_of_the_branch_office_hear_of_a_new_case(context: Flask) -> None:
    investor = given.an_investor()

    case = cases.open_case(investor, by=By.investor(investor))

    assert heard() == [f"branch:{case.branch_office_id}"]


def test_a_room_is_nudged_once_for_all_that_happened_together(context: Flask) -> None:
    case = given.a_case(state=State.REVIEW)
    heard()

    with transaction():
        cases.nudge(case)
        cases.move(cases.locked(case.id), Event.ABANDONED, by=By.investor(case.investor))
        cases.nudge_staff(case)

    assert sorted(heard()) == [f"branch:{case.branch_office_id}", case.room]


def test_a_move_that_is_not_in_the_table_is_refused(context: Flask) -> None:
    case = given.a_case()

    with pytest.raises(MoveNotAllowed), transaction():
        cases.move(cases.locked(case.id), Event.APPROVED, by=By.investor(case.investor))


def test_somebody_elses_case_is_as_absent_as_none(context: Flask) -> None:
    case = given.a_case(given.an_investor(1))
    stranger = given.an_investor(2)

    for case_id in (case.id, "0" * 32):
        with pytest.raises(NotFound):
            cases.of_investor(case_id, stranger)


def test_a_change_on_an_earlier_page_takes_the_case_back_there(context: Flask) -> None:
    case = given.a_case(state=State.CERTIFICATE_CHECK)

    with transaction():
        cases.require_open(cases.locked(case.id), Step.PHOTOS, by=By.investor(case.investor))

    assert given.fresh(case).state == State.PHOTOS


def test_after_mending_the_named_photo_the_case_returns_for_new_signatures(context: Flask) -> None:
    case = given.a_case(state=State.REVIEW_RETURNED)
    reviewer = given.a_member_of_staff("reviewer")
    with transaction():
        held = cases.locked(case.id)
        held.signed_at = outside.clock.now() - timedelta(hours=1)
        cases.write_return(
            held, [Fault("ID_PORTRAIT_BLUR", "photos", "id_portrait")], by=By.reviewer(reviewer), by_video=False
        )
    assert cases.page_due(given.fresh(case)) == "photos"
    assert mending.open_fields(given.fresh(case), Step.PHOTOS) == {"id_portrait"}

    with transaction():
        mending.settle(cases.locked(case.id), Step.PHOTOS, by=By.investor(case.investor))

    mended = given.fresh(case)
    assert mended.state == State.CERTIFICATE_CHECK
    assert mended.signed_at is None


def test_a_witness_cannot_be_the_reviewer_even_by_sql(context: Flask) -> None:
    from sqlalchemy.exc import IntegrityError

    case = given.a_case()
    staff = given.a_member_of_staff("witness", "reviewer")

    def take_both_parts() -> None:
        with transaction():
            held = cases.locked(case.id)
            held.witness_id = held.reviewer_id = staff.id

    with pytest.raises(IntegrityError):
        take_both_parts()


def test_the_system_may_not_do_what_only_people_may(context: Flask) -> None:
    case = given.a_case(state=State.IN_REVIEW)

    with pytest.raises(MoveNotAllowed), transaction():
        cases.move(cases.locked(case.id), Event.APPROVED, by=SYSTEM)
