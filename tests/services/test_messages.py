"""Texts: written with what they tell of, sent by the worker, not lost and not sent too late."""

from __future__ import annotations

import pytest
from flask import Flask

from app.db import read, transaction
from app.domain.errors import TextDeclined, Unavailable
from app.models import Investor, SmsMessage
from app.outside import Text, outside
from app.services import breakers, messages
from tests import given


@pytest.fixture
def investor(context: Flask) -> Investor:
    return given.an_investor()


class BrokenGateway:
    asked = 0

    def send(self, _text: Text) -> None:
        self.asked += 1
        raise Unavailable("sms")


class PickyGateway:
    def send(self, _text: Text) -> None:
        raise TextDeclined


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


def test_a_gateway_that_is_down_is_left_alone_but_for_one_trial_every_half_minute(investor: Investor) -> None:
    gateway = BrokenGateway()
    outside.sms = gateway
    texts = [messages.to_investor(investor, "returned", "请修改照片。") for _number in range(6)]

    for text in texts:
        messages.send(text.id)
    asked_before = gateway.asked
    outside.clock.advance(seconds=31)  # type: ignore[attr-defined]
    for text in texts:
        messages.send(text.id)

    assert (asked_before, gateway.asked) == (3, 4)
    assert {state_of(text) for text in texts} == {"waiting"}


def test_once_the_gateway_is_back_what_waited_is_sent(investor: Investor) -> None:
    working, outside.sms = outside.sms, BrokenGateway()
    texts = [messages.to_investor(investor, "returned", "请修改照片。") for _number in range(4)]
    for text in texts:
        messages.send(text.id)
    outside.sms = working
    outside.clock.advance(seconds=31)  # type: ignore[attr-defined]
    outside.queue.jobs.clear()  # type: ignore[attr-defined]

    messages.reconcile()
    for message_id in outside.queue.ids_of("messages.send"):  # type: ignore[attr-defined]
        messages.send(message_id)

    assert {state_of(text) for text in texts} == {"sent"}


def test_a_text_that_the_gateway_declines_says_nothing_about_the_gateway(investor: Investor) -> None:
    outside.sms = PickyGateway()
    texts = [messages.to_investor(investor, "returned", "请修改照片。") for _number in range(4)]

    for text in texts:
        messages.send(text.id)

    assert {state_of(text) for text in texts} == {"failed"}
    assert breakers.down_since(messages.GATEWAY) is None


def test_a_text_is_given_up_after_a_day(investor: Investor) -> None:
    outside.sms = BrokenGateway()
    text = messages.to_investor(investor, "returned", "请修改照片。")
    messages.send(text.id)
    outside.clock.advance(hours=25)  # type: ignore[attr-defined]

    messages.send(text.id)

    assert state_of(text) == "failed"


def test_who_waits_for_a_code_is_told_at_once_and_a_decoy_fails_alike(investor: Investor) -> None:
    outside.clock.stop_at(outside.clock.now())  # type: ignore[attr-defined]
    outside.sms = BrokenGateway()
    codes = [messages.to_investor(investor, "login", "验证码 123456", code="123456") for _number in range(4)]
    decoy = messages.write("13800000777", "login", "验证码 123456", code="123456", decoy=True)
    for code in codes:
        messages.send(code.id)

    at_once = [messages.did_not_arrive(text.id) for text in (codes[-1], decoy)]
    outside.clock.advance(seconds=3)  # type: ignore[attr-defined]
    soon = [messages.did_not_arrive(text.id) for text in (codes[-1], decoy)]

    assert (at_once, soon) == ([False, False], [True, True])


def test_a_code_that_is_too_old_is_not_sent_any_more(investor: Investor) -> None:
    message = messages.to_investor(investor, "login", "验证码 123456", code="123456")
    outside.clock.advance(seconds=301)  # type: ignore[attr-defined]

    messages.send(message.id)

    assert state_of(message) == "failed"
    assert outside.sms.sent == []  # type: ignore[attr-defined]
