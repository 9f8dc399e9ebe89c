"""Behind the code stand the gates, each with its own page and way out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.domain.calendar import shanghai_day
from app.models import Investor
from app.outside import outside
from tests import given
from tests.web.entering import Visitor, an_open_house

YESTERDAY, SOON = -1, 29


def at_the_gate(app: Flask, investor: Investor) -> Any:
    """What the investor sees after the right code."""
    visitor = Visitor(app.test_client(), investor.id_number)
    visitor.ask_for_code()
    answer = visitor.sign_in(sms_code=visitor.code())
    return visitor, answer


def in_days(days: int) -> Any:
    return shanghai_day(outside.clock.now()) + timedelta(days=days)


@pytest.mark.parametrize(
    ("status", "words"),
    [("closed", "您的账户已经销户"), ("frozen", "您的账户已冻结"), ("dormant", "您的账户处于休眠状态")],
)
def test_an_account_that_is_not_normal_leads_to_the_counter(context: Flask, status: str, words: str) -> None:
    investor = an_open_house(account_status=status)

    visitor, answer = at_the_gate(context, investor)

    page = visitor.client.get(answer.location).text
    assert answer.location == "/gate"
    assert words in page
    assert investor.branch_office.address in page
    assert visitor.client.get("/business").status_code == 303


def test_who_is_under_age_is_told_to_come_with_a_guardian(context: Flask) -> None:
    investor = an_open_house(id_number=given.id_number(1, born="20150101"))

    visitor, answer = at_the_gate(context, investor)

    assert "监护人" in visitor.client.get(answer.location).text


def test_an_expired_card_says_what_to_bring_and_where(context: Flask) -> None:
    investor = an_open_house(id_valid_to=in_days(YESTERDAY))

    visitor, answer = at_the_gate(context, investor)

    page = visitor.client.get(answer.location).text
    assert "您登记的身份证已过期" in page
    assert "新的身份证原件" in page
    assert investor.branch_office.phone in page


def test_the_account_status_comes_before_age_and_card(context: Flask) -> None:
    investor = an_open_house(
        account_status="frozen", id_number=given.id_number(1, born="20150101"), id_valid_to=in_days(YESTERDAY)
    )

    visitor, answer = at_the_gate(context, investor)

    assert "您的账户已冻结" in visitor.client.get(answer.location).text


def test_a_card_that_ends_soon_is_only_a_warning(context: Flask) -> None:
    investor = an_open_house(id_valid_to=in_days(SOON))

    visitor, answer = at_the_gate(context, investor)

    assert answer.location == "/start"
    assert "您的身份证还有 29 天到期" in visitor.client.get("/business").text


@pytest.mark.parametrize("valid_to", [None, "today"])
def test_a_card_is_good_on_its_last_day_and_for_ever(context: Flask, valid_to: str | None) -> None:
    investor = an_open_house(id_valid_to=in_days(0) if valid_to else None)

    _visitor, answer = at_the_gate(context, investor)

    assert answer.location == "/start"


def test_the_gate_without_a_code_leads_to_the_login(context: Flask) -> None:
    assert context.test_client().get("/gate").location == "/login"
