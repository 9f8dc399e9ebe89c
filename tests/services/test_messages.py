"""Texts: written with what they tell of, sent by the worker, not lost and not sent too late."""

from __future__ import annotations

import pytest
from flask import Flask

from app.db import read, transaction
from app.domain.errors import Unavailable
from app.models import Investor, SmsMessage
from app.outside import Text, outside
from app.services import messages
from tests import given


@pytest.fixture
def investor(context: Flask) -> Investor:
    return given.an_investor()


class BrokenGateway:
    def send(self, _text: Text) -> None:
        raise Unavailable("sms")


def state_of(message: SmsMessage) -> str:
    return str(given.fresh(message).state)


def test_a_text_is_undone_with_what_it_tells_of(investor: Investor) -> None:
    def fails_half_way() -> None:
        with transaction():
            messages.to_investor(investor, "returned", "请修改照片。")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fails_half_way()

    assert read().query(SmsMessage).count() == 0
    assert outside.queue.jobs == []  # type: ignore[attr-defined]


def test_a_text_that_nobody_sends_is_hinted_at_again(investor: Investor) -> None:
    outside.queue.reachable = False  # type: ignore[attr-defined]
    message = messages.to_investor(investor, "returned", "请修改照片。")
    outside.queue.reachable = True  # type: ignore[attr-defined]
    outside.clock.advance(seconds=21)  # type: ignore[attr-defined]

    messages.reconcile()

    assert outside.queue.ids_of("messages.send") == [message.id]  # type: ignore[attr-defined]


def test_a_gateway_that_is_down_is_tried_again_but_not_for_ever(investor: Investor) -> None:
    message = messages.to_investor(investor, "returned", "请修改照片。")
    outside.sms = BrokenGateway()

    states = []
    for _ in range(6):
        messages.send(message.id)
        states.append(state_of(message))

    assert states == ["waiting"] * 5 + ["failed"]


def test_a_code_that_is_too_old_is_not_sent_any_more(investor: Investor) -> None:
    message = messages.to_investor(investor, "login", "验证码 123456", code="123456")
    outside.clock.advance(seconds=301)  # type: ignore[attr-defined]

    messages.send(message.id)

    assert state_of(message) == "failed"
    assert outside.sms.sent == []  # type: ignore[attr-defined]
