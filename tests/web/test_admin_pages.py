"""Pictures, cases, the audit page and failed registrations, seen from a browser."""

from __future__ import annotations

import re
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
from app.models import AuditEntry, Case, Photo
from app.outside import outside
from app.services import audit, call_decisions, calls, case_care, cases
from app.services.actors import SYSTEM
from app.web.admin.wording import ACTIONS
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
