"""Nobody learns from the login page who is a customer."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.db import read
from app.models import SmsCode, SmsMessage
from app.outside import outside
from app.services import consents, messages
from tests import given
from tests.web.entering import Visitor, errors

STRANGER = given.id_number(77)


@pytest.fixture
def known(context: Flask) -> Flask:
    consents.publish_shipped()
    given.an_investor(1)
    given.an_investor(2, account_status="frozen", id_number=given.id_number(2))
    return context


def shape_of(page: str) -> str:
    """The page without what differs on every page: tokens, ids, the phone's digits, what was typed."""
    page = re.sub(r'value="[^"]*"', 'value=""', page)
    return re.sub(r"n=[0-9a-f]{8}|\d{3}\*{4}\d{4}", "", page)


@pytest.mark.parametrize("number", [given.id_number(2), STRANGER])
def test_known_blocked_and_unknown_numbers_get_the_same_answer(known: Flask, number: str) -> None:
    somebody, other = Visitor(known.test_client()), Visitor(known.test_client(), number)

    one, two = somebody.ask_for_code(), other.ask_for_code()

    assert (one.status_code, len(one.data)) == (two.status_code, len(two.data))
    assert shape_of(one.text) == shape_of(two.text)


def test_wrong_codes_are_told_in_the_same_words(known: Flask) -> None:
    somebody, stranger = Visitor(known.test_client()), Visitor(known.test_client(), STRANGER)
    somebody.ask_for_code()
    stranger.ask_for_code()

    words = [[errors(who.sign_in(sms_code="000000")) for _ in range(7)] for who in (somebody, stranger)]

    assert words[0] == words[1]


def test_the_made_up_phone_is_always_the_same(known: Flask) -> None:
    phones = set()
    for _ in range(2):
        visitor = Visitor(known.test_client(), STRANGER)
        phones.update(re.findall(r"\d{3}\*{4}\d{4}", visitor.ask_for_code().text))
        outside.clock.advance(seconds=61)

    assert len(phones) == 1


def test_for_an_unknown_number_the_same_rows_are_written_but_nothing_is_sent(known: Flask) -> None:
    visitor = Visitor(known.test_client(), STRANGER)

    visitor.ask_for_code()

    decoy = read().query(SmsMessage).one()
    messages.send(decoy.id)
    assert read().query(SmsCode).count() == 1
    assert decoy.state == "decoy"
    assert outside.sms.sent == []
    assert visitor.client.get("/sandbox/inbox.json").json == []


def test_the_code_of_a_decoy_cannot_be_keyed_in(known: Flask) -> None:
    visitor = Visitor(known.test_client(), STRANGER)
    visitor.ask_for_code()
    code = read().query(SmsMessage).one().code

    answer = visitor.sign_in(sms_code=code)

    assert errors(answer) == {"sms_code": "短信验证码不对，还能试 4 次"}


def test_limits_count_for_strangers_as_well(known: Flask) -> None:
    visitor = Visitor(known.test_client(), STRANGER)
    visitor.ask_for_code()
    outside.clock.advance(seconds=30)

    answer = visitor.ask_for_code()

    assert errors(answer)["sms_code"].startswith("验证码刚刚发过")
