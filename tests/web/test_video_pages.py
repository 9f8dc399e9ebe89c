"""The video step in a plain browser: start, waiting room, ring, call, appointment."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.domain.states import State
from app.models import BranchOffice, Case, Investor, Staff
from app.services import appointments, call_decisions, call_rounds, call_talk, calls, cases, waiting_room, witnesses
from tests import given
from tests.services import video_given

pytestmark = pytest.mark.usefixtures("context")


def somebody_at_the_video(client: FlaskClient) -> tuple[Investor, Case, str]:
    video_given.clock()
    investor = given.an_investor()
    case = given.a_case(investor, State.VIDEO)
    given.signed_in(client, investor)
    return investor, case, f"/cases/{case.id}"


def waits(client: FlaskClient) -> tuple[Investor, Case, str]:
    investor, case, _ticket = video_given.somebody_waiting()
    given.signed_in(client, investor)
    return investor, case, f"/cases/{case.id}"


def text(answer: Any) -> str:
    return answer.get_data(as_text=True)


def test_the_way_into_the_queue_is_a_plain_form(client: FlaskClient) -> None:
    _investor, case, url = somebody_at_the_video(client)

    answer = given.post(client, f"{url}/video", {"consent": "y"})

    assert (answer.status_code, answer.location) == (303, f"{url}/video/waiting")
    assert given.fresh(case).state == State.QUEUED


def test_a_day_of_the_offices_own_says_its_reason_before_one_queues_or_books(client: FlaskClient) -> None:
    _investor, case, url = somebody_at_the_video(client)
    for ahead in (0, 2):
        day = video_given.A_TUESDAY_MORNING.date() + timedelta(days=ahead)
        video_given.own_day(case.branch_office, day, *([["14:00", "15:00"]] if ahead else []))

    start, booking = text(client.get(f"{url}/video")), text(client.get(f"{url}/appointment"))

    assert "今天 不办理视频：停电检修" in start
    assert "14:00–15:00：停电检修" in booking
    client.get("/language/en")
    assert "Power cut" in text(client.get(f"{url}/video"))


def test_without_consent_to_being_recorded_nobody_joins(client: FlaskClient) -> None:
    _investor, case, url = somebody_at_the_video(client)

    answer = given.post(client, f"{url}/video")

    assert answer.status_code == 422
    assert "请先勾选同意录音录像" in text(answer)
    assert given.fresh(case).state == State.VIDEO


def test_a_second_click_on_start_ends_in_the_same_waiting_room_without_a_reproach(client: FlaskClient) -> None:
    _investor, _case, url = somebody_at_the_video(client)
    token = given.csrf_of(text(client.get(f"{url}/video")))

    for _click in range(2):
        answer = client.post(f"{url}/video", data={"csrf_token": token, "consent": "y"})

    assert answer.location == f"{url}/video/waiting"
    assert "还没到" not in text(client.get(answer.location))


def test_outside_hours_the_button_gives_way_to_the_next_opening_and_the_appointment(client: FlaskClient) -> None:
    _investor, case, url = somebody_at_the_video(client)
    with transaction() as db:
        db.get_one(BranchOffice, case.branch_office_id).video_windows = [["13:00", "16:30"]]

    page = text(client.get(f"{url}/video"))

    assert "现在不在视频时间内" in page
    assert "11月24日 星期二 13:00" in page
    assert f'href="{url}/appointment"' in page
    assert 'name="consent"' not in page


def test_the_device_check_is_remembered_and_blocks_nothing(client: FlaskClient) -> None:
    _investor, _case, url = somebody_at_the_video(client)
    found = {"camera": "none", "microphone": "quiet", "speaker": "ok", "size": "<script>"}

    given.post(client, f"{url}/video/devices", found, page=f"{url}/video")
    page = text(client.get(f"{url}/video"))

    assert "没有找到摄像头" in page
    assert "&lt;script" not in page
    assert 'name="consent"' in page


def test_what_was_checked_goes_with_the_place_in_the_row(client: FlaskClient) -> None:
    _investor, case, url = somebody_at_the_video(client)
    given.post(client, f"{url}/video/devices", {"camera": "ok", "microphone": "?"}, page=f"{url}/video")

    given.post(client, f"{url}/video", {"consent": "y"})
    joined = waiting_room.live_of(given.fresh(case))
    assert joined is not None
    before = joined.devices
    given.post(client, f"{url}/video/devices", {"camera": "refused"}, page=f"{url}/video/waiting")

    assert before == {"camera": "ok"}
    assert given.fresh(joined).devices == {"camera": "refused"}


def test_the_waiting_room_says_where_one_stands(client: FlaskClient) -> None:
    video_given.somebody_waiting(1)
    investor, case, _ticket = video_given.somebody_waiting(2)
    given.signed_in(client, investor)
    witnesses.seen(video_given.a_witness())

    page = re.sub(r"</?span[^>]*>", "", text(client.get(f"/cases/{case.id}/video/waiting")))

    assert "第 2 位" in page
    assert "前面还有 1 人" in page
    assert "2 人，含您" in page
    assert "1 位见证人在线" in page
    assert 'http-equiv="refresh"' in page


def test_the_polled_part_is_the_room_alone(client: FlaskClient) -> None:
    _investor, _case, url = waits(client)

    answer = client.get(f"{url}/video/waiting", headers={"HX-Request": "true", "HX-Target": "room"})

    assert text(answer).strip().startswith('<div id="room"')


def test_polling_keeps_the_place(client: FlaskClient) -> None:
    _investor, case, url = waits(client)
    video_given.clock().advance(seconds=100)

    client.get(f"{url}/video/waiting")

    ticket = waiting_room.live_of(case)
    assert ticket is not None
    assert given.fresh(ticket).seen_at == video_given.clock().now()


def test_cancelling_leads_back_to_the_start(client: FlaskClient) -> None:
    _investor, case, url = waits(client)

    answer = given.post(client, f"{url}/video/waiting/cancel", page=f"{url}/video/waiting")

    assert answer.location == f"{url}/video"
    assert given.fresh(case).state == State.VIDEO


def test_a_ring_can_be_answered_without_javascript(client: FlaskClient) -> None:
    _investor, case, url = waits(client)
    witness = given.a_member_of_staff()
    calls.ring(witness)
    assert "见证人在呼叫您" in text(client.get(f"{url}/video/waiting"))

    answer = given.post(client, f"{url}/video/waiting/accept", page=f"{url}/video/waiting")

    assert answer.location == f"{url}/video/call"
    assert given.fresh(case).state == State.IN_CALL
    page = text(client.get(answer.location))
    assert witness.name in page
    assert witness.licence_number in page


def test_an_answer_that_comes_too_late_is_told_so(client: FlaskClient) -> None:
    _investor, case, url = waits(client)
    calls.ring(given.a_member_of_staff())
    token = given.csrf_of(text(client.get(f"{url}/video/waiting")))
    video_given.clock().advance(seconds=31)
    call_rounds.reconcile()

    answer = client.post(f"{url}/video/waiting/accept", data={"csrf_token": token})

    assert answer.location == f"{url}/video/waiting"
    assert "这次呼叫已经停了" in text(client.get(answer.location))
    assert given.fresh(case).state == State.QUEUED


def test_after_two_missed_rings_the_start_page_says_why(client: FlaskClient) -> None:
    investor, case, url = waits(client)
    for _ring in range(2):
        calls.ring(given.a_member_of_staff(login=f"w{_ring}"))
        calls.decline(case.id, investor)

    page = text(client.get(f"{url}/video/waiting", follow_redirects=True))

    assert "两次呼叫都没有接通" in page


def in_a_call(client: FlaskClient) -> tuple[Investor, Staff, Any, str]:
    investor, witness, call = video_given.a_call()
    given.signed_in(client, investor)
    return investor, witness, call, f"/cases/{call.case_id}"


def test_the_call_page_says_nothing_until_the_call_is_over_and_then_leads_on(client: FlaskClient) -> None:
    _investor, witness, call, url = in_a_call(client)
    during = client.get(f"{url}/video/call/standing")
    call_decisions.send_back(call.id, witness, ["ID_PORTRAIT_BLUR"], {}, {})

    after = client.get(f"{url}/video/call/standing", headers={"HX-Request": "true"})

    assert during.status_code == 204
    assert f"{url}/photos" in after.headers["HX-Location"]


def test_hanging_up_leads_back_to_the_start(client: FlaskClient) -> None:
    _investor, _witness, call, url = in_a_call(client)

    answer = given.post(client, f"{url}/video/call/hang-up", page=f"{url}/video/call")

    assert answer.location == f"{url}/video"
    assert given.fresh(call).state == "ended"


def test_nobody_without_scripts_is_shown_a_box_that_sends_nothing_but_what_was_written_can_be_read(
    client: FlaskClient,
) -> None:
    _investor, _witness, call, url = in_a_call(client)
    silent = client.get(f"{url}/video/call").text
    call_talk.say(call.id, "desk", "请换一台设备")

    spoken = client.get(f"{url}/video/call").text

    assert "<section hidden><h2>文字交谈" in silent
    assert "<section><h2>文字交谈" in spoken
    assert "请换一台设备</dd>" in spoken
    assert silent.count("<div hidden data-say>") == spoken.count("<div hidden data-say>") == 1


def test_a_still_is_taken_by_the_investor_s_page(client: FlaskClient) -> None:
    _investor, _witness, call, url = in_a_call(client)
    data = {"kind": "id_portrait", "still": (io.BytesIO(video_given.a_picture()), "still.jpg")}

    answer = given.post(client, f"{url}/video/call/stills", data, page=f"{url}/video/call")

    assert (answer.status_code, answer.get_json()) == (200, {"code": "kept"})
    assert [still.kind for still in given.fresh(call).stills] == ["id_portrait"]


def test_a_black_still_is_refused_with_its_code(client: FlaskClient) -> None:
    _investor, _witness, _call, url = in_a_call(client)
    data = {"kind": "face", "still": (io.BytesIO(video_given.a_picture(colour=0)), "still.jpg")}

    answer = given.post(client, f"{url}/video/call/stills", data, page=f"{url}/video/call")

    assert (answer.status_code, answer.get_json()) == (422, {"code": "black"})


def test_somebody_else_s_call_does_not_exist(app: Flask, client: FlaskClient) -> None:
    _investor, _witness, _call, url = in_a_call(client)
    stranger = given.signed_in(app.test_client(), given.an_investor(77))

    assert [stranger.get(f"{url}/video{page}").status_code for page in ("", "/waiting", "/call")] == [404, 404, 404]


def test_a_video_sent_back_shows_the_reason_and_the_way_again(client: FlaskClient) -> None:
    _investor, witness, call, url = in_a_call(client)
    call_decisions.send_back(call.id, witness, ["VIDEO_DARK"], {"VIDEO_DARK": "请开灯再来"}, {})
    page = text(client.get(f"{url}/video"))
    assert "请开灯再来" in page
    assert "重新视频" in page

    answer = given.post(client, f"{url}/video", {"consent": "y"})

    assert answer.location == f"{url}/video/waiting"


def test_too_far_ahead_leads_to_the_due_step(client: FlaskClient) -> None:
    investor = given.an_investor()
    case = given.a_case(investor, State.PHOTOS)
    given.signed_in(client, investor)

    answer = client.get(f"/cases/{case.id}/video/waiting")

    assert answer.location == f"/cases/{case.id}/photos"


def test_a_passed_video_can_be_looked_at_and_not_repeated(client: FlaskClient) -> None:
    video_given.clock()
    investor = given.an_investor()
    case = given.a_case(investor, State.AGREEMENTS)
    given.signed_in(client, investor)
    with transaction():
        cases.locked(case.id).video_passed_at = video_given.clock().now()

    page = text(client.get(f"/cases/{case.id}/video"))

    assert "通过，这里不用再做什么" in page
    assert 'name="consent"' not in page


# -- appointments -----------------------------------------------------------------------------------------------------


def first_slot(page: str) -> str:
    found = re.search(r'name="slot" value="([^"]+)">', page)
    assert found
    return found.group(1)


def test_a_plain_browser_books_changes_and_cancels(client: FlaskClient) -> None:
    _investor, case, url = somebody_at_the_video(client)
    slot = first_slot(text(client.get(f"{url}/appointment?day=2026-11-26")))

    booked = given.post(client, f"{url}/appointment", {"slot": slot})
    page = text(client.get(booked.location))
    assert "已预约" in page
    other = first_slot(text(client.get(f"{url}/appointment?day=2026-11-27")))
    given.post(client, f"{url}/appointment", {"slot": other})
    live = appointments.live_of(case)
    assert live is not None
    assert live.starts_at.isoformat() != slot
    given.post(client, f"{url}/appointment/cancel", page=f"{url}/appointment")

    assert appointments.live_of(case) is None


@pytest.mark.parametrize(
    "slot",
    ["", "tomorrow", "2026-11-25T10:00:00", "2026-11-25T10:07:00+08:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59Z"],
)
def test_a_time_that_is_none_is_refused_at_the_field(client: FlaskClient, slot: str) -> None:
    _investor, _case, url = somebody_at_the_video(client)

    answer = given.post(client, f"{url}/appointment", {"slot": slot, "day": "2026-11-26"})

    assert answer.status_code == 422
    assert 'id="slot-e"' in text(answer)


def test_a_full_slot_says_so_and_offers_the_others(client: FlaskClient) -> None:
    _investor, case, url = somebody_at_the_video(client)
    with transaction() as db:
        db.get_one(BranchOffice, case.branch_office_id).slot_capacity = 1
    slot = first_slot(text(client.get(f"{url}/appointment")))
    other = given.an_investor(2)
    appointments.book(given.a_case(other, State.VIDEO).id, other, _moment(slot))

    answer = given.post(client, f"{url}/appointment", {"slot": slot})

    assert answer.status_code == 422
    assert "刚刚约满" in text(answer)
    assert "最近还空着的时间" in text(answer)
    assert 'name="slot"' in text(answer)


def _moment(value: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(value)


def test_the_appointment_goes_into_a_calendar(client: FlaskClient) -> None:
    _investor, _case, url = somebody_at_the_video(client)
    given.post(client, f"{url}/appointment", {"slot": "2026-11-25T10:00:00+08:00"})

    answer = client.get(f"{url}/appointment.ics")

    assert answer.mimetype == "text/calendar"
    assert "DTSTART:20261125T020000Z\r\nDTEND:20261125T023000Z\r\n" in text(answer)


def test_from_the_waiting_room_one_may_book_instead(client: FlaskClient) -> None:
    _investor, case, url = waits(client)
    assert "排队位置就不保留了" in text(client.get(f"{url}/appointment"))

    given.post(client, f"{url}/appointment", {"slot": "2026-11-25T10:00:00+08:00"})

    assert given.fresh(case).state == State.VIDEO
    assert waiting_room.live_of(case) is None


def test_who_would_be_called_after_closing_time_is_offered_the_next_free_times(client: FlaskClient) -> None:
    investor, _case, url = somebody_at_the_video(client)
    video_given.clock().stop_at(video_given.A_TUESDAY_MORNING.replace(hour=23, minute=50))
    for serial in (11, 12):
        video_given.somebody_waiting(serial)
    witnesses.seen(video_given.a_witness())
    given.signed_in(client, investor)

    page = text(client.get(f"{url}/video"))
    slot = re.search(r'name="slot" value="([^"]+)"', page)
    assert slot
    booked = given.post(client, f"{url}/appointment", {"slot": html.unescape(slot.group(1))}, page=f"{url}/video")

    assert "今天来不及了" in page
    assert booked.status_code == 303


def test_before_the_lunch_break_the_page_says_when_it_goes_on_today(client: FlaskClient) -> None:
    investor, case, url = somebody_at_the_video(client)
    with transaction() as db:
        db.get_one(BranchOffice, case.branch_office_id).video_windows = [["09:00", "11:30"], ["13:00", "16:30"]]
    video_given.clock().stop_at(video_given.A_TUESDAY_MORNING.replace(hour=11, minute=18))
    witnesses.seen(video_given.a_witness())
    given.signed_in(client, investor)
    assert "休息前来不及了" not in text(client.get(f"{url}/video"))
    for serial in (11, 12):
        video_given.somebody_waiting(serial)

    page = text(client.get(f"{url}/video"))

    assert "13:00 继续" in page
    assert "今天来不及了" not in page
    assert "下班" not in page
    assert 'name="slot"' in page


def test_shortly_before_the_appointment_one_says_that_one_is_ready(client: FlaskClient) -> None:
    investor, case, url = somebody_at_the_video(client)
    offer = appointments.next_free(case.branch_office, 1)[0]
    appointments.book(case.id, investor, offer.slot.starts_at)
    video_given.clock().stop_at(offer.slot.starts_at)
    video_given.clock().advance(minutes=-20)
    given.signed_in(client, investor)

    given.post(client, f"{url}/video/ready", page=f"{url}/video")

    assert "已准备好" in text(client.get(f"{url}/video"))
