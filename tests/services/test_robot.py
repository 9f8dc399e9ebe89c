"""The sandbox's robot: its answers come through the signed door, and count once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.adapters.webhooks_http import Answer
from app.db import read, transaction
from app.domain.states import State
from app.jobs import webhooks as webhook_jobs
from app.models import Case, Delivery, InboundEvent, SettlementAccount
from app.outside import outside
from app.services import deliveries, outbox, registration, robot, webhooks
from tests import given
from tests.webhooks_given import connected


@pytest.fixture(autouse=True)
def integrators(context: Flask) -> None:
    connected("counter")
    connected("bank")


def approved(magic: str = "") -> Case:
    case = given.a_case(given.an_investor(1, magic=magic), State.REGISTERING)
    given.an_added_card(case)
    read().expire_all()
    with transaction():
        registration.request(case)
    return case


def the_delivery() -> Delivery:
    deliveries.spread()
    return read().query(Delivery).filter_by(receiver="robot").one()


def door(client: FlaskClient) -> Any:
    def post(address: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return Answer(client.post(path, data=body, headers=headers).status_code)

    return post


def let_time_pass() -> None:
    outside.clock.advance(seconds=2)  # type: ignore[attr-defined]


def let_the_worker_run() -> None:
    for row in read().query(InboundEvent).filter_by(state="stored").all():
        webhooks.apply(row.id)


def test_the_robot_registers_a_change_through_the_signed_door(client: FlaskClient) -> None:
    case = approved()
    delivery = the_delivery()
    let_time_pass()

    robot.answer(delivery.id, post=door(client))
    let_the_worker_run()

    assert given.fresh(delivery).state == "done"
    assert given.fresh(case).state == State.COMPLETED
    assert read().query(SettlementAccount).count() == 2


def test_the_robot_is_sent_for_at_once_and_thinks_before_it_answers(client: FlaskClient) -> None:
    approved()
    assert outside.queue.jobs[-1] == ("webhooks.spread",)  # type: ignore[attr-defined]
    webhook_jobs.spread()
    (delivery_id,) = outside.queue.ids_of("webhooks.robot")  # type: ignore[attr-defined]
    thought: list[float] = []

    def think(seconds: float) -> None:
        thought.append(seconds)
        assert read().query(InboundEvent).count() == 0
        outside.clock.advance(seconds=seconds)  # type: ignore[attr-defined]

    robot.answer(delivery_id, post=door(client), think=think)

    assert 0 < thought[0] <= 1
    assert read().query(InboundEvent).count() == 1


def test_the_robot_does_not_sit_out_the_wait_after_a_failure(client: FlaskClient) -> None:
    approved()
    delivery = the_delivery()
    let_time_pass()
    robot.answer(delivery.id, post=lambda *_args: Answer(None, "not_reached"))

    robot.answer(delivery.id, post=door(client), think=lambda _seconds: pytest.fail("it waited"))

    assert (given.fresh(delivery).state, read().query(InboundEvent).count()) == ("waiting", 0)


def test_a_robot_that_posts_twice_has_one_effect(client: FlaskClient) -> None:
    case = approved()
    delivery = the_delivery()
    let_time_pass()
    post, statuses = door(client), []

    def unheard(*args: Any) -> Answer:
        statuses.append(post(*args).status)
        return Answer(None, "timeout")  # stored, but the answer was lost

    robot.answer(delivery.id, post=unheard)
    let_the_worker_run()
    outside.clock.advance(seconds=10)  # type: ignore[attr-defined]
    robot.answer(delivery.id, post=lambda *args: Answer(statuses.append(post(*args).status) or statuses[-1]))
    let_the_worker_run()

    assert statuses == [202, 200]
    assert read().query(InboundEvent).count() == 1
    assert given.fresh(case).state == State.COMPLETED


def test_the_magic_investor_is_rejected_by_the_counter_system(client: FlaskClient) -> None:
    case = approved("counter_rejects")
    delivery = the_delivery()
    let_time_pass()

    robot.answer(delivery.id, post=door(client))
    let_the_worker_run()

    assert given.fresh(case).state == State.REGISTRATION_FAILED
    assert case.failure_code == "COUNTER_REJECTED"


@pytest.mark.parametrize(("magic", "said"), [("", "matched"), ("bank_mismatch", "mismatched")])
def test_the_robot_says_whose_a_card_is(client: FlaskClient, magic: str, said: str) -> None:
    case = given.a_case(given.an_investor(1, magic=magic))
    card = given.an_added_card(case)
    outbox.tell("card.check_requested", case_id=case.id, card_id=card.id)
    delivery = the_delivery()
    let_time_pass()

    robot.answer(delivery.id, post=door(client))
    let_the_worker_run()

    assert given.fresh(card).bank_check == said


def test_the_robot_makes_way_for_a_counter_system_that_listens() -> None:
    with transaction() as db:
        db.query(webhooks.Endpoint).filter_by(source="counter").one().url = "https://counter.example/"
    approved()

    deliveries.spread()

    assert read().query(Delivery).filter_by(receiver="robot").count() == 0


def test_there_is_no_robot_outside_the_sandbox(app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], sandbox=False)
    approved()

    deliveries.spread()

    assert read().query(Delivery).count() == 0
