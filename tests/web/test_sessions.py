"""Sessions are rows of the database, and forms are taken only from our own pages."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from app.models import WebSession
from app.outside import outside
from app.services import sessions
from tests import given


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("investor_session")
    assert found is not None
    return found.value


def test_an_ended_session_is_a_stranger_at_once(context: Flask, client: FlaskClient) -> None:
    investor = given.an_investor()
    given.signed_in(client, investor)
    assert client.get("/business").status_code == 200

    sessions.end_all_of(investor.id)

    assert client.get("/business").status_code == 303


def test_an_idle_session_ends(context: Flask, client: FlaskClient) -> None:
    given.signed_in(client, given.an_investor())

    outside.clock.advance(minutes=31)  # type: ignore[attr-defined]

    assert client.get("/business").status_code == 303


def test_a_session_in_use_stays_but_not_beyond_its_last_hour(context: Flask, client: FlaskClient) -> None:
    given.signed_in(client, given.an_investor())
    for _ in range(30):
        outside.clock.advance(minutes=20)  # type: ignore[attr-defined]
        assert client.get("/business").status_code == 200

    for _ in range(8):
        outside.clock.advance(minutes=20)  # type: ignore[attr-defined]
        last = client.get("/business").status_code

    assert last == 303


def test_logging_out_ends_the_row_and_the_old_cookie_opens_nothing(context: Flask, client: FlaskClient) -> None:
    given.signed_in(client, given.an_investor())
    old = cookie(client)

    given.post(client, "/logout", page="/business")
    client.set_cookie("investor_session", old)

    assert client.get("/business").status_code == 303


def test_an_investors_cookie_opens_no_staff_page(context: Flask, client: FlaskClient) -> None:
    given.signed_in(client, given.an_investor())
    client.set_cookie("staff_session", cookie(client))

    answer = client.get("/admin/cases")

    assert answer.status_code == 303
    assert "/admin/sign-in" in answer.location


def test_the_database_knows_only_the_hash_of_a_session_token(context: Flask, client: FlaskClient) -> None:
    given.signed_in(client, given.an_investor())

    rows = given.read().query(WebSession).all()

    assert all(cookie(client) not in (row.token_hash, row.id) for row in rows)


def test_a_form_without_the_token_changes_nothing(context: Flask, client: FlaskClient) -> None:
    investor = given.an_investor()
    given.signed_in(client, investor)

    assert client.post("/logout").status_code == 400
    assert client.get("/business").status_code == 200


def test_a_form_sent_from_another_site_is_refused(context: Flask, client: FlaskClient) -> None:
    given.signed_in(client, given.an_investor())

    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert given.post(client, "/logout", page="/business", headers=headers).status_code == 403


def test_after_signing_in_people_return_only_to_pages_of_this_site() -> None:
    from app.web.access import safe_next

    assert safe_next("/business") == "/business"
    for target in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "", None):
        assert safe_next(target) is None
