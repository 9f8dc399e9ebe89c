"""A code that did not arrive: the open login page says so at once and offers another way, and tells nobody more."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import read, transaction
from app.models import SmsMessage
from app.outside import outside
from app.services import messages, robot
from tests import given
from tests.web.entering import Visitor, an_open_house
from tests.webhooks_given import connected, event, told

WORDS = "短信没有送达"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def house(context: Flask) -> None:
    an_open_house()
    connected("sms")


def the_text() -> SmsMessage:
    return read().query(SmsMessage).order_by(SmsMessage.created_at.desc()).first()  # type: ignore[return-value]


def fails_to_arrive(message: SmsMessage) -> None:
    with transaction() as db:
        db.get_one(SmsMessage, message.id).state = "sent"
    row = told("sms", event("sms.failed", {"message_id": message.id, "code": "ABSENT"}, event_id=f"f_{message.id}"))
    assert row.state == "applied"


def poll(client: FlaskClient) -> str:
    return client.get("/login/delivery?poll=1", headers=FRAGMENT).text


def test_the_open_page_hears_of_it_and_a_new_code_needs_no_waiting(client: FlaskClient) -> None:
    visitor = Visitor(client)
    page = visitor.ask_for_code().text
    fine = poll(client)

    fails_to_arrive(the_text())
    outside.clock.advance(seconds=3)  # type: ignore[attr-defined]
    failed = poll(client)
    outside.clock.advance(seconds=10)  # type: ignore[attr-defined]
    again = visitor.ask_for_code()

    assert 'hx-get="/login/delivery?poll=1"' in page
    assert WORDS not in fine
    assert WORDS in failed
    assert "hx-trigger" not in failed
    assert again.status_code == 200
    assert read().query(SmsMessage).count() == 2
    assert WORDS not in again.text


def test_an_unknown_number_fails_as_often_as_known_ones_do(client: FlaskClient) -> None:
    stranger = Visitor(client, given.id_number(77))
    stranger.ask_for_code()
    outside.clock.advance(seconds=4)  # type: ignore[attr-defined]
    while_all_arrive = poll(client)
    with transaction():
        for _number in range(3):
            messages.write("13800000001", "completed", "办理成功").state = "failed"

    while_none_arrives = poll(client)

    assert the_text().state in {"failed", "decoy"}
    assert (WORDS in while_all_arrive, WORDS in while_none_arrives) == (False, True)


def test_known_and_unknown_numbers_poll_the_same_bytes(app: Flask) -> None:
    pages = []
    for serial in (1, 77):
        client = app.test_client()
        Visitor(client, given.id_number(serial)).ask_for_code()
        pages.append(re.sub(r"\s+", " ", poll(client)))

    assert pages[0] == pages[1]


def test_the_robot_reports_that_the_phone_of_a_sample_investor_is_unreachable(client: FlaskClient) -> None:
    given.an_investor(5, magic=robot.MAGIC_UNREACHABLE, phone="13800000555")
    message = messages.write("13800000555", "login", "验证码", "123456")
    bodies: list[bytes] = []

    def post(_address: str, _path: str, headers: dict[str, str], body: bytes) -> robot.Answer:
        bodies.append(body)
        return robot.Answer(client.post("/hooks/sms", data=body, headers=headers).status_code)

    answer = robot.receipt(message.id, post=post)

    assert answer is not None
    assert answer.status == 202
    assert b'"sms.failed"' in bodies[0]
