"""Who is waiting for a video call, who is next, and who has to wait how long."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.db import read, transaction
from app.domain.errors import FieldWrong
from app.domain.states import State
from app.models import BranchOffice, CalendarDay, SmsMessage, Staff, Ticket
from app.services import (
    appointments,
    call_decisions,
    calls,
    cases,
    leaving,
    room_news,
    room_rounds,
    tickets,
    video_hours,
    waiting_room,
    witnesses,
)
from tests import given
from tests.services import video_given

pytestmark = pytest.mark.usefixtures("context")


def test_whoever_joined_first_is_served_first() -> None:
    waiting = [video_given.somebody_waiting(serial)[2] for serial in (1, 2, 3)]

    called = [calls.ring(video_given.a_witness(f"w{n:04d}")) for n in (1, 2, 3)]

    assert [call and call.ticket_id for call in called] == [ticket.id for ticket in waiting]


def test_the_position_shown_is_the_order_of_the_claim() -> None:
    waiting = [video_given.somebody_waiting(serial)[2] for serial in (1, 2, 3)]

    places = [waiting_room.place_of(ticket) for ticket in waiting]

    assert [(place.position, place.ahead, place.total) for place in places] == [(1, 0, 3), (2, 1, 3), (3, 2, 3)]


def in_two_offices() -> tuple[list[Ticket], Staff]:
    """People of two offices in turn, the first one's keys counted far up already, and a witness of all offices."""
    busy, quiet = given.a_branch_office(), given.a_branch_office("温州营业部")
    with transaction():
        room_news.held(busy.id).last_key = 500
    turns = [busy, quiet, quiet, busy, quiet]
    waiting = [
        video_given.somebody_waiting(serial, branch_office_id=office.id)[2] for serial, office in enumerate(turns, 1)
    ]
    return waiting, given.a_member_of_staff(login="w9999", branch_office_id=None)


def served_by(witness: Staff) -> list[str]:
    """The tickets that the witness calls one after the other until nobody waits."""
    called = []
    while call := calls.ring(witness):
        called.append(call.ticket_id)
        calls.answer(call.case_id, call.case.investor)
        call_decisions.end(call.id, witness, keep_place=False)
    return called


def test_a_witness_of_all_offices_serves_who_has_waited_longest_wherever_that_is() -> None:
    waiting, witness = in_two_offices()

    shown = [ticket.id for ticket in tickets.waiting_in(calls.offices_of(witness))]

    assert served_by(witness) == [ticket.id for ticket in waiting] == shown


def test_who_is_back_at_the_head_of_one_office_goes_before_all_walk_ins_of_the_others() -> None:
    waiting, witness = in_two_offices()
    local = given.a_member_of_staff(login="w9998", branch_office_id=waiting[1].branch_office_id)
    rung = calls.ring(local)
    assert rung is not None
    calls.decline(rung.case_id, rung.case.investor)

    shown = [ticket.id for ticket in tickets.waiting_in(calls.offices_of(witness))]

    assert shown[0] == rung.ticket_id == waiting[1].id
    assert served_by(witness) == shown


def test_within_an_office_the_order_of_its_places_holds_for_a_witness_of_all_too() -> None:
    waiting, witness = in_two_offices()
    video_given.clock().advance(seconds=200)
    for ticket in waiting[1:]:
        waiting_room.seen(ticket)
    room_rounds.reconcile()

    shown = tickets.waiting_in(calls.offices_of(witness))

    assert [ticket.id for ticket in shown] == [waiting[number].id for number in (1, 2, 3, 0, 4)]
    assert served_by(witness) == [ticket.id for ticket in shown]


def test_joining_twice_keeps_the_one_place() -> None:
    investor, case, ticket = video_given.somebody_waiting()

    again = waiting_room.join(case.id, investor)

    assert again.id == ticket.id


def test_without_a_witness_present_no_waiting_time_is_invented() -> None:
    _investor, _case, ticket = video_given.somebody_waiting()

    assert waiting_room.place_of(ticket).estimate is None


def test_a_witness_at_the_board_makes_an_estimate_possible() -> None:
    _investor, _case, ticket = video_given.somebody_waiting()

    witnesses.seen(video_given.a_witness())

    estimate = waiting_room.place_of(ticket).estimate
    assert estimate is not None
    assert (estimate.witnesses_present, estimate.calls_counted) == (1, 0)


def test_leaving_ends_the_place_and_can_be_done_twice() -> None:
    investor, case, ticket = video_given.somebody_waiting()

    waiting_room.leave(case.id, investor)
    waiting_room.leave(case.id, investor)

    assert given.fresh(ticket).state == "left"
    assert given.fresh(case).state == State.VIDEO


def test_leaving_while_it_rings_frees_the_witness() -> None:
    investor, case, _ticket = video_given.somebody_waiting()
    witness = video_given.a_witness()
    calls.ring(witness)

    waiting_room.leave(case.id, investor)

    assert calls.live_of_witness(witness) is None


def test_away_for_longer_than_the_grace_time_means_the_end_of_the_queue_and_is_said() -> None:
    _one, _case, first = video_given.somebody_waiting(1)
    video_given.clock().advance(seconds=170)
    _two, _case2, second = video_given.somebody_waiting(2)
    video_given.clock().advance(seconds=20)

    room_rounds.reconcile()

    assert waiting_room.place_of(given.fresh(second)).position == 1
    place = waiting_room.place_of(given.fresh(first))
    assert (place.position, place.moved_back) == (2, True)


def test_who_was_moved_to_the_end_is_not_moved_again_and_again() -> None:
    _one, _case, first = video_given.somebody_waiting(1)
    video_given.clock().advance(seconds=200)
    room_rounds.reconcile()
    key = given.fresh(first).order_key

    video_given.clock().advance(seconds=200)
    room_rounds.reconcile()

    assert given.fresh(first).order_key == key


def test_a_page_that_is_seen_keeps_its_place() -> None:
    _one, _case, first = video_given.somebody_waiting(1)
    video_given.clock().advance(seconds=170)
    waiting_room.seen(first)
    video_given.clock().advance(seconds=170)

    room_rounds.reconcile()

    assert not waiting_room.place_of(given.fresh(first)).moved_back


def test_an_abandoned_case_leaves_the_room_and_is_not_called() -> None:
    investor, case, ticket = video_given.somebody_waiting(1)
    leaving.abandon(case.id, investor)

    called = calls.ring(video_given.a_witness())

    assert called is None
    assert given.fresh(ticket).state == "left"


def test_outside_video_hours_nobody_is_let_in() -> None:
    video_given.clock()
    investor = given.an_investor()
    case = given.a_case(investor, State.VIDEO)
    with transaction() as db:
        db.add(CalendarDay(day=video_given.A_TUESDAY_MORNING.date(), is_trading=False))

    with pytest.raises(FieldWrong, match="closed"):
        waiting_room.join(case.id, investor)


def test_a_round_the_clock_office_takes_calls_on_a_holiday() -> None:
    video_given.clock()
    investor = given.an_investor()
    case = given.a_case(investor, State.VIDEO)
    with transaction() as db:
        db.add(CalendarDay(day=video_given.A_TUESDAY_MORNING.date(), is_trading=False))
        db.get_one(BranchOffice, case.branch_office_id).video_windows = [["00:00", "24:00"], ["09:00", "11:30"]]

    assert waiting_room.join(case.id, investor).state == "waiting"


def test_a_day_of_the_offices_own_closes_it_alone_even_round_the_clock() -> None:
    clock = video_given.clock()
    case = given.a_case(given.an_investor(), State.VIDEO)
    with transaction() as db:
        db.get_one(BranchOffice, case.branch_office_id).video_windows = [["00:00", "24:00"], ["09:00", "11:30"]]
    video_given.own_day(case.branch_office, clock.now().date())

    with pytest.raises(FieldWrong, match="closed"):
        waiting_room.join(case.id, case.investor)
    midnight = clock.now().replace(day=25, hour=0, minute=0)
    assert video_hours.next_opening(case.branch_office) == midnight
    clock.stop_at(midnight)
    assert waiting_room.join(case.id, case.investor).state == "waiting"


def test_shorter_hours_of_the_day_stop_admitting_before_they_end() -> None:
    clock = video_given.clock()
    first_case = video_given.somebody_waiting(1)[1]
    witnesses.seen(video_given.a_witness())
    late = given.a_case(given.an_investor(2), State.VIDEO)
    assert waiting_room.why_not_let_in(late.branch_office) == ""

    video_given.own_day(first_case.branch_office, clock.now().date(), ["09:00", "10:10"])

    with pytest.raises(FieldWrong, match="too_late"):
        waiting_room.join(late.id, late.investor)


def test_inside_the_own_appointment_one_goes_ahead_of_the_walk_ins() -> None:
    clock = video_given.clock()
    booked = given.an_investor(9)
    booked_case = given.a_case(booked, State.VIDEO)
    offer = appointments.offers(booked_case.branch_office, clock.now().date().replace(day=25))[20]
    appointments.book(booked_case.id, booked, offer.slot.starts_at)
    clock.stop_at(offer.slot.starts_at)
    _walk_in, _case, first = video_given.somebody_waiting(1)

    ticket = waiting_room.join(booked_case.id, booked)

    assert ticket.label.startswith("A")
    assert [row.id for row in tickets.waiting_in([ticket.branch_office_id])] == [ticket.id, first.id]


def test_who_waits_when_the_own_slot_begins_is_let_ahead() -> None:
    clock = video_given.clock()
    booked = given.an_investor(9)
    booked_case = given.a_case(booked, State.VIDEO)
    offer = appointments.offers(booked_case.branch_office, clock.now().date().replace(day=25))[20]
    appointments.book(booked_case.id, booked, offer.slot.starts_at)
    clock.stop_at(offer.slot.starts_at)
    clock.advance(minutes=-2)
    video_given.somebody_waiting(1)
    ticket = waiting_room.join(booked_case.id, booked)
    assert waiting_room.place_of(ticket).position == 2

    clock.advance(minutes=2)
    room_rounds.reconcile()

    assert waiting_room.place_of(given.fresh(ticket)).position == 1


def booked_and_waiting(serial: int, number: int) -> tuple[Ticket, datetime]:
    """Somebody with that half hour of the next trading day, who takes an ordinary place at nine that day."""
    clock = video_given.clock()
    clock.stop_at(video_given.A_TUESDAY_MORNING)
    investor = given.an_investor(serial)
    case = given.a_case(investor, State.VIDEO)
    starts_at = appointments.offers(case.branch_office, clock.now().date().replace(day=25))[number].slot.starts_at
    appointments.book(case.id, investor, starts_at)
    clock.stop_at(starts_at.replace(hour=9, minute=0, second=serial))
    return waiting_room.join(case.id, investor), starts_at


def the_slot_begins(starts_at: datetime, *there: Ticket) -> None:
    """These pages are open then, and the room's round is made."""
    video_given.clock().stop_at(starts_at)
    for ticket in there:
        waiting_room.seen(given.fresh(ticket))
    room_rounds.reconcile()


def test_who_closed_the_page_is_not_let_ahead_when_the_own_slot_begins_but_on_coming_back_in_time() -> None:
    ticket, starts_at = booked_and_waiting(9, 20)
    video_given.clock().stop_at(starts_at)
    _walk_in, _case, first = video_given.somebody_waiting(1)

    the_slot_begins(starts_at)
    appointment = appointments.live_of(ticket.case)
    assert appointment is not None
    assert waiting_room.place_of(given.fresh(ticket)).position == 2

    the_slot_begins(starts_at + timedelta(minutes=10), first, ticket)
    assert waiting_room.place_of(given.fresh(ticket)).position == 1
    assert given.fresh(appointment).state == "kept"


def test_who_was_let_ahead_and_then_goes_away_goes_to_the_end() -> None:
    ticket, starts_at = booked_and_waiting(9, 20)
    the_slot_begins(starts_at, ticket)
    assert given.fresh(ticket).rank == waiting_room.AHEAD

    video_given.clock().advance(seconds=170)
    video_given.somebody_waiting(1)
    video_given.clock().advance(seconds=20)
    room_rounds.reconcile()

    assert waiting_room.place_of(given.fresh(ticket)).position == 2


def test_whose_slot_began_earlier_goes_first_whoever_took_the_place_earlier() -> None:
    later, begins_later = booked_and_waiting(1, 21)
    earlier, begins_earlier = booked_and_waiting(2, 20)
    last, _begins = booked_and_waiting(3, 21)
    for starts_at in (begins_earlier, begins_later):
        the_slot_begins(starts_at, later, earlier, last)

    row = tickets.waiting_in([later.branch_office_id])

    assert [ticket.id for ticket in row] == [earlier.id, later.id, last.id]
    assert [waiting_room.place_of(ticket).position for ticket in row] == [1, 2, 3]


def test_whoever_reviewed_a_case_is_not_given_its_call() -> None:
    _investor, case, _ticket = video_given.somebody_waiting(1)
    witness = video_given.a_witness()
    with transaction():
        cases.locked(case.id).reviewer_id = witness.id

    assert calls.ring(witness) is None


def test_who_is_claimed_or_leaves_is_told_by_a_token_and_counted() -> None:
    tickets_ = [video_given.somebody_waiting(serial) for serial in (1, 2, 3)]
    office = tickets_[0][2].branch_office_id
    video_given.live().news.clear()

    calls.ring(video_given.a_witness())
    waiting_room.leave(tickets_[1][1].id, tickets_[1][0])

    told = [news for news in video_given.live().news if news[2] or news[3]]
    assert told == [(office, 1, [1], []), (office, 2, [2], [])]
    place = waiting_room.place_of(given.fresh(tickets_[2][2]))
    assert (place.version, place.token, place.ahead) == (2, 3, 0)


def test_who_comes_back_to_the_head_is_told_as_before_everybody() -> None:
    _investor, case, _ticket = video_given.somebody_waiting(1)
    _other, _case, second = video_given.somebody_waiting(2)
    calls.ring(video_given.a_witness())
    video_given.live().news.clear()

    calls.decline(case.id, case.investor)

    assert [news[2:] for news in video_given.live().news if news[1]] == [([], [0])]
    assert waiting_room.place_of(given.fresh(second)).ahead == 1


def test_a_pause_and_its_end_are_told_to_the_room_and_its_board() -> None:
    office, witness = given.a_branch_office(), video_given.a_witness()
    video_given.told()

    video_hours.pause(office, 15, witness)
    assert video_given.told() == [office.id]
    assert waiting_room.numbers_of(office.id).is_paused
    video_hours.resume(office, witness)
    video_hours.resume(office, witness)

    assert video_given.told() == [office.id]
    assert not waiting_room.numbers_of(office.id).is_paused


def test_nobody_is_let_in_whose_call_would_end_after_closing_time() -> None:
    investor = given.an_investor(9)
    case = given.a_case(investor, State.VIDEO)
    video_given.clock().stop_at(video_given.A_TUESDAY_MORNING.replace(hour=23, minute=52))
    witnesses.seen(video_given.a_witness())
    video_given.somebody_waiting(1)

    with pytest.raises(FieldWrong, match="too_late"):
        waiting_room.join(case.id, investor)


@pytest.mark.parametrize(("hour", "why"), [(11, "break"), (16, "too_late")])
def test_before_a_break_it_is_not_said_that_the_day_is_over(hour: int, why: str) -> None:
    office = given.a_branch_office()
    with transaction() as db:
        db.get_one(BranchOffice, office.id).video_windows = [["09:00", "11:30"], ["13:00", "16:30"]]
    video_given.clock().stop_at(video_given.A_TUESDAY_MORNING.replace(hour=hour, minute=22))
    witnesses.seen(video_given.a_witness())
    video_given.somebody_waiting(1)

    assert waiting_room.why_not_let_in(given.fresh(office)) == why


def test_while_a_branch_office_pauses_nobody_new_is_let_in_and_who_waits_stays() -> None:
    _investor, first_case, ticket = video_given.somebody_waiting(1)
    late = given.an_investor(2)
    case = given.a_case(late, State.VIDEO)
    witness = video_given.a_witness()
    video_hours.pause(first_case.branch_office, 15, witness)

    with pytest.raises(FieldWrong, match="paused"):
        waiting_room.join(case.id, late)
    assert given.fresh(ticket).state == "waiting"

    video_given.clock().advance(minutes=15)
    assert waiting_room.join(case.id, late).state == "waiting"


def test_nearly_at_the_front_with_the_page_closed_one_text_is_sent() -> None:
    investor, _case, _ticket = video_given.somebody_waiting(1)
    video_given.clock().advance(seconds=80)

    room_rounds.reconcile()
    room_rounds.reconcile()

    texts = [text.text for text in read().scalars(select(SmsMessage).where(SmsMessage.purpose == "called_up"))]
    assert len(texts) == 1
    assert "现在排第 1 位" in texts[0]
    assert investor.phone


def test_an_open_page_gets_no_text() -> None:
    video_given.somebody_waiting(1)
    video_given.clock().advance(seconds=60)

    room_rounds.reconcile()

    assert read().scalars(select(SmsMessage)).all() == []
