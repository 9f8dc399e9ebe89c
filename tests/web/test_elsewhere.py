"""Going on on another device: a link that opens once, for ten minutes, for one case, and is followed from the first."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.domain.states import State
from app.models import Case
from app.outside import outside
from app.services import cases, consents, leaving
from tests import given

pytestmark = pytest.mark.usefixtures("context")
AS_PART = {"HX-Request": "true"}


def a_case_on(client: FlaskClient) -> tuple[Case, str]:
    consents.publish_shipped()
    case = given.a_case()
    given.signed_in(client, case.investor)
    return case, f"/cases/{case.id}/elsewhere"


def link_in(answer: Any) -> str:
    """The path of the link that stands beside the QR code."""
    found = re.search(r"<b>http://[^/]+(/go/[\w-]+)</b>", html.unescape(answer.text))
    assert found, answer.text
    return found.group(1)


def a_link(client: FlaskClient, url: str) -> str:
    return link_in(given.post(client, url))


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_other_device_goes_on_at_the_due_step_without_a_code(client: FlaskClient, phone: FlaskClient) -> None:
    case, url = a_case_on(client)
    link = a_link(client, url)

    arrived = given.post(phone, link, headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/156.0"})

    assert (arrived.status_code, arrived.location) == (303, f"/cases/{case.id}/photos")
    assert phone.get(arrived.location).status_code == 200


def test_a_link_opens_once(app: Flask, client: FlaskClient, phone: FlaskClient) -> None:
    _case, url = a_case_on(client)
    link = a_link(client, url)
    given.post(phone, link)
    second = app.test_client()

    assert given.post(second, link, page="/login").status_code == 404
    assert second.get("/business").status_code == 303


def test_looking_at_a_link_does_not_use_it_up(client: FlaskClient, phone: FlaskClient) -> None:
    _case, url = a_case_on(client)
    link = a_link(client, url)

    looks = [phone.get(link).status_code for _ in range(3)]

    assert looks == [200, 200, 200]
    assert given.post(phone, link).status_code == 303


def test_a_link_lives_ten_minutes(client: FlaskClient, phone: FlaskClient) -> None:
    _case, url = a_case_on(client)
    link = a_link(client, url)

    outside.clock.advance(minutes=10)  # type: ignore[attr-defined]

    assert phone.get(link).status_code == 404
    assert "链接已过期" in client.get(url).text


@pytest.mark.parametrize("ended_by", ["a newer link", "signing out", "giving up the case"])
def test_a_link_dies_with_what_it_was_made_from(client: FlaskClient, phone: FlaskClient, ended_by: str) -> None:
    case, url = a_case_on(client)
    link = a_link(client, url)

    if ended_by == "a newer link":
        a_link(client, url)
    elif ended_by == "signing out":
        given.post(client, "/logout", page="/business")
    else:
        leaving.abandon(case.id, case.investor)

    assert phone.get(link).status_code == 404


def test_the_link_goes_to_the_phone_on_file_and_stands_on_no_page(client: FlaskClient, phone: FlaskClient) -> None:
    case, url = a_case_on(client)

    answer = given.post(client, url, {"by": "text"})
    text = client.get("/sandbox/inbox.json").json[0]

    assert "/go/" not in answer.text
    assert text["to"] == case.investor.phone
    link = re.search(r"(/go/[\w-]+)", text["text"])
    assert link
    assert given.post(phone, link.group(1)).status_code == 303


def test_the_first_device_sees_who_took_over_and_where_the_case_is(client: FlaskClient, phone: FlaskClient) -> None:
    case, url = a_case_on(client)
    link = a_link(client, url)
    assert "还没有打开" in client.get(f"{url}/followed", headers=AS_PART).text

    given.post(phone, link, headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/156.0"})

    led = client.get(f"{url}/followed?shown=1", headers=AS_PART)
    assert url in led.headers["HX-Location"]  # the QR code goes
    followed = client.get(f"{url}/followed", headers=AS_PART).text
    assert "Android, Chrome" in followed
    assert "待上传照片" in followed
    with transaction():
        cases.locked(case.id).state = State.BANK_CARDS.value
    assert "待填写银行卡" in client.get(f"{url}/followed", headers=AS_PART).text


def test_whoever_took_over_wrongly_is_signed_out_from_the_first_device(client: FlaskClient, phone: FlaskClient) -> None:
    _case, url = a_case_on(client)
    given.post(phone, a_link(client, url))

    given.post(client, f"{url}/cut", page=url)

    assert phone.get("/business").status_code == 303
    assert "另一台设备已经退出" in client.get(url).text
    assert client.get("/business").status_code == 200


def test_the_other_session_ends_no_later_than_the_first(client: FlaskClient, phone: FlaskClient) -> None:
    _case, url = a_case_on(client)
    for _ in range(35):
        outside.clock.advance(minutes=20)  # type: ignore[attr-defined]
        client.get("/business")
    given.post(phone, a_link(client, url))

    outside.clock.advance(minutes=20)  # type: ignore[attr-defined]

    assert phone.get("/business").status_code == 303


def test_links_are_few_an_hour(client: FlaskClient) -> None:
    _case, url = a_case_on(client)
    for _ in range(10):
        assert given.post(client, url).status_code == 200

    answer = given.post(client, url)

    assert answer.status_code == 422
    assert "60 分钟后再试" in answer.text


def test_a_strangers_case_gives_no_link(client: FlaskClient) -> None:
    _case, _url = a_case_on(client)
    other = given.a_case(given.an_investor(2))

    assert given.post(client, f"/cases/{other.id}/elsewhere", page="/business").status_code == 404


@pytest.mark.parametrize(
    ("state", "page", "ways"),
    [
        (State.CERTIFICATE_INSTALL, "certificate/install", {"elsewhere"}),
        (State.VIDEO, "elsewhere", {"appointment"}),
        (State.BANK_CARDS, "elsewhere", set()),
    ],
)
def test_where_scripts_cannot_run_phone_appointment_and_counter_are_offered(
    client: FlaskClient, state: State, page: str, ways: set[str]
) -> None:
    case = given.a_case(state=state)
    given.signed_in(client, case.investor)

    shown = client.get(f"/cases/{case.id}/{page}").text

    office = case.branch_office
    assert f'href="tel:{office.phone}"' in shown
    assert office.address in shown
    for way in ways:
        assert f'<li><a href="/cases/{case.id}/{way}">' in shown
        assert client.get(f"/cases/{case.id}/{way}").status_code == 200
