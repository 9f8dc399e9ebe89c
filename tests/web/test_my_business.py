"""我的业务: what is under way, what is over, and giving up."""

from __future__ import annotations

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.domain.states import State
from app.models import Case, Investor
from app.services import cases, leaving
from app.services.actors import By
from tests import given

HTMX = {"HX-Request": "true"}
BYTES_AT_MOST = 2_000


@pytest.fixture
def investor(context: Flask) -> Investor:
    return given.an_investor()


@pytest.fixture
def browser(client: FlaskClient, investor: Investor) -> FlaskClient:
    return given.signed_in(client, investor)


def abandoned(investor: Investor) -> Case:
    case = given.a_case(investor)
    leaving.abandon(case.id, investor)
    return case


def test_without_any_case_the_page_offers_to_begin(browser: FlaskClient) -> None:
    page = browser.get("/business").text

    assert "没有正在办理的业务" in page
    assert 'href="/start"' in page
    assert "已完成" not in page


def test_the_case_in_flight_is_resumed_at_its_due_step(browser: FlaskClient, investor: Investor) -> None:
    case = given.a_case(investor, State.BANK_CARDS)

    page = browser.get("/business").text

    assert f'href="/cases/{case.id}/bank-cards"' in page
    assert "待填写银行卡" in page
    assert "轮到您了" in page


def test_the_reasons_of_the_last_return_stand_in_the_remarks(browser: FlaskClient, investor: Investor) -> None:
    case = given.a_case(investor, State.REVIEW_RETURNED)
    reviewer = given.a_member_of_staff("reviewer", login="r0001")
    faults = [
        cases.Fault("SIGNATURE_ILLEGIBLE", "photos", "signature", "签名看不清，请重写"),
        cases.Fault("ID_PORTRAIT_BLUR", "photos", "id_portrait"),
    ]
    with transaction():
        cases.write_return(cases.locked(case.id), faults, by=By.reviewer(reviewer), by_video=False)

    page = browser.get("/business").text

    assert "签名看不清，请重写；" in page
    assert "去修改" in page
    assert f'href="/cases/{case.id}/photos"' in page


def test_giving_up_asks_once_and_says_what_is_dropped(browser: FlaskClient, investor: Investor) -> None:
    case = given.a_case(investor)

    question = browser.get(f"/business/{case.id}/abandon")
    answer = given.post(browser, f"/business/{case.id}/abandon")

    assert "排队的位置" in question.text
    assert answer.location == "/business"
    assert given.fresh(case).state == "abandoned"
    assert "已放弃" in browser.get("/business").text


def test_giving_up_twice_ends_in_the_same_place(browser: FlaskClient, investor: Investor) -> None:
    case = given.a_case(investor)
    token = given.csrf_of(browser.get(f"/business/{case.id}/abandon").text)

    answers = [browser.post(f"/business/{case.id}/abandon", data={"csrf_token": token}) for _ in range(2)]

    assert [answer.location for answer in answers] == ["/business", "/business"]


@pytest.mark.parametrize("state", [State.IN_REVIEW, State.IN_CALL, State.REGISTERING])
def test_once_somebody_works_on_it_a_case_cannot_be_given_up(
    browser: FlaskClient, investor: Investor, state: State
) -> None:
    case = given.a_case(investor, state)

    page = browser.get("/business").text
    answer = given.post(browser, f"/business/{case.id}/abandon", page="/business")

    assert "/abandon" not in page
    assert answer.location == "/business"
    assert given.fresh(case).state == state


def test_somebody_elses_case_is_not_found(browser: FlaskClient) -> None:
    other = given.a_case(given.an_investor(2))

    assert browser.get(f"/business/{other.id}/abandon").status_code == 404
    assert given.post(browser, f"/business/{other.id}/abandon", page="/business").status_code == 404
    assert given.fresh(other).state == "photos"


def test_the_page_needs_a_login(client: FlaskClient, context: Flask) -> None:
    assert client.get("/business").location == "/login?next=/business"


def test_ten_rows_stay_within_two_thousand_bytes(browser: FlaskClient, investor: Investor) -> None:
    for _ in range(10):
        abandoned(investor)
    given.a_case(investor)

    fragment = browser.get("/business", headers=HTMX).data
    whole = browser.get("/business").data

    assert whole.count(b"<tr>") == 11
    assert len(brotli.compress(fragment, quality=5)) <= BYTES_AT_MOST
