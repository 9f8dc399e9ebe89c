"""The witness's pages: the waiting board and the call desk."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db import read
from app.domain.states import State
from app.models import AuditEntry, Staff
from app.services import call_decisions, calls, waiting_room, witnesses
from tests import given
from tests.services import video_given
from tests.services.video_given import ALL_YES

pytestmark = pytest.mark.usefixtures("context")


def text(answer: Any) -> str:
    return answer.get_data(as_text=True)


def at_the_desk(client: FlaskClient) -> tuple[Staff, Any, str]:
    _investor, witness, call = video_given.a_call()
    given.signed_in(client, witness)
    return witness, call, f"/admin/desk/{call.id}"


def test_the_board_shows_who_waits_masked_and_in_order(client: FlaskClient) -> None:
    video_given.somebody_waiting(1)
    video_given.somebody_waiting(2)
    given.signed_in(client, given.a_member_of_staff())

    page = text(client.get("/admin/board"))

    assert page.index("B001") < page.index("B002")
    assert "周*例" in page
    assert "周样例" not in page


def test_the_board_says_what_the_check_of_the_devices_found(client: FlaskClient) -> None:
    checks: list[dict[str, str]] = [{}, {"camera": "ok", "speaker": "ok"}, {"camera": "none", "microphone": "quiet"}]
    for serial, found in enumerate(checks, start=1):
        _investor, case, _ticket = video_given.somebody_waiting(serial)
        waiting_room.checked(case, found)
    given.signed_in(client, given.a_member_of_staff())

    rows = re.findall(r"<tr><td class=.n.>.*?</tr>", text(client.get("/admin/board")))

    said = [re.findall(r'<span class="tag ([a-z]+)">([^<]+)</span>', row)[0] for row in rows]
    assert said == [("off", "未检查"), ("ok", "正常"), ("bad", "摄像头不可用")]


def polled(client: FlaskClient, page: str) -> Any:
    """What the board asks for by itself, as htmx does."""
    (address,) = re.findall(r'id="board" hx-get="([^"]+)"', page)
    return client.get(address, headers={"HX-Request": "true", "HX-Target": "board"})


def test_a_board_that_nobody_looks_after_signs_its_witness_out(client: FlaskClient) -> None:
    clock = video_given.clock()
    given.signed_in(client, given.a_member_of_staff())
    page = text(client.get("/admin/board"))

    answers = []
    for _ in range(4):
        clock.advance(minutes=4)
        answers.append(polled(client, page).headers.get("HX-Redirect"))

    assert answers[:3] == [None, None, None]
    assert "/admin/sign-in" in answers[3]


def test_in_a_call_the_board_keeps_its_witness_signed_in(client: FlaskClient) -> None:
    at_the_desk(client)
    page = text(client.get("/admin/board"))

    for _ in range(5):
        video_given.clock().advance(minutes=4)
        answer = polled(client, page)

    assert answer.status_code == 200
    assert 'id="board"' in text(answer)


def test_looking_at_the_board_makes_a_witness_present(client: FlaskClient) -> None:
    video_given.clock()
    witness = given.a_member_of_staff()
    given.signed_in(client, witness)

    client.get("/admin/board")

    assert witnesses.is_present(given.fresh(witness))


def test_calling_the_next_leads_to_the_desk_also_at_a_second_click(client: FlaskClient) -> None:
    video_given.somebody_waiting(1)
    video_given.somebody_waiting(2)
    given.signed_in(client, given.a_member_of_staff())

    first = given.post(client, "/admin/board/next", page="/admin/board")
    second = given.post(client, "/admin/board/next", page="/admin/board")

    assert first.location.startswith("/admin/desk/")
    assert first.location == second.location


def test_a_desk_that_rings_asks_for_nothing_but_the_answer(client: FlaskClient) -> None:
    _investor, case, _ticket = video_given.somebody_waiting()
    witness = video_given.a_witness()
    call = calls.ring(witness)
    assert call is not None
    given.signed_in(client, witness)
    asks = re.compile(r'hx-get="([^"?]+)[^"]*" hx-trigger="[^"]*nudge from:body"')

    ringing = asks.findall(text(client.get(f"/admin/desk/{call.id}")))
    calls.answer(case.id, case.investor)
    talking = asks.findall(text(client.get(f"/admin/desk/{call.id}")))

    assert ringing == [f"/admin/desk/{call.id}/standing"]
    assert talking == [f"/admin/desk/{call.id}/standing", *[f"/admin/desk/{call.id}"] * 3]


def test_with_nobody_waiting_the_board_says_so(client: FlaskClient) -> None:
    video_given.clock()
    given.signed_in(client, given.a_member_of_staff())

    answer = given.post(client, "/admin/board/next", page="/admin/board", follow_redirects=True)

    assert "现在没有人在等" in text(answer)


def test_a_reviewer_has_no_waiting_board(client: FlaskClient) -> None:
    given.signed_in(client, given.a_member_of_staff("reviewer"))

    assert client.get("/admin/board").status_code == 403


def test_the_desk_shows_script_checks_reasons_and_the_masked_identity(client: FlaskClient) -> None:
    _witness, call, url = at_the_desk(client)

    page = text(client.get(url))

    assert call.spoken_code[:3] in page
    assert "周*例" in page
    assert call.case.investor.id_number not in page
    assert page.count("<li>请") + page.count("<li>告知") + page.count("<li>现在") == len(calls.QUESTIONS)
    assert 'value="ID_PORTRAIT_BLUR"' in page


def test_another_witness_s_desk_does_not_exist(app: Flask, client: FlaskClient) -> None:
    _witness, _call, url = at_the_desk(client)
    other = given.signed_in(app.test_client(), given.a_member_of_staff(login="other"))

    assert other.get(url).status_code == 404


def test_a_pass_needs_everything_and_keeps_what_was_answered(client: FlaskClient) -> None:
    _witness, call, url = at_the_desk(client)

    answer = given.post(client, f"{url}/pass", {**ALL_YES, "code_right": "no"}, page=url)

    assert answer.status_code == 422
    assert "“口令正确”答了否" in text(answer)
    assert text(answer).count("checked") == len(call_decisions.CHECKS)
    assert given.fresh(call).state == "in_call"


def test_a_pass_without_stills_names_those_that_are_missing(client: FlaskClient) -> None:
    _witness, _call, url = at_the_desk(client)

    answer = given.post(client, f"{url}/pass", ALL_YES, page=url)

    assert answer.status_code == 422
    assert "还缺照片：人脸、人像面、国徽面" in text(answer)


def test_a_pass_moves_the_case_and_leads_to_the_board(client: FlaskClient) -> None:
    witness, call, url = at_the_desk(client)
    video_given.everything_for_a_pass(call, witness)

    answer = given.post(client, f"{url}/pass", ALL_YES, page=url)

    assert answer.location == f"/admin/board?over={call.id}"
    assert given.fresh(call.case).state == State.CERTIFICATE_INSTALL


def test_the_board_says_how_the_call_ended_whatever_else_the_page_asked_meanwhile(client: FlaskClient) -> None:
    witness, call, url = at_the_desk(client)
    video_given.everything_for_a_pass(call, witness)
    answer = given.post(client, f"{url}/pass", ALL_YES, page=url)

    client.get("/admin/board")
    own_look = client.get(url)
    said = text(client.get(answer.location))
    video_given.clock().advance(minutes=3)
    later = text(client.get(answer.location))

    assert own_look.location == answer.location
    assert "这次视频已经通过" in said
    assert "这次视频已经通过" not in later


def test_sending_back_from_the_desk(client: FlaskClient) -> None:
    _witness, call, url = at_the_desk(client)
    data = {"fault": "ID_PORTRAIT_BLUR", "remark:ID_PORTRAIT_BLUR": "请重拍"}

    answer = given.post(client, f"{url}/send-back", data, page=url)

    assert answer.location == f"/admin/board?over={call.id}"
    assert given.fresh(call.case).state == State.VIDEO_RETURNED


def test_sending_back_without_a_reason_stays_at_the_desk(client: FlaskClient) -> None:
    _witness, _call, url = at_the_desk(client)

    answer = given.post(client, f"{url}/send-back", page=url)

    assert answer.status_code == 422
    assert "请至少勾选一条退回原因" in text(answer)


@pytest.mark.parametrize(("place", "state"), [("keep", State.QUEUED), ("leave", State.VIDEO)])
def test_ending_without_a_decision(client: FlaskClient, place: str, state: State) -> None:
    _witness, call, url = at_the_desk(client)

    given.post(client, f"{url}/end", {"place": place}, page=url)

    assert given.fresh(call.case).state == state


def test_a_pass_after_the_call_is_over_changes_nothing_and_says_so(client: FlaskClient) -> None:
    witness, call, url = at_the_desk(client)
    video_given.everything_for_a_pass(call, witness)
    token = given.csrf_of(text(client.get(url)))
    call_decisions.end(call.id, witness, keep_place=True)

    answer = client.post(f"{url}/pass", data={"csrf_token": token, **ALL_YES}, follow_redirects=True)

    assert "通话中断了" in text(answer)
    assert given.fresh(call.case).state == State.QUEUED


def test_the_desk_turns_when_the_investor_answers(client: FlaskClient) -> None:
    investor, case, _ticket = video_given.somebody_waiting()
    witness = given.a_member_of_staff()
    given.signed_in(client, witness)
    call = calls.ring(witness)
    assert call is not None
    url = f"/admin/desk/{call.id}"
    assert "正在呼叫" in text(client.get(url))
    assert client.get(f"{url}/standing?state=ringing").status_code == 204

    calls.answer(case.id, investor)
    answer = client.get(f"{url}/standing?state=ringing", headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == url


def test_slices_are_acknowledged_and_can_be_sent_again(client: FlaskClient) -> None:
    _witness, call, url = at_the_desk(client)
    headers = {
        "X-CSRFToken": given.csrf_of(text(client.get(url))),
        "X-Content-SHA256": hashlib.sha256(b"x").hexdigest(),
    }

    answers = [client.post(f"{url}/slices/a/0", data=b"x", headers=headers) for _time in range(2)]

    assert [answer.get_json()["slices"] for answer in answers] == [1, 1]
    assert given.fresh(call).slices == 1


def test_a_slice_out_of_turn_is_told_which_one_is_next(client: FlaskClient) -> None:
    _witness, _call, url = at_the_desk(client)
    headers = {
        "X-CSRFToken": given.csrf_of(text(client.get(url))),
        "X-Content-SHA256": hashlib.sha256(b"x").hexdigest(),
    }

    answer = client.post(f"{url}/slices/a/3", data=b"x", headers=headers)

    assert (answer.status_code, answer.get_json()) == (422, {"code": "gap", "expected": 0})


def test_the_heartbeat_says_when_the_call_is_over(client: FlaskClient) -> None:
    witness, call, url = at_the_desk(client)
    headers = {"X-CSRFToken": given.csrf_of(text(client.get(url)))}
    during = client.post(f"{url}/heartbeat", headers=headers).status_code
    call_decisions.end(call.id, witness, keep_place=False)

    assert (during, client.post(f"{url}/heartbeat", headers=headers).status_code) == (204, 409)


def test_a_still_of_another_branch_office_is_refused_like_one_that_is_not_there(client: FlaskClient) -> None:
    _witness, call, _page = at_the_desk(client)
    video_given.a_still("face", call)
    (still,) = given.fresh(call).stills
    elsewhere = given.a_branch_office("拱墅营业部").id
    looks = len(list(read().scalars(select(AuditEntry).where(AuditEntry.action == "still.viewed"))))
    for login, roles in (("w0099", ["witness"]), ("r0099", ["reviewer"]), ("a0099", ["administrator"])):
        given.signed_in(client, given.a_member_of_staff(*roles, login=login, branch_office_id=elsewhere))

        answers = [client.get(f"/admin/stills/{one}").status_code for one in (still.id, "0" * 32)]

        assert answers == [404, 404], login
    assert len(list(read().scalars(select(AuditEntry).where(AuditEntry.action == "still.viewed")))) == looks


def test_a_still_is_shown_with_a_watermark_and_the_look_is_on_record(client: FlaskClient) -> None:
    _witness, call, url = at_the_desk(client)
    video_given.a_still("face", call)
    assert "/admin/stills/" in text(client.get(url))

    answer = client.get(f"/admin/stills/{given.fresh(call).stills[0].id}")

    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_pause_is_set_and_ended_at_the_board_and_is_on_record(client: FlaskClient) -> None:
    office = given.a_branch_office()
    given.signed_in(client, video_given.a_witness())

    given.post(client, f"/admin/board/pause/{office.id}", {"minutes": "15"}, page="/admin/board")
    paused = client.get("/admin/board").get_data(as_text=True)
    given.post(client, f"/admin/board/pause/{office.id}", {"minutes": "0"}, page="/admin/board")

    assert "恢复接待" in paused
    assert "接待中" in client.get("/admin/board").get_data(as_text=True)
    assert [entry.action for entry in read().scalars(select(AuditEntry).order_by(AuditEntry.number))][-2:] == [
        "office.paused",
        "office.resumed",
    ]


def test_the_board_that_looks_again_holds_nothing_that_could_be_half_chosen(client: FlaskClient) -> None:
    office = given.a_branch_office()
    given.signed_in(client, given.a_member_of_staff(branch_office_id=office.id))

    board = client.get("/admin/board", headers={"HX-Request": "true", "HX-Target": "board"}).get_data(as_text=True)

    assert not re.search(r"<select|<textarea|<input(?! type=.hidden)|<details", board)
    assert f'id="pause-{office.id}-15" name="minutes" value="15"' in board


def test_the_pause_of_another_branch_office_is_not_ours(client: FlaskClient) -> None:
    elsewhere = given.a_branch_office("宁波营业部")
    given.signed_in(client, video_given.a_witness())

    assert (
        given.post(client, f"/admin/board/pause/{elsewhere.id}", {"minutes": "15"}, page="/admin/board").status_code
        == 404
    )
