"""The video call: ringing, answering, what the witness decides, and what happens when a line breaks."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.db import read, transaction
from app.domain.errors import FieldWrong, MoveNotAllowed, NotFound
from app.domain.states import State
from app.models import CallSlice, OutboxEvent
from app.services import call_decisions, call_rounds, calls, cases, evidence, tickets, waiting_room
from tests import given
from tests.services import video_given
from tests.services.video_given import ALL_YES

pytestmark = pytest.mark.usefixtures("context")


def told() -> list[str]:
    return list(read().scalars(select(OutboxEvent.type)))


# -- ringing ----------------------------------------------------------------------------------------------------------


def test_a_witness_calls_and_the_investor_answers() -> None:
    _investor, _witness, call = video_given.a_call()

    assert call.state == "in_call"
    assert given.fresh(call.case).state == State.IN_CALL
    assert len(call.spoken_code) == 6
    assert sorted(call.script) == sorted(calls.QUESTIONS)
    assert call.consented_at == call.ticket.joined_at


def test_pressing_call_next_twice_leads_to_the_same_call() -> None:
    video_given.somebody_waiting(1)
    video_given.somebody_waiting(2)
    witness = video_given.a_witness()

    first, second = calls.ring(witness), calls.ring(witness)

    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_nobody_waiting_means_no_call() -> None:
    assert calls.ring(video_given.a_witness()) is None


def test_witnesses_of_another_office_do_not_get_the_call() -> None:
    video_given.somebody_waiting(1)
    elsewhere = given.a_branch_office("宁波营业部")

    assert calls.ring(given.a_member_of_staff(login="w2", branch_office_id=elsewhere.id)) is None


def test_a_witness_of_all_offices_gets_it() -> None:
    video_given.somebody_waiting(1)

    assert calls.ring(given.a_member_of_staff(login="w2", branch_office_id=None)) is not None


def test_a_ring_unanswered_for_thirty_seconds_puts_the_investor_at_the_head_once() -> None:
    _investor, case, ticket = video_given.somebody_waiting(1)
    _other, _case, second = video_given.somebody_waiting(2)
    calls.ring(video_given.a_witness())
    video_given.clock().advance(seconds=31)

    call_rounds.reconcile()

    assert given.fresh(case).state == State.QUEUED
    assert waiting_room.place_of(given.fresh(ticket)).position == 1
    assert waiting_room.place_of(given.fresh(second)).position == 2


def test_declining_twice_means_out_of_the_queue() -> None:
    investor, case, ticket = video_given.somebody_waiting(1)
    witness = video_given.a_witness()
    calls.ring(witness)
    calls.decline(case.id, investor)
    assert given.fresh(case).state == State.QUEUED

    calls.ring(witness)
    calls.decline(case.id, investor)

    assert given.fresh(case).state == State.VIDEO
    last = waiting_room.last_of(case)
    assert last is not None
    assert (last.id, last.state, last.missed_rings) == (ticket.id, "left", 2)
    assert calls.live_of_witness(witness) is None


def test_a_ring_the_witness_takes_back_is_not_counted_as_missed() -> None:
    _investor, case, ticket = video_given.somebody_waiting(1)
    witness = video_given.a_witness()
    call = calls.ring(witness)
    assert call is not None

    call_decisions.end(call.id, witness, keep_place=True)

    assert given.fresh(case).state == State.QUEUED
    assert given.fresh(ticket).missed_rings == 0


def test_answering_when_nothing_rings_is_refused() -> None:
    investor, case, _ticket = video_given.somebody_waiting(1)

    with pytest.raises(MoveNotAllowed):
        calls.answer(case.id, investor)


def test_answering_twice_is_one_answer() -> None:
    investor, _witness, call = video_given.a_call()

    calls.answer(call.case_id, investor)

    assert given.fresh(call).state == "in_call"


# -- a line breaks ----------------------------------------------------------------------------------------------------


def test_a_silent_witness_loses_the_call_and_the_investor_is_first_again() -> None:
    _investor, witness, call = video_given.a_call(1)
    video_given.a_slice(call, witness)
    _other, _case, second = video_given.somebody_waiting(2)
    video_given.clock().advance(seconds=16)

    call_rounds.reconcile()

    ended = given.fresh(call)
    assert (ended.state, ended.slices, ended.sealed_at is not None) == ("interrupted", 1, True)
    assert given.fresh(call.case).state == State.QUEUED
    assert tickets.waiting_in([second.branch_office_id])[0].case_id == call.case_id


def test_a_heartbeat_keeps_the_call() -> None:
    _investor, witness, call = video_given.a_call()
    video_given.clock().advance(seconds=14)
    assert calls.heartbeat(call.id, witness)
    video_given.clock().advance(seconds=14)

    call_rounds.reconcile()

    assert given.fresh(call).state == "in_call"


def test_a_late_pass_of_a_frozen_page_is_refused() -> None:
    _investor, witness, call = video_given.a_call()
    video_given.everything_for_a_pass(call, witness)
    video_given.clock().advance(seconds=16)
    call_rounds.reconcile()

    with pytest.raises(MoveNotAllowed):
        call_decisions.pass_video(call.id, witness, ALL_YES)

    assert not calls.heartbeat(call.id, witness)
    assert given.fresh(call.case).video_passed_at is None


def test_the_investor_may_hang_up_and_comes_back_when_ready() -> None:
    investor, _witness, call = video_given.a_call()

    calls.hang_up(call.case_id, investor)
    calls.hang_up(call.case_id, investor)

    assert given.fresh(call.case).state == State.VIDEO
    assert given.fresh(call).state == "ended"


def test_the_witness_may_end_with_the_place_kept() -> None:
    _investor, witness, call = video_given.a_call()

    call_decisions.end(call.id, witness, keep_place=True)

    assert given.fresh(call.case).state == State.QUEUED


# -- recording and stills ---------------------------------------------------------------------------------------------


def test_every_slice_is_a_link_of_the_chain() -> None:
    _investor, witness, call = video_given.a_call()

    video_given.a_slice(call, witness, 0, b"first")
    video_given.a_slice(call, witness, 1, b"second")

    links = read().scalars(select(CallSlice).order_by(CallSlice.number)).all()
    assert links[0].chain_hash == evidence.chained("", links[0].blob.sha256)
    assert links[1].chain_hash == evidence.chained(links[0].chain_hash, links[1].blob.sha256)
    assert given.fresh(call).chain_hash == links[1].chain_hash


def test_the_same_slice_again_is_acknowledged_and_not_kept_twice() -> None:
    _investor, witness, call = video_given.a_call()

    first, again = video_given.a_slice(call, witness), video_given.a_slice(call, witness)

    assert first == again
    assert given.fresh(call).slices == 1


@pytest.mark.parametrize(
    ("number", "content", "code"), [(0, b"other", "other"), (5, b"webm", "gap"), (1, b"", "empty")]
)
def test_a_slice_that_does_not_fit_is_refused(number: int, content: bytes, code: str) -> None:
    _investor, witness, call = video_given.a_call()
    video_given.a_slice(call, witness)

    with pytest.raises(FieldWrong, match=code):
        video_given.a_slice(call, witness, number, content)


def test_a_slice_whose_hash_is_wrong_is_refused() -> None:
    _investor, witness, call = video_given.a_call()

    with pytest.raises(FieldWrong, match="hash"):
        calls.add_slice(call.id, witness, part="a", number=0, content=b"x", sha256="0" * 64)


def test_a_reloaded_page_records_another_part() -> None:
    _investor, witness, call = video_given.a_call()

    video_given.a_slice(call, witness, 0, part="a")
    video_given.a_slice(call, witness, 0, part="b")

    assert given.fresh(call).slices == 2


def test_another_witness_cannot_add_to_the_recording() -> None:
    _investor, _witness, call = video_given.a_call()

    with pytest.raises(NotFound):
        video_given.a_slice(call, video_given.a_witness("w0099"))


def test_a_still_is_kept_rebuilt_from_its_pixels() -> None:
    investor, _witness, call = video_given.a_call()
    sent = video_given.a_picture()
    sent = sent[:2] + b"\xff\xfe\x00\x12<script>alert()" + sent[2:]

    calls.take_still(call.case_id, investor, kind="face", content=sent)

    kept = evidence.files.content(given.fresh(call).stills[0].blob)
    assert kept.startswith(b"\xff\xd8\xff")
    assert b"<script>" not in kept


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("face", video_given.a_picture(colour=0), "black"),
        ("face", video_given.a_picture(colour=128), "black"),
        ("face", b"GIF89a", "not_a_picture"),
        ("face", video_given.a_picture()[:900], "not_a_picture"),
        ("face", b"\xff\xd8\xff" + b"0" * 500_000, "too_large"),
        ("hand", video_given.a_picture(), "kind"),
    ],
)
def test_a_still_that_shows_nothing_is_refused(kind: str, content: bytes, code: str) -> None:
    investor, _witness, call = video_given.a_call()

    with pytest.raises(FieldWrong, match=code):
        calls.take_still(call.case_id, investor, kind=kind, content=content)

    assert given.fresh(call).stills == []


def test_without_a_call_no_still_is_taken() -> None:
    investor, case, _ticket = video_given.somebody_waiting()

    with pytest.raises(MoveNotAllowed):
        calls.take_still(case.id, investor, kind="face", content=video_given.a_picture())


def test_staff_of_another_office_do_not_see_the_still() -> None:
    _investor, _witness, call = video_given.a_call()
    video_given.a_still("face", call)
    elsewhere = given.a_member_of_staff(login="x", branch_office_id=given.a_branch_office("宁波营业部").id)

    with pytest.raises(NotFound):
        calls.still_for(elsewhere, given.fresh(call).stills[0].id)


# -- deciding ---------------------------------------------------------------------------------------------------------


def test_no_pass_when_the_recording_broke_off_some_time_ago() -> None:
    _investor, witness, call = video_given.a_call()
    video_given.everything_for_a_pass(call, witness)
    video_given.clock().advance(seconds=11)
    assert calls.heartbeat(call.id, witness)
    with pytest.raises(FieldWrong, match="stale"):
        call_decisions.pass_video(call.id, witness, ALL_YES)

    video_given.a_slice(call, witness, 0, part="b")  # the page records again, in another part
    video_given.clock().advance(seconds=9)
    call_decisions.pass_video(call.id, witness, ALL_YES)

    assert given.fresh(call.case).video_passed_at is not None


def test_a_passed_video_goes_on_to_the_certificate() -> None:
    _investor, witness, call = video_given.a_call()
    video_given.everything_for_a_pass(call, witness)

    call_decisions.pass_video(call.id, witness, {**ALL_YES, "nobody_else": "na"})

    case, ended = given.fresh(call.case), given.fresh(call)
    assert case.state == State.CERTIFICATE_INSTALL
    assert (case.witness_id, case.video_passed_at is not None) == (witness.id, True)
    assert (ended.state, ended.sealed_at is not None, ended.checklist["nobody_else"]) == ("passed", True, "na")
    assert given.fresh(call.ticket).state == "done"
    assert "video.passed" in told()


def test_a_passed_video_with_signatures_that_still_hold_goes_back_to_the_review() -> None:
    _investor, witness, call = video_given.a_call()
    video_given.everything_for_a_pass(call, witness)
    with transaction():
        case = cases.locked(call.case_id)
        case.signed_at = call.rung_at

    call_decisions.pass_video(call.id, witness, ALL_YES)

    assert given.fresh(call.case).state == State.REVIEW


@pytest.mark.parametrize("left_out", evidence.STILL_KINDS)
def test_no_pass_without_all_three_stills(left_out: str) -> None:
    _investor, witness, call = video_given.a_call()
    video_given.a_slice(call, witness)
    for kind in evidence.STILL_KINDS:
        if kind != left_out:
            video_given.a_still(kind, call)

    with pytest.raises(FieldWrong, match="stills") as refused:
        call_decisions.pass_video(call.id, witness, ALL_YES)

    assert refused.value.details == {"kinds": [left_out]}


def test_no_pass_without_a_recording() -> None:
    _investor, witness, call = video_given.a_call()
    for kind in evidence.STILL_KINDS:
        video_given.a_still(kind, call)

    with pytest.raises(FieldWrong, match="recording"):
        call_decisions.pass_video(call.id, witness, ALL_YES)


@pytest.mark.parametrize(("answer", "code"), [("no", "is_no"), ("", "empty"), ("perhaps", "empty")])
def test_no_pass_with_a_check_that_is_not_satisfied(answer: str, code: str) -> None:
    _investor, witness, call = video_given.a_call()
    video_given.everything_for_a_pass(call, witness)

    with pytest.raises(FieldWrong, match=code) as refused:
        call_decisions.pass_video(call.id, witness, {**ALL_YES, "id_original": answer})

    assert refused.value.field == "check:id_original"


def test_sending_back_lands_on_the_photo_with_the_witness_s_words() -> None:
    _investor, witness, call = video_given.a_call()

    call_decisions.send_back(
        call.id, witness, ["ID_PORTRAIT_BLUR"], {"ID_PORTRAIT_BLUR": "请重拍"}, {"code_right": "yes"}
    )

    case = given.fresh(call.case)
    assert (case.state, cases.page_due(case)) == (State.VIDEO_RETURNED, "photos")
    assert [(item.field, item.remark) for item in cases.unmended(case)] == [("id_portrait", "请重拍")]
    assert given.fresh(call).state == "returned"
    assert {"video.returned", "case.returned"} <= set(told())


def test_sending_back_without_a_reason_is_refused() -> None:
    _investor, witness, call = video_given.a_call()

    with pytest.raises(FieldWrong, match="fault"):
        call_decisions.send_back(call.id, witness, [], {}, {})

    assert given.fresh(call).state == "in_call"


def test_a_video_sent_back_for_itself_is_queued_for_again() -> None:
    investor, witness, call = video_given.a_call()
    call_decisions.send_back(call.id, witness, ["VIDEO_DARK"], {}, {})
    video_given.clock().advance(seconds=5)

    ticket = waiting_room.join(call.case_id, investor)

    assert ticket.state == "waiting"
    assert given.fresh(call.case).state == State.QUEUED
    assert cases.unmended(given.fresh(call.case)) == []


def test_with_a_photo_still_to_mend_the_queue_is_not_open() -> None:
    investor, witness, call = video_given.a_call()
    call_decisions.send_back(call.id, witness, ["VIDEO_DARK", "ID_PORTRAIT_BLUR"], {}, {})

    with pytest.raises(MoveNotAllowed):
        waiting_room.join(call.case_id, investor)


def test_every_move_of_a_call_nudges_the_investor() -> None:
    investor, witness, call = video_given.a_call()
    video_given.live().rooms.clear()

    call_decisions.send_back(call.id, witness, ["VIDEO_DARK"], {}, {})

    assert {f"investor:{investor.id}", f"staff:{witness.id}", call.room} <= set(video_given.live().rooms)
