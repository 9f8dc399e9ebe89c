"""The staff's door, seen from a browser."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.models import WebSession
from app.outside import outside
from app.services import staff_links
from tests import given, staff_given
from tests.staff_given import PASSWORD, a_person, code


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    staff_given.cheap_hashes(monkeypatch)


@pytest.fixture
def right(app: Flask) -> dict[str, str]:
    """What a reviewer types who makes no mistake."""
    with app.app_context():
        a_person("r0007", "reviewer")
        return {"login": "r0007", "password": PASSWORD, "code": code()}


def test_a_reviewer_signs_in_and_begins_at_the_list(client: FlaskClient, right: dict[str, str]) -> None:
    answer = given.post(client, "/admin/sign-in", right, follow_redirects=True)

    assert answer.request.path == "/admin/review"
    assert "待复核" in answer.text
    assert "郑可" in answer.text


def test_a_wrong_password_keeps_the_login_and_says_how_many_tries_are_left(
    client: FlaskClient, right: dict[str, str]
) -> None:
    answer = given.post(client, "/admin/sign-in", {**right, "password": "wrong"})

    assert answer.status_code == 422
    assert "还可以试 4 次" in answer.text
    assert 'value="r0007"' in answer.text
    assert PASSWORD not in answer.text


def test_an_empty_form_says_what_is_missing(client: FlaskClient) -> None:
    answer = given.post(client, "/admin/sign-in", {})

    assert answer.status_code == 422
    assert "请填写工号" in answer.text


def test_a_locked_login_is_told_when_to_come_back(client: FlaskClient, right: dict[str, str]) -> None:
    for _ in range(5):
        given.post(client, "/admin/sign-in", {**right, "password": "wrong"})

    answer = given.post(client, "/admin/sign-in", right)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "15 分钟" in answer.text


def test_signing_in_gives_the_session_a_new_token(client: FlaskClient, right: dict[str, str]) -> None:
    client.get("/admin/sign-in")
    before = client.get_cookie("staff_session")

    given.post(client, "/admin/sign-in", right)

    after = client.get_cookie("staff_session")
    assert after is not None
    assert before is None or before.value != after.value


def test_after_signing_in_one_is_where_one_wanted_to_go(client: FlaskClient, right: dict[str, str]) -> None:
    asked = client.get("/admin/cases?state=review")
    door = asked.headers["Location"]

    answer = given.post(client, door, {**right, "next": "/admin/cases?state=review"}, page=door)

    assert answer.headers["Location"] == "/admin/cases?state=review"


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/admin", "//elsewhere.example", "/business", "/admin.evil"]
)
def test_the_door_leads_nowhere_but_to_staff_pages(client: FlaskClient, right: dict[str, str], target: str) -> None:
    answer = given.post(client, "/admin/sign-in", {**right, "next": target})

    assert answer.headers["Location"] == "/admin"


def test_signing_out_ends_the_session_for_good(client: FlaskClient, right: dict[str, str]) -> None:
    given.post(client, "/admin/sign-in", right)
    cookie = client.get_cookie("staff_session")
    assert cookie is not None

    given.post(client, "/admin/sign-out", page="/admin/cases")

    client.set_cookie("staff_session", cookie.value)
    assert client.get("/admin/cases").status_code == 303


def test_a_page_that_polls_by_itself_keeps_nobody_signed_in(app: Flask, client: FlaskClient) -> None:
    from app.outside import outside

    with app.app_context():
        given.signed_in(client, given.a_member_of_staff("reviewer"))
    for _ in range(4):
        with app.app_context():
            outside.clock.advance(minutes=4)  # type: ignore[attr-defined]
        answer = client.get("/admin/review?poll=1", headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"].startswith("/admin/sign-in")


def test_who_types_for_longer_than_that_stays_signed_in(app: Flask, client: FlaskClient) -> None:
    from app.outside import outside

    with app.app_context():
        given.signed_in(client, given.a_member_of_staff("reviewer"))
    for _ in range(4):
        with app.app_context():
            outside.clock.advance(minutes=5)  # type: ignore[attr-defined]
        client.get("/admin/awake", headers={"HX-Request": "true"})

    assert client.get("/admin/review").status_code == 200


def test_errors_on_the_staff_site_keep_its_frame(client: FlaskClient) -> None:
    answer = client.get("/admin/no-such-page")

    assert answer.status_code == 404
    assert "回到工作台" in answer.text
    assert "我的业务" not in answer.text


def left_open(client: FlaskClient, address: str, typed: dict[str, str]) -> tuple[Any, Any]:
    """The answer to a form whose page was open for longer than its session lasted, and the page it leads to."""
    token = given.csrf_of(client.get(address).text)
    outside.clock.advance(minutes=16)  # type: ignore[attr-defined]
    answer = client.post(address.partition("?")[0], data={"csrf_token": token, **typed})
    return answer, client.get(answer.location)


def test_a_door_that_was_left_open_comes_up_anew_with_the_login_and_lets_in(
    client: FlaskClient, right: dict[str, str], context: Flask
) -> None:
    answer, page = left_open(client, "/admin/sign-in", {**right, "next": "/admin/cases"})
    again = {"csrf_token": given.csrf_of(page.text), **right, "code": code(), "next": "/admin/cases"}

    assert (answer.status_code, answer.location) == (303, "/admin/sign-in?next=/admin/cases&stale=1")
    assert page.status_code == 200
    assert "页面放得太久了，没有登录" in page.text
    assert 'value="r0007"' in page.text
    assert PASSWORD not in page.text
    assert "r0007" not in str([row.content for row in given.read().query(WebSession)])
    assert client.post("/admin/sign-in", data=again).location == "/admin/cases"


def test_a_one_time_link_that_was_left_open_says_that_nothing_was_set(client: FlaskClient, context: Flask) -> None:
    person = a_person("r0008", "reviewer")
    with transaction():
        person.password_hash = ""
        address = f"/admin/set-up/{staff_links.make(person, by=None)}"
    answer, page = left_open(client, address, {"password": PASSWORD, "again": PASSWORD, "code": "123456"})

    assert answer.status_code == 303
    assert "什么都没有设置" in page.text
    assert PASSWORD not in page.text
