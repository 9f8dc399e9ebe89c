"""One's own account and the one-time link, seen from a browser without JavaScript."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.outside import outside
from app.services import sessions, staff_links
from tests import given, staff_given
from tests.staff_given import PASSWORD, a_person

NEW = "lantern orbit walnut"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    staff_given.cheap_hashes(monkeypatch)


def code_of(app: Flask, secret: str, steps: int = 0) -> str:
    with app.app_context():
        return pyotp.TOTP(secret).generate_otp(int(outside.clock.now().timestamp()) // 30 + steps)


def test_the_link_leads_to_recovery_codes_and_then_to_the_desk(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        person = given.a_member_of_staff("reviewer", login="r0009")
        with transaction():
            person.password_hash = ""
            token = staff_links.make(person, by=None)
    page = f"/admin/set-up/{token}"
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get(page).text)[1]  # type: ignore[index]

    wrong = given.post(client, page, {"password": "passwordpassword", "again": "x", "code": "000000"})
    done = given.post(client, page, {"password": NEW, "again": NEW, "code": code_of(app, secret)})
    codes = re.findall(r"<li><code>([a-z2-7-]{9})</code>", done.text)
    answer = given.post(client, "/admin/sign-in", {"login": "r0009", "password": NEW, "code": codes[0]})

    assert wrong.status_code == 422
    assert "两次填写的密码不一样" in wrong.text
    assert len(codes) == 10
    assert answer.headers["Location"] == "/admin"
    assert client.get(page).status_code == 404


@pytest.fixture
def me(app: Flask, client: FlaskClient) -> str:
    """Somebody with a real password at the desk; the id."""
    with app.app_context():
        person = a_person()
        given.signed_in(client, person)
        return person.id


def test_changing_the_password_keeps_this_session_under_a_new_token(client: FlaskClient, me: str) -> None:
    before = client.get_cookie("staff_session").value  # type: ignore[union-attr]
    fields = {"current": PASSWORD, "password": NEW, "again": NEW}

    answer = given.post(client, "/admin/account/password", fields, follow_redirects=True)

    assert "密码已更改" in answer.text
    assert client.get_cookie("staff_session").value != before  # type: ignore[union-attr]


def test_a_common_password_is_refused_in_words(client: FlaskClient, me: str) -> None:
    fields = {"current": PASSWORD, "password": "passwordpassword", "again": "passwordpassword"}

    page = given.post(client, "/admin/account/password", fields)

    assert page.status_code == 422
    assert "这个密码太常见或太好猜" in page.text


def test_another_app_is_taken_into_use_with_its_first_code(app: Flask, client: FlaskClient, me: str) -> None:
    page = client.get("/admin/account/app").text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]  # type: ignore[index]

    wrong = given.post(client, "/admin/account/app", {"current": PASSWORD, "code": "000000"})
    answer = given.post(
        client, "/admin/account/app", {"current": PASSWORD, "code": code_of(app, secret)}, follow_redirects=True
    )

    assert wrong.status_code == 422
    assert secret in wrong.text
    assert "新的验证器已启用" in answer.text
    with app.app_context():
        assert secret not in str(sessions.living_of(me)[0].content)


def test_new_recovery_codes_are_shown_once(client: FlaskClient, me: str) -> None:
    page = "/admin/account/recovery-codes"

    shown = given.post(client, page, {"current": PASSWORD})

    codes = re.findall(r"<li><code>([a-z2-7-]{9})</code>", shown.text)
    assert len(set(codes)) == 10
    assert codes[0] not in client.get("/admin/account").text
    assert "还有 10 个没有用过" in client.get("/admin/account").text


def test_a_session_elsewhere_is_seen_and_ended_from_here(app: Flask, client: FlaskClient, me: str) -> None:
    with app.app_context():
        other = sessions.begin("staff", {"device": "Windows, Edge"}, person_id=me).row.id

    seen = client.get("/admin/account").text
    given.post(client, f"/admin/account/sessions/{other}/end", page="/admin/account")

    assert "Windows, Edge" in seen
    assert "Windows, Edge" not in client.get("/admin/account").text
    with app.app_context():
        assert not sessions.is_alive(other)


def test_a_break_is_seen_in_the_header_until_it_is_over(client: FlaskClient, me: str) -> None:
    began = given.post(
        client, "/admin/account/break", {"begins": "yes"}, page="/admin/account", follow_redirects=True
    ).text
    ended = given.post(
        client, "/admin/account/break", {"begins": "no"}, page="/admin/account", follow_redirects=True
    ).text

    assert "（休息中）" in began
    assert "（休息中）" not in ended


def test_signing_out_everywhere_else_leaves_this_session(app: Flask, client: FlaskClient, me: str) -> None:
    with app.app_context():
        other = sessions.begin("staff", {}, person_id=me).row.id

    given.post(client, "/admin/account/sessions/end-others", page="/admin/account")

    assert client.get("/admin/account").status_code == 200
    with app.app_context():
        assert not sessions.is_alive(other)
