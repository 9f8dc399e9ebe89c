"""Pictures, cases, the audit page and failed registrations, seen from a browser."""

from __future__ import annotations

import hashlib
import re
import zipfile
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageChops

import app as app_package
from app.db import read, transaction
from app.domain.reasons import REASONS
from app.domain.states import State
from app.models import AuditEntry, Case, Photo, Staff
from app.outside import outside
from app.services import audit, call_decisions, calls, case_care, cases, decisions, review
from app.services.actors import SYSTEM
from app.services.cases import Fault
from app.web.admin.action_words import ACTIONS
from tests import given
from tests.services import video_given
from tests.staff_given import a_jpeg, a_photo, a_submitted_case, at_the_desk


def a_case_and_me(app: Flask, client: FlaskClient, *roles: str) -> str:
    with app.app_context():
        at_the_desk(client, *roles)
        return a_submitted_case(signed=False).id


def photo_of(app: Flask, case_id: str) -> str:
    with app.app_context():
        return read().query(Photo).filter_by(case_id=case_id, place="id_portrait").one().id


def actions(app: Flask) -> list[str]:
    with app.app_context():
        return [entry.action for entry in read().query(AuditEntry).order_by(AuditEntry.number)]


def state_of(app: Flask, case_id: str) -> str:
    with app.app_context():
        return cases.known(case_id).state


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_a_picture_comes_with_a_watermark_and_is_kept_nowhere(app: Flask, client: FlaskClient) -> None:
    photo = photo_of(app, a_case_and_me(app, client))

    answer = client.get(f"/admin/pictures/{photo}/prepared")

    seen = Image.open(BytesIO(answer.data)).convert("L")
    plain = Image.open(BytesIO(a_jpeg())).convert("L")
    assert ImageChops.difference(seen, plain).getbbox() is not None
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_look_at_a_picture_is_on_record_once_a_minute(app: Flask, client: FlaskClient) -> None:
    photo = photo_of(app, a_case_and_me(app, client))

    for _ in range(3):
        client.get(f"/admin/pictures/{photo}/prepared")
    with app.app_context():
        outside.clock.advance(minutes=2)  # type: ignore[attr-defined]
    client.get(f"/admin/pictures/{photo}/prepared")

    assert actions(app).count("picture.viewed") == 2


@pytest.mark.parametrize("which", ["thumbnail", "chosen", "nonsense"])
def test_only_original_and_prepared_are_shown(app: Flask, client: FlaskClient, which: str) -> None:
    photo = photo_of(app, a_case_and_me(app, client))

    assert client.get(f"/admin/pictures/{photo}/{which}").status_code == 404


def test_pictures_of_another_branch_office_and_pictures_that_are_not_there_look_alike(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context():
        at_the_desk(client, branch_office_id=given.a_branch_office("宁波营业部").id)
        photo = a_photo(given.a_case()).id

    foreign = client.get(f"/admin/pictures/{photo}/prepared")
    absent = client.get(f"/admin/pictures/{'0' * 32}/prepared")

    assert foreign.status_code == absent.status_code == 404
    assert foreign.data == absent.data


# -- cases ------------------------------------------------------------------------------------------------------------


def test_a_whole_case_number_leads_straight_to_the_case(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client)
    with app.app_context():
        number = read().get_one(Case, case_id).number

    answer = client.get(f"/admin/cases?q={number[:4]}+{number[4:8]}+{number[8:]}")

    assert answer.headers["Location"] == f"/admin/cases/{case_id}"


def test_the_list_is_filtered_by_state_and_paged_by_number(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        at_the_desk(client, "auditor")
        investor = given.an_investor()
        for _ in range(51):
            case = given.a_case(investor)
            with transaction():
                held = cases.locked(case.id)
                held.state, held.ended_at = State.ABANDONED.value, outside.clock.now()
        a_submitted_case(investor, signed=False)

    first = client.get("/admin/cases?state=abandoned").text
    more = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(more).text

    assert first.count("<tr>") == 51  # fifty and the head
    assert second.count("<tr>") == 2
    assert client.get("/admin/cases?state=review").text.count("<tr>") == 2


def test_a_branch_office_sees_its_own_cases_only(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        at_the_desk(client, branch_office_id=given.a_branch_office("宁波营业部").id)
        case = a_submitted_case(signed=False)

    assert case.number[8:] not in client.get("/admin/cases").text
    assert client.get(f"/admin/cases/{case.id}").status_code == 404


def test_the_timeline_tells_in_words_what_happened(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client)

    page = client.get(f"/admin/cases/{case_id}").text

    assert "受理" in page
    assert "case.created" in page  # the event told outside
    assert "周*例" in page
    assert "周样例" not in page


def test_unmasking_needs_a_reason_is_on_record_and_ends_after_two_minutes(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client)
    page = f"/admin/cases/{case_id}"
    number = given.id_number()

    given.post(client, f"{page}/unmask", {"field": "id_number", "why": ""}, page=page)
    without = client.get(page).text
    given.post(client, f"{page}/unmask", {"field": "id_number", "why": "check_picture"}, page=page)
    shown = client.get(page).text
    with app.app_context():
        outside.clock.advance(seconds=121)  # type: ignore[attr-defined]
    later = client.get(page).text

    assert [number in html for html in (without, shown, later)] == [False, True, False]
    assert "13800000001" not in shown
    assert actions(app).count("investor.unmasked") == 1


def test_an_auditor_reads_cases_but_unmasks_nothing(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client, "auditor")
    page = f"/admin/cases/{case_id}"

    answer = given.post(client, f"{page}/unmask", {"field": "name", "why": "check_picture"}, page=page)

    assert "显示完整信息" not in client.get(page).text
    assert answer.status_code == 403


# -- audit ------------------------------------------------------------------------------------------------------------


def test_the_chain_is_verified_by_a_button_and_that_is_on_record(app: Flask, client: FlaskClient) -> None:
    a_case_and_me(app, client, "auditor")

    answer = given.post(client, "/admin/audit/verify", page="/admin/audit")

    assert "全链完整" in answer.text
    assert actions(app)[-1] == "audit.verified"


def test_a_chain_that_was_tampered_with_is_named_at_the_entry(app: Flask, client: FlaskClient) -> None:
    a_case_and_me(app, client, "auditor")
    with app.app_context(), transaction() as db:
        for _ in range(3):
            audit.record("case.created", SYSTEM)
        db.connection().exec_driver_sql("DROP TRIGGER audit_entries_no_update")
        db.connection().exec_driver_sql("UPDATE audit_entries SET actor = 'witness' WHERE number = 2")

    answer = given.post(client, "/admin/audit/verify", page="/admin/audit")

    assert "链在第 2 条断开" in answer.text


def test_everything_that_the_audit_tells_has_words() -> None:
    sources = "".join(path.read_text() for path in (Path(app_package.__file__).parent / "services").glob("*.py"))
    told = set(re.findall(r'(?:audit\.record|sightings\.note)\(\s*"([^"]+)"', sources))

    assert len(told) > 50
    assert told - set(ACTIONS) == set()


# -- failed registrations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "after"), [("retry", State.REGISTERING), ("give-up", State.FAILED)])
def test_an_administrator_tries_again_or_gives_up(app: Flask, client: FlaskClient, verb: str, after: State) -> None:
    with app.app_context():
        at_the_desk(client, "administrator")
        case_id = a_submitted_case(signed=False, state=State.REGISTRATION_FAILED).id
    page = "/admin/registrations"
    token = given.csrf_of(client.get(page).text)

    client.post(f"{page}/{case_id}/{verb}", data={"csrf_token": token})
    again = client.post(f"{page}/{case_id}/{verb}", data={"csrf_token": token}, follow_redirects=True)

    with app.app_context():
        assert read().get_one(Case, case_id).state == after
    assert "已经处理过了" in again.text


def test_the_timeline_names_what_the_witness_sent_back(context: Flask, client: FlaskClient) -> None:
    _investor, witness, call = video_given.a_call()
    calls.answer(call.case_id, call.case.investor)
    call_decisions.send_back(call.id, witness, ["ID_PORTRAIT_BLUR"], {}, {})
    at_the_desk(client, "administrator")

    text = client.get(f"/admin/cases/{call.case_id}").get_data(as_text=True)

    assert REASONS["ID_PORTRAIT_BLUR"].zh in text


def test_an_open_case_looks_again_and_is_answered_only_when_something_has_happened(
    app: Flask, client: FlaskClient
) -> None:
    case_id = a_case_and_me(app, client)
    page = client.get(f"/admin/cases/{case_id}").text
    again = unescape(page.split('id="standing" hx-get="')[1].split('"')[0])
    htmx = {"HX-Request": "true", "HX-Target": "standing"}
    before = actions(app)

    quiet = client.get(again, headers=htmx)
    with app.app_context():
        case_care.add_note(case_id, "请核对银行", given.a_member_of_staff("reviewer", login="r9", name="钱核"))
    told = client.get(again, headers=htmx)

    assert (quiet.status_code, quiet.data) == (204, b"")
    assert told.text.startswith('<div id="standing"')
    assert "请核对银行" in told.text
    assert actions(app)[len(before) :] == ["case.noted"]


def test_who_types_the_address_of_the_asking_is_on_record_like_everybody_who_looks(
    app: Flask, client: FlaskClient
) -> None:
    case_id = a_case_and_me(app, client)

    typed = client.get(f"/admin/cases/{case_id}?poll=1")
    client.get(f"/admin/cases/{case_id}?poll=1")

    assert "周*例" in typed.text
    assert actions(app).count("case.viewed") == 1


def test_a_look_of_an_earlier_session_does_not_stand_for_one_of_this_session(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client)
    client.get(f"/admin/cases/{case_id}")
    with app.app_context():
        outside.clock.advance(minutes=5)  # type: ignore[attr-defined]
        given.signed_in(client, read().query(Staff).filter_by(login="r0007").one())

    client.get(f"/admin/cases/{case_id}?poll=1")

    assert actions(app).count("case.viewed") == 2


def test_an_evidence_pack_is_for_administrators_and_the_investor_sees_it(app: Flask, client: FlaskClient) -> None:
    auditor, investor = app.test_client(), app.test_client()
    with app.app_context():
        case_id = a_submitted_case().id
        at_the_desk(client, "administrator")
        at_the_desk(auditor, "auditor", login="u1", name="何审")
        given.signed_in(investor, cases.known(case_id).investor)
    page, why = f"/admin/cases/{case_id}", {"why": "regulator_asks"}

    refused = given.post(auditor, f"{page}/evidence", why, page=page)
    packed = given.post(client, f"{page}/evidence", why, page=page)
    seen = investor.get(f"/business/{case_id}/views").text

    assert refused.status_code == 403
    assert packed.mimetype == "application/zip"
    with zipfile.ZipFile(BytesIO(packed.get_data())) as pack:
        manifest = hashlib.sha256(pack.read("manifest.json")).hexdigest()
    packed.close()
    assert manifest in client.get(page).text
    assert manifest in (seen_by_auditor := auditor.get(page).text)
    assert f'action="{page}/evidence"' not in seen_by_auditor
    assert "全部材料（下载证据包）" in seen


def test_what_is_open_or_half_chosen_on_a_case_stays_until_this_person_has_done_something(
    app: Flask, client: FlaskClient
) -> None:
    case_id = a_case_and_me(app, client, "administrator", "reviewer")
    page = f"/admin/cases/{case_id}"

    def kept() -> set[str]:
        return set(re.findall(r'id="([\w-]+)"[^>]* hx-preserve="true"', client.get(page).text))

    before = kept()
    with app.app_context():
        case_care.add_note(case_id, "请核对银行", given.a_member_of_staff("reviewer", login="r9", name="钱核"))
    meanwhile = kept()
    given.post(client, f"{page}/extend", {"why": "call_investor"}, page=page)

    assert {name.partition("-")[0] for name in before} == {"note", "extend", "hold", "override", "evidence", "unmask"}
    assert meanwhile == before
    assert kept() & before == {"note-0"}


def test_a_case_says_in_whose_words_it_was_sent_back(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client, "auditor")
    with app.app_context():
        reviewer = given.a_member_of_staff("reviewer", login="r9", name="钱核")
        review.claim(case_id, reviewer)
        decisions.send_back(case_id, [Fault("ID_PORTRAIT_BLUR", "photos", "id_portrait", "看不清出生日期")], reviewer)

    page = client.get(f"/admin/cases/{case_id}").text

    assert "以前的经过" in page
    assert re.search(r"复核退回，钱核.*?看不清出生日期", page, re.DOTALL)


def test_a_case_led_back_by_two_reads_so_and_not_as_a_return_of_the_review(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client, "auditor")
    with app.app_context():
        first = given.a_member_of_staff("administrator", login="a1", name="高一")
        second = given.a_member_of_staff("administrator", login="a2", name="高二")
        case_care.propose_override(case_id, "photos", "请重拍签名", first)
        case_care.confirm_override(case_id, second)

    page = client.get(f"/admin/cases/{case_id}").text

    assert re.search(r"管理员退回，高一提议，高二确认.*?请重拍签名", page, re.DOTALL)
    assert "复核退回" not in page


def test_a_case_is_cared_for_by_plain_forms(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client, "administrator", "reviewer")
    page = f"/admin/cases/{case_id}"

    def sent(path: str, **values: str) -> str:
        return given.post(client, f"{page}/{path}", values, page=page, follow_redirects=True).text

    assert "请核对银行" in sent("note", note="请核对银行")
    assert "请写下备注" in sent("note", note=" ")
    assert "备注最多 1000 个字" in sent("note", note="长" * 1001)
    assert "已延期，从今天起重新计算" in sent("extend", why="call_investor")
    assert "请选择理由" in sent("extend", why="free words")
    assert "已挂起，" in sent("hold", why="counter_asks")
    assert "解除挂起" in sent("hold", why="counter_asks")
    assert "已挂起，" not in sent("lift-hold")
    kept = actions(app)
    assert [kept.count(f"case.{name}") for name in ("noted", "extended", "held", "hold_lifted")] == [1, 1, 1, 1]


def test_a_case_is_led_back_by_two_administrators_by_plain_forms(app: Flask, client: FlaskClient) -> None:
    case_id = a_case_and_me(app, client, "administrator")
    second, reviewer = app.test_client(), app.test_client()
    with app.app_context():
        at_the_desk(second, "administrator", login="a2", name="高二")
        at_the_desk(reviewer, "reviewer", login="r2", name="何苗")
    page = f"/admin/cases/{case_id}"

    def sent(who: FlaskClient, path: str, **values: str) -> str:
        return given.post(who, f"{page}/{path}", values, page=page, follow_redirects=True).text

    assert "请写给投资者" in sent(client, "override", step="photos", words=" ")
    assert "只能退回到前面的步骤" in sent(client, "override", step="review", words="请重拍")
    assert "给投资者的话最多 200 个字" in sent(client, "override", step="photos", words="长" * 201)
    proposed = sent(client, "override", step="photos", words="请重拍人像面")
    assert "要由另一位管理员确认" in proposed
    assert "请重拍人像面" in proposed
    assert "已经有一个提议" in sent(second, "override", step="photos", words="再来")
    assert "不能是提议的人" in sent(client, "confirm-override")
    assert given.post(reviewer, f"{page}/confirm-override", page=page).status_code == 403
    assert "提议退回到" not in sent(second, "dismiss-override")
    sent(client, "override", step="photos", words="请重拍人像面")
    confirmed = sent(second, "confirm-override")
    assert "已退回，投资者的页面会说明原因" in confirmed
    assert "请重拍人像面" in confirmed
    assert state_of(app, case_id) == State.REVIEW_RETURNED


def test_the_menu_of_an_open_page_counts_again(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        at_the_desk(client)
    again = unescape(client.get("/admin/review").text.split('id="menu"')[1].split('hx-get="')[1].split('"')[0])
    with app.app_context():
        a_submitted_case(signed=False)

    menu = client.get(again, headers={"HX-Request": "true", "HX-Target": "menu"}).text

    assert menu.startswith('<nav id="menu"')
    assert "待复核 <b>1</b>" in menu
    assert 'aria-current="page">待复核' in menu


def test_a_part_that_asks_after_the_session_ended_leads_back_to_the_page_it_belongs_to(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context():
        at_the_desk(client)
        outside.clock.advance(minutes=16)  # type: ignore[attr-defined]
    shown = {"HX-Request": "true", "HX-Current-URL": "http://localhost/admin/review?risk=high"}

    answer = client.get("/admin/review?poll=1&risk=high", headers=shown)

    assert answer.headers["HX-Redirect"] == "/admin/sign-in?next=/admin/review?risk%3Dhigh"
