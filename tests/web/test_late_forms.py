"""A form that is sent after the session's end, or from a page of an older one: nothing that was typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.states import State
from app.models import Case, Investor, WebSession
from app.outside import outside
from app.services import consents, sessions
from tests import given
from tests.web.entering import Visitor

BRANCH = "延庆·巴彦淖尔支行 <1>"
TYPED = {"new-number": "6214 8300 0000 0009", "new-branch": BRANCH, "new-bank_code": "CMB", "new-is_default": "y"}


@pytest.fixture
def case(context: Flask, client: FlaskClient) -> Case:
    """A case at its cards, opened in a page whose form is filled in."""
    consents.publish_shipped()
    case = given.a_case(state=State.BANK_CARDS)
    given.signed_in(client, case.investor)
    return case


def send(client: FlaskClient, case: Case, *, meanwhile: Any, **headers: str) -> Any:
    """Fill in the form for a new card; before it is sent, `meanwhile` happens."""
    page = f"/cases/{case.id}/bank-cards"
    token = given.csrf_of(client.get(page).text)
    meanwhile()
    headers = {"Referer": f"http://localhost{page}", **headers}
    return client.post(f"{page}/add", data={"csrf_token": token, **TYPED}, headers=headers)


def half_an_hour_passes() -> None:
    outside.clock.advance(minutes=31)  # type: ignore[attr-defined]


def sign_in_again(client: FlaskClient, investor: Investor, address: str) -> Any:
    visitor = Visitor(client, investor.id_number)
    visitor.open(address)
    visitor.ask_for_code()
    return client.get(visitor.sign_in(sms_code=visitor.code()).location)


def is_filled_in(page: str) -> bool:
    number = (
        'id="new-number" inputmode="numeric" maxlength="60" name="new-number" type="text" value="6214 8300 0000 0009"'
    )
    branch = 'value="延庆·巴彦淖尔支行 &lt;1&gt;"'
    return number in page and branch in page and '<option value="CMB" selected' in page


def test_who_signs_in_again_finds_the_page_with_everything_typed(client: FlaskClient, case: Case) -> None:
    late = send(client, case, meanwhile=half_an_hour_passes)
    page = sign_in_again(client, case.investor, late.location)

    assert late.status_code == 303
    assert late.location == f"/login?next=/cases/{case.id}/bank-cards"
    assert is_filled_in(page.text)
    assert "autofocus" in page.text
    assert len(given.fresh(case).cards) == 1, "nothing was done with it"


def test_the_same_under_htmx_loads_the_login_anew_and_fills_in_the_part(client: FlaskClient, case: Case) -> None:
    page = f"http://localhost/cases/{case.id}/bank-cards"
    htmx = {"HX-Request": "true", "HX-Current-URL": page}
    late = send(client, case, meanwhile=half_an_hour_passes, **htmx)
    sign_in_again(client, case.investor, late.headers["HX-Redirect"])

    part = client.get(page, headers=htmx).text

    assert part.startswith("<title>")
    assert is_filled_in(part)


def test_a_page_from_before_another_login_in_this_browser_asks_to_send_again(client: FlaskClient, case: Case) -> None:
    late = send(client, case, meanwhile=lambda: given.signed_in(client, case.investor))

    page = client.get(late.location).text

    assert late.location == f"/cases/{case.id}/bank-cards"
    assert "请再提交一次" in page
    assert is_filled_in(page)


def test_once_the_form_is_sent_what_was_kept_is_gone(client: FlaskClient, case: Case) -> None:
    late = send(client, case, meanwhile=lambda: given.signed_in(client, case.investor))
    token = given.csrf_of(client.get(late.location).text)

    client.post(f"{late.location}/add", data={"csrf_token": token, **TYPED})

    assert BRANCH[:4] not in client.get(f"{late.location}?add=1").text.split("new-branch")[-1]
    assert len(given.fresh(case).cards) == 2


def test_nobody_else_sees_what_was_typed(client: FlaskClient, case: Case) -> None:
    late = send(client, case, meanwhile=half_an_hour_passes)
    other = given.an_investor(2)

    answer = sign_in_again(client, other, late.location)

    assert BRANCH[:4] not in answer.text
    assert all(BRANCH[:4] not in str(row.content) for row in given.read().query(WebSession))


def test_a_form_from_elsewhere_is_not_kept(client: FlaskClient, case: Case) -> None:
    late = send(client, case, meanwhile=half_an_hour_passes, Referer="https://elsewhere.example/")
    page = sign_in_again(client, case.investor, f"/login?next=/cases/{case.id}/bank-cards")

    assert late.location == "/login"
    assert not is_filled_in(page.text)


def test_a_session_that_was_ended_on_purpose_keeps_it_all_the_same(client: FlaskClient, case: Case) -> None:
    late = send(client, case, meanwhile=lambda: sessions.end_all_of(case.investor.id))

    assert is_filled_in(sign_in_again(client, case.investor, late.location).text)
