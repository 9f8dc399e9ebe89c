"""Which witnesses take the calls of an office, and which of them are there."""

from __future__ import annotations

import pytest

from app.services import room_rounds, staff, waiting_room, witnesses
from tests import given
from tests.services import video_given

pytestmark = pytest.mark.usefixtures("context")


def test_a_witness_who_goes_silent_is_told_to_the_room_once() -> None:
    _investor, _case, ticket = video_given.somebody_waiting()
    office = ticket.branch_office_id
    witnesses.seen(video_given.a_witness())
    video_given.told()

    video_given.clock().advance(seconds=witnesses.PRESENT_SECONDS)
    room_rounds.reconcile()
    assert video_given.told() == []
    video_given.clock().advance(seconds=1)
    for _round in range(2):
        room_rounds.reconcile()

    assert video_given.told() == [office]
    assert waiting_room.numbers_of(office).witnesses == 0


def test_a_witness_who_comes_back_is_told_to_the_room_again() -> None:
    _investor, _case, ticket = video_given.somebody_waiting()
    witness = video_given.a_witness()
    witnesses.seen(witness)
    video_given.clock().advance(seconds=60)
    room_rounds.reconcile()
    video_given.told()

    witnesses.seen(given.fresh(witness))

    assert video_given.told() == [ticket.branch_office_id]


def test_a_break_of_a_witness_of_all_offices_is_told_to_each_room() -> None:
    offices = {given.a_branch_office().id, given.a_branch_office("温州营业部").id}
    witness = given.a_member_of_staff(branch_office_id=None)
    witnesses.seen(witness)
    video_given.told()

    staff.take_a_break(witness.id, begins=True)
    assert set(video_given.told()) == offices
    video_given.clock().advance(seconds=15)
    witnesses.seen(given.fresh(witness))
    assert video_given.told() == []
    staff.take_a_break(witness.id, begins=False)

    assert set(video_given.told()) == offices
