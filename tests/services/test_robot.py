"""The sandbox's robot: its answers come through the signed door, and count once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.adapters.webhooks_http import Answer, Door
from app.db import read, transaction
from app.domain.states import State
from app.models import Case, Delivery, Endpoint, InboundEvent, SettlementAccount
from app.outside import outside
from app.services import deliveries, outbox, registration, robot, webhooks
from tests import given
from tests.webhooks_given import connected, delivered


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
    def post(_door: Door, path: str, headers: dict[str, str], body: bytes) -> Answer:
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

    delivered(robot.write(delivery.id, post=door(client)))
    let_the_worker_run()

    assert given.fresh(delivery).state == "done"
    assert given.fresh(case).state == State.COMPLETED
    assert read().query(SettlementAccount).count() == 2


def test_the_robot_comes_by_tls_where_the_site_has_a_certificate_of_its_own(context: Flask) -> None:
    context.config["SETTINGS"] = replace(context.config["SETTINGS"], host="0.0.0.0", tls_certificate="certificate.pem")
    approved()
    delivery, doors = the_delivery(), []
    let_time_pass()

    delivered(robot.write(delivery.id, post=lambda door, *_rest: Answer(doors.append(door) or 200)))

    assert doors == [Door("https://0.0.0.0:8000", "certificate.pem")]


def test_the_robot_thinks_before_it_answers(client: FlaskClient) -> None:
    outside.clock.stopped_at = outside.clock.now()  # type: ignore[attr-defined]
    approved()
    asked = list(outside.queue.jobs)  # type: ignore[attr-defined]
    delivery = the_delivery()

    delivered(robot.write(delivery.id, post=door(client)))
    at_once = read().query(InboundEvent).count()
    let_time_pass()
    delivered(robot.write(delivery.id, post=door(client)))

    assert ("webhooks.work",) in asked
    assert (at_once, read().query(InboundEvent).count()) == (0, 1)


def test_a_robot_that_posts_twice_has_one_effect(client: FlaskClient) -> None:
    case = approved()
    delivery = the_delivery()
    let_time_pass()
    post, statuses = door(client), []

    def unheard(*args: Any) -> Answer:
        statuses.append(post(*args).status)
        return Answer(None, "timeout")  # stored, but the answer was lost

    delivered(robot.write(delivery.id, post=unheard))
    let_the_worker_run()
    outside.clock.advance(seconds=10)  # type: ignore[attr-defined]
    delivered(robot.write(delivery.id, post=lambda *args: Answer(statuses.append(post(*args).status) or statuses[-1])))
    let_the_worker_run()

    assert statuses == [202, 200]
    assert read().query(InboundEvent).count() == 1
    assert given.fresh(case).state == State.COMPLETED


def test_the_magic_investor_is_rejected_by_the_counter_system(client: FlaskClient) -> None:
    case = approved("counter_rejects")
    delivery = the_delivery()
    let_time_pass()

    delivered(robot.write(delivery.id, post=door(client)))
    let_the_worker_run()

    assert given.fresh(case).state == State.REGISTRATION_FAILED
    assert case.failure_code == "COUNTER_REJECTED"


@pytest.mark.parametrize(("magic", "said"), [("", "matched"), ("bank_mismatch", "mismatched")])
def test_the_robot_says_whose_a_card_is(client: FlaskClient, magic: str, said: str) -> None:
    case = given.a_case(given.an_investor(1, magic=magic))
    card = given.an_added_card(case)
    outbox.tell(
        "card.check_requested", case_id=case.id, number=case.number, card_id=card.id, bank="CMB", card="**** 0009"
    )
    delivery = the_delivery()
    let_time_pass()

    delivered(robot.write(delivery.id, post=door(client)))
    let_the_worker_run()

    assert given.fresh(card).bank_check == said


def test_the_robot_makes_way_for_a_counter_system_that_listens() -> None:
    with transaction() as db:
        db.query(Endpoint).filter_by(source="counter").one().url = "https://counter.example/"
    approved()

    deliveries.spread()

    assert read().query(Delivery).filter_by(receiver="robot").count() == 0


def test_there_is_no_robot_outside_the_sandbox(app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], sandbox=False)
    approved()

    deliveries.spread()

    assert read().query(Delivery).count() == 0
