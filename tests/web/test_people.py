"""The staff as administrators see them, the audit as auditors do, and what investors see of both."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import read
from app.models import AuditEntry, Staff
from app.services import audit, endpoints, staff_links, staff_list
from app.services import staff as people
from app.services.actors import By
from tests import given, staff_given
from tests.staff_given import a_person, a_photo, at_the_desk

ENTRY = {"name": "王新", "licence_number": "F0309", "roles": ["witness", "reviewer"], "office": ""}


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    staff_given.cheap_hashes(monkeypatch)


@pytest.fixture
def boss(app: Flask, client: FlaskClient) -> FlaskClient:
    with app.app_context():
        at_the_desk(client, "administrator", login="a0001", name="周主管")
    return client


def staff_of(app: Flask, login: str) -> Staff:
    with app.app_context():
        return read().query(Staff).filter_by(login=login).one()


def test_an_invited_person_gets_a_link_that_is_shown_once(app: Flask, boss: FlaskClient) -> None:
    answer = given.post(boss, "/admin/staff/new", {**ENTRY, "login": "w0042"})

    token = re.search(r"/admin/set-up/([\w-]+)", answer.text)[1]  # type: ignore[index]
    page = boss.get(f"/admin/staff/{staff_of(app, 'w0042').id}").text
    with app.app_context():
        assert staff_links.find(token).staff.name == "王新"
    assert staff_of(app, "w0042").roles == ["witness", "reviewer"]
    assert token not in page
    assert "还没有设密码" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"login": "A B"}, "工号用小写字母"),
        ({"login": "a0001"}, "已经有人用了"),
        ({"roles": []}, "请至少选一个岗位"),
        ({"name": ""}, "请填写姓名"),
    ],
)
def test_a_wrong_entry_is_told_at_its_field(boss: FlaskClient, changed: dict[str, object], words: str) -> None:
    answer = given.post(boss, "/admin/staff/new", {**ENTRY, "login": "w0042", **changed})

    assert answer.status_code == 422
    assert words in answer.text


def test_a_browser_asks_for_one_role_and_not_for_all(boss: FlaskClient) -> None:
    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', boss.get("/admin/staff/new").text)

    assert len(boxes) == 4
    assert not any("required" in box for box in boxes)


def test_nobody_gives_roles_to_themselves_or_takes_their_own_access(app: Flask, boss: FlaskClient) -> None:
    me = staff_of(app, "a0001").id
    page = f"/admin/staff/{me}"

    answer = given.post(boss, page, {**ENTRY, "roles": ["administrator", "reviewer"]})
    given.post(boss, f"{page}/access", page=page)

    assert "不能改自己的岗位" in answer.text
    assert staff_of(app, "a0001").roles == ["administrator"]
    assert staff_of(app, "a0001").disabled_at is None


def test_access_is_taken_and_given_back(app: Flask, boss: FlaskClient) -> None:
    with app.app_context():
        person = given.a_member_of_staff(login="w0002").id
    page = f"/admin/staff/{person}"

    given.post(boss, f"{page}/access", page=page)
    taken = staff_of(app, "w0002").disabled_at
    given.post(boss, f"{page}/access", {"give": "yes"}, page=page)

    assert taken is not None
    assert staff_of(app, "w0002").disabled_at is None


def test_the_audit_says_whom_and_what_it_was_done_to(app: Flask, boss: FlaskClient) -> None:
    given.post(boss, "/admin/staff/new", {**ENTRY, "login": "w0042"})

    assert re.search(r"新增员工</td>.*?<td>王新 ", boss.get("/admin/audit?action=staff.created").text, re.DOTALL)


def test_a_person_s_page_says_who_changed_roles_and_office_from_what_to_what(app: Flask, boss: FlaskClient) -> None:
    with app.app_context():
        office = given.a_branch_office("拱墅营业部").id
    given.post(boss, "/admin/staff/new", {**ENTRY, "login": "w0042"})
    page = f"/admin/staff/{staff_of(app, 'w0042').id}"
    given.post(boss, page, {**ENTRY, "name": "王改名", "roles": ["auditor"], "office": office})
    given.post(boss, f"{page}/access", page=page)
    shown = boss.get(page).text
    past = shown[shown.index("历次改动") :]

    assert re.findall(r"<p>(.*?)</p>", past) == ["停用员工", "修改员工资料", "生成一次性链接", "新增员工"]
    assert "岗位：<del>见证人、复核</del> <ins>审计员</ins>" in past
    assert "营业部：<del>全部营业部</del> <ins>拱墅营业部</ins>" in past
    assert "<li>姓名 <span" in past
    assert past.count("周主管") == 4
    with app.app_context():
        entry = read().query(AuditEntry).filter_by(action="staff.changed").one()
        assert "王" not in json.dumps(entry.details, ensure_ascii=False)


def test_another_person_s_history_and_one_without_values_are_read_as_well(app: Flask, boss: FlaskClient) -> None:
    with app.app_context():
        person, by = given.a_member_of_staff(login="w0002"), By.administrator(staff_of(app, "a0001"))
        other = given.a_member_of_staff(login="w0003")
        audit.record("staff.changed", by, staff=person.id, changed=["roles"], roles=["witness"])
        past, others = (boss.get(f"/admin/staff/{one.id}").text for one in (person, other))

    assert "<li>岗位 <span" in past
    assert "还没有改过" in others


def test_the_audit_says_what_was_changed_of_a_person_and_of_which_integrator(app: Flask, boss: FlaskClient) -> None:
    given.post(boss, "/admin/staff/new", {**ENTRY, "login": "w0042"})
    person = staff_of(app, "w0042")
    page = f"/admin/staff/{person.id}"
    given.post(boss, page, {**ENTRY, "licence_number": "F9", "roles": ["witness"]}, page=page)
    with app.app_context():
        endpoint, _secret = endpoints.register("行情中心", None, by=staff_of(app, "a0001"))
        endpoints.change(
            endpoint.id, name="行情中心", url="", event_types=["case.created"], in_order=True, by=staff_of(app, "a0001")
        )

    entries = boss.get("/admin/audit").text

    assert "改了执业编号、岗位，岗位：见证人<" in entries
    assert "行情中心，改了事件、发送方式" in entries
    assert "F9" not in entries


def test_the_board_says_who_is_on_a_break(app: Flask, boss: FlaskClient) -> None:
    with app.app_context():
        person = given.a_member_of_staff(login="w0002")
        people.take_a_break(person.id, begins=True)

    assert "休息中" in boss.get("/admin/board").text


def test_a_reset_shows_the_word_to_one_and_the_link_to_the_other(app: Flask, boss: FlaskClient) -> None:
    with app.app_context():
        page = f"/admin/staff/{a_person().id}"
        other = app.test_client()
        at_the_desk(other, "administrator", login="a0002")

    asked = given.post(boss, f"{page}/reset", page=page).text
    alone = boss.get("/admin/staff").text
    form = re.search(r"/admin/staff/resets/\w+/agree", other.get("/admin/staff").text)
    assert form
    agreed = given.post(other, form[0], page="/admin/staff").text

    assert re.search(r"<pre>[0-9a-f]{10}</pre>", asked)
    assert "同意重设</button>" not in alone
    assert "/admin/set-up/" in agreed
    assert "口令词" in agreed


def test_the_command_line_invites_the_first_administrator_and_nobody_after(app: Flask) -> None:
    runner = app.test_cli_runner()

    first = runner.invoke(args=["staff", "first-administrator", "boss", "周主管"])
    second = runner.invoke(args=["staff", "first-administrator", "boss2", "周主管"])

    assert "/admin/set-up/" in first.output
    assert second.exit_code == 1
    with app.app_context():
        assert [one.login for one in staff_list.everybody()] == ["boss"]


def test_the_audit_is_searched_by_person_and_says_when_an_anchor_does_not_hold(app: Flask, boss: FlaskClient) -> None:
    with app.app_context():
        audit.anchor()
        given.a_case()
        audit.anchor()
        path = audit.anchors.place()
        good = path.read_text()
    given.post(boss, "/admin/audit/verify", page="/admin/audit")

    found = boss.get("/admin/audit?who=a0001&action=audit.verified").text
    nothing = boss.get("/admin/audit?number=1&since=x").text
    path.write_text(good.replace('"number": 1', '"number": 2'))
    broken = given.post(boss, "/admin/audit/verify", page="/admin/audit").text
    command = app.test_cli_runner().invoke(args=["audit", "verify"])

    assert found.count("<tr>") == 2
    assert "没有符合的记录" in nothing
    assert "锚点对不上" in broken
    assert command.exit_code == 1


def test_investors_see_which_role_looked_at_what_and_when(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        case = given.a_case()
        photo = a_photo(case).id
        desk = app.test_client()
        at_the_desk(desk, "reviewer", name="郑可")
        given.signed_in(client, case.investor)
        case_id = case.id
    before = client.get(f"/business/{case_id}/views").text
    desk.get(f"/admin/cases/{case_id}")
    desk.get(f"/admin/pictures/{photo}/prepared")

    page = client.get(f"/business/{case_id}/views").text

    assert "还没有工作人员看过" in before
    assert page.count("复核人员") == 2
    assert "照片" in page
    assert "郑可" not in page
    assert "谁看过我的资料" in client.get("/business").text
