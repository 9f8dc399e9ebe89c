"""The counter review, seen from a browser without JavaScript."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db import read, transaction
from app.domain.states import State
from app.models import Call, CallFilm, CallStill, Case, Staff
from app.outside import outside
from app.services import case_care, cases, casework, decisions, files, films, review
from tests import given
from tests.staff_given import a_passed_call, a_photo, a_submitted_case, at_the_desk

ALL_YES = dict.fromkeys(decisions.CHECKS, "yes")


@pytest.fixture
def case_id(app: Flask, client: FlaskClient) -> str:
    """A submitted case that the client's reviewer has claimed."""
    with app.app_context():
        me = at_the_desk(client)
        case = a_submitted_case()
        a_passed_call(case, given.a_member_of_staff("witness", login="w9", name="陈静"), b"0123456789", b"abcdefghij")
        review.claim(case.id, me)
        return case.id


def state_of(app: Flask, case_id: str) -> str:
    from app.models import Case

    with app.app_context():
        return read().get_one(Case, case_id).state


def test_the_page_shows_everything_and_nothing_in_full(client: FlaskClient, case_id: str) -> None:
    page = client.get(f"/admin/review/{case_id}").text

    assert "周*例" in page
    assert "周样例" not in page
    assert "1100**********" in page
    assert given.CMB_CARD not in page
    for words in ("见证人 陈静", "有效", "recording.webm", "退回原因", "我的，还剩"):
        assert words in page


def test_approving_leads_back_to_the_list(app: Flask, client: FlaskClient, case_id: str) -> None:
    answer = given.post(
        client, f"/admin/review/{case_id}/approve", ALL_YES, page=f"/admin/review/{case_id}", follow_redirects=True
    )

    assert answer.request.path == "/admin/review"
    assert "已通过" in answer.text
    assert state_of(app, case_id) == State.REGISTERING


def test_a_missing_answer_is_said_at_the_check_and_everything_typed_stays(client: FlaskClient, case_id: str) -> None:
    typed = {**ALL_YES, "card_matches": "", "fault": "ID_PORTRAIT_BLUR", "remark:ID_PORTRAIT_BLUR": "看不清住址"}

    answer = given.post(client, f"/admin/review/{case_id}/approve", typed, page=f"/admin/review/{case_id}")

    assert answer.status_code == 422
    assert "“卡号与卡面一致”还没有回答" in answer.text
    assert "看不清住址" in answer.text
    assert re.search(r'name="photos_match" value="yes"[^>]*checked', answer.text)


def test_a_no_keeps_a_case_from_being_approved(app: Flask, client: FlaskClient, case_id: str) -> None:
    typed = {**ALL_YES, "card_matches": "no"}

    answer = given.post(client, f"/admin/review/{case_id}/approve", typed, page=f"/admin/review/{case_id}")

    assert answer.status_code == 422
    assert state_of(app, case_id) == State.IN_REVIEW


def test_sending_back_needs_a_reason(client: FlaskClient, case_id: str) -> None:
    answer = given.post(client, f"/admin/review/{case_id}/send-back", ALL_YES, page=f"/admin/review/{case_id}")

    assert answer.status_code == 422
    assert "请至少勾选一条退回原因" in answer.text


def test_the_reason_other_needs_words(client: FlaskClient, case_id: str) -> None:
    typed = {"fault": "OTHER@photos"}

    answer = given.post(client, f"/admin/review/{case_id}/send-back", typed, page=f"/admin/review/{case_id}")

    assert answer.status_code == 422
    assert "请写明原因" in answer.text


def test_sending_back_lands_on_the_field(app: Flask, client: FlaskClient, case_id: str) -> None:
    typed = {"fault": "ID_PORTRAIT_BLUR", "remark:ID_PORTRAIT_BLUR": "看不清住址"}

    answer = given.post(
        client, f"/admin/review/{case_id}/send-back", typed, page=f"/admin/review/{case_id}", follow_redirects=True
    )

    assert "已退回" in answer.text
    assert state_of(app, case_id) == State.REVIEW_RETURNED


def test_the_consequence_is_said_before_anything_is_decided(app: Flask, client: FlaskClient, case_id: str) -> None:
    page = client.get(f"/admin/review/{case_id}").text
    card = re.search(r'value="(CARD_NUMBER_MISMATCH@[0-9a-f]+)"', page)
    assert card

    answer = given.post(
        client, f"/admin/review/{case_id}/consequence", {"fault": card.group(1)}, page=f"/admin/review/{case_id}"
    )

    assert "退回到银行卡，之后重做视频、重签协议" in answer.text
    assert state_of(app, case_id) == State.IN_REVIEW


def test_under_htmx_the_consequence_is_one_small_fragment(client: FlaskClient, case_id: str) -> None:
    answer = given.post(
        client, f"/admin/review/{case_id}/consequence", {"fault": "SIGNATURE_ILLEGIBLE"},
        page=f"/admin/review/{case_id}", headers={"HX-Request": "true", "HX-Target": "consequence"},
    )  # fmt: skip

    assert answer.text.strip().startswith('<span id="consequence"')
    assert "退回到照片，之后重签协议" in answer.text


def test_a_double_click_on_approve_says_it_is_done(client: FlaskClient, case_id: str) -> None:
    page = f"/admin/review/{case_id}"
    token = given.csrf_of(client.get(page).text)
    data = {**ALL_YES, "csrf_token": token}
    client.post(f"{page}/approve", data=data)

    again = client.post(f"{page}/approve", data=data, follow_redirects=True)

    assert again.status_code == 200
    assert "已经有了结果" in again.text


def test_who_comes_second_is_told_who_is_on_it(app: Flask, client: FlaskClient, case_id: str) -> None:
    other = app.test_client()
    with app.app_context():
        at_the_desk(other, login="r2", name="何苗")

    page = other.get(f"/admin/review/{case_id}")
    listed = other.get("/admin/review")

    assert "郑可 正在复核这一笔" in page.text
    assert "身份证" not in page.text
    assert "郑可 在复核" in listed.text


def test_the_second_to_claim_lands_on_the_list_with_the_name(app: Flask, client: FlaskClient, case_id: str) -> None:
    other = app.test_client()
    with app.app_context():
        at_the_desk(other, login="r2", name="何苗")

    answer = given.post(other, f"/admin/review/{case_id}/claim", page="/admin/cases", follow_redirects=True)

    assert answer.request.path == "/admin/review"
    assert "由 郑可 在复核" in answer.text


TYPED = {**ALL_YES, "card_matches": "", "fault": "ID_PORTRAIT_BLUR", "remark:ID_PORTRAIT_BLUR": "看不清住址"}


def later(app: Flask, client: FlaskClient, minutes: int) -> None:
    """So much later, with a look at a page now and then."""
    for _each in range(0, minutes, 7):
        with app.app_context():
            outside.clock.advance(minutes=7)  # type: ignore[attr-defined]
        client.get("/admin/cases")


def test_beginning_the_lease_anew_takes_away_nothing_that_was_typed(
    app: Flask, client: FlaskClient, case_id: str
) -> None:
    page = f"/admin/review/{case_id}"
    later(app, client, 14)

    answer = given.post(client, f"{page}/renew", TYPED, page=page)
    swapped = given.post(client, f"{page}/renew", TYPED, page=page, headers={"HX-Request": "true"})

    assert "我的，还剩" in answer.text
    assert "看不清住址" in answer.text
    assert re.search(r'name="photos_match" value="yes"[^>]*checked', answer.text)
    assert swapped.text.strip().startswith('<span id="lease"')
    with app.app_context():
        until = cases.known(case_id).claimed_until
        assert until
        assert until - outside.clock.now() > timedelta(minutes=19)


@pytest.mark.parametrize("verb", ["approve", "send-back", "refuse", "consequence"])
def test_who_decides_too_late_has_the_case_again_with_all_that_was_typed(
    app: Flask, client: FlaskClient, case_id: str, verb: str
) -> None:
    page = f"/admin/review/{case_id}"
    token = given.csrf_of(client.get(page).text)
    later(app, client, 21)
    with app.app_context():
        review.reconcile()

    answer = client.post(
        f"{page}/{verb}", data={**TYPED, "card_matches": "yes", "final_reason": "FINAL_COERCED", "csrf_token": token}
    )

    assert "领取已到期，刚才已为您重新领取" in answer.text
    assert "看不清住址" in answer.text
    assert re.search(r'value="FINAL_COERCED" selected', answer.text)
    assert state_of(app, case_id) == State.IN_REVIEW


def test_who_comes_too_late_with_something_wrong_is_told_so_on_the_page_as_it_was(
    app: Flask, client: FlaskClient, case_id: str
) -> None:
    page = f"/admin/review/{case_id}"
    token = given.csrf_of(client.get(page).text)
    later(app, client, 21)

    answer = client.post(f"{page}/approve", data={**TYPED, "csrf_token": token})

    assert answer.status_code == 422
    assert "“卡号与卡面一致”还没有回答" in answer.text
    assert "看不清住址" in answer.text


def test_who_comes_too_late_is_told_who_is_on_the_case_now(app: Flask, client: FlaskClient, case_id: str) -> None:
    page = f"/admin/review/{case_id}"
    token = given.csrf_of(client.get(page).text)
    later(app, client, 21)
    other = app.test_client()
    with app.app_context():
        review.claim(case_id, at_the_desk(other, login="r2", name="何苗"))

    answer = client.post(f"{page}/send-back", data={**TYPED, "csrf_token": token}, follow_redirects=True)

    assert answer.request.path == "/admin/review"
    assert "由 何苗 在复核" in answer.text


def test_each_button_of_the_second_person_has_its_key(app: Flask, client: FlaskClient, case_id: str) -> None:
    page = f"/admin/review/{case_id}"
    before = client.get(page).text
    given.post(client, f"{page}/refuse", {"final_reason": "FINAL_IMPERSONATION"}, page=page)
    second = app.test_client()
    with app.app_context():
        at_the_desk(second, login="r2", name="何苗")
    given.post(second, f"{page}/claim", page="/admin/review")
    shown = second.get(page).text

    assert re.search(r'data-key="y">确认拒绝<kbd>Y</kbd>', shown)
    assert re.search(r'data-key="d">不同意，继续复核<kbd>D</kbd>', shown)
    assert re.search(r'data-key="l">重新计时<kbd>L</kbd>', shown)
    assert "确认拒绝；不同意或撤回提议" in shown
    assert "确认拒绝；不同意或撤回提议" not in before


def test_two_people_refuse_for_good(app: Flask, client: FlaskClient, case_id: str) -> None:
    page = f"/admin/review/{case_id}"
    given.post(client, f"{page}/refuse", {"final_reason": "FINAL_IMPERSONATION"}, page=page)
    second = app.test_client()
    with app.app_context():
        at_the_desk(second, login="r2", name="何苗")
    own, theirs = client.get("/admin/review").text, second.get("/admin/review").text

    given.post(second, f"{page}/claim", page="/admin/review")
    shown = second.get(page).text
    given.post(second, f"{page}/confirm-refusal", page=page)

    assert 'data-key="n"' not in own  # the key for the next case does not lead back to one's own proposal
    assert 'data-key="n"' in theirs
    assert "有人提议拒绝" in shown
    assert "确认拒绝" in shown
    assert state_of(app, case_id) == State.FAILED


def test_a_refusal_needs_a_reason(client: FlaskClient, case_id: str) -> None:
    answer = given.post(client, f"/admin/review/{case_id}/refuse", {}, page=f"/admin/review/{case_id}")

    assert answer.status_code == 422
    assert "请选择拒绝的原因" in answer.text


def test_the_lease_is_asked_for_again_until_it_is_over(app: Flask, client: FlaskClient, case_id: str) -> None:
    from app.outside import outside

    headers = {"HX-Request": "true"}
    first = client.get(f"/admin/review/{case_id}/lease", headers=headers).text
    for _ in range(3):
        with app.app_context():
            outside.clock.advance(minutes=7)  # type: ignore[attr-defined]
        client.get("/admin/cases")

    last = client.get(f"/admin/review/{case_id}/lease", headers=headers).text

    assert "hx-get" in first
    assert "还剩" in first
    assert "hx-get" not in last
    assert "已到期" in last


def test_the_recording_is_played_whole_or_from_where_the_player_seeks(client: FlaskClient, case_id: str) -> None:
    address = re.search(r'src="(/admin/calls/[^"]+)"', client.get(f"/admin/review/{case_id}").text)
    assert address
    url = address.group(1)

    whole = client.get(url, buffered=True)
    part = client.get(url, headers={"Range": "bytes=8-11"}, buffered=True)
    beyond = client.get(url, headers={"Range": "bytes=99-"})

    assert (whole.status_code, whole.data) == (200, b"0123456789abcdefghij")
    assert (part.status_code, part.data) == (206, b"89ab")
    assert part.headers["Content-Range"] == "bytes 8-11/20"
    assert beyond.status_code == 416
    assert whole.headers["Cache-Control"] == "no-store"


def test_once_the_film_is_made_the_player_gets_it_and_seeks_in_it(
    app: Flask, client: FlaskClient, case_id: str
) -> None:
    with app.app_context(), transaction() as db:
        case = db.get_one(Case, case_id)
        call = db.scalars(select(Call).where(Call.case_id == case_id)).one()
        made = files.keep(case.vault, b"the film made over", films.FILM_TYPE)
        db.add(CallFilm(call_id=call.id, part="one", state="ready", asked_at=outside.clock.now(), blob=made))
    address = re.search(r'src="(/admin/calls/[^"#]+)', client.get(f"/admin/review/{case_id}").text)
    assert address

    whole = client.get(unescape(address.group(1)), buffered=True)
    part = client.get(unescape(address.group(1)), headers={"Range": "bytes=4-7"}, buffered=True)

    assert (whole.status_code, whole.data) == (200, b"the film made over")
    assert (part.status_code, part.data) == (206, b"film")
    assert part.headers["Content-Range"] == "bytes 4-7/18"


def test_a_recording_is_watched_under_the_name_of_who_watches_it(client: FlaskClient, case_id: str) -> None:
    page = client.get(f"/admin/review/{case_id}").text
    address = re.search(r'src="(/admin/calls/[^"#]+)', page)
    assert address
    url = unescape(address.group(1))

    opened_alone = client.get(url, headers={"Sec-Fetch-Dest": "document"})
    alone = client.get(f"{opened_alone.location}&at=3.5").text
    later = client.get("/admin/mark?poll=1", headers={"HX-Request": "true"}).text

    for seen in (page, alone, later):
        assert re.search(r'<div class="mark" [^>]+><b>仅供办理结算账户变更 郑可 20', seen)
    assert "nofullscreen" in alone
    assert "#t=3.5" in alone


def test_pages_of_the_review_in_english(client: FlaskClient, case_id: str) -> None:
    client.set_cookie("language", "en")

    assert client.get(f"/admin/review/{case_id}").status_code == 200


def test_a_decision_is_taken_back_from_the_list_and_the_page_is_as_it_was(
    app: Flask, client: FlaskClient, case_id: str
) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], review_undo_seconds=10)
    page = f"/admin/review/{case_id}"
    typed = {"fault": "ID_PORTRAIT_BLUR", "remark:ID_PORTRAIT_BLUR": "看不清住址"}

    listed = given.post(client, f"{page}/send-back", typed, page=page, follow_redirects=True)
    decided = client.get(page)
    again = given.post(client, f"{page}/undo", page="/admin/review", follow_redirects=True)

    assert "秒后生效" in listed.text
    assert "您已经决定了这一笔" in decided.text
    assert state_of(app, case_id) == State.IN_REVIEW
    assert "已撤销" in again.text
    assert "看不清住址" in again.text


def test_a_hold_during_the_seconds_of_undo_tells_the_reviewer_that_nothing_took_effect(
    app: Flask, client: FlaskClient, case_id: str
) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], review_undo_seconds=10)
    page = f"/admin/review/{case_id}"
    given.post(client, f"{page}/send-back", {**TYPED, "card_matches": "no"}, page=page)
    before = client.get("/admin/review").text
    with app.app_context():
        boss = given.a_member_of_staff("administrator", login="a9")
        case_care.hold(case_id, "counter_asks", boss)
        outside.clock.advance(seconds=11)  # type: ignore[attr-defined]
        outside.live.rooms.clear()  # type: ignore[attr-defined]
        decisions.reconcile()
        nudged = list(outside.live.rooms)  # type: ignore[attr-defined]

    told = client.get("/admin/review?poll=1", headers={"HX-Request": "true", "HX-Target": "waiting"}).text
    with app.app_context():
        case_care.lift_hold(case_id, read().query(Staff).filter_by(login="a9").one())
    again = client.get(page).text

    assert "没有生效" not in before
    assert "您的决定没有生效" in told
    assert "被挂起了" in told
    assert nudged
    assert state_of(app, case_id) == State.IN_REVIEW
    assert "看不清住址" in again
    given.post(client, f"{page}/send-back", TYPED, page=page)
    assert "没有生效" not in client.get("/admin/review").text


def test_the_original_of_a_card_s_photo_is_shown_and_which_one_the_investor_chose(
    app: Flask, client: FlaskClient, case_id: str
) -> None:
    with app.app_context():
        case = cases.known(case_id)
        card = next(card for card in case.cards if card.change == "added")
        place = card.photo_place
        photo = a_photo(case, place, "bank_card")
        with transaction():
            photo.choice = "original"
        photo_id = photo.id

    page = client.get(f"/admin/review/{case_id}").text
    shown = page.split("卡的变更</h2>")[1].split("</section>")[0]

    for which, words in (("prepared", "处理后"), ("original", "原图")):
        assert f'href="/admin/pictures/{photo_id}/{which}" target="_blank" rel="noopener" data-view="' in shown
        assert f'招商银行，{words}" data-set="{place}"' in shown
    assert "原图，投资者选用" in shown


def test_filters_stand_in_the_address_and_are_kept_under_a_name(client: FlaskClient, case_id: str) -> None:
    filtered = client.get("/admin/review?whose=free&order=risk")
    given.post(
        client, "/admin/review/filters", {"name": "风险先看", "query": "whose=free&order=risk"},
        page="/admin/review?whose=free",
    )  # fmt: skip
    listed = client.get("/admin/review")
    mine = client.get("/admin/review?whose=mine")

    assert "没有符合条件的受理单" in filtered.text
    assert 'href="/admin/review?whose=free&amp;order=risk"' in listed.text
    assert f"/admin/review/{case_id}" in mine.text

    forget = re.search(r'action="(/admin/filters/[0-9a-f]+/forget)"', listed.text)
    assert forget
    assert "风险先看" not in given.post(client, forget.group(1), page="/admin/review", follow_redirects=True).text


def test_the_page_says_what_is_risky_what_was_tried_and_where_the_stills_are(
    app: Flask, client: FlaskClient, case_id: str
) -> None:
    with app.app_context():
        case = given.fresh(cases.known(case_id))
        call = review.passed_call(case)
        assert call
        with transaction() as db:
            call.checklist, call.script = {"person_matches": "yes"}, ["own_will"]
            blob = files.keep(case.vault, b"jpeg", "image/jpeg")
            at = outside.clock.now() + timedelta(seconds=31)
            db.add(CallStill(call_id=call.id, kind="id_portrait", blob=blob, at=at))

    page = client.get(f"/admin/review/{case_id}").text

    for words in ("银行没有答复持卡人核验：招商银行 0009", "见证人的检查", "请问是您本人自愿", "以前的经过"):
        assert words in page
    mark = re.search(r'data-part="1" data-seconds="([\d.]+)"', page)
    assert mark
    assert 30 <= float(mark.group(1)) <= 33


def test_a_list_that_asks_by_itself_takes_no_message_away(app: Flask, client: FlaskClient, case_id: str) -> None:
    page = f"/admin/review/{case_id}"
    given.post(client, f"{page}/send-back", {"fault": "ID_PORTRAIT_BLUR"}, page=page)

    polled = client.get("/admin/review?poll=1", headers={"HX-Request": "true", "HX-Target": "waiting"}).text
    listed = client.get("/admin/review").text

    assert polled.startswith('<section id="waiting"')
    assert "已退回" in listed


def test_the_second_page_goes_on_asking_for_itself_when_the_first_page_is_decided(
    app: Flask, client: FlaskClient, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casework, "PAGE_ROWS", 1)
    with app.app_context():
        outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
        second = a_submitted_case(given.an_investor(2), signed=False).id
    following = re.search(r'rel="next" href="([^"]+)"', client.get("/admin/review").text)
    assert following
    page = client.get(unescape(following.group(1))).text
    asks = re.search(r'<section id="waiting" hx-get="([^"]+)"', page)
    assert asks
    given.post(
        client, f"/admin/review/{case_id}/send-back", {"fault": "ID_PORTRAIT_BLUR"}, page=f"/admin/review/{case_id}"
    )

    polled = client.get(unescape(asks.group(1)), headers={"HX-Request": "true", "HX-Target": "waiting"}).text

    assert second in page
    assert second in polled

    with app.app_context():
        me = read().query(Staff).filter_by(login="r0007").one()
        review.claim(second, me)
        decisions.send_back(second, [cases.Fault("ID_PORTRAIT_BLUR", "photos", "id_portrait", None)], me)
    emptied = client.get(unescape(asks.group(1)), headers={"HX-Request": "true", "HX-Target": "waiting"}).text

    assert "现在没有等复核的受理单" not in emptied
    assert "后面没有了" in emptied
    assert 'href="/admin/review"' in emptied
