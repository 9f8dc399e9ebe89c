"""A form that is sent after the session's end, or from a page of an older one: nothing that was typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.states import State
from app.models import Case, Investor, Staff, WebSession
from app.outside import outside
from app.services import consents, sessions
from tests import given, staff_given
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


# -- staff ------------------------------------------------------------------------------------------------------------

NOTE = "投资者来电：周三之后再办 <急>"


@pytest.fixture
def colleague(context: Flask, monkeypatch: pytest.MonkeyPatch) -> Staff:
    staff_given.cheap_hashes(monkeypatch)
    return staff_given.a_person("r0007", "reviewer")


def late_note(client: FlaskClient, case: Case, colleague: Staff) -> Any:
    """A colleague writes a note; when it is saved, the session is over."""
    page = f"/admin/cases/{case.id}"
    given.signed_in(client, colleague)
    token = given.csrf_of(client.get(page).text)
    outside.clock.advance(hours=13)  # type: ignore[attr-defined]
    headers = {"Referer": f"http://localhost{page}"}
    return client.post(f"{page}/note", data={"csrf_token": token, "note": NOTE}, headers=headers)


def come_in(client: FlaskClient, colleague: Staff, address: str) -> Any:
    proof = {"login": colleague.login, "password": staff_given.PASSWORD, "code": staff_given.code(1)}
    next_page = address.partition("next=")[2]
    return given.post(client, "/admin/sign-in", {**proof, "next": next_page}, page=address)


def test_staff_who_sign_in_again_find_what_they_had_written(client: FlaskClient, case: Case, colleague: Staff) -> None:
    late = late_note(client, case, colleague)
    back = come_in(client, colleague, late.location)
    page = client.get(back.location).text

    assert (late.status_code, late.location) == (303, f"/admin/sign-in?next=/admin/cases/{case.id}")
    assert back.location == f"/admin/cases/{case.id}"
    assert ">投资者来电：周三之后再办 &lt;急&gt;</textarea>" in page
    assert all("周三" not in str(row.content) for row in given.read().query(WebSession))


def test_another_colleague_does_not_see_it(client: FlaskClient, case: Case, colleague: Staff) -> None:
    late = late_note(client, case, colleague)
    other = staff_given.a_person("r0008", "reviewer", name="何青")

    page = client.get(come_in(client, other, late.location).location)

    assert "周三" not in page.text


def test_no_password_and_no_code_of_staff_is_kept(client: FlaskClient, colleague: Staff) -> None:
    given.signed_in(client, colleague)
    page = "/admin/account/password"
    token = given.csrf_of(client.get(page).text)
    outside.clock.advance(hours=13)  # type: ignore[attr-defined]
    typed = {"csrf_token": token, "current": "one", "password": "two", "again": "two", "code": "123456"}

    late = client.post(page, data=typed, headers={"Referer": f"http://localhost{page}"})

    assert late.location == f"/admin/sign-in?next={page}"
    assert all("kept" not in row.content for row in given.read().query(WebSession))
