"""Beginning a case, and where it stands once it is out of the investor's hands."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import read, transaction
from app.domain.calendar import SHANGHAI
from app.domain.states import State
from app.models import Case
from app.services import cases, consents
from tests import given


@pytest.fixture(autouse=True)
def _letter(context: Flask) -> None:
    consents.publish_shipped()


def test_a_double_click_on_the_button_opens_one_case(client: FlaskClient) -> None:
    given.signed_in(client, given.an_investor())
    token = given.csrf_of(client.get("/start").get_data(as_text=True))

    first = client.post("/cases", data={"csrf_token": token})
    second = client.post("/cases", data={"csrf_token": token})

    case = read().query(Case).one()
    assert first.location == second.location == f"/cases/{case.id}/photos"


def test_who_has_a_case_in_flight_is_led_to_its_due_step(client: FlaskClient) -> None:
    case = given.a_case()
    given.signed_in(client, case.investor)

    assert client.get("/start").location == f"/cases/{case.id}/photos"


def test_a_step_says_when_it_was_saved_in_shanghais_time(client: FlaskClient) -> None:
    case = given.a_case()
    given.signed_in(client, case.investor)

    page = client.get(f"/cases/{case.id}/photos").text

    assert f"已保存 {given.fresh(case).touched_at.astimezone(SHANGHAI):%H:%M}" in page


def test_going_back_gets_the_whole_page_where_the_browser_has_not_kept_it(client: FlaskClient) -> None:
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    assert client.get("/help", headers=restored).text.lower().startswith("<!doctype html>")
    assert "<!doctype" not in client.get("/help", headers={"HX-Request": "true"}).text.lower()


def test_a_stranger_is_sent_to_the_login(client: FlaskClient) -> None:
    assert client.get("/start").location.startswith("/login")


def test_somebody_whose_account_was_frozen_meanwhile_meets_the_gate(client: FlaskClient) -> None:
    investor = given.an_investor()
    given.signed_in(client, investor)
    token = given.csrf_of(client.get("/start").get_data(as_text=True))
    with transaction():
        given.fresh(investor).account_status = "frozen"

    answer = client.post("/cases", data={"csrf_token": token})

    assert answer.location == "/gate"
    assert read().query(Case).count() == 0


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.REVIEW, "等复核人员核对"),
        (State.IN_REVIEW, "正在核对您的资料"),
        (State.REGISTERING, "正在向柜台系统报送"),
        (State.REGISTRATION_FAILED, "工作人员正在处理"),
        (State.COMPLETED, "办理成功"),
        (State.FAILED, "没有办成"),
        (State.ABANDONED, "已放弃"),
        (State.EXPIRED, "已经失效"),
    ],
)
def test_each_state_is_told_in_plain_words(client: FlaskClient, state: State, words: str) -> None:
    case = given.a_case()
    given.an_added_card(case)
    put(case, state)
    given.signed_in(client, case.investor)

    page = client.get(f"/cases/{case.id}").get_data(as_text=True)

    assert words in page
    assert ('hx-trigger="every' in page) == case.in_flight


def test_after_success_the_list_names_the_bank_to_go_to(client: FlaskClient) -> None:
    case = given.a_case()
    given.an_added_card(case)
    put(case, State.COMPLETED)
    given.signed_in(client, case.investor)

    assert "到招商银行网点" in client.get(f"/cases/{case.id}").get_data(as_text=True)


def test_a_step_of_a_finished_case_leads_to_how_it_ended(client: FlaskClient) -> None:
    case = given.a_case()
    put(case, State.COMPLETED)
    given.signed_in(client, case.investor)

    assert client.get(f"/cases/{case.id}/photos").location == f"/cases/{case.id}"


def put(case: Case, state: State) -> None:
    from app.domain.states import ENDED
    from app.outside import outside

    with transaction():
        row = cases.locked(case.id)
        row.state = state.value
        row.ended_at = outside.clock.now() if state in ENDED else None
